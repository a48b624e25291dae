//! The options of each subcommand.

use std::ffi::OsString;
use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Subcommand, ValueEnum, ValueHint};

use super::{BehaviourArgs, KeyArgs, MemoArgs, PolicyArgs};
use crate::cli::text::text;
use crate::model::duration;

/// A command to memoize.
#[derive(Debug, Args)]
pub struct CommandArgs {
    #[command(flatten)]
    pub(in crate::cli) memo: MemoArgs,
    /// The command to memoize, and its arguments
    #[arg(
        trailing_var_arg = true,
        required = true,
        value_name = "COMMAND",
        value_hint = ValueHint::CommandWithArguments,
        help_heading = None
    )]
    pub(in crate::cli) command: Vec<OsString>,
}

/// A command to compute in the background.
#[derive(Debug, Args)]
pub struct WarmArgs {
    /// Returns when the result is stored; exit status 1 if it couldn't be
    #[arg(long, help_heading = None)]
    pub(in crate::cli) wait: bool,
    #[command(flatten)]
    pub(in crate::cli) memo: MemoArgs,
    /// The command as it will be called, and its arguments
    #[arg(
        trailing_var_arg = true,
        required = true,
        value_name = "COMMAND",
        value_hint = ValueHint::CommandWithArguments,
        help_heading = None
    )]
    pub(in crate::cli) command: Vec<OsString>,
}

/// Options of `refresh`.
#[derive(Debug, Args)]
#[command(
    override_usage = "omoide refresh ID...\n       omoide refresh --tag T | --all\n       omoide refresh [OPTIONS] -- COMMAND [ARG]..."
)]
pub struct RefreshArgs {
    /// Entries: any unique beginning of their ids or keys
    #[arg(value_name = "ID", value_parser = text())]
    pub(in crate::cli) ids: Vec<String>,
    /// All of them
    #[arg(long, help_heading = None)]
    pub(in crate::cli) all: bool,
    /// With a command: see there; without: the entries with this label
    #[command(flatten)]
    pub(in crate::cli) memo: MemoArgs,
    /// The command as it was called, and its arguments
    #[arg(last = true, value_name = "COMMAND", help_heading = None)]
    pub(in crate::cli) command: Vec<OsString>,
}

/// A command to look up.
#[derive(Debug, Args)]
pub struct QueryArgs {
    #[command(flatten)]
    pub(in crate::cli) memo: MemoArgs,
    /// Prints one JSON object
    #[arg(long, help_heading = None)]
    pub(in crate::cli) json: bool,
    /// The command as it would be called, and its arguments
    #[arg(
        trailing_var_arg = true,
        required = true,
        value_name = "COMMAND",
        value_hint = ValueHint::CommandWithArguments,
        help_heading = None
    )]
    pub(in crate::cli) command: Vec<OsString>,
}

/// Options of `list`.
#[derive(Debug, Args)]
pub struct ListArgs {
    /// Only entries with this label
    #[arg(long, value_name = "NAME", value_parser = text())]
    pub(in crate::cli) tag: Option<String>,
    /// Only entries of this program (a path or a file name)
    #[arg(long, value_name = "PROGRAM")]
    pub(in crate::cli) program: Option<OsString>,
    /// Only entries in this state
    #[arg(long, value_name = "STATE")]
    pub(in crate::cli) state: Option<StateArg>,
    /// What to sort by; the newest, largest or most first
    #[arg(long, value_name = "FIELD", default_value = "age")]
    pub(in crate::cli) sort: SortByArg,
    /// At most so many
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    pub(in crate::cli) limit: Option<u64>,
    /// Prints one JSON object
    #[arg(long)]
    pub(in crate::cli) json: bool,
}

/// The state of an entry under the policy it was stored with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum StateArg {
    /// It serves
    Fresh,
    /// It serves, and the next call has it recomputed in the background
    Stale,
    /// Its time is over
    Expired,
}

/// What a listing is sorted by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum SortByArg {
    /// When it was computed, newest first
    Age,
    /// When it expires, soonest first
    Expires,
    /// Size of the output, largest first
    Size,
    /// Hits, most first
    Hits,
    /// When it was last served, latest first
    Accessed,
    /// The command, by the alphabet
    Command,
}

