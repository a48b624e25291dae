use super::*;
use crate::model::entry::Slot;
use crate::model::policy::{OnExpired, Policy};
use crate::store::kit::{Kit, PATIENCE, Spec, at, key, sorted, spec};
use crate::store::{Flight, Joined};

fn forget(kit: &Kit, selector: Selector<'_>, now: i64) -> u64 {
    kit.store.forget_selected(selector, PATIENCE, at(now)).expect("forgotten")
}

fn four() -> Kit {
    let kit = Kit::new();
    let ttl = Policy { ttl: Some(Duration::from_secs(10)), ..Policy::default() };
    let serve = Policy { on_expired: OnExpired::Serve, ..ttl.clone() };
    kit.publish(&Spec { tags: vec!["k8s", "work"], ..spec(1) });
    kit.publish(&Spec { tags: vec!["work"], program: "/opt/kubectl", ..spec(2) });
    kit.publish(&Spec { policy: ttl, ..spec(3) });
    kit.publish(&Spec { policy: serve, ..spec(4) });
    kit
}

#[test]
fn each_selection_takes_its_own_and_no_other() {
    let cases: [(Selector<'_>, &[u32]); 8] = [
        (Selector::Tag("work"), &[1, 2]),
        (Selector::Tag("wor"), &[]),
        (Selector::Program(b"kubectl"), &[2]),
        (Selector::Program(b"/opt/kubectl"), &[2]),
        (Selector::Program(b"/bin/kubectl"), &[]),
        (Selector::Expired, &[3, 4]),
        (Selector::OlderThan(Duration::from_secs(18)), &[1, 2]),
        (Selector::OlderThan(Duration::from_secs(100)), &[]),
    ];
    for (selector, expected) in cases {
        for is_catalog_free in [true, false] {
            let kit = four();
            let elsewhere = (!is_catalog_free).then(|| kit.store.lock_catalog(PATIENCE));
            let patience = if is_catalog_free { PATIENCE } else { Duration::ZERO };
            let selected = kit.store.select(selector, patience, at(20)).expect("a selection");
            assert_eq!(selected.len(), expected.len(), "{selector:?}");
            let removed = kit.store.forget_selected(selector, patience, at(20));
            assert_eq!(removed.expect("forgotten"), expected.len() as u64, "{selector:?}");
            drop(elsewhere);
            let mut left: Vec<Key> =
                (1..=4).filter(|number| !expected.contains(number)).map(key).collect();
            left.sort_unstable();
            assert_eq!(kit.recorded(), left, "{selector:?}, catalog free: {is_catalog_free}");
        }
    }
}

fn fly(kit: &Kit, number: u32, info: &FlightInfo) -> Flight {
    match kit.store.join(&key(number), info).expect("a flight") {
        Joined::Lead(flight) => flight,
        other => panic!("{other:?}"),
    }
}

#[test]
fn what_is_being_computed_is_forgotten_too() {
    let kit = four();
    let tagged = FlightInfo { tags: vec!["work".to_owned()], ..FlightInfo::default() };
    let called = FlightInfo {
        program: b"/usr/bin/python3.12".to_vec(),
        typed: b"python3".to_vec(),
        ..FlightInfo::default()
    };
    let flights = [fly(&kit, 10, &tagged), fly(&kit, 11, &called), fly(&kit, 12, &called)];
    assert!(flights.iter().all(Flight::is_linked));
    forget(&kit, Selector::Tag("work"), 5);
    assert_eq!(flights.each_ref().map(Flight::is_linked), [false, true, true]);
    forget(&kit, Selector::Expired, 5);
    assert!(flights[1].is_linked(), "a computation under way is neither old nor expired");
    forget(&kit, Selector::Program(b"python3"), 5);
    assert_eq!(flights.each_ref().map(Flight::is_linked), [false, false, false]);
}

#[test]
fn by_age_a_newer_computation_of_the_same_key_stays() {
    let kit = four();
    let old = kit.store.select(Selector::OlderThan(Duration::from_secs(5)), PATIENCE, at(8));
    assert_eq!(old.expect("a selection").len(), 3);
    kit.publish(&Spec { created: at(7), ..spec(1) });
    assert_eq!(forget(&kit, Selector::OlderThan(Duration::from_secs(5)), 8), 2);
    assert_eq!(kit.recorded(), sorted([1, 4]));
}

#[test]
fn after_the_clock_went_back_nothing_is_old() {
    let kit = four();
    assert_eq!(forget(&kit, Selector::OlderThan(Duration::from_nanos(1)), -100), 0);
}

#[test]
fn what_was_forgotten_is_gone_from_the_disk_at_once() {
    let kit = four();
    assert_eq!(forget(&kit, Selector::Tag("work"), 5), 2);
    assert!(kit.entry_bytes(&key(1), Slot::Good).is_none());
    assert!(kit.entry_bytes(&key(3), Slot::Good).is_some());
}
