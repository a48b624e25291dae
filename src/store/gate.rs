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
/// How long to try for a lock that nobody holds for long: longer than somebody takes to ask
/// whether it is held.
pub(super) const A_MOMENT: Duration = Duration::from_millis(20);
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

    /// Whether somebody holds the lock of a file at this moment. Changes nothing.
    pub(super) fn is_held(&self, path: &str) -> bool {
        let file = self.open_file(path, OFlags::RDONLY);
        file.is_ok_and(|file| is_locked(&file))
    }
}

/// Whether somebody else holds the lock of a file that is open here.
///
/// Asked for by a shared lock: two processes that ask at the same time don't take each other for
/// the holder. Whoever wants the lock itself must try for [`A_MOMENT`], because of those who ask.
pub(super) fn is_locked(file: &File) -> bool {
    flock(file, FlockOperation::NonBlockingLockShared) == Err(Errno::WOULDBLOCK)
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

#[cfg(test)]
mod tests {
    use super::super::kit::Kit;
    use super::*;

    #[test]
    fn those_who_ask_whether_a_lock_is_held_are_not_taken_for_its_holder() {
        let kit = Kit::new();
        assert!(!kit.store.is_held(layout::GATE), "there is no file yet");
        drop(kit.store.gate(Duration::ZERO).expect("the gate"));
        let asks = kit.store.open_file(layout::GATE, OFlags::RDONLY).expect("the file");
        assert!(!is_locked(&asks));
        assert!(!kit.store.is_held(layout::GATE), "another one asks at this moment");
        drop(asks);
        let _held = kit.store.gate(Duration::ZERO).expect("the gate");
        assert!(kit.store.is_held(layout::GATE));
    }
}
