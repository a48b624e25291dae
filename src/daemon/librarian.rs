//! The thread that has the catalog: whatever is asked of it happens one after the other, while the
//! loop goes on.

use std::ffi::OsStr;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::sync::Arc;
use std::sync::mpsc::{self, Receiver, Sender};
use std::thread;
use std::time::{Duration, Instant};

use rustix::event::{EventfdFlags, eventfd};

use super::event::{ConnectionId, Outlook, Task};
use crate::inputs::{WatchPoint, watch_points};
use crate::ipc::Reply;
use crate::model::key::Key;
use crate::model::policy::Limits;
use crate::model::time::Stamp;
use crate::store::{Collected, Scheduled, Shelf, Stage, Store, StoreError};
use crate::sys::clock;

/// How long whoever has the catalog is waited for, before that is logged and it is tried anew.
const PATIENCE: Duration = Duration::from_secs(30);
/// How often a client is told that a stage goes on.
const PACE: Duration = Duration::from_millis(250);

/// What has been done.
#[derive(Debug)]
pub(super) enum Done {
    /// The catalog is open; these are the entries to keep fresh.
    Opened(Box<Outlook>),
    /// What was asked for by a client.
    Answered(ConnectionId, Box<Reply>, Option<Box<Outlook>>),
    /// How far that has got.
    Progress(ConnectionId, Stage),
    /// The store was looked after.
    Tended(Box<Outlook>),
    /// It wasn't; it is to be tried again.
    Failed,
    /// The catalog can't be opened, or not any more: there is nothing to go on with.
    Lost(String),
    /// The catalog is closed.
    Closed,
}

/// The loop's side.
pub(super) struct Librarian {
    tasks: Option<Sender<Task>>,
    done: Receiver<Done>,
    wake: Arc<OwnedFd>,
}

impl Librarian {
    /// Has the catalog opened.
    pub(super) fn employ(store: Arc<Store>, limits: Limits) -> std::io::Result<Librarian> {
        let wake = Arc::new(eventfd(0, EventfdFlags::CLOEXEC | EventfdFlags::NONBLOCK)?);
        let (tasks, to_do) = mpsc::channel();
        let (report, done) = mpsc::channel();
        let desk = Desk { report, wake: Arc::clone(&wake), limits };
        thread::Builder::new().name("librarian".to_owned()).spawn(move || {
            desk.work(&store, &to_do);
        })?;
        Ok(Librarian { tasks: Some(tasks), done, wake })
    }

    /// Asks for something; `false` if nobody is there to do it.
    pub(super) fn ask(&self, task: Task) -> bool {
        self.tasks.as_ref().is_some_and(|tasks| tasks.send(task).is_ok())
    }

    /// Has the catalog closed once everything is done that was asked for.
    pub(super) fn dismiss(&mut self) {
        self.tasks = None;
    }

    /// All that has been done since the last call.
    pub(super) fn done(&self) -> Vec<Done> {
        let _ = rustix::io::read(&*self.wake, &mut [0; 8]);
        self.done.try_iter().collect()
    }
}

impl AsFd for Librarian {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.wake.as_fd()
    }
}

/// The thread's side.
struct Desk {
    report: Sender<Done>,
    wake: Arc<OwnedFd>,
    limits: Limits,
}

impl Desk {
    fn work(&self, store: &Store, to_do: &Receiver<Task>) {
        let last = match self.serve(store, to_do) {
            Ok(()) => Done::Closed,
            Err(error) => Done::Lost(error.to_string()),
        };
        self.tell(last);
    }

    /// Ends when nobody asks for anything any more; the catalog is closed by then.
    fn serve(&self, store: &Store, to_do: &Receiver<Task>) -> Result<(), StoreError> {
        let Some(mut catalog) = open(store, to_do)? else { return Ok(()) };
        catalog.follow_changes();
        let mut first = Some(());
        while let Some(task) = first.take().map(|()| Task::Begin).or_else(|| to_do.recv().ok()) {
            match self.perform(&mut catalog, &task) {
                Ok(done) => self.tell(done),
                // The lock is let go of when the process ends, not before.
                Err(error) if error.is_stuck() => return Err(error),
                Err(_) if catalog.is_broken() => {
                    tracing::warn!("the catalog is damaged; it is made anew from the entries");
                    catalog.rebuild()?;
                    match self.perform(&mut catalog, &task) {
                        Ok(done) => self.tell(done),
                        Err(error) => self.fail(&task, &error),
                    }
                }
                Err(error) => self.fail(&task, &error),
            }
        }
        Ok(())
    }

