//! The key: a digest of everything two calls must share to share an entry.
//!
//! A call is a list of [`Part`]s. Their encoding is injective: a version and domain in front, then
//! each part as its kind, the length of its name, its name, the length of its value, its value. So
//! no two different lists of parts encode alike, whatever bytes they hold; lengths are fixed-width
//! little-endian numbers.

mod difference;

use std::fmt;

use serde::{Deserialize, Serialize};

pub use difference::{Difference, Differs, differences};

use super::glob;
use super::volatile;

/// The version of the encoding and of the table of volatile variables; part of every key.
pub const VERSION: u32 = 1;

/// Keeps these digests apart from those of any other use of blake3 here or elsewhere.
const DOMAIN: &[u8] = b"omoide key";

/// The digest of a call.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Key(pub [u8; 32]);

/// What a part of the key is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Kind {
    /// A word of the command line; its name is its place, 0 for the command.
    Argument,
    /// The program's identity.
    Program,
    /// The working directory.
    Directory,
    /// How variables were chosen: the whole environment or selected ones.
    Environment,
    /// A pattern of `--env-exclude`, where the whole environment counts.
    Excluded,
    /// An environment variable.
    Variable,
    /// The namespace.
    Scope,
    /// The digest of standard input.
    Input,
    /// An input of which the content counts; its name is its path, beginning as it was typed.
    File,
    /// An input of which the modification time and size count.
    FileTime,
}

impl Kind {
    /// Its name in listings and JSON.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Kind::Argument => "argument",
            Kind::Program => "program",
            Kind::Directory => "directory",
            Kind::Environment => "environment",
            Kind::Excluded => "excluded",
            Kind::Variable => "variable",
            Kind::Scope => "scope",
            Kind::Input => "stdin",
            Kind::File => "input",
            Kind::FileTime => "input-mtime",
        }
    }

    /// Its byte in the encoding; never to be reused or renumbered.
    fn tag(self) -> u8 {
        match self {
            Kind::Argument => 1,
            Kind::Program => 2,
            Kind::Directory => 3,
            Kind::Environment => 4,
            Kind::Excluded => 5,
            Kind::Variable => 6,
            Kind::Scope => 7,
            Kind::Input => 8,
            Kind::File => 9,
            Kind::FileTime => 10,
        }
    }
}

/// One part of the key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part {
    /// What it is.
    pub kind: Kind,
    /// Which of its kind.
    pub name: Vec<u8>,
    /// What it holds.
    pub value: Vec<u8>,
}

/// A part as the store keeps it: enough to see that it differs, not what it held.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PartDigest {
    /// What it is.
    pub kind: Kind,
    /// Which of its kind.
    pub name: Vec<u8>,
    /// The first 8 bytes of the blake3 of its value, keyed with the store's salt.
    pub digest: [u8; 8],
}

/// How a program is identified.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Program {
    /// By path, size and modification time.
    Stat {
        /// Its path, through links.
        path: Vec<u8>,
        /// Its size in bytes.
        size: u64,
        /// Its modification time in nanoseconds since 1970.
        modified: i64,
    },
    /// By the blake3 of its content.
    Content([u8; 32]),
    /// By its path, through links.
    Path(Vec<u8>),
}

/// How a program is to be identified.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum IdentifyBy {
    /// By path through links, size and modification time.
    #[default]
    Stat,
    /// By its content.
    Content,
    /// By its path through links.
    Path,
}

/// Which environment variables count.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Selection {
    /// Patterns of the only ones that count; all but the volatile ones where not given.
    pub only: Option<Vec<String>>,
    /// Patterns of those that don't count.
    pub exclude: Vec<String>,
}

impl Selection {
    /// Whether the variable `name` is part of the key.
    #[must_use]
    pub fn takes(&self, name: &[u8]) -> bool {
        let listed = |patterns: &[String]| {
            patterns.iter().any(|pattern| glob::matches(pattern.as_bytes(), name))
        };
        let wanted = match &self.only {
            Some(only) => listed(only),
            None => volatile::reason(name).is_none(),
        };
        wanted && !listed(&self.exclude)
    }
}

/// Everything of a call that its key is made of.
#[derive(Clone, Debug)]
pub struct Identity<'a> {
    /// The command and its arguments.
    pub command: &'a [&'a [u8]],
    /// The program the command resolves to.
    pub program: &'a Program,
    /// The working directory, unless it is left out.
    pub directory: Option<&'a [u8]>,
    /// The environment, as it is.
    pub environment: &'a [(&'a [u8], &'a [u8])],
    /// Which of it counts.
    pub selection: &'a Selection,
    /// The namespace, if one is named.
    pub scope: Option<&'a [u8]>,
    /// The blake3 of standard input, if it is read.
    pub input: Option<[u8; 32]>,
    /// The files that the result depends on, in an order of their own.
    pub inputs: &'a [Part],
}

