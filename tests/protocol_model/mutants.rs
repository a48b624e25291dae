//! Protocols that are wrong in one place, each with a cast that brings it to light.
//!
//! A search that finds nothing proves something only if it would have found something. Each of
//! these differs from the protocol by a step that is missing, moved or replaced: a slip that is
//! easily made in the real code.

use Edit::{Move, Omit, Replace, Rewrite};
use Op::{
    Answered, DropCatalog, DropGate, EntryOr, Go, HeaderOr, JudgedOr, LeadOr, LookAgain, LostOr,
    Mark, MarkAll, MineOr, NoteCall, PatientOr, PutBlob, PutEntry, QuarantineCatalog, ReadVerdict,
    ReplacesOr, Reported, RunEndsOr, TakeCatalog, TakeGate, UnlinkEntry, UnlinkFlight,
    UnlinkListed, UnreferencedOr, WaitForLock, WriteHeader, WriteVerdict,
};
use Role::{
    Amend, Call, CallForced, CallForcedUnstorable, CallUnstorable, Collect, Evict, ForgetAll,
    ForgetKey, ForgetTag, Ingest, Refresh, Restore, Sweep,
};
use Routine as R;
use Store::{CatalogCorrupt, Empty, EntryLost, Filled};

use crate::edit::Edit;
use crate::op::{Op, Routine, Wrong};
use crate::process::Judge::{Corrupt, ServeOnce};
use crate::process::Role;
use crate::property::Property::{
    self, EntryHasBlob, ForcedIsNotOverwritten, ForgottenStaysForgotten, JudgedOnly,
    LostEntryIsKept, NoDeadlock, NoLivelock, NoMarkerOverlooked, OneLeader, RecordEqualsEntry,
    SingleFlight,
};
use crate::scenario::{CALL, Scenario, Store};

/// What is wrong, the property it breaks, and where.
pub(crate) struct Mutant {
    pub(crate) name: &'static str,
    pub(crate) edits: &'static [Edit],
    pub(crate) breaks: Property,
    pub(crate) scenario: Scenario,
}

const fn mutant(
    name: &'static str,
    edits: &'static [Edit],
    breaks: Property,
    store: Store,
    cast: &'static [Role],
) -> Mutant {
    Mutant { name, edits, breaks, scenario: Scenario::new(store, cast) }
}

pub(crate) const FLIGHT: &[Mutant] = &[
    mutant(
        "the leader does not look again",
        &[Omit(R::Lead, LookAgain)],
        SingleFlight,
        Empty,
        &[CALL, CALL],
    ),
    mutant(
        "the lock alone makes a leader",
        &[Omit(R::Compete, LeadOr(R::Verdict))],
        SingleFlight,
        Empty,
        &[CALL, CALL, Evict],
    ),
    mutant(
        "a waiter succeeds a dead leader under its shared lock",
        &[Replace(R::Wait, WaitForLock, Op::Wrong(Wrong::LockShared))],
        OneLeader,
        Empty,
        &[CALL, CALL, CALL],
    ),
    mutant(
        "those who wait share the lock, and compete for it when the leader is dead",
        &[Rewrite(R::Wait, &[Op::Wrong(Wrong::LockShared), Go(R::Verdict)])],
        NoLivelock,
        Empty,
        &[CALL, CALL, CALL],
    ),
    mutant(
        "the leader that found a hit unlinks the flight by name",
        &[Omit(R::Withdraw, MineOr(R::Abandon))],
        SingleFlight,
        Empty,
        &[CALL, CALL, CallForced],
    ),
    mutant(
        "the leader that found a hit leaves a verdict",
        &[Move(R::Withdraw, Op::Wrong(Wrong::WriteVerdictOfHit), Op::CloseFlight)],
        ForcedIsNotOverwritten,
        Empty,
        &[CALL, CALL, CallForced],
    ),
    mutant(
        "a forced call joins what was running",
        &[Omit(R::Force, UnlinkFlight)],
        ForcedIsNotOverwritten,
        Empty,
        &[CALL, CallForced],
    ),
    mutant(
        "a forced call that waited for 'not storable' is not stored",
        &[Replace(R::Verdict, ReadVerdict, Op::Wrong(Wrong::ForceAlone))],
        ForcedIsNotOverwritten,
        Filled,
        &[CallForced, CallUnstorable],
    ),
    mutant(
        "a forced call that was revoked by another leaves what is stored",
        &[Rewrite(R::Retract, &[Answered])],
        ForcedIsNotOverwritten,
        Filled,
        &[CallForced, CallForced],
    ),
    mutant(
        "a forced call that was revoked by a forget of its tag leaves what is stored",
        &[Rewrite(R::Retract, &[Answered])],
        ForcedIsNotOverwritten,
        Filled,
        &[CallForced, ForgetTag],
    ),
    mutant(
        "a forced call that was revoked by forget --all leaves what is stored until that removes it",
        &[Rewrite(R::Retract, &[Answered])],
        ForcedIsNotOverwritten,
        Filled,
        &[CallForced, ForgetAll],
    ),
    mutant(
        "a forced call whose result may not be stored leaves what is stored",
        &[Rewrite(R::Retract, &[Answered])],
        ForcedIsNotOverwritten,
        Filled,
        &[CallForcedUnstorable],
    ),
    mutant(
        "a forced call that was revoked leaves the flight that took its place",
        &[Omit(R::Retract, UnlinkFlight)],
        ForcedIsNotOverwritten,
        Empty,
        &[CallForced, CallForced],
    ),
    mutant(
        "a forced call runs beside a leader that is held up",
        &[Replace(R::Wait, PatientOr(R::Force), Op::Wrong(Wrong::Beside))],
        ForcedIsNotOverwritten,
        Empty,
        &[CALL, CallForced],
    ),
    mutant(
        "a sweep unlinks flights by name",
        &[Omit(R::Sweep, MineOr(R::Abandon))],
        SingleFlight,
        Empty,
        &[CallUnstorable, CALL, Sweep],
    ),
];

