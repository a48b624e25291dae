//! A job: one recomputation in a process of its own.
//!
//! The order comes in on standard input, the report goes out on standard output, both encoded.
//! The process that gave the order takes the job along when it dies.

use std::io::{self, Read, Write};
use std::process::{Child, Command, Stdio};

use rustix::process::{Signal, set_parent_process_death_signal};

use super::args::JobArgs;
use crate::cli::context::Context;
use crate::cli::error::{Exit, Failure};
use crate::memo;
use crate::model::job::{JobOrder, JobReport, Outcome};
use crate::store;
use crate::sys::process::{Group, leave_terminal, own_group};
use crate::sys::signal;

/// An order is an environment and a command line, each bounded by the kernel.
const LARGEST: u64 = 64 << 20;

/// Does the job that standard input orders.
pub(super) fn run(context: &Context, args: &JobArgs) -> Result<Exit, Failure> {
    // Where that is refused, it ends by itself all the same.
    let _ = set_parent_process_death_signal(Some(Signal::TERM));
    // The daemon gives each job a group of its own; anybody else waits for it as for a part of
    // themselves, and what they ignore (`nohup`) it ignores.
    if own_group() == Group(std::process::id().cast_signed()) {
        be_the_daemons();
    }
    let mut bytes = Vec::new();
    io::stdin().lock().take(LARGEST).read_to_end(&mut bytes)?;
    let order: JobOrder = store::decode(&bytes)
        .ok_or_else(|| Failure::new("standard input holds no order for a job".to_owned()))?;
    let timeout = args.timeout.unwrap_or(memo::TIMEOUT);
    let report = memo::perform(&order, &context.config()?.limits(), timeout);
    let is_done = matches!(report.outcome, Outcome::Stored(_) | Outcome::Unchanged);
    let mut out = io::stdout().lock();
    out.write_all(&store::encode(&report))?;
    out.flush()?;
    Ok(if is_done { Exit::OK } else { Exit::NO })
}

/// Lets go of what the daemon has and a job is to do without. What its command gets is its
/// caller's in any case.
fn be_the_daemons() {
    // It blocks what it reads, also what is to end us.
    signal::reset_all();
    // Where it was started at one, a command that reads from there would be stopped, and nobody
    // would see what it asks.
    leave_terminal();
}

/// A job under way.
pub(crate) struct Started(Child);

/// Starts a job.
///
/// # Errors
/// If there can be no new process.
pub(crate) fn start(order: &JobOrder) -> io::Result<Started> {
    let mut child = Command::new("/proc/self/exe")
        .args(["daemon", "job"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()?;
    if let Some(mut stdin) = child.stdin.take() {
        // A job that died already shows by having no report.
        let _ = stdin.write_all(&store::encode(order));
    }
    Ok(Started(child))
}

impl Started {
    /// Waits for its end.
    pub(crate) fn outcome(mut self) -> Outcome {
        let mut bytes = Vec::new();
        if let Some(stdout) = self.0.stdout.take() {
            let _ = stdout.take(LARGEST).read_to_end(&mut bytes);
        }
        let _ = self.0.wait();
        store::decode::<JobReport>(&bytes)
            .map_or_else(|| Outcome::Failed("its process died".to_owned()), |report| report.outcome)
    }
}
