//! The subcommands: what they print, each field of their JSON, how they exit.

mod common;

use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::PermissionsExt;
use std::time::Duration;

use common::Sandbox;
use rustix::fs::{FlockOperation, flock};
use serde_json::{Value, json};

/// The names of an object's fields, in order.
#[track_caller]
fn names(object: &Value) -> Vec<&str> {
    object.as_object().expect("an object").keys().map(String::as_str).collect()
}

/// The entries of `list --json` with these words behind it.
#[track_caller]
fn listed(sandbox: &Sandbox, words: &[&str]) -> Vec<Value> {
    let list = sandbox.json([&["list", "--json"], words].concat());
    list["entries"].as_array().expect("entries").clone()
}

/// The last argument of the command of each entry, which the tests tell entries by.
#[track_caller]
fn words_of(entries: &[Value]) -> Vec<&str> {
    entries
        .iter()
        .map(|entry| {
            let command = entry["command"].as_array().expect("words");
            command.last().and_then(Value::as_str).expect("a word")
        })
        .collect()
}

/// The only entry there is.
#[track_caller]
fn only_entry(sandbox: &Sandbox) -> Value {
    let entries = listed(sandbox, &[]);
    assert_eq!(entries.len(), 1, "{entries:?}");
    entries[0].clone()
}

#[track_caller]
fn text<'a>(object: &'a Value, name: &str) -> &'a str {
    object[name].as_str().unwrap_or_else(|| panic!("{name} of {object}"))
}

fn time(object: &Value, name: &str) -> std::time::SystemTime {
    humantime::parse_rfc3339(text(object, name)).expect("a time")
}

/// A subcommand that is used wrongly says so, and exits with status 2.
#[track_caller]
fn is_bad_usage(words: &[&str]) {
    let ran = Sandbox::new().omoide(words).run();
    assert_eq!((ran.out_text().as_str(), ran.status.code()), ("", Some(2)), "{words:?} {ran:?}");
    assert!(!ran.err.is_empty());
}

/// A subcommand that fails says so in one line, and exits with status 1.
#[track_caller]
fn fails(sandbox: &Sandbox, words: &[&str]) -> String {
    let ran = sandbox.omoide(words).run();
    assert_eq!((ran.out_text().as_str(), ran.status.code()), ("", Some(1)), "{words:?} {ran:?}");
    ran.warned_once();
    ran.err_text()
}

const STEERING: &str = "a\x1b]0;owned\x07\n\u{202e}\u{9b}31m\t";

#[test]
fn bad_usage_of_a_subcommand_is_status_2() {
    is_bad_usage(&["list", "--nonsense"]);
    is_bad_usage(&["list", "--limit", "0"]);
    is_bad_usage(&["list", "--sort", "colour"]);
    is_bad_usage(&["show"]);
    is_bad_usage(&["check"]);
    is_bad_usage(&["explain", "--"]);
    is_bad_usage(&["forget"]);
    is_bad_usage(&["forget", "--older-than", "soon"]);
    is_bad_usage(&["forget", "--all", "--expired"]);
    is_bad_usage(&["forget", "abc", "--all"]);
    is_bad_usage(&["gc", "now"]);
    is_bad_usage(&["config", "eat"]);
    is_bad_usage(&["completions", "cobol"]);
    is_bad_usage(&["--ttl", "5m", "list"]);
    is_bad_usage(&["check", "--ttl", "0s", "--", "echo"]);
}

#[test]
fn nothing_that_only_looks_makes_a_cache_folder() {
    let sandbox = Sandbox::new();
    for words in [
        &["list"][..],
        &["list", "--json"],
        &["stats"],
        &["gc"],
        &["check", "echo"],
        &["explain", "echo"],
        &["forget", "--all"],
        &["doctor"],
        &["config", "show"],
    ] {
        sandbox.omoide(words).run();
        assert!(!sandbox.cache().exists(), "{words:?}");
    }
}

#[test]
fn an_empty_value_of_a_cache_folder_is_as_none() {
    let sandbox = Sandbox::new();
    let call = sandbox.omoide(["echo", "hi"]).env("OMOIDE_CACHE_DIR", "");
    call.run().prints("hi\n");
    assert!(sandbox.home().join(".cache/omoide/v2").is_dir());
}

mod list {
    use super::*;

    #[test]
    fn of_nothing() {
        let sandbox = Sandbox::new();
        let empty = "{\n  \"schema\": 1,\n  \"entries\": []\n}\n";
        sandbox.omoide(["list", "--json"]).run().prints(empty);
    }

    #[test]
    fn has_a_head_and_a_line_for_each_entry() {
        let sandbox = Sandbox::new();
        sandbox.omoide(["--ttl", "1h", "echo", "hi"]).run();
        sandbox.omoide(["--ttl", "1h", "echo", "hi"]).run();
        let said = sandbox.omoide(["list"]).run().out_text();
        let lines: Vec<Vec<&str>> =
            said.lines().map(|line| line.split_whitespace().collect()).collect();
        assert_eq!(lines[0], ["ID", "AGE", "EXPIRES", "SIZE", "HITS", "STATUS", "COMMAND"]);
        assert_eq!(lines[1][2..], ["in", "59m", "3", "B", "1", "fresh", "echo", "hi"]);
        assert_eq!(lines.len(), 2);
    }

    #[test]
    fn each_field_of_an_entry() {
        let sandbox = Sandbox::new();
        let words = ["--ttl", "1h", "--scope", "s", "--tag", "b", "--tag", "a", "--"];
        for _ in 0..3 {
            sandbox.omoide(words).args(["sh", "-c", "echo out; echo err >&2"]).run();
        }
        let entry = only_entry(&sandbox);
        let fields = [
            "id",
            "key",
            "command",
            "cwd",
            "scope",
            "tags",
            "state",
            "created_at",
            "age_seconds",
            "expires_at",
            "refresh_at",
            "last_access_at",
            "hits",
            "size_bytes",
            "duration_seconds",
            "exit",
            "refresh_failures",
            "refresh_error",
        ];
        assert_eq!(names(&entry), fields);
        assert_eq!(text(&entry, "id").len(), 12);
        assert_eq!(text(&entry, "key").len(), 64);
        assert!(text(&entry, "key").starts_with(text(&entry, "id")));
        assert_eq!(entry["command"], json!(["sh", "-c", "echo out; echo err >&2"]));
        assert_eq!(text(&entry, "cwd"), sandbox.work().to_str().expect("text"));
        assert_eq!(entry["scope"], "s");
        assert_eq!(entry["tags"], json!(["a", "b"]));
        assert_eq!(entry["state"], "fresh");
        assert_eq!(
            time(&entry, "expires_at"),
            time(&entry, "created_at") + Duration::from_hours(1)
        );
        assert_eq!(entry["refresh_at"], Value::Null);
        assert!(time(&entry, "last_access_at") > time(&entry, "created_at"));
        assert_eq!(entry["hits"], 2);
        assert_eq!(entry["size_bytes"], 8);
        assert_eq!(entry["exit"], json!({ "code": 0 }));
        let age = entry["age_seconds"].as_f64().expect("a number");
        assert!((0.0..60.0).contains(&age), "{age}");
        let duration = entry["duration_seconds"].as_f64().expect("a number");
        assert!((0.0..60.0).contains(&duration), "{duration}");
    }

    #[test]
    fn what_never_expires_has_no_time_for_it() {
        let sandbox = Sandbox::new();
        sandbox.omoide(["echo", "hi"]).run();
        assert_eq!(only_entry(&sandbox)["expires_at"], Value::Null);
    }

