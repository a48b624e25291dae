//! The options of `omoide daemon`: clap types only, like [`super::super::args`].

#![expect(clippy::doc_markdown, reason = "these docs are the help text, which has no markup")]

use std::time::Duration;

use clap::{Args, Subcommand, ValueEnum};

use crate::daemon::Level;
use crate::model::duration;

/// Options of `daemon`.
#[derive(Debug, Args)]
pub struct DaemonArgs {
    #[command(subcommand)]
    pub(super) action: DaemonAction,
}

/// What `daemon` does.
#[derive(Debug, Subcommand)]
pub(crate) enum DaemonAction {
    /// Is the daemon, in the foreground, until it is told to stop; logs to standard error
    Run(RunArgs),
    /// Starts the daemon in the background; nothing if it runs
    Start(WorkArgs),
    /// Stops the daemon and waits until it is gone; nothing if none runs
    Stop,
    /// Shows what is scheduled, running and failing; exit status 1 if no daemon runs
    Status(StatusArgs),
    /// Has the user's service manager run the daemon: writes units for systemd
    #[command(after_help = "It starts nothing, but says what does.")]
    Install(InstallArgs),
    /// Removes what install wrote
    Uninstall(InstallArgs),
    /// Recomputes one entry: reads the order from standard input, writes the report
    #[command(hide = true)]
    Job(JobArgs),
}

/// Options of `daemon job`.
#[derive(Debug, Args)]
pub(crate) struct JobArgs {
    /// Ends the command after DUR
    #[arg(long, value_name = "DUR", value_parser = duration::parse)]
    pub(super) timeout: Option<Duration>,
}

/// Options of `daemon run`.
#[derive(Debug, Args)]
pub(crate) struct RunArgs {
    #[command(flatten)]
    pub(super) work: WorkArgs,
    /// Was started by `daemon start`
    #[arg(long, hide = true)]
    pub(super) detached: bool,
}

/// How the daemon is to work.
#[derive(Clone, Debug, Args)]
pub(crate) struct WorkArgs {
    /// Looks every DUR for what is due, instead of waking exactly then
    #[arg(long, value_name = "DUR", value_parser = duration::parse, allow_hyphen_values = true)]
    pub(super) period: Option<Duration>,
    /// Recomputes so many entries at once [default: as many as there are processors]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024))]
    pub(super) jobs: Option<u16>,
    /// Leaves when there has been nothing to do for DUR
    #[arg(long, value_name = "DUR", value_parser = duration::parse, allow_hyphen_values = true)]
    pub(super) idle_exit: Option<Duration>,
    /// How much is logged: off, error, warn, info, debug or trace [env: OMOIDE_LOG] [default: info]
    #[arg(long, value_name = "LEVEL", value_parser = Level::parse)]
    pub(super) log: Option<Level>,
}

/// Options of `daemon status`.
#[derive(Debug, Args)]
pub(crate) struct StatusArgs {
    /// Prints one JSON object
    #[arg(long)]
    pub(super) json: bool,
}

/// Options of `daemon install` and `daemon uninstall`.
#[derive(Debug, Args)]
pub(crate) struct InstallArgs {
    /// Shows what would be written or removed, and changes nothing
    #[arg(long)]
    pub(super) print: bool,
    /// The service manager [default: that of this system]
    #[arg(long = "for", value_name = "MANAGER")]
    manager: Option<Manager>,
}

/// What runs services for a user.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Manager {
    /// Units in the user's configuration folder
    Systemd,
    /// A property list in ~/Library/LaunchAgents
    Launchd,
}

impl InstallArgs {
    /// The service manager.
    pub(super) fn manager(&self) -> Manager {
        let usual = if cfg!(target_os = "macos") { Manager::Launchd } else { Manager::Systemd };
        self.manager.unwrap_or(usual)
    }
}
