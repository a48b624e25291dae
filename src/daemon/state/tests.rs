use super::*;
use crate::daemon::event::{JobId, Politeness};
use crate::daemon::{Level, Typed};
use crate::model::entry::Nonce;
use crate::model::job::{JobReport, Outcome};
use crate::model::key::Key;
use crate::model::policy::{Limits, Policy};
use crate::store::{Answer, Scheduled, Stage};

const SECOND: i64 = 1_000_000_000;
const KEY: Key = Key([1; 32]);

fn at(seconds: i64) -> Stamp {
    Stamp::new((1_000_000 + seconds) * SECOND, (1_000 + seconds) * SECOND)
}

fn settings() -> Settings {
    Settings {
        cache_dir: PathBuf::from("/cache"),
        config: None,
        limits: Limits::default(),
        jobs: 2,
        timeout: Duration::from_mins(10),
        refresh_unused_for: Duration::from_hours(168),
        period: None,
        idle_exit: None,
        log: Level::Off,
        typed: Typed::default(),
    }
}

fn outlook() -> Outlook {
    Outlook { changed: Vec::new(), next_expiry: None, sweep_in: Duration::from_hours(24) }
}

fn with(scheduled: Scheduled) -> Outlook {
    Outlook { changed: vec![(scheduled.key, Some(scheduled), Vec::new())], ..outlook() }
}

fn scheduled(refresh: u64, withheld: &[&str]) -> Scheduled {
    Scheduled {
        key: KEY,
        nonce: Nonce([1; 16]),
        created: at(0),
        policy: Policy { refresh: Some(Duration::from_secs(refresh)), ..Policy::default() },
        asked: at(0),
        withheld: withheld.iter().map(|name| name.as_bytes().to_vec()).collect(),
        inputs: None,
        retry: None,
        command: "tool".to_owned(),
    }
}

/// One that serves, with the first look at the catalog behind it.
fn serving(settings: &Settings, outlook: &Outlook) -> State {
    let mut state = State::new(settings, 7, Box::new(|_| None), at(0));
    assert_eq!(state.wake_at(at(0)), None, "it waits for the catalog");
    let actions = state.handle(Event::Librarian(Done::Opened(Box::new(outlook.clone()))), at(0));
    assert!(actions.contains(&Action::Serve), "{actions:?}");
    assert!(actions.contains(&Action::Librarian(Task::Tend { expire: false })), "{actions:?}");
    let rest = Outlook { changed: Vec::new(), ..outlook.clone() };
    assert_eq!(state.handle(Event::Librarian(Done::Tended(Box::new(rest))), at(0)), []);
    state
}

fn started(actions: &[Action]) -> Vec<JobId> {
    let start = |action: &Action| if let Action::Start(id, ..) = action { Some(*id) } else { None };
    actions.iter().filter_map(start).collect()
}

#[test]
fn markers_are_gathered_and_taken_in_once() {
    let mut state = serving(&settings(), &outlook());
    assert_eq!(state.handle(Event::Pending, at(1)), []);
    let due = state.wake_at(at(1)).expect("a time");
    assert!(due > at(1).boot && due < at(2).boot);
    assert_eq!(state.handle(Event::Pending, at(1)), []);
    let tend = [Action::Librarian(Task::Tend { expire: false })];
    assert_eq!(state.handle(Event::Tick, at(2)), tend);
    // What comes while the librarian is at it waits for its end.
    assert_eq!(state.handle(Event::Pending, at(3)), []);
    assert_eq!(state.handle(Event::Tick, at(4)), []);
    let done = Event::Librarian(Done::Tended(Box::new(outlook())));
    assert_eq!(state.handle(done, at(5)), tend);
}

