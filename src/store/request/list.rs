//! Which entries are listed, in which order and how many: decided where the catalog is, so that
//! an answer holds no more than was asked for.

use std::cmp::Reverse;

use serde::{Deserialize, Serialize};

use super::super::best::Best;
use super::super::catalog::Expiring;
use super::super::error::StoreError;
use super::super::folder::Store;
use super::super::query::{Listed, Order};
use super::super::shelf::Shelf;
use crate::model::entry::Slot;
use crate::model::judge::{State, expires_at, state};
use crate::model::key::Key;
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

    fn place(&self, entry: &Listed) -> Place {
        let wall = |number: i64| Rank::Number(number.into());
        let descending = |number: i128| Rank::Number(-number);
        let rank = match self.sort {
            SortBy::Age => Rank::Number(0),
            SortBy::Expires => expiry(entry).map_or(Rank::Number(i128::MAX), wall),
            SortBy::Size => descending(entry.head.data_len.into()),
            SortBy::Hits => descending(entry.hits.into()),
            SortBy::Accessed => descending(entry.facts().last_access.wall.into()),
            SortBy::Command => Rank::Words(entry.detail.command.clone()),
        };
        let key = entry.head.key;
        (rank, Reverse(entry.head.created.wall), Reverse((key, entry.head.slot())))
    }
}

/// Where an entry stands in the order that is wanted; among equals, the newest first.
type Place = (Rank, Reverse<i64>, Reverse<(Key, Slot)>);

#[derive(PartialEq, Eq, PartialOrd, Ord)]
enum Rank {
    Number(i128),
    Words(Vec<Vec<u8>>),
}

/// A listing under way: what it holds so far is no more than is wanted.
struct Listing<'r> {
    wanted: &'r ListRequest,
    best: Best<Place, Listed>,
}

impl Listing<'_> {
    fn new(wanted: &ListRequest) -> Listing<'_> {
        Listing { wanted, best: Best::new(wanted.limit()) }
    }

    /// Takes the entry, if it is wanted.
    fn put(&mut self, entry: Listed) {
        if self.wanted.takes(&entry) {
            self.best.put(self.wanted.place(&entry), entry.without_parts());
        }
    }

    /// Whether an entry in this place would be taken if it had all that is named.
    fn goes_on(&self, entry: &Listed) -> bool {
        self.best.wants(&self.wanted.place(entry))
    }

    fn done(self) -> Vec<Listed> {
        self.best.in_order().collect()
    }
}

/// Before all places of entries that expire at that moment.
fn earliest_place(moment: i64) -> Place {
    let first = (Key([u8::MAX; 32]), Slot::Failure);
    (Rank::Number(moment.into()), Reverse(i64::MAX), Reverse(first))
}

fn expiry(entry: &Listed) -> Option<i64> {
    expires_at(&entry.facts(), &entry.head.policy)
}

impl Shelf<'_> {
    /// The entries that are wanted; not read beyond the limit where the index gives their order.
    pub(super) fn list_wanted(&self, wanted: &ListRequest) -> Result<Vec<Listed>, StoreError> {
        let mut listing = Listing::new(wanted);
        let is_of_all = matches!(wanted.order(), Order::Computed);
        match wanted.sort {
            SortBy::Expires if is_of_all => self.list_expiring(&mut listing)?,
            SortBy::Hits | SortBy::Accessed if is_of_all => self.list_served(&mut listing)?,
            SortBy::Age => self.list_newest(wanted.order(), &mut listing, |_| false)?,
            _ => {
                for entry in self.list(wanted.order()) {
                    listing.put(entry?);
                }
            }
        }
        Ok(listing.done())
    }

    /// The next to expire first. What was served since the index was written may expire later than
    /// it says, and nothing earlier.
    fn list_expiring(&self, listing: &mut Listing<'_>) -> Result<(), StoreError> {
        for found in self.catalog.expiring_by(i64::MAX, None) {
            let Expiring { key, slot, expires, .. } = found?;
            if !listing.best.wants(&earliest_place(expires)) {
                return Ok(());
            }
            self.entry(&key, slot)?.into_iter().for_each(|entry| listing.put(entry));
        }
        // Then those that never do. A failure always has a place in that order.
        self.list_newest(Order::Computed, listing, |entry| {
            entry.head.slot() == Slot::Failure || expiry(entry).is_some()
        })
    }

    /// Those that were served, then the others, which stand in the order of their computation.
    fn list_served(&self, listing: &mut Listing<'_>) -> Result<(), StoreError> {
        let was_served = |entry: &Listed| entry.hits > 0 || entry.last_hit.is_some();
        self.each_served(|key| {
            for slot in [Slot::Good, Slot::Failure] {
                self.entry(&key, slot)?.into_iter().filter(was_served).for_each(|e| listing.put(e));
            }
            Ok(())
        })?;
        self.list_newest(Order::Computed, listing, was_served)
    }

    /// The newest first, as long as what comes may be among those that are wanted; without those
    /// that have been looked at already.
    fn list_newest(
        &self,
        order: Order<'_>,
        listing: &mut Listing<'_>,
        was_seen: impl Fn(&Listed) -> bool,
    ) -> Result<(), StoreError> {
        for entry in self.list(order) {
            let entry = entry?;
            if was_seen(&entry) {
                continue;
            }
            if !listing.goes_on(&entry) {
                break;
            }
            listing.put(entry);
        }
        Ok(())
    }
}

impl Store {
    /// The same from the entries themselves, for when the catalog can't be had.
    ///
    /// # Errors
    /// See [`Store::list_entries`].
    pub fn list_entries_wanted(&self, wanted: &ListRequest) -> Result<Vec<Listed>, StoreError> {
        let mut listing = Listing::new(wanted);
        self.each_entry(|entry| listing.put(entry))?;
        Ok(listing.done())
    }
}
