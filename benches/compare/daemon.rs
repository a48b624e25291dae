//! The daemon: how late it refreshes under load, and what it costs while there is nothing to do.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::path::Path;
use std::process::{Child, Command};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;

use super::Outcome;
use super::measure::Times;
use super::parallel::at_once;
use super::peers::{Peers, place};
use super::place::Place;
use super::report::{Section, Table, Target, milliseconds, seconds};

/// Entries that are refreshed all the time, and how often each.
const BUSY: usize = 1000;
const EVERY: &str = "5s";
/// Entries that aren't due for long.
const IDLE: usize = 10_000;
/// How long is measured, and what isn't counted before it: the daemon has just started then.
const SPAN: Duration = Duration::from_mins(1);
const WARM_UP: Duration = Duration::from_secs(12);
const MEBI: f64 = (1 << 20) as f64;

pub(crate) fn measure(peers: &Peers) -> Outcome<Section> {
    let mut section = Section::new(
        "daemon",
        "The daemon",
        &format!(
            "{BUSY} entries with `--refresh {EVERY}` of `/bin/true`, each with an argument of its \
             own, for a minute; then {IDLE} that aren't due for a year. Late is the time from when \
             a refresh is due until it is started, by the daemon's own log; processor time is the \
             kernel's account of all of its threads."
        ),
    );
    busy(peers, &mut section)?;
    idle(peers, &mut section)?;
    Ok(section)
}

fn busy(peers: &Peers, section: &mut Section) -> Outcome {
    let place = place()?;
    fill(peers, &place, BUSY, EVERY)?;
    let path = place.path("log");
    let daemon = Daemon::start(peers, &place, "info", &path, BUSY)?;
    std::thread::sleep(WARM_UP);
    let (begin, before) = (fs::metadata(&path)?.len(), daemon.processor_time()?);
    std::thread::sleep(SPAN);
    let (spent, log) = (daemon.processor_time()? - before, fs::read(&path)?);
    daemon.stop()?;
    let log = String::from_utf8_lossy(&log[usize::try_from(begin)?..]);
    let starts: Vec<(&str, Duration)> = log.lines().filter_map(started).collect();
    let (mut runs, mut late) = (BTreeMap::<&str, u64>::new(), Times::default());
    for (entry, by) in starts {
        *runs.entry(entry).or_default() += 1;
        late.push(by);
    }
    let failed = log.lines().filter(|line| line.contains("WARN")).count();
    let fewest = if runs.len() == BUSY { runs.values().min() } else { None };
    let fewest = fewest.copied().unwrap_or_default();
    let mut table = Table::new(&["refreshing all the time", ""]);
    let figures = [
        ("refreshes", runs.values().sum::<u64>().to_string()),
        ("of them failed", failed.to_string()),
        ("of one entry, fewest and most", {
            format!("{fewest} and {}", runs.values().max().copied().unwrap_or_default())
        }),
        ("late: median", milliseconds(late.median())),
        ("late: p99", milliseconds(late.p99())),
        ("late: most", milliseconds(late.most())),
        ("processor time of the daemon itself", seconds(spent.as_secs_f64())),
    ];
    table.rows.extend(figures.map(|(name, figure)| vec![name.to_owned(), figure]));
    section.tables.push(table);
    // An entry is due again five seconds and up to a tenth of that after each run.
    section.targets.push(Target::at_least("fewest refreshes of an entry", fewest as f64, 9.0));
    Ok(())
}

fn idle(peers: &Peers, section: &mut Section) -> Outcome {
    let place = place()?;
    fill(peers, &place, IDLE, "365d")?;
    let daemon = Daemon::start(peers, &place, "info", &place.path("log"), IDLE)?;
    std::thread::sleep(WARM_UP);
    let before = daemon.processor_time()?;
    std::thread::sleep(SPAN);
    let spent = daemon.processor_time()? - before;
    let [now, peak] = [daemon.memory("VmRSS:")?, daemon.memory("VmHWM:")?];
    daemon.stop()?;
    let mut table = Table::new(&["nothing due", ""]);
    let mebibytes = |bytes: u64| format!("{:.1} MiB", bytes as f64 / MEBI);
    let figures = [
        ("processor time in a minute", milliseconds(spent.as_secs_f64())),
        ("resident memory", mebibytes(now)),
        ("most while starting", mebibytes(peak)),
    ];
    table.rows.extend(figures.map(|(name, figure)| vec![name.to_owned(), figure]));
    section.tables.push(table);
    let spent = spent.as_secs_f64() * 1e3;
    section.targets.push(Target::at_most(
        "idle: milliseconds of a processor a minute",
        spent,
        10.0,
    ));
    Ok(())
}

