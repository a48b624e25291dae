//! The order between the two streams is exact where both go to one pipe or file: what was recorded
//! with a pipe for each isn't served there, unless only one of them said something.

mod common;

use common::{Call, Counter, Sandbox, eventually, waits_for_a_flight};

/// A command that says something on both streams, and how often it ran.
fn both() -> (Sandbox, Counter) {
    let sandbox = Sandbox::new();
    let both = sandbox.counted("both", "echo 1 >&2; echo 2; echo 3 >&2");
    (sandbox, both)
}

const IN_ORDER: &str = "1\n2\n3\n";

fn apart(sandbox: &Sandbox, words: &[&str]) -> Call {
    sandbox.omoide(words)
}

fn merged(sandbox: &Sandbox, words: &[&str]) -> Call {
    sandbox.omoide(words).merged()
}

#[test]
fn what_was_recorded_apart_does_not_serve_who_merges_the_streams() {
    let (sandbox, ran) = both();
    apart(&sandbox, &["both"]).run().is("2\n", "1\n3\n", 0);
    let declined = merged(&sandbox, &["--cached-only", "both"]).run();
    let reason = "omoide: not cached: it was recorded with a pipe for each stream, and this call has \
                  both in one, where their order counts\n";
    declined.is(reason, "", 125);
    merged(&sandbox, &["both"]).run().prints(IN_ORDER);
    merged(&sandbox, &["--cached-only", "both"]).run().prints(IN_ORDER);
    ran.ran(2);
}

#[test]
fn what_was_recorded_apart_does_not_go_into_one_file() {
    let (sandbox, ran) = both();
    apart(&sandbox, &["both"]).run().is("2\n", "1\n3\n", 0);
    for _ in ["miss", "hit"] {
        let path = sandbox.path("file");
        let file = std::fs::File::create(&path).expect("a file");
        let again = file.try_clone().expect("a descriptor");
        apart(&sandbox, &["both"]).writes(file, again).run();
        assert_eq!(sandbox.read("file"), IN_ORDER.as_bytes());
    }
    ran.ran(2);
}

#[test]
fn what_was_recorded_merged_does_not_serve_who_keeps_the_streams_apart() {
    let (sandbox, ran) = both();
    merged(&sandbox, &["both"]).run().prints(IN_ORDER);
    apart(&sandbox, &["both"]).run().is("2\n", "1\n3\n", 0);
    ran.ran(2);
}

#[test]
fn what_only_one_stream_said_serves_everybody() {
    for script in ["echo out", "echo err >&2", "true"] {
        let sandbox = Sandbox::new();
        let ran = sandbox.counted("one", script);
        let expected = sandbox.bare(["sh", "-c", script]).run();
        apart(&sandbox, &["one"]).run().same_as(&expected);
        let expected = sandbox.bare(["sh", "-c", script]).merged().run();
        merged(&sandbox, &["one"]).run().same_as(&expected);
        ran.ran(1);
    }
}

#[test]
fn what_said_nothing_through_one_pipe_serves_everybody() {
    let sandbox = Sandbox::new();
    let ran = sandbox.counted("silent", "true");
    merged(&sandbox, &["silent"]).run().prints("");
    apart(&sandbox, &["silent"]).run().prints("");
    ran.ran(1);
}

#[test]
fn a_terminal_shows_what_was_recorded_either_way() {
    let (sandbox, ran) = both();
    let shown = |words: &str| sandbox.on_terminal(80, words).run().out_text();
    apart(&sandbox, &["--env", "", "both"]).run();
    let mut lines: Vec<_> =
        shown("--env '' --cached-only both").lines().map(str::to_owned).collect();
    lines.sort();
    assert_eq!(lines, ["1", "2", "3"]);
    ran.ran(1);
    merged(&sandbox, &["--env", "", "both"]).run().prints(IN_ORDER);
    assert_eq!(shown("--env '' --cached-only both"), IN_ORDER.replace('\n', "\r\n"));
    ran.ran(2);
}

#[test]
fn who_waits_for_a_call_that_keeps_the_streams_apart_runs_the_command_after_it() {
    let sandbox = Sandbox::new();
    let gate = sandbox.gate("under-way");
    let ran = sandbox.counted("both", &format!("{}; echo 1 >&2; echo 2", gate.pass()));
    let leader = apart(&sandbox, &["both"]).start();
    gate.arrived();
    let waiter = merged(&sandbox, &["both"]).start();
    eventually("it waits", || waits_for_a_flight(waiter.pid()));
    gate.release();
    leader.finish().is("2\n", "1\n", 0);
    gate.arrived();
    gate.release();
    waiter.finish().prints("1\n2\n");
    ran.ran(2);
}

#[test]
fn nor_does_it_come_in_place_of_a_failure() {
    let sandbox = Sandbox::new();
    sandbox.script("both", "[ ! -e fail ] || exit 3; echo 1 >&2; echo 2");
    let call = ["--ttl", "1ns", "--stale-if-error", "both"];
    apart(&sandbox, &call).run().is("2\n", "1\n", 0);
    sandbox.write("fail", "");
    merged(&sandbox, &call).run().is("", "", 3);
}

#[test]
fn a_refresh_is_recorded_as_what_it_replaces() {
    let (sandbox, ran) = both();
    merged(&sandbox, &["both"]).run().prints(IN_ORDER);
    sandbox.omoide(["refresh", "--", "both"]).run();
    merged(&sandbox, &["--cached-only", "both"]).run().prints(IN_ORDER);
    ran.ran(2);
    apart(&sandbox, &["both"]).run().is("2\n", "1\n3\n", 0);
    sandbox.omoide(["refresh", "--", "both"]).run();
    apart(&sandbox, &["--cached-only", "both"]).run().is("2\n", "1\n3\n", 0);
    ran.ran(4);
}

#[test]
fn so_is_what_is_warmed_up() {
    let (sandbox, ran) = both();
    let warm = ["warm", "--wait", "--ttl", "1ns", "both"];
    merged(&sandbox, &["both"]).run().prints(IN_ORDER);
    sandbox.omoide(warm).run().prints("");
    merged(&sandbox, &["--cached-only", "both"]).run().prints(IN_ORDER);
    apart(&sandbox, &["both"]).run().is("2\n", "1\n3\n", 0);
    merged(&sandbox, &warm).run().prints("");
    apart(&sandbox, &["--cached-only", "both"]).run().is("2\n", "1\n3\n", 0);
    ran.ran(4);
}

#[test]
fn check_says_what_the_call_does() {
    let (sandbox, _) = both();
    apart(&sandbox, &["both"]).run();
    let said = merged(&sandbox, &["check", "both"]).run();
    let reason = "the only record has a pipe for each stream; this call, its streams being as they \
                  are here, has both in one, where their order counts";
    said.is(format!("absent, {reason}\n"), "", 1);
    let object = merged(&sandbox, &["explain", "--json", "both"]).run().json();
    assert_eq!((&object["state"], &object["reason"]), (&"absent".into(), &reason.into()));
    assert_eq!(apart(&sandbox, &["check", "both"]).run().status.code(), Some(0));
}
