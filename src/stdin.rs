//! Standard input that is part of the key: read to its end, kept, and fed to the command.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::os::fd::{AsFd, AsRawFd, BorrowedFd};
use std::os::unix::fs::FileExt;

use rustix::fs::MemfdFlags;

use crate::runner::Input;

/// Input up to this size is kept in memory, the rest in an unlinked temporary file.
const MEMORY_MOST: usize = 64 * 1024;

/// Standard input as it was read.
#[derive(Debug)]
pub struct Stdin {
    /// The blake3 of all of it.
    pub digest: [u8; 32],
    /// Its length in bytes.
    pub len: u64,
    content: Content,
}

#[derive(Debug)]
enum Content {
    Memory(Vec<u8>),
    File(File),
}

impl Stdin {
    /// Reads `from` to its end, in constant memory.
    ///
    /// # Errors
    /// If it can't be read, or the temporary file can't be written.
    pub fn read(mut from: impl Read) -> io::Result<Stdin> {
        let mut memory = Vec::new();
        from.by_ref().take(MEMORY_MOST as u64).read_to_end(&mut memory)?;
        let mut hasher = blake3::Hasher::new();
        hasher.update(&memory);
        if memory.len() < MEMORY_MOST {
            let len = memory.len() as u64;
            return Ok(Stdin { digest: digest(&hasher), len, content: Content::Memory(memory) });
        }
        let mut file = tempfile::tempfile()?;
        file.write_all(&memory)?;
        loop {
            let read = match from.read(&mut memory) {
                Ok(0) => break,
                Ok(read) => read,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => return Err(error),
            };
            hasher.update(&memory[..read]);
            file.write_all(&memory[..read])?;
        }
        let len = hasher.count();
        Ok(Stdin { digest: digest(&hasher), len, content: Content::File(file) })
    }

    /// The same again, from its start, for the command.
    ///
    /// # Errors
    /// If there is no memory or no descriptor left.
    pub fn input(&self) -> io::Result<Input> {
        let file = match &self.content {
            Content::Memory(bytes) => {
                let file = match rustix::fs::memfd_create("stdin", MemfdFlags::CLOEXEC) {
                    Ok(memory) => File::from(memory),
                    // Before 3.17, or refused by a sandbox.
                    Err(_) => tempfile::tempfile()?,
                };
                // Which leaves it at its start.
                file.write_all_at(bytes, 0)?;
                file
            }
            Content::File(file) => rewound(file)?,
        };
        Ok(Input::File(file))
    }
}

impl Stdin {
    /// The descriptor that holds it, if it is in a file: to be kept open where all others are
    /// closed.
    #[must_use]
    pub fn descriptor(&self) -> Option<BorrowedFd<'_>> {
        match &self.content {
            Content::Memory(_) => None,
            Content::File(file) => Some(file.as_fd()),
        }
    }
}

fn rewound(file: &File) -> io::Result<File> {
    let mut same = file.try_clone()?;
    match same.seek(SeekFrom::Start(0)) {
        Ok(_) => Ok(same),
        // Opened anew it is at its start, too.
        Err(_) => File::open(format!("/proc/self/fd/{}", file.as_raw_fd())),
    }
}

fn digest(hasher: &blake3::Hasher) -> [u8; 32] {
    *hasher.finalize().as_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read_back(stdin: &Stdin) -> Vec<u8> {
        let Ok(Input::File(mut file)) = stdin.input() else { panic!("no input") };
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes).expect("to read it");
        bytes
    }

    #[test]
    fn whatever_its_size_it_is_hashed_and_read_back() {
        for len in [0, 1, MEMORY_MOST - 1, MEMORY_MOST, MEMORY_MOST + 1, 5 * MEMORY_MOST] {
            let bytes: Vec<u8> = (0..=250).cycle().take(len).collect();
            let stdin = Stdin::read(bytes.as_slice()).expect("to read it");
            assert_eq!(stdin.digest, *blake3::hash(&bytes).as_bytes(), "{len}");
            assert_eq!(read_back(&stdin), bytes, "{len}");
            assert_eq!(read_back(&stdin), bytes, "{len}, again");
        }
    }
}
