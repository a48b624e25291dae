//! What the daemon needs of the entries that it keeps fresh.

use super::catalog::{Direction, Index, Record};
use super::error::StoreError;
use super::shelf::Shelf;
use crate::model::backoff::Retry;
use crate::model::entry::{Nonce, Slot};
use crate::model::escape;
use crate::model::inputs::Wanted;
use crate::model::key::Key;
use crate::model::policy::Policy;
use crate::model::recipe::Recipe;
use crate::model::time::Stamp;

/// Command lines are cut to this many characters: ten thousand of them are kept in memory.
const LONGEST: usize = 100;

/// An entry that is to be recomputed by itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Scheduled {
    /// The entry.
    pub key: Key,
    /// Its computation.
    pub nonce: Nonce,
    /// When that ended.
    pub created: Stamp,
    /// What it is kept by.
    pub policy: Policy,
    /// When somebody last asked for it.
    pub asked: Stamp,
    /// Variables whose values it needs and that are not stored.
    pub withheld: Vec<Vec<u8>>,
    /// What its inputs are, if they are to be watched: as they were named, the words of the
    /// command behind the first, and where it was called.
    pub inputs: Option<(Wanted, Vec<Vec<u8>>, Vec<u8>)>,
    /// Earlier failures to recompute it.
    pub retry: Option<Retry>,
    /// Its command line, for people: escaped, and cut if it is long.
    pub command: String,
}

impl Shelf<'_> {
    /// From here on, remembers the keys whose records change.
    pub fn follow_changes(&mut self) {
        self.changed.get_or_insert_default();
    }

    /// The keys whose records may have changed since the last call.
    pub fn take_changed(&mut self) -> Vec<Key> {
        self.changed.as_mut().map(std::mem::take).unwrap_or_default().into_iter().collect()
    }

    /// All entries that are to be recomputed by themselves.
    ///
    /// # Errors
    /// If the catalog can't be read.
    pub fn all_scheduled(&self) -> Result<Vec<Scheduled>, StoreError> {
        let mut all = Vec::new();
        for entry in self.catalog.entries(Index::Computed, Direction::Up) {
            if let (key, Slot::Good) = entry? {
                all.extend(self.scheduled(&key)?);
            }
        }
        Ok(all)
    }

    /// An entry, if it is to be recomputed by itself.
    ///
    /// # Errors
    /// If the catalog can't be read.
    pub fn scheduled(&self, key: &Key) -> Result<Option<Scheduled>, StoreError> {
        let Some(record) = self.catalog.record(key, Slot::Good)? else { return Ok(None) };
        if !record.head.policy.is_independent() {
            return Ok(None);
        }
        let access = self.catalog.access(key)?;
        let hit = self.store.usage(key, &access).last;
        let recipe = self.store.peek(key, Slot::Good).ok().flatten().and_then(|e| e.recipe());
        let retry = self.store.retry(key, record.head.nonce);
        Ok(Some(Scheduled { retry, ..scheduled(record, recipe.as_ref(), hit) }))
    }
}

fn scheduled(record: Record, recipe: Option<&Recipe>, hit: Option<Stamp>) -> Scheduled {
    let Record { head, detail, .. } = record;
    let latest =
        recipe.map(|recipe| recipe.asked).into_iter().chain(hit).max_by_key(|stamp| stamp.wall);
    let mut command = escape::command(&detail.command);
    if let Some((end, _)) = command.char_indices().nth(LONGEST) {
        command.truncate(end);
        command.push('…');
    }
    Scheduled {
        key: head.key,
        nonce: head.nonce,
        created: head.created,
        asked: latest.unwrap_or(head.created),
        inputs: recipe.filter(|_| head.policy.watch).map(|recipe| {
            let arguments = recipe.command.iter().skip(1).cloned().collect();
            (recipe.inputs.clone(), arguments, recipe.cwd.clone())
        }),
        retry: None,
        policy: head.policy,
        withheld: recipe.map_or(Vec::new(), |recipe| {
            recipe.withheld.iter().map(|(_, name)| name.clone()).collect()
        }),
        command,
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::super::kit::{Kit, PATIENCE, at, key, spec};
    use super::*;

    #[test]
    fn those_with_refresh_or_watch_are_found_and_followed() {
        let kit = Kit::new();
        let mut refreshed = spec(1);
        refreshed.policy.refresh = Some(Duration::from_secs(5));
        let mut watched = spec(2);
        watched.policy.watch = true;
        for spec in [&refreshed, &watched, &spec(3)] {
            kit.publish(spec);
        }
        kit.hit(&key(2), 1, at(50));
        let mut shelf = Shelf::open(&kit.store, PATIENCE).expect("the catalog");
        shelf.follow_changes();
        shelf.ingest().expect("taken in");
        let all = shelf.all_scheduled().expect("read");
        let found: Vec<_> = all.iter().map(|one| (one.key, one.asked)).collect();
        assert_eq!(found, [(key(1), at(1)), (key(2), at(50))]);
        let mut changed: Vec<Key> = (1..=3).map(key).collect();
        changed.sort_unstable();
        assert_eq!(shelf.take_changed(), changed);
        kit.store.forget(&[key(1)]).expect("forgotten");
        shelf.ingest().expect("taken in");
        assert_eq!(shelf.take_changed(), [key(1)]);
        assert_eq!(shelf.scheduled(&key(1)).expect("read"), None);
    }
}
