use std::time::Duration;

use super::*;
use crate::model::entry::Detail;
use crate::model::key::Kind;
use crate::model::policy::Policy;
use crate::store::kit::{Kit, PATIENCE, Spec, at, key, spec};
use crate::store::{Shelf, Stage, StoreError, codec, layout};

const WANTED: ListRequest = ListRequest {
    tag: None,
    program: None,
    state: None,
    sort: SortBy::Age,
    limit: None,
    now: at_100(),
};

const fn at_100() -> Stamp {
    Stamp::new(1_700_000_100_000_000_000, 5_100_000_000_000)
}

fn part(name: &str) -> PartDigest {
    PartDigest { kind: Kind::Variable, name: name.as_bytes().to_vec(), digest: [1; 8] }
}

/// A good entry with a failure beside it, and two others.
fn filled() -> Kit {
    let kit = Kit::new();
    let ttl = Policy { ttl: Some(Duration::from_secs(10)), ..Policy::default() };
    let failing = Policy { failure_ttl: Some(Duration::from_hours(1)), ..Policy::default() };
    kit.publish(&Spec { tags: vec!["a"], parts: vec![part("X")], ..spec(1) });
    kit.publish(&Spec { policy: ttl, output: vec![b'x'; 500], ..spec(2) });
    kit.publish(&Spec { program: "/opt/other", ..spec(3) });
    kit.publish(&Spec { code: 3, policy: failing, created: at(9), ..spec(1) });
    kit.hit(&key(2), 3, at(50));
    kit
}

fn keys(listed: &[Listed]) -> Vec<(Key, u8)> {
    listed.iter().map(|entry| (entry.head.key, entry.head.code)).collect()
}

/// Has a request answered as if by another process: each end sees bytes only.
fn sent(shelf: &mut Shelf<'_>, request: &Request) -> Result<Answer, StoreError> {
    let received: Request = codec::decode(&codec::encode(request)).expect("a request");
    assert_eq!(received, *request);
    let answer = shelf.answer(&received, &mut |_| Ok(()));
    let received: Result<Answer, StoreError> =
        codec::decode(&codec::encode(&answer)).expect("an answer");
    assert_eq!(received, answer);
    received
}

#[test]
fn each_request_and_its_answer_survive_being_sent() {
    let kit = filled();
    let mut shelf = Shelf::open(&kit.store, PATIENCE).expect("the catalog");
    let mut ask = |request: Request| sent(&mut shelf, &request).expect("an answer");
    assert_eq!(ask(Request::Ingest), Answer::Done);
    let Answer::Listed(all) = ask(Request::List(WANTED)) else { panic!("no list") };
    assert_eq!(keys(&all), [(key(1), 3), (key(3), 0), (key(2), 0), (key(1), 0)]);
    let Answer::Listed(all) = ask(Request::Select { filter: Filter::default(), now: at(20) })
    else {
        panic!("no list")
    };
    assert_eq!(all.len(), 4);
    let Answer::Listed(two) = ask(Request::Entries { keys: vec![key(9), key(1)] }) else {
        panic!("no list")
    };
    assert_eq!(keys(&two), [(key(1), 0), (key(1), 3)], "the good entry first");
    let ids = vec![key(1).id(), "ffffffffffff".to_owned()];
    let Answer::Named(named) = ask(Request::Find { ids }) else { panic!("no names") };
    assert_eq!(named[0].found, Match::One(key(1)));
    assert_eq!(keys(&named[0].entries), keys(&two));
    assert_eq!(named[1], Named { found: Match::None, entries: Vec::new() });
    let Answer::Stats(stats) = ask(Request::Stats { top: 1 }) else { panic!("no numbers") };
    assert_eq!((stats.entries, stats.hits, stats.top.len()), (4, 3, 1));
    let nearest = Request::Nearest { program: b"tool".to_vec(), parts: vec![part("X")] };
    let Answer::Nearest(Some(nearest)) = ask(nearest) else { panic!("none") };
    assert_eq!((nearest.listed.head.key, nearest.differs), (key(1), Vec::new()));
    let Answer::Records(Ok(records)) = ask(Request::Records) else { panic!("no records") };
    assert_eq!(records.len(), 4);
    let repair = Request::Repair { had_catalog: true, now: at(20) };
    assert_eq!(ask(repair), Answer::Repaired(Vec::new()));
    let gc = Request::Gc { limits: Limits::default(), now: at(20) };
    let Answer::Collected(collected) = ask(gc) else { panic!("nothing") };
    assert_eq!(collected.expired, 1);
}

