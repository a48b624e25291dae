//! Both streams of a command on their way to the tape and to the caller.
//!
//! What is read is recorded at once and in that order; delivery follows at the caller's pace.

use std::time::Duration;

use rustix::io::Errno;

use super::flow::{Flow, Intake};
use super::{Bounds, Delivery, Tape};

/// The streams, and what they go to.
pub(super) struct Tee<'a> {
    flows: Vec<Flow<'a>>,
    tape: &'a mut dyn Tape,
    delivery: Delivery,
    /// Whether the tape still holds all so far.
    whole: bool,
    /// What the tape was told last.
    stalled: bool,
    /// Whether a stream was cut off because nobody reads it.
    cut_off: bool,
    bounds: Bounds,
}

impl<'a> Tee<'a> {
    pub(super) fn new(
        flows: Vec<Flow<'a>>,
        tape: &'a mut dyn Tape,
        delivery: Delivery,
        bounds: Bounds,
    ) -> Self {
        Self { flows, tape, delivery, whole: true, stalled: false, cut_off: false, bounds }
    }

    /// The streams, in a fixed order.
    pub(super) fn flows(&self) -> &[Flow<'a>] {
        &self.flows
    }

    /// Moves what can be moved in one stream. Returns whether anything came from the command.
    pub(super) fn advance(&mut self, index: usize, now: Duration) -> bool {
        let flow = &mut self.flows[index];
        if flow.is_pending() {
            flow.push(now, &self.bounds);
            return false;
        }
        let stream = flow.stream;
        let Intake::Bytes(bytes) = flow.read() else {
            return false;
        };
        let length = bytes.len();
        self.whole &= self.tape.record(stream, bytes);
        if self.delivery == Delivery::Live || !self.whole {
            flow.deliver(length, now, &self.bounds);
        }
        true
    }

    /// Tells the tape of a caller that stalls, and cuts off what nobody reads.
    pub(super) fn keep_time(&mut self, now: Duration) {
        let stuck = |flow: &Flow<'_>| {
            flow.stuck_since().is_some_and(|since| now >= since + self.bounds.stalled)
        };
        let stalled = self.flows.iter().any(stuck);
        if stalled != self.stalled {
            self.stalled = stalled;
            self.tape.stalled(stalled);
        }
        for flow in &mut self.flows {
            // A recording that isn't whole is no reason to go on.
            let useless = flow.is_unread() && flow.is_open() && !self.whole;
            if useless || flow.is_past_allowance(now, &self.bounds) {
                flow.close();
                self.cut_off = true;
            }
        }
    }

    /// When to call [`Self::keep_time`] next, whatever happens until then.
    pub(super) fn wake_at(&self) -> Option<Duration> {
        let stall = |flow: &Flow<'_>| {
            flow.stuck_since().filter(|_| !self.stalled).map(|since| since + self.bounds.stalled)
        };
        self.flows.iter().flat_map(|flow| [stall(flow), flow.unread_until()]).flatten().min()
    }

    /// Whether the caller keeps us waiting.
    pub(super) fn is_pending(&self) -> bool {
        self.flows.iter().any(Flow::is_pending)
    }

    /// Whether some process could still say something.
    pub(super) fn is_held(&self) -> bool {
        self.flows.iter().any(Flow::is_held)
    }

    /// Whether everything has come and gone.
    pub(super) fn is_done(&self) -> bool {
        !self.flows.iter().any(|flow| flow.is_open() || flow.is_pending())
    }

    /// Whether the command lost a stream because nobody read it.
    pub(super) fn is_cut_off(&self) -> bool {
        self.cut_off
    }

    /// What kept output from the caller, a reader that has gone aside.
    pub(super) fn failure(&self) -> Option<Errno> {
        self.flows.iter().find_map(Flow::failure)
    }

    /// Why something of what the command said may be missing.
    pub(super) fn unread(&self) -> Option<Errno> {
        self.flows.iter().find_map(Flow::unread)
    }

    /// Whether the caller gets what is read from now on.
    pub(super) fn delivers(&self) -> bool {
        self.delivery == Delivery::Live || !self.whole
    }

    /// The streams that haven't come to their end, and that somebody reads.
    pub(super) fn into_unfinished(self) -> Vec<Flow<'a>> {
        self.flows.into_iter().filter(Flow::is_unfinished).collect()
    }
}
