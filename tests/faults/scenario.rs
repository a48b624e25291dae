//! What is disturbed, and what must hold afterwards.

use std::cell::Cell;
use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::process::Command;

use omoide::model::entry::Slot;
use omoide::model::job::{JobOrder, JobReport};
use omoide::store::{Lookup, Store};

use crate::calls::{self, ERRORS, REFUSALS, error_name, name};
use crate::common::Ran;
use crate::stage::{SAY, Stage, status};
use crate::tracer::{self, Effect, Fault, Report, Seen, Whom};

/// A situation.
pub(crate) struct Scenario {
    words: Vec<&'static str>,
    is_job: bool,
    disabled: bool,
    large: bool,
    code: i32,
    start: Start,
    whom: Whom,
    expect: Expect,
    least: usize,
    depth: Depth,
}

/// How much is tried.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Depth {
    /// Each call, and each error with the first of a name.
    Calls,
    /// Each call, with one error.
    Variant,
    /// Each kind of call, by name and by what it is about: with threads, no order can be told.
    Kinds,
}

/// What is there before.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Start {
    /// No cache folder.
    Nothing,
    /// A cache folder that holds other things.
    Empty,
    /// What the command said before, with a tag.
    Stored,
}

/// What the disturbed process is to bring about.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Expect {
    /// The command's output, stored or new.
    Answer,
    /// The command's new output; what was stored isn't an answer any more.
    Replaced,
    /// Nothing that anybody sees; what was stored may be replaced.
    Refreshed,
    /// What was stored isn't there any more.
    Gone,
    /// What was stored is still there.
    Collected,
}

/// One in so many of the effects is tried with a call: all of it takes two minutes on two processors.
const SHARE: usize = 5;

/// The option of a call that has what it is served recomputed.
const STALE: &str = "--stale=1ms";

/// What the command said before, what it says during the disturbed run, and afterwards.
const BEFORE: &str = "before";
const DURING: &str = "during";
const AFTER: &str = "after";

impl Scenario {
    pub(crate) fn new(words: &[&'static str]) -> Scenario {
        Scenario {
            words: words.to_vec(),
            is_job: false,
            disabled: false,
            large: false,
            code: 0,
            start: Start::Empty,
            whom: Whom::Caller,
            expect: Expect::Answer,
            least: 0,
            depth: Depth::Calls,
        }
    }

    /// A job of the daemon's.
    pub(crate) fn job() -> Scenario {
        Scenario { is_job: true, ..Scenario::new(&["daemon", "job"]) }
    }

    pub(crate) fn disabled(self) -> Scenario {
        Scenario { disabled: true, ..self }
    }

    pub(crate) fn large(self) -> Scenario {
        Scenario { large: true, ..self }
    }

    pub(crate) fn code(self, code: i32) -> Scenario {
        Scenario { code, ..self }
    }

    pub(crate) fn stored(self) -> Scenario {
        Scenario { start: Start::Stored, ..self }
    }

    pub(crate) fn without_store(self) -> Scenario {
        Scenario { start: Start::Nothing, ..self }
    }

    pub(crate) fn whom(self, whom: Whom) -> Scenario {
        Scenario { whom, ..self }
    }

    pub(crate) fn expect(self, expect: Expect) -> Scenario {
        Scenario { expect, ..self }
    }

    /// One that differs little from another: each call fails with one of the errors.
    pub(crate) fn variant(self) -> Scenario {
        Scenario { depth: Depth::Variant, ..self }
    }

    /// One with threads: each kind of call fails.
    pub(crate) fn threaded(self) -> Scenario {
        Scenario { depth: Depth::Kinds, ..self }
    }

    /// How many calls there are at least, so that none of this can pass by trying nothing.
    pub(crate) fn least(self, least: usize) -> Scenario {
        Scenario { least, ..self }
    }

    /// Has each call fail with the errors, and kills the process at each.
    #[track_caller]
    pub(crate) fn try_all(self) {
        let set = Set::up(self);
        let seen = set.rehearse();
        let faults = faults(&seen, &set.scenario);
        set.disturb(&faults);
    }

    /// Has each kind of call refused, once and from then on.
    #[track_caller]
    pub(crate) fn refuse_all(self) {
        let set = Set::up(self);
        let numbers: BTreeSet<i64> = set.rehearse().iter().map(|seen| seen.number).collect();
        let mut faults = Vec::new();
        for number in numbers {
            for (_, error) in REFUSALS {
                for effect in [Effect::Fail(error), Effect::Refuse(error)] {
                    let is_lasting = matches!(effect, Effect::Refuse(_));
                    if calls::may_be_refused(number, is_lasting) {
                        faults.push(Fault { number, about: None, occurrence: 0, effect });
                    }
                }
            }
        }
        set.disturb(&faults);
    }
}

/// What to try. Where each call is tried, the first of a name has every error and a kill; otherwise
/// they take turns.
fn faults<'s>(seen: &'s [Seen], scenario: &Scenario) -> Vec<Fault<'s>> {
    let all = std::env::var("OMOIDE_FAULTS").is_ok_and(|value| value == "all");
    let mut turns: BTreeMap<i64, usize> = BTreeMap::new();
    let mut kinds: BTreeSet<(i64, &str)> = BTreeSet::new();
    let mut faults = Vec::new();
    for call in seen {
        if !kinds.insert((call.number, &call.about)) && scenario.depth == Depth::Kinds {
            continue;
        }
        let turn = turns.entry(call.number).or_default();
        let mut effects: Vec<Effect> = ERRORS
            .into_iter()
            .filter(|(_, error)| calls::may_fail(call, *error))
            .map(|(_, error)| Effect::Fail(error))
            .collect();
        effects.push(Effect::Kill);
        let of_each = effects.len();
        for (index, effect) in effects.into_iter().enumerate() {
            let is_tried = match scenario.depth {
                Depth::Calls if *turn == 0 => true,
                Depth::Calls | Depth::Kinds => (index + *turn).is_multiple_of(SHARE),
                Depth::Variant => (index + *turn).is_multiple_of(of_each),
            };
            if all || is_tried {
                let (number, about, occurrence) = match scenario.depth {
                    Depth::Kinds => (call.number, Some(call.about.as_str()), 0),
                    Depth::Calls | Depth::Variant => (call.number, None, call.occurrence),
                };
                faults.push(Fault { number, about, occurrence, effect });
            }
        }
        *turn += 1;
    }
    faults
}

