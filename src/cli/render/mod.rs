//! How things look: escaped, aligned, coloured, or as JSON.

pub mod escape;
pub mod json;
pub mod out;
pub mod table;
pub mod time;
