//! The command line: one verb a file, arguments as clap types, rendering.

pub mod args;
mod call;
mod check;
mod completions;
mod config;
pub mod context;
pub mod daemon;
mod doctor;
mod entries;
mod error;
mod explain;
mod forget;
mod form;
mod gc;
mod inputs;
mod list;
mod man;
mod plain;
mod query;
mod refresh;
mod render;
mod run;
mod shim;
mod show;
mod stats;
mod status;
mod text;
mod uncached;
mod warm;

use std::ffi::OsString;

use clap::Parser;
use clap::error::ErrorKind;

use args::{Bare, Cli, Verb};
use context::Context;
pub use error::Exit;
use error::Failure;
use form::Form;
use render::out;

use crate::model::escape;
use crate::sys::inherited::ignore_signals_of_writes;
pub use status::OWN_ERROR;

/// Runs omoide with the arguments of this process. Where standard output or standard error was
/// closed when it was started, there is nothing to memoize.
#[must_use]
pub fn main(output_closed: bool) -> Exit {
    ignore_signals_of_writes();
    let words: Vec<OsString> = std::env::args_os().collect();
    let form = form::of(&words);
    let cli = match parse(&words, form) {
        Ok(cli) => cli,
        Err(error) => return usage(&error, form),
    };
    dispatch(cli, output_closed).unwrap_or_else(|failure| {
        out::complain(&failure.to_string());
        Exit::Status(failure.status(form))
    })
}

/// Parses the command line. The bare form is tried without clap, then without the definitions of
/// the subcommands, which would take up half the time of a hit; whatever is wrong with it the
/// whole one says.
fn parse(words: &[OsString], form: Form) -> Result<Cli, clap::Error> {
    let bare = || plain::parse(words).or_else(|| Bare::try_parse_from(words).ok());
    if form == Form::Bare
        && let Some(Bare { global, memo, command }) = bare()
    {
        return Ok(Cli { global, memo, command, verb: None });
    }
    Cli::try_parse_from(words)
}

fn dispatch(cli: Cli, output_closed: bool) -> Result<Exit, Failure> {
    let context = Context::new().with(cli.global);
    match cli.verb {
        None => run::run(&context, &cli.memo, &cli.command, output_closed),
        Some(_) if cli.memo.is_given() => Err(Failure::usage(
            "options of a memoized command go behind the subcommand: omoide run --ttl 5m -- COMMAND",
        )),
        Some(verb) => dispatch_verb(&context, verb, output_closed),
    }
}

/// Not part of [`dispatch`], so that a hit doesn't make room for what each verb needs.
#[inline(never)]
fn dispatch_verb(context: &Context, verb: Verb, output_closed: bool) -> Result<Exit, Failure> {
    match verb {
        Verb::Run(args) => run::run(context, &args.memo, &args.command, output_closed),
        Verb::Check(args) => check::run(context, &args),
        Verb::Explain(args) => explain::run(context, &args),
        Verb::Warm(args) => warm::run(context, &args),
        Verb::Refresh(args) => refresh::run(context, &args),
        Verb::Daemon(args) => daemon::run(context, &args),
        Verb::List(args) => list::run(context, &args),
        Verb::Show(args) => show::run(context, &args),
        Verb::Forget(args) => forget::run(context, &args),
        Verb::Stats(args) => stats::run(context, &args),
        Verb::Gc(args) => gc::run(context, &args),
        Verb::Doctor(args) => doctor::run(context, &args),
        Verb::Config(args) => config::run(context, &args),
        Verb::Completions(args) => completions::run(&args),
        Verb::Man(args) => man::run(&args),
    }
}

/// Help and version are what was asked for; everything else is bad usage.
fn usage(error: &clap::Error, form: Form) -> Exit {
    let text = error.render().to_string();
    let printed = if text.lines().any(|line| line.contains(escape::is_hidden)) {
        // What was typed is repeated in it: that must not steer the terminal.
        let lines: Vec<String> = text.lines().map(|line| escape::bytes(line.as_bytes())).collect();
        out::print_error(&(lines.join("\n") + "\n"))
    } else {
        error.print()
    };
    match (error.kind(), out::forgive_reader(printed)) {
        (ErrorKind::DisplayHelp | ErrorKind::DisplayVersion, Ok(())) => Exit::OK,
        (ErrorKind::DisplayHelp | ErrorKind::DisplayVersion, Err(error)) => {
            out::complain(&error.to_string());
            Exit::Status(form.failed_status())
        }
        _ => Exit::Status(form.usage_status()),
    }
}
