//! The files that a result depends on: what `--input` and its like name, found and identified.
//!
//! Deliberately absent: what is asked for (`model::inputs`), and what is made of the answer: parts
//! of the key, a decision whether to store, watches.

mod base;
mod component;
mod descriptors;
mod error;
mod find;
mod fingerprint;
mod ignored;
mod known;
mod parts;
mod read;
mod seen;
mod spec;
mod specs;
mod walk;
mod watch_points;

pub use descriptors::names_a_descriptor;
pub use error::InputError;
pub use fingerprint::{Fingerprint, fingerprint};
pub use spec::anchored;
pub use specs::names_a_file;
pub use watch_points::{WatchPoint, watch_points};
