//! Keeping entries fresh: what is scheduled, what clients order, what runs.

use std::collections::BTreeMap;

use crate::daemon::event::{Action, JobId, Politeness};
use crate::daemon::settings::Settings;
use crate::ipc::{Reply, Row, State as RowState};
use crate::model::backoff::Retry;
use crate::model::job::{JobOrder, JobReport, Outcome};
use crate::model::key::Key;
use crate::model::recipe::Variable;
use crate::model::schedule::{self, Cause, Finished, Item, Schedule, Standing, Taken};
use crate::model::time::Stamp;
use crate::store::Scheduled;

/// From TERM to KILL for a job that takes too long.
const GRACE: i64 = 5_000_000_000;
/// So many orders of clients wait at most.
const MOST_ORDERS: usize = 1000;
/// So many entries' secrets are kept at most.
const MOST_SECRETS: usize = 10_000;

/// When a key was last served, which nothing but its file of hits tells.
pub(in crate::daemon) type LastHit = Box<dyn Fn(&Key) -> Option<Stamp>>;

pub(super) struct Work {
    folder: Vec<u8>,
    /// The longest a job may take, in nanoseconds.
    longest: i64,
    schedule: Schedule,
    last_hit: LastHit,
    known: BTreeMap<Key, Known>,
    orders: BTreeMap<Key, JobOrder>,
    secrets: BTreeMap<Key, Vec<Variable>>,
    jobs: BTreeMap<JobId, Job>,
    last_job: u64,
    pub(super) refreshes: u64,
    pub(super) failures: u64,
}

/// What the schedule doesn't know of an entry.
struct Known {
    command: String,
    withheld: Vec<Vec<u8>>,
    last: Option<Outcome>,
}

/// A job under way.
struct Job {
    key: Key,
    /// The next step to its end is due.
    end: i64,
    was_asked_to_end: bool,
}

impl Work {
    pub(super) fn new(settings: &Settings, last_hit: LastHit, now: Stamp) -> Work {
        use std::os::unix::ffi::OsStrExt;
        let scheduling = schedule::Settings {
            jobs: settings.jobs,
            refresh_unused_for: settings.refresh_unused_for,
            period: settings.period,
        };
        Work {
            folder: settings.cache_dir.as_os_str().as_bytes().to_vec(),
            longest: super::nanos(settings.timeout),
            schedule: Schedule::new(scheduling, now),
            last_hit,
            known: BTreeMap::new(),
            orders: BTreeMap::new(),
            secrets: BTreeMap::new(),
            jobs: BTreeMap::new(),
            last_job: 0,
            refreshes: 0,
            failures: 0,
        }
    }

    /// Entries that are kept fresh, and orders that wait.
    pub(super) fn is_empty(&self) -> bool {
        self.jobs.is_empty() && self.schedule.is_empty()
    }

    pub(super) fn running(&self) -> u64 {
        self.jobs.len() as u64
    }

    /// When there is something to do, by the boot clock.
    pub(super) fn next(&self) -> Option<i64> {
        self.schedule.next_due().into_iter().chain(self.next_end()).min()
    }

    /// When a job has taken too long.
    pub(super) fn next_end(&self) -> Option<i64> {
        self.jobs.values().map(|job| job.end).min()
    }

    /// Takes in what the catalog says of an entry.
    pub(super) fn follow(
        &mut self,
        key: Key,
        scheduled: Option<Scheduled>,
        now: Stamp,
        actions: &mut Vec<Action>,
    ) {
        let Some(scheduled) = scheduled else {
            // A client may have ordered what isn't kept fresh by itself.
            if !self.orders.contains_key(&key) {
                self.schedule.remove(&key);
                self.known.remove(&key);
                self.secrets.remove(&key);
            }
            return;
        };
        let Scheduled { nonce, created, policy, asked, command, withheld, retry, .. } = scheduled;
        let last = self.known.remove(&key).and_then(|known| known.last);
        let item = Item {
            nonce,
            created,
            refresh: policy.refresh,
            watched: policy.watch,
            asked,
            retry,
            waits_for_secrets: !self.has_secrets(&key, &withheld),
        };
        if item.waits_for_secrets {
            actions.push(Action::WantSecrets(key));
        }
        self.known.insert(key, Known { command, withheld, last });
        self.schedule.upsert(key, item, now);
    }

