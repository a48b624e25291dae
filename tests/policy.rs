//! When an entry serves, and what a call does beside serving it.
//!
//! No test waits for an expiry: an entry with a time to live of a nanosecond is expired for
//! whoever looks next, and one with an hour's is fresh.

mod common;

use std::fs;

use common::{Counter, Sandbox, descendants_of, eventually};

/// A sandbox with a script that says which run it is.
fn ticking() -> (Sandbox, Counter) {
    ticking_in(Sandbox::new())
}

/// The same where what has expired stays for a day.
fn ticking_and_swept() -> (Sandbox, Counter) {
    ticking_in(Sandbox::swept())
}

fn ticking_in(sandbox: Sandbox) -> (Sandbox, Counter) {
    let tick = sandbox.ticking("tick");
    (sandbox, tick)
}

/// A sandbox with a script that says which run it is, and fails with status 3 while there is a
/// file `fail`.
fn flaky() -> (Sandbox, Counter) {
    let sandbox = Sandbox::new();
    let log = sandbox.root().join("flaky.runs");
    let body = format!(
        "n=$(wc -c <'{}')\nif [ -e fail ]; then echo broken $n; echo trouble >&2; exit 3; fi\n\
         echo good $n",
        log.display()
    );
    let counter = sandbox.counted("flaky", &body);
    (sandbox, counter)
}

fn break_it(sandbox: &Sandbox) {
    sandbox.write("fail", "");
}

fn mend_it(sandbox: &Sandbox) {
    fs::remove_file(sandbox.path("fail")).expect("to remove it");
}

mod expiry {
    use super::*;

    /// An alias names a usual value, and what is typed behind it another.
    #[test]
    fn of_two_values_the_last_one_counts() {
        let (sandbox, tick) = ticking_and_swept();
        for _ in 0..2 {
            sandbox.omoide(["--ttl", "1ns", "--ttl", "1h", "tick"]).run().prints("run 1\n");
            sandbox.omoide(["run", "--ttl", "1ns", "--ttl", "1h", "tick"]).run().prints("run 1\n");
        }
        sandbox.omoide(["--ttl", "1h", "--ttl", "1ns", "tick"]).run().prints("run 2\n");
        tick.ran(2);
    }

    #[test]
    fn without_a_policy_an_entry_serves_again_and_again() {
        let (sandbox, tick) = ticking();
        for _ in 0..5 {
            sandbox.omoide(["tick"]).run().prints("run 1\n");
        }
        tick.ran(1);
    }

    #[test]
    fn a_fresh_entry_serves() {
        let (sandbox, _) = ticking();
        sandbox.omoide(["--ttl", "1h", "tick"]).run().prints("run 1\n");
        sandbox.omoide(["--ttl", "1h", "tick"]).run().prints("run 1\n");
    }

    #[test]
    fn an_expired_entry_is_computed_again() {
        let (sandbox, _) = ticking();
        sandbox.omoide(["--ttl", "1ns", "tick"]).run().prints("run 1\n");
        sandbox.omoide(["--ttl", "1ns", "tick"]).run().prints("run 2\n");
    }

    #[test]
    fn the_callers_policy_decides_not_the_stored_one() {
        let (sandbox, _) = ticking_and_swept();
        sandbox.omoide(["--ttl", "1ns", "tick"]).run().prints("run 1\n");
        sandbox.omoide(["--ttl", "1h", "tick"]).run().prints("run 1\n");
        sandbox.omoide(["tick"]).run().prints("run 1\n");
        sandbox.omoide(["--ttl", "1ns", "tick"]).run().prints("run 2\n");
    }

    #[test]
    fn an_entry_that_nobody_asked_for_in_time_is_computed_again() {
        let (sandbox, _) = ticking_and_swept();
        sandbox.omoide(["--idle", "1h", "tick"]).run().prints("run 1\n");
        sandbox.omoide(["--idle", "1h", "tick"]).run().prints("run 1\n");
        sandbox.omoide(["--idle", "1ns", "tick"]).run().prints("run 2\n");
    }

    #[test]
    fn being_asked_for_does_not_prolong_the_time_to_live() {
        let (sandbox, _) = ticking();
        sandbox.omoide(["tick"]).run().prints("run 1\n");
        sandbox.omoide(["--idle", "1h", "tick"]).run().prints("run 1\n");
        sandbox.omoide(["--idle", "1h", "--ttl", "1ns", "tick"]).run().prints("run 2\n");
    }
}

