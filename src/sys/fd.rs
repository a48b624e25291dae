//! Descriptors that belong to the caller: what they are, and writing to them whole.
//!
//! No inherited descriptor is ever made non-blocking here: its description is shared with the
//! caller. One that is so already is waited for.

mod closing;

use std::fs::File;
use std::io;
use std::ops::Range;
use std::os::fd::{AsFd as _, AsRawFd as _, BorrowedFd, FromRawFd as _, OwnedFd, RawFd};
use std::os::unix::fs::FileExt as _;
use std::time::Duration;

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fs::{FileType, Mode, OFlags, Stat, copy_file_range, fstat, major, minor, sendfile};
use rustix::io::Errno;

pub use self::closing::{close_all_but, keep_only};
use super::clock;
use crate::model::entry::Taking;

/// Why bytes didn't reach the caller.
#[derive(Debug, thiserror::Error)]
pub enum Undelivered {
    /// Whoever read them has gone: no reason to say anything.
    #[error("the reader has gone")]
    ReaderGone,
    /// They can't be written.
    #[error("failed to write: {0}")]
    Write(#[source] io::Error),
    /// They can't be read where they come from.
    #[error("failed to read: {source}")]
    Read {
        /// Why.
        source: io::Error,
        /// How many had been sent by then.
        sent: u64,
    },
}

impl From<Errno> for Undelivered {
    fn from(error: Errno) -> Self {
        match error {
            Errno::PIPE => Self::ReaderGone,
            other => Self::Write(other.into()),
        }
    }
}

/// Writes all of `bytes`, waiting where the descriptor doesn't take them at once.
///
/// # Errors
///
/// Any but `EAGAIN` and `EINTR`. SIGPIPE must be ignored for a reader that has gone to be one.
pub fn write_all(to: BorrowedFd<'_>, mut bytes: &[u8]) -> Result<(), Undelivered> {
    while !bytes.is_empty() {
        match rustix::io::write(to, bytes) {
            Ok(0) => return Err(Errno::IO.into()),
            Ok(written) => bytes = &bytes[written..],
            Err(Errno::INTR) => {}
            Err(Errno::AGAIN) => wait_writable(to),
            Err(other) => return Err(other.into()),
        }
    }
    Ok(())
}

/// Writes `length` bytes of a file from `offset` on, without copying them through this process
/// where the kernel can.
///
/// # Errors
///
/// As [`write_all`]; [`Undelivered::Read`] if the file can't be read or is too short.
pub fn send_file(
    from: &File,
    offset: u64,
    length: u64,
    to: BorrowedFd<'_>,
) -> Result<(), Undelivered> {
    let mut at = offset;
    let end = offset.saturating_add(length);
    if length >= SHARED && is_on_disk(from) {
        at += share(from, at, length, to);
    }
    while at < end {
        let chunk = at_most(end - at, CHUNK);
        match sendfile(to, from, Some(&mut at), chunk) {
            Ok(0) => {
                let source = io::ErrorKind::UnexpectedEof.into();
                return Err(Undelivered::Read { source, sent: at - offset });
            }
            Ok(_) | Err(Errno::INTR) => {}
            Err(Errno::AGAIN) => wait_writable(to),
            Err(Errno::PIPE) => return Err(Undelivered::ReaderGone),
            // Files opened for appending, and whatever else can't take pages. Which side a real
            // error is on shows when the bytes go through our hands.
            Err(_) => return copy(from, offset, at..end, to),
        }
    }
    Ok(())
}

/// More than the kernel moves in one go.
const CHUNK: usize = 1 << 30;

/// From so many bytes on it is tried whether the file system can share them between two files.
const SHARED: u64 = 1 << 20;

/// As long as what is written may be in memory only, in seconds: twice what Linux does by default.
const WRITTEN_OUT: i64 = 60;

/// Whether a file has most likely been written out. To share one that hasn't, the file system does
/// that first, and a copy in memory is faster. Its time is a hint here: either way the bytes are
/// the same.
fn is_on_disk(file: &File) -> bool {
    let now = clock::now().wall / 1_000_000_000;
    fstat(file).is_ok_and(|stat| stat.st_mtime < now - WRITTEN_OUT)
}

/// Gives another file the bytes of this one: file systems that can (btrfs, xfs) copy nothing and
/// take no room for them. How many it has got; whatever is wrong shows when the rest is sent.
fn share(from: &File, offset: u64, length: u64, to: BorrowedFd<'_>) -> u64 {
    let mut at = offset;
    let end = offset.saturating_add(length);
    while at < end {
        let chunk = at_most(end - at, CHUNK);
        match copy_file_range(from, Some(&mut at), to, None, chunk) {
            Ok(1..) | Err(Errno::INTR) => {}
            // No regular file, another file system, or opened for appending.
            Ok(0) | Err(_) => break,
        }
    }
    at - offset
}

fn at_most(left: u64, most: usize) -> usize {
    usize::try_from(left).unwrap_or(usize::MAX).min(most)
}

/// The rest of what [`send_file`] began at `offset`.
fn copy(
    from: &File,
    offset: u64,
    mut rest: Range<u64>,
    to: BorrowedFd<'_>,
) -> Result<(), Undelivered> {
    let mut buffer = vec![0; 128 * 1024];
    while !rest.is_empty() {
        let most = at_most(rest.end - rest.start, buffer.len());
        let source = match from.read_at(&mut buffer[..most], rest.start) {
            Ok(0) => io::ErrorKind::UnexpectedEof.into(),
            Ok(read) => {
                write_all(to, &buffer[..read])?;
                rest.start += read as u64;
                continue;
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => error,
        };
        return Err(Undelivered::Read { source, sent: rest.start - offset });
    }
    Ok(())
}

/// Waits until something can be read, or never will be.
pub fn wait_readable(from: BorrowedFd<'_>) {
    // Interrupted or failed: the next read tells.
    let _ = poll(&mut [PollFd::new(&from, PollFlags::IN)], None);
}

fn wait_writable(to: BorrowedFd<'_>) {
    // Interrupted or failed: the next write tells.
    if poll(&mut [PollFd::new(&to, PollFlags::OUT)], None).is_err_and(|errno| errno != Errno::INTR)
    {
        std::thread::sleep(Duration::from_millis(10));
    }
}

/// Whether a write of a few bytes wouldn't block.
#[must_use]
pub fn writable_now(to: BorrowedFd<'_>) -> bool {
    // Where nobody tells, writing does.
    now(to, PollFlags::OUT).is_none_or(|found| !found.is_empty())
}

/// Whether nobody has the writing end of this pipe any more, read or not.
#[must_use]
pub fn has_hung_up(pipe: BorrowedFd<'_>) -> bool {
    now(pipe, PollFlags::empty()).is_some_and(|found| found.contains(PollFlags::HUP))
}

fn now(descriptor: BorrowedFd<'_>, asked: PollFlags) -> Option<PollFlags> {
    let at_once = Timespec { tv_sec: 0, tv_nsec: 0 };
    let mut polled = [PollFd::new(&descriptor, asked)];
    poll(&mut polled, Some(&at_once)).is_ok().then(|| polled[0].revents())
}

/// Writes to a socket as if it were non-blocking, without making it so.
///
/// # Errors
///
/// `EAGAIN` where a write would have blocked, and whatever send reports.
#[expect(unsafe_code, reason = "send; rustix has it with its network half only")]
pub fn send_now(to: BorrowedFd<'_>, bytes: &[u8]) -> Result<usize, Errno> {
    let flags = libc::MSG_DONTWAIT | libc::MSG_NOSIGNAL;
    // SAFETY: the buffer is valid for the length given, and only read.
    let sent = unsafe { libc::send(to.as_raw_fd(), bytes.as_ptr().cast(), bytes.len(), flags) };
    usize::try_from(sent)
        .map_err(|_| Errno::from_io_error(&io::Error::last_os_error()).unwrap_or(Errno::IO))
}

/// Starts to write out what is changed of a file in memory, so that whoever has it mapped and stores
/// to it again moves its times again: a page that has been changed already takes further stores
/// without a word. The file may be open for reading only; its blocks are not waited for, only those
/// that are under way.
///
/// # Errors
///
/// The kernel's, which can refuse the call, or have no room for the blocks.
#[expect(unsafe_code, reason = "sync_file_range")]
pub fn write_out(file: BorrowedFd<'_>) -> io::Result<()> {
    // A page under way is passed over otherwise, and may have been changed again.
    let flags = libc::SYNC_FILE_RANGE_WAIT_BEFORE | libc::SYNC_FILE_RANGE_WRITE;
    // SAFETY: no memory is involved.
    match unsafe { libc::sync_file_range(file.as_raw_fd(), 0, 0, flags) } {
        0 => Ok(()),
        _ => Err(io::Error::last_os_error()),
    }
}

/// How the caller has its standard output and standard error: one file or two.
#[must_use]
pub fn caller_streams() -> Taking {
    match (fstat(rustix::stdio::stdout()), fstat(rustix::stdio::stderr())) {
        (Ok(out), Ok(err)) => taking(&out, &err),
        _ => Taking::Apart,
    }
}

/// Whether standard output or standard error is /dev/null: then they say nothing of how a caller
/// takes the streams who looks at them.
#[must_use]
pub fn caller_discards() -> bool {
    [rustix::stdio::stdout(), rustix::stdio::stderr()]
        .into_iter()
        .any(|fd| fstat(fd).is_ok_and(|stat| is_device(&stat, 1, 3)))
}

/// /dev/null shows no order, so it counts as kept apart. Any other device counts as a terminal:
/// to ask it would be one more call on the way of each hit there.
fn taking(out: &Stat, err: &Stat) -> Taking {
    let one = out.st_dev == err.st_dev && out.st_ino == err.st_ino && out.st_rdev == err.st_rdev;
    match FileType::from_raw_mode(out.st_mode) {
        _ if !one || is_device(out, 1, 3) => Taking::Apart,
        FileType::CharacterDevice => Taking::Shown,
        _ => Taking::Together,
    }
}

fn is_device(stat: &Stat, major_number: u32, minor_number: u32) -> bool {
    FileType::from_raw_mode(stat.st_mode) == FileType::CharacterDevice
        && (major(stat.st_rdev), minor(stat.st_rdev)) == (major_number, minor_number)
}

/// Makes sure that descriptors 0 to 2 are open, so that no file of ours becomes one of them;
/// whether standard output or standard error was closed.
#[must_use]
pub fn guard_standard_descriptors() -> bool {
    let mut closed = [false; 3];
    for (descriptor, closed) in closed.iter_mut().enumerate() {
        if !is_open(i32::try_from(descriptor).unwrap_or(0)) {
            *closed = true;
            // The lowest free number is the one that is missing.
            let null = rustix::fs::open("/dev/null", OFlags::RDWR, Mode::empty());
            std::mem::forget(null);
        }
    }
    closed[1] || closed[2]
}

/// Makes a descriptor one of the standard three, in whose place nobody owns anything.
///
/// # Errors
/// The kernel's: nothing but a sandbox has a reason to refuse.
#[expect(unsafe_code, reason = "dup2 onto a descriptor that nobody owns")]
pub fn put_at(stream: BorrowedFd<'_>, target: RawFd) -> io::Result<()> {
    let stream = stream.as_raw_fd();
    // SAFETY: no memory is involved.
    unsafe {
        if libc::dup2(stream, target) == -1 && libc::dup3(stream, target, 0) == -1 {
            return Err(io::Error::last_os_error());
        }
    }
    Ok(())
}

#[expect(unsafe_code, reason = "a number that may be no descriptor")]
fn is_open(descriptor: RawFd) -> bool {
    // SAFETY: no memory is involved.
    let flags = unsafe { libc::fcntl(descriptor, libc::F_GETFD) };
    // A sandbox may refuse to tell.
    flags != -1 || io::Error::last_os_error().raw_os_error() != Some(libc::EBADF)
}

/// Whether a descriptor came from whoever started this process, and goes on to the command: our own
/// are closed when that is executed.
#[must_use]
#[expect(unsafe_code, reason = "a number that may be no descriptor")]
pub fn is_inherited(descriptor: RawFd) -> bool {
    // SAFETY: no memory is involved.
    let flags = unsafe { libc::fcntl(descriptor, libc::F_GETFD) };
    flags != -1 && flags & libc::FD_CLOEXEC == 0
}

/// Makes /dev/null the standard input of this process, in place of the one it has even where that is
/// the only descriptor there can be.
///
/// # Errors
/// The kernel's.
pub fn null_input() -> io::Result<()> {
    let null = || rustix::fs::open("/dev/null", OFlags::RDONLY, Mode::empty());
    if let Ok(null) = null() {
        return put_at(null.as_fd(), 0);
    }
    close_input();
    // The lowest number that is free.
    std::mem::forget(null()?);
    Ok(())
}

/// Closes standard input, which has been read or isn't to be: whatever is opened next gets its number.
#[expect(unsafe_code, reason = "close of a descriptor that nobody owns")]
pub fn close_input() {
    // SAFETY: nothing in this program owns standard input.
    unsafe { libc::close(0) };
}

/// Makes a file the standard input of this process, for the command to inherit; it may have that
/// number already.
///
/// # Errors
/// The kernel's.
pub fn become_input(file: &File) -> io::Result<()> {
    if file.as_raw_fd() == 0 {
        return Ok(rustix::io::fcntl_setfd(file, rustix::io::FdFlags::empty())?);
    }
    put_at(file.as_fd(), 0)
}

/// Takes over a descriptor that this process was started with, if it is open.
#[must_use]
#[expect(unsafe_code, reason = "a number that may be no descriptor")]
pub fn take(descriptor: RawFd) -> Option<OwnedFd> {
    // SAFETY: it is open, and who started the process left it to us and to nobody else in here.
    is_open(descriptor).then(|| unsafe { OwnedFd::from_raw_fd(descriptor) })
}

#[cfg(test)]
mod tests;
