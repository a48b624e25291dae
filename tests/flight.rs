//! Identical calls at the same time run the command once; and nobody waits for ever, whatever
//! becomes of the one who runs it.

mod common;

use std::fs;

use common::{Counter, Gate, Sandbox, eventually, is_stopped, waits_for_a_flight};
use rustix::process::Signal;

/// A command that waits for the test once it runs.
struct Slow {
    sandbox: Sandbox,
    gate: Gate,
    runs: Counter,
}

impl Slow {
    /// What it does once it is let go on.
    fn then(body: &str) -> Slow {
        let sandbox = Sandbox::swept();
        let gate = sandbox.gate("slow");
        let runs = sandbox.counted("slow", &format!("{}\n{body}", gate.pass()));
        Slow { sandbox, gate, runs }
    }

    fn start(&self) -> common::Running {
        self.start_with(&[])
    }

    fn start_with(&self, options: &[&str]) -> common::Running {
        self.sandbox.omoide(options).args(["--", "slow"]).start()
    }

    /// One call that runs the command, and so many that wait for it.
    fn leader_and_waiters(&self, waiters: usize) -> (common::Running, Vec<common::Running>) {
        let leader = self.start();
        self.gate.arrived();
        let waiters: Vec<_> = (0..waiters).map(|_| self.start()).collect();
        eventually("all of them wait", || {
            waiters.iter().all(|waiter| waits_for_a_flight(waiter.pid()))
        });
        (leader, waiters)
    }
}

#[test]
fn sixty_four_identical_calls_at_once_run_the_command_once() {
    let slow = Slow::then("echo done; echo told >&2");
    let (leader, waiters) = slow.leader_and_waiters(63);
    slow.gate.release();
    for call in waiters.into_iter().chain([leader]) {
        call.finish().is("done\n", "told\n", 0);
    }
    slow.runs.ran(1);
}

#[test]
fn who_waited_for_a_failure_is_served_the_last_good_result_if_it_wants_that() {
    let slow = Slow::then("[ ! -e fail ] || exit 3; echo done");
    let start =
        |more: &[&str]| slow.start_with(&[&["--ttl", "1ns", "--failure-ttl", "1h"], more].concat());
    let good = start(&[]);
    slow.gate.release();
    good.finish().prints("done\n");
    slow.gate.arrived();
    slow.sandbox.write("fail", "");
    let leader = start(&["--stale-if-error"]);
    slow.gate.arrived();
    let waiters = [start(&["--stale-if-error"]), start(&[])];
    eventually("both wait", || waiters.iter().all(|waiter| waits_for_a_flight(waiter.pid())));
    slow.gate.release();
    let [spared, plain] = waiters.map(common::Running::finish);
    for ran in [leader.finish(), spared] {
        ran.warned_once();
        assert!(ran.err_text().contains("failed with exit status 3"), "{ran:?}");
        assert_eq!((ran.out_text().as_str(), ran.status.code()), ("done\n", Some(0)));
    }
    plain.fails(3, "");
    slow.runs.ran(2);
}

#[test]
fn who_waited_is_counted_as_a_hit() {
    let slow = Slow::then("echo done");
    let (leader, waiters) = slow.leader_and_waiters(3);
    slow.gate.release();
    for call in waiters.into_iter().chain([leader]) {
        call.finish().prints("done\n");
    }
    let hits = fs::metadata(slow.sandbox.only_stored("hits")).expect("a file").len() / 16;
    assert_eq!(hits, 3);
}

#[test]
fn who_waited_is_served_whatever_the_time_to_live() {
    let slow = Slow::then("echo done");
    let leader = slow.start_with(&["--ttl", "1ns"]);
    slow.gate.arrived();
    let waiter = slow.start_with(&["--ttl", "1ns"]);
    eventually("it waits", || waits_for_a_flight(waiter.pid()));
    slow.gate.release();
    leader.finish().prints("done\n");
    waiter.finish().prints("done\n");
    slow.runs.ran(1);
}

