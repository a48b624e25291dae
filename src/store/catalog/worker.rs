//! The thread on which sled opens, writes and closes.
//!
//! sled waits without bound: for a thread of its pool that couldn't be started (the limit on
//! processes was reached), and for a disk. And it may miss that a write has failed: what one of its
//! threads finds out in that moment wakes nobody, so it is nudged to look once more.
//!
//! Whoever asks for something here waits no longer than makes sense, and is told that it got
//! [stuck](CatalogError::Stuck). Such a thread can't be ended within its process, and may go on at any
//! time. So the process keeps the catalog's lock and uses the catalog no more, and whoever runs it ends
//! it soon.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender};
use std::thread;
use std::time::{Duration, Instant};

use super::error::CatalogError;
use crate::sys::{fork, memory, slack};

/// What sled takes beside its index, its cache and the stacks of its threads included. A program
/// that runs out of memory in sled is aborted, so this much must be free before.
const MEMORY: u64 = 64 << 20;
/// The index takes this share of the catalog's size at most: 100 bytes an entry, which takes several
/// hundred bytes on disk.
const SHARE_OF_INDEX: u64 = 2;
/// How long sled may take while its pool has no thread: it starts all of them within microseconds,
/// once it has read where the log ends.
const WITHOUT_POOL: Duration = Duration::from_secs(5);
/// How long it may take with a pool: to open a large catalog, or to write and sync some megabytes on
/// a disk that has a lot to do.
const LONGEST: Duration = Duration::from_mins(2);
/// How often to look whether it gets anywhere.
const LOOK: Duration = Duration::from_millis(250);
/// How long it may take before it is nudged; then twice as long, and so on.
const NUDGED_AFTER: Duration = Duration::from_secs(1);

/// Something in this process got stuck.
static STUCK: AtomicBool = AtomicBool::new(false);

/// What has sled look at what has become of its writes.
pub(super) type Nudge = Arc<dyn Fn() + Send + Sync>;

/// A piece of work.
type Job = Box<dyn FnOnce() + Send>;

/// The thread; it ends when this is dropped and it has done what it was asked for.
pub(super) struct Worker {
    jobs: Sender<Job>,
}

/// Whether something got stuck in this process: it must not use the catalog any more, and keep its
/// lock for as long as it lives.
pub(in crate::store) fn is_stuck() -> bool {
    STUCK.load(Ordering::Relaxed)
}

impl Worker {
    /// Starts the thread, if sled can have what it needs for the catalog in the directory `path`.
    pub(super) fn start(path: &Path) -> Result<Worker, CatalogError> {
        if is_stuck() {
            return Err(CatalogError::Stuck);
        }
        memory::share_among_threads();
        look_for_memory(path)?;
        let (jobs, to_do) = mpsc::channel::<Job>();
        // The pool's threads look around once a second, for as long as the process lives: waits
        // that never run out spare an idle daemon these wake-ups. Work wakes them as before.
        slack::without_limits(|| named("sled-worker", move || to_do.iter().for_each(|job| job())))?;
        // sled needs one thread of its pool at least, and waits for ever without.
        fork::with_threads(|| named("sled-trial", || ()).map(|trial| drop(trial.join())))?;
        Ok(Worker { jobs })
    }

    /// Has something done by the thread, and waits for it.
    pub(super) fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> Result<T, CatalogError> + Send + 'static,
    ) -> Result<T, CatalogError> {
        self.run_nudged(work, None)
    }

    /// The same; `nudge`, done by threads of its own, has sled notice a failure that it has missed.
    pub(super) fn run_nudged<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> Result<T, CatalogError> + Send + 'static,
        nudge: Option<&Nudge>,
    ) -> Result<T, CatalogError> {
        if is_stuck() {
            return Err(CatalogError::Stuck);
        }
        let (report, done) = mpsc::channel();
        let job: Job = Box::new(move || drop(report.send(work())));
        // A thread that is gone has let go of `report`, which is noticed below.
        let _ = self.jobs.send(job);
        wait(&done, nudge).unwrap_or_else(|| {
            STUCK.store(true, Ordering::Relaxed);
            Err(CatalogError::Stuck)
        })
    }
}

fn named<T: Send + 'static>(
    name: &str,
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<thread::JoinHandle<T>, CatalogError> {
    let started = thread::Builder::new().name(name.to_owned()).spawn(work);
    started.map_err(|error| CatalogError::Starved(format!("no thread can be started ({error})")))
}

/// The result; `None` if it won't come.
fn wait<T>(done: &Receiver<T>, nudge: Option<&Nudge>) -> Option<T> {
    let started = Instant::now();
    let mut nudge_at = NUDGED_AFTER;
    loop {
        match done.recv_timeout(LOOK) {
            Ok(result) => return Some(result),
            Err(RecvTimeoutError::Disconnected) => return None,
            Err(RecvTimeoutError::Timeout) => {}
        }
        let longest = if has_pool() { LONGEST } else { WITHOUT_POOL };
        if started.elapsed() >= longest {
            return None;
        }
        if let Some(nudge) = nudge.filter(|_| started.elapsed() >= nudge_at) {
            let nudge = Arc::clone(nudge);
            // Where there is no thread for it, the bound above holds.
            drop(named("sled-nudge", move || nudge()));
            nudge_at *= 2;
        }
    }
}

/// Whether sled has a thread in its pool; also said where /proc doesn't tell.
fn has_pool() -> bool {
    let Ok(threads) = std::fs::read_dir("/proc/self/task") else { return true };
    threads.flatten().any(|thread| {
        let name = std::fs::read_to_string(thread.path().join("comm"));
        name.is_ok_and(|name| name.starts_with("sled-io"))
    })
}

/// Makes sure that there is memory for the catalog in a directory.
fn look_for_memory(path: &Path) -> Result<(), CatalogError> {
    let size = std::fs::metadata(path.join("db")).map_or(0, |db| db.len());
    let needed = MEMORY.saturating_add(size / SHARE_OF_INDEX);
    if memory::is_available(needed) {
        return Ok(());
    }
    let mebibytes = needed >> 20;
    Err(CatalogError::Starved(format!("it needs {mebibytes} MiB of memory, which can't be had")))
}
