//! The plain form of TOML that most configuration files are written in, read in one pass: each
//! call reads the whole configuration, and with twenty rules the parser of all of TOML took a sixth
//! of the time of a hit.
//!
//! Plain are `[section]`, `[[section]]` and `key = value` with bare keys, where a value is a string
//! without escapes, a boolean, a whole number, or an array of these. Whatever else there is, and
//! whatever is wrong, is left to `parse.rs` and the `toml` crate, which stay the authority: what
//! is read here they read alike, and a test holds that.

mod reader;

use std::path::Path;

use toml::Spanned;
use toml::de::DeValue;

use super::keys::{COMMAND_KEY, DAEMON, Key, SETTINGS, STORE};
use super::parse::{Whose, at_home};
use super::schema::{Rule, Section, Settings, Source};
use super::value::COMMAND;
use reader::{Item, Reader};

/// What the file says, if it is plain and right.
pub(super) fn parse(path: &Path, text: &str, whose: Whose<'_>) -> Option<Source> {
    let mut reader = Reader::new(text)?;
    let mut source = Source::empty(path);
    source.rules.reserve(rules_in(text));
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
                "store" => fill(STORE, &mut source.store, key, &value, line)?,
                "daemon" => fill(DAEMON, &mut source.daemon, key, &value, line)?,
                "defaults" => fill(SETTINGS, &mut source.defaults, key, &value, line)?,
                "rule" => rule.as_mut()?.fill(key, &value, line)?,
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

/// How many rules to make room for, so that none is moved when others come; 64 at most.
fn rules_in(text: &str) -> usize {
    text.as_bytes().windows(2).filter(|pair| *pair == b"[[").count().min(64)
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
struct OpenRule {
    command: Option<(Vec<String>, usize)>,
    section: Section<Settings>,
}

impl OpenRule {
    fn fill(&mut self, key: &str, value: &Spanned<DeValue<'_>>, line: usize) -> Option<()> {
        if key != COMMAND_KEY {
            return fill(SETTINGS, &mut self.section, key, value, line);
        }
        let command = (COMMAND.read)(value).ok()?;
        self.command.replace((command, line)).is_none().then_some(())
    }
}

/// Takes the rule that ends here, if one does; it must have a command.
fn close(rule: Option<OpenRule>, rules: &mut Vec<Rule>) -> Option<()> {
    if let Some(OpenRule { command, section }) = rule {
        let (command, line) = command?;
        rules.push(Rule { command, line, section });
    }
    Some(())
}

/// Takes one value into a section that hasn't named it yet.
fn fill<S>(
    keys: &[Key<S>],
    section: &mut Section<S>,
    name: &str,
    value: &Spanned<DeValue<'_>>,
    line: usize,
) -> Option<()> {
    let key = keys.iter().find(|key| key.name == name)?;
    (key.read)(&mut section.values, value).ok()?;
    section.lines.insert(key.name, line).is_none().then_some(())
}

#[cfg(test)]
mod tests;
