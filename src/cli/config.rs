//! `omoide config path|show|check`.

use super::args::{ConfigAction, ConfigArgs};
use super::context::Context;
use super::error::{Exit, Failure};
use super::render::out;
use super::status::NO;
use crate::model::escape;

pub(super) fn run(context: &Context, args: &ConfigArgs) -> Result<Exit, Failure> {
    match args.action {
        ConfigAction::Path => path(context),
        ConfigAction::Show { origin } => show(context, origin),
        ConfigAction::Check => check(context),
    }
}

fn path(context: &Context) -> Result<Exit, Failure> {
    let file = context.config_file().ok_or_else(no_home)?;
    out::print(&format!("{}\n", escape::bytes(file.as_os_str().as_encoded_bytes())))?;
    Ok(Exit::OK)
}

fn show(context: &Context, origin: bool) -> Result<Exit, Failure> {
    let config = context.config()?;
    out::print(&config.show(origin))?;
    Ok(Exit::OK)
}

fn check(context: &Context) -> Result<Exit, Failure> {
    let report = context.read_config();
    if let Some(skipped) = &report.config.skipped {
        out::complain(&skipped.to_string());
    }
    for problem in &report.problems {
        out::complain(&problem.to_string());
    }
    if !report.problems.is_empty() || report.config.skipped.is_some() {
        return Ok(Exit::Status(NO));
    }
    let files = [&report.config.user, &report.config.project];
    let named: Vec<String> = files
        .into_iter()
        .flatten()
        .map(|file| escape::bytes(file.path.as_os_str().as_encoded_bytes()))
        .collect();
    let told = match named.as_slice() {
        [] => "no configuration file; the defaults are in force\n".to_owned(),
        named => format!("{}: nothing wrong\n", named.join(", ")),
    };
    out::print(&told)?;
    Ok(Exit::OK)
}

fn no_home() -> Failure {
    Failure::new("there is no home to look for a configuration in; set HOME or OMOIDE_CONFIG")
}
