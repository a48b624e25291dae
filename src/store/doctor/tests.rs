use std::os::unix::fs::PermissionsExt;

use super::*;
use crate::model::entry::Slot;
use crate::model::key::Key;
use crate::model::policy::Policy;
use crate::store::kit::{Kit, PATIENCE, Spec, at, key, sorted, spec};
use crate::store::{Shelf, layout};

fn checks(kit: &Kit) -> Vec<Check> {
    examine(kit.store.path(), &|store| store.client(PATIENCE), at(100))
}

/// The names of the checks that found something wrong.
fn wrong(kit: &Kit) -> Vec<&'static str> {
    checks(kit).into_iter().filter(|check| !check.ok).map(|check| check.name).collect()
}

fn detail(kit: &Kit, name: &str) -> String {
    let found = checks(kit).into_iter().find(|check| check.name == name);
    found.expect("a check").detail
}

fn fixed(kit: &Kit) -> Vec<String> {
    let done =
        repair(kit.store.path(), &|store| store.client(PATIENCE), at(100)).expect("repaired");
    assert_eq!(wrong(kit), Vec::<&str>::new(), "after {done:?}");
    done
}

/// Three entries, the last with a blob; all recorded.
fn filled() -> Kit {
    let kit = Kit::new();
    kit.publish(&spec(1));
    kit.publish(&spec(2));
    kit.publish(&Spec { output: vec![3; 100_000], ..spec(3) });
    kit.hit(&key(1), 2, at(50));
    assert_eq!(kit.recorded(), sorted([1, 2, 3]));
    kit
}

fn remove(kit: &Kit, path: &str) {
    kit.store.remove_tree(path).expect("removed");
}

fn entry(number: u32) -> String {
    layout::entry(&key(number), Slot::Good)
}

fn flip(kit: &Kit, path: &str) {
    let path = kit.store.version_path().join(path);
    let mut bytes = std::fs::read(&path).expect("read");
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    std::fs::write(&path, bytes).expect("written");
}

fn blob(kit: &Kit) -> String {
    layout::blob(&kit.store.stored_blobs().expect("blobs")[0])
}

#[test]
fn a_sound_store_has_nothing_wrong() {
    let kit = Kit::new();
    assert_eq!(wrong(&kit), Vec::<&str>::new(), "empty");
    let kit = filled();
    assert_eq!(wrong(&kit), Vec::<&str>::new());
    assert_eq!(detail(&kit, "entries"), "3 entries");
    assert_eq!(detail(&kit, "catalog"), "3 records");
    assert_eq!(fixed(&kit), Vec::<String>::new(), "nothing to repair");
}

#[test]
fn no_folder_yet_is_nothing_wrong() {
    let kit = Kit::new();
    let checks = examine(&kit.store.path().join("none"), &|store| store.client(PATIENCE), at(0));
    assert_eq!(checks.len(), 1);
    assert!(checks[0].ok, "{checks:?}");
}

#[test]
fn markers_not_taken_in_are_said_and_are_nothing_wrong() {
    let kit = filled();
    kit.publish(&spec(4));
    kit.store.forget(&[key(1)]).expect("forgotten");
    assert_eq!(wrong(&kit), Vec::<&str>::new());
    assert_eq!(detail(&kit, "pending"), "2 changes to be taken in");
    assert_eq!(fixed(&kit), Vec::<String>::new());
    assert_eq!(kit.recorded(), sorted([2, 3, 4]));
}

#[test]
fn a_catalog_that_is_gone_or_damaged_is_found_and_rebuilt() {
    let kit = filled();
    remove(&kit, layout::CATALOG);
    assert_eq!(wrong(&kit), ["catalog"]);
    assert_eq!(fixed(&kit), ["made the catalog from the entries"]);
    let db = kit.store.version_path().join("catalog/db");
    std::fs::write(db, vec![9; 5000]).expect("written");
    assert_eq!(wrong(&kit), ["catalog"]);
    assert_eq!(fixed(&kit), ["rebuilt the catalog from the entries"]);
    assert_eq!(detail(&kit, "quarantine"), "a damaged catalog");
    assert_eq!(kit.recorded(), sorted([1, 2, 3]));
}

