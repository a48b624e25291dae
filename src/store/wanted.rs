//! Which entries the daemon can't recompute for want of values that never reach the disk. A file a
//! key, `wanted/ab/<key>`, so that whoever calls next sees in one look that they should bring them.

use rustix::fs::OFlags;

use super::error::StoreError;
use super::folder::Store;
use super::gc::Collected;
use super::layout;
use super::shelf::Shelf;
use crate::model::entry::Slot;
use crate::model::key::Key;

impl Store {
    /// Asks the next caller of a key for what was withheld from its recipe.
    ///
    /// # Errors
    /// If that can't be written down.
    pub fn want_secrets(&self, key: &Key) -> Result<(), StoreError> {
        let path = layout::wanted(key);
        self.create_file(&path, OFlags::WRONLY)
            .map(drop)
            .map_err(|errno| StoreError::new("create", &path, errno))
    }

    /// Whether the daemon wants what was withheld from the recipe of a key.
    #[must_use]
    pub fn wants_secrets(&self, key: &Key) -> bool {
        matches!(self.stat(&layout::wanted(key)), Ok(Some(_)))
    }

    /// Notes that somebody brings what was wanted.
    pub fn bring_secrets(&self, key: &Key) {
        // Brought once more, at worst.
        let _ = self.unlink(&layout::wanted(key));
    }
}

impl Shelf<'_> {
    /// Removes what is wanted for entries that the daemon doesn't recompute any more.
    pub(super) fn sweep_wanted(&self, collected: &mut Collected) -> Result<(), StoreError> {
        for shard in self.store.names(layout::WANTED)? {
            let folder = format!("{}/{shard}", layout::WANTED);
            for name in self.store.names(&folder).unwrap_or_default() {
                let path = format!("{folder}/{name}");
                let Some(key) = Key::from_hex(&name).filter(|key| layout::wanted(key) == path)
                else {
                    continue;
                };
                let entry = self.store.peek(&key, Slot::Good)?;
                if !entry.is_some_and(|entry| entry.head.policy.is_independent()) {
                    self.store.unlink_counted(&path, collected)?;
                }
            }
        }
        Ok(())
    }
}
