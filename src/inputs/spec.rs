//! What was typed, taken apart: a path, and where it holds wildcards the patterns it stands for.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use super::component::{self, Component, has_wildcard};

/// So many alternatives of braces are looked at; what goes past is no pattern.
const MOST_ALTERNATIVES: usize = 256;

/// An input as it was typed.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Spec {
    /// What was typed, less what makes no difference: `./`, double and trailing slashes.
    pub(super) name: Vec<u8>,
    /// Whether it may be a pattern: words of the command are paths and nothing else.
    pub(super) is_pattern: bool,
}

/// A path with wildcards.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Pattern {
    /// The folder that everything it matches is below.
    pub(super) prefix: Vec<u8>,
    /// What follows, a component each; never empty.
    pub(super) rest: Vec<Component>,
}

impl Spec {
    /// Of `--input` and `--input-mtime`.
    pub(super) fn typed(path: &[u8]) -> Spec {
        let is_pattern = has_wildcard(path) || has_braces(path);
        Spec { name: clean(path), is_pattern }
    }

    /// Of a word of the command.
    pub(super) fn word(path: &[u8]) -> Spec {
        Spec { name: clean(path), is_pattern: false }
    }

    /// The patterns that it stands for; none where it is a path.
    pub(super) fn patterns(&self) -> Vec<Pattern> {
        if !self.is_pattern {
            return Vec::new();
        }
        alternatives(&self.name).iter().map(|path| Pattern::new(path)).collect()
    }
}

impl Pattern {
    fn new(path: &[u8]) -> Pattern {
        let mut parts: Vec<&[u8]> = path.split(|&byte| byte == b'/').collect();
        let fixed = parts.iter().take_while(|part| !has_wildcard(part)).count();
        // Where no component has a wildcard (of braces), the last one is looked for.
        let rest = parts.split_off(fixed.min(parts.len() - 1));
        let prefix = match parts.as_slice() {
            [] => b".".to_vec(),
            [b""] => b"/".to_vec(),
            parts => parts.join(&b'/'),
        };
        Pattern { prefix, rest: component::split(&rest.join(&b'/')) }
    }
}

/// What a path or pattern stands for, whoever names it, seen from `folder`.
#[must_use]
pub fn anchored(folder: &Path, path: &Path) -> PathBuf {
    let bytes = path.as_os_str().as_bytes();
    if !(has_wildcard(bytes) || has_braces(bytes)) {
        return folder.join(path);
    }
    // The folder is meant as it is.
    let mut escaped = Vec::new();
    for &byte in folder.as_os_str().as_bytes() {
        if has_wildcard(&[byte]) || byte == b'{' {
            escaped.push(b'\\');
        }
        escaped.push(byte);
    }
    Path::new(OsStr::from_bytes(&escaped)).join(path)
}

/// A path and the name of something in it.
pub(super) fn join(folder: &[u8], name: &[u8]) -> Vec<u8> {
    let mut path = Vec::with_capacity(folder.len() + 1 + name.len());
    if folder != b"." {
        path.extend_from_slice(folder);
        if folder != b"/" {
            path.push(b'/');
        }
    }
    path.extend_from_slice(name);
    path
}

/// A path without `.` and without slashes that say nothing; `..` stays, it may go through links.
fn clean(path: &[u8]) -> Vec<u8> {
    let parts = path.split(|&byte| byte == b'/').filter(|part| !matches!(*part, b"" | b"."));
    let joined = parts.collect::<Vec<_>>().join(&b'/');
    match (path.first(), joined.is_empty()) {
        (Some(b'/'), _) => [b"/", joined.as_slice()].concat(),
        (_, true) => b".".to_vec(),
        (_, false) => joined,
    }
}

fn has_braces(path: &[u8]) -> bool {
    braces(path).is_some()
}

