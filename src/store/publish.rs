//! Publishing: what a leader's run recorded becomes the entry that everybody sees.

use std::fs::File;
use std::io::{Seek, SeekFrom};
use std::os::unix::fs::FileExt;
use std::time::Duration;

use rustix::fs::fstat;

use super::entry_file::EntryFile;
use super::error::StoreError;
use super::flight::Flight;
use super::folder::{Store, new_nonce};
use super::recording::{Finished, Recording};
use super::{blobs, gate, layout};
use crate::model::entry::{BlobRef, Body, Detail, Head, Nonce, Slot, Streams};
use crate::model::key::Key;
use crate::model::policy::Policy;
use crate::model::recipe::Recipe;
use crate::model::time::Stamp;
use crate::sys::boot;

/// A run that is to be stored.
#[derive(Debug)]
pub struct Entry {
    /// Its key.
    pub key: Key,
    /// When the command ended.
    pub created: Stamp,
    /// How long it ran.
    pub ran: Duration,
    /// Its exit status.
    pub code: u8,
    /// How its streams were recorded.
    pub streams: Streams,
    /// The policy it is stored with.
    pub policy: Policy,
    /// What people want to know of it.
    pub detail: Detail,
    /// How to compute it again, if the daemon is to do that.
    pub recipe: Option<Recipe>,
    /// What its command read, if it is to be kept: `detail.stdin` names its content.
    pub stdin: Option<File>,
}

/// What became of a run that was to be stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Everybody sees it from now on.
    Stored(Nonce),
    /// Its flight was revoked meanwhile, by `--force` or by forgetting; or what it was to replace
    /// isn't there any more.
    Revoked,
    /// Its flight was revoked by a call below its command: see [`Store::hand_down_flight`].
    HandedDown,
}

/// What must still hold when an entry is put in place, beside its flight.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Condition {
    /// Nothing.
    None,
    /// This computation is still stored under this key: it is being refreshed, and who forgets it
    /// meanwhile doesn't want it back.
    Stored(Key, Nonce),
}

/// How sure it must be that what was replaced doesn't come back after a loss of power.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Durability {
    /// A plain miss: what is torn is a miss again.
    Relaxed,
    /// A forced answer: the old one must never be seen again.
    Replacing,
}

/// Files that are complete but not yet in place; all flocked until then.
struct Ready {
    nonce: Nonce,
    slot: Slot,
    entry: (String, File),
    blobs: Vec<Blob>,
}

/// A complete blob in a temporary file, and where it belongs.
pub(super) struct Blob {
    pub(super) temporary: String,
    file: File,
    pub(super) path: String,
}

impl Store {
    /// Publishes a run, ends its flight and tells those who wait.
    ///
    /// # Errors
    /// If something can't be written or the gate isn't free within a second: the answer has been
    /// given all the same, and is just not stored. The flight ends either way.
    pub fn publish(
        &self,
        flight: Flight,
        recording: Recording<'_>,
        entry: Entry,
        durability: Durability,
        condition: Condition,
    ) -> Result<Outcome, StoreError> {
        let key = entry.key;
        let placed = self
            .write_out(recording, entry)
            .and_then(|ready| Ok((self.put_in_place(&key, &flight, &ready, condition)?, ready)));
        let (outcome, ready) = match placed {
            Ok(placed) => placed,
            Err(error) => {
                self.abandon(flight);
                return Err(error);
            }
        };
        if !matches!(outcome, Outcome::Stored(_)) {
            self.discard(&ready);
            return Ok(outcome);
        }
        if durability == Durability::Replacing {
            self.sync_entry(&key, &ready)?;
        }
        // Only now: a verdict written before the unlink would, after a kill between the two, be
        // joined for ever.
        flight.announce_stored(ready.nonce);
        Ok(outcome)
    }

