//! One stream on its way from the command to the caller.
//!
//! A flow holds at most one buffer, and reads only when it has handed on what it holds: memory
//! stays constant, the command is slowed down by a slow reader as it would be without us, and a
//! stream that is stuck doesn't hold up the other.

use std::ops::Range;
use std::os::fd::{AsFd as _, AsRawFd as _, BorrowedFd, OwnedFd, RawFd};
use std::time::Duration;

use rustix::event::PollFlags;
use rustix::io::Errno;
use rustix::pipe::fcntl_setpipe_size;

use super::Bounds;
use super::outlet::Outlet;
use crate::model::entry::Stream;
use crate::sys::fd::has_hung_up;

/// What a flow holds at most.
const BUFFER: usize = 256 * 1024;

/// A read this long has emptied a full pipe of the usual size: the pipe is the bottleneck.
const FULL_PIPE: usize = 64 * 1024;

/// How large the pipe is made then: the most that an ordinary user may ask for.
const LARGE_PIPE: usize = 1024 * 1024;

/// One stream of the command's.
pub(super) struct Flow<'a> {
    pub(super) stream: Stream,
    /// The command's end of it; none once it is exhausted, or closed by us.
    source: Option<OwnedFd>,
    outlet: Outlet<'a>,
    buffer: Box<[u8]>,
    /// What of the buffer hasn't been handed on yet.
    pending: Range<usize>,
    /// Since when the outlet has taken nothing although something is pending.
    stuck_since: Option<Duration>,
    reader: Reader,
    enlarged: bool,
    /// Why the source couldn't be read, if that has happened.
    failure: Option<Errno>,
    /// How often in a row.
    failures: u32,
}

/// A source that can't be read so often in a row isn't tried again.
const FAILURES: u32 = 10;

/// Who reads what is delivered.
#[derive(Clone, Copy, Debug)]
enum Reader {
    Present,
    /// It went away, or the outlet takes no more for another reason.
    Gone {
        error: Errno,
        until: Duration,
        bytes: u64,
    },
}

/// What a look at the source brought.
pub(super) enum Intake<'b> {
    /// These bytes.
    Bytes(&'b [u8]),
    /// Nothing for now.
    Nothing,
    /// The end.
    End,
}

impl<'a> Flow<'a> {
    pub(super) fn new(stream: Stream, source: OwnedFd, outlet: Outlet<'a>) -> Self {
        Self {
            stream,
            source: Some(source),
            outlet,
            // Zeroed by the kernel, page by page as it is used.
            buffer: vec![0; BUFFER].into_boxed_slice(),
            pending: 0..0,
            stuck_since: None,
            reader: Reader::Present,
            enlarged: false,
            failure: None,
            failures: 0,
        }
    }

    /// What to wait for: room to write if something is pending, else something to read.
    pub(super) fn interest(&self) -> Option<(BorrowedFd<'_>, PollFlags)> {
        if self.is_pending() {
            Some((self.outlet.as_fd(), PollFlags::OUT))
        } else {
            Some((self.source.as_ref()?.as_fd(), PollFlags::IN))
        }
    }

    /// Whether there is something that the outlet hasn't taken yet.
    pub(super) fn is_pending(&self) -> bool {
        !self.pending.is_empty()
    }

    /// Whether more may come from the command.
    pub(super) fn is_open(&self) -> bool {
        self.source.is_some()
    }

    /// Whether some process has the other end of the source, which shows without reading.
    pub(super) fn is_held(&self) -> bool {
        self.source.as_ref().is_some_and(|source| !has_hung_up(source.as_fd()))
    }

