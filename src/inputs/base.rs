//! Looking at files relative to the folder in which the call is made.

use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::path::Path;

use rustix::fs::{AtFlags, CWD, FileType, Mode, OFlags, Stat, openat, readlinkat, statat};
use rustix::io::Errno;

use super::error::InputError;

/// The folder that relative paths start from.
#[derive(Debug)]
pub(super) struct Base(Option<OwnedFd>);

/// Which state of which file it is: two reads of a file with the same marks gave the same bytes,
/// unless it was changed within the grain of the clock.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Marks {
    pub(super) device: u64,
    pub(super) inode: u64,
    /// In bytes.
    pub(super) size: u64,
    /// When the content was changed, in nanoseconds since 1970; programs can set it.
    pub(super) modified: i64,
    /// When anything of it was changed, in nanoseconds since 1970; only the kernel sets it.
    pub(super) changed: i64,
}

impl Base {
    /// The folder at `directory`; the working directory where that is empty.
    pub(super) fn open(directory: &Path) -> Result<Base, InputError> {
        if directory.as_os_str().is_empty() {
            return Ok(Base(None));
        }
        let flags = OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC;
        match openat(CWD, directory, flags, Mode::empty()) {
            Ok(folder) => Ok(Base(Some(folder))),
            Err(errno) => {
                let path = directory.as_os_str().as_encoded_bytes();
                Err(InputError::unreadable("open the folder of", path, errno))
            }
        }
    }

    pub(super) fn fd(&self) -> BorrowedFd<'_> {
        self.0.as_ref().map_or(CWD, AsFd::as_fd)
    }

    /// What is at a path, links not followed; `None` if there is nothing.
    pub(super) fn look(&self, path: &[u8]) -> Result<Option<Stat>, InputError> {
        self.stat(path, AtFlags::SYMLINK_NOFOLLOW)
    }

    /// What is at a path, links followed; `None` if there is nothing.
    pub(super) fn look_through(&self, path: &[u8]) -> Result<Option<Stat>, InputError> {
        self.stat(path, AtFlags::empty())
    }

    fn stat(&self, path: &[u8], flags: AtFlags) -> Result<Option<Stat>, InputError> {
        match statat(self.fd(), path, flags) {
            Ok(stat) => Ok(Some(stat)),
            Err(errno) if is_absence(errno) => Ok(None),
            Err(errno) => Err(InputError::unreadable("look at", path, errno)),
        }
    }

    /// What a link says; `None` if there is none any more.
    pub(super) fn target(&self, path: &[u8]) -> Result<Option<Vec<u8>>, InputError> {
        match readlinkat(self.fd(), path, Vec::new()) {
            Ok(target) => Ok(Some(target.into_bytes())),
            Err(errno) if is_absence(errno) || errno == Errno::INVAL => Ok(None),
            Err(errno) => Err(InputError::unreadable("read the link at", path, errno)),
        }
    }

    /// Opens a folder to list it; `None` if there is none.
    pub(super) fn open_folder(&self, path: &[u8]) -> Result<Option<OwnedFd>, InputError> {
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
        match openat(self.fd(), path, flags, Mode::empty()) {
            Ok(folder) => Ok(Some(folder)),
            Err(errno) if is_absence(errno) => Ok(None),
            Err(errno) => Err(InputError::unreadable("list", path, errno)),
        }
    }
}

/// Whether an error says that nothing is at a path, or can be.
fn is_absence(errno: Errno) -> bool {
    matches!(errno, Errno::NOENT | Errno::NOTDIR | Errno::LOOP | Errno::NAMETOOLONG)
}

impl Marks {
    pub(super) fn of(stat: &Stat) -> Marks {
        let nanos =
            |seconds: i64, nanos: i64| seconds.saturating_mul(1_000_000_000).saturating_add(nanos);
        Marks {
            device: stat.st_dev,
            inode: stat.st_ino,
            size: stat.st_size.unsigned_abs(),
            modified: nanos(stat.st_mtime, stat.st_mtime_nsec),
            changed: nanos(stat.st_ctime, stat.st_ctime_nsec),
        }
    }
}

pub(super) fn kind(stat: &Stat) -> FileType {
    FileType::from_raw_mode(stat.st_mode)
}

/// What a file is that is neither file nor folder nor link.
pub(super) fn word(kind: FileType) -> &'static str {
    match kind {
        FileType::Fifo => "pipe",
        FileType::Socket => "socket",
        FileType::CharacterDevice => "character device",
        FileType::BlockDevice => "block device",
        _ => "file of unknown type",
    }
}
