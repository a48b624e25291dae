//! `omoide warm`.

use super::args::WarmArgs;
use super::call::{find_program, plan};
use super::context::Context;
use super::entries;
use super::error::{Exit, Failure};
use super::shim;
use crate::config::Config;
use crate::memo::{self, Call, Declined, Plan};
use crate::model::entry::{Slot, Taking};
use crate::model::job::Outcome;
use crate::store::Lookup;

pub(super) fn run(context: &Context, args: &WarmArgs) -> Result<Exit, Failure> {
    let config = context.config()?;
    let program = find_program(context, &args.command[0], None)
        .map_err(|missing| Failure::new(missing.to_string()))?;
    let behind = shim::behind(context, &args.command[0], &program);
    let plan = plan(context, &config, &args.memo, &args.command, program)?;
    plan.identified().map_err(Failure::new)?;
    let folder = context.cache_dir(&config)?;
    let done = memo::warm(&unseen(context, &config, &plan)?, &folder, args.wait);
    match done.map_err(failure)? {
        None | Some(Outcome::Stored(_) | Outcome::Unchanged) => Ok(Exit::OK),
        Some(_) if shim::passed(context, &config, plan, behind)?.is_some() => Ok(Exit::OK),
        Some(outcome) => Err(Failure::new(format!("not stored: {outcome}"))),
    }
}

/// A call whose output nobody sees: recorded in the same way as what is stored, so that it serves
/// the same callers; the streams kept apart where nothing is, which serves most of those who may
/// come.
pub(super) fn unseen<'p>(
    context: &Context,
    config: &Config,
    plan: &'p Plan<'_>,
) -> Result<Call<'p>, Failure> {
    let mut call = plan.call(Taking::Apart);
    if let Some(store) = entries::store(context, config)?
        && let Lookup::Found(found) = store.find(&call.key, Slot::Good)?
    {
        call.streams = found.entry.head.capture.streams.into();
    }
    Ok(call)
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
