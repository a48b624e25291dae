//! The program that a command names: found on PATH as `execvp` would, and identified.

use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::io::Read;
use std::os::fd::{AsFd, AsRawFd, OwnedFd};
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::{Path, PathBuf};

use rustix::fs::{
    Access, AtFlags, CWD, FileType, Mode, OFlags, ResolveFlags, Stat, accessat, fstat, openat,
    openat2, stat,
};
use rustix::io::Errno;

use crate::model::key;
pub use crate::model::key::IdentifyBy;

/// Where `execvp` looks without a PATH.
const DEFAULT_PATH: &[u8] = b"/bin:/usr/bin";

/// A program's file.
#[derive(Clone, Debug)]
pub struct Program {
    /// The path to execute, as it was found.
    pub path: PathBuf,
    /// The same through links.
    pub real: PathBuf,
    stat: Marks,
}

/// Which file it is; tells two files apart and a file from its later self.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Marks {
    device: u64,
    inode: u64,
    size: u64,
    modified: i64,
}

/// A file to be passed over: a script that calls us with the name it goes by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shim {
    device: u64,
    inode: u64,
}

/// Why a command has no program.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum Missing {
    /// No such file on PATH or at its path.
    #[error("{0}: command not found")]
    NotFound(String),
    /// A file, but not one to execute.
    #[error("{0}: permission denied")]
    NotExecutable(String),
    /// Whether there is one can't be told.
    #[error("failed to look for {0}: {1}")]
    Unseen(String, Errno),
}

/// Finds a command's program: at its path if it holds a `/`, else on PATH, passing over the file
/// `shim` if there is another one.
///
/// # Errors
/// If there is none that can be executed.
pub fn find(command: &OsStr, path: Option<&[u8]>, shim: Option<Shim>) -> Result<Program, Missing> {
    let bytes = command.as_bytes();
    if bytes.contains(&b'/') {
        return at(Path::new(command));
    }
    let mut missing: fn(String) -> Missing = Missing::NotFound;
    let mut passed_over = None;
    let mut unseen = None;
    for folder in path.unwrap_or(DEFAULT_PATH).split(|&byte| byte == b':') {
        if bytes.is_empty() {
            break;
        }
        match look_at(&join(folder, bytes)) {
            Candidate::Program(program) if shim == Some(program.as_shim()) => {
                passed_over.get_or_insert(program);
            }
            Candidate::Program(program) => return Ok(program),
            Candidate::NotExecutable => missing = Missing::NotExecutable,
            Candidate::None => {}
            Candidate::Unseen(errno) if is_of_us(errno) => {
                return Err(Missing::Unseen(command.to_string_lossy().into_owned(), errno));
            }
            // A folder on PATH that is broken: it may be in another one, as for the shells.
            Candidate::Unseen(errno) => unseen = Some(errno),
        }
    }
    passed_over.ok_or_else(|| {
        let command = command.to_string_lossy().into_owned();
        match unseen {
            Some(errno) => Missing::Unseen(command, errno),
            None => missing(command),
        }
    })
}

/// The program at a path.
///
/// # Errors
/// If there is none that can be executed.
pub fn at(path: &Path) -> Result<Program, Missing> {
    let missing = match look_at(path) {
        Candidate::Program(program) => return Ok(program),
        Candidate::NotExecutable => Missing::NotExecutable,
        Candidate::None => Missing::NotFound,
        Candidate::Unseen(errno) => {
            return Err(Missing::Unseen(path.to_string_lossy().into_owned(), errno));
        }
    };
    Err(missing(path.to_string_lossy().into_owned()))
}

impl Program {
    /// Its identity for the key.
    ///
    /// # Errors
    /// If its content is asked for and can't be read.
    pub fn identity(&self, by: IdentifyBy) -> std::io::Result<key::Program> {
        let path = || self.real.as_os_str().as_bytes().to_vec();
        Ok(match by {
            IdentifyBy::Stat => key::Program::Stat {
                path: path(),
                size: self.stat.size,
                modified: self.stat.modified,
            },
            IdentifyBy::Path => key::Program::Path(path()),
            IdentifyBy::Content => key::Program::Content(self.digest()?),
        })
    }

    /// Of its content. A function of its own, because a buffer is on its stack.
    #[inline(never)]
    fn digest(&self) -> std::io::Result<[u8; 32]> {
        let mut hasher = blake3::Hasher::new();
        std::io::copy(&mut File::open(&self.path)?, &mut hasher)?;
        Ok(*hasher.finalize().as_bytes())
    }

