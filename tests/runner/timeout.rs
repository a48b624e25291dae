//! A command that runs for too long.

use std::path::Path;

use rustix::process::Signal;

use super::call::{Call, read_line};

/// Says the ids of two processes, one of them in a session of its own, that wait for ever.
const STUBBORN: &str = "trap '' TERM
    setsid sh -c 'echo $$; read word < $DIR/gate' &
    sh -c 'echo $$; read word < $DIR/gate' & wait";

pub(crate) fn everything_is_ended_even_what_refuses() {
    // On a busy machine the deadline may come before the two have said their ids.
    let both = [100, 1000, 10_000, 100_000].into_iter().find_map(ids_of_the_stubborn);
    for pid in both.expect("two processes") {
        assert!(!Path::new("/proc").join(&pid).exists(), "process {pid} is left");
    }
}

fn ids_of_the_stubborn(timeout: u64) -> Option<[String; 2]> {
    let change = |script: &mut super::actor::Script| {
        script.timeout = Some(timeout);
        script.kill_after = Some(30);
    };
    let outcome = Call::sh(STUBBORN).fifo("gate").with(change).finish();
    // Not spoiled: the output came to its end, so nobody holds it any more.
    outcome.expect("TimedOut", None);
    assert_eq!(outcome.tape, outcome.out);
    assert_eq!(outcome.status.code(), Some(124));
    let ids = String::from_utf8(outcome.out).expect("text");
    let ids: Vec<String> = ids.lines().map(str::to_owned).collect();
    ids.try_into().ok()
}

pub(crate) fn what_obeys_is_not_waited_for() {
    let change = |script: &mut super::actor::Script| {
        script.timeout = Some(50);
        script.kill_after = Some(3_600_000);
    };
    let script = "setsid sh -c 'read word < $DIR/gate' & read word < $DIR/gate";
    let outcome = Call::sh(script).fifo("gate").with(change).finish();
    outcome.expect("TimedOut", None);
}

pub(crate) fn who_is_told_to_end_ends_even_what_refuses() {
    let change = |script: &mut super::actor::Script| {
        script.timeout = Some(3_600_000);
        script.kill_after = Some(30);
        script.ends_when_told = true;
    };
    let script = "trap '' TERM; echo $$; read word < $DIR/gate";
    let mut running = Call::sh(script).fifo("gate").with(change).start();
    let pid = running.read_line();
    running.signal(Signal::TERM);
    running.finish().expect("TimedOut", Some("Interrupted"));
    assert!(!Path::new("/proc").join(&pid).exists(), "process {pid} is left");
}

pub(crate) fn a_command_in_time_is_left_alone() {
    let change = |script: &mut super::actor::Script| script.timeout = Some(3_600_000);
    let outcome = Call::sh("echo out; exit 9").with(change).finish();
    outcome.expect("Exited(9)", None);
    assert_eq!(outcome.out, b"out\n");
}

pub(crate) fn children_from_before_are_spared() {
    let before = "sh -c 'read word < $DIR/gate; echo $word' &";
    let change = |script: &mut super::actor::Script| script.timeout = Some(50);
    let call = Call::sh("read word < $DIR/never").fifo("gate").fifo("never");
    let mut running = call.with(change).after(before).start();
    let (_, report) = running.wait();
    assert_eq!(report.ending, "TimedOut");
    std::fs::write(running.path("gate"), "still here\n").expect("it waits");
    assert_eq!(read_line(running.actor.stdout.as_mut().expect("a pipe")), "still here");
}
