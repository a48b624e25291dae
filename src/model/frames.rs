//! The frame table: which bytes of a recording belong to which stream, in the order read.
//!
//! The output itself is stored in one piece, exactly as it was read, so that a replay can hand
//! long runs to the kernel. The table behind it holds one number a run: its length and, in the
//! lowest bit, its stream; as LEB128 variable-length integers (the encoding of DWARF and
//! `WebAssembly`).

use super::entry::Stream;

/// The longest encoding of one number.
const LONGEST: usize = 10;

/// A run of bytes of one stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Frame {
    /// The stream it was read from.
    pub stream: Stream,
    /// Its length in bytes.
    pub len: u64,
}

/// Joins neighbouring frames of one stream and encodes the rest.
#[derive(Debug, Default)]
pub struct Encoder {
    last: Option<Frame>,
    bytes: Vec<u8>,
}

impl Encoder {
    /// Adds a frame.
    pub fn push(&mut self, frame: Frame) {
        match &mut self.last {
            Some(last) if last.stream == frame.stream => last.len += frame.len,
            _ => {
                self.flush();
                self.last = Some(frame);
            }
        }
    }

    /// How many encoded bytes wait to be taken.
    #[must_use]
    pub fn pending(&self) -> usize {
        self.bytes.len()
    }

    /// Takes what is encoded so far, less the last frame, which may still grow.
    pub fn take(&mut self) -> Vec<u8> {
        std::mem::take(&mut self.bytes)
    }

    /// Takes all of it.
    #[must_use]
    pub fn finish(mut self) -> Vec<u8> {
        self.flush();
        self.bytes
    }

    fn flush(&mut self) {
        if let Some(frame) = self.last.take() {
            encode(frame, &mut self.bytes);
        }
    }
}

fn encode(frame: Frame, into: &mut Vec<u8>) {
    let mut rest = u128::from(frame.len) << 1 | u128::from(frame.stream == Stream::Err);
    loop {
        let low = (rest & 0x7f) as u8;
        rest >>= 7;
        if rest == 0 {
            into.push(low);
            return;
        }
        into.push(low | 0x80);
    }
}

/// Decodes the first frame of `bytes`: the frame and how many bytes it took.
///
/// `None` if the table is cut off there or no frame.
#[must_use]
pub fn decode(bytes: &[u8]) -> Option<(Frame, usize)> {
    let mut value = 0u128;
    for (index, &byte) in bytes.iter().take(LONGEST).enumerate() {
        value |= u128::from(byte & 0x7f) << (7 * index);
        if byte & 0x80 == 0 {
            let stream = if value & 1 == 1 { Stream::Err } else { Stream::Out };
            let len = u64::try_from(value >> 1).ok()?;
            return Some((Frame { stream, len }, index + 1));
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn frames(mut table: &[u8]) -> Vec<Frame> {
        let mut frames = Vec::new();
        while !table.is_empty() {
            let (frame, used) = decode(table).expect("a whole frame");
            frames.push(frame);
            table = &table[used..];
        }
        frames
    }

    #[test]
    fn a_table_that_is_cut_off_is_no_frame() {
        assert_eq!(decode(&[]), None);
        assert_eq!(decode(&[0x80]), None);
        assert_eq!(decode(&[0xff; 11]), None);
    }

    fn frame() -> impl Strategy<Value = Frame> {
        (any::<bool>(), 1u64..1 << 40).prop_map(|(err, len)| Frame {
            stream: if err { Stream::Err } else { Stream::Out },
            len,
        })
    }

    proptest! {
        #[test]
        fn what_is_encoded_is_decoded_with_neighbours_joined(
            input in prop::collection::vec(frame(), 0..50),
        ) {
            let mut encoder = Encoder::default();
            let mut table = Vec::new();
            for (index, &frame) in input.iter().enumerate() {
                encoder.push(frame);
                if index % 7 == 0 {
                    table.extend(encoder.take());
                }
            }
            table.extend(encoder.finish());
            let mut joined: Vec<Frame> = Vec::new();
            for frame in input {
                match joined.last_mut() {
                    Some(last) if last.stream == frame.stream => last.len += frame.len,
                    _ => joined.push(frame),
                }
            }
            prop_assert_eq!(frames(&table), joined);
        }
    }
}
