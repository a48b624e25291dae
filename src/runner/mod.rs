//! Runs a command: hands its output on live, byte for byte, while a [`Tape`] records it.
//!
//! Nothing here knows of keys, entries or the store. No thread is started, and the standard
//! library's output is never used: bytes go to the caller's descriptors as they are.
//!
//! The way of a byte: `flow` (one stream, one buffer) reads it, `tee` has it recorded and
//! hands it to an `outlet`. `session` is the loop that drives them, beside the command as a
//! process (`child`), `signals` and `deadline`; `survivor` is what may stay behind. `plain` does
//! without all of it where there are no descriptors left.

mod bounds;
mod child;
mod deadline;
mod descendants;
mod flow;
mod outlet;
mod plain;
mod session;
mod signals;
mod survivor;
mod tee;

use std::ffi::OsStr;
use std::fs::File;
use std::os::fd::BorrowedFd;
use std::path::Path;
use std::time::Duration;

use rustix::io::Errno;

pub use self::bounds::Bounds;
use self::child::Child;
pub use self::child::SpawnError;
use self::deadline::Deadline;
use self::flow::Flow;
use self::outlet::Outlet;
pub use self::plain::run_unrecorded;
use self::session::{Progress, Session};
use self::signals::Signals;
use self::tee::Tee;
use crate::model::entry::{Stream, Streams};
use crate::sys::clock;

/// A command to run.
#[derive(Debug)]
pub struct Job<'a> {
    /// The file to execute, found on PATH already.
    pub program: &'a Path,
    /// The command line; its first word is the command's name as it was typed.
    pub command: &'a [&'a OsStr],
    /// What the command reads from standard input.
    pub input: Input,
    /// One pipe for both outputs or one each.
    pub streams: Streams,
    /// Whether the caller sees the output while the command runs.
    pub delivery: Delivery,
    /// Ends the command after this long.
    pub timeout: Option<Duration>,
    /// The caller's umask, which the command gets back.
    pub umask: u32,
    /// Its environment, if it isn't this process' own.
    pub environment: Option<&'a [(&'a [u8], &'a [u8])]>,
}

/// Standard input of a command.
#[derive(Debug)]
pub enum Input {
    /// /dev/null.
    Null,
    /// This file, from its current offset.
    File(File),
    /// What this process would read.
    Own,
}

/// What becomes of the output while the command runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Delivery {
    /// It goes to the caller's standard output and standard error at once.
    Live,
    /// It is recorded only; the caller gets it, or something else, when the command has ended.
    Withheld,
}

/// Takes down what a command says, in the order in which it was read.
pub trait Tape {
    /// Records bytes of one stream. Whether it still holds all so far: once it doesn't, it has
    /// delivered what was withheld, and the runner delivers from these bytes on.
    fn record(&mut self, stream: Stream, bytes: &[u8]) -> bool;

    /// The caller's reader has taken nothing for about a second (`true`), or takes again.
    fn stalled(&mut self, stalled: bool);
}

/// How a command ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    /// With this exit status.
    Exited(u8),
    /// By this signal.
    Signaled(i32),
    /// It ran longer than its timeout and was ended.
    TimedOut,
}

/// Why a recording mustn't be stored although the command ended by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Spoiled {
    /// A signal was sent to us while it ran.
    Interrupted,
    /// It left a process running that still holds its output open.
    LeftRunning,
    /// The caller's reader went away, and the command was cut off for it.
    ReaderGone,
    /// Its output couldn't be read, for this reason, and may lack something.
    Unread(Errno),
}

/// A command that has ended.
#[derive(Clone, Copy, Debug)]
pub struct Run {
    /// How it ended.
    pub ending: Ending,
    /// How long it ran.
    pub ran: Duration,
    /// Why the recording mustn't be stored, if so.
    pub spoiled: Option<Spoiled>,
    /// Why output couldn't be written to the caller (no space left), unless its reader had gone.
    pub undelivered: Option<Errno>,
}

/// Runs a command to its end, and to the end of its output.
///
/// # Errors
///
/// Only if it didn't start. Nothing has been recorded or delivered then.
pub fn run(job: &Job<'_>, tape: &mut dyn Tape) -> Result<Run, SpawnError> {
    let callers = Destinations { out: rustix::stdio::stdout(), err: rustix::stdio::stderr() };
    run_with(job, tape, callers, Bounds::default())
}

/// The descriptors that output is delivered to.
#[derive(Clone, Copy, Debug)]
pub struct Destinations<'a> {
    /// For standard output, and for both streams if they are merged.
    pub out: BorrowedFd<'a>,
    /// For standard error.
    pub err: BorrowedFd<'a>,
}

/// As [`run`], to other descriptors and with other intervals.
///
/// # Errors
///
/// As [`run`].
pub fn run_with(
    job: &Job<'_>,
    tape: &mut dyn Tape,
    to: Destinations<'_>,
    bounds: Bounds,
) -> Result<Run, SpawnError> {
    let delivery = job.delivery;
    let signals = Signals::catch();
    let deadline = job.timeout.map(|timeout| Deadline::set(clock::since_boot(), timeout));
    let (child, sources) = Child::spawn(job)?;
    let flows = sources.into_iter().map(|(stream, source)| {
        let outlet = match stream {
            Stream::Out => to.out,
            Stream::Err => to.err,
        };
        Flow::new(stream, source, Outlet::new(outlet))
    });
    let tee = Tee::new(flows.collect(), tape, delivery, bounds);
    let progress = Progress::default();
    Ok(Session { child, tee, signals, deadline, bounds, progress }.run())
}
