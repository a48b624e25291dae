//! An ordered map on disk: the only file that names sled.
//!
//! sled panics where it finds what it can't have written. Each call into it is therefore guarded,
//! and a panic becomes an error like any other. What a full disk, missing descriptors or a busy
//! lock cause is never taken for damage.
//!
//! Absent on purpose: sled's flush thread, its transactions (one writer, one batch at a time) and
//! more cache than a batch needs: a catalog is opened for a moment, and its memory would be paid
//! for each time.

use std::cell::Cell;
use std::fs::Metadata;
use std::io;
use std::ops::Bound;
use std::os::unix::fs::MetadataExt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Once};
use std::time::{Duration, Instant};

use super::error::CatalogError;
use super::worker::{Nudge, Worker, is_stuck};
use crate::sys::auxiliary::effective_user;

/// A batch of removals looks at each page that it then writes: with a quarter of this they were read
/// twice. Taken only as far as pages are looked at.
const CACHE: u64 = 32 << 20;
/// How long to wait between two tries: sled lets go of its lock a while after it is dropped.
const PAUSE: Duration = Duration::from_millis(2);
/// After each flush this file says how far the tree had got: sled takes a log that lost its end,
/// or was restored from a backup, for a sound one.
const SEAL: &str = "seal";
/// Where sled keeps values that are large, a file each.
const VALUES: &str = "blobs";

/// A key and what becomes of its value.
pub(super) type Write = (Vec<u8>, Option<Vec<u8>>);
/// A key and its value.
pub(super) type Pair = (Vec<u8>, Vec<u8>);

/// Which end a scan starts at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::store) enum Direction {
    /// The lowest key first.
    Up,
    /// The highest key first.
    Down,
}

/// An open tree. Only one process can have it open.
pub(super) struct Tree {
    db: Option<sled::Db>,
    worker: Worker,
    path: PathBuf,
    /// Set once sled has proven to be damaged.
    broken: Cell<bool>,
}

impl Tree {
    /// Opens the tree in the folder `path`, made if it isn't there, trying until `deadline`.
    pub(super) fn open(path: &Path, deadline: Instant) -> Result<Tree, CatalogError> {
        silence_panics_of_sled();
        check_files(path)?;
        let worker = Worker::start(path)?;
        let config = sled::Config::new()
            .path(path)
            .cache_capacity(CACHE)
            .mode(sled::Mode::LowSpace)
            .flush_every_ms(None);
        loop {
            let config = config.clone();
            match worker.run(move || guarded(|| config.open())) {
                Err(CatalogError::Busy) if Instant::now() < deadline => std::thread::sleep(PAUSE),
                opened => {
                    let (db, path) = (Some(opened?), path.to_owned());
                    return Ok(Tree { db, worker, path, broken: Cell::new(false) });
                }
            }
        }
    }

    /// Whether damage has come to light since it was opened.
    pub(super) fn is_broken(&self) -> bool {
        self.broken.get()
    }

    /// Whether it has been closed.
    pub(super) fn is_closed(&self) -> bool {
        self.db.is_none()
    }

    /// Remembers damage that somebody else has found in what was read.
    pub(super) fn found_broken(&self) {
        self.broken.set(true);
    }

    pub(super) fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>, CatalogError> {
        self.run(|db| Ok(db.get(key)?.map(|value| value.to_vec())))
    }

