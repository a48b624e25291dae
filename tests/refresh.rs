//! Recomputing in the background without a daemon: `--stale`, `warm`, `refresh`.
//!
//! Scripts are held at gates, so nothing here waits for time: an entry is stale from its first
//! nanosecond on.

mod common;

use std::fs;

use common::{Counter, Sandbox, eventually};

const STALE: [&str; 2] = ["--stale", "1ns"];

/// Waits until this call would be answered with this.
#[track_caller]
fn comes_to_say(sandbox: &Sandbox, words: &[&str], expected: &str) {
    eventually(expected, || {
        let ran = sandbox.omoide(["--cached-only"]).args(words).run();
        ran.out == expected.as_bytes()
    });
}

/// Whether a process is there that was called in this sandbox.
fn is_somebody_at_work(sandbox: &Sandbox) -> bool {
    let root = sandbox.root().as_os_str().as_encoded_bytes();
    fs::read_dir("/proc").expect("processes").flatten().any(|process| {
        let environment = fs::read(process.path().join("environ")).unwrap_or_default();
        environment.windows(root.len()).any(|window| window == root)
    })
}

mod stale {
    use super::*;

    /// A script that says which run it is, and whose runs but the first are held up.
    fn held() -> (Sandbox, Counter, common::Gate) {
        let sandbox = Sandbox::new();
        let gate = sandbox.gate("gate");
        let log = sandbox.root().join("held.runs");
        let counted = format!("n=$(wc -c <'{}')", log.display());
        let body = format!("{counted}\nif [ $n -gt 1 ]; then {}; fi\necho run $n", gate.pass());
        let runs = sandbox.counted("held", &body);
        (sandbox, runs, gate)
    }

    #[test]
    fn is_served_at_once_and_replaced_in_the_background() {
        let (sandbox, runs, gate) = held();
        sandbox.omoide(["held"]).run().prints("run 1\n");
        sandbox.omoide(STALE).arg("held").run().prints("run 1\n");
        gate.arrived();
        sandbox.omoide(["held"]).run().prints("run 1\n");
        gate.release();
        comes_to_say(&sandbox, &["held"], "run 2\n");
        runs.ran(2);
    }

    #[test]
    fn what_is_younger_is_left_alone() {
        let (sandbox, runs, gate) = held();
        sandbox.omoide(["held"]).run().prints("run 1\n");
        sandbox.omoide(["--stale", "1h", "held"]).run().prints("run 1\n");
        sandbox.settle();
        assert!(!gate.somebody_arrived());
        runs.ran(1);
    }

    #[test]
    fn many_calls_at_once_start_one_recomputation() {
        let (sandbox, runs, gate) = held();
        sandbox.omoide(["held"]).run().prints("run 1\n");
        let calls: Vec<_> = (0..10).map(|_| sandbox.omoide(STALE).arg("held").start()).collect();
        for call in calls {
            call.finish().prints("run 1\n");
        }
        gate.arrived();
        for _ in 0..10 {
            sandbox.omoide(STALE).arg("held").run().prints("run 1\n");
        }
        gate.release();
        comes_to_say(&sandbox, &["held"], "run 2\n");
        runs.ran(2);
    }

    #[test]
    fn nobody_who_reads_a_pipe_waits_for_it() {
        let (sandbox, _, gate) = held();
        sandbox.omoide(["held"]).run().prints("run 1\n");
        // All would hang on an inherited descriptor; the recomputation is under way throughout.
        sandbox.shell("x=$(omoide --stale 1ns held 2>&1); echo \"$x\"").run().prints("run 1\n");
        gate.arrived();
        sandbox.shell("omoide --stale 1ns held | cat").run().prints("run 1\n");
        sandbox
            .shell("printf '1\\n2\\n3\\n' | while read n; do omoide --stale 1ns held; done")
            .run()
            .prints("run 1\nrun 1\nrun 1\n");
        gate.release();
        comes_to_say(&sandbox, &["held"], "run 2\n");
    }

