use std::collections::BTreeSet;
use std::time::Duration;

use proptest::prelude::*;

use super::*;
use crate::model::entry::{BlobRef, Capture, Detail, Head, Nonce, Streams};
use crate::model::inputs::Wanted;
use crate::model::policy::{OnExpired, Policy};
use crate::model::time::Stamp;

/// What a key's state may be; small ranges, so that keys, tags and blobs coincide.
fn state() -> impl Strategy<Value = KeyState> {
    let record = |code: u8| {
        prop::option::of(
            (any::<i16>(), 0u8..3, prop::option::of(0u8..3), 0usize..3, any::<bool>(), any::<u8>())
                .prop_map(move |parts| record(code, parts)),
        )
    };
    (0u8..5, any::<u8>(), prop::option::of(any::<i16>()), record(0), record(1)).prop_map(
        |(key, hits, last, good, failure)| {
            let key = Key([key; 32]);
            let own = |record: Option<Record>| {
                record.map(|record| Record { head: Head { key, ..record.head }, ..record })
            };
            let (good, failure) = (own(good), own(failure));
            let is_empty = good.is_none() && failure.is_none();
            let access = if is_empty {
                Access::default()
            } else {
                Access { hits: hits.into(), last: last.map(stamp), ..Access::default() }
            };
            KeyState { key, access, good, failure }
        },
    )
}

fn stamp(wall: i16) -> Stamp {
    Stamp::new(wall.into(), 0)
}

type Parts = (i16, u8, Option<u8>, usize, bool, u8);

fn record(code: u8, (created, ttl, blob, tags, kept, nonce): Parts) -> Record {
    let seconds = |count: u8| (count > 0).then(|| Duration::from_nanos(count.into()));
    let policy = Policy {
        ttl: seconds(ttl),
        failure_ttl: seconds(ttl),
        on_expired: if kept { OnExpired::Serve } else { OnExpired::Recompute },
        ..Policy::default()
    };
    let body = blob.map_or(Body::Inline, |digest| {
        let digest = [digest; 32];
        Body::Blob(BlobRef { digest, inode: 1, modified: 2, boot_id: [0; 16] })
    });
    let head = Head {
        key: Key([0; 32]),
        nonce: Nonce([nonce; 16]),
        created: stamp(created),
        ran: 1,
        code,
        capture: Capture { streams: Streams::Split, is_mixed: false },
        policy,
        data_len: blob.map_or(10, |digest| u64::from(digest) * 10_000),
        table_len: 1,
        body,
    };
    let detail = Detail {
        command: vec![b"/bin/called".to_vec()],
        program: b"/opt/program".to_vec(),
        cwd: b"/".to_vec(),
        scope: None,
        tags: ["a", "b"][..tags.min(2)].iter().map(ToString::to_string).collect(),
        inputs: Wanted::default(),
        stdin: None,
        parts: vec![],
    };
    Record { head, detail, file_len: 500 }
}

fn every_key(catalog: &Catalog) -> BTreeSet<Vec<u8>> {
    let everything = || (Bound::Unbounded, Bound::Unbounded);
    let all = catalog.scan(everything(), Direction::Up).map(|pair| pair.expect("readable").0);
    let index = blocks::range(&catalog.tree, everything(), Direction::Up);
    let index = index.map(|pair| pair.expect("readable").0);
    all.filter(|key| !blocks::is_block(key)).chain(index).collect()
}

/// The keys that states imply.
fn implied<'a>(states: impl Iterator<Item = &'a KeyState>) -> BTreeSet<Vec<u8>> {
    let mut keys = BTreeSet::from([index::META.to_vec(), index::TOTALS.to_vec()]);
    for state in states {
        keys.extend(index::of(state).into_keys());
        keys.extend(state.kept_access().map(|_| index::of_key(index::ACCESS, &state.key)));
        for record in state.records() {
            let slot = record.head.slot();
            keys.insert(index::of_entry(index::RECORD, &state.key, slot));
            if record.head.body == Body::Inline {
                keys.insert(index::of_entry(index::OUTPUT, &state.key, slot));
            }
        }
    }
    keys
}

fn blob_bytes<'a>(states: impl Iterator<Item = &'a KeyState>) -> u64 {
    let blobs: BTreeMap<[u8; 32], u64> = states
        .flat_map(|state| state.records().flat_map(Record::blobs).collect::<Vec<_>>())
        .collect();
    blobs.values().map(|&len| on_disk(len)).sum()
}

fn change(catalog: &Catalog, after: KeyState) -> Change {
    let before = catalog.state(&after.key).expect("readable");
    let inline = after.records().filter(|record| record.head.body == Body::Inline);
    let outputs = inline.map(|record| (record.head.slot(), vec![1, 2, 3])).collect();
    Change { before, after, outputs }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 40, ..ProptestConfig::default() })]
    #[test]
    fn what_the_tree_holds_is_what_the_records_imply(
        batches in prop::collection::vec(prop::collection::vec(state(), 1..5), 1..12),
    ) {
        let folder = tempfile::tempdir().expect("a folder");
        let open = || Catalog::open(&folder.path().join("c"), Instant::now() + Duration::from_secs(5));
        let mut catalog = open().expect("a catalog");
        catalog.found().expect("founded");
        let mut states: BTreeMap<Key, KeyState> = BTreeMap::new();
        for batch in batches {
            let batch: BTreeMap<Key, KeyState> =
                batch.into_iter().map(|state| (state.key, state)).collect();
            let changes: Vec<Change> =
                batch.values().map(|state| change(&catalog, state.clone())).collect();
            catalog.commit(&changes, |_| ()).expect("committed");
            states.extend(batch);
            prop_assert_eq!(every_key(&catalog), implied(states.values()));
            let records = || states.values().flat_map(KeyState::records);
            prop_assert_eq!(catalog.totals().entries, records().count() as u64);
            prop_assert_eq!(catalog.totals().entry_bytes, 4096 * records().count() as u64);
            prop_assert_eq!(catalog.totals().blob_bytes, blob_bytes(states.values()));
        }
        let totals = catalog.totals().clone();
        drop(catalog);
        let catalog = open().expect("the same catalog");
        prop_assert_eq!(catalog.totals(), &totals);
        for (key, state) in &states {
            prop_assert_eq!(&catalog.state(key).expect("readable"), state);
        }
    }
}

#[test]
fn a_tree_that_lost_its_end_is_told_from_a_sound_one() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("c");
    let soon = || Instant::now() + Duration::from_secs(5);
    let mut catalog = Catalog::open(&path, soon()).expect("a catalog");
    catalog.found().expect("founded");
    catalog.count(|totals| totals.stores += 1).expect("counted");
    let generation = catalog.totals().generation;
    drop(catalog);
    assert!(Catalog::open(&path, soon()).is_ok());
    std::fs::write(path.join("seal"), (generation + 1).to_le_bytes()).expect("written");
    assert!(matches!(Catalog::open(&path, soon()), Err(CatalogError::Corrupt(_))));
}

#[test]
fn values_of_a_later_version_are_left_alone_and_of_none_are_damage() {
    assert!(matches!(record::content(&[record::VERSION + 1, 0]), Err(CatalogError::Newer)));
    assert!(matches!(record::content(&[0, 0]), Err(CatalogError::Corrupt(_))));
    assert!(matches!(record::content(&[]), Err(CatalogError::Corrupt(_))));
}
