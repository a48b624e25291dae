//! What is to be done with the catalog, and when.

use crate::daemon::event::Task;
use crate::model::key::Key;
use crate::model::time::Stamp;

/// Markers come in crowds: those of so long are taken in together.
const GATHER: i64 = 3_000_000;
/// What expires is removed this often at most.
const EXPIRE_EVERY: i64 = 60_000_000_000;
/// What failed for want of space or the like is tried again after this long.
const AGAIN: i64 = 30_000_000_000;

/// The librarian's work. Times are nanoseconds of the boot clock, where nothing else is said.
#[derive(Debug, Default)]
pub(super) struct Chores {
    /// The librarian is at it.
    is_busy: bool,
    /// There are markers to be taken in, at this time.
    tend: Option<i64>,
    /// Something expires then, by the wall clock.
    next_expiry: Option<i64>,
    last_expired: Option<i64>,
    sweep: Option<i64>,
    /// Entries to be read once more.
    look: Vec<Key>,
}

impl Chores {
    /// There are markers.
    pub(super) fn markers(&mut self, now: Stamp) {
        self.tend.get_or_insert(now.boot.saturating_add(GATHER));
    }

    /// The catalog was opened: what has expired since is to be looked at.
    pub(super) fn begin(&mut self, now: Stamp) {
        self.tend = Some(now.boot);
    }

    /// An entry is to be read once more.
    pub(super) fn look_at(&mut self, key: Key) {
        self.look.push(key);
    }

    /// The librarian has done what was asked for; it failed, or this is what comes next: an
    /// expiry by the wall clock, and a sweep.
    pub(super) fn done(&mut self) {
        self.is_busy = false;
    }

    pub(super) fn failed(&mut self, now: Stamp) {
        self.is_busy = false;
        self.tend = Some(now.boot.saturating_add(AGAIN));
    }

    pub(super) fn plan(&mut self, next_expiry: Option<i64>, sweep: i64) {
        self.next_expiry = next_expiry;
        self.sweep = Some(sweep);
    }

    /// When there is something to do.
    pub(super) fn next(&self, now: Stamp) -> Option<i64> {
        if self.is_busy {
            return None;
        }
        let look = (!self.look.is_empty()).then_some(now.boot);
        [self.tend, self.expiry(now), self.sweep, look].into_iter().flatten().min()
    }

    /// What is due, if the librarian has time for it.
    pub(super) fn take(&mut self, now: Stamp) -> Option<Task> {
        if self.next(now).is_none_or(|next| next > now.boot) {
            return None;
        }
        self.is_busy = true;
        if !self.look.is_empty() {
            return Some(Task::Look(std::mem::take(&mut self.look)));
        }
        let expire = self.expiry(now).is_some_and(|at| at <= now.boot);
        if expire {
            self.last_expired = Some(now.boot);
        }
        self.tend = None;
        self.sweep = None;
        Some(Task::Tend { expire })
    }

    /// When something expires; not sooner than a while after the last time.
    fn expiry(&self, now: Stamp) -> Option<i64> {
        let left = self.next_expiry?.saturating_sub(now.wall);
        let at = now.boot.saturating_add(left.max(0));
        Some(self.last_expired.map_or(at, |last| at.max(last.saturating_add(EXPIRE_EVERY))))
    }
}
