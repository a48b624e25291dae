//! What notify's thread hands to the loop: which paths have changed since the loop last looked.
//!
//! A set rather than a queue, so that a file written to ten thousand times is in it once, and
//! bounded: what doesn't fit makes it incomplete, as when the kernel's own queue overflows. What
//! nobody wants, such as other names in a busy folder above an input, doesn't get in, and wakes
//! nobody.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use rustix::event::{EventfdFlags, eventfd};

use super::folders::Interest;

/// What has happened at a path: any of these.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Change {
    /// A name has come to be there, or leads to something else now.
    pub(super) appeared: bool,
    /// A name, or what it stood for, has gone.
    pub(super) vanished: bool,
}

impl Change {
    /// What is there is the same file or folder, with other content, owner, mode, ….
    pub(super) const CONTENT: Self = Self { appeared: false, vanished: false };
    pub(super) const APPEARED: Self = Self { appeared: true, vanished: false };
    pub(super) const VANISHED: Self = Self { appeared: false, vanished: true };

    /// Whether something else may be at the path now.
    pub(super) fn is_structural(self) -> bool {
        self.appeared || self.vanished
    }
}

/// What has changed.
#[derive(Debug, Default)]
pub(super) struct Changes {
    pub(super) at: BTreeMap<PathBuf, Change>,
    /// There was more, and nobody knows what.
    pub(super) is_incomplete: bool,
}

impl Changes {
    /// More paths than this at once are as good as all.
    const MOST: usize = 20_000;

    fn is_empty(&self) -> bool {
        self.at.is_empty() && !self.is_incomplete
    }

    fn add(&mut self, path: PathBuf, change: Change) {
        if self.at.len() >= Self::MOST && !self.at.contains_key(&path) {
            self.lose();
        }
        if !self.is_incomplete {
            let known = self.at.entry(path).or_default();
            known.appeared |= change.appeared;
            known.vanished |= change.vanished;
        }
    }

    fn lose(&mut self) {
        self.is_incomplete = true;
        self.at = BTreeMap::new();
    }
}

/// Changes, and a descriptor that is readable while there are any.
#[derive(Debug)]
pub(super) struct Inbox {
    changes: Mutex<Changes>,
    wanted: Mutex<BTreeMap<PathBuf, Wanted>>,
    wake: OwnedFd,
}

/// What is wanted of a folder, and how often.
#[derive(Debug, Default)]
struct Wanted {
    /// More than single names.
    whole: usize,
    names: BTreeMap<OsString, usize>,
}

impl Wanted {
    fn change(&mut self, interest: &Interest, has_come: bool) {
        let count = match interest {
            Interest::Name(name) => self.names.entry(name.clone()).or_default(),
            Interest::All | Interest::Tree => &mut self.whole,
        };
        *count = if has_come { *count + 1 } else { count.saturating_sub(1) };
        if let Interest::Name(name) = interest
            && self.names.get(name) == Some(&0)
        {
            self.names.remove(name);
        }
    }
}

impl Inbox {
    /// # Errors
    ///
    /// No descriptor is to be had.
    pub(super) fn new() -> io::Result<Self> {
        let wake = eventfd(0, EventfdFlags::CLOEXEC | EventfdFlags::NONBLOCK)?;
        Ok(Self { changes: Mutex::default(), wanted: Mutex::default(), wake })
    }

    pub(super) fn add(&self, path: PathBuf, change: Change) {
        if self.is_wanted(&path) {
            self.change(|changes| changes.add(path, change));
        }
    }

    /// Something is wanted of a folder from now on, or no longer.
    pub(super) fn want(&self, folder: &Path, interest: &Interest, has_come: bool) {
        let mut all = self.wanted.lock().unwrap_or_else(PoisonError::into_inner);
        if !all.contains_key(folder) {
            all.insert(folder.to_owned(), Wanted::default());
        }
        let Some(wanted) = all.get_mut(folder) else { return };
        wanted.change(interest, has_come);
        if wanted.whole == 0 && wanted.names.is_empty() {
            all.remove(folder);
        }
    }

    /// Whether a path is that of an observed folder, or one that is wanted in one. Where nothing is
    /// known of its folder, which may be about to be wanted, it counts.
    fn is_wanted(&self, path: &Path) -> bool {
        let all = self.wanted.lock().unwrap_or_else(PoisonError::into_inner);
        let (Some(folder), Some(name)) = (path.parent(), path.file_name()) else { return true };
        all.get(folder).is_none_or(|wanted| wanted.whole > 0 || wanted.names.contains_key(name))
            || all.contains_key(path)
    }

