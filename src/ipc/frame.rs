//! Frames: what stands on the socket, and in the pipes of jobs.
//!
//! ```text
//! offset  bytes
//!      0      4  "omde"
//!      4      2  version of the protocol, little-endian
//!      6      1  'h' a greeting, 'm' a message's last part, '+' a part with more behind it
//!      7      1  0
//!      8      4  length of what follows, little-endian
//! ```

use super::hello::PROTOCOL;

const MAGIC: [u8; 4] = *b"omde";
const HEADER: usize = 12;
/// The most bytes that one frame carries.
pub const MOST: usize = 16 << 20;
/// Longer messages are cut into parts of this length.
const PART: usize = 1 << 20;

/// Bytes that are no frames of ours.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Garbage {
    /// They don't begin as a frame does.
    #[error("it isn't the protocol of omoide")]
    Foreign,
    /// A message of another version of the protocol.
    #[error("it speaks version {0} of the protocol")]
    Version(u16),
    /// Longer than is taken.
    #[error("a message of over {0} bytes")]
    TooLong(usize),
}

/// What has arrived.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Incoming {
    /// A greeting, and the version of the protocol that its sender speaks. It is read whatever
    /// the version.
    Hello(u16, Vec<u8>),
    /// A whole message.
    Message(Vec<u8>),
}

/// Puts frames together from bytes as they come.
#[derive(Debug)]
pub struct Inbox {
    bytes: Vec<u8>,
    /// The parts of a message that isn't whole yet.
    parts: Vec<u8>,
    most: usize,
}

#[derive(Clone, Copy)]
struct Header {
    version: u16,
    kind: u8,
    length: usize,
}

impl Inbox {
    /// Takes messages of up to `most` bytes.
    #[must_use]
    pub fn new(most: usize) -> Inbox {
        Inbox { bytes: Vec::new(), parts: Vec::new(), most }
    }

    /// Adds what has arrived.
    pub fn feed(&mut self, bytes: &[u8]) {
        self.bytes.extend_from_slice(bytes);
    }

    /// The next that is whole.
    ///
    /// # Errors
    /// If what has arrived can't be, or become, a frame; nothing behind it can be read either.
    pub fn take(&mut self) -> Result<Option<Incoming>, Garbage> {
        loop {
            let Some(header) = self.header()? else { return Ok(None) };
            let end = HEADER + header.length;
            if self.bytes.len() < end {
                return Ok(None);
            }
            let rest = self.bytes.split_off(end);
            let frame = std::mem::replace(&mut self.bytes, rest);
            let content = &frame[HEADER..];
            match header.kind {
                b'h' => return Ok(Some(Incoming::Hello(header.version, content.to_vec()))),
                b'+' => self.parts.extend_from_slice(content),
                _ => {
                    self.parts.extend_from_slice(content);
                    return Ok(Some(Incoming::Message(std::mem::take(&mut self.parts))));
                }
            }
        }
    }

    /// Whether part of a frame or message has arrived and the rest hasn't.
    #[must_use]
    pub fn is_between(&self) -> bool {
        !self.bytes.is_empty() || !self.parts.is_empty()
    }

    /// The header of the frame that comes next. What is wrong shows at the first wrong byte.
    fn header(&self) -> Result<Option<Header>, Garbage> {
        let known = self.bytes.len().min(MAGIC.len());
        if self.bytes[..known] != MAGIC[..known] {
            return Err(Garbage::Foreign);
        }
        let Some(header) = self.bytes.first_chunk::<HEADER>() else { return Ok(None) };
        let [_, _, _, _, v0, v1, kind, zero, l0, l1, l2, l3] = *header;
        let version = u16::from_le_bytes([v0, v1]);
        if zero != 0 || !matches!(kind, b'h' | b'm' | b'+') {
            return Err(Garbage::Foreign);
        }
        if kind != b'h' && version != PROTOCOL {
            return Err(Garbage::Version(version));
        }
        let length = usize::try_from(u32::from_le_bytes([l0, l1, l2, l3])).unwrap_or(usize::MAX);
        if length > MOST || self.parts.len() + length > self.most {
            return Err(Garbage::TooLong(self.most.min(MOST)));
        }
        Ok(Some(Header { version, kind, length }))
    }
}