#[test]
fn of_those_who_waited_for_one_that_was_killed_exactly_one_takes_over() {
    let slow = Slow::then("echo done");
    let (leader, waiters) = slow.leader_and_waiters(12);
    leader.signal(Signal::KILL);
    slow.gate.arrived();
    // The command that the first one left behind, and that of who took over.
    slow.gate.release();
    slow.gate.release();
    for call in waiters {
        call.finish().prints("done\n");
    }
    slow.runs.ran(2);
    drop(leader);
}

#[test]
fn who_waited_for_a_failure_runs_the_command_itself() {
    let slow = Slow::then("echo broken; exit 3");
    let (leader, waiters) = slow.leader_and_waiters(3);
    for _ in 0..4 {
        slow.gate.release();
    }
    for call in waiters.into_iter().chain([leader]) {
        call.finish().is("broken\n", "", 3);
    }
    slow.runs.ran(4);
}

#[test]
fn who_waited_for_a_failure_that_is_stored_is_served_it() {
    let slow = Slow::then("echo broken; exit 3");
    let options = ["--failure-ttl", "1h"];
    let leader = slow.start_with(&options);
    slow.gate.arrived();
    let waiter = slow.start_with(&options);
    eventually("it waits", || waits_for_a_flight(waiter.pid()));
    slow.gate.release();
    leader.finish().is("broken\n", "", 3);
    waiter.finish().is("broken\n", "", 3);
    slow.runs.ran(1);
}

#[test]
fn who_takes_no_failures_runs_the_command_although_one_was_stored() {
    let slow = Slow::then("echo broken; exit 3");
    let leader = slow.start_with(&["--failure-ttl", "1h"]);
    slow.gate.arrived();
    let waiter = slow.start();
    eventually("it waits", || waits_for_a_flight(waiter.pid()));
    slow.gate.release();
    slow.gate.release();
    leader.finish().is("broken\n", "", 3);
    waiter.finish().is("broken\n", "", 3);
    slow.runs.ran(2);
}

#[test]
fn who_waited_for_what_is_too_large_to_store_runs_the_command_itself() {
    let slow = Slow::then("echo done");
    let leader = slow.start_with(&["--max-output", "1"]);
    slow.gate.arrived();
    let waiter = slow.start_with(&["--max-output", "1"]);
    eventually("it waits", || waits_for_a_flight(waiter.pid()));
    slow.gate.release();
    slow.gate.release();
    leader.finish().prints("done\n");
    waiter.finish().prints("done\n");
    slow.runs.ran(2);
}

#[test]
fn nobody_waits_for_a_call_that_is_stopped() {
    let slow = Slow::then("echo done");
    let leader = slow.start();
    slow.gate.arrived();
    leader.signal(Signal::STOP);
    eventually("it is stopped", || is_stopped(leader.pid()));
    let other = slow.start();
    slow.gate.arrived();
    slow.gate.release();
    slow.gate.release();
    other.finish().prints("done\n");
    leader.signal(Signal::CONT);
    leader.finish().prints("done\n");
    slow.runs.ran(2);
}

#[test]
fn nobody_waits_for_a_call_whose_reader_takes_nothing() {
    let sandbox = Sandbox::new();
    let gate = sandbox.gate("large");
    let runs = sandbox.counted("large", &format!("{}; seq 1000000", gate.announce()));
    let (pager, writer) = common::Reader::new();
    let leader = sandbox.omoide(["large"]).writes(writer, std::process::Stdio::null()).start();
    gate.arrived();
    let expected = sandbox.bare(["seq", "1000000"]).run();
    sandbox.omoide(["large"]).run().same_as(&expected);
    runs.ran(2);
    assert!(pager.rest() == expected.out);
    leader.finish().prints("");
}

#[test]
fn a_call_that_stores_nothing_waits_for_nobody() {
    let slow = Slow::then("echo done");
    let leader = slow.start();
    slow.gate.arrived();
    let other = slow.start_with(&["--no-store"]);
    slow.gate.arrived();
    slow.gate.release();
    slow.gate.release();
    leader.finish().prints("done\n");
    other.finish().prints("done\n");
    slow.runs.ran(2);
}

