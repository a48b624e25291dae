//! What was typed, together with the environment and the configuration, becomes a call.
//!
//! Precedence: option, environment variable, matching rule of the project, of the user, defaults.

use std::ffi::{OsStr, OsString};
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::time::Duration;

use super::args::{MemoArgs, OnExpiredArg, ProgramBy};
use super::context::Context;
use super::error::Failure;
use super::status::{NOT_EXECUTABLE, NOT_FOUND};
use crate::config::Config;
use crate::config::schema::Settings;
use crate::memo::Call;
use crate::model::duration;
use crate::model::entry::Streams;
use crate::model::key::{Identity, Key, Program as ProgramIdentity, Selection};
use crate::model::policy::{Limits, OnExpired, Policy, PolicyChange};
use crate::program::{self, IdentifyBy, Missing, Program, Shim};
use crate::stdin::Stdin;
use crate::sys::environment::Variable;
use crate::sys::procfs;

/// The variable by which a process tells those below it which script has called us by its own
/// name, where nothing else could.
pub(super) const SHIM: &str = "OMOIDE_SHIM";

/// A call with everything it borrows.
#[derive(Debug)]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of the command line")]
pub(super) struct Prepared<'a> {
    words: Vec<&'a OsStr>,
    word_bytes: Vec<&'a [u8]>,
    variables: &'a [Variable],
    directory: Vec<u8>,
    program: Program,
    identity: ProgramIdentity,
    identify_by: IdentifyBy,
    selection: Selection,
    any_dir: bool,
    scope: Option<OsString>,
    stdin: Option<Stdin>,
    explicit: PolicyChange,
    policy: Policy,
    tags: Vec<String>,
    limits: Limits,
    max_output: u64,
    timeout: Option<Duration>,
    force: bool,
    cached_only: bool,
    no_store: bool,
    umask: u32,
}

/// Finds the program of a command.
///
/// # Errors
/// With status 126 or 127, as a shell would have it.
pub(super) fn find_program(
    context: &Context,
    command: &OsStr,
    shim: Option<Shim>,
) -> Result<Program, Failure> {
    let path = crate::sys::environment::value(&context.variables, "PATH");
    program::find(command, path, shim.or_else(|| noted_shim(context))).map_err(|missing| {
        let status = match missing {
            Missing::NotFound(_) => NOT_FOUND,
            Missing::NotExecutable(_) => NOT_EXECUTABLE,
        };
        Failure::with_status(missing.to_string(), status)
    })
}

/// The script that this process, or one above it, was when it called us by its own name.
fn noted_shim(context: &Context) -> Option<Shim> {
    let (pid, shim) = Shim::parse(context.variable(SHIM)?.as_bytes())?;
    (pid == std::process::id() || procfs::is_ancestor(pid)).then_some(shim)
}

impl<'a> Prepared<'a> {
    /// Prepares a call; reads standard input if it is part of it.
    ///
    /// # Errors
    /// If a variable of ours has a bad value, standard input can't be read, or the program can't
    /// be read where its content counts.
    pub(super) fn new(
        context: &'a Context,
        config: &Config,
        memo: &MemoArgs,
        command: &'a [OsString],
        program: Program,
    ) -> Result<Prepared<'a>, Failure> {
        let words: Vec<&OsStr> = command.iter().map(OsString::as_os_str).collect();
        let word_bytes: Vec<&[u8]> = words.iter().map(|word| word.as_bytes()).collect();
        let settings = config.resolve(&word_bytes).settings;
        let explicit = explicit_policy(context, memo)?;
        let identify_by = identify_by(memo, &settings);
        let identity = identity(&program, identify_by)?;
        Ok(Prepared {
            words,
            word_bytes,
            variables: &context.variables,
            directory: context.directory_bytes().into_owned(),
            program,
            identity,
            identify_by,
            selection: selection(memo, &settings),
            any_dir: memo.key.any_dir || settings.any_dir == Some(true),
            scope: scope(context, memo, &settings),
            stdin: memo.key.stdin.then(read_stdin).transpose()?,
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
            umask: context.umask,
        })
    }

    /// The same call of another program: standard input, which can be read once only, stays.
    ///
    /// # Errors
    /// If the program can't be read where its content counts.
    pub(super) fn with_program(self, program: Program) -> Result<Prepared<'a>, Failure> {
        let identity = identity(&program, self.identify_by)?;
        Ok(Prepared { program, identity, ..self })
    }

    /// The call, as a caller makes it who takes the two streams like this.
    pub(super) fn call(&self, streams: Streams) -> Call<'_> {
        let identity = self.identity();
        Call {
            key: identity.key(),
            identity,
            command: &self.words,
            program: &self.program,
            directory: &self.directory,
            streams,
            policy: self.policy.clone(),
            explicit: self.explicit.clone(),
            tags: self.tags.clone(),
            limits: self.limits,
            max_output: self.max_output,
            timeout: self.timeout,
            stdin: self.stdin.as_ref(),
            force: self.force,
            cached_only: self.cached_only,
            no_store: self.no_store,
            umask: self.umask,
        }
    }

    /// What it is stored under.
    pub(super) fn key(&self) -> Key {
        self.identity().key()
    }

    /// Everything the key is made of.
    pub(super) fn identity(&self) -> Identity<'_> {
        Identity {
            command: &self.word_bytes,
            program: &self.identity,
            directory: (!self.any_dir).then_some(self.directory.as_slice()),
            environment: self.variables,
            selection: &self.selection,
            scope: self.scope.as_deref().map(OsStr::as_bytes),
            input: self.stdin.as_ref().map(|stdin| stdin.digest),
        }
    }

    /// The program.
    pub(super) fn program(&self) -> &Program {
        &self.program
    }
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
    })
}

fn identity(program: &Program, by: IdentifyBy) -> Result<ProgramIdentity, Failure> {
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

fn read_stdin() -> Result<Stdin, Failure> {
    Stdin::read(io::stdin().lock())
        .map_err(|error| Failure::new(format!("failed to read standard input: {error}")))
}
