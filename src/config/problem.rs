//! What can be wrong with a configuration file, and how it is said: one line that begins with the
//! file and the line in it.

use std::fmt;
use std::path::PathBuf;

use rustix::io::Errno;
use thiserror::Error;

use super::file::SIZE_LIMIT;
use super::text;
use crate::model::size;

/// Something wrong with a configuration file.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub struct Problem {
    /// The file.
    pub file: PathBuf,
    /// The line, from 1; none if it is about the file as a whole.
    pub line: Option<usize>,
    /// What is wrong.
    pub fault: Fault,
}

/// What is wrong. Text taken from the file holds no control characters any more.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum Fault {
    /// A file that was asked for by name doesn't exist.
    #[error("no such file")]
    Missing,
    /// The usual file is a link to one that doesn't exist.
    #[error("a symbolic link that leads nowhere")]
    Dangling,
    /// It can't be opened or read.
    #[error("can't be read: {0}")]
    Unreadable(Errno),
    /// A folder, device, pipe or socket.
    #[error("not a regular file")]
    NotAFile,
    /// Nobody writes that much by hand.
    #[error("larger than {}", size::display(SIZE_LIMIT))]
    TooLarge,
    /// Not text.
    #[error("not UTF-8")]
    NotUtf8,
    /// Not TOML.
    #[error("not valid TOML{}: {reason}", at(.near))]
    Syntax {
        /// The text it is about; may be empty.
        near: String,
        /// What the TOML parser says.
        reason: String,
    },
    /// A key that doesn't exist there.
    #[error("unknown key `{key}` {place}{hint}")]
    UnknownKey {
        /// The key.
        key: String,
        /// Where it stands.
        place: Place,
        /// What may have been meant.
        hint: Hint,
    },
    /// A section that doesn't exist.
    #[error("unknown section [{name}]{hint}")]
    UnknownSection {
        /// Its name.
        name: String,
        /// What may have been meant.
        hint: Hint,
    },
    /// A section written as something else.
    #[error("{name} must be written as {place}")]
    WrongSection {
        /// Its name.
        name: &'static str,
        /// How it is written.
        place: &'static str,
    },
    /// A project's file that wants to say where and how much is stored.
    #[error("[store] can't stand in a project's file; it belongs in your own config.toml")]
    StoreInProject,
    /// A project's file that wants to say how the daemon works.
    #[error("[daemon] can't stand in a project's file; it belongs in your own config.toml")]
    DaemonInProject,
    /// A rule for nothing.
    #[error("[[rule]] names no command; write it like command = \"kubectl get **\"")]
    NoCommand,
    /// A value that is none, or not of the right type.
    #[error("{key}: {reason}")]
    Value {
        /// The key.
        key: &'static str,
        /// Why the value is refused, and what would be right.
        reason: String,
    },
}

/// Where a key stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// Before the first section.
    Top,
    /// In `[store]`.
    Store,
    /// In `[daemon]`.
    Daemon,
    /// In `[defaults]`.
    Defaults,
    /// In a `[[rule]]`.
    Rule,
}

/// What may have been meant by an unknown name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Hint {
    /// Nothing comes near.
    None,
    /// This one, as it would be written.
    Nearest(String),
    /// The same key elsewhere: there.
    Belongs(&'static str),
}

fn at(near: &str) -> String {
    if near.is_empty() { String::new() } else { format!(" at `{near}`") }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&text::visible_path(&self.file))?;
        if let Some(line) = self.line {
            write!(f, ":{line}")?;
        }
        write!(f, ": {}", self.fault)
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Place::Top => "outside any section",
            Place::Store => "in [store]",
            Place::Daemon => "in [daemon]",
            Place::Defaults => "in [defaults]",
            Place::Rule => "in [[rule]]",
        })
    }
}

impl fmt::Display for Hint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Hint::None => Ok(()),
            Hint::Nearest(name) => write!(f, "; did you mean {name}?"),
            Hint::Belongs(place) => write!(f, "; it belongs in {place}"),
        }
    }
}
