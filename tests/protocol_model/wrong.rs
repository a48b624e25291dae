//! The steps that only a broken protocol takes.

use super::{Flow, Flow::Next, Turn, wait_for};
use crate::op::{Routine, Wrong};
use crate::world::{Set, Verdict};

impl Turn<'_> {
    pub(super) fn perform_wrongly(&mut self, wrong: Wrong) -> Flow {
        match wrong {
            Wrong::UnlinkAnyMarker => {
                self.me_mut().listed = Set::default();
                self.world.pending = Set::default();
                Next
            }
            Wrong::LockShared => wait_for(self.world.lock_shared(self.who)),
            Wrong::ForceAlone if self.world.inode(self.who).verdict == Verdict::NotStorable => {
                self.world.close_flight(self.who);
                Flow::Go(Routine::Alone)
            }
            Wrong::ForceAlone => self.read_verdict(),
            Wrong::Beside => {
                self.world.close_flight(self.who);
                Flow::Go(Routine::Alone)
            }
            Wrong::SameNumberOr(elsewhere) => self.gated(self.world.entry.is_some(), elsewhere),
            Wrong::WriteVerdictOfHit => {
                if let Some(run) = self.world.entry {
                    self.world.inode(self.who).verdict = Verdict::Published(run);
                }
                Next
            }
            Wrong::UnrecordedOr(elsewhere) => {
                self.gated(self.world.catalog.record.is_none(), elsewhere)
            }
        }
    }
}
