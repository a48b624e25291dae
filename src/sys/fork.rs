//! A process of its own for work that nobody waits for.

use std::fs::File;
use std::io;
use std::os::fd::{AsRawFd, RawFd};
use std::os::unix::fs::MetadataExt;
use std::panic::{AssertUnwindSafe, catch_unwind};

use rustix::fs::{Mode, OFlags};

/// Signals go up to here on Linux.
const LAST_SIGNAL: libc::c_int = 64;

/// Runs `work` in a new process, detached from everything its caller has but for `keep`, and
/// returns at once. Nothing is executed anew: our file may have been replaced meanwhile.
///
/// # Errors
/// If this process has several threads, of which only one would go on in the new process, or
/// there can be no new process.
pub fn detached(keep: &File, work: impl FnOnce(File)) -> io::Result<()> {
    if threads()? != 1 {
        return Err(io::Error::other("the process has several threads"));
    }
    // Above the standard three, whatever this process was started with.
    let keep = File::from(rustix::io::fcntl_dupfd_cloexec(keep, 3)?);
    // SAFETY: this is the process' only thread, so no lock is held by a thread that the new
    // process lacks.
    #[expect(unsafe_code, reason = "there is no safe fork")]
    let child = unsafe { libc::fork() };
    match child {
        0 => {
            let done =
                catch_unwind(AssertUnwindSafe(|| detach(keep.as_raw_fd()).map(|()| work(keep))));
            leave(i32::from(!matches!(done, Ok(Ok(())))))
        }
        -1 => Err(io::Error::last_os_error()),
        _ => Ok(()),
    }
}

/// How many threads this process has: the kernel gives their folder a link for each.
fn threads() -> io::Result<u64> {
    Ok(std::fs::metadata("/proc/self/task")?.nlink().saturating_sub(2))
}

/// Cuts what ties the process to its caller: terminal and session, folder, descriptors, signals.
fn detach(keep: RawFd) -> io::Result<()> {
    rustix::process::setsid()?;
    rustix::process::umask(Mode::RWXG | Mode::RWXO);
    rustix::process::chdir("/")?;
    let null = rustix::fs::open("/dev/null", OFlags::RDWR | OFlags::CLOEXEC, Mode::empty())?;
    rustix::stdio::dup2_stdin(&null)?;
    rustix::stdio::dup2_stdout(&null)?;
    rustix::stdio::dup2_stderr(&null)?;
    // Closed with all the others, not a second time.
    std::mem::forget(null);
    reset_signals();
    close_others(keep)
}

/// The default for every signal, none blocked; but what breaks a write is an error, not an end.
fn reset_signals() {
    for signal in 1..=LAST_SIGNAL {
        let action = match signal {
            libc::SIGPIPE | libc::SIGXFSZ => libc::SIG_IGN,
            _ => libc::SIG_DFL,
        };
        // SAFETY: no handler is installed, only the two fixed dispositions; a signal for which
        // that isn't allowed is refused.
        #[expect(unsafe_code, reason = "signal dispositions have no safe interface")]
        unsafe {
            libc::signal(signal, action);
        }
    }
    // SAFETY: the set is initialized by sigemptyset before it is read, and outlives both calls.
    #[expect(unsafe_code, reason = "signal masks have no safe interface")]
    unsafe {
        let mut none: libc::sigset_t = std::mem::zeroed();
        libc::sigemptyset(&raw mut none);
        libc::sigprocmask(libc::SIG_SETMASK, &raw const none, std::ptr::null_mut());
    }
}

/// Closes everything above the standard three but `keep`.
fn close_others(keep: RawFd) -> io::Result<()> {
    let above = |fd: RawFd| libc::c_uint::try_from(fd).unwrap_or(3);
    let done = (keep <= 3 || close_range(3, above(keep - 1)))
        && close_range(above(keep + 1), libc::c_uint::MAX);
    if done { Ok(()) } else { close_each(keep) }
}

fn close_range(first: libc::c_uint, last: libc::c_uint) -> bool {
    // SAFETY: whoever owns these descriptors never runs again: the process ends without
    // destructors, and its work opens what it needs itself.
    #[expect(unsafe_code, reason = "closing what others own has no safe interface")]
    unsafe {
        libc::syscall(libc::SYS_close_range, first, last, 0) == 0
    }
}

/// For kernels before 5.9.
fn close_each(keep: RawFd) -> io::Result<()> {
    let names: Vec<RawFd> = std::fs::read_dir("/proc/self/fd")?
        .filter_map(|found| found.ok()?.file_name().to_str()?.parse().ok())
        .collect();
    for fd in names.into_iter().filter(|&fd| fd > 2 && fd != keep) {
        // SAFETY: as for close_range; the folder's own descriptor is closed already, which is
        // an error without effect.
        #[expect(unsafe_code, reason = "closing what others own has no safe interface")]
        unsafe {
            libc::close(fd);
        }
    }
    Ok(())
}

/// Ends the process at once: what was registered to run at its end is the caller's.
fn leave(status: libc::c_int) -> ! {
    // SAFETY: ends the process; nothing of it is used afterwards.
    #[expect(unsafe_code, reason = "std has no way to end a process without its exit handlers")]
    unsafe {
        libc::_exit(status)
    }
}