#[test]
fn nobody_waits_for_a_call_that_stores_nothing() {
    let slow = Slow::then("echo done");
    let first = slow.start_with(&["--no-store"]);
    slow.gate.arrived();
    let other = slow.start();
    slow.gate.arrived();
    slow.gate.release();
    slow.gate.release();
    first.finish().prints("done\n");
    other.finish().prints("done\n");
    assert!(slow.sandbox.is_cached(["slow"]));
}

#[test]
fn a_forced_answer_is_never_overwritten_by_an_older_run() {
    let sandbox = Sandbox::new();
    let (old, new) = (sandbox.gate("old"), sandbox.gate("new"));
    let script = format!(
        "if [ -e second ]; then {}; echo new; else touch second; {}; echo old; fi",
        new.pass(),
        old.pass()
    );
    let runs = sandbox.counted("slow", &script);
    let older = sandbox.omoide(["slow"]).start();
    old.arrived();
    let forced = sandbox.omoide(["--force", "slow"]).start();
    new.arrived();
    new.release();
    forced.finish().prints("new\n");
    old.release();
    older.finish().prints("old\n");
    sandbox.omoide(["--cached-only", "slow"]).run().prints("new\n");
    runs.ran(2);
}

#[test]
fn who_comes_during_a_forced_call_waits_for_that() {
    let slow = Slow::then("echo done");
    let first = slow.start();
    slow.gate.arrived();
    let forced = slow.start_with(&["--force"]);
    slow.gate.arrived();
    let later = slow.start();
    eventually("it waits", || waits_for_a_flight(later.pid()));
    slow.gate.release();
    slow.gate.release();
    for call in [first, forced, later] {
        call.finish().prints("done\n");
    }
    slow.runs.ran(2);
}

#[test]
fn who_waited_comes_away_with_an_answer_when_the_flight_is_removed() {
    let slow = Slow::then("echo done");
    let (leader, waiters) = slow.leader_and_waiters(2);
    fs::remove_dir_all(slow.sandbox.store("locks")).expect("to remove it");
    slow.gate.arrived();
    slow.gate.release();
    slow.gate.release();
    for call in waiters.into_iter().chain([leader]) {
        call.finish().prints("done\n");
    }
    slow.runs.ran(2);
}

#[test]
fn a_waiter_that_is_interrupted_dies_of_it() {
    let slow = Slow::then("echo done");
    let (leader, mut waiters) = slow.leader_and_waiters(1);
    let waiter = waiters.remove(0);
    waiter.signal(Signal::INT);
    waiter.finish().died_of(2, "");
    slow.gate.release();
    leader.finish().prints("done\n");
}

/// After a forced call that returned 0, no later call is given an answer older than that one,
/// whatever became of it.
mod lost_forces {
    use super::*;

    /// A command whose answer rises with each run, and which waits for the test in runs from
    /// the second on.
    struct Rising(Slow);

    impl Rising {
        /// The first answer is stored.
        fn stored(tags: &[&str]) -> Rising {
            let sandbox = Sandbox::swept();
            let gate = sandbox.gate("slow");
            let log = sandbox.root().join("slow.runs");
            let number = format!("run=$(wc -c <'{}')", log.display());
            let runs = sandbox.counted(
                "slow",
                &format!(
                    "{number}\n[ $run = 1 ] || {{ {}; }}\necho run $run; . ./after",
                    gate.pass()
                ),
            );
            sandbox.write("after", "");
            let rising = Rising(Slow { sandbox, gate, runs });
            rising.0.start_with(tags).finish().prints("run 1\n");
            rising
        }

        /// What the next call gets: a new run, which nobody holds up.
        #[track_caller]
        fn runs_anew_as(&self, run: usize) {
            self.0.sandbox.settle();
            assert!(!self.0.sandbox.is_cached(["slow"]), "an older answer is served");
            self.0.gate.release();
            self.0.start().finish().prints(format!("run {run}\n"));
        }
    }

