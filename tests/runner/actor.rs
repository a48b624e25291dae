//! The actor: runs one command as omoide would, and writes down what came of it.

use std::env;
use std::ffi::OsStr;
use std::fs::{self, File};
use std::io::{Seek as _, SeekFrom, Write as _};
use std::os::fd::AsFd as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use omoide::model::entry::{Stream, Streams};
use omoide::runner::{
    Bounds, Delivery, Destinations, Ending, Input, Job, SpawnError, Tape, run_with,
};
use omoide::sys;
use rustix::fs::{FlockOperation, Mode, OFlags, fcntl_getfl, flock};
use rustix::process::umask;
use serde::{Deserialize, Serialize};

/// The environment variable that makes this program an actor.
pub(crate) const SCRIPT: &str = "OMOIDE_TEST_SCRIPT";

/// What an actor is to do. Times are in milliseconds.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[expect(clippy::struct_excessive_bools, reason = "each is a circumstance of its own")]
pub(crate) struct Script {
    pub(crate) program: PathBuf,
    pub(crate) command: Vec<String>,
    pub(crate) merged: bool,
    pub(crate) withheld: bool,
    pub(crate) replace: bool,
    /// How much the tape can hold.
    pub(crate) capacity: Option<usize>,
    /// A file for standard input, and the offset to read it from.
    pub(crate) input: Option<(PathBuf, u64)>,
    /// A file to hold a lock on.
    pub(crate) lock: Option<PathBuf>,
    pub(crate) timeout: Option<u64>,
    pub(crate) quiet: Option<u64>,
    pub(crate) drain: Option<u64>,
    pub(crate) stalled: Option<u64>,
    pub(crate) unread_for: Option<u64>,
    pub(crate) unread_bytes: Option<u64>,
    pub(crate) group_grace: Option<u64>,
    pub(crate) kill_after: Option<u64>,
    pub(crate) ends_when_told: bool,
    /// Where to say what happens during the run, a line each.
    pub(crate) events: PathBuf,
    /// Where to put what the tape was given, and the report.
    pub(crate) tape: PathBuf,
    pub(crate) report: PathBuf,
}

/// What came of it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Report {
    /// As the variants of `Ending` are written, or of `SpawnError`.
    pub(crate) ending: String,
    pub(crate) spoiled: Option<String>,
    pub(crate) undelivered: Option<i32>,
    /// The stream and the length of each piece that the tape was given.
    pub(crate) pieces: Vec<(Stream, usize)>,
    /// The most memory that was used.
    pub(crate) memory_kib: u64,
    pub(crate) stdout_is_non_blocking: bool,
}

/// The script, if this process is to be an actor.
pub(crate) fn script() -> Option<Script> {
    let script = env::var(SCRIPT).ok()?;
    Some(serde_json::from_str(&script).expect("a script"))
}

