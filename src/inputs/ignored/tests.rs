//! Lines of `.gitignore` against what git makes of them.

use std::fs;
use std::path::Path;
use std::process::Command;

use proptest::prelude::*;

use super::super::base::Base;
use super::super::find::find;
use super::super::spec::Spec;
use super::*;

/// Whether a path is left out, itself or by a folder above it, as a walk would find it.
fn leaves_out(lines: &str, path: &str) -> bool {
    let ignored = Ignored::new(lines.as_bytes(), 0, None);
    let (path, is_folder) = path.strip_suffix('/').map_or((path, false), |path| (path, true));
    let mut ends: Vec<(usize, bool)> = path.match_indices('/').map(|(at, _)| (at, true)).collect();
    ends.push((path.len(), is_folder));
    ends.iter().any(|&(end, is_folder)| ignored.leaves_out(&path.as_bytes()[..end], is_folder))
}

#[test]
fn lines_leave_out_what_git_leaves_out() {
    let cases: [(&str, &str, bool); 34] = [
        ("x", "x", true),
        ("x", "a/b/x", true),
        ("x", "x/a", true),
        ("x", "xy", false),
        ("/x", "x", true),
        ("/x", "a/x", false),
        ("a/x", "a/x", true),
        ("a/x", "b/a/x", false),
        ("x/", "x/", true),
        ("x/", "x", false),
        ("x/", "a/x/b", true),
        ("*.o", "a/b.o", true),
        ("a/*.o", "a/b.o", true),
        ("a/*.o", "a/b/c.o", false),
        ("**/x", "x", true),
        ("**/x", "a/b/x", true),
        ("a/**", "a/b", true),
        ("a/**", "a/", false),
        ("a/**/b", "a/b", true),
        ("a/**/b", "a/x/y/b", true),
        ("**", "a", true),
        ("*.o\n!b.o", "b.o", false),
        ("!b.o\n*.o", "b.o", true),
        ("a/\n!a/b", "a/b", true),
        ("a/*\n!a/b", "a/b", false),
        ("# x", "# x", false),
        ("\\#x", "#x", true),
        ("\\!x", "!x", true),
        ("x ", "x", true),
        ("x\\ ", "x ", true),
        ("x\r", "x", true),
        ("", "x", false),
        ("/", "x", false),
        ("[ab].c", "a.c", true),
    ];
    for (lines, path, expected) in cases {
        assert_eq!(leaves_out(lines, path), expected, "{lines:?} {path}");
    }
}

#[test]
fn the_nearest_file_counts_most() {
    let top = Rc::new(Ignored::new(b"*.log\n/d/keep\n", 0, None));
    let near = Ignored::new(b"!a.log\n", b"d/".len(), Some(top));
    assert!(!near.leaves_out(b"d/a.log", false));
    assert!(near.leaves_out(b"d/b.log", false));
    assert!(near.leaves_out(b"d/keep", false));
    assert!(!near.leaves_out(b"d/other", false));
}

/// Lines that make a difference in the tree of the test below.
const LINES: [&str; 30] = [
    "a", "b/", "/a", "/d/", "d/a", "d/*", "*.log", "!a.log", "!a", "**/a", "d/**", "d/**/a", "!d/",
    "!d/a", "[ab]", "[!a]", "a*", "?", "*", "!*/", "**", "/*", "!/d", "\\!a", "#a", "d/e/", "e/a",
    "/e", "a.log ", "**/e/*",
];

const FILES: [&str; 12] = [
    "a",
    "b/a",
    "b/x",
    "a.log",
    "!a",
    "d/a",
    "d/a.log",
    "d/b/a",
    "d/e/a",
    "d/e/b/x",
    "d/e/a.log",
    "#a",
];

/// The files that git would add, if there is a git.
fn by_git(root: &Path) -> Option<Vec<Vec<u8>>> {
    let git = |words: &[&str]| {
        let mut git = Command::new("git");
        git.args(words).current_dir(root).env("GIT_CONFIG_GLOBAL", "/dev/null");
        git.env("GIT_CONFIG_NOSYSTEM", "1").env_remove("GIT_DIR").output()
    };
    git(&["init", "-q"]).ok().filter(|made| made.status.success())?;
    let listed = git(&["ls-files", "-o", "--exclude-standard", "-z"]).expect("to run git");
    assert!(listed.status.success(), "{listed:?}");
    let names = listed.stdout.split(|&byte| byte == 0).filter(|name| !name.is_empty());
    let mut names: Vec<Vec<u8>> = names.map(<[u8]>::to_vec).collect();
    names.sort();
    Some(names)
}

fn by_us(root: &Path) -> Vec<Vec<u8>> {
    let base = Base::open(root).expect("a folder");
    let found = find(&base, &Spec::typed(b".")).expect("to look");
    found.seen.into_iter().map(|seen| seen.name).filter(|name| name != b".").collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 100, ..ProptestConfig::default() })]

    #[test]
    fn what_is_left_out_is_what_git_leaves_out(
        top in prop::collection::vec(prop::sample::select(&LINES[..]), 0..5),
        near in prop::collection::vec(prop::sample::select(&LINES[..]), 0..3),
    ) {
        let root = tempfile::tempdir().expect("a folder");
        for file in FILES {
            let path = root.path().join(file);
            fs::create_dir_all(path.parent().expect("a parent")).expect("a folder");
            fs::write(path, "").expect("a file");
        }
        fs::write(root.path().join(".gitignore"), top.join("\n")).expect("a file");
        fs::write(root.path().join("d/.gitignore"), near.join("\r\n")).expect("a file");
        if let Some(expected) = by_git(root.path()) {
            prop_assert_eq!(by_us(root.path()), expected);
        }
    }
}
