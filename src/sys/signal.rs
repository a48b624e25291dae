//! Signals: masks, dispositions, and a descriptor to read them from.
//!
//! No handler is ever installed: a signal is left alone, ignored, or blocked and read.

use std::io;
use std::mem::MaybeUninit;
use std::os::fd::{AsFd, BorrowedFd, FromRawFd, OwnedFd};
use std::ptr;
use std::time::Duration;

use rustix::process::Pid;

use super::inherited;

/// Signals go up to here on Linux.
const LAST: i32 = 64;
/// The bytes of the kernel's set of signals.
const SET: usize = 8;

/// Every signal whose disposition can be changed; among them those that the C library keeps for
/// itself (32 and 33), which `posix_spawn` leaves ignored.
pub(super) fn changeable() -> impl Iterator<Item = i32> {
    (1..=LAST).filter(|signal| !matches!(*signal, libc::SIGKILL | libc::SIGSTOP))
}

/// The place of a signal in a set of bits: the lowest is signal 1, as in `/proc/PID/status`.
pub(super) const fn bit(signal: i32) -> u64 {
    1 << (signal - 1)
}

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

    /// As a set of bits; see [`bit`].
    #[expect(unsafe_code, reason = "sigset_t has no safe interface")]
    pub(super) fn bits(&self) -> u64 {
        // SAFETY: the C library's set is longer than the kernel's, which it begins with.
        unsafe { ptr::from_ref(&self.0).cast::<u64>().read_unaligned() }
    }
}

#[expect(unsafe_code, reason = "the mask is changed by libc alone")]
fn change_mask(how: i32, mask: &Mask) -> io::Result<Mask> {
    let mut before = Mask::of(&[]);
    // SAFETY: both sets are initialized and outlive the call.
    let error = unsafe { libc::pthread_sigmask(how, &raw const mask.0, &raw mut before.0) };
    if error != 0 {
        return Err(io::Error::from_raw_os_error(error));
    }
    inherited::note_mask(before.bits());
    Ok(before)
}

/// Whether this signal is ignored at present.
#[must_use]
pub fn is_ignored(signal: i32) -> bool {
    exchange(signal, None).is_ok_and(|before| before == libc::SIG_IGN)
}

/// Ignores this signal.
///
/// # Errors
///
/// `EINVAL` for a signal that can't be ignored.
pub fn ignore(signal: i32) -> io::Result<()> {
    change(signal, libc::SIG_IGN).map(drop)
}

/// Gives this signal its default effect.
///
/// # Errors
///
/// `EINVAL` for a signal that has no other.
pub fn set_default(signal: i32) -> io::Result<()> {
    change(signal, libc::SIG_DFL).map(drop)
}

/// Changes a signal's disposition; whether it was ignored before.
fn change(signal: i32, disposition: libc::sighandler_t) -> io::Result<bool> {
    let was_ignored = exchange(signal, Some(disposition))? == libc::SIG_IGN;
    inherited::note(signal, was_ignored);
    Ok(was_ignored)
}

/// Ignores a signal or gives it its default, as it was before somebody changed it.
pub(super) fn put_back(signal: i32, ignored: bool) -> io::Result<()> {
    exchange(signal, Some(if ignored { libc::SIG_IGN } else { libc::SIG_DFL })).map(drop)
}

/// Sets a signal's disposition, if one is given, and returns what it was. By the kernel's own
/// interface: the C library's refuses the signals that it keeps for itself.
#[expect(unsafe_code, reason = "dispositions are changed by the kernel alone")]
fn exchange(
    signal: i32,
    disposition: Option<libc::sighandler_t>,
) -> io::Result<libc::sighandler_t> {
    // The kernel's structure begins with the disposition; no flags, nothing blocked, and a word or
    // two more than it has anywhere.
    let (mut action, mut before) = ([0; 5], [libc::SIG_DFL; 5]);
    let action: *const libc::sighandler_t = match disposition {
        Some(disposition) => {
            action[0] = disposition;
            action.as_ptr()
        }
        None => ptr::null(),
    };
    // SAFETY: both are valid for as long as the call takes and longer than what the kernel reads
    // and writes, with its 8 bytes of a mask; only SIG_IGN and SIG_DFL come in by the private
    // functions above, so no handler can be wrong.
    let done = unsafe {
        let (signal, before) = (libc::c_long::from(signal), before.as_mut_ptr());
        libc::syscall(libc::SYS_rt_sigaction, signal, action, before, SET)
    };
    if done == 0 { Ok(before[0]) } else { Err(io::Error::last_os_error()) }
}

