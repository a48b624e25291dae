use super::*;
use crate::model::entry::Slot;
use crate::model::policy::{OnExpired, Policy};
use crate::store::kit::{Kit, PATIENCE, Spec, at, key, sorted, spec};
use crate::store::{Flight, Joined};

fn forget(kit: &Kit, filter: &Filter, now: i64) -> u64 {
    kit.store.forget_selected(filter, &kit.store.client(PATIENCE), at(now)).expect("forgotten")
}

fn tag(tags: &[String]) -> Filter {
    Filter { tags: tags.to_vec(), ..Filter::default() }
}

fn program(program: &[u8]) -> Filter {
    Filter { program: Some(program.to_vec()), ..Filter::default() }
}

fn older_than(seconds: u64) -> Filter {
    Filter { older_than: Some(Duration::from_secs(seconds)), ..Filter::default() }
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
    let [work, wor, k8s] = ["work", "wor", "k8s"].map(|tag| vec![tag.to_owned()]);
    let both = ["k8s", "work"].map(ToOwned::to_owned);
    let cases: [(Filter, &[u32]); 11] = [
        (tag(&work), &[1, 2]),
        (tag(&wor), &[]),
        (tag(&k8s), &[1]),
        (tag(&both), &[1]),
        (program(b"kubectl"), &[2]),
        (program(b"/opt/kubectl"), &[2]),
        (program(b"/bin/kubectl"), &[]),
        (Filter { expired: true, ..Filter::default() }, &[3, 4]),
        (older_than(18), &[1, 2]),
        (older_than(100), &[]),
        (Filter { tags: work.clone(), ..older_than(19) }, &[1]),
    ];
    for (filter, expected) in cases {
        for is_catalog_free in [true, false] {
            let kit = four();
            let elsewhere = (!is_catalog_free).then(|| kit.store.lock_catalog(PATIENCE));
            let patience = if is_catalog_free { PATIENCE } else { Duration::ZERO };
            let client = kit.store.client(patience);
            let selected = kit.store.select(&filter, &client, at(20)).expect("a selection");
            assert_eq!(selected.len(), expected.len(), "{filter:?}");
            let removed = kit.store.forget_selected(&filter, &client, at(20));
            assert_eq!(removed.expect("forgotten"), expected.len() as u64, "{filter:?}");
            drop(elsewhere);
            let mut left: Vec<Key> =
                (1..=4).filter(|number| !expected.contains(number)).map(key).collect();
            left.sort_unstable();
            assert_eq!(kit.recorded(), left, "{filter:?}, catalog free: {is_catalog_free}");
        }
    }
}

fn fly(kit: &Kit, number: u32, info: &FlightInfo) -> Flight {
    match kit.store.join(&key(number), info, None).expect("a flight") {
        Joined::Lead(flight) => flight,
        other => panic!("{other:?}"),
    }
}

fn is_linked(flight: &Flight) -> bool {
    flight.is_linked().expect("looked")
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
    assert!(flights.iter().all(is_linked));
    forget(&kit, &tag(&["work".to_owned()]), 5);
    assert_eq!(flights.each_ref().map(is_linked), [false, true, true]);
    forget(&kit, &Filter { expired: true, ..Filter::default() }, 5);
    assert!(is_linked(&flights[1]), "a computation under way is neither old nor expired");
    forget(&kit, &program(b"python3"), 5);
    assert_eq!(flights.each_ref().map(is_linked), [false, false, false]);
}

#[test]
fn by_age_a_newer_computation_of_the_same_key_stays() {
    let kit = four();
    let old = kit.store.select(&older_than(5), &kit.store.client(PATIENCE), at(8));
    assert_eq!(old.expect("a selection").len(), 3);
    kit.publish(&Spec { created: at(7), ..spec(1) });
    assert_eq!(forget(&kit, &older_than(5), 8), 2);
    assert_eq!(kit.recorded(), sorted([1, 4]));
}

#[test]
fn after_the_clock_went_back_nothing_is_old() {
    let kit = four();
    assert_eq!(forget(&kit, &older_than(0), -100), 0);
}

#[test]
fn what_was_forgotten_is_gone_from_the_disk_at_once() {
    let kit = four();
    assert_eq!(forget(&kit, &tag(&["work".to_owned()]), 5), 2);
    assert!(kit.entry_bytes(&key(1), Slot::Good).is_none());
    assert!(kit.entry_bytes(&key(3), Slot::Good).is_some());
}