#[test]
fn a_lost_entry_comes_back_byte_for_byte_by_repair_alone() {
    let kit = filled();
    let before = [1, 3].map(|number| kit.entry_bytes(&key(number), Slot::Good));
    remove(&kit, &entry(1));
    remove(&kit, &entry(3));
    assert_eq!(kit.recorded(), sorted([1, 2, 3]), "no marker: nobody has removed it");
    assert!(kit.entry_bytes(&key(1), Slot::Good).is_none());
    assert_eq!(wrong(&kit), ["catalog"]);
    assert_eq!(fixed(&kit), ["restored 2 lost entries"]);
    assert_eq!([1, 3].map(|number| kit.entry_bytes(&key(number), Slot::Good)), before);
}

#[test]
fn all_entries_lost_at_once_come_back() {
    let kit = filled();
    remove(&kit, layout::ENTRIES);
    assert_eq!(wrong(&kit), ["folders", "catalog"]);
    assert_eq!(fixed(&kit), ["made entries/ anew", "restored 3 lost entries"]);
    assert_eq!(kit.recorded(), sorted([1, 2, 3]));
}

fn restore(kit: &Kit, lost: &[(Key, Slot)], now: crate::model::time::Stamp) -> usize {
    let shelf = Shelf::open(&kit.store, PATIENCE).expect("the catalog");
    shelf.restore(lost, now).expect("restored")
}

#[test]
fn a_forgotten_entry_never_comes_back() {
    let kit = filled();
    let lost = [(key(1), Slot::Good)];
    kit.store.forget(&[key(1)]).expect("forgotten");
    assert_eq!(restore(&kit, &lost, at(100)), 0, "it has a marker");
    assert!(kit.entry_bytes(&key(1), Slot::Good).is_none());
    assert_eq!(fixed(&kit), Vec::<String>::new());
    assert_eq!(kit.recorded(), sorted([2, 3]));

    let kit = filled();
    remove(&kit, &entry(1));
    kit.store.mark_all().expect("marked");
    assert_eq!(restore(&kit, &lost, at(100)), 0, "everything is marked");
    assert_eq!(kit.recorded(), sorted([2, 3]));
}

#[test]
fn an_entry_that_is_there_is_never_replaced_and_an_expired_one_doesnt_come_back() {
    let kit = filled();
    let lost = [(key(1), Slot::Good)];
    assert_eq!(restore(&kit, &lost, at(100)), 0, "it isn't lost");
    let policy = Policy { ttl: Some(PATIENCE), ..Policy::default() };
    kit.publish(&Spec { policy, created: at(0), ..spec(1) });
    kit.recorded();
    remove(&kit, &entry(1));
    assert_eq!(restore(&kit, &lost, at(5)), 0, "its time is over");
    assert_eq!(restore(&kit, &lost, at(4)), 1);
}

#[test]
fn a_damaged_entry_is_set_aside_with_its_record() {
    let kit = filled();
    flip(&kit, &entry(1));
    assert_eq!(wrong(&kit), ["entries"]);
    assert_eq!(fixed(&kit), ["set 1 damaged entry aside"]);
    assert_eq!(detail(&kit, "quarantine"), "1 damaged file");
    assert_eq!(kit.recorded(), sorted([2, 3]));
}

#[test]
fn a_lost_or_damaged_blob_takes_its_entry_along() {
    let kit = filled();
    remove(&kit, &blob(&kit));
    assert_eq!(wrong(&kit), ["blobs"]);
    assert_eq!(detail(&kit, "blobs"), "1 blob is missing");
    assert_eq!(fixed(&kit), ["set 1 damaged entry aside"]);
    assert_eq!(kit.recorded(), sorted([1, 2]));

    let kit = filled();
    flip(&kit, &blob(&kit));
    assert_eq!(detail(&kit, "blobs"), "1 blob is damaged");
    assert_eq!(fixed(&kit), ["set 1 damaged entry aside"]);
    assert_eq!(kit.recorded(), sorted([1, 2]));
}

