//! The command runs as if nobody stood between it and its caller: signals, inherited dispositions,
//! descriptors, readers that go away, processes that stay behind.

mod common;

use std::fs::{self, File};
use std::os::unix::fs::PermissionsExt;
use std::process::Stdio;

use common::{Reader, Sandbox, eventually, has_ended};
use rustix::fs::OFlags;
use rustix::process::{Pid, Signal, kill_process_group};

/// What a shell line says is the same with `omoide` as without, on a miss and on a hit.
#[track_caller]
fn is_as_bare(sandbox: &Sandbox, line: &str) {
    assert!(line.contains("omoide "), "{line}");
    let expected = sandbox.shell(&line.replace("omoide ", "")).run();
    sandbox.shell(line).run().same_as(&expected);
    sandbox.shell(line).run().same_as(&expected);
}

mod being_ended {
    use super::*;

    /// The call dies of a signal that only we were sent, and so did the command, after it had
    /// said its last words.
    #[track_caller]
    fn is_handed_on(signal: Signal) {
        let sandbox = Sandbox::new();
        let gate = sandbox.gate("running");
        let number = signal.as_raw();
        let trap = format!("trap 'echo last words; trap - {number}; kill -{number} $$' {number}");
        // The shell heeds a trap while it reads, not while it waits for something it runs.
        sandbox.script("slow", &format!("{trap}\n{}\nsleep 1000", gate.pass()));
        let running = sandbox.omoide(["slow"]).in_own_group().start();
        gate.arrived();
        running.signal(signal);
        running.finish().died_of(number, "last words\n");
        assert!(sandbox.stored("entries").is_empty());
    }

    #[test]
    fn a_request_to_end_is_handed_on() {
        is_handed_on(Signal::TERM);
    }

    #[test]
    fn a_hang_up_is_handed_on() {
        is_handed_on(Signal::HUP);
    }

    #[test]
    fn an_interrupt_from_outside_the_group_is_handed_on() {
        is_handed_on(Signal::INT);
    }

    #[test]
    fn a_quit_from_outside_the_group_is_handed_on() {
        is_handed_on(Signal::QUIT);
    }

    /// The number of such a group is 0 inside, for us and for whoever else is in it.
    #[test]
    fn an_interrupt_reaches_it_in_a_group_that_is_led_from_another_namespace() {
        let sandbox = Sandbox::new();
        let body = "trap 'echo caught; exit' INT; kill -INT $PPID; while :; do sleep 0.1; done";
        sandbox.script("interrupts", body);
        let user: &[&str] = if rustix::process::geteuid().is_root() { &[] } else { &["-r"] };
        let inside = "omoide interrupts; echo $?";
        let call = sandbox.bare(["unshare", "-pf"]).args(user).args(["sh", "-c", inside]);
        call.run().prints("caught\n0\n");
    }

    #[test]
    fn what_users_define_is_handed_on() {
        is_handed_on(Signal::USR1);
        is_handed_on(Signal::USR2);
    }

    #[test]
    fn what_the_command_survives_we_survive_and_do_not_store() {
        let sandbox = Sandbox::new();
        let gate = sandbox.gate("running");
        let trap = format!("trap 'echo caught; {}' TERM", gate.announce());
        let script = format!("{trap}; {}; echo done", gate.pass());
        let running = sandbox.omoide(["--", "sh", "-c", &script]).start();
        gate.arrived();
        running.signal(Signal::TERM);
        gate.arrived();
        gate.release();
        running.finish().prints("caught\ndone\n");
        assert!(sandbox.stored("entries").is_empty());
    }

    #[test]
    fn a_loop_of_a_shell_ends_when_its_command_dies_of_an_interrupt() {
        let sandbox = Sandbox::new();
        let gate = sandbox.gate("running");
        // A shell that waits for something may miss an interrupt that comes just before.
        sandbox.script("slow", &format!("{}; exec sleep 1000", gate.announce()));
        let line = "for i in 1 2 3; do omoide slow; done; echo went on";
        let running = sandbox.bare(["bash", "-c", line]).in_own_group().start();
        gate.arrived();
        // As a terminal does it.
        kill_process_group(running.pid(), Signal::INT).expect("to send a signal");
        running.finish().died_of(2, "");
    }