    /// What is stored between two keys, in order; read as it is asked for.
    pub(super) fn range(
        &self,
        from: Bound<Vec<u8>>,
        to: Bound<Vec<u8>>,
        direction: Direction,
    ) -> impl Iterator<Item = Result<Pair, CatalogError>> + '_ {
        let mut inner = self.db.as_ref().map(|db| db.range::<Vec<u8>, _>((from, to)));
        let mut over = false;
        std::iter::from_fn(move || {
            let inner = inner.as_mut().filter(|_| !over)?;
            let next = self.run(|_| match direction {
                Direction::Up => inner.next().transpose(),
                Direction::Down => inner.next_back().transpose(),
            });
            over = !matches!(next, Ok(Some(_)));
            next.map(|pair| pair.map(|(key, value)| (key.to_vec(), value.to_vec()))).transpose()
        })
    }

    /// Writes all or nothing and returns once it outlasts a loss of power.
    pub(super) fn commit(&self, writes: Vec<Write>, generation: u64) -> Result<(), CatalogError> {
        let mut batch = sled::Batch::default();
        for (key, value) in writes {
            match value {
                Some(value) => batch.insert(key, value),
                None => batch.remove(key),
            }
        }
        let db = self.db()?.clone();
        let nudge = nudge(&db);
        let write = move || {
            guarded(|| {
                db.apply_batch(batch)?;
                db.flush()
            })
        };
        self.noted(self.worker.run_nudged(write, Some(&nudge)))?;
        self.seal(generation)
    }

    /// Up to which generation the tree was flushed, as far as is known outside of it.
    pub(super) fn sealed(&self) -> u64 {
        let bytes = std::fs::read(self.path.join(SEAL)).unwrap_or_default();
        bytes.try_into().map_or(0, u64::from_le_bytes)
    }

    /// Not synced: behind the tree it proves nothing, and so does no harm.
    fn seal(&self, generation: u64) -> Result<(), CatalogError> {
        use std::os::unix::fs::FileExt;
        let file = std::fs::File::options()
            .write(true)
            .create(true)
            .truncate(false)
            .open(self.path.join(SEAL))?;
        Ok(file.write_all_at(&generation.to_le_bytes(), 0)?)
    }

    /// Closes it; whatever is asked of it then fails.
    pub(super) fn close(&mut self) {
        let Some(db) = self.db.take() else { return };
        if is_stuck() {
            // Dropping it could wait for ever, too.
            std::mem::forget(db);
            return;
        }
        // Dropping flushes, which fails on a broken tree in the way everything else does; but nobody
        // could nudge it then.
        let (nudge, flushed) = (nudge(&db), db.clone());
        let flush = move || guarded(|| flushed.flush());
        drop(self.worker.run_nudged(flush, Some(&nudge)));
        // What it still holds would keep the tree from being dropped below.
        drop(nudge);
        drop(self.worker.run(move || {
            guarded(|| {
                drop(db);
                Ok(())
            })
        }));
    }

    fn db(&self) -> Result<&sled::Db, CatalogError> {
        if is_stuck() {
            return Err(CatalogError::Stuck);
        }
        self.db.as_ref().ok_or(CatalogError::Busy)
    }

    fn run<T>(&self, work: impl FnOnce(&sled::Db) -> sled::Result<T>) -> Result<T, CatalogError> {
        let db = self.db()?;
        self.noted(guarded(|| work(db)))
    }

    /// Remembers damage.
    fn noted<T>(&self, done: Result<T, CatalogError>) -> Result<T, CatalogError> {
        if matches!(done, Err(CatalogError::Corrupt(_))) {
            self.broken.set(true);
        }
        done
    }
}

impl Drop for Tree {
    fn drop(&mut self) {
        self.close();
    }
}

/// Whether all that sled is about to open is what it takes it for: it would wait for ever for the
/// other end of a FIFO, follow a link, or read 16 GiB of nothing.
fn check_files(folder: &Path) -> Result<(), CatalogError> {
    let names = match std::fs::read_dir(folder) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        names => names?,
    };
    for found in names {
        let found = found?;
        let (name, stat) = match found.metadata() {
            Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
            stat => (found.file_name(), stat?),
        };
        let is_values = name == VALUES;
        if is_values && stat.is_dir() {
            check_files(&found.path())?;
        } else if is_values || !is_file_of_sled(&stat) {
            let what = format!("its {} isn't a file of its own", name.to_string_lossy());
            return Err(CatalogError::Corrupt(what));
        }
    }
    Ok(())
}

/// Whether a file is one that sled may have written: ours, open to us, and no hole.
fn is_file_of_sled(stat: &Metadata) -> bool {
    /// sled writes all of a file; one that is mostly a hole wasn't written by it.
    const HOLLOW: u64 = 64;
    const SMALL: u64 = 64 << 20;
    let is_hollow = stat.len() > SMALL && stat.blocks() * 512 < stat.len() / HOLLOW;
    let is_ours = stat.uid() == effective_user() && stat.mode() & 0o600 == 0o600;
    stat.is_file() && is_ours && !is_hollow
}

thread_local! {
    static IN_SLED: Cell<bool> = const { Cell::new(false) };
}

/// Has sled look once more whether a write has failed, which one that flushes may have missed: another
/// one sees it, and tells.
fn nudge(db: &sled::Db) -> Nudge {
    let db = db.clone();
    Arc::new(move || drop(guarded(|| db.flush())))
}