#[test]
fn any_folder_may_be_removed_at_any_time() {
    for folder in layout::FOLDERS.into_iter().chain([layout::CATALOG]) {
        let kit = filled();
        remove(&kit, folder);
        assert!(!wrong(&kit).is_empty(), "{folder}");
        kit.publish(&spec(7));
        assert!(kit.recorded().contains(&key(7)), "works without {folder}");
        let done = fixed(&kit);
        assert!(kit.recorded().contains(&key(7)), "{folder}: {done:?}");
    }
}

#[test]
fn modes_that_let_others_in_are_found_and_closed() {
    let kit = filled();
    let mode = |path: &std::path::Path, mode| {
        std::fs::set_permissions(path, PermissionsExt::from_mode(mode)).expect("a mode");
    };
    mode(&kit.store.version_path().join("entries"), 0o755);
    assert_eq!(wrong(&kit), ["permissions"]);
    // So open that it isn't even used.
    mode(&kit.store.version_path(), 0o777);
    assert_eq!(wrong(&kit), ["permissions", "store"]);
    assert_eq!(fixed(&kit).len(), 2);
    mode(kit.store.path(), 0o775);
    assert_eq!(wrong(&kit), ["permissions", "store"]);
    assert_eq!(fixed(&kit).len(), 1);
}

#[test]
fn a_folder_that_we_may_not_enter_is_found_and_opened_to_us() {
    let kit = filled();
    let closed = PermissionsExt::from_mode(0o000);
    std::fs::set_permissions(kit.store.version_path(), closed).expect("a mode");
    assert!(wrong(&kit).contains(&"permissions"));
    assert!(detail(&kit, "permissions").contains("v2 has mode 0000, not 0700"));
    assert_eq!(fixed(&kit).len(), 1);
}

#[test]
fn what_cannot_be_looked_at_is_not_all_right() {
    let kit = Kit::new();
    let file = kit.store.path().join("file");
    std::fs::write(&file, "").expect("a file");
    let checks = examine(&file.join("cache"), &|store| store.client(PATIENCE), at(0));
    let first = &checks[0];
    assert_eq!((first.name, first.ok), ("permissions", false), "{first:?}");
    assert!(first.detail.starts_with("failed to look at "), "{first:?}");
}

#[test]
fn what_tells_nothing_of_the_format_is_written_anew() {
    for (name, len) in [("format", "1\n".len()), ("salt", 32)] {
        for content in ["", "one", "0"] {
            let kit = filled();
            let path = kit.store.version_path().join(name);
            std::fs::write(&path, content).expect("written");
            assert_eq!(wrong(&kit), ["format"], "{name} {content}");
            assert_eq!(fixed(&kit), [format!("wrote {name} anew")], "{content}");
            assert_eq!(std::fs::read(&path).expect("read").len(), len, "{name}");
            assert_eq!(kit.recorded(), sorted([1, 2, 3]));
        }
    }
}

#[test]
fn a_newer_format_is_not_mended() {
    let kit = filled();
    let path = kit.store.version_path().join("format");
    std::fs::write(&path, "99\n").expect("written");
    repair(kit.store.path(), &|store| store.client(PATIENCE), at(100)).expect_err("refused");
    assert_eq!(std::fs::read(&path).expect("read"), b"99\n");
}

