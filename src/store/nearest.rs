//! Which stored entry is nearest to a call that is a miss, and what differs: for `explain`.

use super::error::StoreError;
use super::query::{Listed, Order};
use super::shelf::Shelf;
use crate::model::key::{Difference, PartDigest, differences};

/// So many of a program's newest entries are compared.
const COMPARED: usize = 200;

impl Shelf<'_> {
    /// Of the newest entries of a program, the one whose parts differ least from `parts`, the
    /// newest of several; and how it differs.
    ///
    /// # Errors
    /// If the catalog can't be read.
    pub fn nearest(
        &self,
        program: &[u8],
        parts: &[PartDigest],
    ) -> Result<Option<(Listed, Vec<Difference>)>, StoreError> {
        nearest(self.list(Order::Program(program)), parts)
    }
}

/// The same of these entries, the newest first.
pub(super) fn nearest(
    newest: impl Iterator<Item = Result<Listed, StoreError>>,
    parts: &[PartDigest],
) -> Result<Option<(Listed, Vec<Difference>)>, StoreError> {
    let mut nearest: Option<(Listed, Vec<Difference>)> = None;
    for listed in newest.take(COMPARED) {
        let listed = listed?;
        let differs = differences(parts, &listed.detail.parts);
        if nearest.as_ref().is_none_or(|(_, least)| differs.len() < least.len()) {
            nearest = Some((listed, differs));
        }
    }
    Ok(nearest)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::key::{Differs, Kind};
    use crate::store::kit::{Kit, PATIENCE, Spec, key, spec};

    fn part(name: &str, value: u8) -> PartDigest {
        PartDigest { kind: Kind::Variable, name: name.as_bytes().to_vec(), digest: [value; 8] }
    }

    #[test]
    fn the_entry_that_differs_least_is_found_and_no_other_programs() {
        let kit = Kit::new();
        let parts = |second, third| vec![part("A", 1), part("B", second), part("C", third)];
        kit.publish(&Spec { parts: parts(7, 7), ..spec(1) });
        kit.publish(&Spec { parts: parts(7, 3), ..spec(2) });
        kit.publish(&Spec { parts: parts(8, 3), ..spec(3) });
        kit.publish(&Spec { parts: parts(7, 8), ..spec(4) });
        kit.publish(&Spec { parts: parts(2, 3), program: "/bin/other", ..spec(5) });
        let nearest = |program: &[u8]| {
            kit.store
                .with_catalog(PATIENCE, |shelf| shelf.nearest(program, &parts(2, 3)))
                .expect("the catalog")
        };
        let (listed, differs) = nearest(b"tool").expect("an entry");
        assert_eq!(listed.head.key, key(3), "the newer of two that differ as little");
        let found: Vec<_> = differs.iter().map(|d| (d.name.as_slice(), d.how)).collect();
        assert_eq!(found, [(b"B".as_slice(), Differs::Changed)]);
        assert_eq!(nearest(b"unknown"), None);
    }
}