    /// Whether an entry's inputs are watched, as far as is known.
    pub(super) fn is_watched(&self, key: &Key) -> bool {
        self.schedule.item(key).is_some_and(|item| item.watched)
    }

    pub(super) fn input_changed(&mut self, key: &Key, now: Stamp) {
        self.schedule.request(key, Cause::Changed, now);
    }

    fn has_secrets(&self, key: &Key, names: &[Vec<u8>]) -> bool {
        let known = self.secrets.get(key).map_or(&[][..], Vec::as_slice);
        names.iter().all(|name| known.iter().any(|(known, _)| known == name))
    }

    /// Remembers what was withheld from an entry's recipe.
    pub(super) fn remember(&mut self, key: Key, variables: Vec<Variable>, now: Stamp) {
        if variables.is_empty() {
            return;
        }
        if self.secrets.len() >= MOST_SECRETS && !self.secrets.contains_key(&key) {
            self.secrets.pop_first();
        }
        self.secrets.insert(key, variables);
        if let Some(item) = self.schedule.item(&key).filter(|item| item.waits_for_secrets) {
            let item = Item { waits_for_secrets: false, ..item.clone() };
            self.schedule.upsert(key, item, now);
        }
    }

    /// Has done what a client orders, when there is time.
    pub(super) fn order(&mut self, order: JobOrder, now: Stamp) -> Reply {
        let JobOrder { key, nonce, .. } = order;
        let cause = if order.force { Cause::Asked } else { Cause::Stale };
        self.remember(key, order.secrets.clone(), now);
        match self.schedule.item(&key) {
            // It has been computed since the client looked.
            Some(item) if item.nonce != nonce => return Reply::Noted,
            Some(_) => {}
            None => {
                if self.orders.len() >= MOST_ORDERS {
                    return Reply::Failed("too many others wait already".to_owned());
                }
                let item = Item {
                    nonce,
                    created: now,
                    refresh: None,
                    watched: false,
                    asked: now,
                    retry: None,
                    waits_for_secrets: false,
                };
                self.schedule.upsert(key, item, now);
            }
        }
        self.orders.insert(key, order);
        self.schedule.request(&key, cause, now);
        Reply::Noted
    }

    /// Forgets what waits: the daemon is to leave.
    pub(super) fn end_all(&mut self, by: i64, actions: &mut Vec<Action>) {
        for (&id, job) in &mut self.jobs {
            job.was_asked_to_end = true;
            job.end = by;
            actions.push(Action::End(id, Politeness::Ask));
        }
    }

    pub(super) fn clock_set(&mut self, now: Stamp) {
        self.schedule.clock_changed(now);
    }

    /// Starts what is due.
    pub(super) fn start(&mut self, now: Stamp, actions: &mut Vec<Action>) {
        for Taken { key, nonce, late } in self.schedule.take_due(now, &self.last_hit) {
            let ordered = self.orders.remove(&key).filter(|order| order.nonce == nonce);
            let mut order = ordered.unwrap_or_else(|| JobOrder {
                folder: Vec::new(),
                key,
                nonce,
                recipe: None,
                secrets: Vec::new(),
                force: false,
                is_unasked: true,
            });
            // Whatever the client thinks it is called, there is one folder.
            order.folder.clone_from(&self.folder);
            if order.secrets.is_empty() {
                order.secrets = self.secrets.get(&key).cloned().unwrap_or_default();
            }
            self.last_job += 1;
            let id = JobId(self.last_job);
            // The job itself ends its command in time; this is for a job that doesn't.
            let end = now.boot.saturating_add(self.longest).saturating_add(2 * GRACE);
            self.jobs.insert(id, Job { key, end, was_asked_to_end: false });
            actions.push(Action::Start(id, Box::new(order), late));
        }
    }

    /// Ends what takes too long.
    pub(super) fn end_late(&mut self, now: Stamp, actions: &mut Vec<Action>) {
        for (&id, job) in self.jobs.iter_mut().filter(|(_, job)| job.end <= now.boot) {
            let politeness = if job.was_asked_to_end { Politeness::Force } else { Politeness::Ask };
            job.was_asked_to_end = true;
            job.end = now.boot.saturating_add(GRACE);
            actions.push(Action::End(id, politeness));
        }
    }

