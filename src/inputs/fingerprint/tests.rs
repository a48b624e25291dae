//! Equal fingerprints mean equal contents, whatever was done to the files in between and however
//! fast, with and without the digests of earlier calls.

use std::collections::BTreeMap;
use std::fs::{self, File, FileTimes};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use proptest::prelude::*;
use tempfile::TempDir;

use super::*;
use crate::model::key::Kind;

struct Tree {
    root: TempDir,
    store: Store,
}

impl Tree {
    fn new() -> Tree {
        let root = tempfile::tempdir().expect("a folder");
        fs::create_dir(root.path().join("work")).expect("a folder");
        let store = Store::prepare(&root.path().join("cache")).expect("a store");
        Tree { root, store }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.root.path().join("work").join(name)
    }

    fn write(&self, name: &str, content: &str) {
        let path = self.path(name);
        fs::create_dir_all(path.parent().expect("a parent")).expect("a folder");
        fs::write(path, content).expect("a file");
    }

    fn look(&self, wanted: &Wanted) -> Fingerprint {
        self.try_look(wanted).expect("a fingerprint")
    }

    fn try_look(&self, wanted: &Wanted) -> Result<Fingerprint, InputError> {
        fingerprint(wanted, &[b"-x", b"a", b"missing", b"d"], &self.path(""), Some(&self.store))
    }

    /// The parts, each as `kind name: value`, digests cut short.
    fn shown(&self, wanted: &Wanted) -> Vec<String> {
        let shown = self.look(wanted).parts().iter().map(show).collect();
        assert!(self.look(wanted).still_holds());
        shown
    }
}

fn show(part: &Part) -> String {
    let kind = if part.kind == Kind::File { "" } else { "time of " };
    let value = String::from_utf8_lossy(&part.value);
    let mut words: Vec<&str> = value.split(' ').collect();
    for word in &mut words {
        *word = if word.len() == 64 { &word[..4] } else { word };
    }
    format!("{kind}{}: {}", part.name.escape_ascii(), words.join(" "))
}

fn content(paths: &[&str]) -> Wanted {
    let content = paths.iter().map(|path| path.as_bytes().to_vec()).collect();
    Wanted { content, ..Wanted::default() }
}

fn times(paths: &[&str]) -> Wanted {
    Wanted { mtime: content(paths).content, ..Wanted::default() }
}

/// Waits until whatever was changed so far is past the grain of the clock.
fn settle() {
    let from = clock::now().wall;
    while clock::now().wall - from <= 25_000_000 {
        std::thread::yield_now();
    }
}

/// The first digits of the digest of these bytes.
fn digest(content: &str) -> String {
    blake3::hash(content.as_bytes()).to_hex()[..4].to_owned()
}

#[test]
fn each_kind_of_input_has_its_parts() {
    let tree = Tree::new();
    tree.write("a", "A");
    tree.write("d/b", "B");
    tree.write("d/.hidden", "H");
    tree.write("d/e/c.log", "L");
    tree.write("d/.gitignore", "*.log\n");
    tree.write("d/.git/config", "never");
    symlink("../a", tree.path("d/link")).expect("a link");
    symlink("d", tree.path("to-d")).expect("a link");
    symlink("nowhere", tree.path("dangling")).expect("a link");
    let (a, b, h) = (digest("A"), digest("B"), digest("H"));
    let folder = [
        format!("d/.gitignore: blake3 {}", digest("*.log\n")),
        format!("d/.hidden: blake3 {h}"),
        format!("d/b: blake3 {b}"),
        format!("d/link: link to blake3 {a} at ../a"),
    ];
    let with = |first: &str, rest: &[String]| [&[first.to_owned()], rest].concat();
    let cases: [(&[&str], Vec<String>); 10] = [
        (&["a"], vec![format!("a: blake3 {a}")]),
        (&["./a", "a", "a/"], vec![format!("a: blake3 {a}")]),
        (&["missing/x"], vec!["missing/x: absent".to_owned()]),
        (&["a/x"], vec!["a/x: absent".to_owned()]),
        (&["d"], with("d: folder", &folder)),
        (&["dangling"], vec!["dangling: link to nothing at nowhere".to_owned()]),
        (&["d/link"], vec![format!("d/link: link to blake3 {a} at ../a")]),
        (
            &["d/*.log", "d/e/*"],
            vec![
                "d/*.log: pattern of 0 paths".to_owned(),
                "d/e/*: pattern of 1 paths".to_owned(),
                format!("d/e/c.log: blake3 {}", digest("L")),
            ],
        ),
        (
            &["**/[bc]*"],
            vec![
                "**/[bc]*: pattern of 3 paths".to_owned(),
                format!("d/b: blake3 {b}"),
                format!("d/e/c.log: blake3 {}", digest("L")),
                "to-d: link to a folder, as 1:d at d".to_owned(),
            ],
        ),
        (
            &["{a,d/b}"],
            vec![
                "{a,d/b}: pattern of 2 paths".to_owned(),
                format!("a: blake3 {a}"),
                format!("d/b: blake3 {b}"),
            ],
        ),
    ];
    for (paths, expected) in cases {
        assert_eq!(tree.shown(&content(paths)), expected, "{paths:?}");
    }
    let through: Vec<String> = folder.iter().map(|part| part.replacen("d/", "to-d/", 1)).collect();
    let expected = with("to-d: link to a folder at d", &through);
    assert_eq!(tree.shown(&content(&["to-d"])), expected);
}