    #[test]
    fn bytes_that_are_no_text_stand_beside_it() {
        let sandbox = Sandbox::new();
        sandbox.omoide(["--scope"]).arg(OsStr::from_bytes(b"\xff")).args(["--", "echo"]).run();
        let entry = only_entry(&sandbox);
        assert_eq!(entry["scope"], "\u{fffd}");
        assert_eq!(entry["scope_base64"], "/w==");
        assert_eq!(entry.get("command_base64"), None);
        sandbox.omoide(["forget", "--all"]).run();
        sandbox.omoide(["echo"]).arg(OsStr::from_bytes(b"\xfe")).run();
        let entry = only_entry(&sandbox);
        assert_eq!(entry["command"], json!(["echo", "\u{fffd}"]));
        assert_eq!(entry["command_base64"], json!(["ZWNobw==", "/g=="]));
    }

    #[test]
    fn a_failure_stands_beside_the_good_result() {
        let sandbox = Sandbox::new();
        sandbox.script("flaky", "[ ! -e fail ] || exit 3");
        sandbox.omoide(["flaky"]).run();
        sandbox.write("fail", "");
        sandbox.omoide(["--ttl", "1ns", "--failure-ttl", "1h", "flaky"]).run();
        let entries = listed(&sandbox, &[]);
        let mut codes: Vec<_> = entries.iter().map(|entry| &entry["exit"]["code"]).collect();
        codes.sort_by_key(|code| code.as_u64());
        assert_eq!(codes, [&json!(0), &json!(3)]);
        let said = sandbox.omoide(["list"]).run().out_text();
        assert!(said.contains("exit 3"), "{said}");
    }

    /// Three entries: words a, b and c, in this order; b expired; a the largest; c hit most.
    fn three() -> Sandbox {
        let sandbox = Sandbox::swept();
        sandbox.omoide(["--ttl", "2h", "--tag", "x", "printf", "%40s", "a"]).run();
        sandbox.omoide(["--ttl", "1ns", "--tag", "x", "--tag", "y", "printf", "%20s", "b"]).run();
        for _ in 0..3 {
            sandbox.omoide(["--ttl", "1h", "echo", "c"]).run();
        }
        sandbox
    }

    #[track_caller]
    fn lists(words: &[&str], expected: &[&str]) {
        assert_eq!(words_of(&listed(&three(), words)), expected, "{words:?}");
    }

    #[test]
    fn what_has_a_label() {
        lists(&["--tag", "x"], &["b", "a"]);
        lists(&["--tag", "y"], &["b"]);
        lists(&["--tag", "z"], &[]);
    }

    #[test]
    fn what_is_of_a_program() {
        lists(&["--program", "echo"], &["c"]);
        lists(&["--program", "/usr/bin/printf"], &["b", "a"]);
        lists(&["--program", "nothing"], &[]);
    }

    #[test]
    fn what_is_in_a_state() {
        lists(&["--state", "fresh"], &["c", "a"]);
        lists(&["--state", "expired"], &["b"]);
    }

    #[test]
    fn in_any_order() {
        lists(&[], &["c", "b", "a"]);
        lists(&["--sort", "age"], &["c", "b", "a"]);
        lists(&["--sort", "expires"], &["b", "c", "a"]);
        lists(&["--sort", "size"], &["a", "b", "c"]);
        lists(&["--sort", "hits"], &["c", "b", "a"]);
        lists(&["--sort", "accessed"], &["c", "b", "a"]);
        lists(&["--sort", "command"], &["c", "b", "a"]);
    }

    #[test]
    fn no_more_than_asked_for() {
        lists(&["--limit", "2"], &["c", "b"]);
        lists(&["--limit", "1", "--sort", "size"], &["a"]);
        lists(&["--limit", "1", "--tag", "x", "--state", "fresh"], &["a"]);
        lists(&["--limit", "99"], &["c", "b", "a"]);
    }

    #[test]
    fn fits_a_terminal_of_80_columns() {
        let sandbox = Sandbox::new();
        sandbox.omoide(["--ttl", "7d", "echo", &"wide 思い出 ".repeat(20)]).run();
        sandbox.omoide(["echo", "short"]).run();
        let said = sandbox.on_terminal(80, "--color never list").run().out_text();
        assert!(said.contains('…'), "{said}");
        for line in said.lines() {
            let width = unicode_width::UnicodeWidthStr::width(line.trim_end());
            assert!(width <= 80, "{width} columns: {line}");
        }
    }

    #[test]
    fn is_whole_where_there_is_no_terminal() {
        let sandbox = Sandbox::new();
        let long = "long ".repeat(100);
        sandbox.omoide(["echo", &long]).run();
        assert!(sandbox.omoide(["list"]).run().out_text().contains(&long));
    }

    #[test]
    fn has_colours_on_terminals_alone() {
        let sandbox = Sandbox::new();
        sandbox.omoide(["echo", "hi"]).run();
        let has_colours = |ran: common::Ran| ran.out.contains(&0x1b);
        assert!(has_colours(sandbox.on_terminal(80, "list").run()));
        assert!(!has_colours(sandbox.on_terminal(80, "list").env("NO_COLOR", "1").run()));
        assert!(!has_colours(sandbox.on_terminal(80, "--color never list").run()));
        assert!(!has_colours(sandbox.omoide(["list"]).run()));
        assert!(has_colours(sandbox.omoide(["--color", "always", "list"]).run()));
    }

    #[test]
    fn a_reader_that_goes_away_is_told_nothing() {
        let sandbox = Sandbox::new();
        sandbox.omoide(["echo", &"x".repeat(100_000)]).run();
        sandbox.omoide(["echo", &"y".repeat(100_000)]).run();
        sandbox.shell("omoide list | head -c 1 >/dev/null").run().prints("");
    }

    #[test]
    fn no_value_of_a_variable_is_ever_shown() {
        let sandbox = Sandbox::new();
        let call = |words: &[&str]| sandbox.omoide(words).env("API_TOKEN", "hunter2").run();
        call(&["-v", "echo", "hi"]);
        for words in [
            &["list", "--json"][..],
            &["explain", "echo", "hi"],
            &["explain", "--json", "echo", "hi"],
            &["explain", "--json", "echo", "other"],
            &["doctor", "--json"],
            &["stats", "--json"],
        ] {
            let ran = call(words);
            assert!(!ran.out_text().contains("hunter2"), "{words:?} {ran:?}");
        }
        sandbox.settle();
        for path in sandbox.stored("") {
            let bytes = fs::read(&path).expect("a file");
            let found = bytes.windows(7).any(|window| window == b"hunter2");
            assert!(!found, "{}", path.display());
        }
    }
}

mod escaping {
    use super::*;

    /// What moves a cursor, sets a title or turns the direction of text.
    fn steers(char: char) -> bool {
        (char.is_control() && char != '\n') || matches!(char, '\u{202a}'..='\u{202e}')
    }

    /// After a call with all of it in its words, folder, scope and label: what these print.
    #[track_caller]
    fn none_in(verbs: &[&[&str]]) {
        let sandbox = Sandbox::new();
        let folder = sandbox.path(&STEERING.replace('\n', ""));
        fs::create_dir(&folder).expect("a folder");
        let options = ["--scope", STEERING, "--tag", STEERING, "--", "true", STEERING];
        let call = |words: &[&str]| sandbox.omoide(words).within(&folder).env(STEERING, STEERING);
        call(&options).run().prints("");
        let id = text(&only_entry(&sandbox), "id").to_owned();
        for verb in verbs {
            let mut words: Vec<&str> =
                verb.iter().map(|&word| if word == "ID" { &id } else { word }).collect();
            if ["check", "explain"].contains(&verb[0]) {
                words.extend(options);
            }
            let ran = call(&words).run();
            let said = ran.out_text() + &ran.err_text();
            assert!(!said.is_empty(), "{words:?}");
            assert_eq!(said.chars().find(|&char| steers(char)), None, "{words:?} {ran:?}");
        }
    }

