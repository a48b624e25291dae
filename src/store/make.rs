//! Making a cache folder where there is none.

use std::os::fd::OwnedFd;
use std::path::Path;

use rustix::fs::{AtFlags, CWD, Mode, OFlags, Stat, mkdirat, openat, statat};
use rustix::io::Errno;

use super::error::Unusable;
use super::folder::{open_folder, vanished};
use super::{format, layout};
use crate::sys::auxiliary;

/// Makes the cache folder, its tag and the version's folder.
pub(super) fn make(path: &Path) -> Result<(), Unusable> {
    make_all(path)?;
    let (outer, _) = open_folder(CWD, path, path)?.ok_or_else(|| vanished(path))?;
    format::refuse_newer(path)?;
    write_tag(&outer);
    let inner = path.join(layout::VERSION_DIR);
    match mkdirat(&outer, layout::VERSION_DIR, Mode::RWXU) {
        Ok(()) | Err(Errno::EXIST) => Ok(()),
        Err(errno) => Err(Unusable::io("create", inner, errno)),
    }
}

/// Makes a folder and those above it that are missing.
fn make_all(path: &Path) -> Result<(), Unusable> {
    let parent = match path.parent() {
        Some(parent) if parent.as_os_str().is_empty() => Path::new("."),
        Some(parent) => parent,
        None => return Ok(()),
    };
    match statat(CWD, parent, AtFlags::empty()) {
        Ok(stat) => check_parent(parent, &stat)?,
        Err(Errno::NOENT) => make_all(parent)?,
        Err(errno) => return Err(Unusable::io("look at", parent.to_owned(), errno)),
    }
    match mkdirat(CWD, path, Mode::RWXU) {
        Ok(()) | Err(Errno::EXIST) => Ok(()),
        Err(errno) => Err(Unusable::io("create", path.to_owned(), errno)),
    }
}

/// Refuses to make anything in another user's folder, unless it is the system's or a shared one
/// like /tmp: with sudo, HOME may be somebody else's.
fn check_parent(parent: &Path, stat: &Stat) -> Result<(), Unusable> {
    const STICKY: u32 = 0o1000;
    let user = auxiliary::effective_user();
    if stat.st_uid == user || stat.st_uid == 0 || stat.st_mode & STICKY != 0 {
        return Ok(());
    }
    Err(Unusable::ForeignOwner { path: parent.to_owned(), owner: stat.st_uid, user })
}

/// Tells backup tools that the folder holds what can be computed again. Nice to have.
fn write_tag(outer: &OwnedFd) {
    const TAG: &[u8] = b"Signature: 8a477f597d28d172789f06886806bc55\n\
        # This folder is a cache of omoide. See https://bford.info/cachedir/\n";
    let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::CLOEXEC;
    if let Ok(file) = openat(outer, "CACHEDIR.TAG", flags, Mode::RUSR | Mode::WUSR) {
        let _ = rustix::io::write(file, TAG);
    }
}
