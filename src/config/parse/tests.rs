use std::time::Duration;

use proptest::prelude::*;

use super::super::keys::{Key, SECTIONS};
use super::super::schema::{ProgramMode, Settings};
use super::*;
use crate::model::policy::{Evict, Limits, OnExpired};

mod values;

const HOME: &str = "/home/u";

fn parse_as(whose: Whose<'_>, text: &str) -> (Source, Vec<String>) {
    let (source, problems) = parse(Path::new("c.toml"), text.as_bytes(), whose, Rules::All);
    (source, problems.iter().map(Problem::to_string).collect())
}

fn user(text: &str) -> (Source, Vec<String>) {
    let home = Some(OsStr::new(HOME));
    parse_as(Whose::User { home }, text)
}

fn good(text: &str) -> Source {
    let (source, problems) = user(text);
    assert_eq!(problems, [""; 0], "{text}");
    source
}

fn refused(text: &str, expected: &[&str]) {
    let (_, problems) = user(text);
    assert_eq!(problems, expected, "{text}");
}

/// Calls `check` with the header of each section, its keys, and where it is.
fn each_key(check: impl Fn(&str, &str, &str, &str)) {
    for key in STORE {
        check("[store]", key.name, key.example, key.what);
    }
    for key in DAEMON {
        check("[daemon]", key.name, key.example, key.what);
    }
    for key in SETTINGS {
        check("[defaults]", key.name, key.example, key.what);
        check("[[rule]]\ncommand = \"x\"", key.name, key.example, key.what);
    }
    check("[[rule]]", COMMAND_KEY, COMMAND.example, COMMAND.what);
}

fn named<S>(keys: &[Key<S>], values: &S) -> Vec<(&'static str, String)> {
    keys.iter().filter_map(|key| Some((key.name, (key.show)(values)?))).collect()
}

#[test]
fn every_key_fills_its_own_field_and_remembers_its_line() {
    each_key(|header, key, example, _| {
        let source = good(&format!("{header}\n{key} = {example}\n"));
        let shown = example.replace('~', HOME);
        let line = header.lines().count() + 1;
        let mut found = named(STORE, &source.store.values);
        found.extend(named(DAEMON, &source.daemon.values));
        found.extend(named(SETTINGS, &source.defaults.values));
        let sections = [&source.store.lines, &source.daemon.lines, &source.defaults.lines];
        let mut lines: Vec<usize> = sections.iter().filter_map(|lines| lines.get(key)).collect();
        for rule in &source.rules {
            found.extend(named(SETTINGS, &rule.section.values));
            lines.extend(rule.section.lines.get(key));
            if key == COMMAND_KEY {
                found.push((COMMAND_KEY, (COMMAND.show)(&rule.command)));
                lines.push(rule.line);
            }
        }
        assert_eq!(found.len(), 1, "{key}");
        assert_eq!(found[0], (found[0].0, shown));
        assert_eq!(found[0].0, key);
        assert_eq!(lines, [line], "{key}");
    });
}

#[test]
fn every_key_refuses_another_type() {
    each_key(|header, key, example, what| {
        let line = header.lines().count() + 1;
        let problem = format!("c.toml:{line}: {key}: expected {what} like {example}, found a date");
        refused(&format!("{header}\n{key} = 1979-05-27\n"), &[&problem]);
    });
}

#[test]
fn every_mistyped_key_is_met_with_the_right_one() {
    each_key(|header, key, example, _| {
        let line = header.lines().count() + 1;
        let place = SECTIONS.iter().find(|(_, place)| header.starts_with(place));
        let place = place.expect("the header of a section").1;
        let last = key.len() - 1;
        let dropped = format!("{}{}", &key[..last - 1], &key[last..]);
        let swapped = format!("{}{}{}", &key[..last - 1], &key[last..], &key[last - 1..last]);
        for typed in [dropped, swapped, format!("{key}s"), key.to_uppercase()] {
            let text = format!("{header}\n{typed} = {example}\n");
            let (_, problems) = user(&text);
            let expected =
                format!("c.toml:{line}: unknown key `{typed}` in {place}; did you mean `{key}`?");
            assert!(problems.contains(&expected), "{text}{problems:?}");
        }
    });
}

