//! The keys of the catalog's one tree. Those of the index are many to an item (`blocks.rs`).
//!
//! A letter says what a key is of; numbers are big-endian, so that bytes order as they do. Each
//! index key ends in the entry it stands for.
//!
//! ```text
//! M                                       the version, written last when a catalog is made
//! T                                       totals
//! R key slot                              record
//! O key slot                              output that the entry's file holds itself
//! A key                                   hits and last access, if there are any
//! I lowest key                            block of the keys below, from that one on
//!
//! X expiry key slot                       value: 1 if kept for a while after that
//! L last access key slot
//! C computed key slot
//! H hits, last access key slot
//! N computed key slot                     of those that the daemon recomputes by itself
//! G length tag computed key slot
//! P length program's name computed key slot
//! B digest key slot                       value: length of the blob
//! ```

use std::collections::BTreeMap;
use std::ops::Bound;

use super::record::{KeyState, Record};
use crate::model::entry::Slot;
use crate::model::key::Key;

pub(super) const META: &[u8] = b"M";
pub(super) const TOTALS: &[u8] = b"T";
pub(super) const RECORD: u8 = b'R';
pub(super) const OUTPUT: u8 = b'O';
pub(super) const ACCESS: u8 = b'A';
const EXPIRY: u8 = b'X';
const LAST_ACCESS: u8 = b'L';
const COMPUTED: u8 = b'C';
const HITS: u8 = b'H';
const INDEPENDENT: u8 = b'N';
const TAG: u8 = b'G';
const PROGRAM: u8 = b'P';
const BLOB: u8 = b'B';

/// How long what an index key ends in is.
const SUFFIX: usize = 33;

/// An order in which entries can be gone through.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::store) enum Index<'a> {
    /// Those that expire, the first to expire lowest.
    Expiry,
    /// By last access.
    LastAccess,
    /// By computation.
    Computed,
    /// By hits, then by last access.
    Hits,
    /// Those that are recomputed without a caller, by computation.
    Independent,
    /// Those with a tag, by computation.
    Tag(&'a str),
    /// Those of a program, by computation; its file name, or the one it was called by.
    Program(&'a [u8]),
    /// Those that refer to a blob.
    Blob([u8; 32]),
    /// Those that refer to any blob, by digest.
    Blobs,
}

/// An entry in the order of [`Index::Expiry`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::store) struct Expiring {
    pub(in crate::store) key: Key,
    pub(in crate::store) slot: Slot,
    /// Nanoseconds since 1970.
    pub(in crate::store) expires: i64,
    /// Whether it outlives that for a while.
    pub(in crate::store) kept: bool,
}

impl Index<'_> {
    /// What all of its keys start with.
    pub(super) fn prefix(&self) -> Vec<u8> {
        match self {
            Index::Expiry => vec![EXPIRY],
            Index::LastAccess => vec![LAST_ACCESS],
            Index::Computed => vec![COMPUTED],
            Index::Hits => vec![HITS],
            Index::Independent => vec![INDEPENDENT],
            Index::Tag(tag) => named(TAG, tag.as_bytes()),
            Index::Program(name) => named(PROGRAM, name),
            Index::Blob(digest) => prefixed(BLOB, digest),
            Index::Blobs => vec![BLOB],
        }
    }
}

/// The keys and values that the index holds for a key, as its state implies them.
pub(super) fn of(state: &KeyState) -> BTreeMap<Vec<u8>, Vec<u8>> {
    let mut keys = BTreeMap::new();
    for record in state.records() {
        add(state, record, &mut keys);
    }
    keys
}

fn add(state: &KeyState, record: &Record, keys: &mut BTreeMap<Vec<u8>, Vec<u8>>) {
    let mut put = |mut key: Vec<u8>, value: Vec<u8>| {
        key.extend_from_slice(&entry(&state.key, record.head.slot()));
        keys.insert(key, value);
    };
    let last = ordered(record.facts(&state.access).last_access.wall);
    let computed = ordered(record.head.created.wall);
    if let Some(expires) = record.expires(&state.access) {
        put(prefixed(EXPIRY, &ordered(expires)), vec![u8::from(record.outlives_expiry())]);
    }
    put(prefixed(LAST_ACCESS, &last), Vec::new());
    put(prefixed(COMPUTED, &computed), Vec::new());
    let hits = [state.access.hits.to_be_bytes(), last].concat();
    put(prefixed(HITS, &hits), Vec::new());
    if record.head.policy.is_independent() {
        put(prefixed(INDEPENDENT, &computed), Vec::new());
    }
    for tag in &record.detail.tags {
        put([named(TAG, tag.as_bytes()), computed.to_vec()].concat(), Vec::new());
    }
    for name in names(record) {
        put([named(PROGRAM, name), computed.to_vec()].concat(), Vec::new());
    }
    for (digest, len) in record.blobs() {
        put(prefixed(BLOB, &digest), len.to_be_bytes().to_vec());
    }
}

