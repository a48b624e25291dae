//! Signals: masks, dispositions, and a descriptor to read them from.
//!
//! No handler is ever installed: a signal is left alone, ignored, or blocked and read.

use std::io;
use std::mem::MaybeUninit;
use std::os::fd::{AsFd, BorrowedFd, FromRawFd, OwnedFd};
use std::ptr;

use rustix::process::Pid;

/// A set of signals.
#[derive(Clone, Copy)]
pub struct Mask(libc::sigset_t);

impl std::fmt::Debug for Mask {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let members = (1..=64).filter(|&signal| self.contains(signal));
        f.debug_set().entries(members).finish()
    }
}

impl Mask {
    /// Exactly these signals.
    #[must_use]
    #[expect(unsafe_code, reason = "sigset_t has no safe interface")]
    pub fn of(signals: &[i32]) -> Self {
        let mut set = MaybeUninit::uninit();
        // SAFETY: sigemptyset initializes the set it is given; sigaddset changes an initialized one.
        unsafe {
            libc::sigemptyset(set.as_mut_ptr());
            for &signal in signals {
                libc::sigaddset(set.as_mut_ptr(), signal);
            }
            Self(set.assume_init())
        }
    }

    /// The signals that are blocked now.
    #[must_use]
    pub fn current() -> Self {
        change_mask(libc::SIG_BLOCK, &Self::of(&[])).unwrap_or_else(|_| Self::of(&[]))
    }

    /// Blocks these signals and no others.
    ///
    /// # Errors
    ///
    /// The kernel's, which has no reason to refuse.
    pub fn set(&self) -> io::Result<()> {
        change_mask(libc::SIG_SETMASK, self).map(drop)
    }

    /// Blocks these signals beside those that are blocked already; returns the mask before.
    ///
    /// # Errors
    ///
    /// The kernel's, which has no reason to refuse.
    pub fn block(&self) -> io::Result<Self> {
        change_mask(libc::SIG_BLOCK, self)
    }

    /// Lets these signals through; returns the mask before.
    ///
    /// # Errors
    ///
    /// The kernel's, which has no reason to refuse.
    pub fn unblock(&self) -> io::Result<Self> {
        change_mask(libc::SIG_UNBLOCK, self)
    }

    #[expect(unsafe_code, reason = "sigset_t has no safe interface")]
    fn contains(&self, signal: i32) -> bool {
        // SAFETY: the set is initialized.
        unsafe { libc::sigismember(&raw const self.0, signal) == 1 }
    }
}

#[expect(unsafe_code, reason = "the mask is changed by libc alone")]
fn change_mask(how: i32, mask: &Mask) -> io::Result<Mask> {
    let mut before = Mask::of(&[]);
    // SAFETY: both sets are initialized and outlive the call.
    let error = unsafe { libc::pthread_sigmask(how, &raw const mask.0, &raw mut before.0) };
    if error == 0 { Ok(before) } else { Err(io::Error::from_raw_os_error(error)) }
}

/// Whether this signal is ignored at present.
#[must_use]
pub fn is_ignored(signal: i32) -> bool {
    change_action(signal, None).is_ok_and(|action| action.sa_sigaction == libc::SIG_IGN)
}

/// Ignores this signal.
///
/// # Errors
///
/// `EINVAL` for a signal that can't be ignored.
pub fn ignore(signal: i32) -> io::Result<()> {
    set_action(signal, libc::SIG_IGN)
}

/// Gives this signal its default effect.
///
/// # Errors
///
/// `EINVAL` for a signal that has no other.
pub fn set_default(signal: i32) -> io::Result<()> {
    set_action(signal, libc::SIG_DFL)
}

#[expect(unsafe_code, reason = "sigaction has no safe constructor")]
fn set_action(signal: i32, disposition: libc::sighandler_t) -> io::Result<()> {
    // SAFETY: all fields of a sigaction may be zero: no flags, an empty mask.
    let mut action: libc::sigaction = unsafe { std::mem::zeroed() };
    action.sa_sigaction = disposition;
    change_action(signal, Some(&action)).map(drop)
}

#[expect(unsafe_code, reason = "dispositions are changed by libc alone")]
fn change_action(signal: i32, action: Option<&libc::sigaction>) -> io::Result<libc::sigaction> {
    let mut before = MaybeUninit::uninit();
    let action = action.map_or(ptr::null(), ptr::from_ref);
    // SAFETY: `action` is null or valid; only SIG_IGN and SIG_DFL come in by this private
    // function, or what the kernel reported before, so no handler can be wrong; `before` is
    // written when the call succeeds.
    unsafe {
        if libc::sigaction(signal, action, before.as_mut_ptr()) == 0 {
            Ok(before.assume_init())
        } else {
            Err(io::Error::last_os_error())
        }
    }
}

