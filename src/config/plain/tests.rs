use std::ffi::OsStr;

use proptest::prelude::*;

use super::super::parse::whole;
use super::*;
use crate::model::glob;

/// Whether a text is plain; that it is read as the authority reads it, and that a file is right or
/// wrong whichever of its rules are asked for.
#[track_caller]
fn is_plain(text: &str) -> bool {
    let path = Path::new("c.toml");
    let mut is_plain = false;
    for whose in [Whose::User { home: Some(OsStr::new("/home/u")) }, Whose::Project] {
        let all = parse(path, text, whose, Rules::All);
        for command in [&[&b"a"[..]][..], &[b"b", b"c"], &[b"no rule is for it"]] {
            let asked = parse(path, text, whose, Rules::Of(command));
            assert_eq!(asked, all.clone().map(|all| only_for(command, all)), "{text:?}");
        }
        let Some(plain) = all else { continue };
        let (source, problems) = whole(path, text.as_bytes(), whose);
        assert!(problems.is_empty(), "{text:?}: {}", problems[0]);
        assert_eq!(plain, source, "{text:?}");
        is_plain = true;
    }
    is_plain
}

/// The same less the rules for other commands.
fn only_for(command: &[&[u8]], mut source: Source) -> Source {
    source.rules.retain(|rule| glob::matches_words(&rule.command, command));
    source
}

#[test]
fn what_people_write_is_plain() {
    let files = [
        "",
        "# nothing\n\n",
        "[defaults]\nttl = \"1h\" # an hour\nany_dir = true",
        "\t[[rule]] # first\ncommand = 'kubectl get **'\ntags=[\"k8s\",\"slow\"]\n\n\
         [[rule]]\nenv = [\n  # why\n  \"A\", 'B' , # and\n]\nenv_exclude = []\ncommand = \"é\"\n",
        "[store]\nmax_entries = 100000\ndir = \"~/x\"\n[daemon]\njobs = 2\n[defaults]\n",
        "[store]\nmax_size = \"1GiB\"\ndir = '/x'",
    ];
    for file in files {
        assert!(is_plain(file), "{file}");
    }
}

#[test]
fn the_rest_is_left_to_the_whole_parser() {
    let texts = [
        "a = 1",
        "[defaults]\nnonsense = true",
        "[defaults]\nttl = 'soon'",
        "[defaults]\nttl = true",
        "[defaults]\nscope = \"\\t\"",
        "[defaults]\nscope = \"\"\"x\"\"\"",
        "[defaults]\nscope = '''x'''",
        "[defaults]\nscope = \"a\"b",
        "[defaults]\nscope = \"a\" \"b\"",
        "[defaults]\nscope = \"a",
        "[defaults]\n\"scope\" = \"a\"",
        "[defaults]\nscope.x = \"a\"",
        "[defaults]\nscope = \"a\"\nscope = \"a\"",
        "[defaults]\nscope = \"a\"\r\n",
        "[defaults]\nscope = \"\0\"",
        "[defaults]\nscope =",
        "[defaults]\nscope",
        "[defaults] scope = \"a\"",
        "[defaults]\n[defaults]",
        "[defaults]\n[[rule]]\n[defaults]",
        "[[defaults]]",
        "[rule]",
        "[stor]",
        "[[rule]]\n[rule]",
        "[[rule]]\nttl = '1h'",
        "[[rule]]\ncommand = 'a'\ncommand = 'a'",
        "[[rule]\ncommand = 'a'",
        "rule = []\n[[rule]]\ncommand = 'a'",
        "[store.x]",
        "[store]\nmax_entries = 0x10",
        "[store]\nmax_entries = 1_000",
        "[store]\nmax_entries = 1.5",
        "[store]\nmax_entries = 007",
        "[store]\nmax_entries = 2020-01-01",
        "[store]\nmax_entries = {}",
        "[store]\nmax_entries = 99999999999999999999",
        "[defaults]\ntags = [[\"a\"]]",
        "[defaults]\ntags = [\"a\" \"b\"]",
        "[defaults]\ntags = [,]",
        "\u{feff}[defaults]",
    ];
    for text in texts {
        assert!(!is_plain(text), "{text}");
    }
    let homeless = Whose::User { home: None };
    assert_eq!(parse(Path::new("c"), "[store]\ndir = '~/x'", homeless, Rules::All), None);
    assert_eq!(parse(Path::new("c"), "[store]", Whose::Project, Rules::All), None);
}

proptest! {
    #[test]
    fn both_read_the_same(pieces in prop::collection::vec(piece(), 0..24)) {
        is_plain(&pieces.concat());
    }

    #[test]
    fn both_read_the_same_of_files(lines in prop::collection::vec(line(), 0..12)) {
        is_plain(&lines.join("\n"));
    }
}

fn piece() -> impl Strategy<Value = &'static str> {
    prop::sample::select(
        &[
            "\n",
            "\n",
            "\n",
            " ",
            "\t",
            "#",
            "=",
            "scope = ",
            "ttl = \"5m\"\n",
            "env = [",
            "]",
            "[",
            ",",
            "1",
            "90",
            "007",
            "-1",
            "1_0",
            "1.0",
            "2020-01-01",
            "true",
            "false",
            "nan",
            "\"x\"",
            "\"\"",
            "''",
            "'y'",
            "\"é\"",
            "\\",
            "\"",
            "'",
            "[defaults]\n",
            "[[rule]]\n",
            "[[rule]]\ncommand = 'x **'\n",
            "[store]",
            "{",
            "}",
            "a",
            "-",
            ".",
            "\r\n",
            "\0",
            "\u{7f}",
            "\u{feff}",
            "\u{85}",
        ][..],
    )
}

fn line() -> impl Strategy<Value = &'static str> {
    prop::sample::select(
        &[
            "",
            "# x",
            "[defaults]",
            "[store] # y",
            "[daemon]",
            "[[rule]]",
            "[[rule]]\ncommand = 'a'",
            "[[rule]]\ncommand = \"b **\"",
            "command = 'c'",
            "ttl = '5m'",
            "idle = \"1h\" # z",
            "stale_if_error = true",
            "watch = false",
            "tags = ['a', \"b\",]",
            "env = [\n'A' # w\n,\n]",
            "env_exclude = []",
            "max_output = 1000",
            "max_output = '1KiB'",
            "input = ['src/**']",
            "scope = 'é'",
            "program = 'path'",
            "on_expired = \"serve\"",
            "max_entries = 5",
            "max_entries = 0",
            "dir = '~/x'",
            "evict = 'hits'",
            "jobs = 2",
            "timeout = '1m'",
            "nonsense = 1",
            "scope = 5",
        ][..],
    )
}
