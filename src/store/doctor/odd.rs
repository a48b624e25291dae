//! What isn't what belongs in its place: no file, no directory, another user's, shut to its owner, or
//! too long to be true. Names that aren't ours are left alone; what entries hold is looked at where
//! they are read.

use std::time::Duration;

use rustix::fs::{AtFlags, FileType, FlockOperation, Mode, OFlags, Stat, chmodat};

use super::super::counter::Counter;
use super::super::error::StoreError;
use super::super::folder::Store;
use super::super::gate::lock_within;
use super::super::{gate, hits, layout};
use super::Check;
use crate::model::key::Key;
use crate::sys::auxiliary::effective_user;

/// How long another repair is waited for.
const PATIENCE: Duration = Duration::from_secs(30);
/// What is in a directory comes to light when that is one.
const ROUNDS: usize = 4;

/// What belongs in a place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Want {
    Directory,
    /// A file that never changes.
    Content,
    /// A file that is written to.
    Written,
    /// A file of hits.
    Hits,
    Socket,
}

/// What is wrong with what is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Wrong {
    /// It is something else, or of no use.
    Odd(&'static str),
    /// Its owner is kept out of it.
    Shut(Mode),
}

/// Something that isn't what belongs in its place.
struct Found {
    path: String,
    want: Want,
    wrong: Wrong,
}

/// Whether everything is what belongs in its place.
pub(super) fn check(store: &Store) -> Check {
    let name = "files";
    let found = match find(store) {
        Ok(found) => found,
        Err(error) => return Check::failed(name, &error),
    };
    let mut wrong: Vec<String> =
        found.iter().take(3).map(|odd| format!("{} {}", odd.path, odd.wrong.text())).collect();
    if let Some(more) = found.len().checked_sub(3).filter(|&more| more > 0) {
        wrong.push(format!("{more} more"));
    }
    Check::new(name, "each is what belongs in its place".to_owned(), &wrong)
}

/// Moves what is odd into the quarantine, and lets the owner into what is shut.
pub(super) fn mend(store: &Store, done: &mut Vec<String>) -> Result<(), StoreError> {
    // Of two repairs at once, one could take the other's new file for the odd one.
    let failed = |errno| StoreError::new("lock", ".", errno);
    let whole = store.open_file(".", OFlags::RDONLY | OFlags::DIRECTORY).map_err(failed)?;
    lock_within(&whole, FlockOperation::NonBlockingLockExclusive, PATIENCE).map_err(failed)?;
    for _ in 0..ROUNDS {
        let found = find(store)?;
        if found.is_empty() {
            break;
        }
        for odd in found {
            mend_one(store, &odd, done)?;
        }
    }
    Ok(())
}

fn mend_one(store: &Store, odd: &Found, done: &mut Vec<String>) -> Result<(), StoreError> {
    let Found { path, want, wrong } = odd;
    // What is in a place of ours may be replaced meanwhile, within the gate; but the gate can't be
    // had before the locks are in order, which nobody replaces.
    let is_lock = *want == Want::Directory || layout::folder(path) == layout::LOCKS;
    let _gate = if is_lock { None } else { Some(store.gate(gate::OTHERS_WAIT)?) };
    match store.stat(path)?.and_then(|stat| judge(*want, &stat)) {
        None => return Ok(()),
        Some(Wrong::Shut(mode)) => {
            chmodat(store.dir(), path.as_str(), mode, AtFlags::empty())
                .map_err(|errno| StoreError::new("change the mode of", path, errno))?;
        }
        // What can't be moved (a directory that is shut, the quarantine itself) goes for good.
        Some(Wrong::Odd(_)) => match path.as_str() {
            layout::QUARANTINE => store.remove_tree(path)?,
            _ => store.put_aside(path).or_else(|_| store.remove_tree(path))?,
        },
    }
    done.push(match wrong {
        Wrong::Odd(_) => format!("moved away {path}, which {}", wrong.text()),
        Wrong::Shut(_) => format!("let you into {path}"),
    });
    Ok(())
}

