//! The command line as it is typed: clap types only. Help, man pages and completions come from
//! here and nowhere else. What the words mean together is decided in `call.rs`.

#![expect(clippy::doc_markdown, reason = "these docs are the help text, which has no markup")]
#![expect(clippy::struct_excessive_bools, reason = "each is a flag of the command line")]

use std::ffi::OsString;
use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Parser, Subcommand, ValueEnum, ValueHint};

use super::daemon::args::DaemonArgs;
use super::text::text;
use crate::model::{duration, size};

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
#[derive(Debug, Parser)]
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

/// The options of the memoizing forms.
#[derive(Clone, Debug, Default, PartialEq, Eq, Args)]
pub struct MemoArgs {
    #[command(flatten)]
    pub(super) key: KeyArgs,
    #[command(flatten)]
    pub(super) name: NameArgs,
    #[command(flatten)]
    pub(super) policy: PolicyArgs,
    #[command(flatten)]
    pub(super) behaviour: BehaviourArgs,
}

impl MemoArgs {
    /// Whether any of them was typed.
    pub(super) fn is_given(&self) -> bool {
        *self != MemoArgs::default()
    }
}

/// What makes two calls the same.
#[derive(Clone, Debug, Default, PartialEq, Eq, Args)]
#[command(next_help_heading = "What makes two calls the same")]
pub struct KeyArgs {
    /// Only variables that match (globs, comma-separated) count; '' for none
    #[arg(long, value_name = "PATTERN", value_delimiter = ',', value_parser = text())]
    pub(super) env: Option<Vec<String>>,
    /// Variables that match (globs, comma-separated) don't count
    #[arg(long, value_name = "PATTERN", value_delimiter = ',', value_parser = text())]
    pub(super) env_exclude: Option<Vec<String>>,
    /// The working directory doesn't count
    #[arg(long)]
    pub(super) any_dir: bool,
    /// Standard input counts, and is fed to COMMAND (which reads /dev/null otherwise)
    #[arg(long)]
    pub(super) stdin: bool,
    /// The content of a file, of a folder (less what .gitignore leaves out) or of what a pattern
    /// matches counts (repeatable)
    #[arg(long, value_name = "PATH-OR-GLOB", value_hint = ValueHint::AnyPath)]
    pub(super) input: Vec<OsString>,
    /// The same by modification time and size, without reading (repeatable)
    #[arg(long, value_name = "PATH-OR-GLOB", value_hint = ValueHint::AnyPath)]
    pub(super) input_mtime: Vec<OsString>,
    /// Arguments of COMMAND that name existing files are inputs
    #[arg(long)]
    pub(super) input_args: bool,
    /// A namespace [env: OMOIDE_SCOPE]
    #[arg(long, value_name = "NAME")]
    pub(super) scope: Option<OsString>,
}

/// Options that mean something else to `forget`, unless a command follows.
#[derive(Clone, Debug, Default, PartialEq, Eq, Args)]
pub struct NameArgs {
    /// How the program is identified
    #[arg(long, value_name = "HOW", help_heading = "What makes two calls the same")]
    pub(super) program: Option<ProgramBy>,
    /// A label to list and forget by (repeatable)
    #[arg(long, value_name = "NAME", help_heading = "When an entry serves")]
    #[arg(value_parser = text())]
    pub(super) tag: Vec<String>,
}

/// How the program is identified.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum ProgramBy {
    /// By path, size and modification time (the default)
    #[default]
    Stat,
    /// By its content
    Content,
    /// By its path alone
    Path,
}

