//! What is known of the content of files from earlier calls, so that an unchanged file costs no
//! reading.
//!
//! A digest is kept under the marks that the file had: device, inode, size, and the times of the
//! last change of content and of anything at all. The latter is the kernel's alone, so a file
//! whose modification time is set back isn't taken for what it was. Two changes within the grain
//! of the clock leave the same time behind (the racy index of git, ccache 1215): such a file's
//! digest is never kept, and so never found here.

use crate::model::inputs::Wanted;
use crate::store::{Digests, Store};

use super::base::Marks;

/// The marks, five numbers of eight bytes, and the digest.
const RECORD: usize = MARKS + 32;
const MARKS: usize = 40;

/// So many digests are kept; further files are read each time.
const MOST: usize = 100_000;

/// A file that is older is renewed when it is used, so that it isn't swept, in nanoseconds.
const RENEW_AFTER: i64 = 86_400_000_000_000;

/// The digests of earlier calls that asked for the same in the same folder.
#[derive(Debug)]
pub(super) struct Known(Option<Digests>);

impl Known {
    pub(super) fn none() -> Known {
        Known(None)
    }

    pub(super) fn read(store: &Store, name: &[u8; 32], now: i64) -> Known {
        let digests = store.read_digests(name);
        let digests = digests.filter(|digests| digests.content().len() % RECORD == 0);
        if let Some(digests) = &digests
            && now.saturating_sub(digests.renewed) > RENEW_AFTER
        {
            digests.renew();
        }
        Known(digests)
    }

    /// The digest of a file with these marks.
    pub(super) fn find(&self, marks: &Marks) -> Option<[u8; 32]> {
        let wanted = encode(marks);
        let (records, _) = self.0.as_ref()?.content().as_chunks::<RECORD>();
        let at = records.binary_search_by(|record| record[..MARKS].cmp(&wanted)).ok()?;
        records[at][MARKS..].try_into().ok()
    }
}

/// Keeps what is known now for later calls.
pub(super) fn write(store: &Store, name: &[u8; 32], known: Vec<(Marks, [u8; 32])>) {
    let mut records: Vec<[u8; RECORD]> = known
        .into_iter()
        .map(|(marks, digest)| {
            let mut record = [0; RECORD];
            record[..MARKS].copy_from_slice(&encode(&marks));
            record[MARKS..].copy_from_slice(&digest);
            record
        })
        .collect();
    records.sort_unstable();
    records.dedup();
    records.truncate(MOST);
    // Without it, the next call reads the files again.
    let _ = store.write_digests(name, records.as_flattened());
}

/// The name of what is known for a call.
pub(super) fn name(wanted: &Wanted, arguments: &[&[u8]], directory: &[u8]) -> [u8; 32] {
    let mut hasher = blake3::Hasher::new();
    let mut list = |items: &mut dyn Iterator<Item = &[u8]>| {
        for item in items {
            hasher.update(&(item.len() as u64).to_le_bytes());
            hasher.update(item);
        }
        hasher.update(&u64::MAX.to_le_bytes());
    };
    list(&mut [directory].into_iter());
    list(&mut wanted.content.iter().map(Vec::as_slice));
    if wanted.arguments {
        list(&mut arguments.iter().copied());
    }
    *hasher.finalize().as_bytes()
}

fn encode(marks: &Marks) -> [u8; MARKS] {
    let Marks { device, inode, size, modified, changed } = *marks;
    let fields = [inode, device, size, modified.cast_unsigned(), changed.cast_unsigned()]
        .map(u64::to_be_bytes);
    let mut bytes = [0; MARKS];
    bytes.copy_from_slice(fields.as_flattened());
    bytes
}
