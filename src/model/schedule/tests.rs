use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;

use super::*;

const SECOND: i64 = 1_000_000_000;
/// When the tests begin: seconds of the boot clock; the wall clock is far ahead of it.
const START: i64 = 1_000;
const WALL: i64 = 1_000_000;
const NONE: [u32; 0] = [];

fn seconds(count: u64) -> Duration {
    Duration::from_secs(count)
}

/// So many seconds after the start.
fn at(after: i64) -> Stamp {
    Stamp::new((WALL + after) * SECOND, (START + after) * SECOND)
}

fn boot(after: i64) -> i64 {
    at(after).boot
}

fn key(number: u32) -> Key {
    let mut bytes = [0; 32];
    bytes[..4].copy_from_slice(&number.to_be_bytes());
    Key(bytes)
}

fn nonce(number: u8) -> Nonce {
    Nonce([number; 16])
}

fn settings(jobs: usize) -> Settings {
    Settings { jobs, refresh_unused_for: Duration::from_hours(7 * 24), period: None }
}

/// Computed and asked for at the start, recomputed every `refresh`.
fn item(refresh: u64) -> Item {
    Item {
        nonce: nonce(1),
        created: at(0),
        refresh: Some(seconds(refresh)),
        watched: false,
        asked: at(0),
        retry: None,
        waits_for_secrets: false,
    }
}

fn watched() -> Item {
    Item { refresh: None, watched: true, ..item(1) }
}

fn with(jobs: usize, items: &[Item]) -> Schedule {
    let mut schedule = Schedule::new(settings(jobs), at(0));
    for (number, item) in (0..).zip(items) {
        schedule.upsert(key(number), item.clone(), at(0));
    }
    schedule
}

fn take(schedule: &mut Schedule, now: Stamp) -> Vec<u32> {
    schedule.take_due(now, |_| None).iter().map(|taken| number_of(&taken.key)).collect()
}

fn number_of(key: &Key) -> u32 {
    u32::from_be_bytes([key.0[0], key.0[1], key.0[2], key.0[3]])
}

fn standing(schedule: &Schedule, number: u32) -> Standing {
    let row = schedule.rows().find(|row| row.key == key(number));
    row.expect("a known entry").standing
}

fn failure(now: Stamp, wait: u64) -> Finished {
    let why = "exit status 1".to_owned();
    Finished::Failed(Retry { nonce: nonce(1), failures: 1, last: now, wait: seconds(wait), why })
}

#[test]
fn an_entry_is_due_within_a_tenth_of_its_interval_after_it_and_a_minute_at_most() {
    for (refresh, widest) in [(5, 500), (60, 6_000), (600, 60_000), (86_400, 60_000)] {
        let schedule = with(1, &[item(refresh)]);
        let due = schedule.next_due().expect("due some time");
        let after = Duration::from_nanos((due - boot(0)).unsigned_abs());
        let phase = after.checked_sub(seconds(refresh)).expect("not before the interval is over");
        assert!(phase <= Duration::from_millis(widest), "{refresh} s: {phase:?} late");
    }
}

#[test]
fn what_is_due_is_taken_once_and_due_again_an_interval_after_it_has_ended() {
    let mut schedule = with(2, &[item(10)]);
    assert_eq!(take(&mut schedule, at(9)), NONE);
    assert_eq!(take(&mut schedule, at(11)), [0]);
    assert_eq!(take(&mut schedule, at(30)), NONE);
    assert_eq!(standing(&schedule, 0), Standing::Running(boot(11)));
    schedule.finished(&key(0), Finished::Stored(nonce(2)), at(31));
    let due = schedule.next_due().expect("due again");
    assert!((boot(41)..=boot(42)).contains(&due));
    // The catalog follows, and knows better when it was.
    schedule.upsert(key(0), Item { nonce: nonce(2), created: at(30), ..item(10) }, at(31));
    let due = schedule.next_due().expect("due again");
    assert!((boot(40)..=boot(41)).contains(&due));
}

