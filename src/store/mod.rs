//! The cache folder: published entries, which are the truth, and everything around them.
//!
//! The order of the steps in here is that of `docs/protocol.md`; it was explored as a model
//! (`tests/protocol_model.rs`), and simpler orders broke. Nothing on the path of a hit or of a
//! miss opens the catalog.

mod best;
mod blobs;
mod catalog;
mod codec;
mod counter;
mod daemon;
mod detach;
mod digests;
mod doctor;
mod entry_file;
mod error;
mod flight;
mod folder;
mod forget;
mod format;
mod gate;
mod gc;
mod hits;
mod ingest;
#[cfg(test)]
mod kit;
mod layout;
mod lookup;
mod make;
mod nearest;
mod older;
mod output;
mod publish;
mod query;
mod recording;
mod request;
mod retry;
mod scheduled;
mod selection;
mod shelf;
mod stats;
mod usage;
mod wanted;

pub use codec::{decode, encode};
pub use digests::Digests;
pub use doctor::{Check, Connect, examine, repair};
pub use entry_file::{EntryFile, Unreadable};
pub use error::{StoreError, Unusable};
pub use flight::{Alone, Flight, FlightInfo, Joined};
pub use folder::Store;
pub use gc::{Collected, Progress, Stage};
pub use hits::Accesses;
pub use ingest::Ingested;
pub use lookup::{Found, Lookup, facts};
pub use older::{OlderError, remove_older};
pub use output::{Output, Player};
pub use publish::{Condition, Durability, Entry, Outcome};
pub use query::{Listed, Match, Order};
pub use recording::{Recording, Stop};
pub use request::{
    Answer, CatalogClient, ListRequest, Named, Nearest, Records, Request, SortBy, StateFilter,
};
pub use scheduled::Scheduled;
pub use selection::Filter;
pub use shelf::Shelf;
pub use stats::{Saver, Stats};