/// A scenario with its stage.
struct Set {
    scenario: Scenario,
    stage: Stage,
    order: Option<JobOrder>,
    examined: Cell<usize>,
}

impl Set {
    fn up(scenario: Scenario) -> Set {
        let stage = Stage::new(scenario.large, scenario.code);
        let mut order = None;
        stage.says(BEFORE);
        match scenario.start {
            Start::Nothing => {}
            Start::Empty => {
                stage.call(&["--", "true"]);
                stage.keep();
            }
            Start::Stored => {
                let policy = match scenario.words[0] {
                    // What differs would be written down, by another process in the background.
                    STALE => STALE,
                    "daemon" => "--refresh=1d",
                    _ => "--ttl=1d",
                };
                stage.call(&["--tag=t", policy, "--", SAY]);
                stage.call(&["--", "true"]);
                stage.keep();
                if scenario.is_job {
                    order = Some(order_for(&stage));
                }
            }
        }
        Set { scenario, stage, order, examined: Cell::new(0) }
    }

    fn command(&self) -> Command {
        let mut command = self.stage.command(&self.scenario.words);
        if self.scenario.disabled {
            command.env("OMOIDE_DISABLE", "1");
        }
        if let Some(order) = &self.order {
            let path = self.stage.sandbox.root().join("order");
            std::fs::write(&path, omoide::store::encode(order)).expect("a file");
            command.stdin(File::open(path).expect("a file"));
        }
        command
    }

    /// What happens if nothing is disturbed.
    fn rehearse(&self) -> Vec<Seen> {
        self.stage.reset();
        self.stage.says(DURING);
        let report = tracer::run(self.command(), self.scenario.whom, None, true);
        let wrong = self.judge(&report, None);
        assert!(wrong.is_none(), "undisturbed: {wrong:?}: {report:?}");
        let len = report.seen.len();
        assert!(len >= self.scenario.least, "{len} calls only: {:?}", report.seen);
        report.seen
    }

