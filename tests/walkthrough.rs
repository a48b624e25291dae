//! The walk-through under `examples/`, with times that are shorter than those of the original:
//! the same events in the same order as the Python library omoide-cache 0.1.3 had them, on which
//! it was recorded.

mod common;

use std::path::Path;

use common::Sandbox;

/// Runs a part, and takes the time off each event.
fn events(part: &str) -> Vec<String> {
    let sandbox = Sandbox::new();
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/walkthrough.sh");
    let call = sandbox.bare(["sh".as_ref(), script.as_os_str(), part.as_ref()]);
    let times = [("COST", "0.1"), ("TTL", "4s"), ("REFRESH", "3s"), ("PERIOD", "250ms")];
    let call = times.into_iter().fold(call, |call, (name, value)| call.env(name, value));
    let ran = call.env("TMPDIR", sandbox.root()).run();
    assert!(ran.status.success() && ran.err.is_empty(), "{ran:?}");
    let text = ran.out_text();
    let (title, lines) = text.trim_start().split_once('\n').expect("a title");
    assert_eq!(title, part);
    let left = std::fs::read_dir(sandbox.root()).expect("a folder").filter(|entry| {
        let name = entry.as_ref().expect("an entry").file_name();
        name.to_string_lossy().starts_with("omoide-walkthrough")
    });
    assert_eq!(left.count(), 0, "it leaves nothing behind");
    lines.lines().map(|line| line.split_once(' ').expect("a time").1.to_owned()).collect()
}

#[test]
fn plain() {
    let expected =
        ["generated edition 1", "obtained edition 1", "obtained edition 1", "obtained edition 1"];
    assert_eq!(events("plain"), expected);
}

#[test]
fn with_expiry() {
    let expected = [
        "generated edition 1",
        "obtained edition 1",
        "obtained edition 1",
        "waiting",
        "obtained edition 1",
        "generated edition 2",
        "obtained edition 2",
    ];
    assert_eq!(events("expiry"), expected);
}

#[test]
fn with_independent_refresh() {
    let expected = [
        "generated edition 1",
        "obtained edition 1",
        "waiting",
        "generated edition 2",
        "generated edition 3",
        "generated edition 4",
        "obtained edition 4",
    ];
    assert_eq!(events("refresh"), expected);
}

#[test]
fn an_unknown_part_is_named() {
    let sandbox = Sandbox::new();
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/walkthrough.sh");
    let ran = sandbox.bare(["sh".as_ref(), script.as_os_str(), "nothing".as_ref()]).run();
    let message = "walkthrough: no part is called 'nothing'; there are plain, expiry and refresh\n";
    ran.fails(2, message);
}
