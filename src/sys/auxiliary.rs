//! What the kernel hands a program when it is executed, besides its arguments and environment: no
//! system call is needed to read it, and none can be refused.

/// The user whose rights this process has.
#[must_use]
pub fn effective_user() -> u32 {
    user(libc::AT_EUID)
}

/// The user who started this process.
#[must_use]
pub fn real_user() -> u32 {
    user(libc::AT_UID)
}

/// Nobody's id: what a comparison with must fail.
const NOBODY: u32 = u32::MAX;

fn user(kind: libc::c_ulong) -> u32 {
    value(kind).map_or(NOBODY, |user| u32::try_from(user).unwrap_or(NOBODY))
}

/// Random bytes of the kernel's, other ones for each program that is executed; a forked process
/// has those of its parent.
#[must_use]
#[expect(unsafe_code, reason = "the kernel gives their address")]
pub fn random() -> [u8; 16] {
    let Some(address) = value(libc::AT_RANDOM).filter(|&address| address != 0) else {
        return [0; 16];
    };
    // SAFETY: the kernel has put 16 bytes there, and nobody changes them.
    unsafe { std::ptr::read(std::ptr::with_exposed_provenance(address)) }
}

#[expect(unsafe_code, reason = "getauxval")]
fn value(kind: libc::c_ulong) -> Option<usize> {
    // SAFETY: errno is this thread's own; no other memory is involved.
    unsafe {
        *libc::__errno_location() = 0;
        let value = libc::getauxval(kind);
        let is_known = value != 0 || *libc::__errno_location() == 0;
        is_known.then(|| usize::try_from(value).ok()).flatten()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn they_are_what_the_kernel_says_when_asked() {
        assert_eq!(effective_user(), rustix::process::geteuid().as_raw());
        assert_eq!(real_user(), rustix::process::getuid().as_raw());
        assert_ne!(random(), [0; 16]);
        assert_eq!(value(u32::MAX.into()), None);
    }
}
