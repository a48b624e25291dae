//! The daemon: keeps entries fresh while nobody waits for them.

pub mod watch;
