//! A violation, as a list of steps that a human can follow.

use std::fmt;

use crate::edit::Protocol;
use crate::explore::{Move, killed};
use crate::machine::step;
use crate::op::Op;
use crate::process::{Role, Who};
use crate::property::Property;
use crate::scenario::Scenario;
use crate::world::World;

pub(crate) struct Violation {
    pub(crate) property: Property,
    pub(crate) trace: Vec<Line>,
    /// The steps that lead from the end of the trace back to it, where that is the violation.
    pub(crate) circle: Vec<Line>,
}

/// Who did what, and the store after it.
pub(crate) struct Line {
    who: Who,
    role: Role,
    /// None: it was killed.
    op: Option<Op>,
    store: String,
}

/// Makes a move, and tells it.
pub(crate) fn tell(
    world: &mut World,
    made: Move,
    scenario: &Scenario,
    protocol: &Protocol,
) -> Line {
    let (who, op) = match made {
        Move::Step(who) => (who, step(world, who, scenario, protocol)),
        Move::Kill(who) => {
            *world = killed(world, who).expect("the same kill as before");
            (who, None)
        }
    };
    Line { who, role: scenario.role(who), op, store: world.to_string() }
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{:?} is broken", self.property)?;
        for (number, line) in (1..).zip(&self.trace) {
            writeln!(f, "{number:4}. {line}")?;
        }
        if !self.circle.is_empty() {
            writeln!(f, "and then, again and again:")?;
        }
        for line in &self.circle {
            writeln!(f, "      {line}")?;
        }
        Ok(())
    }
}

impl fmt::Display for Line {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = char::from(b'A' + self.who);
        let role = format!("{:?}", self.role);
        let op = self.op.map_or_else(|| "is KILLED".to_owned(), |op| format!("{op:?}"));
        write!(f, "{name} {role:<15} {op:<23} {}", self.store)
    }
}
