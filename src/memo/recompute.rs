//! Computes a call anew in the background: nobody sees its output, nobody waits for it.
//!
//! What is stored stays until there is something better: a failure replaces nothing, and what was
//! forgotten meanwhile doesn't come back.

use std::fs::File;
use std::os::fd::AsFd;
use std::time::Duration;

use super::conduct::{Kept, Terms, describe, keep};
use super::look_up::is_fresh;
use super::tape::Tape;
use super::{Call, flight_info};
use crate::model::backoff::Retry;
use crate::model::entry::{Nonce, Slot};
use crate::model::job::Outcome;
use crate::model::key::Key;
use crate::model::policy::Policy;
use crate::model::time::Stamp;
use crate::runner::{self, Bounds, Delivery, Destinations, Ending, Job, Run, Spoiled};
use crate::store::{
    Alone, Condition, Durability, Flight, Joined, Lookup, Recording, Store, StoreError,
};
use crate::sys::clock;

/// Ends a command in the background that has no timeout of its own.
pub const TIMEOUT: Duration = Duration::from_mins(10);

/// What a recomputation is for.
#[derive(Clone, Copy, Debug)]
pub struct Aim {
    /// The computation that it replaces: only if that is still stored the new one is. Without
    /// one the result is stored in any case.
    pub condition: Condition,
    /// Computes it even if there is a fresh result that isn't the one to be replaced.
    pub force: bool,
    /// Waits for somebody else who computes it, instead of leaving it to them.
    pub wait: bool,
    /// When somebody last asked for it.
    pub asked: Stamp,
    /// The longest it may take, unless the call itself names a shorter time.
    pub timeout: Duration,
}

/// Computes a call anew and stores the result.
///
/// # Errors
/// If the store can't be read or written.
pub fn recompute(store: &Store, call: &Call<'_>, aim: &Aim) -> Result<Outcome, StoreError> {
    let flight = match lead(store, call, aim)? {
        Ok(flight) => flight,
        Err(outcome) => return Ok(outcome),
    };
    match look_again(store, call, aim) {
        Ok(None) => {
            let outcome = run(store, call, aim, flight)?;
            remember(store, call, aim, &outcome);
            Ok(outcome)
        }
        Ok(Some(outcome)) => {
            store.call_off(flight);
            Ok(outcome)
        }
        Err(error) => {
            store.call_off(flight);
            Err(error)
        }
    }
}

/// Takes the flight, or says what became of somebody else's.
fn lead(store: &Store, call: &Call<'_>, aim: &Aim) -> Result<Result<Flight, Outcome>, StoreError> {
    let info = flight_info(call);
    if aim.force {
        store.revoke_flight(&call.key)?;
    }
    if !aim.wait {
        return Ok(store.lead_if_free(&call.key, &info)?.ok_or(Outcome::Busy));
    }
    let until = clock::since_boot().saturating_add(timeout(call, aim));
    loop {
        match store.join(&call.key, &info, Some(until))? {
            Joined::Lead(flight) => return Ok(Ok(flight)),
            Joined::Stored(nonce) => return Ok(Err(Outcome::Stored(nonce))),
            // As in a forced call: what is stored is older than the force, and must be replaced.
            Joined::Alone(Alone::NotStored) if aim.force => {}
            Joined::Alone(Alone::HeldUp) if aim.force => store.revoke_flight(&call.key)?,
            Joined::Alone(_) => return Ok(Err(Outcome::Busy)),
            Joined::LookAgain => {}
        }
    }
}

/// Whether there is nothing to be done, now that nobody else does it.
fn look_again(store: &Store, call: &Call<'_>, aim: &Aim) -> Result<Option<Outcome>, StoreError> {
    let found = store.find(&call.key, Slot::Good)?;
    let nonce = match &found {
        Lookup::Found(found) => Some(found.entry.head.nonce),
        _ => None,
    };
    if let Condition::Stored(key, replaced) = aim.condition {
        let is_there = nonce == Some(replaced) && key == call.key;
        if is_there || store.computed(&key, replaced)?.is_none() {
            return Ok((!is_there).then_some(Outcome::Gone));
        }
    }
    Ok((!aim.force && is_fresh(store, call, &found)).then_some(Outcome::Unchanged))
}

