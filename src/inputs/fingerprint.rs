//! The fingerprint of a call's inputs: what is put into its key before the command runs, and
//! compared with what is there when it has run.

use std::path::{Path, PathBuf};

use super::base::{Base, Marks};
use super::error::InputError;
use super::find::find;
use super::known::{self, Known};
use super::parts::parts;
use super::read::read_all;
use super::seen::{Behind, Content, Seen, State};
use super::spec::Spec;
use super::specs;
use crate::model::inputs::Wanted;
use crate::model::key::Part;
use crate::store::Store;
use crate::sys::clock;

/// The inputs of a call, as they were at one moment.
#[derive(Debug, Default)]
pub struct Fingerprint {
    asked: Asked,
    groups: Vec<Group>,
    parts: Vec<Part>,
}

/// What was asked for.
#[derive(Debug, Default)]
struct Asked {
    wanted: Wanted,
    arguments: Vec<Vec<u8>>,
    directory: PathBuf,
}

/// What one of them stands for.
#[derive(Debug)]
pub(super) struct Group {
    pub(super) spec: Spec,
    pub(super) by: By,
    pub(super) seen: Vec<Seen>,
}

/// What of a file counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum By {
    Content,
    /// Modification time and size.
    Time,
}

/// Looks at all inputs, and reads those whose content isn't known to `cache` from an earlier call.
///
/// `arguments` are the words of the command after the first, relative paths start from
/// `directory` (from the working directory where that is empty).
///
/// # Errors
/// If an input can't be looked at or read, or is neither file nor folder: the call can't be told
/// from others then. That nothing is there is no error.
pub fn fingerprint(
    wanted: &Wanted,
    arguments: &[&[u8]],
    directory: &Path,
    cache: Option<&Store>,
) -> Result<Fingerprint, InputError> {
    if wanted.is_empty() {
        return Ok(Fingerprint::default());
    }
    let base = Base::open(directory)?;
    let mut groups = look(&base, wanted, arguments)?;
    match cache {
        Some(store) => {
            let name = known::name(wanted, arguments, directory.as_os_str().as_encoded_bytes());
            let known = Known::read(store, &name, clock::now().wall);
            if identify(&base, &mut groups, &known)? {
                known::write(store, &name, learnt(&groups));
            }
        }
        None => {
            identify(&base, &mut groups, &Known::none())?;
        }
    }
    let asked = Asked {
        wanted: wanted.clone(),
        arguments: arguments.iter().map(|word| word.to_vec()).collect(),
        directory: directory.to_owned(),
    };
    Ok(Fingerprint { asked, parts: parts(&groups), groups })
}

impl Fingerprint {
    /// What goes into the key.
    #[must_use]
    pub fn parts(&self) -> &[Part] {
        &self.parts
    }

    /// What was asked for.
    #[must_use]
    pub fn wanted(&self) -> &Wanted {
        &self.asked.wanted
    }

    /// Whether the file at a path, as it is typed, is an input of which the content counts.
    #[must_use]
    pub fn has(&self, path: &[u8]) -> bool {
        let name = Spec::word(path).name;
        let contents = self.groups.iter().filter(|group| group.by == By::Content);
        contents.flat_map(|group| &group.seen).any(|seen| seen.name == name)
    }

    /// Whether every input is still what it was: to be asked when the command has run, because
    /// nobody knows otherwise which state its output belongs to.
    ///
    /// A file that was written to doesn't hold, even if it says the same again by now: in between
    /// it may have said something else. One that was only touched by a link or a change of its
    /// mode does.
    #[must_use]
    pub fn still_holds(&self) -> bool {
        if self.asked.wanted.is_empty() {
            return true;
        }
        self.holds().unwrap_or(false)
    }

    fn holds(&self) -> Result<bool, InputError> {
        let Asked { wanted, arguments, directory } = &self.asked;
        let arguments: Vec<&[u8]> = arguments.iter().map(Vec::as_slice).collect();
        let base = Base::open(directory)?;
        let now = look(&base, wanted, &arguments)?;
        if now.len() != self.groups.len() {
            return Ok(false);
        }
        let mut doubtful: Vec<(&[u8], &Content)> = Vec::new();
        for (then, now) in self.groups.iter().zip(&now) {
            if then.spec != now.spec || then.seen.len() != now.seen.len() {
                return Ok(false);
            }
            for (seen, now) in then.seen.iter().zip(&now.seen) {
                match compare(seen, now, then.by) {
                    Compared::Same => {}
                    Compared::Changed => return Ok(false),
                    Compared::Doubtful(content) => doubtful.push((&seen.name, content)),
                }
            }
        }
        let files: Vec<(&[u8], u64)> =
            doubtful.iter().map(|(name, content)| (*name, content.marks.size)).collect();
        let read = read_all(&base, &files)?;
        Ok(doubtful.iter().zip(read).all(|((_, then), now)| {
            now.is_some_and(|now| now.digest == then.digest && same_write(&then.marks, &now.marks))
        }))
    }
}

