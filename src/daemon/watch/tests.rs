//! With the real notify, in folders of their own. Waits for events, never for time.

use std::fs::{
    File, Permissions, create_dir, create_dir_all, read, remove_dir_all, remove_file, rename,
    set_permissions, write,
};
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::PathBuf;

use proptest::prelude::*;
use rustix::event::{PollFd, PollFlags, Timespec, poll};

use super::*;

use crate::sys::clock::since_boot;

const KEY: Key = Key([1; 32]);
const FENCE: Key = Key([0xff; 32]);
/// Long enough for any machine.
const PATIENCE: Duration = Duration::from_mins(1);

/// A watcher of a cache folder, with a folder beside it to observe.
struct Scene {
    watcher: Observer,
    _guard: tempfile::TempDir,
    root: PathBuf,
    fences: usize,
}

impl Scene {
    fn new() -> Self {
        let guard = tempfile::tempdir().expect("a folder");
        let root = guard.path().canonicalize().expect("a path");
        for folder in ["cache/v2/pending", "fence", "in"] {
            create_dir_all(root.join(folder)).expect("a folder");
        }
        let watcher = Observer::new(&root.join("cache"), &root.join("cache/v2/pending"));
        let mut scene =
            Self { watcher: watcher.expect("a watcher"), _guard: guard, root, fences: 0 };
        scene.watch(FENCE, "fence", false);
        scene.settle();
        scene
    }

    fn at(&self, path: &str) -> PathBuf {
        self.root.join(path)
    }

    fn watch(&mut self, key: Key, path: &str, recursive: bool) {
        let path = self.at(path);
        self.watcher.watch(key, vec![WatchPoint { path, recursive }]);
    }

    /// A scene in which a path in `in` is observed.
    fn watching(path: &str, recursive: bool, made: impl FnOnce(&Path)) -> Self {
        let mut scene = Self::new();
        made(&scene.root);
        scene.watch(KEY, path, recursive);
        scene.settle();
        scene
    }

    /// Waits for the next event or deadline and takes what there is.
    fn next(&mut self) -> Vec<Event> {
        let now = since_boot();
        let wait = self.watcher.next_deadline().map_or(PATIENCE, |at| at.saturating_sub(now));
        let timeout = Timespec::try_from(wait.min(PATIENCE)).expect("a time");
        let mut fds = [PollFd::from_borrowed_fd(self.watcher.fd(), PollFlags::IN)];
        poll(&mut fds, Some(&timeout)).expect("a poll");
        self.watcher.drain(since_boot())
    }

    /// Waits until nothing is under way.
    fn settle(&mut self) -> Vec<Event> {
        let mut events = Vec::new();
        while self.watcher.next_deadline().is_some() {
            events.extend(self.next());
        }
        events
    }

    fn wait_for(&mut self, event: Event) -> Vec<Event> {
        let end = since_boot() + PATIENCE;
        let mut events = Vec::new();
        while !events.contains(&event) {
            assert!(since_boot() < end, "no {event:?}, but {events:?}");
            events.extend(self.next());
        }
        events
    }

    /// All events of what has been done so far: the kernel keeps their order.
    fn all_so_far(&mut self) -> Vec<Event> {
        self.fences += 1;
        write(self.at(&format!("fence/{}", self.fences)), "").expect("a file");
        let mut events = self.wait_for(Event::Changed(FENCE));
        events.extend(self.settle());
        events.retain(|event| *event != Event::Changed(FENCE));
        events
    }

    /// Does something that must be noticed.
    fn notices(&mut self, what: &str, step: impl FnOnce(&Path)) {
        step(&self.root);
        let events = self.all_so_far();
        assert!(events.contains(&Event::Changed(KEY)), "{what}: {events:?}");
    }

    /// Does something that must not be.
    fn ignores(&mut self, what: &str, step: impl FnOnce(&Path)) {
        step(&self.root);
        assert_eq!(self.all_so_far(), [], "{what}");
    }
}

fn put(path: impl AsRef<Path>) {
    write(path, "content").expect("a file");
}

fn make(path: impl AsRef<Path>) {
    create_dir_all(path).expect("a folder");
}