    /// Whether the file at its path is no longer the one that was found: its output can't be
    /// stored, because nobody knows which of the two it is of.
    #[must_use]
    pub fn has_changed(&self) -> bool {
        !matches!(look_at(&self.path), Candidate::Program(now) if now.stat == self.stat)
    }

    /// This file, to be passed over.
    #[must_use]
    pub fn as_shim(&self) -> Shim {
        Shim { device: self.stat.device, inode: self.stat.inode }
    }

    /// Whether it is a script in which a program may be called by this name, by its first 64 KiB:
    /// `x`, `/bin/x` and `"x"` call `x`, `x-y` and `x.conf` don't.
    #[must_use]
    pub fn is_script_with(&self, name: &[u8]) -> bool {
        let mut text = Vec::new();
        let file = File::open(&self.path);
        if file.and_then(|file| file.take(LOOKED_AT).read_to_end(&mut text)).is_err() {
            return false;
        }
        let goes_on = |byte: &u8| byte.is_ascii_alphanumeric() || b"-_./".contains(byte);
        let begins = |byte: &u8| *byte == b'/' || !goes_on(byte);
        text.starts_with(b"#!")
            && text.windows(name.len()).enumerate().any(|(at, found)| {
                found == name
                    && text[..at].last().is_some_and(begins)
                    && !text.get(at + name.len()).is_some_and(goes_on)
            })
    }

    /// Whether it is a script, which might call us with its own name.
    #[must_use]
    pub fn is_script(&self) -> bool {
        let mut start = [0; 2];
        File::open(&self.path).and_then(|mut file| file.read_exact(&mut start)).is_ok()
            && &start == b"#!"
    }
}

/// How much of a script is read to see what it calls, in bytes.
const LOOKED_AT: u64 = 64 << 10;

impl Shim {
    /// For an environment variable; see [`Shim::parse`].
    #[must_use]
    pub fn to_text(self, pid: u32) -> OsString {
        format!("{pid}:{}:{}", self.device, self.inode).into()
    }

    /// The process that noted it, and the file.
    #[must_use]
    pub fn parse(text: &[u8]) -> Option<(u32, Shim)> {
        let mut fields = std::str::from_utf8(text).ok()?.split(':');
        let pid = fields.next()?.parse().ok()?;
        let device = fields.next()?.parse().ok()?;
        let inode = fields.next()?.parse().ok()?;
        Some((pid, Shim { device, inode }))
    }
}

enum Candidate {
    Program(Program),
    NotExecutable,
    None,
    /// It can't be looked at.
    Unseen(Errno),
}

fn look_at(path: &Path) -> Candidate {
    let (stat, real) = match inspect(path) {
        Ok(found) => found,
        Err(errno) if is_of_path(errno) => return Candidate::None,
        Err(errno) => return Candidate::Unseen(errno),
    };
    let is_file = FileType::from_raw_mode(stat.st_mode) == FileType::RegularFile;
    if !is_file || !is_executable(path, &stat) {
        return Candidate::NotExecutable;
    }
    Candidate::Program(Program { path: path.to_owned(), real, stat: Marks::of(&stat) })
}

/// Whether an error says that there is nothing to be executed at a path: those at which the shells
/// and `execvp` go on to the next folder. Any other is about us, or about the file system.
fn is_of_path(errno: Errno) -> bool {
    matches!(
        errno,
        Errno::NOENT
            | Errno::NOTDIR
            | Errno::ACCESS
            | Errno::LOOP
            | Errno::NAMETOOLONG
            | Errno::STALE
            | Errno::NODEV
            | Errno::TIMEDOUT
    )
}

/// Whether an error is for want of something of ours, or because a sandbox refuses the call: then
/// nothing can be said of any folder.
fn is_of_us(errno: Errno) -> bool {
    let scarce = [Errno::MFILE, Errno::NFILE, Errno::NOMEM];
    scarce.contains(&errno) || [Errno::PERM, Errno::NOSYS].contains(&errno)
}

/// What a file is, and its path without links.
fn inspect(path: &Path) -> Result<(Stat, PathBuf), Errno> {
    match open(path) {
        Ok((file, real)) => {
            if let Ok(stat) = fstat(&file) {
                return Ok((stat, real.unwrap_or_else(|| through_links(&file, path))));
            }
        }
        Err(errno) if is_of_path(errno) => return Err(errno),
        Err(_) => {}
    }
    // Descriptors are scarce, or a sandbox refuses one of the calls: by its path, then.
    let stat = stat(path)?;
    Ok((stat, by_name(path)))
}

