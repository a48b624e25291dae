//! What /proc says of processes.

use std::fs;
use std::time::{Duration, Instant};

use rustix::process::Pid;

/// Waits until something is so; fails if it doesn't come about.
#[track_caller]
pub(crate) fn eventually(what: &str, mut is_so: impl FnMut() -> bool) {
    let started = Instant::now();
    while !is_so() {
        assert!(started.elapsed() < Duration::from_mins(1), "it never came about: {what}");
        std::thread::sleep(Duration::from_millis(1));
    }
}

/// The most memory that a process had resident so far, in bytes.
pub(crate) fn peak_memory(pid: Pid) -> u64 {
    let kibibytes = status_line(pid, "VmHWM:").expect("a living process");
    kibibytes.trim_end_matches(" kB").parse::<u64>().expect("a number") * 1024
}

/// Whether a process is stopped.
pub(crate) fn is_stopped(pid: Pid) -> bool {
    status_line(pid, "State:").is_some_and(|state| state.starts_with('T'))
}

/// Whether a process is gone, or has ended and only waits to be waited for.
pub(crate) fn has_ended(pid: Pid) -> bool {
    status_line(pid, "State:").is_none_or(|state| state.starts_with('Z'))
}

/// Whether a process has the file of a flight open: it leads or waits.
pub(crate) fn waits_for_a_flight(pid: Pid) -> bool {
    let descriptors = fs::read_dir(format!("/proc/{}/fd", pid.as_raw_nonzero()));
    let mut targets = descriptors.into_iter().flatten().flatten();
    targets.any(|fd| {
        let target = fs::read_link(fd.path()).unwrap_or_default();
        let in_locks = target.parent().and_then(|shard| shard.parent());
        in_locks.is_some_and(|folder| folder.ends_with("v2/locks"))
    })
}

/// The living processes below this one.
pub(crate) fn descendants_of(pid: Pid) -> Vec<Pid> {
    let mut found: Vec<Pid> = Vec::new();
    let mut parents = vec![pid];
    while let Some(parent) = parents.pop() {
        let mine: Vec<Pid> =
            processes().filter(|&child| parent_of(child) == Some(parent)).collect();
        parents.extend(&mine);
        found.extend(mine.into_iter().filter(|&child| !has_ended(child)));
    }
    found
}

fn processes() -> impl Iterator<Item = Pid> {
    let folder = fs::read_dir("/proc").expect("/proc");
    folder.flatten().filter_map(|entry| Pid::from_raw(entry.file_name().to_str()?.parse().ok()?))
}

fn parent_of(pid: Pid) -> Option<Pid> {
    Pid::from_raw(status_line(pid, "PPid:")?.parse().ok()?)
}

fn status_line(pid: Pid, name: &str) -> Option<String> {
    let status = fs::read_to_string(format!("/proc/{}/status", pid.as_raw_nonzero())).ok()?;
    let value = status.lines().find_map(|line| line.strip_prefix(name))?;
    Some(value.trim().to_owned())
}
