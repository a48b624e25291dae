//! Which entries are listed, in which order and how many: decided where the catalog is, so that
//! an answer holds no more than was asked for.

use std::cmp::Reverse;

use serde::{Deserialize, Serialize};

use super::super::error::StoreError;
use super::super::folder::Store;
use super::super::query::{Listed, Order};
use super::super::shelf::Shelf;
use crate::model::judge::{State, expires_at, state};
use crate::model::time::Stamp;

/// A listing: the entries that have all that is named.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ListRequest {
    /// A label that they have.
    pub tag: Option<String>,
    /// Their program: a path, or a file name.
    pub program: Option<Vec<u8>>,
    /// Their state, by the policy each is stored with.
    pub state: Option<StateFilter>,
    /// Their order.
    pub sort: SortBy,
    /// At most so many of them, the first in that order.
    pub limit: Option<u64>,
    /// The time by which they are fresh or not.
    pub now: Stamp,
}

/// A state to list by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum StateFilter {
    /// It serves.
    Fresh,
    /// It serves, and the next call has it recomputed in the background.
    Stale,
    /// Its time is over.
    Expired,
}

/// What a listing is ordered by.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum SortBy {
    /// The newest first.
    #[default]
    Age,
    /// The next to expire first.
    Expires,
    /// The largest output first.
    Size,
    /// The most hits first.
    Hits,
    /// The most recently used first.
    Accessed,
    /// By command line.
    Command,
}

impl StateFilter {
    fn takes(self, state: State) -> bool {
        match state {
            State::Fresh => self == StateFilter::Fresh,
            State::Stale => self == StateFilter::Stale,
            State::Expired(_) => self == StateFilter::Expired,
        }
    }
}

impl ListRequest {
    fn takes(&self, entry: &Listed) -> bool {
        let is_in =
            |wanted: StateFilter| wanted.takes(state(&entry.facts(), &entry.head.policy, self.now));
        self.tag.as_ref().is_none_or(|tag| entry.detail.tags.contains(tag))
            && self.program.as_ref().is_none_or(|program| entry.is_of_program(program))
            && self.state.is_none_or(is_in)
    }

    fn limit(&self) -> usize {
        self.limit.and_then(|limit| usize::try_from(limit).ok()).unwrap_or(usize::MAX)
    }

    /// The index that names the fewest that may be wanted.
    fn order(&self) -> Order<'_> {
        match (&self.tag, &self.program) {
            (Some(tag), _) => Order::Tag(tag),
            (None, Some(program)) => Order::Program(program),
            (None, None) => Order::Computed,
        }
    }

    fn sorted(&self, mut listed: Vec<Listed>) -> Vec<Listed> {
        match self.sort {
            SortBy::Age => listed.sort_by_key(|entry| Reverse(entry.head.created.wall)),
            SortBy::Expires => {
                listed.sort_by_key(|entry| {
                    expires_at(&entry.facts(), &entry.head.policy).unwrap_or(i64::MAX)
                });
            }
            SortBy::Size => listed.sort_by_key(|entry| Reverse(entry.head.data_len)),
            SortBy::Hits => listed.sort_by_key(|entry| Reverse(entry.hits)),
            SortBy::Accessed => listed.sort_by_key(|entry| Reverse(entry.facts().last_access.wall)),
            SortBy::Command => listed.sort_by(|a, b| a.detail.command.cmp(&b.detail.command)),
        }
        listed.truncate(self.limit());
        listed
    }
}

impl Shelf<'_> {
    /// The entries that are wanted; not read beyond the limit where the index gives their order.
    pub(super) fn list_wanted(&self, wanted: &ListRequest) -> Result<Vec<Listed>, StoreError> {
        let most = if wanted.sort == SortBy::Age { wanted.limit() } else { usize::MAX };
        let listed: Result<Vec<Listed>, StoreError> = self
            .list(wanted.order())
            .filter(|entry| entry.as_ref().map_or(true, |entry| wanted.takes(entry)))
            .take(most)
            .map(|entry| entry.map(Listed::without_parts))
            .collect();
        Ok(wanted.sorted(listed?))
    }
}

impl Store {
    /// The same from the entries themselves, for when the catalog can't be had.
    ///
    /// # Errors
    /// See [`Store::list_entries`].
    pub fn list_entries_wanted(&self, wanted: &ListRequest) -> Result<Vec<Listed>, StoreError> {
        let mut listed = self.list_entries()?;
        listed.retain(|entry| wanted.takes(entry));
        Ok(wanted.sorted(listed))
    }
}
