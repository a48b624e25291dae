//! An output of a gibibyte: how fast it passes, and how much memory that takes.

use std::fs::{self, File};
use std::io::{self, BufWriter, Read, Write};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use super::Outcome;
use super::measure::{Contender, in_turns, let_rest, peak_memory, succeeded, time};
use super::peers::{Peers, clear, place};
use super::place::Place;
use super::report::{Section, Table, Target};

/// However large the output is.
const MOST_MEMORY: f64 = 16.0;
/// What a pipe's reader takes at once.
const PIECE: usize = 128 * 1024;

/// Where the output goes.
#[derive(Clone, Copy)]
enum Sink {
    Null,
    File,
    Pipe,
}

const SINKS: [(Sink, &str); 3] =
    [(Sink::Null, "/dev/null"), (Sink::File, "a file"), (Sink::Pipe, "a pipe")];

pub(crate) fn measure(peers: &Peers, runs: usize, bytes: u64) -> Outcome<Section> {
    let place = place()?;
    let source = place.path("source");
    write_source(&source, bytes)?;
    let source = source.to_str().ok_or("a path that isn't text")?;
    let mut section = Section::new(
        "large",
        "A large output",
        &format!(
            "{} MiB, the file that they come from in the page cache; {runs} runs of each, in turns. \
             What was written is removed and the disk synchronized before the next one starts.",
            bytes >> 20
        ),
    );
    hits(peers, &place, source, runs, &mut section)?;
    misses(peers, &place, source, runs, &mut section)?;
    memory(peers, &place, source, bytes, &mut section)?;
    Ok(section)
}

/// The words of a call that stores it all.
fn words(source: &str) -> [&str; 5] {
    ["--max-output", "1TiB", "--", "cat", source]
}

fn hits(peers: &Peers, place: &Place, source: &str, runs: usize, section: &mut Section) -> Outcome {
    time(&mut peers.omoide(place, &words(source)))?;
    let_rest()?;
    for (sink, name) in SINKS {
        let omoide = || drain(place, peers.omoide(place, &words(source)), sink);
        let cat = || drain(place, place.command("cat".as_ref(), &[source]), sink);
        let mut contenders = [
            Contender::new(format!("omoide, a hit into {name}"), omoide),
            Contender::new(format!("`cat FILE` into {name}"), cat),
        ];
        compare(&mut contenders, runs, &format!("a hit / `cat FILE`, into {name}"), section)?;
    }
    Ok(())
}

fn misses(
    peers: &Peers,
    place: &Place,
    source: &str,
    runs: usize,
    section: &mut Section,
) -> Outcome {
    for (sink, name) in SINKS {
        let omoide = || {
            clear(place)?;
            rest()?;
            drain(place, peers.omoide(place, &words(source)), sink)
        };
        let copy = place.path("tmp/copy");
        let copy = copy.to_str().ok_or("a path that isn't text")?;
        let tee = || {
            clear(place)?;
            rest()?;
            let script = "cat \"$1\" | tee \"$2\"";
            drain(place, place.command("sh".as_ref(), &["-c", script, "sh", source, copy]), sink)
        };
        let mut contenders = [
            Contender::new(format!("omoide, a miss into {name}"), omoide),
            Contender::new(format!("`cat FILE \\| tee FILE` into {name}"), tee),
        ];
        compare(&mut contenders, runs, &format!("a miss / `tee`, into {name}"), section)?;
    }
    Ok(())
}

/// Ours first, then what it is compared with.
fn compare(
    contenders: &mut [Contender<'_>; 2],
    runs: usize,
    what: &str,
    section: &mut Section,
) -> Outcome {
    in_turns(contenders, runs)?;
    let [ours, theirs] = contenders.each_ref().map(|c| c.times.median());
    section.times(&contenders[..]);
    section.targets.push(Target::at_most(what, ours / theirs, 1.0));
    Ok(())
}

fn memory(
    peers: &Peers,
    place: &Place,
    source: &str,
    bytes: u64,
    section: &mut Section,
) -> Outcome {
    clear(place)?;
    let mut table = Table::new(&["most memory resident, into a pipe", "MiB"]);
    for what in ["a miss", "a hit"] {
        let peak = peak_memory(&mut peers.omoide(place, &words(source)), bytes)?;
        let_rest()?;
        let mebibytes = peak as f64 / f64::from(1 << 20);
        table.rows.push(vec![what.to_owned(), format!("{mebibytes:.1}")]);
        section.targets.push(Target::at_most(
            &format!("memory of {what}, in MiB"),
            mebibytes,
            MOST_MEMORY,
        ));
    }
    section.tables.push(table);
    Ok(())
}

/// How long it takes until all has arrived.
fn drain(place: &Place, mut command: Command, sink: Sink) -> Outcome<Duration> {
    match sink {
        Sink::Null => time(&mut command),
        Sink::File => {
            let path = place.path("arrived");
            if path.exists() {
                fs::remove_file(&path)?;
            }
            rest()?;
            command.stdout(File::create(path)?);
            time(&mut command)
        }
        Sink::Pipe => {
            let start = Instant::now();
            let mut child = command.stdout(Stdio::piped()).spawn()?;
            let mut output = child.stdout.take().ok_or("no pipe")?;
            let mut piece = vec![0; PIECE];
            while output.read(&mut piece)? > 0 {}
            let status = child.wait()?;
            let took = start.elapsed();
            succeeded(&command, status)?;
            Ok(took)
        }
    }
}

/// Has the disk write what it was given, so that nobody pays for who was before.
fn rest() -> Outcome {
    let_rest()?;
    rustix::fs::sync();
    Ok(())
}

/// Bytes that don't repeat, from a generator of Marsaglia's (xorshift64).
fn write_source(path: &Path, bytes: u64) -> io::Result<()> {
    let mut file = BufWriter::with_capacity(1 << 20, File::create(path)?);
    let mut state: u64 = 0x9e37_79b9_7f4a_7c15;
    for _ in 0..bytes / 8 {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        file.write_all(&state.to_le_bytes())?;
    }
    file.flush()?;
    file.get_ref().sync_all()
}