    #[test]
    fn killed_it_leaves_nothing_that_stands_in_the_way() {
        let sandbox = Sandbox::new();
        let gate = sandbox.gate("running");
        sandbox.script("slow", &format!("{}; echo done", gate.pass()));
        let running = sandbox.omoide(["slow"]).start();
        gate.arrived();
        running.signal(Signal::KILL);
        running.finish().ended_by(9);
        gate.release();
        gate.release();
        sandbox.omoide(["slow"]).run().prints("done\n");
        sandbox.omoide(["--cached-only", "slow"]).run().prints("done\n");
    }
}

mod inheritance {
    use super::*;

    #[test]
    fn what_the_caller_ignores_the_command_ignores() {
        let sandbox = Sandbox::new();
        let line = "trap '' INT HUP PIPE TERM; omoide grep -E 'Sig(Blk|Ign)' /proc/self/status";
        is_as_bare(&sandbox, line);
    }

    #[test]
    fn without_anything_ignored_nothing_is() {
        let sandbox = Sandbox::new();
        is_as_bare(&sandbox, "exec omoide grep -E 'Sig(Blk|Ign|Cgt)' /proc/self/status");
    }

    #[test]
    fn nohup_keeps_its_meaning() {
        let sandbox = Sandbox::new();
        let gate = sandbox.gate("running");
        sandbox.script("slow", &format!("{}; echo survived", gate.pass()));
        let running = sandbox.bare(["nohup", "omoide", "slow"]).in_own_group().start();
        gate.arrived();
        kill_process_group(running.pid(), Signal::HUP).expect("to send a signal");
        gate.release();
        running.finish().prints("survived\n");
    }

    #[test]
    fn an_ignored_interrupt_stays_ignored() {
        let sandbox = Sandbox::new();
        let gate = sandbox.gate("running");
        sandbox.script("slow", &format!("{}; echo survived", gate.pass()));
        let running = sandbox.shell("trap '' INT; omoide slow").in_own_group().start();
        gate.arrived();
        kill_process_group(running.pid(), Signal::INT).expect("to send a signal");
        gate.release();
        running.finish().prints("survived\n");
    }

    #[test]
    fn the_command_gets_the_callers_umask() {
        let sandbox = Sandbox::new();
        for mask in ["000", "002", "022", "077"] {
            is_as_bare(&sandbox, &format!("umask {mask}; omoide sh -c 'umask; touch new{mask}'"));
            let mode = fs::metadata(sandbox.path(&format!("new{mask}"))).expect("a file");
            let wanted = 0o666 & !u32::from_str_radix(mask, 8).expect("a mode");
            assert_eq!(mode.permissions().mode() & 0o777, wanted, "{mask}");
        }
    }

    #[test]
    fn what_is_stored_is_for_nobody_else_whatever_the_umask() {
        let sandbox = Sandbox::new();
        sandbox.shell("umask 000; omoide seq 100000 >/dev/null").run().prints("");
        sandbox.shell("umask 000; omoide echo short").run().prints("short\n");
        sandbox.settle();
        for path in sandbox.stored("") {
            let mode = fs::symlink_metadata(&path).expect("a file").permissions().mode();
            assert_eq!(mode & 0o077, 0, "{} {mode:o}", path.display());
        }
    }

    #[test]
    fn no_descriptor_of_ours_reaches_the_command() {
        let sandbox = Sandbox::new();
        is_as_bare(&sandbox, "omoide ls /proc/self/fd </dev/null");
    }

    #[test]
    fn a_descriptor_of_the_callers_does() {
        let sandbox = Sandbox::new();
        is_as_bare(&sandbox, "exec 7</dev/null; omoide ls /proc/self/fd </dev/null");
        let line = "exec 7<>kept; omoide sh -c 'echo through >&7'; cat kept";
        sandbox.shell(line).run().prints("through\n");
    }

