//! What the catalog keeps of each entry and of the whole, and how it is written.
//!
//! A version byte stands in front of every value, whatever it is.

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::error::CatalogError;
use crate::model::entry::{Body, Detail, Head, Slot};
use crate::model::judge::{Facts, expires_at};
use crate::model::key::Key;
use crate::model::policy::OnExpired;
use crate::model::time::Stamp;
use crate::store::codec;
use crate::store::hits::Tally;
use crate::store::lookup::facts;

/// Changes with any of the types here or in an entry, and with the index.
pub(super) const VERSION: u8 = 4;

/// Files take whole blocks of this size from the disk.
const BLOCK: u64 = 4096;

/// An entry without its output.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(in crate::store) struct Record {
    /// What judges it.
    pub(in crate::store) head: Head,
    /// What people want to know of it.
    pub(in crate::store) detail: Detail,
    /// The length of its file.
    pub(in crate::store) file_len: u64,
}

/// How a key was used. What its file of hits holds is the latest; what is here lags behind it,
/// and both only ever grow.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(in crate::store) struct Access {
    /// Hits of files that were rotated away and are gone.
    pub(in crate::store) gone: u64,
    /// A file that was rotated away and still is to be counted.
    pub(in crate::store) rotating: Option<Stamp>,
    /// All hits when the file was last looked at: what the index orders by.
    pub(in crate::store) hits: u64,
    /// The last hit at that time.
    pub(in crate::store) last: Option<Stamp>,
    /// How many hits have been credited with the time their computation took.
    pub(in crate::store) credited: u64,
    /// That time, in nanoseconds.
    pub(in crate::store) saved: u64,
}

/// What is known of a key: up to two entries and how they were used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::store) struct KeyState {
    pub(in crate::store) key: Key,
    pub(in crate::store) access: Access,
    pub(in crate::store) good: Option<Record>,
    pub(in crate::store) failure: Option<Record>,
}

/// Counters of the whole store.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(in crate::store) struct Totals {
    /// Grows with each commit.
    pub(in crate::store) generation: u64,
    /// Entries, of both kinds.
    pub(in crate::store) entries: u64,
    /// What their files take from the disk.
    pub(in crate::store) entry_bytes: u64,
    /// What the blobs they refer to take, each counted once.
    pub(in crate::store) blob_bytes: u64,
    /// What everything else took when it was last measured.
    pub(in crate::store) other_bytes: u64,
    /// Hits of keys that are gone.
    pub(in crate::store) retired_hits: u64,
    /// The time they saved, in nanoseconds.
    pub(in crate::store) retired_saved: u64,
    /// Computations that were stored.
    pub(in crate::store) stores: u64,
    /// Entries that were removed to keep to a limit.
    pub(in crate::store) evictions: u64,
    /// Misses.
    pub(in crate::store) misses: Tally,
    /// Recomputations in the background that were stored.
    pub(in crate::store) refreshes: Tally,
    /// Those that failed.
    pub(in crate::store) refresh_failures: Tally,
    /// When everything was last swept, by the wall clock.
    pub(in crate::store) swept: Option<Stamp>,
}

/// What a file of this length takes from the disk.
pub(in crate::store) fn on_disk(len: u64) -> u64 {
    len.div_ceil(BLOCK).saturating_mul(BLOCK)
}

impl Record {
    pub(in crate::store) fn facts(&self, access: &Access) -> Facts {
        facts(&self.head, access.last)
    }

    /// When it expires by its own policy; a failure that its policy doesn't take has expired.
    pub(in crate::store) fn expires(&self, access: &Access) -> Option<i64> {
        let facts = self.facts(access);
        expires_at(&facts, &self.head.policy)
            .or_else(|| (facts.slot == Slot::Failure).then_some(self.head.created.wall))
    }

    /// Whether it is kept for a while after that, because it may still serve.
    pub(in crate::store) fn outlives_expiry(&self) -> bool {
        let policy = &self.head.policy;
        self.head.slot() == Slot::Good
            && (policy.stale_if_error || policy.on_expired == OnExpired::Serve)
    }

    /// Digest and length of each blob that it refers to: its output's, its standard input's.
    pub(in crate::store) fn blobs(&self) -> impl Iterator<Item = ([u8; 32], u64)> {
        self.output_blob().into_iter().chain(self.detail.stdin)
    }

    /// Digest and length of its output's blob, if it has one.
    pub(in crate::store) fn output_blob(&self) -> Option<([u8; 32], u64)> {
        match &self.head.body {
            Body::Inline => None,
            Body::Blob(blob) => Some((blob.digest, self.output_len())),
        }
    }

    pub(in crate::store) fn output_len(&self) -> u64 {
        self.head.data_len.saturating_add(self.head.table_len)
    }
}

impl Access {
    /// The time saved by `hits` hits, those not yet credited at `ran` nanoseconds each.
    pub(in crate::store) fn saved_by(&self, hits: u64, ran: u64) -> u64 {
        self.saved.saturating_add(hits.saturating_sub(self.credited).saturating_mul(ran))
    }
}

impl KeyState {
    /// A key of which nothing is known.
    pub(in crate::store) fn new(key: Key) -> KeyState {
        KeyState { key, access: Access::default(), good: None, failure: None }
    }

    pub(in crate::store) fn slot(&self, slot: Slot) -> Option<&Record> {
        match slot {
            Slot::Good => self.good.as_ref(),
            Slot::Failure => self.failure.as_ref(),
        }
    }

    pub(in crate::store) fn slot_mut(&mut self, slot: Slot) -> &mut Option<Record> {
        match slot {
            Slot::Good => &mut self.good,
            Slot::Failure => &mut self.failure,
        }
    }

    pub(in crate::store) fn records(&self) -> impl Iterator<Item = &Record> {
        self.good.iter().chain(&self.failure)
    }

    pub(in crate::store) fn is_empty(&self) -> bool {
        self.records().next().is_none()
    }

    /// How it was used, if it was: most keys of a large store never are.
    pub(super) fn kept_access(&self) -> Option<&Access> {
        Some(&self.access).filter(|access| !self.is_empty() && **access != Access::default())
    }

    /// How long a computation takes, in nanoseconds: what a hit saves.
    pub(in crate::store) fn ran(&self) -> u64 {
        self.records().next().map_or(0, |record| record.head.ran)
    }

    /// Credits all hits so far with what they saved, before the computation changes.
    pub(in crate::store) fn credit(&mut self) {
        self.access.saved = self.access.saved_by(self.access.hits, self.ran());
        self.access.credited = self.access.credited.max(self.access.hits);
    }
}

/// The bytes of a value.
pub(super) fn encode<T: Serialize>(value: &T) -> Vec<u8> {
    let mut bytes = vec![VERSION];
    bytes.extend_from_slice(&codec::encode(value));
    bytes
}

/// A value from its bytes.
pub(super) fn decode<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, CatalogError> {
    codec::decode(content(bytes)?).ok_or_else(|| CatalogError::Corrupt("a record".to_owned()))
}

/// What stands behind the version byte.
pub(super) fn content(bytes: &[u8]) -> Result<&[u8], CatalogError> {
    match bytes.split_first() {
        Some((&VERSION, rest)) => Ok(rest),
        Some((&version, _)) if version > VERSION => Err(CatalogError::Newer),
        _ => Err(CatalogError::Corrupt("a record of no known version".to_owned())),
    }
}