/// When an entry serves.
#[derive(Clone, Debug, Default, PartialEq, Eq, Args)]
#[command(next_help_heading = "When an entry serves")]
pub struct PolicyArgs {
    /// Expires DUR after it was computed (90s, 5m, 1h30m, 7d) [env: OMOIDE_TTL]
    #[arg(long, value_name = "DUR", value_parser = duration::parse, allow_hyphen_values = true)]
    pub(super) ttl: Option<Duration>,
    /// Expires DUR after it was last served
    #[arg(long, value_name = "DUR", value_parser = duration::parse, allow_hyphen_values = true)]
    pub(super) idle: Option<Duration>,
    /// What an expired entry still does
    #[arg(long, value_name = "WHAT")]
    pub(super) on_expired: Option<OnExpiredArg>,
    /// Serves what is older than DUR at once and recomputes it in the background [env: OMOIDE_STALE]
    #[arg(long, value_name = "DUR", value_parser = duration::parse, allow_hyphen_values = true)]
    pub(super) stale: Option<Duration>,
    /// The daemon recomputes it whenever it is older than DUR, whoever asks
    #[arg(long, value_name = "DUR", value_parser = duration::parse, allow_hyphen_values = true)]
    pub(super) refresh: Option<Duration>,
    /// The daemon recomputes it when an --input changes
    #[arg(long)]
    pub(super) watch: bool,
    /// Stores failures (non-zero exit status) too, for DUR, beside the last good result
    #[arg(long, value_name = "DUR", value_parser = duration::parse, allow_hyphen_values = true)]
    pub(super) failure_ttl: Option<Duration>,
    /// If recomputing fails, serves the last good result, expired or not
    #[arg(long)]
    pub(super) stale_if_error: bool,
    /// Larger outputs aren't stored [default: half of the store's max_size]
    #[arg(long, value_name = "SIZE", value_parser = size::parse, allow_hyphen_values = true)]
    pub(super) max_output: Option<u64>,
    /// Ends COMMAND after DUR (TERM, 5 s later KILL); exit status 124
    #[arg(long, value_name = "DUR", value_parser = duration::parse, allow_hyphen_values = true)]
    pub(super) timeout: Option<Duration>,
}

/// What an expired entry still does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum OnExpiredArg {
    /// Nothing: the call is a miss (the default)
    Recompute,
    /// It serves once more and is dropped; the next call recomputes
    Serve,
}

/// How this call behaves.
#[derive(Clone, Debug, Default, PartialEq, Eq, Args)]
#[command(next_help_heading = "How this call behaves")]
pub struct BehaviourArgs {
    /// Recomputes now and replaces what is stored [env: OMOIDE_FORCE=1]
    #[arg(long, conflicts_with = "cached_only")]
    pub(super) force: bool,
    /// Never runs COMMAND; exit status 125 if it isn't cached
    #[arg(long)]
    pub(super) cached_only: bool,
    /// Looks up and runs as usual, stores nothing
    #[arg(long)]
    pub(super) no_store: bool,
    /// Says on standard error whether it was a hit or a miss, how old, and the time saved
    #[arg(short, long)]
    pub(super) verbose: bool,
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

/// A command to memoize.
#[derive(Debug, Args)]
pub struct CommandArgs {
    #[command(flatten)]
    pub(super) memo: MemoArgs,
    /// The command to memoize, and its arguments
    #[arg(
        trailing_var_arg = true,
        required = true,
        value_name = "COMMAND",
        value_hint = ValueHint::CommandWithArguments,
        help_heading = None
    )]
    pub(super) command: Vec<OsString>,
}

/// A command to compute in the background.
#[derive(Debug, Args)]
pub struct WarmArgs {
    /// Returns when the result is stored; exit status 1 if it couldn't be
    #[arg(long, help_heading = None)]
    pub(super) wait: bool,
    #[command(flatten)]
    pub(super) memo: MemoArgs,
    /// The command as it will be called, and its arguments
    #[arg(
        trailing_var_arg = true,
        required = true,
        value_name = "COMMAND",
        value_hint = ValueHint::CommandWithArguments,
        help_heading = None
    )]
    pub(super) command: Vec<OsString>,
}

/// Options of `refresh`.
#[derive(Debug, Args)]
#[command(
    override_usage = "omoide refresh ID...\n       omoide refresh --tag T | --all\n       omoide refresh [OPTIONS] -- COMMAND [ARG]..."
)]
pub struct RefreshArgs {
    /// Entries: any unique beginning of their ids or keys
    #[arg(value_name = "ID", value_parser = text())]
    pub(super) ids: Vec<String>,
    /// All of them
    #[arg(long, help_heading = None)]
    pub(super) all: bool,
    /// With a command: see there; without: the entries with this label
    #[command(flatten)]
    pub(super) memo: MemoArgs,
    /// The command as it was called, and its arguments
    #[arg(last = true, value_name = "COMMAND", help_heading = None)]
    pub(super) command: Vec<OsString>,
}

/// A command to look up.
#[derive(Debug, Args)]
pub struct QueryArgs {
    #[command(flatten)]
    pub(super) memo: MemoArgs,
    /// Prints one JSON object
    #[arg(long, help_heading = None)]
    pub(super) json: bool,
    /// The command as it would be called, and its arguments
    #[arg(
        trailing_var_arg = true,
        required = true,
        value_name = "COMMAND",
        value_hint = ValueHint::CommandWithArguments,
        help_heading = None
    )]
    pub(super) command: Vec<OsString>,
}

