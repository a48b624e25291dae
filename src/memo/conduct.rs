//! Runs the command, and makes of its result what the policy says.

use std::time::Duration;

use super::handover;
use super::refreshable::Refreshable;
use super::tape::Tape;
use super::{Call, Declined, Done, Miss, What};
use crate::memo::look_up::{Hit, Kind};
use crate::model::entry::{Detail, Nonce};
use crate::model::judge::Reason;
use crate::model::time::Stamp;
use crate::replay::Failed;
use crate::runner::{self, Delivery, Ending, Job, Run, SpawnError, Spoiled};
use crate::store::{
    Condition, Durability, Entry, Flight, Found, Outcome, Recording, Stop, Store, StoreError,
};
use crate::sys::clock;

/// What became of a result; or what went wrong.
pub(super) type Stored = Result<Kept, StoreError>;

/// What became of a result.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kept {
    /// It is stored.
    Stored(Nonce),
    /// It isn't, because it was forgotten or forced anew meanwhile.
    Revoked,
    /// It isn't; why, for people.
    Not(&'static str),
}

/// On what terms a result is published.
#[derive(Clone, Copy, Debug)]
pub(super) struct Terms {
    pub(super) durability: Durability,
    pub(super) condition: Condition,
    /// When somebody asked for it.
    pub(super) asked: Stamp,
}

/// The recording of a run that has ended, or why there is none.
pub(super) type Recorded<'s> = Result<Option<Recording<'s>>, Stop>;

/// Runs the command for this call and all that wait for it, and publishes the result.
pub(super) fn lead(
    store: &Store,
    call: &Call<'_>,
    miss: Miss,
    flight: Flight,
) -> Result<Done, Declined> {
    conduct(store, call, miss, Some(flight))
}

/// Runs the command for this call alone; nothing is stored.
pub(super) fn run_alone(store: &Store, call: &Call<'_>, miss: Miss) -> Result<Done, Declined> {
    conduct(store, call, miss, None)
}

fn conduct(
    store: &Store,
    call: &Call<'_>,
    miss: Miss,
    flight: Option<Flight>,
) -> Result<Done, Declined> {
    let withheld = miss.rescue.is_some();
    let job = job(call, withheld)?;
    let recording =
        (flight.is_some() || withheld).then(|| Recording::new(store, limit(call, withheld)));
    let mut tape = Tape::new(recording, flight.as_ref(), withheld);
    let run = match runner::run(&job, &mut tape) {
        Ok(run) => run,
        Err(error) => {
            if let Some(flight) = flight {
                store.abandon(flight);
            }
            return Err(match error {
                // For want of descriptors or memory of ours: the command may still have enough.
                SpawnError::Failed(error) => Declined::NoCache(error.to_string()),
                error => Declined::CannotRun(error),
            });
        }
    };
    store.append_miss(clock::now());
    let rescued =
        miss.rescue.filter(|found| tape.is_withheld() && is_failure(&run) && found.is_readable());
    let released = if rescued.is_none() && tape.is_withheld() { tape.release() } else { Ok(()) };
    let terms = Terms {
        durability: if call.force { Durability::Replacing } else { Durability::Relaxed },
        condition: Condition::None,
        asked: clock::now(),
    };
    let recording = tape.into_recording();
    let stored = released.and_then(|()| match flight {
        Some(flight) => keep(store, call, &run, recording, flight, &terms),
        None => Ok(Kept::Not("it ran for this call alone")),
    });
    if let Some(found) = rescued {
        return Ok(rescue(store, call, found, ran(miss.reason, &run, stored)));
    }
    let is_stored = matches!(stored, Ok(Kept::Stored(_)));
    if call.replaces() && !is_stored && run.ending == Ending::Exited(0) {
        return Ok(retract(store, call, ran(miss.reason, &run, stored)));
    }
    let is_unattended = is_stored && super::is_unattended(store, &call.policy);
    if is_stored && call.policy.is_independent() {
        handover::bring_secrets(store, call);
    }
    Ok(Done { is_unattended, ..ran(miss.reason, &run, stored) })
}