    #[test]
    fn revoked_by_another_one_that_is_killed() {
        let rising = Rising::stored(&[]);
        let slow = &rising.0;
        let first = slow.start_with(&["--force"]);
        slow.gate.arrived();
        let second = slow.start_with(&["--force"]);
        slow.gate.arrived();
        second.signal(Signal::KILL);
        slow.gate.release();
        slow.gate.release();
        first.finish().prints("run 2\n");
        drop(second);
        rising.runs_anew_as(4);
    }

    #[test]
    fn revoked_by_another_one_that_is_still_running() {
        let rising = Rising::stored(&[]);
        let slow = &rising.0;
        let first = slow.start_with(&["--force"]);
        slow.gate.arrived();
        let second = slow.start_with(&["--force"]);
        slow.gate.arrived();
        slow.gate.release();
        // Either of them may come through the gate first.
        eventually("one has ended", || [&first, &second].iter().any(|call| has_ended(call)));
        assert!(!slow.sandbox.is_cached(["slow"]) || has_ended(&second));
        slow.gate.release();
        let [first, second] = [first, second].map(common::Running::finish);
        assert_eq!((first.status.code(), second.status.code()), (Some(0), Some(0)));
        let answer = slow.sandbox.omoide(["--cached-only", "slow"]).run();
        assert!(answer.status.code() == Some(125) || answer.out_text() == "run 3\n", "{answer:?}");
    }

    #[test]
    fn revoked_by_a_forget_of_its_tag_that_what_is_stored_lacks() {
        let rising = Rising::stored(&[]);
        let slow = &rising.0;
        let forced = slow.start_with(&["--force", "--tag", "new"]);
        slow.gate.arrived();
        slow.sandbox.omoide(["forget", "--tag", "new"]).run().prints("removed 0 entries\n");
        slow.gate.release();
        forced.finish().prints("run 2\n");
        rising.runs_anew_as(3);
    }

    #[test]
    fn revoked_by_a_forget_of_all_that_has_not_come_to_its_entry() {
        let rising = Rising::stored(&[]);
        let slow = &rising.0;
        let forced = slow.start_with(&["--force"]);
        slow.gate.arrived();
        // What a 'forget --all' does first.
        let shard = fs::read_dir(slow.sandbox.store("locks")).expect("a directory");
        for shard in shard.map(|found| found.expect("a name").path()).filter(|path| path.is_dir()) {
            for flight in fs::read_dir(shard).expect("a directory") {
                fs::remove_file(flight.expect("a name").path()).expect("removed");
            }
        }
        slow.gate.release();
        forced.finish().prints("run 2\n");
        rising.runs_anew_as(3);
    }

    /// Another call leads between the revocation of a forced call and its own flight, and is held up:
    /// the forced call takes its place.
    #[test]
    fn met_a_leader_that_is_stopped() {
        let rising = Rising::stored(&[]);
        let slow = &rising.0;
        let key = slow.sandbox.only_stored("entries");
        let key = key.file_name().expect("a name").to_str().expect("text");
        let flight = slow.sandbox.store("locks").join(&key[..2]).join(key);
        fs::write(&flight, "").expect("a flight that nobody leads");
        let inject = "inject=unlinkat:delay_exit=2000000:when=1";
        let strace = ["strace", "-qq", "-o/dev/null", "-e", inject, common::OMOIDE];
        let forced = slow.sandbox.bare(strace).args(["--force", "--", "slow"]).start();
        eventually("it has revoked the flight", || !flight.exists());
        let leader = slow.start_with(&["--ttl", "1ns"]);
        slow.gate.arrived();
        leader.signal(Signal::STOP);
        eventually("it stops", || is_stopped(leader.pid()));
        slow.gate.release();
        slow.gate.release();
        let forced = forced.finish();
        assert_eq!(forced.status.code(), Some(0), "{forced:?}");
        leader.signal(Signal::CONT);
        leader.finish();
        slow.sandbox.omoide(["--cached-only", "slow"]).run().prints(forced.out_text());
    }

