//! Everything below a folder, less what `.gitignore` files leave out and repositories keep for
//! themselves.
//!
//! Links to folders are followed, though for git they are files. Each folder is looked into once, under
//! the first name that leads to it: those of the tree itself before those that a link leads to, in
//! the order of their names. So a walk ends, and equal trees are told alike. What is left out follows from
//! where a folder really is, not from the name that led to it; so it makes no difference which is first.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, VecDeque};
use std::ffi::{CString, OsString};
use std::fs::File;
use std::io::Read;
use std::os::fd::{AsFd, AsRawFd, OwnedFd};
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::{Path, PathBuf};
use std::rc::Rc;

use rustix::fs::{
    Access, AtFlags, Dir, FileType, Mode, OFlags, accessat, fstat, fstatfs, openat, statat,
};
use rustix::io::Errno;

use super::base::{Base, Marks, kind};
use super::error::InputError;
use super::ignored::{self, Ignored};
use super::seen::{Held, Seen, State};
use super::spec::join;
use crate::model::escape;

/// What makes a folder a repository of its own, and is never part of what it holds.
pub(super) const GIT: &[u8] = b".git";

/// So many folders are looked into that only links lead to.
const MOST_LINKED: usize = 100_000;

/// A walk, or several, of which none goes where another has been.
pub(super) struct Walk<'a> {
    base: &'a Base,
    /// The folders it has been in, and the name that led to each.
    been: BTreeMap<Id, Rc<[u8]>>,
    /// How many more may be found through links.
    linked: usize,
}

/// Device and inode of a folder.
pub(super) type Id = (u64, u64);

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
pub(super) struct Name {
    pub(super) name: Vec<u8>,
    pub(super) kind: FileType,
}

/// A link to a folder that is still to be followed.
struct Link {
    /// Where it is among what was seen.
    at: usize,
    /// Where the tree really is that it was found in.
    tree: Rc<Path>,
}

