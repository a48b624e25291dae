//! When one entry is due.
//!
//! `due = max(created + refresh, now) + phase`, where the phase is a part of a tenth of the
//! interval, a minute at most, that follows from key and nonce: entries that were stored together
//! drift apart, and what is overdue all at once (after sleep, a step of the clock, the start) is
//! spread by the same formula.

use std::time::Duration;

use super::super::key::Key;
use super::super::spread;
use super::super::time::{Age, Stamp};
use super::{HEAD_START, Item};

/// The longest phase.
const WIDEST: Duration = Duration::from_mins(1);
/// The bounds of the pause while somebody else computes an entry; a tenth of its interval within.
const BUSY: [Duration; 2] = [Duration::from_secs(1), Duration::from_mins(1)];

/// What an entry waits for. All times are nanoseconds of the boot clock.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Plan {
    /// When it is due, as last computed.
    due: Option<i64>,
    /// It is to run out of turn, and since when.
    wanted: Option<i64>,
    /// Nothing by the clock before this.
    not_before: Option<i64>,
    /// An input differs from what its value was computed from, and since when.
    changed: Option<i64>,
    /// It was found to be older than its interval: when it is due for that, whatever else comes.
    overdue: Option<i64>,
}

impl Plan {
    /// Where in the queue it stands, if anywhere.
    pub(super) fn place(
        &mut self,
        key: &Key,
        item: &Item,
        grid: Option<(i64, Duration)>,
        now: Stamp,
    ) -> Option<i64> {
        let paused_until = item.retry.as_ref().map(|retry| retry.due_at(now)).max(self.not_before);
        let after_pause = |due: i64| paused_until.map_or(due, |until| until.max(due));
        let by_age = item.refresh.map(|refresh| {
            let due = after_pause(self.by_age(key, item, refresh, grid.is_some(), now));
            grid.map_or(due, |(start, period)| round_up(due, start, period))
        });
        let by_change = self.changed.map(after_pause);
        let in_turn = by_age.into_iter().chain(by_change).min();
        self.due = in_turn.into_iter().chain(self.wanted).min();
        let head_start = i64::try_from(HEAD_START.as_nanos()).unwrap_or(i64::MAX);
        let out_of_turn = self.wanted.map(|wanted| wanted.saturating_sub(head_start));
        in_turn.into_iter().chain(out_of_turn).min()
    }

    /// When it is due, as last computed.
    pub(super) fn due(&self) -> Option<i64> {
        self.due
    }

    /// When it is older than its interval.
    fn by_age(
        &mut self,
        key: &Key,
        item: &Item,
        refresh: Duration,
        is_on_grid: bool,
        now: Stamp,
    ) -> i64 {
        let widest = if is_on_grid { Duration::ZERO } else { (refresh / 10).min(WIDEST) };
        let phase = spread::part_of(widest, &key.0, &item.nonce.0);
        match item.created.age(now) {
            Age::Past(age) if age < refresh => {
                self.overdue = None;
                now.boot_after(refresh.saturating_sub(age).saturating_add(phase))
            }
            _ => *self.overdue.get_or_insert(now.boot_after(phase)),
        }
    }

    /// If it is due already, it isn't put off by being planned again.
    pub(super) fn keep_due(&mut self, now: Stamp) {
        if self.overdue.is_none() {
            self.overdue = self.due.filter(|due| *due <= now.boot);
        }
    }

    /// It is to run as soon as possible.
    pub(super) fn want(&mut self, now: Stamp) {
        self.wanted.get_or_insert(now.boot);
    }

    /// An input has changed, which may well end a row of failures.
    pub(super) fn input_changed(&mut self, now: Stamp) {
        self.input_still_differs(now);
        self.want(now);
    }

    /// It has run because of a changed input, and must again.
    pub(super) fn input_still_differs(&mut self, now: Stamp) {
        self.changed.get_or_insert(now.boot);
    }

    /// Whether anything but its age asks for it.
    pub(super) fn is_wanted(&self) -> bool {
        self.wanted.is_some() || self.changed.is_some()
    }

    /// It runs from now on. Whether for a changed input.
    pub(super) fn start(&mut self) -> bool {
        self.wanted = None;
        self.not_before = None;
        self.changed.take().is_some()
    }

    /// All waiting by the clock begins anew.
    pub(super) fn begin_anew(&mut self) {
        self.due = None;
        self.overdue = None;
        self.not_before = None;
    }

    /// Somebody has replaced its value. That tells nothing of an input that has changed.
    pub(super) fn value_replaced(&mut self) {
        self.begin_anew();
        self.wanted = self.wanted.filter(|_| self.changed.is_some());
    }

    /// Nothing is to happen before `until`.
    pub(super) fn rest(&mut self, until: i64) {
        self.wanted = None;
        self.not_before = Some(until);
    }

    /// What was put off by [`Plan::rest`] is due.
    pub(super) fn rest_no_more(&mut self) {
        self.not_before = None;
    }

    /// Somebody else computes it: looks again later.
    pub(super) fn put_off(&mut self, refresh: Option<Duration>, now: Stamp) {
        let pause = (refresh.unwrap_or_default() / 10).clamp(BUSY[0], BUSY[1]);
        self.not_before = Some(now.boot_after(pause));
    }
}

/// The first point of the grid that isn't before `due`; saturates.
fn round_up(due: i64, start: i64, period: Duration) -> i64 {
    let period = i128::try_from(period.as_nanos()).unwrap_or(i128::MAX).max(1);
    let since = i128::from(due) - i128::from(start);
    let periods = since.max(0).div_euclid(period) + i128::from(since.max(0).rem_euclid(period) > 0);
    let rounded = i128::from(start).saturating_add(periods.saturating_mul(period));
    i64::try_from(rounded).unwrap_or(i64::MAX)
}
