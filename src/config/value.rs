//! The kinds of values a key can have: how each is read and written back.

use std::path::{Path, PathBuf};
use std::time::Duration;

use super::nearest::nearest;
use super::schema::ProgramMode;
use super::text::{excerpt, quoted};
use super::units::{show_duration, show_size};
use crate::model::policy::{Evict, LEAST_MAX_SIZE, OnExpired};
use crate::model::{duration, size};

/// A kind of value.
pub(super) struct Kind<T> {
    /// What it is, with its article.
    pub what: &'static str,
    /// How one is written.
    pub example: &'static str,
    /// Reads one.
    pub read: fn(Value<'_, '_>) -> Result<T, Refused>,
    /// Writes one so that [`Kind::read`] gets the same back.
    pub show: fn(&T) -> String,
}

/// A value of a file, as far as any kind looks at it.
#[derive(Clone, Copy, Debug)]
pub(super) enum Value<'l, 'v> {
    One(Scalar<'v>),
    List(&'l [Scalar<'v>]),
}

/// A value that is no list, or stands in one.
#[derive(Clone, Copy, Debug)]
pub(super) enum Scalar<'v> {
    Text(&'v str),
    /// A whole number as it is written, without prefix, and its base.
    Number(&'v str, u32),
    Flag(bool),
    /// What no kind takes: what its TOML type is called, with the article.
    Other(&'static str),
}

impl Value<'_, '_> {
    /// What the TOML type is called, with its article.
    pub(super) fn type_name(&self) -> &'static str {
        match self {
            Value::One(scalar) => scalar.type_name(),
            Value::List(_) => "an array",
        }
    }
}

impl Scalar<'_> {
    fn type_name(&self) -> &'static str {
        match self {
            Scalar::Text(_) => "a string",
            Scalar::Number(..) => "an integer",
            Scalar::Flag(_) => "a boolean",
            Scalar::Other(name) => name,
        }
    }
}

/// Why a value isn't taken.
#[derive(Debug)]
pub(super) enum Refused {
    /// It has another TOML type than this kind.
    Type,
    /// It says something wrong: all of it, or one item of a list, counted from 0.
    Value { item: Option<usize>, reason: String },
}

/// A closed set of words.
pub(super) trait Choice: Copy + PartialEq + 'static {
    /// Each with the word for it.
    const ALL: &'static [(&'static str, Self)];
}

impl Choice for OnExpired {
    const ALL: &'static [(&'static str, Self)] =
        &[("recompute", OnExpired::Recompute), ("serve", OnExpired::Serve)];
}

impl Choice for ProgramMode {
    const ALL: &'static [(&'static str, Self)] = &[
        ("stat", ProgramMode::Stat),
        ("content", ProgramMode::Content),
        ("path", ProgramMode::Path),
    ];
}

impl Choice for Evict {
    const ALL: &'static [(&'static str, Self)] =
        &[("accessed", Evict::Accessed), ("computed", Evict::Computed), ("hits", Evict::Hits)];
}

pub(super) const ON_EXPIRED: Kind<OnExpired> = choice("\"recompute\"");
pub(super) const PROGRAM: Kind<ProgramMode> = choice("\"stat\"");
pub(super) const EVICT: Kind<Evict> = choice("\"accessed\"");

const fn choice<T: Choice>(example: &'static str) -> Kind<T> {
    Kind { what: "a string", example, read: read_choice, show: |value| quoted(word_for(*value)) }
}

pub(super) const DURATION: Kind<Duration> = Kind {
    what: "a duration",
    example: "\"1h30m\"",
    read: |value| {
        let text = string(value)?;
        duration::parse(text).map_err(|reason| said(text, &reason))
    },
    show: |value| quoted(&show_duration(*value)),
};

/// Bytes. A bare number counts them too, as it does on the command line.
pub(super) const SIZE: Kind<u64> = Kind {
    what: "a size",
    example: "\"64KiB\"",
    read: |value| {
        if let Value::One(Scalar::Number(digits, base)) = value {
            return positive(digits, base);
        }
        let text = string(value)?;
        size::parse(text).map_err(|reason| said(text, &reason))
    },
    show: |value| quoted(&show_size(*value)),
};

/// A size that a store can keep anything within.
pub(super) const STORE_SIZE: Kind<u64> = Kind {
    what: SIZE.what,
    example: "\"10GiB\"",
    read: |value| match (SIZE.read)(value)? {
        bytes if bytes < LEAST_MAX_SIZE => {
            let least = show_size(LEAST_MAX_SIZE);
            Err(refused(&format!("{} is too small; the least is {least}", show_size(bytes))))
        }
        bytes => Ok(bytes),
    },
    show: SIZE.show,
};

pub(super) const COUNT: Kind<u64> = Kind {
    what: "a number",
    example: "100000",
    read: |value| match value {
        Value::One(Scalar::Number(digits, base)) => positive(digits, base),
        _ => Err(Refused::Type),
    },
    show: u64::to_string,
};

pub(super) const FLAG: Kind<bool> = Kind {
    what: "a boolean",
    example: "true",
    read: |value| match value {
        Value::One(Scalar::Flag(flag)) => Ok(flag),
        _ => Err(Refused::Type),
    },
    show: bool::to_string,
};

pub(super) const NAME: Kind<String> = Kind {
    what: "a string",
    example: "\"team-a\"",
    read: |value| Ok(name(string(value)?)?.to_owned()),
    show: |value| quoted(value),
};

pub(super) const NAMES: Kind<Vec<String>> = Kind {
    what: "an array of strings",
    example: "[\"k8s\", \"slow\"]",
    read: |value| strings(value, name),
    show: |items| show_array(items),
};

