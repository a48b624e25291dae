//! Arming a point: every name on the way to it is observed, and every folder of its tree, so that
//! it shows when any of them is replaced, goes, or comes back. Where that is refused, the point is
//! looked at again and again instead.
//!
//! Folders are observed before they are read, and a point counts as changed once it has been
//! armed: nothing is missed in between.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::{Engine, Subscriber};
use crate::daemon::watch::backend::{Backend, Refused};
use crate::daemon::watch::folders::{Interest, PointId};
use crate::daemon::watch::poll::Polled;
use crate::daemon::watch::resolve::{Way, resolve};
use crate::inputs::WatchPoint;

/// At most so many folders are taken on in one go, so that a large tree doesn't hold up the loop.
pub(super) const FOLDERS_AT_ONCE: usize = 256;

/// How often the way to a point is followed again because it changed meanwhile.
const ATTEMPTS: usize = 8;

impl<B: Backend, S: Subscriber> Engine<B, S> {
    /// Goes on arming, for as many folders as are taken on in one go.
    pub(super) fn arm_some(&mut self, now: Duration) {
        self.revision += u64::from(!self.unarmed.is_empty());
        let mut left = FOLDERS_AT_ONCE;
        let mut unfinished = Vec::new();
        while left > 0
            && let Some(id) = self.unarmed.pop_first()
        {
            match self.arm(id, &mut left) {
                Ok(true) => self.armed(id, now),
                Ok(false) => unfinished.push(id),
                Err(_) => self.poll(id, now),
            }
        }
        self.unarmed.extend(unfinished);
    }

    fn armed(&mut self, id: PointId, now: Duration) {
        self.polled.remove(&id);
        if let Some(point) = self.points.get_mut(&id) {
            point.polled = None;
            self.bursts.touch(id, now);
        }
    }

    /// Arms a point, taking on at most as many folders as are `left`; whether it is armed now.
    ///
    /// # Errors
    ///
    /// It can't be observed.
    fn arm(&mut self, id: PointId, left: &mut usize) -> Result<bool, Refused> {
        let Some(place) = self.points.get(&id).map(|point| point.place.clone()) else {
            return Ok(true);
        };
        let way = self.follow(id, &place, left)?;
        let tree = if place.recursive { way.folder } else { None };
        if let Some(point) = self.points.get_mut(&id)
            && point.tree != tree
        {
            let old = std::mem::replace(&mut point.tree, tree.clone());
            point.ahead.clear();
            let elsewhere = std::mem::take(&mut point.elsewhere);
            self.leave_trees(id, old.into_iter().chain(elsewhere));
        }
        if let (Some(tree), Some(point)) = (tree, self.points.get_mut(&id)) {
            // Also where it is known already: it may have been forgotten since.
            point.ahead.push(tree);
        }
        // However long the way was, the tree goes on.
        let mut of_tree = (*left).max(1);
        let is_armed = self.take_on(id, &mut of_tree);
        *left = of_tree.min(*left);
        is_armed
    }

    /// Observes all that the way to a point depends on, until the way is what it was before.
    fn follow(
        &mut self,
        id: PointId,
        place: &WatchPoint,
        left: &mut usize,
    ) -> Result<Way, Refused> {
        let mut way = resolve(&place.path);
        for _ in 0..ATTEMPTS {
            let wanted = interests(&way, place);
            // A tree is taken on by itself, and so are the errors of its top.
            let is_tree = place.recursive && way.folder.is_some();
            let vital = wanted.len() - usize::from(!is_tree && !wanted.is_empty());
            let (mut joined, mut is_all) = (BTreeSet::new(), true);
            for (at, (folder, interest)) in wanted.into_iter().enumerate() {
                *left = left.saturating_sub(1);
                match self.folders.join(&folder, id, interest.clone()) {
                    Ok(known) => {
                        joined.insert((known.path, interest));
                    }
                    Err(Refused::Gone) => is_all = false,
                    // That a folder further up is replaced as a whole goes unseen.
                    Err(Refused::Denied) if at < vital => {}
                    Err(refused) => {
                        self.keep_way(id, joined, false);
                        return Err(refused);
                    }
                }
            }
            self.keep_way(id, joined, true);
            let again = resolve(&place.path);
            if is_all && again == way {
                return Ok(way);
            }
            way = again;
        }
        Err(Refused::Gone)
    }

