//! Whatever is in the place of a file of the cache: no call hangs, the command says what it says,
//! nothing outside of the cache is touched, and `doctor --repair` puts everything right.

mod common;

use std::fs::{self, File, Permissions};
use std::os::unix::fs::{PermissionsExt, symlink};
use std::os::unix::net::UnixListener;
use std::path::{Path, PathBuf};
use std::process::Command;

use common::{Call, Ran, Sandbox, remove};

/// Says something on both streams, which its entry holds.
const SMALL: [&str; 1] = ["says"];
/// What it says is a blob.
const LARGE: [&str; 2] = ["seq", "20000"];
/// A call that isn't stored.
const FAILS: [&str; 3] = ["sh", "-c", "echo out; echo err >&2; exit 3"];

/// What is in a place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Odd {
    Fifo,
    Socket,
    Directory,
    /// With something in it.
    Folder,
    Empty,
    /// 16 GiB of nothing.
    Hollow,
    Nowhere,
    /// A link to a file outside.
    Outside,
    /// Its owner may do nothing with it.
    Shut,
}

/// A filled cache, with something odd in some of its places.
struct Place<'a> {
    sandbox: &'a Sandbox,
    paths: Vec<PathBuf>,
    odd: Odd,
    bare: &'a [(&'a [&'a str], Ran)],
}

impl Odd {
    fn put(self, path: &Path, outside: &Path) {
        if self == Odd::Shut {
            if path.symlink_metadata().is_err() {
                fs::write(path, "").expect("a file");
            }
            return fs::set_permissions(path, Permissions::from_mode(0o000)).expect("a mode");
        }
        if path.symlink_metadata().is_ok() {
            remove_whole(path);
        }
        match self {
            Odd::Fifo => {
                let made = Command::new("mkfifo").arg(path).status();
                assert!(made.expect("mkfifo").success());
            }
            Odd::Socket => {
                // An address is short.
                let beside = outside.with_extension("socket");
                drop(UnixListener::bind(&beside).expect("a socket"));
                fs::rename(beside, path).expect("moved");
            }
            Odd::Directory => fs::create_dir(path).expect("a directory"),
            Odd::Folder => {
                fs::create_dir(path).expect("a directory");
                fs::write(path.join("inside"), "something").expect("a file");
            }
            Odd::Empty => drop(File::create(path).expect("a file")),
            Odd::Hollow => File::create(path).and_then(|f| f.set_len(16 << 30)).expect("a file"),
            Odd::Nowhere => symlink("/no/such/file", path).expect("a link"),
            Odd::Outside => symlink(outside, path).expect("a link"),
            Odd::Shut => {}
        }
    }

    /// Whether it is tried in the place of a directory.
    fn suits_a_directory(self) -> bool {
        matches!(self, Odd::Empty | Odd::Outside | Odd::Nowhere)
    }
}

fn remove_whole(path: &Path) {
    if path.symlink_metadata().is_ok_and(|found| found.is_dir()) {
        let _ = fs::set_permissions(path, Permissions::from_mode(0o700));
        return remove(path);
    }
    fs::remove_file(path).expect("removed");
}

