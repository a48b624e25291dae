//! The loop: waits for whatever happens next, has the [`State`] decide, and does it.

use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::fs::MetadataExt;
use std::os::unix::net::UnixListener;
use std::sync::Arc;
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;

use super::clients::{Clients, Said};
use super::event::{Action, ConnectionId, Event, Exit, JobId, Politeness};
use super::jobs::Jobs;
use super::librarian::Librarian;
use super::settings::Settings;
use super::state::State;
use super::timers::{Alarm, WallClock};
use super::watch::{self, Watcher};
use super::{Failed, Left, supervisor};
use crate::ipc::{self, Build, Hello, Intent, Reply};
use crate::model::key::Key;
use crate::store::Store;
use crate::sys::clock;
use crate::sys::signal::Caught;

/// The signals that are read.
const SIGNALS: [i32; 4] = [libc::SIGTERM, libc::SIGINT, libc::SIGHUP, libc::SIGCHLD];
/// How long to wait where the kernel has no descriptor left for one more client.
const BREATH: Duration = Duration::from_millis(50);

/// All that the loop waits for.
struct Reactor<'d> {
    state: State,
    store: Arc<Store>,
    librarian: Librarian,
    signals: Caught,
    alarm: Alarm,
    wall_clock: WallClock,
    watcher: Watcher,
    clients: Clients,
    jobs: Jobs,
    door: Door,
    watchdog: Option<Watchdog>,
    timeout: Duration,
    ready: &'d mut dyn FnMut(),
    exit: Option<Exit>,
}

/// The listening socket.
enum Door {
    /// Not made yet; or given, but nobody is let in yet.
    Closed(Option<UnixListener>),
    Open {
        listener: UnixListener,
        is_given: bool,
        /// That of the socket's name, to know it again.
        inode: Option<u64>,
    },
}

struct Watchdog {
    every: Duration,
    next: Instant,
}

/// What a descriptor is.
#[derive(Clone, Copy)]
enum Source {
    Signals,
    Librarian,
    Alarm,
    WallClock,
    Watcher,
    Door,
    Client(ConnectionId),
    Job(JobId),
}

/// Runs until it is told to leave.
pub(super) fn run(
    settings: &Settings,
    store: Store,
    given: Option<UnixListener>,
    ready: &mut dyn FnMut(),
) -> Result<Left, Failed> {
    let io = |what| move |error| Failed::Io(what, error);
    // Before there is a second thread, which inherits what is blocked.
    let signals = Caught::catch(&SIGNALS).map_err(io("catch signals"))?;
    let store = Arc::new(store);
    let watcher =
        Watcher::new(store.path(), &store.pending_path()).map_err(io("watch the cache folder"))?;
    let librarian =
        Librarian::employ(Arc::clone(&store), settings.limits).map_err(io("start a thread"))?;
    let hits = Arc::clone(&store);
    let last_hit = Box::new(move |key: &Key| hits.accesses(key).last);
    let mut reactor = Reactor {
        state: State::new(settings, std::process::id(), last_hit, clock::now()),
        librarian,
        signals,
        alarm: Alarm::new().map_err(io("make a timer"))?,
        wall_clock: WallClock::new().map_err(io("make a timer"))?,
        watcher,
        clients: Clients::default(),
        jobs: Jobs::default(),
        door: Door::Closed(given),
        watchdog: supervisor::watchdog().map(|every| Watchdog { every, next: Instant::now() }),
        timeout: settings.timeout,
        ready,
        store,
        exit: None,
    };
    let exit = reactor.turn().map_err(io("wait for events"))?;
    reactor.close(&exit);
    match exit {
        Exit::Done => Ok(Left::Done),
        Exit::For(path) => Ok(Left::For(path)),
        Exit::Failed(why) => Err(Failed::Catalog(why)),
    }
}

