//! Looking an entry up: one open, one read; what is damaged is set aside.

use std::fs::File;
use std::io::{self, Read};
use std::os::unix::fs::FileExt;

use rustix::fs::{OFlags, Stat, fstat};
use rustix::io::Errno;

use super::blobs::OpenBlob;
use super::entry_file::{EntryFile, Seal, Unreadable};
use super::error::{StoreError, is_of_the_file};
use super::folder::{LARGEST, Store, is_file, new_nonce};
use super::output::{Output, Source};
use super::{gate, layout};
use crate::model::entry::{Body, Detail, Head, Nonce, Slot};
use crate::model::judge::Facts;
use crate::model::key::Key;
use crate::model::recipe::Recipe;
use crate::sys::auxiliary;

/// What is stored under a key.
#[derive(Debug)]
pub enum Lookup {
    /// An entry that can be served as far as its content goes.
    Found(Box<Found>),
    /// Nothing.
    Absent,
    /// Something of another version; left alone.
    OtherVersion,
    /// Something damaged; it was set aside.
    Corrupt,
}

/// An entry that was found, with its output at hand.
#[derive(Debug)]
pub struct Found {
    /// The entry.
    pub entry: EntryFile,
    blob: Option<OpenBlob>,
}

impl Store {
    /// Looks up the entry in one of a key's files.
    ///
    /// # Errors
    /// If it is there and can't be read.
    pub fn find(&self, key: &Key, slot: Slot) -> Result<Lookup, StoreError> {
        let path = layout::entry(key, slot);
        let mut again = true;
        loop {
            let entry = match self.read_entry(&path, key)? {
                OnDisk::Entry(entry) => *entry,
                OnDisk::Absent => return Ok(Lookup::Absent),
                OnDisk::OtherVersion => return Ok(Lookup::OtherVersion),
                OnDisk::Corrupt(seen) => {
                    self.set_aside(key, slot, &seen)?;
                    return Ok(Lookup::Corrupt);
                }
            };
            let Body::Blob(blob) = &entry.head.body else {
                return Ok(Lookup::Found(Box::new(Found { entry, blob: None })));
            };
            match self.open_blob(blob, &entry.head)? {
                Some(blob) => {
                    let blob = Some(blob);
                    return Ok(Lookup::Found(Box::new(Found { entry, blob })));
                }
                // Replaced while we looked: the new entry names another blob.
                None if again => again = false,
                None => {
                    self.set_aside(key, slot, &Seen::File(entry.seal()))?;
                    return Ok(Lookup::Corrupt);
                }
            }
        }
    }

    /// Reads an entry's file without looking at its blob; `None` if there is nothing readable.
    pub(super) fn peek(&self, key: &Key, slot: Slot) -> Result<Option<EntryFile>, StoreError> {
        match self.read_entry(&layout::entry(key, slot), key)? {
            OnDisk::Entry(entry) => Ok(Some(*entry)),
            OnDisk::Absent | OnDisk::OtherVersion | OnDisk::Corrupt(_) => Ok(None),
        }
    }

    /// Reads an entry's file without looking at its blob and without setting anything aside.
    pub(super) fn health(&self, key: &Key, slot: Slot) -> Result<Health, StoreError> {
        Ok(match self.read_entry(&layout::entry(key, slot), key)? {
            OnDisk::Entry(entry) => Health::Sound(entry),
            OnDisk::Absent => Health::Absent,
            OnDisk::OtherVersion => Health::OtherVersion,
            OnDisk::Corrupt(_) => Health::Damaged,
        })
    }

    /// Opens what the command of an entry read, as it was kept for recomputing it.
    ///
    /// # Errors
    /// If it isn't there any more, can't be read, or doesn't have the length that the entry names.
    pub fn open_stdin(&self, digest: &[u8; 32], detail: &Detail) -> Result<File, StoreError> {
        let path = layout::blob(digest);
        let failed = |errno| StoreError::new("open", &path, errno);
        let file = self.open_file(&path, OFlags::RDONLY).map_err(failed)?;
        let stat = fstat(&file).map_err(failed)?;
        let len = detail.stdin.filter(|(known, _)| known == digest).map(|(_, len)| len);
        if !is_file(&stat) || len.is_some_and(|len| len != stat.st_size.unsigned_abs()) {
            return Err(failed(Errno::NXIO));
        }
        Ok(file)
    }

