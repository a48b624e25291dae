//! What a command inherits beside its environment: signals, umask, limits and priority are
//! its caller's, in every kind of run, whoever carries it out.

mod common;

use common::{Call, Sandbox, eventually};
use rustix::process::{Signal, kill_process_group};

/// A caller who passes on what hardly anybody does, in front of a command.
const ODD: &str = "umask 027; trap '' PIPE XFSZ ALRM TSTP CHLD TERM 37; \
                   ulimit -S -n 200; ulimit -S -s 4096; ulimit -c 0; ulimit -f 100000; \
                   exec env --block-signal=USR1,WINCH,36 nice -n 4";

/// Another one, of whom nothing must reach the command of the first. Nothing of it can only be
/// given up by a privileged process.
const OTHER: &str = "umask 077; trap '' HUP CHLD TTOU USR2; \
                     ulimit -S -n 300; ulimit -S -s 2048; ulimit -S -c 0; \
                     exec env --block-signal=TERM,HUP,INT,CHLD,36 nohup";

/// Nobody in particular.
const PLAIN: &str = "exec";

/// Tells what a process inherits.
const LOOK: &str = "grep -E '^Sig(Blk|Ign)' /proc/self/status
umask
ulimit -S -a
ulimit -H -a
nice
cat /proc/self/timerslack_ns";

/// A place with `look`, and with `looked`, which does the same but says first which run it is.
fn place() -> Sandbox {
    let sandbox = Sandbox::new();
    sandbox.script("look", LOOK);
    let log = sandbox.root().join("looked.runs");
    sandbox.counted("looked", &format!("echo run $(wc -c <'{}')\nexec look", log.display()));
    sandbox
}

/// What `look` tells without us.
fn bare(sandbox: &Sandbox, caller: &str) -> String {
    let ran = as_called_by(sandbox, caller, "look").run();
    assert!(ran.status.success(), "{ran:?}");
    ran.out_text()
}

fn as_called_by(sandbox: &Sandbox, caller: &str, words: &str) -> Call {
    sandbox.shell(&format!("{caller} {words}"))
}

/// Calls `looked` as `caller`, with these words before it.
#[track_caller]
fn call(sandbox: &Sandbox, caller: &str, words: &str) -> String {
    let ran = as_called_by(sandbox, caller, &format!("omoide {words} looked")).run();
    assert!(ran.status.success(), "{ran:?}");
    ran.out_text()
}

/// The run of this number comes to be stored, and told the same.
#[track_caller]
fn told(sandbox: &Sandbox, run: u64, expected: &str) {
    told_by(sandbox, &["looked"], run, expected);
}

#[track_caller]
fn told_by(sandbox: &Sandbox, words: &[&str], run: u64, expected: &str) {
    let start = format!("run {run}\n");
    let mut said = String::new();
    eventually(&start, || {
        said = sandbox.omoide(["--cached-only"]).args(words).run().out_text();
        said.starts_with(&start)
    });
    assert_eq!(&said[start.len()..], expected);
}

/// A daemon that was started by this caller, until this value is dropped.
struct Daemon<'s>(&'s Sandbox);

impl<'s> Daemon<'s> {
    fn started_by(sandbox: &'s Sandbox, caller: &str) -> Daemon<'s> {
        let daemon = Daemon(sandbox);
        let ran = as_called_by(sandbox, caller, "omoide daemon start").run();
        assert!(ran.status.success(), "{ran:?}");
        daemon
    }
}

impl Drop for Daemon<'_> {
    fn drop(&mut self) {
        self.0.omoide(["daemon", "stop"]).run();
    }
}

#[test]
fn the_callers_differ_in_what_they_pass_on() {
    let sandbox = place();
    let [plain, odd, other] = [PLAIN, ODD, OTHER].map(|caller| bare(&sandbox, caller));
    assert!(plain != odd && odd != other && other != plain, "{plain}{odd}{other}");
}

