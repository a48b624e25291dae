//! The clocks, read at the edge and handed down.

use std::time::Duration;

use rustix::time::{ClockId, Timespec, clock_gettime};

use super::boot;
use crate::model::time::Stamp;

/// Now, by the wall clock and by the boot clock.
#[must_use]
pub fn now() -> Stamp {
    of_this_boot(glance())
}

/// The same without knowing which boot it is, which the first to ask in a process reads a file
/// for. Ages by it are never too low.
#[must_use]
pub fn glance() -> Stamp {
    Stamp::new(nanos(clock_gettime(ClockId::Realtime)), nanos(clock_gettime(ClockId::Boottime)))
}

/// A time that was glanced at, now that it matters which boot it is.
#[must_use]
pub fn of_this_boot(glanced: Stamp) -> Stamp {
    Stamp { boot_id: boot::short_id(), ..glanced }
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
