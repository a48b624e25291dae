//! Names of everything in the cache folder; all relative to the folder of the format version.

use crate::model::entry::{Nonce, Slot};
use crate::model::key::Key;
use crate::model::time::Stamp;

/// The folder of this format version within the cache folder.
pub(super) const VERSION_DIR: &str = "v2";
/// The format version that [`FORMAT`] holds.
pub(super) const VERSION: u32 = 2;
/// A file with the number of the format version.
pub(super) const FORMAT: &str = "format";
/// The key of the digests of key parts: 32 random bytes.
pub(super) const SALT: &str = "salt";
/// Entries, the truth.
pub(super) const ENTRIES: &str = "entries";
/// Outputs too large for their entry, by digest.
pub(super) const BLOBS: &str = "blobs";
/// Hits, 16 bytes each.
pub(super) const HITS: &str = "hits";
/// Markers of keys whose catalog record may be out of date.
pub(super) const PENDING: &str = "pending";
/// The marker that says every key may be.
pub(super) const RESCAN: &str = "pending/RESCAN";
/// Lock files.
pub(super) const LOCKS: &str = "locks";
/// The innermost lock.
pub(super) const GATE: &str = "locks/gate";
/// The catalog's lock.
pub(super) const CATALOG_LOCK: &str = "locks/catalog";
/// Held by the background process that waits for more to take into the catalog.
pub(super) const GATHERING_LOCK: &str = "locks/gathering";
/// Held by the daemon as long as it runs; its process id is in it.
pub(super) const DAEMON_LOCK: &str = "locks/daemon";
/// The locks that aren't flights.
pub(super) const OWN_LOCKS: [&str; 4] = [GATE, CATALOG_LOCK, GATHERING_LOCK, DAEMON_LOCK];
/// The daemon's socket.
pub(super) const SOCKET: &str = "daemon.sock";
/// The catalog, sled's own folder.
pub(super) const CATALOG: &str = "catalog";
/// A copy of the catalog while it is made.
pub(super) const CATALOG_COPY: &str = "catalog.copy";
/// Where a damaged catalog is moved; one is kept.
pub(super) const CATALOG_ASIDE: &str = "quarantine/catalog";
/// Files that aren't complete yet, flocked by their writer.
pub(super) const TMP: &str = "tmp";
/// What turned out corrupt.
pub(super) const QUARANTINE: &str = "quarantine";
/// What is known of the content of inputs, by what was asked for and where.
pub(super) const DIGESTS: &str = "digests";
/// Misses, 16 bytes each, as in a file of hits.
pub(super) const MISSES: &str = "misses";
/// Recomputations in the background that were stored, likewise.
pub(super) const REFRESHES: &str = "refreshes";
/// Those that failed, likewise.
pub(super) const REFRESH_FAILURES: &str = "refresh-failures";
/// What is remembered of failures to recompute an entry; made when there is any.
pub(super) const RETRY: &str = "retry";

/// Entries whose withheld variables the daemon wants; made when there is any.
pub(super) const WANTED: &str = "wanted";

/// The folders that hold files directly or in `ab/` folders, made with the store.
pub(super) const FOLDERS: [&str; 7] = [ENTRIES, BLOBS, HITS, PENDING, LOCKS, TMP, QUARANTINE];

/// Ends the name of a stored failure.
const FAILURE: &str = ".fail";

/// `entries/ab/<key>` or `entries/ab/<key>.fail`.
pub(super) fn entry(key: &Key, slot: Slot) -> String {
    let mut path = sharded(ENTRIES, &key.hex());
    if slot == Slot::Failure {
        path.push_str(FAILURE);
    }
    path
}

/// Which entry a file in `entries/ab/` is; `None` for a name that isn't ours.
pub(super) fn parse_entry(name: &str) -> Option<(Key, Slot)> {
    match name.strip_suffix(FAILURE) {
        Some(hex) => Some((Key::from_hex(hex)?, Slot::Failure)),
        None => Some((Key::from_hex(name)?, Slot::Good)),
    }
}

/// `blobs/ab/<digest>`.
pub(super) fn blob(digest: &[u8; 32]) -> String {
    sharded(BLOBS, &Key(*digest).hex())
}

/// `hits/ab/<key>`.
pub(super) fn hits(key: &Key) -> String {
    sharded(HITS, &key.hex())
}

/// `retry/ab/<key>`.
pub(super) fn retry(key: &Key) -> String {
    sharded(RETRY, &key.hex())
}

/// `wanted/ab/<key>`.
pub(super) fn wanted(key: &Key) -> String {
    sharded(WANTED, &key.hex())
}

/// Where a file of hits or misses is moved when it is long enough to be counted.
pub(super) fn rotated(path: &str, when: Stamp) -> String {
    format!("{path}.{:016x}{:016x}", when.wall, when.boot)
}

/// The key whose hits a file in `hits/ab/` holds, rotated or not.
pub(super) fn parse_hits(name: &str) -> Option<Key> {
    Key::from_hex(name.split_once('.').map_or(name, |(key, _)| key))
}

/// `digests/ab/<name>`.
pub(super) fn digests(name: &[u8; 32]) -> String {
    sharded(DIGESTS, &Key(*name).hex())
}

/// `locks/ab/<key>`.
pub(super) fn flight(key: &Key) -> String {
    sharded(LOCKS, &key.hex())
}

/// `pending/<key>.<nonce>`.
pub(super) fn marker(key: &Key, nonce: Nonce) -> String {
    format!("{PENDING}/{}", marker_name(key, nonce))
}

/// The same without its folder.
pub(super) fn marker_name(key: &Key, nonce: Nonce) -> String {
    format!("{key}.{nonce}")
}

/// The key of a marker's name; `None` for RESCAN and for names that aren't ours.
pub(super) fn parse_marker(name: &str) -> Option<Key> {
    Key::from_hex(name.split_once('.')?.0)
}

/// `quarantine/<name>.<nonce>`.
pub(super) fn quarantined(name: &str, nonce: Nonce) -> String {
    format!("{QUARANTINE}/{name}.{nonce}")
}

/// A temporary file.
pub(super) fn temporary(nonce: Nonce, what: &str) -> String {
    format!("{TMP}/{nonce}.{what}")
}

/// The folder of a sharded path: `entries/ab/…` gives `entries/ab`.
pub(super) fn folder(path: &str) -> &str {
    path.rsplit_once('/').map_or("", |(folder, _)| folder)
}

fn sharded(top: &str, hex: &str) -> String {
    let mut path = String::with_capacity(top.len() + hex.len() + 9);
    path.push_str(top);
    path.push('/');
    path.push_str(&hex[..2]);
    path.push('/');
    path.push_str(hex);
    path
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_read_back_and_foreign_ones_are_not() {
        let key = Key([0xab; 32]);
        for slot in [Slot::Good, Slot::Failure] {
            let path = entry(&key, slot);
            assert_eq!(folder(&path), "entries/ab");
            assert_eq!(parse_entry(&path["entries/ab/".len()..]), Some((key, slot)));
        }
        let marker = marker(&key, Nonce([1; 16]));
        assert_eq!(parse_marker(&marker["pending/".len()..]), Some(key));
        for foreign in ["RESCAN", "", ".fail", "..", "x.y", "lost+found"] {
            assert_eq!(parse_marker(foreign), None, "{foreign}");
            assert_eq!(parse_entry(foreign), None, "{foreign}");
        }
    }
}
