//! Why a call's inputs can't be told.

use std::io;

use rustix::io::Errno;

use crate::model::escape;

/// Why a call can't be identified by its inputs.
#[derive(Debug, thiserror::Error)]
pub enum InputError {
    /// A file or folder can't be looked at or read.
    #[error("failed to {action} the input {path}: {source}")]
    Unreadable {
        /// What failed.
        action: &'static str,
        /// Its path, as it may be shown.
        path: String,
        /// Why.
        source: io::Error,
    },
    /// A word or a variable names an open descriptor, from which COMMAND would read what nobody else
    /// can look at first.
    #[error("{what} names an open descriptor; what it holds can't be part of the key")]
    Descriptor {
        /// Which, as it may be shown.
        what: String,
    },
    /// Its links lead to more than anybody can mean.
    #[error("the links of the input {path} lead to more than {most} directories")]
    TooManyLinked {
        /// Its path, as it may be shown.
        path: String,
        /// How many are looked into.
        most: usize,
    },
    /// What was named is no file and no folder, and reading it could wait for ever.
    #[error("the input {path} is a {what}; an input is a file, a folder or a pattern")]
    Special {
        /// Its path, as it may be shown.
        path: String,
        /// What it is.
        what: &'static str,
    },
    /// The program can't be read, although its content counts.
    #[error("failed to read the program {path}: {source}")]
    Program {
        /// Its path, as it may be shown.
        path: String,
        /// Why.
        source: io::Error,
    },
}

impl InputError {
    pub(super) fn unreadable(action: &'static str, path: &[u8], errno: Errno) -> InputError {
        InputError::Unreadable { action, path: escape::bytes(path), source: errno.into() }
    }

    /// Of a word of the command.
    #[must_use]
    pub fn descriptor_argument(word: &[u8]) -> InputError {
        InputError::Descriptor { what: format!("the argument {}", escape::bytes(word)) }
    }

    /// Of an environment variable, whose value is shown to nobody.
    #[must_use]
    pub fn descriptor_variable(name: &[u8]) -> InputError {
        InputError::Descriptor { what: format!("the variable {}", escape::bytes(name)) }
    }

    /// That the content of the program, which counts, can't be read.
    #[must_use]
    pub fn program(path: &[u8], source: io::Error) -> InputError {
        InputError::Program { path: escape::bytes(path), source }
    }

    pub(super) fn special(path: &[u8], what: &'static str) -> InputError {
        InputError::Special { path: escape::bytes(path), what }
    }
}