    #[test]
    fn nothing_that_steers_a_terminal_is_printed() {
        none_in(&[
            &["list"],
            &["--color", "never", "list"],
            &["show", "ID"],
            &["stats"],
            &["doctor"],
            &["check"],
            &["explain"],
            &["forget", "--dry-run", "--all"],
        ]);
    }

    #[test]
    fn nor_in_json() {
        none_in(&[
            &["list", "--json"],
            &["show", "--json", "ID"],
            &["stats", "--json"],
            &["explain", "--json"],
        ]);
    }

    #[test]
    fn nor_in_a_complaint() {
        let sandbox = Sandbox::new();
        for words in [
            &["--", STEERING][..],
            &["show", STEERING],
            &["--ttl", STEERING, "true"],
            &["--cache-dir", STEERING, "--cached-only", "true"],
        ] {
            let ran = sandbox.omoide(words).run();
            let found = ran.err_text().chars().find(|&char| steers(char));
            assert_eq!(found, None, "{words:?} {ran:?}");
        }
    }
}

mod show {
    use super::*;

    fn one() -> (Sandbox, Value) {
        let sandbox = Sandbox::new();
        let script = ["sh", "-c", "printf 'o\\0\\377'; printf e >&2"];
        sandbox.omoide(["--ttl", "1h", "--idle", "2h", "--"]).args(script).run();
        let entry = only_entry(&sandbox);
        (sandbox, entry)
    }

    #[test]
    fn by_id_by_key_and_by_any_beginning() {
        let (sandbox, entry) = one();
        for length in [1, 5, 12, 13, 63, 64] {
            let id = &text(&entry, "key")[..length];
            assert_eq!(sandbox.json(["show", "--json", id])["key"], entry["key"], "{id}");
        }
    }

    #[test]
    fn has_the_fields_of_an_entry_and_its_policy() {
        let (sandbox, entry) = one();
        let shown = sandbox.json(["show", "--json", text(&entry, "id")]);
        let mut expected = vec!["schema"];
        expected.extend(names(&entry));
        expected.extend(["policy", "streams", "failure"]);
        assert_eq!(names(&shown), expected);
        assert_eq!(shown["schema"], 1);
        let policy = json!({
            "ttl_seconds": 3600.0,
            "idle_seconds": 7200.0,
            "on_expired": "recompute",
            "failure_ttl_seconds": null,
            "stale_if_error": false,
            "stale_seconds": null,
            "refresh_seconds": null,
            "watch": false,
        });
        assert_eq!(shown["policy"], policy);
        assert_eq!(shown["streams"], "split");
    }

    /// A good result with a failure beside it, stored under the same key.
    fn good_and_failed() -> (Sandbox, String) {
        let sandbox = Sandbox::new();
        sandbox.script("flaky", "test -e fail || { echo good; exit; }; echo bad; exit 3");
        sandbox.omoide(["--ttl", "1h", "flaky"]).run().prints("good\n");
        let id = text(&only_entry(&sandbox), "id").to_owned();
        sandbox.write("fail", "");
        sandbox.omoide(["--force", "--failure-ttl", "1h", "flaky"]).run().is("bad\n", "", 3);
        assert_eq!(listed(&sandbox, &[]).len(), 2);
        (sandbox, id)
    }

    #[test]
    fn a_failure_beside_a_good_result_is_told_and_can_be_seen() {
        let (sandbox, id) = good_and_failed();
        let said = sandbox.omoide(["show", &id]).run().out_text();
        assert!(said.contains("exit        0") && said.contains("--failure shows it"), "{said}");
        let shown = sandbox.json(["show", "--json", &id]);
        assert_eq!(
            (&shown["exit"]["code"], &shown["failure"]["exit"]["code"]),
            (&json!(0), &json!(3))
        );
        assert_eq!(names(&shown["failure"]), names(&shown)[1..names(&shown).len() - 1]);
        sandbox.omoide(["show", "--stdout", &id]).run().prints("good\n");

        let said = sandbox.omoide(["show", "--failure", &id]).run().out_text();
        assert!(said.contains("exit        3") && !said.contains("--failure"), "{said}");
        let shown = sandbox.json(["show", "--failure", "--json", &id]);
        assert_eq!((&shown["exit"]["code"], &shown["failure"]), (&json!(3), &Value::Null));
        sandbox.omoide(["show", "--failure", "--stdout", &id]).run().prints("bad\n");
    }

    #[test]
    fn a_failure_alone_is_shown_either_way_and_one_that_isnt_there_is_missed() {
        let (sandbox, good) = one();
        let error = fails(&sandbox, &["show", "--failure", text(&good, "id")]);
        assert!(error.contains("no failure is stored"), "{error}");

        let sandbox = Sandbox::new();
        sandbox.omoide(["--failure-ttl", "1h", "--", "sh", "-c", "exit 3"]).run();
        let failed = text(&only_entry(&sandbox), "id").to_owned();
        for words in
            [&["show", "--json", failed.as_str()][..], &["show", "--json", "--failure", &failed]]
        {
            assert_eq!(sandbox.json(words)["exit"]["code"], 3, "{words:?}");
        }
    }

    #[test]
    fn prints_either_stream_alone() {
        let (sandbox, entry) = one();
        let id = text(&entry, "id");
        sandbox.omoide(["show", "--stdout", id]).run().prints(b"o\0\xff");
        sandbox.omoide(["show", "--stderr", id]).run().prints("e");
    }

    #[test]
    fn prints_a_large_stream() {
        let sandbox = Sandbox::new();
        let script = "seq 20000; seq 10 >&2; seq 20000; seq 30000 >&2";
        let ran = sandbox.omoide(["sh", "-c", script]).run();
        let entry = only_entry(&sandbox);
        sandbox.omoide(["show", "--stdout", text(&entry, "id")]).run().prints(&ran.out);
        sandbox.omoide(["show", "--stderr", text(&entry, "id")]).run().prints(&ran.err);
    }

    #[test]
    fn says_what_it_is_in_words() {
        let (sandbox, entry) = one();
        let said = sandbox.omoide(["show", text(&entry, "id")]).run().out_text();
        for word in [text(&entry, "key"), "sh -c", "ttl 1h", "idle 2h", "fresh"] {
            assert!(said.contains(word), "{word}: {said}");
        }
    }

    #[test]
    fn looking_is_no_hit() {
        let (sandbox, entry) = one();
        sandbox.omoide(["show", "--stdout", text(&entry, "id")]).run();
        assert_eq!(only_entry(&sandbox)["hits"], 0);
    }

    #[test]
    fn refuses_what_names_nothing() {
        let (sandbox, entry) = one();
        let other = if text(&entry, "id").starts_with('0') { "1" } else { "0" };
        let key = text(&entry, "key");
        let longer = format!("{key}0");
        let ids = [
            other,
            "",
            ".",
            "..",
            "../../../../etc/passwd",
            "/etc/passwd",
            "*",
            "ab/cd",
            "zz",
            "\n",
            &longer,
        ];
        for id in ids {
            fails(&sandbox, &["show", id]);
            fails(&sandbox, &["show", "--stdout", id]);
            fails(&sandbox, &["forget", id]);
        }
        assert_eq!(only_entry(&sandbox)["key"], entry["key"]);
    }

