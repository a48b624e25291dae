//! The command as a process: started, signalled, waited for.

use std::ffi::OsStr;
use std::fs::File;
use std::io;
use std::os::fd::{AsFd as _, BorrowedFd, OwnedFd};
use std::os::unix::ffi::OsStrExt as _;
use std::process::Stdio;
use std::time::Duration;

use rustix::fs::OFlags;
use rustix::io::Errno;
use rustix::process::{
    Pid, PidfdFlags, Signal, WaitId, WaitIdOptions, WaitOptions, WaitStatus, kill_process,
    pidfd_open, wait, waitid, waitpid,
};

use super::{Ending, Input, Job};
use crate::model::entry::{Stream, Streams};
use crate::sys::clock;
use crate::sys::process::restored;
use crate::sys::spawn::spawn;

/// Why a command didn't start.
#[derive(Debug, thiserror::Error)]
pub enum SpawnError {
    /// The program, or the interpreter it names, doesn't exist.
    #[error("{0}")]
    NotFound(#[source] io::Error),
    /// The program exists and can't be executed.
    #[error("{0}")]
    NotExecutable(#[source] io::Error),
    /// Something of our own failed.
    #[error("{0}")]
    Failed(#[from] io::Error),
}

impl SpawnError {
    /// The exit status that says so, as env and the shells have it.
    #[must_use]
    pub fn exit_status(&self) -> u8 {
        match self {
            Self::NotFound(_) => 127,
            Self::NotExecutable(_) => 126,
            Self::Failed(_) => 125,
        }
    }

    /// The error of an attempt to start a program. What is scarce is scarce for us; the rest is
    /// about the program.
    #[must_use]
    pub fn of_start(error: io::Error) -> Self {
        match error.raw_os_error() {
            Some(libc::ENOENT) => Self::NotFound(error),
            None | Some(libc::EAGAIN | libc::ENOMEM | libc::EMFILE | libc::ENFILE) => {
                Self::Failed(error)
            }
            Some(_) => Self::NotExecutable(error),
        }
    }

    /// The error of an attempt to make a process and start a program in it, which may be of either:
    /// about the program is what the kernel says of nothing else.
    fn of_process(error: io::Error) -> Self {
        match error.raw_os_error() {
            Some(
                libc::ENOENT
                | libc::EACCES
                | libc::ENOTDIR
                | libc::EISDIR
                | libc::ELOOP
                | libc::ENAMETOOLONG
                | libc::ENOEXEC
                | libc::ELIBBAD
                | libc::ETXTBSY
                | libc::E2BIG
                | libc::EINVAL,
            ) => Self::of_start(error),
            _ => Self::Failed(error),
        }
    }
}

/// A command that was started.
pub(super) struct Child {
    pub(super) pid: Pid,
    /// Becomes readable when it exits. Not on kernels before 5.3: SIGCHLD tells there.
    exit: Option<OwnedFd>,
    started: Duration,
    end: Option<End>,
}

/// How and when a command ended.
#[derive(Clone, Copy)]
pub(super) struct End {
    pub(super) ending: Ending,
    pub(super) ran: Duration,
}

/// Our ends of the pipes that a command writes to.
pub(super) type Sources = Vec<(Stream, OwnedFd)>;

impl Child {
    pub(super) fn spawn(job: &Job<'_>) -> Result<(Self, Sources), SpawnError> {
        let (out, out_writer) = pipe()?;
        let mut sources = vec![(Stream::Out, out)];
        let err_writer = match job.streams {
            Streams::Merged => out_writer.try_clone()?,
            Streams::Split => {
                let (err, err_writer) = pipe()?;
                sources.push((Stream::Err, err));
                err_writer
            }
        };
        let null;
        let input = match &job.input {
            Input::Null => {
                null = File::open("/dev/null")?;
                null.as_fd()
            }
            Input::File(file) => file.as_fd(),
            Input::Own => rustix::stdio::stdin(),
        };
        let child = Self::start(job, [input, out_writer.as_fd(), err_writer.as_fd()])?;
        Ok((child, sources))
    }

    /// Starts the command with these as its standard three.
    pub(super) fn start(job: &Job<'_>, streams: [BorrowedFd<'_>; 3]) -> Result<Self, SpawnError> {
        let started = clock::awake();
        let pid = start(job, streams)?;
        let exit = pidfd_open(pid, PidfdFlags::empty()).ok();
        Ok(Self { pid, exit, started, end: None })
    }

    /// What becomes readable when it exits, until that has been seen.
    pub(super) fn unnoticed_exit(&self) -> Option<BorrowedFd<'_>> {
        let exit = self.exit.as_ref().filter(|_| self.end.is_none())?;
        Some(exit.as_fd())
    }

    /// Whether its exit makes nothing readable.
    pub(super) fn is_unwatched(&self) -> bool {
        self.exit.is_none()
    }

    /// How it ended, if it has and somebody has looked.
    pub(super) fn end(&self) -> Option<End> {
        self.end
    }

    /// How it ended; if it hasn't, although KILL was sent, as if that had done it now.
    pub(super) fn end_so_far(&self) -> End {
        let ran = clock::awake().saturating_sub(self.started);
        self.end.unwrap_or(End { ending: Ending::Signaled(libc::SIGKILL), ran })
    }

    /// Looks whether it has exited.
    pub(super) fn reap(&mut self) {
        if self.end.is_none() {
            match waitpid(Some(self.pid), WaitOptions::NOHANG) {
                Ok(Some((_, status))) => self.note(status),
                Ok(None) => {}
                Err(_) => self.reap_otherwise(),
            }
        }
    }

    /// Asks by the kernel's other call for that.
    fn reap_otherwise(&mut self) {
        let options = WaitIdOptions::EXITED | WaitIdOptions::NOHANG;
        match waitid(WaitId::Pid(self.pid), options) {
            Ok(Some(status)) => match (status.terminating_signal(), status.exit_status()) {
                (Some(signal), _) => self.note_ending(Ending::Signaled(signal)),
                (None, Some(code)) => {
                    self.note_ending(Ending::Exited(u8::try_from(code).unwrap_or(u8::MAX)));
                }
                (None, None) => {}
            },
            Ok(None) => {}
            // Somebody else has waited for it. That can't be while SIGCHLD has its default
            // and nobody here waits for all; an answer is better than waiting for ever.
            Err(_) => self.note_ending(Ending::Exited(125)),
        }
    }

    /// Reaps whatever has exited, the orphans included that a subreaper is given.
    pub(super) fn reap_all(&mut self) {
        loop {
            match wait(WaitOptions::NOHANG) {
                Ok(Some((pid, status))) if pid == self.pid => self.note(status),
                Ok(Some(_)) => {}
                Ok(None) | Err(Errno::CHILD) => return,
                Err(_) => return self.reap(),
            }
        }
    }

    /// Sends it a signal, unless it has been waited for: its id may name another process then.
    pub(super) fn signal(&self, signal: i32) {
        if let (None, Some(signal)) = (self.end, Signal::from_named_raw(signal)) {
            // It can refuse by being another user's (sudo); then there is nothing to be done.
            let _ = kill_process(self.pid, signal);
        }
    }

    fn note(&mut self, status: WaitStatus) {
        if let Some(signal) = status.terminating_signal() {
            self.note_ending(Ending::Signaled(signal));
        } else if let Some(code) = status.exit_status() {
            self.note_ending(Ending::Exited(u8::try_from(code).unwrap_or(u8::MAX)));
        }
    }

    fn note_ending(&mut self, ending: Ending) {
        let ran = clock::awake().saturating_sub(self.started);
        self.end = Some(End { ending, ran });
    }
}

/// Starts the command with these as its standard three, the fast way where that can be done.
fn start(job: &Job<'_>, streams: [BorrowedFd<'_>; 3]) -> Result<Pid, SpawnError> {
    if job.environment.is_none()
        && let Some(pid) =
            spawn(job.program, job.command, streams, job.umask).map_err(SpawnError::of_start)?
    {
        return Ok(pid);
    }
    let mut command = restored(job.program, job.command, job.umask);
    if let Some(environment) = job.environment {
        let variables = environment
            .iter()
            .map(|(name, value)| (OsStr::from_bytes(name), OsStr::from_bytes(value)));
        command.env_clear().envs(variables);
    }
    let [input, out, err] = streams.map(|stream| stream.try_clone_to_owned().map(Stdio::from));
    let child = command.stdin(input?).stdout(out?).stderr(err?).spawn();
    child.map(|child| Pid::from_child(&child)).map_err(SpawnError::of_process)
}

/// A pipe whose reading end doesn't block. Only that: the writing end is the command's.
fn pipe() -> io::Result<(OwnedFd, OwnedFd)> {
    let (reader, writer) = rustix::pipe::pipe_with(rustix::pipe::PipeFlags::CLOEXEC)?;
    // Nobody reads it before poll says that there is something to be read.
    let _ = rustix::fs::fcntl_setfl(&reader, OFlags::NONBLOCK);
    Ok((reader, writer))
}
