//! What a daemon decides: each event changes the state and leads to actions. No I/O, no clock:
//! `now` comes in with the event, so that all of it is tested by tables.
//!
//! Times without a type of their own are nanoseconds of the boot clock.

use std::collections::{BTreeMap, VecDeque};
use std::path::PathBuf;
use std::time::Duration;

use super::event::{Action, Event, Exit, JobId, Outlook, Politeness, Task, Tended};
use super::librarian::Done;
use super::settings::Settings;
use crate::ipc::{Reply, Request, Row, Secrets, State as RowState, Status};
use crate::model::entry::Nonce;
use crate::model::job::{JobOrder, JobReport, Outcome};
use crate::model::key::Key;
use crate::model::recipe::Variable;
use crate::model::time::Stamp;
use crate::store::Scheduled;

/// Markers come in crowds: those of so long are taken in together.
const GATHER: i64 = 3_000_000;
/// What expires is removed this often at most.
const EXPIRE_EVERY: i64 = 60_000_000_000;
/// What failed for want of space or the like is tried again after this long.
const AGAIN: i64 = 30_000_000_000;
/// How long jobs may take to end when the daemon is to leave.
const LEAVE_WITHIN: i64 = 3_000_000_000;
/// And how long anything else may, when they were killed.
const HURRY: i64 = 2_000_000_000;
/// From TERM to KILL for a job that takes too long.
const GRACE: i64 = 5_000_000_000;
/// So many orders of clients wait at most.
const MOST_ORDERS: usize = 1000;
/// So many entries' secrets are kept at most.
const MOST_SECRETS: usize = 10_000;

/// What a daemon knows.
pub(super) struct State {
    settings: Settings,
    started: i64,
    phase: Phase,
    chores: Chores,
    entries: BTreeMap<Key, Kept>,
    orders: VecDeque<JobOrder>,
    jobs: BTreeMap<JobId, Running>,
    last_job: u64,
    secrets: BTreeMap<Key, Vec<Variable>>,
    refreshes: u64,
    failures: u64,
    /// When there was last something to do.
    busy: i64,
}

/// How far it is.
enum Phase {
    /// The catalog isn't open yet.
    Opening,
    Serving,
    /// It is to leave, at this time whatever happens; in favour of a program, if one is named.
    Leaving {
        by: i64,
        is_hurried: bool,
        closing: bool,
        successor: Option<PathBuf>,
    },
}

/// What is to be done with the catalog, and when.
#[derive(Default)]
struct Chores {
    /// The librarian is at it.
    is_busy: bool,
    /// There are markers to be taken in, at this time.
    tend: Option<i64>,
    /// Something expires, by the wall clock.
    next_expiry: Option<i64>,
    last_expired: Option<i64>,
    sweep: Option<i64>,
}

/// An entry that is kept fresh.
struct Kept {
    nonce: Nonce,
    command: String,
    last: Option<Outcome>,
    failures: u32,
}

/// A job under way.
struct Running {
    key: Key,
    /// TERM is due, then KILL.
    end: i64,
    was_asked_to_end: bool,
}

impl State {
    pub(super) fn new(settings: Settings, now: Stamp) -> State {
        State {
            settings,
            started: now.boot,
            phase: Phase::Opening,
            chores: Chores::default(),
            entries: BTreeMap::new(),
            orders: VecDeque::new(),
            jobs: BTreeMap::new(),
            last_job: 0,
            secrets: BTreeMap::new(),
            refreshes: 0,
            failures: 0,
            busy: now.boot,
        }
    }

    /// What is to be done about an event.
    pub(super) fn handle(&mut self, event: Event, now: Stamp) -> Vec<Action> {
        let mut actions = Vec::new();
        match event {
            Event::Tick | Event::ClockSet => {}
            Event::Asked(from, request) => {
                self.busy = now.boot;
                let reply = self.answer(request, now);
                actions.push(Action::Reply(from, reply));
            }
            Event::Leave(successor) => self.leave(successor, now, &mut actions),
            Event::Pending => self.chores.markers(now),
            Event::FolderGone => actions.push(Action::Exit(Exit::Done)),
            Event::Librarian(done) => self.librarian(done, now, &mut actions),
            Event::JobEnded(id, result) => self.job_ended(id, result, now),
        }
        self.do_what_is_due(now, &mut actions);
        actions
    }

    /// When it is to be woken at the latest, by the boot clock.
    pub(super) fn wake_at(&self, now: Stamp) -> Option<i64> {
        let jobs = self.jobs.values().map(|job| job.end).min();
        match &self.phase {
            Phase::Opening => None,
            Phase::Leaving { by, .. } => jobs.into_iter().chain([*by]).min(),
            Phase::Serving => {
                let chores = (!self.chores.is_busy).then(|| self.chores.next(now)).flatten();
                jobs.into_iter().chain(chores).chain(self.idle_end()).min()
            }
        }
    }