#[test]
fn arguments_that_name_files_are_inputs() {
    let tree = Tree::new();
    tree.write("a", "A");
    tree.write("d/b", "B");
    let wanted = Wanted { arguments: true, ..content(&["a"]) };
    assert_eq!(tree.shown(&wanted), [format!("a: blake3 {}", digest("A"))]);
    tree.write("missing", "M");
    assert_eq!(tree.shown(&wanted).len(), 2);
}

#[test]
fn times_count_without_content() {
    let tree = Tree::new();
    tree.write("d/a", "A");
    let set = |seconds| {
        let time = SystemTime::UNIX_EPOCH + Duration::from_secs(seconds);
        let file = File::open(tree.path("d/a")).expect("a file");
        file.set_times(FileTimes::new().set_modified(time)).expect("to touch it");
    };
    set(7);
    let expected = ["time of d: folder", "time of d/a: 1 bytes of 7000000000 ns"];
    assert_eq!(tree.shown(&times(&["d"])), expected);
    tree.write("d/a", "B");
    set(7);
    assert_eq!(tree.shown(&times(&["d"])), expected);
    fs::set_permissions(tree.path("d/a"), fs::Permissions::from_mode(0o000)).expect("a mode");
    assert_eq!(tree.shown(&times(&["d"])), expected);
}

#[test]
fn many_files_are_one_part_that_follows_each() {
    let tree = Tree::new();
    for number in 0..100 {
        tree.write(&format!("d/{number}"), "x");
    }
    let first = tree.shown(&content(&["d"]));
    assert_eq!(first.len(), 1, "{first:?}");
    assert!(first[0].starts_with("d: 101 paths, blake3 "), "{first:?}");
    tree.write("d/50", "y");
    let second = tree.shown(&content(&["d"]));
    assert_ne!(first, second);
    tree.write("d/50", "x");
    assert_eq!(tree.shown(&content(&["d"])), first);
}

#[test]
fn special_files_are_never_opened() {
    let tree = Tree::new();
    tree.write("d/a", "A");
    let mode = rustix::fs::Mode::RUSR;
    rustix::fs::mkfifoat(rustix::fs::CWD, tree.path("d/pipe"), mode).expect("a pipe");
    symlink("pipe", tree.path("d/link")).expect("a link");
    let expected = [
        "d: folder".to_owned(),
        format!("d/a: blake3 {}", digest("A")),
        "d/link: link to pipe 0 at pipe".to_owned(),
        "d/pipe: pipe 0".to_owned(),
    ];
    assert_eq!(tree.shown(&content(&["d"])), expected);
    for (name, what) in [("d/pipe", "pipe"), ("d/link", "pipe"), ("/dev/null", "character device")]
    {
        let error = tree.try_look(&content(&[name])).expect_err("no content");
        let expected =
            format!("the input {name} is a {what}; an input is a file, a folder or a pattern");
        assert_eq!(error.to_string(), expected);
    }
}

