//! One step of one process: what each word of the protocol does to the world.

mod call;
mod catalog;
mod wrong;

use crate::edit::Protocol;
use crate::op::{Op, Routine};
use crate::process::{Counter, Process, Role, Who};
use crate::property::Property;
use crate::scenario::Scenario;
use crate::world::{RESCAN, World, run_of};

/// Where a process goes from here.
enum Flow {
    Next,
    /// The same step once more.
    Stay,
    Go(Routine),
    /// A lock is held by somebody else: no step was made.
    Blocked,
}

use Flow::{Blocked, Next, Stay};

const END: Flow = Flow::Go(Routine::End);

fn check(holds: bool, elsewhere: Routine) -> Flow {
    if holds { Next } else { Flow::Go(elsewhere) }
}

fn wait_for(got: bool) -> Flow {
    if got { Next } else { Blocked }
}

/// Makes the next step of a process; None: it has ended, or waits for a lock.
pub(crate) fn step(
    world: &mut World,
    who: Who,
    scenario: &Scenario,
    protocol: &Protocol,
) -> Option<Op> {
    let counter = world.process(who).next?;
    let op = protocol.op(counter)?;
    let role = scenario.role(who);
    let flow = Turn { world, who, role, scenario }.perform(op);
    let next = match flow {
        Next => counter.next(),
        Stay => counter,
        Flow::Go(routine) => Counter::start(routine),
        Blocked => return None,
    };
    match follow_jumps(next, protocol) {
        Some(next) => world.process(who).next = Some(next),
        None => world.bury(who),
    }
    Some(op)
}

/// The next real step; None at the end of a table.
fn follow_jumps(mut counter: Counter, protocol: &Protocol) -> Option<Counter> {
    loop {
        match protocol.op(counter)? {
            Op::Go(routine) => counter = Counter::start(routine),
            _ => return Some(counter),
        }
    }
}

struct Turn<'a> {
    world: &'a mut World,
    who: Who,
    role: Role,
    scenario: &'a Scenario,
}

impl Turn<'_> {
    fn perform(&mut self, op: Op) -> Flow {
        match op {
            Op::Go(routine) => Flow::Go(routine),

            Op::TakeGate => wait_for(take(&mut self.world.gate, self.who)),
            Op::DropGate => self.drop_gate(),
            Op::Mark => self.mark(),
            Op::MarkListed => self.mark_listed(),
            Op::MarkAll => self.mark_all(),
            Op::PutBlob => self.put_blob(),
            Op::PutEntry => self.put_entry(),
            Op::PutAmended => self.put_amended(),
            Op::UnlinkEntry => self.unlink_entry(),
            Op::UnlinkFlight => self.unlink_flight(),
            Op::MineOr(elsewhere) => self.gated(self.world.flight_is_mine(self.who), elsewhere),
            Op::JudgedOr(elsewhere) => self.gated(self.world.entry == self.me().seen, elsewhere),
            Op::ReplacesOr(elsewhere) => self.gated(self.may_replace(), elsewhere),

            Op::LookUp => self.look_up(),
            Op::NoteCall => self.note_call(),
            Op::NoteEntry => self.note_entry(),
            Op::OpenFlight => check(self.world.open_flight(self.who, true), Routine::End),
            Op::FindFlight => check(self.world.open_flight(self.who, false), Routine::End),
            Op::TryLockOr(elsewhere) => check(self.world.lock_exclusively(self.who), elsewhere),
            Op::LeadOr(elsewhere) => self.lead_or(elsewhere),
            Op::PatientOr(elsewhere) => self.patient_or(elsewhere),
            Op::WaitForLock => wait_for(self.world.lock_exclusively(self.who)),
            Op::ReadVerdict => self.read_verdict(),
            Op::ServeVerdict => self.serve_verdict(),
            Op::WriteHeader => self.write_header(),
            Op::LookAgain => self.look_again(),
            Op::RunBegins => self.run_begins(),
            Op::RunEndsOr(elsewhere) => self.run_ends_or(elsewhere),
            Op::WriteVerdict => self.write_verdict(),
            Op::CloseFlight => self.close_flight(),
            Op::ForcedOr(elsewhere) => check(self.role.forces(), elsewhere),
            Op::Answered => self.answered(),

            Op::HeaderOr(elsewhere) => check(self.flight_has_header(), elsewhere),
            Op::FlightOr(elsewhere) => check(self.world.flight.is_some(), elsewhere),
            Op::EntryOr(elsewhere) => check(self.world.entry.is_some(), elsewhere),
            Op::Reported => self.reported(),

            Op::TakeCatalog => wait_for(take(&mut self.world.catalog_lock, self.who)),
            Op::TryCatalogOr(elsewhere) => self.try_catalog(elsewhere),
            Op::HandOver => self.hand_over(),
            Op::CatalogFreeOr(elsewhere) => check(self.world.catalog_lock.is_none(), elsewhere),
            Op::TakeTurnOr(elsewhere) => check(take(&mut self.world.turn, self.who), elsewhere),
            Op::DropTurn => self.drop_turn(),
            Op::Detach => self.detach(),
            Op::NeedsMoreOr(elsewhere) => self.needs_more_or(elsewhere),
            Op::DropCatalog => self.drop_catalog(),
            Op::SoundOr(elsewhere) => check(!self.world.catalog.corrupt, elsewhere),
            Op::QuarantineCatalog => self.quarantine_catalog(),
            Op::ListPending => self.list_pending(),
            Op::PendingOr(elsewhere) => check(!self.world.pending.is_empty(), elsewhere),
            Op::ReadEntry => self.read_entry(),
            Op::Apply => self.apply(),
            Op::UnlinkListed => self.unlink_listed(),
            Op::RecordOr(elsewhere) => self.record_or(elsewhere),
            Op::UnreferencedOr(elsewhere) => self.gated(!self.blob_is_referenced(), elsewhere),
            Op::UnlinkBlob => self.unlink_blob(),
            Op::LostOr(elsewhere) => self.gated(self.entry_is_lost(), elsewhere),
            Op::PutRecord => self.put_record(),

            Op::Wrong(wrong) => self.perform_wrongly(wrong),
        }
    }

    fn me(&self) -> &Process {
        &self.world.processes[usize::from(self.who)]
    }

    fn me_mut(&mut self) -> &mut Process {
        self.world.process(self.who)
    }

    fn blunder_unless(&mut self, right: bool, property: Property) {
        if !right {
            self.world.ghost.blunder = Some(property);
        }
    }
}

