use std::path::{Path, PathBuf};

use super::super::parse::{Whose, parse};
use super::super::project::{Distrust, Skipped};
use super::super::schema::Rules;
use super::*;

const USER: &str = r#"
[defaults]
ttl = "90m"
[store]
max_size = "2048 MiB"
dir = "/var/cache/x"
[[rule]]
command = "kubectl   get **"
env = []
tags = ["k8s", "\u001b[31m \"q\""]
any_dir = true
"#;

const PROJECT: &str = r#"
[defaults]
ttl = "1d"
[[rule]]
command = "make *"
ttl = "5m"
"#;

const SHOWN: &str = r#"[store]
max_size = "2GiB" # /u.toml:5
max_entries = 100000 # default
evict = "accessed" # default
keep_expired = "7d" # default
dir = "/var/cache/x" # /u.toml:6

[defaults]
ttl = "1h30m" # /u.toml:3

[[rule]]
command = "make *" # /p.toml:5
ttl = "5m" # /p.toml:6

[[rule]]
command = "**" # [defaults] of /p.toml
ttl = "1d" # /p.toml:3

[[rule]]
command = "kubectl get **" # /u.toml:8
tags = ["k8s", "\u001B[31m \"q\""] # /u.toml:10
env = [] # /u.toml:9
any_dir = true # /u.toml:11
"#;

fn source(path: &str, whose: Whose<'_>, text: &str) -> Source {
    let (source, problems) = parse(Path::new(path), text.as_bytes(), whose, Rules::All);
    assert_eq!(problems, [], "{text}");
    source
}

fn user(path: &str, text: &str) -> Source {
    source(path, Whose::User { home: None }, text)
}

fn both() -> Config {
    Config {
        user: Some(user("/u.toml", USER)),
        project: Some(source("/p.toml", Whose::Project, PROJECT)),
        skipped: None,
    }
}

#[test]
fn every_value_is_shown_with_its_origin_where_asked() {
    assert_eq!(both().show(true), SHOWN);
    let plain: String = SHOWN
        .lines()
        .map(|line| line.split(" # ").next().unwrap_or("").to_owned() + "\n")
        .collect();
    assert_eq!(both().show(false), plain);
}

#[test]
fn what_is_shown_says_the_same_when_read_as_the_users_file() {
    let both = both();
    for origins in [false, true] {
        let shown =
            Config { user: Some(user("/shown.toml", &both.show(origins))), ..Config::default() };
        assert_eq!(shown.limits(), both.limits());
        assert_eq!(shown.cache_dir(), both.cache_dir());
        for command in ["date", "make x", "make x y", "kubectl get", "kubectl get pods"] {
            let words: Vec<&str> = command.split(' ').collect();
            let (expected, got) = (both.resolve(&words), shown.resolve(&words));
            assert_eq!(got.settings, expected.settings, "{command}");
        }
    }
}

#[test]
fn every_key_is_shown_and_reads_back() {
    let settings = SETTINGS.iter().map(|key| format!("{} = {}\n", key.name, key.example));
    let store = STORE.iter().filter(|key| key.name != "dir");
    let store = store.map(|key| format!("{} = {}\n", key.name, key.example));
    let daemon = DAEMON.iter().map(|key| format!("{} = {}\n", key.name, key.example));
    let text = format!(
        "[store]\n{}\n[daemon]\n{}\n[defaults]\n{}",
        store.collect::<String>(),
        daemon.collect::<String>(),
        settings.collect::<String>()
    );
    let config = Config { user: Some(user("/u.toml", &text)), ..Config::default() };
    assert_eq!(config.show(false), text);
}

#[test]
fn without_files_the_defaults_of_the_store_are_shown() {
    let shown = Config::default().show(false);
    let expected = "[store]\nmax_size = \"10GiB\"\nmax_entries = 100000\nevict = \"accessed\"\nkeep_expired = \"7d\"\n";
    assert_eq!(shown, expected);
}

#[test]
fn an_ignored_file_is_mentioned_and_cannot_break_out_of_its_comment() {
    let config = Config {
        skipped: Some(Skipped {
            path: PathBuf::from("/a\n[defaults]\x1b/.omoide.toml"),
            why: Distrust::Owner(7),
        }),
        ..Config::default()
    };
    let shown = config.show(false);
    assert!(shown.starts_with(
        "# /a\\n[defaults]\\x1b/.omoide.toml is ignored: it belongs to another user (uid 7)\n\n[store]\n"
    ));
    user("/shown.toml", &shown);
}
