//! `omoide warm`.

use super::args::WarmArgs;
use super::call::{find_program, plan};
use super::context::Context;
use super::error::{Exit, Failure};
use super::shim;
use crate::memo::{self, Declined};
use crate::model::entry::Streams;
use crate::model::job::Outcome;

pub(super) fn run(context: &Context, args: &WarmArgs) -> Result<Exit, Failure> {
    let config = context.config()?;
    let program = find_program(context, &args.command[0], None)
        .map_err(|missing| Failure::new(missing.to_string()))?;
    let behind = shim::behind(context, &args.command[0], &program);
    let plan = plan(context, &config, &args.memo, &args.command, program)?;
    plan.identified().map_err(Failure::new)?;
    let folder = context.cache_dir(&config)?;
    // Serves everybody, whoever is the first to ask.
    let done = memo::warm(&plan.call(Streams::Split), &folder, args.wait);
    match done.map_err(failure)? {
        None | Some(Outcome::Stored(_) | Outcome::Unchanged) => Ok(Exit::OK),
        Some(_) if shim::passed(context, &config, plan, behind)?.is_some() => Ok(Exit::OK),
        Some(outcome) => Err(Failure::new(format!("not stored: {outcome}"))),
    }
}

pub(super) fn failure(declined: Declined) -> Failure {
    match declined {
        Declined::NoCache(why) => Failure::new(why),
        Declined::CannotRun(error) => Failure::new(error.to_string()),
        Declined::NotCached(_) | Declined::NothingToKeep | Declined::Ancestor => {
            Failure::new("the cache can't be used here".to_owned())
        }
    }
}
