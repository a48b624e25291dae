//! The owner of the catalog: whoever holds `locks/catalog` has it open, nobody else.
//!
//! A catalog that is proven to be damaged is set aside and filled again from the entries. `RESCAN`
//! is made before anything is moved and taken away last, so a kill at any point is made good by
//! whoever opens the catalog next.

use std::collections::BTreeSet;
use std::fs::File;
use std::time::{Duration, Instant};

use rustix::fs::{FlockOperation, OFlags};

use super::catalog::{Catalog, CatalogError};
use super::error::StoreError;
use super::folder::Store;
use super::gate::lock_within;
use super::layout;
use crate::model::key::Key;

/// The catalog, open and ours until this is dropped.
pub struct Shelf<'s> {
    pub(super) store: &'s Store,
    // Closed before the lock is let go: the order of the fields.
    pub(super) catalog: Catalog,
    lock: File,
    /// Keys whose records have changed, where somebody wants to know.
    pub(super) changed: Option<BTreeSet<Key>>,
}

impl Store {
    /// Takes the catalog's lock, waiting at most `patience`.
    pub(super) fn lock_catalog(&self, patience: Duration) -> Result<File, StoreError> {
        self.check_writable_format()?;
        let failed = |errno| StoreError::new("lock", layout::CATALOG_LOCK, errno);
        let file = self.create_file(layout::CATALOG_LOCK, OFlags::RDWR).map_err(failed)?;
        lock_within(&file, FlockOperation::NonBlockingLockExclusive, patience).map_err(failed)?;
        Ok(file)
    }

    /// Opens the catalog, takes in what has changed, and does `work` with it.
    ///
    /// If it turns out to be damaged on the way, it is rebuilt and `work` is done anew.
    ///
    /// # Errors
    /// [`StoreError::is_busy`] if somebody else has it open for longer than `patience`; else what
    /// `work` says, or that the catalog can't be opened, read or written.
    pub fn with_catalog<T>(
        &self,
        patience: Duration,
        work: impl FnMut(&mut Shelf<'_>) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        Shelf::open(self, patience)?.work(patience, work)
    }

    fn open_catalog(&self, deadline: Instant) -> Result<Catalog, CatalogError> {
        // Made by us, sled's folder has the right mode whatever the umask is.
        self.make_folder(layout::CATALOG).map_err(std::io::Error::from)?;
        Catalog::open(&self.version_path().join(layout::CATALOG), deadline)
    }

    /// Moves a damaged catalog out of the way; every record is to be made anew.
    fn condemn_catalog(&self) -> Result<(), StoreError> {
        self.mark_all()?;
        self.remove_tree(layout::CATALOG_ASIDE)?;
        match self.rename(layout::CATALOG, layout::CATALOG_ASIDE) {
            Err(error) if error.is_not_found() => return Ok(()),
            moved => moved?,
        }
        self.sync_folder(layout::QUARANTINE)?;
        self.sync_folder(".")
    }

    /// Removes a file or a folder with all that is in it, if it is there.
    pub(super) fn remove_tree(&self, path: &str) -> Result<(), StoreError> {
        let full = self.version_path().join(path);
        let removed = match full.symlink_metadata() {
            Ok(found) if found.is_dir() => std::fs::remove_dir_all(&full),
            Ok(_) => std::fs::remove_file(&full),
            Err(error) => Err(error),
        };
        match removed {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                Err(StoreError::new("remove", path, error))
            }
            _ => Ok(()),
        }
    }
}

impl<'s> Shelf<'s> {
    /// Opens the catalog, waiting at most `patience` for whoever has it open. It may be behind
    /// the entries until [`Shelf::ingest`].
    ///
    /// # Errors
    /// See [`Store::with_catalog`].
    pub fn open(store: &'s Store, patience: Duration) -> Result<Shelf<'s>, StoreError> {
        let deadline = Instant::now() + patience;
        let lock = store.lock_catalog(patience)?;
        Shelf::open_locked(store, lock, deadline)
    }

    /// Opens the catalog for who holds its lock already.
    pub(super) fn open_locked(
        store: &'s Store,
        lock: File,
        deadline: Instant,
    ) -> Result<Shelf<'s>, StoreError> {
        let catalog = match store.open_catalog(deadline) {
            Err(CatalogError::Corrupt(_)) => {
                store.condemn_catalog()?;
                store.open_catalog(deadline)?
            }
            opened => opened?,
        };
        let mut shelf = Shelf { store, catalog, lock, changed: None };
        if shelf.catalog.is_new()? {
            // Until it is filled it knows less than there is; that must outlast a kill.
            store.mark_all()?;
            shelf.catalog.found()?;
        }
        Ok(shelf)
    }

    /// Takes in what has changed and does `work`, both anew if the catalog proves damaged.
    pub(super) fn work<T>(
        mut self,
        patience: Duration,
        mut work: impl FnMut(&mut Shelf<'_>) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        let done = self.ingest().and_then(|_| work(&mut self));
        if done.is_ok() || !self.is_broken() {
            return done;
        }
        let mut rebuilt = self.rebuild(patience)?;
        rebuilt.ingest()?;
        work(&mut rebuilt)
    }

    /// Sets the catalog aside and opens a new one, which the next [`Shelf::ingest`] fills.
    ///
    /// # Errors
    /// See [`Store::with_catalog`].
    pub fn rebuild(self, patience: Duration) -> Result<Shelf<'s>, StoreError> {
        let Shelf { store, catalog, lock: locked, changed } = self;
        drop(catalog);
        store.condemn_catalog()?;
        let rebuilt = Shelf::open_locked(store, locked, Instant::now() + patience)?;
        Ok(Shelf { changed, ..rebuilt })
    }

    /// Whether damage has come to light since it was opened: it is to be rebuilt.
    #[must_use]
    pub fn is_broken(&self) -> bool {
        self.catalog.is_broken()
    }
}

#[cfg(test)]
mod tests;