    /// When there will have been nothing to do for as long as was set.
    fn idle_end(&self) -> Option<i64> {
        let has_work = !self.jobs.is_empty() || !self.orders.is_empty() || !self.entries.is_empty();
        let idle = self.settings.idle_exit.filter(|_| !has_work)?;
        Some(self.busy.saturating_add(nanos(idle)))
    }

    fn do_what_is_due(&mut self, now: Stamp, actions: &mut Vec<Action>) {
        self.end_late_jobs(now, actions);
        match &self.phase {
            Phase::Opening => {}
            Phase::Leaving { .. } => self.go_on_leaving(now, actions),
            Phase::Serving => {
                if self.idle_end().is_some_and(|end| end <= now.boot) {
                    self.leave(None, now, actions);
                    self.go_on_leaving(now, actions);
                    return;
                }
                self.start_jobs(now, actions);
                if let Some(task) = self.chores.take(now) {
                    actions.push(Action::Librarian(task));
                }
            }
        }
    }

    fn answer(&mut self, request: Request, now: Stamp) -> Reply {
        match request {
            Request::Status => Reply::Status(Box::new(self.status(now))),
            Request::Secrets(Secrets { key, variables }) => {
                self.remember(key, variables);
                Reply::Noted
            }
            Request::Refresh(order) => self.take_order(*order),
        }
    }

    fn remember(&mut self, key: Key, variables: Vec<Variable>) {
        if self.secrets.len() >= MOST_SECRETS && !self.secrets.contains_key(&key) {
            self.secrets.pop_first();
        }
        self.secrets.insert(key, variables);
    }

    fn take_order(&mut self, order: JobOrder) -> Reply {
        let is_known = self.jobs.values().any(|job| job.key == order.key)
            || self.orders.iter().any(|other| other.key == order.key);
        if is_known {
            return Reply::Noted;
        }
        if self.orders.len() >= MOST_ORDERS || matches!(self.phase, Phase::Leaving { .. }) {
            return Reply::Failed("the daemon has too much to do".to_owned());
        }
        self.orders.push_back(order);
        Reply::Noted
    }

    fn start_jobs(&mut self, now: Stamp, actions: &mut Vec<Action>) {
        while self.jobs.len() < self.settings.jobs {
            let Some(order) = self.orders.pop_front() else { return };
            self.start(order, now, actions);
        }
    }

    fn start(&mut self, order: JobOrder, now: Stamp, actions: &mut Vec<Action>) {
        self.last_job += 1;
        let id = JobId(self.last_job);
        // The job itself ends its command in time; this is for a job that doesn't.
        let end = now.boot.saturating_add(nanos(self.settings.timeout)).saturating_add(2 * GRACE);
        self.jobs.insert(id, Running { key: order.key, end, was_asked_to_end: false });
        self.busy = now.boot;
        actions.push(Action::Start(id, Box::new(order)));
    }

    fn end_late_jobs(&mut self, now: Stamp, actions: &mut Vec<Action>) {
        for (&id, job) in self.jobs.iter_mut().filter(|(_, job)| job.end <= now.boot) {
            let politeness = if job.was_asked_to_end { Politeness::Force } else { Politeness::Ask };
            job.was_asked_to_end = true;
            job.end = now.boot.saturating_add(GRACE);
            actions.push(Action::End(id, politeness));
        }
    }

    fn job_ended(&mut self, id: JobId, result: Result<JobReport, String>, now: Stamp) {
        let Some(job) = self.jobs.remove(&id) else { return };
        self.busy = now.boot;
        let outcome = result.map_or_else(Outcome::Failed, |report| report.outcome);
        match &outcome {
            Outcome::Stored(_) => self.refreshes += 1,
            Outcome::Failed(_) => self.failures += 1,
            _ => {}
        }
        if let Some(kept) = self.entries.get_mut(&job.key) {
            kept.failures = match &outcome {
                Outcome::Stored(_) | Outcome::Unchanged => 0,
                Outcome::Failed(_) => kept.failures.saturating_add(1),
                _ => kept.failures,
            };
            kept.last = Some(outcome);
        }
    }

    fn librarian(&mut self, done: Done, now: Stamp, actions: &mut Vec<Action>) {
        self.chores.is_busy = false;
        match done {
            Done::Opened(outlook) => {
                self.take_note(*outlook, now);
                if matches!(self.phase, Phase::Opening) {
                    self.phase = Phase::Serving;
                    self.busy = now.boot;
                    // What was pending is taken in; what may have expired isn't looked at yet.
                    self.chores.tend = Some(now.boot);
                    actions.push(Action::Serve);
                }
            }
            Done::Tended(Tended { .. }, outlook) => self.take_note(*outlook, now),
            Done::Answered(from, reply, outlook) => {
                self.take_note(*outlook, now);
                actions.push(Action::Reply(from, *reply));
            }
            Done::Failed(_) => self.chores.tend = Some(now.boot.saturating_add(AGAIN)),
            Done::Lost(why) => actions.push(Action::Exit(Exit::Failed(why))),
            Done::Closed => {
                let exit = match &self.phase {
                    Phase::Leaving { successor: Some(path), .. } => Exit::For(path.clone()),
                    _ => Exit::Done,
                };
                actions.push(Action::Exit(exit));
            }
        }
    }