/// Options of `list`.
#[derive(Debug, Args)]
pub struct ListArgs {
    /// Only entries with this label
    #[arg(long, value_name = "NAME", value_parser = text())]
    pub(super) tag: Option<String>,
    /// Only entries of this program (a path or a file name)
    #[arg(long, value_name = "PROGRAM")]
    pub(super) program: Option<OsString>,
    /// Only entries in this state
    #[arg(long, value_name = "STATE")]
    pub(super) state: Option<StateArg>,
    /// What to sort by; the newest, largest or most first
    #[arg(long, value_name = "FIELD", default_value = "age")]
    pub(super) sort: SortByArg,
    /// At most so many
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    pub(super) limit: Option<u64>,
    /// Prints one JSON object
    #[arg(long)]
    pub(super) json: bool,
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
    pub(super) id: String,
    /// Shows the failure that is stored beside the good result
    #[arg(long)]
    pub(super) failure: bool,
    /// Prints its standard output alone
    #[arg(long, conflicts_with = "stderr")]
    pub(super) stdout: bool,
    /// Prints its standard error alone
    #[arg(long)]
    pub(super) stderr: bool,
    /// Prints one JSON object
    #[arg(long, conflicts_with_all = ["stdout", "stderr"])]
    pub(super) json: bool,
}

/// Options of `forget`.
#[derive(Debug, Args)]
#[command(
    override_usage = "omoide forget ID...\n       omoide forget --tag T | --program P | --older-than DUR | --expired | --all\n       omoide forget [OPTIONS] -- COMMAND [ARG]..."
)]
pub struct ForgetArgs {
    /// Entries: any unique beginning of their ids or keys
    #[arg(value_name = "ID", value_parser = text())]
    pub(super) ids: Vec<String>,
    #[command(flatten)]
    pub(super) which: ForgetWhich,
    #[command(flatten)]
    pub(super) key: KeyArgs,
    #[command(flatten)]
    pub(super) policy: PolicyArgs,
    #[command(flatten)]
    pub(super) behaviour: BehaviourArgs,
    /// Only says what would be removed
    #[arg(long, help_heading = None)]
    pub(super) dry_run: bool,
    /// Prints one JSON object
    #[arg(long, help_heading = None)]
    pub(super) json: bool,
    /// The command as it was called, and its arguments
    #[arg(last = true, value_name = "COMMAND", help_heading = None)]
    pub(super) command: Vec<OsString>,
}

/// Which entries `forget` removes, besides those named.
#[derive(Debug, Default, Args)]
#[command(next_help_heading = "Which entries")]
pub struct ForgetWhich {
    /// Those with this label; with a command, the label of its call
    #[arg(long, value_name = "NAME", value_parser = text())]
    pub(super) tag: Vec<String>,
    /// Those of this program (a path or a file name); with a command, how it is identified
    #[arg(long, value_name = "PROGRAM")]
    pub(super) program: Option<OsString>,
    /// Those computed longer ago than DUR
    #[arg(long, value_name = "DUR", value_parser = duration::parse, allow_hyphen_values = true)]
    pub(super) older_than: Option<Duration>,
    /// Those whose time is over
    #[arg(long)]
    pub(super) expired: bool,
    /// All of them
    #[arg(long)]
    pub(super) all: bool,
}

/// Options of verbs that only print.
#[derive(Debug, Args)]
pub struct JsonArgs {
    /// Prints one JSON object
    #[arg(long)]
    pub(super) json: bool,
}

/// Options of `doctor`.
#[derive(Debug, Args)]
pub struct DoctorArgs {
    /// Mends what can be mended
    #[arg(long)]
    pub(super) repair: bool,
    /// Prints one JSON object
    #[arg(long)]
    pub(super) json: bool,
}

/// Options of `config`.
#[derive(Debug, Args)]
pub struct ConfigArgs {
    #[command(subcommand)]
    pub(super) action: ConfigAction,
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
    pub(super) shell: clap_complete::Shell,
}

/// Options of `man`.
#[derive(Debug, Args)]
pub struct ManArgs {
    /// Writes all pages into this folder instead
    #[arg(long, value_name = "DIR", value_hint = ValueHint::DirPath)]
    pub(super) dir: Option<PathBuf>,
}
