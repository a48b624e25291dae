//! Looking again and again at what can't be observed.
//!
//! What is compared are marks of files, never content: a difference is a hint, as an event is.

use std::collections::hash_map::DefaultHasher;
use std::hash::{Hash as _, Hasher as _};
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use rustix::fs::{AtFlags, CWD, FileType, Stat, statat};

use super::folders::Interest;
use super::resolve::kind;
use crate::inputs::WatchPoint;

/// How long between two looks at a point with few files.
pub(super) const PERIOD: Duration = Duration::from_secs(2);
/// So many files are looked at in one [`PERIOD`]; a point with more is looked at less often.
const FILES_A_PERIOD: u32 = 2_000;
/// How long until observing is tried again, at first; then twice as long each time.
const RETRY: Duration = Duration::from_mins(1);
/// The longest time until observing is tried again.
const RETRY_MOST: Duration = Duration::from_hours(1);

/// A point that is looked at again and again. Times are readings of one clock.
#[derive(Clone, Copy, Debug)]
pub(super) struct Polled {
    seen: Look,
    /// When to look again.
    pub(super) look_at: Duration,
    /// When to try observing it again.
    pub(super) retry_at: Duration,
    retry_after: Duration,
}

/// What was seen at one look.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Look {
    digest: u64,
    files: u32,
}

impl Polled {
    pub(super) fn new(point: &WatchPoint, now: Duration) -> Self {
        let seen = look(point);
        let look_at = now + period(seen);
        Self { seen, look_at, retry_at: now + RETRY, retry_after: RETRY }
    }

    /// Looks; whether anything differs from last time.
    pub(super) fn look(&mut self, point: &WatchPoint, now: Duration) -> bool {
        let seen = look(point);
        self.look_at = now + period(seen);
        std::mem::replace(&mut self.seen, seen) != seen
    }

    /// Observing it has been tried again, in vain.
    pub(super) fn failed_again(&mut self, now: Duration) {
        self.retry_after = (self.retry_after * 2).min(RETRY_MOST);
        self.retry_at = now + self.retry_after;
    }

    /// When something is to be done.
    pub(super) fn next(&self) -> Duration {
        self.look_at.min(self.retry_at)
    }
}

fn period(seen: Look) -> Duration {
    PERIOD * seen.files.div_ceil(FILES_A_PERIOD).max(1)
}

fn look(point: &WatchPoint) -> Look {
    let mut eye = Eye { hasher: DefaultHasher::new(), files: 0, folders: Vec::new() };
    let stat = statat(CWD, &point.path, AtFlags::empty());
    if eye.see(&point.path, stat.ok()) {
        eye.list(&point.path, point.recursive);
        while let Some(folder) = eye.folders.pop() {
            eye.list(&folder, true);
        }
    }
    Look { digest: eye.hasher.finish(), files: eye.files }
}

struct Eye {
    hasher: DefaultHasher,
    files: u32,
    /// Still to be listed.
    folders: Vec<PathBuf>,
}

impl Eye {
    /// Takes in the marks of a file; whether it is a folder.
    fn see(&mut self, path: &Path, stat: Option<Stat>) -> bool {
        self.files = self.files.saturating_add(1);
        path.as_os_str().as_bytes().hash(&mut self.hasher);
        let marks = stat.as_ref().map(|stat| {
            let modified = (stat.st_mtime, stat.st_mtime_nsec);
            let changed = (stat.st_ctime, stat.st_ctime_nsec);
            (stat.st_dev, stat.st_ino, stat.st_mode, stat.st_size, modified, changed)
        });
        marks.hash(&mut self.hasher);
        stat.is_some_and(|stat| kind(&stat) == FileType::Directory)
    }

    /// Takes in what is in a folder. What can't be listed is as good as empty.
    fn list(&mut self, folder: &Path, recursive: bool) {
        let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
        let mut names: Vec<_> = entries.map(|entry| entry.file_name()).collect();
        names.sort_unstable();
        for name in names {
            let path = folder.join(&name);
            let stat = statat(CWD, &path, AtFlags::SYMLINK_NOFOLLOW);
            let is_git = !Interest::Tree.takes_in(&name);
            if recursive && is_git {
                continue;
            }
            if self.see(&path, stat.ok()) && recursive {
                self.folders.push(path);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::fs::{create_dir, create_dir_all, remove_file, write};

    use super::*;

    #[test]
    fn every_change_below_a_point_shows() {
        type Step = fn(&Path);
        let root = tempfile::tempdir().expect("a folder");
        let root = root.path();
        let steps: [(&str, Step, bool, bool); 6] = [
            ("nothing", |_| (), false, false),
            (
                "it appears",
                |root| create_dir_all(root.join("at/sub/.git")).expect("made"),
                true,
                true,
            ),
            ("a file in it", |root| write(root.join("at/file"), "1").expect("written"), true, true),
            (
                "a file below",
                |root| write(root.join("at/sub/x"), "1").expect("written"),
                true,
                true,
            ),
            (
                "git's own",
                |root| write(root.join("at/sub/.git/x"), "").expect("written"),
                false,
                false,
            ),
            ("gone again", |root| remove_file(root.join("at/file")).expect("removed"), true, true),
        ];
        let path = root.join("at");
        let tree = WatchPoint { path: path.clone(), recursive: true };
        let flat = WatchPoint { path, recursive: false };
        let now = Duration::ZERO;
        let (mut of_tree, mut of_flat) = (Polled::new(&tree, now), Polled::new(&flat, now));
        for (what, step, in_tree, in_flat) in steps {
            step(root);
            assert_eq!(of_tree.look(&tree, now), in_tree, "{what}");
            assert_eq!(of_flat.look(&flat, now), in_flat, "{what}");
        }
        // A folder further down has no mark in the one that is looked at.
        create_dir(root.join("at/sub/deeper")).expect("made");
        let _ = of_flat.look(&flat, now);
        create_dir(root.join("at/sub/deeper/still")).expect("made");
        assert!(of_tree.look(&tree, now));
        assert!(!of_flat.look(&flat, now));
    }

    #[test]
    fn many_files_are_looked_at_less_often_and_retries_become_rare() {
        let periods = [0, 1, 2_000, 2_001, 20_000].map(|files| period(Look { digest: 0, files }));
        assert_eq!(periods.map(|period| period.as_secs()), [2, 2, 2, 4, 20]);
        let point = WatchPoint { path: "/nonexistent".into(), recursive: false };
        let mut polled = Polled::new(&point, Duration::ZERO);
        let mut now = Duration::ZERO;
        let mut waits = Vec::new();
        for _ in 0..8 {
            waits.push(polled.retry_at.saturating_sub(now).as_secs() / 60);
            now = polled.retry_at;
            polled.failed_again(now);
        }
        assert_eq!(waits, [1, 2, 4, 8, 16, 32, 60, 60]);
    }
}
