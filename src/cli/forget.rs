//! `omoide forget`.

use std::os::unix::ffi::OsStrExt;

use clap::ValueEnum;
use serde_json::json;

use super::args::{ForgetArgs, MemoArgs, NameArgs, ProgramBy};
use super::call::{find_program, plan, with_program};
use super::context::Context;
use super::entries;
use super::error::{Exit, Failure};
use super::render::{json, out};
use super::shim;
use crate::model::escape;
use crate::model::key::Key;
use crate::store::{CatalogClient, Filter, Listed, Store};
use crate::sys::clock;

pub(super) fn run(context: &Context, args: &ForgetArgs) -> Result<Exit, Failure> {
    check(args)?;
    // Also where nothing is stored yet, a bad name or id is to be told.
    let named = if args.command.is_empty() { None } else { Some(keys_of_call(context, args)?) };
    let Some(store) = entries::store(context, &context.config()?)? else {
        return match args.ids.first() {
            Some(id) => Err(Failure::new(format!("no entry '{id}'; nothing is stored"))),
            None => told(args, 0),
        };
    };
    // What hasn't been taken into the catalog yet couldn't be counted once it is gone.
    let catalog = entries::catalog(&store);
    let _ = catalog.ingest();
    let removed = match (named, args.which.all) {
        (Some(keys), _) => forget_keys(&store, &catalog, args, keys)?,
        (None, true) => forget_all(&store, &catalog, args)?,
        (None, false) if args.ids.is_empty() => forget_matching(&store, &catalog, args)?,
        (None, false) => forget_keys(&store, &catalog, args, keys_of_ids(&catalog, &args.ids)?)?,
    };
    // Records follow their entries; if somebody else has the catalog, they do it.
    let _ = catalog.ingest();
    told(args, removed)
}

/// One way of naming entries at a time; filters go together.
fn check(args: &ForgetArgs) -> Result<(), Failure> {
    let which = &args.which;
    let is_call = !args.command.is_empty();
    let filters = which.older_than.is_some()
        || which.expired
        || (!is_call && (!which.tag.is_empty() || which.program.is_some()));
    let ways = [is_call, !args.ids.is_empty(), which.all, filters];
    match ways.iter().filter(|&&given| given).count() {
        0 => Err(Failure::usage(
            "nothing named: give ids, --tag, --program, --older-than, --expired, --all or -- COMMAND",
        )),
        1 => Ok(()),
        _ => Err(Failure::usage(
            "ids, --all, -- COMMAND and filters (--tag, --program, --older-than, --expired) \
             don't go together",
        )),
    }
}

fn told(args: &ForgetArgs, removed: u64) -> Result<Exit, Failure> {
    if args.json {
        json::print(&json!({ "removed": removed, "dry_run": args.dry_run }))?;
    } else {
        let verb = if args.dry_run { "would remove" } else { "removed" };
        let entries = if removed == 1 { "entry" } else { "entries" };
        out::print(&format!("{verb} {removed} {entries}\n"))?;
    }
    Ok(Exit::OK)
}

/// The key of a call, made of the same options; and that of the program behind a script that calls
/// us by its own name.
fn keys_of_call(context: &Context, args: &ForgetArgs) -> Result<Vec<Key>, Failure> {
    let program = args.which.program.as_ref().map(|name| {
        let name = name.to_string_lossy();
        ProgramBy::from_str(&name, false).map_err(|_| {
            Failure::usage(format!(
                "with a command, --program is stat, content or path, not '{}'",
                escape::bytes(name.as_bytes())
            ))
        })
    });
    let memo = MemoArgs {
        key: args.key.clone(),
        name: NameArgs { program: program.transpose()?, tag: Vec::new() },
        policy: args.policy.clone(),
        behaviour: args.behaviour.clone(),
    };
    let config = context.config()?;
    let program = find_program(context, &args.command[0], None)?;
    let behind = shim::behind(context, &args.command[0], &program);
    let plan = plan(context, &config, &memo, &args.command, program)?;
    plan.identified().map_err(Failure::new)?;
    let mut keys = vec![plan.key()];
    if let Some(behind) = behind {
        keys.push(with_program(plan, behind)?.key());
    }
    Ok(keys)
}

fn keys_of_ids(catalog: &CatalogClient<'_>, ids: &[String]) -> Result<Vec<Key>, Failure> {
    let named = catalog.find(ids.to_vec())?;
    let mut keys = Vec::new();
    for (id, named) in ids.iter().zip(named) {
        keys.push(entries::identified(id, named)?.0);
    }
    keys.sort_unstable();
    keys.dedup();
    Ok(keys)
}

fn forget_keys(
    store: &Store,
    catalog: &CatalogClient<'_>,
    args: &ForgetArgs,
    keys: Vec<Key>,
) -> Result<u64, Failure> {
    if args.dry_run {
        return show(args, &catalog.entries(keys)?);
    }
    Ok(store.forget(&keys)?)
}

fn forget_all(
    store: &Store,
    catalog: &CatalogClient<'_>,
    args: &ForgetArgs,
) -> Result<u64, Failure> {
    if args.dry_run {
        return show(args, &catalog.select(Filter::default(), clock::now())?);
    }
    Ok(store.forget_all()?)
}

/// Forgets what all filters match.
fn forget_matching(
    store: &Store,
    catalog: &CatalogClient<'_>,
    args: &ForgetArgs,
) -> Result<u64, Failure> {
    let which = &args.which;
    let filter = Filter {
        tags: which.tag.clone(),
        program: which.program.as_ref().map(|program| program.as_bytes().to_vec()),
        older_than: which.older_than,
        expired: which.expired,
    };
    if args.dry_run {
        return show(args, &store.select(&filter, catalog, clock::now())?);
    }
    Ok(store.forget_selected(&filter, catalog, clock::now())?)
}

/// Names what would be removed.
fn show(args: &ForgetArgs, listed: &[Listed]) -> Result<u64, Failure> {
    if !args.json {
        for entry in listed {
            let command = escape::command(&entry.detail.command);
            out::print(&format!("{}  {command}\n", entry.head.key.id()))?;
        }
    }
    Ok(listed.len() as u64)
}