mod on_expired_serve {
    use super::*;

    const SERVE: [&str; 5] = ["--ttl", "1ns", "--on-expired", "serve", "tick"];

    #[test]
    fn the_first_call_still_gets_the_old_value_and_the_next_one_a_new_one() {
        let (sandbox, tick) = ticking();
        sandbox.omoide(SERVE).run().prints("run 1\n");
        sandbox.omoide(SERVE).run().prints("run 1\n");
        tick.ran(1);
        sandbox.omoide(SERVE).run().prints("run 2\n");
    }

    #[test]
    fn check_never_drops_it() {
        let (sandbox, _) = ticking();
        sandbox.omoide(SERVE).run().prints("run 1\n");
        for _ in 0..3 {
            let check = sandbox.omoide(["check"]).args(SERVE).run();
            assert_eq!(check.status.code(), Some(0), "{check:?}");
        }
        sandbox.omoide(SERVE).run().prints("run 1\n");
        let check = sandbox.omoide(["check"]).args(SERVE).run();
        assert_eq!(check.status.code(), Some(1), "{check:?}");
    }

    #[test]
    fn of_many_calls_at_once_one_is_served_the_old_value() {
        let (sandbox, tick) = ticking();
        sandbox.omoide(SERVE).run().prints("run 1\n");
        let calls: Vec<_> = (0..16).map(|_| sandbox.omoide(SERVE).start()).collect();
        let said: Vec<_> = calls.into_iter().map(|call| call.finish().out_text()).collect();
        let old = said.iter().filter(|said| *said == "run 1\n").count();
        assert_eq!(old, 1, "{said:?}");
        assert!(tick.runs() >= 2);
    }
}

mod force_and_others {
    use super::*;

    #[test]
    fn force_computes_again_and_replaces() {
        let (sandbox, _) = ticking();
        sandbox.omoide(["tick"]).run().prints("run 1\n");
        sandbox.omoide(["--force", "tick"]).run().prints("run 2\n");
        sandbox.omoide(["tick"]).run().prints("run 2\n");
    }

    #[test]
    fn a_forced_call_that_fails_leaves_what_is_stored() {
        let (sandbox, _) = flaky();
        sandbox.omoide(["flaky"]).run().prints("good 1\n");
        break_it(&sandbox);
        sandbox.omoide(["--force", "flaky"]).run().is("broken 2\n", "trouble\n", 3);
        sandbox.omoide(["flaky"]).run().prints("good 1\n");
    }

    #[test]
    fn cached_only_never_runs_the_command() {
        let (sandbox, tick) = ticking();
        let absent = "omoide: not cached: nothing is stored under this key\n";
        sandbox.omoide(["--cached-only", "tick"]).run().fails(125, absent);
        tick.ran(0);
        sandbox.omoide(["tick"]).run().prints("run 1\n");
        sandbox.omoide(["--cached-only", "tick"]).run().prints("run 1\n");
    }

    #[test]
    fn cached_only_takes_nothing_that_has_expired() {
        let (sandbox, tick) = ticking();
        sandbox.omoide(["tick"]).run().prints("run 1\n");
        let ran = sandbox.omoide(["--cached-only", "--ttl", "1ns", "tick"]).run();
        assert_eq!((ran.status.code(), ran.out_text().as_str()), (Some(125), ""));
        ran.warned_once();
        tick.ran(1);
    }

    #[test]
    fn cached_only_makes_no_cache() {
        let (sandbox, _) = ticking();
        sandbox.omoide(["--cached-only", "tick"]).run();
        assert!(!sandbox.cache().exists());
    }

    #[test]
    fn no_store_looks_up_and_stores_nothing() {
        let (sandbox, _) = ticking();
        sandbox.omoide(["--no-store", "tick"]).run().prints("run 1\n");
        sandbox.omoide(["--no-store", "tick"]).run().prints("run 2\n");
        sandbox.omoide(["tick"]).run().prints("run 3\n");
        sandbox.omoide(["--no-store", "tick"]).run().prints("run 3\n");
    }

    #[test]
    fn verbose_says_what_happened_in_one_line() {
        let (sandbox, _) = ticking();
        let miss = sandbox.omoide(["-v", "tick"]).run();
        miss.warned_once();
        assert!(miss.err_text().starts_with("omoide: miss "), "{miss:?}");
        let hit = sandbox.omoide(["--verbose", "tick"]).run();
        hit.warned_once();
        assert!(hit.err_text().starts_with("omoide: hit "), "{hit:?}");
    }

