//! Runs the program under test and has one of its system calls fail, or kills it there.
//!
//! The kernel stops a traced process at each system call, before and after. A call is made to fail
//! by giving it a number that the kernel doesn't know, and an error in place of the result. The
//! command that the program starts isn't traced: it is let go when it is executed.

use std::collections::HashMap;
use std::fs::File;
use std::io::{self, PipeReader, Read, pipe};
use std::os::unix::fs::FileExt as _;
use std::os::unix::process::CommandExt as _;
use std::process::Command;
use std::sync::{Arc, Mutex, MutexGuard, Once, PoisonError, Weak};
use std::time::{Duration, Instant};

use rustix::fs::OFlags;

use crate::calls;
use crate::common::{OMOIDE, hold_back_writing};

/// Whoever takes longer hangs.
const LONGEST: Duration = Duration::from_secs(10);

/// What is done to a system call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Effect {
    /// It fails with this error, and has no effect.
    Fail(i32),
    /// It and all that follow with the same number do.
    Refuse(i32),
    /// The process is killed before it is made.
    Kill,
}

/// A system call, and what is done to it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Fault<'a> {
    pub(crate) number: i64,
    /// What it is about, if others with this number don't count.
    pub(crate) about: Option<&'a str>,
    /// Which of those calls, from 0.
    pub(crate) occurrence: usize,
    pub(crate) effect: Effect,
}

/// Whose system calls are looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Whom {
    /// The process that is started, its threads, and what becomes the command. A process that it
    /// leaves in the background is killed at once.
    Caller,
    /// The processes that it leaves in the background.
    Background,
}

/// A system call that was made.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct Seen {
    pub(crate) number: i64,
    /// Which of the calls with this number, from 0.
    pub(crate) occurrence: usize,
    /// What it is about: a path, or what a descriptor leads to; without what differs each time.
    pub(crate) about: String,
}

/// What came of it.
#[derive(Debug)]
pub(crate) struct Report {
    /// As wait(2) has it.
    pub(crate) status: i32,
    pub(crate) out: Vec<u8>,
    pub(crate) err: Vec<u8>,
    /// The calls that were looked at, if that was asked for.
    pub(crate) seen: Vec<Seen>,
    /// The call that was made to fail, if it was made.
    pub(crate) struck: Option<Seen>,
    /// It had to be killed.
    pub(crate) hung: bool,
}

/// Runs a command to its end and to the end of everything that it leaves behind.
///
/// # Panics
/// If the kernel doesn't let us trace it.
pub(crate) fn run(
    mut command: Command,
    whom: Whom,
    fault: Option<Fault<'_>>,
    list: bool,
) -> Report {
    let (out, writer) = pipe().expect("a pipe");
    command.stdout(writer);
    let (err, writer) = pipe().expect("a pipe");
    command.stderr(writer);
    let root = start(command);
    let watch = watched(root);
    let mut tracer = Tracer {
        root,
        whom,
        fault,
        list,
        tasks: HashMap::new(),
        counts: HashMap::new(),
        seen: Vec::new(),
        struck: None,
        status: None,
        watch: Arc::clone(&watch),
    };
    tracer.follow();
    let hung = lock(&watch).hung;
    if fault.is_some_and(|fault| fault.effect == Effect::Kill) {
        // The command that it has left behind mustn't meet what follows.
        kill(-root);
    }
    Report {
        status: tracer.status.expect("it has ended"),
        out: drain(out),
        err: drain(err),
        seen: tracer.seen,
        struck: tracer.struck,
        hung,
    }
}

/// Starts a process that stops when it has become the program.
#[expect(unsafe_code, reason = "ptrace")]
#[expect(clippy::zombie_processes, reason = "the tracer waits for it")]
fn start(mut command: Command) -> i32 {
    // SAFETY: one system call between fork and exec.
    unsafe {
        command.pre_exec(|| ptrace(libc::PTRACE_TRACEME, 0, 0, 0).map(drop));
    }
    let _nobody_writes_programs = hold_back_writing();
    let child = command.process_group(0).spawn().expect("to start it");
    i32::try_from(child.id()).expect("a process id")
}

/// What is in a pipe whose writers have ended, or belong to a command that is left alone.
fn drain(mut from: PipeReader) -> Vec<u8> {
    rustix::fs::fcntl_setfl(&from, OFlags::NONBLOCK).expect("a pipe");
    let mut bytes = Vec::new();
    match from.read_to_end(&mut bytes) {
        Err(error) if error.kind() != io::ErrorKind::WouldBlock => panic!("{error}"),
        _ => bytes,
    }
}

