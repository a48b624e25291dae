//! The folders that are observed, each once, and which points each is observed for.

use std::collections::{BTreeMap, HashMap};
use std::ffi::{OsStr, OsString};
use std::ops::Bound;
use std::path::{Path, PathBuf};

use rustix::fs::{AtFlags, CWD, FileType, statat};

use super::backend::{Backend, Refused};
use super::network;
use super::resolve::kind;

/// Names a point while it exists; never used again.
pub(super) type PointId = u64;

/// Device and inode.
pub(super) type Inode = (u64, u64);

/// What in a folder a point depends on.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Interest {
    /// One name.
    Name(OsString),
    /// Every name.
    All,
    /// Every name, and what is in the folders.
    Tree,
}

impl Interest {
    /// What stands for a repository's own state in a tree, and is no part of it.
    const GIT: &str = ".git";

    /// Whether a folder of this name, found below, belongs to it.
    pub(super) fn takes_in(&self, name: &OsStr) -> bool {
        *self == Self::Tree && name != Self::GIT
    }

    /// Whether a change at this name matters; a structural one is of something come or gone.
    pub(super) fn matters(&self, name: &OsStr, is_structural: bool) -> bool {
        match self {
            Self::Name(own) => own == name,
            Self::All => true,
            Self::Tree => is_structural || name != Self::GIT,
        }
    }
}

/// The folders, by their paths without links.
///
/// A folder that can be reached by two such paths (a bind mount) is observed by one of them, because
/// the kernel has one watch for it and tells of it by one path.
pub(super) struct Folders<B> {
    backend: B,
    known: BTreeMap<PathBuf, Folder>,
    by_inode: HashMap<Inode, PathBuf>,
}

struct Folder {
    inode: Inode,
    interests: Vec<(PointId, Interest)>,
}

/// A folder that a point has come to be interested in.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Joined {
    /// The path by which it is observed, mostly the one asked for.
    pub(super) path: PathBuf,
    /// Whether the point wasn't interested in this before.
    pub(super) is_new: bool,
}

impl<B: Backend> Folders<B> {
    pub(super) fn new(backend: B) -> Self {
        Self { backend, known: BTreeMap::new(), by_inode: HashMap::new() }
    }

    /// Makes a point interested in a folder, which is observed from now on.
    ///
    /// # Errors
    ///
    /// See [`Refused`]; nothing has changed then.
    pub(super) fn join(
        &mut self,
        path: &Path,
        point: PointId,
        interest: Interest,
    ) -> Result<Joined, Refused> {
        let inode = folder_at(path).ok_or(Refused::Gone)?;
        let path = self.observe(path, inode)?;
        let Some(folder) = self.known.get_mut(&path) else { return Err(Refused::Gone) };
        let wanted = (point, interest);
        let is_new = !folder.interests.contains(&wanted);
        if is_new {
            self.backend.want(&path, &wanted.1, true);
            folder.interests.push(wanted);
        }
        Ok(Joined { path, is_new })
    }

    /// Sees to it that a folder is observed; by which path.
    fn observe(&mut self, path: &Path, inode: Inode) -> Result<PathBuf, Refused> {
        // One that has been deleted since, its number used again, will be told of and dropped.
        if let Some(known) = self.by_inode.get(&inode) {
            return Ok(known.clone());
        }
        if network::is_remote(path) {
            return Err(Refused::Network);
        }
        if self.known.contains_key(path) {
            // Another one than before, which hasn't been told of yet.
            self.backend.unwatch(path);
        }
        match self.backend.watch(path) {
            Ok(()) => {
                let known = self.known.entry(path.to_owned());
                let folder = known.or_insert_with(|| Folder { inode, interests: Vec::new() });
                self.by_inode.remove(&folder.inode);
                folder.inode = inode;
                self.by_inode.insert(inode, path.to_owned());
                Ok(path.to_owned())
            }
            Err(refused) => Err(refused),
        }
    }

    /// Ends a point's interest in a folder.
    pub(super) fn leave(&mut self, path: &Path, point: PointId, interest: &Interest) {
        if let Some(folder) = self.known.get_mut(path) {
            let before = folder.interests.len();
            folder.interests.retain(|(other, its)| *other != point || its != interest);
            if folder.interests.len() < before {
                self.backend.want(path, interest, false);
            }
            if folder.interests.is_empty() {
                self.drop_folder(path);
            }
        }
    }

    /// Ends a point's interest in a tree, at and below a folder.
    pub(super) fn leave_tree(&mut self, root: &Path, point: PointId) {
        for path in self.at_and_below(root) {
            self.leave(&path, point, &Interest::Tree);
        }
    }

    /// Forgets the folder at a path and those below, because something else may be there now.
    /// Whose points have to be seen to again.
    pub(super) fn forget(&mut self, path: &Path) -> Vec<PointId> {
        let mut points = Vec::new();
        for path in self.at_and_below(path) {
            points.extend(self.drop_folder(&path).iter().map(|&(point, _)| point));
        }
        points
    }

    fn at_and_below(&self, root: &Path) -> Vec<PathBuf> {
        // Paths are ordered by their parts, so all below one stand together.
        let from = self.known.range::<Path, _>((Bound::Included(root), Bound::Unbounded));
        from.map(|(path, _)| path).take_while(|path| path.starts_with(root)).cloned().collect()
    }

    fn drop_folder(&mut self, path: &Path) -> Vec<(PointId, Interest)> {
        let Some(folder) = self.known.remove(path) else { return Vec::new() };
        if self.by_inode.get(&folder.inode).is_some_and(|known| known == path) {
            self.by_inode.remove(&folder.inode);
        }
        self.backend.unwatch(path);
        for (_, interest) in &folder.interests {
            self.backend.want(path, interest, false);
        }
        folder.interests
    }

    /// Forgets all folders.
    pub(super) fn start_over(&mut self) {
        self.backend.start_over();
        for (path, folder) in std::mem::take(&mut self.known) {
            for (_, interest) in &folder.interests {
                self.backend.want(&path, interest, false);
            }
        }
        self.by_inode.clear();
    }

    /// Who is interested in the folder at a path.
    pub(super) fn interests(&self, path: &Path) -> &[(PointId, Interest)] {
        self.known.get(path).map_or(&[], |folder| &folder.interests)
    }

    /// Whether a folder is observed at a path and another one is there by now.
    pub(super) fn is_replaced(&self, path: &Path) -> bool {
        self.known.get(path).is_some_and(|folder| folder_at(path) != Some(folder.inode))
    }

    pub(super) fn len(&self) -> usize {
        self.known.len()
    }
}

/// Which folder is at a path; `None` if none is, or a link.
pub(super) fn folder_at(path: &Path) -> Option<Inode> {
    let stat = statat(CWD, path, AtFlags::SYMLINK_NOFOLLOW).ok()?;
    (kind(&stat) == FileType::Directory).then_some((stat.st_dev, stat.st_ino))
}

#[cfg(test)]
impl<B> Folders<B> {
    /// The folders that are observed.
    pub(super) fn paths(&self) -> impl Iterator<Item = &Path> {
        self.known.keys().map(PathBuf::as_path)
    }

    pub(super) fn backend(&mut self) -> &mut B {
        &mut self.backend
    }
}