#[test]
fn in_the_foreground() {
    for caller in [PLAIN, ODD, OTHER] {
        let sandbox = place();
        let expected = bare(&sandbox, caller);
        let first = format!("run 1\n{expected}");
        assert_eq!(call(&sandbox, caller, ""), first, "a miss");
        assert_eq!(call(&sandbox, PLAIN, ""), first, "a hit");
        // The last two are without a cache; the last but one says so first.
        let others = ["--force", "--force --timeout 1h", "--cache-dir /dev/null"];
        let others = others.map(|options| format!("omoide {options}"));
        let disabled = "env OMOIDE_DISABLE=1 omoide".to_owned();
        for (run, omoide) in (2..).zip(others.into_iter().chain([disabled])) {
            let ran = as_called_by(&sandbox, caller, &format!("{omoide} looked")).run();
            assert_eq!(ran.out_text(), format!("run {run}\n{expected}"), "{omoide}");
        }
    }
}

/// The C library begins to handle a signal of its own with a process's first thread.
#[test]
fn when_its_inputs_are_read_by_threads() {
    let sandbox = place();
    for file in 0..200 {
        sandbox.write(&format!("inputs/{file}"), "content");
    }
    // By a path, so that `posix_spawn` starts it, which leaves that signal ignored.
    let words = ["/usr/bin/env", "grep", "-E", "^Sig(Blk|Ign)", "/proc/self/status"];
    let bare = sandbox.bare(words).run();
    sandbox.omoide(["--input", "inputs", "--"]).args(words).run().same_as(&bare);
    sandbox.omoide(["refresh", "--all"]).run().prints("refreshed 1 entry\n");
    let again = sandbox.omoide(["--cached-only", "--input", "inputs", "--"]).args(words);
    again.run().same_as(&bare);
}

#[test]
fn when_it_is_warmed() {
    for caller in [PLAIN, ODD, OTHER] {
        for words in ["warm", "warm --wait"] {
            let sandbox = place();
            call(&sandbox, caller, words);
            told(&sandbox, 1, &bare(&sandbox, caller));
        }
    }
}

#[test]
fn when_it_is_stale() {
    for caller in [PLAIN, ODD, OTHER] {
        let sandbox = place();
        call(&sandbox, PLAIN, "");
        call(&sandbox, caller, "--stale 1ns");
        told(&sandbox, 2, &bare(&sandbox, caller));
    }
}

/// By the call and by its entry, which says nothing of how it was called: then it is as if whoever
/// asks for it had called it.
#[test]
fn when_somebody_has_it_refreshed() {
    for caller in [PLAIN, ODD, OTHER] {
        let sandbox = place();
        call(&sandbox, PLAIN, "");
        call(&sandbox, caller, "refresh --");
        told(&sandbox, 2, &bare(&sandbox, caller));
        as_called_by(&sandbox, caller, "omoide refresh --all").run().prints("refreshed 1 entry\n");
        told(&sandbox, 3, &bare(&sandbox, caller));
    }
}

/// Who has it refreshed and ignores the keys of the terminal isn't let down by a process between.
#[test]
fn an_interrupt_that_is_ignored_ends_no_refresh() {
    let sandbox = Sandbox::new();
    let gate = sandbox.gate("running");
    let log = sandbox.root().join("slow.runs");
    let is_second = format!("[ $(wc -c <'{}') = 2 ]", log.display());
    sandbox.counted("slow", &format!("if {is_second}; then {}; fi; echo done", gate.pass()));
    sandbox.omoide(["slow"]).run().prints("done\n");
    let line = "trap '' INT HUP; omoide refresh --all";
    let running = sandbox.shell(line).in_own_group().start();
    gate.arrived();
    for signal in [Signal::INT, Signal::HUP] {
        kill_process_group(running.pid(), signal).expect("to send a signal");
    }
    gate.release();
    running.finish().prints("refreshed 1 entry\n");
}

#[test]
fn when_somebody_else_has_it_refreshed_by_its_recipe() {
    for (caller, other) in [(PLAIN, OTHER), (ODD, OTHER), (OTHER, PLAIN)] {
        let sandbox = place();
        call(&sandbox, caller, "--refresh 1h");
        let expected = bare(&sandbox, caller);
        for run in [2, 3] {
            as_called_by(&sandbox, other, "omoide refresh --all")
                .run()
                .prints("refreshed 1 entry\n");
            told(&sandbox, run, &expected);
            // Who is served by it and changes its policy has no command run.
            call(&sandbox, other, &format!("--refresh 1h --ttl {run}h"));
        }
    }
}