    /// Notes the names on the way, instead of those noted before or beside them.
    fn keep_way(&mut self, id: PointId, way: BTreeSet<(PathBuf, Interest)>, instead: bool) {
        let Some(point) = self.points.get_mut(&id) else { return };
        if !instead {
            point.way.extend(way);
            return;
        }
        let old = std::mem::replace(&mut point.way, way);
        for (folder, interest) in old.difference(&point.way) {
            self.folders.leave(folder, id, interest);
        }
    }

    /// Goes on through a point's tree; whether it is through.
    fn take_on(&mut self, id: PointId, left: &mut usize) -> Result<bool, Refused> {
        let Some(point) = self.points.get_mut(&id) else { return Ok(true) };
        while let Some(folder) = point.ahead.pop() {
            if *left == 0 {
                point.ahead.push(folder);
                return Ok(false);
            }
            let is_top = point.tree.as_ref() == Some(&folder);
            match self.folders.join(&folder, id, Interest::Tree) {
                Ok(joined) => {
                    // By its old name, if that it was moved here hasn't been told of yet.
                    if joined.path != folder {
                        point.elsewhere.insert(joined.path);
                    }
                    if joined.is_new {
                        *left -= 1;
                        point.ahead.extend(folders_in(&folder));
                    }
                }
                Err(Refused::Gone) => {}
                // What nobody can read is no part of what is fingerprinted.
                Err(Refused::Denied) if !is_top => {}
                Err(refused) => return Err(refused),
            }
        }
        Ok(true)
    }

    /// Looks at a point from time to time, because it can't be observed.
    fn poll(&mut self, id: PointId, now: Duration) {
        self.release(id);
        let Some(point) = self.points.get_mut(&id) else { return };
        if let Some(polled) = &mut point.polled {
            polled.failed_again(now);
        } else {
            point.polled = Some(Polled::new(&point.place, now));
            self.polled.insert(id);
            self.bursts.touch(id, now);
        }
    }

    /// Ends all that is observed for a point: others may need it.
    pub(super) fn release(&mut self, id: PointId) {
        let Some(point) = self.points.get_mut(&id) else { return };
        point.ahead.clear();
        let (way, tree) = (std::mem::take(&mut point.way), point.tree.take());
        let elsewhere = std::mem::take(&mut point.elsewhere);
        for (folder, interest) in way {
            self.folders.leave(&folder, id, &interest);
        }
        self.leave_trees(id, tree.into_iter().chain(elsewhere));
    }

    fn leave_trees(&mut self, id: PointId, tops: impl Iterator<Item = PathBuf>) {
        for top in tops {
            self.folders.leave_tree(&top, id);
        }
    }
}

/// What a way depends on; the top of a tree isn't in it. The last is about the point itself.
fn interests(way: &Way, place: &WatchPoint) -> Vec<(PathBuf, Interest)> {
    let names = way.names.iter();
    let mut wanted: Vec<_> =
        names.map(|(folder, name)| (folder.clone(), Interest::Name(name.clone()))).collect();
    if let Some(folder) = way.folder.as_ref().filter(|_| !place.recursive) {
        wanted.push((folder.clone(), Interest::All));
    }
    wanted
}

/// The folders in a folder that belong to a tree.
fn folders_in(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let is_folder = |entry: &std::fs::DirEntry| entry.file_type().is_ok_and(|kind| kind.is_dir());
    let belongs =
        entries.filter(|entry| is_folder(entry) && Interest::Tree.takes_in(&entry.file_name()));
    belongs.map(|entry| entry.path()).collect()
}
