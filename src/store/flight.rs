//! Single flight: of identical calls at once, one runs the command and the others wait for it.
//!
//! The flight is the *inode* of `locks/ab/<key>`, held locked by its leader; unlinking the file
//! revokes it. The file holds who leads and, at the end, a verdict:
//!
//! ```text
//! offset  bytes
//!      0      1  '-' flying, 'w' flying but held up by the leader's reader, 's' stored, 'n' not
//!      1     16  the nonce of the entry that was stored; all ones where a call below the command
//!                stores what it says
//!     17      4  the leader's process id, little-endian
//!     21         the leader's program and tags, encoded
//! ```

use std::fs::File;
use std::os::unix::fs::FileExt;
use std::time::{Duration, Instant};

use rustix::fs::{FlockOperation, OFlags, flock, fstat};
use rustix::io::Errno;
use serde::{Deserialize, Serialize};

use super::error::{StoreError, is_of_the_file};
use super::folder::Store;
use super::gate::{self, A_MOMENT, lock_within};
use super::{codec, layout};
use crate::model::entry::Nonce;
use crate::model::key::Key;
use crate::sys::{clock, procfs};

const FLYING: u8 = b'-';
const HELD_UP: u8 = b'w';
const STORED: u8 = b's';
const NOT_STORED: u8 = b'n';
/// In place of a nonce, which is random.
const HANDED_DOWN: [u8; 16] = [0xff; 16];
/// Verdict, nonce and process id.
const FIXED: usize = 21;
/// How often a waiter looks whether its leader still gets anywhere.
const LOOK_AFTER_LEADER: Duration = Duration::from_secs(1);

/// What a flight tells those who want to forget by program or tag.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct FlightInfo {
    /// The program's file, through links.
    pub program: Vec<u8>,
    /// The program as it was called.
    pub typed: Vec<u8>,
    /// Labels of the entry to be.
    pub tags: Vec<String>,
}

/// The right to run the command and to store what it says.
#[derive(Debug)]
#[must_use]
pub struct Flight {
    key: Key,
    file: File,
}

/// What became of a call that wanted to run the command.
#[derive(Debug)]
pub enum Joined {
    /// It runs the command, for all who wait.
    Lead(Flight),
    /// Another one has just stored this.
    Stored(Nonce),
    /// It runs the command for itself and stores nothing.
    Alone(Alone),
    /// What it waited for was revoked or stored under another name: everything anew.
    LookAgain,
}

/// Why a call doesn't wait, or waits no longer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Alone {
    /// The leader's result couldn't be stored.
    NotStored,
    /// The leader is stopped, or its reader takes nothing.
    HeldUp,
    /// The leader is an ancestor of this process, which waits for us.
    Ancestor,
    /// The leader took longer than the call may wait.
    OutOfTime,
}

impl Store {
    /// Joins the flight of a key: leads it, or waits for the leader, `until` then by the boot clock
    /// at most.
    ///
    /// # Errors
    /// If the flight's file can't be made, locked or read.
    pub fn join(
        &self,
        key: &Key,
        info: &FlightInfo,
        until: Option<Duration>,
    ) -> Result<Joined, StoreError> {
        let path = layout::flight(key);
        let failed = |errno: Errno| StoreError::new("join the flight", &path, errno);
        let file = self.open_flight(key)?;
        if !try_lock(&file).map_err(failed)?
            && let Some(alone) = wait(&file, until).map_err(failed)?
        {
            return Ok(Joined::Alone(alone));
        }
        if let Some(joined) = verdict(&file) {
            return Ok(joined);
        }
        Ok(if is_linked(&file).map_err(failed)? {
            // Ours from the start, or its leader died: we take its place.
            Joined::Lead(Flight::lead(*key, file, info))
        } else {
            // Revoked, or landed between opening and locking.
            Joined::LookAgain
        })
    }

    /// Leads the flight of a key unless somebody else does: for work that nobody waits for.
    ///
    /// # Errors
    /// As [`Store::join`].
    pub fn lead_if_free(&self, key: &Key, info: &FlightInfo) -> Result<Option<Flight>, StoreError> {
        let path = layout::flight(key);
        let failed = |errno: Errno| StoreError::new("join the flight", &path, errno);
        let file = self.open_flight(key)?;
        match lock_within(&file, FlockOperation::NonBlockingLockExclusive, A_MOMENT) {
            Err(Errno::WOULDBLOCK) => return Ok(None),
            locked => locked.map_err(failed)?,
        }
        // What has just landed is somebody's result, too.
        let is_ours = verdict(&file).is_none() && is_linked(&file).map_err(failed)?;
        Ok(is_ours.then(|| Flight::lead(*key, file, info)))
    }

