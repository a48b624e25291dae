//! What can go wrong with the cache folder.

use std::io;
use std::path::PathBuf;

use rustix::io::Errno;
use serde::{Deserialize, Serialize};

/// A step on the cache folder that failed; the command still runs.
///
/// It can be sent to another process: whoever asks for something of the catalog tells the same,
/// whichever process failed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error, Serialize, Deserialize)]
#[error("{message}")]
pub struct StoreError {
    message: String,
    kind: Kind,
}

/// What whoever is told may want to tell apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
enum Kind {
    Busy,
    NoSpace,
    NotFound,
    Newer,
    Starved,
    Stuck,
    Interrupted,
    /// Something that isn't ours is where a file or a directory of ours belongs.
    Odd,
    Other,
}

impl StoreError {
    /// `action` is a verb, as in 'failed to *write* entries/ab'.
    #[must_use]
    pub fn new(action: &str, path: &str, source: impl Into<io::Error>) -> Self {
        let source = source.into();
        let kind = Kind::of(&source);
        let why = match kind {
            Kind::Busy => "another process holds it; try again".to_owned(),
            Kind::Odd => {
                "something else is in its place; 'omoide doctor --repair' moves it away".to_owned()
            }
            _ => source.to_string(),
        };
        StoreError { message: format!("failed to {action} {path}: {why}"), kind }
    }

    /// A later version of omoide wrote it.
    pub(super) fn newer(path: &str, why: &str) -> Self {
        StoreError { message: format!("failed to use {path}: {why}"), kind: Kind::Newer }
    }

    /// There is no thread or no memory for it at present.
    pub(super) fn starved(path: &str, why: &str) -> Self {
        StoreError { message: format!("failed to use {path}: {why}"), kind: Kind::Starved }
    }

    /// It has begun and doesn't come to an end: this process can do nothing with it any more.
    pub(super) fn stuck(path: &str, why: &str) -> Self {
        StoreError { message: format!("failed to use {path}: {why}"), kind: Kind::Stuck }
    }

    /// Whoever was asked for something has answered something else.
    pub(super) fn mismatch() -> Self {
        let message = "the catalog's owner gave an answer to another question".to_owned();
        StoreError { message, kind: Kind::Other }
    }

    /// What ends a long request before it is done: see [`Progress`](super::Progress).
    #[must_use]
    pub fn interrupted() -> Self {
        let message = "interrupted; what was done until then stays so".to_owned();
        StoreError { message, kind: Kind::Interrupted }
    }

    /// What a daemon said when it was asked for something.
    #[must_use]
    pub fn told(why: String) -> StoreError {
        StoreError::new("use", "the catalog by way of the daemon:", io::Error::other(why))
    }

    /// The daemon has the catalog and says nothing.
    #[must_use]
    pub fn silent_daemon(pid: u32) -> StoreError {
        let message = format!(
            "the daemon (pid {pid}) has the catalog and doesn't answer; 'omoide daemon stop' ends it"
        );
        StoreError { message, kind: Kind::Busy }
    }

    /// Whether the disk or a quota is full.
    #[must_use]
    pub fn is_no_space(&self) -> bool {
        self.kind == Kind::NoSpace
    }

    /// Whether somebody else held a lock for longer than we wait.
    #[must_use]
    pub fn is_busy(&self) -> bool {
        self.kind == Kind::Busy
    }

    /// Whether this process can't use the catalog any more, and should end.
    #[must_use]
    pub fn is_stuck(&self) -> bool {
        self.kind == Kind::Stuck
    }

    /// Whether it can't be done here and now, though nothing is wrong with what is stored.
    #[must_use]
    pub fn is_unavailable(&self) -> bool {
        matches!(self.kind, Kind::Busy | Kind::Starved | Kind::Stuck)
    }

    /// Whether what it was about isn't there.
    #[must_use]
    pub fn is_not_found(&self) -> bool {
        self.kind == Kind::NotFound
    }

    /// Whether a later version of omoide wrote it.
    #[must_use]
    pub fn is_newer(&self) -> bool {
        self.kind == Kind::Newer
    }

    /// Whether it was ended by [`StoreError::interrupted`].
    #[must_use]
    pub fn is_interrupted(&self) -> bool {
        self.kind == Kind::Interrupted
    }
}

/// What opening and reading say where there is no regular file: a directory, a link, a socket or
/// a FIFO without its other end, a file in place of the directory.
const ODD: [i32; 4] = [libc::EISDIR, libc::ELOOP, libc::ENXIO, libc::ENOTDIR];
/// What they say where the file itself is at fault: the disk, or its mode.
const BROKEN: [i32; 5] = [libc::EIO, libc::EBADMSG, libc::EUCLEAN, libc::ESTALE, libc::EACCES];

/// Whether an error in opening or reading a file is the file's own, so that another one in its
/// place would do; not for want of memory or descriptors.
pub(super) fn is_of_the_file(error: &io::Error) -> bool {
    match error.raw_os_error() {
        Some(code) => ODD.contains(&code) || BROKEN.contains(&code),
        None => error.kind() == io::ErrorKind::UnexpectedEof,
    }
}

impl Kind {
    fn of(error: &io::Error) -> Kind {
        use io::ErrorKind::{FileTooLarge, NotFound, QuotaExceeded, StorageFull, WouldBlock};
        if error.raw_os_error().is_some_and(|code| ODD.contains(&code)) {
            return Kind::Odd;
        }
        match error.kind() {
            WouldBlock => Kind::Busy,
            StorageFull | QuotaExceeded | FileTooLarge => Kind::NoSpace,
            NotFound => Kind::NotFound,
            _ => Kind::Other,
        }
    }
}

/// Why a cache folder isn't used at all.
#[derive(Debug, thiserror::Error)]
pub enum Unusable {
    /// It is a link or something else that is no folder.
    #[error("{0} is no folder (links are not followed; name the folder itself)")]
    NoFolder(PathBuf),
    /// It belongs to another user.
    #[error("{path} belongs to user {owner}, not to user {user}")]
    ForeignOwner {
        /// The folder.
        path: PathBuf,
        /// Who owns it.
        owner: u32,
        /// Who runs us.
        user: u32,
    },
    /// Others can write into the folder that was named.
    #[error(
        "{0} can be written by other users; name a folder inside it with --cache-dir, or take \
         their right away (chmod go-w)"
    )]
    SharedFolder(PathBuf),
    /// Others could have written into the version's folder.
    #[error("{0} can be written by other users; run 'omoide doctor --repair'")]
    WritableByOthers(PathBuf),
    /// A later version of omoide made it.
    #[error("{path} has the newer format version {found}; this omoide knows version {known}")]
    NewerFormat {
        /// The folder.
        path: PathBuf,
        /// Its format version.
        found: u32,
        /// The one this program knows.
        known: u32,
    },
    /// It is on a file system without trustworthy locks.
    #[error("{path} is on a network file system ({kind}); name a local folder with --cache-dir")]
    NetworkFileSystem {
        /// The folder.
        path: PathBuf,
        /// The kind of file system.
        kind: &'static str,
    },
    /// It can't be opened or made.
    #[error("failed to {action} {path}: {source}")]
    Io {
        /// A verb.
        action: &'static str,
        /// The folder.
        path: PathBuf,
        /// What the kernel said.
        source: io::Error,
    },
}

impl Unusable {
    pub(super) fn io(action: &'static str, path: PathBuf, errno: Errno) -> Unusable {
        Unusable::Io { action, path, source: errno.into() }
    }
}
