//! The use case, top to bottom: look up, judge, replay; or join the flight, run, record, publish.
//!
//! A hit is `call` → `look_up` → `serve`. It opens no catalog, takes no lock and starts
//! nothing. Deliberately absent: parsing, printing, and how a process is run or bytes are kept.

mod adopt;
mod background;
mod conduct;
mod done;
mod handover;
mod job;
mod look_up;
mod plan;
mod recompute;
mod reconstruct;
mod refreshable;
mod tape;

use std::ffi::OsStr;
use std::io;
use std::path::Path;
use std::time::Duration;

pub use background::warm;
pub use done::{Declined, Done, What, undelivered};
pub use job::perform;
pub use look_up::{Answer, Hit, Inspection, Kind, Miss, inspect, look_up};
pub use plan::Plan;
pub use recompute::{Aim, TIMEOUT, recompute};
pub use reconstruct::reconstruct;

use crate::inputs::Fingerprint;
use crate::ipc;
use crate::model::entry::{Head, Nonce, Slot, Taking};
use crate::model::judge::Reason;
use crate::model::key::{IdentifyBy, Identity, Key};
use crate::model::policy::{Limits, Policy, PolicyChange};
use crate::model::time::Stamp;
use crate::program::Program;
use crate::replay::{self, Failed};
use crate::runner::{Ending, Input};
use crate::stdin::Stdin;
use crate::store::{Alone, FlightInfo, Joined, Lookup, Store, StoreError};
use crate::sys::{clock, procfs};

/// A call of the memoizer, everything resolved.
#[derive(Clone, Debug)]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of the command line")]
pub struct Call<'a> {
    /// What it is stored under.
    pub key: Key,
    /// What the key was made of.
    pub identity: Identity<'a>,
    /// The command line, the command as it was typed.
    pub command: &'a [&'a OsStr],
    /// The file to execute.
    pub program: &'a Program,
    /// How that is identified.
    pub identify_by: IdentifyBy,
    /// The command's environment, if it isn't this process' own.
    pub environment: Option<&'a [(&'a [u8], &'a [u8])]>,
    /// The working directory.
    pub directory: &'a [u8],
    /// How this caller takes the two streams.
    pub streams: Taking,
    /// When an entry serves it.
    pub policy: Policy,
    /// What of the policy this call names itself, so that a stored one follows it.
    pub explicit: PolicyChange,
    /// Labels, sorted, each once.
    pub tags: Vec<String>,
    /// How much the store may hold.
    pub limits: Limits,
    /// Larger outputs aren't stored, in bytes.
    pub max_output: u64,
    /// Ends the command.
    pub timeout: Option<Duration>,
    /// What is left of it when the command is started.
    pub time_left: Option<Duration>,
    /// What the command reads, if not nothing.
    pub stdin: Option<&'a Stdin>,
    /// The files that the result depends on.
    pub inputs: Option<&'a Fingerprint>,
    /// Recompute whatever is stored.
    pub force: bool,
    /// Never run the command.
    pub cached_only: bool,
    /// Store nothing.
    pub no_store: bool,
    /// Whether its program stands behind a script that has called us, which mustn't be run again.
    pub is_past_shim: bool,
    /// The caller's umask.
    pub umask: u32,
}

impl Call<'_> {
    /// Whether the answer that it gets is the oldest that may be served from then on.
    fn replaces(&self) -> bool {
        self.force && !self.no_store
    }
}

/// Answers a call from the cache folder `folder`, or by running the command.
///
/// # Errors
/// If the command hasn't run: see [`Declined`]. Whatever goes wrong once it runs is a warning of
/// [`Done`].
pub fn call(call: &Call<'_>, folder: &Path) -> Result<Done, Declined> {
    answer(call, folder).map_err(|declined| match declined {
        Declined::NoCache(why) if call.replaces() => match renounce(call, folder) {
            Ok(()) => Declined::NoCache(why),
            // Mostly the same again.
            Err(error) if error == why => {
                Declined::NoCache(format!("{why}; an older result may still be stored"))
            }
            Err(error) => {
                Declined::NoCache(format!("{why}; an older result may still be stored: {error}"))
            }
        },
        declined => declined,
    })
}

/// Removes what a forced call was to replace, where the new answer can't be kept.
///
/// # Errors
/// Why it can't be removed, for people. A cache folder that can't be opened now may serve others, or
/// later.
pub fn renounce(call: &Call<'_>, folder: &Path) -> Result<(), String> {
    match Store::open(folder) {
        Ok(Some(store)) => store.forget(&[call.key]).map(drop).map_err(|error| error.to_string()),
        Ok(None) => Ok(()),
        Err(error) => Err(error.to_string()),
    }
}