    #[expect(clippy::print_stdout, reason = "what was tried is worth knowing")]
    fn disturb(&self, faults: &[Fault<'_>]) {
        let asked = std::env::var("OMOIDE_FAULTS").ok().filter(|asked| asked != "all");
        let mut wrong = Vec::new();
        let (mut struck, mut tried) = (0, 0);
        for fault in faults {
            let name = spelled(fault);
            if asked.as_ref().is_some_and(|asked| *asked != name) {
                continue;
            }
            tried += 1;
            self.stage.reset();
            self.stage.says(DURING);
            let report = tracer::run(self.command(), self.scenario.whom, Some(*fault), false);
            struck += usize::from(report.struck.is_some());
            if let Some(why) = self.judge(&report, Some(fault)) {
                let about = report.struck.as_ref().map_or("", |seen| &seen.about);
                wrong.push(format!("OMOIDE_FAULTS={name} ({about}): {why}"));
            }
        }
        println!("{struck} of {tried} faults struck");
        assert!(wrong.is_empty(), "{} of {tried}:\n{}", wrong.len(), wrong.join("\n"));
        if asked.is_none() {
            // Threads and what others do make some calls come and go.
            assert!(struck * 10 >= tried * 9, "{struck} of {tried} faults struck only");
        }
    }

    /// What is wrong with a run and what follows it, if anything.
    fn judge(&self, report: &Report, fault: Option<&Fault<'_>>) -> Option<String> {
        let is_killed = fault.is_some_and(|fault| fault.effect == Effect::Kill)
            && self.scenario.whom == Whom::Caller;
        self.judge_run(report, fault, is_killed)
            .or_else(|| self.judge_next(report, is_killed, fault))
    }

    fn judge_run(
        &self,
        report: &Report,
        fault: Option<&Fault<'_>>,
        is_killed: bool,
    ) -> Option<String> {
        if report.hung {
            return Some(format!("it hung: {report:?}"));
        }
        let runs = self.stage.runs();
        if runs > 1 {
            return Some(format!("the command ran {runs} times"));
        }
        if is_killed {
            return None;
        }
        let (own, err) = own_lines(&report.err);
        // A verb that does without the catalog says so, and may fail all the same.
        let goes_without = own.first().is_some_and(|line| line.contains("reading the entries"));
        let may_say = if goes_without { 2 } else { 1 };
        if own.len() > may_say {
            return Some(format!("more than one line: {own:?}"));
        }
        if fault.is_none_or(|_| self.scenario.whom == Whom::Background) && !own.is_empty() {
            return Some(format!("a line for nothing: {own:?}"));
        }
        let code = status(report.status).code();
        if is_error_of(report, fault, calls::keeps_output_back) {
            let is_told = own.len() == 1 && ![None, Some(0)].contains(&code);
            return (!is_told).then(|| format!("kept back unsaid: {:?}", Ran::from(report)));
        }
        if is_error_of(report, fault, calls::loses_output)
            && self.scenario.whom == Whom::Caller
            && !self.scenario.is_job
            && own.is_empty()
        {
            return Some(format!("something may be missing, unsaid: {:?}", Ran::from(report)));
        }
        match self.scenario.expect {
            Expect::Answer | Expect::Refreshed | Expect::Replaced if !self.scenario.is_job => {
                let stored = self.scenario.start == Start::Stored
                    && self.scenario.expect != Expect::Replaced;
                let out = String::from_utf8_lossy(&report.out);
                let is_known =
                    out == self.stage.text(DURING) || (stored && out == self.stage.text(BEFORE));
                (!is_known || err != "err\n" || code != Some(self.scenario.code))
                    .then(|| format!("not as bare: {:?}", Ran::from(report)))
            }
            _ if self.scenario.is_job => match omoide::store::decode::<JobReport>(&report.out) {
                Some(_) => None,
                _ if code != Some(0) && own.len() == 1 => None,
                told => Some(format!("no report: {told:?}, {:?}", Ran::from(report))),
            },
            _ => {
                let is_told = code == Some(0) || (code == Some(1) && !own.is_empty());
                (!is_told).then(|| format!("neither done nor refused: {:?}", Ran::from(report)))
            }
        }
    }

    /// The calls that follow, and what doctor says.
    fn judge_next(
        &self,
        report: &Report,
        is_killed: bool,
        fault: Option<&Fault<'_>>,
    ) -> Option<String> {
        if self.scenario.disabled {
            return None;
        }
        let words: Vec<&str> = match self.scenario.expect {
            Expect::Answer if !self.scenario.words.contains(&STALE) => self.scenario.words.clone(),
            _ => vec!["--", SAY],
        };
        let is_done = !is_killed && status(report.status).code() == Some(self.scenario.code);
        self.stage.says(AFTER);
        let _turn = self.stage.hold_turn();
        let next = self.stage.call(&words);
        let text = String::from_utf8_lossy(&next.out).into_owned();
        let value =
            [BEFORE, DURING, AFTER].into_iter().find(|value| text == self.stage.text(value));
        let is_plain = next.err == b"err\n" && next.status.code() == Some(self.scenario.code);
        let Some(value) = value.filter(|_| is_plain) else {
            return Some(format!("the next call: {next:?}"));
        };
        let is_stored = self.scenario.start == Start::Stored;
        let wrong = match (self.scenario.expect, value) {
            (Expect::Replaced, BEFORE) if is_nameless(report) => None,
            (Expect::Replaced | Expect::Gone, BEFORE) if is_done => Some("outlived"),
            (Expect::Gone, DURING) => Some("nobody said that"),
            // What is good is never set aside for an error in reading it.
            (Expect::Answer | Expect::Collected | Expect::Refreshed, AFTER) if is_stored => {
                Some("it was lost")
            }
            (_, BEFORE) if !is_stored => Some("nobody said that"),
            (_, DURING) if is_error_of(report, fault, calls::loses_output) => {
                Some("what may lack something was stored")
            }
            _ => None,
        };
        if let Some(wrong) = wrong {
            return Some(format!("the next call says '{value}': {wrong}; {:?}", Ran::from(report)));
        }
        let mut again = vec!["--cached-only"];
        again.extend(&words);
        let again = self.stage.call(&again);
        if again != next {
            return Some(format!("it isn't stored then: {again:?}"));
        }
        if self.is_to_be_examined(fault) { self.examine() } else { None }
    }

    /// Whether to look at the whole store, which takes as long as all the rest: where nothing was
    /// disturbed; then every other time that something was killed, and sometimes where the catalog
    /// may have suffered.
    fn is_to_be_examined(&self, fault: Option<&Fault<'_>>) -> bool {
        let Some(fault) = fault else { return true };
        let every = match fault.effect {
            Effect::Kill => 2,
            _ if self.scenario.depth == Depth::Kinds => 4,
            _ => 16,
        };
        let turn = self.examined.get();
        self.examined.set(turn + 1);
        turn.is_multiple_of(every)
    }

    /// What doctor has to complain of, when the catalog has been asked for once.
    fn examine(&self) -> Option<String> {
        let doctor = self.stage.call(&["doctor"]);
        if doctor.status.success() {
            return None;
        }
        let list = self.stage.call(&["list"]);
        if !list.status.success() {
            return Some(format!("list: {list:?}"));
        }
        let again = self.stage.call(&["doctor"]);
        (!again.status.success()).then(|| format!("doctor: {doctor:?}, then {again:?}"))
    }
}

impl From<&Report> for Ran {
    fn from(report: &Report) -> Ran {
        Ran { out: report.out.clone(), err: report.err.clone(), status: status(report.status) }
    }
}

/// Whether it couldn't be known what to replace, for want of the configuration, which was said.
fn is_nameless(report: &Report) -> bool {
    let is_config = |seen: &Seen| seen.about.contains("config.toml");
    report.struck.as_ref().is_some_and(is_config) && !own_lines(&report.err).0.is_empty()
}

/// Whether the call that failed is of a kind.
fn is_error_of(report: &Report, fault: Option<&Fault<'_>>, kind: fn(&Seen, i32) -> bool) -> bool {
    match (&report.struck, fault.map(|fault| fault.effect)) {
        (Some(struck), Some(Effect::Fail(error) | Effect::Refuse(error))) => kind(struck, error),
        _ => false,
    }
}

/// A fault as it is written and read.
fn spelled(fault: &Fault<'_>) -> String {
    let effect = match fault.effect {
        Effect::Fail(error) => error_name(error).to_owned(),
        Effect::Refuse(error) => format!("{}+", error_name(error)),
        Effect::Kill => "KILL".to_owned(),
    };
    let about = fault.about.map_or_else(String::new, |about| format!("({about})"));
    // Without what differs each time.
    let about = about.rsplit_once("/omoide-test-").map_or(about.clone(), |(_, rest)| {
        format!("({}", rest.split_once('/').map_or(rest, |(_, rest)| rest))
    });
    format!("{}{about}:{}:{effect}", name(fault.number), fault.occurrence)
}

/// Our own lines of standard error, and what else it holds.
fn own_lines(err: &[u8]) -> (Vec<String>, String) {
    let err = String::from_utf8_lossy(err);
    let (own, others): (Vec<&str>, Vec<&str>) =
        err.split_inclusive('\n').partition(|line| line.starts_with("omoide: "));
    (own.into_iter().map(str::to_owned).collect(), others.concat())
}

/// The order to compute the only entry with a tag anew.
fn order_for(stage: &Stage) -> JobOrder {
    let listed = stage.sandbox.json(["list", "--tag=t", "--json"]);
    let key = listed["entries"][0]["key"].as_str().expect("a key").to_owned();
    let key = omoide::model::key::Key::from_hex(&key).expect("a key");
    let folder = stage.sandbox.cache();
    let store = Store::open(&folder).expect("a store").expect("a store");
    let Ok(Lookup::Found(found)) = store.find(&key, Slot::Good) else { panic!("no entry") };
    JobOrder {
        folder: folder.into_os_string().into_encoded_bytes(),
        key,
        nonce: found.entry.head.nonce,
        recipe: None,
        secrets: Vec::new(),
        force: true,
        is_unasked: false,
    }
}
