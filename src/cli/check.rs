//! `omoide check`: would a call be served?

use super::args::QueryArgs;
use super::context::Context;
use super::error::{Exit, Failure};
use super::query::{Query, never_served};
use super::render::{json, out};
use super::status::NO;
use crate::sys::clock;

pub(super) fn run(context: &Context, args: &QueryArgs) -> Result<Exit, Failure> {
    let config = context.config()?;
    let query = match Query::new(context, &config, args, clock::now()) {
        Err(why) if why.rules_out_serving() => return never_served(args, &why, "", &[]),
        query => query?,
    };
    if args.json {
        json::print(&query.fields())?;
    } else {
        out::print(&format!("{}\n", query.summary()))?;
    }
    Ok(if query.inspection.reason.is_none() { Exit::OK } else { Exit::Status(NO) })
}
