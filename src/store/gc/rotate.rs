//! Files of hits that have grown long: exchanged for a new one, and counted a while later, so
//! that a hit that is just being appended isn't lost.
//!
//! The record says that a file is being rotated before anything is done, and forgets it in the
//! same commit that adds its count. So a kill anywhere neither loses nor doubles a hit.

use std::os::unix::fs::FileExt;
use std::time::Duration;

use rustix::fs::{OFlags, RenameFlags, renameat_with};

use super::super::catalog::Change;
use super::super::counter::Counter;
use super::super::error::StoreError;
use super::super::folder::Store;
use super::super::hits::{RECORD, encode};
use super::super::layout;
use super::super::shelf::Shelf;
use super::super::usage::ROTATE_AT;
use super::{Collected, Progress, Stage};
use crate::model::key::Key;
use crate::model::time::Stamp;

/// Who had opened the file before it was exchanged has appended by now.
const COUNT_AFTER: Duration = Duration::from_mins(1);

impl Shelf<'_> {
    /// Rotates and counts the hits of a key that the catalog knows.
    pub(super) fn tend_hits(&mut self, key: &Key, now: Stamp) -> Result<(), StoreError> {
        let path = layout::hits(key);
        let state = self.catalog.state(key)?;
        match state.access.rotating {
            Some(when) if !is_due(when, now) => {}
            Some(when) => {
                let mut change = Change::of(state);
                let counted = self.store.count_rotated(&path, Some(when));
                change.after.access.gone += counted;
                change.after.access.rotating = None;
                self.catalog.commit(&[change], |_| ())?;
                self.store.unlink(&layout::rotated(&path, when))?;
            }
            None if self.store.read_accesses(&path).count > ROTATE_AT => {
                let mut change = Change::of(state);
                change.after.access.rotating = Some(now);
                self.catalog.commit(&[change], |_| ())?;
                self.store.exchange(&path, now)?;
            }
            None => {}
        }
        Ok(())
    }

    /// The same for what is counted for all keys together.
    pub(super) fn tend_counters(&mut self, now: Stamp) -> Result<(), StoreError> {
        for counter in Counter::ALL {
            self.tend_counter(counter, now)?;
        }
        Ok(())
    }

    fn tend_counter(&mut self, counter: Counter, now: Stamp) -> Result<(), StoreError> {
        let path = counter.path();
        let mut totals = self.catalog.totals().clone();
        match counter.tally(&mut totals).rotating {
            Some(when) if !is_due(when, now) => {}
            Some(when) => {
                let rotated = self.store.count_rotated(path, Some(when));
                self.catalog.count(|totals| {
                    let tally = counter.tally(totals);
                    tally.gone += rotated;
                    tally.rotating = None;
                })?;
                self.store.unlink(&layout::rotated(path, when))?;
            }
            None if self.store.read_accesses(path).count > ROTATE_AT => {
                self.catalog.count(|totals| counter.tally(totals).rotating = Some(now))?;
                self.store.exchange(path, now)?;
            }
            None => {}
        }
        Ok(())
    }

    /// Looks after every file of hits; removes those of keys that are gone.
    pub(super) fn sweep_hits(
        &mut self,
        now: Stamp,
        collected: &mut Collected,
        progress: Progress<'_>,
    ) -> Result<(), StoreError> {
        for shard in self.store.names(layout::HITS)? {
            progress(Stage::Sweep)?;
            let folder = format!("{}/{shard}", layout::HITS);
            let mut names = self.store.names(&folder).unwrap_or_default();
            // In the catalog's order, so that it reads each of its pages once.
            names.sort_unstable();
            for name in names {
                let Some(key) = layout::parse_hits(&name) else { continue };
                let path = format!("{folder}/{name}");
                let own = layout::hits(&key);
                let known = self.catalog.known(&key)?;
                let of_no_use = match known.map(|access| access.rotating) {
                    None => !self.store.has_entry(&key)?,
                    Some(rotating) if path == own => {
                        if rotating.is_some() || self.store.is_long(&path)? {
                            self.tend_hits(&key, now)?;
                        }
                        false
                    }
                    Some(rotating) => {
                        rotating.is_none_or(|when| layout::rotated(&own, when) != path)
                    }
                };
                if of_no_use {
                    self.store.unlink_counted(&path, collected)?;
                }
            }
        }
        Ok(())
    }
}

/// A clock that went back tells nothing: better now than never.
fn is_due(when: Stamp, now: Stamp) -> bool {
    when.age(now).exceeds(COUNT_AFTER)
}

impl Store {
    /// Whether a file of hits is to be rotated.
    fn is_long(&self, path: &str) -> Result<bool, StoreError> {
        let size = self.stat(path)?.map_or(0, |stat| stat.st_size.unsigned_abs());
        Ok(size / RECORD > ROTATE_AT)
    }

    /// Puts a new file with the last record of the old one into its place, and the old one where
    /// it is counted later. Not every file system can exchange: then it grows on.
    fn exchange(&self, path: &str, now: Stamp) -> Result<(), StoreError> {
        let rotated = layout::rotated(path, now);
        let Some(last) = self.read_accesses(path).last else { return Ok(()) };
        let failed = |source: std::io::Error| StoreError::new("write", &rotated, source);
        let file = self
            .create_file(&rotated, OFlags::WRONLY | OFlags::TRUNC)
            .map_err(|errno| failed(errno.into()))?;
        file.write_all_at(&encode(last), 0).map_err(failed)?;
        let _ = renameat_with(self.dir(), &rotated, self.dir(), path, RenameFlags::EXCHANGE);
        Ok(())
    }
}