#[test]
fn links_in_circles_end() {
    let tree = Tree::new();
    tree.write("d/a", "A");
    symlink("..", tree.path("d/up")).expect("a link");
    symlink("loop", tree.path("d/loop")).expect("a link");
    let shown = tree.shown(&content(&["d"]));
    let expected = [
        "d: folder".to_owned(),
        format!("d/a: blake3 {}", digest("A")),
        "d/loop: link to nothing at loop".to_owned(),
        "d/up: link to a folder at ..".to_owned(),
    ];
    assert_eq!(shown, expected);
    assert_eq!(tree.shown(&content(&["**/a"])).len(), 2);
}

#[test]
fn what_links_lead_to_is_told_once_under_the_first_name() {
    let tree = Tree::new();
    tree.write("d/z/a", "A");
    tree.write("out/b", "B");
    tree.write("out/in/c", "C");
    symlink("z", tree.path("d/inside")).expect("a link");
    symlink("../out/in", tree.path("d/m")).expect("a link");
    symlink("../out", tree.path("d/n")).expect("a link");
    symlink("../d", tree.path("out/back")).expect("a link");
    symlink("..", tree.path("out/up")).expect("a link");
    symlink("/proc/self/fd", tree.path("out/kernel")).expect("a link");
    let (a, b, c) = (digest("A"), digest("B"), digest("C"));
    let expected = [
        "d: folder".to_owned(),
        // Those of the tree itself come before those that a link leads to.
        "d/inside: link to a folder, as 3:d/z at z".to_owned(),
        "d/m: link to a folder at ../out/in".to_owned(),
        format!("d/m/c: blake3 {c}"),
        "d/n: link to a folder at ../out".to_owned(),
        format!("d/n/b: blake3 {b}"),
        "d/n/back: link to a folder, as 1:d at ../d".to_owned(),
        "d/n/in: folder, as 3:d/m".to_owned(),
        "d/n/kernel: link to a folder at /proc/self/fd".to_owned(),
        "d/n/up: link to a folder at ..".to_owned(),
        format!("d/z/a: blake3 {a}"),
    ];
    assert_eq!(tree.shown(&content(&["d"])), expected);
}

#[test]
fn a_pattern_goes_through_links_wherever_they_are() {
    let tree = Tree::new();
    tree.write("d/z/a.c", "A");
    tree.write("out/b.c", "B");
    symlink("z", tree.path("d/inside")).expect("a link");
    symlink("../out", tree.path("d/n")).expect("a link");
    symlink("../d", tree.path("out/back")).expect("a link");
    let (a, b) = (digest("A"), digest("B"));
    let expected = [
        "d/**/*.c: pattern of 4 paths".to_owned(),
        "d/inside: link to a folder, as 3:d/z at z".to_owned(),
        format!("d/n/b.c: blake3 {b}"),
        "d/n/back: link to a folder, as 1:d at ../d".to_owned(),
        format!("d/z/a.c: blake3 {a}"),
    ];
    assert_eq!(tree.shown(&content(&["d/**/*.c"])), expected);
    // Without `**` each name is told with what it leads to, as a shell has it.
    let expected = [
        "d/*/*.c: pattern of 3 paths".to_owned(),
        format!("d/inside/a.c: blake3 {a}"),
        format!("d/n/b.c: blake3 {b}"),
        format!("d/z/a.c: blake3 {a}"),
    ];
    assert_eq!(tree.shown(&content(&["d/*/*.c"])), expected);
}

#[test]
fn links_multiply_nothing() {
    // Each folder has two links to the next one: by names, there are 2^40 ways to the last.
    let tree = Tree::new();
    for number in 0..40 {
        tree.write(&format!("d/{number}/file"), "");
        for name in ["x", "y"] {
            let target = format!("../{}", number + 1);
            symlink(target, tree.path(&format!("d/{number}/{name}"))).expect("a link");
        }
    }
    for wanted in ["d", "d/**/file", "d/0/**"] {
        assert!(tree.look(&content(&[wanted])).still_holds(), "{wanted}");
    }
}

#[test]
fn a_link_is_left_out_as_a_file_and_what_it_leads_to_by_the_rules_that_are_there() {
    let tree = Tree::new();
    for file in [".git/config", "out/.git/config", "d/z/kept", "out/kept", "out/left", "d/left"] {
        tree.write(file, "");
    }
    tree.write(".gitignore", "/d/no-link\nz/\n/d/left\n");
    tree.write("out/.gitignore", "/left\n");
    symlink("../out", tree.path("d/link")).expect("a link");
    symlink("../out", tree.path("d/no-link")).expect("a link");
    // For git it isn't a folder, so that `z/` doesn't match it.
    fs::create_dir(tree.path("d/w")).expect("a folder");
    symlink("../../out", tree.path("d/w/z")).expect("a link");
    let names = |path: &str| -> Vec<String> {
        let parts = tree.look(&content(&[path])).parts().to_vec();
        parts.iter().map(|part| part.name.escape_ascii().to_string()).collect()
    };
    assert_eq!(names("d"), ["d", "d/link", "d/link/.gitignore", "d/link/kept", "d/w/z"]);
}