    /// Reads once. What came is in the buffer; nothing may be pending.
    pub(super) fn read(&mut self) -> Intake<'_> {
        debug_assert!(!self.is_pending(), "reading would overwrite what is pending");
        let Some(source) = &self.source else {
            return Intake::End;
        };
        match rustix::io::read(source, &mut self.buffer[..]) {
            Ok(0) => self.end(),
            Ok(length) => {
                self.failures = 0;
                if length >= FULL_PIPE && !self.enlarged {
                    self.enlarged = true;
                    // Past the user's share of pipe memory it stays as it is.
                    let _ = fcntl_setpipe_size(source, LARGE_PIPE);
                }
                if let Reader::Gone { bytes, .. } = &mut self.reader {
                    *bytes += length as u64;
                }
                Intake::Bytes(&self.buffer[..length])
            }
            Err(Errno::AGAIN | Errno::INTR) => Intake::Nothing,
            Err(error) => {
                // Not the end: the command may have said more. Whoever gets what was read must know.
                self.failure.get_or_insert(error);
                self.failures += 1;
                if self.failures < FAILURES { Intake::Nothing } else { self.end() }
            }
        }
    }

    /// Why the source couldn't be read, so that something may be missing.
    pub(super) fn unread(&self) -> Option<Errno> {
        self.failure
    }

    fn end(&mut self) -> Intake<'_> {
        self.close();
        Intake::End
    }

    /// Closes the source: the command gets SIGPIPE or EPIPE if it says more.
    pub(super) fn close(&mut self) {
        self.source = None;
    }

    /// Hands on the first `length` bytes of the buffer, as far as the outlet takes them now.
    pub(super) fn deliver(&mut self, length: usize, now: Duration, bounds: &Bounds) {
        self.pending = 0..length;
        self.push(now, bounds);
    }

    /// Hands on more of what is pending.
    pub(super) fn push(&mut self, now: Duration, bounds: &Bounds) {
        if let Reader::Gone { .. } = self.reader {
            self.pending = 0..0;
        }
        while self.is_pending() {
            match self.outlet.write(&self.buffer[self.pending.clone()]) {
                Ok(written) => {
                    self.pending.start += written;
                    self.stuck_since = None;
                }
                Err(Errno::INTR) => {}
                Err(Errno::AGAIN) => {
                    self.stuck_since.get_or_insert(now);
                    return;
                }
                Err(error) => {
                    let until = now + bounds.unread_for;
                    self.reader = Reader::Gone { error, until, bytes: 0 };
                    self.pending = 0..0;
                }
            }
        }
        self.stuck_since = None;
    }

    /// Since when the outlet has taken nothing.
    pub(super) fn stuck_since(&self) -> Option<Duration> {
        self.stuck_since
    }

    /// Whether nobody reads this any more.
    pub(super) fn is_unread(&self) -> bool {
        matches!(self.reader, Reader::Gone { .. })
    }

    /// Whether there is more to come, and somebody to read it.
    pub(super) fn is_unfinished(&self) -> bool {
        !self.is_unread() && (self.is_open() || self.is_pending())
    }

    /// Until when a stream that nobody reads is recorded nevertheless, if it is one.
    pub(super) fn unread_until(&self) -> Option<Duration> {
        match self.reader {
            Reader::Gone { until, .. } if self.is_open() => Some(until),
            _ => None,
        }
    }

    /// Whether a stream that nobody reads has gone on for as long as we go along.
    pub(super) fn is_past_allowance(&self, now: Duration, bounds: &Bounds) -> bool {
        match self.reader {
            Reader::Gone { until, bytes, .. } if self.is_open() => {
                now >= until || bytes > bounds.unread_bytes
            }
            _ => false,
        }
    }

    /// Why the outlet takes no more, other than that its reader has gone.
    pub(super) fn failure(&self) -> Option<Errno> {
        match self.reader {
            Reader::Gone { error, .. } if error != Errno::PIPE => Some(error),
            _ => None,
        }
    }

    /// The descriptors that a process needs to carry this on.
    pub(super) fn descriptors(&self) -> impl Iterator<Item = RawFd> {
        let source = self.source.iter().map(OwnedFd::as_raw_fd);
        source.chain([self.outlet.as_fd().as_raw_fd()])
    }
}

#[cfg(test)]
mod tests {
    use std::fs::File;

    use super::*;

    #[test]
    fn a_source_that_cannot_be_read_has_not_come_to_its_end() {
        // The kernel refuses to read a folder.
        let source = File::open("/").expect("a folder");
        let null = File::options().write(true).open("/dev/null").expect("a device");
        let mut flow = Flow::new(Stream::Out, source.into(), Outlet::new(null.as_fd()));
        assert!(matches!(flow.read(), Intake::Nothing));
        assert_eq!(flow.unread(), Some(Errno::ISDIR));
        // But not for ever.
        while flow.is_open() {
            assert!(!matches!(flow.read(), Intake::Bytes(_)));
        }
        assert_eq!(flow.unread(), Some(Errno::ISDIR));
    }
}
