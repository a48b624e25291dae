//! The catalog: a record of every entry and the orders to go through them, derived from
//! `entries/` and never needed for an answer.
//!
//! All of it is one tree with prefixed keys (separate trees wouldn't be atomic together), written
//! in batches of at most [`MOST_KEYS`] keys. What the index holds follows from the records alone:
//! each change is the difference between what the state before and the state after imply.

mod blocks;
mod error;
mod index;
mod record;
mod tree;
mod worker;

use std::collections::BTreeMap;
use std::ops::Bound;
use std::path::Path;
use std::time::Instant;

pub(super) use error::CatalogError;
pub(super) use index::{Expiring, Index, file_name};
pub(super) use record::{Access, KeyState, Record, Totals, on_disk};
pub(super) use tree::Direction;
use tree::{Pair, Tree, Write};
pub(super) use worker::is_stuck;

use crate::model::entry::{Body, Slot};
use crate::model::key::Key;

/// How many keys one batch changes at most: one of 30,000 took 750 MB.
pub(super) const MOST_KEYS: usize = 256;

/// How much a copy writes at once.
const COPY_BYTES: usize = 1 << 20;

/// The open catalog.
pub(super) struct Catalog {
    tree: Tree,
    totals: Totals,
}

/// What becomes of a key.
pub(super) struct Change {
    pub(super) before: KeyState,
    pub(super) after: KeyState,
    /// New outputs of entries that hold them themselves.
    pub(super) outputs: Vec<(Slot, Vec<u8>)>,
}

/// A blob that a batch changes references to.
#[derive(Default)]
struct Touched<'a> {
    /// The index keys, and whether each is there afterwards.
    references: BTreeMap<&'a [u8], bool>,
    len: u64,
}

impl Change {
    /// A change that begins with what is.
    pub(super) fn of(state: KeyState) -> Change {
        Change { after: state.clone(), before: state, outputs: Vec::new() }
    }
}

impl Catalog {
    /// Opens the catalog in this folder. Until it is [founded](Catalog::found) it is to be filled.
    pub(super) fn open(path: &Path, deadline: Instant) -> Result<Catalog, CatalogError> {
        if path.symlink_metadata().is_ok_and(|found| !found.is_dir()) {
            return Err(CatalogError::Corrupt("it is no folder".to_owned()));
        }
        let tree = Tree::open(path, deadline)?;
        let mut catalog = Catalog { tree, totals: Totals::default() };
        if let Some(version) = catalog.tree.get(index::META)? {
            record::content(&version)?;
            let totals = catalog.get(index::TOTALS)?;
            catalog.totals = totals.ok_or_else(|| CatalogError::Corrupt("no totals".to_owned()))?;
            if catalog.totals.generation < catalog.tree.sealed() {
                return Err(CatalogError::Corrupt("it lost what it had flushed".to_owned()));
            }
        }
        Ok(catalog)
    }

    /// Whether it holds nothing yet, or lost everything.
    pub(super) fn is_new(&self) -> Result<bool, CatalogError> {
        Ok(self.tree.get(index::META)?.is_none())
    }

    /// Declares a new catalog one that is to be trusted.
    pub(super) fn found(&mut self) -> Result<(), CatalogError> {
        self.totals.generation = self.tree.sealed();
        self.write(vec![(index::META.to_vec(), Some(vec![record::VERSION]))], |_| ())
    }

    /// Writes all it holds into a new catalog.
    pub(super) fn copy_to(&self, path: &Path, deadline: Instant) -> Result<(), CatalogError> {
        let copy = Tree::open(path, deadline)?;
        let mut writes = Vec::new();
        let mut bytes = 0;
        for pair in self.scan((Bound::Unbounded, Bound::Unbounded), Direction::Up) {
            let (key, value) = pair?;
            bytes += key.len() + value.len();
            writes.push((key, Some(value)));
            if bytes >= COPY_BYTES {
                copy.commit(std::mem::take(&mut writes), self.totals.generation)?;
                bytes = 0;
            }
        }
        copy.commit(writes, self.totals.generation)
    }

    /// The length of all keys and values, in bytes; reads all of them.
    pub(super) fn len(&self) -> Result<u64, CatalogError> {
        let mut bytes = 0;
        for pair in self.scan((Bound::Unbounded, Bound::Unbounded), Direction::Up) {
            let (key, value) = pair?;
            bytes += (key.len() + value.len()) as u64;
        }
        Ok(bytes)
    }

