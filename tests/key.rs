//! What makes two calls different, part by part: whatever differs runs the command again, and
//! whatever doesn't is served.

mod common;

use std::ffi::OsStr;
use std::fs::{self, File};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::symlink;
use std::time::{Duration, SystemTime};

use common::{Call, Counter, Sandbox};

/// A sandbox with a script that says which run it is.
fn ticking() -> (Sandbox, Counter) {
    let sandbox = Sandbox::new();
    let tick = sandbox.ticking("tick");
    (sandbox, tick)
}

/// The second call isn't served what the first one stored, nor the other way round.
#[track_caller]
fn differ(one: impl Fn(&Sandbox) -> Call, other: impl Fn(&Sandbox) -> Call) {
    let (sandbox, _) = ticking();
    one(&sandbox).run().prints("run 1\n");
    other(&sandbox).run().prints("run 2\n");
    one(&sandbox).run().prints("run 1\n");
    other(&sandbox).run().prints("run 2\n");
}

/// Each of both calls is served what the other one stored.
#[track_caller]
fn are_the_same(one: impl Fn(&Sandbox) -> Call, other: impl Fn(&Sandbox) -> Call) {
    let (sandbox, _) = ticking();
    one(&sandbox).run().prints("run 1\n");
    other(&sandbox).run().prints("run 1\n");
    other(&sandbox).env("OMOIDE_FORCE", "1").run().prints("run 2\n");
    one(&sandbox).run().prints("run 2\n");
}

/// A call with these words.
fn call<const N: usize>(words: [&'static str; N]) -> impl Fn(&Sandbox) -> Call {
    move |sandbox| sandbox.omoide(words)
}

/// A call with these options of a command that only counts, in this environment.
fn in_environment(
    options: &'static [&'static str],
    variables: &'static [(&'static str, &'static str)],
) -> impl Fn(&Sandbox) -> Call {
    move |sandbox| {
        let call = sandbox.omoide(options).args(["--", "tick"]);
        variables.iter().fold(call, |call, (name, value)| call.env(name, value))
    }
}

mod arguments {
    use super::*;

    #[test]
    fn another_argument_differs() {
        differ(call(["tick", "a"]), call(["tick", "b"]));
    }

    #[test]
    fn where_one_argument_ends_differs() {
        differ(call(["tick", "a b"]), call(["tick", "a", "b"]));
    }

    #[test]
    fn how_bytes_are_spread_over_arguments_differs() {
        differ(call(["tick", "ab", "c"]), call(["tick", "a", "bc"]));
    }

    #[test]
    fn an_empty_argument_differs_from_none() {
        differ(call(["tick", ""]), call(["tick"]));
    }

    #[test]
    fn the_order_of_arguments_differs() {
        differ(call(["tick", "a", "b"]), call(["tick", "b", "a"]));
    }

    #[test]
    fn invalid_text_differs_from_its_replacement() {
        let with = |word: &'static [u8]| {
            move |sandbox: &Sandbox| sandbox.omoide(["tick"]).arg(OsStr::from_bytes(word))
        };
        differ(with(b"\xff"), with("\u{fffd}".as_bytes()));
        differ(with(b"\xff"), with(b"\xfe"));
    }

    #[test]
    fn how_the_form_is_spelled_does_not_matter() {
        let (sandbox, tick) = ticking();
        for words in [&["tick", "a"][..], &["--", "tick", "a"], &["run", "tick", "a"]] {
            sandbox.omoide(words).run().prints("run 1\n");
        }
        sandbox.omoide(["run", "--", "tick", "a"]).run().prints("run 1\n");
        tick.ran(1);
    }

    #[test]
    fn the_policy_is_no_part_of_the_key() {
        let (sandbox, tick) = ticking();
        let policies = [
            &[][..],
            &["--ttl", "1h"],
            &["--idle", "1h", "--on-expired", "serve"],
            &["--failure-ttl", "1m", "--stale-if-error"],
            &["--tag", "a", "--tag", "b"],
            &["--max-output", "1MB", "--timeout", "1m"],
            &["--verbose"],
        ];
        for policy in policies {
            let ran = sandbox.omoide(policy).args(["--", "tick"]).run();
            assert_eq!(ran.out_text(), "run 1\n", "{policy:?}");
        }
        tick.ran(1);
    }
}

mod program {
    use super::*;

    #[test]
    fn an_edited_script_differs() {
        let (sandbox, _) = ticking();
        sandbox.omoide(["tick"]).run().prints("run 1\n");
        sandbox.script("tick", "echo edited");
        sandbox.omoide(["tick"]).run().prints("edited\n");
    }