    #[test]
    fn refuses_what_names_several_and_names_them() {
        let sandbox = Sandbox::new();
        // Of 17 keys, two begin with the same digit.
        for number in 0..17 {
            sandbox.omoide(["echo", &number.to_string()]).run();
        }
        let ids: Vec<String> =
            listed(&sandbox, &[]).iter().map(|entry| text(entry, "id").to_owned()).collect();
        let shared = ids.iter().find_map(|id| {
            let same: Vec<_> = ids.iter().filter(|other| other[..1] == id[..1]).collect();
            (same.len() > 1).then_some(same)
        });
        let shared = shared.expect("two with the same digit");
        let said = fails(&sandbox, &["show", &shared[0][..1]]);
        assert!(shared.iter().all(|id| said.contains(id.as_str())), "{said}");
        fails(&sandbox, &["forget", &shared[0][..1]]);
        assert_eq!(listed(&sandbox, &[]).len(), 17);
    }
}

mod adopted_policy {
    use super::*;

    fn policy(sandbox: &Sandbox) -> Value {
        let id = text(&only_entry(sandbox), "id").to_owned();
        sandbox.json(["show", "--json", &id])["policy"].clone()
    }

    #[test]
    fn a_hit_with_other_options_updates_it() {
        let sandbox = Sandbox::new();
        sandbox.omoide(["--ttl", "1h", "echo", "hi"]).run();
        sandbox.omoide(["--ttl", "2h", "--on-expired", "serve", "echo", "hi"]).run().prints("hi\n");
        let policy = policy(&sandbox);
        assert_eq!(policy["ttl_seconds"], 7200.0);
        assert_eq!(policy["on_expired"], "serve");
    }

    #[test]
    fn a_hit_without_options_leaves_it() {
        let sandbox = Sandbox::new();
        sandbox.omoide(["--ttl", "1h", "--idle", "3h", "echo", "hi"]).run();
        sandbox.omoide(["echo", "hi"]).run().prints("hi\n");
        sandbox.omoide(["--idle", "4h", "echo", "hi"]).run().prints("hi\n");
        let policy = policy(&sandbox);
        assert_eq!(
            (&policy["ttl_seconds"], &policy["idle_seconds"]),
            (&json!(3600.0), &json!(14400.0))
        );
    }

    #[test]
    fn the_variable_updates_it_too() {
        let sandbox = Sandbox::new();
        sandbox.omoide(["echo", "hi"]).run();
        sandbox.omoide(["echo", "hi"]).env("OMOIDE_TTL", "5m").run().prints("hi\n");
        assert_eq!(policy(&sandbox)["ttl_seconds"], 300.0);
    }

    #[test]
    fn labels_are_added() {
        let sandbox = Sandbox::new();
        sandbox.omoide(["--tag", "b", "echo", "hi"]).run();
        sandbox.omoide(["--tag", "a", "--tag", "b", "echo", "hi"]).run().prints("hi\n");
        sandbox.omoide(["echo", "hi"]).run().prints("hi\n");
        let entry = only_entry(&sandbox);
        assert_eq!(entry["tags"], json!(["a", "b"]));
        assert_eq!(entry["hits"], 2);
    }

    #[test]
    fn neither_age_nor_hits_are_lost() {
        let sandbox = Sandbox::new();
        sandbox.omoide(["echo", "hi"]).run();
        sandbox.omoide(["echo", "hi"]).run();
        let before = only_entry(&sandbox);
        sandbox.omoide(["--ttl", "2h", "echo", "hi"]).run();
        let after = only_entry(&sandbox);
        assert_eq!(after["created_at"], before["created_at"]);
        assert_eq!((&before["hits"], &after["hits"]), (&json!(1), &json!(2)));
    }
}

mod forget {
    use super::*;

    fn several() -> Sandbox {
        let sandbox = Sandbox::swept();
        sandbox.omoide(["--tag", "x", "echo", "a"]).run();
        sandbox.omoide(["--tag", "x", "--tag", "y", "--ttl", "1ns", "echo", "b"]).run();
        sandbox.omoide(["printf", "c"]).run();
        sandbox
    }

    /// Removes so many; what remains are these.
    #[track_caller]
    fn removes(words: &[&str], count: u32, remaining: &[&str]) {
        let sandbox = several();
        let dry = [&["forget", "--dry-run", "--json"], words].concat();
        let dry = sandbox.json(dry);
        assert_eq!(names(&dry)[..2], ["schema", "removed"]);
        assert_eq!((&dry["schema"], &dry["removed"]), (&json!(1), &json!(count)), "{words:?}");
        assert_eq!(listed(&sandbox, &[]).len(), 3, "{words:?}");
        let entries = if count == 1 { "entry" } else { "entries" };
        let ran = sandbox.omoide([&["forget"], words].concat()).run();
        ran.prints(format!("removed {count} {entries}\n"));
        assert_eq!(words_of(&listed(&sandbox, &[])), remaining, "{words:?}");
    }

    #[test]
    fn by_label() {
        removes(&["--tag", "x"], 2, &["c"]);
        removes(&["--tag", "y"], 1, &["c", "a"]);
        removes(&["--tag", "z"], 0, &["c", "b", "a"]);
    }

    #[test]
    fn by_program() {
        removes(&["--program", "echo"], 2, &["c"]);
        removes(&["--program", "/usr/bin/printf"], 1, &["b", "a"]);
    }

    #[test]
    fn by_age() {
        removes(&["--older-than", "1h"], 0, &["c", "b", "a"]);
        removes(&["--older-than", "1ns"], 3, &[]);
    }

    #[test]
    fn what_has_expired() {
        removes(&["--expired"], 1, &["c", "a"]);
    }

    #[test]
    fn everything() {
        removes(&["--all"], 3, &[]);
    }

    #[test]
    fn by_several_conditions_at_once() {
        removes(&["--tag", "x", "--expired"], 1, &["c", "a"]);
        removes(&["--tag", "x", "--program", "printf"], 0, &["c", "b", "a"]);
    }

    #[test]
    fn by_command() {
        removes(&["--", "echo", "a"], 1, &["c", "b"]);
        removes(&["--", "echo", "z"], 0, &["c", "b", "a"]);
    }

    #[test]
    fn by_command_with_the_options_of_its_key() {
        let sandbox = Sandbox::new();
        sandbox.omoide(["--scope", "s", "--any-dir", "echo", "a"]).run();
        sandbox.omoide(["forget", "--", "echo", "a"]).run().prints("removed 0 entries\n");
        let call = sandbox.omoide(["forget", "--scope", "s", "--any-dir", "--", "echo", "a"]);
        call.run().prints("removed 1 entry\n");
    }

    #[test]
    fn by_id() {
        let sandbox = several();
        let entries = listed(&sandbox, &[]);
        let (first, second) = (text(&entries[0], "id"), text(&entries[1], "key"));
        sandbox.omoide(["forget", first, second]).run().prints("removed 2 entries\n");
        assert_eq!(words_of(&listed(&sandbox, &[])), ["a"]);
    }

    #[test]
    fn a_dry_run_names_what_it_would_remove() {
        let sandbox = several();
        let said = sandbox.omoide(["forget", "--dry-run", "--tag", "y"]).run().out_text();
        assert!(said.contains("echo b") && said.ends_with("would remove 1 entry\n"), "{said}");
    }

    #[test]
    fn good_result_and_failure_go_together() {
        let sandbox = Sandbox::new();
        sandbox.script("flaky", "[ ! -e fail ] || exit 3");
        sandbox.omoide(["flaky"]).run();
        sandbox.write("fail", "");
        sandbox.omoide(["--ttl", "1ns", "--failure-ttl", "1h", "flaky"]).run();
        sandbox.omoide(["forget", "--", "flaky"]).run().prints("removed 2 entries\n");
        assert!(!sandbox.is_cached(["--failure-ttl", "1h", "flaky"]));
    }

