//! Replays a recorded output to the caller's own descriptors.

use std::fs::File;
use std::io;
use std::os::fd::BorrowedFd;

use crate::model::entry::Stream;
use crate::store::{Output, Player};
use crate::sys::fd::{self, Undelivered};
use crate::sys::signal;

/// Replays an output to standard output and standard error. A reader that has gone away is no
/// error: what it didn't want it doesn't get.
///
/// # Errors
/// If the output can't be read or written.
pub fn to_caller(output: &Output<'_>) -> io::Result<()> {
    play(output, Some(rustix::stdio::stdout()), Some(rustix::stdio::stderr()))
}

/// Replays one stream of an output to standard output.
///
/// # Errors
/// As [`to_caller`].
pub fn one_stream(output: &Output<'_>, stream: Stream) -> io::Result<()> {
    match stream {
        Stream::Out => play(output, Some(rustix::stdio::stdout()), None),
        Stream::Err => play(output, None, Some(rustix::stdio::stdout())),
    }
}

fn play(
    output: &Output<'_>,
    out: Option<BorrowedFd<'static>>,
    err: Option<BorrowedFd<'static>>,
) -> io::Result<()> {
    // Nothing is started any more, so nobody inherits this. Refused, it makes a difference only to
    // a reader that goes away.
    let _ = signal::ignore(libc::SIGPIPE);
    output.play(&mut ToCaller { out, err })
}

/// Where each stream goes; nowhere once its reader has gone.
struct ToCaller {
    out: Option<BorrowedFd<'static>>,
    err: Option<BorrowedFd<'static>>,
}

impl ToCaller {
    fn deliver(
        &mut self,
        stream: Stream,
        send: impl FnOnce(BorrowedFd<'static>) -> Result<(), Undelivered>,
    ) -> io::Result<()> {
        let to = match stream {
            Stream::Out => &mut self.out,
            Stream::Err => &mut self.err,
        };
        match to.map_or(Ok(()), send) {
            Ok(()) => Ok(()),
            Err(Undelivered::ReaderGone) => {
                *to = None;
                Ok(())
            }
            Err(Undelivered::Write(error) | Undelivered::Read(error)) => Err(error),
        }
    }
}

impl Player for ToCaller {
    fn bytes(&mut self, stream: Stream, bytes: &[u8]) -> io::Result<()> {
        self.deliver(stream, |to| fd::write_all(to, bytes))
    }

    fn file(&mut self, stream: Stream, file: &File, offset: u64, len: u64) -> io::Result<()> {
        self.deliver(stream, |to| fd::send_file(file, offset, len, to))
    }
}
