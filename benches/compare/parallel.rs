//! Several processes at once.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use super::Outcome;
use super::measure::{Contender, in_turns, let_rest, time};
use super::peers::{Peers, clear, place};
use super::place::Place;
use super::report::{Section, Table, Target, seconds};

/// How many run at once.
const AT_ONCE: usize = 8;
/// Hits of a round.
const HITS: usize = 2000;
/// Misses of a round, no two of them alike.
const MISSES: usize = 1000;
const ROUNDS: usize = 7;

pub(crate) fn measure(peers: &Peers) -> Outcome<Section> {
    let place = place()?;
    let cores = thread::available_parallelism()?;
    let mut section = Section::new(
        "parallel",
        "In parallel",
        &format!(
            "{AT_ONCE} processes at a time on {cores} cores; {ROUNDS} rounds of each, in turns. A \
             round is {HITS} hits of `uname -a` or {MISSES} misses of `/bin/true`, each with an \
             argument of its own, into an empty cache."
        ),
    );
    hits(peers, &place, &mut section)?;
    misses(peers, &place, &mut section)?;
    Ok(section)
}

fn hits(peers: &Peers, place: &Place, section: &mut Section) -> Outcome {
    let omoide = |_| time(&mut peers.omoide(place, &["--", "uname", "-a"])).map(drop);
    let bkt = |_| time(&mut peers.bkt(place, &["uname", "-a"])).map(drop);
    let mut contenders = [
        Contender::new("omoide", || at_once(HITS, omoide)),
        Contender::new("bkt", || at_once(HITS, bkt)),
    ];
    in_turns(&mut contenders, ROUNDS)?;
    let rates = contenders.each_ref().map(|c| HITS as f64 / c.times.median());
    let mut table = Table::new(&["hits a second", "median", "best round"]);
    for (contender, rate) in contenders.iter().zip(rates) {
        let best = HITS as f64 / contender.times.least();
        table.rows.push(vec![contender.name.clone(), format!("{rate:.0}"), format!("{best:.0}")]);
    }
    section.tables.push(table);
    let ratio = rates[0] / rates[1];
    section.targets.push(Target::at_least("hits a second / bkt's", ratio, 1.3));
    Ok(())
}

fn misses(peers: &Peers, place: &Place, section: &mut Section) -> Outcome {
    let nothing = peers.nothing.to_string_lossy();
    let omoide = |number: usize| {
        time(&mut peers.omoide(place, &["--", &nothing, &number.to_string()])).map(drop)
    };
    let bkt =
        |number: usize| time(&mut peers.bkt(place, &[&nothing, &number.to_string()])).map(drop);
    let empty = || clear(place);
    let mut contenders = [
        Contender::new("omoide", || empty().and_then(|()| at_once(MISSES, omoide))),
        Contender::new("omoide until the work in the background, too, has ended", || {
            empty()?;
            let start = Instant::now();
            at_once(MISSES, omoide)?;
            let_rest()?;
            Ok(start.elapsed())
        }),
        Contender::new("bkt", || empty().and_then(|()| at_once(MISSES, bkt))),
    ];
    in_turns(&mut contenders, ROUNDS)?;
    let [ours, _, theirs] = contenders.each_ref().map(|c| c.times.median());
    let mut table = Table::new(&["a round of misses", "median", "best round"]);
    for contender in &contenders {
        let figures = [contender.times.median(), contender.times.least()].map(seconds);
        table.rows.push([&[contender.name.clone()], &figures[..]].concat());
    }
    section.tables.push(table);
    section.targets.push(Target::at_most("misses in parallel / bkt's time", ours / theirs, 1.0));
    Ok(())
}

/// How long it takes to do something `count` times, several at once.
pub(crate) fn at_once(count: usize, work: impl Fn(usize) -> Outcome + Sync) -> Outcome<Duration> {
    let next = AtomicUsize::new(0);
    let start = Instant::now();
    let worker = || {
        loop {
            let number = next.fetch_add(1, Ordering::Relaxed);
            if number >= count {
                return Ok(());
            }
            work(number).map_err(|error| error.to_string())?;
        }
    };
    let failed: Result<(), String> = thread::scope(|scope| {
        let workers: Vec<_> = (0..AT_ONCE).map(|_| scope.spawn(worker)).collect();
        workers.into_iter().try_for_each(|worker| {
            worker.join().unwrap_or_else(|_| Err("a worker panicked".to_owned()))
        })
    });
    let took = start.elapsed();
    failed?;
    Ok(took)
}