    #[test]
    fn what_runs_meanwhile_is_not_stored() {
        for words in [&["--all"][..], &["--tag", "t"], &["--program", "slow"], &["--", "slow"]] {
            let sandbox = Sandbox::new();
            let gate = sandbox.gate("slow");
            sandbox.script("slow", &format!("{}; echo done", gate.pass()));
            let running = sandbox.omoide(["--tag", "t", "slow"]).start();
            gate.arrived();
            sandbox.omoide([&["forget"], words].concat()).run().prints("removed 0 entries\n");
            gate.release();
            running.finish().prints("done\n");
            assert!(!sandbox.is_cached(["slow"]), "{words:?}");
        }
    }

    #[test]
    fn its_hits_are_forgotten_too() {
        let sandbox = Sandbox::new();
        for _ in 0..3 {
            sandbox.omoide(["echo", "a"]).run();
        }
        sandbox.omoide(["forget", "--all"]).run();
        sandbox.omoide(["gc"]).run();
        sandbox.omoide(["echo", "a"]).run();
        assert_eq!(only_entry(&sandbox)["hits"], 0);
    }
}

mod stats {
    use super::*;

    #[test]
    fn each_field() {
        let sandbox = Sandbox::new();
        for word in ["a", "a", "b", "a"] {
            sandbox.omoide(["echo", word]).run();
        }
        sandbox.omoide(["false"]).run();
        let stats = sandbox.json(["stats", "--json"]);
        let fields = [
            "schema",
            "entries",
            "bytes",
            "hits",
            "misses",
            "stores",
            "evictions",
            "refreshes",
            "refresh_failures",
            "seconds_saved",
            "top",
        ];
        assert_eq!(names(&stats), fields);
        for (name, value) in [
            ("schema", 1),
            ("entries", 2),
            ("hits", 2),
            ("misses", 3),
            ("stores", 2),
            ("evictions", 0),
            ("refreshes", 0),
            ("refresh_failures", 0),
        ] {
            assert_eq!(stats[name], value, "{name}: {stats}");
        }
        assert!(stats["bytes"].as_u64().expect("a number") > 0);
        assert!(stats["seconds_saved"].as_f64().expect("a number") > 0.0);
        assert_eq!(stats["top"][0]["command"], json!(["echo", "a"]));
        assert_eq!(stats["top"][0]["hits"], 2);
    }

    #[test]
    fn what_was_forgotten_still_counts() {
        let sandbox = Sandbox::new();
        for _ in 0..3 {
            sandbox.omoide(["echo", "a"]).run();
        }
        sandbox.omoide(["forget", "--all"]).run();
        sandbox.omoide(["gc"]).run();
        let stats = sandbox.json(["stats", "--json"]);
        let counts = [&stats["entries"], &stats["hits"], &stats["misses"], &stats["stores"]];
        assert_eq!(counts, [&json!(0), &json!(2), &json!(1), &json!(1)]);
    }

    #[test]
    fn of_nothing() {
        let ran = Sandbox::new().omoide(["stats"]).run();
        assert!(ran.status.success() && ran.err.is_empty(), "{ran:?}");
    }
}

mod gc {
    use super::*;

    fn configured(settings: &str) -> Sandbox {
        let sandbox = Sandbox::new();
        let folder = sandbox.home().join(".config/omoide");
        fs::create_dir_all(&folder).expect("a folder");
        fs::write(folder.join("config.toml"), format!("[store]\n{settings}\n")).expect("a file");
        sandbox
    }

    #[test]
    fn each_field() {
        let sandbox = Sandbox::swept();
        sandbox.omoide(["--ttl", "1ns", "seq", "20000"]).run();
        sandbox.omoide(["--ttl", "1h", "echo", "kept"]).run();
        let collected = sandbox.json(["gc", "--json"]);
        assert_eq!(names(&collected), ["schema", "expired", "evicted", "blobs", "bytes_freed"]);
        for (name, value) in [("schema", 1), ("expired", 1), ("evicted", 0), ("blobs", 1)] {
            assert_eq!(collected[name], value, "{name}: {collected}");
        }
        assert!(collected["bytes_freed"].as_u64().expect("a number") >= 108_894);
        assert_eq!(words_of(&listed(&sandbox, &[])), ["kept"]);
        assert!(sandbox.stored("blobs").is_empty());
    }

    #[test]
    fn keeps_what_may_still_be_wanted() {
        let sandbox = Sandbox::new();
        sandbox.omoide(["--ttl", "1ns", "--on-expired", "serve", "echo", "a"]).run();
        sandbox.omoide(["--ttl", "1ns", "--stale-if-error", "echo", "b"]).run();
        assert_eq!(sandbox.json(["gc", "--json"])["expired"], 0);
        assert_eq!(listed(&sandbox, &[]).len(), 2);
    }

    #[test]
    fn keeps_a_blob_that_two_entries_share_until_both_are_gone() {
        let sandbox = Sandbox::new();
        sandbox.omoide(["seq", "20000"]).run();
        sandbox.omoide(["--scope", "s", "seq", "20000"]).run();
        assert_eq!(sandbox.stored("blobs").len(), 1);
        sandbox.omoide(["forget", "--", "seq", "20000"]).run();
        sandbox.omoide(["gc"]).run();
        assert!(sandbox.is_cached(["--scope", "s", "seq", "20000"]));
        sandbox.omoide(["forget", "--all"]).run();
        sandbox.omoide(["gc"]).run();
        assert!(sandbox.stored("blobs").is_empty());
    }

    /// Of a, b and c, computed in this order, hit 2, 0 and 1 times, last of all a, two remain.
    #[track_caller]
    fn evicts(evict: &str, victim: &str) {
        let sandbox = Sandbox::new();
        for word in ["a", "b", "c"] {
            sandbox.omoide(["echo", word]).run();
        }
        for word in ["a", "c", "a"] {
            sandbox.omoide(["echo", word]).run();
        }
        let config =
            sandbox.write("c.toml", format!("[store]\nmax_entries = 2\nevict = \"{evict}\"\n"));
        let call = sandbox.omoide(["gc", "--json", "--config"]).arg(config);
        assert_eq!(call.run().json()["evicted"], 1);
        let remaining = listed(&sandbox, &[]);
        assert!(!words_of(&remaining).contains(&victim), "{evict}: {remaining:?}");
        assert_eq!(remaining.len(), 2);
        assert_eq!(sandbox.json(["stats", "--json"])["evictions"], 1);
    }

    #[test]
    fn evicts_what_was_not_accessed_for_longest() {
        evicts("accessed", "b");
    }

    #[test]
    fn evicts_what_is_oldest() {
        evicts("computed", "a");
    }

    #[test]
    fn evicts_what_was_hit_least_often() {
        evicts("hits", "b");
    }

    #[test]
    fn enforces_the_size() {
        let sandbox = configured("max_size = \"1MB\"");
        for number in 0..20 {
            let ran = sandbox.omoide(["seq", &(20000 + number).to_string()]).run();
            assert!(ran.status.success() && ran.err.is_empty(), "{ran:?}");
        }
        sandbox.omoide(["gc"]).run();
        let size: u64 = sandbox
            .stored("blobs")
            .iter()
            .map(|path| fs::metadata(path).expect("a file").len())
            .sum();
        assert!(size > 0 && size <= 1_000_000, "{size}");
        // What is larger than half of it isn't stored in the first place.
        sandbox.omoide(["seq", "100000"]).run();
        assert!(!sandbox.is_cached(["seq", "100000"]));
    }

