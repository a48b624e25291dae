//! How the key of one call differs from that of another: for people who ask why it was a miss.

use std::collections::BTreeMap;

use super::key::{Kind, PartDigest};

/// A part of the key in which two calls differ.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// What it is.
    pub kind: Kind,
    /// Which of its kind.
    pub name: Vec<u8>,
    /// In what way.
    pub how: How,
}

/// In what way a part differs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum How {
    /// Both have it, with different values.
    Changed,
    /// The call has it, the stored entry hasn't.
    Added,
    /// The stored entry has it, the call hasn't.
    Removed,
}

/// The parts in which a call differs from a stored entry, ordered by kind and name.
#[must_use]
pub fn differences(call: &[PartDigest], stored: &[PartDigest]) -> Vec<Difference> {
    let (ours, theirs) = (by_name(call), by_name(stored));
    let mut found: Vec<Difference> = ours
        .iter()
        .filter_map(|(&(kind, name), values)| {
            let how = match theirs.get(&(kind, name)) {
                None => How::Added,
                Some(others) if others != values => How::Changed,
                Some(_) => return None,
            };
            Some(Difference { kind, name: name.to_vec(), how })
        })
        .collect();
    let gone = theirs.keys().filter(|part| !ours.contains_key(*part));
    found.extend(gone.map(|&(kind, name)| Difference {
        kind,
        name: name.to_vec(),
        how: How::Removed,
    }));
    found.sort_by(|a, b| (a.kind, &a.name).cmp(&(b.kind, &b.name)));
    found
}

/// A name may occur twice in an environment; then the order of its values counts.
fn by_name(parts: &[PartDigest]) -> BTreeMap<(Kind, &[u8]), Vec<[u8; 8]>> {
    let mut named: BTreeMap<_, Vec<[u8; 8]>> = BTreeMap::new();
    for part in parts {
        named.entry((part.kind, part.name.as_slice())).or_default().push(part.digest);
    }
    named
}

#[cfg(test)]
mod tests {
    use super::*;

    fn part(kind: Kind, name: &str, value: u8) -> PartDigest {
        PartDigest { kind, name: name.as_bytes().to_vec(), digest: [value; 8] }
    }

    #[test]
    fn each_way_of_differing_is_told() {
        let call = [
            part(Kind::Variable, "NEW", 1),
            part(Kind::Argument, "0", 1),
            part(Kind::Argument, "1", 2),
            part(Kind::Variable, "TWICE", 1),
            part(Kind::Variable, "TWICE", 2),
        ];
        let stored = [
            part(Kind::Argument, "0", 1),
            part(Kind::Argument, "1", 3),
            part(Kind::Variable, "OLD", 1),
            part(Kind::Variable, "TWICE", 2),
            part(Kind::Variable, "TWICE", 1),
        ];
        let found: Vec<_> = differences(&call, &stored)
            .into_iter()
            .map(|found| (String::from_utf8(found.name).expect("text"), found.how))
            .collect();
        let expected = [
            ("1", How::Changed),
            ("NEW", How::Added),
            ("OLD", How::Removed),
            ("TWICE", How::Changed),
        ];
        assert_eq!(found, expected.map(|(name, how)| (name.to_owned(), how)));
        assert_eq!(differences(&call, &call), []);
    }
}
