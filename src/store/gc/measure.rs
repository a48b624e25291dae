//! What the store takes from the disk.

use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use super::super::error::StoreError;
use super::super::layout;
use super::super::shelf::Shelf;
use super::compact::EMPTY;
use super::{Progress, Stage};

/// What a block is in `st_blocks`, whatever the file system's own are.
pub(super) const UNIT: u64 = 512;

impl Shelf<'_> {
    /// What everything takes, the rest as it was last measured, but for what the catalog takes
    /// when it is empty.
    pub(super) fn bytes_used(&self) -> Result<u64, StoreError> {
        let totals = self.catalog.totals();
        let own = self.store.version_path().join(layout::CATALOG);
        let catalog = measure(&own).map_err(|e| failed(layout::CATALOG, e))?;
        let catalog = catalog.saturating_sub(EMPTY);
        Ok(totals.entry_bytes + totals.blob_bytes + totals.other_bytes + catalog)
    }

    /// Notes that some of what was measured is gone.
    pub(super) fn others_shrank_by(&mut self, bytes: u64) -> Result<(), StoreError> {
        if bytes > 0 {
            self.catalog.count(|t| t.other_bytes = t.other_bytes.saturating_sub(bytes))?;
        }
        Ok(())
    }

    /// Measures what neither is the catalog's own nor counted by it.
    pub(super) fn measure_others(&self, progress: Progress<'_>) -> Result<u64, StoreError> {
        let totals = self.catalog.totals();
        let mut sum = 0;
        for name in self.store.names(".")? {
            let counted = match name.as_str() {
                layout::CATALOG => continue,
                layout::ENTRIES if self.stored_entries(progress)? <= totals.entries => continue,
                layout::ENTRIES => totals.entry_bytes,
                layout::BLOBS => totals.blob_bytes,
                _ => 0,
            };
            let all = measure(&self.store.version_path().join(&name));
            sum += all.map_err(|error| failed(&name, error))?.saturating_sub(counted);
        }
        Ok(sum)
    }

    /// How many files there are of entries: where the catalog knows of as many, none has to be
    /// looked at, and that may be a million.
    fn stored_entries(&self, progress: Progress<'_>) -> Result<u64, StoreError> {
        let mut files = 0;
        for shard in self.store.names(layout::ENTRIES)? {
            progress(Stage::Sweep)?;
            let names = self.store.names(&format!("{}/{shard}", layout::ENTRIES));
            files += names.map_or(0, |names| names.len() as u64);
        }
        Ok(files)
    }
}

pub(super) fn failed(path: &str, error: io::Error) -> StoreError {
    StoreError::new("measure", path, error)
}

/// The blocks of a file, or of all files below a folder. What goes away meanwhile isn't counted.
pub(in crate::store) fn measure(folder: &Path) -> io::Result<u64> {
    let names = match folder.symlink_metadata() {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(0),
        // Not where a link leads to.
        Ok(stat) if !stat.is_dir() => return Ok(stat.blocks() * UNIT),
        _ => std::fs::read_dir(folder)?,
    };
    let mut sum = 0;
    for found in names {
        let found = found?;
        match found.metadata() {
            Ok(stat) if stat.is_dir() => sum += measure(&found.path())?,
            Ok(stat) => sum += stat.blocks() * UNIT,
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(error),
        }
    }
    Ok(sum)
}
