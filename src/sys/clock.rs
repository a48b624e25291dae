//! The clocks, read at the edge and handed down as a [`Stamp`].

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

fn nanos(time: Timespec) -> i64 {
    time.tv_sec.saturating_mul(1_000_000_000).saturating_add(time.tv_nsec)
}
