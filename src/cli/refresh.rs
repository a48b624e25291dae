//! `omoide refresh`.

use std::collections::BTreeMap;
use std::os::unix::ffi::OsStrExt;

use super::args::{MemoArgs, NameArgs, RefreshArgs};
use super::call::{find_program, plan};
use super::context::Context;
use super::daemon::{StartedJob, start_job};
use super::entries;
use super::error::{Exit, Failure};
use super::render::out;
use super::shim;
use super::warm::unseen;
use crate::config::Config;
use crate::memo::{self, Call, Declined};
use crate::model::job::{JobOrder, Outcome};
use crate::model::key::Key;
use crate::store::{Filter, Listed, Store};
use crate::sys::{clock, inherited};

pub(super) fn run(context: &Context, args: &RefreshArgs) -> Result<Exit, Failure> {
    check(args)?;
    // The catalog starts threads, and what a command inherits may be asked for after that.
    inherited::note_what_threads_change();
    let config = context.config()?;
    if !args.command.is_empty() {
        return refresh_call(context, &config, args);
    }
    let store = entries::store(context, &config)?;
    let listed = match &store {
        Some(store) => select(store, args)?,
        None if args.ids.is_empty() => Vec::new(),
        None => {
            return Err(Failure::new(format!("no entry '{}'; nothing is stored", args.ids[0])));
        }
    };
    let Some(store) = store else { return told(0, 0) };
    refresh_listed(context, &config, &store, &listed)
}

/// One way of naming entries at a time.
fn check(args: &RefreshArgs) -> Result<(), Failure> {
    let NameArgs { tag, program } = &args.memo.name;
    let tags_only =
        MemoArgs { name: NameArgs { tag: tag.clone(), program: *program }, ..MemoArgs::default() };
    if !args.command.is_empty() {
        return if args.ids.is_empty() && !args.all {
            Ok(())
        } else {
            Err(Failure::usage("name entries or a command, not both"))
        };
    }
    if args.memo != tags_only || program.is_some() {
        return Err(Failure::usage("options of a call need a command behind '--'"));
    }
    let ways = [!args.ids.is_empty(), !tag.is_empty(), args.all];
    match ways.into_iter().filter(|&given| given).count() {
        1 => Ok(()),
        0 => Err(Failure::usage("say what to refresh: ID..., --tag T, --all or -- COMMAND")),
        _ => Err(Failure::usage("name entries in one way: ID..., --tag T or --all")),
    }
}

/// Recomputes the entry of a call, or computes it for the first time.
fn refresh_call(context: &Context, config: &Config, args: &RefreshArgs) -> Result<Exit, Failure> {
    let program = find_program(context, &args.command[0], None)
        .map_err(|missing| Failure::new(missing.to_string()))?;
    let behind = shim::behind(context, &args.command[0], &program);
    let plan = plan(context, config, &args.memo, &args.command, program)?;
    plan.identified().map_err(Failure::new)?;
    let folder = context.cache_dir(config)?;
    let call = Call { force: true, ..unseen(context, config, &plan)? };
    let key = call.key;
    match memo::warm(&call, &folder, true).map_err(super::warm::failure)? {
        None | Some(Outcome::Stored(_) | Outcome::Unchanged) => told(1, 0),
        Some(outcome) => {
            if let Some(plan) = shim::passed(context, config, plan, behind)? {
                // Its own call was served what is stored: that is what is to be computed anew.
                let call = Call { force: true, ..unseen(context, config, &plan)? };
                return computed(&call.key, memo::warm(&call, &folder, true));
            }
            computed(&key, Ok(Some(outcome)))
        }
    }
}

fn computed(key: &Key, outcome: Result<Option<Outcome>, Declined>) -> Result<Exit, Failure> {
    match outcome.map_err(super::warm::failure)? {
        None | Some(Outcome::Stored(_) | Outcome::Unchanged) => told(1, 0),
        Some(outcome) => {
            complain(key, &outcome);
            told(0, 1)
        }
    }
}

