//! Jobs: processes of our own program, each of which runs one command anew.
//!
//! A job gets its order on standard input and reports on standard output. Whatever else it does,
//! it is ended with its whole process group, waited for, and heard up to a bounded length.

use std::collections::BTreeMap;
use std::io::{self, ErrorKind, Read, Seek, Write};
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::process::{Child, ChildStdout, Command, ExitStatus, Stdio};
use std::time::Duration;

use rustix::fs::MemfdFlags;
use rustix::process::{Pid, Signal, kill_process_group};

use super::event::{JobId, Politeness};
use super::settings::written;
use super::start::{NOT_FOR_CHILDREN, program};
use crate::model::escape;
use crate::model::job::{JobOrder, JobReport, Outcome};
use crate::model::key::Key;
use crate::store;

/// A report is short; who says more than this says nothing.
const LONGEST: usize = 1 << 20;

/// The words that make our program a job.
const WORDS: [&str; 2] = ["daemon", "job"];

/// The jobs under way.
#[derive(Default)]
pub(super) struct Jobs {
    all: BTreeMap<JobId, Job>,
}

struct Job {
    key: Key,
    child: Child,
    report: Option<ChildStdout>,
    heard: Vec<u8>,
}

/// A job that has ended, with its report or the reason why there is none.
pub(super) type Ended = (JobId, Result<JobReport, String>);

impl Jobs {
    /// Starts a job. Must be called in the loop's own thread: a job dies with the thread that
    /// started it.
    pub(super) fn start(
        &mut self,
        id: JobId,
        order: &JobOrder,
        timeout: Duration,
    ) -> io::Result<()> {
        let mut command = Command::new(program());
        for name in NOT_FOR_CHILDREN {
            command.env_remove(name);
        }
        // Started in our own folder, /, and with nothing to be run in between: so the standard library
        // needs no copy of this process, which costs the more the more memory it has.
        let mut child = command
            .arg0("omoide")
            .args(WORDS)
            .arg(format!("--timeout={}", written(timeout)))
            .stdin(in_memory(&store::encode(order))?)
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .process_group(0)
            .spawn()?;
        let report = child.stdout.take();
        if let Some(report) = &report {
            rustix::io::ioctl_fionbio(report, true)?;
        }
        self.all.insert(id, Job { key: order.key, child, report, heard: Vec::new() });
        Ok(())
    }

    /// What to wait for.
    pub(super) fn polled(&self) -> impl Iterator<Item = (JobId, BorrowedFd<'_>)> {
        self.all.iter().filter_map(|(&id, job)| Some((id, job.report.as_ref()?.as_fd())))
    }

    /// Hears what a job says.
    pub(super) fn hear(&mut self, id: JobId) {
        if let Some(job) = self.all.get_mut(&id) {
            job.hear();
        }
    }

    /// Ends a job and whatever it has started.
    pub(super) fn end(&mut self, id: JobId, politeness: Politeness) {
        let Some(job) = self.all.get(&id) else { return };
        let signal = match politeness {
            Politeness::Ask => Signal::TERM,
            Politeness::Force => Signal::KILL,
        };
        // It isn't waited for yet, so the number is nobody else's.
        let _ = kill_process_group(Pid::from_child(&job.child), signal);
    }

    /// Ends all of them.
    pub(super) fn end_all(&mut self, politeness: Politeness) {
        let all: Vec<JobId> = self.all.keys().copied().collect();
        for id in all {
            self.end(id, politeness);
        }
    }

    /// Waits for those that have ended.
    pub(super) fn ended(&mut self) -> Vec<Ended> {
        let mut ended = Vec::new();
        for (&id, job) in &mut self.all {
            match job.child.try_wait() {
                Ok(None) => {}
                Ok(Some(status)) => ended.push((id, job.result(status))),
                Err(error) => ended.push((id, Err(format!("it can't be waited for: {error}")))),
            }
        }
        for (id, result) in &ended {
            if let Some(job) = self.all.remove(id) {
                job.clean_up();
                log(&job.key, result);
            }
        }
        ended
    }
}

impl Job {
    fn hear(&mut self) {
        let Some(report) = &mut self.report else { return };
        let mut buffer = [0; 4096];
        loop {
            match report.read(&mut buffer) {
                Ok(read) if read > 0 && self.heard.len() + read <= LONGEST => {
                    self.heard.extend_from_slice(&buffer[..read]);
                }
                Err(error) if error.kind() == ErrorKind::WouldBlock => return,
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                // The end, or more than any report: it needn't be heard any more.
                Ok(0) | Err(_) => break,
                Ok(_) => {
                    self.heard.clear();
                    break;
                }
            }
        }
        self.report = None;
    }

    fn result(&mut self, status: ExitStatus) -> Result<JobReport, String> {
        self.hear();
        store::decode(&self.heard).ok_or_else(|| match (status.signal(), status.code()) {
            (Some(signal), _) => format!("its process died of signal {signal}"),
            (None, code) => format!("its process failed (status {})", code.unwrap_or(-1)),
        })
    }

    /// What a job leaves behind in its group goes with it: the number of the group is taken for
    /// as long as anybody is in it.
    fn clean_up(&self) {
        let _ = kill_process_group(Pid::from_child(&self.child), Signal::KILL);
    }
}

/// What comes from outside is escaped: it mustn't forge lines.
fn log(key: &Key, result: &Result<JobReport, String>) {
    let entry = key.id();
    match result {
        Ok(JobReport { outcome: Outcome::Failed(why), .. }) | Err(why) => {
            tracing::warn!(entry, "failed: {}", escape::bytes(why.as_bytes()));
        }
        Ok(JobReport { outcome, key: new }) if new != key => {
            tracing::info!(entry, under = new.id(), "{outcome}");
        }
        Ok(JobReport { outcome, .. }) => tracing::info!(entry, "{outcome}"),
    }
}

/// A file in memory with this content, to be read from its beginning: of what is in it nothing
/// reaches the disk, and however long it is, nobody waits for a reader.
fn in_memory(bytes: &[u8]) -> io::Result<std::fs::File> {
    let memory = rustix::fs::memfd_create("order", MemfdFlags::CLOEXEC)?;
    let mut file = std::fs::File::from(memory);
    file.write_all(bytes)?;
    file.rewind()?;
    Ok(file)
}
