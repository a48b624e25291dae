//! A command that writes to the caller's own descriptors and is ended by its timeout: for where there
//! are no descriptors left to read what it says. Nothing is recorded; signals are waited for without a
//! descriptor to read them from.

use std::time::Duration;

use rustix::io::Errno;

use super::child::Child;
use super::deadline::Deadline;
use super::signals::{Verdict, handed_on, judge};
use super::{Bounds, Destinations, Ending, Input, Job, SpawnError, Tape, run_with};
use crate::model::entry::Stream;
use crate::sys::signal::{Dispositions, Mask, Notice, await_one};
use crate::sys::{clock, fd};

/// How long a signal is waited for where nothing else is due.
const LONG: Duration = Duration::from_hours(1);

/// Runs a command of which nothing is recorded, to its end or that of its timeout; with why its output
/// couldn't be written, if so.
///
/// # Errors
/// Only if it didn't start.
pub fn run_unrecorded(job: &Job<'_>) -> Result<(Ending, Option<Errno>), SpawnError> {
    let to = Destinations { out: rustix::stdio::stdout(), err: rustix::stdio::stderr() };
    match run_with(job, &mut NoTape, to, Bounds::default()) {
        Ok(run) => Ok((run.ending, run.undelivered)),
        // For want of descriptors or memory of ours.
        // It writes by itself then.
        Err(SpawnError::Failed(_)) => Ok((run_plainly(job)?, None)),
        Err(error) => Err(error),
    }
}

fn run_plainly(job: &Job<'_>) -> Result<Ending, SpawnError> {
    match &job.input {
        Input::Null => fd::null_input()?,
        Input::File(file) => fd::become_input(file)?,
        Input::Own => {}
    }
    let bounds = Bounds::default();
    let waited_for = Mask::of(&handed_on());
    let _dispositions = Dispositions::change(&[], &[libc::SIGCHLD]);
    let before = waited_for.block()?;
    let deadline = job.timeout.map(|timeout| Deadline::set(clock::since_boot(), timeout));
    let streams = [rustix::stdio::stdin(), rustix::stdio::stdout(), rustix::stdio::stderr()];
    let ending =
        Child::start(job, streams).map(|child| attend(child, deadline, &waited_for, &bounds));
    before.set()?;
    ending
}

/// Waits for the end of the command.
fn attend(
    mut child: Child,
    mut deadline: Option<Deadline>,
    waited_for: &Mask,
    bounds: &Bounds,
) -> Ending {
    let mut later: Option<(i32, Duration)> = None;
    loop {
        let now = clock::since_boot();
        let due = deadline.as_ref().and_then(Deadline::wake_at);
        let due = due.into_iter().chain(later.map(|(_, at)| at)).min();
        let notice = await_one(waited_for, due.map_or(LONG, |due| due.saturating_sub(now)));
        let now = clock::since_boot();
        match notice.filter(|notice| notice.signal != libc::SIGCHLD) {
            Some(notice) => hand_on(notice, &child, &mut later, now + bounds.group_grace),
            None => child.reap_all(),
        }
        if let Some((signal, _)) = later.take_if(|(_, at)| now >= *at) {
            child.signal(signal);
        }
        let end = child.end();
        let Some(deadline) = &mut deadline else {
            match end {
                Some(end) => return end.ending,
                None => continue,
            }
        };
        if end.is_some() {
            deadline.cancel();
        }
        deadline.keep(&child, true, now, bounds);
        match end {
            _ if deadline.is_ending() => {}
            _ if deadline.timed_out() => return Ending::TimedOut,
            Some(end) => return end.ending,
            None => {}
        }
    }
}

fn hand_on(notice: Notice, child: &Child, later: &mut Option<(i32, Duration)>, at: Duration) {
    match judge(notice) {
        Verdict::Forward => child.signal(notice.signal),
        Verdict::Leave => {}
        Verdict::ForwardLater => *later = Some((notice.signal, at)),
    }
}

/// Records nothing.
struct NoTape;

impl Tape for NoTape {
    fn record(&mut self, _: Stream, _: &[u8]) -> bool {
        false
    }

    fn stalled(&mut self, _: bool) {}
}