pub(crate) const PUBLISH: &[Mutant] = &[
    mutant(
        "the verdict is written before the flight is unlinked",
        &[Move(R::Publish, WriteVerdict, UnlinkFlight)],
        NoLivelock,
        Empty,
        &[CALL, CALL, Evict],
    ),
    mutant(
        "the marker is made after the rename",
        &[Move(R::Publish, PutEntry, Mark)],
        RecordEqualsEntry,
        Empty,
        &[CALL, Ingest],
    ),
    mutant(
        "a run revoked by force is published, and the flight left to the forced call",
        &[Omit(R::Publish, MineOr(R::Abandon)), Omit(R::Publish, UnlinkFlight)],
        ForcedIsNotOverwritten,
        Empty,
        &[CALL, CallForced],
    ),
    mutant(
        "a run revoked by forget is published",
        &[Omit(R::Publish, MineOr(R::Abandon))],
        ForgottenStaysForgotten,
        Empty,
        &[CALL, ForgetKey],
    ),
    mutant(
        "whether the run was revoked is asked outside the gate",
        &[Move(R::Publish, MineOr(R::Abandon), TakeGate)],
        ForgottenStaysForgotten,
        Empty,
        &[CALL, ForgetKey],
    ),
    mutant(
        "the blob is put before the gate is taken",
        &[Move(R::Publish, PutBlob, TakeGate)],
        EntryHasBlob,
        Empty,
        &[CALL, Collect],
    ),
    mutant(
        "a refresh replaces whatever is there",
        &[Omit(R::Publish, ReplacesOr(R::Abandon))],
        JudgedOnly,
        Filled,
        &[Refresh, Evict],
    ),
    mutant(
        "a hit that changes the policy knows what it read by its inode number",
        &[Replace(R::Amend, JudgedOr(R::End), Op::Wrong(Wrong::SameNumberOr(R::End)))],
        JudgedOnly,
        Filled,
        &[Amend, CallForced],
    ),
    mutant(
        "who serves for the last time knows what it read by its inode number",
        &[Replace(R::DropAndServe, JudgedOr(R::LookUp), Op::Wrong(Wrong::SameNumberOr(R::LookUp)))],
        JudgedOnly,
        Filled,
        &[Call(ServeOnce), CallForced],
    ),
    mutant(
        "who read a corrupt entry knows it by its inode number",
        &[Replace(R::Quarantine, JudgedOr(R::Compete), Op::Wrong(Wrong::SameNumberOr(R::Compete)))],
        JudgedOnly,
        Filled,
        &[Call(Corrupt), CallForced],
    ),
    mutant(
        "who comes too late drops and serves, too",
        &[Omit(R::DropAndServe, JudgedOr(R::LookUp))],
        JudgedOnly,
        Filled,
        &[Call(ServeOnce), Call(ServeOnce)],
    ),
    mutant(
        "who read a corrupt entry removes its successor",
        &[Omit(R::Quarantine, JudgedOr(R::Compete))],
        JudgedOnly,
        Filled,
        &[Call(Corrupt), Call(Corrupt)],
    ),
];

