//! What the configuration says for one command, and where it says so.

use std::fmt;
use std::path::Path;
use std::sync::Arc;

use super::keys::SETTINGS;
use super::load::Config;
use super::schema::{Section, Settings, Source};
use super::text;
use crate::model::glob;

/// The place that named a value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Origin {
    /// The file.
    pub file: Arc<Path>,
    /// The line, from 1.
    pub line: usize,
}

/// The settings for one command.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Resolved {
    /// What is named for it; options and environment variables go over it.
    pub settings: Settings,
    origins: Vec<(&'static str, Origin)>,
}

impl Config {
    /// What is configured for a command, given by its words.
    ///
    /// Each setting comes from the first that names it: the matching rules of the project's file
    /// in their order, its defaults, the matching rules of the user's file in their order, its
    /// defaults.
    #[must_use]
    pub fn resolve<W: AsRef<[u8]>>(&self, command: &[W]) -> Resolved {
        let mut resolved = Resolved::default();
        for source in [&self.project, &self.user].into_iter().flatten() {
            for rule in &source.rules {
                if glob::matches_words(&rule.command, command) {
                    resolved.fill(source, &rule.section);
                }
            }
            resolved.fill(source, &source.defaults);
        }
        resolved
    }
}

impl Resolved {
    /// Where the value of a key comes from, if the key is named at all. Keys are named as in the
    /// file (`ttl`).
    #[must_use]
    pub fn origin(&self, key: &str) -> Option<&Origin> {
        let mut origins = self.origins.iter();
        origins.find_map(|(name, origin)| (*name == key).then_some(origin))
    }

    /// The named keys, each with where its value comes from, strongest first.
    pub fn origins(&self) -> impl Iterator<Item = (&'static str, &Origin)> {
        self.origins.iter().map(|(name, origin)| (*name, origin))
    }

    fn fill(&mut self, source: &Source, section: &Section<Settings>) {
        for key in SETTINGS {
            if (key.fill)(&mut self.settings, &section.values) {
                self.origins.push((key.name, source.origin(section, key.name)));
            }
        }
    }
}

impl Source {
    /// Where this file names a key of one of its sections.
    pub(super) fn origin<S>(&self, section: &Section<S>, key: &str) -> Origin {
        Origin { file: Arc::clone(&self.path), line: section.lines.get(key).unwrap_or_default() }
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", text::visible_path(&self.file), self.line)
    }
}

#[cfg(test)]
mod tests;
