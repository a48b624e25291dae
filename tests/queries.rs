//! What `check`, `explain` and `forget -- COMMAND` say of a call is what the call would do.

mod common;

use common::{Ran, Sandbox};
use serde_json::{Value, json};

/// Asks one of the verbs about a call.
fn ask(sandbox: &Sandbox, verb: &[&str], call: &[&str]) -> Ran {
    sandbox.omoide(verb).args(["--"]).args(call).run()
}

mod without_a_program {
    use super::*;

    /// A command that isn't there, and one that can't be executed.
    fn commands(sandbox: &Sandbox) -> [(String, &'static str); 2] {
        let file = sandbox.write("file", "");
        [
            ("no-such-tool".to_owned(), "no-such-tool: command not found"),
            (file.to_str().expect("text").to_owned(), "file: permission denied"),
        ]
    }

    #[test]
    fn check_and_explain_say_no() {
        let sandbox = Sandbox::new();
        for (command, why) in commands(&sandbox) {
            for (verb, beginning) in [("check", "absent, "), ("explain", "state    absent, ")] {
                let ran = ask(&sandbox, &[verb], &[&command]);
                assert_eq!((ran.status.code(), ran.err_text().as_str()), (Some(1), ""), "{ran:?}");
                let said = ran.out_text();
                assert!(
                    said.starts_with(beginning) && said.ends_with(&format!("{why}\n")),
                    "{said}"
                );
            }
        }
    }

    #[test]
    fn check_and_explain_say_no_in_json() {
        let sandbox = Sandbox::new();
        for (command, why) in commands(&sandbox) {
            for verb in ["check", "explain"] {
                let ran = ask(&sandbox, &[verb, "--json"], &[&command]);
                assert_eq!((ran.status.code(), ran.err_text().as_str()), (Some(1), ""), "{ran:?}");
                let object = ran.json();
                assert_eq!((&object["schema"], &object["state"]), (&json!(1), &json!("absent")));
                assert_eq!((&object["served"], &object["id"]), (&json!(false), &Value::Null));
                assert!(object["reason"].as_str().expect("a reason").ends_with(why), "{object}");
                if verb == "explain" {
                    assert_eq!((&object["parts"], &object["nearest"]), (&json!([]), &Value::Null));
                }
            }
        }
    }

    #[test]
    fn what_is_said_steers_no_terminal() {
        let ran = ask(&Sandbox::new(), &["check"], &["a\x1b[31m"]);
        assert!(!ran.out.contains(&0x1b), "{ran:?}");
    }

    #[test]
    fn forgetting_fails() {
        let sandbox = Sandbox::new();
        for (command, why) in commands(&sandbox) {
            let ran = ask(&sandbox, &["forget"], &[&command]);
            ran.warned_once();
            assert_eq!((ran.status.code(), ran.out.as_slice()), (Some(1), &b""[..]), "{ran:?}");
            assert!(ran.err_text().ends_with(&format!("{why}\n")), "{ran:?}");
        }
    }
}

mod forced {
    use super::*;

    #[test]
    fn a_call_that_recomputes_would_not_be_served() {
        let sandbox = Sandbox::new();
        let tick = sandbox.ticking("tick");
        sandbox.omoide(["tick"]).run().prints("run 1\n");
        for verb in ["check", "explain"] {
            let asked = |words: &[&str]| sandbox.omoide([verb, "--json"]).args(words);
            let by_option = asked(&["--force", "tick"]).run();
            let by_variable = asked(&["tick"]).env("OMOIDE_FORCE", "1").run();
            for ran in [by_option, by_variable] {
                let object = ran.json();
                assert_eq!(object["reason"], "recomputing was asked for", "{verb}: {object}");
                assert_eq!((&object["served"], &object["state"]), (&json!(false), &json!("fresh")));
                let status = i32::from(verb == "check");
                assert_eq!(ran.status.code(), Some(status), "{ran:?}");
            }
            // Which of the two holds is as in a call.
            let both = asked(&["--cached-only", "tick"]).env("OMOIDE_FORCE", "1").run();
            assert_eq!(both.json()["served"], json!(true), "{both:?}");
        }
        let said = ask(&sandbox, &["check", "--force"], &["tick"]).out_text();
        assert!(
            said.starts_with("fresh, ") && said.contains("recomputing was asked for"),
            "{said}"
        );
        tick.ran(1);
    }
}

mod recorded_another_way {
    use super::*;

    #[test]
    fn what_was_recorded_at_a_terminal_is_absent_for_a_call_within_another_command() {
        let sandbox = Sandbox::new();
        // One file for both streams, as a terminal is.
        sandbox.shell("omoide echo a 2>&1 | cat").run().prints("a\n");
        // As in `$(…)`: standard output is a pipe, standard error is not that pipe.
        let line = "omoide check --json echo a | cat";
        let ran = sandbox.shell(line).run();
        let object = ran.json();
        assert_eq!((&object["state"], &object["served"]), (&json!("absent"), &json!(false)));
        for name in ["age_seconds", "expires_at", "expires_in_seconds"] {
            assert_eq!(object[name], Value::Null, "{object}");
        }
        let reason = object["reason"].as_str().expect("a reason");
        assert!(reason.contains("both streams in one pipe"), "{reason}");
        let said = sandbox.shell("omoide check --ttl 1h echo a | cat").run().out_text();
        assert_eq!(said, format!("absent, {reason}\n"));
        // And the call itself does what was said.
        let ran = sandbox.shell("omoide --cached-only echo a | cat").run();
        assert!(ran.out.is_empty() && ran.err_text().contains("keeps them apart"), "{ran:?}");
        // Where the streams are one, it serves.
        let ran = sandbox.shell("omoide check --json echo a 2>&1 | cat").run();
        assert_eq!((&ran.json()["state"], &ran.json()["served"]), (&json!("fresh"), &json!(true)));
    }
}

mod not_text {
    use std::ffi::{OsStr, OsString};
    use std::os::unix::ffi::OsStrExt;

    use super::*;

    #[track_caller]
    fn is_refused(words: &[&[u8]], option: &str, status: i32) {
        let words: Vec<OsString> = words.iter().map(|w| OsStr::from_bytes(w).to_owned()).collect();
        let ran = Sandbox::new().omoide(&words).run();
        assert_eq!((ran.status.code(), ran.out_text().as_str()), (Some(status), ""), "{ran:?}");
        let line = ran.err_text().lines().next().expect("a line").to_owned();
        assert!(line.contains(option) && line.contains(r"'a\xff'"), "{line}");
    }

    #[test]
    fn the_option_and_its_value_are_named() {
        is_refused(&[b"--env", b"HOME,a\xff", b"echo"], "--env <PATTERN>", 125);
        is_refused(&[b"--env=a\xff", b"echo"], "--env <PATTERN>", 125);
        is_refused(&[b"run", b"--env-exclude", b"a\xff", b"echo"], "--env-exclude", 125);
        is_refused(&[b"--tag", b"a\xff", b"--", b"echo"], "--tag", 125);
        is_refused(&[b"check", b"--tag", b"a\xff", b"--", b"echo"], "--tag", 2);
        is_refused(&[b"list", b"--tag", b"a\xff"], "--tag", 2);
        is_refused(&[b"forget", b"--tag", b"a\xff"], "--tag", 2);
        is_refused(&[b"forget", b"a\xff"], "ID", 2);
        is_refused(&[b"show", b"a\xff"], "<ID>", 2);
    }
}
