//! Durations and sizes written so that they read back exactly; the displays for people round.

use std::fmt::Write;
use std::time::Duration;

/// In units that people use, exactly; months and years have no exact length.
pub(super) fn show_duration(duration: Duration) -> String {
    let (seconds, nanos) = (duration.as_secs(), u64::from(duration.subsec_nanos()));
    let parts = [
        (seconds / 86_400, "d"),
        (seconds / 3600 % 24, "h"),
        (seconds / 60 % 60, "m"),
        (seconds % 60, "s"),
        (nanos / 1_000_000, "ms"),
        (nanos / 1000 % 1000, "us"),
        (nanos % 1000, "ns"),
    ];
    let mut shown = String::new();
    for (count, unit) in parts.iter().filter(|(count, _)| *count > 0) {
        // Writing to a string can't fail.
        let _ = write!(shown, "{count}{unit}");
    }
    shown
}

/// In the largest unit that divides it; in bytes where none does, or where reading it back
/// through a floating-point number could round.
pub(super) fn show_size(bytes: u64) -> String {
    const EXACT: u64 = 1 << 53;
    let units = [
        (1 << 40, "TiB"),
        (1 << 30, "GiB"),
        (1 << 20, "MiB"),
        (1_000_000_000, "GB"),
        (1_000_000, "MB"),
        (1 << 10, "KiB"),
        (1000, "kB"),
    ];
    let unit = units.iter().find(|(unit, _)| bytes.is_multiple_of(*unit));
    match unit {
        Some((unit, name)) if bytes <= EXACT => format!("{}{name}", bytes / unit),
        _ => bytes.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::model::{duration, size};

    #[test]
    fn durations_and_sizes_are_shown_as_people_write_them() {
        for text in ["90d", "1h30m", "250ms", "1d1s", "5us", "7ns"] {
            let duration = duration::parse(text).expect(text);
            assert_eq!(show_duration(duration), text);
        }
        for text in ["10GiB", "64KiB", "10MB", "1500", "5kB", "3TiB"] {
            assert_eq!(show_size(size::parse(text).expect(text)), text);
        }
    }

    proptest! {
        #[test]
        fn what_is_shown_reads_back(
            seconds in 0..3_000_000_000_u64,
            nanos in 1..1_000_000_000_u32,
            bytes in 1..i64::MAX as u64,
        ) {
            let duration = Duration::new(seconds, nanos);
            prop_assert_eq!(duration::parse(&show_duration(duration)), Ok(duration));
            for bytes in [bytes, bytes >> 20 << 20 | 1 << 20, bytes.div_ceil(2000) * 1000] {
                prop_assert_eq!(size::parse(&show_size(bytes)), Ok(bytes));
            }
        }
    }
}