/// What `{a,b}` in a path stands for, as a shell has it: each alternative in its place.
fn alternatives(path: &[u8]) -> Vec<Vec<u8>> {
    let mut done = Vec::new();
    let mut open = vec![path.to_vec()];
    while let Some(path) = open.pop() {
        match braces(&path) {
            Some((start, commas, end)) if done.len() + open.len() < MOST_ALTERNATIVES => {
                let ends = commas.iter().copied().chain([end]);
                let starts = [start].into_iter().chain(commas.iter().copied());
                for (from, to) in starts.zip(ends) {
                    open.push([&path[..start], &path[from + 1..to], &path[end + 1..]].concat());
                }
            }
            _ => done.push(path),
        }
    }
    done.sort_unstable();
    done.dedup();
    done
}

/// The first braces with a comma in them: where they begin, their commas, where they end.
fn braces(path: &[u8]) -> Option<(usize, Vec<usize>, usize)> {
    let mut starts = (0..path.len()).filter(|&at| path[at] == b'{' && !is_escaped(path, at));
    starts.find_map(|start| {
        let (mut depth, mut commas) = (0, Vec::new());
        for at in (start..path.len()).filter(|&at| !is_escaped(path, at)) {
            match path[at] {
                b'{' => depth += 1,
                b',' if depth == 1 => commas.push(at),
                b'}' if depth == 1 => return (!commas.is_empty()).then_some((start, commas, at)),
                b'}' => depth -= 1,
                _ => {}
            }
        }
        None
    })
}

fn is_escaped(path: &[u8], at: usize) -> bool {
    path[..at].iter().rev().take_while(|&&byte| byte == b'\\').count() % 2 == 1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_makes_no_difference_is_left_out() {
        let cases = [
            ("a", "a"),
            ("./a/", "a"),
            ("a//b/./c", "a/b/c"),
            ("../a", "../a"),
            (".", "."),
            ("", "."),
            ("/", "/"),
            ("//a/", "/a"),
        ];
        for (typed, expected) in cases {
            assert_eq!(clean(typed.as_bytes()), expected.as_bytes(), "{typed}");
        }
    }

    #[test]
    fn a_pattern_is_a_folder_and_what_is_looked_for_below_it() {
        let cases = [
            ("*.rs", ".", 1),
            ("src/*.rs", "src", 1),
            ("src/**/*.rs", "src", 2),
            ("/*", "/", 1),
            ("/a/b/[c]/d", "/a/b", 2),
            ("**/**/x", ".", 2),
        ];
        for (typed, prefix, rest) in cases {
            let patterns = Spec::typed(typed.as_bytes()).patterns();
            assert_eq!(patterns.len(), 1, "{typed}");
            assert_eq!(patterns[0].prefix, prefix.as_bytes(), "{typed}");
            assert_eq!(patterns[0].rest.len(), rest, "{typed}");
        }
        assert_eq!(Spec::typed(b"src/main.rs").patterns(), []);
        assert_eq!(Spec::word(b"*.rs").patterns(), []);
    }

    #[test]
    fn braces_stand_for_each_alternative() {
        let cases: [(&str, &[&str]); 7] = [
            ("a", &["a"]),
            ("{a,b}", &["a", "b"]),
            ("x.{c,h}y", &["x.cy", "x.hy"]),
            ("{a,b{c,d}}", &["a", "bc", "bd"]),
            ("{a}", &["{a}"]),
            ("{a,b", &["{a,b"]),
            ("\\{a,b}", &["\\{a,b}"]),
        ];
        for (path, expected) in cases {
            let found = alternatives(path.as_bytes());
            let found: Vec<&str> =
                found.iter().map(|path| std::str::from_utf8(path).expect("text")).collect();
            assert_eq!(found, expected, "{path}");
        }
    }

    #[test]
    fn many_braces_are_bounded() {
        let found = alternatives("{a,b}".repeat(40).as_bytes());
        assert!(found.len() <= MOST_ALTERNATIVES + 1);
    }
}
