//! `omoide COMMAND` and `omoide run COMMAND`: the main job.

use std::ffi::OsString;
use std::io::{self, IsTerminal};
use std::mem::ManuallyDrop;
use std::path::Path;

use super::args::MemoArgs;
use super::call::{find_program, look_for, no_program, plan, with_program};
use super::context::Context;
use super::error::{Exit, Failure};
use super::form;
use super::render::{out, time};
use super::status::{NOT_FOUND, OWN_ERROR};
use super::uncached::{bare, cannot_run, complain_uncached, replace_by, replace_by_name, uncached};
use crate::memo::{self, Declined, Done, Kind, Plan, What};
use crate::program::Missing;
use crate::runner::Input;
use crate::store::Store;
use crate::sys::clock;
use crate::sys::fd::{self, caller_streams};

/// Answers a call.
pub(super) fn run(
    context: &Context,
    memo: &MemoArgs,
    command: &[OsString],
    output_closed: bool,
) -> Result<Exit, Failure> {
    let Some(name) = command.first() else {
        return Err(Failure::usage("a command is missing: omoide [OPTIONS] [--] COMMAND [ARG]..."));
    };
    let program = match look_for(context, name, None) {
        Ok(program) => program,
        Err(missing @ Missing::Unseen(..)) => {
            return Err(unseen(context, memo, command, &missing, output_closed)?);
        }
        Err(missing) => return Err(hint(no_program(&missing), name)),
    };
    // A forced call has something to remove, whether or not anybody reads its answer.
    let is_forced =
        !memo.behaviour.no_store && (memo.behaviour.force || context.flag("OMOIDE_FORCE")?);
    if context.flag("OMOIDE_DISABLE")? || (output_closed && !is_forced) {
        return Err(replace_by(context, command, &program));
    }
    let config = match context.config_of(command) {
        Ok(config) => config,
        Err(failure) if failure.is_usage() => return Err(failure),
        Err(failure) => {
            // Standard input hasn't been read yet: the command gets it as it is.
            complain_uncached(memo, &failure.to_string())?;
            let input = if memo.key.stdin { Input::Own } else { Input::Null };
            return uncached(context, memo.policy.timeout, command, &program, input);
        }
    };
    // The process ends with the call: taking many rules apart again would serve nobody.
    let config = ManuallyDrop::new(config);
    let plan = plan(context, &config, memo, command, program)?;
    let folder = match context.cache_dir(&config) {
        Ok(folder) => folder,
        Err(failure) => {
            complain_uncached(memo, &failure.to_string())?;
            return bare(context, &plan);
        }
    };
    if let Err(why) = plan.identified() {
        complain_uncached(memo, &why)?;
        return bare(context, &plan);
    }
    if output_closed {
        if let Err(error) = memo::renounce(&plan.call(caller_streams()), &folder) {
            complain_uncached(memo, &format!("an older result may still be stored: {error}"))?;
        }
        return bare(context, &plan);
    }
    answer(context, memo, command, plan, &folder)
}

/// Answers a call of which everything is known.
fn answer(
    context: &Context,
    memo: &MemoArgs,
    command: &[OsString],
    plan: Plan<'_>,
    folder: &Path,
) -> Result<Exit, Failure> {
    let call = plan.call(caller_streams());
    match memo::call(&call, folder) {
        Ok(done) => Ok(finish(memo, &call, &done)),
        Err(Declined::NotCached(reason)) => {
            Err(Failure::with_status(format!("not cached: {reason}"), OWN_ERROR))
        }
        Err(Declined::NothingToKeep) => bare(context, &plan),
        Err(Declined::NoCache(why)) => {
            complain_uncached(memo, &why)?;
            bare(context, &plan)
        }
        Err(Declined::CannotRun(error)) => Err(cannot_run(command, &error)),
        Err(Declined::Ancestor) if plan.is_past_shim => bare(context, &plan),
        Err(Declined::Ancestor) => past_shim(context, memo, command, plan, folder),
    }
}

/// Becomes a command whose program we can't look for: the C library and the kernel can, or they say
/// what is wrong. Without us there is no time limit.
fn unseen(
    context: &Context,
    memo: &MemoArgs,
    command: &[OsString],
    missing: &Missing,
    output_closed: bool,
) -> Result<Failure, Failure> {
    if !context.flag("OMOIDE_DISABLE")? && !output_closed {
        let why = match memo.policy.timeout {
            Some(_) => format!("{missing}; there is no time limit either"),
            None => missing.to_string(),
        };
        complain_uncached(memo, &why)?;
        if !memo.key.stdin {
            fd::null_input()?;
        }
    }
    Ok(replace_by_name(context, command))
}

/// Adds the subcommand that may have been meant by a command that doesn't exist.
fn hint(failure: Failure, name: &OsString) -> Failure {
    let meant = name.to_str().and_then(form::nearest_verb);
    match meant.filter(|_| failure.has_status(NOT_FOUND)) {
        Some(verb) => failure.and(&format!("; did you mean 'omoide {verb}'?")),
        None => failure,
    }
}

/// The end of a call that was answered.
fn finish(memo: &MemoArgs, call: &memo::Call<'_>, done: &Done) -> Exit {
    if let Some(warning) = &done.warning {
        out::complain(warning);
    }
    if memo.behaviour.verbose {
        out::complain(&told(&call.key.id(), &done.what));
    }
    if done.is_unattended && io::stderr().is_terminal() {
        out::complain("no daemon runs to refresh it; start one: omoide daemon start");
    }
    done.ending.into()
}

/// What `--verbose` says.
fn told(id: &str, what: &What) -> String {
    match what {
        What::Hit { kind, created, saved } => {
            let kind = match kind {
                Kind::Fresh => "hit",
                Kind::Stale => "stale hit, recomputed in the background:",
                Kind::Last => "expired hit, served for the last time:",
                Kind::Joined => "hit, joined a call under way:",
                Kind::Rescue => "expired hit in place of a failure:",
                Kind::Spared(_) => "expired hit in place of a stored failure:",
            };
            let age = created.age(clock::now()).known();
            let age =
                age.map_or("of unknown age".to_owned(), |age| format!("{} old", time::brief(age)));
            format!("{kind} {id}, {age}, saved {}", time::brief(*saved))
        }
        What::Ran { reason, ran, not_stored } => {
            let stored = match not_stored {
                Some(why) => format!("not stored: {why}"),
                None => "stored".to_owned(),
            };
            format!("miss {id}, {reason}, ran {}, {stored}", time::brief(*ran))
        }
        What::GaveUp { reason, waited } => {
            let waited = time::brief(*waited);
            format!("miss {id}, {reason}, waited {waited} for another call to run it, timed out")
        }
    }
}

/// The call waits for itself: its command is a script on PATH that calls us by its own name. The
/// next one of that name is taken, and what the script's run says isn't stored as its output.
fn past_shim(
    context: &Context,
    memo: &MemoArgs,
    command: &[OsString],
    shim: Plan<'_>,
    folder: &Path,
) -> Result<Exit, Failure> {
    let passed = shim.program.as_shim();
    let program = find_program(context, &command[0], Some(passed))?;
    if program.as_shim() == passed {
        // A command that calls itself: as it would without us.
        return Err(replace_by(context, command, &program));
    }
    if let Ok(Some(store)) = Store::open(folder) {
        drop(store.hand_down_flight(&shim.key()));
    }
    let plan = Plan { is_past_shim: true, ..with_program(shim, program)? };
    answer(context, memo, command, plan, folder)
}
