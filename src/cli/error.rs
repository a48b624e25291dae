//! Errors that end omoide with a message, and how it ends.

use std::ffi::OsStr;
use std::fmt;

use super::form::Form;
use super::status::{NO, NOT_EXECUTABLE, NOT_FOUND, TIMED_OUT};
use crate::model::escape;
use crate::runner::Ending;

/// How the process ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// With this status.
    Status(u8),
    /// By this signal, as the command did.
    Signal(i32),
}

impl Exit {
    /// Everything is as it should be.
    pub const OK: Exit = Exit::Status(0);
    /// The answer is no, or something failed that has been told.
    pub const NO: Exit = Exit::Status(NO);
}

impl From<Ending> for Exit {
    fn from(ending: Ending) -> Exit {
        match ending {
            Ending::Exited(code) => Exit::Status(code),
            Ending::Signaled(signal) => Exit::Signal(signal),
            Ending::TimedOut => Exit::Status(TIMED_OUT),
        }
    }
}

/// An error to be told in one line.
#[derive(Debug)]
pub struct Failure {
    message: String,
    kind: FailureKind,
}

#[derive(Clone, Copy, Debug)]
enum FailureKind {
    Failed,
    Usage,
    Unidentified,
    Status(u8),
}

impl Failure {
    /// Something that failed.
    #[must_use]
    pub fn new(message: impl Into<String>) -> Failure {
        Failure { message: message.into(), kind: FailureKind::Failed }
    }

    /// Something that failed in a way that has a status of its own.
    #[must_use]
    pub fn with_status(message: String, status: u8) -> Failure {
        Failure { message, kind: FailureKind::Status(status) }
    }

    /// A call that can't be told from others, and so is never stored.
    #[must_use]
    pub(super) fn unidentified(why: impl Into<String>) -> Failure {
        Failure { message: why.into(), kind: FailureKind::Unidentified }
    }

    /// Wrong use of the command line.
    #[must_use]
    pub fn usage(message: impl Into<String>) -> Failure {
        Failure { message: message.into(), kind: FailureKind::Usage }
    }

    /// A bad value of a variable of ours.
    #[must_use]
    pub fn variable(name: &str, value: &OsStr, why: &str) -> Failure {
        let value = escape::bytes(value.as_encoded_bytes());
        Failure::usage(format!("invalid value '{value}' of {name}: {why}"))
    }

    /// Whether it has this status of its own.
    #[must_use]
    pub(super) fn has_status(&self, status: u8) -> bool {
        matches!(self.kind, FailureKind::Status(own) if own == status)
    }

    /// Whether it is a reason why a call is never served: its command has no program to execute, or
    /// it can't be told from others.
    #[must_use]
    pub(super) fn rules_out_serving(&self) -> bool {
        matches!(self.kind, FailureKind::Unidentified)
            || self.has_status(NOT_FOUND)
            || self.has_status(NOT_EXECUTABLE)
    }

    /// The same with something added to what it says.
    #[must_use]
    pub(super) fn and(mut self, more: &str) -> Failure {
        self.message.push_str(more);
        self
    }

    /// Whether the command line or a variable is wrong, rather than something it names.
    #[must_use]
    pub(super) fn is_usage(&self) -> bool {
        matches!(self.kind, FailureKind::Usage)
    }

    /// The status to exit with.
    pub(super) fn status(&self, form: Form) -> u8 {
        match self.kind {
            FailureKind::Failed | FailureKind::Unidentified => form.failed_status(),
            FailureKind::Usage => form.usage_status(),
            // The command's own statuses are for those who run it.
            FailureKind::Status(_) if form == Form::Verb => form.failed_status(),
            FailureKind::Status(status) => status,
        }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl<E: std::error::Error> From<E> for Failure {
    fn from(error: E) -> Failure {
        Failure::new(error.to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_statuses_of_a_command_are_for_those_who_run_it() {
        let missing = Failure::with_status("x: command not found".to_owned(), NOT_FOUND);
        assert!(missing.rules_out_serving());
        let statuses = [Form::Bare, Form::Run, Form::Verb].map(|form| missing.status(form));
        assert_eq!(statuses, [127, 127, 1]);
    }
}
