use std::collections::BTreeSet;
use std::fs::{create_dir, create_dir_all, write};

use super::arm::FOLDERS_AT_ONCE;
use super::*;
use crate::daemon::watch::backend::Refused;

/// Observes nothing; notes what it should.
#[derive(Default)]
struct Fake {
    watched: BTreeSet<PathBuf>,
    /// How many folders it takes.
    limit: Option<usize>,
    refused: Vec<(PathBuf, Refused)>,
    started_over: usize,
}

impl Backend for Fake {
    fn watch(&mut self, folder: &Path) -> Result<(), Refused> {
        if let Some((_, refused)) = self.refused.iter().find(|(path, _)| path == folder) {
            return Err(*refused);
        }
        if self.limit.is_some_and(|limit| self.watched.len() >= limit) {
            return Err(Refused::Limit);
        }
        assert!(self.watched.insert(folder.to_owned()), "{} twice", folder.display());
        Ok(())
    }

    fn unwatch(&mut self, folder: &Path) {
        assert!(self.watched.remove(folder), "{} isn't observed", folder.display());
    }

    fn start_over(&mut self) {
        self.watched.clear();
        self.started_over += 1;
    }
}

/// An engine, a folder, and a clock.
struct Bench {
    engine: Engine<Fake, char>,
    _guard: tempfile::TempDir,
    root: PathBuf,
    now: Duration,
}

impl Bench {
    fn new() -> Self {
        let guard = tempfile::tempdir().expect("a folder");
        let root = guard.path().canonicalize().expect("a path");
        let engine = Engine::new(Fake::default());
        Self { engine, _guard: guard, root, now: Duration::from_secs(1_000) }
    }

    fn folder(&self, path: &str) -> PathBuf {
        let folder = self.root.join(path);
        create_dir_all(&folder).expect("a folder");
        folder
    }

    fn fake(&mut self) -> &mut Fake {
        self.engine.folders.backend()
    }

    fn point(&self, path: &str, recursive: bool) -> WatchPoint {
        WatchPoint { path: self.root.join(path), recursive }
    }

    fn watch(&mut self, who: char, path: &str, recursive: bool) {
        let point = self.point(path, recursive);
        self.engine.watch(who, vec![point]);
    }

    /// One turn in which these changes are told.
    fn told(&mut self, changes: &[(&str, Change)]) -> Vec<char> {
        let at = changes.iter().map(|&(path, change)| (self.root.join(path), change)).collect();
        self.turn(Changes { at, is_incomplete: false })
    }

    fn turn(&mut self, changes: Changes) -> Vec<char> {
        self.engine.turn(changes, self.now).into_iter().collect()
    }

    fn lost(&mut self) -> Vec<char> {
        self.turn(Changes { at: BTreeMap::new(), is_incomplete: true })
    }

    /// Lets time pass from one deadline to the next, up to `span`; who is told of changes.
    fn pass(&mut self, span: Duration) -> Vec<char> {
        let end = self.now + span;
        let mut told = Vec::new();
        while let Some(next) = self.engine.next_turn().filter(|&next| next <= end) {
            self.now = self.now.max(next);
            told.extend(self.turn(Changes::default()));
        }
        self.now = end;
        told
    }

    fn counts(&self) -> (usize, usize) {
        let (watched, polled, _) = self.engine.counts(|_| true);
        (watched, polled)
    }

    /// The observed folders at and below the root, relative to it.
    fn observed(&mut self) -> Vec<String> {
        let root = self.root.clone();
        let below =
            |path: &Path| path.strip_prefix(&root).ok().map(|path| path.display().to_string());
        self.fake().watched.iter().filter_map(|path| below(path)).collect()
    }
}

const SOON: Duration = Duration::from_millis(100);

