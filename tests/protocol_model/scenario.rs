//! The casts: which processes meet, and what the store holds when they do.

use std::fmt;

use Judge::{Corrupt, Expired, ServeOnce};
use Role::{
    Amend, Call, CallForced, CallForcedImpatient, CallForcedUnstorable, CallUnstorable, Collect,
    Evict, ForgetAll, ForgetKey, ForgetTag, Ingest, Refresh, Restore, Sweep,
};
use Store::{CatalogCorrupt, Empty, EntryLost, Filled};

use crate::process::{Judge, Process, Role, Who};
use crate::world::{Catalog, Run, SEED, Set, World};

/// kill -9, at any step of any process, so many times.
pub(crate) const KILLS: u8 = 2;

/// The plain call, for which every entry is fresh.
pub(crate) const CALL: Role = Role::Call(Judge::Fresh);

pub(crate) const CALLS: &[Scenario] = &[
    Scenario::new(Empty, &[CALL, CALL, CALL]),
    Scenario::new(Empty, &[CALL, CALL, CALL, Sweep]),
    Scenario::new(Empty, &[CALL, CALL, CallUnstorable]),
    Scenario::new(Filled, &[Call(Expired), Call(Expired), Call(Expired)]),
    Scenario::new(Filled, &[Call(ServeOnce), Call(ServeOnce), Call(Expired)]),
    Scenario::new(Filled, &[Call(Corrupt), Call(Corrupt), CALL]),
];

pub(crate) const FORCE: &[Scenario] = &[
    Scenario::new(Empty, &[CALL, CALL, CallForced]),
    Scenario::new(Filled, &[Call(Expired), CallForced, CallForced]),
    Scenario::new(Filled, &[Call(Expired), CallForced, CallUnstorable]),
    Scenario::new(Filled, &[Call(Expired), CallForced, ForgetKey]),
    Scenario::new(Filled, &[Call(ServeOnce), CallForced, Sweep]),
    Scenario::new(Filled, &[Refresh, CallForced, Evict]),
    Scenario::new(Filled, &[Call(Expired), CallForced, ForgetTag]),
    Scenario::new(Filled, &[Call(Expired), CallForced, ForgetAll]),
    Scenario::new(Filled, &[CallForced, CallForcedUnstorable]),
    Scenario::new(Filled, &[CallForced, CallForcedImpatient]),
    Scenario::new(Filled, &[Call(Expired), Amend, CallForced]),
];

pub(crate) const FORGET: &[Scenario] = &[
    Scenario::new(Empty, &[CALL, CALL, ForgetKey]),
    Scenario::new(Empty, &[CALL, CALL, ForgetTag]),
    Scenario::new(Empty, &[CALL, CALL, ForgetAll]),
    Scenario::new(Filled, &[Call(ServeOnce), Call(Corrupt), ForgetKey]),
    Scenario::new(Filled, &[Refresh, ForgetKey, Evict]),
    Scenario::new(Filled, &[Amend, CALL, ForgetKey]),
    Scenario::new(Filled, &[Refresh, ForgetTag, Ingest]),
    Scenario::new(Filled, &[ForgetKey, Ingest, Restore]),
    Scenario::new(EntryLost, &[ForgetKey, Ingest, Restore]),
    Scenario::new(EntryLost, &[CALL, ForgetKey, Restore]),
    Scenario::new(EntryLost, &[CALL, ForgetAll, Restore]),
    Scenario::new(EntryLost, &[ForgetAll, ForgetAll, Restore]),
    Scenario::new(EntryLost, &[ForgetTag, Sweep, Restore]),
];

pub(crate) const CATALOG: &[Scenario] = &[
    Scenario::new(Empty, &[CALL, Ingest, Ingest]),
    Scenario::new(Empty, &[CALL, ForgetKey, Ingest]),
    Scenario::new(Empty, &[CALL, ForgetAll, Ingest]),
    Scenario::new(Empty, &[CALL, CALL, ForgetKey]).handing_over(),
    Scenario::new(Filled, &[Call(ServeOnce), CallForced]).handing_over(),
    Scenario::new(CatalogCorrupt, &[CallForced, ForgetKey, Ingest]),
    Scenario::new(CatalogCorrupt, &[ForgetAll, Ingest, Restore]),
];