/// Blocks exactly these signals, as they were before somebody changed it; see [`bit`].
#[expect(unsafe_code, reason = "the C library never blocks the signals that it keeps for itself")]
pub(super) fn put_back_mask(blocked: u64) -> io::Result<()> {
    let none = ptr::null_mut::<u64>();
    let how = libc::c_long::from(libc::SIG_SETMASK);
    // SAFETY: the kernel reads as many bytes.
    let done =
        unsafe { libc::syscall(libc::SYS_rt_sigprocmask, how, &raw const blocked, none, SET) };
    if done == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
}

/// The default for every signal, none blocked; but what breaks a write is an error, not an end.
pub fn reset_all() {
    for signal in changeable() {
        // The kernel has no reason to refuse.
        let _ = match signal {
            libc::SIGPIPE | libc::SIGXFSZ => ignore(signal),
            _ => set_default(signal),
        };
    }
    let _ = Mask::of(&[]).set();
}

/// Blocks every signal but these, which get their default effect. What the kernel refuses stays as it
/// is.
pub fn block_all_but(through: &[i32]) {
    let blocked = through.iter().fold(u64::MAX, |blocked, &signal| blocked & !bit(signal));
    let _ = put_back_mask(blocked);
    for &signal in through {
        let _ = set_default(signal);
    }
}

/// A change of dispositions that ends with this value.
pub struct Dispositions(Vec<(i32, bool)>);

impl Dispositions {
    /// Ignores some signals and sets others to their default. One that can't be changed stays as
    /// it is.
    #[must_use]
    pub fn change(ignored: &[i32], default: &[i32]) -> Self {
        let mut before = Self(Vec::with_capacity(ignored.len() + default.len()));
        let ignored = ignored.iter().map(|&signal| (signal, libc::SIG_IGN));
        for (signal, wanted) in ignored.chain(default.iter().map(|&signal| (signal, libc::SIG_DFL)))
        {
            before.0.extend(change(signal, wanted).map(|was_ignored| (signal, was_ignored)));
        }
        before
    }
}

impl Drop for Dispositions {
    fn drop(&mut self) {
        for &(signal, was_ignored) in &self.0 {
            // What was in force before can't be refused.
            let _ = put_back(signal, was_ignored);
        }
    }
}

/// The next of these signals, which must be blocked; `None` if none arrives in time. Needs no
/// descriptor.
#[must_use]
#[expect(unsafe_code, reason = "rustix has no sigtimedwait")]
pub fn await_one(of: &Mask, timeout: Duration) -> Option<Notice> {
    let seconds = libc::time_t::try_from(timeout.as_secs()).unwrap_or(libc::time_t::MAX);
    let timeout = libc::timespec { tv_sec: seconds, tv_nsec: timeout.subsec_nanos().into() };
    let mut info = MaybeUninit::uninit();
    // SAFETY: all three outlive the call, which fills the second if it succeeds.
    let info: libc::siginfo_t = unsafe {
        if libc::sigtimedwait(&raw const of.0, info.as_mut_ptr(), &raw const timeout) < 0 {
            return None;
        }
        info.assume_init()
    };
    // SAFETY: a signal that a process has sent says which; of others it isn't looked at.
    Some(Notice::of(info.si_signo, info.si_code, || unsafe { info.si_pid() }))
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
    #[must_use]
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
        let signal = i32::try_from(info.ssi_signo).ok()?;
        Some(Notice::of(signal, info.ssi_code, || info.ssi_pid.try_into().unwrap_or(0)))
    }
}

impl Notice {
    fn of(signal: i32, code: i32, pid: impl FnOnce() -> i32) -> Notice {
        // Codes of 0 and below come from processes (kill, tgkill, sigqueue).
        let is_sent = code <= 0;
        let sender = if is_sent { Sender::Process(Pid::from_raw(pid())) } else { Sender::Kernel };
        Notice { signal, sender }
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
