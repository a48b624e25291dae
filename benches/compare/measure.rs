//! Runs commands and measures them: how long from before they are started until they have ended.

use std::fs;
use std::io::{self, Read};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use rustix::io::Errno;
use rustix::process::{WaitOptions, set_child_subreaper, wait};
use rustix::thread::{CpuSet, sched_getaffinity, sched_setaffinity};

use super::Outcome;

/// Runs of each contender before those that count; fewer where few count.
const WARM_UP: usize = 5;

/// Confines this process and its children to so many cores, and has what they leave behind become
/// our children, so that [`let_rest`] can wait for it.
pub(crate) fn settle_on_cores(cores: usize) -> Outcome {
    let allowed = sched_getaffinity(None)?;
    let mut chosen = CpuSet::new();
    let usable = (0..CpuSet::MAX_CPU).filter(|cpu| allowed.is_set(*cpu));
    usable.take(cores).for_each(|cpu| chosen.set(cpu));
    sched_setaffinity(None, &chosen)?;
    set_child_subreaper(rustix::process::Pid::from_raw(1))?;
    Ok(())
}

/// Waits until nothing of what was started is left, background work included: it must not slow
/// down whoever is measured next.
pub(crate) fn let_rest() -> Outcome {
    loop {
        match wait(WaitOptions::empty()) {
            Ok(_) | Err(Errno::INTR) => {}
            Err(Errno::CHILD) => return Ok(()),
            Err(errno) => return Err(errno.into()),
        }
    }
}

/// How long each run took.
#[derive(Clone, Debug, Default)]
pub(crate) struct Times(Vec<Duration>);

impl Times {
    pub(crate) fn push(&mut self, time: Duration) {
        self.0.push(time);
    }

    fn sorted(&self) -> Vec<Duration> {
        let mut times = self.0.clone();
        times.sort_unstable();
        times
    }

    /// The fastest, in seconds.
    pub(crate) fn least(&self) -> f64 {
        self.quantile(0.0)
    }

    /// The median, in seconds.
    pub(crate) fn median(&self) -> f64 {
        self.quantile(0.5)
    }

    /// What all but a hundredth stay below, in seconds.
    pub(crate) fn p99(&self) -> f64 {
        self.quantile(0.99)
    }

    /// The slowest, in seconds.
    pub(crate) fn most(&self) -> f64 {
        self.quantile(1.0)
    }

    /// The nearest rank; of an even number of runs, the median is the mean of the middle two.
    fn quantile(&self, part: f64) -> f64 {
        let times = self.sorted();
        let last = times.len().saturating_sub(1) as f64;
        let at = part * last;
        let (below, above) = (at.floor() as usize, at.ceil() as usize);
        f64::midpoint(times[below].as_secs_f64(), times[above].as_secs_f64())
    }
}

/// Something that is measured: a command that is made anew for each run.
pub(crate) struct Contender<'a> {
    pub(crate) name: String,
    pub(crate) run: Box<dyn FnMut() -> Outcome<Duration> + 'a>,
    pub(crate) times: Times,
}

impl<'a> Contender<'a> {
    pub(crate) fn new(
        name: impl Into<String>,
        run: impl FnMut() -> Outcome<Duration> + 'a,
    ) -> Contender<'a> {
        Contender { name: name.into(), run: Box::new(run), times: Times::default() }
    }

    /// A command that succeeds, with its output going to /dev/null.
    pub(crate) fn command(
        name: impl Into<String>,
        mut command: impl FnMut() -> Command + 'a,
    ) -> Contender<'a> {
        Contender::new(name, move || time(&mut command()))
    }
}

/// Runs all in turns, each turn beginning with another one.
pub(crate) fn in_turns(contenders: &mut [Contender<'_>], runs: usize) -> Outcome {
    let count = contenders.len();
    let warm_up = WARM_UP.min(runs.div_ceil(5));
    for run in 0..warm_up + runs {
        for turn in 0..count {
            let contender = &mut contenders[(run + turn) % count];
            let time = (contender.run)().map_err(|error| format!("{}: {error}", contender.name))?;
            if run >= warm_up {
                contender.times.push(time);
            }
            let_rest()?;
        }
    }
    Ok(())
}

/// How long a command takes that succeeds.
pub(crate) fn time(command: &mut Command) -> Outcome<Duration> {
    let start = Instant::now();
    let status = command.status();
    let took = start.elapsed();
    succeeded(command, status?)?;
    Ok(took)
}

pub(crate) fn succeeded(command: &Command, status: ExitStatus) -> Outcome {
    if status.success() { Ok(()) } else { Err(format!("{command:?}: {status}").into()) }
}

/// The most memory that was resident in a process while `total` bytes came out of it, in bytes.
///
/// The last of them are held back until it has been read: a process that has ended says nothing
/// any more, and what `wait` would say counts from this process' own memory.
pub(crate) fn peak_memory(command: &mut Command, total: u64) -> Outcome<u64> {
    const HELD_BACK: u64 = 4 << 20;
    let mut child = command.stdout(Stdio::piped()).spawn()?;
    let mut output = child.stdout.take().ok_or("no pipe")?;
    let skipped = io::copy(&mut (&mut output).take(total - HELD_BACK), &mut io::sink())?;
    let peak = resident_peak(&child)?;
    let rest = io::copy(&mut output, &mut io::sink())?;
    let status = child.wait()?;
    succeeded(command, status)?;
    if skipped + rest != total {
        return Err(format!("{} bytes of {total}", skipped + rest).into());
    }
    Ok(peak)
}

/// How long a command takes, and the most memory that was seen to be resident in it, looking at
/// it every few milliseconds.
pub(crate) fn watched(command: &mut Command) -> Outcome<(Duration, u64)> {
    let start = Instant::now();
    let mut child = command.spawn()?;
    let mut peak = 0;
    let status = loop {
        // What has ended has no figure any more.
        peak = resident_peak(&child).unwrap_or(peak);
        if let Some(status) = child.try_wait()? {
            break status;
        }
        std::thread::sleep(Duration::from_millis(2));
    };
    let took = start.elapsed();
    succeeded(command, status)?;
    Ok((took, peak))
}

fn resident_peak(child: &Child) -> Outcome<u64> {
    let status = fs::read_to_string(format!("/proc/{}/status", child.id()))?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).ok_or("no VmHWM")?;
    let kibibytes: u64 = line.trim().trim_end_matches("kB").trim().parse()?;
    Ok(kibibytes * 1024)
}