/// The frames of a message.
#[must_use]
pub fn frames(message: &[u8]) -> Vec<u8> {
    let parts = message.len().div_ceil(PART).max(1);
    let mut bytes = Vec::with_capacity(message.len() + parts * HEADER);
    for number in 0..parts {
        let part = &message[number * PART..message.len().min((number + 1) * PART)];
        put(&mut bytes, if number + 1 == parts { b'm' } else { b'+' }, part);
    }
    bytes
}

/// The frame of a greeting.
pub(super) fn greeting(content: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(HEADER + content.len());
    put(&mut bytes, b'h', content);
    bytes
}

fn put(bytes: &mut Vec<u8>, kind: u8, content: &[u8]) {
    let length = u32::try_from(content.len()).unwrap_or(u32::MAX);
    bytes.extend_from_slice(&MAGIC);
    bytes.extend_from_slice(&PROTOCOL.to_le_bytes());
    bytes.extend_from_slice(&[kind, 0]);
    bytes.extend_from_slice(&length.to_le_bytes());
    bytes.extend_from_slice(content);
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// All that comes out of these pieces, up to the first error.
    fn read(pieces: &[&[u8]], most: usize) -> (Vec<Incoming>, Option<Garbage>) {
        let mut inbox = Inbox::new(most);
        let mut read = Vec::new();
        for piece in pieces {
            inbox.feed(piece);
            loop {
                match inbox.take() {
                    Ok(Some(incoming)) => read.push(incoming),
                    Ok(None) => break,
                    Err(garbage) => return (read, Some(garbage)),
                }
            }
        }
        (read, None)
    }

    #[test]
    fn messages_arrive_whole_however_they_are_cut() {
        let sent = [greeting(b"hello"), frames(b""), frames(b"message")].concat();
        let expected = vec![
            Incoming::Hello(PROTOCOL, b"hello".to_vec()),
            Incoming::Message(Vec::new()),
            Incoming::Message(b"message".to_vec()),
        ];
        for size in 1..=sent.len() {
            let pieces: Vec<&[u8]> = sent.chunks(size).collect();
            assert_eq!(read(&pieces, MOST), (expected.clone(), None), "pieces of {size}");
        }
    }

    #[test]
    fn a_long_message_comes_in_parts() {
        let message: Vec<u8> = (0..PART * 2 + 7).map(|at| at.to_le_bytes()[0]).collect();
        let sent = frames(&message);
        assert_eq!(sent.len(), message.len() + 3 * HEADER);
        assert_eq!(read(&[&sent], usize::MAX), (vec![Incoming::Message(message)], None));
    }

    #[test]
    fn nothing_is_taken_beyond_the_bound() {
        let too_long = [b"omde".as_slice(), &PROTOCOL.to_le_bytes(), b"m\0", &[255; 4]].concat();
        assert_eq!(read(&[&too_long], usize::MAX), (vec![], Some(Garbage::TooLong(MOST))));
        let parts = frames(&vec![0; PART * 3]);
        assert_eq!(read(&[&parts], PART * 2), (vec![], Some(Garbage::TooLong(PART * 2))));
    }

    #[test]
    fn what_is_not_ours_is_told_at_once() {
        let cases: [(&[u8], Garbage); 5] = [
            (b"G", Garbage::Foreign),
            (b"omdx", Garbage::Foreign),
            (b"omde\x02\0x\0\0\0\0\0", Garbage::Foreign),
            (b"omde\x02\0m\x01\0\0\0\0", Garbage::Foreign),
            (b"omde\xff\xffm\0\0\0\0\0", Garbage::Version(65535)),
        ];
        for (bytes, garbage) in cases {
            assert_eq!(read(&[bytes], MOST), (vec![], Some(garbage)), "{bytes:?}");
        }
    }

    #[test]
    fn a_greeting_of_any_version_is_read() {
        let sent = b"omde\xff\xffh\0\x02\0\0\0ab";
        assert_eq!(read(&[sent], MOST), (vec![Incoming::Hello(65535, b"ab".to_vec())], None));
    }

    proptest! {
        #[test]
        fn garbage_ends_or_waits_and_never_panics(bytes in prop::collection::vec(any::<u8>(), 0..64)) {
            let _ = read(&[&bytes], 32);
            let _ = read(&[b"omde", &bytes], 32);
        }
    }
}