impl Place<'_> {
    /// Puts it there again, where it isn't any more.
    fn put(&self) {
        let outside = self.sandbox.root().join("outside");
        for path in &self.paths {
            if path.parent().is_some_and(Path::is_dir) {
                self.odd.put(path, &outside);
            }
        }
    }

    fn call(&self, words: &[&str]) -> Call {
        if self.odd != Odd::Shut || !rustix::process::geteuid().is_root() {
            return self.sandbox.omoide(words);
        }
        // Root as any user: modes hold.
        let limited = ["setpriv", "--bounding-set", "-dac_override,-dac_read_search"];
        self.sandbox.bare([&limited[..], &[common::OMOIDE], words].concat())
    }

    /// A call says what its command says, and one line of ours at most.
    #[track_caller]
    fn runs_as_bare(&self, options: &[&str], command: &[&str]) {
        let ran = self.call(&[options, &["--"], command].concat()).run();
        let bare = self.bare.iter().find(|(words, _)| *words == command);
        let (_, Ran { out, err, status }) = bare.expect("a known command");
        let said = ran.err_text();
        let (ours, others): (Vec<_>, Vec<_>) =
            said.lines().partition(|line| line.starts_with("omoide: "));
        assert!((&ran.out, ran.status) == (out, *status), "{self}: {options:?} {ran:?}");
        assert_eq!(others.join("\n"), String::from_utf8_lossy(err).trim_end(), "{self}");
        assert!(ours.len() <= 1, "{self}: {ran:?}");
    }

    /// A subcommand ends by itself, and well or with one line about what is wrong.
    #[track_caller]
    fn ends(&self, words: &[&str]) {
        let ran = self.call(words).run();
        match ran.status.code() {
            Some(0) => assert!(ran.err_text().lines().count() <= 1, "{self}: {words:?} {ran:?}"),
            // What they have to say of it is on standard output.
            Some(1) if ["check", "doctor"].contains(&words[0]) => {}
            Some(1) => ran.warned_once(),
            _ => panic!("{self}: {words:?} {ran:?}"),
        }
    }

    #[track_caller]
    fn is_no_obstacle(&self) {
        self.put();
        self.runs_as_bare(&[], &SMALL);
        self.runs_as_bare(&[], &LARGE);
        self.runs_as_bare(&[], &FAILS);
        self.sandbox.settle();
        self.put();
        self.runs_as_bare(&["--force", "--tag", "new"], &SMALL);
        self.put();
        self.ends(&["list"]);
        self.ends(&["stats"]);
        self.ends(&["forget", "--tag", "new"]);
        self.put();
        self.ends(&["gc"]);
        self.put();
        self.ends(&["doctor"]);
        self.ends(&["doctor", "--repair"]);
        let ran = self.call(&["doctor"]).run();
        assert_eq!(ran.status.code(), Some(0), "{self}: {ran:?}");
        for command in [&SMALL[..], &LARGE] {
            self.runs_as_bare(&[], command);
            self.runs_as_bare(&["--cached-only"], command);
        }
        let outside = fs::read(self.sandbox.root().join("outside")).expect("a file");
        assert_eq!(outside, b"mine", "{self}");
    }
}

impl std::fmt::Display for Place<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let cache = self.sandbox.cache();
        let paths = self.paths.iter().map(|path| path.strip_prefix(&cache).unwrap_or(path));
        write!(f, "{:?} as {:?}", self.odd, paths.collect::<Vec<_>>())
    }
}

/// A cache in which there is one of everything.
fn filled() -> Sandbox {
    let sandbox = Sandbox::new();
    fs::write(sandbox.root().join("outside"), "mine").expect("a file");
    sandbox.script("says", "echo out; echo err >&2");
    sandbox.write("input", "content");
    for words in [&SMALL[..], &LARGE] {
        for _ in ["miss", "hit"] {
            sandbox.omoide(words).run();
        }
    }
    // Not noted of a file that has just been written.
    common::eventually("a digest is noted", || {
        sandbox.omoide(["--input", "input", "cat", "input"]).run();
        !sandbox.stored("digests").is_empty()
    });
    sandbox.settle();
    sandbox
}

/// The places of files, of which several are tried at once that have nothing to do with each other;
/// and those of directories.
fn places(sandbox: &Sandbox) -> (Vec<Vec<String>>, Vec<Vec<String>>) {
    let key = |words: &[&str]| {
        let told = sandbox.json([&["check", "--json"], words].concat());
        told["key"].as_str().expect("a key").to_owned()
    };
    let name = |top: &str| {
        let path = sandbox.only_stored(top);
        path.file_name().expect("a name").to_str().expect("a hash").to_owned()
    };
    let of = |top: &str, name: &str| format!("{top}/{}/{name}", &name[..2]);
    let shard = |top: &str, name: &str| format!("{top}/{}", &name[..2]);
    let (small, large) = (key(&SMALL), key(&LARGE));
    let (blob, digests) = (name("blobs"), name("digests"));
    let plain = |names: &[&str]| names.iter().map(ToString::to_string).collect();
    let files = vec![
        vec![of("entries", &small), of("retry", &small), "tmp/0".to_owned()],
        vec![of("entries", &large), of("wanted", &small), "quarantine/0".to_owned()],
        vec![of("blobs", &blob), of("digests", &digests), "../CACHEDIR.TAG".to_owned()],
        vec![of("hits", &small)],
        plain(&["misses", "refreshes", "refresh-failures"]),
        plain(&["salt", "format"]),
        vec![of("locks", &small)],
        vec![format!("pending/{small}.{}", "0".repeat(32)), "pending/RESCAN".to_owned()],
        plain(&["locks/gate"]),
        plain(&["locks/catalog"]),
        plain(&["locks/gathering", "locks/daemon", "daemon.sock"]),
        plain(&["catalog/db"]),
        plain(&["catalog/conf"]),
        plain(&["catalog/seal"]),
    ];
    let directories = vec![
        vec![shard("entries", &small), shard("digests", &digests)],
        vec![shard("blobs", &blob), shard("hits", &small)],
        vec![shard("locks", &small)],
        plain(&["entries", "digests"]),
        plain(&["blobs", "hits"]),
        plain(&["locks"]),
        plain(&["pending"]),
        plain(&["tmp"]),
        plain(&["quarantine", "catalog"]),
    ];
    (files, directories)
}

