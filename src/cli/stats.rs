//! `omoide stats`.

use std::fmt::Write;

use serde_json::{Map, Value, json};

use super::args::JsonArgs;
use super::context::Context;
use super::entries;
use super::error::{Exit, Failure};
use super::render::table::{Align, Table};
use super::render::{json, out, time};
use crate::model::escape;
use crate::model::size;
use crate::store::{Saver, Stats};

/// How many commands are named that save most.
const TOP: usize = 10;

pub(super) fn run(context: &Context, args: &JsonArgs) -> Result<Exit, Failure> {
    let stats = match entries::store(context, &context.config()?)? {
        Some(store) => entries::catalog(&store).stats(TOP)?,
        None => Stats::default(),
    };
    if args.json {
        json::print(&object(&stats))?;
    } else {
        out::print(&text(&stats))?;
        if !stats.top.is_empty() {
            out::print("\n")?;
            out::print(&table(&stats.top).render(out::width(), out::colors(context)))?;
        }
    }
    Ok(Exit::OK)
}

fn object(stats: &Stats) -> Value {
    json!({
        "entries": stats.entries,
        "bytes": stats.bytes,
        "hits": stats.hits,
        "misses": stats.misses,
        "stores": stats.stores,
        "evictions": stats.evictions,
        "refreshes": stats.refreshes,
        "refresh_failures": stats.refresh_failures,
        "seconds_saved": time::seconds(stats.saved),
        "top": stats.top.iter().map(saver).collect::<Vec<_>>(),
    })
}

fn saver(saver: &Saver) -> Value {
    let mut object = Map::new();
    json::insert_words(&mut object, "command", &saver.command);
    object.insert("hits".to_owned(), saver.hits.into());
    object.insert("seconds_saved".to_owned(), time::seconds(saver.saved).into());
    object.into()
}

fn text(stats: &Stats) -> String {
    let calls = stats.hits + stats.misses;
    let share = (stats.hits * 100).checked_div(calls);
    let share = share.map_or(String::new(), |percent| format!(" ({percent}%)"));
    let refreshed = match stats.refresh_failures {
        0 => stats.refreshes.to_string(),
        failures => format!("{} ({failures} failed)", stats.refreshes),
    };
    let rows = [
        ("entries", stats.entries.to_string()),
        ("size", size::display(stats.bytes)),
        ("hits", format!("{}{share}", stats.hits)),
        ("misses", stats.misses.to_string()),
        ("stored", stats.stores.to_string()),
        ("evicted", stats.evictions.to_string()),
        ("refreshed", refreshed),
        ("time saved", time::brief(stats.saved)),
    ];
    let mut text = String::new();
    for (name, value) in rows {
        let _ = writeln!(text, "{name:<12}{value}");
    }
    text
}

fn table(top: &[Saver]) -> Table {
    let mut table =
        Table::new(&[("SAVED", Align::Right), ("HITS", Align::Right), ("COMMAND", Align::Left)]);
    for saver in top {
        table.push(vec![
            time::brief(saver.saved).into(),
            saver.hits.to_string().into(),
            escape::command(&saver.command).into(),
        ]);
    }
    table
}
