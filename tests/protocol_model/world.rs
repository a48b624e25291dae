//! What the processes share: one key of the store, as system calls see it, and the kernel's locks.
//!
//! The ghost at the end is no part of the store: it is what an all-seeing observer remembers, for
//! the sake of the properties.

use std::fmt;
use std::hash::{Hash, Hasher};

use crate::process::{Process, Who};
use crate::property::Property;

/// Four processes, and one slot for the ingest that settles a finished world.
pub(crate) const SLOTS: usize = 5;

/// A set of small numbers: runs, markers or processes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) struct Set(u16);

impl Set {
    pub(crate) const fn of(member: u8) -> Self {
        Self(1 << member)
    }

    pub(crate) fn insert(&mut self, member: u8) {
        self.0 |= 1 << member;
    }

    pub(crate) fn remove(&mut self, member: u8) {
        self.0 &= !(1 << member);
    }

    pub(crate) fn contains(self, member: u8) -> bool {
        self.0 & (1 << member) != 0
    }

    pub(crate) fn is_empty(self) -> bool {
        self.0 == 0
    }

    pub(crate) fn len(self) -> u32 {
        self.0.count_ones()
    }

    pub(crate) fn lowest(self) -> Option<u8> {
        (0..16).find(|&member| self.contains(member))
    }

    pub(crate) fn union(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }
}

/// One execution of COMMAND, and so the version of the entry that it yields: nonce and content in
/// one. A process runs COMMAND once at most, hence its number names its run.
pub(crate) type Run = u8;

/// The run that filled the store before the story begins.
pub(crate) const SEED: Run = 0;

pub(crate) fn run_of(who: Who) -> Run {
    who + 1
}

/// `pending/RESCAN`: the one marker whose name holds no nonce.
pub(crate) const RESCAN: u8 = 15;

/// What the leader leaves in the flight file for those who waited.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) enum Verdict {
    #[default]
    Empty,
    Published(Run),
    NotStorable,
}

/// A flight file, linked or not, alive as long as it is linked or somebody has it open.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) struct Inode {
    /// The leader's header (pid, tags), a dead leader's included.
    pub(crate) header: bool,
    pub(crate) verdict: Verdict,
    exclusive: Option<Who>,
    /// Only a broken protocol takes a shared lock.
    shared: Set,
}

/// The sled store: one record, and whether it can be opened at all.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) struct Catalog {
    pub(crate) record: Option<Run>,
    pub(crate) corrupt: bool,
}

/// What the observer remembers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) struct Ghost {
    /// Every run that ever began.
    pub(crate) started: Set,
    /// Runs that a forget which has reported was to wipe out.
    pub(crate) forgotten: Set,
    /// Runs that are older than a forced call which has its answer.
    pub(crate) outdated: Set,
    pub(crate) kills: u8,
    /// A step that was wrong in itself.
    pub(crate) blunder: Option<Property>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct World {
    /// `entries/<key>`.
    pub(crate) entry: Option<Run>,
    /// The blob that every run's output hashes to: the worst case for a collector.
    pub(crate) blob: bool,
    /// `pending/`.
    pub(crate) pending: Set,
    /// `locks/gate`, `locks/catalog` and `locks/gathering`: who holds them.
    pub(crate) gate: Option<Who>,
    pub(crate) catalog_lock: Option<Who>,
    pub(crate) turn: Option<Who>,
    pub(crate) catalog: Catalog,
    /// `locks/<key>`: the inode that the name leads to.
    pub(crate) flight: Option<u8>,
    pub(crate) inodes: [Inode; SLOTS + 1],
    pub(crate) processes: [Process; SLOTS],
    pub(crate) ghost: Ghost,
}

/// Over what tells nearly all worlds apart: that is enough, and cheaper.
impl Hash for World {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.processes.hash(state);
        self.pending.hash(state);
        self.entry.hash(state);
        self.ghost.kills.hash(state);
    }
}