    #[test]
    fn the_process_group_and_session_are_the_callers() {
        let sandbox = Sandbox::new();
        let line = "a=$(cut -d' ' -f5,6 /proc/$$/stat); \
                    b=$(omoide sh -c 'cut -d\" \" -f5,6 /proc/$$/stat'); [ \"$a\" = \"$b\" ]";
        sandbox.shell(line).run().prints("");
    }

    #[test]
    fn limits_and_priority_are_the_callers() {
        let sandbox = Sandbox::new();
        is_as_bare(&sandbox, "ulimit -c 0; ulimit -n 200; omoide sh -c 'ulimit -c; ulimit -n'");
        is_as_bare(&sandbox, "nice -n 5 omoide nice");
    }
}

mod output {
    use super::*;

    #[test]
    fn with_standard_output_closed_it_is_as_bare() {
        let sandbox = Sandbox::new();
        is_as_bare(&sandbox, "omoide ls >&-");
        is_as_bare(&sandbox, "omoide true >&-");
        is_as_bare(&sandbox, "omoide ls /no/such 2>&-");
    }

    #[test]
    fn onto_a_full_disk_it_says_so() {
        let sandbox = Sandbox::new();
        for taken in ["miss", "hit"] {
            let ran = sandbox.shell("omoide echo lost >/dev/full").run();
            assert!(ran.err_text().contains("No space left on device"), "{taken} {ran:?}");
            ran.warned_once();
        }
    }

    #[test]
    fn an_endless_command_ends_with_its_reader() {
        let sandbox = Sandbox::new();
        let line = "set -o pipefail; omoide yes | head -1; echo $?";
        let ran = sandbox.bare(["bash", "-c", line]).run();
        ran.prints("y\n141\n");
        assert!(sandbox.stored("entries").is_empty());
    }

    #[test]
    fn an_endless_command_with_merged_streams_ends_with_its_reader() {
        let sandbox = Sandbox::new();
        sandbox.shell("omoide yes 2>&1 | head -1").run().prints("y\n");
    }

    #[test]
    fn a_command_that_ends_although_its_reader_is_gone_is_stored() {
        let sandbox = Sandbox::new();
        let gate = sandbox.gate("middle");
        sandbox.script("slow", &format!("echo early; {}; seq 20000; exit 0", gate.wait()));
        let (mut out, writer) = Reader::new();
        let running = sandbox.omoide(["slow"]).writes(writer, Stdio::null()).start();
        assert_eq!(out.take(6), b"early\n");
        drop(out);
        gate.release();
        running.finish().prints("");
        let expected = sandbox.shell("echo early; seq 20000").run();
        sandbox.omoide(["--cached-only", "slow"]).run().same_as(&expected);
    }

    #[test]
    fn a_replay_whose_reader_goes_away_is_silent_and_keeps_its_status() {
        let sandbox = Sandbox::new();
        sandbox.omoide(["seq", "1000000"]).run();
        let line = "set -o pipefail; omoide seq 1000000 | head -1; echo $?";
        sandbox.bare(["bash", "-c", line]).run().prints("1\n0\n");
    }

    #[test]
    fn appending_to_a_file_works() {
        let sandbox = Sandbox::new();
        let expected = sandbox.shell("seq 100000").run().out;
        for rounds in 1..=2 {
            sandbox.shell("omoide seq 100000 >>file").run().prints("");
            assert!(sandbox.read("file") == expected.repeat(rounds), "round {rounds}");
        }
    }

    #[test]
    fn appending_both_streams_to_a_file_works() {
        let sandbox = Sandbox::new();
        let script = "omoide sh -c 'seq 50000; seq 9 >&2; seq 50000' >>file 2>&1";
        let expected = sandbox.shell("seq 50000; seq 9; seq 50000").run().out;
        for rounds in 1..=2 {
            sandbox.shell(script).run().prints("");
            assert!(sandbox.read("file") == expected.repeat(rounds), "round {rounds}");
        }
    }

    #[test]
    fn into_the_middle_of_a_file_it_writes_where_the_caller_is() {
        let sandbox = Sandbox::new();
        let line = "{ echo before; omoide seq 20000; echo after; } >file; cat file";
        is_as_bare(&sandbox, line);
    }

