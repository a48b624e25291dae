//! Whose the folders are, who may enter them, and what they are on.

use std::fs::Metadata;
use std::io::ErrorKind;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};

use super::super::folder::{Store, itself};
use super::super::layout;
use super::{Check, count};
use crate::sys::auxiliary;

/// The mode of our folders.
const OURS: u32 = 0o700;
/// The bit of a mode by which only the owner of a file may remove it.
const STICKY: u32 = 0o1000;

/// Whether every folder is ours alone. What is in a folder of ours is out of reach for others
/// whatever its own mode.
pub(super) fn permissions(path: &Path) -> Check {
    let name = "permissions";
    if itself(path).symlink_metadata().is_err_and(|error| error.kind() == ErrorKind::NotFound) {
        return Check { name, ok: true, detail: format!("{} isn't there yet", path.display()) };
    }
    let mut wrong = Vec::new();
    for folder in folders_of(path) {
        let user = auxiliary::effective_user();
        let shown = folder.display();
        let found = match folder.symlink_metadata() {
            Ok(found) => found,
            Err(error) if error.kind() == ErrorKind::NotFound => continue,
            Err(error) => {
                wrong.push(format!("failed to look at {shown}: {error}"));
                // What is below it fails alike.
                break;
            }
        };
        if !found.is_dir() {
            wrong.push(format!("{shown} is no folder"));
        } else if found.uid() != user {
            wrong.push(format!("{shown} belongs to user {}, not to user {user}", found.uid()));
        } else if !is_closed(&found) {
            wrong.push(format!("{shown} has mode {:04o}, not 0700", found.mode() & 0o7777));
        }
    }
    Check::new(name, format!("{} is yours alone", path.display()), &wrong)
}

/// Takes others' rights away and gives us ours; which folders had others. A sticky folder is shared on purpose
/// (`/tmp`, say) and stays so: what is wrong then is that it was named.
pub(super) fn close(path: &Path) -> std::io::Result<Vec<PathBuf>> {
    let mut closed = Vec::new();
    for folder in folders_of(path) {
        let Ok(found) = folder.symlink_metadata() else { continue };
        let is_ours = found.is_dir() && found.uid() == auxiliary::effective_user();
        if is_ours && found.mode() & STICKY == 0 && !is_closed(&found) {
            std::fs::set_permissions(&folder, PermissionsExt::from_mode(OURS))?;
            closed.push(folder);
        }
    }
    Ok(closed)
}

/// Whether we may do everything in a folder, and others nothing.
fn is_closed(found: &Metadata) -> bool {
    found.mode() & 0o777 == OURS
}

/// The cache folder, the version's, and those in it.
fn folders_of(path: &Path) -> Vec<PathBuf> {
    let version = path.join(layout::VERSION_DIR);
    let inner = layout::FOLDERS.iter().chain([&layout::CATALOG]).map(|name| version.join(name));
    [itself(path).to_owned(), version.clone()].into_iter().chain(inner).collect()
}

pub(super) fn file_system(store: &Store) -> Check {
    let name = "file system";
    match store.network_file_system() {
        None => Check { name, ok: true, detail: "local".to_owned() },
        Some(kind) => {
            let detail = format!("{kind}: its locks can't be trusted; name a local folder");
            Check { name, ok: false, detail }
        }
    }
}

pub(super) fn format(store: &Store) -> Check {
    let mut wrong = Vec::new();
    match store.read(layout::FORMAT) {
        Ok(text) => {
            if version(&text) != Some(layout::VERSION) {
                let text = text.trim_ascii().escape_ascii();
                wrong.push(format!("it is '{text}', not {}", layout::VERSION));
            }
        }
        Err(error) => wrong.push(error.to_string()),
    }
    wrong.extend(store.salt().err().map(|error| error.to_string()));
    Check::new("format", format!("version {}", layout::VERSION), &wrong)
}

/// Whether the file of the format version names ours.
pub(super) fn has_version(store: &Store) -> bool {
    store.read(layout::FORMAT).is_ok_and(|text| version(&text) == Some(layout::VERSION))
}

fn version(text: &[u8]) -> Option<u32> {
    std::str::from_utf8(text).ok()?.trim().parse().ok()
}

/// Whether the folders are there that are made with the store.
pub(super) fn folders(store: &Store) -> Check {
    let missing = missing(store);
    let wrong: Vec<String> = missing.iter().map(|name| format!("{name}/ is missing")).collect();
    Check::new("folders", count(layout::FOLDERS.len(), "folder", "folders"), &wrong)
}

pub(super) fn missing(store: &Store) -> Vec<&'static str> {
    let is_missing = |name: &&&str| !matches!(store.stat(name), Ok(Some(_)));
    layout::FOLDERS.iter().filter(is_missing).copied().collect()
}
