//! Which format a cache folder has: what a later version of omoide made is left alone.
//!
//! A hit doesn't look: each entry carries its own version.

use std::path::Path;

use super::error::Unusable;
use super::folder::Store;
use super::layout;

impl Store {
    /// Opens the cache folder at `path` as it is, for whoever goes through it rather than look
    /// one call up; `None` if there is none yet.
    ///
    /// # Errors
    /// If it mustn't or can't be used, or a later version of omoide made it.
    pub fn open_known(path: &Path) -> Result<Option<Store>, Unusable> {
        let store = Store::open(path)?;
        match &store {
            Some(store) => store.check_format()?,
            None => refuse_newer(path)?,
        }
        Ok(store)
    }

    /// Refuses a store of a newer format.
    pub(super) fn check_format(&self) -> Result<(), Unusable> {
        let Ok(bytes) = self.read(layout::FORMAT) else { return Ok(()) };
        let found = String::from_utf8_lossy(&bytes).trim().parse::<u32>();
        match found {
            Ok(found) if found > layout::VERSION => Err(Unusable::NewerFormat {
                path: self.version_path(),
                found,
                known: layout::VERSION,
            }),
            _ => Ok(()),
        }
    }
}

/// Refuses a cache folder that holds a store of a newer format, where there is none of ours.
pub(super) fn refuse_newer(path: &Path) -> Result<(), Unusable> {
    match newer_store(path) {
        Some(found) => {
            let path = path.to_owned();
            Err(Unusable::NewerFormat { path, found, known: layout::VERSION })
        }
        None => Ok(()),
    }
}

/// The highest format version beside ours that is newer, if any.
fn newer_store(path: &Path) -> Option<u32> {
    let names = std::fs::read_dir(path).ok()?;
    names
        .filter_map(|entry| entry.ok()?.file_name().to_str()?.strip_prefix('v')?.parse().ok())
        .filter(|&version: &u32| version > layout::VERSION)
        .max()
}
