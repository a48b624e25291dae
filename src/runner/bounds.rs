//! How long the runner waits for what, in one place.

use std::time::Duration;

/// The intervals of a run. Tests make them short.
#[derive(Clone, Copy, Debug)]
pub struct Bounds {
    /// Once the command has exited, its output is read until it has been quiet for this long …
    pub quiet: Duration,
    /// … or for this long altogether.
    pub drain: Duration,
    /// A caller that has taken nothing for this long counts as stalled.
    pub stalled: Duration,
    /// How long output that nobody reads any more is recorded …
    pub unread_for: Duration,
    /// … and how much of it.
    pub unread_bytes: u64,
    /// How long an interrupt from inside our process group may take to end the command by itself.
    pub group_grace: Duration,
    /// From TERM to KILL when the timeout is over.
    pub kill_after: Duration,
    /// Whether being told to end is the end of the timeout: nobody is there to insist.
    pub ends_when_told: bool,
    /// How long processes that even KILL doesn't end are waited for.
    pub give_up_after: Duration,
}

impl Default for Bounds {
    fn default() -> Self {
        Self {
            quiet: Duration::from_millis(100),
            drain: Duration::from_secs(2),
            stalled: Duration::from_secs(1),
            unread_for: Duration::from_secs(10),
            unread_bytes: 64 << 20,
            group_grace: Duration::from_secs(1),
            kill_after: Duration::from_secs(5),
            ends_when_told: false,
            give_up_after: Duration::from_secs(5),
        }
    }
}
