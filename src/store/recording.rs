//! A recording while it is made: in memory while it is small, in a temporary file from then on.

use std::fs::File;
use std::os::unix::fs::FileExt;

use super::error::StoreError;
use super::folder::Store;
use super::output::{Output, Source};
use crate::model::entry::{Capture, Stream, Streams};
use crate::model::frames::{Encoder, Frame};

/// Outputs up to this size are kept in their entry. A hit takes as long either way; what decides is
/// the disk, where the catalog holds an inline output about twice more (see ARCHITECTURE.md).
pub(super) const INLINE_MOST: usize = 8 * 1024;

/// So much of a frame table is kept in memory before it, too, goes into a file.
const TABLE_MOST: usize = 64 * 1024;

/// Why a recording ended early.
#[derive(Debug)]
pub enum Stop {
    /// It is larger than what may be stored.
    TooLarge,
    /// The disk is full or broken.
    Failed(StoreError),
}

/// Records data and frames in constant memory.
#[derive(Debug)]
pub struct Recording<'s> {
    store: &'s Store,
    most: u64,
    len: u64,
    /// What of that is standard error.
    err_len: u64,
    hasher: blake3::Hasher,
    memory: Vec<u8>,
    data: Option<Spool>,
    frames: Encoder,
    /// Encoded frames that no file holds, once recording has ended.
    rest: Vec<u8>,
    table: Option<Spool>,
}

/// A temporary file and its path; removed when it is dropped and hasn't been moved away.
#[derive(Debug)]
struct Spool {
    path: String,
    file: File,
    len: u64,
}

/// A recording that has ended.
pub(super) enum Finished {
    /// Data and table, small enough for an entry.
    Inline { output: Vec<u8>, data_len: u64, table_len: u64 },
    /// A complete blob in a temporary file, still flocked.
    Blob { path: String, file: File, digest: [u8; 32], data_len: u64, table_len: u64 },
}

impl<'s> Recording<'s> {
    /// A new recording of at most `most` bytes.
    #[must_use]
    pub fn new(store: &'s Store, most: u64) -> Recording<'s> {
        Recording {
            store,
            most,
            len: 0,
            err_len: 0,
            hasher: blake3::Hasher::new(),
            memory: Vec::new(),
            data: None,
            frames: Encoder::default(),
            rest: Vec::new(),
            table: None,
        }
    }

    /// How many bytes of output it holds.
    #[must_use]
    pub fn data_len(&self) -> u64 {
        self.len
    }

    /// How it was recorded, from a command with these pipes. What one pipe holds may be of both
    /// streams.
    pub(super) fn capture(&self, streams: Streams) -> Capture {
        let is_mixed = match streams {
            Streams::Merged => self.len > 0,
            Streams::Split => (1..self.len).contains(&self.err_len),
        };
        Capture { streams, is_mixed }
    }

    /// Takes down bytes of a stream.
    ///
    /// # Errors
    /// If they aren't held, because of the limit or the disk; what came before still is.
    pub fn record(&mut self, stream: Stream, bytes: &[u8]) -> Result<(), Stop> {
        let len = bytes.len() as u64;
        if self.len + len > self.most {
            return Err(Stop::TooLarge);
        }
        self.hold(bytes).map_err(Stop::Failed)?;
        self.len += len;
        if stream == Stream::Err {
            self.err_len += len;
        }
        self.frames.push(Frame { stream, len });
        if self.frames.pending() > TABLE_MOST {
            self.spill_table().map_err(Stop::Failed)?;
        }
        Ok(())
    }

    /// What was recorded so far, to be replayed. Ends recording; it may still be stored.
    ///
    /// # Errors
    /// If the temporary file of the table can't be written.
    pub fn output(&mut self) -> Result<Output<'_>, StoreError> {
        self.seal()?;
        let (table, table_len) = match &self.table {
            Some(table) => (Source::File(&table.file, 0), table.len),
            None => (Source::Memory(&self.rest), self.rest.len() as u64),
        };
        let data = match &self.data {
            Some(data) => Source::File(&data.file, 0),
            None => Source::Memory(&self.memory),
        };
        Ok(Output { data, data_len: self.len, table, table_len })
    }

