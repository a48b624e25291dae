//! What was found, as parts of the key.
//!
//! A part a file while there are few, so that `explain` names the one that changed; a digest over
//! all where there are many. Values of different states never look alike: each begins with what
//! it is of, and what may hold any byte comes last.

use std::fmt::Write;

use rustix::fs::FileType;

use super::base::word;
use super::fingerprint::{By, Group};
use super::seen::{Behind, Content, Held, Seen, State};
use crate::model::key::{Kind, Part};

/// Of more files, one part.
const MOST_PARTS: usize = 64;

/// The parts of all that was asked for.
pub(super) fn parts(groups: &[Group]) -> Vec<Part> {
    let mut parts = Vec::new();
    for group in groups {
        add(group, &mut parts);
    }
    parts
}

fn add(Group { spec, by, seen }: &Group, parts: &mut Vec<Part>) {
    let kind = match by {
        By::Content => Kind::File,
        By::Time => Kind::FileTime,
    };
    let mut push = |name: &[u8], value: Vec<u8>| {
        parts.push(Part { kind, name: name.to_vec(), value });
    };
    if seen.len() > MOST_PARTS {
        let digest = blake3::hash(&manifest(seen, *by)).to_hex();
        push(&spec.name, format!("{} paths, blake3 {digest}", seen.len()).into_bytes());
        return;
    }
    if spec.is_pattern {
        // One that matches nothing is something else than none.
        push(&spec.name, format!("pattern of {} paths", seen.len()).into_bytes());
    }
    for seen in seen {
        push(&seen.name, value(&seen.state, *by));
    }
}

/// Names and values, each with its length in front.
fn manifest(seen: &[Seen], by: By) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(seen.len() * 128);
    for Seen { name, state } in seen {
        for field in [name, &value(state, by)] {
            bytes.extend_from_slice(&(field.len() as u64).to_le_bytes());
            bytes.extend_from_slice(field);
        }
    }
    bytes
}

fn value(state: &State, by: By) -> Vec<u8> {
    match state {
        State::Absent => b"absent".to_vec(),
        State::Folder(held) => [b"folder".as_slice(), &told_as(held)].concat(),
        State::File(file) => content(file, by).into_bytes(),
        State::Special { kind, device } => special(*kind, *device).into_bytes(),
        State::Link { target, to } => {
            let to = match to {
                Behind::Nothing => b"nothing".to_vec(),
                Behind::Folder(held) => [b"a folder".as_slice(), &told_as(held)].concat(),
                Behind::File(file) => content(file, by).into_bytes(),
                Behind::Special { kind, device } => special(*kind, *device).into_bytes(),
            };
            [b"link to ", to.as_slice(), b" at ", target.as_slice()].concat()
        }
    }
}

/// The name under which it is told what a folder holds, with its length in front, if it is another
/// one.
fn told_as(held: &Held) -> Vec<u8> {
    match held {
        Held::Here | Held::Nowhere => Vec::new(),
        Held::As(name) => [format!(", as {}:", name.len()).as_bytes(), name].concat(),
    }
}

fn content(file: &Content, by: By) -> String {
    let mut text = String::with_capacity(72);
    match (by, file.digest) {
        (By::Content, Some(digest)) => {
            text.push_str("blake3 ");
            text.push_str(&blake3::Hash::from(digest).to_hex());
        }
        // Never of a file: each has been read.
        (By::Content, None) => text.push_str("unread"),
        (By::Time, _) => {
            let _ = write!(text, "{} bytes of {} ns", file.marks.size, file.marks.modified);
        }
    }
    text
}

fn special(kind: FileType, device: u64) -> String {
    format!("{} {device}", word(kind))
}
