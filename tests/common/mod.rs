//! What the tests through the real binary share: a place of its own for each test, a builder for
//! calls, exact comparison of what they say, and gates, so that nothing waits for time.

#![allow(dead_code, unused_imports, reason = "each test file uses a part of it")]

mod call;
mod gate;
mod place;
mod process;
mod ran;
mod reader;
mod sandbox;

pub(crate) use call::{Call, Running, hold_back_writing};
pub(crate) use gate::Gate;
pub(crate) use place::{ReadOnly, Tiny, mounted};
pub(crate) use process::{
    descendants_of, eventually, has_ended, is_stopped, peak_memory, waits_for_a_flight,
};
pub(crate) use ran::Ran;
pub(crate) use reader::Reader;
pub(crate) use sandbox::{Counter, Sandbox, remove};

/// The program under test.
pub(crate) const OMOIDE: &str = env!("CARGO_BIN_EXE_omoide");
