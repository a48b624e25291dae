//! The use case, top to bottom: look up, judge, replay; or join the flight, run, record, publish.
//!
//! A hit is `call` → `look_up` → `serve`. It opens no catalog, takes no lock and starts
//! nothing. Deliberately absent: parsing, printing, and how a process is run or bytes are kept.

mod background;
mod conduct;
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
pub use job::perform;
pub use look_up::{Answer, Hit, Inspection, Kind, Miss, inspect, look_up};
pub use plan::Plan;
pub use recompute::{Aim, TIMEOUT, recompute};
pub use reconstruct::reconstruct;
use refreshable::Refreshable;

use crate::inputs::Fingerprint;
use crate::ipc;
use crate::model::entry::{Head, Nonce, Slot, Streams};
use crate::model::judge::Reason;
use crate::model::key::{IdentifyBy, Identity, Key};
use crate::model::policy::{Limits, Policy, PolicyChange};
use crate::model::time::Stamp;
use crate::program::Program;
use crate::replay::{self, Failed};
use crate::runner::{Ending, Input};
use crate::stdin::Stdin;
use crate::store::{Alone, FlightInfo, Joined, Lookup, Store, StoreError, Unusable};
use crate::sys::{clock, procfs};

/// A call of the memoizer, everything resolved.
#[derive(Clone, Debug)]
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
    pub streams: Streams,
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
    /// The caller's umask.
    pub umask: u32,
}

/// The exit status where a command succeeded whose output couldn't be written: our own error.
const UNDELIVERED: u8 = 125;

/// How a call ended.
#[derive(Debug)]
pub struct Done {
    /// The status to exit with.
    pub ending: Ending,
    /// What happened.
    pub what: What,
    /// Something went wrong beside the answer: a line for standard error.
    pub warning: Option<String>,
    /// The entry is from now on to be refreshed by a daemon, and none runs.
    pub is_unattended: bool,
}

/// What happened to a call.
#[derive(Debug)]
pub enum What {
    /// It was served.
    Hit {
        /// Why it could be.
        kind: Kind,
        /// How old the answer is; unknown where the clock went back.
        age: Option<Duration>,
        /// How long the command had run.
        saved: Duration,
    },
    /// The command ran.
    Ran {
        /// Why.
        reason: Reason,
        /// How long.
        ran: Duration,
        /// Why the result wasn't stored, if so.
        not_stored: Option<&'static str>,
    },
}

/// Why a call has no [`Done`] of the cache's making. The command hasn't run.
#[derive(Debug)]
pub enum Declined {
    /// `cached_only`, and nothing serves.
    NotCached(Reason),
    /// Nothing is stored and nothing is to be: the command is to be run as if there were no cache.
    NothingToKeep,
    /// The cache can't be used; the command is to be run as if there were none.
    NoCache(String),
    /// The call waits for itself: a process above us leads the same flight.
    Ancestor,
    /// The command couldn't be started.
    CannotRun(crate::runner::SpawnError),
}

impl From<Unusable> for Declined {
    fn from(error: Unusable) -> Self {
        Declined::NoCache(error.to_string())
    }
}

impl From<StoreError> for Declined {
    fn from(error: StoreError) -> Self {
        Declined::NoCache(error.to_string())
    }
}