    /// Lets go of what is on disk: nothing can be read from here on.
    pub(super) fn close(&mut self) {
        self.tree.close();
    }

    /// Whether it has been closed.
    pub(super) fn is_closed(&self) -> bool {
        self.tree.is_closed()
    }

    /// Whether damage has come to light since it was opened.
    pub(super) fn is_broken(&self) -> bool {
        self.tree.is_broken()
    }

    /// The counters.
    pub(super) fn totals(&self) -> &Totals {
        &self.totals
    }

    /// Changes counters.
    pub(super) fn count(&mut self, change: impl FnOnce(&mut Totals)) -> Result<(), CatalogError> {
        self.write(Vec::new(), change)
    }

    /// What is known of a key.
    pub(super) fn state(&self, key: &Key) -> Result<KeyState, CatalogError> {
        let mut state = KeyState::new(*key);
        state.access = self.access(key)?;
        for slot in [Slot::Good, Slot::Failure] {
            *state.slot_mut(slot) = self.get(&index::of_entry(index::RECORD, key, slot))?;
        }
        Ok(state)
    }

    /// How a key was used; `None` if nothing is known of it.
    pub(super) fn known(&self, key: &Key) -> Result<Option<Access>, CatalogError> {
        match self.get(&index::of_key(index::ACCESS, key))? {
            Some(access) => Ok(Some(access)),
            None => Ok(self.keys(&key.0).next().transpose()?.map(|_| Access::default())),
        }
    }

    /// How a key was used.
    pub(super) fn access(&self, key: &Key) -> Result<Access, CatalogError> {
        Ok(self.get(&index::of_key(index::ACCESS, key))?.unwrap_or_default())
    }

    /// One record.
    pub(super) fn record(&self, key: &Key, slot: Slot) -> Result<Option<Record>, CatalogError> {
        self.get(&index::of_entry(index::RECORD, key, slot))
    }

    /// The output of an entry that holds it itself.
    pub(super) fn output(&self, key: &Key, slot: Slot) -> Result<Option<Vec<u8>>, CatalogError> {
        let value = self.tree.get(&index::of_entry(index::OUTPUT, key, slot))?;
        value.map(|bytes| self.checked(record::content(&bytes).map(<[u8]>::to_vec))).transpose()
    }

