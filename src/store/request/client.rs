//! Whoever has the catalog open, as those who ask see it: one method a request.

use super::super::error::StoreError;
use super::super::gc::{Collected, Progress};
use super::super::query::Listed;
use super::super::selection::Filter;
use super::super::stats::Stats;
use super::{Answer, ListRequest, Named, Nearest, Records, Request};
use crate::model::key::{Key, PartDigest};
use crate::model::policy::Limits;
use crate::model::time::Stamp;

/// Sends a request to whoever has the catalog open, and brings the answer back.
type Ask<'a> = dyn Fn(&Request, Progress<'_>) -> Result<Answer, StoreError> + 'a;

/// Asks for things of the catalog. Every method fails as [`Store::answer`](super::super::Store)
/// does, or because no answer came.
pub struct CatalogClient<'a> {
    ask: Box<Ask<'a>>,
}

impl<'a> CatalogClient<'a> {
    /// A client that has every request answered by `ask`.
    pub fn new(
        ask: impl Fn(&Request, Progress<'_>) -> Result<Answer, StoreError> + 'a,
    ) -> CatalogClient<'a> {
        CatalogClient { ask: Box::new(ask) }
    }

    fn ask(&self, request: &Request) -> Result<Answer, StoreError> {
        (self.ask)(request, &mut |_| Ok(()))
    }

    /// See [`Request::Ingest`].
    ///
    /// # Errors
    /// As all of these.
    pub fn ingest(&self) -> Result<(), StoreError> {
        match self.ask(&Request::Ingest)? {
            Answer::Done => Ok(()),
            _ => Err(StoreError::mismatch()),
        }
    }

    /// See [`Request::List`].
    ///
    /// # Errors
    /// As all of these.
    pub fn list(&self, wanted: ListRequest) -> Result<Vec<Listed>, StoreError> {
        self.listed(&Request::List(wanted))
    }

    /// See [`Request::Select`].
    ///
    /// # Errors
    /// As all of these.
    pub fn select(&self, filter: Filter, now: Stamp) -> Result<Vec<Listed>, StoreError> {
        self.listed(&Request::Select { filter, now })
    }

    /// See [`Request::Entries`].
    ///
    /// # Errors
    /// As all of these.
    pub fn entries(&self, keys: Vec<Key>) -> Result<Vec<Listed>, StoreError> {
        self.listed(&Request::Entries { keys })
    }

    fn listed(&self, request: &Request) -> Result<Vec<Listed>, StoreError> {
        match self.ask(request)? {
            Answer::Listed(listed) => Ok(listed),
            _ => Err(StoreError::mismatch()),
        }
    }

    /// See [`Request::Find`].
    ///
    /// # Errors
    /// As all of these.
    pub fn find(&self, ids: Vec<String>) -> Result<Vec<Named>, StoreError> {
        let asked = ids.len();
        match self.ask(&Request::Find { ids })? {
            Answer::Named(named) if named.len() == asked => Ok(named),
            _ => Err(StoreError::mismatch()),
        }
    }

    /// See [`Request::Stats`].
    ///
    /// # Errors
    /// As all of these.
    pub fn stats(&self, top: usize) -> Result<Stats, StoreError> {
        match self.ask(&Request::Stats { top })? {
            Answer::Stats(stats) => Ok(stats),
            _ => Err(StoreError::mismatch()),
        }
    }

    /// See [`Request::Nearest`].
    ///
    /// # Errors
    /// As all of these.
    pub fn nearest(
        &self,
        program: Vec<u8>,
        parts: Vec<PartDigest>,
    ) -> Result<Option<Nearest>, StoreError> {
        match self.ask(&Request::Nearest { program, parts })? {
            Answer::Nearest(nearest) => Ok(nearest),
            _ => Err(StoreError::mismatch()),
        }
    }

    /// See [`Request::Gc`]; `progress` is told how far it has got, if whoever does it tells.
    ///
    /// # Errors
    /// As all of these, and if `progress` says so.
    pub fn gc(
        &self,
        limits: Limits,
        now: Stamp,
        progress: Progress<'_>,
    ) -> Result<Collected, StoreError> {
        match (self.ask)(&Request::Gc { limits, now }, progress)? {
            Answer::Collected(collected) => Ok(collected),
            _ => Err(StoreError::mismatch()),
        }
    }

    /// See [`Request::Records`].
    ///
    /// # Errors
    /// As all of these.
    pub fn records(&self) -> Result<Records, StoreError> {
        match self.ask(&Request::Records)? {
            Answer::Records(records) => Ok(records),
            _ => Err(StoreError::mismatch()),
        }
    }

    /// See [`Request::Repair`].
    ///
    /// # Errors
    /// As all of these.
    pub fn repair(&self, had_catalog: bool, now: Stamp) -> Result<Vec<String>, StoreError> {
        match self.ask(&Request::Repair { had_catalog, now })? {
            Answer::Repaired(done) => Ok(done),
            _ => Err(StoreError::mismatch()),
        }
    }
}
