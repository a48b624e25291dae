//! What can go wrong with the cache folder.

use std::io;
use std::path::PathBuf;

use rustix::io::Errno;

/// A step on the cache folder that failed; the command still runs.
#[derive(Debug, thiserror::Error)]
#[error("failed to {action} {path}: {}", self.why())]
pub struct StoreError {
    action: &'static str,
    path: String,
    source: io::Error,
}

impl StoreError {
    /// `action` is a verb, as in 'failed to *write* entries/ab'.
    #[must_use]
    pub fn new(action: &'static str, path: &str, source: impl Into<io::Error>) -> Self {
        StoreError { action, path: path.to_owned(), source: source.into() }
    }

    /// Whether the disk or a quota is full.
    #[must_use]
    pub fn is_no_space(&self) -> bool {
        matches!(
            self.source.kind(),
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded | io::ErrorKind::FileTooLarge
        )
    }

    fn why(&self) -> String {
        if self.is_busy() {
            "another process holds it; try again".to_owned()
        } else {
            self.source.to_string()
        }
    }

    /// Whether somebody else held a lock for longer than we wait.
    #[must_use]
    pub fn is_busy(&self) -> bool {
        self.source.kind() == io::ErrorKind::WouldBlock
    }

    /// Whether what it was about isn't there.
    #[must_use]
    pub fn is_not_found(&self) -> bool {
        self.source.kind() == io::ErrorKind::NotFound
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
