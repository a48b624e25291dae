//! The standard input that this process was given.

use std::io::{self, Read};

use rustix::fs::{FileType, SeekFrom, fstat, seek};
use rustix::io::Errno;

use super::{Source, Stdin, Unread, Why};
use crate::sys::fd::wait_readable;

/// Reads our standard input to its end, unless there are more than `most` bytes or they can't be kept.
///
/// # Errors
/// If it can't be read to its end, and what was read of it is lost to the command.
pub fn of_caller(most: u64) -> io::Result<Source> {
    let file = File::current();
    if file.as_ref().is_some_and(|file| file.rest > most) {
        return Ok(Source::Open(Unread { why: Why::TooLarge(most), ..Unread::untouched() }));
    }
    let unread = match Stdin::read(Ours, most) {
        Ok(stdin) => return Ok(Source::Whole(stdin)),
        Err(unread) => unread,
    };
    // Nobody sees that a file was read once it stands where it stood.
    let is_rewound = file.is_some_and(|file| seek(rustix::stdio::stdin(), file.start).is_ok());
    match unread {
        Unread { why, .. } if is_rewound => Ok(Source::Open(Unread { why, ..Unread::untouched() })),
        Unread { why: Why::Unreadable(error), spool } if !spool.is_empty() => Err(error),
        unread => Ok(Source::Open(unread)),
    }
}

/// A plain file as standard input.
struct File {
    /// Where reading begins.
    start: SeekFrom,
    /// How many bytes follow.
    rest: u64,
}

impl File {
    fn current() -> Option<File> {
        let input = rustix::stdio::stdin();
        let stat = fstat(input).ok()?;
        let is_plain = FileType::from_raw_mode(stat.st_mode) == FileType::RegularFile;
        let offset = seek(input, SeekFrom::Current(0)).ok().filter(|_| is_plain)?;
        let rest = stat.st_size.unsigned_abs().saturating_sub(offset);
        Some(File { start: SeekFrom::Start(offset), rest })
    }
}

/// Our standard input without a buffer: what isn't asked for stays there for the command.
struct Ours;

impl Read for Ours {
    fn read(&mut self, piece: &mut [u8]) -> io::Result<usize> {
        loop {
            match rustix::io::read(rustix::stdio::stdin(), &mut *piece) {
                Err(Errno::AGAIN) => wait_readable(rustix::stdio::stdin()),
                read => return Ok(read?),
            }
        }
    }
}
