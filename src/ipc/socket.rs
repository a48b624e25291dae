//! The socket: where it is, who may be at its other end.
//!
//! An address holds 108 bytes; where the path is longer, the folder is reached through its
//! descriptor.

use std::io;
use std::os::fd::{AsFd, AsRawFd, OwnedFd};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::PathBuf;
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;
use rustix::net::{
    AddressFamily, SocketAddrUnix, SocketFlags, SocketType, connect, listen, socket_with, sockopt,
};

use crate::store::Store;
use crate::sys::auxiliary;

/// As many may wait to be let in; more than the kernel grants is cut to what it does.
const WAITING: i32 = 1024;
/// How long to wait before the next try where too many wait to be let in.
const PAUSE: Duration = Duration::from_millis(5);

/// Why somebody isn't let in.
#[derive(Debug, thiserror::Error)]
pub enum Refused {
    /// It is a process of another user.
    #[error("a process of user {0}")]
    ForeignUser(u32),
    /// The kernel's.
    #[error(transparent)]
    Io(#[from] io::Error),
}

/// The address of a cache folder's socket. Valid while the store is open.
fn address(store: &Store) -> io::Result<SocketAddrUnix> {
    let by_name = SocketAddrUnix::new(store.socket_path());
    Ok(by_name.or_else(|_| {
        let folder = store.folder().as_raw_fd();
        let through = PathBuf::from(format!("/proc/self/fd/{folder}")).join(Store::SOCKET);
        SocketAddrUnix::new(through)
    })?)
}

/// Listens on the socket of a cache folder, in the place of one that somebody left behind. Only
/// for who holds the daemon's lock.
///
/// # Errors
/// If the socket can't be made.
pub fn bind(store: &Store) -> io::Result<UnixListener> {
    store.remove_socket().map_err(io::Error::other)?;
    let socket = new_socket()?;
    rustix::net::bind(&socket, &address(store)?)?;
    listen(&socket, WAITING)?;
    Ok(UnixListener::from(socket))
}

/// Whether a descriptor is a socket that somebody listens on for us.
#[must_use]
pub fn is_listening(descriptor: impl AsFd) -> bool {
    let descriptor = descriptor.as_fd();
    sockopt::socket_acceptconn(descriptor) == Ok(true)
        && sockopt::socket_domain(descriptor) == Ok(AddressFamily::UNIX)
}

/// Lets in who knocks; `None` if nobody does.
///
/// # Errors
/// If it isn't one of ours; or the kernel's, where there are no descriptors left.
pub fn accept(listener: &UnixListener) -> Result<Option<UnixStream>, Refused> {
    let flags = SocketFlags::CLOEXEC | SocketFlags::NONBLOCK;
    match rustix::net::accept_with(listener, flags) {
        Ok(socket) => own(UnixStream::from(socket)).map(Some),
        Err(Errno::AGAIN | Errno::INTR | Errno::CONNABORTED) => Ok(None),
        Err(errno) => Err(Refused::Io(errno.into())),
    }
}

/// Connects to whoever listens; non-blocking from then on.
pub(super) fn knock(store: &Store, deadline: Instant) -> Result<UnixStream, Refused> {
    let address = address(store)?;
    loop {
        let socket = new_socket()?;
        match connect(&socket, &address) {
            Ok(()) => return own(UnixStream::from(socket)),
            // Nobody lets anybody in at present, and others wait already.
            Err(Errno::AGAIN | Errno::INTR) if Instant::now() < deadline => {
                std::thread::sleep(PAUSE);
            }
            Err(errno) => return Err(Refused::Io(errno.into())),
        }
    }
}

/// Waits until a socket can be read or written, or the deadline has passed.
pub(super) fn wait(stream: &UnixStream, for_what: PollFlags, deadline: Instant) -> io::Result<()> {
    loop {
        let left = deadline.saturating_duration_since(Instant::now());
        let left = Timespec::try_from(left).unwrap_or(Timespec { tv_sec: 3600, tv_nsec: 0 });
        match poll(&mut [PollFd::new(stream, for_what)], Some(&left)) {
            Ok(0) => return Err(io::ErrorKind::TimedOut.into()),
            Err(Errno::INTR) => {}
            Err(errno) => return Err(errno.into()),
            Ok(_) => return Ok(()),
        }
    }
}

fn new_socket() -> io::Result<OwnedFd> {
    let flags = SocketFlags::CLOEXEC | SocketFlags::NONBLOCK;
    Ok(socket_with(AddressFamily::UNIX, SocketType::STREAM, flags, None)?)
}

/// Only processes of the same user are talked to: the folder keeps others out, this makes sure.
fn own(stream: UnixStream) -> Result<UnixStream, Refused> {
    let other = sockopt::socket_peercred(&stream).map_err(io::Error::from)?.uid;
    let other = other.as_raw();
    if other == auxiliary::effective_user() { Ok(stream) } else { Err(Refused::ForeignUser(other)) }
}
