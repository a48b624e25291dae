//! Which form a command line has: found before it is parsed, because building the definitions of
//! all subcommands costs more than a hit, and because statuses differ also where it can't be
//! parsed.

use std::ffi::OsString;
use std::os::unix::ffi::OsStrExt;

use super::status::{NO, OWN_ERROR, USAGE};

/// The options of the first level that take a value, sorted.
const VALUED: [&str; 18] = [
    "cache-dir",
    "color",
    "config",
    "env",
    "env-exclude",
    "failure-ttl",
    "idle",
    "input",
    "input-mtime",
    "max-output",
    "on-expired",
    "program",
    "refresh",
    "scope",
    "stale",
    "tag",
    "timeout",
    "ttl",
];

/// The subcommands, sorted.
const VERBS: [&str; 16] = [
    "check",
    "completions",
    "config",
    "daemon",
    "doctor",
    "explain",
    "forget",
    "gc",
    "help",
    "list",
    "man",
    "refresh",
    "run",
    "show",
    "stats",
    "warm",
];

/// A form of the command line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    /// `omoide COMMAND`: its statuses are the command's, ours is 125.
    Bare,
    /// `omoide run COMMAND`: the same, spelled out.
    Run,
    /// A subcommand: 1 for 'no' or 'failed', 2 for bad usage.
    Verb,
}

impl Form {
    /// The status for bad usage.
    pub(super) fn usage_status(self) -> u8 {
        match self {
            Form::Bare | Form::Run => OWN_ERROR,
            Form::Verb => USAGE,
        }
    }

    /// The status for everything else that fails.
    pub(super) fn failed_status(self) -> u8 {
        match self {
            Form::Bare | Form::Run => OWN_ERROR,
            Form::Verb => NO,
        }
    }
}

/// The form of a command line, the program's own name first.
pub(super) fn of(words: &[OsString]) -> Form {
    let mut words = words.iter().skip(1).map(|word| word.as_bytes());
    while let Some(word) = words.next() {
        if word == b"--" {
            return Form::Bare;
        }
        if let Some(long) = word.strip_prefix(b"--") {
            if is_in(&VALUED, long) {
                words.next();
            }
        } else if word == b"run" {
            return Form::Run;
        } else if word == b"-" || !word.starts_with(b"-") {
            return if is_in(&VERBS, word) { Form::Verb } else { Form::Bare };
        }
    }
    Form::Bare
}

/// The subcommand that may have been meant by a word that is none.
pub(super) fn nearest_verb(word: &str) -> Option<&'static str> {
    let slips = |verb: &'static str| (strsim::osa_distance(word, verb), verb);
    let nearest = VERBS.into_iter().map(slips).min()?;
    (nearest.0 <= 1 || (nearest.0 == 2 && nearest.1.len() > 4)).then_some(nearest.1)
}

fn is_in(sorted: &[&str], word: &[u8]) -> bool {
    sorted.binary_search_by(|name| name.as_bytes().cmp(word)).is_ok()
}

#[cfg(test)]
mod tests {
    use clap::{Arg, Command, CommandFactory};

    use super::*;
    use crate::cli::args::Cli;

    #[test]
    fn the_names_are_those_that_are_defined() {
        let mut command = Cli::command();
        command.build();
        let takes_value = |arg: &&Arg| arg.get_action().takes_values();
        let mut valued: Vec<&str> =
            command.get_arguments().filter(takes_value).filter_map(Arg::get_long).collect();
        valued.sort_unstable();
        assert_eq!(valued, VALUED);
        let mut verbs: Vec<&str> = command.get_subcommands().map(Command::get_name).collect();
        verbs.sort_unstable();
        assert_eq!(verbs, VERBS);
    }

    #[test]
    fn the_first_word_that_is_no_option_decides() {
        let cases = [
            ("", Form::Bare),
            ("ls", Form::Bare),
            ("list", Form::Verb),
            ("run ls", Form::Run),
            ("--ttl 5m list", Form::Verb),
            ("--ttl=5m list", Form::Verb),
            ("--ttl list", Form::Bare),
            ("--force list", Form::Verb),
            ("-v list", Form::Verb),
            ("-- list", Form::Bare),
            ("--nonsense stats", Form::Verb),
            ("--nonsense ls", Form::Bare),
            ("ls list", Form::Bare),
            ("help", Form::Verb),
        ];
        for (line, form) in cases {
            let words = std::iter::once("omoide").chain(line.split_ascii_whitespace());
            let words: Vec<OsString> = words.map(OsString::from).collect();
            assert_eq!(of(&words), form, "{line}");
        }
    }
}