    #[test]
    fn what_verbose_says_of_a_hit_is_not_recorded() {
        let (sandbox, _) = ticking();
        sandbox.omoide(["-v", "tick"]).merged().run();
        sandbox.omoide(["tick"]).merged().run().prints("run 1\n");
    }
}

mod failures {
    use super::*;

    #[test]
    fn they_are_neither_stored_nor_served_without_the_option() {
        let (sandbox, _) = flaky();
        break_it(&sandbox);
        sandbox.omoide(["flaky"]).run().is("broken 1\n", "trouble\n", 3);
        sandbox.omoide(["flaky"]).run().is("broken 2\n", "trouble\n", 3);
        sandbox.omoide(["--failure-ttl", "1h", "flaky"]).run().is("broken 3\n", "trouble\n", 3);
        sandbox.omoide(["flaky"]).run().is("broken 4\n", "trouble\n", 3);
    }

    #[test]
    fn they_are_served_for_their_own_time() {
        let (sandbox, _) = flaky();
        break_it(&sandbox);
        let call = |ttl: &str| sandbox.omoide(["--failure-ttl", ttl, "flaky"]).run();
        call("1h").is("broken 1\n", "trouble\n", 3);
        call("1h").is("broken 1\n", "trouble\n", 3);
        call("1ns").is("broken 2\n", "trouble\n", 3);
    }

    #[test]
    fn the_time_to_live_of_good_results_is_not_theirs() {
        let (sandbox, _) = flaky();
        break_it(&sandbox);
        let call = ["--ttl", "1ns", "--failure-ttl", "1h", "flaky"];
        sandbox.omoide(call).run().is("broken 1\n", "trouble\n", 3);
        sandbox.omoide(call).run().is("broken 1\n", "trouble\n", 3);
    }

    #[test]
    fn they_never_replace_the_last_good_result() {
        let (sandbox, _) = flaky();
        sandbox.omoide(["flaky"]).run().prints("good 1\n");
        break_it(&sandbox);
        let expired = ["--ttl", "1ns", "--failure-ttl", "1h", "flaky"];
        sandbox.omoide(expired).run().is("broken 2\n", "trouble\n", 3);
        sandbox.omoide(expired).run().is("broken 2\n", "trouble\n", 3);
        sandbox.omoide(["flaky"]).run().prints("good 1\n");
        sandbox.omoide(["--failure-ttl", "1h", "flaky"]).run().prints("good 1\n");
    }

    #[test]
    fn a_new_good_result_ends_them() {
        let (sandbox, _) = flaky();
        break_it(&sandbox);
        sandbox.omoide(["--failure-ttl", "1h", "flaky"]).run().is("broken 1\n", "trouble\n", 3);
        mend_it(&sandbox);
        sandbox.omoide(["--force", "--failure-ttl", "1h", "flaky"]).run().prints("good 2\n");
        sandbox.omoide(["--failure-ttl", "1h", "flaky"]).run().prints("good 2\n");
        let expired = ["--ttl", "1ns", "--failure-ttl", "1h", "flaky"];
        sandbox.omoide(expired).run().prints("good 3\n");
    }
}

mod stale_if_error {
    use super::*;

    const EXPIRED: [&str; 4] = ["--ttl", "1ns", "--stale-if-error", "flaky"];

    #[test]
    fn the_last_good_result_is_served_in_place_of_a_failure() {
        let (sandbox, flaky) = flaky();
        sandbox.omoide(EXPIRED).run().prints("good 1\n");
        break_it(&sandbox);
        let instead =
            "omoide: the command failed with exit status 3, serving the last good result\n";
        sandbox.omoide(EXPIRED).run().is("good 1\n", instead, 0);
        sandbox.omoide(EXPIRED).run().is("good 1\n", instead, 0);
        flaky.ran(3);
    }

    #[test]
    fn success_is_shown_and_replaces_it() {
        let (sandbox, _) = flaky();
        sandbox.omoide(EXPIRED).run().prints("good 1\n");
        sandbox.omoide(EXPIRED).run().prints("good 2\n");
        sandbox.omoide(["flaky"]).run().prints("good 2\n");
    }

