//! Closing what a forked process got from the code that it never returns to.

use std::io;
use std::os::fd::RawFd;

use rustix::fs::{Mode, OFlags};

/// Closes every descriptor of this process but these, whoever it belongs to: for a forked process
/// that never returns to the code that owns them.
#[expect(unsafe_code, reason = "close_range")]
pub fn close_all_but(kept: &mut [RawFd]) {
    kept.sort_unstable();
    let mut first = 0;
    for last in kept.iter().map(|&kept| kept - 1).chain([RawFd::MAX]) {
        if first <= last {
            // SAFETY: no memory is involved; that owners of these descriptors are betrayed is
            // what the documentation says.
            let closed = unsafe { libc::syscall(libc::SYS_close_range, first, last, 0) };
            if closed != 0 {
                close_one_by_one(first, last);
            }
        }
        first = last.saturating_add(2);
    }
}

/// As [`close_all_but`], and puts /dev/null in the place of each of the standard three that isn't kept:
/// afterwards, when there is room for it whatever the limit.
///
/// # Errors
/// If /dev/null can't be opened. What isn't kept is closed all the same.
pub fn keep_only(kept: &mut [RawFd]) -> io::Result<()> {
    close_all_but(kept);
    for _ in (0..3).filter(|descriptor| !kept.contains(descriptor)) {
        // The lowest number that is free.
        std::mem::forget(rustix::fs::open("/dev/null", OFlags::RDWR, Mode::empty())?);
    }
    Ok(())
}

/// For kernels before 5.9.
#[expect(unsafe_code, reason = "close")]
fn close_one_by_one(first: RawFd, last: RawFd) {
    const LIKELY: RawFd = 1 << 16;
    let open: Vec<RawFd> = match std::fs::read_dir("/proc/self/fd") {
        Ok(listed) => listed
            .filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok())
            .filter(|descriptor| (first..=last).contains(descriptor))
            .collect(),
        // Where there is no descriptor left to look with.
        Err(_) => (first..=last.min(LIKELY)).collect(),
    };
    for descriptor in open {
        // SAFETY: as in `close_all_but`.
        unsafe { libc::close(descriptor) };
    }
}
