//! What the kernel gives that the standard library doesn't; the only home of `unsafe`.

pub mod boot;
pub mod clock;
pub mod fork;
pub mod process;
