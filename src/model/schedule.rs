//! When which entry is recomputed in the background.
//!
//! An entry is due when it is older than its interval, or when somebody asks. Of what is due, the
//! one that has waited longest goes first, so none starves; a request counts as having waited for
//! [`HEAD_START`] already. Everything that looks at a clock, runs a command or waits is elsewhere:
//! this says what is to be run now and when to ask again. Each step costs O(log n).

mod entry;
mod timing;

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use super::backoff::Retry;
use super::entry::Nonce;
use super::key::Key;
use super::time::Stamp;
use entry::Entry;

/// By how much a request goes before what is due by the clock. Bounded, so that requests without
/// end don't keep everything else from running.
pub const HEAD_START: Duration = Duration::from_mins(1);

/// What holds for all entries.
#[derive(Clone, Copy, Debug)]
pub struct Settings {
    /// How many run at once; at least one does.
    pub jobs: usize,
    /// What nobody has asked for in this time isn't recomputed any more.
    pub refresh_unused_for: Duration,
    /// Look only at multiples of this since the start.
    pub period: Option<Duration>,
}

/// What is known of an entry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Item {
    /// The computation that is stored.
    pub nonce: Nonce,
    /// When it was computed.
    pub created: Stamp,
    /// It is recomputed when it is older than this.
    pub refresh: Option<Duration>,
    /// It is recomputed when an input changes: kept even without an interval.
    pub watched: bool,
    /// When it was last asked for.
    pub asked: Stamp,
    /// Earlier failures to recompute it.
    pub retry: Option<Retry>,
    /// It can't be run before somebody brings the values of some variables.
    pub waits_for_secrets: bool,
}

/// Why an entry is to run out of turn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cause {
    /// Somebody asks for it in so many words.
    Asked,
    /// Somebody was served a value that is stale.
    Stale,
    /// An input has changed: must run once more even if it runs now, and until it succeeds.
    Changed,
}

/// How a run ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Finished {
    /// A new value is stored under the same key.
    Stored(Nonce),
    /// What is stored under the same key turned out to be fresh.
    Fresh,
    /// The call has another key now, under which there is an entry that takes this one's place.
    Superseded,
    /// Somebody else computes it.
    Busy,
    /// It isn't stored any more.
    Gone,
    /// It failed, and the old value stays.
    Failed(Retry),
    /// Values of variables are missing.
    NeedsSecrets,
}

/// In what state an entry is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// It runs since then, in nanoseconds of the boot clock.
    Running(i64),
    /// It is due then, in nanoseconds of the boot clock.
    Due(i64),
    /// Nothing is to be done until somebody asks or an input changes.
    Idle,
    /// Nobody has asked for it in a long time.
    Dormant,
    /// It waits for values of variables.
    WaitsForSecrets,
}

impl Finished {
    /// Whether there is still to be done what the run was for.
    fn leaves_undone(&self) -> bool {
        matches!(self, Finished::Busy | Finished::Failed(_) | Finished::NeedsSecrets)
    }
}

/// An entry that is to be run now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Taken {
    /// Its key.
    pub key: Key,
    /// The computation that is stored.
    pub nonce: Nonce,
    /// How long it has been due: it waited for a slot, or the machine slept.
    pub late: Duration,
}

/// An entry for display.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row<'s> {
    /// Its key.
    pub key: Key,
    /// What is known of it.
    pub item: &'s Item,
    /// Its state.
    pub standing: Standing,
    /// How its last run ended, and when by the boot clock; `None` before the first one.
    pub last: Option<&'s (Finished, i64)>,
}

/// All entries that are recomputed in the background.
#[derive(Debug)]
pub struct Schedule {
    settings: Settings,
    start: i64,
    entries: BTreeMap<Key, Entry>,
    /// Where each entry that is to run stands; entries that run aren't in it.
    queue: BTreeSet<(i64, Key)>,
    running: BTreeMap<Key, Run>,
}

#[derive(Clone, Copy, Debug)]
struct Run {
    nonce: Nonce,
    since: i64,
    /// It runs because an input has changed.
    is_for_change: bool,
}

impl Schedule {
    /// An empty one, at its start.
    #[must_use]
    pub fn new(settings: Settings, now: Stamp) -> Schedule {
        Schedule {
            settings,
            start: now.boot,
            entries: BTreeMap::new(),
            queue: BTreeSet::new(),
            running: BTreeMap::new(),
        }
    }

    /// Takes in what is known of an entry, new or not. Nothing it waits for is postponed by that.
    pub fn upsert(&mut self, key: Key, mut item: Item, now: Stamp) {
        let before = self.withdraw(&key);
        item.retry = item.retry.filter(|retry| retry.nonce == item.nonce);
        let entry = match before {
            Some(entry) => entry.followed_by(item),
            None => Entry::new(item),
        };
        self.enter(key, entry, now);
    }

    /// Forgets an entry. A run of it that is under way keeps its slot until it has finished.
    pub fn remove(&mut self, key: &Key) {
        self.withdraw(key);
    }

    /// Somebody has asked for an entry at `asked`: it is in use.
    pub fn asked(&mut self, key: &Key, asked: Stamp, now: Stamp) {
        let Some(mut entry) = self.withdraw(key) else { return };
        entry.note_asked(asked);
        self.enter(*key, entry, now);
    }