    /// What is said where the failure is known and the command doesn't run.
    const KNOWN: &str = "omoide: the command failed with exit status 3 when it last ran, serving \
                         the last good result\n";

    #[test]
    fn and_in_place_of_a_failure_that_is_stored() {
        let (sandbox, flaky) = flaky();
        let call = || sandbox.omoide(["--failure-ttl", "1h"]).args(EXPIRED);
        call().run().prints("good 1\n");
        break_it(&sandbox);
        let ran = call().run();
        ran.warned_once();
        assert_eq!((ran.out_text().as_str(), ran.status.code()), ("good 1\n", Some(0)));
        call().run().is("good 1\n", KNOWN, 0);
        flaky.ran(2);
        let ran = sandbox.omoide(["-v", "--failure-ttl", "1h"]).args(EXPIRED).run();
        let told = "omoide: expired hit in place of a stored failure: ";
        assert!(ran.err_text().starts_with(&format!("{KNOWN}{told}")), "{ran:?}");
    }

    #[test]
    fn without_a_good_result_the_failure_is_shown() {
        let (sandbox, _) = flaky();
        break_it(&sandbox);
        sandbox.omoide(EXPIRED).run().is("broken 1\n", "trouble\n", 3);
    }

    #[test]
    fn a_forced_call_is_rescued_too() {
        let (sandbox, _) = flaky();
        sandbox.omoide(["flaky"]).run().prints("good 1\n");
        break_it(&sandbox);
        let ran = sandbox.omoide(["--force", "--stale-if-error", "flaky"]).run();
        ran.warned_once();
        assert_eq!((ran.out_text().as_str(), ran.status.code()), ("good 1\n", Some(0)));
    }

    #[test]
    fn a_command_that_a_signal_ended_has_failed() {
        let sandbox = Sandbox::new();
        sandbox.script("mortal", "echo said; [ ! -e fail ] || kill -9 $$");
        let call = ["--ttl", "1ns", "--stale-if-error", "mortal"];
        sandbox.omoide(call).run().prints("said\n");
        sandbox.write("fail", "");
        let instead = "omoide: the command was ended by signal 9, serving the last good result\n";
        sandbox.omoide(call).run().is("said\n", instead, 0);
    }

    #[test]
    fn a_command_that_ran_into_its_timeout_has_failed() {
        let sandbox = Sandbox::new();
        sandbox.script("slow", "echo said; [ ! -e fail ] || sleep 100");
        let call = ["--ttl", "1ns", "--timeout", "200ms", "--stale-if-error", "slow"];
        sandbox.omoide(["slow"]).run().prints("said\n");
        sandbox.write("fail", "");
        let instead = "omoide: the command ran into its timeout, serving the last good result\n";
        sandbox.omoide(call).run().is("said\n", instead, 0);
    }

    #[test]
    fn nothing_of_a_failed_run_is_shown_however_large_it_is() {
        let sandbox = Sandbox::new();
        sandbox.script("large", "if [ -e fail ]; then seq 500000; seq 9 >&2; exit 1; fi; echo ok");
        let call = ["--ttl", "1ns", "--stale-if-error", "--max-output", "1KiB", "large"];
        sandbox.omoide(call).run().prints("ok\n");
        sandbox.write("fail", "");
        let instead =
            "omoide: the command failed with exit status 1, serving the last good result\n";
        sandbox.omoide(call).run().is("ok\n", instead, 0);
    }

    #[test]
    fn what_was_withheld_comes_in_order_if_it_is_no_failure() {
        let sandbox = Sandbox::new();
        let script = "for i in $(seq 300); do echo out $i; echo err $i >&2; done; seq 30000";
        sandbox.script("talks", script);
        let expected = sandbox.bare(["talks"]).merged().run();
        let call = ["--ttl", "1ns", "--stale-if-error", "talks"];
        sandbox.omoide(call).merged().run().same_as(&expected);
        sandbox.omoide(call).merged().run().same_as(&expected);
    }
}

mod limits {
    use super::*;

    #[test]
    fn larger_outputs_pass_through_and_are_not_stored() {
        let sandbox = Sandbox::new();
        let expected = sandbox.bare(["seq", "100"]).run();
        for _ in 0..2 {
            sandbox.omoide(["--max-output", "291", "seq", "100"]).run().same_as(&expected);
        }
        assert!(sandbox.stored("entries").is_empty());
        sandbox.omoide(["--max-output", "292", "seq", "100"]).run().same_as(&expected);
        assert_eq!(sandbox.stored("entries").len(), 1);
    }

