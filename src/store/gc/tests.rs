use std::time::Duration;

use super::super::usage::ROTATE_AT;
use super::super::{Listed, Order, layout};
use super::*;
use crate::model::policy::{Evict, OnExpired, Policy};
use crate::store::kit::{Kit, PATIENCE, Spec, at, key, sorted, spec};

const DAY: i64 = 24 * 60 * 60;

fn gc(kit: &Kit, limits: Limits, now: Stamp) -> Collected {
    kit.store.with_catalog(PATIENCE, |shelf| shelf.gc(&limits, now, &mut |_| Ok(()))).expect("gc")
}

fn ttl(seconds: u64) -> Policy {
    Policy { ttl: Some(Duration::from_secs(seconds)), ..Policy::default() }
}

fn most(max_entries: u64, evict: Evict) -> Limits {
    Limits { max_entries, evict, ..Limits::default() }
}

fn blobs(kit: &Kit) -> usize {
    kit.store.stored_blobs().expect("a folder").len()
}

fn large(byte: u8) -> Vec<u8> {
    vec![byte; 100_000]
}

fn listed(kit: &Kit, number: u32) -> Listed {
    let found = kit.store.with_catalog(PATIENCE, |shelf| shelf.entry(&key(number), Slot::Good));
    found.expect("the catalog").expect("an entry")
}

#[test]
fn the_expired_go_to_the_second_and_the_others_stay() {
    let kit = Kit::new();
    kit.publish(&Spec { created: at(0), policy: ttl(100), ..spec(1) });
    kit.publish(&Spec { created: at(0), policy: ttl(101), ..spec(2) });
    kit.publish(&Spec { created: at(0), ..spec(3) });
    assert_eq!(gc(&kit, Limits::default(), at(99)).expired, 0);
    assert_eq!(gc(&kit, Limits::default(), at(100)).expired, 1);
    assert_eq!(kit.recorded(), sorted([2, 3]));
    assert!(kit.entry_bytes(&key(1), Slot::Good).is_none());
}

#[test]
fn what_may_still_serve_is_kept_for_a_while() {
    let kit = Kit::new();
    let serve = Policy { on_expired: OnExpired::Serve, ..ttl(10) };
    let rescue = Policy { stale_if_error: true, ..ttl(10) };
    kit.publish(&Spec { created: at(0), policy: serve, ..spec(1) });
    kit.publish(&Spec { created: at(0), policy: rescue, ..spec(2) });
    kit.publish(&Spec { created: at(0), policy: ttl(10), ..spec(3) });
    assert_eq!(gc(&kit, Limits::default(), at(9 + 7 * DAY)).expired, 1);
    assert_eq!(kit.recorded(), sorted([1, 2]));
    assert_eq!(gc(&kit, Limits::default(), at(10 + 7 * DAY)).expired, 2);
    assert_eq!(kit.recorded(), vec![]);
}

#[test]
fn idle_is_judged_by_the_file_of_hits() {
    let kit = Kit::new();
    let idle = Policy { idle: Some(Duration::from_secs(100)), ..Policy::default() };
    kit.publish(&Spec { created: at(0), policy: idle.clone(), ..spec(1) });
    kit.publish(&Spec { created: at(0), policy: idle, ..spec(2) });
    assert_eq!(kit.recorded(), sorted([1, 2]));
    kit.hit(&key(1), 1, at(90));
    assert_eq!(gc(&kit, Limits::default(), at(150)).expired, 1);
    assert_eq!(kit.recorded(), sorted([1]), "it was served since it was recorded");
    assert_eq!(gc(&kit, Limits::default(), at(189)).expired, 0);
    assert_eq!(gc(&kit, Limits::default(), at(190)).expired, 1);
}

#[test]
fn a_failure_expires_by_its_own_time() {
    let kit = Kit::new();
    let policy = Policy { failure_ttl: Some(Duration::from_secs(5)), ..Policy::default() };
    kit.publish(&Spec { created: at(0), policy: policy.clone(), ..spec(1) });
    kit.publish(&Spec { created: at(0), code: 1, policy, ..spec(1) });
    assert_eq!(gc(&kit, Limits::default(), at(5)).expired, 1);
    assert!(kit.entry_bytes(&key(1), Slot::Good).is_some());
    assert!(kit.entry_bytes(&key(1), Slot::Failure).is_none());
}

