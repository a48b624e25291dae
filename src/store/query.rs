//! What people ask the catalog: lists in an order, ids by their first digits.
//!
//! Hits and last accesses come from the files of hits, so they are those of now. Where the
//! catalog can't be had, the entries themselves are listed.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::catalog::{Access, Direction, Index, Record, file_name};
use super::error::StoreError;
use super::folder::Store;
use super::lookup::facts;
use super::shelf::Shelf;
use crate::model::backoff::Retry;
use crate::model::entry::{Detail, Head, Slot};
use crate::model::judge::Facts;
use crate::model::key::Key;
use crate::model::time::Stamp;

/// More ids than this aren't named where one was meant.
const MOST_MATCHES: usize = 16;

/// An entry, without its output, and how it was used.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Listed {
    /// What judges it.
    pub head: Head,
    /// What people want to know of it.
    pub detail: Detail,
    /// How often its key was served, over all computations.
    pub hits: u64,
    /// When it was last served, if ever since it was computed first.
    pub last_hit: Option<Stamp>,
    /// The time that saved.
    pub saved: Duration,
    /// What is remembered of failures to recompute it in the background.
    pub retry: Option<Retry>,
}

/// Which entries, and in which order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order<'a> {
    /// All, the newest computation first.
    Computed,
    /// All, the most recently used first.
    Accessed,
    /// All, the most hits first, as far as the catalog knows.
    Hits,
    /// Those that expire, the next to expire first.
    Expiry,
    /// Those with this tag, the newest first.
    Tag(&'a str),
    /// Those of this program (a path, or a file name), the newest first.
    Program(&'a [u8]),
}

/// What an id names.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Match {
    /// Nothing.
    None,
    /// One key.
    One(Key),
    /// Several; not all of them if there are many.
    Ambiguous(Vec<Key>),
}

impl Listed {
    /// What judging it needs.
    #[must_use]
    pub fn facts(&self) -> Facts {
        facts(&self.head, self.last_hit)
    }

    /// The same without the digests of its key's parts, which are most of what it takes.
    #[must_use]
    pub(super) fn without_parts(mut self) -> Listed {
        self.detail.parts = Vec::new();
        self
    }

    /// Whether it is an entry of this program: by path, or by file name if there is no slash.
    #[must_use]
    pub fn is_of_program(&self, program: &[u8]) -> bool {
        is_of_program(&self.detail, program)
    }
}

fn is_of_program(detail: &Detail, program: &[u8]) -> bool {
    let typed = detail.command.first().map(Vec::as_slice);
    let mut known = std::iter::once(detail.program.as_slice()).chain(typed);
    if program.contains(&b'/') {
        known.any(|path| path == program)
    } else {
        known.any(|path| file_name(path) == program)
    }
}

impl Shelf<'_> {
    /// The entries in an order, read as they are asked for.
    pub fn list<'a>(
        &'a self,
        order: Order<'a>,
    ) -> impl Iterator<Item = Result<Listed, StoreError>> + 'a {
        let (index, direction) = match order {
            Order::Computed => (Index::Computed, Direction::Down),
            Order::Accessed => (Index::LastAccess, Direction::Down),
            Order::Hits => (Index::Hits, Direction::Down),
            Order::Expiry => (Index::Expiry, Direction::Up),
            Order::Tag(tag) => (Index::Tag(tag), Direction::Down),
            Order::Program(program) => (Index::Program(file_name(program)), Direction::Down),
        };
        let all = self.catalog.entries(index, direction);
        all.filter_map(|entry| match entry {
            Ok((key, slot)) => self.entry(&key, slot).transpose(),
            Err(error) => Some(Err(error.into())),
        })
        .filter(move |listed| match (order, listed) {
            (Order::Program(program), Ok(listed)) => listed.is_of_program(program),
            _ => true,
        })
    }

    /// One entry.
    ///
    /// # Errors
    /// If the catalog can't be read.
    pub fn entry(&self, key: &Key, slot: Slot) -> Result<Option<Listed>, StoreError> {
        let Some(record) = self.catalog.record(key, slot)? else { return Ok(None) };
        let access = self.catalog.access(key)?;
        Ok(Some(self.store.listed(record, &access)))
    }

    /// The key that a number of first hex digits names.
    ///
    /// # Errors
    /// If the catalog can't be read.
    pub fn find_id(&self, digits: &str) -> Result<Match, StoreError> {
        // What isn't hexadecimal is no key's.
        let whole = digits.get(..digits.len() / 2 * 2).and_then(bytes_of_hex);
        let Some(prefix) = whole else { return Ok(Match::None) };
        let mut failed = None;
        let keys = self.catalog.keys(&prefix);
        let found = among(digits, keys.map_while(|key| key.map_err(|e| failed = Some(e)).ok()));
        failed.map_or(Ok(found), |error| Err(error.into()))
    }
}

/// The key that a number of first hex digits names, of these in their order.
pub(super) fn among(digits: &str, keys: impl Iterator<Item = Key>) -> Match {
    let digits = digits.to_ascii_lowercase();
    if digits.is_empty() {
        return Match::None;
    }
    let matching = keys.filter(|key| key.hex().starts_with(&digits));
    let keys: Vec<Key> = matching.take(MOST_MATCHES + 1).collect();
    match keys.as_slice() {
        [] => Match::None,
        [one] => Match::One(*one),
        _ => Match::Ambiguous(keys),
    }
}

impl Store {
    /// Lists the entries themselves, the newest first, for when the catalog can't be had: slower,
    /// and without the hits of files that were rotated away. What can't be read is left out.
    ///
    /// # Errors
    /// If the folder of entries can't be read.
    pub fn list_entries(&self) -> Result<Vec<Listed>, StoreError> {
        let mut listed = Vec::new();
        self.each_entry(|entry| listed.push(entry))?;
        listed.sort_by_key(|entry| std::cmp::Reverse(entry.head.created.wall));
        Ok(listed)
    }

    /// Calls `see` with each of them, in no order.
    pub(super) fn each_entry(&self, mut see: impl FnMut(Listed)) -> Result<(), StoreError> {
        for key in self.stored_keys()? {
            self.each_entry_of(&key, &mut see);
        }
        Ok(())
    }

    /// Calls `see` with the good entry of a key and then with its failure.
    pub(super) fn each_entry_of(&self, key: &Key, see: &mut dyn FnMut(Listed)) {
        for slot in [Slot::Good, Slot::Failure] {
            let Ok(Some(entry)) = self.peek(key, slot) else { continue };
            let Some(detail) = entry.detail() else { continue };
            let file_len = entry.bytes().len() as u64;
            let record = Record { head: entry.head, detail, file_len };
            see(self.listed(record, &Access::default()));
        }
    }

    /// A record with what its key's files of hits tell now.
    pub(super) fn listed(&self, record: Record, access: &Access) -> Listed {
        let usage = self.usage(&record.head.key, access);
        let saved = Duration::from_nanos(access.saved_by(usage.hits, record.head.ran));
        let Record { head, detail, .. } = record;
        // A file of its own, and few entries have one.
        let may_have_failed = head.policy.is_refreshed();
        let retry = may_have_failed.then(|| self.retry(&head.key, head.nonce)).flatten();
        Listed { head, detail, hits: usage.hits, last_hit: usage.last, saved, retry }
    }
}

fn bytes_of_hex(hex: &str) -> Option<Vec<u8>> {
    let pairs = (0..hex.len()).step_by(2);
    pairs.map(|at| u8::from_str_radix(hex.get(at..at + 2)?, 16).ok()).collect()
}

#[cfg(test)]
mod tests;
