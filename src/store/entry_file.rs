//! The format of an entry's file.
//!
//! ```text
//! offset  bytes
//!      0      6  "omoide"
//!      6      2  format version, little-endian
//!      8      4  length of the head
//!     12      4  length of the detail
//!     16      4  length of the recipe, 0 if there is none
//!     20     32  blake3 of bytes 0–19 and of all that follows
//!     52         head, detail, recipe (all encoded), then, unless a blob holds them: data, frame
//!                table
//! ```

use std::ops::Range;

use super::codec;
use crate::model::entry::{Body, Detail, Head};
use crate::model::recipe::Recipe;

const MAGIC: &[u8; 6] = b"omoide";
const VERSION: u16 = 3;
const CHECKSUM: Range<usize> = 20..52;
const START: usize = 52;

/// An entry as it is in its file: the head decoded, the rest on demand.
#[derive(Clone, Debug)]
pub struct EntryFile {
    /// What judging and replaying need.
    pub head: Head,
    bytes: Vec<u8>,
    detail: Range<usize>,
    recipe: Range<usize>,
}

/// What tells a file of entries from any other: everything in front of the head, with the checksum of
/// the whole and, through it, of the nonce. Two files with the same seal are the same entry.
///
/// An inode number would not do: file systems use them again at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Seal {
    len: usize,
    start: [u8; START],
}

/// Why bytes are no entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unreadable {
    /// Written by another version: left alone.
    OtherVersion,
    /// Damaged.
    Corrupt,
}

impl Seal {
    /// The length of what [`Seal::of`] looks at, in bytes.
    pub(super) const LEN: usize = START;

    /// The seal of a file with this content, of which the first [`Seal::LEN`] bytes are enough. A
    /// damaged one has a seal, too.
    pub(super) fn of(bytes: &[u8]) -> Seal {
        let len = bytes.len().min(START);
        let mut start = [0; START];
        start[..len].copy_from_slice(&bytes[..len]);
        Seal { len, start }
    }
}

impl EntryFile {
    /// Builds an entry; `output` is its data and frame table, empty where a blob holds them.
    pub(super) fn new(
        head: Head,
        detail: &Detail,
        recipe: Option<&Recipe>,
        output: &[u8],
    ) -> EntryFile {
        let recipe = recipe.map(codec::encode).unwrap_or_default();
        EntryFile::assemble(head, &codec::encode(detail), &recipe, output)
    }

    fn assemble(head: Head, detail: &[u8], recipe: &[u8], output: &[u8]) -> EntryFile {
        let sections = [&codec::encode(&head), detail, recipe];
        let total = START + sections.map(<[u8]>::len).iter().sum::<usize>() + output.len();
        let mut bytes = Vec::with_capacity(total);
        bytes.extend_from_slice(MAGIC);
        bytes.extend_from_slice(&VERSION.to_le_bytes());
        for section in sections {
            bytes.extend_from_slice(&length(section).to_le_bytes());
        }
        bytes.extend_from_slice(&[0; 32]);
        let [_, detail, recipe] = sections.map(|section| {
            let start = bytes.len();
            bytes.extend_from_slice(section);
            start..bytes.len()
        });
        bytes.extend_from_slice(output);
        let checksum = checksum(&bytes);
        bytes[CHECKSUM].copy_from_slice(&checksum);
        EntryFile { head, bytes, detail, recipe }
    }

    /// Reads an entry from the content of its file.
    ///
    /// # Errors
    /// If it isn't one that this version can read.
    pub fn parse(bytes: Vec<u8>) -> Result<EntryFile, Unreadable> {
        if bytes.len() < START || &bytes[..6] != MAGIC {
            return Err(Unreadable::Corrupt);
        }
        if bytes[6..8] != VERSION.to_le_bytes() {
            return Err(Unreadable::OtherVersion);
        }
        if bytes[CHECKSUM] != checksum(&bytes) {
            return Err(Unreadable::Corrupt);
        }
        let head = START..START + read_length(&bytes[8..12]);
        let detail = head.end..head.end + read_length(&bytes[12..16]);
        let recipe = detail.end..detail.end + read_length(&bytes[16..20]);
        let head: Head = bytes.get(head).and_then(codec::decode).ok_or(Unreadable::Corrupt)?;
        let inline = match head.body {
            Body::Inline => head.data_len.saturating_add(head.table_len),
            Body::Blob(_) => 0,
        };
        if (recipe.end as u64).checked_add(inline) != Some(bytes.len() as u64) {
            return Err(Unreadable::Corrupt);
        }
        Ok(EntryFile { head, bytes, detail, recipe })
    }

    /// What tells its file from any other.
    pub(super) fn seal(&self) -> Seal {
        Seal::of(&self.bytes)
    }

    /// The whole file.
    pub(super) fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// What people want to know of it; `None` if it doesn't decode, which only a bug could cause.
    #[must_use]
    pub fn detail(&self) -> Option<Detail> {
        codec::decode(&self.bytes[self.detail.clone()])
    }

