//! One call of a program: what it is given, how its streams are taken, how long it may take.

use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::io::{PipeReader, Read, Seek, SeekFrom, Write, pipe};
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, Stdio};
use std::sync::{PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};
use std::thread::JoinHandle;

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::process::{Pid, PidfdFlags, Signal, kill_process, pidfd_open};

use super::{Ran, Sandbox, descendants_of};

/// A call that takes longer hangs.
const LONGEST: Timespec = Timespec { tv_sec: 60, tv_nsec: 0 };

/// While this is held, no program is written.
pub(crate) fn hold_back_writing() -> RwLockReadGuard<'static, ()> {
    STARTS.read().unwrap_or_else(PoisonError::into_inner)
}

static STARTS: RwLock<()> = RwLock::new(());

/// While this is held, no call is started.
pub(super) fn hold_back_starts() -> RwLockWriteGuard<'static, ()> {
    STARTS.write().unwrap_or_else(PoisonError::into_inner)
}

/// A call that hasn't been made yet. Nothing of the environment of the tests reaches it.
pub(crate) struct Call {
    command: Command,
    merged: bool,
    captured: bool,
}

impl Call {
    pub(super) fn new<W: AsRef<OsStr>>(
        sandbox: &Sandbox,
        program: impl AsRef<OsStr>,
        words: impl IntoIterator<Item = W>,
    ) -> Call {
        let mut path = OsString::from(sandbox.bin());
        path.push(":/usr/local/bin:/usr/bin:/bin:/usr/local/sbin:/usr/sbin:/sbin");
        let mut command = Command::new(program);
        command
            .args(words)
            .env_clear()
            .env("PATH", path)
            .env("HOME", sandbox.home())
            .env("PWD", sandbox.work())
            .env("LC_ALL", "C.UTF-8")
            .current_dir(sandbox.work())
            .stdin(Stdio::null());
        Call { command, merged: false, captured: true }
    }

    pub(crate) fn arg(mut self, word: impl AsRef<OsStr>) -> Call {
        self.command.arg(word);
        self
    }

    pub(crate) fn args<W: AsRef<OsStr>>(mut self, words: impl IntoIterator<Item = W>) -> Call {
        self.command.args(words);
        self
    }

    pub(crate) fn env(mut self, name: impl AsRef<OsStr>, value: impl AsRef<OsStr>) -> Call {
        self.command.env(name, value);
        self
    }

    pub(crate) fn without(mut self, name: &str) -> Call {
        self.command.env_remove(name);
        self
    }

    /// Made in this folder, which `$PWD` names.
    pub(crate) fn within(self, folder: impl AsRef<std::path::Path>) -> Call {
        let call = self.env("PWD", folder.as_ref());
        call.within_quietly(folder)
    }

    /// Made in this folder, of which `$PWD` knows nothing.
    pub(crate) fn within_quietly(mut self, folder: impl AsRef<std::path::Path>) -> Call {
        self.command.current_dir(folder);
        self
    }

    /// Reads these bytes from standard input.
    pub(crate) fn stdin(self, bytes: impl AsRef<[u8]>) -> Call {
        let mut file = tempfile::tempfile().expect("a file");
        file.write_all(bytes.as_ref()).expect("to write it");
        file.seek(SeekFrom::Start(0)).expect("to rewind it");
        self.reads(file)
    }

    /// Reads from this.
    pub(crate) fn reads(mut self, from: impl Into<Stdio>) -> Call {
        self.command.stdin(from);
        self
    }

    /// Standard output and standard error are one pipe, as after `2>&1`.
    pub(crate) fn merged(mut self) -> Call {
        self.merged = true;
        self
    }

    /// Writes standard output and standard error there; nothing is captured.
    pub(crate) fn writes(mut self, out: impl Into<Stdio>, err: impl Into<Stdio>) -> Call {
        self.command.stdout(out).stderr(err);
        self.captured = false;
        self
    }

    /// Appends standard output to this file in the working directory, and drops standard error.
    pub(crate) fn appends_to(self, path: &std::path::Path) -> Call {
        let file = File::options().create(true).append(true).open(path).expect("a file");
        self.writes(file, Stdio::null())
    }

    /// Made in a process group of its own.
    pub(crate) fn in_own_group(mut self) -> Call {
        self.command.process_group(0);
        self
    }

    /// The command that makes the call, for whoever starts it otherwise.
    pub(crate) fn into_command(self) -> Command {
        self.command
    }

    /// Makes the call and waits for its end.
    #[track_caller]
    pub(crate) fn run(self) -> Ran {
        self.start().finish()
    }

    /// Makes the call.
    #[track_caller]
    pub(crate) fn start(mut self) -> Running {
        let mut readers = Vec::new();
        if self.captured {
            let (out, writer) = pipe().expect("a pipe");
            readers.push(capture(out));
            if self.merged {
                self.command.stderr(writer.try_clone().expect("a descriptor"));
            } else {
                let (err, writer) = pipe().expect("a pipe");
                readers.push(capture(err));
                self.command.stderr(writer);
            }
            self.command.stdout(writer);
        }
        let child = {
            let _nobody_writes_programs = hold_back_writing();
            self.command.spawn().expect("to start it")
        };
        Running { child: Some(child), readers }
    }
}

fn capture(mut from: PipeReader) -> JoinHandle<Vec<u8>> {
    std::thread::spawn(move || {
        let mut bytes = Vec::new();
        from.read_to_end(&mut bytes).expect("to read it");
        bytes
    })
}

/// A call under way; killed, with all that it has started, when it is dropped before its end.
pub(crate) struct Running {
    child: Option<Child>,
    readers: Vec<JoinHandle<Vec<u8>>>,
}

impl Running {
    pub(crate) fn pid(&self) -> Pid {
        Pid::from_child(self.child.as_ref().expect("a process"))
    }

    pub(crate) fn signal(&self, signal: Signal) {
        kill_process(self.pid(), signal).expect("to send a signal");
    }

    /// Waits for the end.
    #[track_caller]
    pub(crate) fn finish(mut self) -> Ran {
        self.wait_at_most_the_longest();
        let status = self.child.take().expect("a process").wait().expect("to wait for it");
        let mut captured = self.readers.drain(..).map(|reader| reader.join().expect("bytes"));
        let out = captured.next().unwrap_or_default();
        let err = captured.next().unwrap_or_default();
        Ran { out, err, status }
    }

    #[track_caller]
    fn wait_at_most_the_longest(&self) {
        let process = pidfd_open(self.pid(), PidfdFlags::empty()).expect("a descriptor");
        let mut polled = [PollFd::new(&process, PollFlags::IN)];
        let ended = poll(&mut polled, Some(&LONGEST)).expect("to poll");
        assert_eq!(ended, 1, "it hangs");
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if let Some(mut child) = self.child.take() {
            for process in descendants_of(Pid::from_child(&child)) {
                let _ = kill_process(process, Signal::KILL);
            }
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}
