//! One entry of the schedule, and what happens to it.

use std::time::Duration;

use super::super::key::Key;
use super::super::time::Stamp;
use super::timing::Plan;
use super::{Finished, Item, Standing};

/// How often to look whether somebody has asked again for what had gone out of use.
const LOOK_AGAIN: Duration = Duration::from_hours(1);

#[derive(Debug)]
pub(super) struct Entry {
    pub(super) item: Item,
    pub(super) plan: Plan,
    /// Its place in the queue.
    pub(super) place: Option<i64>,
    /// How its last run ended, and when.
    pub(super) last: Option<(Finished, i64)>,
    is_dormant: bool,
}

impl Entry {
    pub(super) fn new(item: Item) -> Entry {
        Entry { item, plan: Plan::default(), place: None, last: None, is_dormant: false }
    }

    /// The entry with what is known of it now.
    pub(super) fn followed_by(mut self, item: Item) -> Entry {
        let before = std::mem::replace(&mut self.item, item);
        let asked = std::mem::replace(&mut self.item.asked, before.asked);
        if self.item.nonce != before.nonce {
            // A new value, whoever computed it, is what was wanted.
            self.plan.value_replaced();
            self.wake();
        } else if self.item.refresh != before.refresh || self.item.created != before.created {
            self.plan.begin_anew();
        }
        if self.item.nonce == before.nonce && self.item.retry.is_none() {
            self.item.retry = before.retry;
        }
        self.note_asked(asked);
        self
    }

    /// It was asked for then, as is known only now.
    pub(super) fn note_asked(&mut self, asked: Stamp) {
        if asked.wall > self.item.asked.wall {
            self.item.asked = asked;
            self.wake();
        }
    }

    /// It is being asked for.
    pub(super) fn put_to_use(&mut self, now: Stamp) {
        self.item.asked = now;
        self.wake();
    }

    /// Whether recomputing it would be of no use to anybody. A clock that went back tells nothing
    /// of that.
    pub(super) fn is_unused(&self, limit: Duration, now: Stamp) -> bool {
        let age = self.item.asked.age(now).known();
        age.is_some_and(|age| age > limit)
    }

    /// Leaves it alone until somebody asks for it.
    pub(super) fn rest(&mut self, now: Stamp) {
        self.is_dormant = true;
        let pause = LOOK_AGAIN.max(self.item.refresh.unwrap_or_default());
        self.plan.rest(now.boot_after(pause));
    }

    fn wake(&mut self) {
        if std::mem::take(&mut self.is_dormant) {
            self.plan.rest_no_more();
        }
    }

    /// Whether it is to be left alone after a failure.
    pub(super) fn is_held(&self, now: Stamp) -> bool {
        self.item.retry.as_ref().is_some_and(|retry| !retry.is_due(now))
    }

    /// What a run of the value that is still stored has come to.
    pub(super) fn end(&mut self, how: &Finished, is_for_change: bool, now: Stamp) {
        match how {
            Finished::Stored(nonce) => {
                self.item.nonce = *nonce;
                self.value_is_new(now);
            }
            Finished::Fresh => self.value_is_good(),
            Finished::Superseded | Finished::Gone => {}
            Finished::Busy => self.plan.put_off(self.item.refresh, now),
            Finished::Failed(retry) => {
                let is_of_it = retry.nonce == self.item.nonce;
                self.item.retry = is_of_it.then(|| retry.clone());
            }
            Finished::NeedsSecrets => self.item.waits_for_secrets = true,
        }
        if is_for_change && how.leaves_undone() {
            self.plan.input_still_differs(now);
        }
    }

    fn value_is_new(&mut self, now: Stamp) {
        self.item.created = now;
        self.value_is_good();
    }

    /// It needs nothing for now; it is as old as it was.
    fn value_is_good(&mut self) {
        self.item.retry = None;
        self.plan.begin_anew();
    }

    /// Whether there is anything left to do for it, now or later.
    pub(super) fn is_of_use(&self) -> bool {
        self.item.refresh.is_some() || self.item.watched || self.plan.is_wanted()
    }

    /// Finds its place in the queue.
    pub(super) fn find_place(
        &mut self,
        key: &Key,
        period: Option<Duration>,
        start: i64,
        now: Stamp,
    ) {
        let grid = period.map(|period| (start, period));
        let place = self.plan.place(key, &self.item, grid, now);
        self.place = place.filter(|_| !self.item.waits_for_secrets);
    }

    pub(super) fn standing(&self) -> Standing {
        match self.plan.due() {
            _ if self.item.waits_for_secrets => Standing::WaitsForSecrets,
            _ if self.is_dormant => Standing::Dormant,
            Some(due) => Standing::Due(due),
            None => Standing::Idle,
        }
    }
}
