//! A process: what it was started for, where it stands, and the little it remembers.

use crate::op::Routine;
use crate::world::{Run, Set};

/// The number of a process.
pub(crate) type Who = u8;

/// What a process was started for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Role {
    /// `omoide COMMAND`.
    Call(Judge),
    /// A call whose result may not be stored (`--no-store`, too large, ended by a signal).
    CallUnstorable,
    /// `omoide --force COMMAND`.
    CallForced,
    /// A forced call whose result may not be stored.
    CallForcedUnstorable,
    /// A forced call that finds the first leader it waits for held up by its reader.
    CallForcedImpatient,
    /// A hit with another policy: it writes what it read once more.
    Amend,
    /// A background refresh of the entry that stands there.
    Refresh,
    /// `omoide forget -- COMMAND`, or by id.
    ForgetKey,
    /// `omoide forget --tag`: by the catalog's index and the headers of flights.
    ForgetTag,
    /// `omoide forget --all`.
    ForgetAll,
    /// The detached ingest, or the daemon's.
    Ingest,
    /// The part of `gc` that removes an entry by its record.
    Evict,
    /// The part of `gc` that removes a blob.
    Collect,
    /// The part of `gc` that sweeps flights nobody holds.
    Sweep,
    /// `omoide doctor --repair`: entries that were lost, from their records.
    Restore,
}

/// What a caller's policy makes of the entry that was there from the start. A later one is always
/// fresh.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Judge {
    Fresh,
    /// `--ttl`: expired, so a miss.
    Expired,
    /// `--on-expired serve`: the one who drops it serves it.
    ServeOnce,
    /// The checksum doesn't match.
    Corrupt,
}

impl Role {
    pub(crate) fn begins(self) -> Routine {
        match self {
            Self::Call(_) | Self::CallUnstorable => Routine::LookUp,
            Self::CallForced | Self::CallForcedUnstorable | Self::CallForcedImpatient => {
                Routine::Force
            }
            Self::Amend => Routine::Amend,
            Self::Refresh => Routine::Refresh,
            Self::ForgetKey => Routine::ForgetKey,
            Self::ForgetTag => Routine::ForgetTag,
            Self::ForgetAll => Routine::ForgetAll,
            Self::Ingest | Self::Evict | Self::Collect | Self::Restore => Routine::Ingest,
            Self::Sweep => Routine::Sweep,
        }
    }

    /// What an owner of the catalog does once nothing is pending.
    pub(crate) fn then(self) -> Routine {
        match self {
            Self::ForgetTag => Routine::ForgetIndexed,
            Self::CallForcedImpatient => Routine::Force,
            Self::Evict => Routine::Evict,
            Self::Collect => Routine::Collect,
            Self::Restore => Routine::Restore,
            _ => Routine::LetGo,
        }
    }

    pub(crate) fn forgets(self) -> bool {
        matches!(self, Self::ForgetKey | Self::ForgetTag | Self::ForgetAll)
    }

    pub(crate) fn forces(self) -> bool {
        matches!(self, Self::CallForced | Self::CallForcedUnstorable | Self::CallForcedImpatient)
    }

    /// May its result be stored?
    pub(crate) fn is_storable(self) -> bool {
        !matches!(self, Self::CallUnstorable | Self::CallForcedUnstorable)
    }

    /// May this process end another's flight?
    pub(crate) fn revokes(self) -> bool {
        self.forgets() || self.forces()
    }

    /// How many runs it may cost beside the first: its own, those whose flight it ends (a forced
    /// call: when it begins, when it takes a held-up leader's place, and when it isn't stored) or
    /// whose entry it removes, or whose answer it keeps from the others.
    pub(crate) fn calls_for_runs(self) -> usize {
        match self {
            Self::CallUnstorable | Self::CallForcedUnstorable => Who::MAX.into(),
            role if role.forces() => 4,
            role if role.forgets() => 1,
            Self::Evict | Self::Refresh => 1,
            _ => 0,
        }
    }
}

/// The next step: an index into the routine's table.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Counter {
    pub(crate) routine: Routine,
    pub(crate) index: u8,
}

impl Counter {
    pub(crate) fn start(routine: Routine) -> Self {
        Self { routine, index: 0 }
    }

    pub(crate) fn next(self) -> Self {
        Self { index: self.index + 1, ..self }
    }
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) struct Process {
    /// None: ended or killed, which nobody else can tell apart.
    pub(crate) next: Option<Counter>,
    /// The inode number behind the descriptor of the flight.
    pub(crate) flight: Option<u8>,
    /// The version it judged, was told of, or read.
    pub(crate) seen: Option<Run>,
    /// The markers that its listing of `pending/` returned.
    pub(crate) listed: Set,
    /// How many markers it has made: its next nonce.
    pub(crate) marks: u8,
    /// Where an ingest goes on when nothing is pending, and an impatient call when it has to wait.
    pub(crate) then: Option<Routine>,
    /// Ghost: the runs that had begun when this call did, and for a forced one when its own ended.
    pub(crate) older: Set,
}

impl Process {
    pub(crate) fn start(role: Role) -> Self {
        let next = Some(Counter::start(role.begins()));
        Self { next, then: Some(role.then()), ..Self::default() }
    }
}
