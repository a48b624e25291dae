//! Removing entries, so that none comes back whoever is killed when.

use rustix::fs::OFlags;

use super::error::{StoreError, is_of_the_file};
use super::folder::Store;
use super::query::Listed;
use super::{gate, layout};
use crate::model::entry::{Nonce, Slot};
use crate::model::key::Key;

/// Names that one key may cost within the gate: flight, marker, both of its files.
const NAMES_A_KEY: usize = 4;

/// An entry that isn't there any more.
pub(super) struct Removed {
    pub(super) key: Key,
    pub(super) slot: Slot,
    /// Of the marker that was made before.
    pub(super) marker: Nonce,
}

impl Store {
    /// Forgets keys whole: their flights are revoked, so that what runs now isn't stored.
    /// Returns how many entries were removed, once that outlasts a loss of power.
    ///
    /// # Errors
    /// If the gate isn't free in time or something can't be removed.
    pub fn forget(&self, keys: &[Key]) -> Result<u64, StoreError> {
        let mut removed = 0;
        for batch in keys.chunks(gate::MOST_NAMES / NAMES_A_KEY) {
            let _gate = self.gate(gate::OTHERS_WAIT)?;
            for key in batch {
                self.unlink(&layout::flight(key))?;
                removed += self.remove_key(key)?;
            }
        }
        self.sync_removal(keys)?;
        Ok(removed)
    }

    /// Forgets everything, flights included.
    ///
    /// # Errors
    /// See [`Store::forget`].
    pub fn forget_all(&self) -> Result<u64, StoreError> {
        self.mark_all()?;
        // Flights first: what lands after the entries were listed would stay.
        self.revoke_flights(|_| true)?;
        self.forget(&self.stored_keys()?)
    }

    /// Forgets computations: what has been computed anew since they were listed stays. Returns
    /// how many were removed, once that outlasts a loss of power.
    ///
    /// # Errors
    /// See [`Store::forget`].
    pub fn forget_computations(&self, listed: &[Listed]) -> Result<u64, StoreError> {
        let victims: Vec<_> =
            listed.iter().map(|Listed { head, .. }| (head.key, head.slot(), head.nonce)).collect();
        let removed = self.remove_if(&victims)?;
        let keys: Vec<Key> = removed.iter().map(|removed| removed.key).collect();
        self.sync_removal(&keys)?;
        Ok(removed.len() as u64)
    }

    /// Removes entries that still are the computations that were looked at; a newer one stays.
    ///
    /// # Errors
    /// See [`Store::forget`].
    pub(super) fn remove_if(
        &self,
        victims: &[(Key, Slot, Nonce)],
    ) -> Result<Vec<Removed>, StoreError> {
        let mut removed = Vec::new();
        for batch in victims.chunks(gate::MOST_NAMES / NAMES_A_KEY) {
            let _gate = self.gate(gate::OTHERS_WAIT)?;
            for (key, slot, nonce) in batch {
                let is_it = self.peek(key, *slot)?.is_some_and(|entry| entry.head.nonce == *nonce);
                if is_it {
                    let marker = self.mark(key)?;
                    if self.unlink(&layout::entry(key, *slot))? {
                        removed.push(Removed { key: *key, slot: *slot, marker });
                    }
                }
            }
        }
        Ok(removed)
    }

    /// Revokes the flights for which `wanted` says so, and those of which nothing can be read: they
    /// may be among them.
    ///
    /// # Errors
    /// If the gate isn't free in time or something can't be removed.
    pub fn revoke_flights(
        &self,
        wanted: impl Fn(&super::FlightInfo) -> bool,
    ) -> Result<(), StoreError> {
        let keys: Vec<Key> = self
            .flights()?
            .into_iter()
            .filter(|(_, info)| info.as_ref().is_none_or(&wanted))
            .map(|(key, _)| key)
            .collect();
        for batch in keys.chunks(gate::MOST_NAMES) {
            let _gate = self.gate(gate::OTHERS_WAIT)?;
            for key in batch {
                self.unlink(&layout::flight(key))?;
            }
        }
        Ok(())
    }

    /// Notes that every record may be out of date from now on.
    ///
    /// The mark grows each time, so that whoever is about to take an older one away notices.
    pub(super) fn mark_all(&self) -> Result<(), StoreError> {
        let failed = |errno| StoreError::new("create", layout::RESCAN, errno);
        {
            // Within the gate: a repair that has found no RESCAN has published by now.
            let _gate = self.gate(gate::OTHERS_WAIT)?;
            let create = || self.create_file(layout::RESCAN, OFlags::WRONLY | OFlags::APPEND);
            let mark = match create() {
                Err(errno) if is_of_the_file(&errno.into()) => {
                    self.put_aside(layout::RESCAN)?;
                    create()
                }
                mark => mark,
            };
            rustix::io::write(mark.map_err(failed)?, b"!").map_err(failed)?;
        }
        self.sync_folder(layout::PENDING)
    }

    /// The keys that have an entry's file of either kind, each once, unsorted.
    pub(super) fn stored_keys(&self) -> Result<Vec<Key>, StoreError> {
        let mut keys = Vec::new();
        for shard in self.names(layout::ENTRIES)? {
            let path = format!("{}/{shard}", layout::ENTRIES);
            // One that can't be listed mustn't pass for one without entries.
            let names = self.names(&path)?;
            let mut found: Vec<Key> =
                names.iter().filter_map(|name| Some(layout::parse_entry(name)?.0)).collect();
            found.sort_unstable();
            found.dedup();
            keys.append(&mut found);
        }
        Ok(keys)
    }

    /// Within the gate: marks and removes both of a key's files.
    fn remove_key(&self, key: &Key) -> Result<u64, StoreError> {
        let mut removed = 0;
        // Also where no file is found: the record may exist, and its entry must not come back.
        self.mark(key)?;
        for slot in [Slot::Good, Slot::Failure] {
            removed += u64::from(self.unlink(&layout::entry(key, slot))?);
        }
        Ok(removed)
    }

    pub(super) fn sync_removal(&self, keys: &[Key]) -> Result<(), StoreError> {
        let mut folders: Vec<String> = keys
            .iter()
            .map(|key| layout::folder(&layout::entry(key, Slot::Good)).to_owned())
            .collect();
        folders.sort_unstable();
        folders.dedup();
        self.sync_folder(layout::PENDING)?;
        for folder in folders {
            match self.sync_folder(&folder) {
                Err(error) if !error.is_not_found() => return Err(error),
                _ => {}
            }
        }
        Ok(())
    }
}
