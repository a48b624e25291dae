//! `omoide daemon status`.

use std::fmt::Write;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::super::context::Context;
use super::super::entries;
use super::super::error::{Exit, Failure};
use super::super::render::out::Style;
use super::super::render::table::{Align, Cell, Table};
use super::super::render::{json as fields, out, time};
use super::super::status::NO;
use super::ANSWERS_WITHIN;
use super::args::StatusArgs;
use crate::ipc::{Client, Reply, Request, Row, State, Status, Unanswered};
use crate::model::escape;
use crate::model::job::Outcome;
use crate::store::{Check, Store};
use crate::sys::clock;

/// How long the daemon may take to take in what it hasn't seen yet, before it is asked.
const TAKES_IN_WITHIN: Duration = Duration::from_millis(500);

pub(super) fn run(context: &Context, args: &StatusArgs) -> Result<Exit, Failure> {
    let store = entries::store(context, &context.config()?)?;
    let asked = store.as_ref().map_or(Err(Unanswered::Nobody), ask);
    match asked {
        Ok(status) => {
            if args.json {
                fields::print(&object(&status))?;
            } else {
                out::print(&text(&status))?;
                if !status.rows.is_empty() {
                    let table = table(&status.rows).render(out::width(), out::colors(context));
                    out::print(&format!("\n{table}"))?;
                }
            }
            Ok(Exit::OK)
        }
        Err(why) => {
            let pid = store.as_ref().and_then(Store::daemon_pid);
            if args.json {
                fields::print(&absent(pid, &why))?;
            } else {
                out::print(&match pid {
                    Some(pid) if !matches!(why, Unanswered::Nobody) => {
                        format!("{why} (pid {pid})\n")
                    }
                    Some(pid) => format!("the daemon (pid {pid}) doesn't serve yet\n"),
                    None => "no daemon is running\n".to_owned(),
                })?;
            }
            Ok(Exit::Status(NO))
        }
    }
}

/// What `doctor` says of the daemon: that there is none is as it may be.
pub(in crate::cli) fn check(store: &Store) -> Check {
    let (ok, detail) = match (ask(store), store.daemon_pid()) {
        (Ok(status), _) => (true, format!("running (pid {})", status.pid)),
        (Err(Unanswered::Nobody), None) => (true, "none is running".to_owned()),
        (Err(Unanswered::Nobody), Some(pid)) => (false, format!("pid {pid} doesn't serve")),
        (Err(why @ Unanswered::Silent), Some(pid)) => {
            (false, format!("{why} (pid {pid}); 'omoide daemon stop' ends it"))
        }
        (Err(why), Some(pid)) => (false, format!("{why} (pid {pid})")),
        (Err(why), None) => (false, why.to_string()),
    };
    Check { name: "daemon", ok, detail }
}

fn ask(store: &Store) -> Result<Status, Unanswered> {
    // What was called a moment ago belongs to it; a collection under way isn't waited for.
    let briefly = Instant::now() + TAKES_IN_WITHIN;
    let ingest = Request::Catalog(Box::new(crate::store::Request::Ingest));
    let _ = Client::connect(store, briefly).and_then(|mut client| client.ask(&ingest, briefly));
    let deadline = Instant::now() + ANSWERS_WITHIN;
    match Client::connect(store, deadline)?.ask(&Request::Status, deadline)? {
        Reply::Status(status) => Ok(*status),
        _ => Err(Unanswered::Unreadable),
    }
}

fn object(status: &Status) -> Value {
    json!({
        "running": true,
        "pid": status.pid,
        "version": status.version,
        "uptime_seconds": time::seconds(status.uptime),
        "scheduled": status.scheduled,
        "watched_paths": status.watched_paths,
        "polled_paths": status.polled_paths,
        "running_jobs": status.running_jobs,
        "refreshes": status.refreshes,
        "refresh_failures": status.refresh_failures,
        "next_refresh_at": status.next_refresh_at.map(time::rfc3339),
        "stopping": status.is_stopping,
        "entries": status.rows.iter().map(row).collect::<Vec<_>>(),
    })
}

