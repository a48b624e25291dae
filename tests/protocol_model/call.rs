//! The steps of calls and of forget, outside the gate.

use super::{END, Flow, Flow::Next, Turn, check};
use crate::op::Routine;
use crate::process::{Judge, Role};
use crate::world::{Run, SEED, Verdict, run_of};

/// Look-up and flight.
impl Turn<'_> {
    /// What this caller makes of a version.
    fn judge(&self, run: Run) -> Judge {
        match self.role {
            Role::Call(judge) if run == SEED => judge,
            Role::CallUnstorable if run == SEED => Judge::Expired,
            Role::Refresh if self.me().seen == Some(run) => Judge::Expired,
            role if role.forces() => Judge::Expired,
            _ => Judge::Fresh,
        }
    }

    pub(super) fn look_up(&mut self) -> Flow {
        self.me_mut().seen = self.world.entry;
        match self.world.entry.map(|run| self.judge(run)) {
            Some(Judge::Fresh) => END,
            Some(Judge::ServeOnce) => Flow::Go(Routine::DropAndServe),
            Some(Judge::Corrupt) => Flow::Go(Routine::Quarantine),
            Some(Judge::Expired) | None => Next,
        }
    }

    pub(super) fn note_call(&mut self) -> Flow {
        self.me_mut().older = self.world.ghost.started;
        Next
    }

    pub(super) fn note_entry(&mut self) -> Flow {
        self.me_mut().seen = self.world.entry;
        check(self.world.entry.is_some(), Routine::End)
    }

    /// A forced call must not look for an answer, and a refresh is not needed any more.
    fn start_over(&mut self) -> Flow {
        self.world.close_flight(self.who);
        match self.role {
            role if role.forces() => Flow::Go(Routine::Compete),
            Role::Refresh => END,
            _ => Flow::Go(Routine::LookUp),
        }
    }

    pub(super) fn lead_or(&mut self, elsewhere: Routine) -> Flow {
        let undecided = self.world.inode(self.who).verdict == Verdict::Empty;
        check(undecided && self.world.flight_is_mine(self.who), elsewhere)
    }

    pub(super) fn read_verdict(&mut self) -> Flow {
        let verdict = self.world.inode(self.who).verdict;
        match verdict {
            Verdict::Published(run) => {
                self.world.close_flight(self.who);
                self.me_mut().seen = Some(run);
                Flow::Go(Routine::Join)
            }
            Verdict::NotStorable if self.role.forces() => self.start_over(),
            Verdict::NotStorable => {
                self.world.close_flight(self.who);
                Flow::Go(Routine::Alone)
            }
            // Only under a shared lock: an exclusive one would have made it the leader.
            Verdict::Empty if self.world.flight_is_mine(self.who) => {
                self.world.close_flight(self.who);
                Flow::Go(Routine::Compete)
            }
            Verdict::Empty => self.start_over(),
        }
    }

    pub(super) fn serve_verdict(&mut self) -> Flow {
        if self.world.entry.is_none() || self.world.entry != self.me().seen {
            return self.start_over();
        }
        if self.role.forces() {
            self.outdate();
        }
        END
    }

    pub(super) fn write_header(&mut self) -> Flow {
        self.world.inode(self.who).header = true;
        Next
    }

    pub(super) fn look_again(&mut self) -> Flow {
        let verdict = self.world.entry.map(|run| self.judge(run));
        check(verdict != Some(Judge::Fresh), Routine::Withdraw)
    }

    pub(super) fn run_begins(&mut self) -> Flow {
        self.world.ghost.started.insert(run_of(self.who));
        Next
    }

    /// What runs at the same time as a forced call may have looked at the world before it did.
    ///
    /// (A forced call without a flight answers, too: in a broken protocol.)
    pub(super) fn run_ends_or(&mut self, elsewhere: Routine) -> Flow {
        if self.role.forces() {
            let mut older = self.world.ghost.started;
            older.remove(run_of(self.who));
            self.me_mut().older = older;
            if self.me().flight.is_none() {
                self.outdate();
            }
        }
        check(self.role.is_storable(), elsewhere)
    }

    pub(super) fn write_verdict(&mut self) -> Flow {
        self.world.inode(self.who).verdict = match self.role {
            role if role.is_storable() => Verdict::Published(run_of(self.who)),
            _ => Verdict::NotStorable,
        };
        Next
    }

    pub(super) fn close_flight(&mut self) -> Flow {
        self.world.close_flight(self.who);
        Next
    }

    /// Only the first time: the next leader isn't held up.
    pub(super) fn patient_or(&mut self, elsewhere: Routine) -> Flow {
        let takes_over = self.me().then == Some(Routine::Force);
        if takes_over {
            self.world.close_flight(self.who);
            self.me_mut().then = Some(Routine::LetGo);
        }
        check(!takes_over, elsewhere)
    }

    pub(super) fn answered(&mut self) -> Flow {
        self.outdate();
        Next
    }

    /// Ghost: a forced call has its answer.
    pub(super) fn outdate(&mut self) {
        let older = self.me().older;
        self.world.ghost.outdated = self.world.ghost.outdated.union(older);
    }
}

/// Forget.
impl Turn<'_> {
    pub(super) fn flight_has_header(&self) -> bool {
        self.world.linked_inode().is_some_and(|inode| inode.header)
    }

    pub(super) fn reported(&mut self) -> Flow {
        let older = self.me().older;
        self.world.ghost.forgotten = self.world.ghost.forgotten.union(older);
        Next
    }
}