    /// The entry of this computation, if it is still stored.
    ///
    /// # Errors
    /// If what is stored can't be read.
    pub fn computed(&self, key: &Key, nonce: Nonce) -> Result<Option<EntryFile>, StoreError> {
        for slot in [Slot::Good, Slot::Failure] {
            let entry = self.peek(key, slot)?;
            if let Some(entry) = entry.filter(|entry| entry.head.nonce == nonce) {
                return Ok(Some(entry));
            }
        }
        Ok(None)
    }

    /// Removes an expired entry that is served for the last time; whether it was this call that
    /// removed it.
    ///
    /// # Errors
    /// If the gate isn't free in time, or the entry can't be removed.
    pub fn drop_served_once(&self, found: &Found) -> Result<bool, StoreError> {
        let Head { key, .. } = found.entry.head;
        let slot = found.entry.head.slot();
        let path = layout::entry(&key, slot);
        let _gate = self.gate(gate::OTHERS_WAIT)?;
        if !self.is_still(&path, &Seen::File(found.entry.seal()))? {
            return Ok(false);
        }
        self.mark(&key)?;
        self.unlink(&path)
    }

    /// Replaces an entry by one with the same output and another policy, other tags or, where one
    /// is given, another recipe; whether it was done: another entry in its place stays. `stdin` is
    /// what `detail.stdin` names, where it isn't kept yet.
    ///
    /// # Errors
    /// If it can't be written or the gate isn't free in time.
    pub fn amend(
        &self,
        found: &Found,
        head: Head,
        detail: &Detail,
        recipe: Option<&Recipe>,
        stdin: Option<&File>,
    ) -> Result<bool, StoreError> {
        let key = head.key;
        let path = layout::entry(&key, head.slot());
        let blob = match (detail.stdin, stdin) {
            (Some((digest, _)), Some(stdin)) => Some(self.copy_to_blob(stdin, &digest)?),
            _ => None,
        };
        let entry = found.entry.with(head, detail, recipe);
        let (temporary, file) = self.write_temporary_entry(&entry)?;
        {
            let _gate = self.gate(gate::PUBLISHER_WAITS)?;
            if self.is_still(&path, &Seen::File(found.entry.seal()))? {
                if let Some(blob) = &blob {
                    self.rename(&blob.temporary, &blob.path)?;
                }
                self.mark(&key)?;
                self.rename(&temporary, &path)?;
                return Ok(true);
            }
        }
        drop(file);
        if let Some(blob) = &blob {
            self.unlink(&blob.temporary)?;
        }
        self.unlink(&temporary)?;
        Ok(false)
    }

    /// Within the gate: whether the entry's file is still the one that was read.
    fn is_still(&self, path: &str, seen: &Seen) -> Result<bool, StoreError> {
        let now = match self.look(path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(false),
            Err(error) if is_of_the_file(&error) => Seen::Unreadable,
            looked => looked.map_err(|error| StoreError::new("read", path, error))?,
        };
        Ok(now == *seen)
    }

    fn look(&self, path: &str) -> io::Result<Seen> {
        let Some((file, _)) = self.open_entry(path)? else { return Ok(Seen::Unreadable) };
        let mut start = Vec::with_capacity(Seal::LEN);
        file.take(Seal::LEN as u64).read_to_end(&mut start)?;
        Ok(Seen::File(Seal::of(&start)))
    }

    /// Opens an entry's file and tells how long it is; `None` if it is something else.
    fn open_entry(&self, path: &str) -> io::Result<Option<(File, u64)>> {
        let file = self.open_file(path, OFlags::RDONLY)?;
        let stat = fstat(&file)?;
        Ok(is_ours(&stat).then_some((file, stat.st_size.unsigned_abs())))
    }

    /// Within the gate: notes that a key's record may be out of date from now on.
    pub(super) fn mark(&self, key: &Key) -> Result<Nonce, StoreError> {
        let nonce = new_nonce();
        let path = layout::marker(key, nonce);
        self.create_file(&path, OFlags::WRONLY | OFlags::EXCL)
            .map(|_| nonce)
            .map_err(|errno| StoreError::new("create", &path, errno))
    }

    /// Moves an entry out of the way whose output proved unreadable, unless it has been replaced.
    ///
    /// # Errors
    /// If the gate isn't free in time, or the entry can't be moved.
    pub fn set_unreadable_aside(&self, found: &Found) -> Result<(), StoreError> {
        let head = &found.entry.head;
        self.set_aside(&head.key, head.slot(), &Seen::File(found.entry.seal()))
    }

