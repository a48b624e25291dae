//! Opening and reading a file that may be anything: nothing here can hang on a pipe or device,
//! and what is judged is what is read (the open descriptor, never the name a second time).

use std::fs::File;
use std::io::Read;
use std::path::Path;

use rustix::fs::{FileType, Mode, OFlags, Stat, fstat, open};
use rustix::io::{Errno, retry_on_intr};

use super::problem::Fault;

/// Larger files are refused.
pub(super) const SIZE_LIMIT: u64 = 1 << 20;

/// The standard library looks for the end of a file with a buffer of its own where less room than
/// this, in bytes, is left.
const PROBED: usize = 32;

/// Whether a symbolic link is followed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Links {
    Follow,
    Refuse,
}

/// Opens for reading; returns at once whatever it is.
pub(super) fn open_at_once(path: &Path, links: Links) -> Result<File, Errno> {
    let flags = OFlags::RDONLY | OFlags::CLOEXEC | OFlags::NONBLOCK | OFlags::NOCTTY;
    let flags = match links {
        Links::Follow => flags,
        Links::Refuse => flags | OFlags::NOFOLLOW,
    };
    retry_on_intr(|| open(path, flags, Mode::empty())).map(File::from)
}

/// The content of a regular file; of `/dev/null` too, the usual word for 'none'.
pub(super) fn content(file: &File) -> Result<Vec<u8>, Fault> {
    let stat = fstat(file).map_err(Fault::Unreadable)?;
    if FileType::from_raw_mode(stat.st_mode) != FileType::RegularFile {
        return if is_null(&stat) { Ok(Vec::new()) } else { Err(Fault::NotAFile) };
    }
    // Room for all of it and the one byte more, so that it is read in one piece.
    let size = u64::try_from(stat.st_size).unwrap_or(0).min(SIZE_LIMIT);
    let mut content = Vec::with_capacity(usize::try_from(size).unwrap_or(0) + PROBED);
    // One byte past the limit tells a file that grew since from one that just fits.
    let read = file.take(SIZE_LIMIT + 1).read_to_end(&mut content);
    read.map_err(|error| Fault::Unreadable(Errno::from_io_error(&error).unwrap_or(Errno::IO)))?;
    if content.len() as u64 > SIZE_LIMIT {
        return Err(Fault::TooLarge);
    }
    Ok(content)
}

fn is_null(stat: &Stat) -> bool {
    FileType::from_raw_mode(stat.st_mode) == FileType::CharacterDevice
        && stat.st_rdev == rustix::fs::makedev(1, 3)
}