    /// Something went unseen.
    pub(super) fn lose(&self) {
        self.change(Changes::lose);
    }

    /// All that has changed since the last call; the descriptor isn't readable any more.
    pub(super) fn take(&self) -> Changes {
        let mut changes = self.lock();
        // EAGAIN: nobody has written to it.
        let _ = rustix::io::read(&self.wake, &mut [0; 8]);
        std::mem::take(&mut changes)
    }

    pub(super) fn fd(&self) -> BorrowedFd<'_> {
        self.wake.as_fd()
    }

    fn change(&self, change: impl FnOnce(&mut Changes)) {
        let mut changes = self.lock();
        let is_first = changes.is_empty();
        change(&mut changes);
        if is_first && !changes.is_empty() {
            // It fails only if it is readable already.
            let _ = rustix::io::write(&self.wake, &1_u64.to_ne_bytes());
        }
    }

    fn lock(&self) -> MutexGuard<'_, Changes> {
        // A map of paths has no state that a panic could leave half done.
        self.changes.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use rustix::event::{PollFd, PollFlags, Timespec, poll};

    use super::*;

    fn is_readable(inbox: &Inbox) -> bool {
        let mut fds = [PollFd::from_borrowed_fd(inbox.fd(), PollFlags::IN)];
        poll(&mut fds, Some(&Timespec { tv_sec: 0, tv_nsec: 0 })).expect("a poll") == 1
    }

    #[test]
    fn it_is_readable_while_there_is_something_in_it() {
        let inbox = Inbox::new().expect("an inbox");
        assert!(!is_readable(&inbox));
        inbox.add("/a".into(), Change::VANISHED);
        inbox.add("/b".into(), Change::CONTENT);
        inbox.add("/a".into(), Change::APPEARED);
        assert!(is_readable(&inbox));
        let changes = inbox.take();
        let both = Change { appeared: true, vanished: true };
        let expected = [("/a".into(), both), ("/b".into(), Change::CONTENT)];
        assert_eq!(changes.at.into_iter().collect::<Vec<_>>(), expected);
        assert!(!changes.is_incomplete);
        assert!(!is_readable(&inbox));
        assert!(inbox.take().is_empty());
    }

    #[test]
    fn what_nobody_wants_wakes_nobody() {
        let inbox = Inbox::new().expect("an inbox");
        let name = Interest::Name("in".into());
        let (busy, other) = (Path::new("/busy"), Path::new("/other"));
        inbox.want(busy, &name, true);
        inbox.want(busy, &name, true);
        inbox.want(Path::new("/busy/at"), &name, true);
        inbox.add("/busy/out".into(), Change::VANISHED);
        assert!(!is_readable(&inbox));
        // A name that is wanted, an observed folder, one that nothing is known of.
        for path in ["/busy/in", "/busy/at", "/other/out", "/"] {
            inbox.add(path.into(), Change::CONTENT);
            assert_eq!(inbox.take().at.len(), 1, "{path}");
        }
        inbox.want(busy, &name, false);
        inbox.add("/busy/in".into(), Change::CONTENT);
        assert_eq!(inbox.take().at.len(), 1, "somebody else wants it");
        inbox.want(busy, &Interest::All, true);
        inbox.add("/busy/out".into(), Change::CONTENT);
        assert_eq!(inbox.take().at.len(), 1);
        inbox.want(busy, &Interest::All, false);
        inbox.want(other, &Interest::Tree, true);
        inbox.add("/busy/out".into(), Change::CONTENT);
        assert!(!is_readable(&inbox));
        inbox.add("/other/out".into(), Change::CONTENT);
        assert!(is_readable(&inbox));
    }

    #[test]
    fn too_much_is_as_good_as_all() {
        let inbox = Inbox::new().expect("an inbox");
        for number in 0..=Changes::MOST {
            inbox.add(format!("/{number}").into(), Change::CONTENT);
        }
        let changes = inbox.take();
        assert!(changes.is_incomplete && changes.at.is_empty());
        inbox.lose();
        assert!(is_readable(&inbox));
        assert!(inbox.take().is_incomplete);
    }
}