#[test]
fn a_repository_within_another_one_has_rules_of_its_own() {
    let tree = Tree::new();
    tree.write(".git/config", "");
    tree.write(".gitignore", "*.log\n/d/e/only-there\n");
    tree.write("d/e/a.log", "");
    tree.write("d/e/only-there", "");
    tree.write("d/e/kept", "");
    tree.write("d/own/.git/config", "");
    tree.write("d/own/a.log", "");
    let names = |path: &str| -> Vec<String> {
        let parts = tree.look(&content(&[path])).parts().to_vec();
        parts.iter().map(|part| part.name.escape_ascii().to_string()).collect()
    };
    assert_eq!(names("d"), ["d", "d/e/kept", "d/own/a.log"]);
    assert_eq!(names("d/e"), ["d/e", "d/e/kept"]);
    assert_eq!(names("d/e/a.log"), ["d/e/a.log"]);
}

#[test]
fn what_is_known_is_kept_and_damage_to_it_does_no_harm() {
    let tree = Tree::new();
    tree.write("a", "A");
    settle();
    let wanted = content(&["a"]);
    let name = known::name(&wanted, &[], tree.path("").as_os_str().as_bytes());
    let look = || {
        let seen = fingerprint(&wanted, &[], &tree.path(""), Some(&tree.store));
        seen.expect("a fingerprint").parts().to_vec()
    };
    let first = look();
    let file = || tree.store.read_digests(&name).map(|digests| digests.content().to_vec());
    let shows_changes = crate::inputs::read::shows_changes_at_once(&tree.path("a"));
    assert_eq!(file().is_some(), shows_changes, "known where a change would show");
    let stat = rustix::fs::stat(tree.path("a")).expect("a file");
    known::write(&tree.store, &name, vec![(Marks::of(&stat), *blake3::hash(b"A").as_bytes())]);
    let kept = file().expect("what is known");
    assert_eq!(look(), first);
    // What it says is taken at its word.
    let mut lie = kept.clone();
    *lie.last_mut().expect("a byte") ^= 1;
    tree.store.write_digests(&name, &lie).expect("to write it");
    assert_ne!(look(), first);
    // Unless it is damaged, and then it is replaced.
    tree.store.write_digests(&name, &kept[1..]).expect("to write it");
    assert_eq!(look(), first);
    assert_eq!(file() == Some(kept), shows_changes);
}

#[test]
fn a_file_changed_just_now_is_not_known() {
    let tree = Tree::new();
    let wanted = content(&["a"]);
    let name = known::name(&wanted, &[], tree.path("").as_os_str().as_bytes());
    let ahead = SystemTime::now() + Duration::from_hours(1);
    tree.write("a", "A");
    File::open(tree.path("a"))
        .and_then(|file| file.set_times(FileTimes::new().set_modified(ahead)))
        .expect("to touch it");
    fingerprint(&wanted, &[], &tree.path(""), Some(&tree.store)).expect("a fingerprint");
    assert!(tree.store.read_digests(&name).is_none());
}

#[test]
fn what_was_written_to_no_longer_holds_and_what_was_linked_does() {
    let tree = Tree::new();
    tree.write("a", "A");
    for settled in [false, true] {
        if settled {
            settle();
        }
        let before = tree.look(&content(&["a", "*"]));
        assert!(before.still_holds());
        fs::hard_link(tree.path("a"), tree.root.path().join("other")).expect("a link");
        assert!(before.still_holds());
        fs::remove_file(tree.root.path().join("other")).expect("to remove it");
        tree.write("b", "B");
        assert!(!before.still_holds());
        fs::remove_file(tree.path("b")).expect("to remove it");
        assert!(before.still_holds());
        // The same bytes again, but nobody knows what was there in between.
        fs::remove_file(tree.path("a")).expect("to remove it");
        assert!(!before.still_holds());
        settle();
        tree.write("a", "A");
        assert!(!before.still_holds());
    }
    let none = fingerprint(&Wanted::default(), &[], Path::new("/missing"), None);
    assert!(none.expect("nothing to look at").still_holds());
}