/// Stores so many entries that are to be refreshed.
fn fill(peers: &Peers, place: &Place, count: usize, every: &str) -> Outcome {
    let nothing = peers.nothing.to_string_lossy();
    at_once(count, |number| {
        let word = number.to_string();
        let status = peers.omoide(place, &["--refresh", every, "--", &nothing, &word]).status()?;
        if status.success() { Ok(()) } else { Err(format!("call {number}: {status}").into()) }
    })?;
    super::measure::let_rest()
}

/// Which entry a line of the log tells the start of, and how late that is.
fn started(line: &str) -> Option<(&str, Duration)> {
    let (_, told) = line.split_once(" recomputing ")?;
    let value = |name: &str| told.split(' ').find_map(|field| field.strip_prefix(name));
    Some((value("entry=")?, debugged(value("late=")?)?))
}

/// A duration as `Debug` writes it.
fn debugged(text: &str) -> Option<Duration> {
    let units = [("ns", 1e-9), ("µs", 1e-6), ("ms", 1e-3), ("s", 1.0)];
    let (number, unit) =
        units.iter().find_map(|(name, unit)| Some((text.strip_suffix(name)?, unit)))?;
    Some(Duration::from_secs_f64(number.parse::<f64>().ok()? * unit))
}

/// A daemon in the foreground; killed when dropped.
struct Daemon(Child);

impl Daemon {
    /// Once it has all entries on its schedule.
    fn start(
        peers: &Peers,
        place: &Place,
        level: &str,
        log: &Path,
        scheduled: usize,
    ) -> Outcome<Daemon> {
        let mut command = peers.omoide(place, &["daemon", "run", "--log", level]);
        let daemon = Daemon(command.stderr(File::create(log)?).spawn()?);
        let asked = Instant::now();
        while asked.elapsed() < SPAN {
            let mut status = peers.omoide(place, &["daemon", "status", "--json"]);
            let said = status.stdout(std::process::Stdio::piped()).output()?.stdout;
            let said: Value = serde_json::from_slice(&said)?;
            if said["scheduled"].as_u64() == Some(scheduled as u64) {
                return Ok(daemon);
            }
            std::thread::sleep(Duration::from_millis(100));
        }
        Err(format!("the daemon doesn't come to schedule {scheduled} entries").into())
    }

    fn proc(&self, name: &str) -> String {
        format!("/proc/{}/{name}", self.0.id())
    }

    /// What all of its threads have spent so far.
    fn processor_time(&self) -> Outcome<Duration> {
        let mut nanoseconds = 0;
        for thread in fs::read_dir(self.proc("task"))? {
            let said = fs::read_to_string(thread?.path().join("schedstat"))?;
            nanoseconds += said.split(' ').next().unwrap_or_default().parse::<u64>()?;
        }
        Ok(Duration::from_nanos(nanoseconds))
    }

    /// A line of its status that is a size, in bytes.
    fn memory(&self, name: &str) -> Outcome<u64> {
        let said = fs::read_to_string(self.proc("status"))?;
        let line = said.lines().find_map(|line| line.strip_prefix(name)).ok_or("no such line")?;
        Ok(line.trim().trim_end_matches("kB").trim().parse::<u64>()? * 1024)
    }

    fn stop(mut self) -> Outcome {
        kill_process(Pid::from_child(&self.0), Signal::TERM)?;
        let status = self.0.wait()?;
        super::measure::succeeded(&Command::new("omoide daemon run"), status)?;
        super::measure::let_rest()
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}
