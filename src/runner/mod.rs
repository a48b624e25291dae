//! Runs a command: hands its output on live, byte for byte, while a [`Tape`] records it.
//!
//! Nothing here knows of keys, entries or the store.

use std::ffi::OsStr;
use std::fs::File;
use std::path::Path;
use std::time::Duration;

use crate::model::entry::{Stream, Streams};

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
}

/// Standard input of a command.
#[derive(Debug)]
pub enum Input {
    /// /dev/null.
    Null,
    /// This file, from its current offset.
    File(File),
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
}
