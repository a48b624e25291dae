//! How long to leave a computation alone after it has failed.
//!
//! Exponential with equal jitter: the n-th failure in a row waits between half of and all of
//! `first × 2^(n-1)`, up to a cap ("Exponential Backoff And Jitter", AWS Architecture Blog, 2015).
//! The jitter comes from key and count, so that every process that reads the same failure says
//! the same.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::entry::Nonce;
use super::key::Key;
use super::spread;
use super::time::{Age, Stamp};

/// The bounds of the first wait: a tenth of how often a value is to be computed anew, so that a
/// hiccup costs little of its freshness, but no hammering, and no long wait for a rare one.
const FIRST: [Duration; 2] = [Duration::from_secs(1), Duration::from_mins(1)];
/// How many times its interval the longest wait of a value is. What is computed every few seconds
/// is expected back soon after its source has recovered.
const INTERVALS: u32 = 32;
/// The bounds of the longest wait. The lower one keeps a command that fails for good from using
/// the machine: below one run in two and a half minutes. The upper one brings back a value with a
/// long interval within an hour of its source's recovery.
const LONGEST: [Duration; 2] = [Duration::from_mins(5), Duration::from_hours(1)];
/// Longer reasons are cut, in bytes.
const WHY: usize = 300;

/// What is remembered of the failures to replace one stored result.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Retry {
    /// The computation that stays; of any other, this says nothing.
    pub nonce: Nonce,
    /// Failures in a row, at least one.
    pub failures: u32,
    /// When the last one was.
    pub last: Stamp,
    /// How long after it nothing is tried.
    pub wait: Duration,
    /// What went wrong, for people.
    pub why: String,
}

impl Retry {
    /// What to remember of a failure at `now` to replace `nonce`, after `before`.
    ///
    /// `interval` is how often the value is to be computed anew, if there is such a policy.
    #[must_use]
    pub fn after_failure(
        before: Option<&Retry>,
        key: &Key,
        nonce: Nonce,
        interval: Option<Duration>,
        now: Stamp,
        why: &str,
    ) -> Retry {
        let counted = before.filter(|retry| retry.nonce == nonce).map_or(0, |retry| retry.failures);
        let failures = counted.saturating_add(1);
        let wait = wait(key, failures, interval);
        Retry { nonce, failures, last: now, wait, why: cut(why).to_owned() }
    }

    /// Whether the wait is over. A clock that went back tells nothing of it: then it is.
    #[must_use]
    pub fn is_due(&self, now: Stamp) -> bool {
        self.last.age(now).exceeds(self.wait)
    }

    /// When the wait is over, in nanoseconds of the boot clock; never before `now`.
    #[must_use]
    pub fn due_at(&self, now: Stamp) -> i64 {
        match self.last.age(now) {
            Age::Past(age) => now.boot_after(self.wait.saturating_sub(age)),
            Age::Unknown => now.boot,
        }
    }
}

fn wait(key: &Key, failures: u32, interval: Option<Duration>) -> Duration {
    let interval = interval.unwrap_or(Duration::ZERO);
    let first = (interval / 10).clamp(FIRST[0], FIRST[1]);
    // Without an interval nothing runs by itself, and only patience is asked for.
    let longest = match interval {
        Duration::ZERO => LONGEST[1],
        interval => interval.saturating_mul(INTERVALS).clamp(LONGEST[0], LONGEST[1]),
    };
    let doublings = 2_u32.saturating_pow(failures.saturating_sub(1));
    let whole = first.saturating_mul(doublings).min(longest);
    whole / 2 + spread::part_of(whole / 2, &key.0, &failures.to_le_bytes())
}

