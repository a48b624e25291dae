//! Forgetting by what entries have in common.
//!
//! Flights come first: once they are revoked, whatever of the selection could still be stored
//! has been, and is found. Where the catalog can't be had the entries themselves are gone
//! through, so forgetting never waits for somebody else to be done with it.

use std::collections::BTreeSet;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::catalog::file_name;
use super::error::StoreError;
use super::flight::FlightInfo;
use super::folder::Store;
use super::query::{Listed, Order};
use super::request::CatalogClient;
use super::shelf::Shelf;
use crate::model::judge::{State, state};
use crate::model::key::Key;
use crate::model::time::Stamp;

/// What entries to be forgotten have in common: all that is named.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Filter {
    /// Labels, all of which an entry has.
    pub tags: Vec<String>,
    /// Its program: a path, or a file name.
    pub program: Option<Vec<u8>>,
    /// It was computed at least this long ago.
    pub older_than: Option<Duration>,
    /// Its time is over, by the policy it is stored with.
    pub expired: bool,
}

impl Filter {
    fn takes(&self, listed: &Listed, now: Stamp) -> bool {
        let is_old = |limit: Duration| {
            // After the clock went back nothing is known to be old.
            listed.head.created.age(now).known().is_some_and(|age| age >= limit)
        };
        let has_expired =
            || matches!(state(&listed.facts(), &listed.head.policy, now), State::Expired(_));
        self.tags.iter().all(|tag| listed.detail.tags.contains(tag))
            && self.program.as_ref().is_none_or(|program| listed.is_of_program(program))
            && self.older_than.is_none_or(is_old)
            && (!self.expired || has_expired())
    }

    /// Whether what a flight would store belongs to the selection.
    fn takes_flight(&self, info: &FlightInfo) -> bool {
        let is_of = |program: &Vec<u8>| {
            [&info.program, &info.typed].into_iter().any(|path| {
                let known = if program.contains(&b'/') { path } else { file_name(path) };
                known == program.as_slice()
            })
        };
        self.tags.iter().all(|tag| info.tags.contains(tag))
            && self.program.as_ref().is_none_or(is_of)
    }

    /// Whether it picks computations rather than keys.
    fn is_by_age(&self) -> bool {
        self.older_than.is_some() || self.expired
    }

    fn order(&self) -> Order<'_> {
        match (self.tags.first(), &self.program) {
            (Some(tag), _) => Order::Tag(tag),
            (None, Some(program)) => Order::Program(program),
            (None, None) => Order::Computed,
        }
    }
}

impl Shelf<'_> {
    /// The entries that [`Store::forget_selected`] would remove, the newest first.
    pub(super) fn select(&self, filter: &Filter, now: Stamp) -> Result<Vec<Listed>, StoreError> {
        self.list(filter.order())
            .filter(|entry| entry.as_ref().map_or(true, |entry| filter.takes(entry, now)))
            .map(|entry| entry.map(Listed::without_parts))
            .collect()
    }
}

impl Store {
    /// The entries that [`Store::forget_selected`] would remove, the newest first.
    ///
    /// # Errors
    /// If neither the catalog nor the entries can be read.
    pub fn select(
        &self,
        filter: &Filter,
        catalog: &CatalogClient<'_>,
        now: Stamp,
    ) -> Result<Vec<Listed>, StoreError> {
        let listed = catalog.select(filter.clone(), now);
        listed.or_else(|_| self.select_entries(filter, now))
    }

    /// The same from the entries themselves.
    pub(super) fn select_entries(
        &self,
        filter: &Filter,
        now: Stamp,
    ) -> Result<Vec<Listed>, StoreError> {
        let mut listed = self.list_entries()?;
        listed.retain(|listed| filter.takes(listed, now));
        Ok(listed.into_iter().map(Listed::without_parts).collect())
    }

    /// Forgets a selection; returns how many entries were removed, once that outlasts a loss of
    /// power. Their records follow with the next ingest.
    ///
    /// By tag or program keys are forgotten whole, with what is under way and whatever was stored
    /// under them meanwhile. By age or expiry only the computations go that were looked at.
    ///
    /// # Errors
    /// See [`Store::forget`].
    pub fn forget_selected(
        &self,
        filter: &Filter,
        catalog: &CatalogClient<'_>,
        now: Stamp,
    ) -> Result<u64, StoreError> {
        if filter.is_by_age() {
            return self.forget_computations(&self.select(filter, catalog, now)?);
        }
        self.revoke_flights(|info| filter.takes_flight(info))?;
        let selected = self.select(filter, catalog, now)?;
        let keys: BTreeSet<Key> = selected.iter().map(|listed| listed.head.key).collect();
        self.forget(&keys.into_iter().collect::<Vec<Key>>())
    }
}

#[cfg(test)]
mod tests;