    /// The entries in an order.
    pub(super) fn entries(
        &self,
        index: Index<'_>,
        direction: Direction,
    ) -> impl Iterator<Item = Result<(Key, Slot), CatalogError>> + '_ {
        blocks::range(&self.tree, index::starting_with(index.prefix()), direction)
            .map(|pair| self.checked(parsed(&pair?.0)))
    }

    /// The entries that expire up to `moment`, in that order, those behind `last`.
    pub(super) fn expiring_by(
        &self,
        moment: i64,
        last: Option<Expiring>,
    ) -> impl Iterator<Item = Result<Expiring, CatalogError>> + '_ {
        blocks::range(&self.tree, index::expiring_by(moment, last), Direction::Up).map(|pair| {
            let (place, value) = pair?;
            let (key, slot) = self.checked(parsed(&place))?;
            let expires = index::parse_moment(&place).unwrap_or(i64::MAX);
            Ok(Expiring { key, slot, expires, kept: value.first() == Some(&1) })
        })
    }

    /// The keys that begin with these bytes, in their order.
    pub(super) fn keys(
        &self,
        prefix: &[u8],
    ) -> impl Iterator<Item = Result<Key, CatalogError>> + '_ {
        let prefix = [&[index::RECORD], prefix].concat();
        let mut last = None;
        self.scan(index::starting_with(prefix), Direction::Up).filter_map(move |pair| {
            let key = pair.and_then(|(record, _)| Ok(parsed(&record)?.0));
            match &key {
                // The record of the failure beside it.
                Ok(key) if last.replace(*key) == Some(*key) => None,
                _ => Some(key),
            }
        })
    }

    /// How each key was used that was used at all as far as is known, in the order of keys.
    pub(super) fn accesses(
        &self,
    ) -> impl Iterator<Item = Result<(Key, Access), CatalogError>> + '_ {
        self.scan(index::starting_with(vec![index::ACCESS]), Direction::Up).map(|pair| {
            let (key, access) = pair?;
            Ok((key_of(&key)?, self.checked(record::decode(&access))?))
        })
    }

    /// The blobs that are referred to, each once, in order, with their lengths.
    pub(super) fn blobs(&self) -> impl Iterator<Item = Result<([u8; 32], u64), CatalogError>> + '_ {
        let mut last = None;
        let blobs = index::starting_with(Index::Blobs.prefix());
        let all = blocks::range(&self.tree, blobs, Direction::Up);
        all.filter_map(move |pair| {
            let found = pair.and_then(|(key, value)| {
                let len = value.try_into().map_or(0, u64::from_be_bytes);
                let digest = index::parse_digest(&key);
                Ok((digest.ok_or_else(|| CatalogError::Corrupt("a blob".to_owned()))?, len))
            });
            match &found {
                Ok((digest, _)) if last.replace(*digest) == Some(*digest) => None,
                _ => Some(found),
            }
        })
    }

    /// Whether an entry refers to this blob.
    pub(super) fn needs_blob(&self, digest: [u8; 32]) -> Result<bool, CatalogError> {
        Ok(self.entries(Index::Blob(digest), Direction::Up).next().transpose()?.is_some())
    }

    /// Writes changes of at most [`MOST_KEYS`] keys, each named once: all or nothing.
    pub(super) fn commit(
        &mut self,
        changes: &[Change],
        count: impl FnOnce(&mut Totals),
    ) -> Result<(), CatalogError> {
        debug_assert!(changes.len() <= MOST_KEYS, "a batch too large for memory");
        let mut writes = Vec::new();
        let mut index = Vec::new();
        for change in changes {
            put_values(change, &mut writes);
            let (before, after) = (index::of(&change.before), index::of(&change.after));
            let gone = before.keys().filter(|key| !after.contains_key(*key));
            index.extend(gone.map(|key| (key.clone(), None)));
            let new = after.into_iter().filter(|(key, value)| before.get(key) != Some(value));
            index.extend(new.map(|(key, value)| (key, Some(value))));
        }
        let (freed, taken) = self.blob_bytes(&index)?;
        writes.append(&mut blocks::changed(&self.tree, index)?);
        self.write(writes, |totals| {
            for change in changes {
                totals.follow(change);
            }
            totals.blob_bytes = (totals.blob_bytes + taken).saturating_sub(freed);
            count(totals);
        })
    }

    /// What the blobs take that nothing refers to any more, and those that something now does.
    fn blob_bytes(&self, index: &[Write]) -> Result<(u64, u64), CatalogError> {
        let mut touched: BTreeMap<[u8; 32], Touched<'_>> = BTreeMap::new();
        let of_blobs = Index::Blobs.prefix();
        for (key, value) in index.iter().filter(|(key, _)| key.starts_with(&of_blobs)) {
            let Some(digest) = index::parse_digest(key) else { continue };
            let blob = touched.entry(digest).or_default();
            blob.references.insert(key, value.is_some());
            let value = match value {
                Some(value) => value.clone(),
                None => blocks::get(&self.tree, key)?.unwrap_or_default(),
            };
            blob.len = value.try_into().map_or(blob.len, u64::from_be_bytes);
        }
        let (mut freed, mut taken) = (0, 0);
        for (digest, Touched { references, len }) in touched {
            let mut was_needed = false;
            let mut is_needed = references.values().any(|&now| now);
            let all = index::starting_with(Index::Blob(digest).prefix());
            for pair in blocks::range(&self.tree, all, Direction::Up) {
                was_needed = true;
                is_needed |= references.get(pair?.0.as_slice()).is_none_or(|&now| now);
            }
            match (was_needed, is_needed) {
                (true, false) => freed += on_disk(len),
                (false, true) => taken += on_disk(len),
                _ => {}
            }
        }
        Ok((freed, taken))
    }

    /// Damages the catalog: the record of a good entry is gone, what refers to it stays.
    #[cfg(test)]
    pub(super) fn lose_a_record(&self, key: &Key) {
        let gone = (index::of_entry(index::RECORD, key, Slot::Good), None);
        self.tree.commit(vec![gone], self.totals.generation).expect("written");
    }

    /// Damages the catalog: the record of a good entry can't be read.
    #[cfg(test)]
    pub(super) fn spoil_a_record(&self, key: &Key) {
        let value = Some(vec![record::VERSION, 0xff]);
        let spoilt = (index::of_entry(index::RECORD, key, Slot::Good), value);
        self.tree.commit(vec![spoilt], self.totals.generation).expect("written");
    }

    /// Makes the catalog look as if a later version had written it.
    #[cfg(test)]
    pub(super) fn pretend_newer(&self) {
        let meta = (index::META.to_vec(), Some(vec![record::VERSION + 1]));
        self.tree.commit(vec![meta], self.totals.generation).expect("written");
    }

    fn write(
        &mut self,
        mut writes: Vec<Write>,
        count: impl FnOnce(&mut Totals),
    ) -> Result<(), CatalogError> {
        let mut totals = self.totals.clone();
        count(&mut totals);
        totals.generation += 1;
        writes.push((index::TOTALS.to_vec(), Some(record::encode(&totals))));
        self.tree.commit(writes, totals.generation)?;
        self.totals = totals;
        Ok(())
    }

    fn get<T: serde::de::DeserializeOwned>(&self, key: &[u8]) -> Result<Option<T>, CatalogError> {
        let value = self.tree.get(key)?;
        value.map(|bytes| self.checked(record::decode(&bytes))).transpose()
    }

    /// Notes damage that only decoding brings to light.
    fn checked<T>(&self, decoded: Result<T, CatalogError>) -> Result<T, CatalogError> {
        if matches!(decoded, Err(CatalogError::Corrupt(_))) {
            self.tree.found_broken();
        }
        decoded
    }

    fn scan(
        &self,
        (from, to): (Bound<Vec<u8>>, Bound<Vec<u8>>),
        direction: Direction,
    ) -> impl Iterator<Item = Result<Pair, CatalogError>> + '_ {
        self.tree.range(from, to, direction)
    }
}

