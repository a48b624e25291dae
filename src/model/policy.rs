//! When an entry serves: the caller's policy at look-up, the stored one for eviction.

use std::time::Duration;

use serde::{Deserialize, Serialize};

/// What becomes of an expired entry when somebody asks for it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum OnExpired {
    /// It is a miss.
    #[default]
    Recompute,
    /// The first call still gets it and drops it; the next one recomputes.
    Serve,
}

/// The rules an entry serves under. None of it is part of the key.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Policy {
    /// Expires this long after it was computed.
    pub ttl: Option<Duration>,
    /// Expires this long after it was last served.
    pub idle: Option<Duration>,
    /// What an expired entry still does.
    pub on_expired: OnExpired,
    /// Non-zero exit statuses are stored too, and serve this long.
    pub failure_ttl: Option<Duration>,
    /// If recomputing fails, the last good result is served, expired or not.
    pub stale_if_error: bool,
    /// Older than this it is stale: it serves, and is recomputed in the background.
    pub stale: Option<Duration>,
    /// The daemon recomputes it whenever it is older than this.
    pub refresh: Option<Duration>,
    /// The daemon recomputes it when one of its inputs changes.
    pub watch: bool,
}

/// Part of a policy: what a command line or the environment names explicitly.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PolicyChange {
    /// See [`Policy::ttl`].
    pub ttl: Option<Duration>,
    /// See [`Policy::idle`].
    pub idle: Option<Duration>,
    /// See [`Policy::on_expired`].
    pub on_expired: Option<OnExpired>,
    /// See [`Policy::failure_ttl`].
    pub failure_ttl: Option<Duration>,
    /// See [`Policy::stale_if_error`].
    pub stale_if_error: Option<bool>,
    /// See [`Policy::stale`].
    pub stale: Option<Duration>,
    /// See [`Policy::refresh`].
    pub refresh: Option<Duration>,
    /// See [`Policy::watch`].
    pub watch: Option<bool>,
}

impl PolicyChange {
    /// `policy` with what is named here laid over it.
    #[must_use]
    pub fn over(&self, policy: &Policy) -> Policy {
        Policy {
            ttl: self.ttl.or(policy.ttl),
            idle: self.idle.or(policy.idle),
            on_expired: self.on_expired.unwrap_or(policy.on_expired),
            failure_ttl: self.failure_ttl.or(policy.failure_ttl),
            stale_if_error: self.stale_if_error.unwrap_or(policy.stale_if_error),
            stale: self.stale.or(policy.stale),
            refresh: self.refresh.or(policy.refresh),
            watch: self.watch.unwrap_or(policy.watch),
        }
    }

    /// What is named here, and where it is silent, what `weaker` names.
    #[must_use]
    pub fn or(&self, weaker: &PolicyChange) -> PolicyChange {
        PolicyChange {
            ttl: self.ttl.or(weaker.ttl),
            idle: self.idle.or(weaker.idle),
            on_expired: self.on_expired.or(weaker.on_expired),
            failure_ttl: self.failure_ttl.or(weaker.failure_ttl),
            stale_if_error: self.stale_if_error.or(weaker.stale_if_error),
            stale: self.stale.or(weaker.stale),
            refresh: self.refresh.or(weaker.refresh),
            watch: self.watch.or(weaker.watch),
        }
    }
}

impl Policy {
    /// Whether it is recomputed in the background, by whomever.
    #[must_use]
    pub fn is_refreshed(&self) -> bool {
        self.stale.is_some() || self.is_independent()
    }

    /// Whether the daemon recomputes the entry by itself, so that it has to know how.
    #[must_use]
    pub fn is_independent(&self) -> bool {
        self.refresh.is_some() || self.watch
    }

    /// How much longer than its expiry an entry with this policy is kept, given the setting for
    /// those that may still serve then.
    #[must_use]
    pub fn kept_after_expiry(&self, keep_expired: Duration) -> Duration {
        if self.stale_if_error || self.on_expired == OnExpired::Serve {
            keep_expired
        } else {
            Duration::ZERO
        }
    }
}

/// Which entries go first when a limit is exceeded.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Evict {
    /// Least recently served.
    #[default]
    Accessed,
    /// Oldest computation.
    Computed,
    /// Fewest hits.
    Hits,
}

/// With less than this next to nothing could be kept, in bytes: each entry takes at least a block
/// of the disk and its hits another one.
pub const LEAST_MAX_SIZE: u64 = 64 << 10;

/// How much the store may hold and for how long.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Limits {
    /// Bytes of everything in the cache folder, but for what an empty catalog takes.
    pub max_size: u64,
    /// Number of entries.
    pub max_entries: u64,
    /// Which entries go first.
    pub evict: Evict,
    /// How long expired entries stay that may still serve (`serve`, `--stale-if-error`).
    pub keep_expired: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Limits {
            max_size: 10 << 30,
            max_entries: 100_000,
            evict: Evict::Accessed,
            keep_expired: Duration::from_hours(7 * 24),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_change_replaces_what_it_names_and_leaves_the_rest() {
        let hour = Duration::from_hours(1);
        let minute = Duration::from_mins(1);
        let stored = Policy { ttl: Some(hour), stale_if_error: true, ..Policy::default() };
        let change = PolicyChange {
            idle: Some(minute),
            on_expired: Some(OnExpired::Serve),
            ..PolicyChange::default()
        };
        assert_eq!(
            change.over(&stored),
            Policy {
                ttl: Some(hour),
                idle: Some(minute),
                on_expired: OnExpired::Serve,
                stale_if_error: true,
                ..Policy::default()
            }
        );
        assert_eq!(PolicyChange::default().over(&stored), stored);
    }

    #[test]
    fn the_stronger_change_wins() {
        let strong = PolicyChange { ttl: Some(Duration::from_secs(1)), ..Default::default() };
        let weak = PolicyChange {
            ttl: Some(Duration::from_secs(2)),
            stale_if_error: Some(true),
            ..Default::default()
        };
        let both = strong.or(&weak);
        assert_eq!(both.ttl, Some(Duration::from_secs(1)));
        assert_eq!(both.stale_if_error, Some(true));
    }

    #[test]
    fn only_entries_that_may_still_serve_outlive_their_expiry() {
        let week = Duration::from_hours(168);
        let serve = Policy { on_expired: OnExpired::Serve, ..Policy::default() };
        let rescue = Policy { stale_if_error: true, ..Policy::default() };
        assert_eq!(Policy::default().kept_after_expiry(week), Duration::ZERO);
        assert_eq!(serve.kept_after_expiry(week), week);
        assert_eq!(rescue.kept_after_expiry(week), week);
    }
}
