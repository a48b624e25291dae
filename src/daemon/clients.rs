//! Connections: non-blocking, so many and so long as is good.

use std::collections::BTreeMap;
use std::io::{ErrorKind, Read, Write};
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::net::{UnixListener, UnixStream};
use std::time::{Duration, Instant};

use rustix::event::PollFlags;

use super::event::ConnectionId;
use crate::ipc::{self, Hello, Inbox, Incoming, Intent, Refused, Reply, Request};
use crate::store;

/// So many at once; for one more the one goes that has been silent for longest.
const MOST: usize = 64;
/// Who says nothing, or takes no answer, for so long has to go.
const SILENT_FOR: Duration = Duration::from_secs(10);
/// As much is read at once, so that nobody keeps the loop for himself.
const CHUNK: usize = 256 << 10;

/// What a client has said.
#[derive(Debug)]
pub(super) enum Said {
    /// A request.
    Request(Request),
    /// That the daemon is to leave.
    Stop,
    /// That the daemon is to make place for a newer program.
    Replace(Hello),
}

/// All connections.
#[derive(Default)]
pub(super) struct Clients {
    all: BTreeMap<ConnectionId, Connection>,
    last: u64,
}

struct Connection {
    stream: UnixStream,
    inbox: Inbox,
    /// What is still to be written.
    outbox: Vec<u8>,
    written: usize,
    has_greeted: bool,
    /// A request is being worked on; the next one waits.
    is_served: bool,
    /// Wants nothing more than the end of the daemon.
    waits_for_end: bool,
    heard: Instant,
}

impl Clients {
    /// Lets in who knocks; `false` if the kernel can't do that at present.
    pub(super) fn let_in(&mut self, listener: &UnixListener) -> bool {
        for _ in 0..MOST {
            match ipc::accept(listener) {
                Ok(Some(stream)) => self.add(stream),
                Ok(None) => return true,
                Err(refused) => {
                    tracing::warn!("a client isn't let in: {refused}");
                    if matches!(refused, Refused::Io(_)) {
                        return false;
                    }
                }
            }
        }
        true
    }

    fn add(&mut self, stream: UnixStream) {
        if self.all.len() >= MOST {
            let waits =
                |(_, client): &(&ConnectionId, &Connection)| (client.is_served, client.heard);
            let longest = self.all.iter().min_by_key(waits).map(|(&id, _)| id);
            longest.map(|id| self.all.remove(&id));
        }
        self.last += 1;
        let connection = Connection {
            stream,
            inbox: Inbox::new(ipc::MOST),
            outbox: Vec::new(),
            written: 0,
            has_greeted: false,
            is_served: false,
            waits_for_end: false,
            heard: Instant::now(),
        };
        self.all.insert(ConnectionId(self.last), connection);
    }

    /// What to wait for.
    pub(super) fn polled(&self) -> Vec<(ConnectionId, BorrowedFd<'_>, PollFlags)> {
        self.all.iter().map(|(&id, client)| (id, client.stream.as_fd(), client.awaited())).collect()
    }

    /// How long until somebody has been silent for too long.
    pub(super) fn next_to_go(&self) -> Option<Duration> {
        let patient = self.all.values().filter(|client| !client.is_patient());
        let first = patient.map(|client| client.heard).min()?;
        Some((first + SILENT_FOR).saturating_duration_since(Instant::now()))
    }

    /// Hangs up on who has been silent for too long.
    pub(super) fn drop_silent(&mut self) {
        self.all.retain(|_, client| client.is_patient() || client.heard.elapsed() < SILENT_FOR);
    }

    /// Reads and writes what can be; what was said.
    pub(super) fn attend(&mut self, id: ConnectionId, ready: PollFlags) -> Vec<Said> {
        let Some(client) = self.all.get_mut(&id) else { return Vec::new() };
        let (said, over) = client.attend(ready);
        if let Err(why) = over {
            if let Some(why) = why {
                tracing::debug!("a client is dropped: {why}");
            }
            self.all.remove(&id);
        }
        said
    }

    /// Answers, and goes on with what the client has said meanwhile.
    pub(super) fn reply(&mut self, id: ConnectionId, reply: &Reply) -> Vec<Said> {
        let Some(client) = self.all.get_mut(&id) else { return Vec::new() };
        client.is_served = false;
        self.tell(id, reply)
    }

