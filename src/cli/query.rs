//! A call that is asked about, not made: `check` and `explain`.

use serde_json::{Map, Value};

use super::args::QueryArgs;
use super::call::{find_program, plan, with_program};
use super::context::Context;
use super::entries;
use super::error::{Exit, Failure};
use super::render::{json, out, time};
use super::shim;
use super::status::NO;
use crate::config::Config;
use crate::memo::{Inspection, Plan, inspect};
use crate::model::entry::Taking;
use crate::model::escape;
use crate::model::judge::{Reason, State};
use crate::model::time::Stamp;
use crate::store::{Found, Store};
use crate::sys::fd::{caller_discards, caller_streams};

/// The state of what isn't stored.
const ABSENT: &str = "absent";

/// What is known of a call, without making it.
#[derive(Debug)]
pub(super) struct Query<'a> {
    pub(super) plan: Plan<'a>,
    pub(super) store: Option<Store>,
    pub(super) inspection: Inspection,
    pub(super) now: Stamp,
}

impl<'a> Query<'a> {
    pub(super) fn new(
        context: &'a Context,
        config: &Config,
        args: &'a QueryArgs,
        now: Stamp,
    ) -> Result<Query<'a>, Failure> {
        let program = find_program(context, &args.command[0], None)?;
        let behind = shim::behind(context, &args.command[0], &program);
        let mut plan = plan(context, config, &args.memo, &args.command, program)?;
        plan.identified().map_err(Failure::unidentified)?;
        let store = entries::store(context, config)?;
        let mut inspection = look(store.as_ref(), &plan, now)?;
        if let (Some(behind), None) = (behind, &inspection.found) {
            plan = with_program(plan, behind)?;
            inspection = look(store.as_ref(), &plan, now)?;
        }
        Ok(Query { plan, store, inspection, now })
    }

    /// `fresh`, `expired` or `absent`. What can't serve the call however young it is, being
    /// recorded another way, is as good as not there: the call replaces it.
    pub(super) fn state(&self) -> &'static str {
        match self.inspection.state {
            _ if self.is_unfit() => ABSENT,
            Some(State::Fresh) => "fresh",
            Some(State::Stale) => "stale",
            Some(State::Expired(_)) => "expired",
            None => ABSENT,
        }
    }

    /// In words: the state, the age and the time left, or why it would be a miss.
    pub(super) fn summary(&self) -> String {
        let mut parts = vec![self.state().to_owned()];
        if let Some(age) = self.age() {
            parts.push(format!("{} old", time::brief(age)));
        }
        match self.time_left() {
            Some(left) => parts.push(format!("{} left", time::brief(left))),
            None if self.state() == "fresh" => parts.push("never expires".to_owned()),
            None => {}
        }
        match self.inspection.reason {
            Some(_) => parts.push(self.reason()),
            None if self.state() == "expired" => parts.push("serves once more".to_owned()),
            None => {}
        }
        if self.is_left_alone() {
            parts.push("its refresh is overdue: no daemon runs".to_owned());
        }
        parts.join(", ")
    }

    /// Whether nobody recomputes what is older than its `--refresh`.
    fn is_left_alone(&self) -> bool {
        let (Some(found), Some(store)) = (&self.inspection.found, &self.store) else {
            return false;
        };
        found.entry.head.is_refresh_due(self.now) && !self.is_unfit() && !store.has_daemon()
    }

    /// `state`, `reason`, `id`, `age_seconds` and more, for JSON.
    pub(super) fn fields(&self) -> Map<String, Value> {
        let key = self.plan.key();
        let mut object = Map::new();
        object.insert("state".to_owned(), self.state().into());
        object.insert("served".to_owned(), self.inspection.reason.is_none().into());
        object.insert("reason".to_owned(), self.reason().into());
        object.insert("id".to_owned(), key.id().into());
        object.insert("key".to_owned(), key.hex().into());
        object.insert("age_seconds".to_owned(), self.age().map(time::seconds).into());
        let expires_at = self.expires_at().map(time::rfc3339);
        object.insert("expires_at".to_owned(), expires_at.into());
        object.insert("expires_in_seconds".to_owned(), self.time_left().map(time::seconds).into());
        object
    }

    fn reason(&self) -> String {
        match self.inspection.reason {
            Some(Reason::StreamsMerged) => {
                "the only record has both streams in one pipe, as at a terminal; this call, its \
                 streams being as they are here, keeps them apart"
                    .to_owned()
            }
            Some(Reason::StreamsApart) => {
                "the only record has a pipe for each stream; this call, its streams being as they \
                 are here, has both in one, where their order counts"
                    .to_owned()
            }
            Some(reason) => reason.to_string(),
            None if self.state() == "expired" => "it has expired and serves once more".to_owned(),
            None if self.state() == "stale" => {
                "it is stored, serves, and is recomputed in the background".to_owned()
            }
            None => "it is stored and fresh".to_owned(),
        }
    }

    /// Whether what is stored couldn't serve this call even if it were computed just now.
    fn is_unfit(&self) -> bool {
        matches!(self.inspection.reason, Some(Reason::StreamsMerged | Reason::StreamsApart))
    }

    fn expires_at(&self) -> Option<i64> {
        self.inspection.expires_at.filter(|_| !self.is_unfit())
    }

    fn age(&self) -> Option<std::time::Duration> {
        let found: &Found = self.inspection.found.as_deref().filter(|_| !self.is_unfit())?;
        found.entry.head.created.age(self.now).known()
    }

    fn time_left(&self) -> Option<std::time::Duration> {
        let left = self.expires_at()?.saturating_sub(self.now.wall);
        u64::try_from(left).ok().filter(|&left| left > 0).map(std::time::Duration::from_nanos)
    }
}

/// What the call would find.
fn look(store: Option<&Store>, plan: &Plan<'_>, now: Stamp) -> Result<Inspection, Failure> {
    let call = plan.call(streams());
    let mut inspection = match store {
        Some(store) => inspect(store, &call, now)?,
        None => {
            Inspection { found: None, state: None, expires_at: None, reason: Some(Reason::Absent) }
        }
    };
    if call.force {
        inspection.reason = Some(Reason::Forced);
    }
    Ok(inspection)
}

/// The answer where the call would be served in no case, whatever is stored: because of `why`. What
/// `more` is to stand in the object is the verb's.
pub(super) fn never_served(
    args: &QueryArgs,
    why: &Failure,
    label: &str,
    more: &[(&str, Value)],
) -> Result<Exit, Failure> {
    let why = why.to_string();
    if args.json {
        let mut object = Map::new();
        object.insert("state".to_owned(), ABSENT.into());
        object.insert("served".to_owned(), false.into());
        object.insert("reason".to_owned(), why.into());
        for name in ["id", "key", "age_seconds", "expires_at", "expires_in_seconds"] {
            object.insert(name.to_owned(), Value::Null);
        }
        object.extend(more.iter().map(|(name, value)| ((*name).to_owned(), value.clone())));
        json::print(&object)?;
    } else {
        out::print(&format!("{label}{ABSENT}, {}\n", escape::bytes(why.as_bytes())))?;
    }
    Ok(Exit::Status(NO))
}

/// How the call that is asked about would take its streams: as this process has them, unless
/// they are thrown away here, which says nothing.
fn streams() -> Taking {
    if caller_discards() { Taking::Shown } else { caller_streams() }
}
