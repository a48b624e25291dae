//! Starts omoide: parse, call, exit.
//!
//! The entry point is C's, not Rust's: the runtime's own would change what SIGPIPE does before
//! anybody could see what was inherited, and make about ten system calls that a hit doesn't need.

#![no_main]

use std::panic::catch_unwind;

use omoide::cli;
use omoide::sys::arena::Arena;
use omoide::sys::fd::guard_standard_descriptors;
use omoide::sys::process::{die_of, exit_now};

#[global_allocator]
static MEMORY: Arena = Arena::new();

/// Called by the C library with the arguments, which `std::env::args_os` finds by itself.
#[expect(unsafe_code, reason = "the C library finds the entry point by its name")]
// SAFETY: no other function of this program is called `main`.
#[unsafe(no_mangle)]
extern "C" fn main() -> i32 {
    let output_closed = guard_standard_descriptors();
    match catch_unwind(|| cli::main(output_closed)) {
        Ok(cli::Exit::Status(status)) => exit_now(status.into()),
        Ok(cli::Exit::Signal(signal)) => die_of(signal),
        // The panic's own message says what and where.
        Err(_) => exit_now(cli::OWN_ERROR.into()),
    }
}