/// What is there of all that was asked for; nothing has been read.
fn look(base: &Base, wanted: &Wanted, arguments: &[&[u8]]) -> Result<Vec<Group>, InputError> {
    let contents = specs::of_content(wanted, arguments, base);
    let contents = contents.into_iter().map(|spec| (spec, By::Content));
    let times = specs::of_mtime(wanted).into_iter().map(|spec| (spec, By::Time));
    contents
        .chain(times)
        .map(|(spec, by)| Ok(Group { seen: find(base, &spec)?.seen, spec, by }))
        .collect()
}

/// Finds out the digest of each file whose content counts; whether one is worth keeping that
/// wasn't known.
fn identify(base: &Base, groups: &mut [Group], known: &Known) -> Result<bool, InputError> {
    let mut unknown: Vec<&mut Seen> = Vec::new();
    for seen in by_content(groups) {
        let Some(content) = seen.state.content_mut() else { continue };
        content.digest = known.find(&content.marks);
        content.settled = content.digest.is_some();
        if !content.settled {
            unknown.push(seen);
        }
    }
    let files: Vec<(&[u8], u64)> = unknown
        .iter()
        .map(|seen| (seen.name.as_slice(), seen.state.content().map_or(0, |c| c.marks.size)))
        .collect();
    let read = read_all(base, &files)?;
    let mut learnt = false;
    for (seen, read) in unknown.into_iter().zip(read) {
        match (seen.state.content_mut(), read) {
            (Some(content), Some(read)) => {
                *content = read;
                learnt |= read.settled;
            }
            // Gone since it was looked at; whether it comes back is asked when the command has run.
            _ => seen.state = State::Absent,
        }
    }
    Ok(learnt)
}

fn by_content(groups: &mut [Group]) -> impl Iterator<Item = &mut Seen> {
    groups.iter_mut().filter(|group| group.by == By::Content).flat_map(|group| &mut group.seen)
}

/// What a later call may take as known.
fn learnt(groups: &[Group]) -> Vec<(Marks, [u8; 32])> {
    let contents =
        groups.iter().flat_map(|group| &group.seen).filter_map(|seen| seen.state.content());
    let settled = contents.filter(|content| content.settled);
    settled.filter_map(|content| Some((content.marks, content.digest?))).collect()
}

/// What became of an input.
enum Compared<'a> {
    Same,
    Changed,
    /// A change may not show in the marks: it is to be read.
    Doubtful(&'a Content),
}

fn compare<'a>(then: &'a Seen, now: &Seen, by: By) -> Compared<'a> {
    let is_same = then.name == now.name
        && match (&then.state, &now.state) {
            (State::File(_), State::File(_)) => true,
            (
                State::Link { target, to: Behind::File(_) },
                State::Link { target: target_now, to: Behind::File(_) },
            ) => target == target_now,
            (then, now) => then == now,
        };
    let contents = (then.state.content(), now.state.content());
    match contents {
        _ if !is_same => Compared::Changed,
        (Some(then), Some(now)) if by == By::Time => {
            let same =
                (then.marks.size, then.marks.modified) == (now.marks.size, now.marks.modified);
            if same { Compared::Same } else { Compared::Changed }
        }
        (Some(then), Some(now)) if !same_write(&then.marks, &now.marks) => Compared::Changed,
        (Some(then), Some(now)) if then.settled && then.marks == now.marks => Compared::Same,
        (Some(then), Some(_)) => Compared::Doubtful(then),
        _ => Compared::Same,
    }
}

/// Whether two marks are of the same file, written to at the same time last.
fn same_write(then: &Marks, now: &Marks) -> bool {
    let of = |marks: &Marks| (marks.device, marks.inode, marks.size, marks.modified);
    of(then) == of(now)
}

#[cfg(test)]
mod tests;
