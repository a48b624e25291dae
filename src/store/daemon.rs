//! What the daemon and its clients need of the cache folder: the socket's place, the lock that
//! makes sure there is one daemon, and whether the folder is still the one that was opened.

use std::fs::File;
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use rustix::fs::{FlockOperation, OFlags, fstat, stat};
use rustix::process::{Pid, PidfdFlags, Signal, kill_process, pidfd_open, pidfd_send_signal};

use super::error::StoreError;
use super::folder::Store;
use super::gate::lock_within;
use super::layout;
use crate::sys::procfs;

/// How long a process that was killed may take to let go of what it had.
const DYING: Duration = Duration::from_millis(100);

impl Store {
    /// The name of the socket in [`Store::folder`].
    pub const SOCKET: &'static str = layout::SOCKET;

    /// The folder that the socket is in.
    #[must_use]
    pub fn folder(&self) -> BorrowedFd<'_> {
        self.version.as_fd()
    }

    /// The socket, by name.
    #[must_use]
    pub fn socket_path(&self) -> PathBuf {
        self.version_path().join(layout::SOCKET)
    }

    /// Where the socket of the daemon of the cache directory `path` is.
    #[must_use]
    pub fn socket_below(path: &Path) -> PathBuf {
        path.join(layout::VERSION_DIR).join(layout::SOCKET)
    }

    /// The folder of markers, by name.
    #[must_use]
    pub fn pending_path(&self) -> PathBuf {
        self.version_path().join(layout::PENDING)
    }

    /// Whether a daemon serves this folder.
    #[must_use]
    pub fn has_daemon(&self) -> bool {
        self.is_held(layout::DAEMON_LOCK)
    }

    /// Makes this process the daemon for as long as the result is open, waiting at most
    /// `patience` for the one there is.
    ///
    /// # Errors
    /// [`StoreError::is_busy`] if there is one; else if the lock can't be made or written.
    pub fn lock_daemon(&self, patience: Duration) -> Result<File, StoreError> {
        let file = self.lock(layout::DAEMON_LOCK, patience)?;
        // For people and messages only; nothing is decided by it.
        let written = file
            .set_len(0)
            .and_then(|()| file.write_all_at(format!("{}\n", std::process::id()).as_bytes(), 0));
        written.map_err(|error| StoreError::new("write", layout::DAEMON_LOCK, error))?;
        Ok(file)
    }

    /// Waits until there is no daemon, `patience` at most; whether that came about.
    ///
    /// # Errors
    /// If the lock can't be looked at.
    pub fn await_no_daemon(&self, patience: Duration) -> Result<bool, StoreError> {
        let failed = |errno| StoreError::new("lock", layout::DAEMON_LOCK, errno);
        let file = match self.open_file(layout::DAEMON_LOCK, OFlags::RDWR) {
            Err(rustix::io::Errno::NOENT) => return Ok(true),
            opened => opened.map_err(failed)?,
        };
        match lock_within(&file, FlockOperation::NonBlockingLockShared, patience) {
            Err(rustix::io::Errno::WOULDBLOCK) => Ok(false),
            locked => locked.map(|()| true).map_err(failed),
        }
    }

    /// The process id of the daemon, if there is one, whether it answers or not.
    #[must_use]
    pub fn daemon_pid(&self) -> Option<u32> {
        // One that was killed lets go of its lock a moment after it is gone.
        if self.await_no_daemon(DYING).unwrap_or(true) {
            return None;
        }
        String::from_utf8(self.read(layout::DAEMON_LOCK).ok()?).ok()?.trim().parse().ok()
    }

    /// Sends signals to the daemon, if `pid` is the process that has its lock; whether it is.
    #[must_use]
    pub fn signal_daemon(&self, pid: u32, signals: &[Signal]) -> bool {
        let Some(process) = i32::try_from(pid).ok().and_then(Pid::from_raw) else { return false };
        let handle = pidfd_open(process, PidfdFlags::empty());
        // The number was read from a file and may be another process' by now. With the handle, it
        // can't become one's after this.
        let lock = self.stat(layout::DAEMON_LOCK).ok().flatten();
        if !lock.is_some_and(|lock| procfs::has_open(pid, (lock.st_dev, lock.st_ino))) {
            return false;
        }
        // One that has just ended can't be sent anything, which is as good.
        for &signal in signals {
            let _ = match &handle {
                Ok(handle) => pidfd_send_signal(handle, signal),
                Err(_) => kill_process(process, signal),
            };
        }
        true
    }

    /// Removes the socket, if there is one.
    ///
    /// # Errors
    /// If it can't be removed.
    pub fn remove_socket(&self) -> Result<(), StoreError> {
        self.unlink(layout::SOCKET).map(drop)
    }

    /// Whether the folder that was opened still is the one that its path leads to.
    #[must_use]
    pub fn is_in_place(&self) -> bool {
        match (fstat(&self.version), stat(self.version_path())) {
            (Ok(ours), Ok(there)) => (ours.st_dev, ours.st_ino) == (there.st_dev, there.st_ino),
            _ => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::kit::Kit;
    use super::*;

    #[test]
    fn there_is_one_daemon() {
        let kit = Kit::new();
        assert_eq!(kit.store.daemon_pid(), None);
        let lock = kit.store.lock_daemon(Duration::ZERO).expect("the lock");
        assert_eq!(kit.store.daemon_pid(), Some(std::process::id()));
        assert!(kit.store.lock_daemon(Duration::ZERO).is_err_and(|error| error.is_busy()));
        assert!(!kit.store.await_no_daemon(Duration::ZERO).expect("an answer"));
        drop(lock);
        assert!(kit.store.await_no_daemon(Duration::ZERO).expect("an answer"));
        assert_eq!(kit.store.daemon_pid(), None);
    }

    #[test]
    fn two_who_ask_for_the_daemon_at_once_do_not_find_each_other() {
        let kit = Kit::new();
        drop(kit.store.lock_daemon(Duration::ZERO).expect("the lock"));
        let asks = kit.store.open_file(layout::DAEMON_LOCK, OFlags::RDONLY).expect("the lock file");
        assert!(!super::super::gate::is_locked(&asks));
        assert!(!kit.store.has_daemon());
        drop(asks);
        let _daemon = kit.store.lock_daemon(Duration::ZERO).expect("the lock");
        assert!(kit.store.has_daemon());
    }

    #[test]
    fn a_folder_that_was_moved_or_removed_is_not_in_place() {
        let kit = Kit::new();
        assert!(kit.store.is_in_place());
        let aside = kit.store.path().with_extension("aside");
        std::fs::rename(kit.store.path(), &aside).expect("moved");
        assert!(!kit.store.is_in_place());
        Store::prepare(kit.store.path()).expect("another one");
        assert!(!kit.store.is_in_place());
    }
}
