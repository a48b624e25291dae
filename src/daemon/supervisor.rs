//! What a service manager gives and wants to hear: sockets that it listens on for us, readiness,
//! signs of life. By the protocols of systemd (`sd_listen_fds(3)`, `sd_notify(3)`); without it,
//! nothing.

use std::os::fd::{AsFd, RawFd};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::MetadataExt;
use std::os::unix::net::UnixListener;
use std::path::Path;
use std::time::Duration;

use rustix::io::FdFlags;
use rustix::net::{
    AddressFamily, SendFlags, SocketAddrUnix, SocketFlags, SocketType, sendto, socket_with,
};

use crate::ipc;

/// The first descriptor that is handed over.
const FIRST: RawFd = 3;

/// Tells the service manager that it serves.
pub(super) const READY: &str = "READY=1";
/// Tells it that it is about to leave.
pub(super) const STOPPING: &str = "STOPPING=1";
/// Tells it that it lives.
pub(super) const ALIVE: &str = "WATCHDOG=1";

/// The descriptors that the service manager has handed over, by number.
pub(super) fn sockets() -> Vec<RawFd> {
    let number = |name| std::env::var(name).ok()?.parse::<u32>().ok();
    if number("LISTEN_PID") != Some(std::process::id()) {
        return Vec::new();
    }
    let count = number("LISTEN_FDS").and_then(|count| RawFd::try_from(count).ok()).unwrap_or(0);
    (FIRST..FIRST.saturating_add(count.min(16))).collect()
}

/// The one that is a socket to listen on at `path`, if any is: a manager may have been told of that
/// of another cache directory, or of a former version.
pub(super) fn listener(inherited: &[RawFd], path: &Path) -> Option<UnixListener> {
    let owned = inherited.iter().map(|&descriptor| crate::sys::fd::take(descriptor));
    let mut listeners =
        owned.flatten().filter(|socket| ipc::is_listening(socket)).map(UnixListener::from);
    let found = listeners.find(|listener| is_at(listener, path))?;
    let _ = rustix::io::fcntl_setfd(&found, FdFlags::CLOEXEC);
    let _ = rustix::io::ioctl_fionbio(&found, true);
    Some(found)
}

fn is_at(listener: &UnixListener, path: &Path) -> bool {
    let file = |path: &Path| path.symlink_metadata().ok().map(|file| (file.dev(), file.ino()));
    let address = listener.local_addr().ok();
    let bound = address.as_ref().and_then(|address| address.as_pathname()).and_then(file);
    bound.is_some() && bound == file(path)
}

/// Tells the service manager something, if there is one.
pub(super) fn notify(message: &str) {
    let Some(path) = std::env::var_os("NOTIFY_SOCKET") else { return };
    let address = match path.as_bytes() {
        [b'@', name @ ..] => SocketAddrUnix::new_abstract_name(name),
        _ => SocketAddrUnix::new(path.as_os_str()),
    };
    let flags = SocketFlags::CLOEXEC | SocketFlags::NONBLOCK;
    let socket = socket_with(AddressFamily::UNIX, SocketType::DGRAM, flags, None);
    if let (Ok(address), Ok(socket)) = (address, socket) {
        // Nobody listens: nobody wants to know.
        let _ = sendto(&socket, message.as_bytes(), SendFlags::NOSIGNAL, &address);
    }
}

/// How often it wants a sign of life.
pub(super) fn watchdog() -> Option<Duration> {
    let number = |name| std::env::var(name).ok()?.parse::<u64>().ok();
    let is_ours = number("WATCHDOG_PID").is_none_or(|pid| pid == u64::from(std::process::id()));
    let every = number("WATCHDOG_USEC").filter(|&every| is_ours && every > 0)?;
    // In half the time, as its manual advises.
    Some(Duration::from_micros(every / 2))
}

/// Has a program that takes the place of this one inherit a listening socket.
pub(super) fn hand_on(listener: &UnixListener) {
    let _ = rustix::io::fcntl_setfd(listener.as_fd(), FdFlags::empty());
}