/// Whether we may execute a file: by the kernel's word, or where it doesn't give it (a sandbox may
/// refuse the newer of the two calls for it), as far as the mode tells; the kernel decides in the end.
fn is_executable(path: &Path, stat: &Stat) -> bool {
    const ANYBODY: u32 = 0o111;
    match accessat(CWD, path, Access::EXEC_OK, AtFlags::empty()) {
        Ok(()) => true,
        Err(errno) => !is_of_path(errno) && stat.st_mode & ANYBODY != 0,
    }
}

/// Opens a file, not to be read; with its path without links, if that is known to be the path it
/// was opened by, as it mostly is: to ask in /proc takes 8 µs.
fn open(path: &Path) -> Result<(OwnedFd, Option<PathBuf>), Errno> {
    let (how, mode) = (OFlags::PATH | OFlags::CLOEXEC, Mode::empty());
    if is_plain(path) {
        match openat2(CWD, path, how, mode, ResolveFlags::NO_SYMLINKS) {
            Ok(file) => return Ok((file, Some(path.to_owned()))),
            // No link is in the way of what isn't there.
            Err(errno @ (Errno::NOENT | Errno::NOTDIR)) => return Err(errno),
            // A link, or a kernel or a sandbox that doesn't have the call.
            Err(_) => {}
        }
    }
    openat(CWD, path, how, mode).map(|file| (file, None))
}

/// Whether a path is written as the kernel would write it, apart from links.
fn is_plain(path: &Path) -> bool {
    let bytes = path.as_os_str().as_bytes();
    let mut parts = bytes.split(|&byte| byte == b'/');
    parts.next().is_some_and(<[u8]>::is_empty)
        && parts.all(|part| !matches!(part, b"" | b"." | b".."))
}

/// The path of an open file, without links; by the kernel's own account where /proc is there.
fn through_links(file: impl AsFd, path: &Path) -> PathBuf {
    let link = format!("/proc/self/fd/{}", file.as_fd().as_raw_fd());
    match rustix::fs::readlink(link, Vec::new()) {
        Ok(real) => PathBuf::from(OsString::from_vec(real.into_bytes())),
        Err(_) => by_name(path),
    }
}

fn by_name(path: &Path) -> PathBuf {
    std::fs::canonicalize(path).unwrap_or_else(|_| path.to_owned())
}

impl Marks {
    fn of(stat: &Stat) -> Marks {
        let nanos = stat.st_mtime_nsec;
        Marks {
            device: stat.st_dev,
            inode: stat.st_ino,
            size: u64::try_from(stat.st_size).unwrap_or(0),
            modified: stat.st_mtime.saturating_mul(1_000_000_000).saturating_add(nanos),
        }
    }
}

/// A candidate on PATH; an empty element is the working directory.
fn join(folder: &[u8], name: &[u8]) -> PathBuf {
    let folder = if folder.is_empty() { b"." } else { folder };
    Path::new(OsStr::from_bytes(folder)).join(OsStr::from_bytes(name))
}

#[cfg(test)]
mod tests {
    use std::fs::{Permissions, set_permissions, write};
    use std::os::unix::fs::{PermissionsExt, symlink};

    use super::*;

    struct Folders {
        root: tempfile::TempDir,
    }

    impl Folders {
        fn new() -> Folders {
            let root = tempfile::tempdir().expect("a folder");
            for name in ["a", "b"] {
                std::fs::create_dir(root.path().join(name)).expect("a folder");
            }
            Folders { root }
        }

        fn program(&self, name: &str, mode: u32) -> PathBuf {
            let path = self.root.path().join(name);
            write(&path, "#!/bin/sh\n").expect("a file");
            set_permissions(&path, Permissions::from_mode(mode)).expect("a mode");
            path
        }

        fn path(&self) -> Vec<u8> {
            let root = self.root.path().display();
            format!("{root}/a:{root}/b:{root}/missing").into_bytes()
        }

        fn find(&self, name: &str, shim: Option<Shim>) -> Result<Program, Missing> {
            find(OsStr::new(name), Some(&self.path()), shim)
        }
    }

    #[test]
    fn the_first_one_on_path_that_can_be_executed_is_taken() {
        let folders = Folders::new();
        folders.program("a/x", 0o644);
        let second = folders.program("b/x", 0o755);
        assert_eq!(folders.find("x", None).expect("a program").path, second);
    }

