//! What is remembered of failures to recompute an entry in the background: a small file a key,
//! there for as long as the entry that stays, so that everybody who would try again leaves it
//! alone for the same time.
//!
//! ```text
//! offset  bytes
//!      0      1  format version
//!      1     32  blake3 of all that follows
//!     33         the record, encoded
//! ```

use std::ops::Range;
use std::os::unix::fs::FileExt;

use super::codec;
use super::error::StoreError;
use super::folder::Store;
use super::gc::Collected;
use super::layout;
use super::shelf::Shelf;
use crate::model::backoff::Retry;
use crate::model::entry::{Nonce, Slot};
use crate::model::key::Key;

const VERSION: u8 = 2;
const CHECKSUM: Range<usize> = 1..33;
const START: usize = 33;

impl Store {
    /// What is remembered of failures to replace this computation. What can't be read is none: it
    /// would only make somebody wait.
    #[must_use]
    pub fn retry(&self, key: &Key, nonce: Nonce) -> Option<Retry> {
        let bytes = self.read(&layout::retry(key)).ok()?;
        parse(&bytes).filter(|retry| retry.nonce == nonce)
    }

    /// Remembers a failure, in place of earlier ones.
    ///
    /// # Errors
    /// If it can't be written.
    pub fn note_failure(&self, key: &Key, retry: &Retry) -> Result<(), StoreError> {
        let (temporary, file) = self.create_temporary("retry")?;
        let written = file.write_all_at(&bytes(retry), 0);
        written.map_err(|error| StoreError::new("write", &temporary, error))?;
        self.rename(&temporary, &layout::retry(key))
    }

    /// Forgets the failures of a key.
    ///
    /// # Errors
    /// If they can't be removed.
    pub fn clear_retry(&self, key: &Key) -> Result<(), StoreError> {
        self.unlink(&layout::retry(key)).map(drop)
    }
}

impl Shelf<'_> {
    /// Removes what is remembered of computations that aren't stored any more.
    pub(super) fn sweep_retries(&self, collected: &mut Collected) -> Result<(), StoreError> {
        for shard in self.store.names(layout::RETRY)? {
            let folder = format!("{}/{shard}", layout::RETRY);
            for name in self.store.names(&folder).unwrap_or_default() {
                let path = format!("{folder}/{name}");
                let Some(key) = Key::from_hex(&name).filter(|key| layout::retry(key) == path)
                else {
                    continue;
                };
                let entry = self.store.peek(&key, Slot::Good)?;
                let remembered = entry.and_then(|entry| self.store.retry(&key, entry.head.nonce));
                if remembered.is_none() {
                    self.store.unlink_counted(&path, collected)?;
                }
            }
        }
        Ok(())
    }
}

fn bytes(retry: &Retry) -> Vec<u8> {
    let content = codec::encode(retry);
    [&[VERSION], blake3::hash(&content).as_bytes().as_slice(), &content].concat()
}

fn parse(bytes: &[u8]) -> Option<Retry> {
    let content = bytes.get(START..)?;
    let is_ours = bytes[0] == VERSION && bytes[CHECKSUM] == *blake3::hash(content).as_bytes();
    is_ours.then(|| codec::decode(content)).flatten()
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use proptest::prelude::*;

    use super::super::kit::{Kit, PATIENCE, at, key, spec};
    use super::*;

    fn failure(nonce: Nonce, seconds: i64) -> Retry {
        Retry::after_failure(None, &key(1), nonce, None, at(seconds), "exit status 1")
    }

    fn gc(kit: &Kit) {
        let limits = crate::model::policy::Limits::default();
        let done =
            kit.store.with_catalog(PATIENCE, |shelf| shelf.gc(&limits, at(9), &mut |_| Ok(())));
        done.expect("collected");
    }

    #[test]
    fn a_failure_is_remembered_until_it_is_cleared_and_only_of_its_computation() {
        let kit = Kit::new();
        let nonce = kit.publish(&spec(1));
        assert_eq!(kit.store.retry(&key(1), nonce), None);
        let first = failure(nonce, 1);
        kit.store.note_failure(&key(1), &first).expect("noted");
        assert_eq!(kit.store.retry(&key(1), nonce), Some(first));
        let second = Retry { failures: 2, wait: Duration::from_secs(9), ..failure(nonce, 5) };
        kit.store.note_failure(&key(1), &second).expect("noted");
        assert_eq!(kit.store.retry(&key(1), nonce), Some(second));
        assert_eq!(kit.store.retry(&key(1), Nonce([9; 16])), None);
        assert_eq!(kit.store.retry(&key(2), nonce), None);
        for _ in 0..2 {
            kit.store.clear_retry(&key(1)).expect("cleared");
            assert_eq!(kit.store.retry(&key(1), nonce), None);
        }
    }

    #[test]
    fn what_is_damaged_or_of_another_version_is_none() {
        let kit = Kit::new();
        let nonce = kit.publish(&spec(1));
        kit.store.note_failure(&key(1), &failure(nonce, 1)).expect("noted");
        let path = kit.store.version_path().join(layout::retry(&key(1)));
        let whole = std::fs::read(&path).expect("the file");
        for place in 0..whole.len() {
            let mut bytes = whole.clone();
            bytes[place] ^= 1;
            std::fs::write(&path, bytes).expect("written");
            assert_eq!(kit.store.retry(&key(1), nonce), None, "byte {place}");
            std::fs::write(&path, &whole[..place]).expect("written");
            assert_eq!(kit.store.retry(&key(1), nonce), None, "cut at {place}");
        }
        std::fs::write(&path, &whole).expect("written");
        assert!(kit.store.retry(&key(1), nonce).is_some());
    }

    #[test]
    fn collection_removes_what_says_nothing_of_a_stored_entry() {
        let kit = Kit::new();
        let stays = kit.publish(&spec(1));
        let replaced = kit.publish(&spec(2));
        let gone = kit.publish(&spec(3));
        for (number, nonce) in [(1, stays), (2, replaced), (3, gone), (4, gone)] {
            kit.store.note_failure(&key(number), &failure(nonce, 1)).expect("noted");
        }
        kit.publish(&spec(2));
        kit.store.forget(&[key(3)]).expect("forgotten");
        gc(&kit);
        assert!(kit.store.retry(&key(1), stays).is_some());
        for number in 2..=4 {
            let there = kit.store.stat(&layout::retry(&key(number))).expect("looked");
            assert!(there.is_none(), "{number}");
        }
    }

    proptest! {
        #[test]
        fn garbage_is_none(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            prop_assert_eq!(parse(&bytes), None);
        }
    }
}
