//! After a publish: a process of its own takes the change into the catalog and keeps the store
//! within its limits. The caller neither waits for it nor opens the catalog.

use std::fs::File;
use std::path::Path;
use std::time::{Duration, Instant};

use rustix::fs::fstat;

use super::error::StoreError;
use super::folder::Store;
use super::gc::Collected;
use super::layout;
use super::shelf::Shelf;
use crate::model::key::Key;
use crate::model::policy::Limits;
use crate::model::time::{Age, Stamp};
use crate::sys::fork;

/// sled lets go of its lock a while after its process is done with it.
const PATIENCE: Duration = Duration::from_secs(5);
/// How often everything is swept without anybody asking.
const SWEEP_AFTER: Duration = Duration::from_hours(24);

impl Store {
    /// Has what is pending taken in by a process of its own, unless somebody holds the catalog:
    /// they look again before they let go of it.
    ///
    /// Must be called while the process has one thread; does nothing otherwise. What goes wrong
    /// is made good by the next one: the markers stay.
    pub fn ingest_in_background(&self, limits: &Limits, now: Stamp) {
        let Ok(lock) = self.lock_catalog(Duration::ZERO) else { return };
        let Ok(path) = std::path::absolute(self.path()) else { return };
        drop(fork::detached(&lock, |lock| tidy(&path, lock, limits, now)));
    }
}

/// The background process' work. The descriptors of the caller's store are closed by now.
fn tidy(path: &Path, lock: File, limits: &Limits, now: Stamp) {
    let Ok(Some(store)) = Store::open_known(path) else { return };
    if !store.is_locked_by(&lock) {
        return;
    }
    let mut lock = lock;
    loop {
        let deadline = Instant::now() + PATIENCE;
        let Ok(mut shelf) = Shelf::open_locked(&store, lock, deadline) else { return };
        let Ok(failed) = shelf.work(|shelf| tidy_once(shelf, limits, now)) else { return };
        drop(shelf);
        // Who published after our last look found the lock taken and left it to us: with the
        // lock let go, look once more.
        lock = match (store.has_pending(&failed), store.lock_catalog(Duration::ZERO)) {
            (true, Ok(lock)) => lock,
            _ => return,
        };
    }
}

impl Shelf<'_> {
    /// What whoever has the catalog does to keep the store in order: enforces the limits, and
    /// once a day sweeps everything.
    ///
    /// # Errors
    /// See [`Shelf::gc`].
    pub fn tidy(&mut self, limits: &Limits, now: Stamp) -> Result<Collected, StoreError> {
        if self.sweep_due_in(now).is_zero() {
            self.gc(limits, now, &mut |_| Ok(()))
        } else {
            self.enforce_limits(limits)
        }
    }

    /// How long until everything is to be swept.
    #[must_use]
    pub fn sweep_due_in(&self, now: Stamp) -> Duration {
        match self.catalog.totals().swept.map(|swept| swept.age(now)) {
            Some(Age::Past(age)) => SWEEP_AFTER.saturating_sub(age),
            _ => Duration::ZERO,
        }
    }
}

/// Does what is due; the keys that can't be read, and won't be by trying again.
fn tidy_once(shelf: &mut Shelf<'_>, limits: &Limits, now: Stamp) -> Result<Vec<Key>, StoreError> {
    shelf.ingest()?;
    shelf.tidy(limits, now)?;
    Ok(shelf.ingest()?.failed.into_iter().map(|(key, _)| key).collect())
}

impl Store {
    /// Whether there is a marker of any but these keys. A file that isn't ours is none.
    fn has_pending(&self, failed: &[Key]) -> bool {
        let is_new =
            |name: &String| layout::parse_marker(name).is_some_and(|k| !failed.contains(&k));
        self.names(layout::PENDING).is_ok_and(|names| names.iter().any(is_new))
            || matches!(self.stat(layout::RESCAN), Ok(Some(_)))
    }

    /// Whether this is the lock of this folder's catalog: the folder may have been replaced.
    fn is_locked_by(&self, lock: &File) -> bool {
        let there = self.stat(layout::CATALOG_LOCK).ok().flatten();
        let here = fstat(lock).ok();
        matches!((here, there), (Some(a), Some(b)) if (a.st_dev, a.st_ino) == (b.st_dev, b.st_ino))
    }
}
