//! What was read of standard input: in memory while it is small, then in an unlinked temporary file.

use std::fs::File;
use std::io::{self, Seek, SeekFrom, Write};
use std::os::fd::{AsFd, AsRawFd, BorrowedFd};

use rustix::fs::MemfdFlags;

/// Up to so many bytes are kept in memory.
const MEMORY_MOST: usize = 64 * 1024;

/// Bytes in their order: those in the file, then those in memory.
#[derive(Debug, Default)]
pub(super) struct Spool {
    file: Option<File>,
    in_file: u64,
    /// If there is a file, what it hasn't taken.
    memory: Vec<u8>,
}

impl Spool {
    /// Adds bytes. Where there is no room for them in a file, they are held all the same.
    pub(super) fn keep(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.hold(bytes);
        if self.file.is_none() && self.memory.len() <= MEMORY_MOST {
            return Ok(());
        }
        let file = match &mut self.file {
            Some(file) => file,
            none => none.insert(tempfile::tempfile()?),
        };
        while !self.memory.is_empty() {
            match file.write(&self.memory) {
                Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
                Ok(written) => {
                    self.in_file += written as u64;
                    self.memory.drain(..written);
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    /// Adds bytes in memory, for now.
    pub(super) fn hold(&mut self, bytes: &[u8]) {
        self.memory.extend_from_slice(bytes);
    }

    pub(super) fn is_empty(&self) -> bool {
        self.in_file == 0 && self.memory.is_empty()
    }

    /// All of it in a file, from its start; only of what could be kept.
    pub(super) fn file(&self) -> io::Result<File> {
        let mut file = self.file.as_ref().map_or_else(|| self.in_memory(), File::try_clone)?;
        match file.seek(SeekFrom::Start(0)) {
            Ok(_) => Ok(file),
            // Opened anew it is at its start, too.
            Err(_) => File::open(format!("/proc/self/fd/{}", file.as_raw_fd())),
        }
    }

    fn in_memory(&self) -> io::Result<File> {
        let mut file = File::from(rustix::fs::memfd_create("stdin", MemfdFlags::CLOEXEC)?);
        file.write_all(&self.memory)?;
        Ok(file)
    }

    pub(super) fn descriptor(&self) -> Option<BorrowedFd<'_>> {
        self.file.as_ref().map(AsFd::as_fd)
    }

    /// What is in the file, and how much, and what is in memory.
    pub(super) fn parts(&self) -> (Option<(&File, u64)>, &[u8]) {
        (self.file.as_ref().map(|file| (file, self.in_file)), &self.memory)
    }
}

#[cfg(test)]
impl Spool {
    pub(super) fn each_piece(&self, mut piece: impl FnMut(&[u8])) {
        use std::os::unix::fs::FileExt;
        if let (Some((file, len)), _) = self.parts() {
            let mut bytes = vec![0; usize::try_from(len).expect("a length")];
            file.read_exact_at(&mut bytes, 0).expect("to read it");
            piece(&bytes);
        }
        piece(&self.memory);
    }
}
