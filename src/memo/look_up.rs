//! Looks a call up and judges what is found.

use super::Call;
use crate::model::entry::Slot;
use crate::model::judge::{self, Reason, State, Verdict, judge};
use crate::model::time::Stamp;
use crate::store::{Found, Lookup, Store, StoreError};
use crate::sys::clock;

/// What the cache has for a call.
#[derive(Debug)]
pub enum Answer {
    /// Something that serves.
    Hit(Hit),
    /// Nothing that does.
    Miss(Miss),
}

/// An entry that serves a call.
#[derive(Debug)]
pub struct Hit {
    /// The entry.
    pub found: Box<Found>,
    /// Why it serves.
    pub kind: Kind,
}

/// Why an entry serves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// It is fresh.
    Fresh,
    /// It is older than the call would like it to be: it serves, and is recomputed in the
    /// background.
    Stale,
    /// It is expired, serves once more, and is gone.
    Last,
    /// The call waited for it while another one computed it.
    Joined,
    /// It is the last good result, in place of a failure.
    Rescue,
    /// It is the last good result, in place of a stored failure with this exit status.
    Spared(u8),
}

/// Why nothing serves a call.
#[derive(Debug)]
pub struct Miss {
    /// The reason.
    pub reason: Reason,
    /// The last good result, however old, if the call takes it in place of a failure.
    pub rescue: Option<Box<Found>>,
}

impl Miss {
    pub(super) fn absent() -> Miss {
        Miss { reason: Reason::Absent, rescue: None }
    }

    /// A call that doesn't look what is stored, except for what may come to its rescue.
    pub(super) fn forced(store: &Store, call: &Call<'_>) -> Result<Miss, StoreError> {
        let rescue = if call.policy.stale_if_error {
            take_rescue(call, store.find(&call.key, Slot::Good)?)
        } else {
            None
        };
        Ok(Miss { reason: Reason::Forced, rescue })
    }
}

/// Looks up the good result of a key, then its failure, as the caller's policy has it.
///
/// # Errors
/// If something is stored and can't be read.
pub fn look_up(store: &Store, call: &Call<'_>) -> Result<Answer, StoreError> {
    loop {
        let now = clock::glance();
        let found = store.find(&call.key, Slot::Good)?;
        let reason = match judge_found(store, call, &found, now) {
            Ok(Verdict::Miss(reason)) | Err(reason) => reason,
            Ok(Verdict::Hit) => return Ok(hit(found, Kind::Fresh)),
            Ok(Verdict::Stale) => return Ok(hit(found, Kind::Stale)),
            Ok(Verdict::ServeOnce) => {
                let Lookup::Found(found) = found else { continue };
                if store.drop_served_once(&found)? {
                    return Ok(Answer::Hit(Hit { found, kind: Kind::Last }));
                }
                // Another call was served the last time: what is there now?
                continue;
            }
        };
        return look_up_failure(
            store,
            call,
            now,
            Miss { reason, rescue: take_rescue(call, found) },
        );
    }
}

/// A failure that was stored serves those who take failures; not if there is a good result that
/// they would rather have.
fn look_up_failure(
    store: &Store,
    call: &Call<'_>,
    now: Stamp,
    miss: Miss,
) -> Result<Answer, StoreError> {
    if call.policy.failure_ttl.is_none() {
        return Ok(Answer::Miss(miss));
    }
    let found = store.find(&call.key, Slot::Failure)?;
    Ok(match (judge_found(store, call, &found, now), found) {
        (Ok(Verdict::Hit), Lookup::Found(failure)) => {
            Answer::Hit(of_failure(failure, Kind::Fresh, miss.rescue))
        }
        _ => Answer::Miss(miss),
    })
}

/// The failure that a call has waited for; or the last good result, if the call would rather have
/// that.
pub(super) fn joined_failure(
    store: &Store,
    call: &Call<'_>,
    failure: Box<Found>,
) -> Result<Hit, StoreError> {
    let good = if call.policy.stale_if_error {
        store.find(&call.key, Slot::Good)?
    } else {
        Lookup::Absent
    };
    Ok(of_failure(failure, Kind::Joined, take_rescue(call, good)))
}

