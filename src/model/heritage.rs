//! What a program gets from whoever starts it, beside its environment, directory and umask: kept
//! with an entry, so that its command finds the same in the background.

use serde::{Deserialize, Serialize};

/// What the caller of a command passed on to it.
///
/// Absent is what no process can give itself or what belongs to the place where it runs rather
/// than to who called: privileges, namespaces, control groups, processors, scheduling classes, the
/// score for when memory runs out, timer slack. Of these a background run has what the process has
/// that starts it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Heritage {
    /// The signals that were blocked; the lowest bit is signal 1, as in `/proc/PID/status`.
    pub blocked: u64,
    /// The signals that were ignored, likewise.
    pub ignored: u64,
    /// The limits on resources, in an order that is `sys`'s; none where they couldn't be read.
    pub limits: Vec<Limit>,
    /// The nice value.
    pub nice: i32,
}

/// A limit on one resource. `None` is no limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Limit {
    /// The one that is in force.
    pub soft: Option<u64>,
    /// How far the other may be raised.
    pub hard: Option<u64>,
}
