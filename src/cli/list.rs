//! `omoide list`.

use std::os::unix::ffi::OsStrExt;

use serde_json::json;

use super::args::{ListArgs, SortByArg, StateArg};
use super::context::Context;
use super::entries::{self, age, expires_at, state};
use super::error::{Exit, Failure};
use super::render::out::Style;
use super::render::table::{Align, Cell, Table};
use super::render::{json, out, time};
use crate::model::escape;
use crate::model::judge::State;
use crate::model::size;
use crate::model::time::Stamp;
use crate::store::{ListRequest, Listed, SortBy, StateFilter};
use crate::sys::clock;

pub(super) fn run(context: &Context, args: &ListArgs) -> Result<Exit, Failure> {
    let listed = match entries::store(context, &context.config()?)? {
        Some(store) => entries::catalog(&store).list(wanted(args, clock::now()))?,
        None => Vec::new(),
    };
    // What was stored while the catalog was waited for isn't from the future.
    let now = clock::now();
    if args.json {
        let objects: Vec<_> = listed.iter().map(|entry| entries::object(entry, now)).collect();
        json::print(&json!({ "entries": objects }))?;
    } else {
        out::print(&table(&listed, now).render(out::width(), out::colors(context)))?;
    }
    Ok(Exit::OK)
}

fn wanted(args: &ListArgs, now: Stamp) -> ListRequest {
    ListRequest {
        tag: args.tag.clone(),
        program: args.program.as_ref().map(|program| program.as_bytes().to_vec()),
        state: args.state.map(|state| match state {
            StateArg::Fresh => StateFilter::Fresh,
            StateArg::Stale => StateFilter::Stale,
            StateArg::Expired => StateFilter::Expired,
        }),
        sort: match args.sort {
            SortByArg::Age => SortBy::Age,
            SortByArg::Expires => SortBy::Expires,
            SortByArg::Size => SortBy::Size,
            SortByArg::Hits => SortBy::Hits,
            SortByArg::Accessed => SortBy::Accessed,
            SortByArg::Command => SortBy::Command,
        },
        limit: args.limit,
        now,
    }
}

fn table(listed: &[Listed], now: Stamp) -> Table {
    let mut table = Table::new(&[
        ("ID", Align::Left),
        ("AGE", Align::Right),
        ("EXPIRES", Align::Right),
        ("SIZE", Align::Right),
        ("HITS", Align::Right),
        ("STATUS", Align::Left),
        ("COMMAND", Align::Left),
    ]);
    for entry in listed {
        table.push(vec![
            Cell::styled(entry.head.key.id(), Style::Id),
            age(&entry.head, now).map_or("?".to_owned(), time::brief).into(),
            expires(entry, now).into(),
            size::display(entry.head.data_len).into(),
            entry.hits.to_string().into(),
            status(entry, now),
            escape::command(&entry.detail.command).into(),
        ]);
    }
    table
}

fn expires(entry: &Listed, now: Stamp) -> String {
    let left = expires_at(entry).map(|at| u64::try_from(at.saturating_sub(now.wall)).unwrap_or(0));
    match left {
        None => "never".to_owned(),
        Some(0) => "-".to_owned(),
        Some(nanos) => format!("in {}", time::brief(std::time::Duration::from_nanos(nanos))),
    }
}

fn status(entry: &Listed, now: Stamp) -> Cell {
    if let Some(retry) = &entry.retry {
        return Cell::styled(format!("failing ({})", retry.failures), Style::Bad);
    }
    match (entry.head.code, state(entry, now)) {
        (0, State::Fresh) => Cell::styled("fresh", Style::Good),
        (0, State::Stale) => Cell::styled("stale", Style::Faded),
        (0, State::Expired(_)) => Cell::styled("expired", Style::Faded),
        (code, _) => Cell::styled(format!("exit {code}"), Style::Bad),
    }
}
