//! Blobs: outputs too large for their entry, named by their content.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;

use rustix::fs::{OFlags, Stat, fstat};

use super::error::{StoreError, is_of_the_file};
use super::folder::{Store, is_file};
use super::layout;
use super::output::begin_table;
use crate::model::entry::{BlobRef, Head};
use crate::sys::boot;

/// A blob that may be sent as it is.
#[derive(Debug)]
pub(super) struct OpenBlob {
    pub(super) file: File,
    /// The start of its frame table.
    pub(super) table: Vec<u8>,
}

impl Store {
    /// Opens a blob that may be sent as it is; `None` if it is gone, damaged or can't be read.
    ///
    /// A blob that still looks as it did when its entry was written, within the same boot, is
    /// trusted: only this user can have changed it, and a write would show in its time. Any
    /// other is read and compared with its digest before the first byte is used. The start of the
    /// frame table is read either way, while the command can still run in its place.
    pub(super) fn open_blob(
        &self,
        blob: &BlobRef,
        head: &Head,
    ) -> Result<Option<OpenBlob>, StoreError> {
        let path = layout::blob(&blob.digest);
        match self.try_blob(&path, blob, head) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) if is_of_the_file(&error) => Ok(None),
            tried => tried.map_err(|error| StoreError::new("read", &path, error)),
        }
    }

    fn try_blob(&self, path: &str, blob: &BlobRef, head: &Head) -> io::Result<Option<OpenBlob>> {
        let file = self.open_file(path, OFlags::RDONLY)?;
        let stat = fstat(&file)?;
        let Head { data_len, table_len, .. } = *head;
        let len = data_len.saturating_add(table_len);
        if !is_file(&stat) || u64::try_from(stat.st_size) != Ok(len) {
            return Ok(None);
        }
        if !looks_untouched(blob, &stat) && digest(&file)? != blob.digest {
            return Ok(None);
        }
        let table = begin_table(&file, data_len, table_len, data_len)?;
        Ok(table.map(|table| OpenBlob { file, table }))
    }
}

fn looks_untouched(blob: &BlobRef, stat: &Stat) -> bool {
    (blob.inode, blob.modified) == (stat.st_ino, modified(stat)) && blob.boot_id == boot::id()
}

/// A file's modification time in nanoseconds since 1970.
pub(super) fn modified(stat: &Stat) -> i64 {
    let nanos = stat.st_mtime_nsec;
    stat.st_mtime.saturating_mul(1_000_000_000).saturating_add(nanos)
}

/// The blake3 of a whole file, in constant memory.
pub(super) fn digest(file: &File) -> io::Result<[u8; 32]> {
    let mut hasher = blake3::Hasher::new();
    let mut buffer = vec![0; 256 * 1024];
    let mut at = 0;
    loop {
        match file.read_at(&mut buffer, at)? {
            0 => return Ok(*hasher.finalize().as_bytes()),
            read => {
                hasher.update(&buffer[..read]);
                at += read as u64;
            }
        }
    }
}
