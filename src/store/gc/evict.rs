//! Entries over the limits, in the order the limits name.

use std::collections::{BTreeMap, BTreeSet};

use super::super::catalog::{
    Access, Change, Direction, Index, KeyState, MOST_KEYS, Record, Totals, on_disk,
};
use super::super::error::StoreError;
use super::super::shelf::Shelf;
use super::{Collected, Progress, Stage, Victim};
use crate::model::entry::Slot;
use crate::model::key::Key;
use crate::model::policy::{Evict, Limits};

/// In how many steps a store that takes twice what it may is brought back to it.
const STEPS: u64 = 8;

/// By how much the store exceeds its limits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Excess {
    entries: u64,
    bytes: u64,
}

/// Where an entry stands in the order of eviction; grows only.
type Rank = (u64, i64);

/// What one look along the order has found.
#[derive(Default)]
struct Pick {
    victims: Vec<Victim>,
    /// Keys used since the index was written: they belong further up.
    moved: BTreeMap<Key, Change>,
    /// The lowest place any of these moves to: who is above it has to wait.
    ceiling: Option<Rank>,
    chosen: BTreeSet<(Key, Slot)>,
    bytes: u64,
}

impl Shelf<'_> {
    /// Removes entries until the store is within its limits.
    pub(super) fn evict(
        &mut self,
        limits: &Limits,
        collected: &mut Collected,
        progress: Progress<'_>,
    ) -> Result<(), StoreError> {
        progress(Stage::Evict)?;
        let mut excess = self.excess(limits)?;
        if excess.bytes > 0 {
            // What is of no use goes before what is.
            let freed = self.drop_quarantine(collected)?;
            self.others_shrank_by(freed)?;
            self.compact_if_sparse(limits)?;
            excess = self.excess(limits)?;
        }
        while excess.entries > 0 || excess.bytes > 0 {
            progress(Stage::Evict)?;
            // A step at a time: with some entries gone, a copy of the catalog may be so much
            // smaller that the others can stay.
            let step = Excess { bytes: excess.bytes.min(limits.max_size / STEPS).max(1), ..excess };
            let pick = self.pick(limits.evict, step)?;
            if pick.victims.is_empty() && pick.moved.is_empty() {
                break;
            }
            let moved: Vec<Change> = pick.moved.into_values().collect();
            if !moved.is_empty() {
                self.catalog.commit(&moved, |_| ())?;
            }
            if !pick.victims.is_empty() {
                let count = |totals: &mut Totals, evicted| totals.evictions += evicted;
                collected.evicted += self.remove(pick.victims, collected, count)?;
            }
            if excess.bytes > 0 {
                self.compact_if_sparse(limits)?;
            }
            excess = self.excess(limits)?;
        }
        Ok(())
    }

    fn excess(&self, limits: &Limits) -> Result<Excess, StoreError> {
        let totals = self.catalog.totals();
        let bytes = self.bytes_used()?;
        Ok(Excess {
            entries: totals.entries.saturating_sub(limits.max_entries),
            bytes: bytes.saturating_sub(limits.max_size),
        })
    }

    /// Goes along the order until enough is found or it can't be trusted any further.
    fn pick(&self, order: Evict, excess: Excess) -> Result<Pick, StoreError> {
        let index = match order {
            Evict::Accessed => Index::LastAccess,
            Evict::Computed => Index::Computed,
            Evict::Hits => Index::Hits,
        };
        let mut pick = Pick::default();
        for entry in self.catalog.entries(index, Direction::Up) {
            let (key, slot) = entry?;
            let is_enough =
                pick.victims.len() as u64 >= excess.entries && pick.bytes >= excess.bytes;
            if is_enough || pick.victims.len() + pick.moved.len() >= MOST_KEYS {
                break;
            }
            if pick.moved.contains_key(&key) {
                continue;
            }
            let state = self.catalog.state(&key)?;
            let mut access = state.access.clone();
            let Some(record) = state.slot(slot) else { continue };
            let is_chosen =
                [Slot::Good, Slot::Failure].iter().any(|&of| pick.chosen.contains(&(key, of)));
            if order != Evict::Computed && !is_chosen && access.follow(self.store, &key) {
                pick.move_up(order, record, &state, access);
            } else if pick.ceiling.is_some_and(|lowest| rank(order, record, &access) > lowest) {
                break;
            } else {
                pick.bytes += on_disk(record.file_len) + self.blobs_freed(record, &pick.chosen)?;
                pick.chosen.insert((key, slot));
                pick.victims.push(Victim::of(&state, record));
            }
        }
        Ok(pick)
    }

    /// What removing a record frees beside its own file: its blobs, where all others that refer
    /// to them go too.
    fn blobs_freed(
        &self,
        record: &Record,
        chosen: &BTreeSet<(Key, Slot)>,
    ) -> Result<u64, StoreError> {
        let own = (record.head.key, record.head.slot());
        let mut freed = 0;
        for (digest, len) in record.blobs() {
            if self.is_freed(digest, own, chosen)? {
                freed += on_disk(len);
            }
        }
        Ok(freed)
    }

    fn is_freed(
        &self,
        digest: [u8; 32],
        own: (Key, Slot),
        chosen: &BTreeSet<(Key, Slot)>,
    ) -> Result<bool, StoreError> {
        for other in self.catalog.entries(Index::Blob(digest), Direction::Up) {
            let other = other?;
            if other != own && !chosen.contains(&other) {
                return Ok(false);
            }
        }
        Ok(true)
    }
}

impl Pick {
    fn move_up(&mut self, order: Evict, record: &Record, state: &KeyState, access: Access) {
        let place = rank(order, record, &access);
        self.ceiling = Some(self.ceiling.map_or(place, |lowest| lowest.min(place)));
        let mut change = Change::of(state.clone());
        change.after.access = access;
        self.moved.insert(state.key, change);
    }
}

fn rank(order: Evict, record: &Record, access: &Access) -> Rank {
    let last = record.facts(access).last_access.wall;
    match order {
        Evict::Accessed => (0, last),
        Evict::Computed => (0, record.head.created.wall),
        Evict::Hits => (access.hits, last),
    }
}
