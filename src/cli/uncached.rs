//! Running the command without the cache: as if we weren't there, but for `/dev/null` as its
//! standard input and for `--timeout`.

use std::ffi::OsString;
use std::os::unix::ffi::OsStrExt;
use std::time::Duration;

use rustix::io::Errno;

use super::args::MemoArgs;
use super::call::SHIM;
use super::context::Context;
use super::error::{Exit, Failure};
use super::render::out;
use super::status::OWN_ERROR;
use crate::memo::{self, Plan};
use crate::program::Program;
use crate::replay::Failed;
use crate::runner::{self, Delivery, Ending, Input, Job, SpawnError};
use crate::sys::fd::{self, caller_streams};
use crate::sys::process::{replace_process, replace_process_by_name};

/// Says why there is no cache, in one line; for who wants nothing else, that is the end.
pub(super) fn complain_uncached(memo: &MemoArgs, why: &str) -> Result<(), Failure> {
    if memo.behaviour.cached_only {
        return Err(Failure::with_status(format!("not cached: {why}"), OWN_ERROR));
    }
    out::complain(&format!("running without the cache: {why}"));
    Ok(())
}

/// Runs the command as if there were no cache.
pub(super) fn bare(context: &Context, plan: &Plan<'_>) -> Result<Exit, Failure> {
    let call = plan.call(caller_streams());
    let input = plan.stdin.input().or_else(|error| {
        if plan.stdin.whole().is_none() {
            return Err(error);
        }
        // Read already: its descriptor may be the one that is missing.
        fd::close_input();
        let input = plan.stdin.input()?;
        if let Input::File(file) = &input {
            fd::become_input(file)?;
        }
        Ok(input)
    })?;
    let command: Vec<OsString> = call.command.iter().map(|&word| word.to_owned()).collect();
    uncached(context, call.timeout, &command, &plan.program, input)
}

/// Becomes the command, or runs it where it is to be ended in time.
pub(super) fn uncached(
    context: &Context,
    timeout: Option<Duration>,
    command: &[OsString],
    program: &Program,
    mut input: Input,
) -> Result<Exit, Failure> {
    let words: Vec<_> = command.iter().map(OsString::as_os_str).collect();
    if timeout.is_some() {
        let note = shim_note(command, program);
        let environment = note.as_ref().map(|(name, value)| {
            let name = name.as_bytes();
            let others = context.variables.iter().filter(|(known, _)| *known != name);
            others.copied().chain([(name, value.as_bytes())]).collect::<Vec<_>>()
        });
        let job = Job {
            program: &program.path,
            command: &words,
            input,
            streams: caller_streams().pipes(),
            delivery: Delivery::Live,
            timeout,
            umask: context.umask,
            environment: environment.as_deref(),
        };
        match runner::run_unrecorded(&job) {
            Ok((ending, undelivered)) => return Ok(told(ending, undelivered)),
            // What we lack to watch over the command it may do without. That there is no cache has
            // been said; for a time limit there is as little.
            Err(SpawnError::Failed(_)) => input = job.input,
            Err(error) => return Err(cannot_run(command, &error)),
        }
    }
    match input {
        Input::Own => {}
        Input::File(file) => {
            fd::become_input(&file)?;
            // It may have become the very one.
            std::mem::forget(file);
        }
        Input::Null => fd::null_input()?,
    }
    Err(replace_by(context, command, program))
}

/// Becomes the command, which the C library looks for; returns what went wrong.
pub(super) fn replace_by_name(context: &Context, command: &[OsString]) -> Failure {
    let words: Vec<_> = command.iter().map(OsString::as_os_str).collect();
    let error = replace_process_by_name(&words, context.umask);
    cannot_run(command, &SpawnError::of_start(error))
}

/// Becomes the command; returns what went wrong.
pub(super) fn replace_by(context: &Context, command: &[OsString], program: &Program) -> Failure {
    let words: Vec<_> = command.iter().map(OsString::as_os_str).collect();
    let note = shim_note(command, program);
    let note = note.as_ref().map(|(name, value)| (*name, value.as_os_str()));
    let error = replace_process(&program.path, &words, context.umask, note);
    cannot_run(command, &SpawnError::of_start(error))
}

/// The variable that names the script that is run: it may call us by the name it goes by, and the next
/// of us, in this process or below it, passes it over. What isn't searched for on PATH can't be mixed
/// up.
fn shim_note(command: &[OsString], program: &Program) -> Option<(&'static str, OsString)> {
    let is_path = command[0].as_encoded_bytes().contains(&b'/');
    (!is_path && program.is_script()).then(|| (SHIM, program.as_shim().to_text(std::process::id())))
}

/// The end of a command whose output went through us.
fn told(ending: Ending, undelivered: Option<Errno>) -> Exit {
    let Some(errno) = undelivered else { return ending.into() };
    out::complain(&Failed::Unwritten(errno.into()).to_string());
    memo::undelivered(ending).into()
}

pub(super) fn cannot_run(command: &[OsString], error: &SpawnError) -> Failure {
    let name = command.first().map(|name| name.to_string_lossy()).unwrap_or_default();
    Failure::with_status(format!("{name}: {error}"), error.exit_status())
}
