//! What a daemon is told when it is started, and how it tells a successor.

use std::ffi::OsString;
use std::path::PathBuf;
use std::time::Duration;

use super::log::Level;
use crate::model::policy::Limits;

/// How a daemon is to work.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// The cache folder, absolute.
    pub cache_dir: PathBuf,
    /// The configuration file that was named, absolute.
    pub config: Option<PathBuf>,
    /// What the store may hold.
    pub limits: Limits,
    /// How many recomputations run at once.
    pub jobs: usize,
    /// The longest that one may take.
    pub timeout: Duration,
    /// What nobody has asked for in this long is no longer refreshed.
    pub refresh_unused_for: Duration,
    /// Looks for what is due this often, instead of exactly then.
    pub period: Option<Duration>,
    /// Leaves when there has been nothing to do for this long.
    pub idle_exit: Option<Duration>,
    /// How much is logged.
    pub log: Level,
    /// The options that were typed, for who takes this one's place.
    pub typed: Typed,
}

/// The options of `daemon run` and `daemon start` that were typed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Typed {
    /// `--jobs`.
    pub jobs: Option<usize>,
    /// `--period`.
    pub period: Option<Duration>,
    /// `--idle-exit`.
    pub idle_exit: Option<Duration>,
    /// `--log`.
    pub log: Option<Level>,
}

impl Settings {
    /// The words behind the program's name that start a daemon like this one.
    #[must_use]
    pub fn words(&self) -> Vec<OsString> {
        let mut words: Vec<OsString> = vec!["--cache-dir".into(), self.cache_dir.clone().into()];
        if let Some(config) = &self.config {
            words.extend(["--config".into(), config.clone().into()]);
        }
        words.extend(["daemon".into(), "run".into()]);
        let Typed { jobs, period, idle_exit, log } = &self.typed;
        let mut option = |name: &str, value: Option<String>| {
            words.extend(value.map(|value| OsString::from(format!("{name}={value}"))));
        };
        option("--jobs", jobs.map(|jobs| jobs.to_string()));
        option("--period", period.map(written));
        option("--idle-exit", idle_exit.map(written));
        option("--log", log.map(|level| level.name().to_owned()));
        words
    }
}

/// A duration as it is typed.
pub(super) fn written(duration: Duration) -> String {
    humantime::format_duration(duration).to_string().replace(' ', "")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::duration;

    #[test]
    fn durations_are_read_back() {
        for millis in [1, 250, 90_000, 5_400_000, 86_400_001] {
            let typed = Duration::from_millis(millis);
            assert_eq!(duration::parse(&written(typed)), Ok(typed));
        }
    }
}
