//! Ingest: makes the catalog's records equal to the entries whose keys are marked.
//!
//! The order is the protocol's: list the markers; take and drop the gate once, so that whoever
//! made one of them has changed its entry by now; read the entries; commit and flush; take away
//! exactly the markers that were listed. A kill anywhere leaves markers, and doing it all again
//! changes nothing. `RESCAN` marks every key, those of records whose entry is gone included.
//!
//! Who holds the catalog and has changed entries under markers of its own needs neither the list
//! nor the gate: [`Shelf::follow`].

use std::collections::{BTreeMap, BTreeSet};

use super::catalog::{Change, KeyState, MOST_KEYS, Record, Totals};
use super::error::StoreError;
use super::folder::Store;
use super::shelf::Shelf;
use super::{gate, layout};
use crate::model::entry::{Body, Nonce, Slot};
use crate::model::key::Key;

/// Outputs of a batch are in memory, twice, until it is written.
const MOST_BYTES: usize = 4 << 20;
/// Who publishes all the time mustn't keep us for ever.
pub(super) const MOST_ROUNDS: usize = 16;
/// The name of the mark of every key.
const RESCAN_NAME: &str = "RESCAN";

/// What an ingest did.
#[derive(Debug, Default)]
pub struct Ingested {
    /// Keys whose record was looked after.
    pub keys: u64,
    /// Keys that couldn't be read; they stay marked.
    pub failed: Vec<(Key, StoreError)>,
}

/// What has just been done: a test may end it there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Step {
    Listed,
    Barred,
    Read,
    Committed,
    Unmarked,
}

/// Called after each step; an error ends the ingest as a kill would.
type AfterStep<'a> = &'a mut dyn FnMut(Step) -> Result<(), StoreError>;

/// Names in `pending/`, by the key they mark.
type Markers = BTreeMap<Key, Vec<String>>;

/// The markers of a round.
struct Dirty {
    markers: Markers,
    /// The length of the mark of every key, if there is one.
    all: Option<i64>,
}