/// While output is withheld it is recorded however large it is, because it must be shown in the
/// end; whether it may be stored is asked then.
fn limit(call: &Call<'_>, withheld: bool) -> u64 {
    if withheld { u64::MAX } else { call.max_output }
}

fn job<'a>(call: &Call<'a>, withheld: bool) -> Result<Job<'a>, Declined> {
    Ok(Job {
        program: &call.program.path,
        command: call.command,
        input: super::input(call).map_err(|error| Declined::CannotRun(error.into()))?,
        streams: call.streams.pipes(),
        delivery: if withheld { Delivery::Withheld } else { Delivery::Live },
        timeout: call.time_left,
        umask: call.umask,
        environment: call.environment,
    })
}

/// Whether the last good result is to be served instead. Who interrupts the command wants it to
/// end, not another answer.
fn is_failure(run: &Run) -> bool {
    run.ending != Ending::Exited(0) && run.spoiled != Some(Spoiled::Interrupted)
}

/// The end of a forced call whose answer isn't stored: what is stored is older than it, and what runs
/// by now, in a flight that took the place of ours, may be. Neither is to be served from now on.
fn retract(store: &Store, call: &Call<'_>, mut done: Done) -> Done {
    match store.forget(&[call.key]) {
        Ok(_) => store.ingest_in_background(&call.limits, clock::now()),
        Err(error) => done.warn(&format!("an older result may still be stored: {error}")),
    }
    done
}

/// The end of a call whose time was over before the leader that it waited for had an answer.
pub(super) fn out_of_time(store: &Store, call: &Call<'_>, miss: Miss, waited: Duration) -> Done {
    let gave_up = Done {
        ending: Ending::TimedOut,
        what: What::GaveUp { reason: miss.reason, waited },
        warning: None,
        is_unattended: false,
    };
    match miss.rescue {
        Some(found) => rescue(store, call, found, gave_up),
        None => gave_up,
    }
}

/// The last good result in place of a failure; the failure itself if that can't be read any more.
fn rescue(store: &Store, call: &Call<'_>, found: Box<Found>, failed: Done) -> Done {
    let served = super::serve(store, call, &Hit { found, kind: Kind::Rescue });
    let Ok(Ok(mut done)) = served else {
        // Readable a moment ago, and not any more: what the command said is gone, too.
        return failed;
    };
    let failure = format!("{}, serving the last good result", describe(failed.ending));
    done.warning = Some(match done.warning.or(failed.warning) {
        Some(warning) => format!("{failure}; {warning}"),
        None => failure,
    });
    done
}

pub(super) fn describe(ending: Ending) -> String {
    match ending {
        Ending::Exited(code) => format!("the command failed with exit status {code}"),
        Ending::Signaled(signal) => format!("the command was ended by signal {signal}"),
        Ending::TimedOut => "the command ran into its timeout".to_owned(),
    }
}

fn ran(reason: Reason, run: &Run, stored: Stored) -> Done {
    let (not_stored, warning) = match stored {
        Ok(Kept::Stored(_)) => (None, None),
        Ok(Kept::Revoked) => (Some("it was forgotten or forced anew meanwhile"), None),
        Ok(Kept::Not(why)) => (Some(why), None),
        Err(error) => (Some("it couldn't be written"), Some(error.to_string())),
    };
    let warning = unread(run).or(warning);
    let what = What::Ran { reason, ran: run.ran, not_stored };
    match run.undelivered {
        Some(error) => Done::undelivered(run.ending, what, &Failed::Unwritten(error.into())),
        None => Done { ending: run.ending, what, warning, is_unattended: false },
    }
}