#[test]
fn a_clock_that_went_back_costs_nothing() {
    let kit = Kit::new();
    kit.publish(&Spec { created: at(0), policy: ttl(10), ..spec(1) });
    assert_eq!(gc(&kit, Limits::default(), at(-1_000_000)).expired, 0);
}

#[test]
fn an_entry_recomputed_since_it_was_recorded_isnt_taken_for_the_old_one() {
    let kit = Kit::new();
    kit.publish(&Spec { created: at(0), policy: ttl(10), ..spec(1) });
    let mut shelf = Shelf::open(&kit.store, PATIENCE).expect("the catalog");
    shelf.ingest().expect("ingested");
    let state = shelf.catalog.state(&key(1)).expect("readable");
    let victim = Victim::of(&state, state.slot(Slot::Good).expect("a record"));
    kit.publish(&Spec { created: at(50), policy: ttl(10), ..spec(1) });
    let mut collected = Collected::default();
    let removed = shelf.remove(vec![victim], &mut collected, |_, _| ()).expect("removed");
    assert_eq!((removed, collected.bytes_freed), (0, 0));
    assert!(kit.entry_bytes(&key(1), Slot::Good).is_some());
}

#[test]
fn what_is_published_while_a_collection_removes_is_recorded_and_its_marker_left() {
    let kit = Kit::new();
    let output = |byte: u8| vec![byte; 10];
    kit.publish(&Spec { created: at(0), output: output(1), ..spec(1) });
    kit.publish(&Spec { created: at(0), ..spec(2) });
    let mut shelf = Shelf::open(&kit.store, PATIENCE).expect("the catalog");
    shelf.ingest().expect("ingested");
    let states = [1, 2].map(|number| shelf.catalog.state(&key(number)).expect("readable"));
    let wanted = states.each_ref().map(|state| {
        let head = &state.slot(Slot::Good).expect("a record").head;
        (head.key, head.slot(), head.nonce)
    });
    let removed = kit.store.remove_if(&wanted).expect("removed");
    assert_eq!(removed.len(), 2);
    // Between the removal and the records.
    kit.publish(&Spec { created: at(50), output: output(2), ..spec(1) });
    let states = states.into_iter().map(|state| (state.key, state)).collect();
    let made = removed.iter().map(|one| (one.key, one.marker));
    shelf.follow(states, made, |_, _, _| ()).expect("followed");
    let record = shelf.catalog.record(&key(1), Slot::Good).expect("readable").expect("a record");
    assert_eq!(record.head.created, at(50));
    assert_eq!(shelf.catalog.totals().entries, 1);
    let left = kit.store.names(layout::PENDING).expect("names");
    assert_eq!(
        left.iter().filter_map(|name| layout::parse_marker(name)).collect::<Vec<_>>(),
        [key(1)]
    );
}

#[test]
fn a_removal_that_was_killed_before_its_records_is_made_good_by_the_next_ingest() {
    let kit = ten();
    let victim = listed(&kit, 3);
    let wanted = [(key(3), Slot::Good, victim.head.nonce)];
    assert_eq!(kit.store.remove_if(&wanted).expect("removed").len(), 1);
    assert_eq!(kit.recorded(), sorted([0, 1, 2, 4, 5, 6, 7, 8, 9]));
}

#[test]
fn more_than_a_batch_goes_and_what_is_kept_longer_stays() {
    let kit = Kit::new();
    let kept = Policy { on_expired: OnExpired::Serve, ..ttl(10) };
    for number in 0..600u32 {
        let policy = if number % 2 == 0 { ttl(10) } else { kept.clone() };
        kit.publish(&Spec { created: at(i64::from(number % 7)), policy, ..spec(number) });
    }
    assert_eq!(gc(&kit, Limits::default(), at(100)).expired, 300);
    assert_eq!(kit.recorded().len(), 300);
    assert_eq!(gc(&kit, Limits::default(), at(100 + 7 * DAY)).expired, 300);
    let limits = most(0, Evict::Accessed);
    assert_eq!(gc(&kit, limits, at(100 + 7 * DAY)), Collected::default());
    assert_eq!(kit.store.names(layout::PENDING).expect("names"), Vec::<String>::new());
}

