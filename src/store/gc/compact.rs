//! Copying the catalog where it takes far more from the disk than it holds: sled reuses what is
//! freed, but never gives it back, and `max_size` counts it.

use std::time::{Duration, Instant};

use rustix::fs::{RenameFlags, renameat_with};

use super::super::catalog::Catalog;
use super::super::error::StoreError;
use super::super::layout;
use super::super::shelf::Shelf;
use super::measure::{failed, measure};

/// Below this it isn't worth it: an empty one takes half a MiB.
const LEAST: u64 = 2 << 20;
/// A record with its output and its index keys is about as long as the entry's file, and sled
/// takes up to twice what it is given.
const FACTOR: u64 = 3;
/// sled lets go of its lock a while after it is dropped.
const PATIENCE: Duration = Duration::from_secs(5);

impl Shelf<'_> {
    /// Compacts the catalog if that frees much.
    pub(super) fn compact_if_sparse(&mut self) -> Result<(), StoreError> {
        let own = self.store.version_path().join(layout::CATALOG);
        let size = measure(&own, None).map_err(|error| failed(layout::CATALOG, error))?;
        let is_sparse = size > self.catalog.totals().entry_bytes.saturating_mul(FACTOR);
        if size > LEAST && is_sparse { self.compact() } else { Ok(()) }
    }

    /// Puts a copy of the catalog into its place. A kill leaves the old one or the new one, and
    /// the other to be removed by the next sweep.
    fn compact(&mut self) -> Result<(), StoreError> {
        let store = self.store;
        let deadline = Instant::now() + PATIENCE;
        store.remove_tree(layout::CATALOG_COPY)?;
        let made = store.make_folder(layout::CATALOG_COPY);
        made.map_err(|errno| StoreError::new("create", layout::CATALOG_COPY, errno))?;
        self.catalog.copy_to(&store.version_path().join(layout::CATALOG_COPY), deadline)?;
        // What sled writes when it is closed goes by the path.
        self.catalog.close();
        let (from, to) = (layout::CATALOG_COPY, layout::CATALOG);
        // Not every file system can exchange: then it stays as it is.
        let _ = renameat_with(store.dir(), from, store.dir(), to, RenameFlags::EXCHANGE);
        store.sync_folder(".")?;
        store.remove_tree(layout::CATALOG_COPY)?;
        self.catalog = Catalog::open(&store.version_path().join(layout::CATALOG), deadline)?;
        Ok(())
    }
}