/// Signals go up to here on Linux.
const LAST: i32 = 64;

/// The default for every signal, none blocked; but what breaks a write is an error, not an end.
pub fn reset_all() {
    for signal in 1..=LAST {
        // Refused for the few that can't be changed.
        let _ = match signal {
            libc::SIGPIPE | libc::SIGXFSZ => ignore(signal),
            _ => set_default(signal),
        };
    }
    let _ = Mask::of(&[]).set();
}

/// The default for the two signals that the C library keeps for itself, and leaves ignored in
/// whatever it starts by `posix_spawn`.
#[cfg(target_os = "linux")]
#[expect(unsafe_code, reason = "the C library's own interface refuses these two")]
pub fn reset_internal() {
    // The kernel's sigaction with the default, no flags and nothing blocked.
    let default = [0_u64; 4];
    for signal in [32, 33] {
        // SAFETY: the kernel reads one action, which is no longer than this, and a mask of 8 bytes
        // in it.
        unsafe {
            let none = ptr::null_mut::<u64>();
            libc::syscall(libc::SYS_rt_sigaction, signal, default.as_ptr(), none, 8);
        }
    }
}

/// There are none.
#[cfg(not(target_os = "linux"))]
pub fn reset_internal() {}

/// A change of dispositions that ends with this value.
pub struct Dispositions(Vec<(i32, libc::sigaction)>);

impl Dispositions {
    /// Ignores some signals and sets others to their default. One that can't be changed stays as
    /// it is.
    #[must_use]
    pub fn change(ignored: &[i32], default: &[i32]) -> Self {
        let mut before = Self(Vec::with_capacity(ignored.len() + default.len()));
        for &signal in ignored.iter().chain(default) {
            before.0.extend(change_action(signal, None).map(|action| (signal, action)));
        }
        for &signal in ignored {
            let _ = ignore(signal);
        }
        for &signal in default {
            let _ = set_default(signal);
        }
        before
    }
}

impl Drop for Dispositions {
    fn drop(&mut self) {
        for (signal, action) in &self.0 {
            // What was in force before can't be refused.
            let _ = change_action(*signal, Some(action));
        }
    }
}

/// A signal that arrived.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Notice {
    /// Which.
    pub signal: i32,
    /// Who sent it.
    pub sender: Sender,
}

/// Who sent a signal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sender {
    /// The kernel: a key at the terminal, a hang-up, a child's end.
    Kernel,
    /// A process; `None` if it can't be seen from this one's namespace.
    Process(Option<Pid>),
}

/// Signals that are read instead of taking effect, until this value is dropped.
pub struct Caught {
    descriptor: OwnedFd,
    mask_before: Mask,
}

impl Caught {
    /// Blocks these signals and opens a descriptor to read them from.
    ///
    /// # Errors
    ///
    /// The kernel's: no descriptor or no memory left.
    #[expect(unsafe_code, reason = "rustix has no signalfd")]
    pub fn catch(signals: &[i32]) -> io::Result<Self> {
        let mask = Mask::of(signals);
        // SAFETY: the set is initialized; -1 asks for a new descriptor.
        let descriptor = unsafe {
            libc::signalfd(-1, &raw const mask.0, libc::SFD_CLOEXEC | libc::SFD_NONBLOCK)
        };
        if descriptor < 0 {
            return Err(io::Error::last_os_error());
        }
        // SAFETY: the kernel has just made it, and nobody else knows of it.
        let descriptor = unsafe { OwnedFd::from_raw_fd(descriptor) };
        let mask_before = mask.block()?;
        Ok(Self { descriptor, mask_before })
    }

    /// The next signal that has arrived, if any.
    #[expect(unsafe_code, reason = "the kernel fills a C structure")]
    pub fn next(&self) -> Option<Notice> {
        let mut buffer = [0; size_of::<libc::signalfd_siginfo>()];
        let read = rustix::io::read(&self.descriptor, &mut buffer);
        if read != Ok(buffer.len()) {
            return None;
        }
        // SAFETY: plain integers, of which every pattern of bits is valid; the buffer is as long
        // as the structure and the read copes with its alignment.
        let info: libc::signalfd_siginfo = unsafe { ptr::read_unaligned(buffer.as_ptr().cast()) };
        Some(Notice {
            signal: i32::try_from(info.ssi_signo).ok()?,
            // Codes of 0 and below come from processes (kill, tgkill, sigqueue).
            sender: if info.ssi_code > 0 {
                Sender::Kernel
            } else {
                Sender::Process(info.ssi_pid.try_into().ok().and_then(Pid::from_raw))
            },
        })
    }
}

impl AsFd for Caught {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.descriptor.as_fd()
    }
}

impl Drop for Caught {
    fn drop(&mut self) {
        // What was in force before can't be refused.
        let _ = self.mask_before.set();
    }
}
