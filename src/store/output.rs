//! A recorded output, wherever it is: data in one piece, and the frame table that orders it.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;

use crate::model::entry::Stream;
use crate::model::frames::{self, Frame};

/// Where bytes are.
#[derive(Debug)]
pub enum Source<'a> {
    /// In memory.
    Memory(&'a [u8]),
    /// In memory of its own.
    Owned(Vec<u8>),
    /// In a file, from this offset.
    File(&'a File, u64),
    /// The same, and what has been read of it already.
    Begun(&'a [u8], &'a File, u64),
}

/// A recorded output.
#[derive(Debug)]
pub struct Output<'a> {
    /// The bytes of both streams, as they were read.
    pub data: Source<'a>,
    /// How many.
    pub data_len: u64,
    /// The frame table.
    pub table: Source<'a>,
    /// Its length in bytes.
    pub table_len: u64,
}

/// Takes a run of bytes of one stream: where they are, and how many.
pub trait Player {
    /// Plays bytes in memory.
    ///
    /// # Errors
    /// If they can't be delivered.
    fn bytes(&mut self, stream: Stream, bytes: &[u8]) -> io::Result<()>;

    /// Plays `len` bytes of a file.
    ///
    /// # Errors
    /// If they can't be delivered.
    fn file(&mut self, stream: Stream, file: &File, offset: u64, len: u64) -> io::Result<()>;
}

impl Output<'_> {
    /// Plays all of it, in order, in constant memory.
    ///
    /// # Errors
    /// The player's, or that the table doesn't match the data.
    pub fn play(&self, player: &mut dyn Player) -> io::Result<()> {
        let mut at = 0;
        self.each_frame(|frame| {
            if frame.len > self.data_len - at {
                return Err(mismatch());
            }
            self.data.play(player, frame, at)?;
            at += frame.len;
            Ok(())
        })?;
        if at == self.data_len { Ok(()) } else { Err(mismatch()) }
    }

    fn each_frame(&self, mut each: impl FnMut(Frame) -> io::Result<()>) -> io::Result<()> {
        let mut table = TableReader::new(&self.table, self.table_len);
        while let Some(frame) = table.next()? {
            each(frame)?;
        }
        Ok(())
    }
}

impl Source<'_> {
    fn play(&self, player: &mut dyn Player, frame: Frame, at: u64) -> io::Result<()> {
        let memory = match self {
            Source::Memory(bytes) => bytes,
            Source::Owned(bytes) => bytes.as_slice(),
            Source::File(file, offset) | Source::Begun(_, file, offset) => {
                return player.file(frame.stream, file, offset + at, frame.len);
            }
        };
        let start = usize::try_from(at).map_err(|_| mismatch())?;
        let len = usize::try_from(frame.len).map_err(|_| mismatch())?;
        player.bytes(frame.stream, memory.get(start..start + len).ok_or_else(mismatch)?)
    }
}

/// So much of a table is read at once, in bytes.
const PIECE: usize = 16 * 1024;
/// No number of a table is longer.
const LONGEST: usize = 16;

/// Reads the start of a frame table that a file holds from `offset` on; `None` if none can begin
/// like this.
pub(super) fn begin_table(
    file: &File,
    offset: u64,
    table_len: u64,
    data_len: u64,
) -> io::Result<Option<Vec<u8>>> {
    let len = usize::try_from(table_len).unwrap_or(usize::MAX).min(PIECE);
    let mut start = vec![0; len];
    file.read_exact_at(&mut start, offset)?;
    Ok(can_begin(&start, table_len, data_len).then_some(start))
}

/// Whether a frame table of this length, for data of that length, can begin like this.
fn can_begin(start: &[u8], table_len: u64, data_len: u64) -> bool {
    let (mut used, mut at) = (0, 0_u64);
    while let Some((frame, len)) = frames::decode(&start[used..]) {
        used += len;
        at = at.saturating_add(frame.len);
    }
    let left = start.len() - used;
    let is_whole = start.len() as u64 == table_len;
    if is_whole { left == 0 && at == data_len } else { left < LONGEST && at <= data_len }
}

/// Decodes a table piece by piece.
struct TableReader<'a> {
    source: &'a Source<'a>,
    /// Offset of what hasn't been read into the buffer.
    at: u64,
    len: u64,
    buffer: Vec<u8>,
    used: usize,
}

impl<'a> TableReader<'a> {
    fn new(source: &'a Source<'a>, len: u64) -> Self {
        let buffer = match source {
            Source::Begun(start, ..) => start.to_vec(),
            Source::Memory(_) | Source::Owned(_) | Source::File(..) => Vec::new(),
        };
        TableReader { source, at: buffer.len() as u64, len, buffer, used: 0 }
    }

    fn next(&mut self) -> io::Result<Option<Frame>> {
        let rest = match self.source {
            Source::Memory(bytes) => bytes.get(self.used..),
            Source::Owned(bytes) => bytes.get(self.used..),
            Source::File(file, offset) | Source::Begun(_, file, offset) => {
                self.refill(file, *offset)?;
                self.buffer.get(self.used..)
            }
        };
        let rest = rest.unwrap_or_default();
        if rest.is_empty() {
            return Ok(None);
        }
        let (frame, used) = frames::decode(rest).ok_or_else(mismatch)?;
        self.used += used;
        Ok(Some(frame))
    }

    fn refill(&mut self, file: &File, offset: u64) -> io::Result<()> {
        if self.buffer.len() - self.used >= LONGEST || self.at == self.len {
            return Ok(());
        }
        self.buffer.drain(..self.used);
        self.used = 0;
        let old = self.buffer.len();
        let left = usize::try_from(self.len - self.at).unwrap_or(usize::MAX);
        self.buffer.resize(old + left.min(PIECE), 0);
        file.read_exact_at(&mut self.buffer[old..], offset + self.at)?;
        self.at += (self.buffer.len() - old) as u64;
        Ok(())
    }
}

fn mismatch() -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, "the frame table doesn't match the data")
}
