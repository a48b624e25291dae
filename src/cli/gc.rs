//! `omoide gc`.

use serde_json::json;

use super::args::JsonArgs;
use super::context::Context;
use super::entries::PATIENCE;
use super::error::{Exit, Failure};
use super::render::{json, out};
use crate::model::size;
use crate::store::{Collected, Store};
use crate::sys::clock;

pub(super) fn run(context: &Context, args: &JsonArgs) -> Result<Exit, Failure> {
    let config = context.config()?;
    let collected = match Store::open(&context.cache_dir(&config)?)? {
        Some(store) => store.with_catalog(PATIENCE, |shelf| {
            shelf.gc(&config.limits(), clock::now(), &mut |_| ())
        })?,
        None => Collected::default(),
    };
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
