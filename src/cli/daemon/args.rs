//! The command line of `omoide daemon`, as clap types.

use clap::{Args, Subcommand, ValueEnum};

/// Options of `daemon`.
#[derive(Debug, Args)]
pub struct DaemonArgs {
    #[command(subcommand)]
    pub(super) action: DaemonAction,
}

/// What `daemon` does.
#[derive(Debug, Subcommand)]
pub enum DaemonAction {
    /// Has the user's service manager run the daemon: writes units for systemd
    #[command(after_help = "It starts nothing, but says what does.")]
    Install(InstallArgs),
    /// Removes what install wrote
    Uninstall(InstallArgs),
    /// Recomputes one entry: reads the order from standard input, writes the report
    #[command(hide = true)]
    Job,
}

/// Options of `daemon install` and `daemon uninstall`.
#[derive(Debug, Args)]
pub struct InstallArgs {
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
