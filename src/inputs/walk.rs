//! What a folder holds, less what `.gitignore` leaves out.
//!
//! Folders themselves don't count, as for git: one without files is as good as none. Links in it
//! are never followed to a folder, so a walk always ends.

use std::collections::BTreeSet;
use std::ffi::{CString, OsString};
use std::fs::File;
use std::io::Read;
use std::os::fd::{AsFd, AsRawFd, OwnedFd};
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::{Path, PathBuf};
use std::rc::Rc;

use rustix::fs::{AtFlags, Dir, FileType, Mode, OFlags, openat, statat};
use rustix::io::Errno;

use super::base::{Base, Marks, kind};
use super::error::InputError;
use super::ignored::{self, Ignored};
use super::seen::{Seen, State};
use super::spec::join;

/// What makes a folder a repository of its own, and is never part of what it holds.
pub(super) const GIT: &[u8] = b".git";

/// A walk, or several, of which none goes where another has been.
pub(super) struct Walk<'a> {
    base: &'a Base,
    /// Devices and inodes of the folders it has been in.
    been: BTreeSet<(u64, u64)>,
}

/// A folder to look into.
struct Folder {
    /// As it was named.
    path: Vec<u8>,
    /// Seen from the top of the repository, ending in a slash, or empty.
    from_top: Vec<u8>,
    ignored: Option<Rc<Ignored>>,
    is_root: bool,
}

/// A name in a folder.
struct Name {
    name: Vec<u8>,
    kind: FileType,
}