#[test]
fn when_a_daemon_takes_over_what_is_stale() {
    for (caller, starter) in [(PLAIN, OTHER), (ODD, PLAIN), (ODD, OTHER)] {
        let sandbox = place();
        let _daemon = Daemon::started_by(&sandbox, starter);
        call(&sandbox, PLAIN, "");
        call(&sandbox, caller, "--stale 1ns");
        told(&sandbox, 2, &bare(&sandbox, caller));
        let status = sandbox.json(["daemon", "status", "--json"]);
        assert_eq!(status["refreshes"], 1, "{status}");
    }
}

#[test]
fn when_a_daemon_refreshes_it_by_itself() {
    for (caller, starter) in [(PLAIN, OTHER), (ODD, PLAIN), (ODD, OTHER)] {
        let sandbox = place();
        let _daemon = Daemon::started_by(&sandbox, starter);
        sandbox.write("input", "one");
        call(&sandbox, caller, "--watch --refresh 1h --input input");
        sandbox.write("input", "two");
        told_by(&sandbox, &["--input", "input", "looked"], 2, &bare(&sandbox, caller));
    }
}

/// It has one where it is called, and the daemon has one, too: a command that reads from there in
/// the background is stopped.
#[test]
fn a_terminal_is_nothing_that_a_daemon_hands_on() {
    let sandbox = Sandbox::new();
    sandbox.script("ask", "(: </dev/tty) 2>/dev/null && echo a terminal || echo none");
    let running = sandbox.on_terminal(80, "daemon run").start();
    let is_running = || sandbox.omoide(["daemon", "status"]).run().status.success();
    eventually("it serves", is_running);
    let guard = Daemon(&sandbox);
    sandbox.on_terminal(80, "--env '' --refresh 1ms ask").run().prints("a terminal\r\n");
    let call = || sandbox.omoide(["--cached-only", "--env", "", "ask"]).merged();
    eventually("it is refreshed", || call().run().out == b"none\n");
    drop(guard);
    running.finish();
}

/// What users have met where it wasn't so.
mod consequences {
    use super::*;

    #[test]
    fn a_command_that_a_signal_ends_replaces_nothing() {
        let sandbox = Sandbox::new();
        let log = sandbox.root().join("ended.runs");
        let first = format!("[ $(wc -c <'{}') = 1 ]", log.display());
        let runs = sandbox
            .counted("ended", &format!("if {first}; then echo good; exit; fi\nkill -TERM $$"));
        let _daemon = Daemon::started_by(&sandbox, PLAIN);
        sandbox.omoide(["--refresh", "1ms", "ended"]).run().prints("good\n");
        eventually("the failure is told", || {
            let entry = &sandbox.json(["list", "--json"])["entries"][0];
            entry["refresh_error"] == "the command was ended by signal 15"
        });
        assert!(runs.runs() >= 2);
        sandbox.omoide(["--cached-only", "ended"]).run().prints("good\n");
    }

    #[test]
    fn a_shell_ends_what_it_has_started() {
        let sandbox = Sandbox::new();
        let script = "sleep 1000 & kill $!; wait $!; echo status $?";
        let words = ["--refresh", "1ms", "--", "bash", "-c", script];
        let _daemon = Daemon::started_by(&sandbox, PLAIN);
        sandbox.omoide(words).run().prints("status 143\n");
        eventually("it is refreshed", || {
            sandbox.json(["daemon", "status", "--json"])["refreshes"].as_u64() >= Some(1)
        });
        sandbox.omoide(["--cached-only", "--", "bash", "-c", script]).run().prints("status 143\n");
    }

    #[test]
    fn a_writer_ends_with_its_reader() {
        let sandbox = Sandbox::new();
        let words = ["bash", "-o", "pipefail", "-c", "yes | head -n 1; echo status $?"];
        let expected = sandbox.bare(words).run();
        expected.prints("y\nstatus 141\n");
        sandbox.omoide(["warm", "--"]).args(words).run().prints("");
        eventually("it is stored", || sandbox.is_cached(["--"].iter().chain(&words)));
        sandbox.omoide(["--cached-only", "--"]).args(words).run().same_as(&expected);
    }
}
