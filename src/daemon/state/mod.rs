//! What a daemon decides: each event changes the state and leads to actions. No I/O, no clock:
//! `now` comes in with the event, so that all of it is tested by tables.
//!
//! Times without a type of their own are nanoseconds of the boot clock.

mod chores;
mod work;

use std::path::PathBuf;
use std::time::Duration;

use super::event::{Action, ConnectionId, Event, Exit, Outlook, Task};
use super::librarian::Done;
use super::settings::Settings;
use crate::ipc::{Reply, Request, Secrets, State as RowState, Status};
use crate::model::time::Stamp;
use chores::Chores;
pub(super) use work::LastHit;
use work::Work;

/// How long jobs may take to end when the daemon is to leave.
const LEAVE_WITHIN: i64 = 3_000_000_000;
/// And how long anything else may, when they were killed.
const HURRY: i64 = 2_000_000_000;

/// What a daemon knows.
pub(super) struct State {
    pid: u32,
    idle_exit: Option<Duration>,
    started: i64,
    phase: Phase,
    chores: Chores,
    work: Work,
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
        is_closing: bool,
        successor: Option<PathBuf>,
    },
}

impl State {
    pub(super) fn new(settings: &Settings, pid: u32, last_hit: LastHit, now: Stamp) -> State {
        State {
            pid,
            idle_exit: settings.idle_exit,
            started: now.boot,
            phase: Phase::Opening,
            chores: Chores::default(),
            work: Work::new(settings, last_hit, now),
            busy: now.boot,
        }
    }

    /// What is to be done about an event.
    pub(super) fn handle(&mut self, event: Event, now: Stamp) -> Vec<Action> {
        let mut actions = Vec::new();
        match event {
            Event::Tick => {}
            Event::ClockSet => self.work.clock_set(now),
            Event::Asked(from, request) => {
                self.busy = now.boot;
                self.answer(from, request, now, &mut actions);
            }
            Event::Leave(successor) => self.leave(successor, now, &mut actions),
            Event::Pending => self.chores.markers(now),
            Event::InputChanged(key) => self.work.input_changed(&key, now),
            Event::FolderGone => actions.push(Action::Exit(Exit::Done)),
            Event::Librarian(done) => self.librarian(done, now, &mut actions),
            Event::JobEnded(id, result) => {
                self.busy = now.boot;
                let other = self.work.ended(id, result, now, &mut actions);
                if let Some(other) = other {
                    self.chores.look_at(other);
                }
            }
        }
        self.do_what_is_due(now, &mut actions);
        actions
    }

    /// When it is to be woken at the latest, by the boot clock.
    pub(super) fn wake_at(&self, now: Stamp) -> Option<i64> {
        match &self.phase {
            Phase::Opening => None,
            Phase::Leaving { by, .. } => self.work.next_end().into_iter().chain([*by]).min(),
            Phase::Serving => {
                let dates = [self.work.next(), self.chores.next(now), self.idle_end()];
                dates.into_iter().flatten().min()
            }
        }
    }

    /// When there will have been nothing to do for as long as was set.
    fn idle_end(&self) -> Option<i64> {
        let idle = self.idle_exit.filter(|_| self.work.is_empty())?;
        Some(self.busy.saturating_add(nanos(idle)))
    }

    fn do_what_is_due(&mut self, now: Stamp, actions: &mut Vec<Action>) {
        self.work.end_late(now, actions);
        if matches!(self.phase, Phase::Serving) {
            if self.idle_end().is_some_and(|end| end <= now.boot) {
                self.leave(None, now, actions);
            } else {
                self.work.start(now, actions);
                actions.extend(self.chores.take(now).map(Action::Librarian));
            }
        }
        self.go_on_leaving(now, actions);
    }