/// At most [`WHY`] bytes of a text, whole characters.
fn cut(text: &str) -> &str {
    &text[..text.floor_char_boundary(WHY)]
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const SECOND: i64 = 1_000_000_000;
    const NONCE: Nonce = Nonce([1; 16]);

    fn at(seconds: i64) -> Stamp {
        Stamp::new((1_000_000 + seconds) * SECOND, seconds * SECOND)
    }

    fn after(failures: u32, interval: Option<Duration>) -> Retry {
        let before = Retry {
            nonce: NONCE,
            failures: failures - 1,
            last: at(0),
            wait: Duration::ZERO,
            why: String::new(),
        };
        let before = (failures > 1).then_some(&before);
        Retry::after_failure(before, &Key([7; 32]), NONCE, interval, at(100), "exit status 1")
    }

    #[test]
    fn waits_double_from_a_bounded_first_one_to_a_bounded_last_one() {
        let seconds = Duration::from_secs;
        let hours = Duration::from_hours;
        // Interval, failures, the whole of which at least half is waited.
        let cases = [
            (None, 1, seconds(1)),
            (None, 4, seconds(8)),
            (None, 40, hours(1)),
            (Some(seconds(5)), 1, seconds(1)),
            (Some(seconds(5)), 3, seconds(4)),
            (Some(seconds(5)), u32::MAX, seconds(300)),
            (Some(seconds(60)), 1, seconds(6)),
            (Some(seconds(60)), 30, seconds(32 * 60)),
            (Some(hours(24)), 1, seconds(60)),
            (Some(hours(24)), 30, hours(1)),
            (Some(Duration::MAX), 30, hours(1)),
        ];
        for (interval, failures, whole) in cases {
            let wait = after(failures, interval).wait;
            assert!(wait >= whole / 2 && wait <= whole, "{interval:?}, {failures}: {wait:?}");
        }
    }

    #[test]
    fn keys_and_counts_wait_differently_but_always_the_same() {
        let wait = |byte, failures| wait(&Key([byte; 32]), failures, None);
        assert_eq!(wait(1, 3), wait(1, 3));
        let all: std::collections::BTreeSet<_> = (0..100).map(|byte| wait(byte, 20)).collect();
        assert!(all.len() > 95, "{} different waits", all.len());
        assert_ne!(wait(1, 20), wait(1, 21));
    }

    #[test]
    fn another_computation_begins_anew() {
        let before = after(5, None);
        let other = Nonce([2; 16]);
        let next =
            Retry::after_failure(Some(&before), &Key([7; 32]), other, None, at(200), "again");
        assert_eq!((next.nonce, next.failures), (other, 1));
    }

    #[test]
    fn it_is_due_when_the_wait_is_over_by_either_clock() {
        let retry = Retry { wait: Duration::from_mins(1), ..after(1, None) };
        let stamp = |wall: i64, boot: i64| Stamp::new((1_000_000 + wall) * SECOND, boot * SECOND);
        let cases = [
            ("at once", stamp(100, 100), false, 160),
            ("just before", stamp(159, 159), false, 160),
            ("then", stamp(160, 160), true, 160),
            ("booted since, too early", stamp(130, 5), false, 35),
            ("the wall clock stood", stamp(100, 160), true, 160),
            ("the wall clock went back", stamp(50, 101), true, 101),
        ];
        for (name, now, is_due, due_at) in cases {
            assert_eq!(retry.is_due(now), is_due, "{name}");
            assert_eq!(retry.due_at(now), due_at * SECOND, "{name}");
        }
    }

    #[test]
    fn a_long_reason_is_cut_between_characters() {
        let why = "é".repeat(1000);
        let retry = Retry::after_failure(None, &Key([0; 32]), NONCE, None, at(0), &why);
        assert_eq!(retry.why.len(), WHY);
        assert!(why.starts_with(&retry.why));
    }

    proptest! {
        #[test]
        fn no_number_overflows(failures in any::<u32>(), nanos in any::<u64>(), wall in any::<i64>(), boot in any::<i64>()) {
            let now = Stamp::new(wall, boot);
            let before = Retry { failures, ..after(1, None) };
            let interval = Some(Duration::from_nanos(nanos));
            let retry = Retry::after_failure(Some(&before), &Key([9; 32]), NONCE, interval, now, "");
            prop_assert!(retry.wait >= FIRST[0] / 2 && retry.wait <= LONGEST[1]);
            prop_assert!(retry.due_at(now) >= now.boot);
            prop_assert!(!retry.is_due(now));
        }
    }
}
