//! Whether an entry serves a call: the one place that decides it.

use std::fmt;
use std::time::Duration;

use super::entry::{Capture, Slot, Streams, Taking};
use super::policy::{OnExpired, Policy};
use super::time::{Age, Stamp};

/// What is to be known of an entry before it can be judged.
#[derive(Clone, Copy, Debug)]
pub struct Facts {
    /// Which of its key's files it is: a failure expires by `failure_ttl` alone.
    pub slot: Slot,
    /// When it was computed.
    pub created: Stamp,
    /// When it was last served; when it was computed, if never.
    pub last_access: Stamp,
    /// How its streams were recorded.
    pub capture: Capture,
}

/// Whether an entry's time is over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// It serves.
    Fresh,
    /// It serves, and is to be recomputed in the background.
    Stale,
    /// It doesn't serve, for this reason.
    Expired(Expiry),
}

/// Which limit ended an entry's time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Expiry {
    /// Older than the limit since it was computed.
    Ttl {
        /// Its age.
        age: Duration,
        /// The limit.
        limit: Duration,
    },
    /// Not served for longer than the limit.
    Idle {
        /// How long it wasn't served.
        age: Duration,
        /// The limit.
        limit: Duration,
    },
    /// The clock was set back behind the entry's time, so its age is unknown.
    ClockWentBack,
    /// A stored failure, and the caller doesn't take failures.
    FailureNotWanted,
}

/// What a call does with an entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Replay it.
    Hit,
    /// Replay it, and recompute it in the background.
    Stale,
    /// Drop it, and replay it if it was this call that dropped it.
    ServeOnce,
    /// Run the command.
    Miss(Reason),
}

/// Why a call is a miss.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reason {
    /// Nothing is stored under its key.
    Absent,
    /// What is stored has expired.
    Expired(Expiry),
    /// It was recorded through one pipe, and the caller keeps the streams apart.
    StreamsMerged,
    /// It was recorded through a pipe for each stream, and the caller has both in one.
    StreamsApart,
    /// What was stored can't be read; it was set aside.
    Corrupt,
    /// What is stored was written by another version of omoide.
    OtherVersion,
    /// The caller asked for it.
    Forced,
}

/// The entry's state at `now` under `policy`.
#[must_use]
pub fn state(facts: &Facts, policy: &Policy, now: Stamp) -> State {
    let limits = match facts.slot {
        Slot::Good => [(policy.ttl, facts.created), (policy.idle, facts.last_access)],
        Slot::Failure if policy.failure_ttl.is_none() => {
            return State::Expired(Expiry::FailureNotWanted);
        }
        Slot::Failure => [(policy.failure_ttl, facts.created), (None, facts.last_access)],
    };
    let [ttl, idle] = limits.map(|(limit, since)| over(limit, since.age(now)));
    match (ttl, idle) {
        (Some((None, _)), _) | (_, Some((None, _))) => State::Expired(Expiry::ClockWentBack),
        (Some((Some(age), limit)), _) => State::Expired(Expiry::Ttl { age, limit }),
        (None, Some((Some(age), limit))) => State::Expired(Expiry::Idle { age, limit }),
        (None, None) if is_stale(facts, policy, now) => State::Stale,
        (None, None) => State::Fresh,
    }
}

/// A failure is never stale: it is gone when its time is over.
fn is_stale(facts: &Facts, policy: &Policy, now: Stamp) -> bool {
    let stale = policy.stale.filter(|_| facts.slot == Slot::Good);
    stale.is_some_and(|limit| facts.created.age(now).exceeds(limit))
}

/// What a caller with `policy`, who takes the streams like this, does with an entry at `now`.
#[must_use]
pub fn judge(facts: &Facts, policy: &Policy, taking: Taking, now: Stamp) -> Verdict {
    if !facts.capture.serves(taking) {
        return Verdict::Miss(match facts.capture.streams {
            Streams::Merged => Reason::StreamsMerged,
            Streams::Split => Reason::StreamsApart,
        });
    }
    match state(facts, policy, now) {
        State::Fresh => Verdict::Hit,
        State::Stale => Verdict::Stale,
        State::Expired(_) if policy.on_expired == OnExpired::Serve && facts.slot == Slot::Good => {
            Verdict::ServeOnce
        }
        State::Expired(why) => Verdict::Miss(Reason::Expired(why)),
    }
}

/// When the entry expires under `policy`, in nanoseconds since 1970; never, if nothing limits it.
#[must_use]
pub fn expires_at(facts: &Facts, policy: &Policy) -> Option<i64> {
    let limits = match facts.slot {
        Slot::Good => [(policy.ttl, facts.created), (policy.idle, facts.last_access)],
        Slot::Failure => [(policy.failure_ttl, facts.created), (None, facts.last_access)],
    };
    limits.into_iter().filter_map(|(limit, since)| Some(since.wall_after(limit?))).min()
}

/// The age, if it is over the limit; no age where the clock went back.
fn over(limit: Option<Duration>, age: Age) -> Option<(Option<Duration>, Duration)> {
    let limit = limit?;
    age.exceeds(limit).then(|| (age.known(), limit))
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Reason::Absent => f.write_str("nothing is stored under this key"),
            Reason::Expired(why) => why.fmt(f),
            Reason::StreamsMerged => f.write_str(
                "it was recorded with both streams in one pipe, and this call keeps them apart",
            ),
            Reason::StreamsApart => f.write_str(
                "it was recorded with a pipe for each stream, and this call has both in one, where \
                 their order counts",
            ),
            Reason::Corrupt => f.write_str("what was stored is damaged and was set aside"),
            Reason::OtherVersion => {
                f.write_str("what is stored was written by another version of omoide")
            }
            Reason::Forced => f.write_str("recomputing was asked for"),
        }
    }
}

