//! The storage protocol, explored as a model.
//!
//! One key, up to four processes, steps of the size of a system call, every interleaving of them,
//! and up to two kill -9, at any step of any process. The search is exhaustive: it visits every
//! state that can be reached, once, and asks whether the properties hold there.
//!
//! # Modelled
//!
//! `entries/<key>`, its blob, `pending/` with RESCAN, the gate, the flight (inode, link, header,
//! verdict, lock), the catalog's record and lock; and as processes the plain, the
//! unstorable and the forced call, serve-once, quarantine, refresh, forget by key, by tag and of
//! everything, ingest, the rebuilding of a corrupt catalog, eviction, the collection of blobs, the
//! sweep of flights, and the repair of lost entries.
//!
//! # Left out, on purpose
//!
//! - Power loss: what was done stays done. Where an fsync belongs is not this model's business.
//! - Clocks: a caller's judgement of the first entry is given, every later entry is fresh.
//! - Time-outs at a lock: to everybody else, who gives up there was killed there. Nobody needs one
//!   to come to an end (`NoDeadlock`), and polling a lock is waiting for it.
//! - What goes on at the reader's side of an entry: it was served when it was opened.
//! - Callers that run alone because the leader is stopped or an ancestor: they touch nothing.
//! - Hits, batches, other keys, other hosts, the daemon's socket.
//!
//! # Reading
//!
//! `protocol.rs` holds the protocol as tables of steps, to be read from top to bottom; `machine.rs`
//! says what each step does to the `world.rs`; `property.rs` what must hold; `scenario.rs` who
//! meets whom; `mutants.rs` the mistakes that the search has to find. A violation is printed with a
//! shortest trace. `cargo test --test protocol_model -- --nocapture` shows the numbers of states,
//! and what becomes of each mistake.

#[path = "protocol_model/edit.rs"]
mod edit;
#[path = "protocol_model/explore.rs"]
mod explore;
#[path = "protocol_model/machine.rs"]
mod machine;
#[path = "protocol_model/mutants.rs"]
mod mutants;
#[path = "protocol_model/op.rs"]
mod op;
#[path = "protocol_model/process.rs"]
mod process;
#[path = "protocol_model/property.rs"]
mod property;
#[path = "protocol_model/protocol.rs"]
mod protocol;
#[path = "protocol_model/scenario.rs"]
mod scenario;
#[path = "protocol_model/trace.rs"]
mod trace;
#[path = "protocol_model/world.rs"]
mod world;

use std::collections::HashSet;

use crate::edit::Protocol;
use crate::explore::explore;
use crate::mutants::Mutant;
use crate::op::Op;
use crate::scenario::Scenario;

#[test]
fn callers_share_one_run() {
    assert_sound(scenario::CALLS);
}

#[test]
fn a_forced_answer_is_not_overwritten() {
    assert_sound(scenario::FORCE);
}

#[test]
fn what_is_forgotten_stays_forgotten() {
    assert_sound(scenario::FORGET);
}

#[test]
fn the_catalog_follows_the_entries() {
    assert_sound(scenario::CATALOG);
}

#[test]
fn upkeep_removes_and_restores_nothing_else() {
    assert_sound(scenario::UPKEEP);
}

#[test]
fn a_broken_flight_is_caught() {
    assert_caught(mutants::FLIGHT);
}

#[test]
fn a_broken_publish_is_caught() {
    assert_caught(mutants::PUBLISH);
}

#[test]
fn a_broken_forget_is_caught() {
    assert_caught(mutants::FORGET);
}

#[test]
fn a_broken_catalog_is_caught() {
    assert_caught(mutants::CATALOG);
}

/// A step that no scenario comes to is a step that nothing is known about.
#[test]
fn every_step_is_reached() {
    let mut reached = HashSet::new();
    for scenario in scenario::SMALL {
        let states = explore(scenario, &Protocol::sound()).states;
        reached.extend(states.iter().flat_map(|world| world.processes).filter_map(|it| it.next));
    }
    let reached: HashSet<_> = reached.iter().map(|next| (next.routine, next.index)).collect();
    for &(routine, steps) in protocol::TABLES {
        for (index, op) in (0..).zip(steps) {
            let is_step = !matches!(op, Op::Go(_));
            assert!(!is_step || reached.contains(&(routine, index)), "{routine:?}: {op:?}");
        }
    }
}

fn assert_sound(scenarios: &[Scenario]) {
    let protocol = Protocol::sound();
    for scenario in scenarios {
        let exploration = explore(scenario, &protocol);
        say(&format!("{:>7} states: {scenario}", exploration.states.len()));
        if let Some(violation) = exploration.violation {
            panic!("{scenario}: {violation}");
        }
        assert!(exploration.ends > 0, "{scenario}: nobody ever ends");
    }
}

fn assert_caught(mutants: &[Mutant]) {
    for Mutant { name, edits, breaks, scenario } in mutants {
        let exploration = explore(scenario, &Protocol::with(edits));
        let violation = exploration.violation;
        let violation = violation.unwrap_or_else(|| panic!("{name}: not caught in {scenario}"));
        say(&format!("{:>7} states: {name}: {violation}", exploration.states.len()));
        assert_eq!(violation.property, *breaks, "{name}: {violation}");
    }
}

#[expect(clippy::print_stdout, reason = "the harness keeps it unless it is asked for")]
fn say(line: &str) {
    println!("{line}");
}