    #[test]
    fn the_modification_time_alone_differs() {
        let (sandbox, _) = ticking();
        sandbox.omoide(["tick"]).run().prints("run 1\n");
        touch(&sandbox.bin().join("tick"));
        sandbox.omoide(["tick"]).run().prints("run 2\n");
    }

    #[test]
    fn another_program_of_that_name_earlier_on_path_differs() {
        let (sandbox, _) = ticking();
        let first = sandbox.root().join("first");
        fs::create_dir(&first).expect("a folder");
        let path = format!("{}:{}:/usr/bin:/bin", first.display(), sandbox.bin().display());
        let call = || sandbox.omoide(["--env", "HOME", "tick"]).env("PATH", &path);
        call().run().prints("run 1\n");
        Sandbox::program(&first.join("tick"), "#!/bin/sh\necho other\n");
        call().run().prints("other\n");
        fs::remove_file(first.join("tick")).expect("to remove it");
        call().run().prints("run 1\n");
    }

    #[test]
    fn a_link_that_points_elsewhere_differs() {
        let sandbox = Sandbox::new();
        for name in ["1.0", "2.0"] {
            let path = sandbox.root().join(name).join("tool");
            Sandbox::program(&path, &format!("#!/bin/sh\necho {name}\n"));
        }
        let link = sandbox.bin().join("tool");
        symlink("../1.0/tool", &link).expect("a link");
        sandbox.omoide(["tool"]).run().prints("1.0\n");
        fs::remove_file(&link).expect("to remove it");
        symlink("../2.0/tool", &link).expect("a link");
        sandbox.omoide(["tool"]).run().prints("2.0\n");
    }

    #[test]
    fn the_name_it_is_called_by_differs() {
        let (sandbox, _) = ticking();
        symlink("tick", sandbox.bin().join("tock")).expect("a link");
        sandbox.omoide(["tick"]).run().prints("run 1\n");
        sandbox.omoide(["tock"]).run().prints("run 2\n");
    }

    #[test]
    fn by_its_content_neither_path_nor_time_matter() {
        let (sandbox, tick) = ticking();
        let call = || sandbox.omoide(["--program", "content", "tick"]);
        call().run().prints("run 1\n");
        touch(&sandbox.bin().join("tick"));
        call().run().prints("run 1\n");
        tick.ran(1);
    }

    #[test]
    fn by_its_content_an_edited_script_of_the_same_size_and_time_differs() {
        let sandbox = Sandbox::new();
        let path = sandbox.script("say", "echo one");
        let time = fs::metadata(&path).and_then(|metadata| metadata.modified()).expect("a time");
        let call = || sandbox.omoide(["--program", "content", "say"]);
        call().run().prints("one\n");
        sandbox.script("say", "echo two");
        set_time(&path, time);
        call().run().prints("two\n");
    }

    #[test]
    fn by_its_path_an_edited_script_is_the_same() {
        let (sandbox, _) = ticking();
        let call = || sandbox.omoide(["--program", "path", "tick"]);
        call().run().prints("run 1\n");
        sandbox.script("tick", "echo edited");
        call().run().prints("run 1\n");
    }

    #[test]
    fn how_it_is_identified_differs() {
        differ(call(["--program", "path", "tick"]), call(["--program", "stat", "tick"]));
        differ(call(["--program", "path", "tick"]), call(["--program", "content", "tick"]));
    }

    #[test]
    fn one_that_is_replaced_while_it_runs_is_not_stored() {
        let sandbox = Sandbox::new();
        let gate = sandbox.gate("running");
        let path = sandbox.script("slow", &format!("echo old; {}", gate.pass()));
        let running = sandbox.omoide(["slow"]).start();
        gate.arrived();
        fs::remove_file(&path).expect("to remove it");
        sandbox.script("slow", "echo new");
        gate.release();
        running.finish().prints("old\n");
        assert!(sandbox.stored("entries").is_empty());
        sandbox.omoide(["slow"]).run().prints("new\n");
    }

    fn touch(path: &std::path::Path) {
        set_time(path, SystemTime::UNIX_EPOCH + Duration::from_secs(1_000_000));
    }

    fn set_time(path: &std::path::Path, time: SystemTime) {
        File::open(path).and_then(|file| file.set_modified(time)).expect("to set its time");
    }
}

mod directory {
    use super::*;

