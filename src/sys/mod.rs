//! What the kernel gives that the standard library doesn't; the only home of `unsafe`.

pub mod clock;
