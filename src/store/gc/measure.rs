//! What the store takes from the disk.

use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use super::super::error::StoreError;
use super::super::layout;
use super::super::shelf::Shelf;
use super::compact::EMPTY;

/// What a block is in `st_blocks`, whatever the file system's own are.
pub(super) const UNIT: u64 = 512;

impl Shelf<'_> {
    /// What everything takes, the rest as it was last measured, but for what the catalog takes
    /// when it is empty.
    pub(super) fn bytes_used(&self) -> Result<u64, StoreError> {
        let totals = self.catalog.totals();
        let own = self.store.version_path().join(layout::CATALOG);
        let catalog = measure(&own, None).map_err(|e| failed(layout::CATALOG, e))?;
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
    pub(super) fn measure_others(&self) -> Result<u64, StoreError> {
        let all = measure(&self.store.version_path(), Some(layout::CATALOG));
        let totals = self.catalog.totals();
        let counted = totals.entry_bytes + totals.blob_bytes;
        Ok(all.map_err(|error| failed(".", error))?.saturating_sub(counted))
    }
}

pub(super) fn failed(path: &str, error: io::Error) -> StoreError {
    StoreError::new("measure", path, error)
}

/// The blocks of a file, or of all files below a folder but for one of its folders. What goes away meanwhile
/// isn't counted.
pub(super) fn measure(folder: &Path, except: Option<&str>) -> io::Result<u64> {
    let names = match std::fs::read_dir(folder) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(0),
        Err(error) if error.kind() == io::ErrorKind::NotADirectory => {
            return Ok(folder.symlink_metadata()?.blocks() * UNIT);
        }
        names => names?,
    };
    let mut sum = 0;
    for found in names {
        let found = found?;
        if except.is_some_and(|name| found.file_name() == name) {
            continue;
        }
        match found.metadata() {
            Ok(stat) if stat.is_dir() => sum += measure(&found.path(), None)?,
            Ok(stat) => sum += stat.blocks() * UNIT,
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(error),
        }
    }
    Ok(sum)
}
