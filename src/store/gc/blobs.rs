//! Blobs that nothing refers to.
//!
//! There are no reference counts and no grace by age: whoever publishes puts blob, marker and
//! entry in place within one holding of the gate, so within the gate every blob that isn't the
//! catalog's belongs to an entry of a marked key, or to none.

use std::collections::BTreeSet;

use super::super::catalog::on_disk;
use super::super::error::StoreError;
use super::super::folder::Store;
use super::super::shelf::Shelf;
use super::super::{gate, layout};
use super::Collected;
use crate::model::entry::{Body, Slot};
use crate::model::key::Key;

/// How often to ingest again where too much changes meanwhile.
const TRIES: usize = 3;

impl Shelf<'_> {
    /// Removes every blob that nothing refers to.
    pub(super) fn sweep_blobs(&mut self, collected: &mut Collected) -> Result<(), StoreError> {
        let mut needed = BTreeSet::new();
        for blob in self.catalog.blobs() {
            needed.insert(blob?.0);
        }
        let stored = self.store.stored_blobs()?;
        let loose: Vec<_> = stored.into_iter().filter(|digest| !needed.contains(digest)).collect();
        self.free_blobs(&loose, collected)
    }

    /// Removes those of these blobs that nothing refers to.
    pub(super) fn free_blobs(
        &mut self,
        digests: &[[u8; 32]],
        collected: &mut Collected,
    ) -> Result<(), StoreError> {
        for batch in digests.chunks(gate::MOST_NAMES / 2) {
            for _ in 0..TRIES {
                let mut loose = Vec::new();
                for digest in batch {
                    if !self.catalog.needs_blob(*digest)? {
                        loose.push(*digest);
                    }
                }
                if self.store.remove_loose_blobs(&loose, collected)? {
                    break;
                }
                self.ingest()?;
            }
        }
        Ok(())
    }
}

impl Store {
    /// The digests of all blobs that are stored.
    pub(in crate::store) fn stored_blobs(&self) -> Result<Vec<[u8; 32]>, StoreError> {
        self.each_hash(layout::BLOBS)?.map(|key| key.map(|Key(digest)| digest)).collect()
    }

    /// Removes blobs that the catalog doesn't know, unless a marked key's entry refers to them.
    /// Whether it could be told: with too many marked keys it takes too long for the gate.
    fn remove_loose_blobs(
        &self,
        digests: &[[u8; 32]],
        collected: &mut Collected,
    ) -> Result<bool, StoreError> {
        if digests.is_empty() {
            return Ok(true);
        }
        let _gate = self.gate(gate::OTHERS_WAIT)?;
        let Some(needed) = self.blobs_of_marked_keys()? else { return Ok(false) };
        for digest in digests.iter().filter(|digest| !needed.contains(*digest)) {
            let path = layout::blob(digest);
            let Some(stat) = self.stat(&path)? else { continue };
            if self.unlink(&path)? {
                collected.blobs += 1;
                collected.bytes_freed += on_disk(stat.st_size.unsigned_abs());
            }
        }
        Ok(true)
    }

    /// Within the gate: the blobs of entries that the catalog may not know yet.
    fn blobs_of_marked_keys(&self) -> Result<Option<BTreeSet<[u8; 32]>>, StoreError> {
        let mut blobs = BTreeSet::new();
        let names = self.names(layout::PENDING)?;
        if names.len() > gate::MOST_NAMES / 2 {
            return Ok(None);
        }
        for name in names {
            let Some(key) = layout::parse_marker(&name) else { return Ok(None) };
            for slot in [Slot::Good, Slot::Failure] {
                let Some(entry) = self.peek(&key, slot)? else { continue };
                let stdin = entry.detail().and_then(|detail| detail.stdin);
                blobs.extend(stdin.map(|(digest, _)| digest));
                if let Body::Blob(blob) = entry.head.body {
                    blobs.insert(blob.digest);
                }
            }
        }
        Ok(Some(blobs))
    }
}
