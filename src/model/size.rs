//! Sizes as people type them: `64KiB`, `1GiB`, `10MB`.

use bytesize::ByteSize;

const HINT: &str = "write it like 64KiB, 10MB or 1GiB";

/// Reads a size in bytes; a number without a unit counts bytes.
///
/// # Errors
/// What is wrong with the text and what would be right: zero, negative, past 8 EiB, or not a
/// size at all.
pub fn parse(text: &str) -> Result<u64, String> {
    let text = text.trim();
    if text.starts_with('-') {
        return Err(format!("a size can't be negative; {HINT}"));
    }
    let size = text.parse::<ByteSize>().map_err(|_| format!("not a size; {HINT}"))?.as_u64();
    match size {
        0 => Err(format!("a size can't be zero; {HINT}")),
        size if size > i64::MAX as u64 => Err(format!("more than any disk holds; {HINT}")),
        size => Ok(size),
    }
}

/// Writes a size for people, in binary units.
#[must_use]
pub fn display(bytes: u64) -> String {
    ByteSize(bytes).display().iec().to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_people_type() {
        let cases = [
            ("64KiB", 65_536),
            ("1GiB", 1 << 30),
            ("10MB", 10_000_000),
            ("512", 512),
            ("1k", 1000),
        ];
        for (text, bytes) in cases {
            assert_eq!(parse(text), Ok(bytes), "{text}");
        }
    }

    #[test]
    fn refuses_with_a_reason() {
        let cases = [
            ("", "not a size"),
            ("0", "zero"),
            ("-1MB", "negative"),
            ("9999999PiB", "more than"),
            ("much", "not a size"),
        ];
        for (text, reason) in cases {
            let error = parse(text).expect_err(text);
            assert!(error.contains(reason), "{text}: {error}");
        }
    }
}
