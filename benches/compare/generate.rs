//! Fills a store with entries, through the store's own functions: as many as anybody will ever
//! have, in minutes.

use std::path::Path;
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use omoide::model::entry::{Detail, Slot, Stream, Streams};
use omoide::model::inputs::Wanted;
use omoide::model::key::{Identity, Key, Part, PartDigest, Program, Selection};
use omoide::model::policy::Policy;
use omoide::store::{
    Condition, Durability, Entry, FlightInfo, Joined, Lookup, Recording, Shelf, Store,
};
use omoide::sys::clock;

use super::Outcome;

/// So many are published at most before the catalog takes them in: a folder of markers keeps the size
/// that it has once had, and everybody who looks for some reads all of it.
const BATCH: u64 = 10_000;
/// Nobody else has the catalog of a generated store.
const PATIENCE: Duration = Duration::from_secs(30);
/// How many variables of its environment a generated call has in its key.
const VARIABLES: usize = 30;
/// Programs and tags go round, so that there are many entries of each.
const PROGRAMS: [&str; 5] = ["kubectl", "git", "aws", "gh", "cargo"];
const TAGS: [&str; 3] = ["network", "k8s", "build"];

/// Publishes what is missing of `entries` entries, the newest last, while the catalog takes in
/// those before.
pub(crate) fn fill(folder: &Path, entries: u64) -> Outcome {
    let store = Store::prepare(folder)?;
    let mut shelf = Shelf::open(&store, PATIENCE)?;
    let start = Instant::now();
    // Whoever publishes waits for the catalog after each batch.
    let (done, batches) = mpsc::sync_channel(0);
    let published: Result<(), String> = thread::scope(|scope| {
        let store = &store;
        let publisher = scope
            .spawn(move || publish_all(store, entries, &done).map_err(|error| error.to_string()));
        for number in batches {
            take_in(&mut shelf).map_err(|error| error.to_string())?;
            eprintln!("{number} of {entries} entries after {:.0?}", start.elapsed());
        }
        publisher.join().unwrap_or_else(|_| Err("the publisher panicked".to_owned()))
    });
    published?;
    take_in(&mut shelf)
}

/// Tells after each batch how far it got.
fn publish_all(store: &Store, entries: u64, done: &mpsc::SyncSender<u64>) -> Outcome {
    let salt = store.salt()?;
    let mut published = 0;
    for number in 0..entries {
        let call = Call::new(number);
        let key = call.key();
        if matches!(store.find(&key, Slot::Good)?, Lookup::Found(_)) {
            continue;
        }
        publish(store, key, number, &call, &salt)?;
        published += 1;
        if published % BATCH == 0 {
            done.send(number + 1)?;
        }
    }
    Ok(())
}

/// Opens the catalog as whoever needs it does, and prints how long that took in nanoseconds.
pub(crate) fn open(folder: &Path) -> Outcome {
    let store = Store::open(folder)?.ok_or("no store")?;
    let start = Instant::now();
    let shelf = Shelf::open(&store, PATIENCE)?;
    println!("{}", start.elapsed().as_nanos());
    drop(shelf);
    Ok(())
}

fn take_in(shelf: &mut Shelf<'_>) -> Outcome {
    match shelf.ingest()?.failed.into_iter().next() {
        Some((_, error)) => Err(error.into()),
        None => Ok(()),
    }
}

/// A call as people make them.
struct Call {
    command: Vec<String>,
    program: Program,
    directory: String,
    environment: Vec<(String, String)>,
}

impl Call {
    fn new(number: u64) -> Call {
        let name = PROGRAMS[usize::try_from(number).unwrap_or(0) % PROGRAMS.len()];
        Call {
            command: vec![
                name.to_owned(),
                "get".to_owned(),
                format!("--page={number}"),
                "--output=json".to_owned(),
            ],
            program: Program::Stat {
                path: path_of(name).into_bytes(),
                size: 123_456,
                modified: 1_700_000_000_000_000_000,
            },
            directory: format!("/home/alice/work/project-{}", number % 100),
            environment: (0..VARIABLES)
                .map(|place| (format!("VARIABLE_{place:02}"), format!("value of {place}")))
                .collect(),
        }
    }

    fn with_identity<T>(&self, work: impl FnOnce(&Identity<'_>) -> T) -> T {
        let command: Vec<&[u8]> = self.command.iter().map(String::as_bytes).collect();
        let environment: Vec<(&[u8], &[u8])> = self
            .environment
            .iter()
            .map(|(name, value)| (name.as_bytes(), value.as_bytes()))
            .collect();
        work(&Identity {
            command: &command,
            program: &self.program,
            directory: Some(self.directory.as_bytes()),
            environment: &environment,
            selection: &Selection::default(),
            scope: None,
            input: None,
            inputs: &[],
        })
    }

    fn key(&self) -> Key {
        self.with_identity(|identity| identity.key())
    }

    fn parts(&self, salt: &[u8; 32]) -> Vec<PartDigest> {
        let digest = |part: &Part| part.digest(salt);
        self.with_identity(|identity| identity.parts().iter().map(digest).collect())
    }
}

fn path_of(name: &str) -> String {
    format!("/usr/bin/{name}")
}

fn publish(store: &Store, key: Key, number: u64, call: &Call, salt: &[u8; 32]) -> Outcome {
    let turn = usize::try_from(number)?;
    let detail = Detail {
        command: call.command.iter().map(|word| word.clone().into_bytes()).collect(),
        program: path_of(&call.command[0]).into_bytes(),
        cwd: call.directory.clone().into_bytes(),
        scope: None,
        tags: vec![TAGS[turn % TAGS.len()].to_owned()],
        inputs: Wanted::default(),
        stdin: None,
        parts: call.parts(salt),
    };
    let entry = Entry {
        key,
        created: clock::now(),
        ran: Duration::from_millis(50 + number % 1000),
        code: 0,
        streams: Streams::Split,
        policy: Policy { ttl: Some(Duration::from_hours(24 * 365)), ..Policy::default() },
        detail,
        recipe: None,
        stdin: None,
    };
    let Joined::Lead(flight) = store.join(&key, &FlightInfo::default())? else {
        return Err("somebody else fills the store".into());
    };
    let mut recording = Recording::new(store, u64::MAX);
    let output = format!("{{\"page\": {number}, \"items\": [1, 2, 3, 4, 5, 6, 7, 8, 9]}}\n");
    // From 70 to 900 bytes.
    let output = output.repeat(1 + turn % 14);
    recording.record(Stream::Out, output.as_bytes()).map_err(|stop| format!("{stop:?}"))?;
    store.publish(flight, recording, entry, Durability::Relaxed, Condition::None)?;
    Ok(())
}
