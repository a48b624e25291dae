//! Random bytes.

use std::sync::atomic::{AtomicU64, Ordering};

use rustix::io::Errno;
use rustix::rand::{GetRandomFlags, getrandom};

use super::{auxiliary, clock};

/// Bytes that nobody else has.
///
/// Where the kernel doesn't give any (before 3.17, or in a sandbox), they are made of those that it
/// gave this program when it was executed, and of what differs from one call to the next.
#[must_use]
pub fn bytes<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    let mut filled = 0;
    while filled < N {
        match getrandom(&mut bytes[filled..], GetRandomFlags::empty()) {
            Ok(0) => return substitute(),
            Ok(more) => filled += more,
            Err(Errno::INTR) => {}
            Err(_) => return substitute(),
        }
    }
    bytes
}

fn substitute<const N: usize>() -> [u8; N] {
    static CALLS: AtomicU64 = AtomicU64::new(0);
    let now = clock::now();
    let mut hasher = blake3::Hasher::new();
    hasher.update(&auxiliary::random());
    hasher.update(&std::process::id().to_le_bytes());
    hasher.update(&now.wall.to_le_bytes());
    hasher.update(&now.boot.to_le_bytes());
    hasher.update(&CALLS.fetch_add(1, Ordering::Relaxed).to_le_bytes());
    let mut bytes = [0; N];
    hasher.finalize_xof().fill(&mut bytes);
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_two_are_alike() {
        let made: std::collections::BTreeSet<[u8; 16]> =
            (0..1000).flat_map(|_| [bytes(), substitute()]).collect();
        assert_eq!(made.len(), 2000);
    }
}