#[test]
fn a_link_is_no_folder_however_it_is_spelled() {
    let kit = filled();
    let link = kit.store.path().with_file_name("link");
    std::os::unix::fs::symlink(kit.store.path(), &link).expect("a link");
    for end in ["", "/", "//", "/."] {
        let spelled = Path::new(&format!("{}{end}", link.display())).to_owned();
        let refused = Store::open(&spelled).expect_err("refused");
        assert!(refused.to_string().contains("links are not followed"), "{end}: {refused}");
        let refused = Store::prepare(&spelled).expect_err("refused");
        assert!(refused.to_string().contains("links are not followed"), "{end}: {refused}");
        let found = examine(&spelled, &|store| store.client(PATIENCE), at(100));
        let wrong: Vec<_> = found.iter().filter(|c| !c.ok).map(|c| c.name).collect();
        assert_eq!(wrong, ["permissions", "store"], "{end}");
    }
    let with_slash = Path::new(&format!("{}/", kit.store.path().display())).to_owned();
    assert!(Store::open(&with_slash).expect("no link").is_some());
}

#[test]
fn a_folder_that_is_shared_on_purpose_stays_so() {
    let kit = filled();
    std::fs::set_permissions(kit.store.path(), PermissionsExt::from_mode(0o1777)).expect("a mode");
    let refused =
        repair(kit.store.path(), &|store| store.client(PATIENCE), at(100)).expect_err("refused");
    assert!(refused.to_string().contains("name a folder inside it"), "{refused}");
    let mode = std::fs::metadata(kit.store.path()).expect("a folder").permissions().mode();
    assert_eq!(mode & 0o7777, 0o1777);
}

#[test]
fn a_hit_that_was_cut_off_is_found_and_cut_back() {
    let kit = filled();
    let path = kit.store.version_path().join(layout::hits(&key(1)));
    let file = std::fs::File::options().write(true).open(path).expect("hits");
    file.set_len(37).expect("cut");
    assert_eq!(wrong(&kit), ["hits"]);
    assert_eq!(fixed(&kit).len(), 1);
    assert_eq!(kit.store.accesses(&key(1)).count, 2);
}

#[test]
fn what_lies_around_is_said() {
    let kit = filled();
    let now = crate::sys::clock::now();
    let later = crate::model::time::Stamp { wall: now.wall + 100_000_000_000, ..now };
    drop(kit.store.create_temporary("dead").expect("a temporary"));
    drop(kit.store.join(&key(9), &crate::store::FlightInfo::default(), None).expect("a flight"));
    let found = examine(kit.store.path(), &|store| store.client(PATIENCE), later);
    let left = found.iter().find(|check| check.name == "left behind").expect("a check");
    assert!(left.ok);
    assert_eq!(left.detail, "1 temporary file, 1 flight (gc removes them)");
    let _elsewhere = kit.store.lock_catalog(PATIENCE).expect("the lock");
    let found = examine(kit.store.path(), &|store| store.client(std::time::Duration::ZERO), later);
    let catalog = found.iter().find(|check| check.name == "catalog").expect("a check");
    assert!(catalog.ok && catalog.detail.starts_with("in use"), "{catalog:?}");
}

#[test]
fn an_entry_without_record_or_marker_is_found_and_recorded() {
    let kit = filled();
    kit.publish(&spec(4));
    for name in kit.pending() {
        remove(&kit, &format!("pending/{name}"));
    }
    assert_eq!(wrong(&kit), ["catalog"]);
    assert_eq!(fixed(&kit), ["recorded 1 entry anew"]);
    assert_eq!(kit.recorded(), sorted([1, 2, 3, 4]));
}

#[test]
fn what_changes_while_it_is_looked_at_is_nothing_wrong() {
    let kit = filled();
    let survey = entries::survey(&kit.store).expect("the entries");
    let asked = std::cell::Cell::new(0);
    // Each time, as by a daemon: computed anew, gone and new, and all of it taken in.
    let client = crate::store::CatalogClient::new(|request, progress| {
        asked.set(asked.get() + 1);
        kit.publish(&spec(1));
        kit.publish(&spec(3 + asked.get()));
        kit.store.forget(&[key(2)]).expect("forgotten");
        kit.recorded();
        kit.store.answer(request, PATIENCE, progress)
    });
    let check = catalog::check(&kit.store, &survey, &client);
    assert!(check.ok, "{check:?}");
    assert_eq!(asked.get(), 2, "it was looked at again");
}
