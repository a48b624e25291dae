//! How omoide's own processes talk to the daemon of a cache folder: one socket, small frames, and
//! a greeting that tells who is newer.
//!
//! Both sides look at whose process the other one is, each message has a bounded length, and no
//! client waits for long: without an answer it does without the daemon. What a daemon *does*
//! isn't here.

mod build;
mod client;
mod frame;
mod hello;
mod message;
mod socket;

pub use build::Build;
pub use client::{Client, Unanswered, hand_over, knock};
pub use frame::{Garbage, Inbox, Incoming, MOST, frames};
pub use hello::{Hello, Intent};
pub use message::{Reply, Request, Row, Secrets, State, Status};
pub use socket::{Refused, accept, bind, is_listening};