#[test]
fn it_wakes_when_something_expires_but_not_all_the_time() {
    let expires = |seconds| Outlook { next_expiry: Some(at(seconds).wall), ..outlook() };
    let mut state = serving(&settings(), &expires(10));
    assert_eq!(state.wake_at(at(0)), Some(at(10).boot));
    let expire = [Action::Librarian(Task::Tend { expire: true })];
    assert_eq!(state.handle(Event::Tick, at(10)), expire);
    let done = Event::Librarian(Done::Tended(Box::new(expires(11))));
    assert_eq!(state.handle(done, at(10)), []);
    assert_eq!(state.wake_at(at(11)), Some(at(70).boot));
}

#[test]
fn what_failed_is_tried_again_later() {
    let mut state = serving(&settings(), &outlook());
    state.handle(Event::Pending, at(1));
    state.handle(Event::Tick, at(2));
    assert_eq!(state.handle(Event::Librarian(Done::Failed), at(3)), []);
    assert_eq!(state.wake_at(at(3)), Some(at(33).boot));
}

#[test]
fn an_entry_is_recomputed_when_due_and_again_after_that() {
    let mut state = serving(&settings(), &with(scheduled(100, &[])));
    let due = state.wake_at(at(0)).expect("a time");
    assert!(due >= at(100).boot && due <= at(111).boot, "{due}");
    assert_eq!(started(&state.handle(Event::Tick, at(99))), []);
    let jobs = started(&state.handle(Event::Tick, at(111)));
    let [job] = jobs[..] else { panic!("one job, not {jobs:?}") };
    assert_eq!(started(&state.handle(Event::Tick, at(112))), [], "it runs already");
    let report = JobReport { key: KEY, outcome: Outcome::Stored(Nonce([2; 16])) };
    assert_eq!(state.handle(Event::JobEnded(job, Ok(report)), at(113)), []);
    assert!(state.wake_at(at(113)).expect("a time") >= at(213).boot);
    let status = state.status(at(114));
    assert_eq!((status.scheduled, status.refreshes, status.refresh_failures), (1, 1, 0));
}

#[test]
fn what_takes_the_place_of_an_entry_is_followed_instead_of_it() {
    let mut state = serving(&settings(), &with(scheduled(100, &[])));
    let other = Key([2; 32]);
    let job = started(&state.handle(Event::Tick, at(200)))[0];
    let report = JobReport { key: other, outcome: Outcome::Stored(Nonce([2; 16])) };
    let actions = state.handle(Event::JobEnded(job, Ok(report)), at(201));
    let look = Action::Librarian(Task::Look(vec![other]));
    assert_eq!(actions, [Action::Watch(KEY, Vec::new()), look]);
    assert_eq!(state.status(at(201)).scheduled, 0);
    let successor = Scheduled { key: other, created: at(201), ..scheduled(100, &[]) };
    let tended = Done::Tended(Box::new(with(successor)));
    assert_eq!(state.handle(Event::Librarian(tended), at(202)), []);
    let rows = state.status(at(202)).rows;
    assert_eq!(rows.iter().map(|row| row.key).collect::<Vec<_>>(), [other]);
}

#[test]
fn a_client_is_told_how_far_its_collection_has_got_before_it_is_answered() {
    let mut state = serving(&settings(), &with(scheduled(100, &[])));
    let from = ConnectionId(3);
    let progress = |stage| Event::Librarian(Done::Progress(from, stage));
    let told = |stage| [Action::Tell(from, Reply::Progress(stage))];
    assert_eq!(state.handle(progress(Stage::Sweep), at(1)), told(Stage::Sweep));
    assert_eq!(state.handle(progress(Stage::Evict), at(2)), told(Stage::Evict));
    let answer = || Reply::Catalog(Box::new(Answer::Done));
    let done = Done::Answered(from, Box::new(answer()), None);
    assert_eq!(state.handle(Event::Librarian(done), at(3)), [Action::Reply(from, answer())]);
}

