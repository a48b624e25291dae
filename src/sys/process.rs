//! Processes: starting and becoming another one, forking, dying.

use std::convert::Infallible;
use std::ffi::{CString, OsStr, OsString, c_char};
use std::io;
use std::os::fd::AsRawFd as _;
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::Command;
use std::ptr;

use rustix::fs::{Mode, OFlags};
use rustix::process::{
    DumpableBehavior, Pid, Resource, Rlimit, getpid, set_dumpable_behavior, setrlimit, umask,
};

use super::{environment, inherited, signal};

/// A command that starts with the signal mask and the dispositions that omoide inherited or has
/// adopted, whatever it made of them for itself, and with this umask.
///
/// A file that the kernel refuses for want of a `#!` is run by /bin/sh: the standard library
/// executes by way of execvp, which does that, as env and the shells do.
#[must_use]
#[expect(unsafe_code, reason = "what runs between fork and exec")]
pub fn restored(program: &Path, command: &[&OsStr], mask: u32) -> Command {
    inherited::note_what_the_library_changes();
    let mut prepared = Command::new(anchored(program).as_ref());
    if let Some((name, arguments)) = command.split_first() {
        prepared.arg0(name).args(arguments);
    }
    // SAFETY: between fork and exec only system calls are made. It must be here: the standard
    // library resets SIGPIPE and the mask before it calls this.
    unsafe {
        prepared.pre_exec(move || {
            umask(Mode::from_raw_mode(mask));
            inherited::hand_on();
            Ok(())
        });
    }
    prepared
}

/// Replaces this process by a command, with one more variable in its environment where that is
/// asked for. Returns only if that failed.
#[must_use]
pub fn replace_process(
    program: &Path,
    command: &[&OsStr],
    umask: u32,
    variable: Option<(&str, &OsStr)>,
) -> io::Error {
    execute(anchored(program).as_os_str(), command, umask, variable)
        .expect_err("it would have replaced us")
}

/// Replaces this process by the command of this name, which the C library looks for on PATH where it
/// holds no `/`: for when we can't. Returns only if that failed.
#[must_use]
pub fn replace_process_by_name(command: &[&OsStr], umask: u32) -> io::Error {
    execute(command.first().copied().unwrap_or_default(), command, umask, None)
        .expect_err("it would have replaced us")
}

/// By way of execvp, which looks for what holds no `/` and has /bin/sh run what the kernel refuses
/// for want of a `#!`. The standard library does more beforehand, and gives up where any of it fails.
#[expect(unsafe_code, reason = "exec")]
fn execute(
    file: &OsStr,
    command: &[&OsStr],
    mask: u32,
    variable: Option<(&str, &OsStr)>,
) -> io::Result<Infallible> {
    let file = c_string(file)?;
    let words: Vec<CString> =
        command.iter().map(|word| c_string(word)).collect::<Result<_, _>>()?;
    let words: Vec<*const c_char> =
        words.iter().map(|word| word.as_ptr()).chain([ptr::null()]).collect();
    let added = match variable {
        Some((name, value)) => Some((name, c_string(&assignment(name, value))?)),
        None => None,
    };
    let environment =
        environment::with(added.as_ref().map(|(name, line)| (*name, line.as_c_str())));
    umask(Mode::from_raw_mode(mask));
    inherited::hand_on();
    // SAFETY: all of it is null-terminated and outlives the call.
    unsafe { libc::execvpe(file.as_ptr(), words.as_ptr(), environment.as_ptr()) };
    Err(io::Error::last_os_error())
}

fn assignment(name: &str, value: &OsStr) -> OsString {
    let mut line = OsString::from(name);
    line.push("=");
    line.push(value);
    line
}

pub(super) fn c_string(text: &OsStr) -> io::Result<CString> {
    Ok(CString::new(text.as_bytes())?)
}

/// Ends this process by a signal with its default effect, without a core: whoever waits for it
/// (a shell's loop after Ctrl-C) sees that it *died* of the signal.
#[expect(unsafe_code, reason = "raise and _exit")]
pub fn die_of(signal: i32) -> ! {
    // The first is not enough: a core pattern that starts a program (systemd-coredump, apport)
    // disregards a limit of 0.
    let _ = set_dumpable_behavior(DumpableBehavior::NotDumpable);
    let no_core = Rlimit { current: Some(0), maximum: Some(0) };
    let _ = setrlimit(Resource::Core, no_core);
    // Refused for SIGKILL, which needs neither.
    let _ = signal::set_default(signal);
    let _ = signal::Mask::of(&[signal]).unblock();
    // SAFETY: no memory is involved. By kill, as raise wants a thread's name that needn't fit.
    unsafe { libc::kill(getpid().as_raw_nonzero().get(), signal) };
    // A signal that ends nobody.
    exit_now(128 + signal)
}

/// Ends this process at once: nothing is flushed, no handler runs.
#[expect(unsafe_code, reason = "_exit")]
pub fn exit_now(status: i32) -> ! {
    // SAFETY: no memory is involved, and nothing runs in this process afterwards.
    unsafe { libc::_exit(status) }
}

/// Forks: the child's id in the parent, `None` in the child.
///
/// Only for a process of one thread; a child of several must keep to what is async-signal-safe.
///
/// # Errors
///
/// The kernel's: no process or no memory left.
#[expect(unsafe_code, reason = "fork")]
pub fn fork() -> io::Result<Option<Pid>> {
    // SAFETY: the child has this one thread, and the locks that it may find held are those of
    // other threads, which the documentation rules out.
    match unsafe { libc::fork() } {
        -1 => Err(io::Error::last_os_error()),
        child => Ok(Pid::from_raw(child)),
    }
}

/// A process group by its number, which is 0 for every one whose leader is outside our process
/// id namespace: `unshare --pid --fork` leaves its command in such a group.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Group(pub i32);

/// The process group that we are in.
#[must_use]
#[expect(unsafe_code, reason = "getpgrp, whose 0 rustix takes for impossible")]
pub fn own_group() -> Group {
    // SAFETY: no memory is involved.
    Group(unsafe { libc::getpgrp() })
}

/// The process group that another process is in, unless it has gone.
#[must_use]
#[expect(unsafe_code, reason = "getpgid, whose 0 rustix takes for impossible")]
pub fn group_of(process: Pid) -> Option<Group> {
    // SAFETY: no memory is involved.
    let group = unsafe { libc::getpgid(process.as_raw_nonzero().get()) };
    (group >= 0).then_some(Group(group))
}

/// Gives up the controlling terminal, if there is one, for this process and what it starts. Not
/// for the leader of a session, which would take it from all of them.
#[expect(unsafe_code, reason = "rustix has no TIOCNOTTY")]
pub fn leave_terminal() {
    let flags = OFlags::RDWR | OFlags::NOCTTY | OFlags::NONBLOCK | OFlags::CLOEXEC;
    if let Ok(terminal) = rustix::fs::open("/dev/tty", flags, Mode::empty()) {
        // SAFETY: no memory is involved.
        unsafe { libc::ioctl(terminal.as_raw_fd(), libc::TIOCNOTTY) };
    }
}

/// A path that is not searched for: a bare name is one in the working directory.
pub(super) fn anchored(program: &Path) -> std::borrow::Cow<'_, Path> {
    if program.as_os_str().as_encoded_bytes().contains(&b'/') {
        program.into()
    } else {
        Path::new(".").join(program).into()
    }
}
