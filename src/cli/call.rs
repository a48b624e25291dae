//! What was typed, together with the environment and the configuration, becomes the plan of a call.
//!
//! Precedence: option, environment variable, matching rule of the project, of the user, defaults.

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::{OsStrExt, OsStringExt};

use super::args::{MemoArgs, OnExpiredArg, ProgramBy};
use super::context::Context;
use super::error::Failure;
use super::inputs;
use super::status::{NOT_EXECUTABLE, NOT_FOUND, OWN_ERROR};
use crate::config::Config;
use crate::config::schema::Settings;
use crate::inputs::InputError;
use crate::memo::Plan;
use crate::model::duration;
use crate::model::key::{self, Selection};
use crate::model::policy::{OnExpired, Policy, PolicyChange};
use crate::program::{self, IdentifyBy, Missing, Program, Shim};
use crate::stdin::{self, Source, Unread};
use crate::sys::procfs;

/// The variable by which a process tells those below it which script has called us by its own
/// name, where nothing else could.
pub(super) const SHIM: &str = "OMOIDE_SHIM";

/// Finds the program of a command.
///
/// # Errors
/// With status 126 or 127, as a shell would have it.
pub(super) fn find_program(
    context: &Context,
    command: &OsStr,
    shim: Option<Shim>,
) -> Result<Program, Failure> {
    look_for(context, command, shim).map_err(|missing| no_program(&missing))
}

/// As [`find_program`], for who has use for why there is none.
pub(super) fn look_for(
    context: &Context,
    command: &OsStr,
    shim: Option<Shim>,
) -> Result<Program, Missing> {
    let path = crate::sys::environment::value(&context.variables, "PATH");
    program::find(command, path, shim.or_else(|| noted_shim(context)))
}

/// That there is no program.
pub(super) fn no_program(missing: &Missing) -> Failure {
    let status = match missing {
        Missing::NotFound(_) => NOT_FOUND,
        Missing::NotExecutable(_) => NOT_EXECUTABLE,
        Missing::Unseen(..) => OWN_ERROR,
    };
    Failure::with_status(missing.to_string(), status)
}

/// The script that this process, or one above it, was when it called us by its own name.
fn noted_shim(context: &Context) -> Option<Shim> {
    let (pid, shim) = Shim::parse(context.variable(SHIM)?.as_bytes())?;
    (pid == std::process::id() || procfs::is_ancestor(pid)).then_some(shim)
}

/// Plans a call; reads standard input if it is part of it.
///
/// # Errors
/// If a variable of ours has a bad value or standard input can't be read.
pub(super) fn plan<'a>(
    context: &'a Context,
    config: &Config,
    memo: &MemoArgs,
    command: &'a [OsString],
    program: Program,
) -> Result<Plan<'a>, Failure> {
    let words: Vec<&[u8]> = command.iter().map(|word| word.as_bytes()).collect();
    let settings = config.resolve(&words).settings;
    let explicit = explicit_policy(context, memo)?;
    let identify_by = identify_by(memo, &settings);
    inputs::check(&memo.key, &settings)?;
    let selection = selection(memo, &settings);
    let (identity, inputs) = match program.identity(identify_by) {
        Ok(identity) => {
            let key = &memo.key;
            (identity, inputs::look(context, config, key, &settings, &words, &selection))
        }
        Err(error) => (
            key::Program::Path(program.real.as_os_str().as_bytes().to_vec()),
            Err(InputError::program(program.path.as_os_str().as_bytes(), error)),
        ),
    };
    if memo.policy.watch && inputs.as_ref().is_ok_and(|inputs| inputs.wanted().is_empty()) {
        return Err(Failure::usage("--watch needs an --input to watch"));
    }
    Ok(Plan {
        command: command.iter().map(OsString::as_os_str).collect(),
        words,
        environment: &context.variables,
        is_own_environment: true,
        directory: context.directory_bytes().into_owned(),
        program,
        identify_by,
        identity,
        selection,
        any_dir: memo.key.any_dir || settings.any_dir == Some(true),
        scope: scope(context, memo, &settings).map(OsString::into_vec),
        stdin: match (memo.key.stdin, &inputs) {
            (false, _) => Source::Null,
            (true, Ok(_)) => read_stdin(&settings)?,
            // It can't be part of a key that there is none of.
            (true, Err(_)) => Source::Open(Unread::untouched()),
        },
        inputs,
        policy: explicit.or(&settings.policy).over(&Policy::default()),
        explicit,
        tags: tags(memo, &settings)?,
        limits: config.limits(),
        max_output: memo
            .policy
            .max_output
            .or(settings.max_output)
            .unwrap_or(config.limits().max_size / 2),
        timeout: memo.policy.timeout.or(settings.timeout),
        force: memo.behaviour.force
            || (!memo.behaviour.cached_only && context.flag("OMOIDE_FORCE")?),
        cached_only: memo.behaviour.cached_only,
        no_store: memo.behaviour.no_store,
        is_past_shim: false,
        umask: context.umask,
    })
}

