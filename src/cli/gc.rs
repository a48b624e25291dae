//! `omoide gc`.

use serde_json::json;

use super::args::JsonArgs;
use super::context::Context;
use super::entries;
use super::error::{Exit, Failure};
use super::render::progress::Progress;
use super::render::{json, out};
use crate::model::policy::Limits;
use crate::model::size;
use crate::store::{Collected, Store, StoreError, remove_older};
use crate::sys::clock;

pub(super) fn run(context: &Context, args: &JsonArgs) -> Result<Exit, Failure> {
    let config = context.config()?;
    let mut collected = match entries::store(context, &config)? {
        Some(store) => collect(&store, config.limits())?,
        None => Collected::default(),
    };
    let freed = remove_older(&context.cache_dir(&config)?);
    collected.bytes_freed += freed.map_err(|error| Failure::new(error.to_string()))?;
    let Collected { expired, evicted, blobs, bytes_freed } = collected;
    if args.json {
        json::print(&json!({
            "expired": expired,
            "evicted": evicted,
            "blobs": blobs,
            "bytes_freed": bytes_freed,
        }))?;
    } else {
        out::print(&format!(
            "removed {expired} expired and {evicted} evicted entries, {blobs} unreferenced \
             blobs; freed {}\n",
            size::display(bytes_freed)
        ))?;
    }
    Ok(Exit::OK)
}

fn collect(store: &Store, limits: Limits) -> Result<Collected, StoreError> {
    let mut progress = Progress::new();
    entries::catalog(store).gc(limits, clock::now(), &mut |stage| {
        progress.show(stage);
        Ok(())
    })
}
