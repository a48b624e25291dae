//! Hits: one append of 16 bytes each, so that a hit takes no lock and none is lost.
//!
//! A record is the wall clock and the boot clock, little-endian; the last two bytes of the boot
//! clock, 65 µs, give way to which boot it is. How many records there are is the file's length; the
//! last access is the last one.

use std::fs::File;
use std::os::unix::fs::FileExt;

use rustix::fs::{OFlags, fstat};
use serde::{Deserialize, Serialize};

use super::error::StoreError;
use super::folder::{Store, is_file};
use super::layout;
use crate::model::key::Key;
use crate::model::time::{BootId, Stamp};

/// The length of one, in bytes.
pub(super) const RECORD: u64 = 16;

/// What of a boot clock's bits says which boot it is.
const BOOT_ID: i64 = 0xffff;
/// A longer file tells nothing: that many hits would have taken hours, and collections rotate files
/// of hits long before.
pub(super) const LONGEST: u64 = 1 << 30;

/// What the file of hits tells.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Accesses {
    /// How many hits it holds.
    pub count: u64,
    /// The last one.
    pub last: Option<Stamp>,
}

/// What the catalog holds of files that were rotated away.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Tally {
    /// Records of files that are gone.
    pub(super) gone: u64,
    /// A file that was rotated away then and is still to be counted.
    pub(super) rotating: Option<Stamp>,
}

impl Store {
    /// Counts a hit. A hit that can't be counted is still a hit, so nothing is reported.
    pub fn append_hit(&self, key: &Key, now: Stamp) {
        self.append_access(&layout::hits(key), now);
    }

    /// The hits of a key.
    #[must_use]
    pub fn accesses(&self, key: &Key) -> Accesses {
        self.read_accesses(&layout::hits(key))
    }

    pub(super) fn read_accesses(&self, path: &str) -> Accesses {
        match self.open_file(path, OFlags::RDONLY) {
            Ok(file) => read(&file),
            Err(_) => Accesses::default(),
        }
    }

    pub(super) fn append_access(&self, path: &str, now: Stamp) {
        let Ok(mut file) = self.create_file(path, OFlags::WRONLY | OFlags::APPEND) else { return };
        match fstat(&file) {
            // A tool that joins equal files has linked it with another key's: part them.
            Ok(stat) if stat.st_nlink > 1 => match self.unshare(path) {
                Ok(own) => file = own,
                Err(_) => return,
            },
            Ok(stat) if is_file(&stat) => {}
            _ => return,
        }
        let _ = rustix::io::write(file, &encode(now));
    }

    /// Replaces a file that has several names by a copy of its own.
    pub(super) fn unshare(&self, path: &str) -> Result<File, StoreError> {
        let content = self.read(path)?;
        let (temporary, file) = self.create_temporary("hits")?;
        file.write_all_at(&content, 0)
            .map_err(|error| StoreError::new("write", &temporary, error))?;
        self.rename(&temporary, path)?;
        self.open_file(path, OFlags::WRONLY | OFlags::APPEND)
            .map_err(|errno| StoreError::new("open", path, errno))
    }
}

fn read(file: &File) -> Accesses {
    let count = match fstat(file) {
        Ok(stat) if is_file(&stat) && stat.st_size.unsigned_abs() <= LONGEST => {
            stat.st_size.unsigned_abs() / RECORD
        }
        _ => 0,
    };
    let mut record = [0; 16];
    let last = count
        .checked_sub(1)
        .and_then(|last| file.read_exact_at(&mut record, last * RECORD).ok())
        .map(|()| decode(&record));
    Accesses { count, last }
}

/// Earlier by up to 65 µs of the boot clock: an age is never too low for that.
pub(super) fn encode(stamp: Stamp) -> [u8; 16] {
    let Stamp { wall, boot, boot_id } = stamp;
    let mut record = [0; 16];
    record[..8].copy_from_slice(&wall.to_le_bytes());
    record[8..].copy_from_slice(&(boot & !BOOT_ID | i64::from(boot_id.0)).to_le_bytes());
    record
}

fn decode(record: &[u8; 16]) -> Stamp {
    let number = |at: usize| {
        let mut bytes = [0; 8];
        bytes.copy_from_slice(&record[at..at + 8]);
        i64::from_le_bytes(bytes)
    };
    let (wall, boot) = (number(0), number(8));
    let boot_id = u16::try_from(boot & BOOT_ID).map_or(BootId::UNKNOWN, BootId);
    Stamp { wall, boot: boot & !BOOT_ID, boot_id }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_record_keeps_all_but_65_microseconds(
            wall in any::<i64>(),
            boot in any::<i64>(),
            boot_id in any::<u16>(),
        ) {
            let stamp = Stamp { wall, boot, boot_id: BootId(boot_id) };
            let read = decode(&encode(stamp));
            prop_assert_eq!((read.wall, read.boot_id), (stamp.wall, stamp.boot_id));
            prop_assert!((0..65_536).contains(&(i128::from(boot) - i128::from(read.boot))));
        }
    }
}