#[test]
fn an_answer_holds_no_digests_of_key_parts() {
    let kit = filled();
    let catalog = kit.store.client(PATIENCE);
    let named = catalog.find(vec![key(1).id()]).expect("names").remove(0).entries;
    let all = catalog.list(WANTED).expect("a list");
    let selected = catalog.select(Filter::default(), at(20)).expect("a list");
    for Listed { detail: Detail { parts, .. }, .. } in named.iter().chain(&all).chain(&selected) {
        assert_eq!(*parts, []);
    }
}

#[test]
fn a_listing_is_filtered_sorted_and_cut_where_the_catalog_is() {
    let kit = filled();
    let cases: [(ListRequest, &[u32]); 11] = [
        (ListRequest { limit: Some(2), ..WANTED }, &[1, 3]),
        (ListRequest { tag: Some("a".to_owned()), ..WANTED }, &[1]),
        (ListRequest { program: Some(b"other".to_vec()), ..WANTED }, &[3]),
        (ListRequest { program: Some(b"/bin/other".to_vec()), ..WANTED }, &[]),
        (ListRequest { state: Some(StateFilter::Expired), ..WANTED }, &[2]),
        (ListRequest { state: Some(StateFilter::Stale), ..WANTED }, &[]),
        (ListRequest { state: Some(StateFilter::Fresh), limit: Some(2), ..WANTED }, &[1, 3]),
        (ListRequest { sort: SortBy::Hits, limit: Some(1), ..WANTED }, &[2]),
        (ListRequest { sort: SortBy::Size, limit: Some(1), ..WANTED }, &[2]),
        (ListRequest { sort: SortBy::Accessed, limit: Some(1), ..WANTED }, &[2]),
        (ListRequest { sort: SortBy::Expires, limit: Some(1), ..WANTED }, &[2]),
    ];
    for (wanted, expected) in cases {
        let expected: Vec<Key> = expected.iter().copied().map(key).collect();
        let of = |listed: Vec<Listed>| -> Vec<Key> {
            listed.iter().map(|entry| entry.head.key).collect()
        };
        let listed = kit.store.client(PATIENCE).list(wanted.clone()).expect("a list");
        assert_eq!(of(listed), expected, "{wanted:?}");
        let listed = kit.store.list_entries_wanted(&wanted).expect("a list");
        assert_eq!(of(listed), expected, "without the catalog: {wanted:?}");
    }
}

type Rank = fn(&Listed) -> i128;

#[test]
fn every_order_is_that_of_now_however_few_are_wanted() {
    let kit = Kit::new();
    let seconds = |seconds| Some(Duration::from_secs(seconds));
    for number in 0..40 {
        let policy = match number % 4 {
            0 => Policy { ttl: seconds(200 - u64::from(number)), ..Policy::default() },
            1 => Policy { idle: seconds(30 + u64::from(number)), ..Policy::default() },
            _ => Policy::default(),
        };
        let output = vec![b'x'; number as usize * 7 % 40];
        kit.publish(&Spec { policy, output, ..spec(number) });
    }
    let failing = Policy { failure_ttl: seconds(20), ..Policy::default() };
    for (number, policy) in [(3, failing), (4, Policy::default())] {
        kit.publish(&Spec { code: 1, policy, created: at(45), ..spec(number) });
    }
    let mut shelf = Shelf::open(&kit.store, PATIENCE).expect("the catalog");
    kit.hit(&key(1), 2, at(60));
    shelf.ingest().expect("taken in");
    // Of these hits the catalog doesn't know yet.
    kit.hit(&key(5), 3, at(90));
    kit.hit(&key(6), 1, at(41));
    let orders: [(SortBy, Rank); 5] = [
        (SortBy::Age, |entry| -i128::from(entry.head.created.wall)),
        (SortBy::Expires, |entry| {
            let expires = crate::model::judge::expires_at(&entry.facts(), &entry.head.policy);
            expires.map_or(i128::MAX, i128::from)
        }),
        (SortBy::Size, |entry| -i128::from(entry.head.data_len)),
        (SortBy::Hits, |entry| -i128::from(entry.hits)),
        (SortBy::Accessed, |entry| -i128::from(entry.facts().last_access.wall)),
    ];
    for (sort, rank) in orders {
        let mut all = kit.store.list_entries().expect("a list");
        all.sort_by_key(|entry| (rank(entry), std::cmp::Reverse(entry.head.key)));
        let expected: Vec<i128> = all.iter().map(rank).collect();
        for limit in [0_u8, 1, 2, 3, 7, 20, 41, 42, 50] {
            let wanted = ListRequest { sort, limit: Some(limit.into()), ..WANTED };
            let listed = shelf.list_wanted(&wanted).expect("a list");
            let ranks: Vec<i128> = listed.iter().map(rank).collect();
            let most = expected.len().min(limit.into());
            assert_eq!(ranks, expected[..most], "{limit} by {sort:?}");
            let directly = kit.store.list_entries_wanted(&wanted).expect("a list");
            assert_eq!(keys(&listed), keys(&directly), "{limit} by {sort:?}");
        }
    }
}

