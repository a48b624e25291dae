use std::path::PathBuf;

use super::*;
use crate::model::entry::Slot;
use crate::model::key::Key;
use crate::store::kit::{Kit, PATIENCE, key, sorted, spec};

fn catalog_path(kit: &Kit) -> PathBuf {
    kit.store.version_path().join(layout::CATALOG)
}

/// A store with a catalog of some segments.
fn filled() -> Kit {
    let kit = Kit::new();
    for number in 0..30 {
        kit.publish(&spec(number));
    }
    kit.recorded();
    kit
}

fn all() -> Vec<Key> {
    let mut keys: Vec<Key> = (0..30).map(key).collect();
    keys.sort_unstable();
    keys
}

/// Every record, with its output, can be read.
fn whole(shelf: &Shelf<'_>) -> Result<Vec<Key>, StoreError> {
    let mut keys = Vec::new();
    for found in shelf.catalog.keys(&[]) {
        let found = found?;
        let record = shelf.catalog.record(&found, Slot::Good)?;
        let output = shelf.catalog.output(&found, Slot::Good)?;
        if record.is_some() && output.is_some() {
            keys.push(found);
        }
    }
    Ok(keys)
}

#[test]
fn a_catalog_that_is_gone_is_made_anew() {
    let kit = filled();
    std::fs::remove_dir_all(catalog_path(&kit)).expect("removed");
    assert_eq!(kit.recorded(), all());
    for part in ["db", "conf"] {
        std::fs::remove_file(catalog_path(&kit).join(part)).expect("removed");
        assert_eq!(kit.recorded(), all(), "without {part}");
    }
}

#[test]
fn garbage_in_any_of_its_files_costs_nothing_but_a_rebuild() {
    let kit = filled();
    for name in ["db", "conf"] {
        for bytes in [vec![], b"garbage".to_vec(), vec![0x5a; 4096], vec![0; 600_000]] {
            std::fs::write(catalog_path(&kit).join(name), &bytes).expect("written");
            let keys = kit.store.with_catalog(PATIENCE, |shelf| whole(shelf));
            assert_eq!(
                keys.expect("a catalog"),
                all(),
                "{} bytes of garbage in {name}",
                bytes.len()
            );
        }
    }
    std::fs::remove_dir_all(catalog_path(&kit)).expect("removed");
    std::fs::write(catalog_path(&kit), "no folder").expect("written");
    assert_eq!(kit.recorded(), all());
}

#[test]
fn a_cut_or_a_flipped_bit_anywhere_costs_nothing_but_a_rebuild() {
    let kit = filled();
    let files: Vec<PathBuf> = std::fs::read_dir(catalog_path(&kit))
        .expect("a folder")
        .map(|found| found.expect("a file").path())
        .filter(|path| path.is_file())
        .collect();
    let names: Vec<_> = files.iter().filter_map(|path| path.file_name()).collect();
    assert!(names.iter().any(|name| *name == "db"));
    for name in names {
        for part in 0..6 {
            let path = catalog_path(&kit).join(name);
            let Ok(mut bytes) = std::fs::read(&path) else { continue };
            let place = bytes.len() * part / 6;
            if part % 2 == 0 {
                bytes.truncate(place);
            } else if let Some(byte) = bytes.get_mut(place) {
                *byte ^= 0x10;
            }
            std::fs::write(&path, &bytes).expect("written");
            let keys = kit.store.with_catalog(PATIENCE, |shelf| whole(shelf));
            assert_eq!(keys.expect("a catalog"), all(), "{name:?}, place {place}");
        }
    }
}

#[test]
fn a_rebuild_that_was_killed_is_taken_up_again() {
    let kit = filled();
    // Killed after the mark, then after the catalog was moved.
    kit.store.mark_all().expect("marked");
    assert_eq!(kit.recorded(), all());
    kit.store.condemn_catalog().expect("condemned");
    drop(Shelf::open(&kit.store, PATIENCE).expect("a new catalog"));
    assert!(kit.pending().contains(&"RESCAN".to_owned()), "it holds nothing yet");
    assert_eq!(kit.recorded(), all());
    assert!(kit.pending().is_empty());
    assert!(kit.store.version_path().join(layout::CATALOG_ASIDE).is_dir(), "one is kept");
}

#[test]
fn a_forgotten_entry_doesnt_come_back_from_a_rebuild() {
    let kit = Kit::new();
    for number in 0..3 {
        kit.publish(&spec(number));
    }
    kit.recorded();
    kit.store.forget(&[key(1)]).expect("forgotten");
    std::fs::write(catalog_path(&kit).join("db"), "garbage").expect("written");
    assert_eq!(kit.recorded(), sorted([0, 2]));
    assert!(kit.entry_bytes(&key(1), Slot::Good).is_none());
}

#[test]
fn a_catalog_of_a_newer_program_is_left_alone() {
    let kit = filled();
    {
        let shelf = Shelf::open(&kit.store, PATIENCE).expect("the catalog");
        shelf.catalog.pretend_newer();
    }
    let error = Shelf::open(&kit.store, PATIENCE).map(drop).expect_err("refused");
    assert!(error.to_string().contains("newer"), "{error}");
    assert!(
        kit.pending().is_empty() && !kit.store.version_path().join("quarantine/catalog").exists()
    );
}
