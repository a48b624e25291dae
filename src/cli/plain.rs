//! The plain form of a memoizing command line, read without clap: to build its definitions and
//! parse by them took about a tenth of a millisecond, a sixth of a hit.
//!
//! Plain are the long options, each but the lists once, with values that are right, then the
//! command. Whatever else there is, and whatever is wrong, is left to clap, which stays the
//! authority: a test holds that both come to the same, and that every option is known here.

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStrExt;

use clap::ValueEnum;

use super::args::{Bare, BehaviourArgs, KeyArgs, PolicyArgs};
use crate::model::{duration, size};

/// The arguments, the program's own name first, if they are plain.
pub(super) fn parse(words: &[OsString]) -> Option<Bare> {
    let mut bare = Bare::default();
    let mut rest = words.get(1..)?;
    while let Some((word, behind)) = rest.split_first() {
        if !word.as_bytes().starts_with(b"-") {
            break;
        }
        rest = behind;
        if word == "--" {
            break;
        }
        let long = word.to_str()?.strip_prefix("--")?;
        if let Some((name, value)) = long.split_once('=') {
            option(&mut bare, name, OsStr::new(value))?;
        } else if let Some(flag) = flag(&mut bare, long) {
            *flag = true;
        } else {
            let (value, behind) = rest.split_first()?;
            option(&mut bare, long, value)?;
            rest = behind;
        }
    }
    bare.command = rest.to_vec();
    let behaviour = &bare.memo.behaviour;
    let conflicts = behaviour.force && behaviour.cached_only;
    (!conflicts && !bare.command.is_empty()).then_some(bare)
}

/// The field of an option without a value.
fn flag<'b>(bare: &'b mut Bare, name: &str) -> Option<&'b mut bool> {
    let KeyArgs { any_dir, stdin, input_args, .. } = &mut bare.memo.key;
    let PolicyArgs { watch, stale_if_error, .. } = &mut bare.memo.policy;
    let BehaviourArgs { force, cached_only, no_store, verbose } = &mut bare.memo.behaviour;
    Some(match name {
        "any-dir" => any_dir,
        "stdin" => stdin,
        "input-args" => input_args,
        "watch" => watch,
        "stale-if-error" => stale_if_error,
        "force" => force,
        "cached-only" => cached_only,
        "no-store" => no_store,
        "verbose" => verbose,
        _ => return None,
    })
}

/// Puts the value of an option in its field.
fn option(bare: &mut Bare, name: &str, value: &OsStr) -> Option<()> {
    // What clap makes of these differs from option to option.
    if value.is_empty() || value.as_bytes().starts_with(b"-") {
        return None;
    }
    let Bare { global, memo, .. } = bare;
    let (key, policy) = (&mut memo.key, &mut memo.policy);
    match name {
        "cache-dir" => once(&mut global.cache_dir, value.into())?,
        "config" => once(&mut global.config, value.into())?,
        "color" => once(&mut global.color, choice(value)?)?,
        "env" => once(&mut key.env, list(value)?)?,
        "env-exclude" => once(&mut key.env_exclude, list(value)?)?,
        "input" => key.input.push(value.to_owned()),
        "input-mtime" => key.input_mtime.push(value.to_owned()),
        "scope" => once(&mut key.scope, value.to_owned())?,
        "program" => once(&mut memo.name.program, choice(value)?)?,
        "tag" => memo.name.tag.push(value.to_str()?.to_owned()),
        "ttl" => once(&mut policy.ttl, read(value, duration::parse)?)?,
        "idle" => once(&mut policy.idle, read(value, duration::parse)?)?,
        "on-expired" => once(&mut policy.on_expired, choice(value)?)?,
        "stale" => once(&mut policy.stale, read(value, duration::parse)?)?,
        "refresh" => once(&mut policy.refresh, read(value, duration::parse)?)?,
        "failure-ttl" => once(&mut policy.failure_ttl, read(value, duration::parse)?)?,
        "max-output" => once(&mut policy.max_output, read(value, size::parse)?)?,
        "timeout" => once(&mut policy.timeout, read(value, duration::parse)?)?,
        _ => return None,
    }
    Some(())
}

fn once<T>(field: &mut Option<T>, value: T) -> Option<()> {
    field.replace(value).is_none().then_some(())
}

