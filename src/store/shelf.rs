//! The owner of the catalog: whoever holds `locks/catalog` has it open, nobody else.
//!
//! A catalog that is proven to be damaged is set aside and filled again from the entries. `RESCAN`
//! is made before anything is moved and taken away last, so a kill at any point is made good by
//! whoever opens the catalog next.

use std::collections::BTreeSet;
use std::fs::File;
use std::time::{Duration, Instant};

use super::catalog::{self, Catalog, CatalogError};
use super::error::StoreError;
use super::folder::Store;
use super::layout;
use crate::model::key::Key;

/// sled lets go of its own lock a while after it is dropped.
const REOPENED: Duration = Duration::from_secs(5);

/// The catalog, open and ours until this is dropped.
pub struct Shelf<'s> {
    pub(super) store: &'s Store,
    // Closed before the lock is let go: the order of the fields.
    pub(super) catalog: Catalog,
    _lock: CatalogLock,
    /// Keys whose records have changed, where somebody wants to know.
    pub(super) changed: Option<BTreeSet<Key>>,
}

/// The catalog's lock, held until this is dropped; or for as long as the process lives, if by then
/// something in it may still go on with the catalog.
pub(super) struct CatalogLock(Option<File>);

impl Drop for CatalogLock {
    fn drop(&mut self) {
        if catalog::is_stuck() {
            std::mem::forget(self.0.take());
        }
    }
}

impl Store {
    /// Takes the catalog's lock, waiting at most `patience`.
    pub(super) fn lock_catalog(&self, patience: Duration) -> Result<CatalogLock, StoreError> {
        Ok(CatalogLock(Some(self.lock(layout::CATALOG_LOCK, patience)?)))
    }

    fn open_catalog(&self, deadline: Instant) -> Result<Catalog, CatalogError> {
        // Made by us, sled's folder has the right mode whatever the umask is.
        self.make_folder(layout::CATALOG).map_err(std::io::Error::from)?;
        Catalog::open(&self.version_path().join(layout::CATALOG), deadline)
    }

    /// Opens the catalog, made anew where it is damaged or new.
    fn open_sound_catalog(&self, deadline: Instant) -> Result<Catalog, StoreError> {
        let mut catalog = match self.open_catalog(deadline) {
            Err(CatalogError::Corrupt(_)) => {
                self.condemn_catalog()?;
                self.open_catalog(deadline)?
            }
            opened => opened?,
        };
        if catalog.is_new()? {
            // Until it is filled it knows less than there is; that must outlast a kill.
            self.mark_all()?;
            catalog.found()?;
        }
        Ok(catalog)
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
    /// [`StoreError::is_busy`] if somebody else has it open for longer than `patience`; else that
    /// it can't be opened, read or written.
    pub fn open(store: &'s Store, patience: Duration) -> Result<Shelf<'s>, StoreError> {
        let deadline = Instant::now() + patience;
        let lock = store.lock_catalog(patience)?;
        Shelf::open_locked(store, lock, deadline)
    }

    /// Opens the catalog for who holds its lock already.
    pub(super) fn open_locked(
        store: &'s Store,
        lock: CatalogLock,
        deadline: Instant,
    ) -> Result<Shelf<'s>, StoreError> {
        let catalog = store.open_sound_catalog(deadline)?;
        Ok(Shelf { store, catalog, _lock: lock, changed: None })
    }

    /// Does `work`; anew with a catalog made anew, if this one proves damaged on the way.
    pub(super) fn work<T>(
        &mut self,
        mut work: impl FnMut(&mut Shelf<'s>) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        if self.catalog.is_closed() {
            // A copy was to take its place and couldn't be opened then.
            self.catalog = self.store.open_sound_catalog(Instant::now() + REOPENED)?;
        }
        let done = work(self);
        if done.is_ok() || !self.is_broken() {
            return done;
        }
        self.rebuild()?;
        work(self)
    }

    /// Sets the catalog aside and opens a new one, which the next [`Shelf::ingest`] fills.
    ///
    /// # Errors
    /// See [`Shelf::open`]. It is closed then, and opened by the next [`Shelf::answer`].
    pub fn rebuild(&mut self) -> Result<(), StoreError> {
        self.catalog.close();
        self.store.condemn_catalog()?;
        self.catalog = self.store.open_sound_catalog(Instant::now() + REOPENED)?;
        Ok(())
    }

    /// Whether damage has come to light since it was opened: it is to be rebuilt.
    #[must_use]
    pub fn is_broken(&self) -> bool {
        self.catalog.is_broken()
    }
}

#[cfg(test)]
mod tests;
