use std::time::Duration;

use super::super::parse::{Whose, parse};
use super::super::schema::Rules;
use super::*;

const USER: &str = r#"
[defaults]
ttl = "1h"
idle = "1m"
scope = "mine"

[[rule]]
command = "kubectl get **"
ttl = "30s"
tags = ["get"]

[[rule]]
command = "kubectl **"
ttl = "40s"
tags = ["k8s"]
env = ["KUBECONFIG"]
timeout = "5s"
"#;

const PROJECT: &str = r#"
[defaults]
timeout = "9s"
idle = "2m"

[[rule]]
command = "kubectl * pods"
ttl = "10s"
"#;

fn source(path: &str, whose: Whose<'_>, text: &str) -> Source {
    let (source, problems) = parse(Path::new(path), text.as_bytes(), whose, Rules::All);
    assert_eq!(problems, []);
    source
}

fn config(user: Option<&str>, project: Option<&str>) -> Config {
    let whose = Whose::User { home: None };
    Config {
        user: user.map(|text| source("/u.toml", whose, text)),
        project: project.map(|text| source("/p.toml", Whose::Project, text)),
        skipped: None,
    }
}

fn resolve(config: &Config, command: &str) -> Resolved {
    let words: Vec<&[u8]> = command.split(' ').map(str::as_bytes).collect();
    config.resolve(&words)
}

fn origin(resolved: &Resolved, key: &str) -> String {
    let origin = resolved.origin(key);
    origin.map_or_else(|| "nowhere".to_owned(), Origin::to_string)
}

#[test]
fn nothing_configured_is_nothing_named() {
    let resolved = resolve(&config(None, None), "date");
    assert_eq!(resolved, Resolved::default());
    assert_eq!(resolved.origins().count(), 0);
}

#[test]
fn the_first_that_names_a_setting_wins() {
    let cases: [(&str, &[(&str, &str)]); 4] = [
        (
            "date",
            &[
                ("ttl", "/u.toml:3"),
                ("idle", "/p.toml:4"),
                ("scope", "/u.toml:5"),
                ("timeout", "/p.toml:3"),
                ("tags", "nowhere"),
                ("env", "nowhere"),
            ],
        ),
        (
            "kubectl get pods",
            &[
                ("ttl", "/p.toml:8"),
                ("idle", "/p.toml:4"),
                ("scope", "/u.toml:5"),
                ("timeout", "/p.toml:3"),
                ("tags", "/u.toml:10"),
                ("env", "/u.toml:16"),
            ],
        ),
        ("/usr/bin/kubectl get nodes -o wide", &[("ttl", "/u.toml:9"), ("tags", "/u.toml:10")]),
        ("kubectl version", &[("ttl", "/u.toml:14"), ("tags", "/u.toml:15")]),
    ];
    let config = config(Some(USER), Some(PROJECT));
    for (command, expected) in cases {
        let resolved = resolve(&config, command);
        for (key, place) in expected {
            assert_eq!(origin(&resolved, key), *place, "{command}: {key}");
        }
    }
}

#[test]
fn values_come_with_their_origins() {
    let resolved = resolve(&config(Some(USER), Some(PROJECT)), "kubectl get pods");
    let seconds = |seconds| Some(Duration::from_secs(seconds));
    let settings = &resolved.settings;
    assert_eq!(settings.policy.ttl, seconds(10));
    assert_eq!(settings.policy.idle, seconds(120));
    assert_eq!(settings.timeout, seconds(9));
    assert_eq!(settings.tags, Some(vec!["get".to_owned()]));
    assert_eq!(settings.env, Some(vec!["KUBECONFIG".to_owned()]));
    assert_eq!(settings.scope.as_deref(), Some("mine"));
    assert_eq!(settings.any_dir, None);
    let keys: Vec<&str> = resolved.origins().map(|(key, _)| key).collect();
    assert_eq!(keys, ["ttl", "idle", "timeout", "tags", "env", "scope"]);
}

#[test]
fn an_empty_list_is_a_value() {
    let user = "[defaults]\nenv = [\"HOME\"]\n[[rule]]\ncommand = \"date\"\nenv = []\n";
    let resolved = resolve(&config(Some(user), None), "date");
    assert_eq!(resolved.settings.env, Some(Vec::new()));
    assert_eq!(origin(&resolved, "env"), "/u.toml:5");
}

#[test]
fn words_that_are_no_text_match_too() {
    let config = config(Some("[[rule]]\ncommand = \"x *\"\nttl = \"1s\"\n"), None);
    let resolved = config.resolve(&[&b"x"[..], &b"\xff"[..]]);
    assert_eq!(origin(&resolved, "ttl"), "/u.toml:3");
}
