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

static CAPTURED: OnceLock<Inherited> = OnceLock::new();

/// The signal mask and the ignored signals that a process got from its parent.
#[derive(Debug)]
pub struct Inherited {
    mask: signal::Mask,
    /// Of [`LOOKED_AT`], in that order.
    ignored: [bool; LOOKED_AT.len()],
}

/// What this process inherited. The first call looks, so it belongs before anything that changes
/// a disposition or the mask.
pub fn inherited() -> &'static Inherited {
    CAPTURED.get_or_init(|| Inherited {
        mask: signal::Mask::current(),
        ignored: LOOKED_AT.map(signal::is_ignored),
    })
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
    /// The kernel's, which has no reason to refuse. All the others have been restored then.
    pub fn restore(&self) -> io::Result<()> {
        let mut restored = Ok(());
        for (&signal, ignored) in LOOKED_AT.iter().zip(self.ignored) {
            // Ignored or default is all that a program can inherit.
            let change = if ignored { signal::ignore } else { signal::set_default };
            restored = restored.and(change(signal));
        }
        restored.and(self.mask.set())
    }
}