impl fmt::Display for Expiry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Expiry::Ttl { limit, .. } => {
                write!(f, "it was computed more than {} ago", humantime::format_duration(*limit))
            }
            Expiry::Idle { limit, .. } => {
                write!(f, "it wasn't served for {}", humantime::format_duration(*limit))
            }
            Expiry::ClockWentBack => f.write_str("the clock was set back, so its age is unknown"),
            Expiry::FailureNotWanted => {
                f.write_str("it is a failure, and --failure-ttl isn't given")
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: i64 = 1_000_000_000;

    fn at(seconds: i64) -> Stamp {
        Stamp::new((1000 + seconds) * SECOND, (500 + seconds) * SECOND)
    }

    fn after(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    fn facts(slot: Slot, last_access: i64) -> Facts {
        let capture = Capture { streams: Streams::Split, is_mixed: true };
        Facts { slot, created: at(0), last_access: at(last_access), capture }
    }

    fn verdict(policy: &Policy, slot: Slot, last_access: i64, now: Stamp) -> Verdict {
        judge(&facts(slot, last_access), policy, Taking::Apart, now)
    }

    #[test]
    fn without_a_policy_an_entry_serves_for_ever_even_when_clocks_step() {
        for now in [at(0), at(1_000_000_000), at(-10)] {
            assert_eq!(verdict(&Policy::default(), Slot::Good, 0, now), Verdict::Hit);
        }
    }

    #[test]
    fn ttl_counts_from_the_computation() {
        let policy = Policy { ttl: Some(after(10)), ..Policy::default() };
        assert_eq!(verdict(&policy, Slot::Good, 9, at(9)), Verdict::Hit);
        let expired = Expiry::Ttl { age: Duration::from_secs(10), limit: Duration::from_secs(10) };
        let miss = Verdict::Miss(Reason::Expired(expired));
        assert_eq!(verdict(&policy, Slot::Good, 9, at(10)), miss);
    }

    #[test]
    fn idle_counts_from_the_last_access() {
        let policy = Policy { idle: Some(after(10)), ..Policy::default() };
        assert_eq!(verdict(&policy, Slot::Good, 95, at(100)), Verdict::Hit);
        assert!(matches!(
            verdict(&policy, Slot::Good, 80, at(100)),
            Verdict::Miss(Reason::Expired(Expiry::Idle { .. }))
        ));
    }

    #[test]
    fn the_first_of_ttl_and_idle_ends_it() {
        let policy = Policy { ttl: Some(after(50)), idle: Some(after(10)), ..Policy::default() };
        assert_eq!(verdict(&policy, Slot::Good, 45, at(49)), Verdict::Hit);
        assert!(matches!(verdict(&policy, Slot::Good, 45, at(51)), Verdict::Miss(_)));
        assert!(matches!(verdict(&policy, Slot::Good, 0, at(11)), Verdict::Miss(_)));
        assert_eq!(expires_at(&facts(Slot::Good, 45), &policy), Some(at(50).wall));
        assert_eq!(expires_at(&facts(Slot::Good, 0), &policy), Some(at(10).wall));
    }

    #[test]
    fn a_clock_that_goes_back_expires_what_has_a_limit() {
        let policy = Policy { ttl: Some(after(10)), ..Policy::default() };
        assert_eq!(
            verdict(&policy, Slot::Good, 0, at(-1)),
            Verdict::Miss(Reason::Expired(Expiry::ClockWentBack))
        );
        // Set back, but not behind the entry: the boot clock still tells its age.
        let now = Stamp::new(at(1).wall, at(30).boot);
        assert!(matches!(verdict(&policy, Slot::Good, 0, now), Verdict::Miss(_)));
    }

    #[test]
    fn serve_gives_the_old_value_once() {
        let policy =
            Policy { ttl: Some(after(10)), on_expired: OnExpired::Serve, ..Policy::default() };
        assert_eq!(verdict(&policy, Slot::Good, 0, at(5)), Verdict::Hit);
        assert_eq!(verdict(&policy, Slot::Good, 0, at(50)), Verdict::ServeOnce);
    }

    #[test]
    fn failures_serve_only_callers_who_take_them_and_only_for_their_time() {
        let ttl_only = Policy { ttl: Some(after(100)), ..Policy::default() };
        let takes =
            Policy { failure_ttl: Some(after(10)), ttl: Some(after(1)), ..Policy::default() };
        let unwanted = Verdict::Miss(Reason::Expired(Expiry::FailureNotWanted));
        assert_eq!(verdict(&ttl_only, Slot::Failure, 0, at(1)), unwanted);
        assert_eq!(verdict(&takes, Slot::Failure, 0, at(9)), Verdict::Hit);
        assert!(matches!(verdict(&takes, Slot::Failure, 0, at(10)), Verdict::Miss(_)));
    }

    #[test]
    fn a_record_that_does_not_fit_how_the_caller_takes_the_streams_is_a_miss() {
        let (hit, policy) = (Verdict::Hit, Policy::default());
        let cases = [
            (Streams::Merged, Taking::Together, hit),
            (Streams::Merged, Taking::Apart, Verdict::Miss(Reason::StreamsMerged)),
            (Streams::Split, Taking::Together, Verdict::Miss(Reason::StreamsApart)),
            (Streams::Split, Taking::Shown, hit),
        ];
        for (streams, taking, expected) in cases {
            let capture = Capture { streams, is_mixed: true };
            let facts = Facts { capture, ..facts(Slot::Good, 0) };
            assert_eq!(judge(&facts, &policy, taking, at(1)), expected, "{streams:?} {taking:?}");
        }
    }
}