/// Options of `show`.
#[derive(Debug, Args)]
pub struct ShowArgs {
    /// The entry: any unique beginning of its id or key
    #[arg(value_name = "ID", value_parser = text())]
    pub(in crate::cli) id: String,
    /// Shows the failure that is stored beside the good result
    #[arg(long)]
    pub(in crate::cli) failure: bool,
    /// Prints its standard output alone
    #[arg(long, conflicts_with = "stderr")]
    pub(in crate::cli) stdout: bool,
    /// Prints its standard error alone
    #[arg(long)]
    pub(in crate::cli) stderr: bool,
    /// Prints one JSON object
    #[arg(long, conflicts_with_all = ["stdout", "stderr"])]
    pub(in crate::cli) json: bool,
}

/// Options of `forget`.
#[derive(Debug, Args)]
#[command(
    override_usage = "omoide forget ID...\n       omoide forget --tag T | --program P | --older-than DUR | --expired | --all\n       omoide forget [OPTIONS] -- COMMAND [ARG]..."
)]
pub struct ForgetArgs {
    /// Entries: any unique beginning of their ids or keys
    #[arg(value_name = "ID", value_parser = text())]
    pub(in crate::cli) ids: Vec<String>,
    #[command(flatten)]
    pub(in crate::cli) which: ForgetWhich,
    #[command(flatten)]
    pub(in crate::cli) key: KeyArgs,
    #[command(flatten)]
    pub(in crate::cli) policy: PolicyArgs,
    #[command(flatten)]
    pub(in crate::cli) behaviour: BehaviourArgs,
    /// Only says what would be removed
    #[arg(long, help_heading = None)]
    pub(in crate::cli) dry_run: bool,
    /// Prints one JSON object
    #[arg(long, help_heading = None)]
    pub(in crate::cli) json: bool,
    /// The command as it was called, and its arguments
    #[arg(last = true, value_name = "COMMAND", help_heading = None)]
    pub(in crate::cli) command: Vec<OsString>,
}

/// Which entries `forget` removes, besides those named.
#[derive(Debug, Default, Args)]
#[command(next_help_heading = "Which entries")]
pub struct ForgetWhich {
    /// Those with this label; with a command, the label of its call
    #[arg(long, value_name = "NAME", value_parser = text())]
    pub(in crate::cli) tag: Vec<String>,
    /// Those of this program (a path or a file name); with a command, how it is identified
    #[arg(long, value_name = "PROGRAM")]
    pub(in crate::cli) program: Option<OsString>,
    /// Those computed longer ago than DUR
    #[arg(long, value_name = "DUR", value_parser = duration::parse, allow_hyphen_values = true)]
    pub(in crate::cli) older_than: Option<Duration>,
    /// Those whose time is over
    #[arg(long)]
    pub(in crate::cli) expired: bool,
    /// All of them
    #[arg(long)]
    pub(in crate::cli) all: bool,
}

/// Options of verbs that only print.
#[derive(Debug, Args)]
pub struct JsonArgs {
    /// Prints one JSON object
    #[arg(long)]
    pub(in crate::cli) json: bool,
}

/// Options of `doctor`.
#[derive(Debug, Args)]
pub struct DoctorArgs {
    /// Mends what can be mended
    #[arg(long)]
    pub(in crate::cli) repair: bool,
    /// Prints one JSON object
    #[arg(long)]
    pub(in crate::cli) json: bool,
}

/// Options of `config`.
#[derive(Debug, Args)]
pub struct ConfigArgs {
    #[command(subcommand)]
    pub(in crate::cli) action: ConfigAction,
}

/// What `config` does.
#[derive(Debug, Subcommand)]
pub enum ConfigAction {
    /// Prints the path of the user's configuration file
    Path,
    /// Prints the configuration in force here
    Show {
        /// Says where each value comes from
        #[arg(long)]
        origin: bool,
    },
    /// Checks the configuration files and names every mistake
    Check,
}

/// Options of `completions`.
#[derive(Debug, Args)]
pub struct CompletionsArgs {
    /// The shell
    #[arg(value_name = "SHELL")]
    pub(in crate::cli) shell: clap_complete::Shell,
}

/// Options of `man`.
#[derive(Debug, Args)]
pub struct ManArgs {
    /// Writes all pages into this folder instead
    #[arg(long, value_name = "DIR", value_hint = ValueHint::DirPath)]
    pub(in crate::cli) dir: Option<PathBuf>,
}
