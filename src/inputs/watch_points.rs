//! What has to be observed so that no change of an input goes unseen.
//!
//! The points are those for what is there now: where something changes, they are to be asked for
//! again, because a new folder or a link that leads elsewhere has points of its own.

use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use crate::model::inputs::Wanted;

use super::base::Base;
use super::find::find;
use super::seen::{Behind, Held, State};
use super::spec::Spec;
use super::specs;

/// A folder to observe.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct WatchPoint {
    /// The folder, without links.
    pub path: PathBuf,
    /// Whether what is below its folders counts too.
    pub recursive: bool,
}

/// The folders in which any change of an input shows: of a file the one it is in, so that it may
/// be replaced or made anew; of a folder itself with all below, and the one it is in; of a pattern
/// the one that all it matches is below; of what isn't there the nearest one that is. Where a link
/// leads is observed as well.
///
/// `arguments` are the words of the command after the first, `directory` is where it is called.
/// What can't be read is left out.
#[must_use]
pub fn watch_points(wanted: &Wanted, arguments: &[&[u8]], directory: &Path) -> Vec<WatchPoint> {
    let Ok(base) = Base::open(directory) else { return Vec::new() };
    let mut points = Points { directory, found: BTreeSet::new() };
    let contents = specs::of_content(wanted, arguments, &base);
    for spec in contents.iter().chain(&specs::of_mtime(wanted)) {
        points.spec(&base, spec);
    }
    points.without_the_covered()
}

struct Points<'a> {
    directory: &'a Path,
    found: BTreeSet<WatchPoint>,
}

impl Points<'_> {
    fn spec(&mut self, base: &Base, spec: &Spec) {
        self.named(&spec.name);
        for pattern in spec.patterns() {
            self.links_on_the_way(&self.absolute(&pattern.prefix));
            let prefix = self.absolute(&pattern.prefix);
            if prefix.is_dir() {
                self.add(prefix, pattern.rest.len() > 1);
            } else {
                self.around(&prefix);
            }
        }
        let found = find(base, spec).unwrap_or_default();
        for seen in found.seen {
            let path = self.absolute(&seen.name);
            match seen.state {
                State::Folder(Held::Here) => self.add(path, true),
                State::Link { target, to } => {
                    self.link(&path, &target);
                    if to == Behind::Folder(Held::Here) {
                        self.add(path, true);
                    }
                }
                // What is told under another name is observed there.
                State::Absent | State::Folder(_) | State::File(_) | State::Special { .. } => {}
            }
        }
        for link in found.through {
            let path = self.absolute(&link);
            if let Ok(target) = std::fs::read_link(&path) {
                self.link(&path, target.as_os_str().as_bytes());
            }
            self.add(path, true);
        }
    }

    fn named(&mut self, name: &[u8]) {
        let path = self.absolute(name);
        self.around(&path);
        self.links_on_the_way(&path);
    }

    /// Links among the folders that lead to a path: what is behind changes with them.
    fn links_on_the_way(&mut self, path: &Path) {
        for folder in path.ancestors() {
            if let Ok(target) = std::fs::read_link(folder) {
                self.around(folder);
                self.link(folder, target.as_os_str().as_bytes());
            }
        }
    }

    /// The folder that a path is in, or the nearest one above it that is there.
    fn around(&mut self, path: &Path) {
        let above = path.ancestors().skip(1).find(|folder| folder.is_dir());
        self.add(above.unwrap_or(path).to_owned(), false);
    }

    /// Each step of a link, which may lead to another one.
    fn link(&mut self, path: &Path, target: &[u8]) {
        let (mut path, mut target) = (path.to_owned(), PathBuf::from(OsStr::from_bytes(target)));
        for _ in 0..40 {
            let folder = path.parent().unwrap_or(&path);
            path = folder.join(target);
            self.around(&path);
            match std::fs::read_link(&path) {
                Ok(next) => target = next,
                Err(_) => break,
            }
        }
    }

    fn add(&mut self, path: PathBuf, recursive: bool) {
        let path = path.canonicalize().unwrap_or(path);
        self.found.insert(WatchPoint { path, recursive });
    }

    fn absolute(&self, name: &[u8]) -> PathBuf {
        if name == b"." {
            return self.directory.to_owned();
        }
        self.directory.join(OsStr::from_bytes(name))
    }

    fn without_the_covered(self) -> Vec<WatchPoint> {
        let covers = |by: &WatchPoint, point: &WatchPoint| {
            by.recursive && by != point && point.path.starts_with(&by.path)
        };
        let all = &self.found;
        let points = all.iter().filter(|point| !all.iter().any(|by| covers(by, point)));
        points.cloned().collect()
    }
}

