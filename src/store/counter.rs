//! What is counted for all keys together: a file each, to which 16 bytes are appended, so that
//! counting takes no lock.

use super::catalog::Totals;
use super::folder::Store;
use super::hits::Tally;
use super::layout;
use crate::model::time::Stamp;

/// Something that is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Counter {
    /// Calls that ran their command.
    Misses,
    /// Recomputations in the background that were stored.
    Refreshes,
    /// Those that failed.
    RefreshFailures,
}

impl Counter {
    /// All of them.
    pub(super) const ALL: [Counter; 3] =
        [Counter::Misses, Counter::Refreshes, Counter::RefreshFailures];

    /// Its file.
    pub(super) fn path(self) -> &'static str {
        match self {
            Counter::Misses => layout::MISSES,
            Counter::Refreshes => layout::REFRESHES,
            Counter::RefreshFailures => layout::REFRESH_FAILURES,
        }
    }

    /// What the catalog holds of it.
    pub(super) fn tally(self, totals: &mut Totals) -> &mut Tally {
        match self {
            Counter::Misses => &mut totals.misses,
            Counter::Refreshes => &mut totals.refreshes,
            Counter::RefreshFailures => &mut totals.refresh_failures,
        }
    }
}

impl Store {
    /// Counts a miss. One that can't be counted is still a miss, so nothing is reported.
    pub fn append_miss(&self, now: Stamp) {
        self.append_access(Counter::Misses.path(), now);
    }

    /// Counts a recomputation in the background that was stored, likewise.
    pub fn append_refresh(&self, now: Stamp) {
        self.append_access(Counter::Refreshes.path(), now);
    }

    /// Counts one that failed, likewise.
    pub fn append_refresh_failure(&self, now: Stamp) {
        self.append_access(Counter::RefreshFailures.path(), now);
    }

    /// How often something was counted, all told.
    pub(super) fn counted(&self, counter: Counter, totals: &Totals) -> u64 {
        let tally = *counter.tally(&mut totals.clone());
        let file = self.read_accesses(counter.path());
        tally.gone + file.count + self.count_rotated(counter.path(), tally.rotating)
    }
}
