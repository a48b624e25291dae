//! One run from the command's start to the end of its output: a single loop around poll.

use std::os::fd::AsFd as _;
use std::time::Duration;

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;

use super::child::Child;
use super::deadline::Deadline;
use super::flow::Flow;
use super::signals::{Signals, Verdict, judge};
use super::survivor::leave_behind;
use super::tee::Tee;
use super::{Bounds, Ending, Run, Spoiled};
use crate::sys::clock;
use crate::sys::signal::{Caught, Notice};

/// How often to look where nothing tells us that there is something to see.
const LOOK_EVERY: Duration = Duration::from_millis(10);

/// A command that runs, or whose output is still on its way.
pub(super) struct Session<'a> {
    pub(super) child: Child,
    pub(super) tee: Tee<'a>,
    pub(super) signals: Signals,
    pub(super) deadline: Option<Deadline>,
    pub(super) bounds: Bounds,
    pub(super) progress: Progress,
}

/// What has happened so far.
#[derive(Default)]
pub(super) struct Progress {
    /// A signal was sent to us.
    interrupted: bool,
    /// A signal that the command gets if it is still there at that time.
    forward_later: Option<(i32, Duration)>,
    /// A signal that came when the command had exited, and so was for us.
    ended_us: Option<i32>,
    /// Until when output is waited for; once the command has exited.
    drain: Option<Drain>,
}

/// How long output is waited for when the command has exited. Waiting for a slow reader doesn't
/// count, so the tape gets everything; unless somebody still holds the output, or we were told to
/// end: then the rest is left to a survivor.
struct Drain {
    /// It has been quiet for long enough then.
    quiet_at: Duration,
    /// It has been long enough then, quiet or not.
    over_at: Duration,
}

/// What poll found.
#[derive(Default)]
struct Ready {
    /// Nothing happened before the time was up.
    nothing: bool,
    signals: bool,
    exit: bool,
    flows: [bool; 2],
}