#[cfg(test)]
mod tests {
    use std::fs::{create_dir_all, write};
    use std::os::unix::fs::symlink;

    use super::*;

    /// The points below a folder of the test, each with `/**` where it is recursive.
    fn points(content: &[&str], arguments: &[&str]) -> Vec<String> {
        let root = tempfile::tempdir().expect("a folder");
        let root = root.path().canonicalize().expect("a path");
        create_dir_all(root.join("work/src/deep")).expect("a folder");
        create_dir_all(root.join("elsewhere")).expect("a folder");
        for file in ["work/a", "work/src/b.rs", "elsewhere/c"] {
            write(root.join(file), "").expect("a file");
        }
        symlink("../elsewhere/c", root.join("work/link")).expect("a link");
        let wanted = Wanted {
            content: content.iter().map(|path| path.as_bytes().to_vec()).collect(),
            mtime: Vec::new(),
            arguments: true,
        };
        let arguments: Vec<&[u8]> = arguments.iter().map(|word| word.as_bytes()).collect();
        let points = watch_points(&wanted, &arguments, &root.join("work"));
        let shown = points.iter().map(|point| {
            let below = point.path.strip_prefix(&root).expect("a path below it");
            format!("{}{}", below.display(), if point.recursive { "/**" } else { "" })
        });
        shown.collect()
    }

    #[test]
    fn each_kind_of_input_is_observed_where_its_changes_show() {
        let cases: [(&[&str], &[&str]); 10] = [
            (&[], &[]),
            (&["a"], &["work"]),
            (&["src"], &["work", "work/src/**"]),
            (&["src", "src/b.rs"], &["work", "work/src/**"]),
            (&["missing/one"], &["work"]),
            (&["src/missing/one"], &["work/src"]),
            (&["src/*.rs"], &["work/src"]),
            (&["src/*"], &["work/src", "work/src/deep/**"]),
            (&["src/**/*.rs"], &["work/src/**"]),
            (&["link"], &["elsewhere", "work"]),
        ];
        for (content, expected) in cases {
            assert_eq!(points(content, &[]), expected, "{content:?}");
        }
    }

    #[test]
    fn what_links_lead_to_is_observed_wherever_it_is() {
        let root = tempfile::tempdir().expect("a folder");
        let root = root.path().canonicalize().expect("a path");
        for folder in ["work/src/real", "one/deep", "two"] {
            create_dir_all(root.join(folder)).expect("a folder");
            write(root.join(folder).join("file"), "").expect("a file");
        }
        for (target, link) in [
            ("../../one", "work/src/link"),
            ("../../one", "work/src/second"),
            ("real", "work/src/inside"),
            ("../../two", "one/deep/link"),
            ("../..", "one/deep/around"),
            ("../src", "work/src/again"),
        ] {
            symlink(target, root.join(link)).expect("a link");
        }
        let expected = ["one", "two", "work/src"];
        for content in ["src", "src/**", "src/**/file"] {
            let wanted = Wanted { content: vec![content.as_bytes().to_vec()], ..Wanted::default() };
            let points = watch_points(&wanted, &[], &root.join("work"));
            let with_all_below = points.iter().filter(|point| point.recursive);
            let paths: Vec<&Path> = with_all_below.map(|point| point.path.as_path()).collect();
            assert_eq!(paths, expected.map(|path| root.join(path)), "{content}: {points:?}");
        }
    }

    #[test]
    fn arguments_that_name_files_are_observed() {
        assert_eq!(points(&[], &["src/b.rs", "src", "missing"]), ["work/src"]);
    }
}
