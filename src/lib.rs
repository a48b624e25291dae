//! omoide, the memoizer for the command line: put it in front of a slow command and the next call
//! answers at once.
//!
//! The layers, of which each imports only from those below it:
//!
//! - [`cli`]: one verb a file, arguments, rendering
//! - [`daemon`]: keeps entries fresh while nobody waits
//! - [`memo`]: the use case: look up, judge, replay, or run, record, publish
//! - [`ipc`]: how our own processes talk to the daemon
//! - [`config`]: what the user's and the project's files say
//! - [`replay`], [`stdin`], [`program`], [`inputs`]: what goes out, what comes in, what is to
//!   run, the files it depends on
//! - [`store`]: the cache folder
//! - [`runner`]: runs a command while a tape records it
//! - [`model`]: keys, entries, policies; pure
//! - [`sys`]: what the kernel gives that the standard library doesn't

pub mod cli;
pub mod config;
pub mod daemon;
pub mod inputs;
pub mod ipc;
pub mod memo;
pub mod model;
pub mod program;
pub mod replay;
pub mod runner;
pub mod stdin;
pub mod store;
pub mod sys;
