//! `omoide daemon`.

pub mod args;
mod install;
mod job;
mod units;

pub(super) use job::{Started, start as start_job};

use self::args::{DaemonAction, DaemonArgs};
use super::context::Context;
use super::error::{Exit, Failure};

pub(super) fn run(context: &Context, args: &DaemonArgs) -> Result<Exit, Failure> {
    match &args.action {
        DaemonAction::Install(args) => install::install(context, args),
        DaemonAction::Uninstall(args) => install::uninstall(context, args),
        DaemonAction::Job => job::run(context),
    }
}