impl World {
    pub(crate) fn process(&mut self, who: Who) -> &mut Process {
        &mut self.processes[usize::from(who)]
    }

    /// `open(flight)`, with or without `O_CREAT`; false: it isn't there.
    pub(crate) fn open_flight(&mut self, who: Who, create: bool) -> bool {
        if self.flight.is_none() && create {
            self.flight = Some(self.unused_inode());
        }
        self.process(who).flight = self.flight;
        self.flight.is_some()
    }

    /// The lowest number is taken, so that equal worlds look equal.
    fn unused_inode(&self) -> u8 {
        let mut inodes = (0..).take(self.inodes.len());
        inodes.find(|&inode| !self.is_open(inode)).expect("one more inode than processes")
    }

    fn is_open(&self, inode: u8) -> bool {
        self.processes.iter().any(|process| process.flight == Some(inode))
    }

    /// The flight file that this process has open.
    pub(crate) fn inode(&mut self, who: Who) -> &mut Inode {
        let inode = self.process(who).flight.expect("the flight is open");
        &mut self.inodes[usize::from(inode)]
    }

    pub(crate) fn linked_inode(&self) -> Option<&Inode> {
        self.flight.map(|inode| &self.inodes[usize::from(inode)])
    }

    /// Does the name still lead to the inode that this process has open?
    pub(crate) fn flight_is_mine(&self, who: Who) -> bool {
        self.flight.is_some() && self.flight == self.processes[usize::from(who)].flight
    }

    pub(crate) fn lock_exclusively(&mut self, who: Who) -> bool {
        let inode = self.inode(who);
        let free = inode.exclusive.is_none() && inode.shared.is_empty();
        if free {
            inode.exclusive = Some(who);
        }
        free
    }

    pub(crate) fn lock_shared(&mut self, who: Who) -> bool {
        let inode = self.inode(who);
        let free = inode.exclusive.is_none();
        if free {
            inode.shared.insert(who);
        }
        free
    }

    /// Closing drops the lock; an inode that nobody can reach any more is gone.
    pub(crate) fn close_flight(&mut self, who: Who) {
        let Some(inode) = self.process(who).flight.take() else {
            return;
        };
        let file = &mut self.inodes[usize::from(inode)];
        file.shared.remove(who);
        if file.exclusive == Some(who) {
            file.exclusive = None;
        }
        self.reclaim(inode);
    }

    pub(crate) fn unlink_flight(&mut self) {
        if let Some(inode) = self.flight.take() {
            self.reclaim(inode);
        }
    }

    fn reclaim(&mut self, inode: u8) {
        if !self.is_open(inode) && self.flight != Some(inode) {
            self.inodes[usize::from(inode)] = Inode::default();
        }
    }

    /// What the kernel does when a process is gone, killed or not: descriptors closed, locks free.
    pub(crate) fn bury(&mut self, who: Who) {
        self.close_flight(who);
        for lock in [&mut self.gate, &mut self.catalog_lock, &mut self.turn] {
            if *lock == Some(who) {
                *lock = None;
            }
        }
        *self.process(who) = Process::default();
    }
}

/// The store in one line, for traces. Runs are called after their processes, `old` came before.
impl fmt::Display for World {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let run = |run: Run| match run.checked_sub(1) {
            None => "old".to_owned(),
            Some(who) => char::from(b'A' + who).to_string(),
        };
        let version = |version: Option<Run>| version.map_or_else(|| "-".to_owned(), run);
        let flight = match self.linked_inode().map(|inode| inode.verdict) {
            None => "-".to_owned(),
            Some(Verdict::Empty) => "empty".to_owned(),
            Some(Verdict::NotStorable) => "not storable".to_owned(),
            Some(Verdict::Published(published)) => format!("verdict {}", run(published)),
        };
        let (entry, record) = (version(self.entry), version(self.catalog.record));
        let pending = self.pending.len();
        write!(f, "entry {entry}, record {record}, pending {pending}, flight {flight}")
    }
}
