//! Times for people (`3m`, `2h`) and for machines (RFC 3339).

use std::time::{Duration, SystemTime};

/// A duration in one or two units, as short as it can be said: `250ms`, `12s`, `3m`, `2h`, `5d`.
#[must_use]
pub(crate) fn brief(duration: Duration) -> String {
    const UNITS: [(u64, &str); 4] = [(86_400, "d"), (3_600, "h"), (60, "m"), (1, "s")];
    let seconds = duration.as_secs();
    if seconds < 10 {
        return short(duration);
    }
    // Days and years are long: below ten of a unit the next smaller one says more.
    if seconds >= 10 * 365 * 86_400 {
        return format!("{}y", seconds / (365 * 86_400));
    }
    let (size, name) = UNITS.into_iter().find(|(size, _)| seconds >= *size).unwrap_or(UNITS[3]);
    format!("{}{name}", seconds / size)
}

/// Below ten seconds: with the digits that tell.
fn short(duration: Duration) -> String {
    let millis = duration.as_millis();
    if millis == 0 {
        return format!("{}µs", duration.as_micros());
    }
    if millis < 1000 {
        return format!("{millis}ms");
    }
    let text = format!("{:.1}", duration.as_secs_f64());
    format!("{}s", text.strip_suffix(".0").unwrap_or(&text))
}

/// A time of the wall clock, nanoseconds since 1970, as RFC 3339 with milliseconds, in UTC.
///
/// Times outside of the years 1970 to 9999 are the nearest of these.
#[must_use]
pub(crate) fn rfc3339(wall: i64) -> String {
    const LAST: u64 = 253_402_300_799;
    let since =
        Duration::from_nanos(u64::try_from(wall).unwrap_or(0)).min(Duration::from_secs(LAST));
    humantime::format_rfc3339_millis(SystemTime::UNIX_EPOCH + since).to_string()
}

/// A number of seconds, to milliseconds.
#[must_use]
pub(crate) fn seconds(duration: Duration) -> f64 {
    (duration.as_secs_f64() * 1000.0).round() / 1000.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_brief() {
        let cases = [
            (0, "0µs"),
            (250, "250ms"),
            (1000, "1s"),
            (2340, "2.3s"),
            (59_999, "59s"),
            (60_000, "1m"),
            (3_599_000, "59m"),
            (3_600_000, "1h"),
            (86_400_000, "1d"),
            (700 * 86_400_000, "700d"),
            (20 * 365 * 86_400_000, "20y"),
        ];
        for (millis, text) in cases {
            assert_eq!(brief(Duration::from_millis(millis)), text);
        }
    }

    #[test]
    fn times_are_rfc_3339_whatever_the_clock_shows() {
        assert_eq!(rfc3339(1_700_000_000_123_456_789), "2023-11-14T22:13:20.123Z");
        assert_eq!(rfc3339(-5), "1970-01-01T00:00:00.000Z");
        assert_eq!(rfc3339(i64::MAX), "2262-04-11T23:47:16.854Z");
    }
}
