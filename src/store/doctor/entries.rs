//! Whether every entry can be read, and every blob holds what its name says.

use std::collections::BTreeMap;
use std::fmt::Write;

use rustix::fs::OFlags;

use super::super::blobs::digest;
use super::super::error::StoreError;
use super::super::folder::Store;
use super::super::layout;
use super::super::lookup::Health;
use super::{Check, count};
use crate::model::entry::{Body, Nonce, Slot};
use crate::model::key::Key;

/// What is in the folder of entries.
#[derive(Debug, Default)]
pub(super) struct Survey {
    /// Those that can be read, and which computation each is.
    pub(super) sound: BTreeMap<(Key, Slot), Nonce>,
    /// Those that can't.
    pub(super) damaged: Vec<(Key, Slot)>,
    /// What was said when one couldn't be read at all.
    unreadable: Vec<String>,
    /// Those of another version.
    other: usize,
    /// What the blobs that are referred to must be long.
    pub(super) blobs: BTreeMap<[u8; 32], u64>,
}

/// Reads every entry.
pub(super) fn survey(store: &Store) -> Result<Survey, StoreError> {
    let mut survey = Survey::default();
    for key in store.stored_keys()? {
        for slot in [Slot::Good, Slot::Failure] {
            survey.see(store, &key, slot);
        }
    }
    Ok(survey)
}

impl Survey {
    /// Reads one entry.
    pub(super) fn see(&mut self, store: &Store, key: &Key, slot: Slot) {
        match store.health(key, slot) {
            Ok(Health::Sound(entry)) => {
                let stdin = entry.detail().and_then(|detail| detail.stdin);
                self.blobs.extend(stdin);
                let head = entry.head;
                self.sound.insert((*key, slot), head.nonce);
                if let Body::Blob(blob) = &head.body {
                    let len = head.data_len.saturating_add(head.table_len);
                    self.blobs.insert(blob.digest, len);
                }
            }
            Ok(Health::Damaged) => self.damaged.push((*key, slot)),
            Ok(Health::OtherVersion) => self.other += 1,
            Ok(Health::Absent) => {}
            Err(error) => self.unreadable.push(error.to_string()),
        }
    }

    pub(super) fn check(&self) -> Check {
        let ids = |entries: &[(Key, Slot)]| {
            entries.iter().take(3).map(|(key, _)| key.id()).collect::<Vec<_>>().join(", ")
        };
        let mut wrong = Vec::new();
        if !self.damaged.is_empty() {
            let number = count(self.damaged.len(), "entry is", "entries are");
            wrong.push(format!("{number} damaged ({})", ids(&self.damaged)));
        }
        wrong.extend(self.unreadable.first().cloned());
        let mut fine = count(self.sound.len(), "entry", "entries");
        if self.other > 0 {
            let _ = write!(fine, ", {} of another version", self.other);
        }
        Check::new("entries", fine, &wrong)
    }
}

/// Whether each blob that an entry refers to is there and whole.
pub(super) fn blobs(store: &Store, survey: &Survey) -> Check {
    let name = "blobs";
    let stored = match store.stored_blobs() {
        Ok(stored) => stored,
        Err(error) => return Check::failed(name, &error),
    };
    let mut bad = bad_blobs(store, survey);
    if !bad.is_empty() {
        // Entries may have been removed since they were read, and then their blobs.
        let again = match self::survey(store) {
            Ok(again) => bad_blobs(store, &again),
            Err(error) => return Check::failed(name, &error),
        };
        bad.retain(|blob| again.contains(blob));
    }
    let missing = bad.iter().filter(|(_, blob)| *blob == Blob::Missing).count();
    let damaged = bad.len() - missing;
    let mut wrong = Vec::new();
    if missing > 0 {
        wrong.push(format!("{} missing", count(missing, "blob is", "blobs are")));
    }
    if damaged > 0 {
        wrong.push(format!("{} damaged", count(damaged, "blob is", "blobs are")));
    }
    let loose = stored.iter().filter(|digest| !survey.blobs.contains_key(*digest)).count();
    let mut fine = count(survey.blobs.len(), "blob", "blobs");
    if loose > 0 {
        let _ = write!(fine, ", {loose} not referred to (gc removes them)");
    }
    Check::new(name, fine, &wrong)
}

/// What is wrong with a blob.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Blob {
    Missing,
    Damaged,
}

/// Reads every blob that is referred to; those that aren't what they should be.
pub(super) fn bad_blobs(store: &Store, survey: &Survey) -> Vec<([u8; 32], Blob)> {
    let state = |(digest, len): (&[u8; 32], &u64)| Some((*digest, blob(store, digest, *len)?));
    survey.blobs.iter().filter_map(state).collect()
}

fn blob(store: &Store, expected: &[u8; 32], len: u64) -> Option<Blob> {
    let path = layout::blob(expected);
    let Ok(file) = store.open_file(&path, OFlags::RDONLY) else {
        return Some(Blob::Missing);
    };
    let is_long = file.metadata().is_ok_and(|found| found.is_file() && found.len() == len);
    let is_whole = is_long && digest(&file).is_ok_and(|found| found == *expected);
    (!is_whole).then_some(Blob::Damaged)
}