    #[test]
    fn was_larger_than_may_be_stored() {
        let rising = Rising::stored(&[]);
        rising.0.sandbox.write("after", "seq 100");
        rising.0.gate.release();
        let ran = rising.0.start_with(&["--force", "--max-output", "50B"]).finish();
        assert!(ran.out_text().starts_with("run 2\n1\n"), "{ran:?}");
        rising.0.sandbox.write("after", "");
        rising.runs_anew_as(3);
    }

    #[test]
    fn left_a_process_running() {
        let rising = Rising::stored(&[]);
        rising.0.sandbox.write("after", "sleep 100 & echo $! >left");
        rising.0.gate.release();
        let ran = rising.0.start_with(&["--force"]);
        eventually("it is there", || rising.0.sandbox.path("left").exists());
        eventually("the call has ended", || has_ended(&ran));
        let left = String::from_utf8(rising.0.sandbox.read("left")).expect("text");
        rising.0.sandbox.bare(["kill", left.trim()]).run();
        ran.finish().prints("run 2\n");
        rising.0.sandbox.write("after", "");
        rising.runs_anew_as(3);
    }

    #[test]
    fn could_not_be_written() {
        let rising = Rising::stored(&[]);
        let tmp = rising.0.sandbox.store("tmp");
        fs::remove_dir_all(&tmp).expect("removed");
        fs::write(&tmp, "in its place").expect("written");
        rising.0.gate.release();
        let ran = rising.0.start_with(&["--force"]).finish();
        assert_eq!((ran.out_text().as_str(), ran.status.code()), ("run 2\n", Some(0)), "{ran:?}");
        ran.warned_once();
        fs::remove_file(&tmp).expect("removed");
        fs::create_dir(&tmp).expect("made");
        rising.runs_anew_as(3);
    }

    #[test]
    fn ran_without_the_cache_for_want_of_a_lock() {
        let rising = Rising::stored(&[]);
        let flights = rising.0.sandbox.only_stored("entries");
        let key = flights.file_name().expect("a name").to_str().expect("text");
        let flight = rising.0.sandbox.store("locks").join(&key[..2]);
        fs::remove_dir_all(&flight).expect("removed");
        fs::write(&flight, "in its place").expect("written");
        rising.0.gate.release();
        let ran = rising.0.start_with(&["--force"]).finish();
        assert_eq!((ran.out_text().as_str(), ran.status.code()), ("run 2\n", Some(0)), "{ran:?}");
        ran.warned_once();
        fs::remove_file(&flight).expect("removed");
        rising.runs_anew_as(3);
    }

    #[test]
    fn that_failed_leaves_what_is_stored() {
        let rising = Rising::stored(&[]);
        rising.0.sandbox.write("after", "exit 3");
        rising.0.gate.release();
        let ran = rising.0.start_with(&["--force"]).finish();
        assert_eq!(ran.status.code(), Some(3), "{ran:?}");
        rising.0.sandbox.omoide(["--cached-only", "slow"]).run().prints("run 1\n");
    }

    #[test]
    fn whose_answer_nobody_reads() {
        let rising = Rising::stored(&[]);
        rising.0.gate.release();
        let ran = rising.0.sandbox.shell("omoide --force slow >&-").run();
        // The script can't write either.
        assert!(ran.status.code().is_some(), "{ran:?}");
        rising.runs_anew_as(3);
    }

    #[test]
    fn that_stores_nothing_leaves_what_is_stored() {
        let rising = Rising::stored(&[]);
        rising.0.gate.release();
        rising.0.sandbox.shell("omoide --force --no-store slow >&-").run();
        rising.0.sandbox.omoide(["--cached-only", "slow"]).run().prints("run 1\n");
        std::fs::write(rising.0.sandbox.root().join("slow.runs"), "x").expect("written");
        rising.0.gate.release();
        rising.0.start_with(&["--force", "--no-store"]).finish().prints("run 2\n");
        rising.0.sandbox.omoide(["--cached-only", "slow"]).run().prints("run 1\n");
    }
}

mod timeouts {
    use super::*;

    const SOON: [&str; 2] = ["--timeout", "300ms"];