#[test]
fn an_entry_that_the_catalog_cant_know_is_counted() {
    let kit = ten();
    let used =
        |kit: &Kit| kit.store.with_catalog(PATIENCE, |shelf| shelf.bytes_used()).expect("a size");
    gc(&kit, Limits::default(), at(2000));
    let before = used(&kit);
    let path = kit.store.version_path().join(layout::entry(&key(3), Slot::Failure));
    std::fs::write(path, vec![b'x'; 40_000]).expect("written");
    gc(&kit, Limits::default(), at(2000));
    assert!(used(&kit) >= before + 40_000, "{} after {before}", used(&kit));
}

/// Ten entries, computed in order; each was served, the later the less recently.
fn ten() -> Kit {
    let kit = Kit::new();
    for number in 0..10 {
        kit.publish(&spec(number));
    }
    kit.recorded();
    // The catalog doesn't know of these yet.
    for number in 0..10u32 {
        let hits = (number as usize * 7) % 10 + 1;
        kit.hit(&key(number), hits, at(1000 - i64::from(number)));
    }
    kit
}

#[test]
fn the_least_recently_served_go_first() {
    let kit = ten();
    assert_eq!(gc(&kit, most(4, Evict::Accessed), at(2000)).evicted, 6);
    assert_eq!(kit.recorded(), sorted([0, 1, 2, 3]));
}

#[test]
fn the_oldest_go_first() {
    let kit = ten();
    assert_eq!(gc(&kit, most(4, Evict::Computed), at(2000)).evicted, 6);
    assert_eq!(kit.recorded(), sorted([6, 7, 8, 9]));
}

#[test]
fn the_least_often_served_go_first() {
    let kit = ten();
    // Hits are 1 8 5 2 9 6 3 10 7 4.
    assert_eq!(gc(&kit, most(4, Evict::Hits), at(2000)).evicted, 6);
    assert_eq!(kit.recorded(), sorted([1, 4, 7, 8]));
    let stats = kit.store.with_catalog(PATIENCE, |shelf| shelf.stats(0)).expect("stats");
    assert_eq!((stats.evictions, stats.entries, stats.hits), (6, 4, 55));
}

#[test]
fn one_that_was_served_lately_isnt_evicted_for_what_the_catalog_doesnt_know() {
    let kit = Kit::new();
    for number in 0..3 {
        kit.publish(&spec(number));
    }
    kit.recorded();
    // The first is oldest by the index, but has been served between the other two.
    kit.publish(&Spec { created: at(100), ..spec(3) });
    kit.hit(&key(0), 1, at(50));
    assert_eq!(gc(&kit, most(3, Evict::Accessed), at(200)).evicted, 1);
    assert_eq!(kit.recorded(), sorted([0, 2, 3]));
}

#[test]
fn one_moved_up_only_a_little_still_goes_before_those_above() {
    let kit = Kit::new();
    for number in [0, 10, 20] {
        kit.publish(&spec(number));
    }
    kit.recorded();
    kit.hit(&key(0), 1, at(5));
    assert_eq!(gc(&kit, most(2, Evict::Accessed), at(200)).evicted, 1);
    assert_eq!(kit.recorded(), sorted([10, 20]));
}

#[test]
fn within_the_limits_nothing_is_touched() {
    let kit = ten();
    assert_eq!(gc(&kit, most(10, Evict::Accessed), at(2000)).evicted, 0);
}

#[test]
fn a_size_limit_counts_everything_and_spares_what_it_can() {
    let kit = Kit::new();
    for number in 0..8u8 {
        kit.publish(&Spec { output: large(number), ..spec(number.into()) });
    }
    kit.recorded();
    let used =
        |kit: &Kit| kit.store.with_catalog(PATIENCE, |shelf| shelf.bytes_used()).expect("a size");
    gc(&kit, Limits::default(), at(100));
    let full = used(&kit);
    let on_disk = measure::measure(&kit.store.version_path()).expect("measured");
    let catalog = kit.store.version_path().join(layout::CATALOG);
    let empty = measure::measure(&catalog).expect("measured").min(compact::EMPTY);
    let counted = on_disk - empty;
    assert!(full.abs_diff(counted) <= 8192, "{full} is near {counted}");
    // An entry takes 4 KiB and its blob 100 KiB: three must go for 250 KiB.
    let limits = Limits { max_size: full - 250 * 1024, ..Limits::default() };
    let collected = gc(&kit, limits, at(100));
    assert_eq!((collected.evicted, collected.blobs), (3, 3));
    assert!(used(&kit) <= limits.max_size);
    assert_eq!((kit.recorded(), blobs(&kit)), (sorted([3, 4, 5, 6, 7]), 5));
    let enforced = kit.store.with_catalog(PATIENCE, |shelf| shelf.enforce_limits(&limits));
    assert_eq!(enforced.expect("enforced"), Collected::default());
}