impl<'a> Walk<'a> {
    pub(super) fn new(base: &'a Base) -> Walk<'a> {
        Walk { base, been: BTreeSet::new() }
    }

    /// Adds what the folder at `path` holds, at any depth.
    pub(super) fn below(&mut self, path: &[u8], seen: &mut Vec<Seen>) -> Result<(), InputError> {
        let Some(folder) = self.base.open_folder(path)? else { return Ok(()) };
        let (from_top, ignored) = self.above(&folder, path)?;
        let root = Folder { path: path.to_vec(), from_top, ignored, is_root: true };
        let mut open = vec![root];
        while let Some(folder) = open.pop() {
            self.look_into(&folder, &mut open, seen)?;
        }
        Ok(())
    }

    fn look_into(
        &mut self,
        folder: &Folder,
        open: &mut Vec<Folder>,
        seen: &mut Vec<Seen>,
    ) -> Result<(), InputError> {
        let Some(fd) = self.base.open_folder(&folder.path)? else { return Ok(()) };
        let failed = |errno| InputError::unreadable("list", &folder.path, errno);
        let own = rustix::fs::fstat(&fd).map_err(failed)?;
        if !self.been.insert((own.st_dev, own.st_ino)) {
            return Ok(());
        }
        let names = names(&fd, &folder.path)?;
        let is_repository = names.iter().any(|found| found.name == GIT);
        // A repository within another one has rules of its own.
        let (from_top, above) = if is_repository && !folder.is_root {
            (Vec::new(), None)
        } else {
            (folder.from_top.clone(), folder.ignored.clone())
        };
        let has_rules = names.iter().any(|found| found.name == ignored::NAME);
        let ignored = if has_rules { rules(&fd, &folder.path, &from_top, above)? } else { above };
        for Name { name, kind } in names {
            if name == GIT {
                continue;
            }
            let mut from_top = [from_top.as_slice(), &name].concat();
            let is_folder = kind == FileType::Directory;
            if ignored.as_ref().is_some_and(|rules| rules.leaves_out(&from_top, is_folder)) {
                continue;
            }
            let path = join(&folder.path, &name);
            if is_folder {
                from_top.push(b'/');
                let ignored = ignored.clone();
                open.push(Folder { path, from_top, ignored, is_root: false });
            } else if let Some(state) = self.state(&fd, &name, &path)? {
                seen.push(Seen { name: path, state });
            }
        }
        Ok(())
    }

    /// What is there under a name in a folder; `None` if it is gone by now.
    fn state(&self, fd: &OwnedFd, name: &[u8], path: &[u8]) -> Result<Option<State>, InputError> {
        let stat = match statat(fd, name, AtFlags::SYMLINK_NOFOLLOW) {
            Ok(stat) => stat,
            Err(Errno::NOENT) => return Ok(None),
            Err(errno) => return Err(InputError::unreadable("look at", path, errno)),
        };
        match kind(&stat) {
            FileType::RegularFile => Ok(Some(State::file(Marks::of(&stat)))),
            FileType::Directory => Ok(None),
            FileType::Symlink => State::link(self.base, path),
            kind => Ok(Some(State::Special { kind, device: stat.st_rdev })),
        }
    }

    /// How a folder is seen from the top of its repository, and what the files above it leave
    /// out. Without a repository, nothing above it counts.
    fn above(
        &self,
        folder: &OwnedFd,
        path: &[u8],
    ) -> Result<(Vec<u8>, Option<Rc<Ignored>>), InputError> {
        let real = real_path(folder, path);
        let is_top = |folder: &&Path| folder.join(Path::new(".git")).symlink_metadata().is_ok();
        let Some(top) = real.ancestors().find(is_top) else { return Ok((Vec::new(), None)) };
        let below = real.strip_prefix(top).unwrap_or(Path::new(""));
        let (mut here, mut from_top, mut above) = (top.to_owned(), Vec::new(), None);
        for part in below {
            let here_bytes = here.as_os_str().as_bytes();
            if let Some(fd) = self.base.open_folder(here_bytes)? {
                above = rules(&fd, here_bytes, &from_top, above)?;
            }
            here.push(part);
            from_top.extend_from_slice(part.as_bytes());
            from_top.push(b'/');
        }
        Ok((from_top, above))
    }
}

/// The path of an open folder without links, by the kernel's own account.
fn real_path(folder: &OwnedFd, path: &[u8]) -> PathBuf {
    let link = format!("/proc/self/fd/{}", folder.as_fd().as_raw_fd());
    let real = rustix::fs::readlink(link, Vec::new()).map(CString::into_bytes);
    PathBuf::from(OsString::from_vec(real.unwrap_or_else(|_| path.to_vec())))
}

/// What is in a folder, whatever its order.
fn names(folder: &OwnedFd, path: &[u8]) -> Result<Vec<Name>, InputError> {
    let failed = |errno| InputError::unreadable("list", path, errno);
    let mut names = Vec::new();
    for found in Dir::read_from(folder).map_err(failed)? {
        let found = found.map_err(failed)?;
        let name = found.file_name().to_bytes();
        if name == b"." || name == b".." {
            continue;
        }
        let mut kind = found.file_type();
        if kind == FileType::Unknown {
            match statat(folder, name, AtFlags::SYMLINK_NOFOLLOW) {
                Ok(stat) => kind = super::base::kind(&stat),
                Err(Errno::NOENT) => continue,
                Err(errno) => return Err(failed(errno)),
            }
        }
        names.push(Name { name: name.to_vec(), kind });
    }
    Ok(names)
}

/// The lines of a folder's `.gitignore` over those above. As with git, only a plain file is read.
fn rules(
    folder: &OwnedFd,
    path: &[u8],
    from_top: &[u8],
    above: Option<Rc<Ignored>>,
) -> Result<Option<Rc<Ignored>>, InputError> {
    let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
    let failed = |errno| InputError::unreadable("read", &join(path, ignored::NAME), errno);
    let file = match openat(folder, ignored::NAME, flags, Mode::empty()) {
        Ok(file) => File::from(file),
        Err(Errno::NOENT | Errno::LOOP | Errno::NXIO) => return Ok(above),
        Err(errno) => return Err(failed(errno)),
    };
    if kind(&rustix::fs::fstat(&file).map_err(failed)?) != FileType::RegularFile {
        return Ok(above);
    }
    let mut content = Vec::new();
    (&file)
        .read_to_end(&mut content)
        .map_err(|error| failed(Errno::from_io_error(&error).unwrap_or(Errno::IO)))?;
    Ok(Some(Rc::new(Ignored::new(&content, from_top.len(), above))))
}