    #[test]
    fn a_call_that_waits_for_another_gives_up_when_its_own_time_is_over() {
        let slow = Slow::then("echo done");
        let (leader, _) = slow.leader_and_waiters(0);
        let ran = slow.start_with(&["-v", SOON[0], SOON[1]]).finish();
        assert_eq!((ran.out_text().as_str(), ran.status.code()), ("", Some(124)), "{ran:?}");
        assert!(ran.err_text().contains("for another call to run it, timed out"), "{ran:?}");
        slow.gate.release();
        leader.finish().prints("done\n");
        slow.runs.ran(1);
    }

    #[test]
    fn the_last_good_result_comes_to_its_rescue() {
        let slow = Slow::then("echo done");
        slow.gate.release();
        slow.start().finish().prints("done\n");
        slow.gate.arrived();
        let leader = slow.start_with(&["--ttl", "1ns"]);
        slow.gate.arrived();
        let ran = slow.start_with(&["--ttl", "1ns", "--stale-if-error", SOON[0], SOON[1]]).finish();
        assert_eq!((ran.out_text().as_str(), ran.status.code()), ("done\n", Some(0)), "{ran:?}");
        ran.warned_once();
        slow.gate.release();
        leader.finish().prints("done\n");
    }

    #[test]
    fn what_it_has_waited_counts_when_it_runs_the_command_itself() {
        let slow = Slow::then("echo done");
        let (leader, _) = slow.leader_and_waiters(0);
        let waiter = slow.start_with(&["--timeout", "2s"]);
        eventually("it waits", || waits_for_a_flight(waiter.pid()));
        leader.signal(Signal::KILL);
        drop(leader);
        slow.gate.arrived();
        let ran = waiter.finish();
        assert_eq!((ran.out_text().as_str(), ran.status.code()), ("", Some(124)), "{ran:?}");
    }

    #[test]
    fn a_warm_that_waits_for_another_gives_up_likewise() {
        let slow = Slow::then("echo done");
        let (leader, _) = slow.leader_and_waiters(0);
        let warm = slow.sandbox.omoide(["warm", "--wait", SOON[0], SOON[1], "--", "slow"]).run();
        assert_eq!(warm.status.code(), Some(1), "{warm:?}");
        slow.gate.release();
        leader.finish().prints("done\n");
        slow.runs.ran(1);
    }
}

fn has_ended(call: &common::Running) -> bool {
    let exit = rustix::process::pidfd_open(call.pid(), rustix::process::PidfdFlags::empty());
    let exit = exit.expect("a descriptor");
    let mut polled = [rustix::event::PollFd::new(&exit, rustix::event::PollFlags::IN)];
    let at_once = rustix::event::Timespec { tv_sec: 0, tv_nsec: 0 };
    rustix::event::poll(&mut polled, Some(&at_once)) == Ok(1)
}

mod ancestors {
    use super::*;

    /// A script on PATH, and behind it the program of the same name that it stands for.
    fn shim(body: &str) -> (Sandbox, Counter) {
        let sandbox = Sandbox::new();
        // Where it calls itself without end, that has an end.
        let depth = sandbox.root().join("shim.runs");
        let bounded =
            format!("printf x >>'{0}'; [ $(wc -c <'{0}') -lt 20 ] || exit 99", depth.display());
        sandbox.script("tool", &format!("{bounded}\n{body}"));
        let log = sandbox.root().join("real.runs");
        let real = format!("#!/bin/sh\nprintf x >>'{}'\necho real \"$@\"\n", log.display());
        Sandbox::program(&sandbox.root().join("behind/tool"), &real);
        let counter = Sandbox::counter(&log);
        (sandbox, counter)
    }

    fn with_both(sandbox: &Sandbox, call: common::Call) -> common::Call {
        let (first, second) = (sandbox.bin(), sandbox.root().join("behind"));
        call.env("PATH", format!("{}:{}:/usr/bin:/bin", first.display(), second.display()))
    }

    const SHIMS: [&str; 4] = [
        "exec omoide tool \"$@\"",
        "omoide tool \"$@\"",
        "exec omoide -- tool \"$@\"",
        "omoide tool \"$@\"; exit $?",
    ];

