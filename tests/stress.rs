//! Everything at once: many processes call, force, forget, warm, refresh and collect the same few
//! entries, and daemons come and go. No call is given an answer older than the last force or forget that
//! had returned before it began.
//!
//! The command says what time it is by the boot clock, so that any two answers, and an answer and a
//! forget, can be compared. Has no harness of the standard library's: this program is the command, too.
//!
//! Runs for ten seconds, and for a minute where `CI` is set; `OMOIDE_STRESS_SECONDS` sets another time.

mod common;

use std::io::Write;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use common::{Call, Ran, Sandbox};
use libtest_mimic::{Arguments, Trial};
use omoide::sys::clock;
use rustix::process::Signal;

const PROCESSES: usize = 16;
const KEYS: usize = 20;
/// Half of all deeds are about the first few keys, so that they meet.
const HOT: u64 = 4;
/// The answers of this key and of those after it are too large for an entry's file.
const LARGE_FROM: usize = 14;
/// Bytes that follow the time in a large answer.
const PADDING: usize = 100_000;
/// The first argument where this program is the command.
const ANSWER: &str = "answer";

fn main() {
    let words: Vec<String> = std::env::args().collect();
    if words.get(1).is_some_and(|word| word == ANSWER) {
        answer(words[2].parse().expect("a key"));
        return;
    }
    let trial = Trial::test("no_answer_is_older_than_what_was_forced_or_forgotten", || {
        stress();
        Ok(())
    });
    libtest_mimic::run(&Arguments::from_args(), vec![trial]).exit();
}

/// The command. It looks at the clock some time before it ends, some time after it began, or both.
fn answer(key: usize) {
    let pause = |is_long: bool| {
        if is_long {
            std::thread::sleep(Duration::from_millis(15));
        }
    };
    pause(key & 1 != 0);
    let mut text = format!("{}\n", clock::now().boot).into_bytes();
    pause(key & 2 != 0);
    if key >= LARGE_FROM {
        text.resize(text.len() + PADDING, b'.');
    }
    std::io::stdout().write_all(&text).expect("written");
}

fn duration() -> Duration {
    let seconds = std::env::var("OMOIDE_STRESS_SECONDS").ok().and_then(|text| text.parse().ok());
    let usual = if std::env::var_os("CI").is_some() { 60 } else { 10 };
    Duration::from_secs(seconds.unwrap_or(usual))
}

fn stress() {
    let seed = clock::now().wall.unsigned_abs();
    let scene = Arc::new(Scene::new());
    let until = Instant::now() + duration();
    std::thread::scope(|scope| {
        for worker in 0..PROCESSES {
            let scene = &scene;
            scope.spawn(move || {
                let mut dice = Dice(seed ^ (worker as u64 + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15));
                // Everything is done once, however slow the machine is.
                if let Some(&(deed, _)) = Deed::ALL.get(worker) {
                    scene.act(deed, &mut dice);
                }
                while Instant::now() < until && scene.is_sound() {
                    scene.act(Deed::pick(&mut dice), &mut dice);
                }
            });
        }
    });
    scene.conclude(seed);
}

/// What the processes share, and what is known of it.
struct Scene {
    sandbox: Sandbox,
    command: String,
    /// No answer for a key may be older than this, by the boot clock.
    floors: [AtomicI64; KEYS],
    /// How many answers were looked at.
    answers: AtomicU64,
    faults: Mutex<Vec<String>>,
}

/// What a process does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Deed {
    Call,
    CallStale,
    CallThatExpires,
    CallOnceMore,
    CallReadSlowly,
    Force,
    ForceTooLarge,
    ForceKilled,
    ForgetCommand,
    ForgetTag,
    ForgetAll,
    Warm,
    Refresh,
    Collect,
    StartDaemon,
    StopDaemon,
}

