//! Starts actors and looks at what they leave.

use std::fs::{self, File};
use std::io::{BufRead as _, BufReader, Read as _};
use std::os::fd::{AsRawFd as _, OwnedFd};
use std::os::unix::process::{CommandExt as _, ExitStatusExt as _};
use std::path::PathBuf;
use std::process::{Child, Command, ExitStatus, Stdio};

use omoide::model::entry::Stream;
use rustix::fs::{CWD, FileType, Mode, mknodat};
use rustix::pipe::{PipeFlags, pipe_with};
use rustix::process::{Pid, Signal, kill_process};
use tempfile::TempDir;

use super::actor::{Report, SCRIPT, Script};

/// A call to be made.
pub(crate) struct Call {
    pub(crate) script: Script,
    pub(crate) folder: TempDir,
    /// A shell's words before it becomes the actor.
    before: String,
    out: Stdio,
    err: Stdio,
}

impl Call {
    /// Runs a shell's script, in which `$DIR` is the test's own folder.
    pub(crate) fn sh(script: &str) -> Self {
        Self::program("/bin/sh", &["sh", "-c", script])
    }

    pub(crate) fn program(program: &str, command: &[&str]) -> Self {
        let folder = TempDir::new().expect("a folder");
        let script = Script {
            program: program.into(),
            command: command.iter().map(|&word| word.to_owned()).collect(),
            tape: folder.path().join("tape"),
            report: folder.path().join("report"),
            ..Script::default()
        };
        Self { script, folder, before: String::new(), out: Stdio::piped(), err: Stdio::piped() }
    }

    pub(crate) fn with(mut self, change: impl FnOnce(&mut Script)) -> Self {
        change(&mut self.script);
        self
    }

    /// Has a shell do this in the process that becomes the actor.
    pub(crate) fn after(mut self, shell: &str) -> Self {
        shell.clone_into(&mut self.before);
        self
    }

    pub(crate) fn out(mut self, out: impl Into<Stdio>) -> Self {
        self.out = out.into();
        self
    }

    pub(crate) fn err(mut self, err: impl Into<Stdio>) -> Self {
        self.err = err.into();
        self
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// A named pipe in the test's folder.
    pub(crate) fn fifo(self, name: &str) -> Self {
        let mode = Mode::RUSR | Mode::WUSR;
        mknodat(CWD, self.path(name), FileType::Fifo, mode, 0).expect("a named pipe");
        self
    }

    /// Starts the actor, in a process group of its own.
    pub(crate) fn start(mut self) -> Running {
        let (events, to_events) = pipe_with(PipeFlags::CLOEXEC).expect("a pipe");
        // Opened anew by the actor, so that nothing else inherits it.
        self.script.events =
            format!("/proc/{}/fd/{}", std::process::id(), to_events.as_raw_fd()).into();
        let this = std::env::current_exe().expect("this program");
        let actor = Command::new("/bin/sh")
            .args(["-c", &format!("{}\nexec \"$0\"", self.before)])
            .arg(this)
            .env(SCRIPT, serde_json::to_string(&self.script).expect("a script"))
            .env("DIR", self.folder.path())
            .stdin(Stdio::null())
            .stdout(self.out)
            .stderr(self.err)
            .process_group(0)
            .spawn()
            .expect("an actor");
        let events = BufReader::new(File::from(events));
        Running { actor, events, to_events, script: self.script, folder: self.folder }
    }

    /// Makes the call and reads all that it says.
    pub(crate) fn finish(self) -> Outcome {
        self.start().finish()
    }
}

/// A call that is being made.
pub(crate) struct Running {
    pub(crate) actor: Child,
    events: BufReader<File>,
    /// Kept until the actor has opened it.
    to_events: OwnedFd,
    script: Script,
    pub(crate) folder: TempDir,
}

impl Running {
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn signal(&self, signal: Signal) {
        kill_process(Pid::from_child(&self.actor), signal).expect("an actor to signal");
    }

    /// Reads standard output up to the end of a line.
    pub(crate) fn read_line(&mut self) -> String {
        read_line(self.actor.stdout.as_mut().expect("a pipe"))
    }

    /// Waits for something that the tape is told during the run.
    pub(crate) fn next_event(&mut self) -> String {
        let mut event = String::new();
        self.events.read_line(&mut event).expect("an event");
        event.trim_end().to_owned()
    }

    /// What the tape was told and nobody has read, up to the time when the last process that
    /// could tell more is gone.
    pub(crate) fn last_events(self) -> String {
        drop(self.to_events);
        let mut events = String::new();
        let mut rest = self.events;
        rest.read_to_string(&mut events).expect("events");
        events
    }

    /// Waits for the actor, not for the end of what it says.
    pub(crate) fn wait(&mut self) -> (ExitStatus, Report) {
        let status = self.actor.wait().expect("the actor's end");
        let report =
            fs::read(&self.script.report).unwrap_or_else(|_| panic!("no report: {status}"));
        (status, serde_json::from_slice(&report).expect("a report"))
    }

    /// Reads all that the actor says, then waits for it.
    pub(crate) fn finish(mut self) -> Outcome {
        let out = self.actor.stdout.take();
        let err = self.actor.stderr.take();
        let reading = std::thread::spawn(move || err.map(read_all).unwrap_or_default());
        let out = out.map(read_all).unwrap_or_default();
        let err = reading.join().expect("a reader");
        let (status, report) = self.wait();
        let tape = fs::read(&self.script.tape).expect("a tape");
        Outcome { status, out, err, tape, report }
    }
}

/// What a call has left.
pub(crate) struct Outcome {
    pub(crate) status: ExitStatus,
    pub(crate) out: Vec<u8>,
    pub(crate) err: Vec<u8>,
    /// What was recorded, both streams as they were read.
    pub(crate) tape: Vec<u8>,
    pub(crate) report: Report,
}

impl Outcome {
    /// What was recorded of one stream.
    pub(crate) fn recorded(&self, of: Stream) -> Vec<u8> {
        let mut rest = &self.tape[..];
        let mut recorded = Vec::new();
        for &(stream, length) in &self.report.pieces {
            let (piece, after) = rest.split_at(length);
            rest = after;
            if stream == of {
                recorded.extend_from_slice(piece);
            }
        }
        assert!(rest.is_empty(), "more on the tape than was recorded");
        recorded
    }

    /// Expects an ending, and why it is spoiled.
    pub(crate) fn expect(&self, ending: &str, spoiled: Option<&str>) -> &Self {
        let said = String::from_utf8_lossy(&self.err[..self.err.len().min(500)]);
        assert_eq!(self.report.ending, ending, "{said}");
        assert_eq!(self.report.spoiled.as_deref(), spoiled, "{said}");
        self
    }

    pub(crate) fn signal(&self) -> Option<i32> {
        self.status.signal()
    }
}

pub(crate) fn read_all(mut from: impl std::io::Read) -> Vec<u8> {
    let mut bytes = Vec::new();
    from.read_to_end(&mut bytes).expect("something to read");
    bytes
}

/// Reads to the end of a line and not a byte further.
pub(crate) fn read_line(from: &mut impl std::io::Read) -> String {
    let mut line = Vec::new();
    let mut byte = [0];
    while from.read(&mut byte).expect("something to read") > 0 && byte != *b"\n" {
        line.extend(byte);
    }
    String::from_utf8(line).expect("text")
}
