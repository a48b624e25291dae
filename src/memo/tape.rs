//! What records a run: a recording of the store, which may give up, and the flight, which is to
//! know when our reader holds us up.

use crate::model::entry::Stream;
use crate::replay;
use crate::runner;
use crate::store::{Flight, Recording, Stop, StoreError};

/// A recording that a runner fills.
pub(super) struct Tape<'f, 's> {
    recording: Option<Recording<'s>>,
    flight: Option<&'f Flight>,
    /// Whether the caller hasn't seen what is recorded.
    withheld: bool,
    stopped: Option<Stop>,
}

impl<'f, 's> Tape<'f, 's> {
    pub(super) fn new(
        recording: Option<Recording<'s>>,
        flight: Option<&'f Flight>,
        withheld: bool,
    ) -> Self {
        Tape { recording, flight, withheld, stopped: None }
    }

    /// Whether the caller still hasn't seen anything.
    pub(super) fn is_withheld(&self) -> bool {
        self.withheld
    }

    /// Shows the caller what was withheld.
    pub(super) fn release(&mut self) -> Result<(), StoreError> {
        self.withheld = false;
        if let Some(recording) = &mut self.recording {
            // A reader that went away is none of our business; a disk that can't be read back
            // would be, but what it held is lost either way.
            drop(replay::to_caller(&recording.output()?));
        }
        Ok(())
    }

    /// The whole recording, or why there is none.
    pub(super) fn into_recording(self) -> Result<Option<Recording<'s>>, Stop> {
        match self.stopped {
            Some(stop) => Err(stop),
            None => Ok(self.recording),
        }
    }

    fn stop(&mut self, stop: Stop) {
        if self.withheld {
            drop(self.release());
        }
        self.recording = None;
        self.stopped = Some(stop);
    }
}

impl runner::Tape for Tape<'_, '_> {
    fn record(&mut self, stream: Stream, bytes: &[u8]) -> bool {
        if let Some(recording) = &mut self.recording
            && let Err(stop) = recording.record(stream, bytes)
        {
            self.stop(stop);
        }
        self.recording.is_some()
    }

    fn stalled(&mut self, stalled: bool) {
        if let Some(flight) = self.flight {
            flight.held_up(stalled);
        }
    }
}
