//! Running the command without the cache: as if we weren't there, but for `/dev/null` as its
//! standard input and for `--timeout`.

use std::ffi::OsString;
use std::io;
use std::os::fd::AsFd;
use std::time::Duration;

use rustix::fs::{Mode, OFlags};

use super::args::MemoArgs;
use super::call::SHIM;
use super::context::Context;
use super::error::{Exit, Failure};
use super::render::out;
use super::status::OWN_ERROR;
use crate::memo::{self, Plan};
use crate::model::entry::Stream;
use crate::program::Program;
use crate::runner::{self, Delivery, Input, Job, SpawnError};
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
    let input = memo::input(&call)?;
    let command: Vec<OsString> = call.command.iter().map(|&word| word.to_owned()).collect();
    uncached(context, call.timeout, &command, &plan.program, Some(input))
}

/// Becomes the command, or runs it where it is to be ended in time. Without `input` it reads what
/// we would.
pub(super) fn uncached(
    context: &Context,
    timeout: Option<Duration>,
    command: &[OsString],
    program: &Program,
    input: Option<Input>,
) -> Result<Exit, Failure> {
    let words: Vec<_> = command.iter().map(OsString::as_os_str).collect();
    if timeout.is_some() {
        let input = copy(input.as_ref())?;
        let job = Job {
            program: &program.path,
            command: &words,
            input,
            streams: caller_streams(),
            delivery: Delivery::Live,
            timeout,
            umask: context.umask,
            environment: None,
        };
        match runner::run(job, &mut NoTape) {
            Ok(run) => return Ok(run.ending.into()),
            // What we lack to watch over the command it may do without. That there is no cache has
            // been said; for a time limit there is as little.
            Err(SpawnError::Failed(_)) => {}
            Err(error) => return Err(cannot_run(command, &error)),
        }
    }
    match input {
        None => {}
        Some(Input::File(file)) => fd::put_at(file.as_fd(), 0)?,
        Some(Input::Null) => read_nothing()?,
    }
    Err(replace_by(context, command, program))
}

/// Makes standard input /dev/null.
pub(super) fn read_nothing() -> io::Result<()> {
    let null = rustix::fs::open("/dev/null", OFlags::RDONLY, Mode::empty())?;
    fd::put_at(null.as_fd(), 0)
}

/// What the command is to read, while the original stays for another attempt to run it.
fn copy(input: Option<&Input>) -> io::Result<Input> {
    Ok(match input {
        None => Input::File(rustix::stdio::stdin().try_clone_to_owned()?.into()),
        Some(Input::Null) => Input::Null,
        Some(Input::File(file)) => Input::File(file.try_clone()?),
    })
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
    // A script may call us by the name it goes by: the next of us, in this process or below it,
    // passes it over. What isn't searched for on PATH can't be mixed up.
    let is_path = command[0].as_encoded_bytes().contains(&b'/');
    let note = (!is_path && program.is_script())
        .then(|| (SHIM, program.as_shim().to_text(std::process::id())));
    let note = note.as_ref().map(|(name, value)| (*name, value.as_os_str()));
    let error = replace_process(&program.path, &words, context.umask, note);
    cannot_run(command, &SpawnError::of_start(error))
}

pub(super) fn cannot_run(command: &[OsString], error: &SpawnError) -> Failure {
    let name = command.first().map(|name| name.to_string_lossy()).unwrap_or_default();
    Failure::with_status(format!("{name}: {error}"), error.exit_status())
}

/// Records nothing.
struct NoTape;

impl runner::Tape for NoTape {
    fn record(&mut self, _: Stream, _: &[u8]) -> bool {
        false
    }

    fn stalled(&mut self, _: bool) {}
}
