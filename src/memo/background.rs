//! Recomputing in a process of its own session, while the caller goes on: stale entries, `warm`.

use std::io;
use std::path::Path;

use super::handover;
use super::look_up::is_fresh;
use super::recompute::{Aim, TIMEOUT, recompute};
use super::{Call, Declined};
use crate::model::entry::Slot;
use crate::model::job::Outcome;
use crate::stdin::Stdin;
use crate::store::{Condition, Found, Store};
use crate::sys::{clock, fork};

/// Has a stale entry recomputed, unless somebody does that already. The caller waits for nothing;
/// what goes wrong is tried again by a later call.
pub(super) fn refresh(store: &Store, call: &Call<'_>, found: &Found) {
    let head = &found.entry.head;
    let waits = store.retry(&call.key, head.nonce).is_some_and(|retry| !retry.is_due(clock::now()));
    if waits || store.is_flying(&call.key) {
        return;
    }
    let mut call = Call {
        streams: head.capture.streams.into(),
        policy: call.explicit.over(&head.policy),
        ..call.clone()
    };
    // What other calls have named it stays with it.
    call.tags.extend(found.entry.detail().into_iter().flat_map(|detail| detail.tags));
    call.tags.sort_unstable();
    call.tags.dedup();
    let condition = Condition::Stored(head.key, head.nonce);
    // What the command read is kept only with what the daemon refreshes by itself.
    let is_whole = call.stdin.is_none() || head.policy.is_independent();
    let _ = detached(store, &call, |store| {
        if !(is_whole && handover::is_taken_over(store, &call, head.nonce)) {
            let _ = recompute(store, &call, &aim(&call, condition));
        }
    });
}

/// Computes a call and stores the result, without showing it: nothing if a fresh one is stored.
/// Without `wait` it returns at once, and nothing is known of what becomes of it.
///
/// # Errors
/// If the cache can't be used.
pub fn warm(call: &Call<'_>, folder: &Path, wait: bool) -> Result<Option<Outcome>, Declined> {
    let store = Store::prepare(folder)?;
    if !call.force && is_fresh(&store, call, &store.find(&call.key, Slot::Good)?) {
        return Ok(Some(Outcome::Unchanged));
    }
    if wait {
        return Ok(Some(recompute(&store, call, &Aim { wait, ..aim(call, Condition::None) })?));
    }
    detached(&store, call, |store| {
        let _ = recompute(store, call, &aim(call, Condition::None));
    })
    .map_err(|error| Declined::NoCache(error.to_string()))?;
    Ok(None)
}

fn aim(call: &Call<'_>, condition: Condition) -> Aim {
    Aim { condition, force: call.force, wait: false, asked: clock::now(), timeout: TIMEOUT }
}

/// Does `work` for a call in a process of its own, with the store opened anew: the descriptors of
/// the caller's are closed there.
fn detached(store: &Store, call: &Call<'_>, work: impl FnOnce(&Store)) -> io::Result<()> {
    fork::detached_here(call.stdin.and_then(Stdin::descriptor), || {
        if let Ok(Some(store)) = Store::open(store.path()) {
            work(&store);
        }
    })
}
