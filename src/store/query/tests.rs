use super::*;
use crate::model::policy::Policy;
use crate::store::kit::{Kit, PATIENCE, Spec, at, key, spec};

fn listed(kit: &Kit, order: Order<'_>) -> Vec<Key> {
    let list = kit.store.with_catalog(PATIENCE, |shelf| {
        shelf.list(order).map(|entry| Ok(entry?.head.key)).collect()
    });
    list.expect("a list")
}

#[test]
fn entries_come_in_every_order() {
    let kit = Kit::new();
    let ttl = |seconds| Policy { ttl: Some(Duration::from_secs(seconds)), ..Policy::default() };
    kit.publish(&Spec { policy: ttl(100), tags: vec!["a"], ..spec(1) });
    kit.publish(&Spec { program: "/opt/x/other", ..spec(2) });
    kit.publish(&Spec { policy: ttl(10), tags: vec!["a", "ab"], ..spec(3) });
    kit.hit(&key(1), 5, at(50));
    kit.hit(&key(2), 1, at(60));
    assert_eq!(listed(&kit, Order::Computed), [key(3), key(2), key(1)]);
    assert_eq!(listed(&kit, Order::Accessed), [key(2), key(1), key(3)]);
    assert_eq!(listed(&kit, Order::Hits), [key(1), key(2), key(3)]);
    assert_eq!(listed(&kit, Order::Expiry), [key(3), key(1)]);
    assert_eq!(listed(&kit, Order::Tag("a")), [key(3), key(1)]);
    assert_eq!(listed(&kit, Order::Tag("ab")), [key(3)]);
    assert_eq!(listed(&kit, Order::Tag("b")), []);
    assert_eq!(listed(&kit, Order::Program(b"other")), [key(2)]);
    assert_eq!(listed(&kit, Order::Program(b"/opt/x/other")), [key(2)]);
    assert_eq!(listed(&kit, Order::Program(b"/opt/y/other")), []);
}

#[test]
fn hits_are_those_of_now() {
    let kit = Kit::new();
    kit.publish(&spec(1));
    let found = kit.store.with_catalog(PATIENCE, |shelf| {
        kit.hit(&key(1), 4, at(9));
        shelf.entry(&key(1), Slot::Good)
    });
    let found = found.expect("the catalog").expect("an entry");
    assert_eq!((found.hits, found.last_hit, found.saved.as_secs()), (4, Some(at(9)), 8));
}

#[test]
fn an_id_is_found_by_any_number_of_digits_that_names_it_alone() {
    let kit = Kit::new();
    for number in 0..40 {
        kit.publish(&spec(number));
    }
    let find = |digits: &str| {
        kit.store.with_catalog(PATIENCE, |shelf| shelf.find_id(digits)).expect("an answer")
    };
    let hex = key(7).hex();
    for digits in [12, 13, 63, 64] {
        assert_eq!(find(&hex[..digits]), Match::One(key(7)), "{digits} digits");
    }
    assert_eq!(find(&hex[..12].to_uppercase()), Match::One(key(7)));
    for unknown in ["", "xyz", "é", &format!("{hex}0"), "ffffffffffff"] {
        assert_eq!(find(unknown), Match::None, "{unknown}");
    }
    // 40 keys: some two share their first digit.
    let ambiguous = (0..16).any(|digit| matches!(find(&format!("{digit:x}")), Match::Ambiguous(_)));
    assert!(ambiguous);
}

#[test]
fn the_commands_that_save_most_come_first() {
    let kit = Kit::new();
    kit.publish(&Spec { program: "/bin/fast", ran: Duration::from_millis(1), ..spec(1) });
    kit.publish(&Spec { program: "/bin/slow", ran: Duration::from_secs(9), ..spec(2) });
    kit.publish(&Spec { program: "/bin/slow", ran: Duration::from_secs(9), ..spec(3) });
    kit.hit(&key(1), 10, at(5));
    kit.hit(&key(2), 1, at(5));
    kit.hit(&key(3), 2, at(5));
    kit.store.append_miss(at(5));
    kit.store.append_refresh(at(6));
    kit.store.append_refresh(at(7));
    kit.store.append_refresh_failure(at(8));
    let stats = kit.store.with_catalog(PATIENCE, |shelf| shelf.stats(1)).expect("stats");
    assert_eq!(stats.top.len(), 1);
    assert_eq!(stats.top[0].command[0], b"/bin/slow");
    assert_eq!((stats.top[0].hits, stats.top[0].saved.as_secs()), (3, 27));
    assert_eq!((stats.entries, stats.hits, stats.misses, stats.stores), (3, 13, 1, 3));
    assert_eq!((stats.refreshes, stats.refresh_failures), (2, 1));
    assert_eq!(stats.bytes, 3 * 4096);
}

#[test]
fn without_the_catalog_the_entries_are_listed() {
    let kit = Kit::new();
    kit.publish(&spec(1));
    kit.publish(&spec(2));
    kit.hit(&key(1), 2, at(5));
    let _elsewhere = kit.store.lock_catalog(PATIENCE).expect("the lock");
    let refused = kit.store.with_catalog(Duration::from_millis(1), |_| Ok(()));
    assert!(refused.expect_err("busy").is_busy());
    let listed = kit.store.list_entries().expect("a list");
    let found: Vec<_> = listed.iter().map(|entry| (entry.head.key, entry.hits)).collect();
    assert_eq!(found, [(key(2), 0), (key(1), 2)]);
}

#[test]
fn totals_are_those_of_all_entries_one_by_one() {
    let kit = Kit::new();
    for number in 0..30 {
        kit.publish(&Spec { ran: Duration::from_secs(number.into()), ..spec(number) });
    }
    for number in (0..30).step_by(3) {
        kit.hit(&key(number), number as usize + 1, at(5));
    }
    // Known to the catalog by now, and served again since.
    kit.recorded();
    kit.hit(&key(3), 2, at(6));
    kit.hit(&key(4), 1, at(6));
    let (stats, listed) = kit
        .store
        .with_catalog(PATIENCE, |shelf| {
            let listed: Result<Vec<_>, _> = shelf.list(Order::Computed).collect();
            Ok((shelf.stats(5)?, listed?))
        })
        .expect("stats");
    assert_eq!(stats.hits, listed.iter().map(|entry| entry.hits).sum::<u64>());
    assert_eq!(stats.saved, listed.iter().map(|entry| entry.saved).sum());
    assert_eq!(stats.hits, (0..30).step_by(3).map(|number: u64| number + 1).sum::<u64>() + 3);
}