#[test]
fn no_more_run_at_once_than_there_are_slots_and_the_longest_waiting_first() {
    let mut schedule = with(2, &[item(30), item(10), item(20), item(100)]);
    assert_eq!(take(&mut schedule, at(60)), [1, 2]);
    assert_eq!(schedule.next_due(), None, "no slot is free");
    schedule.finished(&key(2), Finished::Stored(nonce(2)), at(61));
    assert!(schedule.next_due().expect("a free slot") <= boot(61));
    assert_eq!(take(&mut schedule, at(61)), [0]);
}

#[test]
fn one_runs_even_where_no_slot_was_allowed() {
    assert_eq!(take(&mut with(0, &[item(10), item(10)]), at(60)).len(), 1);
}

#[test]
fn nothing_that_is_due_is_postponed_by_news_of_it() {
    let mut schedule = with(1, &[item(10)]);
    let due = schedule.next_due();
    for now in [12, 13, 14] {
        schedule.upsert(key(0), Item { asked: at(now), ..item(10) }, at(now));
        schedule.asked(&key(0), at(now), at(now));
        assert_eq!(schedule.next_due(), due);
    }
    assert_eq!(take(&mut schedule, at(14)), [0]);
}

#[test]
fn a_changed_interval_counts_at_once() {
    let mut schedule = with(1, &[item(100)]);
    schedule.upsert(key(0), item(10), at(5));
    assert_eq!(take(&mut schedule, at(11)), [0]);
    schedule.finished(&key(0), Finished::Stored(nonce(2)), at(11));
    schedule.upsert(key(0), Item { nonce: nonce(2), refresh: None, ..item(10) }, at(12));
    assert_eq!(standing(&schedule, 0), Standing::Idle);
}

#[test]
fn a_request_runs_once_and_before_what_is_not_long_overdue() {
    let mut schedule = with(1, &[item(10), item(1_000), item(30)]);
    assert!(schedule.request(&key(1), Cause::Asked, at(50)));
    assert!(!schedule.request(&key(9), Cause::Asked, at(50)), "an unknown entry");
    assert_eq!(take(&mut schedule, at(50)), [1]);
    schedule.request(&key(1), Cause::Asked, at(51));
    schedule.finished(&key(1), Finished::Stored(nonce(2)), at(52));
    assert_eq!(take(&mut schedule, at(52)), [0], "a run under way answers a request");
    // What has waited for longer than the head start goes first.
    schedule.finished(&key(0), Finished::Stored(nonce(2)), at(200));
    schedule.request(&key(0), Cause::Asked, at(200));
    assert_eq!(take(&mut schedule, at(200)), [2]);
}

#[test]
fn an_input_that_changes_during_a_run_makes_another_one_follow() {
    let mut schedule = with(1, &[watched()]);
    assert_eq!(schedule.next_due(), None);
    schedule.request(&key(0), Cause::Changed, at(5));
    schedule.request(&key(0), Cause::Changed, at(6));
    assert_eq!(take(&mut schedule, at(6)), [0]);
    schedule.request(&key(0), Cause::Changed, at(7));
    schedule.finished(&key(0), Finished::Stored(nonce(2)), at(8));
    assert_eq!(take(&mut schedule, at(8)), [0]);
    schedule.finished(&key(0), Finished::Stored(nonce(3)), at(9));
    assert_eq!(standing(&schedule, 0), Standing::Idle);
}

#[test]
fn a_failed_run_for_a_changed_input_is_tried_again_after_its_wait() {
    let mut schedule = with(1, &[watched()]);
    schedule.request(&key(0), Cause::Changed, at(5));
    take(&mut schedule, at(5));
    schedule.finished(&key(0), failure(at(6), 100), at(6));
    assert_eq!(schedule.next_due(), Some(boot(106)));
    // Another change may well mend it.
    schedule.request(&key(0), Cause::Changed, at(20));
    assert_eq!(take(&mut schedule, at(20)), [0]);
    schedule.finished(&key(0), Finished::Busy, at(21));
    assert!(schedule.next_due().is_some_and(|due| due > boot(21)));
}