    fn within(options: &'static [&'static str], folder: &'static str) -> impl Fn(&Sandbox) -> Call {
        move |sandbox| {
            fs::create_dir_all(sandbox.path(folder)).expect("a folder");
            sandbox.omoide(options).args(["--", "tick"]).within(sandbox.path(folder))
        }
    }

    #[test]
    fn another_folder_differs() {
        differ(within(&[], "a"), within(&[], "b"));
    }

    #[test]
    fn a_path_through_a_link_differs_if_the_shell_knows_it() {
        let through_link = |sandbox: &Sandbox| {
            let _ = symlink("a", sandbox.path("link"));
            sandbox.omoide(["tick"]).within(sandbox.path("link"))
        };
        differ(within(&[], "a"), through_link);
    }

    #[test]
    fn a_path_through_a_link_is_the_same_without_pwd() {
        let through_link = |sandbox: &Sandbox| {
            fs::create_dir_all(sandbox.path("a")).expect("a folder");
            let _ = symlink("a", sandbox.path("link"));
            sandbox.omoide(["tick"]).within_quietly(sandbox.path("link")).without("PWD")
        };
        are_the_same(within(&[], "a"), through_link);
    }

    #[test]
    fn a_pwd_that_names_another_folder_is_not_believed() {
        let lying = |sandbox: &Sandbox| {
            fs::create_dir_all(sandbox.path("b")).expect("a folder");
            within(&[], "a")(sandbox).env("PWD", sandbox.path("b"))
        };
        are_the_same(within(&[], "a"), lying);
    }

    #[test]
    fn with_any_dir_it_does_not_matter() {
        are_the_same(within(&["--any-dir"], "a"), within(&["--any-dir"], "b"));
    }

    #[test]
    fn any_dir_differs_from_this_one() {
        differ(within(&["--any-dir"], "a"), within(&[], "a"));
    }

    #[test]
    fn a_folder_that_was_removed_is_no_obstacle() {
        let sandbox = Sandbox::new();
        let line = "mkdir gone && cd gone && rmdir ../gone && \
                    omoide printf x; omoide --cached-only printf x";
        sandbox.shell(line).run().prints("xx");
    }
}

mod environment {
    use super::*;

    #[test]
    fn another_value_differs() {
        differ(in_environment(&[], &[("X", "a")]), in_environment(&[], &[("X", "b")]));
    }

    #[test]
    fn presence_differs() {
        differ(in_environment(&[], &[("X", "a")]), in_environment(&[], &[]));
    }

    #[test]
    fn an_empty_variable_differs_from_an_absent_one() {
        differ(in_environment(&[], &[("X", "")]), in_environment(&[], &[]));
    }

    #[test]
    fn where_name_and_value_part_differs() {
        differ(in_environment(&[], &[("X", "Y=a")]), in_environment(&[], &[("X", ""), ("Y", "a")]));
    }

    #[test]
    fn what_shapes_output_differs() {
        for name in ["TERM", "COLORTERM", "COLUMNS", "LINES", "LANG", "LC_TIME", "TZ", "NO_COLOR"] {
            differ(in_environment(&[], &[]), move |sandbox: &Sandbox| {
                sandbox.omoide(["tick"]).env(name, "x")
            });
        }
    }

    #[test]
    fn what_differs_by_terminal_login_or_run_does_not_matter() {
        let (sandbox, tick) = ticking();
        sandbox.omoide(["tick"]).run().prints("run 1\n");
        for name in [
            "_",
            "SHLVL",
            "OLDPWD",
            "WINDOWID",
            "TERM_SESSION_ID",
            "TMUX_PANE",
            "STY",
            "ZELLIJ",
            "SSH_CONNECTION",
            "SSH_AUTH_SOCK",
            "GPG_TTY",
            "DBUS_SESSION_BUS_ADDRESS",
            "XDG_SESSION_ID",
            "XDG_VTNR",
            "INVOCATION_ID",
            "LISTEN_FDS",
            "GITHUB_RUN_ID",
            "GITHUB_OUTPUT",
            "CI_JOB_ID",
            "BUILD_NUMBER",
            "OMOIDE_SOMETHING",
        ] {
            sandbox.omoide(["tick"]).env(name, "x").run().prints("run 1\n");
        }
        tick.ran(1);
    }

    #[test]
    fn only_what_is_named_matters() {
        let named = |variables| in_environment(&["--env", "A,B*"], variables);
        differ(named(&[("A", "1"), ("Z", "1")]), named(&[("A", "2"), ("Z", "1")]));
        differ(named(&[("A", "1"), ("BC", "1")]), named(&[("A", "1"), ("BC", "2")]));
        are_the_same(named(&[("A", "1"), ("Z", "1")]), named(&[("A", "1"), ("Z", "2")]));
    }