    #[test]
    fn a_failure_keeps_the_old_result() {
        let sandbox = Sandbox::new();
        let gate = sandbox.gate("gate");
        let log = sandbox.root().join("flaky.runs");
        let body = format!(
            "n=$(wc -c <'{}')\n[ $n = 1 ] || {{ {}; exit 7; }}\necho good",
            log.display(),
            gate.announce()
        );
        sandbox.counted("flaky", &body);
        sandbox.omoide(["flaky"]).run().prints("good\n");
        sandbox.omoide(STALE).arg("flaky").run().prints("good\n");
        gate.arrived();
        sandbox.omoide(["flaky"]).run().prints("good\n");
        // Nor is it tried again at every prompt.
        eventually("the failure is noted", || sandbox.stored("retry").len() == 1);
        for _ in 0..5 {
            sandbox.omoide(STALE).arg("flaky").run().prints("good\n");
        }
        eventually("the recomputation ends", || !is_somebody_at_work(&sandbox));
        assert!(!gate.somebody_arrived());
        let stats = sandbox.json(["stats", "--json"]);
        assert_eq!((&stats["refreshes"], &stats["refresh_failures"]), (&0.into(), &1.into()));
        // It is told where the policy says that it is refreshed.
        let list = sandbox.omoide(["list"]).run().out_text();
        assert!(list.contains("failing (1)"), "{list}");
        let entry = &sandbox.json(["list", "--json"])["entries"][0];
        assert_eq!(entry["refresh_failures"], 1);
        assert_eq!(entry["refresh_error"], "the command failed with exit status 7");
    }

    #[test]
    fn what_was_forgotten_meanwhile_does_not_come_back() {
        let (sandbox, _, gate) = held();
        sandbox.omoide(["held"]).run().prints("run 1\n");
        sandbox.omoide(STALE).arg("held").run().prints("run 1\n");
        gate.arrived();
        sandbox.omoide(["forget", "--all"]).run().prints("removed 1 entry\n");
        gate.release();
        eventually("the recomputation ends", || !is_somebody_at_work(&sandbox));
        assert!(!sandbox.is_cached(["held"]));
    }

    #[test]
    fn it_has_expired_all_the_same_when_its_time_is_over() {
        let sandbox = Sandbox::swept();
        let runs = sandbox.ticking("tick");
        let call = ["--stale", "1ns", "--ttl", "1ns", "tick"];
        sandbox.omoide(call).run().prints("run 1\n");
        sandbox.omoide(call).run().prints("run 2\n");
        runs.ran(2);
    }

    #[test]
    fn check_and_explain_call_it_stale_and_served() {
        let (sandbox, _, _) = held();
        sandbox.omoide(["held"]).run().prints("run 1\n");
        let check = sandbox.json(["check", "--json", "--stale", "1ns", "held"]);
        assert_eq!((&check["state"], &check["served"]), (&"stale".into(), &true.into()));
        let explain = sandbox.json(["explain", "--json", "--stale", "1ns", "held"]);
        assert_eq!(explain["state"], "stale");
    }
}

mod surroundings {
    use super::*;

    /// What a recomputation finds itself in, one fact a line, in a file: the output tells the
    /// first run's.
    #[test]
    fn are_those_of_the_call_and_nothing_of_the_caller_is_held_on_to() {
        let sandbox = Sandbox::new();
        let report = sandbox.root().join("report");
        let body = format!(
            "{{ pwd; umask; echo $GREETING; readlink /proc/$$/fd/0; ls -l /proc/$$/fd | \
             sed -n 's/.* -> //p' | grep -c /dev/pts; ps -o sid= -p $$ | tr -d ' '; }} \
             >'{0}.new'; mv '{0}.new' '{0}'; echo done",
            report.display()
        );
        sandbox.script("tell", &body);
        let call = |words: &[&str]| {
            let line = format!("umask 027; cd sub; GREETING=hello omoide {}", words.join(" "));
            sandbox.shell(&line).run().prints("done\n");
        };
        fs::create_dir(sandbox.path("sub")).expect("a folder");
        call(&["tell"]);
        fs::remove_file(&report).expect("the first run's");
        call(&["--stale", "1ns", "tell"]);
        eventually("it is recomputed", || report.exists());
        let told = fs::read_to_string(&report).expect("the report");
        let lines: Vec<&str> = told.lines().collect();
        assert_eq!(lines[0], sandbox.path("sub").to_str().expect("a path"));
        assert_eq!(&lines[1..4], ["0027", "hello", "/dev/null"]);
        assert_eq!(lines[4], "0", "no terminal");
        // Asked in the same way: ours is 0 where its leader is outside the namespace.
        let own = sandbox.shell("ps -o sid= -p $$ | tr -d ' '").run().out_text();
        assert_ne!(lines[5], own.trim(), "a session of its own");
    }

