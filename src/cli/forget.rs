//! `omoide forget`.

use std::os::unix::ffi::OsStrExt;

use clap::ValueEnum;
use serde_json::json;

use super::args::{ForgetArgs, MemoArgs, NameArgs, ProgramBy};
use super::call::{find_program, plan, with_program};
use super::context::Context;
use super::entries::{self, BRIEFLY, PATIENCE};
use super::error::{Exit, Failure};
use super::render::{json, out};
use super::shim;
use crate::model::entry::Slot;
use crate::model::escape;
use crate::model::key::Key;
use crate::store::{Filter, Listed, Order, Store};
use crate::sys::clock;

pub(super) fn run(context: &Context, args: &ForgetArgs) -> Result<Exit, Failure> {
    check(args)?;
    // Also where nothing is stored yet, a bad name or id is to be told.
    let named = if args.command.is_empty() { None } else { Some(keys_of_call(context, args)?) };
    let Some(store) = entries::store(context)? else {
        return match args.ids.first() {
            Some(id) => Err(Failure::new(format!("no entry '{id}'; nothing is stored"))),
            None => told(args, 0),
        };
    };
    // What hasn't been taken into the catalog yet couldn't be counted once it is gone.
    let _ = store.with_catalog(BRIEFLY, |_| Ok(()));
    let removed = match (named, args.which.all) {
        (Some(keys), _) => forget_keys(&store, args, &keys)?,
        (None, true) => forget_all(&store, args)?,
        (None, false) if args.ids.is_empty() => forget_matching(&store, args)?,
        (None, false) => {
            let keys = keys_of_ids(&store, &args.ids)?;
            forget_keys(&store, args, &keys)?
        }
    };
    // Records follow their entries; if somebody else has the catalog, they do it.
    let _ = store.with_catalog(BRIEFLY, |_| Ok(()));
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
    let mut keys = vec![plan.key()];
    if let Some(behind) = behind {
        keys.push(with_program(plan, behind)?.key());
    }
    Ok(keys)
}

fn keys_of_ids(store: &Store, ids: &[String]) -> Result<Vec<Key>, Failure> {
    let found: Result<Vec<Key>, Failure> = store.with_catalog(PATIENCE, |shelf| {
        let mut keys = Vec::new();
        for id in ids {
            match entries::find(shelf, id)? {
                Ok(key) => keys.push(key),
                Err(failure) => return Ok(Err(failure)),
            }
        }
        Ok(Ok(keys))
    })?;
    let mut keys = found?;
    keys.sort_unstable();
    keys.dedup();
    Ok(keys)
}

fn forget_keys(store: &Store, args: &ForgetArgs, keys: &[Key]) -> Result<u64, Failure> {
    if !args.dry_run {
        return Ok(store.forget(keys)?);
    }
    let listed = store.with_catalog(PATIENCE, |shelf| {
        let slots = keys.iter().flat_map(|key| [(key, Slot::Good), (key, Slot::Failure)]);
        let mut listed = Vec::new();
        for (key, slot) in slots {
            listed.extend(shelf.entry(key, slot)?);
        }
        Ok(listed)
    })?;
    show(args, &listed)
}

fn forget_all(store: &Store, args: &ForgetArgs) -> Result<u64, Failure> {
    if !args.dry_run {
        return Ok(store.forget_all()?);
    }
    let listed: Vec<Listed> =
        store.with_catalog(PATIENCE, |shelf| shelf.list(Order::Computed).collect())?;
    show(args, &listed)
}

/// Forgets what all filters match.
fn forget_matching(store: &Store, args: &ForgetArgs) -> Result<u64, Failure> {
    let which = &args.which;
    let filter = Filter {
        tags: &which.tag,
        program: which.program.as_ref().map(|program| program.as_bytes()),
        older_than: which.older_than,
        expired: which.expired,
    };
    if args.dry_run {
        return show(args, &store.select(&filter, PATIENCE, clock::now())?);
    }
    Ok(store.forget_selected(&filter, PATIENCE, clock::now())?)
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