#[test]
fn a_file_whose_changes_may_not_show_is_read_again() {
    let marks = Marks { device: 1, inode: 2, size: 3, modified: 4, changed: 5 };
    let seen = |settled, marks| {
        let content = Content { marks, digest: Some([0; 32]), settled };
        Seen { name: b"a".to_vec(), state: State::File(content) }
    };
    let compared =
        |settled, now: Marks, by| match compare(&seen(settled, marks), &seen(false, now), by) {
            Compared::Same => "same",
            Compared::Changed => "changed",
            Compared::Doubtful(_) => "doubtful",
        };
    assert_eq!(compared(true, marks, By::Content), "same");
    assert_eq!(compared(false, marks, By::Content), "doubtful");
    assert_eq!(compared(true, Marks { changed: 6, ..marks }, By::Content), "doubtful");
    for now in [
        Marks { modified: 6, ..marks },
        Marks { size: 6, ..marks },
        Marks { inode: 6, ..marks },
        Marks { device: 6, ..marks },
    ] {
        assert_eq!(compared(true, now, By::Content), "changed", "{now:?}");
    }
    assert_eq!(compared(false, marks, By::Time), "same");
    assert_eq!(compared(false, Marks { inode: 6, changed: 6, ..marks }, By::Time), "same");
    assert_eq!(compared(false, Marks { modified: 6, ..marks }, By::Time), "changed");
}

#[test]
fn only_settled_files_are_learnt() {
    let marks = Marks { device: 1, inode: 2, size: 3, modified: 4, changed: 5 };
    let group = |settled, by| {
        let content = Content { marks, digest: Some([7; 32]), settled };
        let seen = vec![Seen { name: b"a".to_vec(), state: State::File(content) }];
        [Group { spec: Spec::word(b"a"), by, seen }]
    };
    assert_eq!(learnt(&group(true, By::Content)), [(marks, [7; 32])]);
    assert_eq!(learnt(&group(false, By::Content)), []);
}

