//! The log: lines on standard error. No value of a variable is ever in it, and what comes from
//! outside is escaped.

use std::io;

use tracing::level_filters::LevelFilter;

/// How much is logged.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Level {
    /// Nothing.
    Off,
    /// What needs somebody.
    Error,
    /// What went wrong and is tried again.
    Warn,
    /// Start, stop and each recomputation.
    #[default]
    Info,
    /// What is decided, and why.
    Debug,
    /// Everything that happens.
    Trace,
}

/// All levels with their names.
const NAMES: [(&str, Level, LevelFilter); 6] = [
    ("off", Level::Off, LevelFilter::OFF),
    ("error", Level::Error, LevelFilter::ERROR),
    ("warn", Level::Warn, LevelFilter::WARN),
    ("info", Level::Info, LevelFilter::INFO),
    ("debug", Level::Debug, LevelFilter::DEBUG),
    ("trace", Level::Trace, LevelFilter::TRACE),
];

impl Level {
    /// The level of that name.
    ///
    /// # Errors
    /// The names there are.
    pub fn parse(name: &str) -> Result<Level, String> {
        let found = NAMES.iter().find(|(known, ..)| known.eq_ignore_ascii_case(name.trim()));
        found.map(|&(_, level, _)| level).ok_or_else(|| {
            let names = NAMES.map(|(name, ..)| name).join(", ");
            format!("not a level; write one of {names}")
        })
    }

    /// Its name.
    #[must_use]
    pub fn name(self) -> &'static str {
        NAMES.iter().find(|(_, level, _)| *level == self).map_or("info", |(name, ..)| name)
    }

    fn filter(self) -> LevelFilter {
        NAMES
            .iter()
            .find(|(_, level, _)| *level == self)
            .map_or(LevelFilter::INFO, |&(_, _, filter)| filter)
    }
}

/// Begins to log. A second call changes nothing.
pub(super) fn start(level: Level) {
    let _ = tracing_subscriber::fmt()
        .with_max_level(level.filter())
        .with_writer(io::stderr)
        .with_ansi(false)
        .with_target(false)
        .try_init();
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_is_read_back() {
        for (name, level, _) in NAMES {
            assert_eq!(Level::parse(name), Ok(level));
            assert_eq!(level.name(), name);
        }
        assert!(Level::parse("loud").is_err_and(|why| why.contains("debug")));
    }
}
