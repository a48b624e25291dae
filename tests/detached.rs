//! What is published finds its way into the catalog by a process of its own, whose caller neither
//! waits for it nor shares anything with it.
//!
//! Has no harness: a process that forks must have one thread.

use std::io::Read;
use std::os::fd::AsFd;
use std::path::Path;
use std::time::{Duration, Instant};

use omoide::model::entry::{Detail, Stream, Streams};
use omoide::model::inputs::Wanted;
use omoide::model::key::Key;
use omoide::model::policy::{Limits, Policy};
use omoide::store::{
    Answer, Condition, Durability, Entry, FlightInfo, Joined, Recording, Request, Store,
};
use omoide::sys::{clock, fork};
use rustix::fs::{FlockOperation, flock};
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

fn main() {
    let folder = tempfile::tempdir().expect("a folder");
    std::env::set_current_dir(folder.path()).expect("a working directory");
    // Relative: the background process leaves for `/`.
    let store = Store::prepare(Path::new("cache")).expect("a store");
    publish(&store, 1);
    publish(&store, 2);

    // Ends when everybody who has the writing end has closed it: we, and whoever inherited it.
    let (mut reading, writing) = std::io::pipe().expect("a pipe");
    store.ingest_in_background(&Limits::default(), clock::now());
    drop(writing);
    let mut rest = Vec::new();
    reading.read_to_end(&mut rest).expect("nobody keeps the pipe open");

    while pending() > 0 {
        std::thread::sleep(Duration::from_millis(5));
    }
    wait_for_catalog(folder.path());
    let catalog = std::fs::read_dir("cache/v2/catalog").expect("a folder").count();
    assert!(catalog > 0);

    without_a_free_descriptor_it_starts();
    with_threads_nothing_is_forked(&store);
    let stats = store.answer(&Request::Stats { top: 0 }, Duration::from_secs(10), &mut |_| Ok(()));
    let Ok(Answer::Stats(stats)) = stats else { panic!("no stats: {stats:?}") };
    assert_eq!(stats.entries, 3);
}

/// It has none but its own: whatever its caller holds, it has room.
fn without_a_free_descriptor_it_starts() {
    let usual = getrlimit(Resource::Nofile);
    setrlimit(Resource::Nofile, Rlimit { current: Some(64), ..usual }).expect("a lower limit");
    let held: Vec<_> = std::iter::from_fn(|| std::fs::File::open("/dev/null").ok()).collect();
    fork::detached_here(None, || drop(std::fs::write("worked", ""))).expect("a process");
    drop(held);
    setrlimit(Resource::Nofile, usual).expect("the usual limit");
    let deadline = Instant::now() + Duration::from_secs(30);
    while !Path::new("worked").exists() {
        assert!(Instant::now() < deadline, "it hasn't come as far as its work");
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// Another thread might hold a lock that the new process would wait for, for ever.
fn with_threads_nothing_is_forked(store: &Store) {
    publish(store, 3);
    let (go, wait) = std::sync::mpsc::channel::<()>();
    let thread = std::thread::spawn(move || wait.recv());
    store.ingest_in_background(&Limits::default(), clock::now());
    drop(go);
    drop(thread.join());
    assert_eq!(pending(), 1, "its marker stays");
}

fn pending() -> usize {
    std::fs::read_dir("cache/v2/pending").expect("a folder").count()
}

/// Returns once the background process has ended, with its lock.
fn wait_for_catalog(folder: &Path) {
    let lock = std::fs::File::open(folder.join("cache/v2/locks/catalog")).expect("the lock");
    flock(lock.as_fd(), FlockOperation::LockExclusive).expect("locked");
}

fn publish(store: &Store, number: u8) {
    let key = Key([number; 32]);
    let Joined::Lead(flight) = store.join(&key, &FlightInfo::default(), None).expect("a flight")
    else {
        panic!("somebody else leads")
    };
    let mut recording = Recording::new(store, 1000);
    recording.record(Stream::Out, b"hello").expect("recorded");
    let entry = Entry {
        key,
        created: clock::now(),
        ran: Duration::from_secs(1),
        code: 0,
        streams: Streams::Split,
        policy: Policy::default(),
        detail: Detail {
            command: vec![b"echo".to_vec()],
            program: b"/bin/echo".to_vec(),
            cwd: b"/".to_vec(),
            scope: None,
            tags: vec![],
            inputs: Wanted::default(),
            stdin: None,
            parts: vec![],
        },
        recipe: None,
        stdin: None,
    };
    store
        .publish(flight, recording, entry, Durability::Relaxed, Condition::None)
        .expect("published");
}
