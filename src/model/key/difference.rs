//! In what two calls differ, by the digests of their parts.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{Kind, PartDigest};

/// A part in which two calls differ.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Difference {
    /// What it is.
    pub kind: Kind,
    /// Which of its kind.
    pub name: Vec<u8>,
    /// How.
    pub how: Differs,
}

/// How a part differs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Differs {
    /// Both have it, with different values.
    Changed,
    /// This call has it, the other hasn't.
    Added,
    /// The other has it, this call hasn't.
    Missing,
}

impl Differs {
    /// In a word.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Differs::Changed => "changed",
            Differs::Added => "added",
            Differs::Missing => "missing",
        }
    }
}

/// The parts in which `ours` differs from `theirs`, in the order in which they stand.
#[must_use]
pub fn differences(ours: &[PartDigest], theirs: &[PartDigest]) -> Vec<Difference> {
    let ours_by_name = by_name(ours);
    let theirs_by_name = by_name(theirs);
    let mut differs = Vec::new();
    let mut compare = |parts: &[PartDigest], absent_there: Differs| {
        for PartDigest { kind, name, .. } in parts {
            let part = (*kind, name.as_slice());
            let how = match (ours_by_name.get(&part), theirs_by_name.get(&part)) {
                (Some(ours), Some(theirs)) if ours == theirs => continue,
                (Some(_), Some(_)) => Differs::Changed,
                _ => absent_there,
            };
            let difference = Difference { kind: *kind, name: name.clone(), how };
            if !differs.contains(&difference) {
                differs.push(difference);
            }
        }
    };
    compare(ours, Differs::Added);
    compare(theirs, Differs::Missing);
    differs
}

/// Values by part; a name may occur twice in an environment, and then their order counts.
fn by_name(parts: &[PartDigest]) -> BTreeMap<(Kind, &[u8]), Vec<[u8; 8]>> {
    let mut values: BTreeMap<_, Vec<[u8; 8]>> = BTreeMap::new();
    for part in parts {
        values.entry((part.kind, part.name.as_slice())).or_default().push(part.digest);
    }
    values
}
