//! `omoide show ID`.

use std::fmt::Write;
use std::time::Duration;

use serde_json::{Map, Value, json};

use super::args::ShowArgs;
use super::context::Context;
use super::entries::{self, age, expires_at, state, state_name};
use super::error::{Exit, Failure};
use super::render::{json, out, time};
use crate::model::entry::{Slot, Stream, Streams};
use crate::model::escape;
use crate::model::policy::{OnExpired, Policy};
use crate::model::size;
use crate::model::time::Stamp;
use crate::replay;
use crate::store::{Listed, Lookup, Store};
use crate::sys::clock;

pub(super) fn run(context: &Context, args: &ShowArgs) -> Result<Exit, Failure> {
    let missing = || Failure::new(format!("no entry '{}'; 'omoide list' shows them", args.id));
    let store = entries::store(context, &context.config()?)?.ok_or_else(missing)?;
    let named = entries::catalog(&store).find(vec![args.id.clone()])?;
    let (_, stored) = entries::identified(&args.id, named.into_iter().next().ok_or_else(missing)?)?;
    let now = clock::now();
    let (good, failures): (Vec<Listed>, Vec<Listed>) =
        stored.into_iter().partition(|listed| listed.head.slot() == Slot::Good);
    let (good, failure) = (good.first(), failures.first());
    let shown = if args.failure {
        let none = || Failure::new(format!("no failure is stored for '{}'", args.id));
        failure.ok_or_else(none)?
    } else {
        good.or(failure).ok_or_else(missing)?
    };
    if args.stdout || args.stderr {
        return replay_stream(&store, shown, if args.stdout { Stream::Out } else { Stream::Err });
    }
    // A failure beside what is shown, which is the good entry then.
    let beside = failure.filter(|failure| failure.head.slot() != shown.head.slot());
    if args.json {
        let mut object = whole_object(shown, now);
        let beside = beside.map(|failure| Value::from(whole_object(failure, now)));
        object.insert("failure".to_owned(), beside.unwrap_or(Value::Null));
        json::print(&object)?;
    } else {
        out::print(&text(shown, beside, now))?;
    }
    Ok(Exit::OK)
}

fn whole_object(listed: &Listed, now: Stamp) -> Map<String, Value> {
    let mut object = entries::object(listed, now);
    object.insert("policy".to_owned(), policy_object(&listed.head.policy));
    object.insert("streams".to_owned(), streams_name(listed.head.capture.streams).into());
    object
}

fn replay_stream(store: &Store, listed: &Listed, stream: Stream) -> Result<Exit, Failure> {
    let Lookup::Found(found) = store.find(&listed.head.key, listed.head.slot())? else {
        return Err(Failure::new("the entry is gone or damaged"));
    };
    if stream == Stream::Err && listed.head.capture.streams == Streams::Merged {
        out::complain("it was recorded through one pipe: standard error is part of --stdout");
    }
    replay::one_stream(&found.output(), stream)?;
    Ok(Exit::OK)
}

fn text(listed: &Listed, failure: Option<&Listed>, now: Stamp) -> String {
    let Listed { head, detail, .. } = listed;
    let mut text = String::new();
    let mut line = |name: &str, value: &str| {
        let _ = writeln!(text, "{name:<12}{value}");
    };
    line("id", &head.key.id());
    line("key", &head.key.hex());
    line("command", &escape::command(&detail.command));
    line("program", &escape::bytes(&detail.program));
    line("directory", &escape::bytes(&detail.cwd));
    if let Some(scope) = &detail.scope {
        line("scope", &escape::bytes(scope));
    }
    if !detail.tags.is_empty() {
        let tags: Vec<String> =
            detail.tags.iter().map(|tag| escape::bytes(tag.as_bytes())).collect();
        line("tags", &tags.join(", "));
    }
    line("state", state_name(state(listed, now)));
    line("computed", &ago(head.created.wall, age(head, now)));
    if let Some(at) = expires_at(listed) {
        line("expires", &time::rfc3339(at));
    }
    line("ran", &time::brief(head.run_time()));
    line("exit", &head.code.to_string());
    line(
        "output",
        &format!("{}, {}", size::display(head.data_len), streams_words(head.capture.streams)),
    );
    line("hits", &hits(listed, now));
    line("policy", &policy_words(&head.policy));
    if let Some(retry) = &listed.retry {
        let times = if retry.failures == 1 { "time" } else { "times in a row" };
        let why = escape::bytes(retry.why.as_bytes());
        line("refresh", &format!("failed {} {times}: {why}", retry.failures));
    }
    if let Some(failure) = failure {
        let computed = ago(failure.head.created.wall, age(&failure.head, now));
        let code = failure.head.code;
        line("failure", &format!("exit {code}, computed {computed}; --failure shows it"));
    }
    text
}

fn ago(wall: i64, age: Option<Duration>) -> String {
    let age = age.map_or("the clock was set back since".to_owned(), |age| {
        format!("{} ago", time::brief(age))
    });
    format!("{} ({age})", time::rfc3339(wall))
}

fn hits(listed: &Listed, now: Stamp) -> String {
    match listed.last_hit {
        Some(last) => format!(
            "{}, the last one {}, saved {}",
            listed.hits,
            ago(last.wall, last.age(now).known()),
            time::brief(listed.saved)
        ),
        None => listed.hits.to_string(),
    }
}

fn streams_name(streams: Streams) -> &'static str {
    match streams {
        Streams::Merged => "merged",
        Streams::Split => "split",
    }
}

fn streams_words(streams: Streams) -> &'static str {
    match streams {
        Streams::Merged => "both streams through one pipe",
        Streams::Split => "streams kept apart",
    }
}

fn policy_words(policy: &Policy) -> String {
    let mut words = Vec::new();
    let limits = [
        ("ttl", policy.ttl),
        ("idle", policy.idle),
        ("failure-ttl", policy.failure_ttl),
        ("stale", policy.stale),
        ("refresh", policy.refresh),
    ];
    for (name, limit) in limits {
        words.extend(limit.map(|limit| format!("{name} {}", humantime::format_duration(limit))));
    }
    if policy.on_expired == OnExpired::Serve {
        words.push("on-expired serve".to_owned());
    }
    if policy.stale_if_error {
        words.push("stale-if-error".to_owned());
    }
    if policy.watch {
        words.push("watch".to_owned());
    }
    if words.is_empty() { "serves until evicted or forgotten".to_owned() } else { words.join(", ") }
}

fn policy_object(policy: &Policy) -> Value {
    json!({
        "ttl_seconds": policy.ttl.map(time::seconds),
        "idle_seconds": policy.idle.map(time::seconds),
        "on_expired": match policy.on_expired {
            OnExpired::Recompute => "recompute",
            OnExpired::Serve => "serve",
        },
        "failure_ttl_seconds": policy.failure_ttl.map(time::seconds),
        "stale_if_error": policy.stale_if_error,
        "stale_seconds": policy.stale.map(time::seconds),
        "refresh_seconds": policy.refresh.map(time::seconds),
        "watch": policy.watch,
    })
}
