//! Entries as people and programs see them; shared by the verbs that show some.

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

/// How long a command waits that can't do without the catalog.
pub(super) const PATIENCE: Duration = Duration::from_secs(30);
/// How long one waits that can.
pub(super) const BRIEFLY: Duration = Duration::from_secs(5);

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
fn ask(
    store: &Store,
    request: &Request,
    patience: Duration,
    progress: Progress<'_>,
) -> Result<Answer, StoreError> {
    let started = Instant::now();
    let deadline = started + patience;
    loop {
        // A daemon has it for as long as it runs; between two of them, nobody or anybody.
        match ask_daemon(store, request, deadline, progress) {
            Ok(Reply::Catalog(answer)) => return Ok(*answer),
            Ok(Reply::Failed(why)) => return Err(StoreError::told(why)),
            Err(Unanswered::Silent) if started.elapsed() > patience.min(BRIEFLY) => {
                return Err(store.daemon_pid().map_or_else(
                    || StoreError::told(Unanswered::Silent.to_string()),
                    StoreError::silent_daemon,
                ));
            }
            Ok(_) | Err(_) => {}
        }
        let left = deadline.saturating_duration_since(Instant::now());
        match store.answer(request, left.min(TURN), progress) {
            Err(error) if error.is_busy() && left > TURN => {}
            answered => return answered,
        }
    }
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

/// The catalog, to be waited for no longer than `patience`.
pub(super) fn catalog(store: &Store, patience: Duration) -> CatalogClient<'_> {
    CatalogClient::new(move |request, progress| ask(store, request, patience, progress))
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

/// Says that the catalog couldn't be had and what is done instead.
pub(super) fn complain_busy(error: &StoreError) {
    out::complain(&format!("the catalog is busy, reading the entries themselves: {error}"));
}
