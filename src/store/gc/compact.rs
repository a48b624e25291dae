//! Copying the catalog where it takes far more from the disk than it holds: sled reuses what is
//! freed, but never gives it back, and `max_size` counts it.

use std::time::{Duration, Instant};

use rustix::fs::{RenameFlags, renameat_with};

use super::super::catalog::Catalog;
use super::super::error::StoreError;
use super::super::layout;
use super::super::shelf::Shelf;
use super::measure::{failed, measure};
use crate::model::policy::Limits;

/// What one takes however little it holds: sled's first segment and three small files. This isn't
/// counted, since nothing could be removed to get it back.
pub(super) const EMPTY: u64 = SEGMENT + (32 << 10);
/// sled takes the disk in pieces of this size.
const SEGMENT: u64 = 512 << 10;
/// Up to this more than an empty one takes it isn't worth it, where `max_size` allows for it.
const LEAST: u64 = 2 << 20;
/// The share of `max_size` that it may take before it is looked into.
const SHARE: u64 = 4;
/// A record with its output and its index keys is about as long as the entry's file, and sled
/// takes up to twice what it is given.
const FACTOR: u64 = 3;
/// Up to this size it is read whole to see what a copy would take: entries that take a block each
/// say little of what is in them.
const READ_WHOLE: u64 = 16 << 20;
/// More than sled takes for what it is given (measured: 2 to 3).
const OF_A_COPY: u64 = 4;
/// sled lets go of its lock a while after it is dropped.
const PATIENCE: Duration = Duration::from_secs(5);

impl Shelf<'_> {
    /// Compacts the catalog if that frees much.
    pub(super) fn compact_if_sparse(&mut self, limits: &Limits) -> Result<(), StoreError> {
        let own = self.store.version_path().join(layout::CATALOG);
        let size = measure(&own).map_err(|error| failed(layout::CATALOG, error))?;
        let worth_it = LEAST.min(limits.max_size / SHARE);
        if size.saturating_sub(EMPTY) > worth_it && self.is_sparse(size)? {
            return self.compact();
        }
        Ok(())
    }

    /// Whether a copy would take much less.
    fn is_sparse(&self, size: u64) -> Result<bool, StoreError> {
        if size > READ_WHOLE {
            return Ok(size > self.catalog.totals().entry_bytes.saturating_mul(FACTOR));
        }
        let whole_segments = self.catalog.len()? * OF_A_COPY / SEGMENT * SEGMENT;
        Ok(size > EMPTY + whole_segments)
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