    /// Says something before the answer.
    pub(super) fn tell(&mut self, id: ConnectionId, reply: &Reply) -> Vec<Said> {
        let Some(client) = self.all.get_mut(&id) else { return Vec::new() };
        client.outbox.extend(ipc::frames(&store::encode(reply)));
        self.attend(id, PollFlags::empty())
    }

    /// Writes what is left, as far as that goes without waiting.
    pub(super) fn flush(&mut self) {
        for client in self.all.values_mut() {
            let _ = client.write();
        }
    }
}

impl Connection {
    fn awaited(&self) -> PollFlags {
        if !self.outbox.is_empty() {
            PollFlags::OUT | PollFlags::RDHUP
        } else if self.is_served {
            // What else it says can wait, but not that it has gone.
            PollFlags::RDHUP
        } else {
            PollFlags::IN
        }
    }

    /// Waits for something that may take long, and so may be silent.
    fn is_patient(&self) -> bool {
        self.waits_for_end || (self.is_served && self.outbox.is_empty())
    }

    /// What was said; and whether the connection is over, with the reason if there is one to tell.
    fn attend(&mut self, ready: PollFlags) -> (Vec<Said>, Result<(), Option<String>>) {
        let mut said = Vec::new();
        let gone = PollFlags::HUP | PollFlags::ERR | PollFlags::RDHUP;
        let read = if ready.contains(PollFlags::IN) {
            self.read()
        } else if ready.intersects(gone) {
            Err(None)
        } else {
            Ok(())
        };
        // Who has gone may have said something before, and needn't have waited for an answer.
        let over = self.listen(&mut said).and(read);
        (said, over)
    }

    fn listen(&mut self, said: &mut Vec<Said>) -> Result<(), Option<String>> {
        loop {
            let written = self.write();
            // Who doesn't take its answers gets no more of them.
            if self.is_served || (written.is_ok() && !self.outbox.is_empty()) {
                return written;
            }
            let next = self.inbox.take().map_err(|garbage| Some(garbage.to_string()))?;
            let Some(incoming) = next else { return written };
            said.extend(self.understand(incoming)?);
        }
    }

    fn understand(&mut self, incoming: Incoming) -> Result<Option<Said>, Option<String>> {
        match incoming {
            Incoming::Hello(protocol, content) => {
                let unreadable = || Some("its greeting can't be read".to_owned());
                let hello = Hello::parse(protocol, &content).ok_or_else(unreadable)?;
                self.outbox.extend(Hello::own(Intent::Talk).frame());
                self.has_greeted = true;
                Ok(match &hello.intent {
                    Intent::Talk => None,
                    Intent::Stop => {
                        self.waits_for_end = true;
                        Some(Said::Stop)
                    }
                    Intent::Replace(_) => Some(Said::Replace(hello)),
                })
            }
            Incoming::Message(_) if !self.has_greeted => {
                Err(Some("it doesn't say who it is".to_owned()))
            }
            Incoming::Message(bytes) => match store::decode(&bytes) {
                Some(request) => {
                    self.is_served = true;
                    Ok(Some(Said::Request(request)))
                }
                None => Err(Some("its request can't be read".to_owned())),
            },
        }
    }

    fn read(&mut self) -> Result<(), Option<String>> {
        let mut buffer = vec![0; 16 << 10];
        let mut taken = 0;
        while taken < CHUNK {
            match self.stream.read(&mut buffer) {
                // Whatever it asked for, it doesn't wait for the answer.
                Ok(0) => return Err(None),
                Ok(read) => {
                    self.inbox.feed(&buffer[..read]);
                    self.heard = Instant::now();
                    taken += read;
                }
                Err(error) if error.kind() == ErrorKind::WouldBlock => break,
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(_) => return Err(None),
            }
        }
        Ok(())
    }

    fn write(&mut self) -> Result<(), Option<String>> {
        while self.written < self.outbox.len() {
            match self.stream.write(&self.outbox[self.written..]) {
                Ok(written) => {
                    self.written += written;
                    self.heard = Instant::now();
                }
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(()),
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(_) => return Err(None),
            }
        }
        self.outbox = Vec::new();
        self.written = 0;
        Ok(())
    }
}
