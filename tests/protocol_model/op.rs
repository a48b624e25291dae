//! The vocabulary of the protocol: its routines, and the steps they are made of.

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Routine {
    // A call.
    LookUp,
    DropAndServe,
    Amend,
    Quarantine,
    Force,
    Refresh,
    Compete,
    Wait,
    Verdict,
    Join,
    Alone,
    Lead,
    Withdraw,
    Publish,
    Decline,
    Abandon,
    Retract,
    // Forget.
    ForgetKey,
    ForgetTag,
    ForgetIndexed,
    ForgetAll,
    ForgetEntries,
    Report,
    // The catalog and its upkeep.
    Ingest,
    Gather,
    Open,
    Rebuild,
    Round,
    LetGo,
    Evict,
    Follow,
    Collect,
    Restore,
    Sweep,
    /// The process ends.
    End,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Op {
    /// No step of its own.
    Go(Routine),

    // The gate, and what is done inside it.
    TakeGate,
    DropGate,
    /// A marker of a name that nobody ever had.
    Mark,
    /// The same, listed by who makes it.
    MarkListed,
    /// RESCAN.
    MarkAll,
    PutBlob,
    PutEntry,
    /// The entry that was read, with another policy.
    PutAmended,
    UnlinkEntry,
    UnlinkFlight,
    /// Is the flight that I have open still the linked one?
    MineOr(Routine),
    /// Is the entry still the one that I judged?
    JudgedOr(Routine),
    /// For a refresh: is the entry still the one that I set out to replace?
    ReplacesOr(Routine),

    // Look-up and flight.
    LookUp,
    /// Ghost: what has begun by now is older than this call.
    NoteCall,
    NoteEntry,
    /// With `O_CREAT`.
    OpenFlight,
    /// Without.
    FindFlight,
    TryLockOr(Routine),
    /// For who has the lock: is the file linked, and without a verdict?
    LeadOr(Routine),
    /// Does this call wait for the leader? A forced one takes the place of a leader that is held up.
    PatientOr(Routine),
    WaitForLock,
    ReadVerdict,
    ServeVerdict,
    WriteHeader,
    LookAgain,
    RunBegins,
    /// Is the result storable?
    RunEndsOr(Routine),
    WriteVerdict,
    CloseFlight,
    /// Has a forced call run the command?
    ForcedOr(Routine),
    /// Ghost: from here on, nothing that may be older than this answer must be served.
    Answered,

    // Forget.
    /// Is there a flight whose header has the tag? (One tag is enough for this model.)
    HeaderOr(Routine),
    FlightOr(Routine),
    EntryOr(Routine),
    /// Ghost: from here on, what is older than this call must not be served.
    Reported,

    // The catalog.
    TakeCatalog,
    TryCatalogOr(Routine),
    /// To an ingest: one's own, if one holds the catalog, else a detached one.
    HandOver,
    CatalogFreeOr(Routine),
    /// The right to be the next who ingests.
    TakeTurnOr(Routine),
    DropTurn,
    /// The caller is answered; a process of its own goes on under its number.
    Detach,
    /// Is there more to be done with the catalog than to ingest?
    NeedsMoreOr(Routine),
    DropCatalog,
    /// Can the catalog be opened?
    SoundOr(Routine),
    QuarantineCatalog,
    ListPending,
    PendingOr(Routine),
    ReadEntry,
    /// One batch, flushed: all of it or nothing.
    Apply,
    /// One marker a step.
    UnlinkListed,
    /// Is there a record? Then that is the version to act on.
    RecordOr(Routine),
    /// Does neither the catalog nor the entry of a dirty key refer to the blob?
    UnreferencedOr(Routine),
    UnlinkBlob,
    /// No entry, and nothing that says there should be none?
    LostOr(Routine),
    PutRecord,

    /// Steps that only a broken protocol takes.
    Wrong(Wrong),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Wrong {
    /// Unlinks whatever marker the key has by now.
    UnlinkAnyMarker,
    /// Those who wait share the lock.
    LockShared,
    /// A forced call that meets 'not storable' runs beside the flight, unstored.
    ForceAlone,
    /// A forced call runs beside a leader that is held up, unstored.
    Beside,
    /// Has the entry's file the inode number of the one that I read? Numbers are used again.
    SameNumberOr(Routine),
    /// The verdict of a leader that found an entry names that entry.
    WriteVerdictOfHit,
    /// Is there no record? As if the catalog knew of every entry.
    UnrecordedOr(Routine),
}
