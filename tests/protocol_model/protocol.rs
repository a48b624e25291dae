//! The protocol: what each process does, system call by system call, to be read from top to bottom.
//!
//! A check is called `…Or(elsewhere)`: if it holds, the next step follows, else that routine. A
//! check made inside the gate drops the gate when it fails. Where a table ends without a `Go`, the
//! process ends.

use Op::{
    Answered, Apply, CatalogFreeOr, CloseFlight, Detach, DropCatalog, DropGate, DropTurn, EntryOr,
    FindFlight, FlightOr, ForcedOr, Go, HandOver, HeaderOr, JudgedOr, LeadOr, ListPending,
    LookAgain, LookUp, LostOr, Mark, MarkAll, MarkListed, MineOr, NeedsMoreOr, NoteCall, NoteEntry,
    OpenFlight, PatientOr, PendingOr, PutAmended, PutBlob, PutEntry, PutRecord, QuarantineCatalog,
    ReadEntry, ReadVerdict, RecordOr, ReplacesOr, Reported, RunBegins, RunEndsOr, ServeVerdict,
    SoundOr, TakeCatalog, TakeGate, TakeTurnOr, TryCatalogOr, TryLockOr, UnlinkBlob, UnlinkEntry,
    UnlinkFlight, UnlinkListed, UnreferencedOr, WaitForLock, WriteHeader, WriteVerdict,
};

use crate::op::{Op, Routine as R};

/// Every routine but the last, which has no steps.
pub(crate) const TABLES: &[(R, &[Op])] = &[
    (R::LookUp, LOOK_UP),
    (R::DropAndServe, DROP_AND_SERVE),
    (R::Quarantine, QUARANTINE),
    (R::Amend, AMEND),
    (R::Force, FORCE),
    (R::Refresh, REFRESH),
    (R::Compete, COMPETE),
    (R::Wait, WAIT),
    (R::Verdict, VERDICT),
    (R::Join, JOIN),
    (R::Alone, ALONE),
    (R::Lead, LEAD),
    (R::Withdraw, WITHDRAW),
    (R::Publish, PUBLISH),
    (R::Decline, DECLINE),
    (R::Abandon, ABANDON),
    (R::Retract, RETRACT),
    (R::ForgetKey, FORGET_KEY),
    (R::ForgetTag, FORGET_TAG),
    (R::ForgetIndexed, FORGET_INDEXED),
    (R::ForgetAll, FORGET_ALL),
    (R::ForgetEntries, FORGET_ENTRIES),
    (R::Report, REPORT),
    (R::Ingest, INGEST),
    (R::Gather, GATHER),
    (R::Open, OPEN),
    (R::Rebuild, REBUILD),
    (R::Round, ROUND),
    (R::LetGo, LET_GO),
    (R::Evict, EVICT),
    (R::Follow, FOLLOW),
    (R::Collect, COLLECT),
    (R::Restore, RESTORE),
    (R::Sweep, SWEEP),
];

// A call.

/// Open the entry and judge it. A hit ends the call; expired, with `serve`: `DropAndServe`;
/// corrupt: `Quarantine`.
const LOOK_UP: &[Op] = &[LookUp, Go(R::Compete)];

/// Who unlinks it serves it; who comes too late looks again.
const DROP_AND_SERVE: &[Op] =
    &[TakeGate, JudgedOr(R::LookUp), Mark, UnlinkEntry, DropGate, HandOver];

/// Then a miss, whoever moved it away.
const QUARANTINE: &[Op] =
    &[TakeGate, JudgedOr(R::Compete), Mark, UnlinkEntry, DropGate, Go(R::Compete)];

/// A hit that changes the entry's policy. What has been replaced or forgotten meanwhile stays so.
const AMEND: &[Op] = &[NoteEntry, TakeGate, JudgedOr(R::End), Mark, PutAmended, DropGate, HandOver];