    #[test]
    fn keeps_what_fits_within_a_small_size() {
        let sandbox = configured("max_size = \"256KiB\"");
        for number in 0..80 {
            sandbox.omoide(["echo", &number.to_string()]).run().prints(format!("{number}\n"));
        }
        sandbox.omoide(["gc"]).run();
        let entries = sandbox.stored("entries").len();
        assert!((10..80).contains(&entries), "{entries} entries");
        assert!(sandbox.is_cached(["echo", "79"]));
    }

    #[test]
    fn a_size_too_small_for_anything_is_refused() {
        let sandbox = configured("max_size = \"10KB\"");
        let ran = sandbox.omoide(["echo", "a"]).run();
        ran.warned_once();
        assert!(ran.err_text().contains("the least is 64KiB"), "{ran:?}");
        assert_eq!(ran.out_text(), "a\n");
    }

    #[test]
    fn happens_by_itself_when_a_limit_is_passed() {
        let sandbox = configured("max_entries = 10");
        for number in 0..40 {
            sandbox.omoide(["echo", &number.to_string()]).run();
        }
        sandbox.settle();
        let entries = sandbox.stored("entries").len();
        assert!(entries <= 20, "{entries} entries");
    }
}

/// A store that a later version of omoide made is neither read nor changed.
mod older_format {
    use super::*;

    /// A store of the former format; the file that its daemon holds.
    fn older(sandbox: &Sandbox) -> fs::File {
        let locks = sandbox.cache().join("v1/locks");
        fs::create_dir_all(&locks).expect("directories");
        fs::set_permissions(sandbox.cache(), PermissionsExt::from_mode(0o700)).expect("a mode");
        fs::File::create(locks.join("daemon")).expect("a file")
    }

    #[test]
    fn stays_beside_ours_until_nobody_holds_it() {
        let sandbox = Sandbox::new();
        let daemon = older(&sandbox);
        flock(&daemon, FlockOperation::LockExclusive).expect("a lock");
        sandbox.omoide(["echo", "x"]).run().prints("x\n");
        sandbox.settle();
        sandbox.omoide(["gc"]).run();
        assert!(sandbox.cache().join("v1/locks/daemon").exists());
        drop(daemon);
        sandbox.omoide(["gc"]).run();
        assert!(!sandbox.cache().join("v1").exists());
        assert!(sandbox.is_cached(["echo", "x"]));
    }

    #[test]
    fn goes_where_there_is_none_of_ours_yet() {
        let sandbox = Sandbox::new();
        drop(older(&sandbox));
        sandbox.omoide(["gc"]).run();
        let left = fs::read_dir(sandbox.cache()).expect("a directory").count();
        assert_eq!(left, 0);
    }
}

mod newer_format {
    use super::*;

    /// Every verb that goes through a store; ID stands for that of an entry.
    const VERBS: [&[&str]; 11] = [
        &["list"],
        &["list", "--json"],
        &["show", "ID"],
        &["stats"],
        &["gc"],
        &["check", "echo", "x"],
        &["explain", "echo", "x"],
        &["forget", "--all"],
        &["forget", "ID"],
        &["forget", "--expired", "--dry-run"],
        &["doctor", "--repair"],
    ];

    /// Names and content of all there is.
    fn everything(sandbox: &Sandbox) -> Vec<(std::path::PathBuf, Vec<u8>)> {
        let mut files = sandbox.stored(".");
        files.sort();
        files.into_iter().map(|path| (path.clone(), fs::read(path).expect("a file"))).collect()
    }

    #[track_caller]
    fn every_verb_refuses(sandbox: &Sandbox, id: &str) {
        sandbox.settle();
        let before = everything(sandbox);
        for verb in VERBS {
            let words: Vec<&str> =
                verb.iter().map(|word| if *word == "ID" { id } else { word }).collect();
            let error = fails(sandbox, &words);
            let is_clear = error.contains("newer format version 99; this omoide knows version 2");
            assert!(is_clear, "{words:?}: {error}");
        }
        let ran = sandbox.omoide(["doctor"]).run();
        assert_eq!(ran.status.code(), Some(1));
        assert!(ran.out_text().contains("newer format version 99"), "{ran:?}");
        assert_eq!(everything(sandbox), before);
    }

    #[test]
    fn in_the_folder_of_ours_is_refused_by_every_verb() {
        let sandbox = Sandbox::new();
        sandbox.omoide(["echo", "x"]).run().prints("x\n");
        let id = text(&only_entry(&sandbox), "id").to_owned();
        sandbox.settle();
        fs::write(sandbox.store("format"), "99\n").expect("written");
        every_verb_refuses(&sandbox, &id);
        sandbox.omoide(["--cached-only", "echo", "x"]).run().prints("x\n");
    }

    #[test]
    fn in_a_folder_of_its_own_is_refused_by_every_verb() {
        let sandbox = Sandbox::new();
        fs::create_dir_all(sandbox.cache().join("v99")).expect("folders");
        every_verb_refuses(&sandbox, "0123456789ab");
        let names: Vec<_> = fs::read_dir(sandbox.cache())
            .expect("a folder")
            .map(|found| found.expect("a name").file_name())
            .collect();
        assert_eq!(names, ["v99"]);
    }
}

mod doctor {
    use super::*;

    #[test]
    fn finds_nothing_wrong_with_what_is_well() {
        let sandbox = Sandbox::new();
        for words in [&["echo", "a"][..], &["seq", "20000"], &["echo", "a"]] {
            sandbox.omoide(words).run();
        }
        let ran = sandbox.omoide(["doctor"]).run();
        assert!(ran.status.success() && ran.err.is_empty(), "{ran:?}");
        assert!(ran.out_text().lines().all(|line| line.starts_with("ok ")), "{ran:?}");
        let report = sandbox.json(["doctor", "--json"]);
        assert_eq!(names(&report)[..3], ["schema", "ok", "checks"]);
        assert_eq!((&report["schema"], &report["ok"]), (&json!(1), &json!(true)));
        let names_of_check = names(&report["checks"][0]);
        assert_eq!(names_of_check, ["name", "ok", "detail"]);
    }

    /// It finds the harm, exits with status 1; repairs it, and finds nothing wrong then.
    #[track_caller]
    fn finds_and_repairs(what: &str, harm: impl FnOnce(&Sandbox)) {
        let sandbox = Sandbox::new();
        for words in [&["echo", "a"][..], &["seq", "20000"], &["echo", "a"]] {
            sandbox.omoide(words).run();
        }
        sandbox.omoide(["gc"]).run();
        harm(&sandbox);
        let ran = sandbox.omoide(["doctor"]).run();
        assert_eq!(ran.status.code(), Some(1), "{what}: {ran:?}");
        assert!(ran.out_text().lines().any(|line| line.starts_with("wrong ")), "{what}: {ran:?}");
        let report = sandbox.omoide(["doctor", "--json"]).run();
        assert_eq!((report.status.code(), &report.json()["ok"]), (Some(1), &json!(false)));
        sandbox.omoide(["doctor", "--repair"]).run();
        let ran = sandbox.omoide(["doctor"]).run();
        assert_eq!(ran.status.code(), Some(0), "{what}: {ran:?}");
        sandbox.omoide(["echo", "a"]).run().prints("a\n");
        sandbox.omoide(["echo", "new"]).run().prints("new\n");
    }

    #[test]
    fn a_damaged_entry() {
        finds_and_repairs("entry", |sandbox| {
            fs::write(&sandbox.stored("entries")[0], "garbage").expect("to write");
        });
    }

