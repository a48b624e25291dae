//! What makes two calls the same, when an entry serves, how a call behaves.

use std::ffi::OsString;
use std::time::Duration;

use clap::{Args, ValueEnum, ValueHint};

use crate::cli::text::text;
use crate::model::{duration, size};

/// The options of the memoizing forms.
#[derive(Clone, Debug, Default, PartialEq, Eq, Args)]
pub struct MemoArgs {
    #[command(flatten)]
    pub(in crate::cli) key: KeyArgs,
    #[command(flatten)]
    pub(in crate::cli) name: NameArgs,
    #[command(flatten)]
    pub(in crate::cli) policy: PolicyArgs,
    #[command(flatten)]
    pub(in crate::cli) behaviour: BehaviourArgs,
}

impl MemoArgs {
    /// Whether any of them was typed.
    pub(in crate::cli) fn is_given(&self) -> bool {
        *self != MemoArgs::default()
    }
}

/// What makes two calls the same.
#[derive(Clone, Debug, Default, PartialEq, Eq, Args)]
#[command(next_help_heading = "What makes two calls the same")]
pub struct KeyArgs {
    /// Only variables that match (globs, comma-separated) count; '' for none
    #[arg(long, value_name = "PATTERN", value_delimiter = ',', value_parser = text())]
    pub(in crate::cli) env: Option<Vec<String>>,
    /// Variables that match (globs, comma-separated) don't count
    #[arg(long, value_name = "PATTERN", value_delimiter = ',', value_parser = text())]
    pub(in crate::cli) env_exclude: Option<Vec<String>>,
    /// The working directory doesn't count
    #[arg(long)]
    pub(in crate::cli) any_dir: bool,
    /// Standard input counts, and is fed to COMMAND (which reads /dev/null otherwise)
    #[arg(long)]
    pub(in crate::cli) stdin: bool,
    /// The content of a file, of a folder (less what .gitignore leaves out) or of what a pattern
    /// matches counts (repeatable)
    #[arg(long, value_name = "PATH-OR-GLOB", value_hint = ValueHint::AnyPath)]
    pub(in crate::cli) input: Vec<OsString>,
    /// The same by modification time and size, without reading (repeatable)
    #[arg(long, value_name = "PATH-OR-GLOB", value_hint = ValueHint::AnyPath)]
    pub(in crate::cli) input_mtime: Vec<OsString>,
    /// Arguments of COMMAND that name existing files are inputs
    #[arg(long)]
    pub(in crate::cli) input_args: bool,
    /// A namespace [env: OMOIDE_SCOPE]
    #[arg(long, value_name = "NAME")]
    pub(in crate::cli) scope: Option<OsString>,
}

/// Options that mean something else to `forget`, unless a command follows.
#[derive(Clone, Debug, Default, PartialEq, Eq, Args)]
pub struct NameArgs {
    /// How the program is identified
    #[arg(long, value_name = "HOW", help_heading = "What makes two calls the same")]
    pub(in crate::cli) program: Option<ProgramBy>,
    /// A label to list and forget by (repeatable)
    #[arg(long, value_name = "NAME", help_heading = "When an entry serves")]
    #[arg(value_parser = text())]
    pub(in crate::cli) tag: Vec<String>,
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
    pub(in crate::cli) ttl: Option<Duration>,
    /// Expires DUR after it was last served
    #[arg(long, value_name = "DUR", value_parser = duration::parse, allow_hyphen_values = true)]
    pub(in crate::cli) idle: Option<Duration>,
    /// What an expired entry still does
    #[arg(long, value_name = "WHAT")]
    pub(in crate::cli) on_expired: Option<OnExpiredArg>,
    /// Serves what is older than DUR at once and recomputes it in the background [env: OMOIDE_STALE]
    #[arg(long, value_name = "DUR", value_parser = duration::parse, allow_hyphen_values = true)]
    pub(in crate::cli) stale: Option<Duration>,
    /// The daemon recomputes it whenever it is older than DUR, whoever asks
    #[arg(long, value_name = "DUR", value_parser = duration::parse, allow_hyphen_values = true)]
    pub(in crate::cli) refresh: Option<Duration>,
    /// The daemon recomputes it when an --input changes
    #[arg(long)]
    pub(in crate::cli) watch: bool,
    /// Stores failures (non-zero exit status) too, for DUR, beside the last good result
    #[arg(long, value_name = "DUR", value_parser = duration::parse, allow_hyphen_values = true)]
    pub(in crate::cli) failure_ttl: Option<Duration>,
    /// If recomputing fails, serves the last good result, expired or not
    #[arg(long)]
    pub(in crate::cli) stale_if_error: bool,
    /// Larger outputs aren't stored [default: half of the store's max_size]
    #[arg(long, value_name = "SIZE", value_parser = size::parse, allow_hyphen_values = true)]
    pub(in crate::cli) max_output: Option<u64>,
    /// Ends COMMAND after DUR (TERM, 5 s later KILL); exit status 124
    #[arg(long, value_name = "DUR", value_parser = duration::parse, allow_hyphen_values = true)]
    pub(in crate::cli) timeout: Option<Duration>,
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
    pub(in crate::cli) force: bool,
    /// Never runs COMMAND; exit status 125 if it isn't cached
    #[arg(long)]
    pub(in crate::cli) cached_only: bool,
    /// Looks up and runs as usual, stores nothing
    #[arg(long)]
    pub(in crate::cli) no_store: bool,
    /// Says on standard error whether it was a hit or a miss, how old, and the time saved
    #[arg(short, long)]
    pub(in crate::cli) verbose: bool,
}