    #[test]
    fn a_script_that_calls_us_by_its_own_name_reaches_the_program_behind_it() {
        for body in SHIMS {
            let (sandbox, real) = shim(body);
            let call = || with_both(&sandbox, sandbox.bare(["tool", "a", "b c"]));
            call().run().prints("real a b c\n");
            call().run().prints("real a b c\n");
            real.ran(1);
        }
    }

    #[test]
    fn so_does_a_call_of_such_a_script() {
        for body in SHIMS {
            let (sandbox, real) = shim(body);
            let call = || with_both(&sandbox, sandbox.omoide(["tool", "a"]));
            call().run().prints("real a\n");
            call().run().prints("real a\n");
            real.ran(1);
        }
    }

    #[test]
    fn what_was_stored_through_such_a_script_is_found_and_forgotten() {
        for body in SHIMS {
            let (sandbox, real) = shim(body);
            let ask = |words: &[&str]| {
                with_both(&sandbox, sandbox.omoide(words).args(["--", "tool", "a"])).run()
            };
            let call = || with_both(&sandbox, sandbox.bare(["tool", "a"])).run();
            assert_eq!(ask(&["check"]).status.code(), Some(1));
            call().prints("real a\n");
            let object = ask(&["check", "--json"]).json();
            assert_eq!((&object["state"], &object["served"]), (&"fresh".into(), &true.into()));
            let parts = ask(&["explain", "--json"]).json();
            let behind = sandbox.root().join("behind/tool");
            let names_it = |part: &serde_json::Value| {
                part["kind"] == "program" && part["value"] == behind.to_str().expect("text")
            };
            assert!(parts["parts"].as_array().expect("parts").iter().any(names_it), "{parts}");
            ask(&["forget", "--dry-run"]);
            ask(&["forget"]).prints("removed 1 entry\n");
            assert_eq!(ask(&["check"]).status.code(), Some(1));
            call().prints("real a\n");
            real.ran(2);
        }
    }

    #[test]
    fn through_such_a_script_warm_stores_and_refresh_computes_anew() {
        for body in SHIMS {
            let (sandbox, real) = shim(body);
            let ask = |words: &[&str]| {
                with_both(&sandbox, sandbox.omoide(words).args(["--", "tool", "a"])).run()
            };
            ask(&["warm", "--wait"]).is("", "", 0);
            real.ran(1);
            assert_eq!(ask(&["check"]).status.code(), Some(0));
            ask(&["warm", "--wait"]).is("", "", 0);
            real.ran(1);
            ask(&["refresh"]).is("refreshed 1 entry\n", "", 0);
            real.ran(2);
        }
    }

    #[test]
    fn what_stands_behind_a_script_that_calls_us_with_nothing_is_another_command() {
        let (sandbox, _) = shim("echo wrapped");
        let ask = |verb: &str, command: &str| {
            with_both(&sandbox, sandbox.omoide([verb, "--", command, "a"])).run()
        };
        let behind = sandbox.root().join("behind");
        let alone = format!("{}:/usr/bin:/bin", behind.display());
        sandbox.omoide(["--env-exclude", "PATH", "tool", "a"]).env("PATH", &alone).run();
        let check = ["check", "--env-exclude", "PATH", "tool", "a"];
        let found = sandbox.omoide(check).env("PATH", &alone).run();
        assert_eq!(found.status.code(), Some(0), "{found:?}");
        let found = with_both(&sandbox, sandbox.omoide(check)).run();
        assert_eq!(found.status.code(), Some(1), "{found:?}");
        ask("forget", "tool").prints("removed 0 entries\n");
    }

    #[test]
    fn a_call_of_such_a_script_says_who_stores_it() {
        for body in SHIMS {
            let (sandbox, _) = shim(body);
            for _ in 0..2 {
                let ran = with_both(&sandbox, sandbox.omoide(["-v", "tool", "a"])).run();
                let why =
                    "not stored: the command calls omoide by its own name, and that call is stored";
                assert!(ran.err_text().contains(why), "{ran:?}");
            }
        }
    }