#[test]
fn a_new_point_counts_as_changed_once_and_then_nothing_is_due() {
    let mut bench = Bench::new();
    bench.folder("a/b/.git/objects");
    bench.folder("a/c");
    bench.watch('x', "a", true);
    assert_eq!(bench.pass(SOON), ['x']);
    assert_eq!(bench.observed(), ["", "a", "a/b", "a/c"]);
    assert_eq!(bench.engine.next_turn(), None);
    // The same points again are nothing new, not even to arm.
    bench.watch('x', "a", true);
    assert_eq!(bench.engine.next_turn(), None);
    // Who comes later to a point that is observed is told too; nobody else is.
    bench.watch('y', "a", true);
    assert_eq!(bench.pass(SOON), ['y']);
    assert_eq!(bench.counts(), (1, 0));
}

#[test]
fn a_change_concerns_whoever_has_a_point_there() {
    let mut bench = Bench::new();
    bench.folder("a/sub/.git");
    bench.folder("ab");
    write(bench.root.join("a/file"), "").expect("a file");
    bench.watch('t', "a", true);
    bench.watch('f', "a", false);
    bench.watch('1', "a/file", false);
    bench.watch('n', "a/none/deep", false);
    bench.watch('o', "ab", true);
    bench.pass(SOON);
    let content = Change::CONTENT;
    let cases: [(&str, Change, &[char]); 9] = [
        ("a/file", content, &['1', 'f', 't']),
        ("a/other", Change::APPEARED, &['f', 't']),
        ("a/none", Change::APPEARED, &['f', 'n', 't']),
        ("a/sub/x", content, &['t']),
        ("a/sub/.git", content, &[]),
        ("a/sub/.git", Change::APPEARED, &['t']),
        ("ab/x", Change::VANISHED, &['o']),
        ("unrelated", Change::APPEARED, &[]),
        ("a", content, &['1', 'f', 'n', 't']),
    ];
    for (path, change, expected) in cases {
        assert_eq!(bench.told(&[(path, change)]), [], "{path} is waited for");
        let mut told = bench.pass(SOON);
        told.sort_unstable();
        assert_eq!(told, expected, "{path} {change:?}");
    }
}

#[test]
fn folders_are_shared_and_let_go_with_the_last_point() {
    let mut bench = Bench::new();
    bench.folder("a/b");
    bench.watch('x', "a", true);
    bench.watch('y', "a/b", false);
    bench.watch('z', "a/b/file", false);
    bench.pass(SOON);
    assert_eq!(bench.observed(), ["", "a", "a/b"]);
    bench.engine.unwatch('x');
    bench.engine.unwatch('y');
    assert_eq!(bench.observed(), ["", "a", "a/b"]);
    bench.engine.watch('z', vec![bench.point("a", false)]);
    bench.pass(SOON);
    assert_eq!(bench.observed(), ["", "a"]);
    bench.engine.unwatch('z');
    assert!(bench.fake().watched.is_empty());
    assert_eq!(bench.engine.next_turn(), None);
}

#[test]
fn a_large_tree_is_taken_on_bit_by_bit() {
    let mut bench = Bench::new();
    for number in 0..3 * FOLDERS_AT_ONCE {
        bench.folder(&format!("big/{number}"));
    }
    bench.watch('x', "big", true);
    let mut turns = 0;
    while bench.engine.next_turn() == Some(Duration::ZERO) {
        let before = bench.fake().watched.len();
        bench.told(&[]);
        assert!(bench.fake().watched.len() - before <= FOLDERS_AT_ONCE);
        turns += 1;
    }
    assert!(turns > 3, "{turns}");
    assert_eq!(bench.observed().len(), 3 * FOLDERS_AT_ONCE + 2);
    bench.engine.unwatch('x');
    assert!(bench.fake().watched.is_empty());
}

#[test]
fn many_points_are_taken_on_bit_by_bit() {
    let mut bench = Bench::new();
    bench.folder("a");
    let points = (0..3 * FOLDERS_AT_ONCE).map(|number| bench.point(&format!("a/{number}"), false));
    let points = points.collect();
    bench.engine.watch('x', points);
    let mut turns = 0;
    while bench.engine.next_turn() == Some(Duration::ZERO) {
        bench.told(&[]);
        turns += 1;
    }
    assert!(turns > 3, "{turns}");
    assert_eq!(bench.observed(), ["", "a"]);
}

