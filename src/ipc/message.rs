//! What is said once the greetings are exchanged. A change to any of these types changes the
//! version of the protocol.

use std::fmt;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::model::job::{JobOrder, Outcome};
use crate::model::key::Key;
use crate::model::recipe::Variable;
use crate::store::{self, Stage};

/// What a client asks for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Request {
    /// How the daemon is.
    Status,
    /// To recompute an entry now, for a caller who doesn't wait. Answered as soon as it is noted.
    Refresh(Box<JobOrder>),
    /// Something of the catalog.
    Catalog(Box<store::Request>),
    /// To remember what was withheld from an entry's recipe.
    Secrets(Secrets),
}

/// Values that never reach the disk.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Secrets {
    /// The entry that needs them.
    pub key: Key,
    /// The variables.
    pub variables: Vec<Variable>,
}

impl fmt::Debug for Secrets {
    /// Without a value.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Secrets").field("key", &self.key).finish_non_exhaustive()
    }
}

/// What the daemon answers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Reply {
    /// How it is.
    Status(Box<Status>),
    /// What the catalog says.
    Catalog(Box<store::Answer>),
    /// It is noted.
    Noted,
    /// It isn't done any more: the daemon is about to leave.
    Leaving,
    /// It can't be done; why, for people.
    Failed(String),
    /// How far a collection has got; the answer is yet to come.
    Progress(Stage),
}

/// How a daemon is.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Status {
    /// Its process id.
    pub pid: u32,
    /// Its version, for people.
    pub version: String,
    /// How long it has run, suspension included.
    pub uptime: Duration,
    /// Entries that it keeps fresh.
    pub scheduled: u64,
    /// Paths that it watches.
    pub watched_paths: u64,
    /// Those of them that it looks at from time to time, because the kernel has no watch left.
    pub polled_paths: u64,
    /// Recomputations under way.
    pub running_jobs: u64,
    /// Recomputations that were stored.
    pub refreshes: u64,
    /// Recomputations that failed.
    pub refresh_failures: u64,
    /// When the next one is due, nanoseconds since 1970 by the wall clock.
    pub next_refresh_at: Option<i64>,
    /// Whether it is about to stop.
    pub is_stopping: bool,
    /// What it keeps fresh, the next one due first.
    pub rows: Vec<Row>,
}

/// An entry that is kept fresh.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Row {
    /// The entry.
    pub key: Key,
    /// Its command line, for people: escaped, and cut if it is long.
    pub command: String,
    /// What it waits for.
    pub state: State,
    /// How the last recomputation ended, since the daemon was started.
    pub last: Option<Outcome>,
    /// How often it has failed since it succeeded last.
    pub failures: u32,
}

/// What an entry waits for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum State {
    /// Its time, nanoseconds since 1970 by the wall clock.
    Due(i64),
    /// A change of an input.
    Watching,
    /// It is being recomputed.
    Running,
    /// Somebody who asks for it: nobody has for long.
    Dormant,
    /// The values of these variables, which the next call brings.
    NeedsSecrets(Vec<Vec<u8>>),
}
