//! From the bytes of one file to its typed settings and everything that is wrong with it.
//!
//! A file that isn't TOML is reported as that and no further: what its keys were meant to be
//! would be a guess.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::keys::{COMMAND_KEY, DAEMON, DIR_KEY, Key, SETTINGS, STORE, key_hint, section_hint};
use super::plain;
use super::problem::{Fault, Place, Problem};
use super::schema::{KeyLines, Rule, Rules, Section, Source, StoreSettings};
use super::text::{excerpt, visible};
use super::value::{COMMAND, Refused, Scalar, Value};

/// Whose file it is.
#[derive(Clone, Copy, Debug)]
pub(super) enum Whose<'a> {
    /// The user's own, who may have a home folder.
    User { home: Option<&'a OsStr> },
    /// A project's: it says nothing about the store.
    Project,
}

/// What the file says, as far as it is right, and what is wrong with it, by line. Rules for other
/// commands than the one that is asked about may be left out, if they are right.
pub(super) fn parse(
    path: &Path,
    content: &[u8],
    whose: Whose<'_>,
    rules: Rules<'_>,
) -> (Source, Vec<Problem>) {
    let plain = std::str::from_utf8(content).ok();
    match plain.and_then(|text| plain::parse(path, text, whose, rules)) {
        Some(source) => (source, Vec::new()),
        None => whole(path, content, whose),
    }
}

/// The same for whatever a file may hold.
pub(super) fn whole(path: &Path, content: &[u8], whose: Whose<'_>) -> (Source, Vec<Problem>) {
    let mut source = Source::empty(path);
    let mut problems = Problems::new(path, content);
    match std::str::from_utf8(content) {
        Ok(text) => {
            let (table, errors) = DeTable::parse_recoverable(text);
            if errors.is_empty() {
                top(table.get_ref(), whose, &mut source, &mut problems);
            }
            for error in errors {
                let span = error.span().unwrap_or_default();
                problems.syntax(span.start, text.get(span).unwrap_or(""), error.message());
            }
        }
        Err(error) => problems.push(error.valid_up_to(), Fault::NotUtf8),
    }
    (source, problems.by_line())
}

fn top(table: &DeTable<'_>, whose: Whose<'_>, source: &mut Source, problems: &mut Problems<'_>) {
    for (key, value) in table {
        let at = key.span().start;
        match (key.get_ref().as_ref(), value.get_ref(), whose) {
            ("store", _, Whose::Project) => problems.push(at, Fault::StoreInProject),
            ("store", DeValue::Table(table), Whose::User { home }) => {
                source.store = section(STORE, table, Place::Store, problems);
                expand_home(&mut source.store, home, problems);
            }
            ("daemon", _, Whose::Project) => problems.push(at, Fault::DaemonInProject),
            ("daemon", DeValue::Table(table), Whose::User { .. }) => {
                source.daemon = section(DAEMON, table, Place::Daemon, problems);
            }
            ("defaults", DeValue::Table(table), _) => {
                source.defaults = section(SETTINGS, table, Place::Defaults, problems);
            }
            ("rule", DeValue::Array(items), _) => {
                let rules = items.iter().filter_map(|item| rule(item, problems));
                source.rules = rules.collect();
            }
            ("store", ..) => problems.wrong_section(at, "store", "[store]"),
            ("daemon", ..) => problems.wrong_section(at, "daemon", "[daemon]"),
            ("defaults", ..) => problems.wrong_section(at, "defaults", "[defaults]"),
            ("rule", ..) => problems.wrong_section(at, "rule", "[[rule]]"),
            (name, value, _) => problems.push(at, unknown(name, value)),
        }
    }
}

fn unknown(name: &str, value: &DeValue<'_>) -> Fault {
    let of_tables = |items: &[Spanned<DeValue<'_>>]| {
        let is_table = |item: &Spanned<DeValue<'_>>| item.get_ref().is_table();
        !items.is_empty() && items.iter().all(is_table)
    };
    let is_section = value.is_table() || value.as_array().is_some_and(|items| of_tables(items));
    if is_section {
        Fault::UnknownSection { name: excerpt(name), hint: section_hint(name) }
    } else {
        Fault::UnknownKey {
            key: excerpt(name),
            place: Place::Top,
            hint: key_hint(name, Place::Top),
        }
    }
}

fn rule(item: &Spanned<DeValue<'_>>, problems: &mut Problems<'_>) -> Option<Rule> {
    let DeValue::Table(table) = item.get_ref() else {
        problems.wrong_section(item.span().start, "rule", "[[rule]]");
        return None;
    };
    let section = section(SETTINGS, table, Place::Rule, problems);
    let Some((key, value)) = table.get_key_value(COMMAND_KEY) else {
        problems.push(item.span().start, Fault::NoCommand);
        return None;
    };
    match with_value(value.get_ref(), COMMAND.read) {
        Ok(command) => Some(Rule { command, line: problems.lines.of(key.span().start), section }),
        Err(refused) => {
            let expected = (COMMAND.what, COMMAND.example);
            problems.refused(COMMAND_KEY, expected, value, refused);
            None
        }
    }
}

