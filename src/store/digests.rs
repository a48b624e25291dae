//! Files of digests of inputs: `digests/ab/<name>`. What they hold is their user's affair; here
//! it is kept whole and bounded.
//!
//! Offset 0: `omoidg`, a version of two bytes, the blake3 of what follows. A file that isn't like
//! this is as good as none.

use std::fs::{File, FileTimes};
use std::io::{Read, Write};
use std::time::SystemTime;

use rustix::fs::{OFlags, fstat};

use super::blobs::modified;
use super::error::StoreError;
use super::folder::{Store, is_file};
use super::layout;

const MAGIC: &[u8; 8] = b"omoidg\x01\x00";
const HEADER: usize = MAGIC.len() + 32;

/// Larger files are neither written nor read, in bytes.
const LARGEST: usize = 8 << 20;

/// What a file of digests holds.
#[derive(Debug)]
pub struct Digests {
    file: File,
    bytes: Vec<u8>,
    /// When it was written or renewed, in nanoseconds since 1970.
    pub renewed: i64,
}

impl Digests {
    /// What was written.
    #[must_use]
    pub fn content(&self) -> &[u8] {
        &self.bytes[HEADER..]
    }

    /// Keeps it from being swept for another while.
    pub fn renew(&self) {
        // Where that can't be, it is written anew one day.
        let _ = self.file.set_times(FileTimes::new().set_modified(SystemTime::now()));
    }
}

impl Store {
    /// The file of this name; `None` if there is none that is whole.
    #[must_use]
    pub fn read_digests(&self, name: &[u8; 32]) -> Option<Digests> {
        let path = layout::digests(name);
        let mut file = self.open_file(&path, OFlags::RDONLY).ok()?;
        let stat = fstat(&file).ok()?;
        let len = usize::try_from(stat.st_size).ok()?;
        if !is_file(&stat) || !(HEADER..=LARGEST).contains(&len) {
            return None;
        }
        let mut bytes = Vec::with_capacity(len + 1);
        (&mut file).take(LARGEST as u64).read_to_end(&mut bytes).ok()?;
        let (header, content) = bytes.split_at_checked(HEADER)?;
        let is_whole =
            header.starts_with(MAGIC) && blake3::hash(content).as_bytes() == &header[MAGIC.len()..];
        is_whole.then_some(Digests { file, bytes, renewed: modified(&stat) })
    }

    /// Replaces the file of this name. Nothing depends on it: it is not synced.
    ///
    /// # Errors
    /// If it can't be written, or mustn't.
    pub fn write_digests(&self, name: &[u8; 32], content: &[u8]) -> Result<(), StoreError> {
        if content.len() + HEADER > LARGEST || self.network_file_system().is_some() {
            return Ok(());
        }
        self.check_format()
            .map_err(|error| StoreError::newer(layout::FORMAT, &error.to_string()))?;
        let (temporary, mut file) = self.create_temporary("digests")?;
        let digest = blake3::hash(content);
        let written = [MAGIC.as_slice(), digest.as_bytes(), content]
            .iter()
            .try_for_each(|bytes| file.write_all(bytes))
            .map_err(|error| StoreError::new("write", &temporary, error))
            .and_then(|()| self.rename(&temporary, &layout::digests(name)));
        if written.is_err() {
            let _ = self.unlink(&temporary);
        }
        written
    }
}

#[cfg(test)]
mod tests {
    use super::super::kit::Kit;
    use super::*;
    use crate::model::policy::Limits;

    const NAME: [u8; 32] = [7; 32];

    fn written() -> Kit {
        let kit = Kit::new();
        kit.store.write_digests(&NAME, b"content").expect("to write it");
        kit
    }

    fn read(kit: &Kit) -> Option<Vec<u8>> {
        kit.store.read_digests(&NAME).map(|digests| digests.content().to_vec())
    }

    #[test]
    fn what_was_written_is_read_and_replaced() {
        let kit = written();
        assert_eq!(read(&kit).as_deref(), Some(b"content".as_slice()));
        kit.store.write_digests(&NAME, b"other").expect("to write it");
        assert_eq!(read(&kit).as_deref(), Some(b"other".as_slice()));
        assert!(kit.store.read_digests(&[8; 32]).is_none());
        assert!(kit.store.names(layout::TMP).expect("a folder").is_empty());
    }

    #[test]
    fn a_damaged_file_is_none_whatever_byte_it_is() {
        let kit = written();
        let path = kit.store.version_path().join(layout::digests(&NAME));
        let whole = std::fs::read(&path).expect("bytes");
        for at in 0..whole.len() {
            let mut damaged = whole.clone();
            damaged[at] ^= 1;
            std::fs::write(&path, damaged).expect("to write it");
            assert_eq!(read(&kit), None, "byte {at}");
            std::fs::write(&path, &whole[..at]).expect("to write it");
            assert_eq!(read(&kit), None, "cut at {at}");
        }
        kit.store.write_digests(&NAME, b"new").expect("to write it");
        assert_eq!(read(&kit).as_deref(), Some(b"new".as_slice()));
    }

    #[test]
    fn what_nobody_renews_is_swept() {
        const DAY: i64 = 86_400_000_000_000;
        let kit = written();
        let renewed = kit.store.read_digests(&NAME).expect("a file").renewed;
        let swept = |days: i64| {
            let now = crate::model::time::Stamp::new(renewed + days * DAY, 0);
            let gc = |shelf: &mut super::super::Shelf<'_>| {
                shelf.gc(&Limits::default(), now, &mut |_| Ok(()))
            };
            kit.store.with_catalog(super::super::kit::PATIENCE, gc).expect("a collection");
            read(&kit).is_none()
        };
        assert!(!swept(-1));
        assert!(!swept(29));
        assert!(swept(31));
    }
}