    #[test]
    fn env_can_be_repeated() {
        let named = |variables| in_environment(&["--env", "A", "--env", "B"], variables);
        differ(named(&[("A", "1"), ("B", "1")]), named(&[("A", "2"), ("B", "1")]));
        differ(named(&[("A", "1"), ("B", "1")]), named(&[("A", "1"), ("B", "2")]));
    }

    #[test]
    fn with_no_variable_named_none_matters() {
        let none = |variables| in_environment(&["--env", ""], variables);
        are_the_same(none(&[("A", "1")]), none(&[("A", "2")]));
    }

    #[test]
    fn an_absent_variable_is_as_one_never_named() {
        are_the_same(
            in_environment(&["--env", "HOME,ABSENT"], &[]),
            in_environment(&["--env", "HOME"], &[]),
        );
    }

    #[test]
    fn what_is_excluded_does_not_matter() {
        let excluded = |variables| in_environment(&["--env-exclude", "A,B*"], variables);
        are_the_same(excluded(&[("A", "1"), ("BC", "1")]), excluded(&[("A", "2"), ("BC", "2")]));
        differ(excluded(&[("Z", "1")]), excluded(&[("Z", "2")]));
    }

    #[test]
    fn a_volatile_variable_matters_if_it_is_named() {
        let named = |variables| in_environment(&["--env", "SSH_TTY"], variables);
        differ(named(&[("SSH_TTY", "1")]), named(&[("SSH_TTY", "2")]));
    }
}

mod scope {
    use super::*;

    #[test]
    fn another_namespace_differs() {
        differ(call(["--scope", "a", "tick"]), call(["--scope", "b", "tick"]));
    }

    #[test]
    fn a_namespace_differs_from_none() {
        differ(call(["--scope", "a", "tick"]), call(["tick"]));
    }

    #[test]
    fn option_and_variable_are_the_same() {
        are_the_same(
            call(["--scope", "a", "--", "tick"]),
            in_environment(&[], &[("OMOIDE_SCOPE", "a")]),
        );
    }

    #[test]
    fn the_option_goes_before_the_variable() {
        are_the_same(
            call(["--scope", "a", "--", "tick"]),
            in_environment(&["--scope", "a"], &[("OMOIDE_SCOPE", "b")]),
        );
    }

    #[test]
    fn any_bytes_will_do() {
        let scopes: [&[u8]; 5] = [b"a/b", b"../..", b"a b", b"\xff", b"\n"];
        let (sandbox, tick) = ticking();
        for (index, scope) in scopes.iter().enumerate() {
            let call =
                || sandbox.omoide(["--scope"]).arg(OsStr::from_bytes(scope)).args(["--", "tick"]);
            call().run().prints(format!("run {}\n", index + 1));
            call().run().prints(format!("run {}\n", index + 1));
        }
        tick.ran(5);
    }
}

mod standard_input {
    use super::*;

    fn fed(input: &'static str) -> impl Fn(&Sandbox) -> Call {
        move |sandbox| sandbox.omoide(["--stdin", "--", "tick"]).stdin(input)
    }

    #[test]
    fn another_input_differs() {
        differ(fed("a"), fed("b"));
    }

    #[test]
    fn an_empty_input_differs_from_none() {
        differ(fed(""), call(["tick"]));
    }

    #[test]
    fn without_the_option_it_does_not_matter() {
        let unfed = |input: &'static str| {
            move |sandbox: &Sandbox| sandbox.omoide(["--", "tick"]).stdin(input)
        };
        are_the_same(unfed("a"), unfed("b"));
    }

    #[test]
    fn it_is_fed_to_the_command_whatever_its_size() {
        let sandbox = Sandbox::new();
        for size in [0, 1, 65_535, 65_536, 65_537, 3_000_000] {
            let input: Vec<u8> = (0..=250).cycle().take(size).collect();
            sandbox.omoide(["--stdin", "--", "cat"]).stdin(&input).run().prints(&input);
            let again = sandbox.omoide(["--cached-only", "--stdin", "--", "cat"]).stdin(&input);
            again.run().prints(&input);
        }
    }
}

mod descriptors {
    use super::*;

    const NAMED: &str = "names an open descriptor; what it holds can't be part of the key\n";

    /// A line of bash, for its `<(…)`.
    fn bash(sandbox: &Sandbox, line: &str) -> Call {
        sandbox.bare(["bash", "-c", line])
    }

    fn told(what: &str) -> String {
        format!("omoide: running without the cache: {what} {NAMED}")
    }

