//! A place for calls that are disturbed: a command, what it says, and a store to go back to.

use std::fs::{self, File};
use std::os::unix::process::ExitStatusExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use rustix::fs::{FlockOperation, flock};

use crate::common::{Ran, Sandbox, remove};

/// The command that is memoized. Says what it is given to say, on both streams.
pub(crate) const SAY: &str = "say";

/// A sandbox with the command.
pub(crate) struct Stage {
    pub(crate) sandbox: Sandbox,
    large: bool,
}

impl Stage {
    /// With a command that says little, or more than fits into an entry.
    pub(crate) fn new(large: bool, code: i32) -> Stage {
        let sandbox = Sandbox::new();
        let body = "printf x >>\"$SIDE\"; cat value; echo err >&2";
        sandbox.script(SAY, &format!("{body}; exit {code}"));
        let stage = Stage { sandbox, large };
        fs::write(stage.side(), "").expect("a file");
        stage.sandbox.write("input", "input");
        stage
    }

    fn side(&self) -> PathBuf {
        self.sandbox.root().join("side")
    }

    /// What the command says from now on.
    pub(crate) fn says(&self, value: &str) {
        self.sandbox.write("value", self.text(value));
    }

    /// What it says on standard output then.
    pub(crate) fn text(&self, value: &str) -> String {
        let repeated = if self.large { 2000 } else { 1 };
        format!("{value}\n").repeat(repeated)
    }

    /// How often it has run.
    pub(crate) fn runs(&self) -> u64 {
        fs::metadata(self.side()).expect("a file").len()
    }

    /// A call of the program under test, not made yet.
    pub(crate) fn command(&self, words: &[&str]) -> Command {
        let call = self.sandbox.omoide(words).env("SIDE", self.side());
        call.into_command()
    }

    /// Makes a call.
    pub(crate) fn call(&self, words: &[&str]) -> Ran {
        self.sandbox.omoide(words).env("SIDE", self.side()).run()
    }

    /// Keeps the store as it is, to go back to it.
    pub(crate) fn keep(&self) {
        self.sandbox.settle();
        copy(&self.sandbox.cache(), &self.kept());
    }

    /// Makes the store what it was.
    pub(crate) fn reset(&self) {
        let cache = self.sandbox.cache();
        if cache.exists() {
            remove(&cache);
        }
        if self.kept().exists() {
            copy(&self.kept(), &cache);
        }
        fs::write(self.side(), "").expect("a file");
    }

    /// Has nobody take changes in, in the background, while this is held.
    pub(crate) fn hold_turn(&self) -> Option<File> {
        let path = self.sandbox.store("locks/gathering");
        let turn = File::options().create(true).append(true).open(path).ok()?;
        flock(&turn, FlockOperation::LockExclusive).ok()?;
        Some(turn)
    }

    fn kept(&self) -> PathBuf {
        self.sandbox.root().join("kept")
    }
}

/// Copies a folder with all that is in it, modes included.
fn copy(from: &Path, to: &Path) {
    fs::create_dir(to).expect("a folder");
    fs::set_permissions(to, fs::metadata(from).expect("a folder").permissions()).expect("a mode");
    for entry in fs::read_dir(from).expect("a folder") {
        let entry = entry.expect("a name");
        let target = to.join(entry.file_name());
        if entry.file_type().expect("a type").is_dir() {
            copy(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).expect("a copy");
        }
    }
}

/// A status as wait(2) has it.
pub(crate) fn status(raw: i32) -> std::process::ExitStatus {
    std::process::ExitStatus::from_raw(raw)
}