/// Runs something of sled's, so that it can only succeed or fail.
fn guarded<T>(work: impl FnOnce() -> sled::Result<T>) -> Result<T, CatalogError> {
    let before = IN_SLED.replace(true);
    let done = catch_unwind(AssertUnwindSafe(work));
    IN_SLED.set(before);
    match done {
        Ok(Ok(value)) => Ok(value),
        Ok(Err(error)) => Err(classify(error)),
        Err(panic) => {
            let text = panic.downcast_ref::<String>().cloned();
            let text = text.or_else(|| panic.downcast_ref::<&str>().map(ToString::to_string));
            Err(classify_text(text.unwrap_or_default()))
        }
    }
}

/// Keeps sled's panics, here and in its own threads, from being reported as ours.
fn silence_panics_of_sled() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let others = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |panic| {
            let thread = std::thread::current();
            let in_sled = IN_SLED.get() || thread.name().is_some_and(|n| n.starts_with("sled-"));
            if !in_sled {
                others(panic);
            }
        }));
    });
}

fn classify(error: sled::Error) -> CatalogError {
    match error {
        sled::Error::Io(error) => match error.raw_os_error() {
            Some(libc::ENOENT) => CatalogError::Corrupt(error.to_string()),
            Some(_) => CatalogError::Io(error),
            None if error.kind() == io::ErrorKind::Other => classify_text(error.to_string()),
            // A copy of an error of the kernel's, or damage that sled reports in its own words.
            None => classify_kind(error),
        },
        error => classify_text(error.to_string()),
    }
}

fn classify_kind(error: io::Error) -> CatalogError {
    match error.kind() {
        io::ErrorKind::UnexpectedEof | io::ErrorKind::InvalidData | io::ErrorKind::NotFound => {
            CatalogError::Corrupt(error.to_string())
        }
        _ => CatalogError::Io(error),
    }
}

/// sled wraps what the kernel said into text of its own.
fn classify_text(text: String) -> CatalogError {
    if text.contains("could not acquire lock") {
        CatalogError::Busy
    } else if text.contains("Os {") || text.contains("os error") || text.contains("IO thread") {
        CatalogError::Io(io::Error::other(text))
    } else {
        CatalogError::Corrupt(text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_kernel_refuses_is_never_taken_for_damage() {
        let full = io::Error::from_raw_os_error(libc::ENOSPC);
        let copied = io::Error::new(full.kind(), format!("{full:?}"));
        let wrapped = io::Error::other(format!("{full:?}"));
        for error in [full, copied, wrapped, io::Error::from_raw_os_error(libc::EMFILE)] {
            assert!(matches!(classify(sled::Error::Io(error)), CatalogError::Io(_)));
        }
        let busy = io::Error::other("could not acquire lock on \"x\": Os { code: 11 }");
        assert!(matches!(classify(sled::Error::Io(busy)), CatalogError::Busy));
        let panicked = guarded::<()>(|| panic!("called unwrap on Os {{ code: 28 }}"));
        assert!(matches!(panicked, Err(CatalogError::Io(_))));
    }

    #[test]
    fn what_sled_can_only_have_read_is_damage() {
        let corrupt = sled::Error::Corruption { at: None, bt: () };
        assert!(matches!(classify(corrupt), CatalogError::Corrupt(_)));
        let cut = io::Error::new(io::ErrorKind::UnexpectedEof, "cut");
        assert!(matches!(classify(sled::Error::Io(cut)), CatalogError::Corrupt(_)));
        let panicked = guarded::<()>(|| panic!("index out of bounds"));
        assert!(matches!(panicked, Err(CatalogError::Corrupt(_))));
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn the_pool_of_sled_never_wakes_by_itself() {
        let folder = tempfile::tempdir().expect("a folder");
        let mut tree = Tree::open(folder.path(), Instant::now()).expect("open");
        tree.commit(vec![(vec![1], Some(vec![2]))], 1).expect("written");
        tree.close();
        let threads = std::fs::read_dir("/proc/self/task").expect("threads").flatten();
        let pool = threads.filter(|thread| {
            let name = std::fs::read_to_string(thread.path().join("comm"));
            name.is_ok_and(|name| name.starts_with("sled-io"))
        });
        let slacks: Vec<u64> = pool
            .filter_map(|thread| {
                let path = Path::new("/proc").join(thread.file_name()).join("timerslack_ns");
                // Of other threads it is told to privileged users only.
                std::fs::read_to_string(path).ok()?.trim().parse().ok()
            })
            .collect();
        assert!(slacks.iter().all(|&slack| slack > 3_600_000_000_000), "{slacks:?}");
    }
}
