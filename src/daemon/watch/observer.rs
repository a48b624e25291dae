//! Observes files on behalf of keys: all of the work, for one thread.

use std::io;
use std::os::fd::BorrowedFd;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use super::backend::Notify;
use super::engine::Engine;
use super::folders::{Inode, folder_at};
use super::inbox::Inbox;
use super::{Event, WatchStats};
use crate::inputs::WatchPoint;
use crate::model::key::Key;

/// Observes files on behalf of keys.
pub(super) struct Observer {
    pub(super) inbox: Arc<Inbox>,
    pub(super) engine: Engine<Notify, Subscriber>,
    store: Store,
}

/// Who is told of changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Subscriber {
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

impl Observer {
    /// Observes a cache folder and, for markers, the folder `pending` somewhere in it. Signals that
    /// the caller waits for must be blocked by now: notify's thread has the mask of this one.
    ///
    /// # Errors
    ///
    /// One of the folders can't be found, or no descriptor is to be had. That nothing can be
    /// observed is no error: see [`WatchStats::polled_paths`].
    pub(super) fn new(cache: &Path, pending: &Path) -> io::Result<Self> {
        let store = Store::new(cache, pending)?;
        let inbox = Arc::new(Inbox::new()?);
        let mut engine = Engine::new(Notify::new(Arc::clone(&inbox)));
        let markers = WatchPoint { path: store.pending.clone(), recursive: false };
        engine.watch(Subscriber::Store, vec![markers]);
        Ok(Self { inbox, engine, store })
    }

    /// Readable when [`Observer::drain`] is to be called.
    pub(super) fn fd(&self) -> BorrowedFd<'_> {
        self.inbox.fd()
    }

    /// Makes these the points of a key, instead of those it had; none ends it for the key. Takes effect with the next
    /// [`Observer::drain`], or several of them for a large tree; then [`Event::Changed`] follows,
    /// unless none of the points is new to the key.
    pub(super) fn watch(&mut self, key: Key, points: Vec<WatchPoint>) {
        if points.is_empty() {
            return self.engine.unwatch(Subscriber::Entry(key));
        }
        self.engine.watch(Subscriber::Entry(key), points);
    }

    /// What has been noticed: changes once they have been quiet for 50 ms or gone on for a second.
    /// `now` is time since boot.
    pub(super) fn drain(&mut self, now: Duration) -> Vec<Event> {
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

    /// When [`Observer::drain`] is to be called even if nothing changes by then, as time since boot;
    /// zero for at once.
    pub(super) fn next_deadline(&self) -> Option<Duration> {
        self.engine.next_turn()
    }

    /// Goes up whenever [`Observer::stats`] may have changed.
    pub(super) fn revision(&self) -> u64 {
        self.engine.revision()
    }

    /// What is observed, and how.
    pub(super) fn stats(&self) -> WatchStats {
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
