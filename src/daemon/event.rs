//! Everything that can happen to a daemon, and everything that it can do about it.

use std::path::PathBuf;
use std::time::Duration;

use super::librarian::Done;
use crate::inputs::WatchPoint;
use crate::ipc::{Reply, Request};
use crate::model::backoff::Retry;
use crate::model::job::{JobOrder, JobReport};
use crate::model::key::Key;
use crate::store::{self, Scheduled};

/// A connection of a client.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct ConnectionId(pub(super) u64);

/// A recomputation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct JobId(pub(super) u64);

/// What has happened.
#[derive(Debug)]
pub(super) enum Event {
    /// The time has come that was asked for; or it was something else that woke the loop, and it
    /// may have come.
    Tick,
    /// The wall clock was set.
    ClockSet,
    /// A client asks for something.
    Asked(ConnectionId, Request),
    /// A client, or a signal, wants the daemon to leave; in favour of a newer program, if one is
    /// named.
    Leave(Option<PathBuf>),
    /// Markers were made.
    Pending,
    /// Inputs of an entry may have changed.
    InputChanged(Key),
    /// The cache folder isn't where it was.
    FolderGone,
    /// The librarian has done something.
    Librarian(Done),
    /// A job has ended: its report, or why there is none.
    JobEnded(JobId, Result<JobReport, String>),
}

/// What is to be done.
#[derive(Debug, PartialEq)]
pub(super) enum Action {
    /// Let clients in, and tell the service manager.
    Serve,
    /// Let nobody in any more.
    TurnAway,
    /// Answer a client.
    Reply(ConnectionId, Reply),
    /// Tell a client how far it has got with what is to be answered.
    Tell(ConnectionId, Reply),
    /// Have something done with the catalog.
    Librarian(Task),
    /// Have the catalog closed.
    CloseCatalog,
    /// Observe these inputs of an entry, and no others; none: no longer.
    Watch(Key, Vec<WatchPoint>),
    /// Ask the next caller of this entry for what is withheld from it.
    WantSecrets(Key),
    /// Write down a failure that the job itself didn't live to write down.
    NoteFailure(Key, Box<Retry>),
    /// Start a job, which has been due for so long.
    Start(JobId, Box<JobOrder>, Duration),
    /// End a job: politely, or not.
    End(JobId, Politeness),
    /// Leave the loop.
    Exit(Exit),
}

/// How a job is ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Politeness {
    /// By TERM.
    Ask,
    /// By KILL.
    Force,
}

/// How the loop is left.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Exit {
    /// As was asked for.
    Done,
    /// In favour of a newer program.
    For(PathBuf),
    /// Because the catalog is of no use.
    Failed(String),
}

/// What the librarian is to do. Each begins with taking in what has changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Task {
    /// Read all entries that are to be kept fresh.
    Begin,
    /// Enforce the limits; sweep, once a day; remove what has expired.
    Tend {
        /// Whether something may have expired.
        expire: bool,
    },
    /// Read these entries once more.
    Look(Vec<Key>),
    /// Answer a client.
    Answer(ConnectionId, Box<store::Request>),
}

/// What the catalog says after something was done with it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Outlook {
    /// Entries that may have changed, as they are now; `None` for one that isn't to be kept fresh,
    /// or isn't there.
    pub(super) changed: Vec<(Key, Option<Scheduled>, Vec<WatchPoint>)>,
    /// When the next entry expires, nanoseconds since 1970.
    pub(super) next_expiry: Option<i64>,
    /// How long until everything is to be swept.
    pub(super) sweep_in: Duration,
}