    #[test]
    fn both_streams_count_together() {
        let sandbox = Sandbox::new();
        let script = ["sh", "-c", "echo 123; echo 456 >&2"];
        sandbox.omoide(["--max-output", "7"]).args(script).run().is("123\n", "456\n", 0);
        assert!(sandbox.stored("entries").is_empty());
        sandbox.omoide(["--max-output", "8"]).args(script).run().is("123\n", "456\n", 0);
        assert_eq!(sandbox.stored("entries").len(), 1);
    }

    #[test]
    fn no_temporary_file_stays_behind() {
        let sandbox = Sandbox::new();
        sandbox.omoide(["--max-output", "100KiB", "seq", "100000"]).run();
        sandbox.omoide(["seq", "100000"]).run();
        assert_eq!(sandbox.stored("tmp"), Vec::<std::path::PathBuf>::new());
    }

    #[test]
    fn a_command_that_takes_too_long_is_ended() {
        let sandbox = Sandbox::new();
        let script = ["sh", "-c", "echo before; sleep 100; echo after"];
        let call = || sandbox.omoide(["--timeout", "100ms"]).args(script).run();
        call().is("before\n", "", 124);
        call().is("before\n", "", 124);
        assert!(sandbox.stored("entries").is_empty());
    }

    #[test]
    fn a_command_within_its_time_is_stored() {
        let (sandbox, _) = ticking();
        sandbox.omoide(["--timeout", "1h", "tick"]).run().prints("run 1\n");
        sandbox.omoide(["--timeout", "1h", "tick"]).run().prints("run 1\n");
    }

    #[test]
    fn the_timeout_ends_grandchildren_too() {
        let sandbox = Sandbox::new();
        let gate = sandbox.gate("never");
        let grandchild = format!("setsid sh -c '{}; {}' &", gate.announce(), "sleep 1000");
        let running = sandbox
            .omoide(["--timeout", "300ms", "--", "sh", "-c", &format!("{grandchild} sleep 1000")])
            .start();
        gate.arrived();
        let family = descendants_of(running.pid());
        assert!(family.len() >= 2, "{family:?}");
        running.finish().fails(124, "");
        eventually("all have ended", || family.iter().all(|&pid| common::has_ended(pid)));
    }

    #[test]
    fn the_timeout_spares_the_rest_of_the_pipeline() {
        let sandbox = Sandbox::new();
        let line = "{ omoide --timeout 100ms sleep 100; echo $?; } | { read x; echo got $x; }";
        sandbox.shell(line).run().prints("got 124\n");
    }

    #[test]
    fn the_timeout_ends_what_ignores_the_polite_signal() {
        let sandbox = Sandbox::new();
        let script = "trap '' TERM; echo deaf; while :; do sleep 1000; done";
        sandbox.omoide(["--timeout", "100ms", "sh", "-c", script]).run().is("deaf\n", "", 124);
    }
}

mod environment {
    use super::*;

    #[test]
    fn a_time_to_live_can_come_from_the_environment() {
        let (sandbox, _) = ticking_and_swept();
        sandbox.omoide(["tick"]).env("OMOIDE_TTL", "1ns").run().prints("run 1\n");
        sandbox.omoide(["tick"]).env("OMOIDE_TTL", "1ns").run().prints("run 2\n");
        sandbox.omoide(["tick"]).env("OMOIDE_TTL", "1h").run().prints("run 2\n");
    }

    #[test]
    fn the_option_goes_before_the_variable() {
        let (sandbox, _) = ticking();
        let call = || sandbox.omoide(["--ttl", "1h", "tick"]).env("OMOIDE_TTL", "1ns").run();
        call().prints("run 1\n");
        call().prints("run 1\n");
    }

    #[test]
    fn a_call_can_be_forced_from_the_environment() {
        let (sandbox, _) = ticking();
        sandbox.omoide(["tick"]).run().prints("run 1\n");
        sandbox.omoide(["tick"]).env("OMOIDE_FORCE", "1").run().prints("run 2\n");
        sandbox.omoide(["tick"]).env("OMOIDE_FORCE", "0").run().prints("run 2\n");
        sandbox.omoide(["tick"]).env("OMOIDE_FORCE", "").run().prints("run 2\n");
    }

