//! Signals: forwarded, inherited, died of.

use std::os::unix::process::ExitStatusExt as _;
use std::process::Command;

use rustix::process::{Pid, Signal, test_kill_process};

use super::call::{Call, read_all, read_line};

pub(crate) fn a_signal_from_outside_reaches_the_command() {
    let script =
        "trap 'echo got it; exit 7' NAME; echo ready; while :; do read word < $DIR/gate; done";
    let names = ["TERM", "HUP", "USR1", "USR2", "INT", "QUIT"];
    let signals =
        [Signal::TERM, Signal::HUP, Signal::USR1, Signal::USR2, Signal::INT, Signal::QUIT];
    for (name, signal) in names.into_iter().zip(signals) {
        let mut running = Call::sh(&script.replace("NAME", name)).fifo("gate").start();
        assert_eq!(running.read_line(), "ready");
        running.signal(signal);
        let outcome = running.finish();
        outcome.expect("Exited(7)", Some("Interrupted"));
        assert_eq!(outcome.out, b"got it\n", "{name}");
    }
}

pub(crate) fn the_signal_that_ended_the_command_is_reported() {
    let mut running = Call::sh("echo ready; read word < $DIR/gate").fifo("gate").start();
    assert_eq!(running.read_line(), "ready");
    running.signal(Signal::TERM);
    let outcome = running.finish();
    assert_eq!(outcome.report.ending, "Signaled(15)");
    assert_eq!(outcome.signal(), Some(libc::SIGTERM));
}

pub(crate) fn we_die_of_a_signal_without_a_core() {
    for signal in [libc::SIGSEGV, libc::SIGKILL, libc::SIGQUIT, libc::SIGPIPE] {
        let call = Call::sh(&format!("kill -{signal} $$")).after("ulimit -c 0");
        let outcome = call.finish();
        assert_eq!(outcome.report.ending, format!("Signaled({signal})"));
        assert_eq!(outcome.signal(), Some(signal));
        assert!(!outcome.status.core_dumped());
    }
}

pub(crate) fn an_interrupt_from_our_group_is_forwarded_late() {
    let call = Call::sh("kill -INT $PPID; read word < $DIR/gate").fifo("gate");
    let outcome = call.with(|script| script.group_grace = Some(10)).finish();
    outcome.expect("Signaled(2)", Some("Interrupted"));
}

pub(crate) fn an_interrupt_from_our_group_may_have_arrived_already() {
    let script = "trap 'exit 3' INT; kill -INT 0; while :; do :; done";
    let outcome = Call::sh(script).with(|script| script.group_grace = Some(3_600_000)).finish();
    outcome.expect("Exited(3)", Some("Interrupted"));
}

pub(crate) fn a_signal_after_the_exit_is_for_us() {
    // More than one pipe holds and less than two; nobody reads, so there is something left to
    // deliver for ever.
    let mut running = Call::sh("echo $$ >&2; exec head -c 100000 /dev/zero").start();
    let pid = read_line(running.actor.stderr.as_mut().expect("a pipe"));
    let pid = Pid::from_raw(pid.parse().expect("a process id")).expect("a process id");
    // Until it has been waited for, which nobody tells but the kernel when asked.
    while test_kill_process(pid).is_ok() {
        std::thread::yield_now();
    }
    running.signal(Signal::TERM);
    let (status, report) = running.wait();
    assert_eq!(report.ending, "Signaled(15)");
    assert_eq!(status.signal(), Some(libc::SIGTERM));
}

pub(crate) fn a_stuck_reader_does_not_hold_us_after_a_signal() {
    let script = "trap 'exit 7' TERM; head -c 100000 /dev/zero; echo ready >&2
        while :; do read word < $DIR/gate; done";
    let call = Call::sh(script).fifo("gate").with(|script| script.drain = Some(30));
    let mut running = call.start();
    assert_eq!(read_line(running.actor.stderr.as_mut().expect("a pipe")), "ready");
    running.signal(Signal::TERM);
    let (status, report) = running.wait();
    assert_eq!((status.code(), report.spoiled.as_deref()), (Some(7), Some("Interrupted")));
    // What the command had said is not lost for that.
    assert_eq!(read_all(running.actor.stdout.take().expect("a pipe")).len(), 100_000);
}

pub(crate) fn what_the_caller_ignores_stays_ignored() {
    let script = "echo ready; read word < $DIR/gate; echo $word; exit 3";
    let call = Call::sh(script).fifo("gate").after("trap '' TERM INT");
    let mut running = call.start();
    assert_eq!(running.read_line(), "ready");
    running.signal(Signal::TERM);
    running.signal(Signal::INT);
    std::fs::write(running.path("gate"), "undisturbed\n").expect("it waits");
    let outcome = running.finish();
    outcome.expect("Exited(3)", None);
    assert_eq!(outcome.out, b"undisturbed\n");
}

pub(crate) fn everything_inherited_reaches_the_command() {
    inherits(false);
}

pub(crate) fn everything_inherited_reaches_what_replaces_us() {
    inherits(true);
}

/// What a command sees of its process, with and without us, from the same shell.
fn inherits(replace: bool) {
    let looks = "umask; grep -E '^Sig(Ign|Blk)' /proc/self/status; ls /proc/self/fd; cat <&7";
    let before =
        "umask 027; exec 7<<-END\n\thanded down\n\tEND\ntrap '' INT HUP PIPE XFSZ CHLD USR1";
    let bare = Command::new("/bin/sh")
        .args(["-c", &format!("{before}\nexec /bin/sh -c \"$0\"")])
        .arg(looks)
        .output()
        .expect("a shell");
    let bare = String::from_utf8(bare.stdout).expect("text");
    assert!(bare.ends_with("handed down\n") && bare.starts_with("0027\n"), "{bare}");

    let keeps_sigpipe = format!("{before}\nexport OMOIDE_TEST_SIGPIPE=ignored");
    let call = Call::sh(looks).with(|script| script.replace = replace).after(&keeps_sigpipe);
    let mut running = call.start();
    let out = running.actor.stdout.take().expect("a pipe");
    let ours = String::from_utf8(read_all(out)).expect("text");
    assert_eq!(ours, bare);
    assert!(running.actor.wait().expect("an end").success());
}
