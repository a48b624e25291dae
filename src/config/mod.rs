//! The configuration: the user's `config.toml` and the nearest trusted `.omoide.toml` above the
//! working directory, read into typed settings of which each remembers its file and line.
//!
//! Deliberately absent: command-line options and `OMOIDE_*` variables (the caller lays them over
//! what is resolved here), printing, and every read of the environment but the one in [`places`].

mod file;
mod keys;
mod load;
mod nearest;
mod parse;
pub mod places;
mod plain;
mod private_group;
mod problem;
mod project;
mod resolve;
pub mod schema;
mod show;
mod text;
mod units;
mod value;

pub use load::{Caller, Config, Report, UserFile, load, read};
pub use problem::{Fault, Hint, Place, Problem};
pub use project::{Distrust, PROJECT_FILE, Skipped};
pub use resolve::{Origin, Resolved};
pub use schema::Rules;
