//! What lies around between one sweep and the next.

use rustix::fs::{OFlags, fstat};

use super::super::counter::Counter;
use super::super::error::StoreError;
use super::super::folder::Store;
use super::super::gate::is_locked;
use super::super::layout;
use super::{Check, count};
use crate::model::time::Stamp;

/// How long a record of a hit is.
const RECORD: u64 = 16;

/// Markers, which the next command that needs the catalog takes in.
pub(super) fn pending(store: &Store) -> Check {
    said("pending", || {
        let names = store.names(layout::PENDING)?;
        let markers = names.iter().filter(|name| layout::parse_marker(name).is_some()).count();
        let all = store.stat(layout::RESCAN)?.is_some();
        let foreign = names.len() - markers - usize::from(all);
        let mut parts = vec![match (all, markers) {
            (true, _) => "everything is to be taken into the catalog".to_owned(),
            (false, 0) => "nothing".to_owned(),
            (false, _) => count(markers, "change to be taken in", "changes to be taken in"),
        }];
        if foreign > 0 {
            parts.push(format!("{} of others", count(foreign, "file", "files")));
        }
        Ok(parts.join("; "))
    })
}

/// Files of hits whose last record was cut off shift all that follow.
pub(super) fn hits(store: &Store) -> Check {
    match torn_hits(store) {
        Err(error) => Check::failed("hits", &error),
        Ok((files, torn)) => {
            let wrong: Vec<String> = (!torn.is_empty())
                .then(|| format!("{} cut off", count(torn.len(), "file is", "files are")))
                .into_iter()
                .collect();
            Check::new("hits", count(files, "file", "files"), &wrong)
        }
    }
}

/// How many files of hits there are, and which of them and of the other counts end within a record.
pub(super) fn torn_hits(store: &Store) -> Result<(usize, Vec<String>), StoreError> {
    let mut paths: Vec<String> = Counter::ALL.map(|counter| counter.path().to_owned()).into();
    for shard in store.names(layout::HITS)? {
        let folder = format!("{}/{shard}", layout::HITS);
        let names = store.names(&folder).unwrap_or_default();
        let ours = names.into_iter().filter(|name| layout::parse_hits(name).is_some());
        paths.extend(ours.map(|name| format!("{folder}/{name}")));
    }
    let files = paths.len() - Counter::ALL.len();
    let is_torn = |path: &String| {
        let stat = store.stat(path).ok().flatten();
        stat.is_some_and(|stat| !stat.st_size.unsigned_abs().is_multiple_of(RECORD))
    };
    Ok((files, paths.into_iter().filter(is_torn).collect()))
}

/// Cuts a file of hits back to its last whole record.
pub(super) fn mend_hits(store: &Store, path: &str) -> Result<(), StoreError> {
    let failed = |error: std::io::Error| StoreError::new("cut", path, error);
    let mut file = store.open_file(path, OFlags::WRONLY).map_err(|errno| failed(errno.into()))?;
    let stat = fstat(&file).map_err(|errno| failed(errno.into()))?;
    if stat.st_nlink > 1 {
        file = store.unshare(path)?;
    }
    let len = stat.st_size.unsigned_abs();
    file.set_len(len / RECORD * RECORD).map_err(failed)
}

/// Temporaries and flights of those who were killed, which gc removes.
pub(super) fn left_behind(store: &Store, now: Stamp) -> Check {
    said("left behind", || {
        let temporaries = store
            .names(layout::TMP)?
            .iter()
            .filter(|name| store.is_abandoned(&format!("{}/{name}", layout::TMP), now))
            .count();
        let flights = store.flights()?;
        let dead = flights
            .iter()
            .filter(|(key, _)| {
                let file = store.open_file(&layout::flight(key), OFlags::RDONLY);
                file.is_ok_and(|file| !is_locked(&file))
            })
            .count();
        Ok(match (temporaries, dead) {
            (0, 0) => "nothing".to_owned(),
            _ => format!(
                "{}, {} (gc removes them)",
                count(temporaries, "temporary file", "temporary files"),
                count(dead, "flight", "flights"),
            ),
        })
    })
}

/// What was damaged once, and is kept to be looked at.
pub(super) fn quarantine(store: &Store) -> Check {
    said("quarantine", || {
        let names = store.names(layout::QUARANTINE)?;
        let has_catalog = names.iter().any(|name| layout::CATALOG_ASIDE.ends_with(name));
        let files = names.len() - usize::from(has_catalog);
        let mut parts = Vec::new();
        if files > 0 {
            parts.push(count(files, "damaged file", "damaged files"));
        }
        if has_catalog {
            parts.push("a damaged catalog".to_owned());
        }
        Ok(if parts.is_empty() { "nothing".to_owned() } else { parts.join(" and ") })
    })
}

/// A check that only says what is there.
fn said(name: &'static str, found: impl FnOnce() -> Result<String, StoreError>) -> Check {
    match found() {
        Ok(detail) => Check { name, ok: true, detail },
        Err(error) => Check::failed(name, &error),
    }
}