/// The names a program goes by: of its file, and the one it was called by.
fn names(record: &Record) -> Vec<&[u8]> {
    let mut names = vec![file_name(&record.detail.program)];
    names.extend(record.detail.command.first().map(|word| file_name(word)));
    names.dedup();
    names
}

/// What follows the last slash.
pub(in crate::store) fn file_name(path: &[u8]) -> &[u8] {
    path.rsplit(|&byte| byte == b'/').next().unwrap_or(path)
}

/// The entry an index key, or a record's, stands for.
pub(super) fn parse_entry(key: &[u8]) -> Option<(Key, Slot)> {
    let (slot, rest) = key.split_last()?;
    let start = rest.len().checked_sub(SUFFIX - 1)?;
    let slot = match slot {
        0 => Slot::Good,
        1 => Slot::Failure,
        _ => return None,
    };
    Some((Key(rest[start..].try_into().ok()?), slot))
}

/// The moment in a key of [`Index::Expiry`].
pub(super) fn parse_moment(key: &[u8]) -> Option<i64> {
    let bytes = key.get(1..9)?.try_into().ok()?;
    Some((u64::from_be_bytes(bytes) ^ SIGN).cast_signed())
}

/// The digest in a key of [`Index::Blobs`].
pub(super) fn parse_digest(key: &[u8]) -> Option<[u8; 32]> {
    key.get(1..33)?.try_into().ok()
}

/// The key of an entry's record or output.
pub(super) fn of_entry(kind: u8, key: &Key, slot: Slot) -> Vec<u8> {
    prefixed(kind, &entry(key, slot))
}

/// The key of something kept for both entries of a key.
pub(super) fn of_key(kind: u8, key: &Key) -> Vec<u8> {
    prefixed(kind, &key.0)
}

/// The keys with this prefix.
pub(super) fn starting_with(prefix: Vec<u8>) -> (Bound<Vec<u8>>, Bound<Vec<u8>>) {
    let end = after(&prefix).map_or(Bound::Unbounded, Bound::Excluded);
    (Bound::Included(prefix), end)
}

/// The keys of [`Index::Expiry`] up to and with a moment, those behind an entry's.
pub(super) fn expiring_by(moment: i64, last: Option<Expiring>) -> (Bound<Vec<u8>>, Bound<Vec<u8>>) {
    let end = prefixed(EXPIRY, &ordered(moment));
    let start =
        last.map_or(Bound::Included(vec![EXPIRY]), |Expiring { key, slot, expires, .. }| {
            let moment = prefixed(EXPIRY, &ordered(expires));
            Bound::Excluded([moment.as_slice(), &entry(&key, slot)].concat())
        });
    (start, after(&end).map_or(Bound::Unbounded, Bound::Excluded))
}

/// The lowest key above all with this prefix.
fn after(prefix: &[u8]) -> Option<Vec<u8>> {
    let last = prefix.iter().rposition(|&byte| byte != u8::MAX)?;
    let mut end = prefix[..=last].to_vec();
    end[last] += 1;
    Some(end)
}

fn entry(key: &Key, slot: Slot) -> [u8; SUFFIX] {
    let mut suffix = [0; SUFFIX];
    suffix[..SUFFIX - 1].copy_from_slice(&key.0);
    suffix[SUFFIX - 1] = u8::from(slot == Slot::Failure);
    suffix
}

fn prefixed(kind: u8, rest: &[u8]) -> Vec<u8> {
    let mut key = Vec::with_capacity(1 + rest.len() + 16 + SUFFIX);
    key.push(kind);
    key.extend_from_slice(rest);
    key
}

/// The length in front keeps one name apart from another that starts with it.
fn named(kind: u8, name: &[u8]) -> Vec<u8> {
    let mut key = prefixed(kind, &(name.len() as u64).to_be_bytes());
    key.extend_from_slice(name);
    key
}

const SIGN: u64 = 1 << 63;

/// Bytes that order as the numbers do, negative ones included.
fn ordered(number: i64) -> [u8; 8] {
    (number.cast_unsigned() ^ SIGN).to_be_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_order_as_numbers_do() {
        let numbers = [i64::MIN, -2, -1, 0, 1, 256, i64::MAX];
        assert!(numbers.map(ordered).is_sorted());
        for number in numbers {
            assert_eq!(parse_moment(&prefixed(EXPIRY, &ordered(number))), Some(number));
        }
    }

    #[test]
    fn one_name_is_no_prefix_of_another() {
        let tag = |name| Index::Tag(name).prefix();
        assert!(!tag("ab").starts_with(&tag("a")));
    }

    #[test]
    fn the_end_of_a_prefix_lies_above_all_its_keys() {
        assert_eq!(after(&[1, 2]), Some(vec![1, 3]));
        assert_eq!(after(&[1, 255]), Some(vec![2]));
        assert_eq!(after(&[255]), None);
    }
}
