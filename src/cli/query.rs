//! A call that is asked about, not made: `check` and `explain`.

use std::path::PathBuf;

use serde_json::{Map, Value};

use super::args::QueryArgs;
use super::call::{find_program, plan};
use super::context::Context;
use super::error::Failure;
use super::render::time;
use crate::config::Config;
use crate::memo::{Inspection, Plan, inspect};
use crate::model::entry::Streams;
use crate::model::judge::{Reason, State};
use crate::model::time::Stamp;
use crate::store::{Found, Store};
use crate::sys::fd::{caller_discards, caller_streams};

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
        let plan = plan(context, config, &args.memo, &args.command, program)?;
        let folder: PathBuf = context.cache_dir(config)?;
        let store = Store::open(&folder)?;
        let inspection = match &store {
            Some(store) => inspect(store, &plan.call(streams()), now)?,
            None => Inspection {
                found: None,
                state: None,
                expires_at: None,
                reason: Some(Reason::Absent),
            },
        };
        Ok(Query { plan, store, inspection, now })
    }

    /// `fresh`, `expired` or `absent`.
    pub(super) fn state(&self) -> &'static str {
        match self.inspection.state {
            Some(State::Fresh) => "fresh",
            Some(State::Stale) => "stale",
            Some(State::Expired(_)) => "expired",
            None => "absent",
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
            Some(reason) => parts.push(reason.to_string()),
            None if self.state() == "expired" => parts.push("serves once more".to_owned()),
            None => {}
        }
        parts.join(", ")
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
        let expires_at = self.inspection.expires_at.map(time::rfc3339);
        object.insert("expires_at".to_owned(), expires_at.into());
        object.insert("expires_in_seconds".to_owned(), self.time_left().map(time::seconds).into());
        object
    }

    fn reason(&self) -> String {
        match self.inspection.reason {
            Some(reason) => reason.to_string(),
            None if self.state() == "expired" => "it has expired and serves once more".to_owned(),
            None if self.state() == "stale" => {
                "it is stored, serves, and is recomputed in the background".to_owned()
            }
            None => "it is stored and fresh".to_owned(),
        }
    }

    fn age(&self) -> Option<std::time::Duration> {
        let found: &Found = self.inspection.found.as_deref()?;
        found.entry.head.created.age(self.now).known()
    }

    fn time_left(&self) -> Option<std::time::Duration> {
        let left = self.inspection.expires_at?.saturating_sub(self.now.wall);
        u64::try_from(left).ok().filter(|&left| left > 0).map(std::time::Duration::from_nanos)
    }
}

/// How the call that is asked about would take its streams: as this process has them, unless
/// they are thrown away here, which says nothing.
fn streams() -> Streams {
    if caller_discards() { Streams::Merged } else { caller_streams() }
}