    /// Opens the file of a flight, made where there is none. Whatever can't be opened as one is
    /// revoked first: nobody leads it.
    fn open_flight(&self, key: &Key) -> Result<File, StoreError> {
        let path = layout::flight(key);
        let open = || self.create_file(&path, OFlags::RDWR);
        let opened = match open() {
            Err(errno) if is_of_the_file(&errno.into()) => {
                self.revoke_flight(key)?;
                open()
            }
            opened => opened,
        };
        opened.map_err(|errno| StoreError::new("join the flight", &path, errno))
    }

    /// Whether somebody leads the flight of a key just now.
    #[must_use]
    pub fn is_flying(&self, key: &Key) -> bool {
        self.is_held(&layout::flight(key))
    }

    /// Revokes the flight of a key, if there is one: who leads it can't publish any more.
    ///
    /// # Errors
    /// If the gate isn't free in time or the file can't be removed.
    pub fn revoke_flight(&self, key: &Key) -> Result<(), StoreError> {
        let _gate = self.gate(gate::OTHERS_WAIT)?;
        self.unlink(&layout::flight(key)).map(drop)
    }

    /// Revokes the flight of a key whose leader has run a script that calls us by its own name:
    /// what it says is stored as that of the program behind it, by us. The leader is told.
    ///
    /// # Errors
    /// See [`Store::revoke_flight`].
    pub fn hand_down_flight(&self, key: &Key) -> Result<(), StoreError> {
        let path = layout::flight(key);
        let _gate = self.gate(gate::OTHERS_WAIT)?;
        let Ok(file) = self.open_file(&path, OFlags::RDWR) else { return Ok(()) };
        // Somebody else's run of the script is none of ours.
        if !leader(&file).is_some_and(procfs::is_ancestor) {
            return Ok(());
        }
        // Without it the leader only knows that it was revoked.
        drop(file.write_all_at(&HANDED_DOWN, 1));
        self.unlink(&path).map(drop)
    }

    /// Ends a flight without a verdict: those who wait look again.
    pub fn call_off(&self, flight: Flight) {
        // What can't be unlinked is taken over by whoever comes next: the lock ends here.
        let _ = self.land(&flight);
        drop(flight);
    }

    /// Ends a flight whose result isn't stored: those who wait run the command themselves.
    pub fn abandon(&self, flight: Flight) {
        // Who waits for a flight that was revoked starts over.
        if let Ok(true) = self.land(&flight) {
            flight.announce(NOT_STORED, Nonce([0; 16]));
        }
    }

    /// Takes a flight out of the way; whether it was still the one.
    fn land(&self, flight: &Flight) -> Result<bool, StoreError> {
        let _gate = self.gate(gate::PUBLISHER_WAITS)?;
        let is_linked = flight.is_linked()?;
        self.unlink_flight(flight)?;
        Ok(is_linked)
    }

    /// Within the gate: unlinks the flight's file if it is still this flight's.
    pub(super) fn unlink_flight(&self, flight: &Flight) -> Result<(), StoreError> {
        if flight.is_linked()? {
            self.unlink(&layout::flight(&flight.key))?;
        }
        Ok(())
    }

    /// The flights under way, each with what its leader says of it; nothing where that can't be read.
    pub(super) fn flights(&self) -> Result<Vec<(Key, Option<FlightInfo>)>, StoreError> {
        let mut flights = Vec::new();
        for shard in self.names(layout::LOCKS)? {
            if shard.len() != 2 {
                continue;
            }
            for name in self.names(&format!("{}/{shard}", layout::LOCKS))? {
                let Some(key) = Key::from_hex(&name) else { continue };
                match self.read(&layout::flight(&key)) {
                    Ok(bytes) => {
                        let info = bytes.get(FIXED..).and_then(codec::decode).unwrap_or_default();
                        flights.push((key, Some(info)));
                    }
                    Err(error) if error.is_not_found() => {}
                    Err(_) => flights.push((key, None)),
                }
            }
        }
        Ok(flights)
    }

    /// Removes a flight's file that nobody holds: its leader died and nobody took over.
    pub(super) fn sweep_flight(&self, key: &Key) -> Result<bool, StoreError> {
        let path = layout::flight(key);
        let Ok(file) = self.open_file(&path, OFlags::RDWR) else { return Ok(false) };
        if flock(&file, FlockOperation::NonBlockingLockExclusive).is_err() {
            return Ok(false);
        }
        let _gate = self.gate(gate::OTHERS_WAIT)?;
        match is_linked(&file) {
            Ok(true) => self.unlink(&path),
            Ok(false) => Ok(false),
            Err(errno) => Err(StoreError::new("look at", &path, errno)),
        }
    }
}

impl Flight {
    fn lead(key: Key, file: File, info: &FlightInfo) -> Flight {
        let mut header = vec![FLYING];
        header.extend_from_slice(&[0; 16]);
        header.extend_from_slice(&std::process::id().to_le_bytes());
        header.extend_from_slice(&codec::encode(info));
        // Who can't read the header waits all the same: the lock is what counts. A new file isn't
        // cut: ext4 would write one that was out to disk as soon as it is closed.
        let is_new = fstat(&file).is_ok_and(|stat| stat.st_size == 0);
        let cut = if is_new { Ok(()) } else { file.set_len(0) };
        drop(cut.and_then(|()| file.write_all_at(&header, 0)));
        Flight { key, file }
    }

