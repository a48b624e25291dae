//! What a call says of the files its result depends on.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::escape;

/// The inputs that were asked for, as they were typed.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Wanted {
    /// Files, directories and globs whose content counts.
    pub content: Vec<Vec<u8>>,
    /// Files, directories and globs whose modification time and size count.
    pub mtime: Vec<Vec<u8>>,
    /// Whether arguments that name existing regular files are inputs.
    pub arguments: bool,
}

impl fmt::Debug for Wanted {
    /// With its paths as they are shown.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Wanted")
            .field("content", &format_args!("{}", escape::command(&self.content)))
            .field("mtime", &format_args!("{}", escape::command(&self.mtime)))
            .field("arguments", &self.arguments)
            .finish()
    }
}

impl Wanted {
    /// Whether nothing was asked for.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.content.is_empty() && self.mtime.is_empty() && !self.arguments
    }
}