fn find(store: &Store) -> Result<Vec<Found>, StoreError> {
    let mut found = Vec::new();
    // Locks first: the rest is mended within the gate.
    let mut names = store.names(".")?;
    names.sort_unstable_by_key(|name| name != layout::LOCKS);
    for name in names {
        let Some(want) = wanted_at_top(&name) else { continue };
        if !is_as_wanted(store, &name, want, &mut found)? || want != Want::Directory {
            continue;
        }
        for inner in store.names(&name)? {
            let path = format!("{name}/{inner}");
            let Some(want) = wanted_in(&name, &inner) else { continue };
            if is_as_wanted(store, &path, want, &mut found)? && want == Want::Directory {
                look_into_shard(store, &name, &path, &mut found)?;
            }
        }
    }
    Ok(found)
}

fn look_into_shard(
    store: &Store,
    top: &str,
    shard: &str,
    found: &mut Vec<Found>,
) -> Result<(), StoreError> {
    let want = match top {
        // Whoever reads an entry says what is wrong with it.
        layout::ENTRIES => return Ok(()),
        layout::BLOBS => Want::Content,
        layout::HITS => Want::Hits,
        _ => Want::Written,
    };
    for name in store.names(shard)? {
        let is_ours = match top {
            layout::HITS => layout::parse_hits(&name).is_some(),
            _ => Key::from_hex(&name).is_some(),
        };
        if is_ours {
            is_as_wanted(store, &format!("{shard}/{name}"), want, found)?;
        }
    }
    Ok(())
}

fn is_as_wanted(
    store: &Store,
    path: &str,
    want: Want,
    found: &mut Vec<Found>,
) -> Result<bool, StoreError> {
    let wrong = store.stat(path)?.and_then(|stat| judge(want, &stat));
    found.extend(wrong.map(|wrong| Found { path: path.to_owned(), want, wrong }));
    Ok(wrong.is_none())
}

fn wanted_at_top(name: &str) -> Option<Want> {
    let is_counter = |counter: Counter| name.split('.').next() == Some(counter.path());
    match name {
        layout::SOCKET => Some(Want::Socket),
        layout::FORMAT | layout::SALT => Some(Want::Content),
        // Whoever opens the catalog looks at the one and what is in it, and the copy is removed.
        layout::CATALOG | layout::CATALOG_COPY => None,
        layout::DIGESTS | layout::RETRY | layout::WANTED => Some(Want::Directory),
        _ if layout::FOLDERS.contains(&name) => Some(Want::Directory),
        _ if Counter::ALL.into_iter().any(is_counter) => Some(Want::Hits),
        _ => None,
    }
}

fn wanted_in(top: &str, name: &str) -> Option<Want> {
    let is_shard = name.len() == 2 && name.bytes().all(|byte| byte.is_ascii_hexdigit());
    match top {
        layout::TMP => Some(Want::Written),
        layout::QUARANTINE => None,
        layout::PENDING => {
            let is_ours = layout::parse_marker(name).is_some() || layout::RESCAN.ends_with(name);
            is_ours.then_some(Want::Written)
        }
        _ if is_shard => Some(Want::Directory),
        layout::LOCKS => {
            let path = format!("{top}/{name}");
            layout::OWN_LOCKS.contains(&path.as_str()).then_some(Want::Written)
        }
        _ => None,
    }
}

fn judge(want: Want, stat: &Stat) -> Option<Wrong> {
    let (kind, why, mode) = match want {
        Want::Directory => (FileType::Directory, "isn't a directory", Mode::RWXU),
        Want::Content => (FileType::RegularFile, "isn't a file", Mode::RUSR),
        Want::Written | Want::Hits => {
            (FileType::RegularFile, "isn't a file", Mode::RUSR | Mode::WUSR)
        }
        Want::Socket => (FileType::Socket, "isn't a socket", Mode::empty()),
    };
    if FileType::from_raw_mode(stat.st_mode) != kind {
        return Some(Wrong::Odd(why));
    }
    if stat.st_uid != effective_user() {
        return Some(Wrong::Odd("belongs to another user"));
    }
    if want == Want::Hits && stat.st_size.unsigned_abs() > hits::LONGEST {
        return Some(Wrong::Odd("is too long to be true"));
    }
    let is_shut = !Mode::from_raw_mode(stat.st_mode).contains(mode);
    is_shut.then(|| Wrong::Shut(Mode::from_raw_mode(stat.st_mode & 0o7777) | mode))
}

impl Wrong {
    fn text(self) -> &'static str {
        match self {
            Wrong::Odd(why) => why,
            Wrong::Shut(_) => "is shut to you",
        }
    }
}