impl Reactor<'_> {
    fn turn(&mut self) -> std::io::Result<Exit> {
        loop {
            self.handle(Event::Tick);
            if let Some(exit) = self.exit.take() {
                return Ok(exit);
            }
            self.alarm.set(self.state.wake_at(clock::now()))?;
            for (source, ready) in self.wait()? {
                self.attend(source, ready)?;
                if let Some(exit) = self.exit.take() {
                    return Ok(exit);
                }
            }
            self.clients.drop_silent();
            self.reassure();
        }
    }

    /// Waits until something happens; what can be read or written then.
    fn wait(&self) -> std::io::Result<Vec<(Source, PollFlags)>> {
        let awaited = self.awaited();
        let mut polled: Vec<PollFd<'_>> =
            awaited.iter().map(|&(_, fd, flags)| PollFd::from_borrowed_fd(fd, flags)).collect();
        let timeout = self.patience().and_then(|left| Timespec::try_from(left).ok());
        match poll(&mut polled, timeout.as_ref()) {
            Ok(_) | Err(Errno::INTR) => {}
            Err(errno) => return Err(errno.into()),
        }
        let ready =
            awaited.iter().map(|&(source, ..)| source).zip(polled.iter().map(PollFd::revents));
        Ok(ready.filter(|(_, flags)| !flags.is_empty()).collect())
    }

    /// Every descriptor, with what it is and what is waited for.
    fn awaited(&self) -> Vec<(Source, BorrowedFd<'_>, PollFlags)> {
        let mut all = vec![
            (Source::Signals, self.signals.as_fd(), PollFlags::IN),
            (Source::Librarian, self.librarian.as_fd(), PollFlags::IN),
            (Source::Alarm, self.alarm.as_fd(), PollFlags::IN),
            (Source::WallClock, self.wall_clock.as_fd(), PollFlags::IN),
            (Source::Watcher, self.watcher.fd(), PollFlags::IN),
        ];
        if let Door::Open { listener, .. } = &self.door {
            all.push((Source::Door, listener.as_fd(), PollFlags::IN));
        }
        let clients = self.clients.polled().into_iter();
        all.extend(clients.map(|(id, fd, flags)| (Source::Client(id), fd, flags)));
        all.extend(self.jobs.polled().map(|(id, fd)| (Source::Job(id), fd, PollFlags::IN)));
        all
    }

    /// How long nothing may happen without anything to be done: none of it matters in suspend.
    fn patience(&self) -> Option<Duration> {
        let watchdog = self.watchdog.as_ref();
        let watchdog = watchdog.map(|dog| dog.next.saturating_duration_since(Instant::now()));
        self.clients.next_to_go().into_iter().chain(watchdog).min()
    }

    fn attend(&mut self, source: Source, ready: PollFlags) -> std::io::Result<()> {
        match source {
            Source::Signals => self.read_signals(),
            Source::Librarian => {
                for done in self.librarian.done() {
                    self.handle(Event::Librarian(done));
                }
            }
            Source::Alarm => self.alarm.acknowledge(),
            Source::WallClock => {
                if self.wall_clock.was_set()? {
                    tracing::info!("the wall clock was set");
                    self.handle(Event::ClockSet);
                }
            }
            Source::Watcher => self.look_around(),
            Source::Door => self.answer_door(),
            Source::Client(id) => {
                let said = self.clients.attend(id, ready);
                self.hear(id, said);
            }
            Source::Job(id) => self.jobs.hear(id),
        }
        Ok(())
    }

    fn read_signals(&mut self) {
        while let Some(notice) = self.signals.next() {
            match notice.signal {
                libc::SIGCHLD => {
                    for (id, result) in self.jobs.ended() {
                        self.handle(Event::JobEnded(id, result));
                    }
                }
                signal => {
                    tracing::info!(signal, "told to leave");
                    self.handle(Event::Leave(None));
                }
            }
        }
    }

    /// What was seen to change.
    fn look_around(&mut self) {
        for seen in self.watcher.news() {
            match seen {
                watch::Event::Pending => self.handle(Event::Pending),
                watch::Event::Changed(key) => {
                    tracing::debug!(entry = key.id(), "inputs may have changed");
                    self.handle(Event::InputChanged(key));
                }
                watch::Event::FolderGone => {
                    tracing::warn!("the cache folder was moved or removed");
                    self.handle(Event::FolderGone);
                }
            }
        }
    }

    fn answer_door(&mut self) {
        if !self.store.is_in_place() {
            return self.handle(Event::FolderGone);
        }
        if let Door::Open { listener, .. } = &self.door
            && !self.clients.let_in(listener)
        {
            // Nobody can be let in: not to be tried all the time.
            std::thread::sleep(BREATH);
        }
    }

    fn hear(&mut self, id: ConnectionId, said: Vec<Said>) {
        for said in said {
            match said {
                Said::Request(request) => self.handle(Event::Asked(id, request)),
                Said::Stop => {
                    tracing::info!("asked to stop");
                    self.handle(Event::Leave(None));
                }
                Said::Replace(hello) => self.consider(hello),
            }
        }
    }

    /// Makes place only for what is newer and can be executed.
    fn consider(&mut self, hello: Hello) {
        let Intent::Replace(path) = hello.intent else { return };
        let can_run = rustix::fs::access(&path, rustix::fs::Access::EXEC_OK).is_ok();
        if hello.build > Build::own() && path.is_absolute() && can_run {
            self.handle(Event::Leave(Some(path)));
        }
    }

    fn handle(&mut self, event: Event) {
        tracing::trace!(?event);
        for action in self.state.handle(event, clock::now()) {
            self.perform(action);
        }
    }

    fn perform(&mut self, action: Action) {
        match action {
            Action::Serve => self.open_door(),
            Action::TurnAway => {
                supervisor::notify(supervisor::STOPPING);
                self.close_door();
            }
            Action::Reply(id, mut reply) => {
                if let Reply::Status(status) = &mut reply {
                    let stats = self.watcher.stats();
                    status.watched_paths = stats.watched_paths as u64;
                    status.polled_paths = stats.polled_paths as u64;
                }
                let said = self.clients.reply(id, &reply);
                self.hear(id, said);
            }
            Action::Tell(id, reply) => {
                let said = self.clients.tell(id, &reply);
                self.hear(id, said);
            }
            Action::Librarian(task) => {
                if !self.librarian.ask(task) {
                    self.exit = Some(Exit::Failed("the catalog's thread has ended".to_owned()));
                }
            }
            Action::CloseCatalog => self.librarian.dismiss(),
            Action::Start(id, order, late) => {
                tracing::info!(entry = %order.key.id(), ?late, "recomputing");
                if let Err(error) = self.jobs.start(id, &order, self.timeout) {
                    let why = format!("it can't be started: {error}");
                    self.handle(Event::JobEnded(id, Err(why)));
                }
            }
            Action::Watch(key, points) if points.is_empty() => self.watcher.unwatch(&key),
            Action::Watch(key, points) => self.watcher.watch(key, points),
            Action::WantSecrets(key) => {
                if let Err(error) = self.store.want_secrets(&key) {
                    tracing::warn!(%error, "who calls next won't know that a secret is missing");
                }
            }
            Action::NoteFailure(key, retry) => {
                self.store.append_refresh_failure(retry.last);
                if let Err(error) = self.store.note_failure(&key, &retry) {
                    tracing::warn!(%error, "a failure can't be noted");
                }
            }
            Action::End(id, politeness) => self.jobs.end(id, politeness),
            Action::Exit(exit) => self.exit = self.exit.take().or(Some(exit)),
        }
    }

    fn open_door(&mut self) {
        let given = match &mut self.door {
            Door::Closed(given) => given.take(),
            Door::Open { .. } => return,
        };
        let is_given = given.is_some();
        match given.map_or_else(|| ipc::bind(&self.store), Ok) {
            Ok(listener) => {
                let inode = self.store.socket_path().symlink_metadata().ok().map(|s| s.ino());
                self.door = Door::Open { listener, is_given, inode };
                supervisor::notify(supervisor::READY);
                tracing::info!("serving");
                (self.ready)();
            }
            Err(error) => {
                self.exit = Some(Exit::Failed(format!("failed to listen on the socket: {error}")));
            }
        }
    }

    /// Removes the socket, unless it was given or is somebody else's by now.
    fn close_door(&mut self) {
        let Door::Open { is_given, inode, .. } = &self.door else { return };
        if *is_given {
            return;
        }
        let there = self.store.socket_path().symlink_metadata().ok().map(|s| s.ino());
        if there.is_some() && there == *inode {
            let _ = self.store.remove_socket();
        }
        self.door = Door::Closed(None);
    }

    fn reassure(&mut self) {
        if let Some(dog) = &mut self.watchdog
            && dog.next <= Instant::now()
        {
            supervisor::notify(supervisor::ALIVE);
            dog.next = Instant::now() + dog.every;
        }
    }

    /// Leaves nothing behind.
    fn close(&mut self, exit: &Exit) {
        self.jobs.end_all(Politeness::Force);
        self.clients.flush();
        if let (Exit::For(_), Door::Open { listener, is_given: true, .. }) = (exit, &self.door) {
            supervisor::hand_on(listener);
        }
        self.close_door();
    }
}