fn choice<T: ValueEnum>(value: &OsStr) -> Option<T> {
    T::from_str(value.to_str()?, false).ok()
}

fn list(value: &OsStr) -> Option<Vec<String>> {
    Some(value.to_str()?.split(',').map(str::to_owned).collect())
}

fn read<T>(value: &OsStr, parse: fn(&str) -> Result<T, String>) -> Option<T> {
    parse(value.to_str()?).ok()
}

#[cfg(test)]
mod tests {
    use std::os::unix::ffi::OsStringExt;

    use clap::{Arg, CommandFactory, Parser};
    use proptest::prelude::*;

    use super::*;

    /// Every option as clap defines it: its name, and a value if it takes one.
    fn options() -> Vec<(String, Option<String>)> {
        let mut command = Bare::command();
        command.build();
        let sample = |option: &Arg| {
            let choices = option.get_possible_values();
            let names = option.get_value_names().unwrap_or_default();
            match (choices.first(), names.first().map(clap::builder::Str::as_str)) {
                (Some(choice), _) => choice.get_name().to_owned(),
                (None, Some("DUR")) => "5m".to_owned(),
                (None, Some("SIZE")) => "1KiB".to_owned(),
                _ => "x".to_owned(),
            }
        };
        let options = command.get_arguments().filter_map(|option| {
            let takes_value = option.get_action().takes_values();
            Some((option.get_long()?.to_owned(), takes_value.then(|| sample(option))))
        });
        options.collect()
    }

    /// What is made of a line; that it is what clap makes of it.
    #[track_caller]
    fn read_by_both(words: &[OsString]) -> Option<Bare> {
        let words: Vec<OsString> =
            std::iter::once("omoide".into()).chain(words.iter().cloned()).collect();
        let plain = parse(&words)?;
        let whole = Bare::try_parse_from(&words);
        let whole = whole.unwrap_or_else(|error| panic!("{words:?}: {error}"));
        assert_eq!(plain, whole, "{words:?}");
        Some(plain)
    }

    #[test]
    fn every_option_is_known() {
        let options = options();
        assert!(options.len() > 20);
        for (name, value) in options {
            let lines = match value {
                None => vec![vec![format!("--{name}")]],
                Some(value) => {
                    vec![vec![format!("--{name}={value}")], vec![format!("--{name}"), value]]
                }
            };
            for mut line in lines {
                line.extend(["--", "date", "--ttl", "--", "-x"].map(str::to_owned));
                let words: Vec<OsString> = line.iter().map(OsString::from).collect();
                let read = read_by_both(&words).unwrap_or_else(|| panic!("{line:?} isn't plain"));
                assert_eq!(read.command, ["date", "--ttl", "--", "-x"]);
                assert_ne!(read, Bare { command: read.command.clone(), ..Bare::default() });
            }
        }
    }

    #[test]
    fn the_rest_is_left_to_clap() {
        let lines = [
            "",
            "--",
            "--ttl 5m",
            "--ttl 5m --ttl 6m date",
            "--ttl soon date",
            "--ttl= date",
            "--ttl -5m date",
            "--force=yes date",
            "--force --cached-only date",
            "--nonsense date",
            "--tt 5m date",
            "--help",
            "-v date",
            "- date",
        ];
        for line in lines {
            let words: Vec<OsString> = line.split_ascii_whitespace().map(Into::into).collect();
            assert_eq!(read_by_both(&words), None, "{line}");
        }
    }

    proptest! {
        #[test]
        fn both_read_the_same(words in prop::collection::vec(word(), 0..8)) {
            read_by_both(&words);
        }
    }

    fn word() -> impl Strategy<Value = OsString> {
        let mut words: Vec<OsString> = Vec::new();
        for (name, value) in options() {
            words.push(format!("--{name}").into());
            for value in value.iter().map(String::as_str).chain(["", "-1", "a,,b"]) {
                words.push(format!("--{name}={value}").into());
            }
            words.extend(value.map(Into::into));
        }
        let others =
            ["", "-", "--", "-v", "-x", "date", "list", "a,b", ",", "5m", "1KiB", "=", "--="];
        words.extend(others.map(Into::into));
        words.push(OsString::from_vec(b"\xff".to_vec()));
        words.push(OsString::from_vec(b"--tag=\xff".to_vec()));
        prop::sample::select(words)
    }
}
