//! `omoide daemon`.

pub mod args;
mod job;

pub(super) use job::{Started, start as start_job};

use self::args::{DaemonAction, DaemonArgs};
use super::context::Context;
use super::error::{Exit, Failure};

pub(super) fn run(context: &Context, args: &DaemonArgs) -> Result<Exit, Failure> {
    match &args.action {
        DaemonAction::Job => job::run(context),
    }
}