impl Identity<'_> {
    /// The key.
    #[must_use]
    pub fn key(&self) -> Key {
        let mut encoding = Encoding::new();
        self.each_part(|kind, name, value| encoding.part(kind, name, value));
        encoding.key()
    }

    /// All parts, for people and for the store's digests.
    #[must_use]
    pub fn parts(&self) -> Vec<Part> {
        let mut parts = Vec::new();
        self.each_part(|kind, name, value| {
            parts.push(Part { kind, name: name.to_vec(), value: value.to_vec() });
        });
        parts
    }

    /// Hands over each part in the one order that there is.
    fn each_part(&self, mut part: impl FnMut(Kind, &[u8], &[u8])) {
        for (place, word) in self.command.iter().enumerate() {
            part(Kind::Argument, place.to_string().as_bytes(), word);
        }
        match self.program {
            Program::Stat { path, size, modified } => {
                part(Kind::Program, b"path", path);
                part(Kind::Program, b"size", size.to_string().as_bytes());
                part(Kind::Program, b"modified", modified.to_string().as_bytes());
            }
            Program::Content(digest) => {
                part(Kind::Program, b"content", blake3::Hash::from(*digest).to_hex().as_bytes());
            }
            Program::Path(path) => part(Kind::Program, b"path alone", path),
        }
        if let Some(directory) = self.directory {
            part(Kind::Directory, b"cwd", directory);
        }
        self.each_variable(&mut part);
        if let Some(scope) = self.scope {
            part(Kind::Scope, b"scope", scope);
        }
        if let Some(digest) = self.input {
            part(Kind::Input, b"blake3", blake3::Hash::from(digest).to_hex().as_bytes());
        }
        for input in self.inputs {
            part(input.kind, &input.name, &input.value);
        }
    }

    /// The way variables were chosen, then the chosen ones, sorted.
    ///
    /// Under `--env` the patterns themselves are not part of the key, so that a variable that is
    /// absent is the same as one that was never named. Where the whole environment counts,
    /// exclusions are part of it: a value computed while a variable was ignored must not serve
    /// a caller who ignores nothing.
    fn each_variable(&self, part: &mut impl FnMut(Kind, &[u8], &[u8])) {
        if self.selection.only.is_some() {
            part(Kind::Environment, MODE, SELECTED);
        } else {
            part(Kind::Environment, MODE, WHOLE);
            let mut exclude: Vec<&str> =
                self.selection.exclude.iter().map(String::as_str).collect();
            exclude.sort_unstable();
            exclude.dedup();
            for pattern in exclude {
                part(Kind::Excluded, pattern.as_bytes(), b"");
            }
        }
        let mut variables: Vec<&(&[u8], &[u8])> =
            self.environment.iter().filter(|(name, _)| self.selection.takes(name)).collect();
        // Stable: of a name that occurs twice, which one comes first makes a difference.
        variables.sort_by_key(|(name, _)| *name);
        for (name, value) in variables {
            part(Kind::Variable, name, value);
        }
    }
}

const MODE: &[u8] = b"mode";
const SELECTED: &[u8] = b"selected";
const WHOLE: &[u8] = b"whole";

/// The part that says how variables were chosen: selected ones, or the whole environment.
#[must_use]
pub fn environment_mode(is_selected: bool) -> Part {
    let value = if is_selected { SELECTED } else { WHOLE };
    Part { kind: Kind::Environment, name: MODE.to_vec(), value: value.to_vec() }
}

/// The encoding that is hashed.
struct Encoding(Vec<u8>);

impl Encoding {
    fn new() -> Encoding {
        let mut bytes = Vec::with_capacity(8 * 1024);
        bytes.extend_from_slice(DOMAIN);
        bytes.extend_from_slice(&VERSION.to_le_bytes());
        Encoding(bytes)
    }

    fn part(&mut self, kind: Kind, name: &[u8], value: &[u8]) {
        self.0.push(kind.tag());
        for field in [name, value] {
            self.0.extend_from_slice(&(field.len() as u64).to_le_bytes());
            self.0.extend_from_slice(field);
        }
    }

    fn key(&self) -> Key {
        Key(*blake3::hash(&self.0).as_bytes())
    }
}

impl Part {
    /// What the store keeps of this part.
    #[must_use]
    pub fn digest(&self, salt: &[u8; 32]) -> PartDigest {
        let mut digest = [0; 8];
        digest.copy_from_slice(&blake3::keyed_hash(salt, &self.value).as_bytes()[..8]);
        PartDigest { kind: self.kind, name: self.name.clone(), digest }
    }
}

impl Key {
    /// How many hex digits an id has.
    pub const ID_LEN: usize = 12;

    /// All 64 hex digits.
    #[must_use]
    pub fn hex(&self) -> String {
        blake3::Hash::from(self.0).to_hex().to_string()
    }

    /// The first 12 hex digits: how listings name an entry.
    #[must_use]
    pub fn id(&self) -> String {
        let mut hex = self.hex();
        hex.truncate(Self::ID_LEN);
        hex
    }

    /// Reads 64 hex digits; `None` for anything else.
    #[must_use]
    pub fn from_hex(hex: &str) -> Option<Key> {
        blake3::Hash::from_hex(hex).ok().map(|hash| Key(*hash.as_bytes()))
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.hex())
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.id())
    }
}

#[cfg(test)]
mod tests;
