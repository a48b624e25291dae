//! Forgetting by what entries have in common.
//!
//! Flights come first: once they are revoked, whatever of the selection could still be stored
//! has been, and is found. Where the catalog can't be had the entries themselves are gone
//! through, so forgetting never waits for somebody else to be done with it.

use std::collections::BTreeSet;
use std::time::Duration;

use super::catalog::file_name;
use super::error::StoreError;
use super::flight::FlightInfo;
use super::folder::Store;
use super::query::{Listed, Order};
use crate::model::judge::{State, state};
use crate::model::key::Key;
use crate::model::time::Stamp;

/// What entries to be forgotten have in common.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Selector<'a> {
    /// A label.
    Tag(&'a str),
    /// Their program: a path, or a file name.
    Program(&'a [u8]),
    /// They were computed at least this long ago.
    OlderThan(Duration),
    /// Their time is over, by the policy each is stored with.
    Expired,
}

impl Selector<'_> {
    fn takes(&self, listed: &Listed, now: Stamp) -> bool {
        match self {
            Selector::Tag(tag) => listed.detail.tags.iter().any(|known| known == tag),
            Selector::Program(program) => listed.is_of_program(program),
            Selector::OlderThan(age) => {
                // Of an unknown age, after the clock went back, is not older than anything.
                listed.head.created.age(now).known().is_some_and(|known| known >= *age)
            }
            Selector::Expired => {
                let state = state(&listed.facts(), &listed.head.policy, now);
                matches!(state, State::Expired(_))
            }
        }
    }

    /// Whether what a flight would store belongs to the selection. What has an age has landed.
    fn takes_flight(&self, info: &FlightInfo) -> bool {
        match self {
            Selector::Tag(tag) => info.tags.iter().any(|known| known == tag),
            Selector::Program(program) => {
                let is_it = |path: &[u8]| {
                    let known = if program.contains(&b'/') { path } else { file_name(path) };
                    known == *program
                };
                is_it(&info.program) || is_it(&info.typed)
            }
            Selector::OlderThan(_) | Selector::Expired => false,
        }
    }

    fn order(&self) -> Order<'_> {
        match self {
            Selector::Tag(tag) => Order::Tag(tag),
            Selector::Program(program) => Order::Program(program),
            Selector::OlderThan(_) | Selector::Expired => Order::Computed,
        }
    }
}

impl Store {
    /// The entries that [`Store::forget_selected`] would remove.
    ///
    /// # Errors
    /// If neither the catalog nor the entries can be read.
    pub fn select(
        &self,
        selector: Selector<'_>,
        patience: Duration,
        now: Stamp,
    ) -> Result<Vec<Listed>, StoreError> {
        let listed = self.with_catalog(patience, |shelf| {
            let all = shelf.list(selector.order());
            all.filter(|listed| {
                listed.as_ref().is_ok_and(|l| selector.takes(l, now)) || listed.is_err()
            })
            .collect::<Result<Vec<_>, _>>()
        });
        match listed {
            Ok(listed) => Ok(listed),
            Err(_) => {
                let mut listed = self.list_entries()?;
                listed.retain(|listed| selector.takes(listed, now));
                Ok(listed)
            }
        }
    }

    /// Forgets a selection; returns how many entries were removed, once that outlasts a loss of
    /// power. Their records follow with the next ingest.
    ///
    /// By tag or program keys are forgotten whole, whatever was stored under them meanwhile. By
    /// age or expiry only the computations go that are old or expired: newer ones stay.
    ///
    /// # Errors
    /// See [`Store::forget`].
    pub fn forget_selected(
        &self,
        selector: Selector<'_>,
        patience: Duration,
        now: Stamp,
    ) -> Result<u64, StoreError> {
        self.revoke_flights(|info| selector.takes_flight(info))?;
        let selected = self.select(selector, patience, now)?;
        let keys: BTreeSet<Key> = selected.iter().map(|listed| listed.head.key).collect();
        let keys: Vec<Key> = keys.into_iter().collect();
        match selector {
            Selector::Tag(_) | Selector::Program(_) => self.forget(&keys),
            Selector::OlderThan(_) | Selector::Expired => {
                let victims: Vec<_> = selected
                    .iter()
                    .map(|listed| (listed.head.key, listed.head.slot(), listed.head.nonce))
                    .collect();
                let removed = self.remove_if(&victims)?;
                self.sync_removal(&keys)?;
                Ok(removed.len() as u64)
            }
        }
    }
}

#[cfg(test)]
mod tests;