/// What is said where something of the output may be missing.
fn unread(run: &Run) -> Option<String> {
    let Some(Spoiled::Unread(error)) = run.spoiled else { return None };
    let error = std::io::Error::from(error);
    Some(format!("failed to read what the command wrote, and some of it may be missing: {error}"))
}

/// Publishes a recording if it may be stored; ends the flight either way.
pub(super) fn keep(
    store: &Store,
    call: &Call<'_>,
    run: &Run,
    recording: Recorded<'_>,
    flight: Flight,
    terms: &Terms,
) -> Stored {
    let (recording, code) = match storable(call, run, recording) {
        Ok(storable) => storable,
        Err(why) => {
            store.abandon(flight);
            return why;
        }
    };
    let entry = match entry(store, call, run, code, terms.asked) {
        Ok(entry) => entry,
        Err(error) => {
            store.abandon(flight);
            return Err(error);
        }
    };
    let outcome = store.publish(flight, recording, entry, terms.durability, terms.condition)?;
    store.ingest_after_run(&call.limits, clock::now());
    Ok(match outcome {
        Outcome::Stored(nonce) => Kept::Stored(nonce),
        Outcome::Revoked => Kept::Revoked,
        Outcome::HandedDown => {
            Kept::Not("the command calls omoide by its own name, and that call is stored")
        }
    })
}

/// The recording and exit status of a run that may be stored.
fn storable<'s>(
    call: &Call<'_>,
    run: &Run,
    recording: Recorded<'s>,
) -> Result<(Recording<'s>, u8), Stored> {
    let not = |why| Err(Ok(Kept::Not(why)));
    let code = match run.ending {
        Ending::Exited(code) => code,
        Ending::Signaled(_) => return not("a signal ended it"),
        Ending::TimedOut => return not("it ran into its timeout"),
    };
    if code != 0 && call.policy.failure_ttl.is_none() {
        return not("it failed, and --failure-ttl isn't given");
    }
    if let Some(spoiled) = run.spoiled {
        return not(match spoiled {
            Spoiled::Interrupted => "it was interrupted",
            Spoiled::LeftRunning => "it left a process running that may still write",
            Spoiled::ReaderGone => "the reader of its output went away",
            Spoiled::Unread(_) => "its output couldn't be read",
        });
    }
    if call.program.has_changed() {
        return not("the program was changed while it ran");
    }
    if call.inputs.is_some_and(|inputs| !inputs.still_holds()) {
        return not("an input changed while it ran");
    }
    match recording {
        Ok(Some(recording)) if recording.data_len() <= call.max_output => Ok((recording, code)),
        Ok(_) | Err(Stop::TooLarge) => not("its output is larger than --max-output"),
        Err(Stop::Failed(error)) => Err(Err(error)),
    }
}

fn entry(
    store: &Store,
    call: &Call<'_>,
    run: &Run,
    code: u8,
    asked: Stamp,
) -> Result<Entry, StoreError> {
    let salt = store.salt()?;
    let own = Refreshable::of(call, asked)?;
    Ok(Entry {
        key: call.key,
        created: clock::now(),
        ran: run.ran,
        code,
        streams: call.streams.pipes(),
        policy: call.policy.clone(),
        detail: Detail {
            command: call.identity.command.iter().map(|word| word.to_vec()).collect(),
            program: call.program.real.as_os_str().as_encoded_bytes().to_vec(),
            cwd: call.directory.to_vec(),
            scope: call.identity.scope.map(<[u8]>::to_vec),
            tags: call.tags.clone(),
            inputs: call.inputs.map(|inputs| inputs.wanted().clone()).unwrap_or_default(),
            stdin: call
                .stdin
                .filter(|_| own.stdin.is_some())
                .map(|stdin| (stdin.digest, stdin.len)),
            parts: call.identity.parts().iter().map(|part| part.digest(&salt)).collect(),
        },
        recipe: own.recipe,
        stdin: own.stdin,
    })
}