fn of_failure(failure: Box<Found>, kind: Kind, rescue: Option<Box<Found>>) -> Hit {
    match rescue {
        Some(found) => Hit { found, kind: Kind::Spared(failure.entry.head.code) },
        None => Hit { found: failure, kind },
    }
}

/// Judges what was found; a reason where it is no entry.
fn judge_found(
    store: &Store,
    call: &Call<'_>,
    found: &Lookup,
    now: Stamp,
) -> Result<Verdict, Reason> {
    let found = match found {
        Lookup::Found(found) => found,
        Lookup::Absent => return Err(Reason::Absent),
        Lookup::OtherVersion => return Err(Reason::OtherVersion),
        Lookup::Corrupt => return Err(Reason::Corrupt),
    };
    // Only --idle asks when it was last served: that is a file of its own.
    let last_hit = call.policy.idle.and_then(|_| store.accesses(&call.key).last);
    let facts = found.facts(last_hit);
    Ok(match judge(&facts, &call.policy, call.streams, now) {
        // Too old, but maybe only by the boot clock of another boot.
        Verdict::Stale | Verdict::ServeOnce | Verdict::Miss(Reason::Expired(_)) => {
            judge(&facts, &call.policy, call.streams, clock::of_this_boot(now))
        }
        verdict => verdict,
    })
}

/// Whether what was found serves a call and needn't be computed anew.
pub(super) fn is_fresh(store: &Store, call: &Call<'_>, found: &Lookup) -> bool {
    matches!(judge_found(store, call, found, clock::now()), Ok(Verdict::Hit))
}

fn take_rescue(call: &Call<'_>, found: Lookup) -> Option<Box<Found>> {
    match found {
        Lookup::Found(found)
            if call.policy.stale_if_error && found.entry.head.capture.serves(call.streams) =>
        {
            Some(found)
        }
        _ => None,
    }
}

fn hit(found: Lookup, kind: Kind) -> Answer {
    match found {
        Lookup::Found(found) => Answer::Hit(Hit { found, kind }),
        Lookup::Absent | Lookup::OtherVersion | Lookup::Corrupt => Answer::Miss(Miss::absent()),
    }
}

/// What a call would find, without anything being changed by looking.
#[derive(Debug)]
pub struct Inspection {
    /// The entry that is stored: the good one, or a failure where only that serves.
    pub found: Option<Box<Found>>,
    /// Its state under the caller's policy.
    pub state: Option<State>,
    /// When it expires under the caller's policy, nanoseconds since 1970; never, if nothing
    /// limits it.
    pub expires_at: Option<i64>,
    /// Why a call would be a miss; nothing if it would be served.
    pub reason: Option<Reason>,
}

/// Looks up what a call would be served, and drops nothing.
///
/// # Errors
/// If something is stored and can't be read.
pub fn inspect(store: &Store, call: &Call<'_>, now: Stamp) -> Result<Inspection, StoreError> {
    let good = inspect_slot(store, call, Slot::Good, now)?;
    if good.reason.is_none() || call.policy.failure_ttl.is_none() {
        return Ok(good);
    }
    let failure = inspect_slot(store, call, Slot::Failure, now)?;
    Ok(if failure.reason.is_none() || good.found.is_none() { failure } else { good })
}

fn inspect_slot(
    store: &Store,
    call: &Call<'_>,
    slot: Slot,
    now: Stamp,
) -> Result<Inspection, StoreError> {
    let lookup = store.find(&call.key, slot)?;
    let reason = match judge_found(store, call, &lookup, now) {
        Ok(Verdict::Hit | Verdict::Stale | Verdict::ServeOnce) => None,
        Ok(Verdict::Miss(reason)) | Err(reason) => Some(reason),
    };
    let found = match lookup {
        Lookup::Found(found) => Some(found),
        Lookup::Absent | Lookup::OtherVersion | Lookup::Corrupt => None,
    };
    let facts = found.as_ref().map(|found| found.facts(store.accesses(&call.key).last));
    Ok(Inspection {
        state: facts.map(|facts| judge::state(&facts, &call.policy, now)),
        expires_at: facts.and_then(|facts| judge::expires_at(&facts, &call.policy)),
        found,
        reason,
    })
}
