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

    /// That the content of the program, which counts, can't be read.
    #[must_use]
    pub fn program(path: &[u8], source: io::Error) -> InputError {
        InputError::Program { path: escape::bytes(path), source }
    }

    pub(super) fn special(path: &[u8], what: &'static str) -> InputError {
        InputError::Special { path: escape::bytes(path), what }
    }
}
