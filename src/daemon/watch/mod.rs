//! Tells when files change: the inputs of entries stored with `--watch`, and the cache folder.
//!
//! What it tells are hints. Whoever gets one compares fingerprints: a change may be of a file that
//! doesn't count, or be undone by then. It errs towards telling, and whatever is only read isn't
//! told of, so that a command that reads its inputs doesn't set itself off.
//!
//! Nothing is done between two changes: no thread but notify's, which sleeps, and no timer unless
//! something has to be looked at again and again ([`WatchStats::polled_paths`]).
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
mod poll;
mod resolve;

#[cfg(test)]
mod tests;

use std::io;
use std::os::fd::BorrowedFd;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

pub use crate::inputs::WatchPoint;

use crate::model::key::Key;

use backend::Notify;
use engine::Engine;
use folders::{Inode, folder_at};
use inbox::Inbox;

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
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
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

/// Observes files on behalf of keys.
pub struct Watcher {
    inbox: Arc<Inbox>,
    engine: Engine<Notify, Subscriber>,
    store: Store,
}

/// Who is told of changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Subscriber {
    Store,
    Entry(Key),
}

/// The cache folder.
struct Store {
    /// The folder of the markers, without links.
    pending: PathBuf,
    /// The cache folder and those down to the markers', and which they were at first.
    folders: Vec<(PathBuf, Inode)>,
}

impl Watcher {
    /// Observes a cache folder and, for markers, the folder `pending` somewhere in it. Signals that
    /// the caller waits for must be blocked by now: notify's thread has the mask of this one.
    ///
    /// # Errors
    ///
    /// One of the folders can't be found, or no descriptor is to be had. That nothing can be
    /// observed is no error: see [`WatchStats::polled_paths`].
    pub fn new(cache: &Path, pending: &Path) -> io::Result<Self> {
        let store = Store::new(cache, pending)?;
        let inbox = Arc::new(Inbox::new()?);
        let mut engine = Engine::new(Notify::new(Arc::clone(&inbox)));
        let markers = WatchPoint { path: store.pending.clone(), recursive: false };
        engine.watch(Subscriber::Store, vec![markers]);
        Ok(Self { inbox, engine, store })
    }

    /// Readable when [`Watcher::drain`] is to be called.
    #[must_use]
    pub fn fd(&self) -> BorrowedFd<'_> {
        self.inbox.fd()
    }

    /// Makes these the points of a key, instead of those it had. Takes effect with the next
    /// [`Watcher::drain`], or several of them for a large tree; then [`Event::Changed`] follows,
    /// unless none of the points is new to the key.
    pub fn watch(&mut self, key: Key, points: Vec<WatchPoint>) {
        self.engine.watch(Subscriber::Entry(key), points);
    }

    /// Ends it for a key.
    pub fn unwatch(&mut self, key: &Key) {
        self.engine.unwatch(Subscriber::Entry(*key));
    }

    /// What has been noticed: changes once they have been quiet for 50 ms or gone on for a second.
    /// `now` is time since boot.
    #[must_use]
    pub fn drain(&mut self, now: Duration) -> Vec<Event> {
        let mut changes = self.inbox.take();
        // Markers go when they have been dealt with, which is nothing new.
        changes.at.retain(|path, change| {
            change.appeared || path.parent() != Some(self.store.pending.as_path())
        });
        let concerned = self.engine.turn(changes, now);
        let event = |subscriber| match subscriber {
            Subscriber::Entry(key) => Event::Changed(key),
            Subscriber::Store if self.store.is_gone() => Event::FolderGone,
            Subscriber::Store => Event::Pending,
        };
        concerned.into_iter().map(event).collect()
    }

    /// When [`Watcher::drain`] is to be called even if nothing changes by then, as time since boot;
    /// zero for at once.
    #[must_use]
    pub fn next_deadline(&self) -> Option<Duration> {
        self.engine.next_turn()
    }

    /// What is observed, and how.
    #[must_use]
    pub fn stats(&self) -> WatchStats {
        let is_entry = |subscriber: &Subscriber| *subscriber != Subscriber::Store;
        let (watched_paths, polled_paths, folders) = self.engine.counts(is_entry);
        WatchStats { watched_paths, polled_paths, folders }
    }
}

impl Store {
    fn new(cache: &Path, pending: &Path) -> io::Result<Self> {
        let (cache, pending) = (cache.canonicalize()?, pending.canonicalize()?);
        let inside = pending.ancestors().take_while(|folder| folder.starts_with(&cache));
        let known = inside.map(|folder| {
            let inode = folder_at(folder).ok_or(io::ErrorKind::NotFound)?;
            Ok((folder.to_owned(), inode))
        });
        let folders = known.collect::<io::Result<Vec<_>>>()?;
        Ok(Self { pending, folders })
    }

    fn is_gone(&self) -> bool {
        self.folders.iter().any(|(path, inode)| folder_at(path) != Some(*inode))
    }
}
