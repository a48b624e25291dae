//! What to observe for an entry.

use std::path::PathBuf;

/// A path to observe.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct WatchPoint {
    /// An absolute path: of a folder, whatever is in it counts; of anything else, it itself.
    pub path: PathBuf,
    /// Whether what is below a folder's folders counts too.
    pub recursive: bool,
}