/// Tries something odd in the places of files, and of directories.
fn is_no_obstacle(odd: Odd) {
    let sandbox = filled();
    let (mut places, directories) = places(&sandbox);
    if odd.suits_a_directory() {
        places.extend(directories);
    }
    let bare = [&SMALL[..], &LARGE, &FAILS].map(|words| (words, sandbox.bare(words).run()));
    let filled = sandbox.root().join("filled");
    fs::rename(sandbox.cache(), &filled).expect("moved");
    for names in places {
        let copied = Command::new("cp").arg("-a").arg(&filled).arg(sandbox.cache()).status();
        assert!(copied.expect("cp").success());
        let paths: Vec<_> = names.iter().map(|name| sandbox.store(name)).collect();
        for path in &paths {
            fs::create_dir_all(path.parent().expect("a directory")).expect("a directory");
        }
        Place { paths, sandbox: &sandbox, odd, bare: &bare }.is_no_obstacle();
        sandbox.settle();
        remove_whole(&sandbox.cache());
    }
}

#[test]
fn a_daemon_serves_or_says_why_it_does_not() {
    let sandbox = Sandbox::new();
    let outside = sandbox.root().join("outside");
    fs::write(&outside, "mine").expect("a file");
    let places = [
        "locks/daemon",
        "locks/catalog",
        "locks/gate",
        "daemon.sock",
        "catalog/db",
        "catalog/conf",
        "misses",
        "pending",
        "pending/RESCAN",
    ];
    for name in places {
        for odd in [Odd::Fifo, Odd::Folder, Odd::Outside, Odd::Hollow] {
            if odd == Odd::Folder && name == "pending" {
                continue;
            }
            sandbox.omoide(["echo", "hi"]).run().prints("hi\n");
            sandbox.omoide(["list"]).run();
            sandbox.settle();
            odd.put(&sandbox.store(name), &outside);
            let started = sandbox.omoide(["daemon", "start"]).run();
            match started.status.code() {
                Some(0) => assert!(started.err.is_empty(), "{odd:?} as {name}: {started:?}"),
                _ => started.warned_once(),
            }
            sandbox.omoide(["daemon", "stop"]).run();
            sandbox.omoide(["doctor", "--repair"]).run();
            for verb in ["start", "stop"] {
                let ran = sandbox.omoide(["daemon", verb]).run();
                assert!(ran.status.success(), "{odd:?} as {name}: {ran:?}");
            }
            assert_eq!(fs::read(&outside).expect("a file"), b"mine");
            sandbox.settle();
            sandbox.remove_cache();
        }
    }
}

macro_rules! odd {
    ($($name:ident: $odd:ident;)*) => {
        $(#[test]
        fn $name() {
            is_no_obstacle(Odd::$odd);
        })*
    };
}

odd! {
    a_fifo: Fifo;
    a_socket: Socket;
    an_empty_directory: Directory;
    a_directory: Folder;
    an_empty_file: Empty;
    a_hollow_file: Hollow;
    a_link_to_nowhere: Nowhere;
    a_link_to_a_file_outside: Outside;
    a_file_that_is_shut: Shut;
}
