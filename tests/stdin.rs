//! `--stdin` where standard input can't be part of the key: too much of it, no room for it, no end of
//! it. The command gets every byte all the same, and ends as it would without the cache.

mod common;

use std::fs;
use std::io::Write;

use common::{Call, Sandbox, eventually};
use rustix::pipe::{PipeFlags, pipe_with};

/// A sandbox in which standard input of more than this isn't read.
fn limited(most: &str) -> Sandbox {
    let sandbox = Sandbox::new();
    let folder = sandbox.home().join(".config/omoide");
    fs::create_dir_all(&folder).expect("a folder");
    let config = format!("[defaults]\nmax_stdin = \"{most}\"\n");
    fs::write(folder.join("config.toml"), config).expect("a file");
    sandbox
}

/// A line of bash, with more input than the usual limit of these tests: 2 MB.
fn fed(sandbox: &Sandbox, line: &str) -> Call {
    sandbox.bare(["bash", "-c", &format!("seq 300000 | {line}; echo ${{PIPESTATUS[@]}} >&2")])
}

fn uncached(why: &str) -> String {
    format!("omoide: running without the cache: {why}\n")
}

const TOO_LARGE: &str = "standard input is larger than max_stdin (1.0 MiB)";

mod too_much {
    use super::*;

    #[test]
    fn an_endless_input_ends_with_the_command() {
        let sandbox = limited("1MiB");
        for options in ["", "--timeout 1h"] {
            let line =
                format!("yes | omoide {options} --stdin -- head -n 1; echo ${{PIPESTATUS[@]}}");
            let ran = sandbox.bare(["bash", "-c", &line]).run();
            ran.is("y\n141 0\n", uncached(TOO_LARGE), 0);
        }
        assert!(sandbox.stored("entries").is_empty());
    }

    #[test]
    fn every_byte_arrives_once_and_in_order() {
        let expected = limited("1B").bare(["seq", "300000"]).run().out;
        for (most, shown) in [("1B", "1 B"), ("60KiB", "60.0 KiB"), ("1MiB", "1.0 MiB")] {
            let sandbox = limited(most);
            for options in ["", "--timeout 1h", "--no-store", "--force"] {
                let ran = fed(&sandbox, &format!("omoide {options} --stdin -- cat")).run();
                let why = format!("standard input is larger than max_stdin ({shown})");
                ran.is(&expected, uncached(&why) + "0 0\n", 0);
            }
        }
    }

    #[test]
    fn just_enough_is_memoized() {
        let sandbox = limited("100000B");
        for (len, is_kept) in [(100_000, true), (100_001, false)] {
            let input = "x".repeat(len);
            for _ in ["miss", "hit"] {
                let ran = sandbox.omoide(["--stdin", "--", "cat"]).stdin(&input).run();
                assert!(ran.out == input.as_bytes() && ran.err.is_empty() == is_kept, "{len}");
            }
        }
        assert_eq!(sandbox.stored("entries").len(), 1);
    }

    #[test]
    fn a_file_is_handed_over_where_it_stood() {
        let sandbox = limited("1MiB");
        let text = sandbox.bare(["seq", "300000"]).run().out;
        sandbox.write("numbers", &text);
        // `head` gives back what it has read too much of, where it can.
        let line = |head: &str| format!("{{ read; {head} -n 1; head -n 1; }} <numbers");
        let expected = sandbox.bare(["bash", "-c", &line("head")]).run();
        assert_eq!(expected.out, b"2\n3\n");
        let ran = sandbox.bare(["bash", "-c", &line("omoide --stdin -- head")]).run();
        ran.is(&expected.out, uncached(TOO_LARGE), 0);
    }

    #[test]
    fn the_writer_is_told_when_the_command_has_ended() {
        let sandbox = limited("1MiB");
        let (reader, writer) = pipe_with(PipeFlags::CLOEXEC).expect("a pipe");
        let mut writer = fs::File::from(writer);
        let call = sandbox.omoide(["--stdin", "--", "head", "-c", "1"]).reads(reader).start();
        writer.write_all(&vec![b'x'; 1_100_000]).expect("a reader");
        call.finish().is("x", uncached(TOO_LARGE), 0);
        // Nobody has written anything since, nor closed anything.
        eventually("nobody reads any more", || writer.write_all(b"x").is_err());
    }

