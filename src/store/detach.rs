//! After a publish: a process of its own takes the change into the catalog and keeps the store
//! within its limits. The caller doesn't open the catalog, and hardly ever waits.
//!
//! Where processes end with whoever publishes (as process 1 of a container, as a service that
//! systemd ends), the one that ingests is killed before it gets anywhere, and markers pile up.
//! Whoever makes the tenth therefore waits for the process it has started.

use std::fs::File;
use std::io;
use std::path::Path;
use std::time::{Duration, Instant};

use rustix::fs::{FlockOperation, flock, fstat};
use rustix::process::Pid;

use super::error::StoreError;
use super::folder::Store;
use super::gate::A_MOMENT;
use super::gc::Collected;
use super::layout;
use super::older::remove_older;
use super::shelf::{CatalogLock, Shelf};
use crate::model::key::Key;
use crate::model::policy::Limits;
use crate::model::time::{Age, Stamp};
use crate::sys::fork;

/// sled lets go of its lock a while after its process is done with it.
const PATIENCE: Duration = Duration::from_secs(5);
/// How long the background process waits for more. Opening the catalog and syncing it to disk
/// costs as much for one change as for many, and callers at the same time would feel it.
const GATHERING: Duration = Duration::from_millis(100);
/// So many markers that nobody has taken in are one too many to leave to a process in the
/// background.
const PILE: usize = 10;
/// How long whoever finds such a pile waits until it is taken in.
const PILE_WAITS: Duration = Duration::from_secs(1);
/// How often everything is swept without anybody asking.
const SWEEP_AFTER: Duration = Duration::from_hours(24);

impl Store {
    /// Has what is pending taken in by a process of its own, a moment from now, unless somebody
    /// holds the catalog or waits to take it already.
    ///
    /// Must be called while the process has one thread; does nothing otherwise. What goes wrong
    /// is made good by the next one: the markers stay.
    pub fn ingest_in_background(&self, limits: &Limits, now: Stamp) {
        if let Some(turn) = self.take_turn() {
            drop(self.start_gathering(&turn, GATHERING, limits, now));
        }
    }

    /// The same for a caller who has just run the command, and shown what it said: of ten such
    /// calls one may wait, for a second at most, where others were killed before they got anywhere.
    pub fn ingest_after_run(&self, limits: &Limits, now: Stamp) {
        let Some(turn) = self.take_turn() else { return };
        // Not each one from the tenth on: where nothing can be taken in, all others would wait.
        let markers = self.pending_markers();
        let waits = markers >= PILE && markers.is_multiple_of(PILE);
        let gathering = if waits { Duration::ZERO } else { GATHERING };
        let started = self.start_gathering(&turn, gathering, limits, now);
        if let (true, Ok(process)) = (waits, started) {
            drop(turn);
            fork::await_end(process, PILE_WAITS);
        }
    }

    fn start_gathering(
        &self,
        turn: &File,
        gathering: Duration,
        limits: &Limits,
        now: Stamp,
    ) -> io::Result<Pid> {
        let path = std::path::absolute(self.path())?;
        fork::detached(turn, |turn| gather(&path, turn, gathering, limits, now))
    }

    /// How many markers there are; none where that can't be told.
    fn pending_markers(&self) -> usize {
        let names = self.names(layout::PENDING).unwrap_or_default();
        names.iter().filter(|name| layout::parse_marker(name).is_some()).count()
    }

    /// The right to be the next who takes in what is pending; `None` if somebody will anyway.
    fn take_turn(&self) -> Option<File> {
        // Who holds the catalog looks once more after letting go of it.
        if self.is_held(layout::CATALOG_LOCK) {
            return None;
        }
        // Who has the turn gives it up before the first look.
        self.lock(layout::GATHERING_LOCK, Duration::ZERO).ok()
    }

    /// Whether the file is the one that has the turn in this folder, which may be another one by
    /// now.
    fn is_turn(&self, turn: &File) -> bool {
        let there = self.stat(layout::GATHERING_LOCK).ok().flatten();
        let here = fstat(turn).ok();
        matches!((here, there), (Some(a), Some(b)) if (a.st_dev, a.st_ino) == (b.st_dev, b.st_ino))
    }

    /// Whether there is a marker of any but these keys. A file that isn't ours is none.
    fn has_pending(&self, failed: &[Key]) -> bool {
        let is_new =
            |name: &String| layout::parse_marker(name).is_some_and(|k| !failed.contains(&k));
        self.names(layout::PENDING).is_ok_and(|names| names.iter().any(is_new))
            || matches!(self.stat(layout::RESCAN), Ok(Some(_)))
    }
}

/// The background process' work, which it begins after `pause`. The descriptors of the caller's
/// store are closed by now.
fn gather(path: &Path, turn: File, mut pause: Duration, limits: &Limits, now: Stamp) {
    let mut next = Some(turn);
    while let Some(turn) = next {
        std::thread::sleep(std::mem::replace(&mut pause, GATHERING));
        let Ok(Some(store)) = Store::open_known(path) else { return };
        if !store.is_turn(&turn) {
            return;
        }
        // Given up before the catalog is tried: whoever finds the turn taken has made a marker
        // that either we see or who holds the catalog now. Unlocked, not just closed: our caller
        // may not have closed it yet.
        let _ = flock(&turn, FlockOperation::Unlock);
        // Who has asked for something meanwhile has taken all of it in.
        if !store.has_pending(&[]) {
            return;
        }
        // Held for a moment by whoever asks whether it is held, too.
        let Ok(lock) = store.lock_catalog(A_MOMENT) else { return };
        let Ok(failed) = tidy(&store, lock, limits, now) else { return };
        // Who published after our last look found the catalog taken and left it to us: with the
        // lock let go, look once more.
        next = store.has_pending(&failed).then(|| store.take_turn()).flatten();
    }
}

/// Takes in what is pending and does what is due; the keys that can't be read, and won't be by
/// trying again.
fn tidy(
    store: &Store,
    lock: CatalogLock,
    limits: &Limits,
    now: Stamp,
) -> Result<Vec<Key>, StoreError> {
    let mut shelf = Shelf::open_locked(store, lock, Instant::now() + PATIENCE)?;
    shelf.work(|shelf| {
        let ingested = shelf.ingest_once()?;
        shelf.tidy(limits, now)?;
        Ok(ingested.failed.into_iter().map(|(key, _)| key).collect())
    })
}

impl Shelf<'_> {
    /// What whoever has the catalog does to keep the store in order: enforces the limits, and
    /// once a day sweeps everything.
    ///
    /// # Errors
    /// See [`Shelf::gc`].
    pub fn tidy(&mut self, limits: &Limits, now: Stamp) -> Result<Collected, StoreError> {
        if self.sweep_due_in(now).is_zero() {
            let is_first = self.catalog.totals().swept.is_none();
            let mut collected = self.gc(limits, now, &mut |_| Ok(()))?;
            // Not on the day of an upgrade: whoever goes back, or has both, keeps what is cached.
            if !is_first && let Ok(freed) = remove_older(self.store.path()) {
                collected.bytes_freed += freed;
            }
            Ok(collected)
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