    fn perform(&self, catalog: &mut Shelf<'_>, task: &Task) -> Result<Done, StoreError> {
        let now = clock::now();
        let ingested = catalog.ingest()?;
        if let Some((key, error)) = ingested.failed.first() {
            tracing::warn!(count = ingested.failed.len(), entry = %key.id(), "not taken in: {error}");
        }
        Ok(match task {
            Task::Begin => {
                let all = catalog.all_scheduled()?;
                let _ = catalog.take_changed();
                let changed = all.into_iter().map(|one| observed(one.key, Some(one))).collect();
                Done::Opened(Box::new(Outlook { changed, ..self.outlook(catalog, now)? }))
            }
            Task::Tend { expire } => {
                let mut collected = catalog.tidy(&self.limits, now)?;
                if *expire {
                    collected.expired += catalog.drop_expired(&self.limits, now)?.expired;
                }
                let Collected { expired, evicted, .. } = collected;
                if expired + evicted > 0 {
                    tracing::info!(expired, evicted, "removed");
                }
                Done::Tended(Box::new(self.outlook(catalog, now)?))
            }
            Task::Answer(from, request) => {
                let answer = catalog.answer(request, &mut self.progress(*from));
                let reply = match answer {
                    Ok(answer) => Reply::Catalog(Box::new(answer)),
                    Err(error) => Reply::Failed(error.to_string()),
                };
                Done::Answered(*from, Box::new(reply), Some(Box::new(self.outlook(catalog, now)?)))
            }
            Task::Look(keys) => {
                let mut outlook = self.outlook(catalog, now)?;
                outlook.changed.extend(scheduled(catalog, keys.iter().copied())?);
                Done::Tended(Box::new(outlook))
            }
        })
    }

    /// Tells a client of each stage, and within one every now and then, so that he sees it goes on.
    fn progress(&self, from: ConnectionId) -> impl FnMut(Stage) -> Result<(), StoreError> + '_ {
        let mut told: Option<(Stage, Instant)> = None;
        move |stage| {
            if told.is_none_or(|(last, when)| last != stage || when.elapsed() >= PACE) {
                told = Some((stage, Instant::now()));
                self.tell(Done::Progress(from, stage));
            }
            Ok(())
        }
    }

    fn outlook(&self, catalog: &mut Shelf<'_>, now: Stamp) -> Result<Outlook, StoreError> {
        let changed = catalog.take_changed();
        Ok(Outlook {
            changed: scheduled(catalog, changed)?,
            next_expiry: catalog.next_expiry(&self.limits)?,
            sweep_in: catalog.sweep_due_in(now),
        })
    }

    fn fail(&self, task: &Task, error: &StoreError) {
        tracing::warn!(?task, "{error}");
        self.tell(match task {
            Task::Answer(from, _) => {
                Done::Answered(*from, Box::new(Reply::Failed(error.to_string())), None)
            }
            _ => Done::Failed,
        });
    }

    fn tell(&self, done: Done) {
        // Whoever doesn't listen any more is about to leave.
        let _ = self.report.send(done);
        let _ = rustix::io::write(&*self.wake, &1_u64.to_ne_bytes());
    }
}

/// Queues for the catalog for as long as it takes; `None` if it isn't wanted any more.
fn open<'s>(store: &'s Store, to_do: &Receiver<Task>) -> Result<Option<Shelf<'s>>, StoreError> {
    loop {
        match Shelf::open(store, PATIENCE) {
            Err(error) if error.is_busy() => {
                tracing::info!("another process has the catalog; waiting");
                if matches!(to_do.try_recv(), Err(mpsc::TryRecvError::Disconnected)) {
                    return Ok(None);
                }
            }
            opened => return opened.map(Some),
        }
    }
}

/// An entry as it is now, and what is to be observed for it.
type Seen = (Key, Option<Scheduled>, Vec<WatchPoint>);

fn scheduled(
    catalog: &Shelf<'_>,
    keys: impl IntoIterator<Item = Key>,
) -> Result<Vec<Seen>, StoreError> {
    keys.into_iter().map(|key| Ok(observed(key, catalog.scheduled(&key)?))).collect()
}

fn observed(key: Key, scheduled: Option<Scheduled>) -> Seen {
    let inputs = scheduled.as_ref().and_then(|scheduled| scheduled.inputs.as_ref());
    let points = inputs.map_or(Vec::new(), |(wanted, arguments, directory)| {
        let arguments: Vec<&[u8]> = arguments.iter().map(Vec::as_slice).collect();
        watch_points(wanted, &arguments, Path::new(OsStr::from_bytes(directory)))
    });
    (key, scheduled, points)
}
