//! How things look: escaped, aligned, coloured, or as JSON.

pub(super) mod json;
pub(super) mod out;
pub(super) mod progress;
pub(super) mod table;
pub(super) mod time;
