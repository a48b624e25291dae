//! The protocol as it is, and as it is not: tables with a step missing, moved or replaced.

use crate::op::{Op, Routine};
use crate::process::Counter;
use crate::protocol::TABLES;

/// One change to one table.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Edit {
    Omit(Routine, Op),
    /// The first step is made just before the second one, and nowhere else.
    Move(Routine, Op, Op),
    Replace(Routine, Op, Op),
    Rewrite(Routine, &'static [Op]),
}

/// The protocol, or one that differs from it in some of its tables.
pub(crate) struct Protocol {
    tables: Vec<Vec<Op>>,
}

impl Protocol {
    pub(crate) fn sound() -> Self {
        let mut tables = vec![Vec::new(); Routine::End as usize + 1];
        for (routine, steps) in TABLES {
            tables[*routine as usize] = steps.to_vec();
        }
        Self { tables }
    }

    pub(crate) fn with(edits: &[Edit]) -> Self {
        let mut protocol = Self::sound();
        for edit in edits {
            let (routine, steps) = protocol.edited(*edit);
            assert_ne!(steps, protocol.steps(routine), "{edit:?} changes nothing");
            protocol.tables[routine as usize] = steps;
        }
        protocol
    }

    fn edited(&self, edit: Edit) -> (Routine, Vec<Op>) {
        match edit {
            Edit::Omit(routine, op) => {
                let kept = self.steps(routine).iter().filter(|step| **step != op);
                (routine, kept.copied().collect())
            }
            Edit::Move(routine, op, before) => {
                let (_, mut steps) = self.edited(Edit::Omit(routine, op));
                let at = steps.iter().position(|step| *step == before);
                steps.insert(at.unwrap_or_else(|| panic!("{edit:?}: no such step")), op);
                (routine, steps)
            }
            Edit::Replace(routine, op, by) => {
                let replace = |step: &Op| if *step == op { by } else { *step };
                (routine, self.steps(routine).iter().map(replace).collect())
            }
            Edit::Rewrite(routine, steps) => (routine, steps.to_vec()),
        }
    }

    /// The step that a process stands at; None: at the end of the table.
    pub(crate) fn op(&self, counter: Counter) -> Option<Op> {
        self.steps(counter.routine).get(usize::from(counter.index)).copied()
    }

    fn steps(&self, routine: Routine) -> &[Op] {
        &self.tables[routine as usize]
    }
}
