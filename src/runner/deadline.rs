//! Ends a command that runs for too long, and everything it has started: TERM, then KILL.
//!
//! While there is a deadline we are a subreaper: descendants whose parent ends become our
//! children, so none escapes. Children that we had before the command (of a shell that became us
//! by exec) are spared.

use std::io;
use std::os::fd::{AsFd as _, BorrowedFd, OwnedFd};
use std::time::Duration;

use rustix::process::{Pid, Signal, child_subreaper, set_child_subreaper};
use rustix::time::{
    Itimerspec, TimerfdClockId, TimerfdFlags, TimerfdTimerFlags, Timespec, timerfd_create,
    timerfd_settime,
};

use super::Bounds;
use super::child::Child;
use super::descendants::{children, descendants};

/// How often the remaining processes are looked for; an exit that we hear of is another occasion.
const LOOK_EVERY: Duration = Duration::from_millis(50);

/// A point in time at which the command is ended.
pub(super) struct Deadline {
    phase: Phase,
    /// Wakes us after a suspension, which poll doesn't count; if there can be one.
    timer: Option<OwnedFd>,
    timed_out: bool,
    spared: Vec<Pid>,
    subreaper_before: Option<Pid>,
}

#[derive(Clone, Copy)]
enum Phase {
    /// The command may run on.
    Armed { until: Duration },
    /// It has been asked to end.
    Terminating { until: Duration, look_at: Duration },
    /// Whatever is there is killed.
    Killing { until: Duration, look_at: Duration },
    /// There is nothing left to do.
    Over,
}

impl Deadline {
    /// Sets a deadline. Before the command is started: the children that exist are not its.
    /// Who can't be made a subreaper misses only those whose parent has ended.
    pub(super) fn set(now: Duration, timeout: Duration) -> Self {
        let until = now.saturating_add(timeout);
        let subreaper_before = child_subreaper().ok().flatten();
        // The kernel asks only whether there is an id.
        let _ = set_child_subreaper(Some(Pid::INIT));
        Self {
            phase: Phase::Armed { until },
            timer: timer(until).ok(),
            timed_out: false,
            spared: children(),
            subreaper_before,
        }
    }

    /// The time is up.
    pub(super) fn bring_forward(&mut self, now: Duration) {
        if let Phase::Armed { until } = &mut self.phase {
            *until = now;
        }
    }

    /// The command has ended by itself.
    pub(super) fn cancel(&mut self) {
        if let Phase::Armed { .. } = self.phase {
            self.phase = Phase::Over;
        }
    }

    /// Whether the command was ended by it.
    pub(super) fn timed_out(&self) -> bool {
        self.timed_out
    }

    /// Whether processes are being ended just now.
    pub(super) fn is_ending(&self) -> bool {
        matches!(self.phase, Phase::Terminating { .. } | Phase::Killing { .. })
    }

    /// When to call [`Self::keep`] next.
    pub(super) fn wake_at(&self) -> Option<Duration> {
        match self.phase {
            Phase::Armed { until } => Some(until),
            Phase::Terminating { until, look_at } | Phase::Killing { until, look_at } => {
                Some(until.min(look_at))
            }
            Phase::Over => None,
        }
    }

    /// What becomes readable at the deadline, until that has passed.
    pub(super) fn running_timer(&self) -> Option<BorrowedFd<'_>> {
        let timer = self.timer.as_ref()?;
        matches!(self.phase, Phase::Armed { .. }).then(|| timer.as_fd())
    }

    /// Does what is due. `reaped` says that a process has exited since the last call.
    pub(super) fn keep(&mut self, child: &Child, reaped: bool, now: Duration, bounds: &Bounds) {
        match self.phase {
            Phase::Armed { until } if now >= until => {
                self.timed_out = true;
                self.phase = Phase::Terminating {
                    until: now + bounds.kill_after,
                    look_at: now + LOOK_EVERY,
                };
                self.send(child, Signal::TERM);
                // A stopped process takes nothing but this.
                self.send(child, Signal::CONT);
            }
            Phase::Terminating { until, .. } if now >= until => {
                self.phase = Phase::Killing { until: now + bounds.give_up_after, look_at: now };
                self.keep(child, reaped, now, bounds);
            }
            Phase::Terminating { until, look_at } if reaped || now >= look_at => {
                self.phase = if self.is_none_left(child) {
                    Phase::Over
                } else {
                    Phase::Terminating { until, look_at: now + LOOK_EVERY }
                };
            }
            // What hangs in the kernel or is another user's can't be waited for.
            Phase::Killing { until, .. } if now >= until => self.phase = Phase::Over,
            // Again and again: what is being killed may have forked meanwhile.
            Phase::Killing { until, look_at } if reaped || now >= look_at => {
                self.phase = if self.is_none_left(child) {
                    Phase::Over
                } else {
                    self.send(child, Signal::KILL);
                    Phase::Killing { until, look_at: now + LOOK_EVERY }
                };
            }
            _ => {}
        }
    }

    fn is_none_left(&self, child: &Child) -> bool {
        child.end().is_some() && descendants(&self.spared).is_empty()
    }

    fn send(&self, child: &Child, signal: Signal) {
        // By its id, as /proc may be missing.
        child.signal(signal.as_raw());
        for process in descendants(&self.spared) {
            if process.pid != child.pid {
                process.signal(signal);
            }
        }
    }
}

impl Drop for Deadline {
    fn drop(&mut self) {
        let _ = set_child_subreaper(self.subreaper_before);
    }
}

fn timer(until: Duration) -> io::Result<OwnedFd> {
    let timer = timerfd_create(TimerfdClockId::Boottime, TimerfdFlags::CLOEXEC)?;
    let it_value = Timespec::try_from(until).unwrap_or(Timespec { tv_sec: i64::MAX, tv_nsec: 0 });
    let it_interval = Timespec { tv_sec: 0, tv_nsec: 0 };
    timerfd_settime(&timer, TimerfdTimerFlags::ABSTIME, &Itimerspec { it_interval, it_value })?;
    Ok(timer)
}