    /// Ends the recording, to be stored.
    pub(super) fn finish(mut self) -> Result<Finished, StoreError> {
        self.seal()?;
        let data_len = self.len;
        if self.table.is_some() {
            // A table that long is for a blob, however short the data.
            self.spill_data()?;
        }
        let Some(mut data) = self.data.take() else {
            let mut output = std::mem::take(&mut self.memory);
            output.extend_from_slice(&self.rest);
            return Ok(Finished::Inline { output, data_len, table_len: self.rest.len() as u64 });
        };
        self.append_table(&mut data)?;
        let table_len = data.len - data_len;
        let digest = *self.hasher.finalize().as_bytes();
        Ok(Finished::Blob { path: data.path, file: data.file, digest, data_len, table_len })
    }

    /// Encodes the last frame: nothing more is recorded.
    fn seal(&mut self) -> Result<(), StoreError> {
        self.rest.extend(std::mem::take(&mut self.frames).finish());
        if let Some(table) = &mut self.table {
            table.append(&self.rest)?;
            self.rest.clear();
        }
        Ok(())
    }

    fn hold(&mut self, bytes: &[u8]) -> Result<(), StoreError> {
        if self.data.is_none() && self.memory.len() + bytes.len() <= INLINE_MOST {
            self.memory.extend_from_slice(bytes);
            return Ok(());
        }
        self.spill_data()?;
        if let Some(data) = &mut self.data {
            data.append(bytes)?;
            self.hasher.update(bytes);
        }
        Ok(())
    }

    fn spill_data(&mut self) -> Result<(), StoreError> {
        if self.data.is_none() {
            let mut data = Spool::new(self.store, "blob")?;
            data.append(&self.memory)?;
            self.hasher.update(&self.memory);
            self.memory = Vec::new();
            self.data = Some(data);
        }
        Ok(())
    }

    fn spill_table(&mut self) -> Result<(), StoreError> {
        let table = match &mut self.table {
            Some(table) => table,
            None => self.table.insert(Spool::new(self.store, "table")?),
        };
        table.append(&self.frames.take())
    }

    /// Puts the table behind the data.
    fn append_table(&mut self, data: &mut Spool) -> Result<(), StoreError> {
        let Some(table) = &self.table else {
            self.hasher.update(&self.rest);
            return data.append(&self.rest);
        };
        let mut buffer = vec![0; TABLE_MOST];
        let mut at = 0;
        while at < table.len {
            let left = usize::try_from(table.len - at).unwrap_or(usize::MAX);
            let piece = &mut buffer[..left.min(TABLE_MOST)];
            table
                .file
                .read_exact_at(piece, at)
                .map_err(|error| StoreError::new("read", &table.path, error))?;
            data.append(piece)?;
            self.hasher.update(piece);
            at += piece.len() as u64;
        }
        Ok(())
    }
}

impl Drop for Recording<'_> {
    fn drop(&mut self) {
        for spool in [self.data.take(), self.table.take()].into_iter().flatten() {
            // What stays behind is swept: its lock ends with us.
            drop(self.store.unlink(&spool.path));
        }
    }
}

impl Spool {
    fn new(store: &Store, what: &str) -> Result<Spool, StoreError> {
        let (path, file) = store.create_temporary(what)?;
        Ok(Spool { path, file, len: 0 })
    }

    /// Appends all or nothing, as far as `len` is concerned.
    fn append(&mut self, bytes: &[u8]) -> Result<(), StoreError> {
        self.file
            .write_all_at(bytes, self.len)
            .map_err(|error| StoreError::new("write", &self.path, error))?;
        self.len += bytes.len() as u64;
        Ok(())
    }
}
