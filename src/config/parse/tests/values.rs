//! What is refused as a value, and how that is said.

use super::*;

#[test]
fn bad_values_are_refused_with_what_would_be_right() {
    let cases = [
        (
            r#"ttl = "5x""#,
            r#"ttl: "5x" is not a duration; write it like 90s, 5m, 1h30m, 7d or 250ms"#,
        ),
        (r#"ttl = "90""#, r#"ttl: "90": the unit is missing; write 90s, 90m or 90h"#),
        ("ttl = 90", r#"ttl: expected a duration like "1h30m", found an integer"#),
        (
            r#"timeout = "0s""#,
            r#"timeout: "0s": a duration can't be zero; write it like 90s, 5m, 1h30m, 7d or 250ms"#,
        ),
        (
            r#"max_output = "much""#,
            r#"max_output: "much" is not a size; write it like 64KiB, 10MB or 1GiB"#,
        ),
        ("max_output = -1", "max_output: -1 is not positive"),
        (
            r#"on_expired = "server""#,
            r#"on_expired: "server" is not one of "recompute", "serve"; did you mean "serve"?"#,
        ),
        (r#"program = "sha""#, r#"program: "sha" is not one of "stat", "content", "path""#),
        (r#"any_dir = "yes""#, "any_dir: expected a boolean like true, found a string"),
        (
            r#"env = "HOME""#,
            r#"env: expected an array of strings like ["HOME", "AWS_*"], found a string"#,
        ),
        (r#"env = ["HOME", 1]"#, "env: expected strings only, found an integer"),
        (r#"env = [""]"#, r#"env: "" is empty; leave it out"#),
        (r#"env = ["A,B"]"#, r#"env: "A,B": write each pattern as a string of its own"#),
        (r#"env_exclude = ["A=1"]"#, r#"env_exclude: "A=1": name the variable without a value"#),
        (r#"scope = """#, r#"scope: "" is empty; leave it out"#),
        (r#"scope = "a\u0000b""#, "scope: \"a\\x00b\": no command, variable or path holds a NUL"),
        (r#"tags = ["a", ""]"#, r#"tags: "" is empty; leave it out"#),
    ];
    for (line, expected) in cases {
        refused(&format!("[defaults]\n{line}\n"), &[&format!("c.toml:2: {expected}")]);
    }
}

#[test]
fn bad_values_of_the_store_are_refused() {
    let cases = [
        (
            r#"evict = "acessed""#,
            r#"evict: "acessed" is not one of "accessed", "computed", "hits"; did you mean "accessed"?"#,
        ),
        (r#"max_size = "63KiB""#, "max_size: 63KiB is too small; the least is 64KiB"),
        ("max_size = 1000", "max_size: 1kB is too small; the least is 64KiB"),
        (r#"max_size = "0""#, r#"max_size: "0": a size can't be zero"#),
        ("max_entries = 0", "max_entries: 0 is not positive"),
        ("max_entries = -0x5", "not valid TOML"),
        (
            "max_entries = 99999999999999999999999999999999999999999",
            "max_entries: 99999999999999999999999999999999999999999 is too large",
        ),
        ("max_entries = 9223372036854775808", "max_entries: 9223372036854775808 is too large"),
        ("max_entries = 1e5", "max_entries: expected a number like 100000, found a float"),
        (r#"dir = "cache""#, r#"dir: "cache": write it from / or from ~/"#),
        (r#"dir = "~""#, r#"dir: "~": write it from / or from ~/"#),
        (r#"dir = "~other/x""#, r#"dir: "~other/x": write it from / or from ~/"#),
    ];
    for (line, expected) in cases {
        let (_, problems) = user(&format!("[store]\n{line}\n"));
        assert_eq!(problems.len(), 1, "{line}");
        let start = format!("c.toml:2: {expected}");
        assert!(problems[0].starts_with(&start), "{line}: {problems:?}");
    }
    let largest = good("[store]\nmax_entries = 0x7fff_ffff_ffff_ffff\n");
    assert_eq!(largest.store.values.max_entries, Some(i64::MAX as u64));
}

#[test]
fn a_home_is_needed_for_what_is_below_it() {
    let text = "[store]\ndir = \"~/x\"\n";
    assert_eq!(good(text).store.values.dir, Some("/home/u/x".into()));
    for home in [None, Some(OsStr::new("")), Some(OsStr::new("here"))] {
        let (source, problems) = parse_as(Whose::User { home }, text);
        let expected = "c.toml:2: dir: HOME is not set, so ~ names no folder";
        assert_eq!(problems, [expected]);
        assert_eq!(source.store, Section::default());
    }
}

#[test]
fn rules_name_a_command() {
    let cases = [
        (
            "ttl = \"1s\"",
            "c.toml:1: [[rule]] names no command; write it like command = \"kubectl get **\"",
        ),
        ("command = \" \\t\"", "c.toml:2: command: is empty; write ** for every command"),
        (
            "command = \"a ** b\"",
            "c.toml:2: command: \"a ** b\": ** stands for the rest: as the last word, and alone",
        ),
        (
            "command = \"a b**\"",
            "c.toml:2: command: \"a b**\": ** stands for the rest: as the last word, and alone",
        ),
        (
            "command = \"***\"",
            "c.toml:2: command: \"***\": ** stands for the rest: as the last word, and alone",
        ),
        (
            "command = [\"a\", \"b\"]",
            "c.toml:2: command: expected a string like \"kubectl get **\", found an array",
        ),
    ];
    for (line, expected) in cases {
        let (source, problems) = user(&format!("[[rule]]\n{line}\n"));
        assert_eq!(problems, [expected], "{line}");
        assert_eq!(source.rules, [], "{line}");
    }
}