    #[test]
    fn a_pipe_that_does_not_block_gets_everything() {
        let sandbox = Sandbox::new();
        let expected = sandbox.bare(["seq", "300000"]).run().out;
        for _ in ["miss", "hit"] {
            let (out, writer) = Reader::new();
            rustix::fs::fcntl_setfl(&writer, OFlags::NONBLOCK).expect("to set a flag");
            let running = sandbox.omoide(["seq", "300000"]).writes(writer, Stdio::null()).start();
            assert!(out.rest() == expected);
            running.finish().prints("");
        }
    }

    #[test]
    fn the_callers_pipe_stays_as_it_was() {
        let sandbox = Sandbox::new();
        for _ in ["miss", "hit"] {
            let (out, writer) = Reader::new();
            let own = writer.try_clone().expect("a descriptor");
            sandbox.omoide(["echo", "hi"]).writes(writer, Stdio::null()).run().prints("");
            let flags = rustix::fs::fcntl_getfl(&own).expect("flags");
            assert!(!flags.contains(OFlags::NONBLOCK), "{flags:?}");
            drop(own);
            assert_eq!(out.rest(), b"hi\n");
        }
    }

    #[test]
    fn sockets_work() {
        let sandbox = Sandbox::new();
        let expected = sandbox.bare(["seq", "300000"]).run().out;
        for _ in ["miss", "hit"] {
            let (mut ours, theirs) = std::os::unix::net::UnixStream::pair().expect("sockets");
            let theirs = std::os::fd::OwnedFd::from(theirs);
            let running = sandbox.omoide(["seq", "300000"]).writes(theirs, Stdio::null()).start();
            let mut out = Vec::new();
            std::io::Read::read_to_end(&mut ours, &mut out).expect("to read");
            assert!(out == expected);
            running.finish().prints("");
        }
    }
}

mod input {
    use super::*;

    #[test]
    fn a_loop_that_reads_lines_is_not_eaten() {
        let sandbox = Sandbox::new();
        let line = "printf '1\\n2\\n3\\n' | while read x; do omoide cat; echo $x; done";
        sandbox.shell(line).run().prints("1\n2\n3\n");
        sandbox.shell(line).run().prints("1\n2\n3\n");
    }

    #[test]
    fn nor_by_a_call_without_a_cache() {
        let sandbox = Sandbox::new();
        let line = "printf '1\\n2\\n' | while read x; do omoide cat 2>/dev/null; echo $x; done";
        let call = sandbox.shell(line).env("OMOIDE_CACHE_DIR", "/proc/nothing");
        call.run().prints("1\n2\n");
    }
}

mod what_stays_behind {
    use super::*;

    #[test]
    fn a_background_process_neither_blocks_nor_dies_and_its_result_is_not_stored() {
        let sandbox = Sandbox::new();
        let gate = sandbox.gate("background");
        let background = format!("{{ {}; echo late; echo late >&2; }} &", gate.pass());
        sandbox.script("forks", &format!("echo early; {background}"));
        let file = File::create(sandbox.path("out")).expect("a file");
        let both = file.try_clone().expect("a descriptor");
        let running = sandbox.omoide(["forks"]).writes(file, both).start();
        gate.arrived();
        running.finish().prints("");
        assert_eq!(sandbox.read("out"), b"early\n");
        gate.release();
        eventually("it says the rest", || sandbox.read("out") == b"early\nlate\nlate\n");
        assert!(sandbox.stored("entries").is_empty());
    }

    #[test]
    fn it_holds_no_lock_of_ours() {
        let sandbox = Sandbox::new();
        let gate = sandbox.gate("background");
        sandbox.script("forks", &format!("echo early; {{ {}; echo late; }} &", gate.pass()));
        let null = || File::create("/dev/null").expect("a file");
        let call = || sandbox.omoide(["forks"]).writes(null(), null()).start();
        let first = call();
        gate.arrived();
        first.finish().prints("");
        let second = call();
        gate.arrived();
        second.finish().prints("");
        gate.release();
        gate.release();
    }

