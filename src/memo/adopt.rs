//! What a hit says of the policy, or adds as a tag, becomes the entry's own.

use super::refreshable::Refreshable;
use super::{Call, Hit, Kind};
use crate::model::entry::{Detail, Head};
use crate::model::policy::Policy;
use crate::store::{EntryFile, Found, Lookup, Store, StoreError};
use crate::sys::clock;

/// Other hits may change the same entry meanwhile: only so many are let go before us.
const TRIES: usize = 64;

/// Changes the stored policy and tags of an entry that was served to what this call names; the new
/// policy, if it is another one.
pub(super) fn adopt_policy(
    store: &Store,
    call: &Call<'_>,
    hit: &Hit,
) -> Result<Option<Policy>, StoreError> {
    if hit.kind == Kind::Last {
        return Ok(None);
    }
    let mut changed_by_another: Option<Box<Found>> = None;
    for _ in 0..TRIES {
        let found = changed_by_another.as_deref().unwrap_or(&hit.found);
        let Some(change) = Change::of(call, &found.entry)? else { return Ok(None) };
        if change.make(store, found)? {
            store.ingest_in_background(&call.limits, clock::now());
            return Ok((!change.keeps_policy).then_some(change.head.policy));
        }
        // Replaced or forgotten, it is none of our business any more.
        let Head { key, nonce, .. } = found.entry.head;
        changed_by_another = match store.find(&key, found.entry.head.slot())? {
            Lookup::Found(found) if found.entry.head.nonce == nonce => Some(found),
            _ => return Ok(None),
        };
    }
    Ok(None)
}

/// A change to what is stored beside the output.
struct Change {
    head: Head,
    detail: Detail,
    own: Refreshable,
    keeps_policy: bool,
}

impl Change {
    /// What this call changes in an entry, if anything.
    fn of(call: &Call<'_>, entry: &EntryFile) -> Result<Option<Change>, StoreError> {
        let policy = call.explicit.over(&entry.head.policy);
        let lacks_recipe = policy.is_independent() && !entry.has_recipe();
        let keeps_policy = policy == entry.head.policy && !lacks_recipe;
        if keeps_policy && call.tags.is_empty() {
            return Ok(None);
        }
        let Some(mut detail) = entry.detail() else { return Ok(None) };
        let known = detail.tags.len();
        detail.tags.extend(call.tags.iter().cloned());
        detail.tags.sort_unstable();
        detail.tags.dedup();
        if keeps_policy && detail.tags.len() == known {
            return Ok(None);
        }
        let own = if keeps_policy {
            Refreshable { recipe: None, stdin: None }
        } else {
            let call = Call { policy: policy.clone(), ..call.clone() };
            Refreshable::of(&call, clock::now())?.for_command_of(entry.recipe())
        };
        if own.stdin.is_some() {
            detail.stdin = call.stdin.map(|stdin| (stdin.digest, stdin.len));
        }
        let head = Head { policy, ..entry.head.clone() };
        Ok(Some(Change { head, detail, own, keeps_policy }))
    }

    /// Whether it was made: only to the very entry that was read.
    fn make(&self, store: &Store, found: &Found) -> Result<bool, StoreError> {
        let Change { head, detail, own, .. } = self;
        store.amend(found, head.clone(), detail, own.recipe.as_ref(), own.stdin.as_ref())
    }
}
