//! Waking in time: one timer on the clock that goes on in suspend, one that tells when the wall
//! clock was set.

use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

use rustix::io::Errno;
use rustix::time::{
    Itimerspec, TimerfdClockId, TimerfdFlags, TimerfdTimerFlags, Timespec, timerfd_create,
    timerfd_settime,
};

/// As far away as the wall clock's timer is set, in seconds: it isn't meant to go off.
const FAR: i64 = 1 << 33;

/// Goes off at a time of the boot clock.
pub(super) struct Alarm {
    timer: OwnedFd,
    at: Option<i64>,
}

impl Alarm {
    pub(super) fn new() -> io::Result<Alarm> {
        let timer = timerfd_create(TimerfdClockId::Boottime, flags())?;
        Ok(Alarm { timer, at: None })
    }

    /// Goes off at that time, nanoseconds since the machine was booted, and not before.
    pub(super) fn set(&mut self, at: Option<i64>) -> io::Result<()> {
        if self.at == at {
            return Ok(());
        }
        // A time of 0 would disarm it; what is over goes off at once.
        let nanos = at.map_or(0, |at| at.max(1));
        let value = Timespec { tv_sec: nanos / 1_000_000_000, tv_nsec: nanos % 1_000_000_000 };
        settime(&self.timer, TimerfdTimerFlags::ABSTIME, value)?;
        self.at = at;
        Ok(())
    }

    /// Notes that it went off.
    pub(super) fn acknowledge(&mut self) {
        let _ = rustix::io::read(&self.timer, &mut [0; 8]);
        self.at = None;
    }
}

impl AsFd for Alarm {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.timer.as_fd()
    }
}

/// Readable once the wall clock was set.
pub(super) struct WallClock(OwnedFd);

impl WallClock {
    pub(super) fn new() -> io::Result<WallClock> {
        let clock = WallClock(timerfd_create(TimerfdClockId::Realtime, flags())?);
        clock.watch()?;
        Ok(clock)
    }

    /// Notes that it was; `false` if it wasn't.
    pub(super) fn was_set(&self) -> io::Result<bool> {
        let was_set = rustix::io::read(&self.0, &mut [0; 8]) == Err(Errno::CANCELED);
        self.watch()?;
        Ok(was_set)
    }

    fn watch(&self) -> io::Result<()> {
        let flags = TimerfdTimerFlags::ABSTIME | TimerfdTimerFlags::CANCEL_ON_SET;
        settime(&self.0, flags, Timespec { tv_sec: FAR, tv_nsec: 0 })
    }
}

impl AsFd for WallClock {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.0.as_fd()
    }
}

fn flags() -> TimerfdFlags {
    TimerfdFlags::CLOEXEC | TimerfdFlags::NONBLOCK
}

fn settime(timer: &OwnedFd, flags: TimerfdTimerFlags, it_value: Timespec) -> io::Result<()> {
    let once = Timespec { tv_sec: 0, tv_nsec: 0 };
    match timerfd_settime(timer, flags, &Itimerspec { it_interval: once, it_value }) {
        // The clock was set just now, which the descriptor tells too.
        Err(Errno::CANCELED) | Ok(_) => Ok(()),
        Err(errno) => Err(errno.into()),
    }
}

#[cfg(test)]
mod tests {
    use rustix::event::{PollFd, PollFlags, poll};

    use super::*;
    use crate::sys::clock;

    fn goes_off(alarm: &Alarm, within: Option<&Timespec>) -> bool {
        let fd = alarm.as_fd();
        poll(&mut [PollFd::new(&fd, PollFlags::IN)], within).expect("a poll") == 1
    }

    #[test]
    fn an_alarm_goes_off_when_its_time_has_come() {
        const AT_ONCE: Timespec = Timespec { tv_sec: 0, tv_nsec: 0 };
        let mut alarm = Alarm::new().expect("a timer");
        let now = clock::now().boot;
        alarm.set(Some(now + 3_600_000_000_000)).expect("set");
        assert!(!goes_off(&alarm, Some(&AT_ONCE)));
        alarm.set(Some(now - 1)).expect("set");
        assert!(goes_off(&alarm, None));
        alarm.acknowledge();
        assert!(!goes_off(&alarm, Some(&AT_ONCE)));
        alarm.set(Some(-5)).expect("set");
        assert!(goes_off(&alarm, None));
        alarm.set(None).expect("set");
        assert!(!goes_off(&alarm, Some(&AT_ONCE)));
    }

    #[test]
    fn a_clock_that_goes_on_was_not_set() {
        let clock = WallClock::new().expect("a timer");
        assert!(!clock.was_set().expect("read"));
    }
}
