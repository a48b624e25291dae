//! omoide, the memoizer for the command line: put it in front of a slow command and the next call
//! answers at once.
//!
//! The layers, of which each imports only from those below it:
//!
//! - [`model`]: keys, entries, policies; pure
//! - [`sys`]: what the kernel gives that the standard library doesn't
//! - [`runner`]: runs a command and records what it says

pub mod model;
pub mod runner;
pub mod store;
pub mod sys;
