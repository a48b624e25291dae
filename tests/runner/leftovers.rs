//! Processes that a command leaves behind, and output that ends before it.

use std::fs::{self, File};

use rustix::event::{PollFd, PollFlags, poll};
use rustix::fs::{FlockOperation, flock};
use rustix::process::{Pid, PidfdFlags, pidfd_open};

use super::call::{Call, Running, read_all};

pub(crate) fn a_background_process_is_carried_on_without_our_locks() {
    let script = "echo early; (read word < $DIR/gate; echo $word) & exit 4";
    let call = Call::sh(script).fifo("gate").with(|script| script.quiet = Some(10));
    let lock = call.path("lock");
    let mut running = call.with(|script| script.lock = Some(lock)).start();
    let (status, report) = running.wait();
    assert_eq!(status.code(), Some(4));
    assert_eq!((&report.ending[..], report.spoiled.as_deref()), ("Exited(4)", Some("LeftRunning")));

    let lock = File::open(running.path("lock")).expect("the lock's file");
    flock(&lock, FlockOperation::NonBlockingLockExclusive).expect("nobody holds the lock");
    let out = running.actor.stdout.take().expect("a pipe");
    fs::write(running.path("gate"), "late\n").expect("somebody waits for it");
    assert_eq!(read_all(out), b"early\nlate\n");
    // The events' pipe has no other writer: what was left behind didn't hold it.
    assert_eq!(running.last_events(), "");
}

pub(crate) fn a_background_process_that_never_pauses_does_not_hold_us() {
    let change = |script: &mut super::actor::Script| {
        script.quiet = Some(3_600_000);
        script.drain = Some(50);
    };
    let mut running = Call::sh("yes & echo $! >&2").with(change).start();
    let left = process(&super::call::read_line(running.actor.stderr.as_mut().expect("a pipe")));
    let out = running.actor.stdout.take().expect("a pipe");
    let reading = std::thread::spawn(move || std::io::copy(&mut { out }, &mut std::io::sink()));
    let (_, report) = running.wait();
    assert_eq!(report.spoiled.as_deref(), Some("LeftRunning"));
    rustix::process::pidfd_send_signal(&left, rustix::process::Signal::TERM).expect("it runs");
    reading.join().expect("a reader").expect("output");
}

pub(crate) fn a_background_process_loses_its_reader_with_the_caller() {
    let change = |script: &mut super::actor::Script| script.drain = Some(10);
    let mut running = Call::sh("yes & echo $! >&2").with(change).start();
    let left = process(&super::call::read_line(running.actor.stderr.as_mut().expect("a pipe")));
    let out = running.actor.stdout.take().expect("a pipe");
    let (done, is_done) = std::sync::mpsc::channel();
    let reading = std::thread::spawn(move || {
        let mut out = out;
        while is_done.try_recv().is_err() {
            super::call::read_line(&mut out);
        }
    });
    running.wait();
    done.send(()).expect("a reader");
    reading.join().expect("a reader");
    wait_for_exit(&left);
}

pub(crate) fn a_command_that_closes_its_output_is_waited_for() {
    let call = Call::sh("exec >&- 2>&-; read status < $DIR/gate; exit $status").fifo("gate");
    let running: Running = call.start();
    fs::write(running.path("gate"), "6\n").expect("it waits");
    running.finish().expect("Exited(6)", None);
}

fn process(pid: &str) -> std::os::fd::OwnedFd {
    let pid = Pid::from_raw(pid.parse().expect("a process id")).expect("a process id");
    pidfd_open(pid, PidfdFlags::empty()).expect("it runs")
}

fn wait_for_exit(process: &std::os::fd::OwnedFd) {
    poll(&mut [PollFd::new(process, PollFlags::IN)], None).expect("a process to wait for");
}
