//! The command line as it is typed: clap types only. Help, man pages and completions come from
//! here and nowhere else. What the words mean together is decided in `call.rs`.

#![expect(clippy::doc_markdown, reason = "these docs are the help text, which has no markup")]
#![expect(clippy::struct_excessive_bools, reason = "each is a flag of the command line")]

mod memo;
mod verbs;

use std::ffi::OsString;
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum, ValueHint};

pub use memo::{BehaviourArgs, KeyArgs, MemoArgs, NameArgs, OnExpiredArg, PolicyArgs, ProgramBy};
pub use verbs::{
    CommandArgs, CompletionsArgs, ConfigAction, ConfigArgs, DoctorArgs, ForgetArgs, ForgetWhich,
    JsonArgs, ListArgs, ManArgs, QueryArgs, RefreshArgs, ShowArgs, SortByArg, StateArg, WarmArgs,
};

use super::daemon::args::DaemonArgs;

/// Memoizes commands: puts the output of a slow one aside and answers at once the next time
///
/// Everything after COMMAND belongs to COMMAND. The output, both streams in order, and the exit
/// status are those of the command; what makes two calls the same is the command line, the
/// program, the working directory and the environment (see --env).
#[derive(Debug, Parser)]
#[command(
    name = "omoide",
    args_override_self = true,
    version,
    override_usage = "omoide [OPTIONS] [--] COMMAND [ARG]...\n       omoide SUBCOMMAND ...",
    after_help = "Example: omoide --ttl 10m -- kubectl get pods -A",
    max_term_width = 100
)]
pub struct Cli {
    #[command(flatten)]
    pub(super) global: GlobalArgs,
    #[command(flatten)]
    pub(super) memo: MemoArgs,
    /// The command to memoize, and its arguments
    #[arg(
        trailing_var_arg = true,
        value_name = "COMMAND",
        value_hint = ValueHint::CommandWithArguments,
        help_heading = None
    )]
    pub(super) command: Vec<OsString>,
    #[command(subcommand)]
    pub(super) verb: Option<Verb>,
}

/// [`Cli`] without its subcommands.
#[derive(Debug, Default, PartialEq, Eq, Parser)]
#[command(name = "omoide", args_override_self = true, disable_help_flag = true)]
pub struct Bare {
    #[command(flatten)]
    pub(super) global: GlobalArgs,
    #[command(flatten)]
    pub(super) memo: MemoArgs,
    /// The command to memoize, and its arguments
    #[arg(trailing_var_arg = true, required = true)]
    pub(super) command: Vec<OsString>,
}

/// Options that go with every form.
#[derive(Clone, Debug, Default, PartialEq, Eq, Args)]
#[command(next_help_heading = "Everywhere")]
pub struct GlobalArgs {
    /// The cache folder [env: OMOIDE_CACHE_DIR] [default: omoide in the user's cache folder]
    #[arg(long, value_name = "DIR", global = true, value_hint = ValueHint::DirPath)]
    pub(super) cache_dir: Option<PathBuf>,
    /// The configuration file [env: OMOIDE_CONFIG]
    #[arg(long, value_name = "FILE", global = true, value_hint = ValueHint::FilePath)]
    pub(super) config: Option<PathBuf>,
    /// When to use colours (NO_COLOR is honoured)
    #[arg(long, value_name = "WHEN", global = true)]
    pub(super) color: Option<ColorWhen>,
}

/// When to use colours.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum ColorWhen {
    /// On terminals
    #[default]
    Auto,
    /// Always
    Always,
    /// Never
    Never,
}

/// The subcommands.
#[derive(Debug, Subcommand)]
#[command(subcommand_help_heading = "Subcommands")]
pub enum Verb {
    /// Memoizes a command: the same as without a subcommand
    Run(CommandArgs),
    /// Tells whether a call would be served from the cache (exit status 0) or not (1)
    Check(QueryArgs),
    /// Shows every part of a call's key, its state and why it would be a hit or a miss
    Explain(QueryArgs),
    /// Computes and stores in the background; prints nothing
    Warm(WarmArgs),
    /// Recomputes entries now
    Refresh(RefreshArgs),
    /// The daemon that refreshes entries
    Daemon(DaemonArgs),
    /// Lists what is stored
    List(ListArgs),
    /// Shows one entry, or its output alone
    Show(ShowArgs),
    /// Removes entries
    Forget(ForgetArgs),
    /// Shows hits, misses, time saved and sizes
    Stats(JsonArgs),
    /// Removes what has expired, enforces the limits, frees unreferenced data
    Gc(JsonArgs),
    /// Looks for anything wrong with the cache folder
    Doctor(DoctorArgs),
    /// Shows or checks the configuration
    Config(ConfigArgs),
    /// Prints the completions for a shell
    Completions(CompletionsArgs),
    /// Prints the manual page, or writes all of them into a folder
    Man(ManArgs),
}
