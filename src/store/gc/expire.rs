//! Entries whose time is over, by the policy each was stored with.

use std::collections::BTreeMap;
use std::time::Duration;

use super::super::catalog::{Change, Expiring, MOST_KEYS};
use super::super::error::StoreError;
use super::super::shelf::Shelf;
use super::{Collected, Progress, Stage, Victim};
use crate::model::key::Key;
use crate::model::policy::Limits;
use crate::model::time::Stamp;

/// How many entries are looked at to find the next one whose time is over.
const LOOKED_AT: usize = 256;

impl Shelf<'_> {
    /// When the next entry is to be removed because its time is over, nanoseconds since 1970; too
    /// early, but not too late, where it was served since the index was written.
    ///
    /// # Errors
    /// If the catalog can't be read.
    pub fn next_expiry(&self, limits: &Limits) -> Result<Option<i64>, StoreError> {
        let keep = i64::try_from(limits.keep_expired.as_nanos()).unwrap_or(i64::MAX);
        let mut next: Option<i64> = None;
        for (number, found) in self.catalog.expiring_by(i64::MAX, None).enumerate() {
            let Expiring { expires, kept, .. } = found?;
            // Whatever comes behind this one is removed later than it expires.
            if next.is_some_and(|next| next <= expires) {
                break;
            }
            let enough = number >= LOOKED_AT;
            let end = if kept && !enough { expires.saturating_add(keep) } else { expires };
            next = Some(next.map_or(end, |next| next.min(end)));
            if enough {
                break;
            }
        }
        Ok(next)
    }

    /// Removes what has expired, as [`Shelf::gc`] does, and nothing else.
    ///
    /// # Errors
    /// See [`Shelf::gc`].
    pub fn drop_expired(&mut self, limits: &Limits, now: Stamp) -> Result<Collected, StoreError> {
        let mut collected = Collected::default();
        self.remove_expired(limits.keep_expired, now, &mut collected, &mut |_| Ok(()))?;
        Ok(collected)
    }

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
        let mut last = None;
        loop {
            progress(Stage::Expire)?;
            let (victims, moved) = self.expired(&mut last, keep, now)?;
            if victims.is_empty() && moved.is_empty() {
                return Ok(());
            }
            if !moved.is_empty() {
                self.catalog.commit(&moved, |_| ())?;
            }
            if !victims.is_empty() {
                collected.expired += self.remove(victims, collected, |_, _| ())?;
            }
        }
    }

    /// Up to a batch of those that have expired, and of those the index only thought had: they
    /// were served since it was written. The search begins behind `last` and moves it on: what is
    /// kept for a while is looked at once.
    fn expired(
        &self,
        last: &mut Option<Expiring>,
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
        for found in self.catalog.expiring_by(now.wall, last.take()) {
            let found = found?;
            let Expiring { key, slot, expires, kept } = found;
            if victims.len() + moved.len() >= MOST_KEYS {
                break;
            }
            *last = Some(found);
            if !over(expires, kept) || moved.contains_key(&key) {
                continue;
            }
            let state = self.catalog.state(&key)?;
            let mut access = state.access.clone();
            let is_new = access.follow(self.store, &key);
            let Some(record) = state.slot(slot) else { continue };
            if record.expires(&access).is_some_and(|expires| over(expires, kept)) {
                victims.push(Victim::of(&state, record));
            } else if is_new {
                let mut change = Change::of(state);
                change.after.access = access;
                moved.insert(key, change);
            }
        }
        // A key of which one entry goes and one stays is looked at once more when it follows.
        moved.retain(|key, _| victims.iter().all(|victim| victim.state.key != *key));
        Ok((victims, moved.into_values().collect()))
    }
}