#[test]
fn what_was_set_aside_goes_before_any_entry() {
    let kit = ten();
    let aside = kit.store.version_path().join("quarantine/damaged.1");
    std::fs::write(&aside, vec![1; 300_000]).expect("written");
    gc(&kit, Limits::default(), at(2000));
    assert!(aside.exists(), "kept while there is room");
    let used = kit.store.with_catalog(PATIENCE, |shelf| shelf.bytes_used()).expect("a size");
    let limits = Limits { max_size: used - 100_000, ..Limits::default() };
    assert_eq!(gc(&kit, limits, at(2000)).evicted, 0);
    assert!(!aside.exists());
}

#[test]
fn a_blob_goes_with_the_last_entry_that_refers_to_it() {
    let kit = Kit::new();
    kit.publish(&Spec { output: large(1), policy: ttl(10), created: at(0), ..spec(1) });
    kit.publish(&Spec { output: large(1), policy: ttl(20), created: at(0), ..spec(2) });
    assert_eq!(blobs(&kit), 1);
    let collected = gc(&kit, Limits::default(), at(15));
    assert_eq!((collected.expired, collected.blobs, blobs(&kit)), (1, 0, 1));
    let collected = gc(&kit, Limits::default(), at(25));
    assert_eq!((collected.expired, collected.blobs, blobs(&kit)), (1, 1, 0));
}

#[test]
fn a_blob_of_an_entry_not_yet_recorded_stays() {
    let kit = Kit::new();
    let mut shelf = Shelf::open(&kit.store, PATIENCE).expect("the catalog");
    shelf.ingest().expect("ingested");
    kit.publish(&Spec { output: large(1), ..spec(1) });
    std::fs::write(kit.store.version_path().join(layout::blob(&[0xee; 32])), "loose")
        .or_else(|_| {
            kit.store.make_folder("blobs/ee")?;
            std::fs::write(kit.store.version_path().join(layout::blob(&[0xee; 32])), "loose")
        })
        .expect("written");
    let mut collected = Collected::default();
    shelf.sweep_blobs(&mut collected).expect("swept");
    assert_eq!((collected.blobs, blobs(&kit)), (1, 1), "only the loose one");
    kit.store.mark_all().expect("marked");
    let mut collected = Collected::default();
    let digests = kit.store.stored_blobs().expect("blobs");
    shelf.free_blobs(&digests, &mut collected).expect("swept");
    assert_eq!((collected.blobs, blobs(&kit)), (0, 1));
}