#[test]
fn after_a_failure_only_those_who_ask_expressly_cut_the_wait_short() {
    let mut schedule = with(1, &[item(10)]);
    take(&mut schedule, at(11));
    schedule.finished(&key(0), failure(at(12), 100), at(12));
    assert_eq!(schedule.next_due(), Some(boot(112)));
    schedule.request(&key(0), Cause::Stale, at(50));
    assert_eq!(take(&mut schedule, at(50)), NONE);
    schedule.request(&key(0), Cause::Asked, at(50));
    assert_eq!(take(&mut schedule, at(50)), [0]);
}

#[test]
fn failures_of_another_computation_mean_nothing() {
    let Finished::Failed(retry) = failure(at(0), 1_000) else { unreachable!() };
    let old = Retry { nonce: nonce(9), ..retry.clone() };
    let mut schedule = with(1, &[Item { retry: Some(old), ..item(10) }]);
    assert_eq!(take(&mut schedule, at(11)), [0]);
    // Replaced while it ran: the failure says nothing of the new value.
    schedule.upsert(key(0), Item { nonce: nonce(2), created: at(12), ..item(10) }, at(12));
    schedule.finished(&key(0), Finished::Failed(retry), at(13));
    assert_eq!(take(&mut schedule, at(24)), [0]);
}

#[test]
fn failures_known_from_before_the_start_count() {
    let Finished::Failed(retry) = failure(at(0), 1_000) else { unreachable!() };
    let mut schedule = with(1, &[Item { retry: Some(retry), ..item(10) }]);
    schedule.upsert(key(0), item(10), at(5));
    assert_eq!(schedule.next_due(), Some(boot(1_000)));
}

#[test]
fn an_entry_that_somebody_else_computes_is_looked_at_again_soon() {
    let mut schedule = with(1, &[item(100)]);
    assert_eq!(take(&mut schedule, at(111)), [0]);
    schedule.finished(&key(0), Finished::Busy, at(111));
    assert_eq!(schedule.next_due(), Some(boot(121)));
    schedule.upsert(key(0), Item { nonce: nonce(2), created: at(115), ..item(100) }, at(115));
    assert!(schedule.next_due() >= Some(boot(215)));
}

#[test]
fn what_is_gone_or_was_wanted_only_once_leaves() {
    let once = Item { refresh: None, ..item(1) };
    let mut schedule = with(3, &[item(10), once.clone(), once]);
    for number in 1..3 {
        schedule.request(&key(number), Cause::Stale, at(11));
    }
    assert_eq!(take(&mut schedule, at(11)), [1, 2, 0]);
    schedule.finished(&key(0), Finished::Gone, at(12));
    schedule.finished(&key(1), Finished::Stored(nonce(2)), at(12));
    schedule.finished(&key(2), failure(at(12), 10), at(12));
    assert!(schedule.is_empty());
    assert_eq!(schedule.running(), 0);
}

#[test]
fn an_entry_removed_and_stored_again_while_it_runs_is_not_started_twice() {
    let mut schedule = with(1, &[item(10)]);
    take(&mut schedule, at(11));
    schedule.remove(&key(0));
    assert!(schedule.is_empty());
    schedule.upsert(key(0), Item { nonce: nonce(2), ..item(10) }, at(20));
    schedule.request(&key(0), Cause::Changed, at(20));
    assert_eq!(take(&mut schedule, at(20)), NONE);
    schedule.finished(&key(0), Finished::Gone, at(21));
    assert_eq!(take(&mut schedule, at(21)), [0], "gone was the one before");
}

#[test]
fn an_entry_waits_for_its_secrets() {
    let mut schedule = with(1, &[Item { waits_for_secrets: true, ..item(10) }, watched()]);
    assert_eq!(take(&mut schedule, at(60)), NONE);
    assert_eq!(standing(&schedule, 0), Standing::WaitsForSecrets);
    schedule.upsert(key(0), item(10), at(60));
    assert!(schedule.next_due().is_some_and(|due| due <= boot(61)));
    // Found only when it ran; what it was to run for isn't forgotten.
    schedule.remove(&key(0));
    schedule.request(&key(1), Cause::Changed, at(70));
    assert_eq!(take(&mut schedule, at(70)), [1]);
    schedule.finished(&key(1), Finished::NeedsSecrets, at(71));
    assert_eq!(schedule.next_due(), None);
    schedule.upsert(key(1), watched(), at(80));
    assert_eq!(take(&mut schedule, at(80)), [1]);
}

