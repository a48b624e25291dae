//! What omoide knows without looking: keys, entries, policies and how an entry is judged.
//!
//! Nothing here does I/O, reads a clock or the environment. `now` and everything else from the
//! outside comes in as an argument, so that each rule is a table test or a property test.

pub mod backoff;
pub mod duration;
pub mod entry;
pub mod escape;
pub mod frames;
pub mod glob;
pub mod heritage;
pub mod inputs;
pub mod job;
pub mod judge;
pub mod key;
pub mod policy;
pub mod recipe;
pub mod schedule;
pub mod secret;
pub mod size;
pub mod spread;
pub mod time;
pub mod volatile;
