//! Looking an entry up: one open, one read; what is damaged is set aside.

use std::fs::File;
use std::io::Read;

use rustix::fs::{OFlags, Stat, fstat};
use rustix::io::Errno;

use super::entry_file::{EntryFile, Unreadable};
use super::error::StoreError;
use super::folder::{Store, is_file, new_nonce};
use super::output::{Output, Source};
use super::{gate, layout};
use crate::model::entry::{Body, Detail, Head, Nonce, Slot};
use crate::model::judge::Facts;
use crate::model::key::Key;
use crate::model::recipe::Recipe;
use crate::sys::auxiliary;

/// No entry's file is larger: a command line of a few MiB, key parts, an inline output.
const LARGEST: i64 = 64 << 20;

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
    /// The file that was read, so that only it is ever replaced or removed.
    inode: u64,
    blob: Option<File>,
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
            let (inode, entry) = match self.read_entry(&path, key)? {
                OnDisk::Entry(inode, entry) => (inode, *entry),
                OnDisk::Absent => return Ok(Lookup::Absent),
                OnDisk::OtherVersion => return Ok(Lookup::OtherVersion),
                OnDisk::Corrupt(inode) => {
                    self.set_aside(key, slot, inode)?;
                    return Ok(Lookup::Corrupt);
                }
            };
            let Body::Blob(blob) = &entry.head.body else {
                return Ok(Lookup::Found(Box::new(Found { entry, inode, blob: None })));
            };
            match self.open_blob(blob, &entry.head)? {
                Some(file) => {
                    let blob = Some(file);
                    return Ok(Lookup::Found(Box::new(Found { entry, inode, blob })));
                }
                // Replaced while we looked: the new entry names another blob.
                None if again => again = false,
                None => {
                    self.set_aside(key, slot, inode)?;
                    return Ok(Lookup::Corrupt);
                }
            }
        }
    }

    /// Reads an entry's file without looking at its blob; `None` if there is nothing readable.
    pub(super) fn peek(&self, key: &Key, slot: Slot) -> Result<Option<EntryFile>, StoreError> {
        match self.read_entry(&layout::entry(key, slot), key)? {
            OnDisk::Entry(_, entry) => Ok(Some(*entry)),
            OnDisk::Absent | OnDisk::OtherVersion | OnDisk::Corrupt(_) => Ok(None),
        }
    }

    /// Reads an entry's file without looking at its blob and without setting anything aside.
    pub(super) fn health(&self, key: &Key, slot: Slot) -> Result<Health, StoreError> {
        Ok(match self.read_entry(&layout::entry(key, slot), key)? {
            OnDisk::Entry(_, entry) => Health::Sound(entry),
            OnDisk::Absent => Health::Absent,
            OnDisk::OtherVersion => Health::OtherVersion,
            OnDisk::Corrupt(_) => Health::Damaged,
        })
    }

    /// Opens what the command of an entry read, as it was kept for recomputing it.
    ///
    /// # Errors
    /// If it isn't there any more or can't be read.
    pub fn open_stdin(&self, digest: &[u8; 32]) -> Result<File, StoreError> {
        let path = layout::blob(digest);
        self.open_file(&path, OFlags::RDONLY | OFlags::NONBLOCK)
            .map_err(|errno| StoreError::new("open", &path, errno))
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
        if !self.is_still(&path, found.inode)? {
            return Ok(false);
        }
        self.mark(&key)?;
        self.unlink(&path)
    }

    /// Replaces an entry by one with the same output and another policy, other tags or, where one
    /// is given, another recipe. `stdin` is what `detail.stdin` names, where it isn't kept yet.
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
    ) -> Result<(), StoreError> {
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
            if self.is_still(&path, found.inode)? {
                if let Some(blob) = &blob {
                    self.rename(&blob.temporary, &blob.path)?;
                }
                self.mark(&key)?;
                return self.rename(&temporary, &path);
            }
        }
        drop(file);
        if let Some(blob) = &blob {
            self.unlink(&blob.temporary)?;
        }
        self.unlink(&temporary).map(drop)
    }

    /// Within the gate: whether the entry's file is still the one that was read.
    fn is_still(&self, path: &str, inode: u64) -> Result<bool, StoreError> {
        Ok(self.stat(path)?.is_some_and(|stat| stat.st_ino == inode))
    }

    /// Within the gate: notes that a key's record may be out of date from now on.
    pub(super) fn mark(&self, key: &Key) -> Result<Nonce, StoreError> {
        let nonce = new_nonce();
        let path = layout::marker(key, nonce);
        self.create_file(&path, OFlags::WRONLY | OFlags::EXCL)
            .map(|_| nonce)
            .map_err(|errno| StoreError::new("create", &path, errno))
    }

    /// Moves a damaged entry out of the way, unless it has been replaced.
    fn set_aside(&self, key: &Key, slot: Slot, inode: u64) -> Result<(), StoreError> {
        let path = layout::entry(key, slot);
        let _gate = self.gate(gate::OTHERS_WAIT)?;
        if self.is_still(&path, inode)? {
            self.mark(key)?;
            let name = path.rsplit('/').next().unwrap_or(&path);
            self.rename(&path, &layout::quarantined(name, new_nonce()))?;
        }
        Ok(())
    }

    fn read_entry(&self, path: &str, key: &Key) -> Result<OnDisk, StoreError> {
        let failed = |source: std::io::Error| StoreError::new("read", path, source);
        let file = match self.open_file(path, OFlags::RDONLY | OFlags::NONBLOCK) {
            Ok(file) => file,
            Err(Errno::NOENT | Errno::NOTDIR | Errno::LOOP) => return Ok(OnDisk::Absent),
            Err(errno) => return Err(failed(errno.into())),
        };
        let stat = fstat(&file).map_err(|errno| failed(errno.into()))?;
        if !is_ours(&stat) {
            return Ok(OnDisk::Absent);
        }
        let inode = stat.st_ino;
        if stat.st_size > LARGEST {
            return Ok(OnDisk::Corrupt(inode));
        }
        // Entries never change, so the size that was seen is all there is to read.
        let mut bytes = vec![0; usize::try_from(stat.st_size).unwrap_or(0)];
        (&file).read_exact(&mut bytes).map_err(failed)?;
        Ok(match EntryFile::parse(bytes) {
            Ok(entry) if entry.head.key == *key => OnDisk::Entry(inode, Box::new(entry)),
            Ok(_) | Err(Unreadable::Corrupt) => OnDisk::Corrupt(inode),
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

/// What an entry's file turned out to be.
enum OnDisk {
    Entry(u64, Box<EntryFile>),
    Absent,
    OtherVersion,
    Corrupt(u64),
}

impl Found {
    /// Its output.
    #[must_use]
    pub fn output(&self) -> Output<'_> {
        let Head { data_len, table_len, .. } = self.entry.head;
        let (data, table) = if let Some(blob) = &self.blob {
            (Source::File(blob, 0), Source::File(blob, data_len))
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
    Facts { slot: head.slot(), created: head.created, last_access, streams: head.streams }
}

/// A plain file of ours. One of somebody else's is no error: it just isn't an entry.
fn is_ours(stat: &Stat) -> bool {
    is_file(stat) && stat.st_uid == auxiliary::effective_user()
}
