//! What omoide inherited from its caller about signals, so that the command can have it back.
//!
//! Everything is restored in the command, nothing is reset: `nohup` and `trap '' INT` reach it as
//! if omoide weren't there. Whatever changes a disposition or the mask notes here what was before,
//! so nobody has to look ahead of time, and what nobody changes costs nothing. The umask is not
//! here: the caller of [`crate::runner`] knows it.
//!
//! A process that works for somebody else (a job) adopts what they had.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use super::limits;
use super::signal::{self, Mask, changeable};
use crate::model::heritage::Heritage;

/// The signals whose disposition this process has changed, as bits.
static CHANGED: AtomicU64 = AtomicU64::new(0);
/// Of these, the ones that were ignored before.
static IGNORED: AtomicU64 = AtomicU64::new(0);
/// The mask before this process changed it.
static MASK: OnceLock<u64> = OnceLock::new();
/// What is passed on in place of what was inherited.
static ADOPTED: OnceLock<Heritage> = OnceLock::new();

/// Has this process see an error where a write would end it: the reader has gone, a file has
/// reached the limit on its size.
pub fn ignore_signals_of_writes() {
    for signal in [libc::SIGPIPE, libc::SIGXFSZ] {
        // A signal that can't be ignored stays what it is.
        let _ = signal::ignore(signal);
    }
}

/// Notes what a signal's disposition was when it is changed for the first time.
pub(super) fn note(signal: i32, was_ignored: bool) {
    let bit = signal::bit(signal);
    if CHANGED.fetch_or(bit, Relaxed) & bit == 0 && was_ignored {
        IGNORED.fetch_or(bit, Relaxed);
    }
}

/// Notes what the mask was when it is changed for the first time.
pub(super) fn note_mask(before: u64) {
    MASK.get_or_init(|| before);
}

/// Notes what the standard library changes by itself in a process that it makes.
pub(super) fn note_what_the_library_changes() {
    blocked();
    note(libc::SIGPIPE, signal::is_ignored(libc::SIGPIPE));
}

/// Notes what the C library changes by itself when a process starts its first thread: of the
/// signals that it keeps for itself. To be called before.
pub fn note_what_threads_change() {
    for signal in [32, 33] {
        note(signal, signal::is_ignored(signal));
    }
}

fn blocked() -> u64 {
    let now = Mask::current().bits();
    *MASK.get_or_init(|| now)
}

/// All that a command of this process gets, from whoever called it or whose work it does.
#[must_use]
pub fn heritage() -> Heritage {
    if let Some(adopted) = ADOPTED.get() {
        return adopted.clone();
    }
    let changed = CHANGED.load(Relaxed);
    let unchanged = changeable().filter(|&signal| changed & signal::bit(signal) == 0);
    let ignored = unchanged.filter(|&signal| signal::is_ignored(signal));
    Heritage {
        blocked: blocked(),
        ignored: ignored.map(signal::bit).fold(IGNORED.load(Relaxed), |all, bit| all | bit),
        limits: limits::current(),
        nice: limits::nice(),
    }
}

/// Has the commands of this process get what somebody else's would have got. Of these there can
/// be one in the life of a process.
pub fn adopt(heritage: Heritage) {
    let _ = ADOPTED.set(heritage);
}

/// Makes mask and dispositions what they were. Safe between fork and exec: system calls only. What
/// the kernel refuses, as a sandbox may have it do, stays as it is.
pub fn restore() {
    let (changed, ignored, mask) = match ADOPTED.get() {
        Some(heritage) => (u64::MAX, heritage.ignored, Some(heritage.blocked)),
        None => (CHANGED.load(Relaxed), IGNORED.load(Relaxed), MASK.get().copied()),
    };
    for signal in changeable().filter(|&signal| changed & signal::bit(signal) != 0) {
        // Ignored or default is all that a program can inherit.
        let _ = signal::put_back(signal, ignored & signal::bit(signal) != 0);
    }
    let _ = mask.map(signal::put_back_mask);
}

/// As [`restore`], for a command: with the limits and the nice value of whose work it is.
pub fn hand_on() {
    if let Some(heritage) = ADOPTED.get() {
        limits::set_nice(heritage.nice);
        limits::set(&heritage.limits);
    }
    restore();
}
