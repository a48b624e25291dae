//! Removing what has expired, what exceeds the limits, and what nothing refers to.
//!
//! What `max_size` counts is every file in the folder of the store, as it takes blocks from the
//! disk: entries and the blobs they refer to by the catalog's sums, the catalog's own files as they
//! are, less what an empty one takes (half a MiB), and the rest (hits, what is unreferenced, set
//! aside or left behind) as the last full sweep has measured it. So a check costs a look into the
//! catalog's folder. Folders themselves aren't counted: they don't go away with what was in them.

mod blobs;
mod compact;
mod evict;
mod expire;
mod measure;
mod rotate;
mod sweep;

use std::collections::BTreeSet;

pub(super) use measure::measure;
use serde::{Deserialize, Serialize};

use super::catalog::{Change, KeyState, Record, Totals, on_disk};
use super::error::StoreError;
use super::folder::Store;
use super::ingest::MOST_ROUNDS;
use super::layout;
use super::shelf::Shelf;
use crate::model::entry::{Nonce, Slot};
use crate::model::policy::Limits;
use crate::model::time::Stamp;

/// What a collection removed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Collected {
    /// Entries whose time was over.
    pub expired: u64,
    /// Entries over a limit.
    pub evicted: u64,
    /// Blobs that nothing referred to.
    pub blobs: u64,
    /// What all of it took from the disk.
    pub bytes_freed: u64,
}

/// How far a collection has got.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Stage {
    /// The catalog is being brought up to date.
    Ingest,
    /// The expired are being removed.
    Expire,
    /// What was left behind is being removed.
    Sweep,
    /// The limits are being enforced.
    Evict,
}

/// Is told how far a collection has got: at the beginning of each stage, and within it after each
/// batch of at most some hundred keys. An error ends the collection there; what was removed until
/// then stays so.
pub type Progress<'a> = &'a mut dyn FnMut(Stage) -> Result<(), StoreError>;

/// An entry that is to go, if it still is the computation that was looked at.
struct Victim {
    /// What the catalog knows of its key.
    state: KeyState,
    slot: Slot,
    nonce: Nonce,
    blobs: Vec<[u8; 32]>,
    /// What its own file takes.
    bytes: u64,
}

impl Victim {
    fn of(state: &KeyState, record: &Record) -> Victim {
        let head = &record.head;
        let blobs = record.blobs().map(|(digest, _)| digest).collect();
        let bytes = on_disk(record.file_len);
        Victim { state: state.clone(), slot: head.slot(), nonce: head.nonce, blobs, bytes }
    }
}

impl Shelf<'_> {
    /// Removes the expired, sweeps, and enforces the limits.
    ///
    /// # Errors
    /// If the catalog can't be read or written, the gate isn't free in time, something can't be
    /// removed, or `progress` says so; what was removed until then stays so.
    pub fn gc(
        &mut self,
        limits: &Limits,
        now: Stamp,
        progress: Progress<'_>,
    ) -> Result<Collected, StoreError> {
        let mut collected = Collected::default();
        progress(Stage::Ingest)?;
        self.ingest_stepwise(MOST_ROUNDS, &mut |_| progress(Stage::Ingest))?;
        self.remove_expired(limits.keep_expired, now, &mut collected, progress)?;
        self.sweep(now, &mut collected, progress)?;
        let other = self.measure_others(progress)?;
        self.catalog.count(|totals| {
            totals.other_bytes = other;
            totals.swept = Some(now);
        })?;
        self.evict(limits, &mut collected, progress)?;
        Ok(collected)
    }

    /// Enforces the limits alone: next to nothing while the store is within them.
    ///
    /// # Errors
    /// See [`Shelf::gc`].
    pub fn enforce_limits(&mut self, limits: &Limits) -> Result<Collected, StoreError> {
        let mut collected = Collected::default();
        self.evict(limits, &mut collected, &mut |_| Ok(()))?;
        Ok(collected)
    }

    /// Removes entries of at most a batch of keys, has their records follow, and frees blobs that only
    /// they referred to. How many of them were still there; `count` is told that within the commit.
    fn remove(
        &mut self,
        victims: Vec<Victim>,
        collected: &mut Collected,
        count: impl FnOnce(&mut Totals, u64),
    ) -> Result<u64, StoreError> {
        let wanted: Vec<_> = victims.iter().map(|v| (v.state.key, v.slot, v.nonce)).collect();
        let removed = self.store.remove_if(&wanted)?;
        let gone: BTreeSet<_> = removed.iter().map(|one| (one.key, one.slot)).collect();
        let gone_bytes =
            |v: &Victim| if gone.contains(&(v.state.key, v.slot)) { v.bytes } else { 0 };
        collected.bytes_freed += victims.iter().map(gone_bytes).sum::<u64>();
        // Those replaced meanwhile, or lost, included: their records are to say so.
        let made = removed.iter().map(|one| (one.key, one.marker));
        let number = removed.len() as u64;
        let mut blobs: Vec<_> =
            victims.iter().flat_map(|victim| victim.blobs.iter().copied()).collect();
        let states = victims.into_iter().map(|victim| (victim.state.key, victim.state)).collect();
        let mut count = Some(count);
        self.follow(states, made, |store, changes, totals| {
            totals.other_bytes = totals.other_bytes.saturating_sub(store.hits_bytes(changes));
            if let Some(count) = count.take() {
                count(totals, number);
            }
        })?;
        blobs.sort_unstable();
        blobs.dedup();
        self.free_blobs(&blobs, collected)?;
        Ok(number)
    }
}

impl Store {
    /// What the files of hits take that go when these changes are written. One that can't be looked
    /// at is measured by the next sweep.
    fn hits_bytes(&self, changes: &[Change]) -> u64 {
        let gone = changes.iter().filter(|c| c.after.is_empty() && c.after.access.hits > 0);
        let size = |change: &Change| match self.stat(&layout::hits(&change.after.key)) {
            Ok(Some(stat)) => stat.st_blocks.unsigned_abs() * measure::UNIT,
            Ok(None) | Err(_) => 0,
        };
        gone.map(size).sum()
    }
}

#[cfg(test)]
mod tests;
