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

const HINT: &str = "write it like 90s, 5m, 1h30m, 7d or 250ms";

#[cfg(test)]
mod tests {
    use super::*;

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