    /// Whether nobody has revoked it.
    pub(super) fn is_linked(&self) -> Result<bool, StoreError> {
        let failed = |errno| StoreError::new("look at", &layout::flight(&self.key), errno);
        is_linked(&self.file).map_err(failed)
    }

    /// Whether it was revoked by a call below its own command.
    pub(super) fn is_handed_down(&self) -> bool {
        let mut nonce = [0; 16];
        self.file.read_exact_at(&mut nonce, 1).is_ok() && nonce == HANDED_DOWN
    }

    /// Tells those who wait that the caller's reader takes nothing (or takes again), so that
    /// they needn't wait for a pager.
    pub fn held_up(&self, held_up: bool) {
        drop(self.file.write_all_at(&[if held_up { HELD_UP } else { FLYING }], 0));
    }

    /// The end of a flight that has stored an entry, after it was unlinked.
    pub(super) fn announce_stored(self, nonce: Nonce) {
        self.announce(STORED, nonce);
    }

    fn announce(self, verdict: u8, nonce: Nonce) {
        let mut bytes = [verdict; 17];
        bytes[1..].copy_from_slice(&nonce.0);
        // Without a verdict those who wait look again, which is right too.
        drop(self.file.write_all_at(&bytes, 0));
    }
}

/// Tries to lock a flight, as its leader does and as each of those who wait does in turn: with
/// shared locks they could keep each other from taking a dead leader's place for ever.
fn try_lock(file: &File) -> Result<bool, Errno> {
    match flock(file, FlockOperation::NonBlockingLockExclusive) {
        Ok(()) => Ok(true),
        Err(Errno::WOULDBLOCK | Errno::INTR) => Ok(false),
        Err(errno) => Err(errno),
    }
}

/// Waits until the flight is ours to look at, with a back-off from 0.5 to 25 ms; or finds that
/// waiting leads nowhere, or has taken too long.
fn wait(file: &File, until: Option<Duration>) -> Result<Option<Alone>, Errno> {
    if leader(file).is_some_and(procfs::is_ancestor) {
        return Ok(Some(Alone::Ancestor));
    }
    let mut pause = Duration::from_micros(500);
    let mut looked = Instant::now();
    while !try_lock(file)? {
        if looked.elapsed() >= LOOK_AFTER_LEADER {
            looked = Instant::now();
            if !is_linked(file)? {
                // Revoked: nothing will come of it.
                return Ok(None);
            }
            if is_held_up(file) {
                return Ok(Some(Alone::HeldUp));
            }
        }
        if until.is_some_and(|until| clock::since_boot() >= until) {
            return Ok(Some(Alone::OutOfTime));
        }
        std::thread::sleep(pause);
        pause = (pause * 3 / 2).min(Duration::from_millis(25));
    }
    Ok(None)
}

/// What the leader left behind for those who waited; nothing if it died or was revoked.
fn verdict(file: &File) -> Option<Joined> {
    let mut bytes = [0; 17];
    file.read_exact_at(&mut bytes, 0).ok()?;
    match bytes[0] {
        STORED => {
            let mut nonce = [0; 16];
            nonce.copy_from_slice(&bytes[1..]);
            Some(Joined::Stored(Nonce(nonce)))
        }
        NOT_STORED => Some(Joined::Alone(Alone::NotStored)),
        _ => None,
    }
}

fn leader(file: &File) -> Option<u32> {
    let mut bytes = [0; 4];
    file.read_exact_at(&mut bytes, 17).ok()?;
    Some(u32::from_le_bytes(bytes))
}

fn is_held_up(file: &File) -> bool {
    let mut state = [FLYING];
    drop(file.read_exact_at(&mut state, 0));
    state[0] == HELD_UP || leader(file).is_some_and(procfs::is_stopped)
}

fn is_linked(file: &File) -> Result<bool, Errno> {
    Ok(fstat(file)?.st_nlink > 0)
}

#[cfg(test)]
mod tests {
    use super::super::kit::{Kit, key};
    use super::*;

    #[test]
    fn two_who_ask_for_a_flight_at_once_do_not_find_each_other() {
        let kit = Kit::new();
        let info = FlightInfo::default();
        let lead = || kit.store.lead_if_free(&key(1), &info).expect("the flight's file");
        drop(lead().expect("to lead"));
        let path = layout::flight(&key(1));
        let asks = kit.store.open_file(&path, OFlags::RDONLY).expect("the flight's file");
        assert!(!gate::is_locked(&asks));
        assert!(!kit.store.is_flying(&key(1)));
        drop(asks);
        let flight = lead().expect("to lead");
        assert!(kit.store.is_flying(&key(1)));
        assert!(lead().is_none());
        kit.store.abandon(flight);
    }
}