/// What runs by now is too old for this caller, and must not be published after it.
const FORCE: &[Op] = &[NoteCall, TakeGate, UnlinkFlight, DropGate, Go(R::Compete)];

/// In the background: it sets out to replace the entry that it sees here.
const REFRESH: &[Op] = &[NoteEntry, Go(R::Compete)];

/// For the flight: one process leads, the others wait for it.
const COMPETE: &[Op] = &[
    OpenFlight,
    TryLockOr(R::Wait),
    // The lock is not enough: the flight may have landed or been revoked since it was opened. What
    // a dead leader left in it, its header, doesn't count.
    LeadOr(R::Verdict),
    Go(R::Lead),
];

/// For the same lock, and then with the same question, so that a dead leader's successor is whoever
/// gets it. (Under a shared lock they would have to compete once more, and keep each other from
/// it.)
const WAIT: &[Op] = &[PatientOr(R::Force), WaitForLock, LeadOr(R::Verdict), Go(R::Lead)];

/// A nonce: `Join`. Not storable: `Alone`. None: the flight was revoked, or its leader killed after
/// the unlink; start over.
const VERDICT: &[Op] = &[ReadVerdict];

/// The entry that the verdict names, whatever its age; start over if it is gone.
const JOIN: &[Op] = &[ServeVerdict];

/// Beside all flights, and never stored. Not for a forced call: it competes again.
const ALONE: &[Op] = &[RunBegins, RunEndsOr(R::End)];

/// Holding the lock of the linked flight.
const LEAD: &[Op] = &[
    // Before the run: what runs has to be found by its tags.
    WriteHeader,
    // Somebody may have published between the look-up and the lock. A hit: Withdraw.
    LookAgain,
    RunBegins,
    RunEndsOr(R::Decline),
    Go(R::Publish),
];

/// There was a hit. No verdict: a forced call may be waiting, and this entry is older than it.
const WITHDRAW: &[Op] = &[TakeGate, MineOr(R::Abandon), UnlinkFlight, DropGate, CloseFlight];

/// All inside one gate but the verdict.
const PUBLISH: &[Op] = &[
    TakeGate,
    // Revoked: by force (the newer answer wins) or forget.
    MineOr(R::Abandon),
    ReplacesOr(R::Abandon),
    // Inside the gate: a collector can't come between blob and entry.
    PutBlob,
    // Before the entry: killed between, the key is dirty without need, no more.
    Mark,
    PutEntry,
    UnlinkFlight,
    DropGate,
    // After the unlink: killed between, those who waited look again. The other way round a dead
    // verdict stays linked, to be joined for ever.
    WriteVerdict,
    CloseFlight,
    HandOver,
];

/// The result is not storable: those who waited run COMMAND themselves.
const DECLINE: &[Op] = &[
    TakeGate,
    MineOr(R::Abandon),
    UnlinkFlight,
    DropGate,
    WriteVerdict,
    CloseFlight,
    ForcedOr(R::End),
    Go(R::Retract),
];

/// No verdict: those who waited start over.
const ABANDON: &[Op] = &[CloseFlight, ForcedOr(R::End), Go(R::Retract)];

/// A forced call has an answer that isn't stored: what is stored is older. So may be what runs by
/// now, in the flight that took the place of this call's.
const RETRACT: &[Op] = &[TakeGate, UnlinkFlight, Mark, UnlinkEntry, DropGate, Answered, HandOver];

// Forget.

/// The marker is made even where there is no entry: a tombstone for the record.
const FORGET_KEY: &[Op] =
    &[NoteCall, TakeGate, UnlinkFlight, Mark, UnlinkEntry, DropGate, Go(R::Report)];

/// Flights first, then the index: a run that lands between the two is found in the index.
const FORGET_TAG: &[Op] =
    &[NoteCall, HeaderOr(R::Ingest), TakeGate, UnlinkFlight, DropGate, Go(R::Ingest)];

/// What the index holds once everything pending is ingested.
const FORGET_INDEXED: &[Op] =
    &[RecordOr(R::Report), TakeGate, UnlinkFlight, Mark, UnlinkEntry, DropGate, Go(R::Report)];