/// What the watchdog has to know of a run.
struct Watch {
    deadline: Instant,
    /// The process group of the caller, and every process that is traced.
    group: i32,
    tasks: Vec<i32>,
    hung: bool,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Has a run killed when it takes too long: waiting for processes has no time limit of its own.
fn watched(group: i32) -> Arc<Mutex<Watch>> {
    static RUNS: Mutex<Vec<Weak<Mutex<Watch>>>> = Mutex::new(Vec::new());
    static WATCHDOG: Once = Once::new();
    WATCHDOG.call_once(|| {
        std::thread::spawn(|| {
            loop {
                std::thread::sleep(Duration::from_millis(100));
                lock(&RUNS).retain(|run| run.upgrade().is_some_and(|run| keep_time(&run)));
            }
        });
    });
    let deadline = Instant::now() + LONGEST;
    let watch = Arc::new(Mutex::new(Watch { deadline, group, tasks: vec![group], hung: false }));
    lock(&RUNS).push(Arc::downgrade(&watch));
    watch
}

/// Ends a run that is over its time; whether it isn't.
fn keep_time(run: &Mutex<Watch>) -> bool {
    let mut run = lock(run);
    if Instant::now() < run.deadline {
        return true;
    }
    run.hung = true;
    kill(-run.group);
    for &task in &run.tasks {
        kill(task);
    }
    false
}

#[expect(unsafe_code, reason = "kill, of groups as well")]
fn kill(process: i32) {
    // SAFETY: no memory is involved.
    unsafe { libc::kill(process, libc::SIGKILL) };
}

/// Follows one run.
struct Tracer<'a> {
    root: i32,
    whom: Whom,
    fault: Option<Fault<'a>>,
    list: bool,
    tasks: HashMap<i32, Task>,
    counts: HashMap<i64, usize>,
    seen: Vec<Seen>,
    struck: Option<Seen>,
    status: Option<i32>,
    watch: Arc<Mutex<Watch>>,
}

/// A thread that is traced.
#[derive(Clone, Copy, Default)]
struct Task {
    /// It has stopped at its beginning, and may go on.
    has_begun: bool,
    /// Its calls count: its own code has begun.
    counts: bool,
    place: Place,
    /// What the call under way is to return.
    error: Option<i32>,
}

/// Where a thread stands to the process that was started.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
enum Place {
    /// In it.
    #[default]
    Caller,
    /// In a process that was forked from it.
    Forked,
    /// In one that has left its session.
    Background,
}