#[test]
fn what_nobody_asks_for_rests_until_somebody_does() {
    let week = 7 * 24 * 3_600;
    let mut schedule = with(1, &[item(3_600), watched()]);
    let late = at(week + 1);
    assert_eq!(take(&mut schedule, late), NONE);
    assert_eq!(standing(&schedule, 0), Standing::Dormant);
    schedule.request(&key(1), Cause::Changed, late);
    assert_eq!(take(&mut schedule, late), NONE);
    assert_eq!(standing(&schedule, 1), Standing::Dormant);
    // It is looked at again later, and its hits tell.
    let again = schedule.next_due().expect("looked at again");
    assert!(again >= boot(week + 3_600));
    let hit = at(week + 1_800);
    let taken = schedule.take_due(at(week + 7_300), |asked| (*asked == key(0)).then_some(hit));
    assert_eq!(taken.iter().map(|taken| taken.key).collect::<Vec<_>>(), [key(0)]);
    // Or somebody says so.
    schedule.finished(&key(0), Finished::Stored(nonce(2)), at(week + 7_300));
    schedule.asked(&key(1), at(week + 7_301), at(week + 7_301));
    assert_eq!(take(&mut schedule, at(week + 7_301)), [1]);
}

#[test]
fn hits_are_asked_for_only_where_an_entry_seems_out_of_use() {
    let mut schedule = with(1, &[item(10)]);
    let taken = schedule.take_due(at(11), |_| panic!("it is in use"));
    assert_eq!(taken.len(), 1);
}

#[test]
fn an_entry_whose_call_has_another_key_is_dropped_until_it_is_told_of_again() {
    let mut schedule = with(2, &[item(100), watched()]);
    schedule.request(&key(1), Cause::Changed, at(11));
    assert_eq!(take(&mut schedule, at(11)), [1]);
    schedule.finished(&key(1), Finished::Superseded, at(12));
    assert_eq!((schedule.len(), schedule.running()), (1, 0));
    assert!(!schedule.request(&key(1), Cause::Changed, at(13)));
    schedule.upsert(key(1), watched(), at(14));
    schedule.request(&key(1), Cause::Changed, at(14));
    assert_eq!(take(&mut schedule, at(14)), [1]);
    // What was stored anew meanwhile isn't what was found to be superseded.
    schedule.upsert(key(1), Item { nonce: nonce(2), ..watched() }, at(15));
    schedule.finished(&key(1), Finished::Superseded, at(16));
    assert_eq!(schedule.len(), 2);
}

#[test]
fn with_a_period_entries_are_due_at_multiples_of_it_since_the_start() {
    let settings = Settings { period: Some(seconds(2)), ..settings(9) };
    let mut schedule = Schedule::new(settings, at(0));
    schedule.upsert(key(0), Item { created: at(1), ..item(10) }, at(1));
    assert_eq!(schedule.next_due(), Some(boot(12)));
    schedule.upsert(key(1), Item { created: at(2), ..item(10) }, at(2));
    assert_eq!(take(&mut schedule, at(12)), [0, 1]);
    schedule.finished(&key(0), failure(at(13), 1), at(13));
    assert_eq!(schedule.next_due(), Some(boot(14)));
    // Whoever asks isn't kept waiting.
    schedule.request(&key(0), Cause::Asked, at(13));
    assert_eq!(take(&mut schedule, at(13)), [0]);
}

/// Runs all that is due, second by second; when each entry ran, in seconds.
fn simulate(schedule: &mut Schedule, from: i64, until: i64) -> BTreeMap<u32, Vec<i64>> {
    let mut runs: BTreeMap<u32, Vec<i64>> = BTreeMap::new();
    for now in from..until {
        for Taken { key, .. } in schedule.take_due(at(now), |_| None) {
            runs.entry(number_of(&key)).or_default().push(now);
            schedule.finished(&key, Finished::Stored(nonce(2)), at(now));
        }
    }
    runs
}

