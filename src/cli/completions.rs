//! `omoide completions SHELL`.

use clap::CommandFactory;

use super::args::{Cli, CompletionsArgs};
use super::error::{Exit, Failure};
use super::render::out;

pub(super) fn run(args: &CompletionsArgs) -> Result<Exit, Failure> {
    out::print(&completions(args.shell))?;
    Ok(Exit::OK)
}

/// The completions for a shell, as they are checked in under `completions/`.
#[must_use]
pub(super) fn completions(shell: clap_complete::Shell) -> String {
    let mut text = Vec::new();
    clap_complete::generate(shell, &mut Cli::command(), "omoide", &mut text);
    String::from_utf8_lossy(&text).into_owned()
}