    /// Moves a damaged entry out of the way, unless it has been replaced.
    fn set_aside(&self, key: &Key, slot: Slot, seen: &Seen) -> Result<(), StoreError> {
        let path = layout::entry(key, slot);
        let _gate = self.gate(gate::OTHERS_WAIT)?;
        if self.is_still(&path, seen)? {
            self.mark(key)?;
            self.put_aside(&path)?;
        }
        Ok(())
    }

    fn read_entry(&self, path: &str, key: &Key) -> Result<OnDisk, StoreError> {
        match self.try_entry(path, key) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(OnDisk::Absent),
            // Unreadable, but not for want of anything: what it is the file's place can tell.
            Err(error) if is_of_the_file(&error) => Ok(match self.stat(path) {
                Ok(Some(_)) => OnDisk::Corrupt(Seen::Unreadable),
                // Not even its directory is one.
                Ok(None) | Err(_) => OnDisk::Absent,
            }),
            read => read.map_err(|error| StoreError::new("read", path, error)),
        }
    }

    fn try_entry(&self, path: &str, key: &Key) -> io::Result<OnDisk> {
        let Some((file, size)) = self.open_entry(path)? else {
            return Ok(OnDisk::Corrupt(Seen::Unreadable));
        };
        // Entries never change, so the size that was seen is all there is to read. What is too large
        // for one is read as far as it takes to tell it from others.
        let is_too_large = size > LARGEST;
        let len = if is_too_large { Seal::LEN } else { usize::try_from(size).unwrap_or(0) };
        let mut bytes = vec![0; len];
        (&file).read_exact(&mut bytes)?;
        let seen = Seen::File(Seal::of(&bytes));
        if is_too_large {
            return Ok(OnDisk::Corrupt(seen));
        }
        Ok(match EntryFile::parse(bytes) {
            Ok(entry) if entry.head.key == *key => OnDisk::Entry(Box::new(entry)),
            Ok(_) | Err(Unreadable::Corrupt) => OnDisk::Corrupt(seen),
            Err(Unreadable::OtherVersion) => OnDisk::OtherVersion,
        })
    }
}

/// What can be said of an entry's file.
pub(super) enum Health {
    Sound(Box<EntryFile>),
    Absent,
    OtherVersion,
    Damaged,
}

/// What tells the file in an entry's place from one that takes its place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Seen {
    /// A file with this seal.
    File(Seal),
    /// Something that can't be read as one.
    Unreadable,
}

/// What an entry's file turned out to be.
enum OnDisk {
    Entry(Box<EntryFile>),
    Absent,
    OtherVersion,
    Corrupt(Seen),
}

impl Found {
    /// Whether the first byte of its output can be read.
    #[must_use]
    pub fn is_readable(&self) -> bool {
        let is_readable = |blob: &OpenBlob| blob.file.read_exact_at(&mut [0], 0).is_ok();
        self.blob.as_ref().is_none_or(is_readable)
    }

    /// Its output.
    #[must_use]
    pub fn output(&self) -> Output<'_> {
        let Head { data_len, table_len, .. } = self.entry.head;
        let (data, table) = if let Some(OpenBlob { file, table }) = &self.blob {
            (Source::File(file, 0), Source::Begun(table, file, data_len))
        } else {
            let (data, table) = self.entry.inline_output();
            (Source::Memory(data), Source::Memory(table))
        };
        Output { data, data_len, table, table_len }
    }

    /// What judging needs, given when it was last served, if ever.
    #[must_use]
    pub fn facts(&self, last_hit: Option<crate::model::time::Stamp>) -> Facts {
        facts(&self.entry.head, last_hit)
    }
}

/// What judging an entry needs, given when it was last served, if ever.
#[must_use]
pub fn facts(head: &Head, last_hit: Option<crate::model::time::Stamp>) -> Facts {
    // A recomputation is newer than the last hit on what it replaced.
    let last_access = match last_hit {
        Some(hit) if hit.wall > head.created.wall => hit,
        _ => head.created,
    };
    Facts { slot: head.slot(), created: head.created, last_access, capture: head.capture }
}

/// A plain file of ours. One of somebody else's isn't an entry, whatever it says.
fn is_ours(stat: &Stat) -> bool {
    is_file(stat) && stat.st_uid == auxiliary::effective_user()
}

#[cfg(test)]
mod tests;