pub(crate) const UPKEEP: &[Scenario] = &[
    Scenario::new(Empty, &[CALL, CALL, Evict]),
    Scenario::new(Filled, &[Call(Expired), Evict, Collect]),
    Scenario::new(Filled, &[CALL, ForgetKey, Collect]),
    Scenario::new(EntryLost, &[CallForced, Collect, Restore]),
    Scenario::new(EntryLost, &[Collect, Ingest, Restore]),
];

/// Enough to come to every step.
pub(crate) const SMALL: &[Scenario] = &[
    Scenario::new(Filled, &[Call(ServeOnce), Call(Corrupt)]),
    Scenario::new(Empty, &[CallUnstorable, CALL]),
    Scenario::new(Filled, &[CallForced, Refresh]),
    Scenario::new(Filled, &[Amend, CallForcedUnstorable]),
    Scenario::new(Empty, &[CALL, CallForcedImpatient]),
    Scenario::new(Empty, &[CALL, ForgetTag]),
    Scenario::new(Empty, &[CALL, ForgetAll]).handing_over(),
    Scenario::new(Empty, &[CALL, Sweep]),
    Scenario::new(Filled, &[ForgetKey]),
    Scenario::new(CatalogCorrupt, &[Evict, Collect]),
    Scenario::new(EntryLost, &[Restore]),
];

/// What the store holds at first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Store {
    Empty,
    /// An entry and its record.
    Filled,
    /// An entry; the catalog can't be opened.
    CatalogCorrupt,
    /// A record; something that is not omoide removed its entry.
    EntryLost,
}

#[derive(Clone, Copy, Debug)]
pub(crate) struct Scenario {
    pub(crate) cast: &'static [Role],
    pub(crate) store: Store,
    /// Does who made a marker hand the catalog's lock to an ingest? (Else the last one settles.)
    pub(crate) hands_over: bool,
}

impl Scenario {
    pub(crate) const fn new(store: Store, cast: &'static [Role]) -> Self {
        Self { cast, store, hands_over: false }
    }

    pub(crate) const fn handing_over(self) -> Self {
        Self { hands_over: true, ..self }
    }

    /// Whoever comes after the cast is the ingest that settles the world.
    pub(crate) fn role(&self, who: Who) -> Role {
        self.cast.get(usize::from(who)).copied().unwrap_or(Role::Ingest)
    }

    pub(crate) fn actors(&self) -> impl Iterator<Item = Who> {
        (0..).zip(self.cast).map(|(who, _)| who)
    }

    pub(crate) fn settler(&self) -> Who {
        Who::try_from(self.cast.len()).expect("a small cast")
    }

    pub(crate) fn has(&self, is: impl Fn(Role) -> bool) -> bool {
        self.cast.iter().any(|role| is(*role))
    }

    pub(crate) fn others(&self, who: Who) -> impl Iterator<Item = Role> {
        self.actors().filter(move |other| *other != who).map(|other| self.role(other))
    }

    pub(crate) fn beginning(&self) -> World {
        let seed = |present: bool| -> Option<Run> { present.then_some(SEED) };
        let mut world = World {
            entry: seed(matches!(self.store, Store::Filled | Store::CatalogCorrupt)),
            blob: self.store != Store::Empty,
            catalog: Catalog {
                record: seed(self.store != Store::Empty),
                corrupt: self.store == Store::CatalogCorrupt,
            },
            ..World::default()
        };
        world.ghost.started = Set::of(SEED);
        for who in self.actors() {
            *world.process(who) = Process::start(self.role(who));
        }
        world
    }
}

impl fmt::Display for Scenario {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { store, cast, hands_over } = self;
        let handing_over = if *hands_over { ", handing over" } else { "" };
        write!(f, "{store:?} {cast:?}{handing_over}")
    }
}
