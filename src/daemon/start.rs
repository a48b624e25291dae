//! Starting a daemon that outlives whoever starts it.

use std::io::{self, Read};
use std::os::unix::fs::MetadataExt;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{ChildStdout, Command, Stdio};
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};

use super::settings::Settings;
use super::{BRIEFLY, Failed};
use crate::ipc::{Client, Unanswered};
use crate::store::Store;

/// How long a daemon may take until it serves: somebody else may have the catalog.
const LONGEST: Duration = Duration::from_secs(20);
/// What a service manager tells a service and none of its children.
pub(super) const NOT_FOR_CHILDREN: [&str; 6] = [
    "NOTIFY_SOCKET",
    "WATCHDOG_USEC",
    "WATCHDOG_PID",
    "LISTEN_PID",
    "LISTEN_FDS",
    "LISTEN_FDNAMES",
];

/// What became of an attempt to start a daemon.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Started {
    /// It runs.
    New(u32),
    /// There was one.
    Already(u32),
}

/// Starts the daemon of a cache folder and waits until it serves.
///
/// # Errors
/// Why it doesn't.
pub fn start(settings: &Settings) -> Result<Started, Failed> {
    let deadline = Instant::now() + LONGEST;
    let store = Store::prepare(&settings.cache_dir)?;
    match answers(&store, BRIEFLY * 5) {
        Some(Ok(pid)) => return Ok(Started::Already(pid)),
        Some(Err(Unanswered::Older(_))) => {
            if let Some(pid) = await_answer(&store, deadline) {
                return Ok(Started::New(pid));
            }
        }
        _ => {}
    }
    spawn(settings, &store, deadline)
}

/// Who answers, if anybody does.
fn answers(store: &Store, patience: Duration) -> Option<Result<u32, Unanswered>> {
    match Client::connect(store, Instant::now() + patience) {
        Ok(client) => Some(Ok(client.daemon().pid)),
        Err(Unanswered::Newer(daemon)) => Some(Ok(daemon.pid)),
        Err(Unanswered::Nobody) => None,
        Err(other) => Some(Err(other)),
    }
}

fn await_answer(store: &Store, deadline: Instant) -> Option<u32> {
    while Instant::now() < deadline {
        if let Some(Ok(pid)) = answers(store, BRIEFLY) {
            return Some(pid);
        }
        std::thread::sleep(Duration::from_millis(5));
    }
    None
}

/// The new process detaches itself, and says on its standard output what becomes of it: `ready`,
/// or a line with the reason why not.
fn spawn(settings: &Settings, store: &Store, deadline: Instant) -> Result<Started, Failed> {
    let failed = |error| Failed::Io("start a process", error);
    let mut command = Command::new(program());
    command.arg0("omoide").args(settings.words()).arg("--detached");
    for name in NOT_FOR_CHILDREN {
        command.env_remove(name);
    }
    let mut child = command
        .current_dir("/")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .map_err(failed)?;
    let pid = child.id();
    let said = match child.stdout.take() {
        Some(out) => hear(out, deadline).map_err(failed)?,
        None => String::new(),
    };
    match said.as_str() {
        "ready" => Ok(Started::New(pid)),
        // Somebody else's was faster.
        "running" => match store.daemon_pid() {
            Some(pid) => Ok(Started::Already(pid)),
            None => Err(Failed::Catalog("the daemon has just left; try again".to_owned())),
        },
        "" => Err(Failed::Catalog("the daemon has ended without saying why".to_owned())),
        why => Err(Failed::Catalog(format!("the daemon doesn't serve yet: {why}"))),
    }
}

/// What a new process says first, or why nothing is heard of it in time.
fn hear(mut out: ChildStdout, deadline: Instant) -> io::Result<String> {
    let left = deadline.saturating_duration_since(Instant::now());
    let left = Timespec::try_from(left).map_err(io::Error::other)?;
    if poll(&mut [PollFd::new(&out, PollFlags::IN)], Some(&left))? == 0 {
        return Ok("it waits for another process that has the catalog".to_owned());
    }
    let mut buffer = [0; 4096];
    let read = out.read(&mut buffer)?;
    Ok(String::from_utf8_lossy(&buffer[..read]).trim().to_owned())
}

/// Cuts a process that was started by [`start`] off from whoever started it.
///
/// # Errors
/// The kernel's, which has no reason to refuse.
pub fn detach() -> Result<(), Failed> {
    match rustix::process::setsid() {
        Ok(_) | Err(rustix::io::Errno::PERM) => Ok(()),
        Err(errno) => Err(Failed::Io("begin a session", errno.into())),
    }
}

/// Tells who started this process what has become of it, and lets go of them.
pub fn tell(result: Result<(), &Failed>) {
    let line = match result {
        Ok(()) => "ready\n".to_owned(),
        Err(Failed::Running(_)) => "running\n".to_owned(),
        Err(failed) => format!("{failed}\n"),
    };
    let _ = rustix::io::write(rustix::stdio::stdout(), line.as_bytes());
    if let Ok(null) = std::fs::File::options().read(true).write(true).open("/dev/null") {
        let _ = rustix::stdio::dup2_stdout(&null);
    }
}

/// The path of this program: its usual one, or, where that leads to another file by now, the
/// kernel's.
#[must_use]
pub(super) fn program() -> PathBuf {
    let own = Path::new("/proc/self/exe");
    let is_own = |path: &PathBuf| match (path.metadata(), own.metadata()) {
        (Ok(a), Ok(b)) => (a.dev(), a.ino()) == (b.dev(), b.ino()),
        _ => false,
    };
    std::fs::read_link(own).ok().filter(is_own).unwrap_or_else(|| own.to_owned())
}
