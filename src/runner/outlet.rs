//! Where output goes: one of the caller's descriptors, written to without ever blocking for long.

use std::os::fd::{AsFd, AsRawFd as _, BorrowedFd, OwnedFd};

use rustix::fs::{FileType, Mode, OFlags, fstat, major, minor, open};
use rustix::io::{Errno, write};

use crate::sys::fd::{send_now, writable_now};

/// What fits into a pipe that poll calls writable: `PIPE_BUF`.
const SIP: usize = 4096;

/// A descriptor of the caller's.
pub(super) struct Outlet<'a> {
    target: Target<'a>,
    manner: Manner,
}

enum Target<'a> {
    /// A description of our own of the same pipe or terminal.
    Reopened(OwnedFd),
    /// The caller's, whose flags are not ours to change.
    Shared(BorrowedFd<'a>),
}

/// How to write without blocking.
#[derive(Clone, Copy)]
enum Manner {
    /// Writing doesn't block: it is non-blocking, or a file.
    Freely,
    /// As to a socket.
    Sending,
    /// No more at a time than poll promises room for.
    Sipping,
}

impl<'a> Outlet<'a> {
    pub(super) fn new(descriptor: BorrowedFd<'a>) -> Self {
        let Ok(stat) = fstat(descriptor) else {
            return Self { target: Target::Shared(descriptor), manner: Manner::Sipping };
        };
        let manner = match FileType::from_raw_mode(stat.st_mode) {
            FileType::Fifo => return Self::reopened(descriptor),
            FileType::CharacterDevice if is_terminal(stat.st_rdev) => {
                return Self::reopened(descriptor);
            }
            FileType::CharacterDevice if swallows(stat.st_rdev) => Manner::Freely,
            FileType::Socket => Manner::Sending,
            FileType::RegularFile | FileType::BlockDevice => Manner::Freely,
            _ => Manner::Sipping,
        };
        Self { target: Target::Shared(descriptor), manner }
    }

    /// Opens the same pipe or terminal once more, so that it can be made non-blocking for us
    /// alone. Impossible without /proc, for a terminal of another user's, and for a pipe whose
    /// reader has gone; then there is poll.
    fn reopened(descriptor: BorrowedFd<'a>) -> Self {
        let path = format!("/proc/self/fd/{}", descriptor.as_raw_fd());
        let flags = OFlags::WRONLY | OFlags::NONBLOCK | OFlags::NOCTTY | OFlags::CLOEXEC;
        match open(path, flags, Mode::empty()) {
            Ok(own) => Self { target: Target::Reopened(own), manner: Manner::Freely },
            Err(_) => Self { target: Target::Shared(descriptor), manner: Manner::Sipping },
        }
    }

    /// Writes as much as goes without waiting; `EAGAIN` if nothing does.
    pub(super) fn write(&self, bytes: &[u8]) -> Result<usize, Errno> {
        let target = self.as_fd();
        match self.manner {
            Manner::Freely => write(target, bytes),
            Manner::Sending => send_now(target, bytes),
            Manner::Sipping if !writable_now(target) => Err(Errno::AGAIN),
            Manner::Sipping => write(target, &bytes[..bytes.len().min(SIP)]),
        }
    }
}

impl AsFd for Outlet<'_> {
    fn as_fd(&self) -> BorrowedFd<'_> {
        match &self.target {
            Target::Reopened(own) => own.as_fd(),
            Target::Shared(callers) => *callers,
        }
    }
}

/// Whether a device is /dev/null or another that takes everything at once: of the memory devices,
/// by the kernel's documented numbers, null, zero and full.
fn swallows(device: u64) -> bool {
    major(device) == 1 && matches!(minor(device), 3 | 5 | 7)
}

/// Whether a device is a terminal that opens as itself: the kernel's documented numbers of
/// consoles and serial lines (4, 5) and of pseudo-terminals (136 to 143). The master side of a
/// pseudo-terminal (5, 2) is none: opening it would make a new one.
fn is_terminal(device: u64) -> bool {
    match major(device) {
        4 | 136..=143 => true,
        5 => minor(device) != 2,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_swallows_everything_is_given_everything_at_once() {
        let null = std::fs::File::options().write(true).open("/dev/null").expect("/dev/null");
        let bytes = vec![0; 100 * SIP];
        assert_eq!(Outlet::new(null.as_fd()).write(&bytes), Ok(bytes.len()));
    }

    #[test]
    fn a_device_that_may_block_is_given_what_poll_promises() {
        let random = std::fs::File::options().write(true).open("/dev/urandom").expect("a device");
        let bytes = vec![0; 100 * SIP];
        assert_eq!(Outlet::new(random.as_fd()).write(&bytes), Ok(SIP));
    }
}
