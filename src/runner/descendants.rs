//! The processes that descend from this one, found in /proc.
//!
//! Process groups wouldn't do: the command shares ours with the rest of the caller's pipeline,
//! and a descendant may have left it.

use std::fs;

use rustix::io::Errno;
use rustix::process::{
    Pid, PidfdFlags, Signal, WaitId, WaitIdOptions, getpid, kill_process, pidfd_open,
    pidfd_send_signal, waitid,
};

/// A process as it was when /proc was read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Process {
    pub(super) pid: Pid,
    parent: Option<Pid>,
    /// With the id, this names it for good: an id alone is given to another process in time.
    started: u64,
    /// It has exited and only waits to be waited for.
    exited: bool,
}

/// The children of this process.
pub(super) fn children() -> Vec<Pid> {
    // Nearly always there are none, and to look at each process there is takes milliseconds.
    if has_none() {
        return Vec::new();
    }
    let ours = getpid();
    all()
        .into_iter()
        .filter(|process| process.parent == Some(ours))
        .map(|child| child.pid)
        .collect()
}

/// Whether this process has no children, not even some that have exited.
fn has_none() -> bool {
    let options = WaitIdOptions::EXITED | WaitIdOptions::NOHANG | WaitIdOptions::NOWAIT;
    matches!(waitid(WaitId::All, options), Err(Errno::CHILD))
}

/// The living descendants of this process, but for those children and what descends from them.
pub(super) fn descendants(spared: &[Pid]) -> Vec<Process> {
    descendants_among(&all(), getpid(), spared)
}

fn descendants_among(all: &[Process], root: Pid, spared: &[Pid]) -> Vec<Process> {
    let mut parents = vec![root];
    let mut found = Vec::new();
    while let Some(parent) = parents.pop() {
        for child in all.iter().filter(|process| process.parent == Some(parent)) {
            if !spared.contains(&child.pid) {
                parents.push(child.pid);
                found.push(*child);
            }
        }
    }
    found.retain(|process| !process.exited);
    found
}

impl Process {
    /// Sends it a signal, unless its id names another process by now.
    pub(super) fn signal(self, signal: Signal) {
        // What refuses is another user's (sudo), or gone.
        let _ = match pidfd_open(self.pid, PidfdFlags::empty()) {
            Ok(process) if look(self.pid).is_some_and(|now| now.started == self.started) => {
                pidfd_send_signal(process, signal)
            }
            Ok(_) | Err(Errno::SRCH) => Ok(()),
            // A kernel before 5.3, or a sandbox: the id is all we have.
            Err(_) => kill_process(self.pid, signal),
        };
    }
}

fn all() -> Vec<Process> {
    let pids: Vec<i32> = fs::read_dir("/proc")
        .into_iter()
        .flatten()
        .filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok())
        .collect();
    // One descriptor at a time: there may be no more.
    pids.into_iter().filter_map(|pid| look(Pid::from_raw(pid)?)).collect()
}

fn look(pid: Pid) -> Option<Process> {
    let stat = fs::read(format!("/proc/{}/stat", pid.as_raw_nonzero())).ok()?;
    parse(pid, &stat)
}

/// Reads `PID (NAME) STATE PARENT …`, of which the name may hold anything, parentheses included.
fn parse(pid: Pid, stat: &[u8]) -> Option<Process> {
    let name_end = stat.iter().rposition(|&byte| byte == b')')?;
    let mut fields = str::from_utf8(&stat[name_end + 1..]).ok()?.split_ascii_whitespace();
    let state = fields.next()?;
    let parent = fields.next()?.parse().ok()?;
    // Field 22 of the line; the parent was field 4.
    let started = fields.nth(17)?.parse().ok()?;
    let exited = matches!(state, "Z" | "X");
    Some(Process { pid, parent: Pid::from_raw(parent), started, exited })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pid(raw: i32) -> Pid {
        Pid::from_raw(raw).expect("not zero")
    }

    fn process(raw: i32, parent: i32, exited: bool) -> Process {
        Process { pid: pid(raw), parent: Pid::from_raw(parent), started: 0, exited }
    }

    #[test]
    fn a_name_with_parentheses_and_blanks_is_skipped() {
        let stat = b"42 (a) S 1 ((b) Z 7 42 42 0 -1 4194560 9 0 0 0 1 2 3 4 20 0 1 0 98765 1 2\n";
        let expected =
            Process { pid: pid(42), parent: Some(pid(7)), started: 98_765, exited: true };
        assert_eq!(parse(pid(42), stat), Some(expected));
        assert_eq!(parse(pid(42), b"42 (cut"), None);
    }

    #[test]
    fn descendants_are_found_past_the_exited_and_but_for_the_spared() {
        let all = [
            process(2, 1, false),
            process(11, 10, true),
            process(12, 11, false),
            process(13, 12, false),
            process(20, 10, false),
            process(21, 20, false),
        ];
        let mut found: Vec<i32> = descendants_among(&all, pid(10), &[pid(20)])
            .into_iter()
            .map(|process| process.pid.as_raw_nonzero().get())
            .collect();
        found.sort_unstable();
        assert_eq!(found, [12, 13]);
    }

    #[test]
    fn children_are_found_whether_they_run_or_have_exited() {
        use std::process::{Command, Stdio};
        let runs = Command::new("cat").stdin(Stdio::piped()).spawn();
        let mut runs = runs.expect("a process");
        let mut exited = Command::new("true").spawn().expect("a process");
        let options = WaitIdOptions::EXITED | WaitIdOptions::NOWAIT;
        waitid(WaitId::Pid(Pid::from_child(&exited)), options).expect("its end");
        let found = children();
        assert!(found.contains(&Pid::from_child(&runs)), "{found:?}");
        assert!(found.contains(&Pid::from_child(&exited)), "{found:?}");
        drop(runs.stdin.take());
        runs.wait().expect("its end");
        exited.wait().expect("its end");
    }

    #[test]
    fn this_process_is_seen_in_proc() {
        let ours = look(getpid()).expect("this process is running");
        assert_eq!(ours.parent, rustix::process::getppid());
        assert!(!ours.exited);
    }
}
