//! The command line of `omoide daemon`, as clap types.

use clap::{Args, Subcommand};

/// Options of `daemon`.
#[derive(Debug, Args)]
pub struct DaemonArgs {
    #[command(subcommand)]
    pub(super) action: DaemonAction,
}

/// What `daemon` does.
#[derive(Debug, Subcommand)]
pub enum DaemonAction {
    /// Recomputes one entry: reads the order from standard input, writes the report
    #[command(hide = true)]
    Job,
}
