//! `omoide doctor`.

use std::fmt::Write;

use serde_json::json;

use super::args::DoctorArgs;
use super::context::Context;
use super::daemon;
use super::entries;
use super::error::{Exit, Failure};
use super::render::out::Style;
use super::render::{json, out};
use super::status::NO;
use crate::model::escape;
use crate::store::{Check, Connect, Store, examine, repair};
use crate::sys::clock;

pub(super) fn run(context: &Context, args: &DoctorArgs) -> Result<Exit, Failure> {
    let report = context.read_config();
    let folder = context.cache_dir(&report.config)?;
    let now = clock::now();
    let connect: Connect<'_> = &|store| entries::catalog(store);
    let repaired = if args.repair { repair(&folder, connect, now)? } else { Vec::new() };
    let ignored = report.config.skipped.iter().map(ToString::to_string);
    let mut checks: Vec<Check> = report
        .problems
        .iter()
        .map(ToString::to_string)
        .chain(ignored)
        .map(|detail| Check { name: "configuration", ok: false, detail })
        .collect();
    checks.extend(examine(&folder, connect, now));
    if let Ok(Some(store)) = Store::open_known(&folder) {
        checks.push(daemon::check(&store));
    }
    let ok = checks.iter().all(|check| check.ok);
    if args.json {
        let checks: Vec<_> = checks
            .iter()
            .map(|check| json!({ "name": check.name, "ok": check.ok, "detail": check.detail }))
            .collect();
        json::print(&json!({ "ok": ok, "checks": checks, "repaired": repaired }))?;
    } else {
        out::print(&text(&checks, &repaired, out::colors(context)))?;
    }
    Ok(if ok { Exit::OK } else { Exit::Status(NO) })
}

fn text(checks: &[Check], repaired: &[String], colors: bool) -> String {
    let mut text = String::new();
    for line in repaired {
        let _ = writeln!(text, "{}  {}", Style::Id.paint("repaired", colors), shown(line));
    }
    let width = checks.iter().map(|check| check.name.len()).max().unwrap_or(0);
    for check in checks {
        let verdict = if check.ok {
            Style::Good.paint("ok   ", colors)
        } else {
            Style::Bad.paint("wrong", colors)
        };
        let _ = writeln!(text, "{verdict}  {:<width$}  {}", check.name, shown(&check.detail));
    }
    text
}

fn shown(text: &str) -> String {
    escape::bytes(text.as_bytes())
}
