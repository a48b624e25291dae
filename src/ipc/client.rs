//! A client: short-tempered, and as well off without an answer.

use std::io::{self, Read};
use std::os::fd::AsFd;
use std::os::unix::net::UnixStream;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use rustix::event::PollFlags;

use super::build::Build;
use super::frame::{self, Garbage, Inbox, Incoming};
use super::hello::{Hello, Intent};
use super::message::{Reply, Request};
use super::socket::{self, Refused};
use crate::store::{self, Stage, Store};
use crate::sys::fd;

/// The longest answer that is read: a listing of everything.
const LONGEST: usize = 1 << 30;

/// Whoever has a caller behind him waits no longer than this.
const FOREGROUND: Duration = Duration::from_millis(250);

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub enum Unanswered {
    /// Nobody listens.
    #[error("no daemon is running")]
    Nobody,
    /// Somebody listens and says nothing in time.
    #[error("the daemon doesn't answer")]
    Silent,
    /// It is older than this program, and was asked to make place for it.
    #[error("the daemon is older (version {}) and is being replaced", .0.build)]
    Older(Hello),
    /// It is newer than this program and speaks otherwise.
    #[error("the daemon is newer (version {}); use the program that it was started by", .0.build)]
    Newer(Hello),
    /// It isn't this user's.
    #[error("the socket belongs to {0}")]
    Foreign(Refused),
    /// It isn't ours.
    #[error("whoever listens on the socket isn't the daemon: {0}")]
    Garbage(#[from] Garbage),
    /// It said something that no daemon says.
    #[error("the daemon's answer can't be read")]
    Unreadable,
    /// It hung up, or the kernel won't.
    #[error("the daemon can't be talked to: {0}")]
    Io(io::Error),
}

impl From<io::Error> for Unanswered {
    fn from(error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::NotFound | io::ErrorKind::ConnectionRefused => Unanswered::Nobody,
            io::ErrorKind::TimedOut | io::ErrorKind::WouldBlock => Unanswered::Silent,
            _ => Unanswered::Io(error),
        }
    }
}

impl From<Refused> for Unanswered {
    fn from(refused: Refused) -> Self {
        match refused {
            Refused::Io(error) => error.into(),
            foreign @ Refused::ForeignUser(_) => Unanswered::Foreign(foreign),
        }
    }
}

/// A connection to a daemon of the same protocol.
#[derive(Debug)]
pub struct Client {
    wire: Wire,
    daemon: Hello,
}

impl Client {
    /// Connects to the daemon of a cache folder. One that is older than this program is asked to
    /// make place for it, and doesn't count as an answer.
    ///
    /// # Errors
    /// Why nobody answers until `deadline`.
    pub fn connect(store: &Store, deadline: Instant) -> Result<Client, Unanswered> {
        let mut wire = Wire::new(store, deadline)?;
        let daemon = wire.greet(&Hello::own(Intent::Talk), deadline)?;
        if daemon.build < Build::own()
            && let Some(path) = own_path()
        {
            // What it says to that doesn't matter: it makes place, or is too busy to.
            let _ = wire.greet(&Hello::own(Intent::Replace(path)), deadline);
            return Err(Unanswered::Older(daemon));
        }
        if daemon.speaks_ours() {
            Ok(Client { wire, daemon })
        } else {
            Err(Unanswered::Newer(daemon))
        }
    }

    /// Asks the daemon of a cache folder to stop, whatever its version; who was asked.
    ///
    /// # Errors
    /// Why nobody answers until `deadline`.
    pub fn stop(store: &Store, deadline: Instant) -> Result<Hello, Unanswered> {
        Wire::new(store, deadline)?.greet(&Hello::own(Intent::Stop), deadline)
    }

    /// Who is at the other end.
    #[must_use]
    pub fn daemon(&self) -> &Hello {
        &self.daemon
    }

    /// Asks for something.
    ///
    /// # Errors
    /// Why there is no answer until `deadline`; the connection is of no use then.
    pub fn ask(&mut self, request: &Request, deadline: Instant) -> Result<Reply, Unanswered> {
        self.ask_for_long(request, deadline, &mut |_| ())
    }

