//! Is told by the kernel when a marker is made, and when the cache folder goes away.
//!
//! inotify itself, without a thread: two folders that are known, of which only names matter. The
//! inputs of entries are another matter, see [`watch`](super).

use std::io;
use std::mem::MaybeUninit;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

use rustix::fs::inotify::{self, CreateFlags, ReadFlags, Reader, WatchFlags};
use rustix::io::Errno;

use crate::store::Store;

/// What has happened in the cache folder.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Noticed {
    /// Markers were made.
    pub(super) pending: bool,
    /// It, or something in it, was moved or removed: to be looked at.
    pub(super) moved: bool,
}

/// Eyes on the cache folder.
pub(super) struct FolderWatch {
    inotify: OwnedFd,
    pending: i32,
}

impl FolderWatch {
    pub(super) fn new(store: &Store) -> io::Result<FolderWatch> {
        let inotify = inotify::init(CreateFlags::CLOEXEC | CreateFlags::NONBLOCK)?;
        let gone = WatchFlags::DELETE_SELF | WatchFlags::MOVE_SELF | WatchFlags::ONLYDIR;
        let made = WatchFlags::CREATE | WatchFlags::MOVED_TO | WatchFlags::CLOSE_WRITE;
        let pending = inotify::add_watch(&inotify, store.pending_path(), gone | made)?;
        // The folder of the version is open here, which keeps the kernel from telling its own end:
        // that its name goes is seen from above.
        let below = gone | WatchFlags::DELETE | WatchFlags::MOVED_FROM;
        inotify::add_watch(&inotify, store.path(), below)?;
        Ok(FolderWatch { inotify, pending })
    }

    /// All that has happened since the last call.
    pub(super) fn noticed(&self) -> Noticed {
        let mut noticed = Noticed::default();
        let mut buffer = [MaybeUninit::uninit(); 16 << 10];
        let mut events = Reader::new(&self.inotify, &mut buffer);
        loop {
            match events.next() {
                Ok(event) => {
                    let flags = event.events();
                    let gone = ReadFlags::DELETE_SELF
                        | ReadFlags::MOVE_SELF
                        | ReadFlags::DELETE
                        | ReadFlags::MOVED_FROM
                        | ReadFlags::IGNORED
                        | ReadFlags::UNMOUNT;
                    noticed.moved |= flags.intersects(gone);
                    // What didn't fit into the queue may have been anything.
                    let lost = flags.contains(ReadFlags::QUEUE_OVERFLOW);
                    noticed.pending |=
                        lost || (event.wd() == self.pending && !flags.intersects(gone));
                }
                Err(Errno::INTR) => {}
                Err(_) => return noticed,
            }
        }
    }
}

impl AsFd for FolderWatch {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.inotify.as_fd()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::Store;

    #[test]
    fn markers_and_removals_are_told_apart() {
        let folder = tempfile::tempdir().expect("a folder");
        let store = Store::prepare(&folder.path().join("cache")).expect("a store");
        let watch = FolderWatch::new(&store).expect("a watch");
        assert_eq!(watch.noticed(), Noticed::default());
        std::fs::write(store.pending_path().join("marker"), "").expect("written");
        assert_eq!(watch.noticed(), Noticed { pending: true, moved: false });
        std::fs::remove_file(store.pending_path().join("marker")).expect("removed");
        assert_eq!(watch.noticed(), Noticed::default());
        std::fs::rename(store.path(), folder.path().join("aside")).expect("moved");
        assert_eq!(watch.noticed(), Noticed { pending: false, moved: true });
        std::fs::remove_dir_all(folder.path().join("aside")).expect("removed");
        assert!(watch.noticed().moved);
    }

    #[test]
    fn a_removal_is_told_once_all_is_gone() {
        let folder = tempfile::tempdir().expect("a folder");
        let store = Store::prepare(&folder.path().join("cache")).expect("a store");
        let watch = FolderWatch::new(&store).expect("a watch");
        std::fs::remove_dir_all(store.pending_path()).expect("removed");
        assert!(watch.noticed().moved);
        std::fs::remove_dir_all(store.path()).expect("removed");
        assert!(watch.noticed().moved && !store.is_in_place());
    }
}
