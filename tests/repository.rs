//! The files around the code agree with it and with each other.

use std::fs;
use std::path::{Path, PathBuf};

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn read(path: &str) -> String {
    fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// The one block of shell behind the sentence `before`.
fn block_after<'t>(text: &'t str, before: &str) -> &'t str {
    let (_, rest) = text.split_once(before).unwrap_or_else(|| panic!("no '{before}'"));
    let (_, rest) = rest.split_once("```sh\n").expect("a block of shell");
    rest.split_once("\n```").expect("its end").0
}

#[test]
fn ci_runs_the_test_command_of_the_readme() {
    let readme = read("README.md");
    let command = block_after(&readme, "The tests, in one command:");
    assert_eq!(command.lines().count(), 1, "one command: {command}");
    let wanted = format!("run {command}");
    assert!(read(".ci/run").lines().any(|line| line == wanted), ".ci/run has no line '{wanted}'");
    let recipe = format!("test:\n    {command}\n");
    assert!(read("justfile").contains(&recipe), "`just test` isn't '{command}'");
}

#[test]
fn the_workflow_does_what_a_laptop_does() {
    let workflow = read(".github/workflows/ci.yml");
    assert!(workflow.contains("run: bash .ci/run"));
    for line in workflow.lines().filter(|line| line.contains("uses:")) {
        let (_, version) = line.split_once('@').expect("an action with its version");
        let commit = version.split(' ').next().unwrap_or_default();
        let is_commit = commit.len() == 40 && commit.bytes().all(|byte| byte.is_ascii_hexdigit());
        assert!(is_commit, "not pinned to a commit: {line}");
    }
}

#[test]
fn the_declared_rust_version_is_the_one_that_is_told_and_used() {
    let version = env!("CARGO_PKG_RUST_VERSION");
    for path in ["README.md", "CONTRIBUTING.md"] {
        assert!(read(path).contains(&format!("Rust {version} or later")), "{path}");
    }
    assert!(read(".github/workflows/ci.yml").contains(&format!("install {version} ")));
}

#[test]
fn the_changelog_has_this_version() {
    let heading = format!("## [{}]", env!("CARGO_PKG_VERSION"));
    assert!(read("CHANGELOG.md").lines().any(|line| line.starts_with(&heading)), "{heading}");
}

#[test]
fn both_licences_are_there() {
    assert_eq!(env!("CARGO_PKG_LICENSE"), "MIT OR Apache-2.0");
    assert!(read("LICENSE-MIT").contains("Permission is hereby granted, free of charge"));
    let apache = read("LICENSE-APACHE");
    assert!(apache.contains("Version 2.0, January 2004") && apache.contains("END OF TERMS"));
}

#[test]
fn links_between_documents_lead_somewhere() {
    let mut documents: Vec<PathBuf> = Vec::new();
    for folder in ["", "docs"] {
        let entries = fs::read_dir(root().join(folder)).expect("a folder");
        let paths = entries.map(|entry| entry.expect("an entry").path());
        documents.extend(paths.filter(|path| path.extension().is_some_and(|end| end == "md")));
    }
    assert!(documents.len() >= 6, "{documents:?}");
    for document in documents {
        let text = fs::read_to_string(&document).expect("a document");
        let folder = document.parent().expect("its folder");
        for target in text.split("](").skip(1).filter_map(|rest| rest.split(')').next()) {
            let is_elsewhere = target.contains("://");
            let path = target.split('#').next().unwrap_or_default();
            let leads = is_elsewhere || path.is_empty() || folder.join(path).exists();
            assert!(leads, "{}: {target}", document.display());
        }
    }
}

#[test]
fn files_that_documents_name_exist() {
    for document in ["ARCHITECTURE.md", "CONTRIBUTING.md", "docs/protocol.md"] {
        let text = read(document);
        let spans = text.split('`').skip(1).step_by(2);
        for path in spans.filter(|span| span.starts_with("src/") || span.starts_with("tests/")) {
            let path = path.trim_end_matches('/');
            assert!(root().join(path).exists(), "{document} names {path}");
        }
    }
}
