//! Entries whose time is over, by the policy each was stored with.

use std::collections::BTreeMap;
use std::time::Duration;

use super::super::catalog::{Change, MOST_KEYS};
use super::super::error::StoreError;
use super::super::shelf::Shelf;
use super::{Collected, Progress, Stage, Victim};
use crate::model::key::Key;
use crate::model::time::Stamp;

impl Shelf<'_> {
    /// Removes what has expired, what may still serve `keep` later.
    ///
    /// Entries of the future, which a clock that went back leaves, expire for whoever asks; they
    /// stay, since a clock that is wrong for a while mustn't cost everything.
    pub(super) fn remove_expired(
        &mut self,
        keep: Duration,
        now: Stamp,
        collected: &mut Collected,
        progress: Progress<'_>,
    ) -> Result<(), StoreError> {
        loop {
            progress(Stage::Expire)?;
            let (victims, moved) = self.expired(keep, now)?;
            if victims.is_empty() && moved.is_empty() {
                return Ok(());
            }
            self.catalog.commit(&moved, |_| ())?;
            collected.expired += self.remove(&victims, collected)?;
        }
    }

    /// Up to a batch of those that have expired, and of those the index only thought had: they
    /// were served since it was written.
    fn expired(
        &self,
        keep: Duration,
        now: Stamp,
    ) -> Result<(Vec<Victim>, Vec<Change>), StoreError> {
        let keep = i64::try_from(keep.as_nanos()).unwrap_or(i64::MAX);
        let over = |expires: i64, kept: bool| {
            let end = if kept { expires.saturating_add(keep) } else { expires };
            end <= now.wall
        };
        let mut victims = Vec::new();
        let mut moved: BTreeMap<Key, Change> = BTreeMap::new();
        for found in self.catalog.expiring_by(now.wall) {
            let ((key, slot), expires, kept) = found?;
            if victims.len() + moved.len() >= MOST_KEYS {
                break;
            }
            if !over(expires, kept) || moved.contains_key(&key) {
                continue;
            }
            let mut change = Change::of(self.catalog.state(&key)?);
            let is_new = change.after.access.follow(self.store, &key);
            let Some(record) = change.after.slot(slot) else { continue };
            if record.expires(&change.after.access).is_some_and(|expires| over(expires, kept)) {
                victims.push(Victim::of(record));
            } else if is_new {
                moved.insert(key, change);
            }
        }
        Ok((victims, moved.into_values().collect()))
    }
}
