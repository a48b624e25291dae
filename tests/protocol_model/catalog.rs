//! The steps of those who hold the catalog.

use super::{END, Flow, Flow::Next, Flow::Stay, Turn, check, take};
use crate::op::Routine;
use crate::process::Process;
use crate::property::Property;

impl Turn<'_> {
    pub(super) fn try_catalog(&mut self, elsewhere: Routine) -> Flow {
        check(take(&mut self.world.catalog_lock, self.who), elsewhere)
    }

    pub(super) fn hand_over(&mut self) -> Flow {
        if self.world.catalog_lock == Some(self.who) {
            return Flow::Go(Routine::Round);
        }
        if self.scenario.hands_over { Flow::Go(Routine::Gather) } else { END }
    }

    pub(super) fn drop_turn(&mut self) -> Flow {
        self.world.turn = None;
        Next
    }

    pub(super) fn detach(&mut self) -> Flow {
        *self.me_mut() =
            Process { next: self.me().next, then: Some(Routine::LetGo), ..Process::default() };
        Next
    }

    pub(super) fn needs_more_or(&mut self, elsewhere: Routine) -> Flow {
        check(self.me().then != Some(Routine::LetGo), elsewhere)
    }

    pub(super) fn drop_catalog(&mut self) -> Flow {
        self.world.catalog_lock = None;
        Next
    }

    pub(super) fn quarantine_catalog(&mut self) -> Flow {
        self.world.catalog.record = None;
        self.world.catalog.corrupt = false;
        Next
    }

    pub(super) fn list_pending(&mut self) -> Flow {
        self.me_mut().listed = self.world.pending;
        if !self.world.pending.is_empty() {
            return Next;
        }
        let then = self.me_mut().then.replace(Routine::LetGo);
        Flow::Go(then.unwrap_or(Routine::LetGo))
    }

    pub(super) fn read_entry(&mut self) -> Flow {
        self.me_mut().seen = self.world.entry;
        Next
    }

    pub(super) fn apply(&mut self) -> Flow {
        self.world.catalog.record = self.me_mut().seen.take();
        Next
    }

    pub(super) fn unlink_listed(&mut self) -> Flow {
        let Some(marker) = self.me().listed.lowest() else {
            return Next;
        };
        self.me_mut().listed.remove(marker);
        self.world.pending.remove(marker);
        if self.me().listed.is_empty() { Next } else { Stay }
    }

    pub(super) fn record_or(&mut self, elsewhere: Routine) -> Flow {
        self.me_mut().seen = self.world.catalog.record;
        check(self.world.catalog.record.is_some(), elsewhere)
    }

    pub(super) fn blob_is_referenced(&self) -> bool {
        let dirty = !self.world.pending.is_empty();
        self.world.catalog.record.is_some() || dirty && self.world.entry.is_some()
    }

    pub(super) fn unlink_blob(&mut self) -> Flow {
        self.world.blob = false;
        Next
    }

    pub(super) fn entry_is_lost(&self) -> bool {
        self.world.entry.is_none() && self.world.pending.is_empty()
    }

    pub(super) fn put_record(&mut self) -> Flow {
        self.blunder_unless(self.world.entry.is_none(), Property::JudgedOnly);
        self.world.entry = self.me().seen;
        Next
    }
}