    /// Asks for something that may take long: each time it is told how far that has got, the daemon
    /// gets as much time as it had until `deadline`.
    ///
    /// # Errors
    /// As [`Client::ask`].
    pub fn ask_for_long(
        &mut self,
        request: &Request,
        deadline: Instant,
        progress: &mut dyn FnMut(Stage),
    ) -> Result<Reply, Unanswered> {
        let patience = deadline.saturating_duration_since(Instant::now());
        self.wire.send(&frame::frames(&store::encode(request)), deadline)?;
        let mut deadline = deadline;
        loop {
            match self.wire.receive(deadline)? {
                Incoming::Message(bytes) => match store::decode(&bytes) {
                    Some(Reply::Progress(stage)) => progress(stage),
                    reply => return reply.ok_or(Unanswered::Unreadable),
                },
                Incoming::Hello(..) => return Err(Unanswered::Unreadable),
            }
            deadline = Instant::now() + patience;
        }
    }
}

/// Asks the daemon of a cache folder for something that needs no answer but 'noted'.
///
/// # Errors
/// Why it isn't noted within a quarter of a second.
pub fn hand_over(store: &Store, request: &Request) -> Result<(), Unanswered> {
    let deadline = Instant::now() + FOREGROUND;
    match Client::connect(store, deadline)?.ask(request, deadline)? {
        Reply::Noted => Ok(()),
        _ => Err(Unanswered::Silent),
    }
}

/// Whether somebody listens on the socket of a cache folder: a daemon, or who starts one when it
/// is knocked at.
#[must_use]
pub fn knock(store: &Store) -> bool {
    Wire::new(store, Instant::now()).is_ok()
}

/// The path of this program's file, if it is still there.
fn own_path() -> Option<PathBuf> {
    use std::os::unix::fs::MetadataExt;
    let path = std::fs::read_link("/proc/self/exe").ok()?;
    let (there, running) = (path.metadata().ok()?, std::fs::metadata("/proc/self/exe").ok()?);
    ((there.dev(), there.ino()) == (running.dev(), running.ino())).then_some(path)
}

/// The socket, and what has arrived by it.
#[derive(Debug)]
struct Wire {
    stream: UnixStream,
    inbox: Inbox,
}

impl Wire {
    fn new(store: &Store, deadline: Instant) -> Result<Wire, Unanswered> {
        let stream = socket::knock(store, deadline)?;
        Ok(Wire { stream, inbox: Inbox::new(LONGEST) })
    }

    fn greet(&mut self, hello: &Hello, deadline: Instant) -> Result<Hello, Unanswered> {
        self.send(&hello.frame(), deadline)?;
        match self.receive(deadline)? {
            Incoming::Hello(protocol, content) => {
                Hello::parse(protocol, &content).ok_or(Unanswered::Unreadable)
            }
            Incoming::Message(_) => Err(Unanswered::Unreadable),
        }
    }

    fn send(&mut self, mut bytes: &[u8], deadline: Instant) -> Result<(), Unanswered> {
        while !bytes.is_empty() {
            // The caller's SIGPIPE is as it was inherited.
            match fd::send_now(self.stream.as_fd(), bytes) {
                Ok(written) => bytes = &bytes[written..],
                Err(errno) => self.wait(errno.into(), PollFlags::OUT, deadline)?,
            }
        }
        Ok(())
    }

    fn receive(&mut self, deadline: Instant) -> Result<Incoming, Unanswered> {
        let mut buffer = vec![0; 64 << 10];
        loop {
            if let Some(incoming) = self.inbox.take()? {
                return Ok(incoming);
            }
            match (&self.stream).read(&mut buffer) {
                Ok(0) => return Err(Unanswered::Io(io::ErrorKind::UnexpectedEof.into())),
                Ok(read) => self.inbox.feed(&buffer[..read]),
                Err(error) => self.wait(error, PollFlags::IN, deadline)?,
            }
        }
    }

    fn wait(&self, error: io::Error, what: PollFlags, deadline: Instant) -> io::Result<()> {
        match error.kind() {
            io::ErrorKind::WouldBlock => socket::wait(&self.stream, what, deadline),
            io::ErrorKind::Interrupted => Ok(()),
            _ => Err(error),
        }
    }
}