/// Counts what came of a refresh, and remembers its failures, so that the next one waits. That it
/// can't be written down makes it no worse.
fn remember(store: &Store, call: &Call<'_>, aim: &Aim, outcome: &Outcome) {
    let Condition::Stored(key, nonce) = aim.condition else { return };
    let now = clock::now();
    match outcome {
        Outcome::Stored(_) => {
            store.append_refresh(now);
            let _ = store.clear_retry(&key);
        }
        Outcome::Failed(why) => remember_failure(store, &key, nonce, &call.policy, why),
        Outcome::Unchanged
        | Outcome::Busy
        | Outcome::Interrupted
        | Outcome::Gone
        | Outcome::NeedsSecrets(_) => {}
    }
}

/// Remembers that an entry can't be computed anew for now.
pub(super) fn remember_failure(store: &Store, key: &Key, nonce: Nonce, policy: &Policy, why: &str) {
    let now = clock::now();
    store.append_refresh_failure(now);
    let before = store.retry(key, nonce);
    let interval = policy.refresh.or(policy.stale);
    let retry = Retry::after_failure(before.as_ref(), key, nonce, interval, now, why);
    let _ = store.note_failure(key, &retry);
}

fn run(store: &Store, call: &Call<'_>, aim: &Aim, flight: Flight) -> Result<Outcome, StoreError> {
    let recording = Recording::new(store, call.max_output);
    let mut tape = Tape::new(Some(recording), Some(&flight), false);
    let run = match run_unseen(call, aim, &mut tape) {
        Ok(run) => run,
        Err(why) => {
            store.abandon(flight);
            return Ok(Outcome::Failed(why));
        }
    };
    let terms = Terms {
        durability: if aim.force { Durability::Replacing } else { Durability::Relaxed },
        condition: aim.condition,
        asked: aim.asked,
    };
    let kept = keep(store, call, &run, tape.into_recording(), flight, &terms)?;
    Ok(match (run.ending, kept) {
        (Ending::Exited(0), Kept::Stored(nonce)) => Outcome::Stored(nonce),
        _ if run.spoiled == Some(Spoiled::Interrupted) => Outcome::Interrupted,
        (Ending::Exited(0), Kept::Revoked) => Outcome::Gone,
        (Ending::Exited(0), Kept::Not(why)) => Outcome::Failed(why.to_owned()),
        (ending, _) => Outcome::Failed(describe(ending)),
    })
}

fn timeout(call: &Call<'_>, aim: &Aim) -> Duration {
    call.timeout.map_or(aim.timeout, |timeout| timeout.min(aim.timeout))
}

/// Runs the command; its output goes nowhere but onto the tape.
fn run_unseen(call: &Call<'_>, aim: &Aim, tape: &mut Tape<'_, '_>) -> Result<Run, String> {
    let nowhere = File::options()
        .write(true)
        .open("/dev/null")
        .map_err(|error| format!("/dev/null: {error}"))?;
    let job = Job {
        program: &call.program.path,
        command: call.command,
        input: super::input(call).map_err(|error| error.to_string())?,
        streams: call.streams.pipes(),
        delivery: Delivery::Withheld,
        timeout: Some(timeout(call, aim)),
        umask: call.umask,
        environment: call.environment,
    };
    let nowhere = Destinations { out: nowhere.as_fd(), err: nowhere.as_fd() };
    let bounds = Bounds { ends_when_told: true, ..Bounds::default() };
    runner::run_with(&job, tape, nowhere, bounds)
        .map_err(|error| format!("the command couldn't be started: {error}"))
}
