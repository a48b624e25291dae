//! What a configuration file may say, typed. Which key fills which field: `keys.rs`.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use crate::inputs::anchored;
use crate::model::glob;
use crate::model::policy::{Evict, Limits, PolicyChange};
pub use crate::program::IdentifyBy as ProgramMode;

/// What a rule or `[defaults]` may set. What is `None` isn't named.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Settings {
    /// `ttl`, `idle`, `on_expired`, `failure_ttl`, `stale_if_error`, `stale`, `refresh`, `watch`.
    pub policy: PolicyChange,
    /// `tags`: labels to list and forget by.
    pub tags: Option<Vec<String>>,
    /// `max_output`: outputs of more bytes are not stored.
    pub max_output: Option<u64>,
    /// `max_stdin`: with standard input of more bytes the command runs uncached.
    pub max_stdin: Option<u64>,
    /// `timeout`: the command is ended after this long.
    pub timeout: Option<Duration>,
    /// `env`: patterns of the only variables in the key; empty for none.
    pub env: Option<Vec<String>>,
    /// `env_exclude`: patterns of variables left out of the key.
    pub env_exclude: Option<Vec<String>>,
    /// `any_dir`: the working directory is left out of the key.
    pub any_dir: Option<bool>,
    /// `input`: files whose content is in the key; a project's are absolute.
    pub input: Option<Vec<PathBuf>>,
    /// `input_mtime`: files whose modification time and size are in the key.
    pub input_mtime: Option<Vec<PathBuf>>,
    /// `input_args`: arguments that name existing files are inputs.
    pub input_args: Option<bool>,
    /// `program`: how the program is identified.
    pub program: Option<ProgramMode>,
    /// `scope`: a namespace, in the key; never empty.
    pub scope: Option<String>,
}

/// What `[store]` may set. What is `None` isn't named.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct StoreSettings {
    /// `max_size`: bytes of everything in the cache folder.
    pub max_size: Option<u64>,
    /// `max_entries`: number of entries.
    pub max_entries: Option<u64>,
    /// `evict`: which entries go first.
    pub evict: Option<Evict>,
    /// `keep_expired`: how long expired entries stay that may still serve.
    pub keep_expired: Option<Duration>,
    /// `dir`: the cache folder. Absolute: `~/` is replaced by the home folder.
    pub dir: Option<PathBuf>,
}

impl StoreSettings {
    /// The limits, with the defaults where nothing is named.
    #[must_use]
    pub fn limits(&self) -> Limits {
        let usual = Limits::default();
        Limits {
            max_size: self.max_size.unwrap_or(usual.max_size),
            max_entries: self.max_entries.unwrap_or(usual.max_entries),
            evict: self.evict.unwrap_or(usual.evict),
            keep_expired: self.keep_expired.unwrap_or(usual.keep_expired),
        }
    }
}

/// What `[daemon]` may set. What is `None` isn't named.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DaemonSettings {
    /// `jobs`: how many entries are recomputed at once.
    pub jobs: Option<u64>,
    /// `timeout`: a recomputation is ended after this long.
    pub timeout: Option<Duration>,
    /// `refresh_unused_for`: what nobody has asked for in this long is no longer refreshed.
    pub refresh_unused_for: Option<Duration>,
}

/// Values together with the lines that named them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Section<S> {
    /// The values.
    pub values: S,
    /// The line of each key that is named, from 1.
    pub lines: KeyLines,
}

/// The lines, from 1, in which keys are named; sorted by key.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct KeyLines(Vec<(&'static str, usize)>);

impl KeyLines {
    /// The line of a key, if it is named.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<usize> {
        self.place(key).ok().map(|place| self.0[place].1)
    }

    /// Whether no key is named.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(super) fn insert(&mut self, key: &'static str, line: usize) {
        match self.place(key) {
            Ok(place) => self.0[place].1 = line,
            Err(place) => self.0.insert(place, (key, line)),
        }
    }

    pub(super) fn remove(&mut self, key: &str) -> Option<usize> {
        self.place(key).ok().map(|place| self.0.remove(place).1)
    }

    fn place(&self, key: &str) -> Result<usize, usize> {
        self.0.binary_search_by(|(named, _)| (*named).cmp(key))
    }
}

/// Which rules are asked for.
#[derive(Clone, Copy, Debug)]
pub enum Rules<'a> {
    /// All there are.
    All,
    /// Those for a command, given by its words; of a file that isn't plain, all come along.
    Of(&'a [&'a [u8]]),
}

impl Rules<'_> {
    /// Whether a rule with this pattern is among them.
    pub(super) fn concern(self, pattern: &[&str]) -> bool {
        match self {
            Rules::All => true,
            Rules::Of(command) => glob::matches_words(pattern, command),
        }
    }
}

/// Settings for the commands that match a pattern.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rule {
    /// The pattern's words; see [`crate::model::glob::matches_words`].
    pub command: Vec<String>,
    /// The line that named the pattern, from 1.
    pub line: usize,
    /// What it sets.
    pub section: Section<Settings>,
}

impl Source {
    /// A file that says nothing.
    pub(super) fn empty(path: &Path) -> Source {
        Source {
            path: Arc::from(path),
            store: Section::default(),
            daemon: Section::default(),
            defaults: Section::default(),
            rules: Vec::new(),
        }
    }

    /// Has relative paths of inputs start from the folder that the file is in, wherever in the
    /// project a call is made.
    pub(super) fn anchor_inputs(&mut self) {
        let Some(folder) = self.path.parent() else { return };
        let rules = self.rules.iter_mut().map(|rule| &mut rule.section);
        for section in rules.chain([&mut self.defaults]) {
            let settings = &mut section.values;
            for paths in [&mut settings.input, &mut settings.input_mtime].into_iter().flatten() {
                for path in paths {
                    *path = anchored(folder, path);
                }
            }
        }
    }
}

/// What one file says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Source {
    /// The file.
    pub path: Arc<Path>,
    /// `[store]`; always empty for a project's file.
    pub store: Section<StoreSettings>,
    /// `[daemon]`; always empty for a project's file.
    pub daemon: Section<DaemonSettings>,
    /// `[defaults]`.
    pub defaults: Section<Settings>,
    /// `[[rule]]`, in the order of the file.
    pub rules: Vec<Rule>,
}
