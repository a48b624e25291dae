//! Runs the command, and makes of its result what the policy says.

use super::tape::Tape;
use super::{Call, Declined, Done, Miss, What};
use crate::memo::look_up::{Hit, Kind};
use crate::model::entry::Detail;
use crate::model::judge::Reason;
use crate::runner::{self, Delivery, Ending, Job, Run, SpawnError, Spoiled};
use crate::store::{Durability, Entry, Flight, Found, Outcome, Recording, Stop, Store, StoreError};
use crate::sys::clock;

/// Why a result isn't stored, for people; nothing if it is; or what went wrong.
type Stored = Result<Option<&'static str>, StoreError>;

/// The recording of a run that has ended, or why there is none.
type Recorded<'s> = Result<Option<Recording<'s>>, Stop>;

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
    let run = match runner::run(job, &mut tape) {
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
    let rescued = miss.rescue.filter(|_| tape.is_withheld() && is_failure(&run));
    let released = if rescued.is_none() && tape.is_withheld() { tape.release() } else { Ok(()) };
    let stored = released.and(keep(store, call, &run, tape.into_recording(), flight));
    Ok(match rescued {
        Some(found) => rescue(store, call, &run, found, stored),
        None => ran(miss.reason, &run, stored),
    })
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
        streams: call.streams,
        delivery: if withheld { Delivery::Withheld } else { Delivery::Live },
        timeout: call.timeout,
        umask: call.umask,
    })
}

/// Whether the last good result is to be served instead. Who interrupts the command wants it to
/// end, not another answer.
fn is_failure(run: &Run) -> bool {
    run.ending != Ending::Exited(0) && run.spoiled != Some(Spoiled::Interrupted)
}

fn rescue(store: &Store, call: &Call<'_>, run: &Run, found: Box<Found>, stored: Stored) -> Done {
    let mut done = super::serve(store, call, &Hit { found, kind: Kind::Rescue });
    let failure = format!("{}, serving the last good result", describe(run.ending));
    done.warning = Some(match (done.warning, stored) {
        (Some(warning), _) => format!("{failure}; {warning}"),
        (None, Err(error)) => format!("{failure}; {error}"),
        (None, Ok(_)) => failure,
    });
    done
}

fn describe(ending: Ending) -> String {
    match ending {
        Ending::Exited(code) => format!("the command failed with exit status {code}"),
        Ending::Signaled(signal) => format!("the command was ended by signal {signal}"),
        Ending::TimedOut => "the command ran into its timeout".to_owned(),
    }
}

fn ran(reason: Reason, run: &Run, stored: Stored) -> Done {
    let (not_stored, warning) = match stored {
        Ok(not_stored) => (not_stored, None),
        Err(error) => (Some("it couldn't be written"), Some(error.to_string())),
    };
    let what = What::Ran { reason, ran: run.ran, not_stored };
    match run.undelivered {
        Some(error) => super::undelivered(run.ending, what, &error.into()),
        None => Done { ending: run.ending, what, warning },
    }
}

/// Publishes a recording if it may be stored; ends the flight either way.
fn keep(
    store: &Store,
    call: &Call<'_>,
    run: &Run,
    recording: Recorded<'_>,
    flight: Option<Flight>,
) -> Stored {
    let Some(flight) = flight else { return Ok(Some("it ran for this call alone")) };
    let (recording, code) = match storable(call, run, recording) {
        Ok(storable) => storable,
        Err(why) => {
            store.abandon(flight);
            return why;
        }
    };
    let entry = match entry(store, call, run, code) {
        Ok(entry) => entry,
        Err(error) => {
            store.abandon(flight);
            return Err(error);
        }
    };
    let durability = if call.force { Durability::Replacing } else { Durability::Relaxed };
    let outcome = store.publish(flight, recording, entry, durability)?;
    store.ingest_in_background(&call.limits, clock::now());
    Ok(match outcome {
        Outcome::Stored(_) => None,
        Outcome::Revoked => Some("it was forgotten or forced anew meanwhile"),
        Outcome::HandedDown => {
            Some("the command calls omoide by its own name, and that call is stored")
        }
    })
}

/// The recording and exit status of a run that may be stored.
fn storable<'s>(
    call: &Call<'_>,
    run: &Run,
    recording: Recorded<'s>,
) -> Result<(Recording<'s>, u8), Stored> {
    let code = match run.ending {
        Ending::Exited(code) => code,
        Ending::Signaled(_) => return Err(Ok(Some("a signal ended it"))),
        Ending::TimedOut => return Err(Ok(Some("it ran into its timeout"))),
    };
    if code != 0 && call.policy.failure_ttl.is_none() {
        return Err(Ok(Some("it failed, and --failure-ttl isn't given")));
    }
    if let Some(spoiled) = run.spoiled {
        return Err(Ok(Some(match spoiled {
            Spoiled::Interrupted => "it was interrupted",
            Spoiled::LeftRunning => "it left a process running that may still write",
            Spoiled::ReaderGone => "the reader of its output went away",
        })));
    }
    if call.program.has_changed() {
        return Err(Ok(Some("the program was changed while it ran")));
    }
    match recording {
        Ok(Some(recording)) if recording.data_len() <= call.max_output => Ok((recording, code)),
        Ok(_) | Err(Stop::TooLarge) => Err(Ok(Some("its output is larger than --max-output"))),
        Err(Stop::Failed(error)) => Err(Err(error)),
    }
}

fn entry(store: &Store, call: &Call<'_>, run: &Run, code: u8) -> Result<Entry, StoreError> {
    let salt = store.salt()?;
    Ok(Entry {
        key: call.key,
        created: clock::now(),
        ran: run.ran,
        code,
        streams: call.streams,
        policy: call.policy.clone(),
        detail: Detail {
            command: call.identity.command.iter().map(|word| word.to_vec()).collect(),
            program: call.program.real.as_os_str().as_encoded_bytes().to_vec(),
            cwd: call.directory.to_vec(),
            scope: call.identity.scope.map(<[u8]>::to_vec),
            tags: call.tags.clone(),
            parts: call.identity.parts().iter().map(|part| part.digest(&salt)).collect(),
        },
    })
}
