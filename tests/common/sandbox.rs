//! A home, a cache folder, a working directory and a folder of programs for one test.

use std::fs::{self, Permissions};
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::time::Duration;

use rustix::fs::{FlockOperation, Mode, OFlags, flock, open};
use tempfile::TempDir;

use super::call::{self, Call};
use super::{Gate, OMOIDE, eventually};

/// Removed, with all that is in it, when it is dropped.
pub(crate) struct Sandbox {
    root: TempDir,
}

impl Sandbox {
    pub(crate) fn new() -> Sandbox {
        let root = tempfile::Builder::new().prefix("omoide-test-").tempdir().expect("a folder");
        let sandbox = Sandbox { root };
        // What commands see of the working directory's parent must not change as caches are made.
        for folder in [sandbox.home(), sandbox.work(), sandbox.bin()] {
            fs::create_dir_all(folder).expect("a folder");
        }
        symlink(OMOIDE, sandbox.bin().join("omoide")).expect("a link");
        sandbox
    }

    /// One with a cache folder that was swept just now, so that what has expired isn't removed
    /// by itself meanwhile.
    pub(crate) fn swept() -> Sandbox {
        let sandbox = Sandbox::new();
        // Makes the folder and, having failed, stores nothing.
        sandbox.omoide(["false"]).run();
        let ran = sandbox.omoide(["gc"]).run();
        assert!(ran.status.success(), "{ran:?}");
        sandbox
    }

    pub(crate) fn root(&self) -> &Path {
        self.root.path()
    }

    pub(crate) fn home(&self) -> PathBuf {
        self.root().join("home")
    }

    /// The cache folder; the first call makes it.
    pub(crate) fn cache(&self) -> PathBuf {
        self.root().join("cache")
    }

    /// What is in the cache folder for this format version.
    pub(crate) fn store(&self, name: &str) -> PathBuf {
        self.cache().join("v2").join(name)
    }

    /// Where calls are made.
    pub(crate) fn work(&self) -> PathBuf {
        self.root().join("place/work")
    }

    /// The first folder on PATH.
    pub(crate) fn bin(&self) -> PathBuf {
        self.root().join("bin")
    }