#[test]
fn without_the_catalog_the_entries_give_the_same_answers() {
    let kit = filled();
    let mut shelf = Shelf::open(&kit.store, PATIENCE).expect("the catalog");
    let filter = Filter { program: Some(b"tool".to_vec()), ..Filter::default() };
    let first = &key(1).hex();
    let ids = [first.as_str(), &first[..5], &first[..1], "", "zz", "\u{e9}1\u{e9}"];
    let requests = [
        Request::Select { filter, now: at(20) },
        Request::Entries { keys: vec![key(2), key(9), key(1)] },
        Request::Find { ids: ids.map(str::to_owned).to_vec() },
        Request::Nearest { program: b"tool".to_vec(), parts: Vec::new() },
    ];
    for request in requests {
        let answer = sent(&mut shelf, &request).expect("an answer");
        assert_eq!(kit.store.answer_from_entries(&request), Ok(Some(answer)), "{request:?}");
    }
    let own = Request::Stats { top: 1 };
    assert_eq!(kit.store.answer_from_entries(&own), Ok(None));
}

#[test]
fn an_error_says_the_same_after_it_was_sent() {
    let kit = filled();
    let _elsewhere = kit.store.lock_catalog(PATIENCE).expect("the lock");
    let error = kit.store.client(Duration::ZERO).ingest().expect_err("busy");
    let received: StoreError = codec::decode(&codec::encode(&error)).expect("an error");
    assert_eq!(
        received.to_string(),
        "failed to lock locks/catalog: another process holds it; try again"
    );
    assert!(received.is_busy() && !received.is_no_space() && !received.is_newer());
    let full = StoreError::new("write", "x", std::io::Error::from_raw_os_error(28));
    assert!(full.is_no_space() && !full.is_busy());
}

#[test]
fn an_answer_to_another_question_is_an_error() {
    let client = CatalogClient::new(|_, _| Ok(Answer::Done));
    assert!(client.stats(1).is_err() && client.list(WANTED).is_err() && client.ingest().is_ok());
    let client = CatalogClient::new(|_, _| Ok(Answer::Named(Vec::new())));
    assert!(client.find(vec!["a".to_owned()]).is_err(), "fewer answers than questions");
}

#[test]
fn a_collection_tells_how_far_it_has_got_and_can_be_ended() {
    let kit = filled();
    let mut stages = Vec::new();
    let catalog = kit.store.client(PATIENCE);
    let ended = catalog.gc(Limits::default(), at(20), &mut |stage| {
        stages.push(stage);
        if stage == Stage::Expire { Err(StoreError::interrupted()) } else { Ok(()) }
    });
    assert!(ended.expect_err("ended").is_interrupted());
    assert_eq!((stages[0], stages[stages.len() - 1]), (Stage::Ingest, Stage::Expire));
    assert!(kit.entry_bytes(&key(2), Slot::Good).is_some(), "nothing expired was removed yet");
    stages.clear();
    let done = catalog.gc(Limits::default(), at(20), &mut |stage| {
        stages.push(stage);
        Ok(())
    });
    assert_eq!(done.expect("collected").expired, 1);
    stages.dedup();
    assert_eq!(stages, [Stage::Ingest, Stage::Expire, Stage::Sweep, Stage::Evict]);
}

#[test]
fn a_request_to_a_damaged_catalog_is_answered_from_a_new_one_by_the_same_owner() {
    let kit = filled();
    let mut shelf = Shelf::open(&kit.store, PATIENCE).expect("the catalog");
    let before = sent(&mut shelf, &Request::List(WANTED)).expect("a list");
    shelf.catalog.lose_a_record(&key(2));
    let damage = sent(&mut shelf, &Request::Records).expect("an answer");
    assert!(matches!(damage, Answer::Records(Err(_))), "{damage:?}");
    shelf.catalog.spoil_a_record(&key(2));
    assert_eq!(sent(&mut shelf, &Request::List(WANTED)), Ok(before));
    assert!(kit.store.version_path().join(layout::CATALOG_ASIDE).is_dir());
}