fn answer(call: &Call<'_>, folder: &Path) -> Result<Done, Declined> {
    let began = clock::since_boot();
    let opened = Store::open(folder)?;
    let miss = match &opened {
        Some(store) if !call.force => match look_up(store, call)? {
            Answer::Hit(hit) => match serve(store, call, &hit)? {
                Ok(done) => return Ok(done),
                Err(miss) => miss,
            },
            Answer::Miss(miss) => miss,
        },
        Some(store) => Miss::forced(store, call)?,
        None => Miss::absent(),
    };
    if call.cached_only {
        return Err(Declined::NotCached(miss.reason));
    }
    // A flight tells us of an ancestor that waits for us, but neither of these joins one first.
    if (call.force || call.no_store) && !call.is_past_shim && calls_itself(call) {
        return Err(Declined::Ancestor);
    }
    if call.no_store {
        // What is there may come to the rescue; where nothing is, nothing is made.
        let store = opened.ok_or(Declined::NothingToKeep)?;
        return conduct::run_alone(&store, call, miss);
    }
    let store = match opened {
        Some(store) => store.prepared()?,
        None => Store::prepare(folder)?,
    };
    if call.force {
        store.revoke_flight(&call.key)?;
    }
    compete(&store, call, miss, began)
}

/// Whether the command is a script on PATH that calls us by its own name, and has done so above.
fn calls_itself(call: &Call<'_>) -> bool {
    let is_path = call.identity.command.first().is_some_and(|name| name.contains(&b'/'));
    !is_path && call.program.is_script() && procfs::repeats_an_ancestor()
}

/// What the command of a call reads.
///
/// # Errors
/// If there is no memory, no descriptor or no process left for it.
fn input(call: &Call<'_>) -> io::Result<Input> {
    call.stdin.map_or(Ok(Input::Null), Stdin::input)
}

/// Leads the flight of this key, or takes what its leader brings. The time that it waits for the
/// leader counts as the command's: a `--timeout` covers both.
fn compete(
    store: &Store,
    call: &Call<'_>,
    mut miss: Miss,
    began: Duration,
) -> Result<Done, Declined> {
    let info = flight_info(call);
    let until = call.timeout.map(|timeout| began.saturating_add(timeout));
    loop {
        let flight = match store.join(&call.key, &info, until)? {
            Joined::Lead(flight) => Some(flight),
            Joined::Stored(nonce) => {
                if let Some(hit) = stored_just_now(store, call, nonce)? {
                    match serve(store, call, &hit)? {
                        Ok(done) => return Ok(done),
                        Err(again) => miss = again,
                    }
                }
                None
            }
            Joined::Alone(Alone::Ancestor) => return Err(Declined::Ancestor),
            // What a forced call waited for wasn't stored, and what is stored is older than the
            // force: it must be replaced all the same.
            Joined::Alone(Alone::NotStored) if call.force => None,
            // Nor must that be stored after us which the leader says once it goes on.
            Joined::Alone(Alone::HeldUp) if call.force => {
                store.revoke_flight(&call.key)?;
                None
            }
            Joined::Alone(Alone::NotStored | Alone::HeldUp) => {
                return conduct::run_alone(store, &within(call, until), miss);
            }
            Joined::Alone(Alone::OutOfTime) => {
                let waited = clock::since_boot().saturating_sub(began);
                return Ok(conduct::out_of_time(store, call, miss, waited));
            }
            Joined::LookAgain => None,
        };
        if !call.force {
            match look_up(store, call)? {
                Answer::Hit(hit) => {
                    if let Some(flight) = flight {
                        store.call_off(flight);
                    }
                    match serve(store, call, &hit)? {
                        Ok(done) => return Ok(done),
                        Err(again) => miss = again,
                    }
                    continue;
                }
                Answer::Miss(again) => miss = again,
            }
        }
        if let Some(flight) = flight {
            return conduct::lead(store, &within(call, until), miss, flight);
        }
    }
}

/// The call with the time that is left of its own.
fn within<'a>(call: &Call<'a>, until: Option<Duration>) -> Call<'a> {
    let time_left = until.map(|until| until.saturating_sub(clock::since_boot()));
    Call { time_left, ..call.clone() }
}

/// What a flight tells those who forget by program or tag.
fn flight_info(call: &Call<'_>) -> FlightInfo {
    FlightInfo {
        program: call.program.real.as_os_str().as_encoded_bytes().to_vec(),
        typed: call.identity.command.first().map_or_else(Vec::new, |word| word.to_vec()),
        tags: call.tags.clone(),
    }
}

