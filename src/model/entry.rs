//! What an entry is: the little that judges and replays it, and the detail that people ask for.

use std::fmt;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::escape;
use super::inputs::Wanted;
use super::key::{Key, Kind, PartDigest};
use super::policy::Policy;
use super::time::Stamp;

/// Names one computation of a value: a new one for each run that is stored.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Nonce(pub [u8; 16]);

impl fmt::Display for Nonce {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for Nonce {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// One of the two output streams of a command.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Stream {
    /// Standard output.
    Out,
    /// Standard error.
    Err,
}

/// Whether both streams went into one pipe or were kept apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Streams {
    /// One pipe for both: the order between them is exact, what was which is unknown.
    Merged,
    /// A pipe each: what was which is exact, the order between them is that in which they were
    /// read.
    Split,
}

/// How a caller takes the two streams.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Taking {
    /// Each in a place of its own, or nowhere.
    Apart,
    /// Both in one pipe or file, where the order between them is to be exact.
    Together,
    /// Both on one terminal, or another device: nobody can tell what was which, and the order
    /// between them is as good as it could be known.
    Shown,
}

impl Taking {
    /// The pipes that a command is given for such a caller.
    #[must_use]
    pub fn pipes(self) -> Streams {
        match self {
            Taking::Apart => Streams::Split,
            Taking::Together | Taking::Shown => Streams::Merged,
        }
    }
}

impl From<Streams> for Taking {
    /// A caller for whom a command is run with these pipes.
    fn from(streams: Streams) -> Self {
        match streams {
            Streams::Merged => Taking::Together,
            Streams::Split => Taking::Apart,
        }
    }
}

/// How the two streams of a result were recorded.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Capture {
    /// The pipes that the command had.
    pub streams: Streams,
    /// Whether both may have said something, so that there is an order between them.
    pub is_mixed: bool,
}

impl Capture {
    /// Whether what was recorded this way serves a caller who takes the streams like this.
    #[must_use]
    pub fn serves(self, taking: Taking) -> bool {
        !self.is_mixed || taking == Taking::Shown || self.streams == taking.pipes()
    }
}

/// Which of a key's two files an entry is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Slot {
    /// The last good result: exit status 0.
    Good,
    /// A stored failure, beside the last good result.
    Failure,
}

/// Where an entry's output is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Body {
    /// In the entry's own file.
    Inline,
    /// In a blob, named by its content.
    Blob(BlobRef),
}

/// A blob as it was when the entry was written; where it looks otherwise now, its content is
/// verified before it is used.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BlobRef {
    /// blake3 of its whole content: data and frame table.
    pub digest: [u8; 32],
    /// Inode number.
    pub inode: u64,
    /// Modification time, nanoseconds since 1970.
    pub modified: i64,
    /// The boot during which it was written.
    pub boot_id: [u8; 16],
}

/// What judging and replaying need: all that a hit decodes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Head {
    /// The key it is stored under.
    pub key: Key,
    /// The computation.
    pub nonce: Nonce,
    /// When the command ended.
    pub created: Stamp,
    /// How long the command ran, in nanoseconds.
    pub ran: u64,
    /// Its exit status.
    pub code: u8,
    /// How its streams were recorded.
    pub capture: Capture,
    /// The policy it was stored with.
    pub policy: Policy,
    /// Bytes of output, both streams together.
    pub data_len: u64,
    /// Bytes of the frame table behind them.
    pub table_len: u64,
    /// Where both are.
    pub body: Body,
}

impl Head {
    /// Which file of its key the entry belongs into.
    #[must_use]
    pub fn slot(&self) -> Slot {
        if self.code == 0 { Slot::Good } else { Slot::Failure }
    }

    /// Whether it is to be recomputed though nothing that it depends on has changed: it is older
    /// than its policy's `refresh`.
    #[must_use]
    pub fn is_refresh_due(&self, now: Stamp) -> bool {
        self.policy.refresh.is_some_and(|refresh| self.created.age(now).exceeds(refresh))
    }

    /// How long the command ran.
    #[must_use]
    pub fn run_time(&self) -> Duration {
        Duration::from_nanos(self.ran)
    }
}

/// What people and the catalog want to know about an entry. No value of an environment variable
/// is here: of those there are digests only, keyed with the store's salt.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Detail {
    /// The command and its arguments, as bytes.
    pub command: Vec<Vec<u8>>,
    /// The program's file, through links.
    pub program: Vec<u8>,
    /// The working directory the command ran in.
    pub cwd: Vec<u8>,
    /// The namespace, if one was named.
    pub scope: Option<Vec<u8>>,
    /// Labels, sorted, each once.
    pub tags: Vec<String>,
    /// The files that the result depends on, as they were named.
    pub inputs: Wanted,
    /// The blob that its standard input was kept in, to be recomputed with, and its length.
    pub stdin: Option<([u8; 32], u64)>,
    /// A digest of each part of the key, so that a later miss can say which one differs.
    pub parts: Vec<PartDigest>,
}