    #[test]
    fn what_is_missing_is_told_from_what_cannot_be_executed() {
        let folders = Folders::new();
        folders.program("a/x", 0o644);
        let is_not_executable = |found: Result<Program, Missing>| {
            assert!(matches!(found, Err(Missing::NotExecutable(_))), "{found:?}");
        };
        is_not_executable(folders.find("x", None));
        is_not_executable(find(OsStr::new("/"), None, None));
        for name in ["y", "", "/no/such/file"] {
            let found = folders.find(name, None);
            assert!(matches!(found, Err(Missing::NotFound(_))), "{name}: {found:?}");
        }
    }

    #[test]
    fn links_are_seen_through_but_executed_by_their_own_name() {
        let folders = Folders::new();
        let target = folders.program("b/target", 0o755);
        let link = folders.root.path().join("a/link");
        symlink(&target, &link).expect("a link");
        let program = folders.find("link", None).expect("a program");
        assert_eq!(program.path, link);
        assert_eq!(program.real, target.canonicalize().expect("a path"));
    }

    #[test]
    fn one_file_has_one_real_path_however_it_is_written() {
        let folders = Folders::new();
        let target = folders.program("b/target", 0o755).canonicalize().expect("a path");
        let root = folders.root.path().canonicalize().expect("a path");
        symlink(root.join("b"), root.join("a/folder")).expect("a link");
        for name in ["b/target", "b//target", "./b/target", "b/../b/target", "a/folder/target"] {
            let program = at(&root.join(name)).expect(name);
            assert_eq!(program.real, target, "{name}");
        }
        for name in ["b/none", "b/target/x", "a/folder/none", "b/target/"] {
            assert!(matches!(at(&root.join(name)), Err(Missing::NotFound(_))), "{name}");
        }
    }

    #[test]
    fn a_shim_is_passed_over_if_there_is_another_one() {
        let folders = Folders::new();
        let (first, second) = (folders.program("a/x", 0o755), folders.program("b/x", 0o755));
        let shim = folders.find("x", None).expect("a program").as_shim();
        assert_eq!(folders.find("x", Some(shim)).expect("a program").path, second);
        std::fs::remove_file(second).expect("to remove it");
        assert_eq!(folders.find("x", Some(shim)).expect("a program").path, first);
        let text = shim.to_text(7);
        assert_eq!(Shim::parse(text.as_bytes()), Some((7, shim)));
        assert_eq!(Shim::parse(b"7:x"), None);
    }

    #[test]
    fn a_script_is_told_by_what_it_may_call() {
        let folders = Folders::new();
        let path = folders.program("a/x", 0o755);
        let calls = |content: &str| {
            write(&path, content).expect("a file");
            folders.find("x", None).expect("a program").is_script_with(b"tool")
        };
        for line in ["tool", "exec tool -v \"$@\"", "/bin/tool x", "\"tool\" x", "a=$(tool x)"] {
            assert!(calls(&format!("#!/bin/sh\n{line}\n")), "{line}");
        }
        for line in ["", "my-tool", "tool-2", "cat /tmp/tool.log", "cat tool/x", "tools"] {
            assert!(!calls(&format!("#!/bin/sh\n{line}\n")), "{line}");
        }
        assert!(!calls("no script\ntool\n"));
        assert!(!calls("#!"));
        assert!(!calls(&format!("#!/bin/sh\n{}\ntool", "#".repeat(70_000))));
    }

    #[test]
    fn an_edited_program_has_changed() {
        let folders = Folders::new();
        let path = folders.program("a/x", 0o755);
        let program = folders.find("x", None).expect("a program");
        assert!(!program.has_changed());
        write(&path, "#!/bin/sh\necho new\n").expect("a file");
        assert!(program.has_changed());
    }

    #[test]
    fn each_way_to_identify_it_sees_what_it_should() {
        let folders = Folders::new();
        let path = folders.program("a/x", 0o755);
        let identities = || {
            let program = folders.find("x", None).expect("a program");
            [IdentifyBy::Stat, IdentifyBy::Content, IdentifyBy::Path]
                .map(|by| program.identity(by).expect("an identity"))
        };
        let before = identities();
        let touched = std::time::SystemTime::UNIX_EPOCH;
        File::open(&path).and_then(|file| file.set_modified(touched)).expect("to touch it");
        let touched = identities();
        assert_ne!(before[0], touched[0]);
        assert_eq!(before[1..], touched[1..]);
        write(&path, "#!/bin/sh\necho new\n").expect("a file");
        let edited = identities();
        assert_ne!(before[1], edited[1]);
        assert_eq!(before[2], edited[2]);
    }
}