impl Tracer<'_> {
    fn follow(&mut self) {
        while let Some((task, status)) = wait() {
            if libc::WIFSTOPPED(status) {
                self.stopped(task, status);
            } else {
                if task == self.root {
                    self.status = Some(status);
                }
                self.forget(task);
            }
        }
    }

    fn forget(&mut self, task: i32) {
        self.tasks.remove(&task);
        lock(&self.watch).tasks.retain(|&other| other != task);
    }

    fn stopped(&mut self, id: i32, status: i32) {
        if !self.tasks.contains_key(&id) && id == self.root {
            // The program has just been executed.
            const OPTIONS: i32 = libc::PTRACE_O_TRACESYSGOOD
                | libc::PTRACE_O_TRACEFORK
                | libc::PTRACE_O_TRACEVFORK
                | libc::PTRACE_O_TRACECLONE
                | libc::PTRACE_O_TRACEEXEC
                | libc::PTRACE_O_EXITKILL;
            self.tasks.insert(id, Task { has_begun: true, ..Task::default() });
            go(libc::PTRACE_SETOPTIONS, id, OPTIONS);
            return self.resume(id, 0);
        }
        let signal = libc::WSTOPSIG(status);
        match status >> 16 {
            0 if signal == libc::SIGTRAP | 0x80 => self.at_call(id),
            // A new task; its parent may not have said so yet.
            0 if signal == libc::SIGSTOP && !self.tasks.contains_key(&id) => {
                self.tasks.insert(id, Task::default());
                lock(&self.watch).tasks.push(id);
            }
            0 if signal == libc::SIGSTOP && self.begins(id) => self.resume(id, 0),
            0 => self.resume(id, signal),
            libc::PTRACE_EVENT_EXEC if !is_omoide(id) => {
                go(libc::PTRACE_DETACH, id, 0);
                self.forget(id);
            }
            event @ (libc::PTRACE_EVENT_FORK
            | libc::PTRACE_EVENT_VFORK
            | libc::PTRACE_EVENT_CLONE) => self.adopt(id, event),
            _ => self.resume(id, 0),
        }
    }

    /// Whether a task stops for the first time.
    fn begins(&mut self, id: i32) -> bool {
        self.tasks.get_mut(&id).is_some_and(|task| !std::mem::replace(&mut task.has_begun, true))
    }

    /// A task has made another one.
    fn adopt(&mut self, parent: i32, event: i32) {
        let child = event_message(parent);
        let inherited = self.tasks.get(&parent).copied().unwrap_or_default();
        let is_thread = event == libc::PTRACE_EVENT_CLONE;
        let waits = self.tasks.contains_key(&child);
        let place = match inherited.place {
            Place::Caller if !is_thread => Place::Forked,
            place => place,
        };
        let task = Task { has_begun: waits, error: None, place, ..inherited };
        self.tasks.insert(child, task);
        if waits {
            // It has stopped already, and waits to be known.
            self.resume(child, 0);
        } else {
            lock(&self.watch).tasks.push(child);
        }
        self.resume(parent, 0);
    }

    fn resume(&self, id: i32, signal: i32) {
        // With nothing left to do to it, it needn't stop at each call.
        let is_done = self.struck.is_some()
            && !self.list
            && !self.fault.is_some_and(|fault| matches!(fault.effect, Effect::Refuse(_)))
            && !(self.whom == Whom::Caller);
        let how = if is_done { libc::PTRACE_CONT } else { libc::PTRACE_SYSCALL };
        go(how, id, signal);
    }

    fn at_call(&mut self, id: i32) {
        let Some(call) = call_of(id) else { return self.resume(id, 0) };
        let Some(task) = self.tasks.get_mut(&id) else { return };
        match call {
            Stop::Entry { number, args } => {
                if number == libc::SYS_setsid && task.place != Place::Caller {
                    // What the background leaves in the background is another matter.
                    if self.whom == Whom::Caller || task.place == Place::Background {
                        return kill(id);
                    }
                    task.place = Place::Background;
                }
                if number == libc::SYS_clock_nanosleep && is_gathering(id, args[2]) {
                    // Nobody else comes.
                    skip_call(id);
                    task.error = Some(0);
                    return self.resume(id, 0);
                }
                task.counts |= match self.whom {
                    // The program's own first act; the C library's come before.
                    Whom::Caller => number == libc::SYS_fcntl && args[..2] == [0, 1],
                    Whom::Background => task.place == Place::Background,
                };
                if task.counts {
                    self.strike(id, number, &args);
                } else {
                    self.resume(id, 0);
                }
            }
            Stop::Exit => {
                if let Some(error) = task.error.take() {
                    set_result(id, -i64::from(error));
                }
                self.resume(id, 0);
            }
        }
    }

    /// A call that counts is about to be made.
    fn strike(&mut self, id: i32, number: i64, args: &[u64; 6]) {
        let is_wanted = |fault: &Fault<'_>| fault.number == number;
        if !self.list && !self.fault.as_ref().is_some_and(is_wanted) {
            return self.resume(id, 0);
        }
        let about = calls::about(id, number, args);
        let is_other = |fault: Fault<'_>| fault.about.is_some_and(|wanted| wanted != about);
        if self.fault.is_some_and(is_other) {
            return self.resume(id, 0);
        }
        let count = self.counts.entry(number).or_default();
        let occurrence = *count;
        *count += 1;
        let seen = Seen { number, occurrence, about };
        if self.list {
            self.seen.push(seen.clone());
        }
        let Some(fault) = self.fault.filter(is_wanted) else {
            return self.resume(id, 0);
        };
        let is_it = match fault.effect {
            Effect::Refuse(_) => occurrence >= fault.occurrence,
            _ => occurrence == fault.occurrence,
        };
        if !is_it {
            return self.resume(id, 0);
        }
        self.struck.get_or_insert(seen);
        match fault.effect {
            Effect::Fail(error) | Effect::Refuse(error) => {
                // Nothing keeps the kernel from closing a descriptor, whatever it says.
                if number != libc::SYS_close {
                    skip_call(id);
                }
                if let Some(task) = self.tasks.get_mut(&id) {
                    task.error = Some(error);
                }
                self.resume(id, 0);
            }
            Effect::Kill => {
                kill(id);
                if self.whom == Whom::Caller {
                    kill(self.root);
                }
            }
        }
    }
}