#[test]
fn an_entry_waits_for_its_secrets() {
    let mut state = serving(&settings(), &with(scheduled(100, &["TOKEN"])));
    assert_eq!(started(&state.handle(Event::Tick, at(500))), []);
    let waits = RowState::NeedsSecrets(vec![b"TOKEN".to_vec()]);
    assert_eq!(state.status(at(500)).rows[0].state, waits);
    let variables = vec![(b"TOKEN".to_vec(), b"value".to_vec())];
    let secrets = Request::Secrets(Secrets { key: KEY, variables: variables.clone() });
    let mut actions = state.handle(Event::Asked(ConnectionId(1), secrets), at(501));
    actions.extend(state.handle(Event::Tick, at(600)));
    let [Action::Reply(_, Reply::Noted), Action::Start(_, order, _)] = &actions[..] else {
        panic!("an answer and a job, not {actions:?}")
    };
    assert_eq!(order.secrets, variables);
    assert!(!format!("{actions:?}").contains("value"), "no value in a log");
}

#[test]
fn a_job_that_does_not_end_is_ended() {
    let mut state = serving(&settings(), &with(scheduled(100, &[])));
    let job = started(&state.handle(Event::Tick, at(200)))[0];
    assert_eq!(state.handle(Event::Tick, at(700)), []);
    assert_eq!(state.handle(Event::Tick, at(900)), [Action::End(job, Politeness::Ask)]);
    assert_eq!(state.handle(Event::Tick, at(901)), []);
    assert_eq!(state.handle(Event::Tick, at(906)), [Action::End(job, Politeness::Force)]);
    let ended = Event::JobEnded(job, Err("it died of signal 9".to_owned()));
    assert_eq!(state.handle(ended, at(907)), []);
    assert_eq!(state.status(at(907)).refresh_failures, 1);
}

#[test]
fn a_job_that_dies_by_itself_is_remembered() {
    let mut state = serving(&settings(), &with(scheduled(100, &[])));
    let job = started(&state.handle(Event::Tick, at(200)))[0];
    let ended = Event::JobEnded(job, Err("it died of signal 9".to_owned()));
    let actions = state.handle(ended, at(201));
    let [Action::NoteFailure(KEY, retry)] = &actions[..] else { panic!("noted: {actions:?}") };
    assert_eq!((retry.failures, retry.why.as_str()), (1, "it died of signal 9"));
}

#[test]
fn leaving_waits_for_jobs_then_for_the_catalog_and_for_neither_for_ever() {
    let mut state = serving(&settings(), &with(scheduled(100, &[])));
    let job = started(&state.handle(Event::Tick, at(200)))[0];
    let leave = state.handle(Event::Leave(None), at(201));
    assert_eq!(leave, [Action::TurnAway, Action::End(job, Politeness::Ask)]);
    assert_eq!(state.handle(Event::Leave(None), at(202)), [], "once is enough");
    let ended = Event::JobEnded(job, Err("it died of signal 15".to_owned()));
    assert_eq!(state.handle(ended, at(203)), [Action::CloseCatalog]);
    let closed = state.handle(Event::Librarian(Done::Closed), at(203));
    assert_eq!(closed, [Action::Exit(Exit::Done)]);

    let mut state = serving(&settings(), &outlook());
    let program = PathBuf::from("/new");
    let leave = state.handle(Event::Leave(Some(program.clone())), at(1));
    assert_eq!(leave, [Action::TurnAway, Action::CloseCatalog]);
    assert_eq!(state.handle(Event::Tick, at(5)), []);
    assert_eq!(state.handle(Event::Tick, at(8)), [Action::Exit(Exit::For(program))]);
}

#[test]
fn it_leaves_when_it_has_been_idle() {
    let settings = Settings { idle_exit: Some(Duration::from_mins(1)), ..settings() };
    let mut state = serving(&settings, &outlook());
    assert_eq!(state.wake_at(at(0)), Some(at(60).boot));
    state.handle(Event::Asked(ConnectionId(1), Request::Status), at(30));
    assert_eq!(state.handle(Event::Tick, at(60)), []);
    let actions = state.handle(Event::Tick, at(90));
    assert_eq!(actions, [Action::TurnAway, Action::CloseCatalog]);
    let mut busy = serving(&settings, &with(scheduled(100, &[])));
    assert_eq!(busy.handle(Event::Tick, at(90)), [], "it has something to keep fresh");
}
