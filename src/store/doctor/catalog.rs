//! Whether the catalog can be read whole, and says what the entries say.

use std::collections::{BTreeMap, BTreeSet};

use super::super::catalog::{Catalog, CatalogError};
use super::super::error::StoreError;
use super::super::folder::Store;
use super::super::layout;
use super::super::request::CatalogClient;
use super::entries::Survey;
use super::{Check, count};
use crate::model::entry::{Body, Nonce, Slot};
use crate::model::key::Key;

const NAME: &str = "catalog";

/// Which computation each record is of.
pub(in crate::store) type Records = BTreeMap<(Key, Slot), Nonce>;

/// How records and entries differ, less what a marker accounts for.
#[derive(Debug, Default)]
pub(super) struct Differences {
    /// Records without an entry.
    pub(super) lost: Vec<(Key, Slot)>,
    /// Entries without a record, or with one of another computation.
    pub(super) unrecorded: Vec<(Key, Slot)>,
}

impl Differences {
    /// Drops what agrees by now or is being changed: entries, markers and records were read one
    /// after the other. What was the same entry before the records were read and after it, and not
    /// marked either time, wasn't changed in between.
    fn look_again(&mut self, store: &Store, asked: &CatalogClient<'_>) -> Result<(), Check> {
        let suspects: Vec<_> = self.lost.iter().chain(&self.unrecorded).copied().collect();
        if suspects.is_empty() {
            return Ok(());
        }
        let failed = |error| Check::failed(NAME, &error);
        let see = || {
            let mut survey = Survey::default();
            for (key, slot) in &suspects {
                survey.see(store, key, *slot);
            }
            survey
        };
        let survey = see();
        let (mut dirty, _) = marked(store).map_err(failed)?;
        let records = read(asked)?;
        let after = see();
        dirty.extend(marked(store).map_err(failed)?.0);
        let has_changed =
            |entry: &&(Key, Slot)| survey.sound.get(*entry) != after.sound.get(*entry);
        dirty.extend(suspects.iter().filter(has_changed).map(|(key, _)| *key));
        let now = compare(&records, &survey, &dirty);
        // Both are sorted.
        self.lost.retain(|entry| now.lost.binary_search(entry).is_ok());
        self.unrecorded.retain(|entry| now.unrecorded.binary_search(entry).is_ok());
        Ok(())
    }
}

pub(super) fn check(store: &Store, survey: &Survey, asked: &CatalogClient<'_>) -> Check {
    let fine = |detail: String| Check { name: NAME, ok: true, detail };
    let (dirty, all) = match marked(store) {
        Ok(marked) => marked,
        Err(error) => return Check::failed(NAME, &error),
    };
    if !matches!(store.stat(layout::CATALOG), Ok(Some(_))) {
        let unmarked = survey.sound.keys().filter(|(key, _)| !dirty.contains(key)).count();
        return match unmarked {
            0 => fine("not made yet".to_owned()),
            _ if all => fine("about to be made from the entries".to_owned()),
            _ => Check::new(NAME, String::new(), &["it is missing".to_owned()]),
        };
    }
    let records = match read(asked) {
        Ok(records) => records,
        Err(check) => return check,
    };
    if all {
        let number = count(records.len(), "record", "records");
        return fine(format!("{number}, about to be brought up to date with the entries"));
    }
    let mut differences = compare(&records, survey, &dirty);
    if let Err(check) = differences.look_again(store, asked) {
        return check;
    }
    let mut wrong = Vec::new();
    if !differences.lost.is_empty() {
        let number = count(differences.lost.len(), "record has", "records have");
        wrong.push(format!("{number} lost their entry (--repair restores what can be)"));
    }
    if !differences.unrecorded.is_empty() {
        let number = count(differences.unrecorded.len(), "entry has", "entries have");
        wrong.push(format!("{number} no record, or an old one"));
    }
    Check::new(NAME, count(records.len(), "record", "records"), &wrong)
}

/// The records; or what is to be said instead.
fn read(asked: &CatalogClient<'_>) -> Result<Records, Check> {
    match asked.records() {
        Ok(Ok(records)) => {
            Ok(records.into_iter().map(|(key, slot, nonce)| ((key, slot), nonce)).collect())
        }
        Ok(Err(damage)) => Err(Check { name: NAME, ok: false, detail: damage }),
        Err(error) if error.is_busy() => {
            let detail = "in use by another process, so not looked into".to_owned();
            Err(Check { name: NAME, ok: true, detail })
        }
        Err(error) => Err(Check::failed(NAME, &error)),
    }
}

/// Keys with a marker, and whether all keys are marked.
pub(super) fn marked(store: &Store) -> Result<(BTreeSet<Key>, bool), StoreError> {
    let names = store.names(layout::PENDING)?;
    let keys = names.iter().filter_map(|name| layout::parse_marker(name)).collect();
    Ok((keys, store.stat(layout::RESCAN)?.is_some()))
}

/// Reads every record and every output.
pub(in crate::store) fn records(catalog: &Catalog) -> Result<Records, CatalogError> {
    let mut records = BTreeMap::new();
    for key in catalog.keys(&[]) {
        let state = catalog.state(&key?)?;
        for record in state.records() {
            let slot = record.head.slot();
            let is_inline = record.head.body == Body::Inline;
            if is_inline && catalog.output(&state.key, slot)?.is_none() {
                return Err(CatalogError::Corrupt("an output is missing".to_owned()));
            }
            records.insert((state.key, slot), record.head.nonce);
        }
    }
    if records.len() as u64 != catalog.totals().entries {
        return Err(CatalogError::Corrupt("records and totals differ".to_owned()));
    }
    Ok(records)
}

pub(super) fn compare(records: &Records, survey: &Survey, dirty: &BTreeSet<Key>) -> Differences {
    let is_clean = |(key, _): &&(Key, Slot)| !dirty.contains(key);
    let unreadable: BTreeSet<_> = survey.damaged.iter().collect();
    let is_lost =
        |entry: &&(Key, Slot)| !survey.sound.contains_key(*entry) && !unreadable.contains(*entry);
    let is_unrecorded = |entry: &&(Key, Slot)| records.get(*entry) != survey.sound.get(*entry);
    Differences {
        lost: records.keys().filter(is_clean).filter(is_lost).copied().collect(),
        unrecorded: survey.sound.keys().filter(is_clean).filter(is_unrecorded).copied().collect(),
    }
}