#[test]
fn after_a_sleep_everything_runs_once_and_not_all_together() {
    let hundred: Vec<_> = (0..100).map(|_| item(600)).collect();
    let mut schedule = with(100, &hundred);
    let woken = 8 * 3_600;
    schedule.clock_changed(at(woken));
    let runs = simulate(&mut schedule, woken, woken + 300);
    assert_eq!(runs.len(), 100);
    assert!(runs.values().all(|times| times.len() == 1));
    let mut seconds: BTreeMap<i64, usize> = BTreeMap::new();
    runs.values().flatten().for_each(|time| *seconds.entry(*time).or_default() += 1);
    assert!(seconds.values().all(|count| *count < 10), "{seconds:?}");
}

#[test]
fn clocks_that_change_again_and_again_postpone_nothing() {
    let mut schedule = with(1, &[item(600)]);
    for now in (10_000..10_061).step_by(5) {
        schedule.clock_changed(at(now));
    }
    assert_eq!(take(&mut schedule, at(10_060)), [0]);
}

#[test]
fn a_wall_clock_set_forward_makes_entries_due_and_set_back_again_not() {
    let mut schedule = with(1, &[item(600)]);
    let forward = Stamp::new(at(10_000).wall, boot(10));
    schedule.clock_changed(forward);
    assert!(schedule.next_due().is_some_and(|due| due <= boot(70)));
    schedule.clock_changed(at(11));
    assert!(schedule.next_due().is_some_and(|due| due >= boot(600)));
}

#[test]
fn a_wall_clock_set_back_before_the_computation_makes_it_due_once() {
    let mut schedule = with(1, &[item(600)]);
    let back = |after: i64| Stamp::new(at(after - 5_000).wall, boot(after));
    schedule.clock_changed(back(10));
    assert!(schedule.next_due().is_some_and(|due| due <= boot(70)));
    assert_eq!(take(&mut schedule, back(70)), [0]);
    schedule.finished(&key(0), Finished::Stored(nonce(2)), back(71));
    assert!(schedule.next_due().is_some_and(|due| due >= boot(671)));
}

#[test]
fn intervals_beyond_every_clock_saturate() {
    let never = Item { refresh: Some(Duration::MAX), ..item(1) };
    let mut schedule = with(1, &[never]);
    assert_eq!(schedule.next_due(), Some(i64::MAX));
    let settings = Settings { period: Some(Duration::MAX), ..settings(1) };
    let mut on_grid = Schedule::new(settings, at(0));
    on_grid.upsert(key(0), item(10), at(0));
    assert_eq!(on_grid.next_due(), Some(i64::MAX));
    schedule.clock_changed(Stamp::new(i64::MAX, i64::MAX - 1));
    schedule.clock_changed(Stamp::new(i64::MIN, i64::MIN));
    assert_eq!(schedule.len(), 1);
}

/// What may happen to the schedule of a property test.
#[derive(Clone, Debug)]
enum Event {
    Pass(u64),
    Sleep(u64),
    SetClock(i64),
    Request(u32, Cause),
    Upsert(u32),
    Finish(usize, usize),
}

fn any_event() -> impl Strategy<Value = Event> {
    let cause = prop_oneof![Just(Cause::Asked), Just(Cause::Stale), Just(Cause::Changed)];
    prop_oneof![
        4 => (1..30_000_u64).prop_map(Event::Pass),
        1 => (1..100_000_u64).prop_map(Event::Sleep),
        1 => (-100_000..100_000_i64).prop_map(Event::SetClock),
        2 => (0..12_u32, cause).prop_map(|(number, cause)| Event::Request(number, cause)),
        1 => (0..12_u32).prop_map(Event::Upsert),
        6 => (any::<prop::sample::Index>(), 0..4_usize)
            .prop_map(|(index, how)| Event::Finish(index.index(100), how)),
    ]
}

/// The schedule with its clocks, and what it has started.
struct World {
    schedule: Schedule,
    now: Stamp,
    running: BTreeSet<Key>,
    runs: BTreeMap<Key, usize>,
    nonces: u8,
}

impl World {
    fn new(jobs: usize, entries: u32) -> World {
        let items: Vec<_> = (0..entries).map(|number| item(5 + u64::from(number) * 7)).collect();
        World {
            schedule: with(jobs, &items),
            now: at(0),
            running: BTreeSet::new(),
            runs: BTreeMap::new(),
            nonces: 1,
        }
    }

