//! The daemon: one process a cache folder that keeps the catalog in order and entries fresh while
//! nobody waits.
//!
//! One loop turns everything that happens into an `Event`, one pure
//! `State` answers each with `Action`s, and the loop carries them
//! out. The catalog is worked on by a thread of its own, so that the loop answers and wakes in
//! time whatever that takes. No command is ever run in here: each runs in a process of its own
//! (see `jobs`).

mod clients;
mod event;
mod jobs;
mod librarian;
mod log;
mod reactor;
mod settings;
mod start;
mod state;
mod supervisor;
mod timers;
pub mod watch;

use std::fs::File;
use std::path::PathBuf;
use std::time::{Duration, Instant};

pub use log::Level;
pub use settings::{Settings, Typed};
pub use start::{Started, detach, start, tell};

use crate::ipc::{Client, Unanswered};
use crate::store::{Store, StoreError, Unusable};
use crate::sys::{fd, signal};

/// How long one that leaves is waited for.
const TAKEOVER: Duration = Duration::from_secs(10);
/// How long each of several tries to find out who the daemon is may take.
const BRIEFLY: Duration = Duration::from_millis(100);

/// Why there is no daemon.
#[derive(Debug, thiserror::Error)]
pub enum Failed {
    /// There is one.
    #[error("a daemon is running already (pid {0})")]
    Running(u32),
    /// There is one, and it neither answers nor leaves.
    #[error(
        "a daemon (pid {0}) has the cache folder and doesn't answer; 'omoide daemon stop' ends it"
    )]
    Stuck(u32),
    /// The cache folder can't be used.
    #[error(transparent)]
    Folder(#[from] Unusable),
    /// Something in it can't be used.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The kernel won't.
    #[error("failed to {0}: {1}")]
    Io(&'static str, #[source] std::io::Error),
    /// The catalog is of no use.
    #[error("{0}")]
    Catalog(String),
}

/// Why a daemon has ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Left {
    /// It was told to, or there was nothing to do.
    Done,
    /// A newer program is to take its place, in the same process.
    For(PathBuf),
}

/// Is the daemon of a cache folder until it is told to leave.
///
/// `ready` is called once it serves, or with the reason why it doesn't.
///
/// # Errors
/// Why it can't be.
pub fn run(settings: &Settings, ready: impl FnOnce(Result<(), &Failed>)) -> Result<Left, Failed> {
    let mut ready = Some(ready);
    let ran = serve(settings, &mut || {
        if let Some(ready) = ready.take() {
            ready(Ok(()));
        }
    });
    if let (Err(failed), Some(ready)) = (&ran, ready) {
        ready(Err(failed));
    }
    ran
}

fn serve(settings: &Settings, ready: &mut dyn FnMut()) -> Result<Left, Failed> {
    let io = |what| move |error| Failed::Io(what, error);
    let inherited = supervisor::sockets();
    let mut kept = vec![0, 1, 2];
    kept.extend(&inherited);
    fd::close_all_but(&mut kept);
    signal::reset_all();
    std::env::set_current_dir("/").map_err(io("enter /"))?;
    let store = Store::prepare(&settings.cache_dir)?;
    let listener = supervisor::listener(&inherited, &store.socket_path());
    let lock = become_the_one(&store)?;
    log::start(settings.log);
    tracing::info!(folder = %settings.cache_dir.display(), pid = std::process::id(), "started");
    let left = reactor::run(settings, store, listener, ready);
    match &left {
        Ok(Left::Done) => tracing::info!("stopped"),
        Ok(Left::For(path)) => tracing::info!(program = %path.display(), "makes place"),
        Err(failed) => tracing::error!("{failed}"),
    }
    drop(lock);
    left
}

/// Takes the lock that only the daemon has; waits for one that is leaving.
fn become_the_one(store: &Store) -> Result<File, Failed> {
    let deadline = Instant::now() + TAKEOVER;
    loop {
        match store.lock_daemon(BRIEFLY) {
            Err(error) if error.is_busy() => {}
            locked => return Ok(locked?),
        }
        match Client::connect(store, Instant::now() + BRIEFLY) {
            Ok(client) => return Err(Failed::Running(client.daemon().pid)),
            Err(Unanswered::Newer(daemon)) => return Err(Failed::Running(daemon.pid)),
            Err(_) if Instant::now() < deadline => {}
            Err(_) => return Err(Failed::Stuck(store.daemon_pid().unwrap_or_default())),
        }
    }
}