impl Deed {
    /// Each with how likely it is.
    const ALL: [(Deed, u64); 16] = [
        (Deed::Call, 30),
        (Deed::CallStale, 12),
        (Deed::CallThatExpires, 8),
        (Deed::CallOnceMore, 4),
        (Deed::CallReadSlowly, 6),
        (Deed::Force, 12),
        (Deed::ForceTooLarge, 2),
        (Deed::ForceKilled, 6),
        (Deed::ForgetCommand, 5),
        (Deed::ForgetTag, 2),
        (Deed::ForgetAll, 1),
        (Deed::Warm, 4),
        (Deed::Refresh, 2),
        (Deed::Collect, 1),
        (Deed::StartDaemon, 1),
        (Deed::StopDaemon, 1),
    ];

    fn pick(dice: &mut Dice) -> Deed {
        let mut left = dice.below(Deed::ALL.iter().map(|(_, weight)| weight).sum());
        for &(deed, weight) in &Deed::ALL {
            if left < weight {
                return deed;
            }
            left -= weight;
        }
        unreachable!("the weights add up")
    }
}

impl Scene {
    fn new() -> Scene {
        let command = std::env::current_exe().expect("this program");
        Scene {
            sandbox: Sandbox::new(),
            command: command.into_os_string().into_string().expect("text"),
            floors: [const { AtomicI64::new(0) }; KEYS],
            answers: AtomicU64::new(0),
            faults: Mutex::new(Vec::new()),
        }
    }

    fn is_sound(&self) -> bool {
        self.faults.lock().expect("no panic").is_empty()
    }

    fn fault(&self, what: String) {
        self.faults.lock().expect("no panic").push(what);
    }

    fn act(&self, deed: Deed, dice: &mut Dice) {
        let among = if dice.below(2) == 0 { HOT } else { KEYS as u64 };
        let key = usize::try_from(dice.below(among)).expect("small");
        match deed {
            Deed::Call => self.call(key, deed, &[]),
            Deed::CallStale => self.call(key, deed, &["--stale", "20ms", "--refresh", "1s"]),
            Deed::CallThatExpires => self.call(key, deed, &["--ttl", "50ms"]),
            Deed::CallOnceMore => {
                self.call(key, deed, &["--ttl", "50ms", "--on-expired", "serve"]);
            }
            Deed::CallReadSlowly => self.call_read_slowly(key, dice),
            Deed::Force => self.force(key, &["--force"]),
            Deed::ForceTooLarge => self.force(key, &["--force", "--max-output", "5B"]),
            Deed::ForceKilled => {
                let running = self.memoized(key, &["--force"]).start();
                std::thread::sleep(Duration::from_millis(dice.below(20)));
                running.signal(Signal::KILL);
                running.finish();
            }
            Deed::ForgetCommand => {
                let mut words = vec!["forget", "--"];
                let number = key.to_string();
                words.extend([self.command.as_str(), ANSWER, &number]);
                self.forget(deed, key..=key, &words);
            }
            Deed::ForgetTag => self.forget(deed, key..=key, &["forget", "--tag", &tag(key)]),
            Deed::ForgetAll => self.forget(deed, 0..=KEYS - 1, &["forget", "--all"]),
            Deed::Warm => {
                let words = if dice.below(2) == 0 { vec!["warm", "--wait"] } else { vec!["warm"] };
                self.upkeep(self.sandbox.omoide(words).args(self.words(key)));
            }
            Deed::Refresh => {
                self.upkeep(self.sandbox.omoide(["refresh", "--tag", &tag(key)]));
            }
            Deed::Collect => self.upkeep(self.sandbox.omoide(["gc"])),
            Deed::StartDaemon => self.upkeep(self.sandbox.omoide(["daemon", "start"])),
            Deed::StopDaemon => self.upkeep(self.sandbox.omoide(["daemon", "stop"])),
        }
    }

    /// The command's options and words.
    fn words(&self, key: usize) -> Vec<String> {
        let words = ["--tag", &tag(key), "--", &self.command, ANSWER, &key.to_string()];
        words.map(str::to_owned).to_vec()
    }

    fn memoized(&self, key: usize, options: &[&str]) -> Call {
        self.sandbox.omoide(options).args(self.words(key))
    }