#[test]
fn a_file_is_followed_through_all_that_editors_do() {
    for point in ["in/file", "in"] {
        let mut scene = Scene::watching(point, false, |root| put(root.join("in/file")));
        scene.ignores("nothing", |_| ());
        scene.notices("edited in place", |root| put(root.join("in/file")));
        scene.notices("replaced", |root| {
            put(root.join("in/.file.swp"));
            rename(root.join("in/.file.swp"), root.join("in/file")).expect("renamed");
        });
        scene.notices("moved aside and made anew", |root| {
            rename(root.join("in/file"), root.join("in/file~")).expect("renamed");
            put(root.join("in/file"));
        });
        scene.notices("edited again", |root| put(root.join("in/file")));
        scene.notices("mode", |root| {
            set_permissions(root.join("in/file"), Permissions::from_mode(0o600)).expect("set");
        });
        scene.notices("deleted", |root| remove_file(root.join("in/file")).expect("removed"));
        scene.notices("made anew", |root| put(root.join("in/file")));
    }
}

#[test]
fn reading_wakes_nobody() {
    let mut scene = Scene::watching("in", true, |root| {
        make(root.join("in/sub"));
        put(root.join("in/sub/file"));
    });
    scene.ignores("reading", |root| {
        read(root.join("in/sub/file")).expect("read");
        assert_eq!(std::fs::read_dir(root.join("in/sub")).expect("a folder").count(), 1);
        File::open(root.join("in/sub")).expect("opened");
    });
}

#[test]
fn a_file_beside_the_one_observed_is_none_of_its_business() {
    let mut scene = Scene::watching("in/file", false, |root| put(root.join("in/file")));
    scene.ignores("another file", |root| put(root.join("in/other")));
}

#[test]
fn a_folder_that_is_deleted_and_made_anew_is_followed() {
    for recursive in [false, true] {
        let mut scene = Scene::watching("in/a/b", recursive, |root| make(root.join("in/a/b")));
        for _ in 0..3 {
            scene.notices("deleted", |root| remove_dir_all(root.join("in/a")).expect("removed"));
            scene.notices("made anew", |root| make(root.join("in/a/b")));
            scene.notices("a file", |root| put(root.join("in/a/b/file")));
        }
        scene.notices("all at once", |root| {
            remove_dir_all(root.join("in/a")).expect("removed");
            make(root.join("in/a/b"));
        });
        scene.notices("a file", |root| put(root.join("in/a/b/file")));
    }
}

#[test]
fn a_folder_above_may_be_replaced() {
    let mut scene = Scene::watching("in/a/b/c", true, |root| make(root.join("in/a/b/c")));
    scene.notices("moved away", |root| {
        rename(root.join("in/a"), root.join("in/old")).expect("renamed");
    });
    scene.ignores("in what was moved", |root| put(root.join("in/old/b/c/file")));
    scene.notices("another one", |root| {
        make(root.join("new/b/c"));
        rename(root.join("new"), root.join("in/a")).expect("renamed");
    });
    scene.notices("a file", |root| put(root.join("in/a/b/c/file")));
}

#[test]
fn what_is_absent_is_waited_for_level_by_level() {
    for recursive in [false, true] {
        let mut scene = Scene::watching("in/x/y/z", recursive, |_| ());
        scene.notices("one level", |root| make(root.join("in/x")));
        scene.notices("two", |root| make(root.join("in/x/y")));
        scene.notices("three", |root| make(root.join("in/x/y/z")));
        scene.notices("a file", |root| put(root.join("in/x/y/z/file")));
        scene.notices("gone", |root| remove_dir_all(root.join("in/x")).expect("removed"));
        scene.notices("all levels", |root| make(root.join("in/x/y/z")));
        scene.notices("a file", |root| put(root.join("in/x/y/z/file")));
    }
}

#[test]
fn links_are_followed_where_they_lead() {
    let mut scene = Scene::watching("in/link", true, |root| {
        make(root.join("one"));
        make(root.join("two"));
        symlink("../one", root.join("in/link")).expect("a link");
    });
    scene.notices("in the target", |root| put(root.join("one/file")));
    scene.ignores("elsewhere", |root| put(root.join("two/file")));
    scene.notices("leads elsewhere", |root| {
        symlink("../two", root.join("in/new")).expect("a link");
        rename(root.join("in/new"), root.join("in/link")).expect("renamed");
    });
    scene.notices("in the new target", |root| put(root.join("two/file")));
    scene.ignores("in the old one", |root| put(root.join("one/file")));
    scene.notices("dangling", |root| remove_dir_all(root.join("two")).expect("removed"));
    scene.notices("not any more", |root| make(root.join("two")));
    scene.notices("in it again", |root| put(root.join("two/file")));
}

