//! Standard input that is part of the key: read to its end, kept, and fed to the command.
//!
//! What can't be read or kept whole can't be part of a key. The command gets all of it nevertheless:
//! what was read, and then what follows.

mod caller;
mod feed;
mod spool;

use std::fs::File;
use std::io::{self, Read};
use std::os::fd::BorrowedFd;

pub use caller::of_caller;

use self::feed::feed;
use self::spool::Spool;
use crate::model::size;
use crate::runner::Input;

/// Larger input isn't read, unless the configuration says otherwise, in bytes.
pub const MOST: u64 = 1 << 30;

/// Read in pieces of so many bytes.
const PIECE: usize = 64 * 1024;

/// What the command of a call reads.
#[derive(Debug)]
pub enum Source {
    /// /dev/null.
    Null,
    /// Input that is part of the key.
    Whole(Stdin),
    /// Input that isn't.
    Open(Unread),
}

/// Standard input as it was read.
#[derive(Debug)]
pub struct Stdin {
    /// The blake3 of all of it.
    pub digest: [u8; 32],
    /// Its length in bytes.
    pub len: u64,
    spool: Spool,
}

/// Standard input that wasn't read to its end.
#[derive(Debug)]
pub struct Unread {
    why: Why,
    /// What was.
    spool: Spool,
}

/// Why standard input isn't part of the key.
#[derive(Debug, thiserror::Error)]
enum Why {
    #[error("standard input hasn't been read")]
    Untouched,
    #[error("standard input is larger than max_stdin ({})", size::display(*.0))]
    TooLarge(u64),
    #[error("failed to keep standard input in a temporary file: {0}")]
    Unkept(#[source] io::Error),
    #[error("failed to read standard input: {0}")]
    Unreadable(#[source] io::Error),
}

impl Source {
    /// The same again, from its start, for the command.
    ///
    /// # Errors
    /// If there is no memory, no descriptor or no process left for it.
    pub fn input(&self) -> io::Result<Input> {
        match self {
            Source::Null => Ok(Input::Null),
            Source::Whole(stdin) => stdin.input(),
            Source::Open(Unread { spool, .. }) if spool.is_empty() => Ok(Input::Own),
            Source::Open(Unread { spool, .. }) => Ok(Input::File(feed(spool, true)?)),
        }
    }

    /// What is part of the key.
    #[must_use]
    pub fn whole(&self) -> Option<&Stdin> {
        match self {
            Source::Whole(stdin) => Some(stdin),
            Source::Null | Source::Open(_) => None,
        }
    }
}

impl Stdin {
    /// Reads `from` to its end, in constant memory, unless there are more than `most` bytes.
    ///
    /// # Errors
    /// What was read until it became too much, or couldn't be read or kept.
    pub fn read(mut from: impl Read, most: u64) -> Result<Stdin, Unread> {
        let mut spool = Spool::default();
        let mut hasher = blake3::Hasher::new();
        let mut piece = vec![0; PIECE];
        let why = loop {
            let bytes = match from.read(&mut piece) {
                Ok(0) => {
                    let (digest, len) = (*hasher.finalize().as_bytes(), hasher.count());
                    return Ok(Stdin { digest, len, spool });
                }
                Ok(read) => &piece[..read],
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => break Why::Unreadable(error),
            };
            hasher.update(bytes);
            if hasher.count() > most {
                spool.hold(bytes);
                break Why::TooLarge(most);
            }
            if let Err(error) = spool.keep(bytes) {
                break Why::Unkept(error);
            }
        };
        Err(Unread { why, spool })
    }

    /// The same again, from its start, for the command.
    ///
    /// # Errors
    /// If there is no memory, no descriptor or no process left for it.
    pub fn input(&self) -> io::Result<Input> {
        // Where there can be no file in memory, a pipe does.
        self.file().or_else(|_| feed(&self.spool, false)).map(Input::File)
    }

    /// The same again, from its start, in a file.
    ///
    /// # Errors
    /// If there is no memory or no descriptor left for it.
    pub fn file(&self) -> io::Result<File> {
        self.spool.file()
    }

    /// The descriptor that holds it, if it is in a file: to be kept open where all others are
    /// closed.
    #[must_use]
    pub fn descriptor(&self) -> Option<BorrowedFd<'_>> {
        self.spool.descriptor()
    }
}

impl Unread {
    /// What nobody has begun to read.
    #[must_use]
    pub fn untouched() -> Unread {
        Unread { why: Why::Untouched, spool: Spool::default() }
    }
}

impl std::fmt::Display for Unread {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.why.fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read_back(stdin: &Stdin) -> Vec<u8> {
        let Ok(Input::File(mut file)) = stdin.input() else { panic!("no input") };
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes).expect("to read it");
        bytes
    }

    fn some_bytes(len: usize) -> Vec<u8> {
        (0..=250).cycle().take(len).collect()
    }

    #[test]
    fn whatever_its_size_it_is_hashed_and_read_back() {
        for len in [0, 1, PIECE - 1, PIECE, PIECE + 1, 5 * PIECE] {
            let bytes = some_bytes(len);
            let stdin = Stdin::read(bytes.as_slice(), MOST).expect("to read it");
            assert_eq!(stdin.digest, *blake3::hash(&bytes).as_bytes(), "{len}");
            assert_eq!(stdin.len, len as u64);
            assert_eq!(read_back(&stdin), bytes, "{len}");
            assert_eq!(read_back(&stdin), bytes, "{len}, again");
        }
    }

    /// What was read, and what wasn't.
    fn parted(unread: &Unread, rest: &[u8]) -> Vec<u8> {
        let mut bytes = Vec::new();
        unread.spool.each_piece(|piece| bytes.extend_from_slice(piece));
        bytes.extend_from_slice(rest);
        bytes
    }

    #[test]
    fn no_byte_of_too_much_is_lost() {
        for (len, most) in [(1, 0), (PIECE, PIECE - 1), (5 * PIECE, 1), (5 * PIECE, 3 * PIECE)] {
            let bytes = some_bytes(len);
            let mut rest = bytes.as_slice();
            let unread = Stdin::read(&mut rest, most as u64).expect_err("too much");
            assert!(matches!(unread.why, Why::TooLarge(_)), "{unread}");
            assert_eq!(parted(&unread, rest), bytes, "{len}");
        }
        let bytes = some_bytes(PIECE);
        assert!(Stdin::read(bytes.as_slice(), PIECE as u64).is_ok());
    }

    #[test]
    fn what_cannot_be_read_is_told_from_an_end() {
        struct Broken;
        impl Read for Broken {
            fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
                Err(io::Error::other("broken"))
            }
        }
        let unread = Stdin::read(b"begun".chain(Broken), MOST).expect_err("no end");
        assert_eq!(unread.to_string(), "failed to read standard input: broken");
        assert_eq!(parted(&unread, b""), b"begun");
    }
}
