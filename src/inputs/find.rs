//! From what was typed to what is there.
//!
//! A path stands for what is at it; a pattern for every path that it matches, each as if it had
//! been typed. A path with a wildcard in it that exists as it is counts beside what it matches.

use std::os::fd::OwnedFd;

use rustix::fs::{Dir, FileType};

use super::base::{Base, kind, word};
use super::component::Component;
use super::error::InputError;
use super::seen::{Behind, Seen, State};
use super::spec::{Pattern, Spec, join};
use super::walk::{GIT, Walk};

/// All that `spec` stands for, sorted by name, each name once.
pub(super) fn find(base: &Base, spec: &Spec) -> Result<Vec<Seen>, InputError> {
    let mut found = Find { base, walk: Walk::new(base), seen: Vec::new() };
    found.path(&spec.name, !spec.is_pattern)?;
    for pattern in spec.patterns() {
        found.matching(&pattern)?;
    }
    let mut seen = found.seen;
    if !seen.is_sorted_by(|a, b| a.name < b.name) {
        seen.sort_unstable_by(|a, b| a.name.cmp(&b.name));
        seen.dedup_by(|next, last| next.name == last.name);
    }
    Ok(seen)
}

struct Find<'a> {
    base: &'a Base,
    walk: Walk<'a>,
    seen: Vec<Seen>,
}

impl Find<'_> {
    /// Adds what is at a path. What was `named` is told even where there is nothing, and must be
    /// something that has content.
    fn path(&mut self, path: &[u8], named: bool) -> Result<(), InputError> {
        let Some(stat) = self.base.look(path)? else {
            if named {
                self.push(path, State::Absent);
            }
            return Ok(());
        };
        match kind(&stat) {
            FileType::RegularFile => self.push(path, State::file(super::base::Marks::of(&stat))),
            FileType::Directory => {
                self.push(path, State::Folder);
                self.walk.below(path, &mut self.seen)?;
            }
            FileType::Symlink => match State::link(self.base, path)? {
                Some(State::Link { to: Behind::Special { kind, .. }, .. }) if named => {
                    return Err(InputError::special(path, word(kind)));
                }
                Some(state) => {
                    let leads_to_folder = matches!(state, State::Link { to: Behind::Folder, .. });
                    self.push(path, state);
                    if leads_to_folder {
                        self.walk.below(path, &mut self.seen)?;
                    }
                }
                None => self.push(path, State::Absent),
            },
            kind if named => return Err(InputError::special(path, word(kind))),
            kind => self.push(path, State::Special { kind, device: stat.st_rdev }),
        }
        Ok(())
    }

    fn push(&mut self, path: &[u8], state: State) {
        self.seen.push(Seen { name: path.to_vec(), state });
    }

    /// Adds each path that a pattern matches.
    fn matching(&mut self, pattern: &Pattern) -> Result<(), InputError> {
        let mut open = vec![(pattern.prefix.clone(), vec![0])];
        while let Some((path, places)) = open.pop() {
            let Some(folder) = self.base.open_folder(&path)? else { continue };
            let places = reachable(&pattern.rest, places);
            for (name, kind) in names(&folder, &path)? {
                let step = step(&pattern.rest, &places, &name);
                if !step.matched && step.deeper.is_empty() && step.repeated.is_empty() {
                    continue;
                }
                let path = join(&path, &name);
                if step.matched {
                    self.path(&path, false)?;
                }
                // `**` doesn't go through links, or it might never end.
                let mut next = step.deeper;
                if kind == FileType::Directory {
                    next.extend(step.repeated);
                }
                let may_hold =
                    matches!(kind, FileType::Directory | FileType::Symlink | FileType::Unknown);
                if may_hold && !next.is_empty() {
                    open.push((path, next));
                }
            }
        }
        Ok(())
    }
}

/// Where in a pattern one can be without having taken a component: `**` also stands for none.
fn reachable(rest: &[Component], places: Vec<usize>) -> Vec<usize> {
    let mut reachable = Vec::new();
    for place in places {
        reachable.push(place);
        // Two in a row have been made one, and none is last.
        if rest[place] == Component::AnyDepth {
            reachable.push(place + 1);
        }
    }
    reachable.sort_unstable();
    reachable.dedup();
    reachable
}

/// Where in a pattern a name leads.
#[derive(Default)]
struct Step {
    /// The whole pattern is matched.
    matched: bool,
    /// Places behind a component that the name matches.
    deeper: Vec<usize>,
    /// `**`, which goes on.
    repeated: Vec<usize>,
}

fn step(rest: &[Component], places: &[usize], name: &[u8]) -> Step {
    let mut step = Step::default();
    for &place in places {
        match &rest[place] {
            Component::Literal(literal) if literal == name => {}
            _ if name == GIT => continue,
            Component::AnyDepth => {
                step.repeated.push(place);
                continue;
            }
            component if component.matches(name) => {}
            _ => continue,
        }
        if place + 1 == rest.len() {
            step.matched = true;
        } else {
            step.deeper.push(place + 1);
        }
    }
    step
}

fn names(folder: &OwnedFd, path: &[u8]) -> Result<Vec<(Vec<u8>, FileType)>, InputError> {
    let failed = |errno| InputError::unreadable("list", path, errno);
    let mut names = Vec::new();
    for found in Dir::read_from(folder).map_err(failed)? {
        let found = found.map_err(failed)?;
        let name = found.file_name().to_bytes();
        if name != b"." && name != b".." {
            names.push((name.to_vec(), found.file_type()));
        }
    }
    Ok(names)
}