impl<'a> Walk<'a> {
    pub(super) fn new(base: &'a Base) -> Walk<'a> {
        Walk { base, been: BTreeMap::new(), linked: MOST_LINKED }
    }

    /// Adds what the folder at `path` holds, at any depth and through links. Where that has been told
    /// before, it isn't again.
    pub(super) fn below(&mut self, path: &[u8], seen: &mut Vec<Seen>) -> Result<Held, InputError> {
        let mut links = VecDeque::new();
        let Some(folder) = self.base.open_folder(path)? else { return Ok(Held::Here) };
        let held = self.tree(&folder, path, false, seen, &mut links)?;
        while let Some(Link { at, tree }) = links.pop_front() {
            let name = seen[at].name.clone();
            let held = match self.follow(&name, &tree)? {
                Some(folder) => self.tree(&folder, &name, true, seen, &mut links)?,
                None => Held::Nowhere,
            };
            seen[at].state = seen[at].state.clone().held(held);
        }
        Ok(held)
    }

    /// Opens the folder that a link leads to, which was found in the tree that is really at `tree`.
    /// `None`: it isn't to be followed, because it leads to where it is itself, to the kernel's, or to
    /// what isn't ours to look into.
    pub(super) fn follow(
        &mut self,
        path: &[u8],
        tree: &Path,
    ) -> Result<Option<OwnedFd>, InputError> {
        let Some(folder) = self.base.open_folder(path)? else { return Ok(None) };
        let is_around = tree.starts_with(real_path(&folder, path));
        let goes_on = !is_around && !is_kernels(&folder) && may_be_listed(&folder);
        Ok(goes_on.then_some(folder))
    }

    /// Counts a folder that only links lead to.
    pub(super) fn count_linked(&mut self, path: &[u8]) -> Result<(), InputError> {
        self.linked = self.linked.checked_sub(1).ok_or_else(|| InputError::TooManyLinked {
            path: escape::bytes(path),
            most: MOST_LINKED,
        })?;
        Ok(())
    }

    /// Adds what a folder and those in it hold, and the links to others that are to be followed.
    fn tree(
        &mut self,
        folder: &OwnedFd,
        path: &[u8],
        is_linked: bool,
        seen: &mut Vec<Seen>,
        links: &mut VecDeque<Link>,
    ) -> Result<Held, InputError> {
        if let Some(known) = self.been.get(&id(folder, path)?) {
            return Ok(told(known, path));
        }
        let tree = real_path(folder, path);
        let (from_top, ignored) = self.above(&tree)?;
        let mut open = vec![Folder { path: path.to_vec(), from_top, ignored, is_root: true }];
        let first = seen.len();
        while let Some(folder) = open.pop() {
            if is_linked {
                self.count_linked(path)?;
            }
            self.look_into(&folder, &mut open, seen)?;
        }
        let tree = Rc::from(tree);
        let found = (first..seen.len()).filter(|&at| seen[at].state.leads_to_folder());
        let mut found: Vec<usize> = found.collect();
        found.sort_unstable_by(|&a, &b| seen[a].name.cmp(&seen[b].name));
        links.extend(found.into_iter().map(|at| Link { at, tree: Rc::clone(&tree) }));
        Ok(Held::Here)
    }

    fn look_into(
        &mut self,
        folder: &Folder,
        open: &mut Vec<Folder>,
        seen: &mut Vec<Seen>,
    ) -> Result<(), InputError> {
        let Some(fd) = self.base.open_folder(&folder.path)? else { return Ok(()) };
        match self.been.entry(id(&fd, &folder.path)?) {
            Entry::Vacant(entry) => drop(entry.insert(Rc::from(folder.path.as_slice()))),
            Entry::Occupied(entry) => {
                if let held @ Held::As(_) = told(entry.get(), &folder.path) {
                    seen.push(Seen { name: folder.path.clone(), state: State::Folder(held) });
                }
                return Ok(());
            }
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

    /// How the folder that is really at `real` is seen from the top of its repository, and what the
    /// files above it leave out. Without a repository, nothing above it counts.
    fn above(&self, real: &Path) -> Result<(Vec<u8>, Option<Rc<Ignored>>), InputError> {
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
pub(super) fn real_path(folder: &OwnedFd, path: &[u8]) -> PathBuf {
    let link = format!("/proc/self/fd/{}", folder.as_fd().as_raw_fd());
    let real = rustix::fs::readlink(link, Vec::new()).map(CString::into_bytes);
    PathBuf::from(OsString::from_vec(real.unwrap_or_else(|_| path.to_vec())))
}

/// Whether a folder that a link leads to may be looked into. One that mayn't is no obstacle: the link
/// itself counts.
fn may_be_listed(folder: &OwnedFd) -> bool {
    let wanted = Access::READ_OK | Access::EXEC_OK;
    accessat(folder, ".", wanted, AtFlags::empty()) != Err(Errno::ACCESS)
}

/// Which folder it is.
pub(super) fn id(folder: &OwnedFd, path: &[u8]) -> Result<Id, InputError> {
    let stat = fstat(folder).map_err(|errno| InputError::unreadable("look at", path, errno))?;
    Ok((stat.st_dev, stat.st_ino))
}

/// What is told of a folder under this name that has been told under a known one.
pub(super) fn told(known: &Rc<[u8]>, path: &[u8]) -> Held {
    if **known == *path { Held::Here } else { Held::As(Rc::clone(known)) }
}

/// Whether a folder is one in which the kernel tells of itself, of other things to each who asks.
fn is_kernels(folder: &OwnedFd) -> bool {
    const PROC: i64 = 0x9FA0;
    const SYS: i64 = 0x6265_6572;
    fstatfs(folder).is_ok_and(|found| matches!(found.f_type, PROC | SYS))
}

/// What is in a folder, in the order of the names.
pub(super) fn names(folder: &OwnedFd, path: &[u8]) -> Result<Vec<Name>, InputError> {
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
    names.sort_unstable_by(|a, b| a.name.cmp(&b.name));
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
    if kind(&fstat(&file).map_err(failed)?) != FileType::RegularFile {
        return Ok(above);
    }
    let mut content = Vec::new();
    (&file)
        .read_to_end(&mut content)
        .map_err(|error| failed(Errno::from_io_error(&error).unwrap_or(Errno::IO)))?;
    Ok(Some(Rc::new(Ignored::new(&content, from_top.len(), above))))
}

#[cfg(test)]
mod tests {
    use std::fs::create_dir_all;
    use std::os::unix::fs::symlink;

    use super::*;

    #[test]
    fn folders_behind_links_are_counted_and_others_are_not() {
        let root = tempfile::tempdir().expect("a folder");
        for folder in ["d/a/b/c", "out/a/b/c"] {
            create_dir_all(root.path().join(folder)).expect("a folder");
        }
        symlink("../out", root.path().join("d/link")).expect("a link");
        let base = Base::open(root.path()).expect("a folder");
        for (linked, is_enough) in [(3, false), (4, true)] {
            let mut walk = Walk { linked, ..Walk::new(&base) };
            let walked = walk.below(b"d", &mut Vec::new());
            assert_eq!(walked.is_ok(), is_enough, "{walked:?}");
            let told = walked.err().map(|error| error.to_string());
            let expected = "the links of the input d/link lead to more than 100000 directories";
            assert!(told.is_none_or(|told| told == expected));
        }
    }
}