#[test]
fn rotating_hits_loses_and_doubles_none() {
    let kit = Kit::new();
    let count = usize::try_from(ROTATE_AT).expect("a small number") + 5;
    kit.publish(&spec(1));
    kit.hit(&key(1), count, at(100));
    for _ in 0..count {
        kit.store.append_miss(at(100));
        kit.store.append_refresh(at(100));
        kit.store.append_refresh_failure(at(100));
    }
    kit.store.append_refresh(at(100));
    let path = layout::hits(&key(1));
    let exact = |expected: usize, when: &str| {
        assert_eq!(listed(&kit, 1).hits, expected as u64, "{when}");
        assert_eq!(listed(&kit, 1).last_hit, Some(at(100)), "{when}");
    };
    exact(count, "at first");
    let late = kit.store.open_file(&path, rustix::fs::OFlags::WRONLY | rustix::fs::OFlags::APPEND);
    gc(&kit, Limits::default(), at(200));
    assert_eq!(kit.store.accesses(&key(1)).count, 1, "a new file that knows the last hit");
    exact(count, "exchanged");
    // A hit that had opened the old file before it was exchanged.
    let record = [at(100).wall.to_le_bytes(), at(100).boot.to_le_bytes()].concat();
    rustix::io::write(late.expect("the old file"), &record).expect("appended");
    exact(count + 1, "a late hit");
    gc(&kit, Limits::default(), at(230));
    assert!(kit.store.stat(&layout::rotated(&path, at(200))).expect("ok").is_some(), "too early");
    kit.hit(&key(1), 2, at(100));
    gc(&kit, Limits::default(), at(260));
    assert!(kit.store.stat(&layout::rotated(&path, at(200))).expect("ok").is_none(), "counted");
    exact(count + 3, "counted");
    gc(&kit, Limits::default(), at(1000));
    exact(count + 3, "later");
    let stats = kit.store.with_catalog(PATIENCE, |shelf| shelf.stats(0)).expect("stats");
    assert_eq!(stats.misses, count as u64);
    assert_eq!(stats.refreshes, count as u64 + 1);
    assert_eq!(stats.refresh_failures, count as u64);
    for path in [layout::MISSES, layout::REFRESHES, layout::REFRESH_FAILURES] {
        assert_eq!(kit.store.read_accesses(path).count, 1, "{path}");
    }
}

#[test]
fn a_rotation_that_was_killed_loses_and_doubles_no_hit() {
    let kit = Kit::new();
    let count = usize::try_from(ROTATE_AT).expect("a small number") + 1;
    kit.publish(&spec(1));
    kit.hit(&key(1), count, at(100));
    let rotated = layout::rotated(&layout::hits(&key(1)), at(200));
    let path = kit.store.version_path().join(&rotated);
    // Killed before the exchange: the note and the new file are there.
    let note = kit.store.with_catalog(PATIENCE, |shelf| {
        let mut change = super::super::catalog::Change::of(shelf.catalog.state(&key(1))?);
        change.after.access.rotating = Some(at(200));
        Ok(shelf.catalog.commit(&[change], |_| ())?)
    });
    note.expect("noted");
    std::fs::write(&path, [0; 16]).expect("written");
    assert_eq!(listed(&kit, 1).hits, count as u64);
    gc(&kit, Limits::default(), at(300));
    assert!(!path.exists());
    assert_eq!(listed(&kit, 1).hits, count as u64);
    // Killed after the count was committed: the old file is there still.
    gc(&kit, Limits::default(), at(400));
    gc(&kit, Limits::default(), at(500));
    let again = kit.store.version_path().join(layout::rotated(&layout::hits(&key(1)), at(400)));
    std::fs::write(&again, vec![0; count * 16]).expect("written");
    assert_eq!(listed(&kit, 1).hits, count as u64);
    gc(&kit, Limits::default(), at(600));
    assert!(!again.exists());
    assert_eq!(listed(&kit, 1).hits, count as u64);
}

#[test]
fn what_was_left_behind_is_swept_and_what_is_in_use_is_not() {
    let kit = Kit::new();
    kit.hit(&key(9), 1, at(1));
    let (dead, file) = kit.store.create_temporary("dead").expect("a temporary");
    drop(file);
    let (alive, _locked) = kit.store.create_temporary("alive").expect("a temporary");
    let flight = |number| kit.store.join(&key(number), &super::super::FlightInfo::default(), None);
    drop(flight(1).expect("a flight"));
    let _flying = flight(2).expect("a flight");
    let is_there = |path: &str| kit.store.stat(path).expect("ok").is_some();
    let now = crate::sys::clock::now();
    gc(&kit, Limits::default(), now);
    assert!(is_there(&dead), "too young to tell");
    assert!(!is_there(&layout::hits(&key(9))));
    assert!(!is_there(&layout::flight(&key(1))));
    assert!(is_there(&layout::flight(&key(2))));
    let later = Stamp::new(now.wall + 61_000_000_000, now.boot + 61_000_000_000);
    gc(&kit, Limits::default(), later);
    assert!(!is_there(&dead));
    assert!(is_there(&alive));
}

#[test]
fn the_quarantine_is_bounded() {
    let kit = Kit::new();
    for number in 0..40 {
        let name = format!("quarantine/damaged.{number}");
        std::fs::write(kit.store.version_path().join(name), "x").expect("written");
    }
    std::fs::create_dir(kit.store.version_path().join(layout::CATALOG_ASIDE)).expect("made");
    gc(&kit, Limits::default(), at(1));
    assert_eq!(kit.store.names(layout::QUARANTINE).expect("names").len(), 33);
}

