//! Memory, where there may be too little of it.

use std::hint::black_box;

/// Whether so many bytes could be had at present, by whatever limit. None of them are kept.
#[must_use]
pub fn is_available(bytes: u64) -> bool {
    let mut spare = Vec::<u8>::new();
    let is_there = usize::try_from(bytes).is_ok_and(|len| spare.try_reserve_exact(len).is_ok());
    // Without this the compiler may leave the whole thing out.
    black_box(&spare);
    is_there
}

/// Has threads that allocate for the first time share the memory of the others. Else the C library
/// reserves 64 MiB of addresses for each of the first dozen, and a limit on addresses (`ulimit -v`)
/// is reached by next to nothing.
#[cfg(target_env = "gnu")]
#[expect(unsafe_code, reason = "mallopt")]
pub fn share_among_threads() {
    // SAFETY: the call takes the allocator's own lock, and no memory of ours is involved.
    unsafe { libc::mallopt(libc::M_ARENA_MAX, 1) };
}

/// Nothing is reserved there.
#[cfg(not(target_env = "gnu"))]
pub fn share_among_threads() {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_machine_has_everything() {
        assert!(is_available(1 << 20));
        assert!(!is_available(1 << 62));
        assert!(!is_available(u64::MAX));
    }
}
