//! Which form a command line has, also where it can't be parsed: the statuses differ.

use std::ffi::OsString;
use std::os::unix::ffi::OsStrExt;

use clap::{Arg, ArgAction, Command, CommandFactory};

use super::args::Cli;
use super::error::{NO, OWN_ERROR, USAGE};

/// A form of the command line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// `omoide COMMAND` or `omoide run COMMAND`: its statuses are the command's, ours is 125.
    Memoizing,
    /// A subcommand: 1 for 'no' or 'failed', 2 for bad usage.
    Verb,
}

impl Form {
    /// The status for bad usage.
    pub(super) fn usage_status(self) -> u8 {
        match self {
            Form::Memoizing => OWN_ERROR,
            Form::Verb => USAGE,
        }
    }

    /// The status for everything else that fails.
    pub(super) fn failed_status(self) -> u8 {
        match self {
            Form::Memoizing => OWN_ERROR,
            Form::Verb => NO,
        }
    }
}

/// The form of a command line, the program's own name first.
pub(super) fn of(words: &[OsString]) -> Form {
    let command = Cli::command();
    let mut words = words.iter().skip(1).map(|word| word.as_bytes());
    while let Some(word) = words.next() {
        if word == b"--" {
            return Form::Memoizing;
        }
        if let Some(long) = word.strip_prefix(b"--") {
            if !long.contains(&b'=') && takes_value(&command, long) {
                words.next();
            }
        } else if word == b"-" || !word.starts_with(b"-") {
            return of_verb(&command, word);
        }
    }
    Form::Memoizing
}

fn of_verb(command: &Command, word: &[u8]) -> Form {
    let known = |verb: &Command| verb.get_name().as_bytes() == word && word != b"run";
    if word == b"help" || command.get_subcommands().any(known) {
        Form::Verb
    } else {
        Form::Memoizing
    }
}

fn takes_value(command: &Command, long: &[u8]) -> bool {
    let is_it = |arg: &&Arg| arg.get_long().is_some_and(|name| name.as_bytes() == long);
    command
        .get_arguments()
        .find(is_it)
        .is_some_and(|arg| matches!(arg.get_action(), ArgAction::Set | ArgAction::Append))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_word_that_is_no_option_decides() {
        let cases = [
            ("", Form::Memoizing),
            ("ls", Form::Memoizing),
            ("list", Form::Verb),
            ("run ls", Form::Memoizing),
            ("--ttl 5m list", Form::Verb),
            ("--ttl=5m list", Form::Verb),
            ("--ttl list", Form::Memoizing),
            ("--force list", Form::Verb),
            ("-v list", Form::Verb),
            ("-- list", Form::Memoizing),
            ("--nonsense stats", Form::Verb),
            ("--nonsense ls", Form::Memoizing),
            ("ls list", Form::Memoizing),
            ("help", Form::Verb),
        ];
        for (line, form) in cases {
            let words = std::iter::once("omoide").chain(line.split_ascii_whitespace());
            let words: Vec<OsString> = words.map(OsString::from).collect();
            assert_eq!(of(&words), form, "{line}");
        }
    }
}
