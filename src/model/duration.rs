//! Durations as people type them: `90s`, `5m`, `1h30m`, `7d`, `250ms`.

use std::time::Duration;

/// Longer than this is taken for a slip of the hand: a hundred years.
const LONGEST: Duration = Duration::from_hours(100 * 365 * 24);

/// Reads a duration.
///
/// # Errors
/// What is wrong with the text and what would be right: no unit, zero, negative, over a hundred
/// years, or not a duration at all.
pub fn parse(text: &str) -> Result<Duration, String> {
    if let Some(duration) = plain(text) {
        return Ok(duration);
    }
    let text = text.trim();
    if text.starts_with('-') {
        return Err(format!("a duration can't be negative; {HINT}"));
    }
    let duration = humantime::parse_duration(text).map_err(|_| match text.parse::<f64>() {
        Ok(0.0) => "a duration of zero would never serve anything".to_owned(),
        Ok(_) => format!("the unit is missing; write {text}s, {text}m or {text}h"),
        Err(_) => format!("not a duration; {HINT}"),
    })?;
    if duration.is_zero() {
        return Err(format!("a duration can't be zero; {HINT}"));
    }
    if duration > LONGEST {
        return Err("more than a hundred years; leave the option out for 'never'".to_owned());
    }
    Ok(duration)
}

/// A number and a unit of one letter, of which most are made: a configuration has many of them,
/// and each call reads it.
fn plain(text: &str) -> Option<Duration> {
    let (unit, digits) = text.as_bytes().split_last()?;
    let seconds = match unit {
        b's' => 1,
        b'm' => 60,
        b'h' => 3600,
        b'd' => 86400,
        _ => return None,
    };
    // What else there is, and whatever is wrong, is left to the whole parser.
    if !(1..=5).contains(&digits.len()) || !digits.iter().all(u8::is_ascii_digit) {
        return None;
    }
    let number = digits.iter().fold(0, |number, digit| number * 10 + u64::from(digit - b'0'));
    let duration = Duration::from_secs(number * seconds);
    (number > 0 && duration <= LONGEST).then_some(duration)
}

const HINT: &str = "write it like 90s, 5m, 1h30m, 7d or 250ms";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_ones_are_read_as_the_whole_parser_reads_them() {
        for unit in ["s", "m", "h", "d", "y", "ms", ""] {
            for number in
                ["", "0", "1", "007", "59", "36500", "36501", "99999", "100000", "+1", "-1"]
            {
                let text = format!("{number}{unit}");
                let Some(duration) = plain(&text) else { continue };
                assert_eq!(humantime::parse_duration(&text), Ok(duration), "{text}");
                assert!(duration <= LONGEST && !duration.is_zero(), "{text}");
            }
        }
        assert_eq!(plain("90m"), Some(Duration::from_mins(90)));
    }

    #[test]
    fn reads_what_people_type() {
        let cases = [
            ("90s", 90_000),
            ("5m", 300_000),
            ("1h30m", 5_400_000),
            ("7d", 604_800_000),
            ("250ms", 250),
            (" 2s ", 2_000),
            ("1h 30m", 5_400_000),
        ];
        for (text, millis) in cases {
            assert_eq!(parse(text), Ok(Duration::from_millis(millis)), "{text}");
        }
    }

    #[test]
    fn refuses_with_a_reason() {
        let cases = [
            ("", "not a duration"),
            ("0", "zero"),
            ("0s", "zero"),
            ("-5m", "negative"),
            ("90", "unit is missing"),
            ("1000y", "hundred years"),
            ("99999999999999999999d", "not a duration"),
            ("soon", "not a duration"),
            ("5x", "not a duration"),
        ];
        for (text, reason) in cases {
            let error = parse(text).expect_err(text);
            assert!(error.contains(reason), "{text}: {error}");
        }
    }
}
