//! Blobs: outputs too large for their entry, named by their content.

use std::fs::File;
use std::os::unix::fs::FileExt;

use rustix::fs::{OFlags, Stat, fstat};
use rustix::io::Errno;

use super::error::StoreError;
use super::folder::{Store, is_file};
use super::layout;
use crate::model::entry::{BlobRef, Head};
use crate::sys::boot;

impl Store {
    /// Opens a blob that may be sent as it is; `None` if it is gone or damaged.
    ///
    /// A blob that still looks as it did when its entry was written, within the same boot, is
    /// trusted: only this user can have changed it, and a write would show in its time. Any
    /// other is read and compared with its digest before the first byte is used.
    pub(super) fn open_blob(
        &self,
        blob: &BlobRef,
        head: &Head,
    ) -> Result<Option<File>, StoreError> {
        let path = layout::blob(&blob.digest);
        let failed = |source: std::io::Error| StoreError::new("read", &path, source);
        let file = match self.open_file(&path, OFlags::RDONLY | OFlags::NONBLOCK) {
            Ok(file) => file,
            Err(Errno::NOENT | Errno::LOOP) => return Ok(None),
            Err(errno) => return Err(failed(errno.into())),
        };
        let stat = fstat(&file).map_err(|errno| failed(errno.into()))?;
        let len = head.data_len.saturating_add(head.table_len);
        if !is_file(&stat) || u64::try_from(stat.st_size) != Ok(len) {
            return Ok(None);
        }
        if looks_untouched(blob, &stat) || digest(&file).map_err(failed)? == blob.digest {
            Ok(Some(file))
        } else {
            Ok(None)
        }
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
pub(super) fn digest(file: &File) -> std::io::Result<[u8; 32]> {
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
