//! Finding a project's `.omoide.toml`, and deciding whether it may say anything.
//!
//! A clone or `/tmp` may hold a hostile one. It counts only if it is a regular file that belongs
//! to the user and that nobody else can write, and no folder on the way to it is writable by
//! everybody. The first file found ends the search, trusted or not: one further up would be for
//! another project. So does a folder that can't be searched, which may hold one.

use std::fs::File;
use std::path::{Path, PathBuf};

use rustix::fs::{FileType, Stat, fgetxattr, fstat, lstat, stat};
use rustix::io::Errno;
use thiserror::Error;

use super::file::{Links, open_at_once};
use super::private_group::is_private;
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
    /// A symbolic link: who can put another file where it points to isn't known.
    #[error("it is a symbolic link")]
    Link,
    /// It can't be looked at, nor even whether it is there.
    #[error("it can't be looked at: {0}")]
    Unseen(Errno),
    /// A folder, pipe, socket or device.
    #[error("it is not a regular file")]
    NotAFile,
    /// The file belongs to this user.
    #[error("it belongs to another user (uid {0})")]
    Owner(u32),
    /// Its permissions, with which others can write it.
    #[error("others can write it (mode {0:04o}); chmod go-w makes it count")]
    Writable(u32),
    /// Its permissions, with which its group can write it: this one, of which others may be
    /// members.
    #[error("its group (gid {group}) can write it (mode {mode:04o}); chmod g-w makes it count")]
    GroupWritable {
        /// Its permission bits.
        mode: u32,
        /// Its group.
        group: u32,
    },
    /// This folder, its own or one below, is writable by everybody.
    #[error("everybody can write the directory {}", text::visible_path(.0))]
    OpenFolder(PathBuf),
}

/// What trust in a file depends on.
#[derive(Clone, Copy, Debug)]
struct FileFacts {
    kind: FileType,
    owner: u32,
    group: u32,
    /// Its permission bits.
    mode: u32,
}

impl From<&Stat> for FileFacts {
    fn from(stat: &Stat) -> Self {
        FileFacts {
            kind: FileType::from_raw_mode(stat.st_mode),
            owner: stat.st_uid,
            group: stat.st_gid,
            mode: stat.st_mode & 0o7777,
        }
    }
}

/// Whether a project's file counts for the user `uid`. What its group can write, `is_alone` in it
/// decides, which is asked only then.
fn trust(facts: &FileFacts, uid: u32, is_alone: impl FnOnce() -> bool) -> Result<(), Distrust> {
    let &FileFacts { kind, owner, group, mode } = facts;
    match kind {
        FileType::RegularFile if owner != uid => Err(Distrust::Owner(owner)),
        FileType::RegularFile if mode & 0o002 != 0 => Err(Distrust::Writable(mode)),
        FileType::RegularFile if mode & 0o020 != 0 && !is_alone() => {
            Err(Distrust::GroupWritable { mode, group })
        }
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
        let trusted = match &stat {
            Ok(stat) => guarded(cwd, folder).and_then(|()| {
                trust(&FileFacts::from(stat), uid, || {
                    opened.as_ref().is_ok_and(has_plain_mode) && is_private(stat.st_gid, uid)
                })
            }),
            // Gone since it was opened.
            Err(Errno::NOENT) => continue,
            Err(errno) => Err(Distrust::Unseen(*errno)),
        };
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

/// Whether the group's bits mean the group: with an access control list they are what anybody who
/// is named there may do at most.
fn has_plain_mode(file: &File) -> bool {
    const LIST: &str = "system.posix_acl_access";
    let mut nothing: [u8; 0] = [];
    matches!(fgetxattr(file, LIST, &mut nothing), Err(Errno::NODATA | Errno::OPNOTSUPP))
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