    #[test]
    fn the_command_has_no_child_that_it_has_not_started() {
        let sandbox = limited("1MiB");
        let look = "read -r children </proc/$$/task/$$/children; echo \"[$children]\"";
        let ran = fed(&sandbox, &format!("omoide --stdin -- sh -c '{look}'")).run();
        assert_eq!(ran.out, b"[]\n", "{ran:?}");
    }

    #[test]
    fn the_command_ends_as_without_the_cache() {
        let sandbox = limited("1MiB");
        for (end, status) in [("exit 3", 3), ("kill -TERM $$", 143)] {
            for options in ["", "--timeout 1h"] {
                let line = format!("omoide {options} --stdin -- sh -c 'cat >/dev/null; {end}'");
                let ran = fed(&sandbox, &line).run();
                // A shell may say something of its own of a process that was killed.
                let err = ran.err_text();
                assert!(err.starts_with(&uncached(TOO_LARGE)), "{err}");
                assert!(err.ends_with(&format!("\n0 {status}\n")), "{err}");
            }
        }
    }

    /// The command of a call that is started by way of this wrapper gets every byte.
    #[track_caller]
    fn is_fed_all(wrapper: &str, command: &str) {
        let sandbox = limited("1MiB");
        let ran = fed(&sandbox, &format!("{wrapper} omoide --stdin -- {command}")).run();
        assert_eq!(String::from_utf8_lossy(&ran.out), "1988895\n", "{wrapper} {command}: {ran:?}");
        assert_eq!(ran.err_text(), uncached(TOO_LARGE) + "0 0\n", "{wrapper} {command}");
    }

    #[test]
    fn it_is_fed_with_as_few_descriptors_as_there_can_be() {
        for limit in [6, 7, 8] {
            is_fed_all(&format!("prlimit --nofile={limit}"), "wc -c");
        }
        // Not even one is left to look which are open.
        let old_kernel = "strace -f -qq -o/dev/null -e inject=close_range:error=ENOSYS";
        is_fed_all(&format!("{old_kernel} prlimit --nofile=6"), "wc -c");
    }

    #[test]
    fn it_is_fed_where_a_sandbox_refuses_calls() {
        for refused in ["dup2:error=EPERM", "rt_sigaction:error=ENOSYS", "close_range:error=ENOSYS"]
        {
            is_fed_all(&format!("strace -f -qq -o/dev/null -e inject={refused}"), "wc -c");
        }
    }

    #[test]
    fn it_is_fed_whatever_signal_its_group_gets() {
        // The last one is a real-time signal. There is more than fits into a pipe, so the feeder has
        // not ended before.
        for signal in ["HUP", "INT", "TERM", "USR1", "ALRM", "VTALRM", "IO", "XCPU", "40"] {
            let body = format!("trap \"\" {signal}; kill -{signal} 0; wc -c");
            is_fed_all("setsid", &format!("bash -c '{body}'"));
        }
    }

    #[test]
    fn every_form_says_that_it_cannot_be_served() {
        let sandbox = limited("1MiB");
        let run = |words: &str| {
            let ran = fed(&sandbox, &format!("omoide {words} --stdin -- cat")).run();
            let err = ran.err_text();
            let (said, statuses) = err.trim_end().rsplit_once('\n').unwrap_or(("", err.trim_end()));
            let status = statuses.rsplit(' ').next().expect("a status").to_owned();
            (String::from_utf8_lossy(&ran.out).into_owned(), said.to_owned(), status)
        };
        let told = |out: &str, err: &str, status: &str| {
            (out.to_owned(), err.to_owned(), status.to_owned())
        };
        let refused = format!("omoide: {TOO_LARGE}");
        let not_cached = format!("omoide: not cached: {TOO_LARGE}");
        assert_eq!(run("--cached-only"), told("", &not_cached, "125"));
        assert_eq!(run("check"), told(&format!("absent, {TOO_LARGE}\n"), "", "1"));
        assert_eq!(run("explain"), told(&format!("state    absent, {TOO_LARGE}\n"), "", "1"));
        for verb in ["warm", "refresh", "forget"] {
            assert_eq!(run(verb), told("", &refused, "1"), "{verb}");
        }
    }