/// The same fields where nobody answers; `pid` where there is somebody all the same.
fn absent(pid: Option<u32>, why: &Unanswered) -> Value {
    json!({
        "running": false,
        "pid": pid,
        "reason": why.to_string(),
        "uptime_seconds": null,
        "scheduled": 0,
        "watched_paths": 0,
        "polled_paths": 0,
        "running_jobs": 0,
        "refreshes": 0,
        "refresh_failures": 0,
        "next_refresh_at": null,
        "stopping": false,
        "entries": [],
    })
}

fn row(row: &Row) -> Value {
    let next = if let State::Due(at) = row.state { Some(time::rfc3339(at)) } else { None };
    json!({
        "id": row.key.id(),
        "key": row.key.hex(),
        "command": row.command,
        "state": name(&row.state),
        "next_refresh_at": next,
        "last": row.last.as_ref().map(ToString::to_string),
        "failures": row.failures,
    })
}

fn name(state: &State) -> &'static str {
    match state {
        State::Due(_) => "scheduled",
        State::Watching => "watching",
        State::Running => "running",
        State::Dormant => "dormant",
        State::NeedsSecrets(_) => "needs secrets",
    }
}

fn text(status: &Status) -> String {
    let stopping = if status.is_stopping { ", about to stop" } else { "" };
    let polled = match status.polled_paths {
        0 => String::new(),
        polled => format!(" ({polled} of them by looking at them: the watches are used up)"),
    };
    let next = status.next_refresh_at.map_or("none".to_owned(), until);
    let rows = [
        ("daemon", format!("running (pid {}, version {}{stopping})", status.pid, status.version)),
        ("uptime", time::brief(status.uptime)),
        ("scheduled", status.scheduled.to_string()),
        ("next", next),
        ("running", status.running_jobs.to_string()),
        ("watched", format!("{} paths{polled}", status.watched_paths)),
        ("refreshed", status.refreshes.to_string()),
        ("failed", status.refresh_failures.to_string()),
    ];
    let mut text = String::new();
    for (name, value) in rows {
        let _ = writeln!(text, "{name:<12}{value}");
    }
    text
}

fn until(wall: i64) -> String {
    match u64::try_from(wall.saturating_sub(clock::now().wall)) {
        Ok(left) if left > 0 => {
            format!("in {}", time::brief(std::time::Duration::from_nanos(left)))
        }
        _ => "now".to_owned(),
    }
}

fn table(rows: &[Row]) -> Table {
    let mut table = Table::new(&[
        ("ID", Align::Left),
        ("NEXT", Align::Left),
        ("LAST", Align::Left),
        ("FAILURES", Align::Right),
        ("COMMAND", Align::Left),
    ]);
    for row in rows {
        let next = match &row.state {
            State::Due(at) => until(*at).into(),
            State::Dormant => Cell::styled("dormant", Style::Faded),
            State::NeedsSecrets(names) => {
                let names: Vec<String> = names.iter().map(|name| escape::bytes(name)).collect();
                Cell::styled(format!("needs {}", names.join(", ")), Style::Bad)
            }
            other => name(other).to_owned().into(),
        };
        table.push(vec![
            Cell::styled(row.key.id(), Style::Id),
            next,
            last(row.last.as_ref()),
            row.failures.to_string().into(),
            row.command.clone().into(),
        ]);
    }
    table
}

fn last(outcome: Option<&Outcome>) -> Cell {
    match outcome {
        None => "-".to_owned().into(),
        Some(Outcome::Stored(_)) => Cell::styled("stored", Style::Good),
        Some(Outcome::Unchanged) => "unchanged".to_owned().into(),
        Some(Outcome::Busy) => "busy".to_owned().into(),
        Some(Outcome::Interrupted) => "interrupted".to_owned().into(),
        Some(Outcome::Gone) => Cell::styled("gone", Style::Faded),
        Some(Outcome::NeedsSecrets(_)) => Cell::styled("needs secrets", Style::Bad),
        Some(Outcome::Failed(why)) => Cell::styled(escape::bytes(why.as_bytes()), Style::Bad),
    }
}