    #[test]
    fn input_is_fed_to_it_again() {
        let sandbox = Sandbox::new();
        let gate = sandbox.gate("gate");
        sandbox.counted("eat", &format!("cat; {}", gate.announce()));
        let input = "x".repeat(100_000);
        for words in [vec!["--stdin", "eat"], vec!["--stdin", "--stale", "1ns", "eat"]] {
            sandbox.omoide(words).stdin(&input).run().prints(&input);
            gate.arrived();
        }
        sandbox.omoide(["--stdin", "eat"]).stdin(&input).run().prints(&input);
    }
}

mod without_a_daemon {
    use super::*;

    #[test]
    fn who_asks_for_what_should_have_been_refreshed_has_it_done() {
        let sandbox = Sandbox::new();
        sandbox.ticking("tick");
        sandbox.omoide(["--refresh", "1ns", "tick"]).run().prints("run 1\n");
        let asked = sandbox.omoide(["tick"]).run();
        asked.prints("run 1\n");
        comes_to_say(&sandbox, &["--refresh", "1h", "tick"], "run 2\n");
    }

    #[test]
    fn one_line_tells_a_terminal_how_to_start_it_and_nobody_else() {
        let sandbox = Sandbox::new();
        sandbox.ticking("tick");
        let told = "no daemon runs to refresh it; start one: omoide daemon start";
        let first = sandbox.on_terminal(100, "--refresh 1h tick").run().out_text();
        assert_eq!(first.matches(told).count(), 1, "{first}");
        let again = sandbox.on_terminal(100, "--refresh 1h tick").run().out_text();
        assert!(!again.contains(told), "{again}");
        sandbox.omoide(["--refresh", "2h", "--any-dir", "tick"]).run().prints("run 2\n");
    }
}

mod warm {
    use super::*;

    #[test]
    fn computes_in_the_background_and_prints_nothing() {
        let sandbox = Sandbox::new();
        let gate = sandbox.gate("gate");
        let runs = sandbox.counted("slow", &format!("{}; echo slow", gate.pass()));
        sandbox.omoide(["warm", "slow"]).run().prints("");
        gate.arrived();
        gate.release();
        comes_to_say(&sandbox, &["slow"], "slow\n");
        runs.ran(1);
    }

    #[test]
    fn waits_where_that_is_asked_for_and_does_nothing_twice() {
        let sandbox = Sandbox::new();
        let runs = sandbox.ticking("tick");
        sandbox.omoide(["warm", "--wait", "tick"]).run().prints("");
        sandbox.omoide(["warm", "--wait", "tick"]).run().prints("");
        sandbox.omoide(["tick"]).run().prints("run 1\n");
        runs.ran(1);
        sandbox.omoide(["warm", "--wait", "--force", "tick"]).run().prints("");
        sandbox.omoide(["tick"]).run().prints("run 2\n");
    }

    #[test]
    fn says_why_nothing_is_stored() {
        let sandbox = Sandbox::new();
        sandbox.script("broken", "echo output; exit 3");
        sandbox
            .omoide(["warm", "--wait", "broken"])
            .run()
            .fails(1, "omoide: not stored: the command failed with exit status 3\n");
        sandbox.omoide(["warm", "broken"]).run().prints("");
        let missing = sandbox.omoide(["warm", "no-such-command"]).run();
        assert_eq!(missing.status.code(), Some(1), "{missing:?}");
    }

    #[test]
    fn serves_callers_who_keep_the_streams_apart() {
        let sandbox = Sandbox::new();
        sandbox.script("both", "echo out; echo err >&2");
        sandbox.omoide(["warm", "--wait", "both"]).merged().run().prints("");
        sandbox.omoide(["--cached-only", "both"]).run().is("out\n", "err\n", 0);
    }
}

mod refresh {
    use super::*;

    fn id(sandbox: &Sandbox) -> String {
        let list = sandbox.json(["list", "--json"]);
        list["entries"][0]["id"].as_str().expect("an id").to_owned()
    }

    #[test]
    fn recomputes_by_id_tag_and_all() {
        let sandbox = Sandbox::new();
        let runs = sandbox.ticking("tick");
        sandbox.omoide(["--tag", "t", "tick"]).run().prints("run 1\n");
        let id = id(&sandbox);
        let ways = [vec![id.as_str()], vec!["--tag", "t"], vec!["--all"]];
        for (number, way) in (2..).zip(ways) {
            sandbox.omoide(["refresh"]).args(way).run().prints("refreshed 1 entry\n");
            sandbox.omoide(["tick"]).run().prints(format!("run {number}\n"));
        }
        runs.ran(4);
        sandbox.omoide(["refresh", "--tag", "other"]).run().prints("refreshed 0 entries\n");
    }