    /// Takes note of how a job has ended; another entry that it was about, if there is one.
    pub(super) fn ended(
        &mut self,
        id: JobId,
        result: Result<JobReport, String>,
        now: Stamp,
        actions: &mut Vec<Action>,
    ) -> Option<Key> {
        let Job { key, was_asked_to_end, .. } = self.jobs.remove(&id)?;
        let is_dead = result.is_err() && !was_asked_to_end;
        let report = result.unwrap_or_else(|why| JobReport { key, outcome: Outcome::Failed(why) });
        let other = (report.key != key).then_some(report.key);
        let outcome = report.outcome;
        match &outcome {
            Outcome::Stored(_) => self.refreshes += 1,
            Outcome::Failed(_) => self.failures += 1,
            _ => {}
        }
        if let (Some(other), Some(secrets)) = (other, self.secrets.get(&key).cloned())
            && matches!(outcome, Outcome::Stored(_) | Outcome::Unchanged)
        {
            self.remember(other, secrets, now);
        }
        let finished = self.finished(&key, other, &outcome, now);
        if let (true, Finished::Failed(retry)) = (is_dead, &finished) {
            actions.push(Action::NoteFailure(key, Box::new(retry.clone())));
        }
        if finished == Finished::NeedsSecrets {
            actions.push(Action::WantSecrets(key));
        }
        let is_superseded = finished == Finished::Superseded;
        self.schedule.finished(&key, finished, now);
        if is_superseded && self.schedule.item(&key).is_none() {
            // The other one watches the same inputs. Where those come back that belong to this
            // one, the other one's job will find it, and it is followed again.
            actions.push(Action::Watch(key, Vec::new()));
            self.known.remove(&key);
            self.secrets.remove(&key);
            self.orders.remove(&key);
        }
        if let Some(known) = self.known.get_mut(&key) {
            known.last = Some(outcome);
        }
        other
    }

    fn finished(&self, key: &Key, other: Option<Key>, outcome: &Outcome, now: Stamp) -> Finished {
        match outcome {
            Outcome::Stored(_) | Outcome::Unchanged if other.is_some() => Finished::Superseded,
            Outcome::Stored(nonce) => Finished::Stored(*nonce),
            Outcome::Unchanged => Finished::Fresh,
            Outcome::Busy | Outcome::Interrupted => Finished::Busy,
            Outcome::Gone => Finished::Gone,
            Outcome::NeedsSecrets(_) => Finished::NeedsSecrets,
            Outcome::Failed(why) => match self.schedule.item(key) {
                Some(item) => Finished::Failed(Retry::after_failure(
                    item.retry.as_ref(),
                    key,
                    item.nonce,
                    item.refresh,
                    now,
                    why,
                )),
                None => Finished::Gone,
            },
        }
    }

    /// How many entries are kept fresh.
    pub(super) fn scheduled(&self) -> u64 {
        self.known.len() as u64
    }

    /// Every entry, the next one due first.
    pub(super) fn rows(&self, now: Stamp) -> Vec<Row> {
        let mut rows: Vec<(i64, Row)> =
            self.schedule.rows().map(|row| self.row(&row, now)).collect();
        rows.sort_by_key(|(due, row)| (*due, row.key));
        rows.into_iter().map(|(_, row)| row).collect()
    }

    fn row(&self, row: &schedule::Row<'_>, now: Stamp) -> (i64, Row) {
        let known = self.known.get(&row.key);
        let last = known.and_then(|known| known.last.clone());
        let (due, state) = match row.standing {
            Standing::Running(since) => (since.min(now.boot), RowState::Running),
            Standing::Due(at) => {
                let wall = now.wall.saturating_add(at.saturating_sub(now.boot));
                (at, RowState::Due(wall))
            }
            Standing::Idle => (i64::MAX, RowState::Watching),
            Standing::Dormant => (i64::MAX, RowState::Dormant),
            Standing::WaitsForSecrets => {
                let withheld = known.map(|known| known.withheld.clone()).unwrap_or_default();
                let names = match &last {
                    Some(Outcome::NeedsSecrets(names)) => names.clone(),
                    _ => withheld,
                };
                (i64::MAX, RowState::NeedsSecrets(names))
            }
        };
        let command = known.map(|known| known.command.clone()).unwrap_or_default();
        let failures = row.item.retry.as_ref().map_or(0, |retry| retry.failures);
        (due, Row { key: row.key, command, state, last, failures })
    }
}