    /// How to compute it again, if that was stored with it.
    #[must_use]
    pub fn recipe(&self) -> Option<Recipe> {
        codec::decode(&self.bytes[self.recipe.clone()])
    }

    /// Whether it says how to compute it again.
    #[must_use]
    pub fn has_recipe(&self) -> bool {
        !self.recipe.is_empty()
    }

    /// Data and frame table of an entry that holds them itself.
    #[must_use]
    pub fn inline_output(&self) -> (&[u8], &[u8]) {
        let output = &self.bytes[self.recipe.end..];
        let data = usize::try_from(self.head.data_len).unwrap_or(usize::MAX);
        output.split_at(data.min(output.len()))
    }

    /// The same entry with another head, detail and, where one is given, recipe: its policy was
    /// changed by a hit.
    pub(super) fn with(&self, head: Head, detail: &Detail, recipe: Option<&Recipe>) -> EntryFile {
        let (old, output) = (&self.bytes[self.recipe.clone()], &self.bytes[self.recipe.end..]);
        let new = recipe.map(codec::encode);
        let recipe = new.as_deref().unwrap_or(old);
        EntryFile::assemble(head, &codec::encode(detail), recipe, output)
    }
}

fn checksum(bytes: &[u8]) -> [u8; 32] {
    let mut hasher = blake3::Hasher::new();
    hasher.update(&bytes[..CHECKSUM.start]);
    hasher.update(&bytes[CHECKSUM.end..]);
    *hasher.finalize().as_bytes()
}

fn length(bytes: &[u8]) -> u32 {
    // A command line is bounded by the kernel at a few MiB.
    u32::try_from(bytes.len()).expect("a command line of less than 4 GiB")
}

fn read_length(bytes: &[u8]) -> usize {
    bytes.try_into().map_or(0, |bytes| u32::from_le_bytes(bytes) as usize)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::model::entry::{Capture, Nonce, Streams};
    use crate::model::key::Key;
    use crate::model::policy::Policy;
    use crate::model::time::Stamp;

    fn sample(output: &[u8]) -> EntryFile {
        let head = Head {
            key: Key([1; 32]),
            nonce: Nonce([2; 16]),
            created: Stamp::new(3, 4),
            ran: 5,
            code: 0,
            capture: Capture { streams: Streams::Split, is_mixed: false },
            policy: Policy::default(),
            data_len: output.len() as u64,
            table_len: 0,
            body: Body::Inline,
        };
        let detail = Detail {
            command: vec![b"echo".to_vec(), b"\xff".to_vec()],
            program: b"/bin/echo".to_vec(),
            cwd: b"/".to_vec(),
            scope: None,
            tags: vec!["a".to_owned()],
            inputs: crate::model::inputs::Wanted::default(),
            stdin: None,
            parts: vec![],
        };
        EntryFile::new(head, &detail, None, output)
    }

    #[test]
    fn what_is_written_is_read_back() {
        let entry = sample(b"hello");
        let read = EntryFile::parse(entry.bytes().to_vec()).expect("an entry");
        assert_eq!(read.head, entry.head);
        assert_eq!(read.detail(), entry.detail());
        assert_eq!(read.inline_output(), (b"hello".as_slice(), b"".as_slice()));
    }

    #[test]
    fn every_flipped_bit_and_every_cut_is_noticed() {
        let bytes = sample(b"hello").bytes().to_vec();
        for index in 0..bytes.len() {
            let mut flipped = bytes.clone();
            flipped[index] ^= 1;
            assert!(EntryFile::parse(flipped).is_err(), "bit of byte {index}");
            assert!(EntryFile::parse(bytes[..index].to_vec()).is_err(), "cut at {index}");
        }
    }

    #[test]
    fn another_version_is_told_from_damage() {
        let mut bytes = sample(b"").bytes().to_vec();
        bytes[6] = 2;
        assert_eq!(EntryFile::parse(bytes).map(drop), Err(Unreadable::OtherVersion));
        assert_eq!(EntryFile::parse(vec![]).map(drop), Err(Unreadable::Corrupt));
    }

    proptest! {
        #[test]
        fn garbage_behind_a_right_checksum_never_panics(
            rest in prop::collection::vec(any::<u8>(), 0..200),
            head in any::<u32>(),
            detail in any::<u32>(),
            recipe in any::<u32>(),
        ) {
            let mut bytes = sample(b"").bytes()[..8].to_vec();
            bytes.extend_from_slice(&head.to_le_bytes());
            bytes.extend_from_slice(&detail.to_le_bytes());
            bytes.extend_from_slice(&recipe.to_le_bytes());
            bytes.extend_from_slice(&[0; 32]);
            bytes.extend_from_slice(&rest);
            let sum = checksum(&bytes);
            bytes[CHECKSUM].copy_from_slice(&sum);
            drop(EntryFile::parse(bytes));
        }
    }
}
