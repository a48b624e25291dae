//! A step of the C library's start that a statically linked program can do without.
//!
//! It asks where the program's file is, for `$ORIGIN` in the paths of shared objects that might be
//! loaded later. None ever is, and the answer is a link in /proc, for which the kernel first has to
//! make the folder of this process: a twentieth of a hit. The function is a part of its own in the
//! C library's archive, so one of the same name takes its place; build.rs tries whether it does.

/// The folder of the program, or -1 where it is unknown, as it is where there is no /proc.
#[expect(unsafe_code, reason = "the C library finds it by its name")]
// SAFETY: it has the signature of the C library's function of this name, and what it returns is
// what that one returns for an unknown folder.
#[unsafe(no_mangle)]
extern "C" fn _dl_get_origin() -> *const std::ffi::c_char {
    std::ptr::without_provenance(usize::MAX)
}
