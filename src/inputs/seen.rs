//! What was found at a path.

use std::rc::Rc;

use rustix::fs::FileType;

use super::base::{Base, Marks, kind};
use super::error::InputError;

/// A path and what was there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Seen {
    /// The path, beginning as it was typed.
    pub(super) name: Vec<u8>,
    pub(super) state: State,
}

/// What was there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum State {
    /// Nothing.
    Absent,
    /// A folder; what is in it is told by itself.
    Folder(Held),
    /// A file.
    File(Content),
    /// A link.
    Link { target: Vec<u8>, to: Behind },
    /// A pipe, a socket or a device: never opened.
    Special { kind: FileType, device: u64 },
}

/// Where it is told what a folder holds: once, however many links lead to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Held {
    /// Under the name that it has here.
    Here,
    /// Under this other one.
    As(Rc<[u8]>),
    /// Not at all: the link that leads to it is in it, or it is one of the kernel's own.
    Nowhere,
}

/// Where a link leads in the end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Behind {
    Nothing,
    Folder(Held),
    File(Content),
    Special { kind: FileType, device: u64 },
}

/// A file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Content {
    pub(super) marks: Marks,
    /// Its blake3, once it has been read or is known.
    pub(super) digest: Option<[u8; 32]>,
    /// Whether any later change would show in its marks. Where it was changed within the grain of
    /// the clock before it was read, a further change need not.
    pub(super) settled: bool,
}

impl State {
    pub(super) fn file(marks: Marks) -> State {
        State::File(Content::new(marks))
    }

    /// Of a link; `None` if it is gone by now.
    pub(super) fn link(base: &Base, path: &[u8]) -> Result<Option<State>, InputError> {
        let Some(target) = base.target(path)? else { return Ok(None) };
        let to = match base.look_through(path)? {
            None => Behind::Nothing,
            Some(stat) => match kind(&stat) {
                FileType::RegularFile => Behind::File(Content::new(Marks::of(&stat))),
                FileType::Directory => Behind::Folder(Held::Here),
                kind => Behind::Special { kind, device: stat.st_rdev },
            },
        };
        Ok(Some(State::Link { target, to }))
    }

    /// Whether it is a link that leads to a folder.
    pub(super) fn leads_to_folder(&self) -> bool {
        matches!(self, State::Link { to: Behind::Folder(_), .. })
    }

    /// The same folder, or link to one, with what is told of it elsewhere.
    pub(super) fn held(mut self, held: Held) -> State {
        if let State::Folder(place) | State::Link { to: Behind::Folder(place), .. } = &mut self {
            *place = held;
        }
        self
    }

    /// The file that it is or leads to.
    pub(super) fn content(&self) -> Option<&Content> {
        match self {
            State::File(content) | State::Link { to: Behind::File(content), .. } => Some(content),
            _ => None,
        }
    }

    pub(super) fn content_mut(&mut self) -> Option<&mut Content> {
        match self {
            State::File(content) | State::Link { to: Behind::File(content), .. } => Some(content),
            _ => None,
        }
    }
}

impl Content {
    fn new(marks: Marks) -> Content {
        Content { marks, digest: None, settled: false }
    }
}
