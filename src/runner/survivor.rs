//! What stays behind when the command has exited and left a process that holds its output open.
//!
//! The bare command's background process would write to the caller's descriptors for as long as
//! it likes. Here it writes to our pipes, so somebody must carry on until it ends: a forked
//! process with nothing but these pipes and descriptors, in particular without our locks.

use std::os::fd::{OwnedFd, RawFd};
use std::time::Duration;

use rustix::event::{PollFd, poll};
use rustix::io::Errno;
use rustix::pipe::{PipeFlags, pipe_with};
use rustix::process::{Pid, WaitOptions, waitpid};

use super::Bounds;
use super::flow::{Flow, Intake};
use crate::sys::fd::close_all_but;
use crate::sys::inherited;
use crate::sys::process::{exit_now, fork};
use crate::sys::signal;

/// Leaves a process behind that carries these flows on: to the caller, or into nothing where
/// `deliver` is false. Returns when that process has let go of everything else.
pub(super) fn leave_behind(flows: Vec<Flow<'_>>, deliver: bool) {
    if flows.is_empty() {
        return;
    }
    // Without a process the flows end here, and with them, by SIGPIPE, what was left running.
    let Ok((gone, holding)) = pipe_with(PipeFlags::CLOEXEC) else {
        return;
    };
    match fork() {
        Ok(None) => be_left_behind(flows, deliver),
        Ok(Some(between)) => {
            drop((flows, holding));
            wait_until_settled(between, &gone);
        }
        Err(_) => {}
    }
}

/// Runs in the forked process: forks once more, so that whoever called us has no unknown child.
fn be_left_behind(flows: Vec<Flow<'_>>, deliver: bool) -> ! {
    if let Ok(None) = fork() {
        carry_on(flows, deliver);
    }
    exit_now(0)
}

fn wait_until_settled(between: Pid, gone: &OwnedFd) {
    let _ = waitpid(Some(between), WaitOptions::empty());
    // The end of this pipe: the survivor has closed its copy of the other side, and with it those
    // of our locks.
    let _ = rustix::io::retry_on_intr(|| rustix::io::read(gone, &mut [0_u8; 1]));
}

fn carry_on(mut flows: Vec<Flow<'_>>, deliver: bool) -> ! {
    let mut kept: Vec<RawFd> = flows.iter().flat_map(Flow::descriptors).collect();
    close_all_but(&mut kept);
    inherited::restore();
    // It lives for as long as those whose words it carries, which the keys of the terminal and a
    // hang-up may spare (`nohup`, the background of a script). And one reader's end, or
    // one full file, must not end both streams.
    for spared in [libc::SIGINT, libc::SIGQUIT, libc::SIGHUP, libc::SIGPIPE, libc::SIGXFSZ] {
        let _ = signal::ignore(spared);
    }
    while !flows.is_empty() {
        wait(&flows);
        for flow in &mut flows {
            advance(flow, deliver);
        }
        flows.retain(Flow::is_unfinished);
    }
    exit_now(0)
}

fn wait(flows: &[Flow<'_>]) {
    let mut polled: Vec<PollFd<'_>> = flows
        .iter()
        .filter_map(Flow::interest)
        .map(|(descriptor, flags)| PollFd::from_borrowed_fd(descriptor, flags))
        .collect();
    // What can't be waited for is looked at now and then.
    if poll(&mut polled, None).is_err_and(|errno| errno != Errno::INTR) {
        std::thread::sleep(Duration::from_millis(10));
    }
}

fn advance(flow: &mut Flow<'_>, deliver: bool) {
    // Time matters only to a reader that has gone, and nothing is recorded here.
    let (now, bounds) = (Duration::ZERO, Bounds::default());
    if flow.is_pending() {
        flow.push(now, &bounds);
    } else if let Intake::Bytes(bytes) = flow.read() {
        let length = bytes.len();
        if deliver {
            flow.deliver(length, now, &bounds);
        }
    }
}
