//! What the kernel gives that the standard library doesn't; the only home of `unsafe`.

pub mod arena;
pub mod auxiliary;
pub mod boot;
pub mod clock;
pub mod environment;
pub mod fd;
pub mod fork;
pub mod inherited;
mod limits;
pub mod memory;
#[cfg(own_origin)]
mod origin;
pub mod process;
pub mod procfs;
pub mod random;
pub mod signal;
pub mod slack;
pub mod spawn;