    #[test]
    fn an_argument_that_is_one_is_never_taken_for_the_input_of_another_call() {
        let sandbox = Sandbox::new();
        let expected = told("the argument /dev/fd/63");
        for options in ["", "--timeout 1h", "--force", "--input-args", "--env ''"] {
            for word in ["one", "two"] {
                let ran = bash(&sandbox, &format!("omoide {options} -- cat <(echo {word})")).run();
                ran.is(format!("{word}\n"), &expected, 0);
            }
        }
        let part = bash(&sandbox, "omoide -- sh -c 'cat ${1#*=}' sh --file=<(echo one)").run();
        part.is("one\n", told("the argument --file=/dev/fd/63"), 0);
        let other_name = bash(&sandbox, "omoide -- cat /proc/self/fd/9 9< <(echo one)").run();
        other_name.is("one\n", told("the argument /proc/self/fd/9"), 0);
        let of_the_shell = bash(&sandbox, "exec 9< <(echo one); omoide -- cat /proc/$$/fd/9").run();
        assert_eq!(of_the_shell.out, b"one\n");
        assert!(of_the_shell.err_text().ends_with(NAMED), "{of_the_shell:?}");
        assert!(sandbox.stored("entries").is_empty());
    }

    #[test]
    fn standard_input_is_as_without_the_cache() {
        let sandbox = Sandbox::new();
        let line = "omoide --stdin -- cat - <(echo one)";
        let ran = bash(&sandbox, line).stdin("zero\n").run();
        ran.is("zero\none\n", told("the argument /dev/fd/63"), 0);
    }

    #[test]
    fn so_it_is_with_a_command_that_is_one() {
        let sandbox = Sandbox::new();
        sandbox.script("say", "echo \"$0\"");
        let ran = bash(&sandbox, "omoide -- /dev/fd/9 9<\"$(command -v say)\"").run();
        ran.is("/dev/fd/9\n", told("the argument /dev/fd/9"), 0);
    }

    #[test]
    fn so_it_is_with_a_variable_that_counts() {
        let sandbox = Sandbox::new();
        let line = |options: &str| {
            format!("F=<(echo one) omoide {options} -- sh -c 'test -e \"$F\" && cat \"$F\"'")
        };
        bash(&sandbox, &line("")).run().is("one\n", told("the variable F"), 0);
        bash(&sandbox, &line("--env F")).run().is("one\n", told("the variable F"), 0);
        for options in ["--env PATH", "--env-exclude F"] {
            bash(&sandbox, &line(options)).run().prints("one\n");
        }
    }

    #[test]
    fn what_the_command_opens_itself_is_told_by_its_words() {
        let sandbox = Sandbox::new();
        let tick = sandbox.counted("tick", "exec 9<\"$0\"; test -e /dev/fd/9 && echo \"$1\"");
        for _ in ["miss", "hit"] {
            sandbox.omoide(["tick", "/dev/fd/9"]).run().prints("/dev/fd/9\n");
        }
        tick.ran(1);
    }

    #[test]
    fn the_three_standard_ones_are_the_commands_own() {
        let sandbox = Sandbox::new();
        for name in ["-", "/dev/stdin", "/dev/fd/0", "/proc/self/fd/0"] {
            for input in ["short\n".to_owned(), "long\n".repeat(100_000)] {
                for options in [&["--stdin", "cat"][..], &["--stdin", "--cached-only", "cat"]] {
                    let call = sandbox.omoide(options).arg(name).stdin(&input);
                    call.run().prints(&input);
                }
            }
            sandbox.omoide(["cat", name]).stdin("not read").run().prints("");
        }
    }

    #[test]
    fn every_form_says_that_it_cannot_be_served() {
        let sandbox = Sandbox::new();
        let why = format!("the argument /dev/fd/63 {NAMED}");
        let run = |words: &str| bash(&sandbox, &format!("omoide {words} cat <(echo one)")).run();
        run("--cached-only").fails(125, format!("omoide: not cached: {why}"));
        run("check").is(format!("absent, {why}"), "", 1);
        run("explain").is(format!("state    absent, {why}"), "", 1);
        for verb in ["warm --", "refresh --", "forget --"] {
            run(verb).fails(1, format!("omoide: {why}"));
        }
        let line = "omoide check --json -- cat <(echo one)";
        let ran = bash(&sandbox, line).run();
        assert_eq!(ran.status.code(), Some(1));
        assert_eq!(ran.json()["reason"], why.trim_end());
    }

    #[test]
    fn an_input_that_is_one_does_not_hang() {
        let sandbox = Sandbox::new();
        let what = "the input /dev/fd/63 is a pipe; an input is a file, a folder or a pattern";
        for option in ["--input", "--input-mtime"] {
            let ran = bash(&sandbox, &format!("omoide {option} <(echo one) -- echo two")).run();
            ran.is("two\n", format!("omoide: running without the cache: {what}\n"), 0);
        }
    }
}
