//! The gate: an exclusive kernel lock around 'marker, then rename or unlink', held for
//! microseconds.
//!
//! It is the innermost lock: inside it no fsync, no sled, no other lock, at most
//! [`MOST_NAMES`] names.

use std::fs::File;
use std::time::{Duration, Instant};

use rustix::fs::{FlockOperation, OFlags, flock};
use rustix::io::Errno;

use super::error::StoreError;
use super::folder::Store;
use super::layout;

/// How long a publisher waits: after that it answers without storing.
pub(super) const PUBLISHER_WAITS: Duration = Duration::from_secs(1);
/// How long everybody else waits.
pub(super) const OTHERS_WAIT: Duration = Duration::from_secs(5);
/// How many names may be changed within one holding of the gate.
pub(super) const MOST_NAMES: usize = 100;

/// The gate is ours until this is dropped.
#[must_use]
pub(super) struct Gate {
    _locked: File,
}

impl Store {
    /// Takes the gate, waiting at most `patience`.
    pub(super) fn gate(&self, patience: Duration) -> Result<Gate, StoreError> {
        Ok(Gate { _locked: self.lock(layout::GATE, patience)? })
    }

    /// Locks a file of `locks/`, made if it isn't there, until it is closed; waits at most
    /// `patience` for who has it.
    pub(super) fn lock(&self, path: &str, patience: Duration) -> Result<File, StoreError> {
        let failed = |errno: Errno| StoreError::new("lock", path, errno);
        let file = self.create_file(path, OFlags::RDWR).map_err(failed)?;
        lock_within(&file, FlockOperation::NonBlockingLockExclusive, patience).map_err(failed)?;
        Ok(file)
    }
}

/// Tries a non-blocking lock until it is got or `patience` is over, backing off from 50 µs to
/// 5 ms. `WOULDBLOCK` if it was never free.
pub(super) fn lock_within(
    file: &File,
    operation: FlockOperation,
    patience: Duration,
) -> Result<(), Errno> {
    let deadline = Instant::now() + patience;
    let mut pause = Duration::from_micros(50);
    loop {
        match flock(file, operation) {
            Err(Errno::WOULDBLOCK) if Instant::now() < deadline => {}
            Err(Errno::INTR) => continue,
            locked => return locked,
        }
        std::thread::sleep(pause);
        pause = (pause * 2).min(Duration::from_millis(5));
    }
}
