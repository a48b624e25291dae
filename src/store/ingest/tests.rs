use super::*;
use crate::model::policy::Policy;
use crate::store::kit::{Kit, PATIENCE, Spec, at, key, sorted, spec};

fn stop() -> StoreError {
    StoreError::new("go on with", "the test", std::io::Error::other("killed"))
}

#[test]
fn an_entry_becomes_a_record_and_its_marker_goes() {
    let kit = Kit::new();
    kit.publish(&spec(1));
    kit.publish(&Spec { output: vec![7; 100_000], ..spec(2) });
    assert_eq!(kit.pending().len(), 2);
    assert_eq!(kit.recorded(), sorted([1, 2]));
    assert!(kit.pending().is_empty());
}

#[test]
fn a_removed_entry_takes_its_record_along() {
    let kit = Kit::new();
    kit.publish(&spec(1));
    kit.publish(&spec(2));
    assert_eq!(kit.recorded(), sorted([1, 2]));
    kit.store.forget(&[key(1)]).expect("forgotten");
    assert_eq!(kit.recorded(), sorted([2]));
}

#[test]
fn a_failure_and_a_good_result_of_one_key_are_two_records() {
    let kit = Kit::new();
    let policy = Policy { failure_ttl: Some(PATIENCE), ..Policy::default() };
    kit.publish(&spec(1));
    kit.publish(&Spec { code: 3, policy, ..spec(1) });
    let entries = |kit: &Kit| {
        kit.store.with_catalog(PATIENCE, |shelf| Ok(shelf.catalog.totals().entries)).expect("ok")
    };
    assert_eq!(entries(&kit), 2);
    kit.publish(&spec(1));
    assert_eq!(entries(&kit), 1, "a good result takes the failure away");
}

#[test]
fn a_kill_after_any_step_is_made_good_by_the_next_ingest() {
    for step in [Step::Listed, Step::Barred, Step::Read, Step::Committed, Step::Unmarked] {
        let kit = Kit::new();
        kit.publish(&spec(1));
        assert_eq!(kit.recorded(), sorted([1]));
        kit.publish(&spec(2));
        kit.store.forget(&[key(1)]).expect("forgotten");
        let mut shelf = Shelf::open(&kit.store, PATIENCE).expect("the catalog");
        let ended = shelf.ingest_stepwise(MOST_ROUNDS, &mut |done| {
            if done == step { Err(stop()) } else { Ok(()) }
        });
        assert!(ended.is_err(), "{step:?} is reached");
        drop(shelf);
        assert_eq!(kit.recorded(), sorted([2]), "{step:?}");
        assert!(kit.pending().is_empty(), "{step:?}");
        let stores = kit.store.with_catalog(PATIENCE, |shelf| Ok(shelf.catalog.totals().stores));
        assert_eq!(stores.expect("ok"), 2, "each store is counted once: {step:?}");
    }
}

#[test]
fn a_marker_made_meanwhile_survives_the_round_and_is_seen_before_the_end() {
    for step in [Step::Listed, Step::Barred, Step::Read, Step::Committed, Step::Unmarked] {
        let kit = Kit::new();
        kit.publish(&spec(1));
        let mut rounds = 0;
        let mut shelf = Shelf::open(&kit.store, PATIENCE).expect("the catalog");
        shelf.ingest().expect("founded");
        kit.publish(&Spec { created: at(50), ..spec(1) });
        let done = shelf.ingest_stepwise(MOST_ROUNDS, &mut |done| {
            if done == step {
                rounds += 1;
                if rounds == 1 {
                    kit.publish(&Spec { created: at(99), ..spec(1) });
                }
            }
            Ok(())
        });
        done.expect("ingested");
        assert_eq!(rounds, 2, "{step:?}: another round");
        let record = shelf.catalog.record(&key(1), Slot::Good).expect("readable");
        assert_eq!(record.expect("a record").head.created, at(99), "{step:?}");
        assert!(kit.pending().is_empty());
    }
}

#[test]
fn rescan_finds_entries_without_markers_and_records_without_entries() {
    let kit = Kit::new();
    kit.publish(&spec(1));
    assert_eq!(kit.recorded(), sorted([1]));
    kit.publish(&spec(2));
    for name in kit.pending() {
        kit.store.unlink(&format!("pending/{name}")).expect("unlinked");
    }
    kit.store.unlink(&layout::entry(&key(1), Slot::Good)).expect("unlinked");
    assert_eq!(kit.recorded(), sorted([1]), "nothing says that anything changed");
    kit.store.mark_all().expect("marked");
    assert_eq!(kit.recorded(), sorted([2]));
    assert!(kit.pending().is_empty());
}