fn take(lock: &mut Option<Who>, who: Who) -> bool {
    let free = lock.is_none();
    if free {
        *lock = Some(who);
    }
    free
}

/// Inside the gate.
impl Turn<'_> {
    fn gated(&mut self, holds: bool, elsewhere: Routine) -> Flow {
        if !holds {
            self.world.gate = None;
        }
        check(holds, elsewhere)
    }

    fn drop_gate(&mut self) -> Flow {
        self.world.gate = None;
        Next
    }

    /// A name that nobody ever had: the process's number and a count.
    fn mark(&mut self) -> Flow {
        let marker = 2 * self.who + self.me().marks;
        self.me_mut().marks += 1;
        self.world.pending.insert(marker);
        Next
    }

    fn mark_listed(&mut self) -> Flow {
        let marker = 2 * self.who + self.me().marks;
        self.me_mut().listed.insert(marker);
        self.mark()
    }

    fn mark_all(&mut self) -> Flow {
        self.world.pending.insert(RESCAN);
        Next
    }

    fn put_blob(&mut self) -> Flow {
        self.world.blob = true;
        Next
    }

    fn put_entry(&mut self) -> Flow {
        self.blunder_unless(self.may_replace(), Property::JudgedOnly);
        self.world.entry = Some(run_of(self.who));
        if self.role.forces() {
            self.outdate();
        }
        Next
    }

    fn put_amended(&mut self) -> Flow {
        self.blunder_unless(self.world.entry == self.me().seen, Property::JudgedOnly);
        self.world.entry = self.me().seen;
        Next
    }

    fn may_replace(&self) -> bool {
        self.role != Role::Refresh || self.world.entry == self.me().seen
    }

    fn unlink_entry(&mut self) -> Flow {
        let right = self.role.revokes() || self.world.entry == self.me().seen;
        self.blunder_unless(right, Property::JudgedOnly);
        self.world.entry = None;
        Next
    }

    fn unlink_flight(&mut self) -> Flow {
        self.world.unlink_flight();
        Next
    }
}
