//! What omoide inherited from its caller about signals, so that the command can have it back.
//!
//! Everything is restored in the command, nothing is reset: `nohup` and `trap '' INT` reach it as
//! if omoide weren't there. The umask is not here: the caller of [`crate::runner`] knows it.

use std::io;
use std::sync::OnceLock;

use super::signal;

/// The signals whose disposition omoide looks at or changes.
const LOOKED_AT: [i32; 9] = [
    libc::SIGINT,
    libc::SIGQUIT,
    libc::SIGTERM,
    libc::SIGHUP,
    libc::SIGUSR1,
    libc::SIGUSR2,
    libc::SIGPIPE,
    libc::SIGXFSZ,
    libc::SIGCHLD,
];

/// The signals by which a write can end a process.
const OF_WRITES: [i32; 2] = [libc::SIGPIPE, libc::SIGXFSZ];

static CAPTURED: OnceLock<Inherited> = OnceLock::new();
/// Of [`OF_WRITES`], which were ignored before [`ignore_signals_of_writes`].
static BEFORE: OnceLock<[bool; OF_WRITES.len()]> = OnceLock::new();

/// The signal mask and the ignored signals that a process got from its parent.
#[derive(Debug)]
pub struct Inherited {
    mask: signal::Mask,
    /// Of [`LOOKED_AT`], in that order.
    ignored: [bool; LOOKED_AT.len()],
}

/// Has this process see an error where a write would end it: the reader has gone, a file has
/// reached the limit on its size. What it inherited is remembered, for [`inherited`] to tell: two
/// system calls, which a hit can afford, where looking at all of it takes ten.
pub fn ignore_signals_of_writes() {
    // A signal that can't be ignored stays what it is.
    BEFORE.get_or_init(|| OF_WRITES.map(|signal| signal::start_ignoring(signal).unwrap_or(false)));
}

/// What this process inherited. The first call looks, so it belongs before anything that changes
/// a disposition or the mask, but for [`ignore_signals_of_writes`].
pub fn inherited() -> &'static Inherited {
    CAPTURED.get_or_init(|| Inherited {
        mask: signal::Mask::current(),
        ignored: LOOKED_AT.map(was_ignored),
    })
}

fn was_ignored(signal: i32) -> bool {
    let changed = OF_WRITES.iter().position(|&of_write| of_write == signal);
    match (changed, BEFORE.get()) {
        (Some(place), Some(before)) => before[place],
        _ => signal::is_ignored(signal),
    }
}

impl Inherited {
    /// Whether the caller had this signal ignored (`nohup`, `trap ''`).
    #[must_use]
    pub fn ignores(&self, signal: i32) -> bool {
        LOOKED_AT
            .iter()
            .zip(self.ignored)
            .any(|(&looked_at, ignored)| looked_at == signal && ignored)
    }

    /// Makes mask and dispositions what they were. Safe between fork and exec: system calls only.
    ///
    /// # Errors
    ///
    /// The kernel's, which has no reason to refuse.
    pub fn restore(&self) -> io::Result<()> {
        for (&signal, ignored) in LOOKED_AT.iter().zip(self.ignored) {
            // Ignored or default is all that a program can inherit.
            if ignored {
                signal::ignore(signal)?;
            } else {
                signal::set_default(signal)?;
            }
        }
        self.mask.set()
    }
}