    #[test]
    fn a_missing_blob() {
        finds_and_repairs("blob", |sandbox| {
            fs::remove_file(sandbox.only_stored("blobs")).expect("to remove it");
        });
    }

    #[test]
    fn a_damaged_blob() {
        finds_and_repairs("blob", |sandbox| {
            let path = sandbox.only_stored("blobs");
            let mut bytes = fs::read(&path).expect("a file");
            bytes[1000] ^= 1;
            fs::write(&path, bytes).expect("to write");
        });
    }

    #[test]
    fn a_folder_that_others_can_write_to() {
        use std::os::unix::fs::PermissionsExt;
        finds_and_repairs("permissions", |sandbox| {
            let mode = fs::Permissions::from_mode(0o777);
            fs::set_permissions(sandbox.store(""), mode).expect("a mode");
        });
    }

    #[test]
    fn a_format_that_says_nothing() {
        finds_and_repairs("format", |sandbox| {
            fs::write(sandbox.store("format"), "damaged").expect("a file");
        });
    }

    #[test]
    fn a_place_that_cannot_be_looked_at_is_wrong() {
        let sandbox = Sandbox::new();
        let words = ["doctor", "--json", "--cache-dir", "/dev/full/x"];
        let ran = sandbox.omoide(words).run();
        assert_eq!(ran.status.code(), Some(1), "{ran:?}");
        let found = &ran.json()["checks"][0];
        assert_eq!((text(found, "name"), &found["ok"]), ("permissions", &false.into()), "{found}");
    }

    #[test]
    fn missing_entries_that_the_catalog_still_has() {
        let sandbox = Sandbox::new();
        let tick = sandbox.ticking("tick");
        sandbox.omoide(["tick"]).run().prints("run 1\n");
        sandbox.omoide(["gc"]).run();
        fs::remove_dir_all(sandbox.store("entries")).expect("to remove it");
        assert_eq!(sandbox.omoide(["doctor"]).run().status.code(), Some(1));
        sandbox.omoide(["doctor", "--repair"]).run();
        sandbox.omoide(["tick"]).run().prints("run 1\n");
        tick.ran(1);
    }

    #[test]
    fn a_catalog_that_is_gone_is_made_again() {
        let sandbox = Sandbox::new();
        for word in ["a", "a", "b"] {
            sandbox.omoide(["echo", word]).run();
        }
        sandbox.omoide(["gc"]).run();
        fs::remove_dir_all(sandbox.store("catalog")).expect("to remove it");
        assert_eq!(words_of(&listed(&sandbox, &[])), ["b", "a"]);
        assert_eq!(sandbox.omoide(["doctor"]).run().status.code(), Some(0));
    }

    #[test]
    fn a_catalog_that_is_damaged_is_made_again() {
        let sandbox = Sandbox::new();
        for word in ["a", "b"] {
            sandbox.omoide(["echo", word]).run();
        }
        sandbox.omoide(["gc"]).run();
        for path in sandbox.stored("catalog") {
            let mut bytes = fs::read(&path).expect("a file");
            bytes.fill(0xa5);
            fs::write(&path, bytes).expect("to write");
        }
        assert_eq!(words_of(&listed(&sandbox, &[])), ["b", "a"]);
        sandbox.omoide(["echo", "a"]).run().prints("a\n");
    }
}

mod check_and_explain {
    use super::*;

    #[test]
    fn check_says_whether_a_call_would_be_served() {
        let sandbox = Sandbox::new();
        let ran = sandbox.omoide(["check", "echo", "a"]).run();
        assert_eq!((ran.status.code(), ran.out_text().lines().count()), (Some(1), 1), "{ran:?}");
        sandbox.omoide(["echo", "a"]).run();
        let ran = sandbox.omoide(["check", "--ttl", "1h", "--", "echo", "a"]).run();
        assert_eq!((ran.status.code(), ran.out_text().lines().count()), (Some(0), 1), "{ran:?}");
        assert!(ran.out_text().starts_with("fresh, "), "{ran:?}");
        assert!(ran.out_text().contains("59m left"), "{ran:?}");
    }

    #[test]
    fn check_in_json() {
        let sandbox = Sandbox::new();
        let check = |options: &[&str]| {
            let words = [&["check", "--json"], options, &["--", "echo", "a"]].concat();
            sandbox.omoide(words).run()
        };
        let absent = check(&[]);
        assert_eq!((absent.status.code(), &absent.json()["state"]), (Some(1), &json!("absent")));
        assert_eq!(absent.json()["age_seconds"], Value::Null);
        sandbox.omoide(["echo", "a"]).run();
        let fresh = check(&[]);
        assert_eq!((fresh.status.code(), &fresh.json()["state"]), (Some(0), &json!("fresh")));
        let expired = check(&["--ttl", "1ns"]);
        assert_eq!((expired.status.code(), &expired.json()["state"]), (Some(1), &json!("expired")));
        let object = fresh.json();
        assert_eq!(object["schema"], 1);
        assert_eq!(object["id"], only_entry(&sandbox)["id"]);
        assert!(object["age_seconds"].as_f64().expect("a number") >= 0.0);
        assert!(!text(&object, "reason").is_empty());
    }

    #[test]
    fn check_neither_runs_nor_counts_nor_changes_anything() {
        let sandbox = Sandbox::new();
        let tick = sandbox.ticking("tick");
        sandbox.omoide(["check", "tick"]).run();
        tick.ran(0);
        sandbox.omoide(["tick"]).run();
        sandbox.omoide(["check", "--ttl", "1h", "--tag", "t", "tick"]).run();
        let entry = only_entry(&sandbox);
        assert_eq!((&entry["hits"], &entry["expires_at"]), (&json!(0), &Value::Null));
        assert_eq!(entry["tags"], json!([]));
    }

    #[test]
    fn check_reads_standard_input_where_the_call_would() {
        let sandbox = Sandbox::new();
        sandbox.omoide(["--stdin", "cat"]).stdin("a").run();
        let check = |input: &str| {
            sandbox.omoide(["check", "--stdin", "cat"]).stdin(input).run().status.code()
        };
        assert_eq!((check("a"), check("b")), (Some(0), Some(1)));
    }

    #[test]
    fn explain_names_every_part_of_the_key() {
        let sandbox = Sandbox::new();
        let words = ["explain", "--json", "--scope", "s", "--", "printf", "x"];
        let explained = sandbox.omoide(words).env("LESS", "-R").run().json();
        assert_eq!(explained["schema"], 1);
        assert_eq!(explained["state"], "absent");
        assert_eq!(explained["nearest"], Value::Null);
        let parts = explained["parts"].as_array().expect("parts");
        let value = |kind: &str, name: &str| {
            let part = parts.iter().find(|part| part["kind"] == kind && part["name"] == name);
            part.unwrap_or_else(|| panic!("{kind} {name} in {explained}")).clone()
        };
        assert_eq!(value("argument", "0")["value"], "printf");
        assert_eq!(value("argument", "1")["value"], "x");
        assert_eq!(value("program", "path")["value"], "/usr/bin/printf");
        assert_eq!(value("directory", "cwd")["value"], sandbox.work().to_str().expect("text"));
        let variable = value("variable", "LESS");
        assert_eq!(variable.get("value"), None);
        assert!(!text(&variable, "digest").is_empty());
        assert!(parts.iter().any(|part| part["value"] == "s"), "{explained}");
        assert!(!parts.iter().any(|part| part["name"] == "PWD"), "{explained}");
    }