impl Shelf<'_> {
    /// Takes in everything that has changed, and what changes meanwhile.
    ///
    /// # Errors
    /// If the catalog can't be written or the gate isn't free in time. A key that can't be read is
    /// no error: it stays marked, and the others go on.
    pub fn ingest(&mut self) -> Result<Ingested, StoreError> {
        self.ingest_stepwise(MOST_ROUNDS, &mut |_| Ok(()))
    }

    /// Takes in what has changed until now. What changes meanwhile is left for the next time.
    ///
    /// # Errors
    /// See [`Shelf::ingest`].
    pub(super) fn ingest_once(&mut self) -> Result<Ingested, StoreError> {
        self.ingest_stepwise(1, &mut |_| Ok(()))
    }

    pub(super) fn ingest_stepwise(
        &mut self,
        rounds: usize,
        after: AfterStep<'_>,
    ) -> Result<Ingested, StoreError> {
        let mut done = Ingested::default();
        for _ in 0..rounds {
            let dirty = self.dirty(&done.failed)?;
            if dirty.markers.is_empty() && dirty.all.is_none() {
                break;
            }
            after(Step::Listed)?;
            drop(self.store.gate(gate::OTHERS_WAIT)?);
            after(Step::Barred)?;
            self.take_in(&dirty, &mut done, after)?;
        }
        Ok(done)
    }

    /// What is marked, less what has failed already.
    fn dirty(&self, failed: &[(Key, StoreError)]) -> Result<Dirty, StoreError> {
        let mut markers = Markers::new();
        let mut all = None;
        for name in self.store.names(layout::PENDING)? {
            match layout::parse_marker(&name) {
                Some(key) if failed.iter().any(|(known, _)| *known == key) => {}
                Some(key) => markers.entry(key).or_default().push(name),
                None if name == RESCAN_NAME => all = self.rescan_len()?,
                None => {}
            }
        }
        Ok(Dirty { markers, all })
    }

    fn rescan_len(&self) -> Result<Option<i64>, StoreError> {
        Ok(self.store.stat(layout::RESCAN)?.map(|stat| stat.st_size))
    }

    fn take_in(
        &mut self,
        dirty: &Dirty,
        done: &mut Ingested,
        after: AfterStep<'_>,
    ) -> Result<(), StoreError> {
        let keys = self.keys_of(dirty)?;
        let mut rest = keys.as_slice();
        while !rest.is_empty() {
            let mut states = rest.iter().map(|key| Ok(self.catalog.state(key)?));
            let (changes, read) = self.read_some(&mut states, &mut done.failed)?;
            after(Step::Read)?;
            self.apply(&changes, &dirty.markers, |_| (), after)?;
            done.keys += read as u64;
            rest = &rest[read..];
        }
        match dirty.all {
            Some(len) => self.end_rescan(len, done),
            None => Ok(()),
        }
    }

    /// Writes what was read, then takes away the markers that were made before it was.
    fn apply(
        &mut self,
        changes: &[Change],
        markers: &Markers,
        count: impl FnOnce(&mut Totals),
        after: AfterStep<'_>,
    ) -> Result<(), StoreError> {
        self.catalog.commit(changes, count)?;
        after(Step::Committed)?;
        for change in changes {
            if change.after.is_empty() {
                self.store.remove_hits(&change.after)?;
            }
            for name in markers.get(&change.after.key).into_iter().flatten() {
                self.store.unlink(&format!("{}/{name}", layout::PENDING))?;
            }
        }
        after(Step::Unmarked)?;
        if let Some(changed) = &mut self.changed {
            changed.extend(changes.iter().map(|change| change.after.key));
        }
        Ok(())
    }

    /// Has the records of these keys, whose states are as the catalog has them, follow at once;
    /// takes away these markers, which whoever holds the catalog made before the change of each
    /// key's entries. Of other markers it takes none: they may stand for a change that is yet to
    /// come.
    ///
    /// `count` is told of what each batch is about to change.
    ///
    /// # Errors
    /// As [`Shelf::ingest`], and if a key can't be read: it stays marked.
    pub(super) fn follow(
        &mut self,
        states: BTreeMap<Key, KeyState>,
        made: impl IntoIterator<Item = (Key, Nonce)>,
        mut count: impl FnMut(&Store, &[Change], &mut Totals),
    ) -> Result<(), StoreError> {
        let mut markers = Markers::new();
        for (key, nonce) in made {
            markers.entry(key).or_default().push(layout::marker_name(&key, nonce));
        }
        let store = self.store;
        let mut states = states.into_values().map(Ok).peekable();
        while states.peek().is_some() {
            let mut failed = Vec::new();
            let (changes, _) = self.read_some(&mut states, &mut failed)?;
            self.apply(&changes, &markers, |totals| count(store, &changes, totals), &mut |_| {
                Ok(())
            })?;
            if let Some((_, error)) = failed.into_iter().next() {
                return Err(error);
            }
        }
        Ok(())
    }

    /// Every key that is marked. If that is every key, the oldest file first: what most orders of the
    /// catalog follow, so that each of their blocks is written once or twice and not for each key.
    fn keys_of(&self, dirty: &Dirty) -> Result<Vec<Key>, StoreError> {
        let mut keys: BTreeSet<Key> = dirty.markers.keys().copied().collect();
        if dirty.all.is_none() {
            return Ok(keys.into_iter().collect());
        }
        keys.extend(self.store.stored_keys()?);
        for key in self.catalog.keys(&[]) {
            keys.insert(key?);
        }
        let mut by_age = Vec::with_capacity(keys.len());
        for key in keys {
            let good = self.store.stat(&layout::entry(&key, Slot::Good))?;
            by_age.push((good.map_or(0, |stat| stat.st_mtime), key));
        }
        by_age.sort_unstable();
        Ok(by_age.into_iter().map(|(_, key)| key).collect())
    }

    /// Reads the entries of as many keys as make up a batch, and how many those are. What can't be
    /// read is set aside.
    fn read_some(
        &self,
        states: &mut dyn Iterator<Item = Result<KeyState, StoreError>>,
        failed: &mut Vec<(Key, StoreError)>,
    ) -> Result<(Vec<Change>, usize), StoreError> {
        let mut changes = Vec::new();
        let (mut read, mut bytes) = (0, 0);
        while read < MOST_KEYS && bytes < MOST_BYTES {
            let Some(state) = states.next() else { break };
            let mut change = Change::of(state?);
            match self.look_at(&mut change) {
                Ok(()) => {
                    bytes += change.outputs.iter().map(|(_, output)| output.len()).sum::<usize>();
                    changes.push(change);
                }
                Err(error) => failed.push((change.after.key, error)),
            }
            read += 1;
        }
        Ok((changes, read))
    }

    /// Makes a key's state what its entries' files say.
    fn look_at(&self, change: &mut Change) -> Result<(), StoreError> {
        let Change { before, after, outputs } = change;
        after.access.follow(self.store, &before.key);
        let mut found = Vec::new();
        for slot in [Slot::Good, Slot::Failure] {
            found.push((slot, self.store.peek(&before.key, slot)?));
        }
        let nonce = |state: &KeyState| state.records().next().map(|record| record.head.nonce);
        let new = found.iter().find_map(|(_, entry)| entry.as_ref().map(|e| e.head.nonce));
        if nonce(before).is_some() && new.is_some() && nonce(before) != new {
            after.credit();
        }
        for (slot, entry) in found {
            let Some(entry) = entry else {
                *after.slot_mut(slot) = None;
                continue;
            };
            let Some(detail) = entry.detail() else { continue };
            let file_len = entry.bytes().len() as u64;
            let record = Record { head: entry.head.clone(), detail, file_len };
            let is_known = before.slot(slot) == Some(&record);
            if !is_known && record.head.body == Body::Inline {
                let (data, table) = entry.inline_output();
                outputs.push((slot, [data, table].concat()));
            }
            *after.slot_mut(slot) = Some(record);
        }
        Ok(())
    }

    /// Takes the mark of every key away, unless it was made anew meanwhile. Keys that couldn't be
    /// read get one of their own.
    fn end_rescan(&self, len: i64, done: &Ingested) -> Result<(), StoreError> {
        for (key, _) in &done.failed {
            self.store.mark(key)?;
        }
        let _gate = self.store.gate(gate::OTHERS_WAIT)?;
        if self.rescan_len()? == Some(len) {
            self.store.unlink(layout::RESCAN)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