/// The same call of another program: standard input, which can be read once only, stays.
///
/// # Errors
/// If the program can't be read where its content counts.
pub(super) fn with_program(plan: Plan<'_>, program: Program) -> Result<Plan<'_>, Failure> {
    let identity = identity(&program, plan.identify_by)?;
    Ok(Plan { program, identity, ..plan })
}

/// What the command line and the environment say of the policy themselves.
fn explicit_policy(context: &Context, memo: &MemoArgs) -> Result<PolicyChange, Failure> {
    let policy = &memo.policy;
    Ok(PolicyChange {
        ttl: match policy.ttl {
            Some(ttl) => Some(ttl),
            None => context.parsed("OMOIDE_TTL", duration::parse)?,
        },
        idle: policy.idle,
        on_expired: policy.on_expired.map(|what| match what {
            OnExpiredArg::Recompute => OnExpired::Recompute,
            OnExpiredArg::Serve => OnExpired::Serve,
        }),
        failure_ttl: policy.failure_ttl,
        stale_if_error: policy.stale_if_error.then_some(true),
        stale: match policy.stale {
            Some(stale) => Some(stale),
            None => context.parsed("OMOIDE_STALE", duration::parse)?,
        },
        refresh: policy.refresh,
        watch: policy.watch.then_some(true),
    })
}

fn identity(program: &Program, by: IdentifyBy) -> Result<key::Program, Failure> {
    program.identity(by).map_err(|error| {
        Failure::new(format!("failed to read {}: {error}", program.path.display()))
    })
}

fn identify_by(memo: &MemoArgs, settings: &Settings) -> IdentifyBy {
    match memo.name.program {
        Some(ProgramBy::Stat) => IdentifyBy::Stat,
        Some(ProgramBy::Content) => IdentifyBy::Content,
        Some(ProgramBy::Path) => IdentifyBy::Path,
        None => settings.program.unwrap_or_default(),
    }
}

fn selection(memo: &MemoArgs, settings: &Settings) -> Selection {
    let named = |typed: &Option<Vec<String>>, configured: &Option<Vec<String>>| {
        let patterns = typed.as_ref().or(configured.as_ref())?;
        Some(patterns.iter().filter(|pattern| !pattern.is_empty()).cloned().collect::<Vec<_>>())
    };
    Selection {
        only: named(&memo.key.env, &settings.env),
        exclude: named(&memo.key.env_exclude, &settings.env_exclude).unwrap_or_default(),
    }
}

/// The namespace; an empty one is none, and overrides a configured one.
fn scope(context: &Context, memo: &MemoArgs, settings: &Settings) -> Option<OsString> {
    memo.key
        .scope
        .clone()
        .or_else(|| context.variable("OMOIDE_SCOPE").map(OsStr::to_owned))
        .or_else(|| settings.scope.clone().map(OsString::from))
        .filter(|scope| !scope.is_empty())
}

fn tags(memo: &MemoArgs, settings: &Settings) -> Result<Vec<String>, Failure> {
    let mut tags = memo.name.tag.clone();
    tags.extend(settings.tags.iter().flatten().cloned());
    if tags.iter().any(String::is_empty) {
        return Err(Failure::usage("a --tag can't be empty"));
    }
    tags.sort_unstable();
    tags.dedup();
    Ok(tags)
}

fn read_stdin(settings: &Settings) -> Result<Source, Failure> {
    stdin::of_caller(settings.max_stdin.unwrap_or(stdin::MOST))
        .map_err(|error| Failure::new(format!("failed to read standard input: {error}")))
}
