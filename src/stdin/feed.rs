//! Feeds the command what can't be handed over as a file: by a pipe, and a process that fills it.
//!
//! That process ends as soon as nobody can read from the pipe any more, and with it whoever writes to
//! our standard input gets the same SIGPIPE that the command's end would have given it.

use std::fs::File;
use std::io;
use std::os::fd::{AsFd, BorrowedFd};

use rustix::event::{PollFd, PollFlags, poll};
use rustix::io::Errno;
use rustix::pipe::{PipeFlags, pipe_with};

use super::PIECE;
use super::spool::Spool;
use crate::sys::fd::{Undelivered, send_file, write_all};
use crate::sys::fork;

/// The reading end of a pipe through which comes what is in the spool, and `then_ours`: after it what
/// comes from our own standard input.
pub(super) fn feed(spool: &Spool, then_ours: bool) -> io::Result<File> {
    let (reader, writer) = pipe_with(PipeFlags::CLOEXEC)?;
    let (input, writer) = (rustix::stdio::stdin(), writer.as_fd());
    let kept = [Some(writer), spool.descriptor(), then_ours.then_some(input)];
    let kept: Vec<BorrowedFd<'_>> = kept.into_iter().flatten().collect();
    fork::beside(&kept, || {
        // Whoever doesn't read on has what it wants.
        if deliver(spool, writer).is_ok() && then_ours {
            let _ = copy(input, writer);
        }
    })?;
    Ok(File::from(reader))
}

fn deliver(spool: &Spool, to: BorrowedFd<'_>) -> Result<(), Undelivered> {
    let (file, memory) = spool.parts();
    if let Some((file, len)) = file {
        send_file(file, 0, len, to)?;
    }
    write_all(to, memory)
}

/// Copies until the end of what comes, or until nobody reads it.
fn copy(from: BorrowedFd<'_>, to: BorrowedFd<'_>) -> Result<(), Undelivered> {
    let mut piece = vec![0; PIECE];
    loop {
        // Of the pipe only an error is waited for: that its reader has gone.
        let mut polled = [PollFd::new(&from, PollFlags::IN), PollFd::new(&to, PollFlags::empty())];
        match poll(&mut polled, None) {
            Ok(_) | Err(Errno::INTR) => {}
            Err(error) => return Err(error.into()),
        }
        if !polled[1].revents().is_empty() {
            return Err(Undelivered::ReaderGone);
        }
        match rustix::io::read(from, &mut piece) {
            Ok(0) => return Ok(()),
            Ok(read) => write_all(to, &piece[..read])?,
            Err(Errno::INTR | Errno::AGAIN) => {}
            Err(error) => return Err(Undelivered::Read { source: error.into(), sent: 0 }),
        }
    }
}
