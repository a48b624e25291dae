//! Putting right what can be put right.
//!
//! Entries come back from records only here, and only where nothing says that they were removed:
//! within the gate, no marker, no `RESCAN`, no entry, and its time not over.

use std::fs::File;
use std::io::Write;
use std::path::Path;

use super::super::catalog::Record;
use super::super::entry_file::EntryFile;
use super::super::error::{StoreError, Unusable};
use super::super::folder::Store;
use super::super::gc::Collected;
use super::super::lookup::Lookup;
use super::super::shelf::Shelf;
use super::super::{gate, layout};
use super::entries::{self, Blob};
use super::{Connect, catalog, count, folders, leftovers, odd};
use crate::model::entry::{Body, Slot};
use crate::model::key::Key;
use crate::model::time::Stamp;

/// Puts right what is wrong with the cache folder at `path`; says what was done.
///
/// # Errors
/// If the folder mustn't be used, the catalog can't be had, or something can't be written. What
/// was done until then stays so, and doing it again goes on from there.
pub fn repair(path: &Path, connect: Connect<'_>, now: Stamp) -> Result<Vec<String>, StoreError> {
    let mut done = Vec::new();
    if let Err(error @ Unusable::NewerFormat { .. }) = Store::open_known(path) {
        return Err(unusable(path, &error));
    }
    let failed = |error| StoreError::new("close", &path.to_string_lossy(), error);
    for folder in folders::close(path).map_err(failed)? {
        done.push(format!("set the mode of {} to 0700", folder.display()));
    }
    // Before anything is made: nothing can be in the place of what is odd.
    if let Ok(Some(store)) = Store::open(path) {
        odd::mend(&store, &mut done)?;
    }
    let store = Store::prepare(path).map_err(|error| unusable(path, &error))?;
    for folder in folders::missing(&store) {
        let made = store.make_folder(folder);
        made.map_err(|errno| StoreError::new("create", folder, errno))?;
        done.push(format!("made {folder}/ anew"));
    }
    mend_own_files(&store, &mut done)?;
    set_damaged_aside(&store, &mut done)?;
    for path in leftovers::torn_hits(&store)?.1 {
        leftovers::mend_hits(&store, &path)?;
        done.push(format!("cut {path} back to its last whole record"));
    }
    let had_catalog = store.stat(layout::CATALOG)?.is_some();
    done.extend(connect(&store).repair(had_catalog, now)?);
    Ok(done)
}

fn unusable(path: &Path, error: &Unusable) -> StoreError {
    let (path, why) = (path.to_string_lossy(), error.to_string());
    match error {
        Unusable::NewerFormat { .. } => StoreError::newer(&path, &why),
        _ => StoreError::new("use", &path, std::io::Error::other(why)),
    }
}

/// Writes the file of the format version and that of the salt anew where they don't hold what they
/// must. Entries stay what they are: of a new salt only `explain` knows, which finds nothing near.
fn mend_own_files(store: &Store, done: &mut Vec<String>) -> Result<(), StoreError> {
    let mut mend = |name: &str, content: &[u8]| {
        done.push(format!("wrote {name} anew"));
        write_anew(store, name, content)
    };
    if !folders::has_version(store) {
        mend(layout::FORMAT, format!("{}\n", layout::VERSION).as_bytes())?;
    }
    if store.salt().is_err() {
        mend(layout::SALT, &Store::random_salt())?;
    }
    Ok(())
}

fn write_anew(store: &Store, path: &str, content: &[u8]) -> Result<(), StoreError> {
    let (temporary, mut file) = store.create_temporary("new")?;
    file.write_all(content).map_err(|error| StoreError::new("write", path, error))?;
    // What is no file at all couldn't be replaced.
    store.remove_tree(path)?;
    store.rename(&temporary, path)
}

/// Moves damaged entries and blobs away, and the entries of blobs that are gone.
fn set_damaged_aside(store: &Store, done: &mut Vec<String>) -> Result<(), StoreError> {
    let survey = entries::survey(store)?;
    for (digest, blob) in entries::bad_blobs(store, &survey) {
        if blob == Blob::Damaged {
            let _gate = store.gate(gate::OTHERS_WAIT)?;
            store.put_aside(&layout::blob(&digest))?;
        }
    }
    let mut aside = 0;
    for (key, slot) in survey.damaged.iter().chain(survey.sound.keys()) {
        // Looking an entry up sets it aside if it or its blob can't be used.
        aside += usize::from(matches!(store.find(key, *slot), Ok(Lookup::Corrupt)));
    }
    if aside > 0 {
        done.push(format!("set {} aside", count(aside, "damaged entry", "damaged entries")));
    }
    Ok(())
}

