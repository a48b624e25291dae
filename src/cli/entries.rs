//! Entries as people and programs see them; shared by the verbs that show some.

use std::cell::RefCell;
use std::sync::Once;
use std::time::{Duration, Instant};

use serde_json::{Map, Value, json};

use super::context::Context;
use super::error::Failure;
use super::render::{json as fields, out, time};
use crate::config::Config;
use crate::ipc::{self, Client, Reply, Unanswered};
use crate::model::entry::{Detail, Head};
use crate::model::judge::{self, State};
use crate::model::key::Key;
use crate::model::time::Stamp;
use crate::store::{
    Answer, CatalogClient, Listed, Match, Named, Progress, Request, Store, StoreError,
};

/// How long to wait for the catalog where nothing else knows the answer.
const PATIENCE: Duration = Duration::from_secs(30);
/// How long to wait where the entries themselves give it, or nobody needs one.
const BRIEFLY: Duration = Duration::from_secs(5);

/// How long the lock is tried for before the daemon is asked again.
const TURN: Duration = Duration::from_millis(250);
/// A daemon that says nothing in this time does something else, or is stopped.
const GREETED_WITHIN: Duration = Duration::from_millis(250);

/// Opens the cache folder, if there is one; verbs that don't run a command come by here.
pub(super) fn store(context: &Context, config: &Config) -> Result<Option<Store>, Failure> {
    Ok(Store::open_known(&context.cache_dir(config)?)?)
}

/// Has a request answered by whoever has the catalog open: all that verbs want of the catalog
/// goes through here.
fn ask(store: &Store, request: &Request, progress: Progress<'_>) -> Result<Answer, StoreError> {
    let started = Instant::now();
    let patience = patience(request);
    let deadline = started + patience;
    loop {
        // A daemon has it for as long as it runs; between two of them, nobody or anybody.
        let unanswered = match ask_daemon(store, request, deadline, progress) {
            Ok(Reply::Catalog(answer)) => return Ok(*answer),
            Ok(Reply::Failed(why)) => return Err(StoreError::told(why)),
            Ok(_) => None,
            Err(why) => Some(why),
        };
        let is_silent = matches!(unanswered, Some(Unanswered::Silent));
        if is_silent && started.elapsed() > BRIEFLY {
            return Err(silent(store));
        }
        let left = deadline.saturating_duration_since(Instant::now());
        match store.answer(request, left.min(TURN), progress) {
            Err(error) if error.is_busy() && left > TURN => {}
            Err(error) if error.is_busy() && is_silent => return Err(silent(store)),
            answered => return answered,
        }
    }
}

/// What is said of a daemon that doesn't answer.
fn silent(store: &Store) -> StoreError {
    let why = || StoreError::told(Unanswered::Silent.to_string());
    store.daemon_pid().map_or_else(why, StoreError::silent_daemon)
}

fn ask_daemon(
    store: &Store,
    request: &Request,
    deadline: Instant,
    progress: Progress<'_>,
) -> Result<Reply, Unanswered> {
    let mut daemon = Client::connect(store, deadline.min(Instant::now() + GREETED_WITHIN))?;
    let request = ipc::Request::Catalog(Box::new(request.clone()));
    // What the daemon has begun it also ends, whatever is thought of it here.
    daemon.ask_for_long(&request, deadline, &mut |stage| drop(progress(stage)))
}

/// The catalog. Where it can't be had, the entries themselves answer what they can, and one line
/// on standard error says so; what is asked for after that isn't waited for once more.
pub(super) fn catalog(store: &Store) -> CatalogClient<'_> {
    let lost: RefCell<Option<StoreError>> = RefCell::new(None);
    CatalogClient::new(move |request, progress| {
        let before = lost.borrow().clone();
        let error = match before.map_or_else(|| ask(store, request, progress), Err) {
            Err(error) if !error.is_newer() && !error.is_interrupted() => error,
            answered => return answered,
        };
        let Some(answer) = store.answer_from_entries(request)? else {
            lost.replace(Some(error.clone()).filter(StoreError::is_unavailable));
            return Err(error);
        };
        complain(&error);
        lost.replace(Some(error));
        Ok(answer)
    })
}