    fn answer(
        &mut self,
        from: ConnectionId,
        request: Request,
        now: Stamp,
        actions: &mut Vec<Action>,
    ) {
        let reply = match request {
            Request::Catalog(request) => match self.phase {
                Phase::Serving => {
                    actions.push(Action::Librarian(Task::Answer(from, request)));
                    return;
                }
                _ => Reply::Leaving,
            },
            Request::Status => Reply::Status(Box::new(self.status(now))),
            Request::Secrets(Secrets { key, variables }) => {
                self.work.remember(key, variables, now);
                Reply::Noted
            }
            Request::Refresh(order) => match self.phase {
                Phase::Serving => self.work.order(*order, now),
                _ => Reply::Leaving,
            },
        };
        actions.push(Action::Reply(from, reply));
    }

    fn librarian(&mut self, done: Done, now: Stamp, actions: &mut Vec<Action>) {
        if !matches!(done, Done::Answered(..) | Done::Progress(..)) {
            self.chores.done();
        }
        match done {
            Done::Opened(outlook) => {
                self.take_note(*outlook, now, actions);
                self.chores.begin(now);
                if matches!(self.phase, Phase::Opening) {
                    self.phase = Phase::Serving;
                    self.busy = now.boot;
                    actions.push(Action::Serve);
                }
            }
            Done::Tended(outlook) => self.take_note(*outlook, now, actions),
            Done::Answered(from, reply, outlook) => {
                if let Some(outlook) = outlook {
                    self.take_note(*outlook, now, actions);
                }
                actions.push(Action::Reply(from, *reply));
            }
            Done::Progress(from, stage) => {
                actions.push(Action::Tell(from, Reply::Progress(stage)));
            }
            Done::Failed => self.chores.failed(now),
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

    fn take_note(&mut self, outlook: Outlook, now: Stamp, actions: &mut Vec<Action>) {
        let Outlook { changed, next_expiry, sweep_in } = outlook;
        self.chores.plan(next_expiry, now.boot.saturating_add(nanos(sweep_in)));
        for (key, scheduled, points) in changed {
            // Where something changes, other points may be what matters.
            if self.work.is_watched(&key) || !points.is_empty() {
                actions.push(Action::Watch(key, points));
            }
            self.work.follow(key, scheduled, now, actions);
        }
    }

    fn leave(&mut self, successor: Option<PathBuf>, now: Stamp, actions: &mut Vec<Action>) {
        if matches!(self.phase, Phase::Leaving { .. }) {
            return;
        }
        let by = now.boot.saturating_add(LEAVE_WITHIN);
        self.phase = Phase::Leaving { by, is_hurried: false, is_closing: false, successor };
        actions.push(Action::TurnAway);
        self.work.end_all(by, actions);
    }

    /// First the jobs, then the catalog; and in the end, neither.
    fn go_on_leaving(&mut self, now: Stamp, actions: &mut Vec<Action>) {
        let Phase::Leaving { by, is_hurried, is_closing, successor } = &mut self.phase else {
            return;
        };
        if self.work.running() == 0 && !*is_closing {
            *is_closing = true;
            actions.push(Action::CloseCatalog);
        }
        if now.boot < *by {
            return;
        }
        if *is_hurried {
            // Nothing that was flushed is lost, and all that was promised was flushed.
            actions.push(Action::Exit(successor.take().map_or(Exit::Done, Exit::For)));
        } else {
            *is_hurried = true;
            *by = now.boot.saturating_add(HURRY);
        }
    }

    fn status(&self, now: Stamp) -> Status {
        let rows = self.work.rows(now);
        let due =
            |row: &crate::ipc::Row| if let RowState::Due(at) = row.state { Some(at) } else { None };
        Status {
            pid: self.pid,
            version: env!("CARGO_PKG_VERSION").to_owned(),
            uptime: Duration::from_nanos(now.boot.saturating_sub(self.started).unsigned_abs()),
            scheduled: self.work.scheduled(),
            watched_paths: 0,
            polled_paths: 0,
            running_jobs: self.work.running(),
            refreshes: self.work.refreshes,
            refresh_failures: self.work.failures,
            next_refresh_at: rows.iter().filter_map(due).min(),
            is_stopping: matches!(self.phase, Phase::Leaving { .. }),
            rows,
        }
    }
}

fn nanos(duration: Duration) -> i64 {
    i64::try_from(duration.as_nanos()).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests;
