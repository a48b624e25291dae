//! What is generated from the command line's definition and checked in: completions and manual
//! pages are current, and do what they are for.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

/// The shells and the names under which they look for completions.
const COMPLETIONS: [(&str, &str); 5] = [
    ("bash", "omoide.bash"),
    ("zsh", "_omoide"),
    ("fish", "omoide.fish"),
    ("elvish", "omoide.elv"),
    ("powershell", "_omoide.ps1"),
];

const REGENERATE: &str = "write completions/ and man/ anew with `just generate`";

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn omoide(args: &[&str]) -> Vec<u8> {
    let output = Command::new(env!("CARGO_BIN_EXE_omoide")).args(args).output().expect("to run it");
    assert!(output.status.success(), "omoide {args:?}: {output:?}");
    output.stdout
}

fn names(folder: &Path) -> BTreeSet<String> {
    let entries =
        fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    entries
        .map(|entry| entry.expect("an entry").file_name().into_string().expect("a readable name"))
        .collect()
}

/// Compares two files byte for byte, and names the first line that differs.
fn assert_current(path: &Path, generated: &[u8]) {
    let stored = fs::read(path).unwrap_or_default();
    if stored == generated {
        return;
    }
    let (stored, generated) =
        (String::from_utf8_lossy(&stored), String::from_utf8_lossy(generated));
    let line = stored.lines().zip(generated.lines()).take_while(|(a, b)| a == b).count() + 1;
    panic!("{} isn't current from line {line} on; {REGENERATE}", path.display());
}

#[test]
fn completions_are_current() {
    let folder = root().join("completions");
    for (shell, name) in COMPLETIONS {
        assert_current(&folder.join(name), &omoide(&["completions", shell]));
    }
    let expected = COMPLETIONS.iter().map(|(_, name)| (*name).to_owned()).collect();
    assert_eq!(names(&folder), expected, "{REGENERATE}");
}

#[test]
fn manual_pages_are_current() {
    let generated = tempfile::tempdir().expect("a folder");
    omoide(&["man", "--dir", generated.path().to_str().expect("a readable path")]);
    let folder = root().join("man");
    let expected = names(generated.path());
    for name in &expected {
        let page = fs::read(generated.path().join(name)).expect("a page");
        assert_current(&folder.join(name), &page);
    }
    assert_eq!(names(&folder), expected, "{REGENERATE}");
    assert_current(&folder.join("omoide.1"), &omoide(&["man"]));
}

/// A program that a contributor may lack, but CI may not.
fn tool(name: &str) -> Option<Command> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    if std::env::split_paths(&path).any(|folder| folder.join(name).is_file()) {
        let mut command = Command::new(name);
        command.current_dir(root()).stdin(Stdio::null());
        return Some(command);
    }
    assert!(std::env::var_os("CI").is_none(), "{name} is missing; .ci/run installs it");
    None
}

fn text(output: &Output) -> String {
    assert!(output.status.success(), "{output:?}");
    assert!(output.stderr.is_empty(), "{output:?}");
    String::from_utf8_lossy(&output.stdout).into_owned()
}

#[test]
fn bash_completes() {
    let Some(mut bash) = tool("bash") else { return };
    let script = "source completions/omoide.bash; complete -p omoide; \
        COMP_WORDS=(omoide che); COMP_CWORD=1; _omoide omoide che omoide; echo \"${COMPREPLY[@]}\"";
    let told = text(&bash.args(["--norc", "-c", script]).output().expect("to run bash"));
    assert_eq!(told.lines().last(), Some("check"), "{told}");
}

#[test]
fn zsh_completes() {
    let Some(mut zsh) = tool("zsh") else { return };
    let script = "fpath=(completions $fpath); autoload -Uz compinit; compinit -u -D; \
        print $_comps[omoide]; autoload +X _omoide && print loaded";
    let told = text(&zsh.args(["-f", "-c", script]).output().expect("to run zsh"));
    assert_eq!(told, "_omoide\nloaded\n");
}

#[test]
fn fish_completes() {
    let Some(mut fish) = tool("fish") else { return };
    let home = tempfile::tempdir().expect("a folder");
    let script = "source completions/omoide.fish; complete -C 'omoide run --on-expired '";
    fish.env("HOME", home.path()).args(["--no-config", "-c", script]);
    let told = text(&fish.output().expect("to run fish"));
    let words: Vec<&str> = told.lines().filter_map(|line| line.split('\t').next()).collect();
    assert_eq!(words, ["recompute", "serve"], "{told}");
}

#[test]
fn manual_pages_are_shown_without_warnings() {
    let folder = root().join("man");
    for name in names(&folder) {
        let Some(mut man) = tool("man") else { return };
        let page: PathBuf = folder.join(&name);
        man.env("MANWIDTH", "80").env("MANPAGER", "cat").env("LC_ALL", "C.UTF-8");
        let told = text(&man.args(["--warnings", "-l"]).arg(page).output().expect("to run man"));
        assert!(told.contains("SYNOPSIS"), "{name}: {told}");
    }
}
