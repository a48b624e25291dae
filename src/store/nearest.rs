//! The stored entry that a call came nearest to: what `explain` compares a miss with.

use super::catalog::{Direction, Index, file_name};
use super::error::StoreError;
use super::query::Listed;
use super::shelf::Shelf;
use crate::model::difference::{Difference, differences};
use crate::model::key::{Key, PartDigest};

/// So many of the newest entries of a program are compared.
const MOST: usize = 200;

/// A stored entry, and how a call differs from it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Nearest {
    /// The entry.
    pub listed: Listed,
    /// The parts of the key that differ; never none.
    pub differs: Vec<Difference>,
}

impl Shelf<'_> {
    /// Of the newest entries of a program, the one whose key differs from `key` in the fewest
    /// parts; the newest of several.
    ///
    /// Programs are compared by file name: one that was upgraded in another folder is just what
    /// somebody may want to be told.
    ///
    /// # Errors
    /// If the catalog can't be read.
    pub fn nearest(
        &self,
        key: &Key,
        program: &[u8],
        parts: &[PartDigest],
    ) -> Result<Option<Nearest>, StoreError> {
        let mut best: Option<Nearest> = None;
        let newest = self.catalog.entries(Index::Program(file_name(program)), Direction::Down);
        for entry in newest.take(MOST) {
            let (other, slot) = entry?;
            let Some(record) = self.catalog.record(&other, slot)?.filter(|_| other != *key) else {
                continue;
            };
            let differs = differences(parts, &record.detail.parts);
            let is_nearer = best.as_ref().is_none_or(|best| differs.len() < best.differs.len());
            if is_nearer && !differs.is_empty() {
                let listed = self.store.listed(record, &self.catalog.access(&other)?);
                best = Some(Nearest { listed, differs });
            }
        }
        Ok(best)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::difference::How;
    use crate::model::key::Kind;
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
        kit.publish(&Spec { parts: parts(7, 8), ..spec(3) });
        kit.publish(&Spec { parts: parts(2, 3), program: "/bin/other", ..spec(4) });
        let nearest = |number, program: &[u8]| {
            let asked = parts(2, 3);
            kit.store
                .with_catalog(PATIENCE, |shelf| shelf.nearest(&key(number), program, &asked))
                .expect("the catalog")
        };
        let found = nearest(9, b"/elsewhere/tool").expect("an entry");
        assert_eq!(found.listed.head.key, key(2));
        let differs = [Difference { kind: Kind::Variable, name: b"B".to_vec(), how: How::Changed }];
        assert_eq!(found.differs, differs);
        assert_eq!(nearest(2, b"tool").expect("an entry").listed.head.key, key(3), "the newest");
        assert_eq!(nearest(9, b"unknown"), None);
    }
}
