//! What is asked of the catalog and what it answers: two closed enums that can be sent to whoever
//! has it open.
//!
//! [`Shelf::answer`](super::Shelf::answer) is the only place where a request becomes work. Whoever
//! asks goes through a [`CatalogClient`], which doesn't know where that happens.
//!
//! An entry without its output takes 300 to 600 bytes encoded, so an answer that names the newest
//! twenty takes some KiB, and one that names all of 100,000 entries takes 30 to 60 MB. Requests
//! are small, but for [`Request::Entries`] and [`Request::Nearest`], which grow with what is
//! named: 32 bytes a key, about 30 a part.

mod answer;
mod client;
mod from_entries;
mod list;

use serde::{Deserialize, Serialize};

pub use client::CatalogClient;
pub use list::{ListRequest, SortBy, StateFilter};

use super::gc::Collected;
use super::query::{Listed, Match};
use super::selection::Filter;
use super::stats::Stats;
use crate::model::entry::{Nonce, Slot};
use crate::model::key::{Difference, Key, PartDigest};
use crate::model::policy::Limits;
use crate::model::time::Stamp;

/// What is asked of whoever has the catalog open.
///
/// All but [`Records`](Request::Records) see what has been published until then.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Request {
    /// Take in what has changed. Answered by [`Answer::Done`].
    Ingest,
    /// Entries in an order. Answered by [`Answer::Listed`].
    List(ListRequest),
    /// The entries that a filter selects, the newest first. Answered by [`Answer::Listed`].
    Select {
        /// What they have in common.
        filter: Filter,
        /// The time by which they are old or expired.
        now: Stamp,
    },
    /// What is stored under these keys, the good entry of each before its failure. Answered by
    /// [`Answer::Listed`].
    Entries {
        /// The keys, in the order of the answer.
        keys: Vec<Key>,
    },
    /// What the beginnings of ids or keys name. Answered by [`Answer::Named`], one for each.
    Find {
        /// Hexadecimal digits.
        ids: Vec<String>,
    },
    /// The store in numbers. Answered by [`Answer::Stats`].
    Stats {
        /// So many of the commands that save most are named.
        top: usize,
    },
    /// The entry of a program that differs least from a call. Answered by [`Answer::Nearest`].
    Nearest {
        /// A path, or a file name.
        program: Vec<u8>,
        /// The parts of the call's key.
        parts: Vec<PartDigest>,
    },
    /// A collection, which may take many seconds. Answered by [`Answer::Collected`].
    Gc {
        /// What the store is kept within.
        limits: Limits,
        /// The time by which entries have expired.
        now: Stamp,
    },
    /// Which computation each record is of, as the catalog stands. Answered by
    /// [`Answer::Records`]. Reads every record and every output.
    Records,
    /// Make catalog and entries agree, which reads every entry. Answered by [`Answer::Repaired`].
    Repair {
        /// Whether there was a catalog before it was opened for this.
        had_catalog: bool,
        /// The time by which lost entries have expired.
        now: Stamp,
    },
}

/// What whoever has the catalog open answers. No entry in it has the digests of its key's parts
/// ([`Detail::parts`](crate::model::entry::Detail::parts)): they would be most of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Answer {
    /// It is done.
    Done,
    /// Entries.
    Listed(Vec<Listed>),
    /// What ids name.
    Named(Vec<Named>),
    /// The store in numbers.
    Stats(Stats),
    /// The nearest entry, and in what it differs, if the program has any.
    Nearest(Option<Nearest>),
    /// What was removed.
    Collected(Collected),
    /// The records, 50 bytes each.
    Records(Records),
    /// What was done, in words.
    Repaired(Vec<String>),
}

/// Which computation each record is of; or what is wrong with the catalog, in words.
pub type Records = Result<Vec<(Key, Slot, Nonce)>, String>;

/// What an id names.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Named {
    /// The key, if it is one.
    pub found: Match,
    /// What is stored under that key: the good entry, the failure beside it, or either.
    pub entries: Vec<Listed>,
}

/// The stored entry that differs least from a call.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Nearest {
    /// The entry.
    pub listed: Box<Listed>,
    /// How the call differs from it.
    pub differs: Vec<Difference>,
}

#[cfg(test)]
mod tests;