    #[test]
    fn a_background_process_that_lets_go_of_the_streams_is_no_obstacle() {
        let sandbox = Sandbox::new();
        let gate = sandbox.gate("background");
        let background = format!("{{ {}; }} >/dev/null 2>&1 &", gate.pass());
        sandbox.script("forks", &format!("echo early; {background}"));
        sandbox.omoide(["forks"]).run().prints("early\n");
        gate.arrived();
        gate.release();
        sandbox.omoide(["--cached-only", "forks"]).run().prints("early\n");
    }

    #[test]
    fn a_command_substitution_gets_what_was_said_in_time() {
        let sandbox = Sandbox::new();
        sandbox.script("forks", "echo early; { exec sleep 0.3; } & wait; echo end");
        let line = "x=$(omoide forks); echo \"$x\"";
        sandbox.shell(line).run().prints("early\nend\n");
    }

    #[test]
    fn no_process_of_ours_outlives_a_call() {
        let sandbox = Sandbox::new();
        let line = "omoide sh -c 'echo $PPID'";
        let ours = sandbox.shell(line).run().out_text();
        let ours = Pid::from_raw(ours.trim().parse().expect("a number")).expect("an id");
        assert!(has_ended(ours));
    }
}

mod programs {
    use super::*;

    #[test]
    fn one_that_does_not_exist() {
        let sandbox = Sandbox::new();
        for name in ["no-such-program", "./no-such-program", "/no/such/program", ""] {
            let ran = sandbox.omoide(["--", name]).run();
            assert_eq!(ran.status.code(), Some(127), "{name}: {ran:?}");
            ran.warned_once();
        }
    }

    #[test]
    fn one_that_can_not_be_executed() {
        let sandbox = Sandbox::new();
        sandbox.write("plain", "#!/bin/sh\n");
        for name in ["./plain", "/", "."] {
            let ran = sandbox.omoide(["--", name]).run();
            assert_eq!(ran.status.code(), Some(126), "{name}: {ran:?}");
            ran.warned_once();
        }
    }

    #[test]
    fn one_whose_interpreter_does_not_exist() {
        let sandbox = Sandbox::new();
        Sandbox::program(&sandbox.path("odd"), "#!/no/such/interpreter\n");
        let ran = sandbox.omoide(["./odd"]).run();
        assert_eq!(ran.status.code(), Some(127), "{ran:?}");
        ran.warned_once();
    }

    #[test]
    fn a_script_without_a_first_line_is_run_by_sh_with_its_arguments() {
        let sandbox = Sandbox::new();
        Sandbox::program(&sandbox.path("headless"), "echo \"$#\" \"$1\"\nexit 4\n");
        let call =
            |options: [&str; 3]| sandbox.omoide(options).args(["./headless", "a b", "c"]).run();
        call(["--failure-ttl", "1h", "--"]).is("2 a b\n", "", 4);
        call(["--cached-only", "--failure-ttl", "1h"]).is("2 a b\n", "", 4);
    }

    #[test]
    fn one_in_the_working_directory_needs_its_folder() {
        let sandbox = Sandbox::new();
        Sandbox::program(&sandbox.path("here"), "#!/bin/sh\necho here\n");
        assert_eq!(sandbox.omoide(["here"]).run().status.code(), Some(127));
        sandbox.omoide(["./here"]).run().prints("here\n");
        let on_path = sandbox.omoide(["here"]).env("PATH", ":/usr/bin:/bin");
        on_path.run().prints("here\n");
    }

    #[test]
    fn one_that_is_named_like_a_subcommand() {
        let sandbox = Sandbox::new();
        sandbox.script("list", "echo mine");
        sandbox.omoide(["--", "list"]).run().prints("mine\n");
        sandbox.omoide(["run", "list"]).run().prints("mine\n");
    }

    #[test]
    fn everything_behind_the_command_is_its_own() {
        let sandbox = Sandbox::new();
        let words = ["--ttl", "1h", "--", "run", "--force", "--json", "--version"];
        let said = format!("{}\n", words.join("\n"));
        sandbox.omoide(["printf", "%s\\n"]).args(words).run().prints(said);
    }

    #[test]
    fn without_a_path_the_usual_folders_are_searched() {
        let sandbox = Sandbox::new();
        sandbox.omoide(["echo", "found"]).without("PATH").run().prints("found\n");
    }
}
