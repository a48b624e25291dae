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
        let mut nearest: Option<(Listed, Vec<Difference>)> = None;
        for listed in self.list(Order::Program(program)).take(COMPARED) {
            let listed = listed?;
            let differs = differences(parts, &listed.detail.parts);
            if nearest.as_ref().is_none_or(|(_, least)| differs.len() < least.len()) {
                nearest = Some((listed, differs));
            }
        }
        Ok(nearest)
    }
}
