//! The layers of ARCHITECTURE.md as a test: reads the sources and names file, line and rule.
//!
//! It reads lines, not syntax: comments are taken off, and a path is what looks like one. That
//! errs towards complaining; what it complains of can always be written plainly.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

/// The layers from the bottom up. A module imports only from layers below its own.
const LAYERS: [&[&str]; 9] = [
    &["model"],
    &["sys"],
    &["store", "runner"],
    &["program", "stdin", "replay", "inputs"],
    &["config"],
    &["ipc"],
    &["memo"],
    &["daemon"],
    &["cli"],
];

/// Crates that one file each may name, so that each can be replaced.
const ONE_FILE_EACH: [&str; 4] = ["sled", "bincode", "directories", "notify"];

/// What `model` has no business with: everything comes in as an argument.
const IMPURE: [&str; 14] = [
    "std::{",
    "std::env",
    "std::fs",
    "std::io",
    "std::net",
    "std::os",
    "std::path",
    "std::process",
    "std::thread",
    "std::time::{",
    "SystemTime",
    "Instant",
    "rustix",
    "libc",
];

/// A file longer than this, less its tests, is a question.
const LONGEST: usize = 400;

/// A source file, comments taken off.
struct Source {
    /// Relative to the package.
    path: String,
    lines: Vec<String>,
    /// The first line that belongs to tests, counted from 0.
    tests_from: usize,
}

impl Source {
    fn read(root: &Path, path: &Path) -> Source {
        let text = fs::read_to_string(path).expect("a source file");
        let lines: Vec<String> = text.lines().map(|line| code_of(line).to_owned()).collect();
        let relative = path.strip_prefix(root).expect("a path below the package");
        let path = relative.to_str().expect("a readable name").to_owned();
        let is_test = path.ends_with("/tests.rs") || path.contains("/tests/");
        let tests_from = if is_test {
            0
        } else {
            lines.iter().position(|line| line.trim() == "#[cfg(test)]").unwrap_or(lines.len())
        };
        Source { path, lines, tests_from }
    }

    /// The modules it is in, from the top: `src/store/flight.rs` is `store`, `flight`.
    fn modules(&self) -> Vec<&str> {
        let path = self.path.trim_start_matches("src/").trim_end_matches(".rs");
        path.trim_end_matches("/mod").split('/').collect()
    }

    fn is_root(&self) -> bool {
        matches!(self.path.as_str(), "src/lib.rs" | "src/main.rs")
    }

    /// Each line with its number.
    fn numbered(&self) -> impl Iterator<Item = (usize, &str)> {
        self.lines.iter().enumerate().map(|(index, line)| (index + 1, line.as_str()))
    }
}

/// A line without its comment. A `//` in a string ends it too, unless it follows a colon.
fn code_of(line: &str) -> &str {
    let mut from = 0;
    while let Some(at) = line[from..].find("//") {
        let at = from + at;
        if !line[..at].ends_with(':') {
            return &line[..at];
        }
        from = at + 2;
    }
    line
}

fn sources() -> Vec<Source> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut paths = Vec::new();
    collect(&root.join("src"), &mut paths);
    paths.sort();
    assert!(paths.len() > 50, "only {} source files found", paths.len());
    paths.iter().map(|path| Source::read(root, path)).collect()
}

fn collect(folder: &Path, into: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            collect(&path, into);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            into.push(path);
        }
    }
}

/// Whether `word` stands in `line` by itself, not as part of a longer name.
fn names(line: &str, word: &str) -> bool {
    let is_name = |char: char| char.is_alphanumeric() || char == '_';
    line.match_indices(word).any(|(at, _)| {
        let before = line[..at].chars().next_back();
        let after = line[at + word.len()..].chars().next();
        !before.is_some_and(is_name) && !after.is_some_and(is_name)
    })
}

/// Whether a path in `line` begins with the crate `name`.
fn uses_crate(line: &str, name: &str) -> bool {
    let path = format!("{name}::");
    line.trim() == format!("use {name};") || (line.contains(&path) && names(line, name))
}

fn layer(module: &str) -> Option<usize> {
    LAYERS.iter().position(|layer| layer.contains(&module))
}

/// The top-level modules that a line names: by `crate::`, by `omoide::` (in main.rs), or by
/// enough `super::`.
fn imports<'l>(line: &'l str, modules: &[&str]) -> Vec<&'l str> {
    let mut found = Vec::new();
    for start in ["crate::", "omoide::"] {
        for (at, _) in line.match_indices(start) {
            found.extend(first_names(&line[at + start.len()..]));
        }
    }
    // From a top-level module one `super::` leads to the root of the crate.
    let up = "super::".repeat(modules.len());
    if let Some(at) = line.find(&up) {
        found.extend(first_names(&line[at + up.len()..]));
    }
    found.into_iter().filter(|name| layer(name).is_some()).collect()
}

/// The name that a path goes on with, or each of a group's on the same line.
fn first_names(rest: &str) -> Vec<&str> {
    let head = |path: &'_ str| {
        path.find(|char: char| !char.is_alphanumeric() && char != '_').unwrap_or(path.len())
    };
    match rest.strip_prefix('{') {
        None => vec![&rest[..head(rest)]],
        Some(group) => {
            group.split(',').map(str::trim_start).map(|path| &path[..head(path)]).collect()
        }
    }
}