impl Totals {
    /// Follows a change of one key.
    fn follow(&mut self, change: &Change) {
        let size =
            |state: &KeyState| state.records().map(|record| on_disk(record.file_len)).sum::<u64>();
        let count = |state: &KeyState| state.records().count() as u64;
        let (before, after) = (&change.before, &change.after);
        self.entries = (self.entries + count(after)).saturating_sub(count(before));
        self.entry_bytes = (self.entry_bytes + size(after)).saturating_sub(size(before));
        for slot in [Slot::Good, Slot::Failure] {
            let nonce = |state: &KeyState| state.slot(slot).map(|record| record.head.nonce);
            let new = nonce(after);
            self.stores += u64::from(new.is_some() && new != nonce(before));
        }
        if after.is_empty() && !before.is_empty() {
            let Access { hits, .. } = after.access;
            self.retired_hits += hits;
            self.retired_saved =
                self.retired_saved.saturating_add(after.access.saved_by(hits, before.ran()));
        }
    }
}

/// The writes of records, outputs and access, apart from the index.
fn put_values(change: &Change, writes: &mut Vec<Write>) {
    let Change { before, after, outputs } = change;
    let key = &after.key;
    for slot in [Slot::Good, Slot::Failure] {
        let (old, new) = (before.slot(slot), after.slot(slot));
        if old != new {
            writes.push((index::of_entry(index::RECORD, key, slot), new.map(record::encode)));
        }
        let holds = |record: Option<&Record>| record.is_some_and(|r| r.head.body == Body::Inline);
        if holds(old) && !holds(new) {
            writes.push((index::of_entry(index::OUTPUT, key, slot), None));
        }
    }
    for (slot, output) in outputs {
        let value = [&[record::VERSION], output.as_slice()].concat();
        writes.push((index::of_entry(index::OUTPUT, key, *slot), Some(value)));
    }
    let (old, new) = (before.kept_access(), after.kept_access());
    if old != new {
        writes.push((index::of_key(index::ACCESS, key), new.map(record::encode)));
    }
}

fn key_of(key: &[u8]) -> Result<Key, CatalogError> {
    let key = key.get(1..).and_then(|bytes| bytes.try_into().ok());
    key.map(Key).ok_or_else(|| CatalogError::Corrupt("a key".to_owned()))
}

fn parsed(key: &[u8]) -> Result<(Key, Slot), CatalogError> {
    index::parse_entry(key).ok_or_else(|| CatalogError::Corrupt("an index key".to_owned()))
}

#[cfg(test)]
mod tests;
