//! `omoide list`.

use std::cmp::Reverse;
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;

use serde_json::json;

use super::args::{ListArgs, SortBy, StateArg};
use super::context::Context;
use super::entries::{self, BRIEFLY, age, expires_at, state};
use super::error::{Exit, Failure};
use super::render::out::Style;
use super::render::table::{Align, Cell, Table};
use super::render::{json, out, time};
use crate::model::escape;
use crate::model::judge::State;
use crate::model::size;
use crate::model::time::Stamp;
use crate::store::{Listed, Order, Shelf, Store, StoreError};
use crate::sys::clock;

pub(super) fn run(context: &Context, args: &ListArgs) -> Result<Exit, Failure> {
    let now = clock::now();
    let listed = match entries::store(context)? {
        Some(store) => select(&store, args, now)?,
        None => Vec::new(),
    };
    if args.json {
        let objects: Vec<_> = listed.iter().map(|entry| entries::object(entry, now)).collect();
        json::print(&json!({ "entries": objects }))?;
    } else {
        out::print(&table(&listed, now).render(out::width(), out::colors(context)))?;
    }
    Ok(Exit::OK)
}

fn select(store: &Store, args: &ListArgs, now: Stamp) -> Result<Vec<Listed>, Failure> {
    let mut listed = match store.with_catalog(BRIEFLY, |shelf| read(shelf, args, now)) {
        Err(error) if error.is_busy() => {
            entries::complain_busy(&error);
            let all = store.list_entries()?;
            all.into_iter().filter(|entry| is_wanted(entry, args, now)).collect()
        }
        listed => listed?,
    };
    sort(&mut listed, args.sort);
    listed.truncate(limit(args));
    Ok(listed)
}

/// Reads what is wanted, by the index that names the fewest, and not beyond the limit where the
/// index gives the order already.
fn read(shelf: &Shelf<'_>, args: &ListArgs, now: Stamp) -> Result<Vec<Listed>, StoreError> {
    let order = match (&args.tag, &args.program) {
        (Some(tag), _) => Order::Tag(tag),
        (None, Some(program)) => Order::Program(program.as_bytes()),
        (None, None) => Order::Computed,
    };
    let most = if args.sort == SortBy::Age { limit(args) } else { usize::MAX };
    shelf
        .list(order)
        .filter(|entry| entry.as_ref().map_or(true, |entry| is_wanted(entry, args, now)))
        .take(most)
        .collect()
}

fn limit(args: &ListArgs) -> usize {
    args.limit.and_then(|limit| usize::try_from(limit).ok()).unwrap_or(usize::MAX)
}

fn is_wanted(entry: &Listed, args: &ListArgs, now: Stamp) -> bool {
    let tagged = args.tag.as_ref().is_none_or(|tag| entry.detail.tags.contains(tag));
    let program = args.program.as_deref().map(OsStr::as_bytes);
    let state = match state(entry, now) {
        State::Fresh => StateArg::Fresh,
        State::Stale => StateArg::Stale,
        State::Expired(_) => StateArg::Expired,
    };
    tagged
        && program.is_none_or(|program| entry.is_of_program(program))
        && args.state.is_none_or(|wanted| wanted == state)
}

fn sort(listed: &mut [Listed], by: SortBy) {
    match by {
        SortBy::Age => listed.sort_by_key(|entry| Reverse(entry.head.created.wall)),
        SortBy::Expires => listed.sort_by_key(|entry| expires_at(entry).unwrap_or(i64::MAX)),
        SortBy::Size => listed.sort_by_key(|entry| Reverse(entry.head.data_len)),
        SortBy::Hits => listed.sort_by_key(|entry| Reverse(entry.hits)),
        SortBy::Accessed => listed.sort_by_key(|entry| Reverse(entry.facts().last_access.wall)),
        SortBy::Command => listed.sort_by(|a, b| a.detail.command.cmp(&b.detail.command)),
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
    match (entry.head.code, state(entry, now)) {
        (0, State::Fresh) => Cell::styled("fresh", Style::Good),
        (0, State::Stale) => Cell::styled("stale", Style::Faded),
        (0, State::Expired(_)) => Cell::styled("expired", Style::Faded),
        (code, _) => Cell::styled(format!("exit {code}"), Style::Bad),
    }
}