/// How long to wait for the answer to a request.
fn patience(request: &Request) -> Duration {
    match request {
        Request::Stats { .. } | Request::Gc { .. } | Request::Records | Request::Repair { .. } => {
            PATIENCE
        }
        _ => BRIEFLY,
    }
}

/// The entry's state under the policy it was stored with.
pub(super) fn state(listed: &Listed, now: Stamp) -> State {
    judge::state(&listed.facts(), &listed.head.policy, now)
}

/// When it expires under that policy, nanoseconds since 1970.
pub(super) fn expires_at(listed: &Listed) -> Option<i64> {
    judge::expires_at(&listed.facts(), &listed.head.policy)
}

/// How long ago it was computed; nothing where the clock went back.
pub(super) fn age(head: &Head, now: Stamp) -> Option<Duration> {
    head.created.age(now).known()
}

/// An entry in JSON.
pub(super) fn object(listed: &Listed, now: Stamp) -> Map<String, Value> {
    let Listed { head, detail, .. } = listed;
    let mut object = Map::new();
    let mut insert = |name: &str, value: Value| drop(object.insert(name.to_owned(), value));
    insert("id", head.key.id().into());
    insert("key", head.key.hex().into());
    describe(detail, &mut object);
    let mut insert = |name: &str, value: Value| drop(object.insert(name.to_owned(), value));
    insert("tags", detail.tags.clone().into());
    insert("state", state_name(state(listed, now)).into());
    insert("created_at", time::rfc3339(head.created.wall).into());
    insert("age_seconds", age(head, now).map(time::seconds).into());
    insert("expires_at", expires_at(listed).map(time::rfc3339).into());
    let refresh_at = head.policy.refresh.map(|refresh| head.created.wall_after(refresh));
    insert("refresh_at", refresh_at.map(time::rfc3339).into());
    insert("last_access_at", time::rfc3339(listed.facts().last_access.wall).into());
    insert("hits", listed.hits.into());
    insert("size_bytes", head.data_len.into());
    insert("duration_seconds", time::seconds(head.run_time()).into());
    insert("exit", json!({ "code": head.code }));
    let failing = listed.retry.as_ref();
    insert("refresh_failures", failing.map_or(0, |retry| retry.failures).into());
    insert("refresh_error", failing.map(|retry| retry.why.clone()).into());
    object
}

fn describe(detail: &Detail, object: &mut Map<String, Value>) {
    fields::insert_words(object, "command", &detail.command);
    fields::insert_bytes(object, "cwd", &detail.cwd);
    match &detail.scope {
        Some(scope) => fields::insert_bytes(object, "scope", scope),
        None => drop(object.insert("scope".to_owned(), Value::Null)),
    }
}

/// The name of a state.
pub(super) fn state_name(state: State) -> &'static str {
    match state {
        State::Fresh => "fresh",
        State::Stale => "stale",
        State::Expired(_) => "expired",
    }
}

/// The key that the beginning of an id or key names, and what is stored under it.
pub(super) fn identified(id: &str, named: Named) -> Result<(Key, Vec<Listed>), Failure> {
    match named.found {
        Match::One(key) => Ok((key, named.entries)),
        Match::None => Err(Failure::new(format!("no entry '{id}'; 'omoide list' shows them"))),
        Match::Ambiguous(keys) => {
            let ids: Vec<String> = keys.iter().map(Key::id).collect();
            Err(Failure::new(format!("'{id}' is ambiguous: {}", ids.join(", "))))
        }
    }
}

/// Says, once, that the catalog couldn't be had and what is done instead.
fn complain(error: &StoreError) {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| out::complain(&format!("reading the entries themselves: {error}")));
}