#[test]
fn a_rescan_asked_for_meanwhile_isnt_lost() {
    let kit = Kit::new();
    kit.publish(&spec(1));
    kit.recorded();
    kit.store.mark_all().expect("marked");
    let mut listed = 0;
    let mut shelf = Shelf::open(&kit.store, PATIENCE).expect("the catalog");
    let done = shelf.ingest_stepwise(MOST_ROUNDS, &mut |step| {
        if step == Step::Unmarked && listed == 0 {
            kit.store.unlink(&layout::entry(&key(1), Slot::Good)).map(drop)?;
            kit.store.mark_all()?;
        }
        listed += usize::from(step == Step::Unmarked);
        Ok(())
    });
    done.expect("ingested");
    assert_eq!(shelf.recorded().expect("keys"), vec![]);
    assert!(kit.pending().is_empty());
}

#[test]
fn a_key_that_cant_be_read_is_set_aside_and_the_rest_goes_on() {
    use std::os::unix::fs::PermissionsExt;
    if rustix::process::geteuid().is_root() {
        // Nothing is unreadable for root.
        return;
    }
    let kit = Kit::new();
    kit.publish(&spec(1));
    kit.publish(&spec(2));
    let path = kit.store.version_path().join(layout::entry(&key(1), Slot::Good));
    let allow = |mode| std::fs::set_permissions(&path, PermissionsExt::from_mode(mode));
    allow(0).expect("a mode");
    let mut shelf = Shelf::open(&kit.store, PATIENCE).expect("the catalog");
    let done = shelf.ingest().expect("ingested");
    assert_eq!(done.failed.len(), 1);
    assert_eq!(shelf.recorded().expect("keys"), sorted([2]));
    assert!(kit.pending().iter().all(|name| name.starts_with(&key(1).hex())));
    assert!(!kit.pending().is_empty());
    drop(shelf);
    allow(0o600).expect("a mode");
    assert_eq!(kit.recorded(), sorted([1, 2]));
}

#[test]
fn hits_and_the_time_they_saved_outlive_a_recomputation_and_the_entry() {
    let kit = Kit::new();
    let stats = || kit.store.with_catalog(PATIENCE, |shelf| shelf.stats(5)).expect("stats");
    kit.publish(&spec(1));
    kit.hit(&key(1), 3, at(10));
    assert_eq!((stats().hits, stats().saved.as_secs()), (3, 6));
    kit.publish(&Spec { ran: std::time::Duration::from_secs(10), ..spec(1) });
    assert_eq!((stats().hits, stats().saved.as_secs()), (3, 6), "not credited anew");
    kit.hit(&key(1), 1, at(20));
    assert_eq!((stats().hits, stats().saved.as_secs()), (4, 16));
    kit.store.forget(&[key(1)]).expect("forgotten");
    assert_eq!((stats().hits, stats().saved.as_secs()), (4, 16), "retired");
    assert_eq!(kit.store.accesses(&key(1)).count, 0);
    kit.publish(&spec(1));
    assert_eq!((stats().hits, stats().stores), (4, 3));
}

#[test]
fn more_keys_than_a_batch_holds_are_taken_in() {
    let kit = Kit::new();
    let count = u32::try_from(MOST_KEYS).expect("a small number") + 44;
    for number in 0..count {
        kit.publish(&spec(number));
    }
    let mut commits = 0;
    let mut shelf = Shelf::open(&kit.store, PATIENCE).expect("the catalog");
    let done = shelf.ingest_stepwise(MOST_ROUNDS, &mut |step| {
        commits += usize::from(step == Step::Committed);
        Ok(())
    });
    done.expect("ingested");
    assert_eq!(commits, 2);
    assert_eq!(shelf.catalog.totals().entries, u64::from(count));
}

#[test]
fn who_has_made_a_marker_has_changed_the_entry_before_it_is_read() {
    let kit = Kit::new();
    kit.publish(&spec(1));
    kit.recorded();
    let (tell, listed) = std::sync::mpsc::channel();
    let recorded = std::thread::scope(|scope| {
        // Somebody is between marker and unlink.
        let gate = kit.store.gate(PATIENCE).expect("the gate");
        kit.store.mark(&key(1)).expect("marked");
        let store = &kit.store;
        let ingesting = scope.spawn(move || {
            let mut shelf = Shelf::open(store, PATIENCE).expect("the catalog");
            let done = shelf.ingest_stepwise(MOST_ROUNDS, &mut |step| {
                if step == Step::Listed {
                    tell.send(()).expect("heard");
                }
                Ok(())
            });
            done.expect("ingested");
            shelf.recorded().expect("keys")
        });
        listed.recv().expect("the markers are listed");
        std::thread::yield_now();
        kit.store.unlink(&layout::entry(&key(1), Slot::Good)).expect("unlinked");
        drop(gate);
        ingesting.join().expect("no panic")
    });
    assert_eq!(recorded, vec![]);
}
