//! How a key was used: its file of hits, and what the catalog keeps of files that were rotated
//! away.

use super::catalog::{Access, KeyState};
use super::error::StoreError;
use super::folder::Store;
use super::layout;
use super::shelf::Shelf;
use crate::model::key::Key;
use crate::model::time::Stamp;

/// A file of hits that is longer is rotated away and counted later.
pub(super) const ROTATE_AT: u64 = 64 * 1024 / 16;

/// Hits and the last of them, as of now.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Usage {
    pub(super) hits: u64,
    pub(super) last: Option<Stamp>,
}

impl Store {
    /// How a key was used, all told.
    pub(super) fn usage(&self, key: &Key, access: &Access) -> Usage {
        let Usage { hits, last } = self.told(key, access);
        // Files that somebody removed don't make hits unhappened.
        Usage { hits: hits.max(access.hits), last: last.or(access.last) }
    }

    /// What a key's files tell now, with the count of those that were rotated away.
    fn told(&self, key: &Key, access: &Access) -> Usage {
        let path = layout::hits(key);
        let file = self.read_accesses(&path);
        let hits = access.gone + file.count + self.count_rotated(&path, access.rotating);
        Usage { hits, last: file.last }
    }

    /// Removes what tells how a key was used, which is in the totals by now.
    pub(super) fn remove_hits(&self, state: &KeyState) -> Result<(), StoreError> {
        let path = layout::hits(&state.key);
        if let Some(when) = state.access.rotating {
            self.unlink(&layout::rotated(&path, when))?;
        }
        self.unlink(&path).map(drop)
    }

    /// What a file that was rotated away holds beyond what the new one began with.
    ///
    /// A new file begins with a copy of the last record, so that there is a last access at any
    /// time. One that is short was never exchanged for the old: it is the new one itself.
    pub(super) fn count_rotated(&self, path: &str, rotating: Option<Stamp>) -> u64 {
        let Some(when) = rotating else { return 0 };
        match self.read_accesses(&layout::rotated(path, when)).count {
            count if count > ROTATE_AT => count - 1,
            _ => 0,
        }
    }
}

impl Shelf<'_> {
    /// Calls `see` with each key that was served, once.
    pub(super) fn each_served(
        &self,
        mut see: impl FnMut(Key) -> Result<(), StoreError>,
    ) -> Result<(), StoreError> {
        for known in self.catalog.accesses() {
            see(known?.0)?;
        }
        // Those of which the catalog doesn't know yet.
        for key in self.store.each_hash(layout::HITS)? {
            let key = key?;
            if self.catalog.access(&key)? == Access::default() {
                see(key)?;
            }
        }
        Ok(())
    }
}

impl Access {
    /// Takes over what a key's files tell now; whether that changes anything.
    pub(super) fn follow(&mut self, store: &Store, key: &Key) -> bool {
        let before = self.clone();
        let Usage { hits, last } = store.told(key, self);
        // Files that somebody removed don't make hits unhappened, nor later ones go uncounted.
        self.gone += self.hits.saturating_sub(hits);
        self.hits = self.hits.max(hits);
        self.last = last.or(self.last);
        *self != before
    }
}
