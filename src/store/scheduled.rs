//! What the daemon needs of the entries that it keeps fresh.

use std::collections::BTreeMap;
use std::fmt;

use super::catalog::{Direction, Index, Record};
use super::entry_file::EntryFile;
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
#[derive(Clone, PartialEq, Eq)]
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

/// What names a call whatever its inputs hold ([`Detail::call`](crate::model::entry::Detail::call)).
type Call = Option<[u8; 32]>;

impl fmt::Debug for Scheduled {
    /// With its command as it is shown.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Scheduled")
            .field("key", &self.key)
            .field("nonce", &self.nonce)
            .field("created", &self.created)
            .field("policy", &self.policy)
            .field("asked", &self.asked)
            .field("retry", &self.retry)
            .field("command", &format_args!("{}", self.command))
            .finish_non_exhaustive()
    }
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

    /// All entries that are to be recomputed by themselves. Of those that one call was stored
    /// under while its inputs changed, the newest: it has taken the place of the others.
    ///
    /// # Errors
    /// If the catalog can't be read.
    pub fn all_scheduled(&self) -> Result<Vec<Scheduled>, StoreError> {
        let mut all: Vec<Option<Scheduled>> = Vec::new();
        let mut newest = BTreeMap::new();
        // The newest comes last.
        for entry in self.catalog.entries(Index::Independent, Direction::Up) {
            if let (key, Slot::Good) = entry?
                && let Some((call, scheduled)) = self.look_up(&key)?
            {
                let before = call.and_then(|call| newest.insert(call, all.len()));
                if let Some(before) = before {
                    all[before] = None;
                }
                all.push(Some(scheduled));
            }
        }
        Ok(all.into_iter().flatten().collect())
    }

    /// An entry, if it is to be recomputed by itself.
    ///
    /// # Errors
    /// If the catalog can't be read.
    pub fn scheduled(&self, key: &Key) -> Result<Option<Scheduled>, StoreError> {
        Ok(self.look_up(key)?.map(|(_, scheduled)| scheduled))
    }

    /// An entry, if it is to be recomputed by itself, with what names its call.
    fn look_up(&self, key: &Key) -> Result<Option<(Call, Scheduled)>, StoreError> {
        let Some(record) = self.catalog.record(key, Slot::Good)? else { return Ok(None) };
        if !record.head.policy.is_independent() {
            return Ok(None);
        }
        let access = self.catalog.access(key)?;
        let hit = self.store.usage(key, &access).last;
        let entry = self.store.peek(key, Slot::Good).ok().flatten();
        let recipe = entry.as_ref().and_then(EntryFile::recipe);
        let call = entry.as_ref().and_then(|entry| entry.detail()?.call());
        let retry = self.store.retry(key, record.head.nonce);
        Ok(Some((call, Scheduled { retry, ..scheduled(record, recipe.as_ref(), hit) })))
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

    use super::super::kit::{Kit, PATIENCE, Spec, at, key, spec};
    use super::*;

    #[test]
    fn of_one_call_with_other_inputs_the_newest_is_found() {
        let kit = Kit::new();
        let mut shelf = Shelf::open(&kit.store, PATIENCE).expect("the catalog");
        let wanted = |path: &str| Wanted { content: vec![path.into()], ..Wanted::default() };
        for (number, path) in [(1, "a"), (2, "b"), (3, "a"), (4, "a"), (5, "c")] {
            let mut spec = Spec { inputs: wanted(path), ..spec(number) };
            spec.policy.watch = true;
            kit.publish(&spec);
        }
        shelf.ingest().expect("taken in");
        let all = shelf.all_scheduled().expect("read");
        assert_eq!(all.iter().map(|one| one.key).collect::<Vec<_>>(), [2, 4, 5].map(key));
        // Whoever is asked for by its key is told of all the same.
        assert!(shelf.scheduled(&key(1)).expect("read").is_some());
    }

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