    fn pass(&mut self, wall: i64, boot: u64) {
        let millis = 1_000_000;
        self.now.boot += i64::try_from(boot).expect("a short time") * millis;
        self.now.wall += wall * millis;
    }

    fn finish(&mut self, key: Key, how: usize) {
        self.running.remove(&key);
        self.nonces = self.nonces.wrapping_add(1);
        let item = self.schedule.item(&key).expect("none is lost");
        let how = match how {
            0 => Finished::Busy,
            1 => Finished::Failed(Retry::after_failure(
                item.retry.as_ref(),
                &key,
                item.nonce,
                item.refresh,
                self.now,
                "",
            )),
            _ => Finished::Stored(nonce(self.nonces)),
        };
        self.schedule.finished(&key, how, self.now);
    }

    fn happen(&mut self, event: &Event) {
        match *event {
            Event::Pass(time) => self.pass(i64::try_from(time).expect("short"), time),
            Event::Sleep(time) => {
                self.pass(i64::try_from(time).expect("short"), time);
                self.schedule.clock_changed(self.now);
            }
            Event::SetClock(by) => {
                self.pass(by, 0);
                self.schedule.clock_changed(self.now);
            }
            Event::Request(number, cause) => {
                self.schedule.request(&key(number), cause, self.now);
            }
            Event::Upsert(number) => {
                if let Some(item) = self.schedule.item(&key(number)) {
                    let item = Item { asked: self.now, ..item.clone() };
                    self.schedule.upsert(key(number), item, self.now);
                }
            }
            Event::Finish(index, how) => {
                let chosen = self.running.iter().nth(index % self.running.len().max(1)).copied();
                if let Some(key) = chosen {
                    self.finish(key, how);
                }
            }
        }
    }

    fn start(&mut self, jobs: usize) {
        for Taken { key, .. } in self.schedule.take_due(self.now, |_| None) {
            assert!(self.running.insert(key), "started while it runs");
            *self.runs.entry(key).or_default() += 1;
        }
        assert!(self.running.len() <= jobs, "more at once than there are slots");
        assert_eq!(self.running.len(), self.schedule.running());
        let is_free = self.running.len() < jobs;
        let next = self.schedule.next_due();
        assert!(!is_free || next.is_none_or(|due| due > self.now.boot), "left what is due");
        assert!(is_free || next.is_none(), "woken without a slot");
    }
}

proptest! {
    /// Whatever has happened before: as many are known as there were, and all of them run within
    /// the time that their intervals, their phases and the longest wait after a failure allow.
    #[test]
    fn none_starves_and_none_is_lost(
        jobs in 1..4_usize,
        entries in 1..12_u32,
        events in prop::collection::vec(any_event(), 0..120),
    ) {
        let mut world = World::new(jobs, entries);
        for event in &events {
            world.happen(event);
            world.start(jobs);
        }
        prop_assert_eq!(world.schedule.len(), entries as usize);
        world.runs.clear();
        let longest = 82 + 9 + 300 + 60;
        // Every run takes a second and stores; a second a step.
        for _ in 0..longest + u64::from(entries) {
            for key in world.running.clone() {
                world.finish(key, 2);
            }
            world.pass(1_000, 1_000);
            world.start(jobs);
        }
        prop_assert_eq!(world.runs.len(), entries as usize, "{:?}", world.schedule);
    }

    /// With more to do than there is time for, everybody gets the same share, but for the phases.
    #[test]
    fn where_time_is_short_all_run_equally_often(jobs in 1..3_usize, entries in 5..30_u32) {
        let mut world = World::new(jobs, 0);
        for number in 0..entries {
            world.schedule.upsert(key(number), item(1), at(0));
        }
        for _ in 0..entries * 10 {
            for key in world.running.clone() {
                world.finish(key, 2);
            }
            world.pass(1_000, 1_000);
            world.start(jobs);
        }
        let least = world.runs.values().min().copied().unwrap_or(0);
        let most = world.runs.values().max().copied().unwrap_or(0);
        prop_assert_eq!(world.runs.len(), entries as usize);
        prop_assert!(most - least <= 2 + most / 10, "{} to {} runs", least, most);
    }
}
