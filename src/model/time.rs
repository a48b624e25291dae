//! Points in time and ages that no stepping clock can falsify.

use std::time::Duration;

use serde::{Deserialize, Serialize};

/// A moment, read from two clocks at once.
///
/// The wall clock may be set back or forward; the boot clock (which counts suspend too) never
/// goes back while the machine is up, but starts again at zero with each boot.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stamp {
    /// Nanoseconds since 1970-01-01T00:00:00Z by the wall clock.
    pub wall: i64,
    /// Nanoseconds since the machine was booted.
    pub boot: i64,
}

/// How long ago something was.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Age {
    /// At least this long.
    Past(Duration),
    /// The wall clock now shows less than it did then: it was set back, and nothing is known.
    Unknown,
}

impl Stamp {
    /// The age at `now` of what happened at `self`.
    ///
    /// The larger of the two clocks' differences: the boot clock never overestimates on one
    /// machine (after a reboot its difference is too small or negative), and the wall clock only
    /// does if it was set forward, which errs towards expiry.
    #[must_use]
    pub fn age(self, now: Stamp) -> Age {
        let wall = now.wall.saturating_sub(self.wall);
        if wall < 0 {
            return Age::Unknown;
        }
        Age::Past(nanos(wall.max(now.boot.saturating_sub(self.boot))))
    }

    /// The wall-clock time `after` later, in nanoseconds since 1970; saturates.
    #[must_use]
    pub fn wall_after(self, after: Duration) -> i64 {
        self.wall.saturating_add(i64::try_from(after.as_nanos()).unwrap_or(i64::MAX))
    }

    /// The boot-clock time `after` later, in nanoseconds since the boot; saturates.
    #[must_use]
    pub fn boot_after(self, after: Duration) -> i64 {
        self.boot.saturating_add(i64::try_from(after.as_nanos()).unwrap_or(i64::MAX))
    }
}

impl Age {
    /// Whether `limit` has passed, or might have.
    #[must_use]
    pub fn exceeds(self, limit: Duration) -> bool {
        match self {
            Age::Past(age) => age >= limit,
            Age::Unknown => true,
        }
    }

    /// The age for display; nothing where the clock went back.
    #[must_use]
    pub fn known(self) -> Option<Duration> {
        match self {
            Age::Past(age) => Some(age),
            Age::Unknown => None,
        }
    }
}

fn nanos(count: i64) -> Duration {
    Duration::from_nanos(u64::try_from(count).unwrap_or(0))
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: i64 = 1_000_000_000;

    fn at(wall: i64, boot: i64) -> Stamp {
        Stamp { wall: wall * SECOND, boot: boot * SECOND }
    }

    #[test]
    fn age_is_the_larger_of_both_clocks_and_unknown_when_the_wall_went_back() {
        let cases = [
            ("both agree", at(100, 50), at(110, 60), Some(10)),
            ("wall set back, but still after", at(100, 50), at(101, 90), Some(40)),
            ("wall set forward", at(100, 50), at(500, 60), Some(400)),
            ("rebooted since", at(100, 5000), at(160, 3), Some(60)),
            ("wall set back before the start", at(100, 50), at(99, 60), None),
        ];
        for (name, then, now, seconds) in cases {
            assert_eq!(then.age(now).known(), seconds.map(Duration::from_secs), "{name}");
        }
    }

    #[test]
    fn an_unknown_age_exceeds_every_limit() {
        assert!(Age::Unknown.exceeds(Duration::MAX));
        assert!(Age::Past(Duration::from_secs(5)).exceeds(Duration::from_secs(5)));
        assert!(!Age::Past(Duration::from_secs(4)).exceeds(Duration::from_secs(5)));
    }
}
