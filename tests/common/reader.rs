//! A reader that takes as much of a pipe as it is told to, and no more.

use std::io::{PipeReader, PipeWriter, Read, pipe};

/// The reading end of a pipe.
pub(crate) struct Reader {
    pipe: PipeReader,
}

impl Reader {
    pub(crate) fn new() -> (Reader, PipeWriter) {
        let (pipe, writer) = pipe().expect("a pipe");
        (Reader { pipe }, writer)
    }

    /// Reads so many bytes, and forgets them.
    pub(crate) fn skip(&mut self, bytes: u64) {
        let mut buffer = vec![0; 1 << 20];
        let mut left = bytes;
        while left > 0 {
            let most = usize::try_from(left).unwrap_or(usize::MAX).min(buffer.len());
            let read = self.pipe.read(&mut buffer[..most]).expect("to read");
            assert_ne!(read, 0, "{left} of {bytes} bytes are missing");
            left -= read as u64;
        }
    }

    /// Reads so many bytes.
    pub(crate) fn take(&mut self, bytes: usize) -> Vec<u8> {
        let mut taken = vec![0; bytes];
        self.pipe.read_exact(&mut taken).expect("to read");
        taken
    }

    /// Reads to the end.
    pub(crate) fn rest(mut self) -> Vec<u8> {
        let mut rest = Vec::new();
        self.pipe.read_to_end(&mut rest).expect("to read");
        rest
    }
}
