//! What must hold, whatever the order of the steps and whoever is killed when.

use crate::edit::Protocol;
use crate::machine;
use crate::op::{Op, Routine};
use crate::process::{Judge, Process, Role, Who};
use crate::scenario::{Scenario, Store};
use crate::world::{SEED, Set, World, run_of};

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Property {
    /// After forget has reported, nothing computed by a run that began before it is served again.
    ForgottenStaysForgotten,
    /// Once a forced call has its answer, stored or not, no look-up gets one of a run that began
    /// before the forced one ended: it may have looked at the world earlier.
    ForcedIsNotOverwritten,
    /// COMMAND doesn't run twice without a reason that the protocol names.
    SingleFlight,
    /// At most one process at a time leads the linked flight, the successor of a dead one included.
    OneLeader,
    /// Who is alive is never left waiting for a lock that nobody will let go.
    NoDeadlock,
    /// However the steps fall, everybody comes to an end: nothing goes round in circles.
    NoLivelock,
    /// After one more ingest the record equals the entry, and no marker is left.
    RecordEqualsEntry,
    /// A repair that is killed doesn't lose what it was to rescue.
    LostEntryIsKept,
    /// Who made a marker and found the catalog taken can rely on its owner to see to it.
    NoMarkerOverlooked,
    /// Who removes or replaces a version because of what it is meets no other in its place.
    JudgedOnly,
    /// An entry's blob is there.
    EntryHasBlob,
}

use Property::{
    EntryHasBlob, ForcedIsNotOverwritten, ForgottenStaysForgotten, LostEntryIsKept,
    NoMarkerOverlooked, OneLeader, RecordEqualsEntry, SingleFlight,
};

/// The first property that a state breaks.
pub(crate) fn broken(world: &World, scenario: &Scenario, protocol: &Protocol) -> Option<Property> {
    let served = |runs: Set| world.entry.is_some_and(|run| runs.contains(run));
    let leaders = scenario.actors().filter(|&who| leads(world, who)).count();
    let checks = [
        (!served(world.ghost.forgotten), ForgottenStaysForgotten),
        (!served(world.ghost.outdated), ForcedIsNotOverwritten),
        (leaders <= 1, OneLeader),
        (is_single_flight(world, scenario, protocol), SingleFlight),
        (world.blob || world.entry.is_none(), EntryHasBlob),
    ];
    let broken = checks.into_iter().find_map(|(holds, property)| (!holds).then_some(property));
    world.ghost.blunder.or(broken)
}

/// The first property that a world in which everybody has ended breaks.
pub(crate) fn broken_at_end(
    world: &World,
    scenario: &Scenario,
    protocol: &Protocol,
) -> Option<Property> {
    let settled = settle(world, scenario, protocol);
    let checks = [
        (ran_as_often_as_needed(world, scenario), SingleFlight),
        (!is_marker_overlooked(world, scenario), NoMarkerOverlooked),
        (is_consistent(&settled, scenario), RecordEqualsEntry),
        (is_lost_entry_kept(&settled, scenario), LostEntryIsKept),
    ];
    checks.into_iter().find_map(|(holds, property)| (!holds).then_some(property))
}

fn leads(world: &World, who: Who) -> bool {
    let leading = [Routine::Lead, Routine::Withdraw, Routine::Publish, Routine::Decline];
    let next = world.processes[usize::from(who)].next;
    next.is_some_and(|next| leading.contains(&next.routine)) && world.flight_is_mine(who)
}

fn runs_as_leader(process: &Process, protocol: &Protocol) -> bool {
    process.next.is_some_and(|next| {
        let runs = matches!(protocol.op(next), Some(Op::RunEndsOr(_)));
        runs && next.routine == Routine::Lead
    })
}

/// Two runs at once: only after 'not storable', or where force or forget has ended a flight. And
/// altogether no more of them than there were kills, or processes that call for one.
fn is_single_flight(world: &World, scenario: &Scenario, protocol: &Protocol) -> bool {
    let has_lost_its_flight = |who: Who| {
        let process = &world.processes[usize::from(who)];
        runs_as_leader(process, protocol) && !world.flight_is_mine(who)
    };
    let may_be_revoked = |who| scenario.others(who).any(Role::revokes);
    let mut losers = scenario.actors().filter(|&who| has_lost_its_flight(who));
    let called_for: usize = scenario.cast.iter().map(|role| role.calls_for_runs()).sum();
    let allowed = 1 + usize::from(world.ghost.kills) + called_for;
    losers.all(may_be_revoked) && runs_begun(world, scenario) <= allowed
}

fn runs_begun(world: &World, scenario: &Scenario) -> usize {
    scenario.actors().filter(|&who| world.ghost.started.contains(run_of(who))).count()
}

/// Callers among themselves, and none killed: exactly one run.
fn ran_as_often_as_needed(world: &World, scenario: &Scenario) -> bool {
    let undisturbed = world.ghost.kills == 0
        && scenario.store == Store::Empty
        && !scenario.has(|role| role != Role::Call(Judge::Fresh));
    !undisturbed || runs_begun(world, scenario) == 1
}

/// Needs a cast that hands over all its markers, and no kill of the one they were handed to.
fn is_marker_overlooked(world: &World, scenario: &Scenario) -> bool {
    scenario.hands_over && world.ghost.kills == 0 && !world.pending.is_empty()
}

/// One more ingest, with nobody about to disturb or kill it.
fn settle(world: &World, scenario: &Scenario, protocol: &Protocol) -> World {
    let mut world = *world;
    let settler = scenario.settler();
    *world.process(settler) = Process::start(Role::Ingest);
    while machine::step(&mut world, settler, scenario, protocol).is_some() {}
    world
}

fn is_consistent(settled: &World, scenario: &Scenario) -> bool {
    let ended = settled.processes.iter().all(|process| process.next.is_none());
    let equal = !settled.catalog.corrupt && settled.catalog.record == settled.entry;
    ended && settled.pending.is_empty() && (equal || is_still_lost(settled, scenario))
}

/// Without callers (a marker of theirs, left by a kill, would count as a removal) or forget.
fn is_lost_entry_kept(settled: &World, scenario: &Scenario) -> bool {
    let undisturbed = scenario.store == Store::EntryLost
        && !scenario.has(|role| !matches!(role, Role::Restore | Role::Ingest | Role::Collect));
    !undisturbed || settled.catalog.record == Some(SEED)
}

/// An entry that was lost from the start, and that nobody has replaced or forgotten.
fn is_still_lost(world: &World, scenario: &Scenario) -> bool {
    scenario.store == Store::EntryLost
        && world.entry.is_none()
        && world.catalog.record == Some(SEED)
        && !world.ghost.forgotten.contains(SEED)
}
