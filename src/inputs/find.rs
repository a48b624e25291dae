//! From what was typed to what is there.
//!
//! A path stands for what is at it; a pattern for every path that it matches, each as if it had
//! been typed. A path with a wildcard in it that exists as it is counts beside what it matches.

use std::collections::{BTreeMap, VecDeque};
use std::path::Path;
use std::rc::Rc;

use rustix::fs::FileType;

use super::base::{Base, kind, word};
use super::component::Component;
use super::error::InputError;
use super::seen::{Behind, Held, Seen, State};
use super::spec::{Pattern, Spec, join};
use super::walk::{GIT, Id, Name, Walk, id, names, real_path, told};

/// What a spec stands for.
#[derive(Debug, Default)]
pub(super) struct Found {
    /// Sorted by name, each name once.
    pub(super) seen: Vec<Seen>,
    /// The links to folders that a pattern led through.
    pub(super) through: Vec<Vec<u8>>,
}

/// All that `spec` stands for.
pub(super) fn find(base: &Base, spec: &Spec) -> Result<Found, InputError> {
    let mut find = Find { base, walk: Walk::new(base), found: Found::default() };
    find.path(&spec.name, !spec.is_pattern, None)?;
    for pattern in spec.patterns() {
        find.matching(&pattern)?;
    }
    let mut found = find.found;
    if !found.seen.is_sorted_by(|a, b| a.name < b.name) {
        found.seen.sort_by(|a, b| a.name.cmp(&b.name));
        found.seen.dedup_by(|next, last| next.name == last.name);
    }
    Ok(found)
}

struct Find<'a> {
    base: &'a Base,
    walk: Walk<'a>,
    found: Found,
}

/// A folder in which a pattern goes on.
struct Place {
    path: Vec<u8>,
    /// Where in the pattern that is.
    at: Vec<usize>,
    /// Where the tree really is that it belongs to; of one that a link leads to, that of the link.
    tree: Rc<Path>,
    is_link: bool,
}

impl Find<'_> {
    /// Adds what is at a path. What was `named` is told even where there is nothing, and must be
    /// something that has content. A link that was found in a `tree` isn't followed back there.
    fn path(&mut self, path: &[u8], named: bool, tree: Option<&Path>) -> Result<(), InputError> {
        let Some(stat) = self.base.look(path)? else {
            if named {
                self.push(path, State::Absent);
            }
            return Ok(());
        };
        match kind(&stat) {
            FileType::RegularFile => self.push(path, State::file(super::base::Marks::of(&stat))),
            FileType::Directory => self.folder(path, State::Folder(Held::Here))?,
            FileType::Symlink => match State::link(self.base, path)? {
                Some(State::Link { to: Behind::Special { kind, .. }, .. }) if named => {
                    return Err(InputError::special(path, word(kind)));
                }
                Some(state) if state.leads_to_folder() => {
                    let is_followed = match tree {
                        Some(tree) => self.walk.follow(path, tree)?.is_some(),
                        None => true,
                    };
                    if is_followed {
                        self.folder(path, state)?;
                    } else {
                        self.push(path, state.held(Held::Nowhere));
                    }
                }
                Some(state) => self.push(path, state),
                None => self.push(path, State::Absent),
            },
            kind if named => return Err(InputError::special(path, word(kind))),
            kind => self.push(path, State::Special { kind, device: stat.st_rdev }),
        }
        Ok(())
    }

    /// Adds a folder, or a link to one, with all below.
    fn folder(&mut self, path: &[u8], state: State) -> Result<(), InputError> {
        let held = self.walk.below(path, &mut self.found.seen)?;
        self.push(path, state.held(held));
        Ok(())
    }

    fn push(&mut self, path: &[u8], state: State) {
        self.found.seen.push(Seen { name: path.to_vec(), state });
    }

    /// Adds each path that a pattern matches: first those in the tree itself, then those behind links.
    fn matching(&mut self, pattern: &Pattern) -> Result<(), InputError> {
        let Some(prefix) = self.base.open_folder(&pattern.prefix)? else { return Ok(()) };
        let tree = Rc::from(real_path(&prefix, &pattern.prefix));
        let path = pattern.prefix.clone();
        let mut open = vec![Place { path, at: vec![0], tree, is_link: false }];
        let mut links = VecDeque::new();
        let mut been = BTreeMap::new();
        while let Some(place) = open.pop().or_else(|| links.pop_front()) {
            for next in self.match_in(pattern, place, &mut been)? {
                if next.is_link { links.push_back(next) } else { open.push(next) }
            }
        }
        Ok(())
    }

    /// Adds each path in a folder that a pattern matches; where it goes on.
    fn match_in(
        &mut self,
        pattern: &Pattern,
        place: Place,
        been: &mut BTreeMap<(Id, Vec<usize>), Rc<[u8]>>,
    ) -> Result<Vec<Place>, InputError> {
        let Place { path, at, tree, is_link } = place;
        let at = reachable(&pattern.rest, at);
        // Without `**`, a pattern is no longer than it is, whatever links lead to.
        let is_endless = at.iter().any(|&at| pattern.rest[at] == Component::AnyDepth);
        let folder = if is_link && is_endless {
            self.walk.follow(&path, &tree)?
        } else {
            self.base.open_folder(&path)?
        };
        let Some(folder) = folder else { return Ok(Vec::new()) };
        if is_endless {
            if let Some(known) = been.get(&(id(&folder, &path)?, at.clone())) {
                return self.known(&path, &Rc::clone(known)).map(|()| Vec::new());
            }
            been.insert((id(&folder, &path)?, at.clone()), Rc::from(path.as_slice()));
        }
        let tree = if is_link { Rc::from(real_path(&folder, &path)) } else { tree };
        if is_link {
            self.walk.count_linked(&path)?;
            self.found.through.push(path.clone());
        }
        let mut places = Vec::new();
        for Name { name, kind } in names(&folder, &path)? {
            let step = step(&pattern.rest, &at, &name);
            let path = join(&path, &name);
            if step.matched {
                self.path(&path, false, Some(&tree))?;
            }
            let at = [step.deeper, step.repeated].concat();
            if !at.is_empty() && matches!(kind, FileType::Directory | FileType::Symlink) {
                let is_link = kind == FileType::Symlink;
                places.push(Place { path, at, tree: Rc::clone(&tree), is_link });
            }
        }
        Ok(places)
    }

    /// Adds a folder, or a link to one, in which a pattern has gone on under a known name before.
    fn known(&mut self, path: &[u8], known: &Rc<[u8]>) -> Result<(), InputError> {
        let state = match self.base.look(path)?.as_ref().map(kind) {
            Some(FileType::Symlink) => State::link(self.base, path)?,
            _ => Some(State::Folder(Held::Here)),
        };
        if let (Some(state), held @ Held::As(_)) = (state, told(known, path)) {
            self.push(path, state.held(held));
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