pub(super) const PATTERNS: Kind<Vec<String>> = Kind {
    what: "an array of strings",
    example: "[\"HOME\", \"AWS_*\"]",
    read: |value| strings(value, pattern),
    show: |items| show_array(items),
};

/// Paths and patterns over paths. A project's relative ones start from its file's folder.
pub(super) const PATHS: Kind<Vec<PathBuf>> = Kind {
    what: "an array of strings",
    example: "[\"Cargo.toml\", \"src/**/*.rs\"]",
    read: |value| Ok(strings(value, name)?.into_iter().map(PathBuf::from).collect()),
    show: |items| {
        let items: Vec<String> =
            items.iter().map(|path| path.to_string_lossy().into_owned()).collect();
        show_array(&items)
    },
};

/// A folder: absolute, or below the home folder, which the loader puts in for `~`.
pub(super) const FOLDER: Kind<PathBuf> = Kind {
    what: "a path",
    example: "\"~/cache/omoide\"",
    read: |value| {
        let text = name(string(value)?)?;
        if Path::new(text).is_absolute() || text.starts_with("~/") {
            Ok(PathBuf::from(text))
        } else {
            Err(said(text, "write it from / or from ~/"))
        }
    },
    show: |value| quoted(&value.to_string_lossy()),
};

/// The words of a rule's pattern; not among the keys because a rule can't be without it.
pub(super) const COMMAND: Kind<Vec<String>> = Kind {
    what: "a string",
    example: "\"kubectl get **\"",
    read: |value| Ok(command_words(string(value)?)?.into_iter().map(str::to_owned).collect()),
    show: |words| quoted(&words.join(" ")),
};

fn read_choice<T: Choice>(value: Value<'_, '_>) -> Result<T, Refused> {
    let text = string(value)?;
    if let Some((_, choice)) = T::ALL.iter().find(|(word, _)| *word == text) {
        return Ok(*choice);
    }
    let words: Vec<String> = T::ALL.iter().map(|(word, _)| quoted(word)).collect();
    let hint = nearest(text, T::ALL.iter().map(|(word, _)| *word))
        .map_or_else(String::new, |word| format!("; did you mean \"{word}\"?"));
    let reason = format!("not one of {}{hint}", words.join(", "));
    Err(said(text, &reason))
}

fn word_for<T: Choice>(value: T) -> &'static str {
    T::ALL.iter().find(|(_, choice)| *choice == value).map_or("", |(word, _)| word)
}

/// The words of a rule's pattern.
pub(super) fn command_words(text: &str) -> Result<Vec<&str>, Refused> {
    let words: Vec<&str> = text.split_whitespace().collect();
    let Some((_, fixed)) = words.split_last() else {
        return Err(refused("is empty; write ** for every command"));
    };
    let stray = |word: &&str| word.as_bytes().windows(2).any(|pair| pair == b"**");
    if fixed.iter().any(stray) || words.iter().any(|word| *word != "**" && stray(word)) {
        return Err(said(text, "** stands for the rest: as the last word, and alone"));
    }
    no_nul(text)?;
    Ok(words)
}

fn string<'v>(value: Value<'_, 'v>) -> Result<&'v str, Refused> {
    match value {
        Value::One(Scalar::Text(text)) => Ok(text),
        _ => Err(Refused::Type),
    }
}

fn name(text: &str) -> Result<&str, Refused> {
    if text.is_empty() {
        return Err(refused("\"\" is empty; leave it out"));
    }
    no_nul(text)?;
    Ok(text)
}

/// A pattern over names of environment variables, which hold no `=`. A comma parts patterns on
/// the command line, so one in here is taken for that rather than for part of a name.
fn pattern(text: &str) -> Result<&str, Refused> {
    name(text)?;
    if text.contains('=') {
        return Err(said(text, "name the variable without a value"));
    }
    if text.contains(',') {
        return Err(said(text, "write each pattern as a string of its own"));
    }
    Ok(text)
}

fn no_nul(text: &str) -> Result<(), Refused> {
    if text.contains('\0') {
        return Err(said(text, "no command, variable or path holds a NUL"));
    }
    Ok(())
}

fn strings(
    value: Value<'_, '_>,
    read: fn(&str) -> Result<&str, Refused>,
) -> Result<Vec<String>, Refused> {
    let Value::List(items) = value else { return Err(Refused::Type) };
    let mut read_items = Vec::with_capacity(items.len());
    for (place, item) in items.iter().enumerate() {
        match string(Value::One(*item)).and_then(read) {
            Ok(text) => read_items.push(text.to_owned()),
            Err(refused) => {
                let reason = match refused {
                    Refused::Type => format!("expected strings only, found {}", item.type_name()),
                    Refused::Value { reason, .. } => reason,
                };
                return Err(Refused::Value { item: Some(place), reason });
            }
        }
    }
    Ok(read_items)
}

fn positive(digits: &str, base: u32) -> Result<u64, Refused> {
    match i128::from_str_radix(digits, base) {
        Ok(number @ ..=0) => Err(refused(&format!("{number} is not positive"))),
        Ok(count) if count <= i128::from(i64::MAX) => {
            u64::try_from(count).map_err(|_| Refused::Type)
        }
        _ => Err(refused(&format!("{} is too large", excerpt(digits)))),
    }
}

/// `"5x" is not a duration; …` or `"90": the unit is missing; …`.
fn said(text: &str, reason: &str) -> Refused {
    let link = if reason.starts_with("not ") { " is" } else { ":" };
    refused(&format!("\"{}\"{link} {reason}", excerpt(text)))
}

fn refused(reason: &str) -> Refused {
    Refused::Value { item: None, reason: reason.to_owned() }
}

fn show_array(items: &[String]) -> String {
    let items: Vec<String> = items.iter().map(|item| quoted(item)).collect();
    format!("[{}]", items.join(", "))
}