    #[test]
    fn a_rule_has_a_limit_of_its_own() {
        let sandbox = limited("1MiB");
        sandbox.write(".omoide.toml", "[[rule]]\ncommand = \"cat\"\nmax_stdin = \"10MiB\"\n");
        let ran = fed(&sandbox, "omoide --stdin -- cat >/dev/null").run();
        ran.is("", "0 0\n", 0);
        assert_eq!(sandbox.stored("entries").len(), 1);
    }
}

mod no_room {
    use super::*;

    /// A call with 2 MB that can't be kept, where the shell does this first, gets all of them.
    #[track_caller]
    fn passes_everything_on(before: &str, why: &str) {
        let sandbox = Sandbox::new();
        let expected = sandbox.bare(["seq", "300000"]).run().out;
        for options in ["", "--timeout 1h"] {
            let line = format!("{{ {before}; omoide {options} --stdin -- cat; }}");
            let ran = fed(&sandbox, &line).run();
            assert!(ran.out == expected, "{} of {} bytes", ran.out.len(), expected.len());
            let why = format!("failed to keep standard input in a temporary file: {why}");
            assert_eq!(ran.err_text(), uncached(&why) + "0 0\n");
        }
    }

    #[test]
    fn the_directory_for_it_is_missing() {
        let why = "No such file or directory (os error 2)";
        passes_everything_on("export TMPDIR=/missing", why);
        // What is small needs none.
        let sandbox = Sandbox::new();
        for options in [&["--stdin", "cat"][..], &["--cached-only", "--stdin", "cat"]] {
            sandbox.omoide(options).env("TMPDIR", "/missing").stdin("a").run().prints("a");
        }
    }

    #[test]
    fn files_are_limited_in_size() {
        passes_everything_on("ulimit -f 100", "File too large (os error 27)");
    }

    #[test]
    fn the_file_system_is_full() {
        let user = if rustix::process::geteuid().is_root() { "" } else { "-r" };
        let full = format!(
            "mkdir -p small; export TMPDIR=$PWD/small; \
             omoide() {{ unshare -m {user} sh -c 'mount -t tmpfs -o size=100k none small; \
             exec omoide \"$@\"' sh \"$@\"; }}"
        );
        passes_everything_on(&full, "No space left on device (os error 28)");
    }

    #[test]
    fn not_even_for_what_is_small() {
        let sandbox = Sandbox::new();
        let line = "echo one | { ulimit -f 0; omoide --no-store --stdin -- cat; }";
        sandbox.bare(["bash", "-c", line]).run().prints("one\n");
    }
}

mod no_end {
    use super::*;

    #[test]
    fn a_bad_configuration_leaves_it_to_the_command() {
        let sandbox = limited("nothing");
        for options in [&["--stdin"][..], &["--stdin", "--timeout", "1h"]] {
            let ran = sandbox.omoide(options).args(["--", "cat"]).stdin("input").run();
            assert_eq!(ran.out, b"input", "{ran:?}");
            ran.warned_once();
        }
    }

    #[test]
    fn what_cannot_be_read_is_the_commands_to_find_out() {
        let sandbox = Sandbox::new();
        let expected = sandbox.bare(["sh", "-c", "cat </"]).run();
        let ran = sandbox.bare(["sh", "-c", "omoide --stdin -- cat </"]).run();
        let why = "failed to read standard input: Is a directory (os error 21)";
        let err = uncached(why) + &expected.err_text();
        assert_eq!((ran.out, String::from_utf8_lossy(&ran.err).into_owned()), (vec![], err));
        assert_eq!(ran.status, expected.status);
    }

    #[test]
    fn a_pipe_that_does_not_block_is_waited_for() {
        let sandbox = Sandbox::new();
        let (reader, writer) = pipe_with(PipeFlags::CLOEXEC).expect("a pipe");
        rustix::fs::fcntl_setfl(&reader, rustix::fs::OFlags::NONBLOCK).expect("its flags");
        let call = sandbox.omoide(["--stdin", "--", "cat"]).reads(reader).start();
        let current = format!("/proc/{}/syscall", call.pid().as_raw_nonzero());
        // It has found nothing to read yet: poll and ppoll, on x86-64 and elsewhere.
        eventually("it waits", || {
            let current = fs::read_to_string(&current).unwrap_or_default();
            ["7 ", "271 ", "73 "].iter().any(|number| current.starts_with(number))
        });
        fs::File::from(writer).write_all(b"late").expect("a reader");
        call.finish().prints("late");
    }
}