#[test]
fn at_the_limit_a_point_is_looked_at_until_there_is_room() {
    let mut bench = Bench::new();
    for number in 0..20 {
        bench.folder(&format!("tree/{number}"));
    }
    bench.folder("small");
    let limit = bench.root.ancestors().count() + 10;
    bench.fake().limit = Some(limit);
    bench.watch('t', "tree", true);
    assert_eq!(bench.pass(SOON), ['t']);
    assert_eq!(bench.counts(), (0, 1));
    // What was taken up in vain is free for others.
    bench.watch('s', "small", false);
    assert_eq!(bench.pass(SOON), ['s']);
    assert_eq!(bench.counts(), (1, 1));

    assert_eq!(bench.pass(Duration::from_secs(10)), [], "nothing has changed");
    write(bench.root.join("tree/7/new"), "").expect("a file");
    assert_eq!(bench.pass(Duration::from_secs(3)), ['t']);

    bench.fake().limit = None;
    assert_eq!(bench.pass(Duration::from_mins(1)), ['t'], "observed again");
    assert_eq!(bench.counts(), (2, 0));
    assert_eq!(bench.engine.next_turn(), None, "nothing is looked at any more");
    assert_eq!(bench.told(&[("tree/7/new", Change::CONTENT)]), []);
    assert_eq!(bench.pass(SOON), ['t']);
}

#[test]
fn a_network_file_system_is_looked_at() {
    let mut bench = Bench::new();
    let far = bench.folder("far");
    bench.fake().refused.push((far, Refused::Network));
    bench.watch('x', "far", true);
    bench.pass(SOON);
    assert_eq!(bench.counts(), (0, 1));
    write(bench.root.join("far/file"), "").expect("a file");
    assert_eq!(bench.pass(Duration::from_secs(3)), ['x']);
}

#[test]
fn a_folder_that_may_not_be_read_matters_only_if_the_point_is_in_it() {
    let mut bench = Bench::new();
    let closed = bench.folder("closed");
    bench.folder("closed/open");
    bench.folder("tree/closed");
    write(closed.join("file"), "").expect("a file");
    bench.fake().refused.push((closed, Refused::Denied));
    let in_tree = bench.root.join("tree/closed");
    bench.fake().refused.push((in_tree, Refused::Denied));
    for (path, recursive, expected) in [
        ("closed/open", true, (1, 0)),
        ("closed/open", false, (1, 0)),
        ("closed/open/file", false, (1, 0)),
        ("tree", true, (1, 0)),
        ("closed/file", false, (0, 1)),
        ("closed/none", false, (0, 1)),
        ("closed", true, (0, 1)),
        ("closed", false, (0, 1)),
    ] {
        bench.watch('x', path, recursive);
        bench.pass(SOON);
        assert_eq!(bench.counts(), expected, "{path}");
    }
}

#[test]
fn after_an_overflow_all_is_observed_anew_and_counts_as_changed() {
    let mut bench = Bench::new();
    bench.folder("a/b");
    bench.folder("c");
    bench.watch('x', "a", true);
    bench.watch('y', "c", false);
    bench.pass(SOON);
    // Nobody tells of this.
    create_dir(bench.root.join("a/unseen")).expect("a folder");
    assert_eq!(bench.lost(), []);
    assert_eq!(bench.pass(SOON), ['x', 'y']);
    assert_eq!(bench.observed(), ["", "a", "a/b", "a/unseen", "c"]);
}

#[test]
fn overflow_after_overflow_begins_anew_once_a_second() {
    let mut bench = Bench::new();
    bench.folder("a");
    bench.watch('x', "a", true);
    bench.pass(SOON);
    let mut told = Vec::new();
    for _ in 0..30 {
        told.extend(bench.lost());
        told.extend(bench.pass(SOON));
    }
    told.extend(bench.pass(Duration::from_secs(2)));
    // Three seconds of it: at the beginning, after each second, and once more for the last.
    assert_eq!(bench.fake().started_over, 4);
    assert_eq!(told.len(), 4);
    assert_eq!(bench.engine.next_turn(), None);
}