    #[test]
    fn its_command_does_not_find_the_signals_ignored_that_the_c_library_ignores() {
        let sandbox = Sandbox::new();
        sandbox.script("signals", "sed -n 's/^SigIgn:.//p' /proc/self/status");
        let called = sandbox.omoide(["signals"]).run();
        sandbox.omoide(["refresh", "--all"]).run().prints("refreshed 1 entry\n");
        sandbox.omoide(["--cached-only", "signals"]).run().same_as(&called);
    }

    #[test]
    fn recomputes_a_call_or_computes_it() {
        let sandbox = Sandbox::new();
        sandbox.ticking("tick");
        for number in 1..3 {
            sandbox.omoide(["refresh", "--", "tick"]).run().prints("refreshed 1 entry\n");
            sandbox.omoide(["--cached-only", "tick"]).run().prints(format!("run {number}\n"));
        }
    }

    #[test]
    fn uses_what_the_entry_was_stored_with() {
        let sandbox = Sandbox::new();
        let log = sandbox.root().join("tell.runs");
        let body = format!("echo $(wc -c <'{}') $GREETING $(pwd) $(cat)", log.display());
        sandbox.counted("tell", &body);
        let folder = sandbox.path("elsewhere");
        fs::create_dir(&folder).expect("a folder");
        let call = |words: &[&str]| {
            let call = sandbox.omoide(words).within(&folder);
            call.env("GREETING", "hello").stdin("the input").run()
        };
        let words = ["--refresh", "1h", "--stdin", "tell"];
        let said = |run: u32| format!("{run} hello {} the input\n", folder.display());
        call(&words).prints(said(1));
        sandbox.omoide(["refresh", "--all"]).run().prints("refreshed 1 entry\n");
        call(&words).prints(said(2));
    }

    #[test]
    fn another_environment_is_told_where_none_is_stored() {
        let sandbox = Sandbox::new();
        let runs = sandbox.ticking("tick");
        sandbox.omoide(["tick"]).env("GREETING", "hello").run().prints("run 1\n");
        let ran = sandbox.omoide(["refresh", "--all"]).run();
        assert_eq!(
            (ran.out_text().as_str(), ran.status.code()),
            ("refreshed 0 entries\n", Some(1))
        );
        assert!(ran.err_text().contains("variable GREETING missing"), "{ran:?}");
        runs.ran(1);
    }

    #[test]
    fn a_failure_keeps_the_old_result() {
        let sandbox = Sandbox::new();
        sandbox.script("flaky", "[ ! -e fail ] || exit 9; echo good");
        sandbox.omoide(["flaky"]).run().prints("good\n");
        sandbox.write("fail", "");
        let ran = sandbox.omoide(["refresh", "--all"]).run();
        assert_eq!(ran.status.code(), Some(1), "{ran:?}");
        assert!(ran.err_text().contains("the command failed with exit status 9"), "{ran:?}");
        sandbox.omoide(["flaky"]).run().prints("good\n");
    }

    #[test]
    fn a_changed_program_is_recomputed_under_its_new_key() {
        let sandbox = Sandbox::new();
        sandbox.script("tool", "echo old");
        sandbox.omoide(["--refresh", "1h", "tool"]).run().prints("old\n");
        sandbox.script("tool", "echo upgraded");
        sandbox.omoide(["refresh", "--all"]).run().prints("refreshed 1 entry\n");
        sandbox.omoide(["--cached-only", "tool"]).run().prints("upgraded\n");
    }

    #[test]
    fn bad_usage_is_told() {
        let sandbox = Sandbox::new();
        for words in [
            vec!["refresh"],
            vec!["refresh", "--all", "abc"],
            vec!["refresh", "--all", "--tag", "x"],
            vec!["refresh", "--ttl", "1h", "--all"],
            vec!["refresh", "abc", "--", "true"],
        ] {
            let ran = sandbox.omoide(&words).run();
            assert_eq!(ran.status.code(), Some(2), "{words:?}: {ran:?}");
            ran.warned_once();
        }
        sandbox
            .omoide(["refresh", "abc"])
            .run()
            .fails(1, "omoide: no entry 'abc'; nothing is stored\n");
    }
}

mod watch {
    use super::*;

