//! Stores of older formats beside ours. No program that knows our format looks at them, but an older
//! program may still be in use, and its daemon may be running.

use std::fs::File;
use std::io;
use std::path::Path;

use rustix::fs::{CWD, FlockOperation, OFlags, flock};
use rustix::io::Errno;

use super::error::{StoreError, Unusable};
use super::folder::{Store, open_folder};
use super::gc::measure;
use super::layout;

/// What holds a store of any version: its daemon, whoever has the catalog open or is about to, and
/// whoever changes an entry.
const LOCKS: [&str; 4] =
    [layout::DAEMON_LOCK, layout::CATALOG_LOCK, layout::GATHERING_LOCK, layout::GATE];

/// Removes the stores of older formats in the cache directory `path` that nobody holds any more;
/// how many bytes that has freed.
///
/// # Errors
/// If the cache directory can't be used, or a store can't be removed.
pub fn remove_older(path: &Path) -> Result<u64, OlderError> {
    let Some((outer, _)) = open_folder(CWD, path, path)? else { return Ok(0) };
    let mut freed = 0;
    for name in older(path) {
        let full = path.join(&name);
        // A link, or a directory of somebody else's, is none of ours.
        let Ok(Some((version, _))) = open_folder(&outer, Path::new(&name), &full) else { continue };
        let store = Store { path: path.to_owned(), version };
        let Some(_held) = store.hold()? else { continue };
        let failed = |error: io::Error| StoreError::new("remove", &full.to_string_lossy(), error);
        let bytes = measure(&full).map_err(failed)?;
        match std::fs::remove_dir_all(&full) {
            Ok(()) => freed += bytes,
            // Somebody has just begun to use it. It is tried again by the next collection.
            Err(error) if error.kind() == io::ErrorKind::DirectoryNotEmpty => {}
            Err(error) => return Err(failed(error).into()),
        }
    }
    Ok(freed)
}

/// Why an older store wasn't removed.
#[derive(Debug, thiserror::Error)]
pub enum OlderError {
    /// The cache directory can't be used.
    #[error(transparent)]
    Unusable(#[from] Unusable),
    /// Something in it can't be opened or removed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// What became of a try to lock a file.
enum Lock {
    /// It is ours until it is closed.
    Ours(File),
    /// There is none.
    Absent,
    /// Somebody else has it.
    Held,
}

/// The names of the versions before ours that are there.
fn older(path: &Path) -> Vec<String> {
    (1..layout::VERSION)
        .map(|version| format!("v{version}"))
        .filter(|name| path.join(name).symlink_metadata().is_ok())
        .collect()
}

impl Store {
    /// Takes all of [`LOCKS`], unless somebody holds one of them, leads a flight or writes a
    /// temporary file.
    fn hold(&self) -> Result<Option<Vec<File>>, StoreError> {
        let mut held = Vec::new();
        for path in LOCKS {
            match self.try_lock(path)? {
                Lock::Ours(file) => held.push(file),
                Lock::Absent => {}
                Lock::Held => return Ok(None),
            }
        }
        for path in self.names_of_working_files()? {
            if matches!(self.try_lock(&path)?, Lock::Held) {
                return Ok(None);
            }
        }
        Ok(Some(held))
    }

    fn try_lock(&self, path: &str) -> Result<Lock, StoreError> {
        let file = match self.open_file(path, OFlags::RDONLY) {
            Ok(file) => file,
            // What isn't a file, or belongs to somebody else, is nobody's lock.
            Err(Errno::NOENT | Errno::NOTDIR | Errno::LOOP | Errno::ACCESS | Errno::NXIO) => {
                return Ok(Lock::Absent);
            }
            Err(errno) => return Err(StoreError::new("open", path, errno)),
        };
        match flock(&file, FlockOperation::NonBlockingLockExclusive) {
            Ok(()) => Ok(Lock::Ours(file)),
            Err(Errno::WOULDBLOCK) => Ok(Lock::Held),
            Err(errno) => Err(StoreError::new("lock", path, errno)),
        }
    }

    /// Flights, and temporary files.
    fn names_of_working_files(&self) -> Result<Vec<String>, StoreError> {
        let mut paths = Vec::new();
        let mut folders = vec![layout::TMP.to_owned()];
        folders.extend(self.names(layout::LOCKS)?.iter().map(|shard| format!("locks/{shard}")));
        for folder in folders {
            let names = self.names(&folder).unwrap_or_default();
            paths.extend(names.iter().map(|name| format!("{folder}/{name}")));
        }
        Ok(paths)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::kit::{Kit, spec};

    /// A cache directory in which the former version's store has an entry.
    fn with_older() -> Kit {
        let kit = Kit::new();
        kit.publish(&spec(1));
        let older = kit.store.path().join("v1");
        for folder in ["locks/ab", "entries/ab", "tmp"] {
            std::fs::create_dir_all(older.join(folder)).expect("made");
        }
        for file in LOCKS.iter().chain(&["locks/ab/flight", "tmp/nonce.entry", "entries/ab/x"]) {
            std::fs::write(older.join(file), "content").expect("written");
        }
        kit
    }

    #[test]
    fn it_goes_once_nobody_holds_it() {
        for held in LOCKS.iter().chain(&["locks/ab/flight", "tmp/nonce.entry"]) {
            let kit = with_older();
            let older = kit.store.path().join("v1");
            let file = File::open(older.join(held)).expect("the file");
            flock(&file, FlockOperation::LockShared).expect("locked");
            assert_eq!(remove_older(kit.store.path()).expect("looked"), 0, "{held}");
            assert!(older.join("entries/ab/x").exists(), "{held}");
            drop(file);
            assert!(remove_older(kit.store.path()).expect("removed") > 0, "{held}");
            assert!(!older.exists(), "{held}");
            assert_eq!(kit.recorded().len(), 1);
        }
    }

    #[test]
    fn nothing_but_a_directory_of_our_own_goes() {
        let kit = Kit::new();
        let older = kit.store.path().join("v1");
        let elsewhere = tempfile::tempdir().expect("a directory");
        std::fs::write(elsewhere.path().join("kept"), "").expect("written");
        std::os::unix::fs::symlink(elsewhere.path(), &older).expect("a link");
        assert_eq!(remove_older(kit.store.path()).expect("looked"), 0);
        assert!(elsewhere.path().join("kept").exists());
        std::fs::remove_file(&older).expect("removed");
        std::fs::write(&older, "a file").expect("written");
        assert_eq!(remove_older(kit.store.path()).expect("looked"), 0);
        assert!(older.exists());
    }

    #[test]
    fn where_there_is_none_nothing_is_made() {
        let folder = tempfile::tempdir().expect("a directory");
        let path = folder.path().join("cache");
        assert_eq!(remove_older(&path).expect("looked"), 0);
        assert!(!path.exists());
    }
}
