//! What a call says of the files its result depends on.

use serde::{Deserialize, Serialize};

/// The inputs that were asked for, as they were typed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Wanted {
    /// Files, directories and globs whose content counts.
    pub content: Vec<Vec<u8>>,
    /// Files, directories and globs whose modification time and size count.
    pub mtime: Vec<Vec<u8>>,
    /// Whether arguments that name existing regular files are inputs.
    pub arguments: bool,
}

impl Wanted {
    /// Whether nothing was asked for.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.content.is_empty() && self.mtime.is_empty() && !self.arguments
    }
}
