//! Spreading over time what would otherwise happen all at once, the same way for everybody.

use std::time::Duration;

/// A part of `whole`, at least none and less than all of it, that follows from `seed` and `salt`
/// alone and is even over many of them.
#[must_use]
pub fn part_of(whole: Duration, seed: &[u8], salt: &[u8]) -> Duration {
    let mut hasher = blake3::Hasher::new();
    hasher.update(b"omoide spread");
    hasher.update(seed);
    hasher.update(salt);
    let mut bytes = [0; 8];
    bytes.copy_from_slice(&hasher.finalize().as_bytes()[..8]);
    let whole = u64::try_from(whole.as_nanos()).unwrap_or(u64::MAX);
    let part = (u128::from(whole) * u128::from(u64::from_le_bytes(bytes))) >> 64;
    Duration::from_nanos(u64::try_from(part).unwrap_or(u64::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_are_even_and_below_the_whole() {
        let whole = Duration::from_mins(1);
        let parts: Vec<_> =
            (0..1000_u32).map(|number| part_of(whole, b"key", &number.to_le_bytes())).collect();
        assert!(parts.iter().all(|part| *part < whole));
        for quarter in 0..4 {
            let from = whole / 4 * quarter;
            let within = |part: &&Duration| **part >= from && **part < from + whole / 4;
            let count = parts.iter().filter(within).count();
            assert!((200..300).contains(&count), "{count} of 1000 in quarter {quarter}");
        }
    }

    #[test]
    fn the_extremes_hold() {
        assert_eq!(part_of(Duration::ZERO, b"", b""), Duration::ZERO);
        assert!(part_of(Duration::MAX, b"", b"") < Duration::from_nanos(u64::MAX));
    }
}
