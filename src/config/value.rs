//! The kinds of values a key can have: how each is read from TOML and written back.

use std::path::{Path, PathBuf};
use std::time::Duration;

use toml::Spanned;
use toml::de::{DeInteger, DeValue};

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
    pub read: fn(&Spanned<DeValue<'_>>) -> Result<T, Refused>,
    /// Writes one so that [`Kind::read`] gets the same back.
    pub show: fn(&T) -> String,
}

/// Why a value isn't taken.
pub(super) enum Refused {
    /// It has another TOML type than this kind.
    Type,
    /// It says something wrong, at this byte of the file.
    Value { at: usize, reason: String },
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
        duration::parse(text).map_err(|reason| said(value, text, &reason))
    },
    show: |value| quoted(&show_duration(*value)),
};

/// Bytes. A bare number counts them too, as it does on the command line.
pub(super) const SIZE: Kind<u64> = Kind {
    what: "a size",
    example: "\"64KiB\"",
    read: |value| {
        if let DeValue::Integer(number) = value.get_ref() {
            return positive(value, number);
        }
        let text = string(value)?;
        size::parse(text).map_err(|reason| said(value, text, &reason))
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
            Err(refused(value, &format!("{} is too small; the least is {least}", show_size(bytes))))
        }
        bytes => Ok(bytes),
    },
    show: SIZE.show,
};

pub(super) const COUNT: Kind<u64> = Kind {
    what: "a number",
    example: "100000",
    read: |value| match value.get_ref() {
        DeValue::Integer(number) => positive(value, number),
        _ => Err(Refused::Type),
    },
    show: u64::to_string,
};

pub(super) const FLAG: Kind<bool> = Kind {
    what: "a boolean",
    example: "true",
    read: |value| value.get_ref().as_bool().ok_or(Refused::Type),
    show: bool::to_string,
};

pub(super) const NAME: Kind<String> = Kind {
    what: "a string",
    example: "\"team-a\"",
    read: |value| Ok(name(value)?.to_owned()),
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
        let text = name(value)?;
        if Path::new(text).is_absolute() || text.starts_with("~/") {
            Ok(PathBuf::from(text))
        } else {
            Err(said(value, text, "write it from / or from ~/"))
        }
    },
    show: |value| quoted(&value.to_string_lossy()),
};

/// The words of a rule's pattern; not among the keys because a rule can't be without it.
pub(super) const COMMAND: Kind<Vec<String>> = Kind {
    what: "a string",
    example: "\"kubectl get **\"",
    read: read_command,
    show: |words| quoted(&words.join(" ")),
};

/// What the TOML type is called, with its article.
pub(super) fn type_name(value: &DeValue<'_>) -> &'static str {
    match value {
        DeValue::String(_) => "a string",
        DeValue::Integer(_) => "an integer",
        DeValue::Float(_) => "a float",
        DeValue::Boolean(_) => "a boolean",
        DeValue::Datetime(_) => "a date",
        DeValue::Array(_) => "an array",
        DeValue::Table(_) => "a table",
    }
}

fn read_choice<T: Choice>(value: &Spanned<DeValue<'_>>) -> Result<T, Refused> {
    let text = string(value)?;
    if let Some((_, choice)) = T::ALL.iter().find(|(word, _)| *word == text) {
        return Ok(*choice);
    }
    let words: Vec<String> = T::ALL.iter().map(|(word, _)| quoted(word)).collect();
    let hint = nearest(text, T::ALL.iter().map(|(word, _)| *word))
        .map_or_else(String::new, |word| format!("; did you mean \"{word}\"?"));
    let reason = format!("not one of {}{hint}", words.join(", "));
    Err(said(value, text, &reason))
}

fn word_for<T: Choice>(value: T) -> &'static str {
    T::ALL.iter().find(|(_, choice)| *choice == value).map_or("", |(word, _)| word)
}

fn read_command(value: &Spanned<DeValue<'_>>) -> Result<Vec<String>, Refused> {
    let text = string(value)?;
    let words: Vec<String> = text.split_whitespace().map(str::to_owned).collect();
    let Some((_, fixed)) = words.split_last() else {
        return Err(refused(value, "is empty; write ** for every command"));
    };
    let stray = |word: &String| word.as_bytes().windows(2).any(|pair| pair == b"**");
    if fixed.iter().any(stray) || words.iter().any(|word| word != "**" && stray(word)) {
        let reason = "** stands for the rest: as the last word, and alone";
        return Err(said(value, text, reason));
    }
    no_nul(value, text)?;
    Ok(words)
}

fn string<'v>(value: &'v Spanned<DeValue<'_>>) -> Result<&'v str, Refused> {
    value.get_ref().as_str().ok_or(Refused::Type)
}

fn name<'v>(value: &'v Spanned<DeValue<'_>>) -> Result<&'v str, Refused> {
    let text = string(value)?;
    if text.is_empty() {
        return Err(refused(value, "\"\" is empty; leave it out"));
    }
    no_nul(value, text)?;
    Ok(text)
}

/// A pattern over names of environment variables, which hold no `=`. A comma parts patterns on
/// the command line, so one in here is taken for that rather than for part of a name.
fn pattern<'v>(value: &'v Spanned<DeValue<'_>>) -> Result<&'v str, Refused> {
    let text = name(value)?;
    if text.contains('=') {
        return Err(said(value, text, "name the variable without a value"));
    }
    if text.contains(',') {
        return Err(said(value, text, "write each pattern as a string of its own"));
    }
    Ok(text)
}

fn no_nul(value: &Spanned<DeValue<'_>>, text: &str) -> Result<(), Refused> {
    if text.contains('\0') {
        return Err(said(value, text, "no command, variable or path holds a NUL"));
    }
    Ok(())
}

fn strings(
    value: &Spanned<DeValue<'_>>,
    read: for<'v, 'd> fn(&'v Spanned<DeValue<'d>>) -> Result<&'v str, Refused>,
) -> Result<Vec<String>, Refused> {
    let items = value.get_ref().as_array().ok_or(Refused::Type)?;
    items
        .iter()
        .map(|item| match read(item) {
            Ok(text) => Ok(text.to_owned()),
            Err(Refused::Type) => {
                let reason = format!("expected strings only, found {}", type_name(item.get_ref()));
                Err(refused(item, &reason))
            }
            Err(refused) => Err(refused),
        })
        .collect()
}

fn positive(value: &Spanned<DeValue<'_>>, number: &DeInteger<'_>) -> Result<u64, Refused> {
    match i128::from_str_radix(number.as_str(), number.radix()) {
        Ok(..=0) => Err(refused(value, &format!("{number} is not positive"))),
        Ok(count) if count <= i128::from(i64::MAX) => {
            u64::try_from(count).map_err(|_| Refused::Type)
        }
        _ => {
            let reason = format!("{} is too large", excerpt(number.as_str()));
            Err(refused(value, &reason))
        }
    }
}

/// `"5x" is not a duration; …` or `"90": the unit is missing; …`.
fn said(value: &Spanned<DeValue<'_>>, text: &str, reason: &str) -> Refused {
    let link = if reason.starts_with("not ") { " is" } else { ":" };
    refused(value, &format!("\"{}\"{link} {reason}", excerpt(text)))
}

fn refused(value: &Spanned<DeValue<'_>>, reason: &str) -> Refused {
    Refused::Value { at: value.span().start, reason: reason.to_owned() }
}

fn show_array(items: &[String]) -> String {
    let items: Vec<String> = items.iter().map(|item| quoted(item)).collect();
    format!("[{}]", items.join(", "))
}
