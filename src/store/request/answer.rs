//! Performing a request, by whoever has the catalog open.

use std::time::Duration;

use super::super::catalog::{Catalog, CatalogError};
use super::super::doctor;
use super::super::error::StoreError;
use super::super::folder::Store;
use super::super::gc::Progress;
use super::super::layout;
use super::super::query::{Listed, Match};
use super::super::shelf::Shelf;
use super::{Answer, Named, Nearest, Request};
use crate::model::entry::Slot;
use crate::model::key::Key;

impl Store {
    /// Performs a request with the catalog, opened for it here.
    ///
    /// # Errors
    /// [`StoreError::is_busy`] if somebody else has it open for longer than `patience`; else as
    /// [`Shelf::answer`].
    pub fn answer(
        &self,
        request: &Request,
        patience: Duration,
        progress: Progress<'_>,
    ) -> Result<Answer, StoreError> {
        match request {
            // Whoever only looks mustn't set a damaged catalog aside, or make one.
            Request::Records => self.records_as_they_are(patience),
            _ => Shelf::open(self, patience)?.answer(request, progress),
        }
    }

    fn records_as_they_are(&self, patience: Duration) -> Result<Answer, StoreError> {
        let deadline = std::time::Instant::now() + patience;
        let _lock = self.lock_catalog(patience)?;
        let opened = Catalog::open(&self.version_path().join(layout::CATALOG), deadline);
        records(opened.and_then(|catalog| doctor::records(&catalog)))
    }
}

impl Shelf<'_> {
    /// Performs a request; a catalog that turns out to be damaged on the way is rebuilt, and the
    /// request performed anew. `progress` is told of a collection's alone.
    ///
    /// # Errors
    /// If the catalog can't be read or written, the gate isn't free in time, something in the
    /// cache folder can't be changed, or `progress` says so.
    pub fn answer(
        &mut self,
        request: &Request,
        progress: Progress<'_>,
    ) -> Result<Answer, StoreError> {
        self.work(|shelf| shelf.perform(request, progress))
    }

    fn perform(&mut self, request: &Request, progress: Progress<'_>) -> Result<Answer, StoreError> {
        // These do so themselves, or look at what is.
        let is_raw =
            matches!(request, Request::Gc { .. } | Request::Records | Request::Repair { .. });
        if !is_raw {
            self.ingest()?;
        }
        Ok(match request {
            Request::Ingest => Answer::Done,
            Request::List(wanted) => Answer::Listed(self.list_wanted(wanted)?),
            Request::Select { filter, now } => Answer::Listed(self.select(filter, *now)?),
            Request::Entries { keys } => Answer::Listed(self.stored_under(keys)?),
            Request::Find { ids } => {
                let named: Result<_, StoreError> = ids.iter().map(|id| self.named(id)).collect();
                Answer::Named(named?)
            }
            Request::Stats { top } => Answer::Stats(self.stats(*top)?),
            Request::Nearest { program, parts } => {
                let nearest = self.nearest(program, parts)?;
                Answer::Nearest(nearest.map(|(listed, differs)| {
                    let listed = Box::new(listed.without_parts());
                    Nearest { listed, differs }
                }))
            }
            Request::Gc { limits, now } => Answer::Collected(self.gc(limits, *now, progress)?),
            Request::Records => records(doctor::records(&self.catalog))?,
            Request::Repair { had_catalog, now } => {
                Answer::Repaired(self.repair(*had_catalog, *now)?)
            }
        })
    }

    fn stored_under(&self, keys: &[Key]) -> Result<Vec<Listed>, StoreError> {
        let mut found = Vec::new();
        for key in keys {
            for slot in [Slot::Good, Slot::Failure] {
                found.extend(self.entry(key, slot)?.map(Listed::without_parts));
            }
        }
        Ok(found)
    }

    fn named(&self, id: &str) -> Result<Named, StoreError> {
        let found = self.find_id(id)?;
        let entries = match found {
            Match::One(key) => self.stored_under(&[key])?,
            Match::None | Match::Ambiguous(_) => Vec::new(),
        };
        Ok(Named { found, entries })
    }
}

fn records(read: Result<doctor::Records, CatalogError>) -> Result<Answer, StoreError> {
    match read {
        Ok(records) => {
            let records = records.into_iter().map(|((key, slot), nonce)| (key, slot, nonce));
            Ok(Answer::Records(Ok(records.collect())))
        }
        // It wasn't looked into.
        Err(error @ (CatalogError::Busy | CatalogError::Starved(_) | CatalogError::Stuck)) => {
            Err(error.into())
        }
        Err(error) => Ok(Answer::Records(Err(error.to_string()))),
    }
}