fn select(store: &Store, args: &RefreshArgs) -> Result<Vec<Listed>, Failure> {
    let catalog = entries::catalog(store);
    let mut listed = Vec::new();
    if args.ids.is_empty() {
        let filter = Filter { tags: args.memo.name.tag.clone(), ..Filter::default() };
        listed = catalog.select(filter, clock::now())?;
    } else {
        for (id, named) in args.ids.iter().zip(catalog.find(args.ids.clone())?) {
            listed.extend(entries::identified(id, named)?.1);
        }
    }
    // Of a good result and a failure beside it, either leads to the same call.
    listed.sort_by_key(|entry| (entry.head.key, entry.head.code != 0));
    listed.dedup_by_key(|entry| entry.head.key);
    Ok(listed)
}

fn refresh_listed(
    context: &Context,
    config: &Config,
    store: &Store,
    listed: &[Listed],
) -> Result<Exit, Failure> {
    let at_once = std::thread::available_parallelism().map_or(1, usize::from);
    let (mut refreshed, mut failed) = (0, 0);
    let listed = once_each(store, listed)?;
    for some in listed.chunks(at_once) {
        let mut jobs = Vec::new();
        for &entry in some {
            let started = order(context, config, store, entry).and_then(|order| {
                start_job(&order).map_err(|error| Outcome::Failed(error.to_string()))
            });
            jobs.push((&entry.head.key, started));
        }
        for (key, started) in jobs {
            match started.map(StartedJob::outcome) {
                Ok(Outcome::Stored(_) | Outcome::Unchanged) => refreshed += 1,
                Ok(outcome) | Err(outcome) => {
                    complain(key, &outcome);
                    failed += 1;
                }
            }
        }
    }
    told(refreshed, failed)
}

/// Of the entries that one call was stored under while its inputs changed, the newest: each of
/// them leads to the same call.
fn once_each<'l>(store: &Store, listed: &'l [Listed]) -> Result<Vec<&'l Listed>, Failure> {
    let mut newest: BTreeMap<[u8; 32], &Listed> = BTreeMap::new();
    let mut others = Vec::new();
    for entry in listed {
        // What was listed is without the digests of the key's parts.
        let there = store.computed(&entry.head.key, entry.head.nonce)?;
        let Some(call) = there.and_then(|there| there.detail()?.call()) else {
            others.push(entry);
            continue;
        };
        let known = newest.entry(call).or_insert(entry);
        if known.head.created.wall < entry.head.created.wall {
            *known = entry;
        }
    }
    others.extend(newest.into_values());
    Ok(others)
}

/// How an entry is to be recomputed: by its own recipe, or as if this process had called it.
fn order(
    context: &Context,
    config: &Config,
    store: &Store,
    listed: &Listed,
) -> Result<JobOrder, Outcome> {
    let failed = |why: String| Outcome::Failed(why);
    let head = &listed.head;
    let entry = store
        .computed(&head.key, head.nonce)
        .map_err(|error| failed(error.to_string()))?
        .ok_or(Outcome::Gone)?;
    let (recipe, secrets) = if let Some(recipe) = entry.recipe() {
        (None, recipe.secrets_of(&context.variables))
    } else {
        let salt = store.salt().map_err(|error| failed(error.to_string()))?;
        let most = config.limits().max_size / 2;
        // What was listed is without the digests of the key's parts.
        let detail = entry.detail().ok_or(Outcome::Gone)?;
        let recipe = memo::reconstruct(
            &detail,
            &salt,
            &context.variables,
            context.umask,
            inherited::heritage(),
            most,
            clock::now(),
        );
        let recipe = recipe.ok_or_else(|| {
            failed("what its command read isn't stored; name it: omoide refresh -- COMMAND".into())
        })?;
        (Some(recipe), Vec::new())
    };
    let folder = std::path::absolute(store.path()).map_err(|error| failed(error.to_string()))?;
    let folder = folder.as_os_str().as_bytes().to_vec();
    let (key, nonce) = (head.key, head.nonce);
    Ok(JobOrder { folder, key, nonce, recipe, secrets, force: true, is_unasked: false })
}

fn complain(key: &Key, outcome: &Outcome) {
    out::complain(&format!("{} not refreshed: {outcome}", key.id()));
}

fn told(refreshed: u64, failed: u64) -> Result<Exit, Failure> {
    let entries = if refreshed == 1 { "entry" } else { "entries" };
    out::print(&format!("refreshed {refreshed} {entries}\n"))?;
    Ok(if failed == 0 { Exit::OK } else { Exit::NO })
}
