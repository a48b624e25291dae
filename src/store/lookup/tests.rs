use super::*;
use crate::store::kit::{Kit, at, key, spec};

/// Writes what is stored as entry 2 into the file of entry 1: another entry in a file with the same
/// inode number, as file systems make them that use the number of a removed file again at once.
fn replace_with_same_inode(kit: &Kit) -> Vec<u8> {
    let path = |slot| kit.store.version_path().join(layout::entry(&key(1), slot));
    let mut newer = spec(1);
    newer.created = at(50);
    newer.output = b"newer".to_vec();
    let old = std::fs::metadata(path(Slot::Good)).expect("the entry");
    let aside = kit.store.version_path().join("aside");
    std::fs::hard_link(path(Slot::Good), &aside).expect("a second name");
    kit.publish(&newer);
    let bytes = std::fs::read(path(Slot::Good)).expect("the newer entry");
    std::fs::rename(&aside, path(Slot::Good)).expect("the old file");
    std::fs::write(path(Slot::Good), &bytes).expect("the newer entry in it");
    let new = std::fs::metadata(path(Slot::Good)).expect("the entry");
    let inode = std::os::unix::fs::MetadataExt::ino;
    assert_eq!(inode(&old), inode(&new));
    bytes
}

fn found(kit: &Kit) -> Box<Found> {
    match kit.store.find(&key(1), Slot::Good).expect("readable") {
        Lookup::Found(found) => found,
        other => panic!("{other:?}"),
    }
}

fn amended(found: &Found) -> (Head, Detail) {
    let mut detail = found.entry.detail().expect("a detail");
    detail.tags.push("late".to_owned());
    (found.entry.head.clone(), detail)
}

#[test]
fn a_hit_that_changes_the_policy_does_not_write_an_older_entry_back() {
    let kit = Kit::new();
    kit.publish(&spec(1));
    let old = found(&kit);
    let newer = replace_with_same_inode(&kit);
    let (head, detail) = amended(&old);
    assert!(!kit.store.amend(&old, head, &detail, None, None).expect("left alone"));
    assert_eq!(kit.entry_bytes(&key(1), Slot::Good), Some(newer));
    assert_eq!(kit.store.names(layout::TMP).expect("a directory"), Vec::<String>::new());
}

#[test]
fn a_hit_that_changes_the_policy_does_not_bring_a_forgotten_entry_back() {
    let kit = Kit::new();
    kit.publish(&spec(1));
    let old = found(&kit);
    kit.store.forget(&[key(1)]).expect("forgotten");
    let (head, detail) = amended(&old);
    assert!(!kit.store.amend(&old, head, &detail, None, None).expect("left alone"));
    assert_eq!(kit.entry_bytes(&key(1), Slot::Good), None);
}

#[test]
fn of_two_hits_that_change_the_same_entry_the_later_one_leaves_the_other_change() {
    let kit = Kit::new();
    kit.publish(&spec(1));
    let (first, second) = (found(&kit), found(&kit));
    for read in [&first, &second] {
        let (head, mut detail) = amended(read);
        detail.tags = vec![format!("tag{}", u8::from(std::ptr::eq(read, &raw const first)))];
        let is_amended = kit.store.amend(read, head, &detail, None, None).expect("no fault");
        assert_eq!(is_amended, std::ptr::eq(read, &raw const first));
    }
    let tags = found(&kit).entry.detail().expect("a detail").tags;
    assert_eq!(tags, ["tag1"]);
}

#[test]
fn what_is_served_for_the_last_time_is_not_removed_for_an_older_entry() {
    let kit = Kit::new();
    kit.publish(&spec(1));
    let old = found(&kit);
    let newer = replace_with_same_inode(&kit);
    assert!(!kit.store.drop_served_once(&old).expect("left alone"));
    assert_eq!(kit.entry_bytes(&key(1), Slot::Good), Some(newer));
    let new = found(&kit);
    assert!(kit.store.drop_served_once(&new).expect("removed"));
    assert_eq!(kit.entry_bytes(&key(1), Slot::Good), None);
}

#[test]
fn a_sound_entry_is_not_set_aside_for_a_damaged_one_before_it() {
    let kit = Kit::new();
    kit.publish(&spec(1));
    let damaged = Seen::File(Seal::of(b"omoid"));
    let newer = replace_with_same_inode(&kit);
    kit.store.set_aside(&key(1), Slot::Good, &damaged).expect("left alone");
    assert_eq!(kit.entry_bytes(&key(1), Slot::Good), Some(newer.clone()));
    kit.store.set_aside(&key(1), Slot::Good, &Seen::File(Seal::of(&newer))).expect("moved");
    assert_eq!(kit.entry_bytes(&key(1), Slot::Good), None);
}

#[test]
fn what_is_shorter_or_longer_than_any_entry_is_set_aside() {
    let kit = Kit::new();
    for len in [0, 1, Seal::LEN - 1, Seal::LEN, Seal::LEN + 1] {
        kit.publish(&spec(1));
        let path = kit.store.version_path().join(layout::entry(&key(1), Slot::Good));
        let bytes = std::fs::read(&path).expect("the entry");
        std::fs::write(&path, &bytes[..len]).expect("cut");
        let lookup = kit.store.find(&key(1), Slot::Good).expect("looked");
        assert!(matches!(lookup, Lookup::Corrupt), "{len}: {lookup:?}");
        assert!(!path.exists(), "{len}");
    }
    kit.publish(&spec(1));
    let path = kit.store.version_path().join(layout::entry(&key(1), Slot::Good));
    let file = File::options().write(true).open(&path).expect("the entry");
    file.set_len(LARGEST + 1).expect("a hole at its end");
    let lookup = kit.store.find(&key(1), Slot::Good).expect("looked");
    assert!(matches!(lookup, Lookup::Corrupt), "{lookup:?}");
    assert!(!path.exists());
}