/// Answers a call from the cache folder `folder`, or by running the command.
///
/// # Errors
/// If the command hasn't run: see [`Declined`]. Whatever goes wrong once it runs is a warning of
/// [`Done`].
pub fn call(call: &Call<'_>, folder: &Path) -> Result<Done, Declined> {
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
    if (call.force || call.no_store) && calls_itself(call) {
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
    compete(&store, call, miss)
}

/// Whether the command is a script on PATH that calls us by its own name, and has done so above.
fn calls_itself(call: &Call<'_>) -> bool {
    let is_path = call.identity.command.first().is_some_and(|name| name.contains(&b'/'));
    !is_path && call.program.is_script() && procfs::repeats_an_ancestor()
}

/// What the command of a call reads.
///
/// # Errors
/// If there is no memory or no descriptor left for it.
pub fn input(call: &Call<'_>) -> io::Result<Input> {
    call.stdin.map_or(Ok(Input::Null), Stdin::input)
}

/// Leads the flight of this key, or takes what its leader brings.
fn compete(store: &Store, call: &Call<'_>, mut miss: Miss) -> Result<Done, Declined> {
    let info = flight_info(call);
    loop {
        let flight = match store.join(&call.key, &info)? {
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
            Joined::Alone(Alone::NotStored | Alone::HeldUp) => {
                return conduct::run_alone(store, call, miss);
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
            return conduct::lead(store, call, miss, flight);
        }
    }
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
            if head.nonce == nonce && head.streams.serves(call.streams) && wanted {
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
    let now = clock::now();
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
    let amended = adopt_policy(store, call, hit);
    if hit.kind == Kind::Stale || is_neglected(store, call, hit, now) {
        background::refresh(store, call, &hit.found);
    }
    // What was withheld from a recipe that has just been stored, or is asked for since the daemon
    // was started.
    let is_independent = matches!(&amended, Ok(Some(policy)) if policy.is_independent());
    if is_independent || (head.policy.is_independent() && store.wants_secrets(&call.key)) {
        handover::bring_secrets(store, call);
    }
    let what =
        What::Hit { kind: hit.kind, age: head.created.age(now).known(), saved: head.run_time() };
    let ending = Ending::Exited(head.code);
    let is_unattended = matches!(&amended, Ok(Some(policy)) if is_unattended(store, policy));
    let warnings = [spared, amended.err().map(|error| error.to_string())];
    let warnings: Vec<String> = warnings.into_iter().flatten().collect();
    let warning = (!warnings.is_empty()).then(|| warnings.join("; "));
    Ok(Ok(match played {
        Ok(()) => Done { ending, what, warning, is_unattended },
        Err(error) => undelivered(ending, what, &error),
    }))
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
    hit.kind == Kind::Fresh
        && head.slot() == Slot::Good
        && refresh.is_some_and(|limit| head.created.age(now).exceeds(limit))
        && !store.has_daemon()
}

/// The end of a call whose output couldn't be written whole (a full disk, say). The command, if
/// it wrote there itself, would have failed; it must not look as if it hadn't.
fn undelivered(ending: Ending, what: What, error: &Failed) -> Done {
    let ending = match ending {
        Ending::Exited(0) => Ending::Exited(UNDELIVERED),
        ending => ending,
    };
    let warning = Some(error.to_string());
    Done { ending, what, warning, is_unattended: false }
}

/// Whether an entry of this policy waits for a daemon that doesn't run, and isn't started by our
/// asking for it.
fn is_unattended(store: &Store, policy: &Policy) -> bool {
    policy.is_independent() && !store.has_daemon() && !ipc::knock(store)
}

/// What this call says of the policy or adds as labels becomes the entry's own: its new policy,
/// if it is another one.
fn adopt_policy(store: &Store, call: &Call<'_>, hit: &Hit) -> Result<Option<Policy>, StoreError> {
    let old = &hit.found.entry;
    let policy = call.explicit.over(&old.head.policy);
    let lacks_recipe = policy.is_independent() && !old.has_recipe();
    let is_same = policy == old.head.policy && !lacks_recipe;
    if (is_same && call.tags.is_empty()) || hit.kind == Kind::Last {
        return Ok(None);
    }
    let Some(mut detail) = old.detail() else { return Ok(None) };
    let known = detail.tags.len();
    detail.tags.extend(call.tags.iter().cloned());
    detail.tags.sort_unstable();
    detail.tags.dedup();
    if is_same && detail.tags.len() == known {
        return Ok(None);
    }
    let own = if is_same {
        Refreshable { recipe: None, stdin: None }
    } else {
        let call = Call { policy: policy.clone(), ..call.clone() };
        Refreshable::of(&call, clock::now())?
    };
    if own.stdin.is_some() {
        detail.stdin = call.stdin.map(|stdin| (stdin.digest, stdin.len));
    }
    let head = Head { policy: policy.clone(), ..old.head.clone() };
    store.amend(&hit.found, head, &detail, own.recipe.as_ref(), own.stdin.as_ref())?;
    store.ingest_in_background(&call.limits, clock::now());
    Ok((!is_same).then_some(policy))
}
