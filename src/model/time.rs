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
    /// Which boot that was.
    pub boot_id: BootId,
}

/// Which boot of which machine a boot clock counts from, in two bytes. If two boots have the same
/// by accident, what was stored in one of them may be a needless miss in the other.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BootId(pub u16);

impl BootId {
    /// It isn't known, so it may be any.
    pub const UNKNOWN: BootId = BootId(0);

    /// Whether the boot clocks of these two may be compared.
    #[must_use]
    pub fn may_be(self, other: BootId) -> bool {
        self == other || self == BootId::UNKNOWN || other == BootId::UNKNOWN
    }
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
    /// A moment of a boot that isn't known.
    #[must_use]
    pub const fn new(wall: i64, boot: i64) -> Stamp {
        Stamp { wall, boot, boot_id: BootId::UNKNOWN }
    }

    /// The age at `now` of what happened at `self`.
    ///
    /// The larger of the two clocks' differences, unless they are of different boots: then the
    /// boot clocks have nothing to do with each other. Within a boot the boot clock never
    /// overestimates, and the wall clock only does if it was set forward, which errs towards
    /// expiry; so does taking an unknown boot for the same.
    #[must_use]
    pub fn age(self, now: Stamp) -> Age {
        let wall = now.wall.saturating_sub(self.wall);
        if wall < 0 {
            return Age::Unknown;
        }
        let boot = now.boot.saturating_sub(self.boot);
        Age::Past(nanos(if self.boot_id.may_be(now.boot_id) { wall.max(boot) } else { wall }))
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
    use proptest::prelude::*;

    use super::*;

    const SECOND: i64 = 1_000_000_000;

    fn at(wall: i64, boot: i64) -> Stamp {
        Stamp { wall: wall * SECOND, boot: boot * SECOND, boot_id: BootId(1) }
    }

    fn in_boot(boot_id: u16, stamp: Stamp) -> Stamp {
        Stamp { boot_id: BootId(boot_id), ..stamp }
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
    fn the_boot_clock_of_another_boot_says_nothing() {
        // Stored a minute ago on a machine that has been up for a minute; this one for a year.
        let (then, now) = (at(100, 60), at(160, 31_536_000));
        let age = |then, now| in_boot(then, at(100, 60)).age(in_boot(now, at(160, 31_536_000)));
        assert_eq!(age(1, 2), Age::Past(Duration::from_mins(1)));
        let long = Age::Past(Duration::from_mins(525_600 - 1));
        assert_eq!(then.age(now), long);
        for (then, now) in [(0, 2), (1, 0), (0, 0)] {
            assert_eq!(age(then, now), long, "it may be the same boot");
        }
        assert_eq!(in_boot(1, at(100, 50)).age(in_boot(2, at(99, 60))), Age::Unknown);
    }

    proptest! {
        /// Who doesn't know the boot errs towards expiry, and the wall clock counts in any case.
        #[test]
        fn an_unknown_boot_makes_nothing_younger(
            walls in any::<(i64, i64)>(),
            boots in any::<(i64, i64)>(),
            ids in any::<(u16, u16)>(),
            limit in any::<u64>(),
        ) {
            let then = Stamp { wall: walls.0, boot: boots.0, boot_id: BootId(ids.0) };
            let now = Stamp { wall: walls.1, boot: boots.1, boot_id: BootId(ids.1) };
            let limit = Duration::from_nanos(limit);
            let known = then.age(now).exceeds(limit);
            prop_assert!(!known || then.age(in_boot(0, now)).exceeds(limit));
            prop_assert!(!known || in_boot(0, then).age(now).exceeds(limit));
            let by_wall = Stamp { boot: i64::MIN, ..now };
            prop_assert!(known || !then.age(by_wall).exceeds(limit));
        }
    }

    #[test]
    fn an_unknown_age_exceeds_every_limit() {
        assert!(Age::Unknown.exceeds(Duration::MAX));
        assert!(Age::Past(Duration::from_secs(5)).exceeds(Duration::from_secs(5)));
        assert!(!Age::Past(Duration::from_secs(4)).exceeds(Duration::from_secs(5)));
    }
}