fn section<S: Default>(
    keys: &[Key<S>],
    table: &DeTable<'_>,
    place: Place,
    problems: &mut Problems<'_>,
) -> Section<S> {
    let mut section = Section { values: S::default(), lines: KeyLines::default() };
    for (key, value) in table {
        let (name, at) = (key.get_ref().as_ref(), key.span().start);
        match keys.iter().find(|known| known.name == name) {
            Some(known) => {
                let read = |value: Value<'_, '_>| (known.read)(&mut section.values, value);
                match with_value(value.get_ref(), read) {
                    Ok(()) => {
                        section.lines.insert(known.name, problems.lines.of(at));
                    }
                    Err(refused) => {
                        problems.refused(known.name, (known.what, known.example), value, refused);
                    }
                }
            }
            None if place == Place::Rule && name == COMMAND_KEY => {}
            None => problems.push(
                at,
                Fault::UnknownKey { key: excerpt(name), place, hint: key_hint(name, place) },
            ),
        }
    }
    section
}

/// Has something look at a value.
fn with_value<T>(value: &DeValue<'_>, look: impl FnOnce(Value<'_, '_>) -> T) -> T {
    match value {
        DeValue::Array(items) => {
            let items: Vec<_> = items.iter().map(|item| scalar(item.get_ref())).collect();
            look(Value::List(&items))
        }
        value => look(Value::One(scalar(value))),
    }
}

/// A value that isn't a list, or stands in one.
fn scalar<'v>(value: &'v DeValue<'_>) -> Scalar<'v> {
    match value {
        DeValue::String(text) => Scalar::Text(text),
        DeValue::Integer(number) => Scalar::Number(number.as_str(), number.radix()),
        DeValue::Boolean(flag) => Scalar::Flag(*flag),
        DeValue::Float(_) => Scalar::Other("a float"),
        DeValue::Datetime(_) => Scalar::Other("a date"),
        DeValue::Array(_) => Scalar::Other("an array"),
        DeValue::Table(_) => Scalar::Other("a table"),
    }
}

/// Puts the home folder in for the `~` of the cache folder.
fn expand_home(
    store: &mut Section<StoreSettings>,
    home: Option<&OsStr>,
    problems: &mut Problems<'_>,
) {
    let Some(dir) = &store.values.dir else { return };
    store.values.dir = at_home(dir, home);
    if store.values.dir.is_none() {
        let fault = Fault::Value {
            key: DIR_KEY,
            reason: "HOME is not set, so ~ names no folder".to_owned(),
        };
        let line = store.lines.remove(DIR_KEY);
        problems.push_line(line, fault);
    }
}

/// A folder with the home folder for `~`, if that is needed and there is one.
pub(super) fn at_home(dir: &Path, home: Option<&OsStr>) -> Option<PathBuf> {
    let Ok(below) = dir.strip_prefix("~") else { return Some(dir.to_owned()) };
    let home = home.map(Path::new).filter(|home| home.is_absolute())?;
    Some(home.join(below))
}

/// Collects what is wrong with one file.
struct Problems<'a> {
    path: &'a Path,
    lines: Lines,
    found: Vec<Problem>,
}

impl<'a> Problems<'a> {
    fn new(path: &'a Path, content: &[u8]) -> Self {
        Problems { path, lines: Lines::new(content), found: Vec::new() }
    }

    fn push(&mut self, at: usize, fault: Fault) {
        self.push_line(Some(self.lines.of(at)), fault);
    }

    fn push_line(&mut self, line: Option<usize>, fault: Fault) {
        self.found.push(Problem { file: self.path.to_owned(), line, fault });
    }

    fn syntax(&mut self, at: usize, near: &str, reason: &str) {
        let (near, reason) = (excerpt(near.trim()), visible(reason));
        self.push(at, Fault::Syntax { near, reason });
    }

    fn wrong_section(&mut self, at: usize, name: &'static str, place: &'static str) {
        self.push(at, Fault::WrongSection { name, place });
    }

    fn refused(
        &mut self,
        key: &'static str,
        (what, example): (&str, &str),
        value: &Spanned<DeValue<'_>>,
        refused: Refused,
    ) {
        let (item, reason) = match refused {
            Refused::Value { item, reason } => (item, reason),
            Refused::Type => {
                let found = with_value(value.get_ref(), |value| value.type_name());
                (None, format!("expected {what} like {example}, found {found}"))
            }
        };
        let items = value.get_ref().as_array();
        let item = item.and_then(|place| items?.get(place));
        self.push(item.unwrap_or(value).span().start, Fault::Value { key, reason });
    }

    /// Of what the TOML parser stumbled over in a line, the first: one slip makes it stumble more
    /// than once.
    fn by_line(mut self) -> Vec<Problem> {
        let is_syntax = |problem: &Problem| matches!(problem.fault, Fault::Syntax { .. });
        self.found.sort_by_key(|problem| problem.line);
        self.found
            .dedup_by(|next, first| next.line == first.line && is_syntax(next) && is_syntax(first));
        self.found
    }
}

/// Where the lines of a text begin.
struct Lines(Vec<usize>);

impl Lines {
    fn new(content: &[u8]) -> Self {
        let ends = content.iter().enumerate().filter(|(_, byte)| **byte == b'\n');
        Lines([0].into_iter().chain(ends.map(|(end, _)| end + 1)).collect())
    }

    /// The line, from 1, that holds the byte.
    fn of(&self, at: usize) -> usize {
        self.0.partition_point(|&start| start <= at)
    }
}

#[cfg(test)]
mod tests;