/// Plays the script and ends the process as omoide would end.
pub(crate) fn act(script: &Script) -> ! {
    // What the standard library's own start-up did to it; omoide has a main of its own.
    if env::var_os("OMOIDE_TEST_SIGPIPE").is_none() {
        let mut heritage = sys::inherited::heritage();
        heritage.ignored &= !(1 << (libc::SIGPIPE - 1));
        sys::inherited::adopt(heritage);
        sys::signal::set_default(libc::SIGPIPE).expect("SIGPIPE can be set");
    }
    let mask = umask(Mode::from_raw_mode(0o077)).as_raw_mode();
    let command: Vec<&OsStr> = script.command.iter().map(OsStr::new).collect();
    if script.replace {
        let error = sys::process::replace_process(&script.program, &command, mask, None);
        sys::process::exit_now(SpawnError::of_start(error).exit_status().into());
    }
    let lock = script.lock.as_ref().map(|path| {
        let lock = File::create(path).expect("the lock's file");
        flock(&lock, FlockOperation::LockExclusive).expect("the lock");
        lock
    });
    let mut tape = Recorder::new(script);
    let job = Job {
        program: &script.program,
        command: &command,
        input: script.input.as_ref().map_or(Input::Null, |(path, offset)| input(path, *offset)),
        streams: if script.merged { Streams::Merged } else { Streams::Split },
        delivery: if script.withheld { Delivery::Withheld } else { Delivery::Live },
        timeout: script.timeout.map(Duration::from_millis),
        umask: mask,
        environment: None,
    };
    let callers = Destinations { out: rustix::stdio::stdout(), err: rustix::stdio::stderr() };
    let result = run_with(&job, &mut tape, callers, bounds(script));
    let mut report = Report {
        pieces: tape.pieces,
        memory_kib: memory_kib(),
        stdout_is_non_blocking: fcntl_getfl(rustix::stdio::stdout())
            .is_ok_and(|flags| flags.contains(OFlags::NONBLOCK)),
        ..Report::default()
    };
    let status = match &result {
        Ok(run) => {
            report.ending = format!("{:?}", run.ending);
            report.spoiled = run.spoiled.map(|spoiled| format!("{spoiled:?}"));
            report.undelivered = run.undelivered.map(rustix::io::Errno::raw_os_error);
            match run.ending {
                Ending::Exited(status) => Ok(status.into()),
                Ending::TimedOut => Ok(124),
                Ending::Signaled(signal) => Err(signal),
            }
        }
        Err(error) => {
            let status = error.exit_status().into();
            let error = format!("{error:?}");
            report.ending.push_str(error.split('(').next().unwrap_or_default());
            Ok(status)
        }
    };
    let report = serde_json::to_vec(&report).expect("a report");
    fs::write(&script.report, report).expect("the report's file");
    drop(lock);
    match status {
        Ok(status) => sys::process::exit_now(status),
        Err(signal) => sys::process::die_of(signal),
    }
}

fn input(path: &Path, offset: u64) -> Input {
    let mut file = File::open(path).expect("the input");
    file.seek(SeekFrom::Start(offset)).expect("a file that can be sought");
    Input::File(file)
}

fn bounds(script: &Script) -> Bounds {
    let default = Bounds::default();
    let or = |set: Option<u64>, default| set.map_or(default, Duration::from_millis);
    Bounds {
        quiet: or(script.quiet, default.quiet),
        drain: or(script.drain, default.drain),
        stalled: or(script.stalled, default.stalled),
        unread_for: or(script.unread_for, default.unread_for),
        unread_bytes: script.unread_bytes.unwrap_or(default.unread_bytes),
        group_grace: or(script.group_grace, default.group_grace),
        kill_after: or(script.kill_after, default.kill_after),
        ends_when_told: script.ends_when_told,
        ..default
    }
}

fn memory_kib() -> u64 {
    let status = fs::read_to_string("/proc/self/status").expect("/proc");
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).expect("VmHWM");
    line.trim().trim_end_matches(" kB").parse().expect("a number")
}

/// A tape in a file, of limited capacity if the script says so.
struct Recorder {
    file: File,
    events: File,
    pieces: Vec<(Stream, usize)>,
    withheld: Vec<(Stream, Vec<u8>)>,
    withholds: bool,
    room: Option<usize>,
}

impl Recorder {
    fn new(script: &Script) -> Self {
        Self {
            file: File::create(&script.tape).expect("the tape's file"),
            events: File::options().write(true).open(&script.events).expect("the events' pipe"),
            pieces: Vec::new(),
            withheld: Vec::new(),
            withholds: script.withheld,
            room: script.capacity,
        }
    }

    fn deliver_withheld(&mut self) {
        for (stream, bytes) in self.withheld.drain(..) {
            let to = match stream {
                Stream::Out => rustix::stdio::stdout(),
                Stream::Err => rustix::stdio::stderr(),
            };
            sys::fd::write_all(to.as_fd(), &bytes).expect("a reader");
        }
    }
}

impl Tape for Recorder {
    fn record(&mut self, stream: Stream, bytes: &[u8]) -> bool {
        if self.room.is_some_and(|room| room < bytes.len()) {
            self.room = Some(0);
            self.deliver_withheld();
            return false;
        }
        self.room = self.room.map(|room| room - bytes.len());
        self.file.write_all(bytes).expect("room on the tape");
        self.pieces.push((stream, bytes.len()));
        if self.withholds && self.room.is_some() {
            self.withheld.push((stream, bytes.to_vec()));
        }
        true
    }

    fn stalled(&mut self, stalled: bool) {
        writeln!(self.events, "{}", if stalled { "stalled" } else { "moving" }).expect("a reader");
    }
}