impl fmt::Debug for Detail {
    /// Without the digests, and with bytes as they are shown.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shown = |bytes: &[u8]| escape::bytes(bytes);
        f.debug_struct("Detail")
            .field("command", &format_args!("{}", escape::command(&self.command)))
            .field("program", &format_args!("{}", shown(&self.program)))
            .field("cwd", &format_args!("{}", shown(&self.cwd)))
            .field("scope", &format_args!("{}", shown(self.scope.as_deref().unwrap_or_default())))
            .field("tags", &self.tags)
            .field("inputs", &self.inputs)
            .finish_non_exhaustive()
    }
}

impl Detail {
    /// Names the call, whatever its program and the files that it depends on hold: what the same
    /// call is stored under from time to time has this in common. `None` if it depends on no files.
    #[must_use]
    pub fn call(&self) -> Option<[u8; 32]> {
        if self.inputs.is_empty() {
            return None;
        }
        let mut hasher = blake3::Hasher::new();
        let mut add = |bytes: &[u8]| {
            hasher.update(&(bytes.len() as u64).to_le_bytes()).update(bytes);
        };
        for paths in [&self.inputs.content, &self.inputs.mtime] {
            add(&(paths.len() as u64).to_le_bytes());
            for path in paths {
                add(path);
            }
        }
        add(&[u8::from(self.inputs.arguments)]);
        for PartDigest { kind, name, digest } in &self.parts {
            match kind {
                Kind::File | Kind::FileTime => continue,
                Kind::Program => add(&[]),
                _ => add(digest),
            }
            add(kind.name().as_bytes());
            add(name);
        }
        Some(*hasher.finalize().as_bytes())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_call_keeps_its_name_whatever_its_files_hold() {
        let part = |kind, name: &str, digest| PartDigest {
            kind,
            name: name.as_bytes().to_vec(),
            digest: [digest; 8],
        };
        let detail = |program, argument, file: Option<u8>, wanted: &str| Detail {
            command: vec![b"x".to_vec()],
            program: b"/x".to_vec(),
            cwd: b"/".to_vec(),
            scope: None,
            tags: Vec::new(),
            inputs: Wanted { content: vec![wanted.as_bytes().to_vec()], ..Wanted::default() },
            stdin: None,
            parts: [part(Kind::Argument, "1", argument), part(Kind::Program, "size", program)]
                .into_iter()
                .chain(file.map(|digest| part(Kind::File, "a", digest)))
                .collect(),
        };
        let first = detail(1, 1, Some(1), "a").call();
        assert!(first.is_some());
        assert_eq!(detail(1, 1, Some(2), "a").call(), first, "another content");
        assert_eq!(detail(1, 1, None, "a").call(), first, "no file any more");
        assert_eq!(detail(2, 1, Some(1), "a").call(), first, "another program");
        assert_ne!(detail(1, 2, Some(1), "a").call(), first, "another argument");
        assert_ne!(detail(1, 1, Some(1), "b").call(), first, "other inputs");
        let without = Detail { inputs: Wanted::default(), ..detail(1, 1, None, "a") };
        assert_eq!(without.call(), None);
    }

    #[test]
    fn bytes_are_shown_escaped() {
        let detail = Detail {
            command: vec![b"say".to_vec(), b"a\x1bb".to_vec()],
            program: b"/say\n".to_vec(),
            cwd: b"/".to_vec(),
            scope: None,
            tags: Vec::new(),
            inputs: Wanted { content: vec![b"in put".to_vec()], ..Wanted::default() },
            stdin: None,
            parts: Vec::new(),
        };
        let shown = format!("{detail:?}");
        for part in ["say $'a\\x1bb'", "/say\\n", "'in put'"] {
            assert!(shown.contains(part), "{shown}");
        }
        assert!(!shown.contains(['\x1b', '\n']), "{shown}");
    }

    #[test]
    fn a_record_serves_whom_it_tells_all_that_they_would_see() {
        const EVERYBODY: [Taking; 3] = [Taking::Apart, Taking::Together, Taking::Shown];
        let served = |streams, is_mixed| {
            let capture = Capture { streams, is_mixed };
            EVERYBODY.map(|taking| capture.serves(taking))
        };
        assert_eq!(served(Streams::Split, true), [true, false, true]);
        assert_eq!(served(Streams::Merged, true), [false, true, true]);
        assert_eq!(served(Streams::Split, false), [true, true, true]);
        assert_eq!(served(Streams::Merged, false), [true, true, true]);
        for taking in EVERYBODY {
            let own = Capture { streams: taking.pipes(), is_mixed: true };
            assert!(own.serves(taking), "{taking:?} is served what was recorded for it");
            assert_eq!(Taking::from(taking.pipes()).pipes(), taking.pipes());
        }
    }
}