#[test]
fn a_whole_file_is_read() {
    let source = good(
        r#"
[store]
max_size = "2GiB"
max_entries = 1_000
evict = "hits"
keep_expired = "1d"
dir = "/var/cache/mine"

[defaults]
ttl = "1h"
on_expired = "serve"

[[rule]]
command = "kubectl  get **"
env = ["KUBECONFIG", "HOME"]
program = "content"
max_output = 4096

[[rule]]
command = "date"
env = []
any_dir = false
"#,
    );
    assert_eq!(
        source.store.values.limits(),
        Limits {
            max_size: 2 << 30,
            max_entries: 1000,
            evict: Evict::Hits,
            keep_expired: Duration::from_hours(24),
        }
    );
    assert_eq!(source.store.values.dir, Some("/var/cache/mine".into()));
    let defaults = &source.defaults.values.policy;
    assert_eq!(defaults.ttl, Some(Duration::from_hours(1)));
    assert_eq!(defaults.on_expired, Some(OnExpired::Serve));
    assert_eq!(source.rules[0].command, ["kubectl", "get", "**"]);
    assert_eq!(source.rules[0].line, 14);
    let kubectl = &source.rules[0].section.values;
    let names = ["KUBECONFIG", "HOME"].map(str::to_owned);
    assert_eq!(kubectl.env.as_deref(), Some(&names[..]));
    assert_eq!(kubectl.program, Some(ProgramMode::Content));
    assert_eq!(kubectl.max_output, Some(4096));
    let date = Settings { env: Some(Vec::new()), any_dir: Some(false), ..Settings::default() };
    assert_eq!(source.rules[1].section.values, date);
}

#[test]
fn an_empty_file_says_nothing() {
    for text in ["", "\n# only a comment\r\n", "\u{feff}", "[store]\n[defaults]\n", "rule = []"] {
        let source = good(text);
        assert_eq!(source.store.values.limits(), Limits::default());
        assert_eq!(source.defaults.values, Settings::default());
        assert_eq!(source.rules, []);
    }
}

#[test]
fn what_stands_in_the_wrong_place_is_sent_to_the_right_one() {
    let cases = [
        (
            "ttl = \"1h\"",
            "unknown key `ttl` outside any section; it belongs in [defaults] or [[rule]]",
        ),
        (
            "[defaults]\nmax_size = \"1GiB\"",
            "unknown key `max_size` in [defaults]; it belongs in [store]",
        ),
        (
            "[defaults]\ncommand = \"x\"",
            "unknown key `command` in [defaults]; it belongs in [[rule]]",
        ),
        ("[stor]", "unknown section [stor]; did you mean [store]?"),
        ("[[rules]]\ncommand = \"x\"", "unknown section [rules]; did you mean [[rule]]?"),
        ("[server]", "unknown section [server]"),
        ("[daemons]", "unknown section [daemons]; did you mean [daemon]?"),
        ("[store]\njobs = 2", "unknown key `jobs` in [store]; it belongs in [daemon]"),
        ("colour = []", "unknown key `colour` outside any section"),
        ("[rule]\ncommand = \"x\"", "rule must be written as [[rule]]"),
        ("rule = [1]", "rule must be written as [[rule]]"),
        ("[[store]]", "store must be written as [store]"),
        ("defaults = true", "defaults must be written as [defaults]"),
        ("[defaults]\nvelocity = \"1h\"", "unknown key `velocity` in [defaults]"),
        ("[defaults.ttl]", "ttl: expected a duration like \"1h30m\", found a table"),
        ("[defaults]\n\"\\u001b[31m\" = 1", "unknown key `\\x1b[31m` in [defaults]"),
    ];
    for (text, expected) in cases {
        let (_, problems) = user(text);
        assert_eq!(problems.len(), 1, "{text}: {problems:?}");
        let (_, said) = problems[0].split_once(": ").expect("a place");
        assert_eq!(said, expected, "{text}");
    }
}