    /// A path in the working directory.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.work().join(name)
    }

    /// Writes a file in the working directory, and the folders that it needs.
    pub(crate) fn write(&self, name: &str, content: impl AsRef<[u8]>) -> PathBuf {
        let path = self.path(name);
        fs::create_dir_all(path.parent().expect("a parent")).expect("a folder");
        fs::write(&path, content).expect("a file");
        path
    }

    /// The content of a file in the working directory.
    pub(crate) fn read(&self, name: &str) -> Vec<u8> {
        fs::read(self.path(name)).expect("a file")
    }

    /// A shell script on PATH.
    pub(crate) fn script(&self, name: &str, body: &str) -> PathBuf {
        Sandbox::program(&self.bin().join(name), &format!("#!/bin/sh\n{body}\n"))
    }

    /// An executable file of any kind, anywhere.
    pub(crate) fn program(path: &Path, content: &str) -> PathBuf {
        // A process that is started meanwhile would hold it open for writing, and the kernel
        // refuses to execute it then.
        let _nobody_starts = call::hold_back_starts();
        fs::create_dir_all(path.parent().expect("a parent")).expect("a folder");
        fs::write(path, content).expect("a file");
        fs::set_permissions(path, Permissions::from_mode(0o755)).expect("a mode");
        path.to_owned()
    }

    /// A script on PATH that counts how often it really runs.
    pub(crate) fn counted(&self, name: &str, body: &str) -> Counter {
        let log = self.root().join(format!("{name}.runs"));
        self.script(name, &format!("printf x >>'{}'\n{body}", log.display()));
        Counter { log }
    }

    /// A counted script that says which run it is.
    pub(crate) fn ticking(&self, name: &str) -> Counter {
        let log = self.root().join(format!("{name}.runs"));
        self.counted(name, &format!("echo run $(wc -c <'{}')", log.display()))
    }

    /// Counts the bytes that a script appends to this file.
    pub(crate) fn counter(log: &Path) -> Counter {
        Counter { log: log.to_owned() }
    }

    /// Something that holds scripts up until the test lets them go on.
    pub(crate) fn gate(&self, name: &str) -> Gate {
        Gate::new(self.root(), name)
    }

    /// Calls the program under test.
    pub(crate) fn omoide<W: AsRef<std::ffi::OsStr>>(
        &self,
        words: impl IntoIterator<Item = W>,
    ) -> Call {
        Call::new(self, OMOIDE, words).env("OMOIDE_CACHE_DIR", self.cache())
    }

    /// Calls a program directly, in the same surroundings.
    pub(crate) fn bare<W: AsRef<std::ffi::OsStr>>(
        &self,
        words: impl IntoIterator<Item = W>,
    ) -> Call {
        let mut words = words.into_iter();
        let program = words.next().expect("a program");
        Call::new(self, program.as_ref(), words).env("OMOIDE_CACHE_DIR", self.cache())
    }

    /// What a subcommand says in JSON.
    #[track_caller]
    pub(crate) fn json<W: AsRef<std::ffi::OsStr>>(
        &self,
        words: impl IntoIterator<Item = W>,
    ) -> serde_json::Value {
        self.omoide(words).run().json()
    }

    /// What a subcommand says on a terminal of so many columns.
    pub(crate) fn on_terminal(&self, columns: u16, words: &str) -> Call {
        let line = format!("stty cols {columns}; omoide {words}");
        self.bare(["script", "-qec", &line, "/dev/null"])
            .env("TERM", "xterm")
            .env("SHELL", "/bin/sh")
    }

    /// Runs a line of shell, in which `omoide` is the program under test.
    pub(crate) fn shell(&self, line: &str) -> Call {
        self.bare(["sh", "-c", line])
    }

    /// Whether a call, with these options, would be answered without running anything.
    pub(crate) fn is_cached<W: AsRef<std::ffi::OsStr>>(
        &self,
        words: impl IntoIterator<Item = W>,
    ) -> bool {
        let ran = self.omoide(["--cached-only"]).args(words).run();
        match ran.status.code() {
            Some(125) if ran.err.starts_with(b"omoide: not cached: ") => false,
            Some(125) => panic!("neither cached nor not: {ran:?}"),
            _ => true,
        }
    }

    /// Waits until nobody works on the catalog any more, or is about to.
    pub(crate) fn settle(&self) {
        let places = [self.cache(), self.home().join(".cache/omoide"), self.root().join("named")];
        for place in places {
            let store = place.join("v2");
            // Some tests leave what can't be taken in.
            for _ in 0..100 {
                for lock in ["locks/gathering", "locks/catalog"] {
                    // A test may have put a FIFO in its place.
                    let flags = OFlags::RDONLY | OFlags::NONBLOCK | OFlags::CLOEXEC;
                    if let Ok(lock) = open(store.join(lock), flags, Mode::empty()) {
                        flock(lock, FlockOperation::LockShared).expect("a lock");
                    }
                }
                if !fs::read_dir(store.join("pending"))
                    .is_ok_and(|mut names| names.next().is_some())
                {
                    break;
                }
                std::thread::sleep(Duration::from_millis(1));
            }
        }
    }

    /// Removes the whole cache folder.
    pub(crate) fn remove_cache(&self) {
        remove(&self.cache());
    }

    /// All files below a folder of the store, sorted.
    pub(crate) fn stored(&self, folder: &str) -> Vec<PathBuf> {
        let mut files = Vec::new();
        collect(&self.store(folder), &mut files);
        files.sort();
        files
    }

    /// The only file below a folder of the store.
    pub(crate) fn only_stored(&self, folder: &str) -> PathBuf {
        let files = self.stored(folder);
        assert_eq!(files.len(), 1, "one file in {folder}: {files:?}");
        files[0].clone()
    }
}

impl Drop for Sandbox {
    fn drop(&mut self) {
        // Who still works in the background may make files while they are removed.
        for _ in 0..100 {
            self.settle();
            if fs::remove_dir_all(self.root()).is_ok() {
                break;
            }
        }
    }
}

/// Removes a file or a folder with all that is in it.
pub(crate) fn remove(path: &Path) {
    // Who works in it may make a file while they are removed.
    eventually("it is removed", || {
        let removed = if path.is_dir() { fs::remove_dir_all(path) } else { fs::remove_file(path) };
        removed.is_ok() || !path.exists()
    });
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_dir() {
            collect(&path, files);
        } else {
            files.push(path);
        }
    }
}

/// Counts how often a script ran.
pub(crate) struct Counter {
    log: PathBuf,
}

impl Counter {
    pub(crate) fn runs(&self) -> u64 {
        fs::metadata(&self.log).map_or(0, |metadata| metadata.len())
    }

    #[track_caller]
    pub(crate) fn ran(&self, times: u64) {
        assert_eq!(self.runs(), times, "runs of {}", self.log.display());
    }
}
