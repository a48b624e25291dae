//! How a call ended, or why the cache had nothing to do with it.

use std::time::Duration;

use super::look_up::Kind;
use crate::model::judge::Reason;
use crate::model::time::Stamp;
use crate::replay::Failed;
use crate::runner::{Ending, SpawnError};
use crate::store::{StoreError, Unusable};

/// The exit status where a command succeeded whose output couldn't be written: our own error.
const UNDELIVERED: u8 = 125;

/// How a command counts as ended whose output couldn't be written whole (a full disk, say). If it had
/// written there itself, it would have failed; it must not look as if it hadn't.
#[must_use]
pub fn undelivered(ending: Ending) -> Ending {
    match ending {
        Ending::Exited(0) => Ending::Exited(UNDELIVERED),
        ending => ending,
    }
}

/// How a call ended.
#[derive(Debug)]
pub struct Done {
    /// The status to exit with.
    pub ending: Ending,
    /// What happened.
    pub what: What,
    /// Something went wrong beside the answer: a line for standard error.
    pub warning: Option<String>,
    /// The entry is from now on to be refreshed by a daemon, and none runs.
    pub is_unattended: bool,
}

/// What happened to a call.
#[derive(Debug)]
pub enum What {
    /// It was served.
    Hit {
        /// Why it could be.
        kind: Kind,
        /// When the answer was computed.
        created: Stamp,
        /// How long the command had run.
        saved: Duration,
    },
    /// The command ran.
    Ran {
        /// Why.
        reason: Reason,
        /// How long.
        ran: Duration,
        /// Why the result wasn't stored, if so.
        not_stored: Option<&'static str>,
    },
    /// It waited for another call to run the command until its own time was over.
    GaveUp {
        /// Why it wasn't served.
        reason: Reason,
        /// How long it waited.
        waited: Duration,
    },
}

/// Why a call has no [`Done`] of the cache's making. The command hasn't run.
#[derive(Debug)]
pub enum Declined {
    /// `cached_only`, and nothing serves.
    NotCached(Reason),
    /// Nothing is stored and nothing is to be: the command is to be run as if there were no cache.
    NothingToKeep,
    /// The cache can't be used; the command is to be run as if there were none.
    NoCache(String),
    /// The call waits for itself: a process above us leads the same flight.
    Ancestor,
    /// The command couldn't be started.
    CannotRun(SpawnError),
}

impl From<Unusable> for Declined {
    fn from(error: Unusable) -> Self {
        Declined::NoCache(error.to_string())
    }
}

impl From<StoreError> for Declined {
    fn from(error: StoreError) -> Self {
        Declined::NoCache(error.to_string())
    }
}

impl Done {
    /// The end of a call whose output couldn't be written whole.
    pub(super) fn undelivered(ending: Ending, what: What, error: &Failed) -> Done {
        let warning = Some(error.to_string());
        Done { ending: undelivered(ending), what, warning, is_unattended: false }
    }

    /// Adds something to what is said on standard error, in the same line.
    pub(super) fn warn(&mut self, more: &str) {
        self.warning = Some(match self.warning.take() {
            Some(before) => format!("{before}; {more}"),
            None => more.to_owned(),
        });
    }
}
