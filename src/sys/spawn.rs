//! Starting a command without copying this process first.
//!
//! A fork copies the page tables, and each page that either of the two writes to afterwards. Here the
//! new process borrows our memory until it executes the command, and we stand still meanwhile, as
//! with vfork; on a stack of its own, because ours is in use. The C library's `posix_spawn` works in
//! the same way but leaves two signals ignored that nobody had ignored (32 and 33, its own).

use std::ffi::{CString, OsStr, c_char, c_int, c_void};
use std::io;
use std::os::fd::BorrowedFd;
use std::path::Path;
use std::ptr;

use rustix::fs::Mode;
use rustix::process::{Pid, WaitOptions, umask, waitpid};

use super::process::{anchored, c_string, exit_now};
use super::{environment, fd, inherited};

/// A handful of frames, each a few words, and one of the C library's.
const STACK: usize = 32 * 1024;

/// All that the new process needs, in memory that we share with it.
struct Order<'a> {
    program: CString,
    words: Vec<*const c_char>,
    streams: [BorrowedFd<'a>; 3],
    umask: u32,
    /// Why nothing was executed: by the kernel's error.
    error: Option<i32>,
    /// Whether it was the program that the kernel refused, not what comes before.
    is_of_program: bool,
}

/// Starts a command in our environment with these descriptors as its standard three, and with the
/// umask, the signal mask and the dispositions that omoide inherited, or those that it adopted.
/// `None` where it takes the usual way, [`super::process::restored`]: the file isn't a program that
/// the kernel knows, and a shell may run it; or this way of making a process is barred, or something
/// is scarce.
///
/// The descriptors must be above 2, or each the one that it is to be.
///
/// # Errors
/// The kernel's, when it executes the program.
pub fn spawn(
    program: &Path,
    command: &[&OsStr],
    streams: [BorrowedFd<'_>; 3],
    umask: u32,
) -> io::Result<Option<Pid>> {
    let words: Vec<CString> =
        command.iter().map(|word| c_string(word)).collect::<Result<_, _>>()?;
    let mut order = Order {
        program: c_string(anchored(program).as_os_str())?,
        words: words.iter().map(|word| word.as_ptr()).chain([ptr::null()]).collect(),
        streams,
        umask,
        error: None,
        is_of_program: false,
    };
    let Ok(started) = start(&mut order) else { return Ok(None) };
    let Some(error) = order.error else { return Ok(Some(started)) };
    // It has ended already.
    let _ = waitpid(Some(started), WaitOptions::empty());
    let is_final = order.is_of_program && error != libc::ENOEXEC;
    if is_final { Err(io::Error::from_raw_os_error(error)) } else { Ok(None) }
}

#[expect(unsafe_code, reason = "clone")]
fn start(order: &mut Order<'_>) -> io::Result<Pid> {
    let mut stack: Vec<u8> = Vec::with_capacity(STACK);
    let flags = libc::CLONE_VM | libc::CLONE_VFORK | libc::SIGCHLD;
    // SAFETY: the stack is nobody else's and its end is aligned; it and the order outlive the
    // borrowing, because this call returns when the new process has executed something or has
    // ended. What it does there is system calls. (errno is ours, too: nothing relies on it.)
    let started = unsafe {
        let top = stack.as_mut_ptr().add(STACK);
        let top = top.sub(top.addr() % 16);
        libc::clone(execute, top.cast(), flags, ptr::from_mut(order).cast())
    };
    match started {
        -1 => Err(io::Error::last_os_error()),
        pid => Ok(Pid::from_raw(pid).expect("no child has the id 0")),
    }
}

/// The new process, until it is the command.
#[expect(unsafe_code, reason = "what runs before exec")]
extern "C" fn execute(order: *mut c_void) -> c_int {
    // SAFETY: what `start` gave, which is waiting for us.
    let order = unsafe { &mut *order.cast::<Order<'_>>() };
    order.error = Some(prepare(order).map_or_else(
        |error| code(&error),
        |()| {
            order.is_of_program = true;
            // SAFETY: all of it is null-terminated, and nobody changes the environment meanwhile.
            unsafe {
                libc::execve(order.program.as_ptr(), order.words.as_ptr(), environment::block())
            };
            code(&io::Error::last_os_error())
        },
    ));
    exit_now(127)
}

fn prepare(order: &Order<'_>) -> io::Result<()> {
    for (stream, target) in order.streams.iter().zip(0..) {
        // The new process' table of descriptors is its own.
        fd::put_at(*stream, target)?;
    }
    umask(Mode::from_raw_mode(order.umask));
    inherited::hand_on();
    Ok(())
}

fn code(error: &io::Error) -> i32 {
    error.raw_os_error().unwrap_or(libc::EINVAL)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs::File;
    use std::os::fd::AsFd as _;

    fn start(program: &str, words: &[&str]) -> io::Result<Option<Pid>> {
        let null = File::options().read(true).write(true).open("/dev/null")?;
        let words: Vec<&OsStr> = words.iter().map(OsStr::new).collect();
        spawn(Path::new(program), &words, [null.as_fd(); 3], 0o123)
    }

    #[test]
    fn what_can_not_be_executed_is_told_by_the_kernels_error() {
        for (program, error) in [("/no/such/program", libc::ENOENT), ("/", libc::EACCES)] {
            let refused = start(program, &["name"]).expect_err(program);
            assert_eq!(refused.raw_os_error(), Some(error), "{program}");
        }
        let refused = start("/bin/sh", &["a\0b"]).expect_err("no C string");
        assert_eq!(refused.kind(), io::ErrorKind::InvalidInput);
    }

    #[test]
    fn it_gets_the_umask_that_was_asked_for() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("mask");
        let line = format!("umask >'{}'", path.display());
        let started = start("/bin/sh", &["sh", "-c", &line]).expect("a process").expect("started");
        waitpid(Some(started), WaitOptions::empty()).expect("its end");
        assert_eq!(std::fs::read_to_string(path).expect("its umask").trim(), "0123");
    }
}