/// Waits for any task of this thread's; nothing if there is none left.
#[expect(unsafe_code, reason = "wait with the flags of tracers")]
fn wait() -> Option<(i32, i32)> {
    let mut status = 0;
    // SAFETY: the status is valid. Other threads have runs of their own.
    let task = unsafe { libc::waitpid(-1, &raw mut status, libc::__WALL | libc::__WNOTHREAD) };
    if task >= 0 {
        return Some((task, status));
    }
    let error = io::Error::last_os_error();
    assert_eq!(error.raw_os_error(), Some(libc::ECHILD), "{error}");
    None
}

/// Whether a process runs the program under test.
fn is_omoide(id: i32) -> bool {
    let file = std::fs::read_link(format!("/proc/{id}/exe"));
    file.is_ok_and(|file| file == std::path::Path::new(OMOIDE))
}

enum Stop {
    Entry { number: i64, args: [u64; 6] },
    Exit,
}

/// The beginning of the kernel's `ptrace_syscall_info`.
#[repr(C)]
#[derive(Default)]
struct SyscallInfo {
    op: u8,
    _arch: u32,
    _pointers: [u64; 2],
    number: u64,
    args: [u64; 6],
    _more: [u64; 2],
}

fn call_of(id: i32) -> Option<Stop> {
    const PTRACE_GET_SYSCALL_INFO: u32 = 0x420e;
    let mut info = SyscallInfo::default();
    let size = size_of::<SyscallInfo>();
    ptrace(PTRACE_GET_SYSCALL_INFO, id, size, &raw mut info as usize).ok()?;
    match info.op {
        1 => Some(Stop::Entry { number: i64::try_from(info.number).ok()?, args: info.args }),
        2 => Some(Stop::Exit),
        _ => None,
    }
}

fn event_message(id: i32) -> i32 {
    let mut message: libc::c_ulong = 0;
    let told = ptrace(libc::PTRACE_GETEVENTMSG, id, 0, &raw mut message as usize);
    told.expect("the id of the new task");
    i32::try_from(message).expect("a process id")
}

/// Places of registers in the kernel's `struct user`.
const ORIG_RAX: usize = 15 * 8;
const RAX: usize = 10 * 8;

fn skip_call(id: i32) {
    let none = -1_isize;
    let _ = ptrace(libc::PTRACE_POKEUSER, id, ORIG_RAX, none.cast_unsigned());
}

fn set_result(id: i32, result: i64) {
    let value = usize::try_from(result.cast_unsigned()).expect("a register");
    let _ = ptrace(libc::PTRACE_POKEUSER, id, RAX, value);
}

/// Whether a pause is the one in which the process that takes changes in waits for more of them.
fn is_gathering(id: i32, address: u64) -> bool {
    const GATHERING: [u64; 2] = [0, 100_000_000];
    let mut bytes = [0; 16];
    let memory = File::open(format!("/proc/{id}/mem"));
    let read = memory.and_then(|memory| memory.read_exact_at(&mut bytes, address));
    read.is_ok() && bytes == GATHERING.map(u64::to_ne_bytes).concat()[..]
}

/// Asks for something that fails only if the task has been killed meanwhile.
fn go(request: u32, id: i32, data: i32) {
    let asked = ptrace(request, id, 0, usize::try_from(data).expect("no negative number"));
    if let Err(error) = asked {
        assert_eq!(error.raw_os_error(), Some(libc::ESRCH), "ptrace: {error}");
    }
}

#[expect(unsafe_code, reason = "ptrace")]
fn ptrace(request: u32, id: i32, address: usize, data: usize) -> io::Result<i64> {
    // SAFETY: what is written to is as large as the request has it; the callers are above.
    match unsafe { libc::ptrace(request, id, address, data) } {
        -1 => Err(io::Error::last_os_error()),
        result => Ok(result),
    }
}

/// Reads a text of a process' memory, up to its zero byte.
pub(crate) fn text_of(id: i32, address: u64) -> Option<String> {
    let memory = File::open(format!("/proc/{id}/mem")).ok()?;
    let mut bytes = [0; 256];
    let read = memory.read_at(&mut bytes, address).ok()?;
    let end = bytes[..read].iter().position(|&byte| byte == 0)?;
    Some(String::from_utf8_lossy(&bytes[..end]).into_owned())
}
