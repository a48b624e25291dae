//! A process of its own for work that nobody waits for.

use std::fs::File;
use std::io;
use std::os::fd::{AsRawFd, BorrowedFd, RawFd};
use std::os::unix::fs::MetadataExt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::{Duration, Instant};

use rustix::fs::Mode;
use rustix::io::Errno;
use rustix::process::{Pid, WaitOptions, waitpid};

use super::{fd, inherited, process, signal};

/// Runs `work` in a new process, detached from everything its caller has but for `keep`, and
/// returns at once. Nothing is executed anew: our file may have been replaced meanwhile.
/// Whoever wants to can [wait](await_end) for the process.
///
/// # Errors
/// If this process has several threads, of which only one would go on in the new process, or
/// there can be no new process.
pub fn detached(keep: &File, work: impl FnOnce(File)) -> io::Result<Pid> {
    // Above the standard three, whatever this process was started with.
    let keep = File::from(rustix::io::fcntl_dupfd_cloexec(keep, 3)?);
    let descriptor = keep.as_raw_fd();
    in_new_process(|| {
        rustix::process::chdir("/")?;
        detach(Some(descriptor))?;
        work(keep);
        Ok(())
    })
}

/// As [`detached`], but stays in the caller's working directory: `work` runs a command. `keep`,
/// if given, must be above the standard three.
///
/// # Errors
/// As [`detached`].
pub fn detached_here(keep: Option<BorrowedFd<'_>>, work: impl FnOnce()) -> io::Result<()> {
    in_new_process(|| {
        detach(keep.map(|keep| keep.as_raw_fd()))?;
        work();
        Ok(())
    })
    .map(drop)
}

/// Runs `work` in a new process beside the command that this one becomes or starts: in its session,
/// so that it may read from the terminal, but not its child, which the command might wait for. It has
/// `keep` only, and lasts until `work` returns: what ends the command ends it by what it writes to.
/// No signal but those that stop and continue a job reaches it; a reader that has gone is an error.
/// When this returns without one, nothing is left that could keep `work` from being run.
///
/// # Errors
/// As [`detached`].
pub fn beside(keep: &[BorrowedFd<'_>], work: impl FnOnce()) -> io::Result<()> {
    // Where that can't be known the command mustn't suffer: nobody who calls this has any.
    if threads().is_ok_and(|threads| threads != 1) {
        return Err(io::Error::other("the process has several threads"));
    }
    // Ignored by the caller, it would have the kernel forget how the child ended.
    let _default = signal::Dispositions::change(&[], &[libc::SIGCHLD]);
    let Some(child) = process::fork()? else {
        let forked = catch_unwind(AssertUnwindSafe(|| {
            // Before the second fork, while somebody still waits to hear what fails.
            stand_beside(keep);
            process::fork()
        }));
        let status = match forked {
            Ok(Ok(Some(_))) => 0,
            Ok(Ok(None)) => i32::from(catch_unwind(AssertUnwindSafe(work)).is_err()),
            Ok(Err(error)) => error.raw_os_error().unwrap_or(libc::EAGAIN),
            Err(_) => libc::EIO,
        };
        process::exit_now(status)
    };
    match waitpid(Some(child), WaitOptions::empty())?.and_then(|(_, status)| status.exit_status()) {
        Some(0) => Ok(()),
        Some(error) => Err(io::Error::from_raw_os_error(error)),
        None => Err(io::Error::other("a process beside the command couldn't be started")),
    }
}

/// What the kernel or a sandbox refuses of this, `work` does without.
fn stand_beside(keep: &[BorrowedFd<'_>]) {
    // The command may go on where these end others. SIGPIPE is among them: an error is left of it.
    signal::block_all_but(&[libc::SIGTTIN, libc::SIGTTOU, libc::SIGTSTP, libc::SIGCONT]);
    let mut kept: Vec<RawFd> = keep.iter().map(AsRawFd::as_raw_fd).collect();
    let _ = fd::keep_only(&mut kept);
}

/// Waits until a process of [`detached`] has ended, `patience` at most.
pub fn await_end(process: Pid, patience: Duration) {
    let deadline = Instant::now() + patience;
    let mut pause = Duration::from_micros(500);
    // Not by a descriptor of the process: older kernels and sandboxes refuse it.
    while matches!(waitpid(Some(process), WaitOptions::NOHANG), Ok(None) | Err(Errno::INTR))
        && Instant::now() < deadline
    {
        std::thread::sleep(pause);
        pause = (pause * 2).min(Duration::from_millis(5));
    }
}

fn in_new_process(work: impl FnOnce() -> io::Result<()>) -> io::Result<Pid> {
    if threads()? != 1 {
        return Err(io::Error::other("the process has several threads"));
    }
    if let Some(child) = process::fork()? {
        return Ok(child);
    }
    let done = catch_unwind(AssertUnwindSafe(work));
    // What was registered to run at the end of the process is the caller's.
    process::exit_now(i32::from(!matches!(done, Ok(Ok(())))))
}

/// Runs `work`, which joins every thread that it starts, and returns when the kernel counts as few
/// threads as before: a thread that has been joined may be on its way out for a moment still, and
/// [`detached`] would refuse.
pub fn with_threads<T>(work: impl FnOnce() -> T) -> T {
    const LOOKS: usize = 1000;
    let before = threads().unwrap_or(u64::MAX);
    inherited::note_what_threads_change();
    let done = work();
    for _ in 0..LOOKS {
        if threads().is_ok_and(|now| now <= before) {
            break;
        }
        std::thread::yield_now();
    }
    done
}

/// How many threads this process has: the kernel gives their folder a link for each.
fn threads() -> io::Result<u64> {
    Ok(std::fs::metadata("/proc/self/task")?.nlink().saturating_sub(2))
}

/// Cuts what ties the process to its caller: terminal and session, descriptors, signals.
fn detach(keep: Option<RawFd>) -> io::Result<()> {
    rustix::process::setsid()?;
    rustix::process::umask(Mode::RWXG | Mode::RWXO);
    signal::reset_all();
    fd::keep_only(&mut Vec::from_iter(keep))
}