    #[test]
    fn cached_only_goes_before_being_forced_from_the_environment() {
        let (sandbox, _) = ticking();
        sandbox.omoide(["tick"]).run().prints("run 1\n");
        let call = sandbox.omoide(["--cached-only", "tick"]).env("OMOIDE_FORCE", "1");
        call.run().prints("run 1\n");
    }

    #[test]
    fn disabled_there_is_no_cache_at_all() {
        let (sandbox, _) = ticking();
        sandbox.omoide(["tick"]).env("OMOIDE_DISABLE", "1").run().prints("run 1\n");
        sandbox.omoide(["tick"]).env("OMOIDE_DISABLE", "1").run().prints("run 2\n");
        assert!(!sandbox.cache().exists());
    }

    #[test]
    fn disabled_the_command_reads_standard_input() {
        let sandbox = Sandbox::new();
        let call = sandbox.omoide(["cat"]).stdin("input\n").env("OMOIDE_DISABLE", "1");
        call.run().prints("input\n");
    }

    #[test]
    fn disabled_it_becomes_the_command() {
        let sandbox = Sandbox::new();
        let line = "exec env OMOIDE_DISABLE=1 omoide sh -c 'echo $PPID'";
        let direct = "exec sh -c 'echo $PPID'";
        let parent = sandbox.shell(line).run();
        parent.same_as(&sandbox.shell(direct).run());
        assert_eq!(parent.out_text(), format!("{}\n", std::process::id()));
    }
}

mod bad_usage {
    use super::*;

    /// The call is refused with status 125, names this, and runs nothing.
    #[track_caller]
    fn is_refused(words: &[&str], variable: Option<(&str, &str)>, naming: &str) {
        let (sandbox, tick) = ticking();
        let mut call = sandbox.omoide(words);
        if let Some((name, value)) = variable {
            call = call.env(name, value);
        }
        let ran = call.run();
        assert_eq!(ran.status.code(), Some(125), "{words:?} {ran:?}");
        assert_eq!(ran.out_text(), "", "{words:?}");
        assert!(ran.err_text().contains(naming), "{words:?} names {naming}: {ran:?}");
        tick.ran(0);
        assert!(!sandbox.cache().exists(), "{words:?}");
    }

    #[test]
    fn a_bad_duration_is_refused_by_the_options_name() {
        for option in ["--ttl", "--idle", "--failure-ttl", "--timeout"] {
            let bad = ["0s", "-5m", "90", "soon", "", "1000y", "99999999999999999999999999d"];
            for value in bad {
                is_refused(&[option, value, "--", "tick"], None, option);
            }
        }
    }

    #[test]
    fn a_bad_size_is_refused_by_the_options_name() {
        for value in ["0", "-1MB", "much", "", "99999999999999999999999999"] {
            is_refused(&["--max-output", value, "--", "tick"], None, "--max-output");
        }
    }

    #[test]
    fn a_bad_word_is_refused_by_the_options_name() {
        is_refused(&["--on-expired", "explode", "tick"], None, "--on-expired");
        is_refused(&["--program", "smell", "tick"], None, "--program");
        is_refused(&["--color", "mauve", "tick"], None, "--color");
    }

    #[test]
    fn a_bad_variable_is_refused_by_its_name() {
        for (name, value) in [
            ("OMOIDE_TTL", "0s"),
            ("OMOIDE_TTL", "soon"),
            ("OMOIDE_TTL", "-1s"),
            ("OMOIDE_FORCE", "maybe"),
            ("OMOIDE_DISABLE", "maybe"),
        ] {
            is_refused(&["tick"], Some((name, value)), name);
        }
    }

    #[test]
    fn an_unknown_option_is_refused_by_its_name() {
        is_refused(&["--nonsense", "tick"], None, "--nonsense");
        is_refused(&["run", "--nonsense", "tick"], None, "--nonsense");
    }

    #[test]
    fn a_missing_command_is_refused() {
        is_refused(&[], None, "COMMAND");
        is_refused(&["--ttl", "5m"], None, "COMMAND");
        is_refused(&["--"], None, "COMMAND");
        is_refused(&["run"], None, "COMMAND");
    }

    #[test]
    fn options_that_contradict_each_other_are_refused() {
        is_refused(&["--force", "--cached-only", "tick"], None, "--cached-only");
    }
}
