//! What `.gitignore` files leave out, by git's rules: the nearest file's last matching line
//! decides.
//!
//! Only files of that name count. `.git/info/exclude` and the user's global patterns differ from
//! one checkout to the next, and whether git tracks a file isn't looked at: both would give
//! equal trees different keys.

use std::rc::Rc;

use super::component::{self, Component};

/// The name of the files.
pub(super) const NAME: &[u8] = b".gitignore";

/// One file's lines, and those of the folders above.
#[derive(Debug)]
pub(super) struct Ignored {
    /// The later line counts more.
    rules: Vec<Rule>,
    /// How many bytes of a path lead to this file's folder, its slash included.
    depth: usize,
    above: Option<Rc<Ignored>>,
}

/// A line.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Rule {
    /// Takes back what an earlier line left out.
    negated: bool,
    folders_only: bool,
    /// One without slashes is matched against the name alone, at any depth.
    components: Vec<Component>,
    anchored: bool,
}

impl Ignored {
    /// The lines of the file in the folder that `depth` bytes of a path lead to.
    pub(super) fn new(content: &[u8], depth: usize, above: Option<Rc<Ignored>>) -> Ignored {
        let content = content.strip_prefix(b"\xef\xbb\xbf").unwrap_or(content);
        let rules = content.split(|&byte| byte == b'\n').filter_map(Rule::parse).collect();
        Ignored { rules, depth, above }
    }

    /// Whether what is at `path` is left out. Whether a folder above it is has been asked before.
    pub(super) fn leaves_out(&self, path: &[u8], is_folder: bool) -> bool {
        let name = path.rsplit(|&byte| byte == b'/').next().unwrap_or(path);
        let mut file = Some(self);
        while let Some(ignored) = file {
            let below = &path[ignored.depth..];
            let mut rules = ignored.rules.iter().rev();
            if let Some(rule) = rules.find(|rule| rule.matches(below, name, is_folder)) {
                return !rule.negated;
            }
            file = ignored.above.as_deref();
        }
        false
    }
}

impl Rule {
    fn parse(line: &[u8]) -> Option<Rule> {
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        let mut text = trim_end(line);
        if text.first() == Some(&b'#') {
            return None;
        }
        let negated = text.first() == Some(&b'!');
        if negated {
            text = &text[1..];
        }
        let folders_only = text.last() == Some(&b'/');
        if folders_only {
            text = &text[..text.len() - 1];
        }
        if text.is_empty() {
            return None;
        }
        let anchored = text.contains(&b'/');
        let text = text.strip_prefix(b"/").unwrap_or(text);
        let components = component::split(text);
        Some(Rule { negated, folders_only, components, anchored })
    }

    fn matches(&self, path: &[u8], name: &[u8], is_folder: bool) -> bool {
        if self.folders_only && !is_folder {
            return false;
        }
        // The last component decides nearly always, and is the cheapest to ask.
        if !self.components.last().is_some_and(|last| last.matches(name)) {
            return false;
        }
        !self.anchored || {
            let parts: Vec<&[u8]> = path.split(|&byte| byte == b'/').collect();
            component::match_path(&self.components, &parts)
        }
    }
}

/// Spaces at the end say nothing, unless the first of them is behind a backslash.
fn trim_end(line: &[u8]) -> &[u8] {
    let mut end = line.len();
    while end > 0 && line[end - 1] == b' ' {
        let escapes = line[..end - 1].iter().rev().take_while(|&&byte| byte == b'\\').count();
        if escapes % 2 == 1 {
            break;
        }
        end -= 1;
    }
    &line[..end]
}

#[cfg(test)]
mod tests;