impl Session<'_> {
    pub(super) fn run(mut self) -> Run {
        let mut now = clock::since_boot();
        loop {
            let before = now;
            let ready = self.wait(now);
            now = clock::since_boot();
            self.postpone_drain(now.saturating_sub(before));
            // Signals come first: one that reached the command as well was sent before it exited.
            let told = ready.signals && self.heed_all(now);
            let exited = told || ready.exit || self.is_blind();
            if exited {
                self.reap();
            }
            self.advance(&ready, now);
            self.keep_time(exited, now);
            if self.is_over(&ready, now) {
                return self.finish();
            }
        }
    }

    fn wait(&self, now: Duration) -> Ready {
        let left = self.wake_at().map(|at| at.saturating_sub(now));
        let look = self.is_blind().then_some(LOOK_EVERY);
        let left = [left, look].into_iter().flatten().min();
        let timeout = left.and_then(|left| Timespec::try_from(left).ok());
        let watched = |descriptor| PollFd::from_borrowed_fd(descriptor, PollFlags::IN);
        let mut polled = Vec::with_capacity(5);
        let signals = self.signals.caught.as_ref().map(|caught| caught.as_fd());
        polled.extend(signals.map(watched));
        for (descriptor, flags) in self.tee.flows().iter().filter_map(Flow::interest) {
            polled.push(PollFd::from_borrowed_fd(descriptor, flags));
        }
        let exit = self.child.unnoticed_exit();
        polled.extend(exit.map(watched));
        let timer = self.deadline.as_ref().and_then(Deadline::running_timer);
        polled.extend(timer.map(watched));

        let mut ready = Ready::default();
        match poll(&mut polled, timeout.as_ref()) {
            Ok(0) => ready.nothing = true,
            Ok(_) => {
                let mut found = polled.iter().map(|polled| !polled.revents().is_empty());
                ready.signals = signals.is_some() && found.next().unwrap_or_default();
                for (index, flow) in self.tee.flows().iter().enumerate() {
                    ready.flows[index] =
                        flow.interest().is_some() && found.next().unwrap_or_default();
                }
                ready.exit = exit.is_some() && found.next().unwrap_or_default();
            }
            // Interrupted by being stopped and continued; nothing is ready.
            Err(Errno::INTR) => {}
            // Nobody tells us what is ready, so we look, which waits for nothing.
            Err(_) => {
                std::thread::sleep(LOOK_EVERY);
                let flows = [true; 2];
                ready = Ready { nothing: false, signals: true, exit: true, flows };
            }
        }
        ready
    }

    /// Whether neither a descriptor nor a signal would tell of the command's exit.
    fn is_blind(&self) -> bool {
        self.signals.caught.is_none() && self.child.is_unwatched()
    }

    fn wake_at(&self) -> Option<Duration> {
        let drain = self.progress.drain.as_ref();
        let drain = drain.filter(|_| !self.is_kept_waiting());
        // It can't be quiet while nothing is read.
        let quiet = drain.filter(|_| !self.tee.is_pending());
        let candidates = [
            quiet.map(|drain| drain.quiet_at),
            drain.map(|drain| drain.over_at),
            self.tee.wake_at(),
            self.deadline.as_ref().and_then(Deadline::wake_at),
            self.progress.forward_later.map(|(_, at)| at),
        ];
        candidates.into_iter().flatten().min()
    }

    /// Reads all signals that have arrived. Returns whether one says that a child has exited.
    fn heed_all(&mut self, now: Duration) -> bool {
        let mut exited = false;
        while let Some(notice) = self.signals.caught.as_ref().and_then(Caught::next) {
            if notice.signal == libc::SIGCHLD {
                exited = true;
            } else {
                self.heed(notice, now);
            }
        }
        exited
    }

    fn heed(&mut self, notice: Notice, now: Duration) {
        self.progress.interrupted = true;
        if self.child.end().is_some() && !self.is_ending_processes() {
            // The command would have been here still, writing, and have died of it.
            self.progress.ended_us.get_or_insert(notice.signal);
            return;
        }
        if notice.signal == libc::SIGTERM
            && self.bounds.ends_when_told
            && let Some(deadline) = &mut self.deadline
        {
            // Which sends the command the same signal, and more if it doesn't heed it.
            return deadline.bring_forward(now);
        }
        match judge(notice) {
            Verdict::Forward => self.child.signal(notice.signal),
            Verdict::Leave => {}
            Verdict::ForwardLater => {
                self.progress.forward_later = Some((notice.signal, now + self.bounds.group_grace));
            }
        }
    }

    fn reap(&mut self) {
        match &mut self.deadline {
            // A subreaper has more children than it has started.
            Some(_) => self.child.reap_all(),
            None => self.child.reap(),
        }
    }

    fn advance(&mut self, ready: &Ready, now: Duration) {
        for (index, _) in ready.flows.iter().enumerate().filter(|&(_, ready)| *ready) {
            if self.tee.advance(index, now)
                && let Some(drain) = &mut self.progress.drain
            {
                drain.quiet_at = now + self.bounds.quiet;
            }
        }
    }

    fn keep_time(&mut self, reaped: bool, now: Duration) {
        self.tee.keep_time(now);
        if let Some((signal, at)) = self.progress.forward_later
            && now >= at
        {
            self.progress.forward_later = None;
            self.child.signal(signal);
        }
        if let Some(deadline) = &mut self.deadline {
            if self.child.end().is_some() {
                deadline.cancel();
            }
            deadline.keep(&self.child, reaped, now, &self.bounds);
        }
        if self.progress.drain.is_none() && self.is_command_over() {
            self.progress.drain =
                Some(Drain { quiet_at: now + self.bounds.quiet, over_at: now + self.bounds.drain });
        }
    }

    /// Waiting for a slow reader doesn't count.
    fn postpone_drain(&mut self, by: Duration) {
        let is_kept_waiting = self.progress.drain.is_some() && self.is_kept_waiting();
        if let Some(drain) = self.progress.drain.as_mut().filter(|_| is_kept_waiting) {
            drain.quiet_at += by;
            drain.over_at += by;
        }
    }

    /// Whether only the caller's slow reader is waited for: nobody can say more, and we weren't
    /// told to end.
    fn is_kept_waiting(&self) -> bool {
        self.tee.is_pending() && !self.progress.interrupted && !self.tee.is_held()
    }

    fn is_ending_processes(&self) -> bool {
        self.deadline.as_ref().is_some_and(Deadline::is_ending)
    }

    fn has_timed_out(&self) -> bool {
        self.deadline.as_ref().is_some_and(Deadline::timed_out)
    }

    /// Whether the command has exited, or is given up.
    fn is_command_over(&self) -> bool {
        !self.is_ending_processes() && (self.child.end().is_some() || self.has_timed_out())
    }

    fn is_over(&self, ready: &Ready, now: Duration) -> bool {
        let Some(drain) = &self.progress.drain else {
            return false;
        };
        // That the time is up means nothing if poll found something: it may be more output.
        let quiet = ready.nothing && !self.tee.is_pending() && now >= drain.quiet_at;
        let drained = !self.is_kept_waiting() && (quiet || now >= drain.over_at);
        drained || self.tee.is_done() || self.progress.ended_us.is_some()
    }

    fn finish(mut self) -> Run {
        let timed_out = self.has_timed_out();
        let end = self.child.end_so_far();
        let ending = match self.progress.ended_us {
            Some(signal) => Ending::Signaled(signal),
            None if timed_out => Ending::TimedOut,
            None => end.ending,
        };
        let spoiled = if self.progress.interrupted {
            Some(Spoiled::Interrupted)
        } else if self.tee.is_cut_off() {
            Some(Spoiled::ReaderGone)
        } else if let Some(error) = self.tee.unread() {
            Some(Spoiled::Unread(error))
        } else if !self.tee.is_done() {
            Some(Spoiled::LeftRunning)
        } else {
            None
        };
        let undelivered: Option<Errno> = self.tee.failure();
        if self.progress.ended_us.is_none() && !self.tee.is_done() {
            // What is left behind is not for us to adopt.
            self.deadline = None;
            let deliver = self.tee.delivers();
            leave_behind(self.tee.into_unfinished(), deliver);
        }
        Run { ending, ran: end.ran, spoiled, undelivered }
    }
}
