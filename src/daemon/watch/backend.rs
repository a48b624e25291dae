//! What tells of changes: notify, whose only home this is, or in tests something else.
//!
//! notify is asked for single folders only, never for trees, though it could watch those as well.
//! Its trees take in `.git`, stay half watched where a limit is met, aren't watched again once
//! deleted, and keep the old name when they are moved (its issue 555). The folders of a tree are
//! looked after by [`super::engine`] instead.
//!
//! It watches for opening too, in 8.x whether one wants to or not. What is only read ends here, so
//! a command that reads its inputs wakes nobody; notify's own thread is woken all the same.

use std::io;
use std::path::Path;
use std::sync::Arc;

use notify::event::{AccessKind, AccessMode, EventKind, ModifyKind, RenameMode};
use notify::{Config, ErrorKind, INotifyWatcher, RecursiveMode, Watcher as _};
use rustix::io::Errno;

use super::folders::Interest;
use super::inbox::{Change, Inbox};

/// Why a folder isn't observed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Refused {
    /// There are as many watches, or watchers, as the system allows, or it can't for another
    /// reason that may pass.
    Limit,
    /// The file system doesn't tell what other machines change.
    Network,
    /// This user may not read the folder.
    Denied,
    /// There is no folder at the path.
    Gone,
}

/// Observes folders: whatever happens to the names in one, and to the folder itself.
///
/// A folder is at most once in the set: whoever asks knows which ones are. What it tells goes to
/// the [`Inbox`], in terms of the path that was asked for. Of a folder that has gone it may tell
/// nothing more, even if there is another one at the same path by then; it must have told before
/// that it has gone.
pub(super) trait Backend {
    /// # Errors
    ///
    /// See [`Refused`]; the folder isn't observed then.
    fn watch(&mut self, folder: &Path) -> Result<(), Refused>;

    /// Ends it, also if the folder has gone.
    fn unwatch(&mut self, folder: &Path);

    /// Ends it for all folders.
    fn start_over(&mut self);

    /// What is wanted of a folder that is observed has come, or gone: what nothing is wanted of
    /// needn't be told.
    fn want(&mut self, _folder: &Path, _interest: &Interest, _has_come: bool) {}
}

/// inotify, by way of notify.
pub(super) struct Notify {
    inbox: Arc<Inbox>,
    /// `None` while no instance is to be had.
    watcher: Option<INotifyWatcher>,
}

impl Notify {
    pub(super) fn new(inbox: Arc<Inbox>) -> Self {
        Self { inbox, watcher: None }
    }

    fn watcher(&mut self) -> Result<&mut INotifyWatcher, Refused> {
        let watcher = match self.watcher.take() {
            Some(watcher) => watcher,
            None => start(&self.inbox).map_err(|error| refused(&error))?,
        };
        Ok(self.watcher.insert(watcher))
    }
}

impl Backend for Notify {
    fn watch(&mut self, folder: &Path) -> Result<(), Refused> {
        let watched = self.watcher()?.watch(folder, RecursiveMode::NonRecursive);
        watched.map_err(|error| refused(&error))
    }

    fn unwatch(&mut self, folder: &Path) {
        if let Some(watcher) = &mut self.watcher {
            // Of a folder that has been deleted it knows by itself.
            let _ = watcher.unwatch(folder);
        }
    }

    fn start_over(&mut self) {
        self.watcher = None;
    }

    fn want(&mut self, folder: &Path, interest: &Interest, has_come: bool) {
        self.inbox.want(folder, interest, has_come);
    }
}

fn start(inbox: &Arc<Inbox>) -> notify::Result<INotifyWatcher> {
    let inbox = Arc::clone(inbox);
    let tell = move |event: notify::Result<notify::Event>| match event {
        Ok(event) if event.need_rescan() => inbox.lose(),
        Ok(event) => {
            if let Some(change) = change(event.kind) {
                event.paths.into_iter().for_each(|path| inbox.add(path, change));
            }
        }
        Err(_) => inbox.lose(),
    };
    INotifyWatcher::new(tell, Config::default().with_follow_symlinks(false))
}

/// What an event means; `None` where it means nothing, or where others tell the same.
fn change(kind: EventKind) -> Option<Change> {
    use ModifyKind::Name;
    match kind {
        // What was written to through a mapping shows only when it is closed.
        EventKind::Access(AccessKind::Close(AccessMode::Write)) => Some(Change::CONTENT),
        // Both halves of a move have been told by themselves.
        EventKind::Access(_) | EventKind::Modify(Name(RenameMode::Both)) => None,
        EventKind::Create(_) | EventKind::Modify(Name(RenameMode::To)) => Some(Change::APPEARED),
        EventKind::Remove(_) | EventKind::Modify(Name(_)) => Some(Change::VANISHED),
        EventKind::Modify(_) | EventKind::Any | EventKind::Other => Some(Change::CONTENT),
    }
}

fn refused(error: &notify::Error) -> Refused {
    match &error.kind {
        ErrorKind::PathNotFound => Refused::Gone,
        ErrorKind::Io(error) => match Errno::from_io_error(error) {
            Some(Errno::NOENT | Errno::NOTDIR | Errno::LOOP) => Refused::Gone,
            Some(Errno::ACCESS | Errno::PERM) => Refused::Denied,
            None if error.kind() == io::ErrorKind::NotFound => Refused::Gone,
            _ => Refused::Limit,
        },
        _ => Refused::Limit,
    }
}

#[cfg(test)]
mod tests {
    use notify::event::{CreateKind, DataChange, MetadataKind, RemoveKind};

    use super::*;

    #[test]
    fn reading_wakes_nobody_and_every_change_does() {
        use EventKind::{Access, Create, Modify, Remove};
        let cases = [
            (Access(AccessKind::Open(AccessMode::Any)), None),
            (Access(AccessKind::Open(AccessMode::Write)), None),
            (Access(AccessKind::Close(AccessMode::Read)), None),
            (Access(AccessKind::Read), None),
            (Access(AccessKind::Close(AccessMode::Write)), Some(Change::CONTENT)),
            (Modify(ModifyKind::Data(DataChange::Any)), Some(Change::CONTENT)),
            (Modify(ModifyKind::Metadata(MetadataKind::Any)), Some(Change::CONTENT)),
            (Create(CreateKind::Folder), Some(Change::APPEARED)),
            (Modify(ModifyKind::Name(RenameMode::To)), Some(Change::APPEARED)),
            (Modify(ModifyKind::Name(RenameMode::From)), Some(Change::VANISHED)),
            (Modify(ModifyKind::Name(RenameMode::Both)), None),
            (Remove(RemoveKind::File), Some(Change::VANISHED)),
        ];
        for (kind, expected) in cases {
            assert_eq!(change(kind), expected, "{kind:?}");
        }
    }

    #[test]
    fn errors_are_told_apart_by_what_helps() {
        let io = |errno: Errno| notify::Error::io(errno.into());
        let cases = [
            (notify::Error::new(ErrorKind::MaxFilesWatch), Refused::Limit),
            (io(Errno::MFILE), Refused::Limit),
            (io(Errno::NOMEM), Refused::Limit),
            (io(Errno::ACCESS), Refused::Denied),
            (io(Errno::NOENT), Refused::Gone),
            (io(Errno::NOTDIR), Refused::Gone),
            (notify::Error::path_not_found(), Refused::Gone),
        ];
        for (error, expected) in cases {
            assert_eq!(refused(&error), expected, "{error:?}");
        }
    }
}