/// The entry that the leader announced, if it is still there: it is as new as can be, so no
/// policy is asked.
fn stored_just_now(
    store: &Store,
    call: &Call<'_>,
    nonce: Nonce,
) -> Result<Option<Hit>, StoreError> {
    for slot in [Slot::Good, Slot::Failure] {
        if let Lookup::Found(found) = store.find(&call.key, slot)? {
            let head = &found.entry.head;
            let wanted = slot == Slot::Good || call.policy.failure_ttl.is_some();
            if head.nonce == nonce && head.capture.serves(call.streams) && wanted {
                return Ok(Some(match slot {
                    Slot::Good => Hit { found, kind: Kind::Joined },
                    Slot::Failure => look_up::joined_failure(store, call, found)?,
                }));
            }
        }
    }
    Ok(None)
}

/// Replays an entry to the caller and counts the hit. An entry whose output can't be read is set
/// aside; if the caller has seen nothing of it, that is a miss.
fn serve(store: &Store, call: &Call<'_>, hit: &Hit) -> Result<Result<Done, Miss>, StoreError> {
    let head = &hit.found.entry.head;
    let now = if is_reckoned_from(call, head) { clock::now() } else { clock::glance() };
    let spared = spared(hit.kind);
    let played = replay::to_caller(&hit.found.output());
    match &played {
        Err(Failed::Unread(_)) => {
            store.set_unreadable_aside(&hit.found)?;
            return Ok(Err(Miss { reason: Reason::Corrupt, rescue: None }));
        }
        // What is wrong with it is told below; if it can't be set aside, the next call tries.
        Err(Failed::Torn(_)) => drop(store.set_unreadable_aside(&hit.found)),
        Err(Failed::Unwritten(_)) | Ok(()) => {}
    }
    store.append_hit(&call.key, now);
    let amended = adopt::adopt_policy(store, call, hit);
    if hit.kind == Kind::Stale || is_neglected(store, call, hit, now) {
        background::refresh(store, call, &hit.found);
    }
    // What was withheld from a recipe that has just been stored, or is asked for since the daemon
    // was started.
    let is_independent = matches!(&amended, Ok(Some(policy)) if policy.is_independent());
    if is_independent || (head.policy.is_independent() && store.wants_secrets(&call.key)) {
        handover::bring_secrets(store, call);
    }
    let what = What::Hit { kind: hit.kind, created: head.created, saved: head.run_time() };
    let ending = Ending::Exited(head.code);
    let is_unattended = matches!(&amended, Ok(Some(policy)) if is_unattended(store, policy));
    let warnings = [spared, amended.err().map(|error| error.to_string())];
    let warnings: Vec<String> = warnings.into_iter().flatten().collect();
    let warning = (!warnings.is_empty()).then(|| warnings.join("; "));
    Ok(Ok(match played {
        Ok(()) => Done { ending, what, warning, is_unattended },
        Err(error) => Done::undelivered(ending, what, &error),
    }))
}

/// Whether somebody reckons from when the entry was last served: by `--idle`, or because the daemon
/// goes on only with what is asked for. Only then it is worth a look at which boot it is.
fn is_reckoned_from(call: &Call<'_>, head: &Head) -> bool {
    call.policy.idle.or(head.policy.idle).is_some() || head.policy.is_independent()
}

/// What is said where the last good result is served without the command having run.
fn spared(kind: Kind) -> Option<String> {
    let Kind::Spared(code) = kind else { return None };
    Some(format!(
        "the command failed with exit status {code} when it last ran, serving the last good result"
    ))
}

/// Whether an entry should have been refreshed by now, and there is no daemon to do it. Who asks
/// for it does then, as if it were stale.
fn is_neglected(store: &Store, call: &Call<'_>, hit: &Hit, now: Stamp) -> bool {
    let head = &hit.found.entry.head;
    let refresh = call.explicit.over(&head.policy).refresh;
    let is_due = |now| refresh.is_some_and(|limit| head.created.age(now).exceeds(limit));
    hit.kind == Kind::Fresh
        && head.slot() == Slot::Good
        && is_due(now)
        && is_due(clock::of_this_boot(now))
        && !store.has_daemon()
}

/// Whether an entry of this policy waits for a daemon that doesn't run, and isn't started by our
/// asking for it.
fn is_unattended(store: &Store, policy: &Policy) -> bool {
    policy.is_independent() && !store.has_daemon() && !ipc::knock(store)
}