    /// After a call in one environment, what `explain` says differs in another one.
    #[track_caller]
    fn differs(before: &[&str], after: &[&str]) -> Vec<(String, String)> {
        let sandbox = Sandbox::new();
        let in_environment = |words: &[&str], variables: &[&str]| {
            variables.iter().fold(sandbox.omoide(words), |call, variable| {
                let (name, value) = variable.split_once('=').expect("a variable");
                call.env(name, value)
            })
        };
        in_environment(&["echo", "a"], before).run();
        let explained = in_environment(&["explain", "--json", "echo", "a"], after).run().json();
        let differs = explained["nearest"]["differs"].as_array().expect("differences");
        differs
            .iter()
            .map(|part| (text(part, "kind").to_owned(), text(part, "name").to_owned()))
            .collect()
    }

    #[test]
    fn explain_names_the_variable_that_was_changed_added_or_removed() {
        let variable = [("variable".to_owned(), "X".to_owned())];
        assert_eq!(differs(&["X=1"], &["X=2"]), variable);
        assert_eq!(differs(&[], &["X=2"]), variable);
        assert_eq!(differs(&["X=1"], &[]), variable);
    }

    #[test]
    fn explain_names_the_nearest_entry() {
        let sandbox = Sandbox::new();
        sandbox.omoide(["echo", "a"]).env("X", "1").env("Y", "1").run();
        sandbox.omoide(["echo", "a"]).env("X", "1").env("Y", "2").run();
        let explain =
            sandbox.omoide(["explain", "--json", "echo", "a"]).env("X", "2").env("Y", "2");
        let nearest = &explain.run().json()["nearest"];
        assert_eq!(nearest["command"], json!(["echo", "a"]));
        assert_eq!(nearest["differs"].as_array().expect("parts").len(), 1, "{nearest}");
        assert_eq!(nearest["differs"][0]["name"], "X");
    }

    #[test]
    fn explain_says_why_it_would_be_a_miss_in_words() {
        let sandbox = Sandbox::new();
        sandbox.omoide(["echo", "a"]).run();
        let ran = sandbox.omoide(["explain", "--ttl", "1ns", "echo", "a"]).run();
        assert!(ran.out_text().contains("expired"), "{ran:?}");
        let ran = sandbox.omoide(["explain", "echo", "b"]).run();
        assert!(ran.out_text().contains("nearest"), "{ran:?}");
    }
}

mod config {
    use super::*;

    fn configure(sandbox: &Sandbox, text: &str) {
        let folder = sandbox.home().join(".config/omoide");
        fs::create_dir_all(&folder).expect("a folder");
        fs::write(folder.join("config.toml"), text).expect("a file");
    }

    #[test]
    fn path_names_the_users_file() {
        let sandbox = Sandbox::new();
        let path = sandbox.home().join(".config/omoide/config.toml");
        sandbox.omoide(["config", "path"]).run().prints(format!("{}\n", path.display()));
        let call = sandbox.omoide(["config", "path"]).env("OMOIDE_CONFIG", "/some/where.toml");
        call.run().prints("/some/where.toml\n");
    }

    #[test]
    fn a_rule_decides_where_no_option_does() {
        let sandbox = Sandbox::swept();
        sandbox.ticking("tick");
        configure(&sandbox, "[[rule]]\ncommand = \"tick **\"\nttl = \"1ns\"\ntags = [\"t\"]\n");
        sandbox.omoide(["tick", "a"]).run().prints("run 1\n");
        sandbox.omoide(["tick", "a"]).run().prints("run 2\n");
        sandbox.omoide(["--ttl", "1h", "tick", "a"]).run().prints("run 2\n");
        sandbox.omoide(["tick", "a"]).env("OMOIDE_TTL", "1h").run().prints("run 2\n");
        assert_eq!(words_of(&listed(&sandbox, &["--tag", "t"])), ["a"]);
    }

    #[test]
    fn the_projects_rule_goes_before_the_users() {
        let sandbox = Sandbox::new();
        sandbox.ticking("tick");
        configure(&sandbox, "[defaults]\nttl = \"1h\"\n");
        sandbox.write(".omoide.toml", "[[rule]]\ncommand = \"tick\"\nttl = \"1ns\"\n");
        sandbox.omoide(["tick"]).run().prints("run 1\n");
        sandbox.omoide(["tick"]).run().prints("run 2\n");
    }

    #[test]
    fn a_bad_file_is_told_with_file_line_and_the_nearest_name() {
        let sandbox = Sandbox::new();
        configure(&sandbox, "[store]\nmax_entries = 5\nmax_sise = \"1GiB\"\n");
        let said = fails(&sandbox, &["config", "check"]);
        for word in ["config.toml", ":3", "max_sise", "max_size"] {
            assert!(said.contains(word), "{word}: {said}");
        }
    }

    #[test]
    fn with_a_bad_file_the_command_runs_without_the_cache() {
        let sandbox = Sandbox::new();
        configure(&sandbox, "[defaults]\nttl = \"soon\"\n");
        let ran = sandbox.omoide(["sh", "-c", "echo out; exit 3"]).run();
        assert_eq!((ran.out_text().as_str(), ran.status.code()), ("out\n", Some(3)));
        ran.warned_once();
        assert!(!sandbox.cache().exists());
    }

    #[test]
    fn show_says_where_each_value_comes_from() {
        let sandbox = Sandbox::new();
        configure(&sandbox, "[store]\nmax_entries = 5\n");
        let said = sandbox.omoide(["config", "show", "--origin"]).run().out_text();
        let of = |name: &str| {
            said.lines().find(|line| line.starts_with(name)).unwrap_or_else(|| panic!("{said}"))
        };
        assert!(of("max_entries").starts_with("max_entries = 5"), "{said}");
        assert!(of("max_entries").contains("config.toml"), "{said}");
        assert!(of("max_size").contains("default"), "{said}");
    }

    #[test]
    fn check_says_that_nothing_is_wrong() {
        let sandbox = Sandbox::new();
        configure(&sandbox, "[store]\nmax_entries = 5\n");
        let ran = sandbox.omoide(["config", "check"]).run();
        assert!(ran.status.success() && ran.err.is_empty(), "{ran:?}");
    }
}

mod generated {
    use super::*;

    #[test]
    fn completions_for_each_shell() {
        let sandbox = Sandbox::new();
        for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
            let ran = sandbox.omoide(["completions", shell]).run();
            assert!(ran.status.success() && ran.err.is_empty(), "{ran:?}");
            assert!(ran.out_text().contains("failure-ttl"), "{shell}");
        }
    }

    #[test]
    fn bash_takes_its_completions() {
        let sandbox = Sandbox::new();
        let line = "source <(omoide completions bash) && complete -p omoide";
        let ran = sandbox.bare(["bash", "-c", line]).run();
        assert!(ran.status.success(), "{ran:?}");
    }

    #[test]
    fn a_manual_page_for_each_subcommand() {
        let sandbox = Sandbox::new();
        let main = sandbox.omoide(["man"]).run().out_text();
        assert!(main.contains(".TH OMOIDE 1"), "{main}");
        sandbox.omoide(["man", "--dir", "pages"]).run().prints("");
        for name in ["omoide.1", "omoide-list.1", "omoide-forget.1", "omoide-config-show.1"] {
            assert!(sandbox.path("pages").join(name).is_file(), "{name}");
        }
    }

    #[test]
    fn help_and_version_go_to_standard_output() {
        let sandbox = Sandbox::new();
        for words in [&["--help"][..], &["--version"], &["run", "--help"], &["list", "--help"]] {
            let ran = sandbox.omoide(words).run();
            assert!(ran.status.success() && ran.err.is_empty(), "{words:?} {ran:?}");
            assert!(!ran.out.is_empty());
        }
    }
}