#[test]
fn everything_wrong_is_collected_in_the_order_of_the_file() {
    refused(
        "tll = 1\n[store]\nevict = 1\n[[rule]]\n[[rule]]\ncommand = \"x\"\ntags = [\n  \"a\",\n  2,\n]\nidle = \"1x\"\n[defaults]\nttl = 5\n",
        &[
            "c.toml:1: unknown key `tll` outside any section",
            "c.toml:3: evict: expected a string like \"accessed\", found an integer",
            "c.toml:4: [[rule]] names no command; write it like command = \"kubectl get **\"",
            "c.toml:9: tags: expected strings only, found an integer",
            "c.toml:11: idle: \"1x\" is not a duration; write it like 90s, 5m, 1h30m, 7d or 250ms",
            "c.toml:13: ttl: expected a duration like \"1h30m\", found an integer",
        ],
    );
}

#[test]
fn what_is_right_beside_what_is_wrong_is_kept() {
    let (source, problems) =
        user("[defaults]\nttl = \"1h\"\nidle = 3\n[[rule]]\ncommand = \"x\"\n");
    assert_eq!(problems.len(), 1);
    assert_eq!(named(SETTINGS, &source.defaults.values).len(), 1);
    assert_eq!(source.rules.len(), 1);
}

#[test]
fn what_is_no_toml_is_reported_line_by_line_and_not_read_further() {
    refused(
        "[defaults]\nttl = 5x\nfoo = 1\nidle = \"1h\nttl = \"1h\"\n",
        &[
            "c.toml:2: not valid TOML at `5x`: string values must be quoted, expected literal string",
            "c.toml:4: not valid TOML: invalid basic string, expected `\"`",
            "c.toml:5: not valid TOML at `ttl`: duplicate key",
        ],
    );
}

#[test]
fn bytes_that_are_no_text_are_located() {
    let whose = Whose::Project;
    let (_, problems) = parse(Path::new("/p/.omoide.toml"), b"# a\n# \xff\n", whose, Rules::All);
    assert_eq!(problems.len(), 1);
    assert_eq!(problems[0].to_string(), "/p/.omoide.toml:2: not UTF-8");
}

#[test]
fn a_project_says_nothing_about_the_store() {
    for text in ["[store]\nmax_size = \"1GiB\"\n", "store = 1", "[[store]]"] {
        let (source, problems) = parse_as(Whose::Project, text);
        let expected =
            "c.toml:1: [store] can't stand in a project's file; it belongs in your own config.toml";
        assert_eq!(problems, [expected]);
        assert_eq!(source.store, Section::default());
    }
    let text = "[defaults]\nttl = \"1h\"\n[[rule]]\ncommand = \"x\"\n";
    let (source, problems) = parse_as(Whose::Project, text);
    assert_eq!(problems, [""; 0]);
    assert_eq!((named(SETTINGS, &source.defaults.values).len(), source.rules.len()), (1, 1));
}

proptest! {
    #[test]
    fn arbitrary_bytes_are_read_or_refused(content: Vec<u8>) {
        let _ = parse(Path::new("x"), &content, Whose::Project, Rules::All);
    }

    #[test]
    fn arbitrary_text_is_read_or_refused_with_lines_that_exist(text: String) {
        let (_, problems) = parse(Path::new("x"), text.as_bytes(), Whose::User { home: None }, Rules::All);
        let lines = text.matches('\n').count() + 1;
        for problem in problems {
            let line = problem.line.expect("a line");
            prop_assert!((1..=lines).contains(&line), "{problem}");
        }
    }

    #[test]
    fn what_looks_like_a_configuration_is_read_or_refused_in_one_line_each(
        lines in proptest::collection::vec(
            "(\\[\\[?(store|defaults|rule|x)\\]?\\]|(ttl|env|command|dir|tags|evict|x\\.y|\"\") ?= ?(\"[~/*a-z0-9\\\\]{0,9}\"|\\[\"a\",? ?[1\"]|-?[0-9]{1,25}|\\{a ?= ?1\\}|true|'''|))",
            0..12,
        ),
    ) {
        let (_, problems) = user(&lines.join("\n"));
        for problem in problems {
            prop_assert!(!problem.contains('\n'), "{problem}");
        }
    }
}