#[test]
fn a_tree_is_followed_as_it_grows_and_moves() {
    let mut scene = Scene::watching("in", true, |root| make(root.join("in/.git/objects")));
    scene.ignores("git's own", |root| put(root.join("in/.git/objects/x")));
    scene.notices("a folder", |root| make(root.join("in/a/b/c")));
    scene.notices("a file in it", |root| put(root.join("in/a/b/c/file")));
    scene.notices("moved within", |root| {
        rename(root.join("in/a/b"), root.join("in/moved")).expect("renamed");
    });
    scene.notices("in what was moved", |root| put(root.join("in/moved/c/file")));
    scene.notices("moved in", |root| {
        make(root.join("outside/deep"));
        rename(root.join("outside"), root.join("in/inside")).expect("renamed");
    });
    scene.notices("in what was moved in", |root| put(root.join("in/inside/deep/file")));
    scene.notices("moved out", |root| {
        rename(root.join("in/inside"), root.join("out")).expect("renamed");
    });
    scene.ignores("in what was moved out", |root| put(root.join("out/deep/file")));
}

#[test]
fn a_thousand_changes_give_a_few_events() {
    let mut scene = Scene::watching("in", true, |_| ());
    for number in 0..1_000 {
        put(scene.at(&format!("in/{number}")));
    }
    let events = scene.all_so_far();
    assert!((1..100).contains(&events.len()), "{} events", events.len());
}

#[test]
fn markers_wake_and_their_removal_does_not() {
    let mut scene = Scene::new();
    put(scene.at("cache/v2/pending/marker"));
    assert!(scene.all_so_far().contains(&Event::Pending));
    scene.ignores("removal", |root| {
        remove_file(root.join("cache/v2/pending/marker")).expect("removed");
    });
    scene.ignores("an entry", |root| put(root.join("cache/v2/entry")));
    assert_eq!(scene.watcher.stats().watched_paths, 1, "the fence's");
}

#[test]
fn that_the_cache_folder_has_gone_is_noticed_however_it_went() {
    type Deed = fn(&Path);
    let steps: [(&str, Deed); 4] = [
        ("deleted", |root| remove_dir_all(root.join("cache")).expect("removed")),
        ("its version", |root| remove_dir_all(root.join("cache/v2")).expect("removed")),
        ("moved", |root| rename(root.join("cache"), root.join("old")).expect("renamed")),
        ("replaced", |root| {
            make(root.join("new/v2/pending"));
            rename(root.join("cache"), root.join("old")).expect("renamed");
            rename(root.join("new"), root.join("cache")).expect("renamed");
        }),
    ];
    for (what, step) in steps {
        let mut scene = Scene::new();
        step(&scene.root);
        assert!(scene.all_so_far().contains(&Event::FolderGone), "{what}");
    }
}

#[test]
fn nothing_is_told_of_what_is_not_observed_any_more() {
    let mut scene = Scene::watching("in", true, |root| make(root.join("in/sub")));
    let folders = scene.watcher.stats().folders;
    scene.watcher.watch(KEY, Vec::new());
    assert_eq!(scene.watcher.stats().folders, folders - 2);
    scene.ignores("a change", |root| put(root.join("in/sub/file")));
}

/// Waits for news of a watcher with a thread of its own.
fn wait_for_news(watcher: &Watcher, event: Event) {
    let timeout = Timespec::try_from(PATIENCE).expect("a time");
    let mut news = BTreeSet::new();
    while !news.contains(&event) {
        let mut fds = [PollFd::from_borrowed_fd(watcher.fd(), PollFlags::IN)];
        assert_eq!(poll(&mut fds, Some(&timeout)).expect("a poll"), 1, "no {event:?}: {news:?}");
        news.extend(watcher.news());
    }
}