pub(crate) const FORGET: &[Mutant] = &[
    mutant(
        "forget leaves the flight",
        &[Omit(R::ForgetKey, UnlinkFlight)],
        ForgottenStaysForgotten,
        Empty,
        &[CALL, ForgetKey],
    ),
    mutant(
        "forget removes the entry before it makes the marker",
        &[Move(R::ForgetKey, UnlinkEntry, Mark)],
        RecordEqualsEntry,
        Filled,
        &[ForgetKey],
    ),
    mutant(
        "forget makes no marker where there is no entry",
        &[Move(R::ForgetKey, EntryOr(R::Report), Mark)],
        RecordEqualsEntry,
        EntryLost,
        &[ForgetKey],
    ),
    mutant(
        "forget by tag reads the index before the flights",
        &[
            Rewrite(R::ForgetTag, &[NoteCall, Go(R::Ingest)]),
            Omit(R::ForgetIndexed, UnlinkFlight),
            Move(R::Report, HeaderOr(R::LetGo), Reported),
            Move(R::Report, UnlinkFlight, Reported),
        ],
        ForgottenStaysForgotten,
        Empty,
        &[CALL, ForgetTag],
    ),
    mutant(
        "the run begins before the header is written",
        &[Move(R::Lead, WriteHeader, RunEndsOr(R::Decline))],
        ForgottenStaysForgotten,
        Empty,
        &[CALL, ForgetTag],
    ),
    mutant(
        "forget --all lists the entries before the flights",
        &[
            Rewrite(R::ForgetAll, &[NoteCall, TakeGate, MarkAll, DropGate, Go(R::ForgetEntries)]),
            Move(R::Report, UnlinkFlight, Reported),
        ],
        ForgottenStaysForgotten,
        Empty,
        &[CALL, ForgetAll],
    ),
    mutant(
        "forget --all makes RESCAN outside the gate",
        &[Rewrite(R::ForgetAll, &[NoteCall, MarkAll, Go(R::ForgetEntries)])],
        ForgottenStaysForgotten,
        EntryLost,
        &[Restore, ForgetAll],
    ),
    mutant(
        "forget --all makes no RESCAN",
        &[Omit(R::ForgetAll, MarkAll)],
        RecordEqualsEntry,
        EntryLost,
        &[ForgetAll],
    ),
    mutant(
        "forget --all takes RESCAN for a marker of every key",
        &[Omit(R::ForgetEntries, Mark)],
        RecordEqualsEntry,
        Filled,
        &[ForgetAll, Ingest],
    ),
];

pub(crate) const CATALOG: &[Mutant] = &[
    mutant(
        "ingest reads the entry without the barrier",
        &[Omit(R::Round, TakeGate), Omit(R::Round, DropGate)],
        RecordEqualsEntry,
        Empty,
        &[CALL, Ingest],
    ),
    mutant(
        "ingest unlinks whatever marker the key has",
        &[Replace(R::Round, UnlinkListed, Op::Wrong(Wrong::UnlinkAnyMarker))],
        RecordEqualsEntry,
        Empty,
        &[CALL, ForgetKey, Ingest],
    ),
    mutant(
        "ingest unlinks the markers before the record is written",
        &[Move(R::Round, UnlinkListed, Op::Apply)],
        RecordEqualsEntry,
        Empty,
        &[CALL, Ingest],
    ),
    Mutant {
        name: "ingest does not look once more after letting go",
        edits: &[Rewrite(R::LetGo, &[DropCatalog])],
        breaks: NoMarkerOverlooked,
        scenario: Scenario::new(Empty, &[CALL, ForgetKey]).handing_over(),
    },
    Mutant {
        name: "who gathers keeps the turn while it works",
        edits: &[Omit(R::Gather, Op::DropTurn)],
        breaks: NoMarkerOverlooked,
        scenario: Scenario::new(Empty, &[CALL, ForgetKey]).handing_over(),
    },
    mutant(
        "the catalog is taken inside the gate",
        &[Rewrite(R::Ingest, &[TakeGate, TakeCatalog, DropGate, Go(R::Open)])],
        NoDeadlock,
        CatalogCorrupt,
        &[Ingest, Ingest],
    ),
    mutant(
        "a corrupt catalog is moved away before RESCAN is made",
        &[Move(R::Rebuild, QuarantineCatalog, MarkAll)],
        RecordEqualsEntry,
        CatalogCorrupt,
        &[Ingest],
    ),
    mutant(
        "eviction does not compare nonces",
        &[Omit(R::Evict, JudgedOr(R::Follow))],
        JudgedOnly,
        Filled,
        &[CallForced, Evict],
    ),
    mutant(
        "eviction unlinks whatever marker the key has",
        &[Replace(R::Follow, UnlinkListed, Op::Wrong(Wrong::UnlinkAnyMarker))],
        RecordEqualsEntry,
        Filled,
        &[CallForced, Evict],
    ),
    mutant(
        "eviction unlinks its marker before the record is written",
        &[Move(R::Follow, UnlinkListed, Op::Apply)],
        RecordEqualsEntry,
        Filled,
        &[Evict],
    ),
    mutant(
        "eviction takes the entry for what it was",
        &[Omit(R::Follow, Op::ReadEntry)],
        RecordEqualsEntry,
        Filled,
        &[Evict],
    ),
    mutant(
        "the collector asks the catalog alone",
        &[Replace(R::Collect, UnreferencedOr(R::Round), Op::Wrong(Wrong::UnrecordedOr(R::Round)))],
        EntryHasBlob,
        Empty,
        &[CALL, Collect],
    ),
    mutant(
        "a repair restores what has a marker",
        &[Omit(R::Restore, LostOr(R::Round))],
        ForgottenStaysForgotten,
        EntryLost,
        &[Restore, ForgetKey],
    ),
    mutant(
        "a repair makes a marker",
        &[Move(R::Restore, Mark, Op::PutRecord)],
        LostEntryIsKept,
        EntryLost,
        &[Restore],
    ),
];