    #[test]
    fn needs_something_to_watch() {
        let sandbox = Sandbox::new();
        let why = "omoide: --watch needs an --input to watch\n";
        sandbox.omoide(["--watch", "true"]).run().fails(125, why);
        sandbox.omoide(["warm", "--watch", "true"]).run().fails(2, why);
    }
}

mod secrets {
    use super::*;

    const SECRET: &str = "correct-horse-battery-staple";

    fn is_on_disk(sandbox: &Sandbox) -> bool {
        let folders = ["entries", "blobs", "catalog", "pending", "locks", "hits", "."];
        let files = folders.iter().flat_map(|folder| sandbox.stored(folder));
        files.into_iter().any(|path| {
            let bytes = fs::read(path).unwrap_or_default();
            bytes.windows(SECRET.len()).any(|window| window == SECRET.as_bytes())
        })
    }

    #[test]
    fn never_reach_the_disk() {
        let sandbox = Sandbox::new();
        sandbox.ticking("tick");
        for (name, value) in [
            ("GITHUB_TOKEN", SECRET.to_owned()),
            ("ENCRYPTIONKEY", SECRET.to_owned()),
            ("KUBECONFIG_DATA", SECRET.to_owned()),
            ("SESSION_ID", SECRET.to_owned()),
            ("DATABASE", format!("postgres://me:{SECRET}@host/db")),
        ] {
            let call = sandbox.omoide(["--refresh", "1h", "tick"]).env(name, value);
            assert!(call.run().status.success());
        }
        sandbox.settle();
        assert_eq!(sandbox.stored("entries").len(), 5);
        assert!(!is_on_disk(&sandbox));
        let plain = sandbox.omoide(["--refresh", "1h", "tick"]).env("GREETING", SECRET).run();
        assert!(plain.status.success());
        assert!(is_on_disk(&sandbox), "the test finds what is there");
    }

    #[test]
    fn are_taken_from_who_asks() {
        let sandbox = Sandbox::new();
        sandbox.script("tell", "echo ${MY_TOKEN#correct-}");
        let call = |words: &[&str]| sandbox.omoide(words).env("MY_TOKEN", SECRET).run();
        call(&["--refresh", "1h", "tell"]).prints("horse-battery-staple\n");
        let without = sandbox.omoide(["refresh", "--all"]).run();
        assert!(without.err_text().contains("the values of MY_TOKEN are not known"), "{without:?}");
        call(&["refresh", "--all"]).prints("refreshed 1 entry\n");
        let other = sandbox.omoide(["refresh", "--all"]).env("MY_TOKEN", "another").run();
        assert!(other.err_text().contains("the values of MY_TOKEN are not known"), "{other:?}");
    }
}

mod recipes {
    use std::time::Duration;

    use omoide::model::entry::Slot;
    use omoide::model::key::Key;
    use omoide::model::recipe::Recipe;
    use omoide::store::{Lookup, Store};

    use super::*;

    /// How the only entry is to be computed again.
    fn recipe(sandbox: &Sandbox) -> Recipe {
        let list = sandbox.json(["list", "--json"]);
        let key = Key::from_hex(list["entries"][0]["key"].as_str().expect("a key")).expect("a key");
        let store = Store::open(&sandbox.cache()).expect("usable").expect("there");
        let found = store.find(&key, Slot::Good).expect("readable");
        let Lookup::Found(found) = found else { panic!("{found:?}") };
        found.entry.recipe().expect("a recipe")
    }

    #[test]
    fn have_the_whole_timeout_of_the_call() {
        let sandbox = Sandbox::new();
        let call = ["--refresh", "1h", "--timeout", "60s", "echo", "x"];
        sandbox.omoide(call).run().prints("x\n");
        assert_eq!(recipe(&sandbox).timeout, Some(Duration::from_mins(1)));
    }

    #[test]
    fn have_no_limits_where_these_can_not_be_read() {
        let sandbox = Sandbox::new();
        let strace = ["strace", "-qq", "-o/dev/null", "--inject=prlimit64:error=EPERM"];
        let traced = sandbox.bare(strace).args([common::OMOIDE, "--refresh", "1h", "echo", "x"]);
        traced.run().prints("x\n");
        assert_eq!(recipe(&sandbox).heritage.limits, []);
        let id = sandbox.json(["list", "--json"])["entries"][0]["id"].clone();
        let id = id.as_str().expect("an id");
        sandbox.omoide(["refresh", id]).run().prints("refreshed 1 entry\n");
    }
}