    fn take_note(&mut self, outlook: Outlook, now: Stamp) {
        let Outlook { changed, next_expiry, sweep_in } = outlook;
        self.chores.next_expiry = next_expiry;
        self.chores.sweep = Some(now.boot.saturating_add(nanos(sweep_in)));
        for (key, scheduled) in changed {
            match scheduled {
                Some(scheduled) => self.keep(scheduled),
                None => {
                    self.entries.remove(&key);
                    self.secrets.remove(&key);
                }
            }
        }
    }

    fn keep(&mut self, scheduled: Scheduled) {
        let Scheduled { key, nonce, command, .. } = scheduled;
        let known = self.entries.remove(&key);
        let is_same = known.as_ref().is_some_and(|known| known.nonce == nonce);
        let (last, failures) = known.map_or((None, 0), |known| (known.last, known.failures));
        let failures = if is_same { failures } else { 0 };
        self.entries.insert(key, Kept { nonce, command, last, failures });
    }

    fn leave(&mut self, successor: Option<PathBuf>, now: Stamp, actions: &mut Vec<Action>) {
        if matches!(self.phase, Phase::Leaving { .. }) {
            return;
        }
        let by = now.boot.saturating_add(LEAVE_WITHIN);
        self.phase = Phase::Leaving { by, is_hurried: false, closing: false, successor };
        self.orders.clear();
        actions.push(Action::TurnAway);
        for (&id, job) in &mut self.jobs {
            job.was_asked_to_end = true;
            job.end = by;
            actions.push(Action::End(id, Politeness::Ask));
        }
    }

    /// First the jobs, then the catalog; and in the end, neither.
    fn go_on_leaving(&mut self, now: Stamp, actions: &mut Vec<Action>) {
        let Phase::Leaving { by, is_hurried, closing, successor } = &mut self.phase else { return };
        if self.jobs.is_empty() && !*closing {
            *closing = true;
            actions.push(Action::CloseCatalog);
        }
        if now.boot < *by {
            return;
        }
        if *is_hurried {
            // Nothing that was flushed is lost, and all that was promised was flushed.
            let exit = successor.take().map_or(Exit::Done, Exit::For);
            actions.push(Action::Exit(exit));
        } else {
            *is_hurried = true;
            *by = now.boot.saturating_add(HURRY);
        }
    }

    fn status(&self, now: Stamp) -> Status {
        Status {
            pid: std::process::id(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            uptime: Duration::from_nanos(now.boot.saturating_sub(self.started).unsigned_abs()),
            scheduled: self.entries.len() as u64,
            running_jobs: self.jobs.len() as u64,
            refreshes: self.refreshes,
            refresh_failures: self.failures,
            is_stopping: matches!(self.phase, Phase::Leaving { .. }),
            rows: self.entries.iter().map(|(key, kept)| self.row(key, kept)).collect(),
            ..Status::default()
        }
    }

    fn row(&self, key: &Key, kept: &Kept) -> Row {
        let is_running = self.jobs.values().any(|job| job.key == *key);
        Row {
            key: *key,
            command: kept.command.clone(),
            state: if is_running { RowState::Running } else { RowState::Watching },
            last: kept.last.clone(),
            failures: kept.failures,
        }
    }
}

impl Chores {
    fn markers(&mut self, now: Stamp) {
        self.tend.get_or_insert(now.boot.saturating_add(GATHER));
    }

    /// When something expires, by the boot clock; not sooner than a while after the last time.
    fn expiry(&self, now: Stamp) -> Option<i64> {
        let left = self.next_expiry?.saturating_sub(now.wall);
        let at = now.boot.saturating_add(left.max(0));
        Some(self.last_expired.map_or(at, |last| at.max(last.saturating_add(EXPIRE_EVERY))))
    }

    fn next(&self, now: Stamp) -> Option<i64> {
        [self.tend, self.expiry(now), self.sweep].into_iter().flatten().min()
    }

    /// What is due, if the librarian has time for it.
    fn take(&mut self, now: Stamp) -> Option<Task> {
        if self.is_busy || self.next(now).is_none_or(|next| next > now.boot) {
            return None;
        }
        let expire = self.expiry(now).is_some_and(|at| at <= now.boot);
        if expire {
            self.last_expired = Some(now.boot);
        }
        self.tend = None;
        self.sweep = None;
        self.is_busy = true;
        Some(Task::Tend { expire })
    }
}

fn nanos(duration: Duration) -> i64 {
    i64::try_from(duration.as_nanos()).unwrap_or(i64::MAX)
}
