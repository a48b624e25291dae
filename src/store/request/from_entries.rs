//! Answers from the entries themselves, for when the catalog can't be had: slower, and without the
//! hits of files that were rotated away.

use super::super::error::StoreError;
use super::super::folder::Store;
use super::super::nearest;
use super::super::query::{Listed, Match, among};
use super::{Answer, Named, Nearest, Request};
use crate::model::key::{Key, PartDigest};

impl Store {
    /// Answers a request without the catalog; `None` if only the catalog knows the answer.
    ///
    /// # Errors
    /// If the directory of entries can't be read.
    pub fn answer_from_entries(&self, request: &Request) -> Result<Option<Answer>, StoreError> {
        Ok(Some(match request {
            Request::List(wanted) => Answer::Listed(self.list_entries_wanted(wanted)?),
            Request::Select { filter, now } => Answer::Listed(self.select_entries(filter, *now)?),
            Request::Entries { keys } => Answer::Listed(self.listed_under(keys)),
            Request::Find { ids } => {
                let mut keys = self.stored_keys()?;
                keys.sort_unstable();
                Answer::Named(ids.iter().map(|id| self.named_among(id, &keys)).collect())
            }
            Request::Nearest { program, parts } => {
                Answer::Nearest(self.nearest_entry(program, parts)?)
            }
            Request::Ingest
            | Request::Stats { .. }
            | Request::Gc { .. }
            | Request::Records
            | Request::Repair { .. } => return Ok(None),
        }))
    }

    fn listed_under(&self, keys: &[Key]) -> Vec<Listed> {
        let mut listed = Vec::new();
        for key in keys {
            self.each_entry_of(key, &mut |entry| listed.push(entry.without_parts()));
        }
        listed
    }

    fn named_among(&self, id: &str, keys: &[Key]) -> Named {
        let found = among(id, keys.iter().copied());
        let entries = match found {
            Match::One(key) => self.listed_under(&[key]),
            Match::None | Match::Ambiguous(_) => Vec::new(),
        };
        Named { found, entries }
    }

    fn nearest_entry(
        &self,
        program: &[u8],
        parts: &[PartDigest],
    ) -> Result<Option<Nearest>, StoreError> {
        let mut listed = self.list_entries()?;
        listed.retain(|listed| listed.is_of_program(program));
        let nearest = nearest::nearest(listed.into_iter().map(Ok), parts)?;
        Ok(nearest.map(|(listed, differs)| {
            let listed = Box::new(listed.without_parts());
            Nearest { listed, differs }
        }))
    }
}
