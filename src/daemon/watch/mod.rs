//! Tells when files change: the inputs of entries stored with `--watch`, and the cache folder.
//!
//! What it tells are hints. Whoever gets one compares fingerprints: a change may be of a file that
//! doesn't count, or be undone by then. It errs towards telling, and whatever is only read isn't
//! told of, so that a command that reads its inputs doesn't set itself off.
//!
//! All of it is done by a thread of its own, because a large tree that comes or goes, or is looked at
//! again and again, may take seconds. Nothing is done between two changes: it sleeps, as notify's
//! thread does, and there is no timer unless something has to be looked at again and again
//! ([`WatchStats::polled_paths`]).
//!
//! Unseen go: what is mounted over an observed folder or unmounted; a folder further up that is
//! renamed, if this user may not read the folder it is in; files of /proc and /sys; and what is
//! written through a mapping until the file is closed.

mod backend;
mod debounce;
mod engine;
mod folders;
mod inbox;
mod network;
mod observer;
mod poll;
mod resolve;

#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use rustix::event::{EventfdFlags, PollFd, PollFlags, Timespec, eventfd, poll};

pub use crate::inputs::WatchPoint;

use crate::model::key::Key;
use crate::sys::clock::since_boot;

use observer::Observer;

/// What has been noticed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Event {
    /// There may be new markers of keys whose catalog record is out of date.
    Pending,
    /// The cache folder has been deleted or replaced.
    FolderGone,
    /// Inputs of this key may have changed; or they are observed from now on, and nobody knows
    /// what happened before.
    Changed(Key),
}

/// What is observed, and how.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct WatchStats {
    /// Points of entries that are observed, or about to be.
    pub watched_paths: usize,
    /// Points of entries that are looked at every few seconds, because the system's limits are
    /// exhausted or they are on a network file system.
    pub polled_paths: usize,
    /// Watches held in the kernel: one for each folder, whoever needs it, those on the way to a
    /// point included.
    pub folders: usize,
}

/// The loop's side of the thread that observes: nothing of it waits.
pub struct Watcher {
    desk: Arc<Desk>,
}

/// What both sides write on.
struct Desk {
    notes: Mutex<Notes>,
    /// Readable by the thread when it is to look at the notes.
    orders: OwnedFd,
    /// Readable by the loop while there are news.
    news: OwnedFd,
}

/// As much as there are keys, at most: of several notes on one, the last counts.
#[derive(Default)]
struct Notes {
    /// The points that keys are to have; none: no more.
    orders: BTreeMap<Key, Vec<WatchPoint>>,
    news: BTreeSet<Event>,
    stats: WatchStats,
    is_over: bool,
}

impl Watcher {
    /// Observes a cache folder and, for markers, the folder `pending` somewhere in it. Signals that
    /// the caller waits for must be blocked by now: new threads have the mask of this one.
    ///
    /// # Errors
    ///
    /// One of the folders can't be found, or no descriptor or thread is to be had. That nothing can
    /// be observed is no error: see [`WatchStats::polled_paths`].
    pub fn new(cache: &Path, pending: &Path) -> io::Result<Self> {
        let observer = Observer::new(cache, pending)?;
        let flags = EventfdFlags::CLOEXEC | EventfdFlags::NONBLOCK;
        let (orders, news) = (eventfd(0, flags)?, eventfd(0, flags)?);
        let desk = Arc::new(Desk { notes: Mutex::default(), orders, news });
        let side = Arc::clone(&desk);
        thread::Builder::new().name("watcher".to_owned()).spawn(move || side.observe(observer))?;
        Ok(Self { desk })
    }

    /// Readable while [`Watcher::news`] has something to tell.
    #[must_use]
    pub fn fd(&self) -> BorrowedFd<'_> {
        self.desk.news.as_fd()
    }

    /// Makes these the points of a key, instead of those it had. [`Event::Changed`] follows once
    /// they are observed, unless none of them is new to the key.
    pub fn watch(&self, key: Key, points: Vec<WatchPoint>) {
        self.desk.lock().orders.insert(key, points);
        wake(&self.desk.orders);
    }

    /// Ends it for a key.
    pub fn unwatch(&self, key: &Key) {
        self.watch(*key, Vec::new());
    }

    /// What has been noticed since the last call: changes once they have been quiet for 50 ms or
    /// gone on for a second.
    #[must_use]
    pub fn news(&self) -> BTreeSet<Event> {
        let mut notes = self.desk.lock();
        clear(&self.desk.news);
        std::mem::take(&mut notes.news)
    }

    /// What is observed, and how, as of the last time that the thread was through with its work.
    #[must_use]
    pub fn stats(&self) -> WatchStats {
        self.desk.lock().stats
    }
}

impl Drop for Watcher {
    /// The thread ends when it is through with what it is at: that isn't waited for.
    fn drop(&mut self) {
        self.desk.lock().is_over = true;
        wake(&self.desk.orders);
    }
}

impl Desk {
    /// The thread's work.
    fn observe(&self, mut observer: Observer) {
        let mut counted = None;
        loop {
            let orders = {
                let mut notes = self.lock();
                clear(&self.orders);
                if notes.is_over {
                    return;
                }
                std::mem::take(&mut notes.orders)
            };
            for (key, points) in orders {
                observer.watch(key, points);
            }
            let seen = observer.drain(since_boot());
            let stats = (counted != Some(observer.revision())).then(|| observer.stats());
            counted = Some(observer.revision());
            self.tell(seen, stats);
            wait([self.orders.as_fd(), observer.fd()], observer.next_deadline());
        }
    }

    fn tell(&self, seen: Vec<Event>, stats: Option<WatchStats>) {
        let mut notes = self.lock();
        notes.stats = stats.unwrap_or(notes.stats);
        if !seen.is_empty() {
            notes.news.extend(seen);
            wake(&self.news);
        }
    }

    fn lock(&self) -> MutexGuard<'_, Notes> {
        // Notes have no state that a panic could leave half done.
        self.notes.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Waits until one of them is readable, or until a time since boot.
fn wait(readable: [BorrowedFd<'_>; 2], deadline: Option<Duration>) {
    let left = deadline.map(|at| at.saturating_sub(since_boot()));
    let timeout = left.and_then(|left| Timespec::try_from(left).ok());
    let mut polled = readable.map(|fd| PollFd::from_borrowed_fd(fd, PollFlags::IN));
    // Whatever ends it, there is no harm in looking.
    let _ = poll(&mut polled, timeout.as_ref());
}

fn wake(fd: &OwnedFd) {
    // It fails only if it is readable already.
    let _ = rustix::io::write(fd, &1_u64.to_ne_bytes());
}

fn clear(fd: &OwnedFd) {
    // EAGAIN: nobody has written to it.
    let _ = rustix::io::read(fd, &mut [0; 8]);
}