/// Flights first, as above, then the entries.
const FORGET_ALL: &[Op] = &[
    NoteCall,
    // For records whose entries are lost. Inside the gate: a repair that found no RESCAN there is
    // through with its rename before the entries are listed.
    TakeGate,
    MarkAll,
    DropGate,
    FlightOr(R::ForgetEntries),
    TakeGate,
    UnlinkFlight,
    DropGate,
    Go(R::ForgetEntries),
];

/// A marker for each of them: an ingest may be through with RESCAN before the entry is gone.
const FORGET_ENTRIES: &[Op] =
    &[EntryOr(R::Report), TakeGate, Mark, UnlinkEntry, DropGate, Go(R::Report)];

/// From here on it is a promise.
const REPORT: &[Op] = &[Reported, HandOver];

// The catalog and its upkeep.

/// Also the beginning of everything else that needs the catalog.
const INGEST: &[Op] = &[TakeCatalog, Go(R::Open)];

/// What has been marked is taken in a moment later, by one process for many.
const GATHER: &[Op] = &[
    // Its owner looks once more after letting go.
    CatalogFreeOr(R::End),
    // Who has the turn has yet to look.
    TakeTurnOr(R::End),
    Detach,
    // Before the catalog is tried: a marker of somebody who found the turn taken is there by now,
    // for us to see, or for the catalog's owner.
    DropTurn,
    PendingOr(R::End),
    TryCatalogOr(R::End),
    Go(R::Open),
];

/// Holding the lock.
const OPEN: &[Op] = &[SoundOr(R::Rebuild), Go(R::Round)];

/// RESCAN first: killed between, the next ingest goes on.
const REBUILD: &[Op] = &[MarkAll, QuarantineCatalog, Go(R::Round)];

/// The records follow the entries.
const ROUND: &[Op] = &[
    // Nothing pending: what this process took the catalog for, and when that is done, LetGo.
    ListPending,
    // A barrier: whoever had made a listed marker has changed the entry by now.
    TakeGate,
    DropGate,
    ReadEntry,
    Apply,
    // Exactly those listed: a marker made since stands for a change not read.
    UnlinkListed,
    // Who only ingests lets go between two rounds.
    NeedsMoreOr(R::LetGo),
    Go(R::Round),
];

/// And look once more: a marker made since the last look is that of somebody who found the catalog
/// taken, and left.
const LET_GO: &[Op] = &[DropCatalog, PendingOr(R::End), Go(R::Gather)];

/// By the record: an entry that is another by now stays.
const EVICT: &[Op] = &[
    RecordOr(R::LetGo),
    TakeGate,
    JudgedOr(R::Follow),
    MarkListed,
    UnlinkEntry,
    DropGate,
    Go(R::Follow),
];

/// The record follows at once, without a look at what others have marked. No barrier: what was
/// marked here has been changed. Read it is all the same: somebody may have published since.
const FOLLOW: &[Op] = &[ReadEntry, Apply, UnlinkListed, Go(R::Round)];

/// Inside the gate nobody publishes, so who refers to the blob can be told.
const COLLECT: &[Op] = &[TakeGate, UnreferencedOr(R::Round), UnlinkBlob, DropGate, Go(R::Round)];

/// Without a marker, as the entry becomes what the record is. (Left without its entry by a kill, a
/// marker would have the next ingest delete the record that was to be rescued.)
const RESTORE: &[Op] =
    &[RecordOr(R::LetGo), TakeGate, LostOr(R::Round), PutRecord, DropGate, Go(R::Round)];

/// A flight that its leader left behind.
const SWEEP: &[Op] = &[
    FindFlight,
    TryLockOr(R::Abandon),
    TakeGate,
    // The lock may be that of a flight that has landed, and the name lead to the next one.
    MineOr(R::Abandon),
    UnlinkFlight,
    DropGate,
    CloseFlight,
];