    /// Has an entry run once as soon as a slot is free. `false` if it isn't known.
    ///
    /// A stale answer doesn't cut a wait after a failure short; the other causes do.
    pub fn request(&mut self, key: &Key, cause: Cause, now: Stamp) -> bool {
        let runs = self.running.contains_key(key);
        let Some(mut entry) = self.withdraw(key) else { return false };
        match cause {
            Cause::Changed => entry.plan.input_changed(now),
            Cause::Asked | Cause::Stale => {
                entry.put_to_use(now);
                let holds = cause == Cause::Stale && entry.is_held(now);
                // What runs now answers it.
                if !runs && !holds {
                    entry.plan.want(now);
                }
            }
        }
        self.enter(*key, entry, now);
        true
    }

    /// When there is something to take, in nanoseconds of the boot clock; may have passed.
    /// `None` if nothing is to come, or no slot is free.
    #[must_use]
    pub fn next_due(&self) -> Option<i64> {
        let is_free = self.running.len() < self.settings.jobs.max(1);
        self.queue.first().filter(|_| is_free).map(|(place, _)| *place)
    }

    /// What is to be run now, at most as much as there are slots for. It counts as running until
    /// [`Schedule::finished`].
    ///
    /// `last_hit` tells when an entry was last served; it is asked of those that seem to be out of
    /// use, because a hit tells nobody.
    pub fn take_due(
        &mut self,
        now: Stamp,
        mut last_hit: impl FnMut(&Key) -> Option<Stamp>,
    ) -> Vec<Taken> {
        let mut taken = Vec::new();
        while self.running.len() < self.settings.jobs.max(1) {
            let Some(&(place, key)) = self.queue.first() else { break };
            if place > now.boot {
                break;
            }
            let Some(mut entry) = self.withdraw(&key) else { break };
            let limit = self.settings.refresh_unused_for;
            if entry.is_unused(limit, now)
                && let Some(hit) = last_hit(&key)
            {
                entry.note_asked(hit);
            }
            if entry.is_unused(limit, now) {
                entry.rest(now);
            } else {
                let due = entry.plan.due().unwrap_or(now.boot);
                let late = Duration::from_nanos(u64::try_from(now.boot - due).unwrap_or(0));
                let is_for_change = entry.plan.start();
                let nonce = entry.item.nonce;
                self.running.insert(key, Run { nonce, since: now.boot, is_for_change });
                taken.push(Taken { key, nonce, late });
            }
            self.enter(key, entry, now);
        }
        taken
    }

    /// A run has ended; its slot is free again.
    pub fn finished(&mut self, key: &Key, how: Finished, now: Stamp) {
        let Some(run) = self.running.remove(key) else { return };
        let Some(mut entry) = self.withdraw(key) else { return };
        let is_same = entry.item.nonce == run.nonce;
        let stays = !(is_same && matches!(how, Finished::Gone | Finished::Superseded));
        if is_same {
            entry.end(&how, run.is_for_change, now);
        } else if run.is_for_change && how.leaves_undone() {
            entry.plan.input_still_differs(now);
        }
        entry.last = Some((how, now.boot));
        if stays && entry.is_of_use() {
            self.enter(*key, entry, now);
        }
    }

    /// A clock was set, or the machine has slept: computes everything anew. What has become due
    /// meanwhile is spread, once, so that it doesn't run all together.
    pub fn clock_changed(&mut self, now: Stamp) {
        self.queue.clear();
        let start = self.start;
        for (key, entry) in &mut self.entries {
            entry.find_place(key, self.settings.period, start, now);
            if self.running.contains_key(key) {
                entry.place = None;
            }
            self.queue.extend(entry.place.map(|place| (place, *key)));
        }
    }

    /// Every entry, in the order of keys.
    pub fn rows(&self) -> impl Iterator<Item = Row<'_>> {
        self.entries.iter().map(|(key, entry)| Row {
            key: *key,
            item: &entry.item,
            standing: match self.running.get(key) {
                Some(run) => Standing::Running(run.since),
                None => entry.standing(),
            },
            last: entry.last.as_ref(),
        })
    }

    /// An entry as it is known.
    #[must_use]
    pub fn item(&self, key: &Key) -> Option<&Item> {
        self.entries.get(key).map(|entry| &entry.item)
    }

    /// How many entries there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// How many run.
    #[must_use]
    pub fn running(&self) -> usize {
        self.running.len()
    }

    /// Takes an entry out, off the queue too.
    fn withdraw(&mut self, key: &Key) -> Option<Entry> {
        let entry = self.entries.remove(key)?;
        if let Some(place) = entry.place {
            self.queue.remove(&(place, *key));
        }
        Some(entry)
    }

    /// Puts an entry in, and where it belongs in the queue.
    fn enter(&mut self, key: Key, mut entry: Entry, now: Stamp) {
        entry.plan.keep_due(now);
        entry.find_place(&key, self.settings.period, self.start, now);
        if self.running.contains_key(&key) {
            entry.place = None;
        }
        self.queue.extend(entry.place.map(|place| (place, key)));
        self.entries.insert(key, entry);
    }
}

#[cfg(test)]
mod tests;
