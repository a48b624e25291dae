//! The store in numbers. Of what was never served nothing is read.

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::best::Best;
use super::codec;
use super::counter::Counter;
use super::error::StoreError;
use super::query::Listed;
use super::shelf::Shelf;
use crate::model::key::Key;

/// The store in numbers.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stats {
    /// Entries, failures included.
    pub entries: u64,
    /// What their files and blobs take from the disk.
    pub bytes: u64,
    /// Calls that were served, those of entries that are gone included.
    pub hits: u64,
    /// Calls that ran their command.
    pub misses: u64,
    /// Recomputations in the background that were stored.
    pub refreshes: u64,
    /// Those that failed.
    pub refresh_failures: u64,
    /// Computations that were stored.
    pub stores: u64,
    /// Entries removed to keep to a limit.
    pub evictions: u64,
    /// Time that hits saved.
    pub saved: Duration,
    /// The commands that save most.
    pub top: Vec<Saver>,
}

/// A command and what it saves.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Saver {
    /// The command and its arguments.
    pub command: Vec<Vec<u8>>,
    /// How often it was served, in all its entries.
    pub hits: u64,
    /// The time that saved.
    pub saved: Duration,
}

/// Sums over all that was served.
#[derive(Default)]
struct Sums {
    hits: u64,
    saved: Duration,
    /// By the command's digest: commands themselves would be most of the memory.
    savers: BTreeMap<[u8; 32], Sum>,
}

/// What a command saves, and a key that it is stored under.
struct Sum {
    hits: u64,
    saved: Duration,
    key: Key,
}

impl Shelf<'_> {
    /// The store in numbers, with the `top` commands that save most. Keeps some hundred bytes in
    /// memory for each command that was served.
    ///
    /// # Errors
    /// If the catalog can't be read.
    pub fn stats(&self, top: usize) -> Result<Stats, StoreError> {
        let totals = self.catalog.totals();
        let mut sums = Sums {
            hits: totals.retired_hits,
            saved: Duration::from_nanos(totals.retired_saved),
            savers: BTreeMap::new(),
        };
        self.each_served(|key| {
            if let Some(listed) = self.either(&key)? {
                sums.add(&listed);
            }
            Ok(())
        })?;
        let mut best = Best::new(top);
        for sum in sums.savers.into_values() {
            best.put((Reverse((sum.saved, sum.hits)), sum.key), sum);
        }
        let mut savers = Vec::new();
        for Sum { hits, saved, key } in best.in_order() {
            let command = self.either(&key)?.map(|listed| listed.detail.command);
            savers.extend(command.map(|command| Saver { command, hits, saved }));
        }
        Ok(Stats {
            entries: totals.entries,
            bytes: totals.entry_bytes + totals.blob_bytes,
            hits: sums.hits,
            misses: self.store.counted(Counter::Misses, totals),
            refreshes: self.store.counted(Counter::Refreshes, totals),
            refresh_failures: self.store.counted(Counter::RefreshFailures, totals),
            stores: totals.stores,
            evictions: totals.evictions,
            saved: sums.saved,
            top: savers,
        })
    }

    /// The good entry of a key, or else its failure.
    fn either(&self, key: &Key) -> Result<Option<Listed>, StoreError> {
        let state = self.catalog.state(key)?;
        let record = state.records().next().cloned();
        Ok(record.map(|record| self.store.listed(record, &state.access)))
    }
}

impl Sums {
    fn add(&mut self, listed: &Listed) {
        self.hits += listed.hits;
        self.saved = self.saved.saturating_add(listed.saved);
        if listed.hits > 0 {
            let command = blake3::hash(&codec::encode(&listed.detail.command));
            let key = listed.head.key;
            let sum = self.savers.entry(*command.as_bytes());
            let sum = sum.or_insert(Sum { hits: 0, saved: Duration::ZERO, key });
            sum.hits += listed.hits;
            sum.saved = sum.saved.saturating_add(listed.saved);
            // Whichever is found first: so the order of equals is always the same.
            sum.key = sum.key.min(key);
        }
    }
}
