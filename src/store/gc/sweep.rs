//! What was left behind by those who were killed, and what was set aside.

use std::time::Duration;

use rustix::fs::{OFlags, fstat};

use super::super::blobs::modified;
use super::super::error::StoreError;
use super::super::folder::Store;
use super::super::gate::is_locked;
use super::super::layout;
use super::super::shelf::Shelf;
use super::measure::{UNIT, failed, measure};
use super::{Collected, Progress, Stage};
use crate::model::entry::Slot;
use crate::model::key::Key;
use crate::model::time::Stamp;

/// Who makes a temporary locks it right afterwards.
const TEMPORARY_FOR: Duration = Duration::from_mins(1);
/// Digests of inputs that weren't asked for in this time are removed.
const DIGESTS_FOR: Duration = Duration::from_hours(30 * 24);
/// So many damaged files are kept, the newest ones.
const MOST_ASIDE: usize = 32;
/// And so many bytes of them.
const MOST_ASIDE_BYTES: u64 = 64 << 20;

impl Shelf<'_> {
    /// Removes what is of no use to anybody.
    pub(in crate::store) fn sweep(
        &mut self,
        now: Stamp,
        collected: &mut Collected,
        progress: Progress<'_>,
    ) -> Result<(), StoreError> {
        progress(Stage::Sweep)?;
        self.store.remove_tree(layout::CATALOG_COPY)?;
        self.sweep_blobs(collected)?;
        self.sweep_hits(now, collected, progress)?;
        self.tend_counters(now)?;
        self.sweep_retries(collected)?;
        self.sweep_wanted(collected)?;
        progress(Stage::Sweep)?;
        self.store.sweep_flights()?;
        self.store.sweep_temporaries(now, collected)?;
        self.store.sweep_digests(now, collected)?;
        self.store.trim_quarantine(collected)
    }

    /// Removes everything that was set aside; what that took from the disk.
    pub(super) fn drop_quarantine(&self, collected: &mut Collected) -> Result<u64, StoreError> {
        let mut freed = 0;
        for name in self.store.names(layout::QUARANTINE)? {
            let path = format!("{}/{name}", layout::QUARANTINE);
            let full = self.store.version_path().join(&path);
            freed += measure(&full).map_err(|error| failed(&path, error))?;
            self.store.remove_tree(&path)?;
        }
        collected.bytes_freed += freed;
        Ok(freed)
    }
}

impl Store {
    /// Removes a file, and counts what it took.
    pub(in crate::store) fn unlink_counted(
        &self,
        path: &str,
        collected: &mut Collected,
    ) -> Result<(), StoreError> {
        let size = self.stat(path)?.map_or(0, |stat| stat.st_blocks.unsigned_abs() * UNIT);
        if self.unlink(path)? {
            collected.bytes_freed += size;
        }
        Ok(())
    }

    /// Whether a key has an entry's file of either kind.
    pub(in crate::store) fn has_entry(&self, key: &Key) -> Result<bool, StoreError> {
        Ok(self.stat(&layout::entry(key, Slot::Good))?.is_some()
            || self.stat(&layout::entry(key, Slot::Failure))?.is_some())
    }

    /// Removes flights whose leader was killed and that nobody took over.
    fn sweep_flights(&self) -> Result<(), StoreError> {
        for (key, _) in self.flights()? {
            self.sweep_flight(&key)?;
        }
        Ok(())
    }

    /// Removes temporaries whose writer was killed.
    fn sweep_temporaries(&self, now: Stamp, collected: &mut Collected) -> Result<(), StoreError> {
        for name in self.names(layout::TMP)? {
            let path = format!("{}/{name}", layout::TMP);
            if self.is_abandoned(&path, now) {
                self.unlink_counted(&path, collected)?;
            }
        }
        Ok(())
    }

    /// Removes digests of inputs that nobody has asked for in a while.
    fn sweep_digests(&self, now: Stamp, collected: &mut Collected) -> Result<(), StoreError> {
        for shard in self.names(layout::DIGESTS)? {
            let folder = format!("{}/{shard}", layout::DIGESTS);
            for name in self.names(&folder).unwrap_or_default() {
                let path = format!("{folder}/{name}");
                let Some(stat) = self.stat(&path)? else { continue };
                let age = now.wall.saturating_sub(modified(&stat));
                if u64::try_from(age).is_ok_and(|age| Duration::from_nanos(age) > DIGESTS_FOR) {
                    self.unlink_counted(&path, collected)?;
                }
            }
        }
        Ok(())
    }

    /// Whether nobody writes a temporary any more.
    pub(in crate::store) fn is_abandoned(&self, path: &str, now: Stamp) -> bool {
        let Ok(file) = self.open_file(path, OFlags::RDONLY) else { return false };
        let Ok(stat) = fstat(&file) else { return false };
        // Of the future: the clock was set back, and what it says tells nothing.
        let age = now.wall.saturating_sub(modified(&stat)).unsigned_abs();
        Duration::from_nanos(age) >= TEMPORARY_FOR && !is_locked(&file)
    }

    /// Keeps the newest of what was set aside, and the one catalog.
    fn trim_quarantine(&self, collected: &mut Collected) -> Result<(), StoreError> {
        let mut aside = Vec::new();
        for name in self.names(layout::QUARANTINE)? {
            let path = format!("{}/{name}", layout::QUARANTINE);
            match self.stat(&path)? {
                Some(stat) if path != layout::CATALOG_ASIDE => {
                    let full = self.version_path().join(&path);
                    let size = measure(&full).map_err(|error| failed(&path, error))?;
                    aside.push((stat.st_ctime, size.max(stat.st_size.unsigned_abs()), path));
                }
                _ => {}
            }
        }
        aside.sort_unstable_by(|a, b| b.cmp(a));
        let mut bytes = 0;
        for (place, (_, size, path)) in aside.into_iter().enumerate() {
            bytes += size;
            if place >= MOST_ASIDE || bytes > MOST_ASIDE_BYTES {
                // Directories, too, that were in the place of something.
                let full = self.version_path().join(&path);
                collected.bytes_freed += measure(&full).map_err(|error| failed(&path, error))?;
                self.remove_tree(&path)?;
            }
        }
        Ok(())
    }
}
