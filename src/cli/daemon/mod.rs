//! `omoide daemon`.

pub mod args;
mod install;
mod job;
mod status;
mod units;

use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

pub(super) use job::{Started as StartedJob, start as start_job};
pub(super) use status::check;

use rustix::process::Signal;

use args::{DaemonAction, DaemonArgs, RunArgs, WorkArgs};

use super::context::Context;
use super::error::{Exit, Failure};
use super::render::out;
use crate::daemon::{self, Left, Settings, Started, Typed};
use crate::ipc::{Client, Unanswered};
use crate::store::Store;

/// How long a daemon that answers may take until it is gone: longer than it takes to end jobs.
const LEAVES_WITHIN: Duration = Duration::from_secs(15);
/// How long one may take that was killed.
const DIES_WITHIN: Duration = Duration::from_secs(5);
/// So many recomputations at once at most.
const MOST_JOBS: usize = 1024;
/// What nobody has asked for in a week isn't refreshed any more.
const UNUSED_FOR: Duration = Duration::from_hours(7 * 24);
/// How long it may take to answer at all.
const ANSWERS_WITHIN: Duration = Duration::from_secs(2);

pub(super) fn run(context: &Context, args: &DaemonArgs) -> Result<Exit, Failure> {
    match &args.action {
        DaemonAction::Run(args) => be(context, args),
        DaemonAction::Start(args) => start(context, args),
        DaemonAction::Stop => stop(context),
        DaemonAction::Status(args) => status::run(context, args),
        DaemonAction::Job(args) => job::run(context, args),
        DaemonAction::Install(args) => install::install(context, args),
        DaemonAction::Uninstall(args) => install::uninstall(context, args),
    }
}

fn be(context: &Context, args: &RunArgs) -> Result<Exit, Failure> {
    let settings = settings(context, &args.work).inspect_err(|failure| {
        if args.detached {
            // Whoever started this process hears nothing else.
            let _ = out::print(&format!("{failure}\n"));
        }
    })?;
    let left = if args.detached {
        daemon::detach()?;
        daemon::run(&settings, daemon::tell)
    } else {
        daemon::run(&settings, |_| ())
    };
    match left? {
        Left::Done => Ok(Exit::OK),
        Left::For(program) => {
            let error = Command::new(&program).arg0("omoide").args(settings.words()).exec();
            Err(Failure::new(format!("failed to become {}: {error}", program.display())))
        }
    }
}

fn start(context: &Context, args: &WorkArgs) -> Result<Exit, Failure> {
    let told = match daemon::start(&settings(context, args)?)? {
        Started::New(pid) => format!("started (pid {pid})\n"),
        Started::Already(pid) => format!("running already (pid {pid})\n"),
    };
    out::print(&told)?;
    Ok(Exit::OK)
}

fn stop(context: &Context) -> Result<Exit, Failure> {
    let Some(store) = super::entries::store(context, &context.config()?)? else {
        return none_runs();
    };
    let asked = match Client::stop(&store, Instant::now() + ANSWERS_WITHIN) {
        Ok(daemon) => daemon.pid,
        Err(why @ (Unanswered::Foreign(_) | Unanswered::Garbage(_))) => {
            return Err(Failure::new(why.to_string()));
        }
        // It may be stopped, still starting, or have lost its way.
        Err(_) => match store.daemon_pid() {
            None => return none_runs(),
            Some(pid) => signal(&store, pid, &[Signal::TERM, Signal::CONT])?,
        },
    };
    let mut how = "stopped";
    if !store.await_no_daemon(LEAVES_WITHIN)? {
        how = "killed";
        signal(&store, asked, &[Signal::KILL])?;
        if !store.await_no_daemon(DIES_WITHIN)? {
            return Err(Failure::new(format!(
                "the daemon (pid {asked}) was killed and is still there"
            )));
        }
    }
    out::print(&format!("{how} (pid {asked})\n"))?;
    Ok(Exit::OK)
}

/// Sends signals to the daemon; who that is.
fn signal(store: &Store, pid: u32, signals: &[Signal]) -> Result<u32, Failure> {
    if store.signal_daemon(pid, signals) {
        return Ok(pid);
    }
    Err(Failure::new(format!(
        "the daemon doesn't answer, and process {pid} can't be made sure to be it; if it is, \
         'kill -KILL {pid}' ends it"
    )))
}

fn none_runs() -> Result<Exit, Failure> {
    out::print("no daemon is running\n")?;
    Ok(Exit::OK)
}

/// What the options, the environment and the configuration say together.
fn settings(context: &Context, args: &WorkArgs) -> Result<Settings, Failure> {
    let config = context.config()?;
    let variable = context.parsed("OMOIDE_LOG", daemon::Level::parse)?;
    let typed = Typed {
        jobs: args.jobs.map(usize::from),
        period: args.period,
        idle_exit: args.idle_exit,
        log: args.log.or(variable),
    };
    let set = config.daemon();
    let configured = set.jobs.map(|jobs| usize::try_from(jobs).unwrap_or(MOST_JOBS));
    Ok(Settings {
        cache_dir: absolute(&context.cache_dir(&config)?)?,
        config: context.named_config().map(absolute).transpose()?,
        limits: config.limits(),
        jobs: typed.jobs.or(configured).map_or_else(processors, |jobs| jobs.clamp(1, MOST_JOBS)),
        timeout: set.timeout.unwrap_or(crate::memo::TIMEOUT),
        refresh_unused_for: set.refresh_unused_for.unwrap_or(UNUSED_FOR),
        period: typed.period,
        idle_exit: typed.idle_exit,
        log: typed.log.unwrap_or_default(),
        typed,
    })
}

fn processors() -> usize {
    std::thread::available_parallelism().map_or(1, std::num::NonZero::get)
}

fn absolute(path: &Path) -> Result<PathBuf, Failure> {
    std::path::absolute(path)
        .map_err(|error| Failure::new(format!("failed to find {}: {error}", path.display())))
}