/// Fails with everything that broke `rule`.
fn verdict(rule: &str, broken: &[String]) {
    let mut told = String::new();
    for place in broken {
        let _ = writeln!(told, "  {place}");
    }
    assert!(broken.is_empty(), "\n{rule}:\n{told}");
}

#[test]
fn every_module_has_a_layer() {
    let mut broken = Vec::new();
    for source in sources().iter().filter(|source| !source.is_root()) {
        let top = source.modules()[0].to_owned();
        if layer(&top).is_none() {
            broken.push(format!("{}: `{top}` stands in no layer", source.path));
        }
    }
    verdict("each module stands in one layer of LAYERS in tests/architecture.rs", &broken);
}

#[test]
fn imports_run_downward_only() {
    let mut broken = Vec::new();
    for source in sources().iter().filter(|source| !source.is_root()) {
        let modules = source.modules();
        let Some(own) = layer(modules[0]) else { continue };
        for (number, line) in source.numbered() {
            for name in imports(line, &modules) {
                if name != modules[0] && layer(name).is_some_and(|other| other >= own) {
                    let path = &source.path;
                    broken.push(format!("{path}:{number}: `{}` imports `{name}`", modules[0]));
                }
            }
        }
    }
    verdict("a module imports only from layers below its own", &broken);
}

#[test]
fn each_replaceable_crate_is_named_in_one_file() {
    let sources = sources();
    let mut broken = Vec::new();
    for name in ONE_FILE_EACH {
        let mut places: Vec<(&str, usize)> = Vec::new();
        for source in &sources {
            let place = source.numbered().find(|(_, line)| uses_crate(line, name));
            places.extend(place.map(|(number, _)| (source.path.as_str(), number)));
        }
        if let [_, others @ ..] = places.as_slice() {
            for (path, number) in others {
                broken.push(format!("{path}:{number}: `{name}` is {}'s alone", places[0].0));
            }
        }
    }
    verdict("sled, bincode, directories and notify are named in one file each", &broken);
}

#[test]
fn unsafe_code_is_in_sys_and_at_the_entry_point_only() {
    let mut broken = Vec::new();
    for source in sources() {
        if source.path.starts_with("src/sys/") || source.path == "src/main.rs" {
            continue;
        }
        for (number, line) in source.numbered() {
            if names(line, "unsafe") {
                broken.push(format!("{}:{number}: {}", source.path, line.trim()));
            }
        }
    }
    verdict("`unsafe` stands in src/sys and src/main.rs only", &broken);
}

#[test]
fn the_model_is_pure() {
    let mut broken = Vec::new();
    for source in sources().iter().filter(|source| source.path.starts_with("src/model/")) {
        let lines = source.numbered().take(source.tests_from);
        for (number, line) in lines {
            for word in IMPURE.iter().filter(|word| names(line, word)) {
                broken.push(format!("{}:{number}: `{word}`", source.path));
            }
        }
    }
    verdict("src/model does no I/O and reads no clock and no environment", &broken);
}

#[test]
fn no_file_is_too_long_to_read() {
    let mut broken = Vec::new();
    for source in sources() {
        let lines = source.tests_from;
        if lines > LONGEST {
            broken.push(format!("{}: {lines} lines without tests", source.path));
        }
    }
    verdict(&format!("split a file of over {LONGEST} lines by what it is about"), &broken);
}

#[test]
fn every_file_says_what_it_is_for() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut broken = Vec::new();
    for source in sources().iter().filter(|source| source.tests_from > 0) {
        let text = fs::read_to_string(root.join(&source.path)).expect("a source file");
        if !text.starts_with("//!") {
            broken.push(format!("{}:1: no module documentation", source.path));
        }
    }
    verdict("a file begins with what it is for", &broken);
}

mod of_the_reader_itself {
    use super::*;

    #[test]
    fn paths_are_found_however_they_are_written() {
        let cases: [(&str, &[&str], &[&str]); 8] = [
            ("use crate::store::Store;", &["memo"], &["store"]),
            ("use crate::{cli, model::key};", &["memo"], &["cli", "model"]),
            ("let x = crate::sys::clock::now();", &["memo"], &["sys"]),
            ("use super::Call;", &["memo", "tape"], &[]),
            ("use super::super::cli::args;", &["memo", "tape"], &["cli"]),
            ("use super::cli;", &["memo"], &["cli"]),
            ("use super::gate;", &["store", "flight"], &[]),
            ("use omoide::cli;", &["main"], &["cli"]),
        ];
        for (line, modules, expected) in cases {
            assert_eq!(imports(line, modules), expected, "{line}");
        }
    }

    #[test]
    fn comments_are_taken_off_and_names_are_whole() {
        assert_eq!(code_of("a // unsafe"), "a ");
        assert_eq!(code_of("/// unsafe"), "");
        assert_eq!(code_of("\"https://x\" // y"), "\"https://x\" ");
        assert!(names("unsafe { x }", "unsafe"));
        assert!(!names("unsafe_code", "unsafe"));
    }
}
