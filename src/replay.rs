//! Replays a recorded output to the caller's own descriptors.

use std::fs::File;
use std::io;
use std::os::fd::BorrowedFd;

use crate::model::entry::Stream;
use crate::store::{Output, Player};
use crate::sys::fd::{self, Undelivered};

/// Why an output wasn't replayed whole.
#[derive(Debug, thiserror::Error)]
pub enum Failed {
    /// It can't be read, and the caller has seen nothing of it.
    #[error("failed to read the stored output: {0}")]
    Unread(#[source] io::Error),
    /// It can't be read any further.
    #[error("failed to read the whole stored output: {0}")]
    Torn(#[source] io::Error),
    /// It can't be written.
    #[error("failed to write the whole output: {0}")]
    Unwritten(#[source] io::Error),
}

/// Replays an output to standard output and standard error. A reader that has gone away is no
/// error: what it didn't want it doesn't get.
///
/// # Errors
/// If the output can't be read or written.
pub fn to_caller(output: &Output<'_>) -> Result<(), Failed> {
    play(output, Some(rustix::stdio::stdout()), Some(rustix::stdio::stderr()))
}

/// Replays one stream of an output to standard output.
///
/// # Errors
/// As [`to_caller`].
pub fn one_stream(output: &Output<'_>, stream: Stream) -> Result<(), Failed> {
    match stream {
        Stream::Out => play(output, Some(rustix::stdio::stdout()), None),
        Stream::Err => play(output, None, Some(rustix::stdio::stdout())),
    }
}

fn play(
    output: &Output<'_>,
    out: Option<BorrowedFd<'static>>,
    err: Option<BorrowedFd<'static>>,
) -> Result<(), Failed> {
    let mut caller = ToCaller { out, err, has_begun: false, is_unwritable: false };
    output.play(&mut caller).map_err(match caller {
        ToCaller { is_unwritable: true, .. } => Failed::Unwritten,
        ToCaller { has_begun: true, .. } => Failed::Torn,
        ToCaller { .. } => Failed::Unread,
    })
}

/// Where each stream goes; nowhere once its reader has gone.
struct ToCaller {
    out: Option<BorrowedFd<'static>>,
    err: Option<BorrowedFd<'static>>,
    /// Something was delivered.
    has_begun: bool,
    /// Something couldn't be written.
    is_unwritable: bool,
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
        let Some(open) = *to else { return Ok(()) };
        match send(open) {
            Ok(()) => self.has_begun = true,
            Err(Undelivered::ReaderGone) => *to = None,
            Err(Undelivered::Write(error)) => {
                self.is_unwritable = true;
                return Err(error);
            }
            Err(Undelivered::Read { source, sent }) => {
                self.has_begun |= sent > 0;
                return Err(source);
            }
        }
        Ok(())
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
