//! Microbenchmarks of what a hit is made of: `cargo bench`.

use std::fs;
use std::hint::black_box;
use std::io;
use std::path::Path;
use std::time::Duration;

use criterion::{BatchSize, Criterion, criterion_group, criterion_main};
use omoide::inputs::fingerprint;
use omoide::model::entry::{Detail, Slot, Stream, Streams, Taking};
use omoide::model::inputs::Wanted;
use omoide::model::judge::judge;
use omoide::model::key::{Identity, Key, Program, Selection};
use omoide::model::policy::Policy;
use omoide::store::{
    Condition, Durability, Entry, EntryFile, FlightInfo, Joined, Lookup, Player, Recording, Store,
};
use omoide::sys::clock;
use tempfile::TempDir;

/// As many as a desktop session has.
const VARIABLES: usize = 60;
/// Files of the inputs.
const INPUTS: usize = 1000;
/// Lines of an output, in turns of both streams.
const LINES: usize = 100;

/// The key of a call with sixty variables.
fn key(criterion: &mut Criterion) {
    let variables: Vec<(String, String)> = (0..VARIABLES)
        .map(|place| (format!("VARIABLE_{place:02}"), format!("/some/path/or/other/{place}")))
        .collect();
    let environment: Vec<(&[u8], &[u8])> =
        variables.iter().map(|(name, value)| (name.as_bytes(), value.as_bytes())).collect();
    let program = Program::Stat { path: b"/usr/bin/kubectl".to_vec(), size: 1 << 25, modified: 1 };
    let identity = Identity {
        command: &[b"kubectl", b"get", b"pods", b"--output=json"],
        program: &program,
        directory: Some(b"/home/alice/work/project"),
        environment: &environment,
        selection: &Selection::default(),
        scope: None,
        input: None,
        inputs: &[],
    };
    criterion.bench_function("key of 60 variables", |b| b.iter(|| black_box(&identity).key()));
}

/// A store with one entry.
struct Stored {
    store: Store,
    key: Key,
    folder: TempDir,
}

impl Stored {
    fn new() -> Stored {
        let folder = tempfile::tempdir().expect("a folder");
        let store = Store::prepare(&folder.path().join("cache")).expect("a store");
        let key = Key([7; 32]);
        let stored = Stored { store, key, folder };
        stored.publish();
        stored
    }

    fn publish(&self) {
        let Stored { store, key, .. } = self;
        let joined = store.join(key, &FlightInfo::default(), None).expect("a flight");
        let Joined::Lead(flight) = joined else { panic!("somebody else leads") };
        let mut recording = Recording::new(store, u64::MAX);
        for line in 0..LINES {
            let stream = if line % 2 == 0 { Stream::Out } else { Stream::Err };
            recording
                .record(stream, b"a line of some output, of middling length\n")
                .expect("space");
        }
        let detail = Detail {
            command: vec![b"kubectl".to_vec(), b"get".to_vec(), b"pods".to_vec()],
            program: b"/usr/bin/kubectl".to_vec(),
            cwd: b"/home/alice/work/project".to_vec(),
            scope: None,
            tags: Vec::new(),
            inputs: Wanted::default(),
            stdin: None,
            parts: Vec::new(),
        };
        let entry = Entry {
            key: *key,
            created: clock::now(),
            ran: Duration::from_secs(1),
            code: 0,
            streams: Streams::Split,
            policy: Policy::default(),
            detail,
            recipe: None,
            stdin: None,
        };
        store
            .publish(flight, recording, entry, Durability::Relaxed, Condition::None)
            .expect("published");
    }

    fn bytes(&self) -> Vec<u8> {
        let hex = self.key.hex();
        let path = format!("cache/v2/entries/{}/{hex}", &hex[..2]);
        fs::read(self.folder.path().join(path)).expect("an entry")
    }
}

/// Counts what it is to play.
#[derive(Default)]
struct Counting(u64);

impl Player for Counting {
    fn bytes(&mut self, _: Stream, bytes: &[u8]) -> io::Result<()> {
        self.0 += bytes.len() as u64;
        Ok(())
    }

    fn file(&mut self, _: Stream, _: &fs::File, _: u64, len: u64) -> io::Result<()> {
        self.0 += len;
        Ok(())
    }
}

/// From the entry's file to what goes out.
fn entry(criterion: &mut Criterion) {
    let stored = Stored::new();
    let bytes = stored.bytes();
    criterion.bench_function("decode an entry of 4 KiB", |b| {
        let decode = |bytes| EntryFile::parse(bytes).expect("an entry");
        b.iter_batched(|| bytes.clone(), decode, BatchSize::SmallInput);
    });
    let find = || stored.store.find(&stored.key, Slot::Good).expect("readable");
    criterion.bench_function("find it: open, read, decode", |b| b.iter(find));
    let Lookup::Found(found) = find() else { panic!("it isn't there") };

    let now = clock::now();
    let policy = Policy {
        ttl: Some(Duration::from_hours(1)),
        stale: Some(Duration::from_mins(1)),
        ..Policy::default()
    };
    criterion.bench_function("judge it", |b| {
        let facts = found.facts(None);
        b.iter(|| judge(black_box(&facts), black_box(&policy), Taking::Apart, now));
    });
    criterion.bench_function("replay its 100 frames to nobody", |b| {
        b.iter(|| {
            let mut counting = Counting::default();
            found.output().play(&mut counting).expect("a table that matches");
            counting.0
        });
    });
}

/// A thousand files that haven't changed since they were read.
fn inputs(criterion: &mut Criterion) {
    let stored = Stored::new();
    let folder = stored.folder.path().join("inputs");
    fs::create_dir(&folder).expect("a folder");
    for number in 0..INPUTS {
        let content = number.to_string().repeat(100);
        fs::write(folder.join(format!("{number}.txt")), content).expect("a file");
    }
    let folder = vec![folder.as_os_str().as_encoded_bytes().to_vec()];
    let by_content = Wanted { content: folder.clone(), ..Wanted::default() };
    let by_time = Wanted { mtime: folder, ..Wanted::default() };
    let look = |wanted: &Wanted, store| {
        let directory = Path::new("/");
        fingerprint(wanted, &[], directory, store).expect("readable inputs")
    };
    let mut group = criterion.benchmark_group("1,000 inputs");
    group.sample_size(20);
    group.bench_function("read them all", |b| b.iter(|| look(&by_content, None)));
    // Reading them all took longer than a change may go unseen by the clock, so what is read now
    // is known from then on.
    look(&by_content, Some(&stored.store));
    group.bench_function("validate them by known digests", |b| {
        b.iter(|| look(&by_content, Some(&stored.store)));
    });
    group.bench_function("look at their times", |b| b.iter(|| look(&by_time, None)));
    let seen = look(&by_content, None);
    group.bench_function("compare them when the command has run", |b| {
        b.iter(|| seen.still_holds());
    });
    group.finish();
}

criterion_group!(benches, key, entry, inputs);
criterion_main!(benches);