    /// Writes everything into temporaries; makes no name that others look at.
    fn write_out(&self, recording: Recording<'_>, entry: Entry) -> Result<Ready, StoreError> {
        let nonce = new_nonce();
        let mut blobs = Vec::new();
        let capture = recording.capture(entry.streams);
        let (body, output, data_len, table_len) = match recording.finish()? {
            Finished::Inline { output, data_len, table_len } => {
                (Body::Inline, output, data_len, table_len)
            }
            Finished::Blob { path, file, digest, data_len, table_len } => {
                let body = Body::Blob(blob_ref(&path, &file, digest)?);
                blobs.push(Blob { temporary: path, file, path: layout::blob(&digest) });
                (body, Vec::new(), data_len, table_len)
            }
        };
        if let (Some((digest, _)), Some(stdin)) = (entry.detail.stdin, &entry.stdin) {
            blobs.push(self.copy_to_blob(stdin, &digest)?);
        }
        let head = Head {
            key: entry.key,
            nonce,
            created: entry.created,
            ran: u64::try_from(entry.ran.as_nanos()).unwrap_or(u64::MAX),
            code: entry.code,
            capture,
            policy: entry.policy,
            data_len,
            table_len,
            body,
        };
        let slot = head.slot();
        let entry = EntryFile::new(head, &entry.detail, entry.recipe.as_ref(), &output);
        let entry = self.write_temporary_entry(&entry)?;
        Ok(Ready { nonce, slot, entry, blobs })
    }

    /// Copies what a command read into a temporary that is to be a blob.
    pub(super) fn copy_to_blob(
        &self,
        mut from: &File,
        digest: &[u8; 32],
    ) -> Result<Blob, StoreError> {
        let (temporary, file) = self.create_temporary("stdin")?;
        from.seek(SeekFrom::Start(0))
            .and_then(|_| std::io::copy(&mut from, &mut &file))
            .map_err(|error| StoreError::new("write", &temporary, error))?;
        Ok(Blob { temporary, file, path: layout::blob(digest) })
    }

    /// The gate's part: everything or nothing, as others see it.
    fn put_in_place(
        &self,
        key: &Key,
        flight: &Flight,
        ready: &Ready,
        condition: Condition,
    ) -> Result<Outcome, StoreError> {
        let _gate = self.gate(gate::PUBLISHER_WAITS)?;
        let is_linked = flight.is_linked()?;
        if !is_linked && flight.is_handed_down() {
            return Ok(Outcome::HandedDown);
        }
        if !is_linked || !self.holds(condition)? {
            self.unlink_flight(flight)?;
            return Ok(Outcome::Revoked);
        }
        for blob in &ready.blobs {
            self.rename(&blob.temporary, &blob.path)?;
        }
        self.mark(key)?;
        self.rename(&ready.entry.0, &layout::entry(key, ready.slot))?;
        if ready.slot == Slot::Good {
            self.unlink(&layout::entry(key, Slot::Failure))?;
        }
        self.unlink_flight(flight)?;
        Ok(Outcome::Stored(ready.nonce))
    }

    /// Within the gate: whether what was demanded still holds.
    fn holds(&self, condition: Condition) -> Result<bool, StoreError> {
        match condition {
            Condition::None => Ok(true),
            Condition::Stored(key, nonce) => Ok(self.computed(&key, nonce)?.is_some()),
        }
    }

    /// Writes an entry into a temporary that stays flocked while its file is open.
    pub(super) fn write_temporary_entry(
        &self,
        entry: &EntryFile,
    ) -> Result<(String, File), StoreError> {
        let (path, file) = self.create_temporary("entry")?;
        match file.write_all_at(entry.bytes(), 0) {
            Ok(()) => Ok((path, file)),
            Err(error) => {
                drop(self.unlink(&path));
                Err(StoreError::new("write", &path, error))
            }
        }
    }

    fn discard(&self, ready: &Ready) {
        drop(self.unlink(&ready.entry.0));
        for blob in &ready.blobs {
            drop(self.unlink(&blob.temporary));
        }
    }

    fn sync_entry(&self, key: &Key, ready: &Ready) -> Result<(), StoreError> {
        let failed = |errno| StoreError::new("sync", &ready.entry.0, errno);
        for blob in &ready.blobs {
            rustix::fs::fdatasync(&blob.file).map_err(failed)?;
            self.sync_folder(layout::folder(&blob.path))?;
        }
        rustix::fs::fdatasync(&ready.entry.1).map_err(failed)?;
        self.sync_folder(layout::folder(&layout::entry(key, ready.slot)))
    }
}

fn blob_ref(path: &str, file: &File, digest: [u8; 32]) -> Result<BlobRef, StoreError> {
    let stat = fstat(file).map_err(|errno| StoreError::new("look at", path, errno))?;
    let (inode, modified) = (stat.st_ino, blobs::modified(&stat));
    Ok(BlobRef { digest, inode, modified, boot_id: boot::id() })
}
