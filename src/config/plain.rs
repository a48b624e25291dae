//! The plain form of TOML that most configuration files are written in, read in one pass: each
//! call reads the whole configuration, and with twenty rules the parser of all of TOML took a sixth
//! of the time of a hit.
//!
//! All of the file is checked, but of the rules only those are kept that are asked for: the others
//! would be made and dropped again.
//!
//! Plain are `[section]`, `[[section]]` and `key = value` with bare keys, where a value is a string
//! without escapes, a boolean, a whole number, or an array of these. Whatever else there is, and
//! whatever is wrong, is left to `parse.rs` and the `toml` crate, which stay the authority: what
//! is read here they read alike, and a test holds that.

mod reader;

use std::path::Path;

use super::keys::{COMMAND_KEY, DAEMON, Key, SETTINGS, STORE};
use super::parse::{Whose, at_home};
use super::schema::{Rule, Rules, Section, Settings, Source};
use super::value::{Scalar, Value, command_words};
use reader::{Item, Reader};

/// What the file says, if it is plain and right.
pub(super) fn parse(path: &Path, text: &str, whose: Whose<'_>, rules: Rules<'_>) -> Option<Source> {
    let mut reader = Reader::new(text)?;
    let mut source = Source::empty(path);
    let mut seen = Vec::new();
    let mut rule: Option<OpenRule> = None;
    let mut open = "";
    while let Some(item) = reader.next().ok()? {
        match item {
            Item::Header { name: "rule", is_array: true } => {
                close(rule.replace(OpenRule::default()), &mut source.rules)?;
                open = "rule";
            }
            Item::Header { name, is_array: false } if is_section(name, whose) => {
                if seen.contains(&name) {
                    return None;
                }
                seen.push(name);
                open = name;
            }
            Item::Header { .. } => return None,
            Item::Pair { key, value, line } => match open {
                "store" => fill(STORE, &mut source.store, key, value, line)?,
                "daemon" => fill(DAEMON, &mut source.daemon, key, value, line)?,
                "defaults" => fill(SETTINGS, &mut source.defaults, key, value, line)?,
                "rule" => rule.as_mut()?.take(key, value, line, rules)?,
                _ => return None,
            },
        }
    }
    close(rule, &mut source.rules)?;
    if let (Some(dir), Whose::User { home }) = (&mut source.store.values.dir, whose) {
        *dir = at_home(dir, home)?;
    }
    Some(source)
}

/// Whether a file may have the section `[name]`.
fn is_section(name: &str, whose: Whose<'_>) -> bool {
    match name {
        "store" | "daemon" => matches!(whose, Whose::User { .. }),
        "defaults" => true,
        _ => false,
    }
}

/// A rule that is being read.
#[derive(Default)]
struct OpenRule<'t> {
    command: Option<(Vec<&'t str>, usize)>,
    /// Whether it is known not to be asked for.
    is_idle: bool,
    /// The settings that it has named, a bit for each place in their table.
    named: u32,
    /// What it sets, as far as that was read before it was known to be idle.
    section: Option<Section<Settings>>,
}

const _: () = assert!(SETTINGS.len() <= u32::BITS as usize, "a bit for each setting");

impl<'t> OpenRule<'t> {
    /// Takes one value, which the rule hasn't named yet.
    fn take(
        &mut self,
        name: &str,
        value: Value<'_, 't>,
        line: usize,
        rules: Rules<'_>,
    ) -> Option<()> {
        if name == COMMAND_KEY {
            let Value::One(Scalar::Text(text)) = value else { return None };
            let words = command_words(text).ok()?;
            self.is_idle = !rules.concern(&words);
            return self.command.replace((words, line)).is_none().then_some(());
        }
        let place = SETTINGS.iter().position(|key| key.name == name)?;
        let bit = 1 << place;
        if self.named & bit != 0 {
            return None;
        }
        self.named |= bit;
        if self.is_idle {
            return (SETTINGS[place].takes)(value).then_some(());
        }
        read(&SETTINGS[place], self.section.get_or_insert_default(), value, line)
    }
}

/// Takes the rule that ends here, if one does and it is asked for; it must have a command.
fn close(rule: Option<OpenRule<'_>>, rules: &mut Vec<Rule>) -> Option<()> {
    let Some(OpenRule { command, is_idle, section, .. }) = rule else { return Some(()) };
    let (words, line) = command?;
    if !is_idle {
        let command = words.into_iter().map(str::to_owned).collect();
        rules.push(Rule { command, line, section: section.unwrap_or_default() });
    }
    Some(())
}

/// Takes one value into a section that hasn't named it yet.
fn fill<S>(
    keys: &[Key<S>],
    section: &mut Section<S>,
    name: &str,
    value: Value<'_, '_>,
    line: usize,
) -> Option<()> {
    let key = keys.iter().find(|key| key.name == name)?;
    if section.lines.get(key.name).is_some() {
        return None;
    }
    read(key, section, value, line)
}

fn read<S>(
    key: &Key<S>,
    section: &mut Section<S>,
    value: Value<'_, '_>,
    line: usize,
) -> Option<()> {
    (key.read)(&mut section.values, value).ok()?;
    section.lines.insert(key.name, line);
    Some(())
}

#[cfg(test)]
mod tests;