    #[test]
    fn such_a_script_hands_on_its_standard_input() {
        for body in ["exec omoide --stdin tool \"$@\"", "omoide --stdin tool \"$@\""] {
            let (sandbox, _) = shim(body);
            Sandbox::program(&sandbox.root().join("behind/tool"), "#!/bin/sh\ncat\n");
            for input in ["one", "two", "one"] {
                let call = with_both(&sandbox, sandbox.bare(["tool", "a"]));
                call.stdin(input).run().prints(input);
            }
        }
    }

    #[test]
    fn so_does_one_without_a_cache() {
        for body in SHIMS {
            let (sandbox, real) = shim(body);
            let call = with_both(&sandbox, sandbox.bare(["tool", "a"]));
            call.env("OMOIDE_DISABLE", "1").run().prints("real a\n");
            real.ran(1);
        }
    }

    #[test]
    fn so_does_one_that_stores_nothing() {
        for body in ["exec omoide --no-store tool \"$@\"", "omoide --no-store tool \"$@\""] {
            let (sandbox, real) = shim(body);
            with_both(&sandbox, sandbox.bare(["tool", "a"])).run().prints("real a\n");
            real.ran(1);
        }
    }

    #[test]
    fn so_does_a_forced_one() {
        for body in ["exec omoide --force tool \"$@\"", "omoide --force tool \"$@\""] {
            let (sandbox, real) = shim(body);
            with_both(&sandbox, sandbox.bare(["tool", "a"])).run().prints("real a\n");
            real.ran(1);
        }
    }

    #[test]
    fn what_a_forced_one_brings_is_stored() {
        let (sandbox, real) = shim("exec omoide ${FORCE:+--force} tool \"$@\"");
        let call = || with_both(&sandbox, sandbox.bare(["tool", "a"]));
        call().run().prints("real a\n");
        call().env("FORCE", "1").run().prints("real a\n");
        real.ran(2);
        call().run().prints("real a\n");
        // FORCE is in the key.
        call().env("FORCE", "1").run().prints("real a\n");
        real.ran(3);
        let stored = sandbox.omoide(["list"]).run().out_text();
        assert_eq!(stored.lines().count(), 3, "{stored}");
    }

    #[test]
    fn so_does_one_with_a_timeout_and_no_cache() {
        let (sandbox, real) = shim("exec omoide --timeout 60s tool \"$@\"");
        let call = with_both(&sandbox, sandbox.bare(["tool", "a"]));
        let ran = call.env("OMOIDE_CACHE_DIR", "/proc/nothing").run();
        assert_eq!((ran.out_text().as_str(), ran.status.code()), ("real a\n", Some(0)), "{ran:?}");
        real.ran(1);
    }

    #[test]
    fn so_does_one_whose_cache_can_not_be_used() {
        for body in SHIMS {
            let (sandbox, real) = shim(body);
            let call = with_both(&sandbox, sandbox.bare(["tool", "a"]));
            let ran = call.env("OMOIDE_CACHE_DIR", "/proc/nothing").run();
            assert_eq!((ran.out_text().as_str(), ran.status.code()), ("real a\n", Some(0)));
            real.ran(1);
        }
    }

    #[test]
    fn a_call_inside_a_call_inside_a_call_does_not_wait_for_itself() {
        let sandbox = Sandbox::new();
        let a = sandbox.counted("a", "[ -e deep ] && { echo bottom; exit; }; omoide b");
        let b = sandbox.counted("b", "touch deep; omoide a");
        sandbox.omoide(["a"]).run().prints("bottom\n");
        a.ran(2);
        b.ran(1);
    }

    #[test]
    fn a_call_inside_another_one_is_memoized_by_itself() {
        let sandbox = Sandbox::new();
        let outer = sandbox.counted("outer", "echo out; omoide inner");
        let inner = sandbox.counted("inner", "echo in");
        sandbox.omoide(["outer"]).run().prints("out\nin\n");
        sandbox.omoide(["inner"]).run().prints("in\n");
        sandbox.omoide(["outer"]).run().prints("out\nin\n");
        outer.ran(1);
        inner.ran(1);
    }
}