/// An entry that is ready to take its place.
struct Ready {
    key: Key,
    slot: Slot,
    path: String,
    _locked: File,
}

impl Shelf<'_> {
    /// Makes the catalog and the entries agree; says what was done.
    pub(in crate::store) fn repair(
        &mut self,
        had_catalog: bool,
        now: Stamp,
    ) -> Result<Vec<String>, StoreError> {
        let store = self.store;
        let mut done = Vec::new();
        if catalog::records(&self.catalog).is_err() {
            self.rebuild()?;
        }
        let is_new = store.stat(layout::RESCAN)?.is_some();
        self.ingest()?;
        let records = catalog::records(&self.catalog)?;
        let differences =
            catalog::compare(&records, &entries::survey(store)?, &catalog::marked(store)?.0);
        if is_new {
            let how = if had_catalog { "rebuilt" } else { "made" };
            done.push(format!("{how} the catalog from the entries"));
        }
        let restored = self.restore(&differences.lost, now)?;
        if restored > 0 {
            done.push(format!("restored {}", count(restored, "lost entry", "lost entries")));
        }
        for (key, _) in differences.unrecorded.iter().chain(&differences.lost) {
            store.mark(key)?;
        }
        if !differences.unrecorded.is_empty() {
            let number = count(differences.unrecorded.len(), "entry", "entries");
            done.push(format!("recorded {number} anew"));
        }
        self.ingest()?;
        self.sweep(now, &mut Collected::default(), &mut |_| Ok(()))?;
        Ok(done)
    }

    /// Publishes lost entries from their records. How many.
    pub(in crate::store) fn restore(
        &self,
        lost: &[(Key, Slot)],
        now: Stamp,
    ) -> Result<usize, StoreError> {
        let mut restored = 0;
        for batch in lost.chunks(gate::MOST_NAMES) {
            let mut ready = Vec::new();
            for (key, slot) in batch {
                ready.extend(self.write_from_record(key, *slot, now)?);
            }
            restored += self.put_back(ready)?;
        }
        Ok(restored)
    }

    /// The very file that was lost, unless its time is over or its blob is gone too.
    fn write_from_record(
        &self,
        key: &Key,
        slot: Slot,
        now: Stamp,
    ) -> Result<Option<Ready>, StoreError> {
        let Some(record) = self.catalog.record(key, slot)? else { return Ok(None) };
        let mut access = self.catalog.access(key)?;
        access.follow(self.store, key);
        let is_over = record.expires(&access).is_some_and(|expires| expires <= now.wall);
        if is_over || !self.has_its_blob(&record)? {
            return Ok(None);
        }
        let output = match record.head.body {
            Body::Inline => self.catalog.output(key, slot)?,
            Body::Blob(_) => Some(Vec::new()),
        };
        let Some(output) = output else { return Ok(None) };
        // How to compute it again isn't in the catalog: the next call that hits it says so.
        let entry = EntryFile::new(record.head, &record.detail, None, &output);
        let (path, locked) = self.store.write_temporary_entry(&entry)?;
        Ok(Some(Ready { key: *key, slot, path, _locked: locked }))
    }

    fn has_its_blob(&self, record: &Record) -> Result<bool, StoreError> {
        let Some((digest, len)) = record.output_blob() else { return Ok(true) };
        let stat = self.store.stat(&layout::blob(&digest))?;
        Ok(stat.is_some_and(|stat| stat.st_size.unsigned_abs() == len))
    }

    fn put_back(&self, ready: Vec<Ready>) -> Result<usize, StoreError> {
        let _gate = self.store.gate(gate::OTHERS_WAIT)?;
        let (marked, all) = catalog::marked(self.store)?;
        let mut restored = 0;
        for Ready { key, slot, path, _locked } in ready {
            let target = layout::entry(&key, slot);
            let is_removed = all || marked.contains(&key);
            if is_removed || self.store.stat(&target)?.is_some() {
                self.store.unlink(&path)?;
                continue;
            }
            // No marker: the entry becomes equal to its record. One made now would, after a kill
            // before the rename, have the next ingest remove the very record.
            self.store.rename(&path, &target)?;
            restored += 1;
        }
        Ok(restored)
    }
}