#[test]
fn the_thread_tells_what_it_notices_and_ends_with_the_watcher() {
    let guard = tempfile::tempdir().expect("a folder");
    let root = guard.path().canonicalize().expect("a path");
    make(root.join("cache/pending"));
    make(root.join("in"));
    let watcher = Watcher::new(&root.join("cache"), &root.join("cache/pending")).expect("one");
    wait_for_news(&watcher, Event::Pending);
    put(root.join("cache/pending/marker"));
    wait_for_news(&watcher, Event::Pending);
    // Of several orders for one key the last counts.
    watcher.watch(KEY, vec![WatchPoint { path: root.join("cache"), recursive: true }]);
    watcher.watch(KEY, vec![WatchPoint { path: root.join("in/file"), recursive: false }]);
    wait_for_news(&watcher, Event::Changed(KEY));
    assert_eq!(watcher.stats().watched_paths, 1);
    put(root.join("in/file"));
    wait_for_news(&watcher, Event::Changed(KEY));
    watcher.unwatch(&KEY);
    watcher.watch(FENCE, vec![WatchPoint { path: root.join("in"), recursive: false }]);
    wait_for_news(&watcher, Event::Changed(FENCE));
    put(root.join("in/file"));
    wait_for_news(&watcher, Event::Changed(FENCE));
    assert!(!watcher.news().contains(&Event::Changed(KEY)));
    let desk = Arc::downgrade(&watcher.desk);
    drop(watcher);
    let end = since_boot() + PATIENCE;
    while desk.upgrade().is_some() {
        assert!(since_boot() < end, "the thread goes on");
        thread::yield_now();
    }
}

/// What may happen in a tree. The numbers choose among the folders there are.
#[derive(Clone, Debug)]
enum Step {
    Make(usize, u8),
    Remove(usize),
    Move(usize, usize, u8),
    Put(usize),
    Turn,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        4 => (any::<usize>(), 0..4_u8).prop_map(|(folder, name)| Step::Make(folder, name)),
        1 => any::<usize>().prop_map(Step::Remove),
        2 => (any::<usize>(), any::<usize>(), 0..4_u8)
            .prop_map(|(from, to, name)| Step::Move(from, to, name)),
        1 => any::<usize>().prop_map(Step::Put),
        2 => Just(Step::Turn),
    ];
    prop::collection::vec(step, 1..40)
}

/// The folders at and below one.
fn folders(root: &Path) -> Vec<PathBuf> {
    let mut found = vec![root.to_owned()];
    let mut at = 0;
    while let Some(folder) = found.get(at) {
        let entries = std::fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("it"));
        let inside: Vec<_> =
            entries.map(|entry| entry.path()).filter(|path| path.is_dir()).collect();
        found.extend(inside);
        at += 1;
    }
    found.sort();
    found
}

impl Scene {
    fn step(&mut self, step: &Step) {
        let tree = self.at("in/tree");
        make(&tree);
        let all = folders(&tree);
        let pick = |number: usize| &all[number % all.len()];
        match *step {
            // What is in the way, or would be moved into itself, is left as it is.
            Step::Make(folder, name) => drop(create_dir(pick(folder).join(name.to_string()))),
            Step::Remove(folder) => remove_dir_all(pick(folder)).expect("removed"),
            Step::Move(from, to, name) => {
                drop(rename(pick(from), pick(to).join(name.to_string())));
            }
            Step::Put(folder) => put(pick(folder).join("file")),
            Step::Turn => drop(self.next_now()),
        }
    }

    fn next_now(&mut self) -> Vec<Event> {
        self.watcher.drain(since_boot())
    }

    /// Which of these paths changes are told of, whatever becomes of them later.
    fn told(&mut self, paths: &[PathBuf]) -> Vec<PathBuf> {
        paths.iter().for_each(put);
        let fence = self.at("fence/told");
        put(&fence);
        let mut told = std::collections::BTreeSet::new();
        while !told.contains(&fence) {
            let mut fds = [PollFd::from_borrowed_fd(self.watcher.fd(), PollFlags::IN)];
            let timeout = Timespec::try_from(PATIENCE).expect("a time");
            assert_eq!(poll(&mut fds, Some(&timeout)).expect("a poll"), 1, "no fence");
            told.extend(self.watcher.inbox.take().at.into_keys());
        }
        paths.iter().filter(|path| told.contains(*path)).cloned().collect()
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    /// Whatever happens to a tree, and whenever the watcher looks: in the end each folder of it is
    /// observed under its name, and no other.
    #[test]
    fn a_tree_is_observed_whatever_happens_to_it(steps in steps()) {
        let mut scene = Scene::watching("in/tree", true, |root| make(root.join("in/tree")));
        for step in &steps {
            scene.step(step);
        }
        let tree = scene.at("in/tree");
        make(&tree);
        scene.all_so_far();
        let there = folders(&tree);
        let known: Vec<_> =
            scene.watcher.engine.observed().map(Path::to_owned).collect();
        let known: Vec<_> = known.into_iter().filter(|path| path.starts_with(&tree)).collect();
        prop_assert_eq!(&known, &there);
        let probes: Vec<_> = there.iter().map(|folder| folder.join("probe")).collect();
        prop_assert_eq!(scene.told(&probes), probes);
    }
}