/// Something done to a tree.
#[derive(Clone, Debug)]
enum Change {
    Write(&'static str, &'static str),
    /// Writes, and sets the time back to what it was.
    WriteBehindTheBack(&'static str, &'static str),
    /// Writes another file and moves it there.
    Replace(&'static str, &'static str),
    Touch(&'static str),
    Remove(&'static str),
    Link(&'static str, &'static str),
    Swap(&'static str, &'static str),
    Wait,
}

const FILES: [&str; 9] =
    ["a", "d/a", "d/b", "d/x.log", "d/e/a", "d/e/x.log", "d/e/f/b", "out/a", "out/x.log"];
// Of one length, so that a size never tells.
const CONTENTS: [&str; 3] = ["one", "two", "six"];

fn change() -> impl Strategy<Value = Change> {
    let file = || prop::sample::select(&FILES[..]);
    let text = || prop::sample::select(&CONTENTS[..]);
    let target =
        prop::sample::select(&["a", "../a", "e", "missing", ".", "../../d", "out", "../out"][..]);
    prop_oneof![
        4 => (file(), text()).prop_map(|(file, text)| Change::Write(file, text)),
        3 => (file(), text()).prop_map(|(file, text)| Change::WriteBehindTheBack(file, text)),
        2 => (file(), text()).prop_map(|(file, text)| Change::Replace(file, text)),
        1 => file().prop_map(Change::Touch),
        2 => prop::sample::select(&["a", "d/a", "d/b", "d/e/a", "d/e", "d"][..])
            .prop_map(Change::Remove),
        2 => (file(), target).prop_map(|(file, target)| Change::Link(file, target)),
        1 => (file(), file()).prop_map(|(one, other)| Change::Swap(one, other)),
        2 => Just(Change::Wait),
    ]
}

impl Tree {
    /// Does it as far as it can be done.
    fn apply(&self, change: &Change) {
        match *change {
            Change::Write(file, text) => {
                self.make_room(file);
                let _ = fs::write(self.path(file), text);
            }
            Change::WriteBehindTheBack(file, text) => {
                let time = fs::metadata(self.path(file)).and_then(|found| found.modified());
                self.make_room(file);
                let _ = fs::write(self.path(file), text);
                if let (Ok(time), Ok(file)) = (time, File::open(self.path(file))) {
                    let _ = file.set_times(FileTimes::new().set_modified(time));
                }
            }
            Change::Replace(file, text) => {
                self.make_room(file);
                fs::write(self.root.path().join("new"), text).expect("a file");
                let _ = fs::rename(self.root.path().join("new"), self.path(file));
            }
            Change::Touch(file) => {
                if let Ok(file) = File::open(self.path(file)) {
                    let _ = file.set_times(FileTimes::new().set_modified(SystemTime::now()));
                }
            }
            Change::Remove(name) => {
                let path = self.path(name);
                let _ = fs::remove_file(&path).or_else(|_| fs::remove_dir_all(&path));
            }
            Change::Link(file, target) => {
                self.make_room(file);
                let _ = fs::remove_file(self.path(file));
                let _ = symlink(target, self.path(file));
            }
            Change::Swap(one, other) => {
                let aside = self.root.path().join("aside");
                if fs::rename(self.path(one), &aside).is_ok() {
                    let _ = fs::rename(self.path(other), self.path(one));
                    self.make_room(other);
                    let _ = fs::rename(aside, self.path(other));
                }
            }
            Change::Wait => settle(),
        }
    }

    fn make_room(&self, file: &str) {
        let _ = fs::create_dir_all(self.path(file).parent().expect("a parent"));
    }

    /// What is there, by the standard library alone: each path with its content or where it leads, and
    /// the same of what is elsewhere once a link leads there.
    fn contents(&self) -> BTreeMap<PathBuf, String> {
        let work = self.path("").canonicalize().expect("a path");
        let mut found = BTreeMap::new();
        let mut open = vec![self.path("d")];
        let mut look = |path: PathBuf, open: &mut Vec<PathBuf>| {
            let Ok(stat) = path.symlink_metadata() else { return };
            if stat.is_dir() {
                open.extend(
                    fs::read_dir(&path).expect("a folder").map(|name| name.expect("a name").path()),
                );
            } else if !path.to_string_lossy().ends_with(".log") {
                let target = fs::read_link(&path).ok();
                let content = fs::read_to_string(&path).ok();
                let to_folder = path.canonicalize().ok().filter(|path| path.is_dir());
                if let Some(real) = &to_folder
                    && (real.ends_with("out") || (*real == work && path == self.path("a")))
                {
                    open.push(work.join("out"));
                }
                found.insert(path, format!("{target:?} {content:?} {}", to_folder.is_some()));
            }
        };
        look(self.path("a"), &mut open);
        let mut been = std::collections::HashSet::new();
        while let Some(path) = open.pop() {
            if been.insert(path.clone()) {
                look(path, &mut open);
            }
        }
        let top = self.path("d").symlink_metadata().map(|found| found.is_dir()).ok();
        found.insert(self.path("d"), format!("{top:?}"));
        found
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 60, max_shrink_iters: 200, ..ProptestConfig::default() })]

    #[test]
    fn fingerprints_are_equal_if_and_only_if_contents_are(
        changes in prop::collection::vec(change(), 1..16),
    ) {
        let tree = Tree::new();
        tree.write(".gitignore", "*.log\n");
        fs::create_dir(tree.path(".git")).expect("a folder");
        let wanted = content(&["a", "d"]);
        let mut seen: Vec<(Vec<Part>, BTreeMap<PathBuf, String>)> = Vec::new();
        let mut last: Option<Fingerprint> = None;
        for change in &changes {
            tree.apply(change);
            let contents = tree.contents();
            if let (Some(last), Some((_, then))) = (&last, seen.last())
                && *then != contents
            {
                prop_assert!(!last.still_holds(), "{change:?}");
            }
            let now = tree.look(&wanted);
            let fresh = fingerprint(&wanted, &[], &tree.path(""), None).expect("a fingerprint");
            prop_assert_eq!(now.parts(), fresh.parts(), "known from earlier, and not");
            prop_assert!(now.still_holds());
            for (parts, then) in &seen {
                prop_assert_eq!(parts == now.parts(), *then == contents, "{:?}", change);
            }
            seen.push((now.parts().to_vec(), contents));
            last = Some(now);
        }
    }
}
