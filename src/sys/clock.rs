//! The clocks, read at the edge and handed down.

use std::time::Duration;

use rustix::time::{ClockId, Timespec, clock_gettime};

use crate::model::time::Stamp;

/// Now, by the wall clock and by the boot clock.
#[must_use]
pub fn now() -> Stamp {
    Stamp {
        wall: nanos(clock_gettime(ClockId::Realtime)),
        boot: nanos(clock_gettime(ClockId::Boottime)),
    }
}

/// Time since the machine was booted, suspension included: what deadlines are reckoned by.
#[must_use]
pub fn since_boot() -> Duration {
    duration(clock_gettime(ClockId::Boottime))
}

/// Time the machine has been awake: how long something took.
#[must_use]
pub fn awake() -> Duration {
    duration(clock_gettime(ClockId::Monotonic))
}

fn nanos(time: Timespec) -> i64 {
    time.tv_sec.saturating_mul(1_000_000_000).saturating_add(time.tv_nsec)
}

fn duration(time: Timespec) -> Duration {
    // Neither of these two clocks is ever negative.
    Duration::try_from(time).unwrap_or_default()
}