    fn call(&self, key: usize, deed: Deed, options: &[&str]) {
        let floor = self.floors[key].load(Ordering::SeqCst);
        self.judge(key, deed, floor, &self.memoized(key, options).run());
    }

    /// A hit that changes the entry's tags once its reader has taken all of it.
    fn call_read_slowly(&self, key: usize, dice: &mut Dice) {
        let floor = self.floors[key].load(Ordering::SeqCst);
        let line = format!(
            "omoide --tag t{} {} | {{ sleep 0.0{}; cat; }}",
            dice.below(1000),
            self.words(key).join(" "),
            dice.below(10)
        );
        self.judge(key, Deed::CallReadSlowly, floor, &self.sandbox.shell(&line).run());
    }

    fn force(&self, key: usize, options: &[&str]) {
        let floor = self.floors[key].load(Ordering::SeqCst);
        let ran = self.memoized(key, options).run();
        if let Some(time) = self.judge(key, Deed::Force, floor, &ran) {
            self.floors[key].fetch_max(time, Ordering::SeqCst);
        }
    }

    fn forget(&self, deed: Deed, keys: std::ops::RangeInclusive<usize>, words: &[&str]) {
        let began = clock::now().boot;
        let ran = self.sandbox.omoide(words).run();
        if ran.status.success() {
            for key in keys {
                self.floors[key].fetch_max(began, Ordering::SeqCst);
            }
        } else if ran.status.code() != Some(1) || ran.err.is_empty() {
            self.fault(format!("{deed:?}: {ran:?}"));
        }
    }

    /// What may fail, if it says so.
    fn upkeep(&self, call: Call) {
        let ran = call.run();
        let said = !ran.err.is_empty() || !ran.out.is_empty();
        if ran.status.success() || (ran.status.code() == Some(1) && said) {
            return;
        }
        self.fault(format!("upkeep: {ran:?}"));
    }

    /// The time that an answer tells, if it is one and no older than it may be.
    fn judge(&self, key: usize, deed: Deed, floor: i64, ran: &Ran) -> Option<i64> {
        let time = time_of(key, ran);
        self.answers.fetch_add(1, Ordering::Relaxed);
        match time {
            Some(time) if time >= floor => {}
            Some(time) => {
                let older = Duration::from_nanos((floor - time).unsigned_abs());
                self.fault(format!("{deed:?} of {key}: an answer {older:?} older than it may be"));
            }
            None => self.fault(format!("{deed:?} of {key}: no answer: {ran:?}")),
        }
        time
    }

    fn conclude(&self, seed: u64) {
        self.sandbox.omoide(["daemon", "stop"]).run();
        self.sandbox.settle();
        let doctor = self.sandbox.omoide(["doctor"]).run();
        if !doctor.status.success() {
            self.fault(format!("doctor: {}", doctor.out_text()));
        }
        let faults = self.faults.lock().expect("no panic");
        assert!(faults.is_empty(), "seed {seed}: {}", faults.join("\n"));
        let answers = self.answers.load(Ordering::Relaxed);
        assert!(answers > 50, "{answers} answers say nothing");
    }
}

fn tag(key: usize) -> String {
    format!("key{key}")
}

/// The time in a whole answer, of which nothing is missing and with nothing said beside it.
fn time_of(key: usize, ran: &Ran) -> Option<i64> {
    let end = ran.out.iter().position(|&byte| byte == b'\n')?;
    let padding = if key >= LARGE_FROM { PADDING } else { 0 };
    let rest = &ran.out[end + 1..];
    let is_whole = rest.len() == padding && rest.iter().all(|&byte| byte == b'.');
    let is_answer = is_whole && ran.err.is_empty() && ran.status.success();
    is_answer.then(|| std::str::from_utf8(&ran.out[..end]).ok()?.parse().ok())?
}

/// Random numbers by xorshift64* (Vigna, 2016).
struct Dice(u64);

impl Dice {
    fn below(&mut self, end: u64) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 32) % end
    }
}
