//! Finding a project's `.omoide.toml`, and deciding whether it may say anything.
//!
//! A clone or `/tmp` may hold a hostile one. It counts only if it is a regular file that belongs
//! to the user and that nobody else can write, and no folder on the way to it is writable by
//! everybody. The first file found ends the search, trusted or not: one further up would be for
//! another project.

use std::fs::File;
use std::path::{Path, PathBuf};

use rustix::fs::{FileType, Stat, fstat, lstat, stat};
use rustix::io::Errno;
use thiserror::Error;

use super::file::{Links, open_at_once};
use super::problem::{Fault, Problem};
use super::text;

/// The name of a project's file.
pub const PROJECT_FILE: &str = ".omoide.toml";

/// A project's file that was found and doesn't count.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("{} is ignored: {why}", text::visible_path(.path))]
pub struct Skipped {
    /// The file.
    pub path: PathBuf,
    /// Why it doesn't count.
    pub why: Distrust,
}

/// Why a project's file doesn't count.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum Distrust {
    /// A symbolic link: who can write what it points to isn't known.
    #[error("it is a symbolic link")]
    Link,
    /// A folder, pipe, socket or device.
    #[error("it is not a regular file")]
    NotAFile,
    /// The file belongs to this user.
    #[error("it belongs to another user (uid {0})")]
    Owner(u32),
    /// Its permissions, with which others can write it.
    #[error("others can write it (mode {0:04o}); chmod go-w makes it count")]
    Writable(u32),
    /// This folder, its own or one below, is writable by everybody.
    #[error("everybody can write the folder {}", text::visible_path(.0))]
    OpenFolder(PathBuf),
}

/// What trust in a file depends on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FileFacts {
    /// What it is.
    pub kind: FileType,
    /// The user it belongs to.
    pub owner: u32,
    /// Its permission bits.
    pub mode: u32,
}

impl From<&Stat> for FileFacts {
    fn from(stat: &Stat) -> Self {
        FileFacts {
            kind: FileType::from_raw_mode(stat.st_mode),
            owner: stat.st_uid,
            mode: stat.st_mode & 0o7777,
        }
    }
}

/// Whether a project's file counts for the user `uid`.
///
/// # Errors
/// Why it doesn't.
pub fn trust(facts: &FileFacts, uid: u32) -> Result<(), Distrust> {
    match facts.kind {
        FileType::RegularFile if facts.owner != uid => Err(Distrust::Owner(facts.owner)),
        FileType::RegularFile if facts.mode & 0o022 != 0 => Err(Distrust::Writable(facts.mode)),
        FileType::RegularFile => Ok(()),
        FileType::Symlink => Err(Distrust::Link),
        _ => Err(Distrust::NotAFile),
    }
}

/// What the search came to.
#[derive(Debug)]
pub(super) enum Found {
    Nothing,
    Trusted(PathBuf, File),
    Skipped(Skipped),
    Unreadable(Problem),
}

/// Looks for a project's file in `cwd` and upward.
///
/// This is on the path of every hit: where there is none, it costs one failing open a folder.
/// Whether a folder is writable by everybody is asked only once a file is found; where none is,
/// the answer is the same either way.
pub(super) fn find(cwd: &Path, uid: u32) -> Found {
    for folder in cwd.ancestors() {
        let path = folder.join(PROJECT_FILE);
        let opened = open_at_once(&path, Links::Refuse);
        let stat = match &opened {
            Ok(file) => fstat(file),
            Err(Errno::NOENT | Errno::NOTDIR | Errno::NAMETOOLONG) => continue,
            Err(_) => lstat(&path),
        };
        // Neither opened nor seen: in a folder that can't be searched there is nothing to be had.
        let Ok(stat) = stat else { continue };
        let trusted = guarded(cwd, folder).and_then(|()| trust(&FileFacts::from(&stat), uid));
        return match (trusted, opened) {
            (Err(why), _) => Found::Skipped(Skipped { path, why }),
            (Ok(()), Ok(file)) => Found::Trusted(path, file),
            (Ok(()), Err(errno)) => Found::Unreadable(Problem {
                file: path,
                line: None,
                fault: Fault::Unreadable(errno),
            }),
        };
    }
    Found::Nothing
}

/// That no folder from `cwd` up to `last` is writable by everybody.
fn guarded(cwd: &Path, last: &Path) -> Result<(), Distrust> {
    for folder in cwd.ancestors() {
        let open = match stat(folder) {
            Ok(stat) => stat.st_mode & 0o002 != 0,
            // Removed under our feet; nobody can write what isn't there.
            Err(Errno::NOENT | Errno::NOTDIR) => false,
            Err(_) => true,
        };
        if open {
            return Err(Distrust::OpenFolder(folder.to_owned()));
        }
        if folder == last {
            break;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests;