#[test]
fn a_lost_entry_doesnt_hold_up_eviction() {
    let kit = ten();
    kit.store.unlink(&layout::entry(&key(9), Slot::Good)).expect("unlinked");
    let collected = gc(&kit, most(4, Evict::Accessed), at(2000));
    assert_eq!(collected.evicted, 5, "one was gone already");
    assert_eq!(kit.recorded(), sorted([0, 1, 2, 3]));
}

#[test]
fn orders_agree_with_what_is_listed_after_a_collection() {
    let kit = ten();
    gc(&kit, most(5, Evict::Hits), at(2000));
    let keys = kit.store.with_catalog(PATIENCE, |shelf| {
        shelf.list(Order::Computed).map(|entry| Ok(entry?.head.key)).collect::<Result<Vec<_>, _>>()
    });
    assert_eq!(keys.expect("a list").len(), 5);
}

#[test]
fn a_catalog_that_holds_little_of_what_it_takes_is_compacted() {
    let kit = Kit::new();
    for number in 0..800u32 {
        let output = blake3::Hasher::new().update(&number.to_le_bytes()).finalize_xof();
        let mut bytes = vec![0; 8_000];
        { output }.fill(&mut bytes);
        kit.publish(&Spec { output: bytes, ..spec(number) });
    }
    kit.recorded();
    let path = kit.store.version_path().join(layout::CATALOG);
    let size = || measure::measure(&path).expect("measured");
    let full = size();
    assert!(full > 6 << 20, "{full}");
    let before = kit.entry_bytes(&key(799), Slot::Good);
    // Less than the catalog alone takes: without compaction everything would have to go.
    let limits = Limits { max_size: 5 << 20, ..Limits::default() };
    let collected = gc(&kit, limits, at(1000));
    assert!(size() < full / 2, "{} of {full}", size());
    let left = kit.recorded();
    assert!(left.contains(&key(799)) && left.len() > 20, "{} are left", left.len());
    assert_eq!(left.len() as u64, 800 - collected.evicted);
    assert_eq!(kit.entry_bytes(&key(799), Slot::Good), before);
    assert!(kit.store.stat(layout::CATALOG_COPY).expect("ok").is_none());
    let found = super::super::examine(kit.store.path(), &|store| store.client(PATIENCE), at(1000));
    assert!(found.iter().all(|check| check.ok), "{found:?}");
}

#[test]
fn a_small_limit_leaves_room_for_entries() {
    // An entry takes 8 KiB. What it leaves behind in sled's files stays there until they are
    // copied, and they grow by half a MiB at a time.
    for (kib, least) in [(64, 5), (512, 20), (1024, 40)] {
        let kit = Kit::new();
        let limits = Limits { max_size: kib << 10, ..Limits::default() };
        for number in 0..200 {
            let mut output = vec![0; 4_000];
            blake3::Hasher::new().update(&[number]).finalize_xof().fill(&mut output);
            kit.publish(&Spec { output, ..spec(number.into()) });
            if number % 5 != 4 {
                continue;
            }
            let used = kit.store.with_catalog(PATIENCE, |shelf| {
                shelf.enforce_limits(&limits)?;
                shelf.bytes_used()
            });
            assert!(used.expect("enforced") <= limits.max_size);
            let recorded = kit.recorded();
            assert!(recorded.contains(&key(number.into())), "the newest one");
            let left = recorded.len();
            assert!(left >= least.min(number.into()), "{left} at {number} within {kib} KiB");
        }
    }
}

#[test]
fn a_catalog_as_small_as_can_be_isnt_copied_over_and_over() {
    use std::os::unix::fs::MetadataExt;
    let kit = ten();
    gc(&kit, Limits::default(), at(2000));
    let inode = || {
        let path = kit.store.version_path().join(layout::CATALOG);
        std::fs::metadata(path).expect("the catalog").ino()
    };
    let before = inode();
    gc(&kit, Limits { max_size: 20 << 10, ..Limits::default() }, at(2000));
    assert_eq!(inode(), before);
    assert!(kit.recorded().len() < 10);
}
