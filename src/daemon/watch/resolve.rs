//! Where a path leads, and every name on the way on which that depends.

use std::collections::VecDeque;
use std::ffi::{OsStr, OsString};
use std::path::{Component, Path, PathBuf};

use rustix::fs::{AtFlags, CWD, FileType, statat};

/// As many links as the kernel follows.
const MOST_LINKS: usize = 40;

/// Where a path leads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Way {
    /// Each name that was looked up and the folder it was looked up in, whose path has no links.
    /// If none of these names changes, the path goes on leading where it does.
    pub(super) names: Vec<(PathBuf, OsString)>,
    /// The folder it leads to, by a path without links. `None` if what is there is no folder, or
    /// nothing is; the last of the names is then the one that matters.
    pub(super) folder: Option<PathBuf>,
}

/// Follows an absolute path, through links, as far as there is something.
pub(super) fn resolve(path: &Path) -> Way {
    let mut here = PathBuf::from("/");
    let mut names = Vec::new();
    let mut ahead: VecDeque<OsString> = words(path);
    let mut links = 0;
    while let Some(word) = ahead.pop_front() {
        if word == ".." {
            // Without links in it, the path above is the folder above.
            here.pop();
            continue;
        }
        names.push((here.clone(), word.clone()));
        let found = here.join(&word);
        match statat(CWD, &found, AtFlags::SYMLINK_NOFOLLOW).map(|stat| kind(&stat)) {
            Ok(FileType::Directory) => here = found,
            Ok(FileType::Symlink) if links < MOST_LINKS => {
                links += 1;
                let Ok(target) = std::fs::read_link(&found) else {
                    return Way { names, folder: None };
                };
                if target.is_absolute() {
                    here = PathBuf::from("/");
                }
                for word in words(&target).into_iter().rev() {
                    ahead.push_front(word);
                }
            }
            _ => return Way { names, folder: None },
        }
    }
    Way { names, folder: Some(here) }
}

/// The parts of a path that lead somewhere.
fn words(path: &Path) -> VecDeque<OsString> {
    let word = |part| match part {
        Component::Normal(name) => Some(name.to_owned()),
        Component::ParentDir => Some(OsStr::new("..").to_owned()),
        Component::Prefix(_) | Component::RootDir | Component::CurDir => None,
    };
    path.components().filter_map(word).collect()
}

pub(super) fn kind(stat: &rustix::fs::Stat) -> FileType {
    FileType::from_raw_mode(stat.st_mode)
}

#[cfg(test)]
mod tests {
    use std::fs::{create_dir_all, write};
    use std::os::unix::fs::symlink;

    use super::*;

    /// The names on the way, below the folder of the test, and where it ends.
    fn way(root: &Path, path: &str) -> (Vec<String>, Option<String>) {
        let below = |path: &Path| {
            path.strip_prefix(root).ok().map(|path| path.to_str().expect("text").to_owned())
        };
        let way = resolve(&root.join(path));
        let names = way.names.iter().filter_map(|(folder, name)| below(&folder.join(name)));
        let is_below = |name: &String| !name.is_empty();
        (names.filter(is_below).collect(), way.folder.and_then(|folder| below(&folder)))
    }

    #[test]
    fn every_name_that_matters_is_on_the_way() {
        let root = tempfile::tempdir().expect("a folder");
        let root = root.path().canonicalize().expect("a path");
        create_dir_all(root.join("a/b")).expect("a folder");
        create_dir_all(root.join("x/y")).expect("a folder");
        write(root.join("x/y/file"), "").expect("a file");
        symlink("../x/y", root.join("a/link")).expect("a link");
        symlink(root.join("a/link/file"), root.join("to_file")).expect("a link");
        symlink("loop", root.join("loop")).expect("a link");
        symlink("missing/z", root.join("dangling")).expect("a link");
        let cases: [(&str, &[&str], Option<&str>); 10] = [
            ("a/b", &["a", "a/b"], Some("a/b")),
            ("a/./b/", &["a", "a/b"], Some("a/b")),
            ("a/none/deeper", &["a", "a/none"], None),
            ("a/b/..", &["a", "a/b"], Some("a")),
            ("a/link", &["a", "a/link", "x", "x/y"], Some("x/y")),
            ("a/link/..", &["a", "a/link", "x", "x/y"], Some("x")),
            ("x/y/file", &["x", "x/y", "x/y/file"], None),
            ("x/y/file/deeper", &["x", "x/y", "x/y/file"], None),
            ("to_file", &["to_file", "a", "a/link", "x", "x/y", "x/y/file"], None),
            ("dangling", &["dangling", "missing"], None),
        ];
        for (path, names, folder) in cases {
            let expected =
                (names.iter().map(|&name| name.into()).collect(), folder.map(Into::into));
            assert_eq!(way(&root, path), expected, "{path}");
        }
        let (names, folder) = way(&root, "loop");
        assert_eq!((names.len(), folder), (MOST_LINKS + 1, None));
    }
}
