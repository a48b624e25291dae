//! Many at once: nothing is lost, nothing runs twice that needn't, every hit is counted, and the
//! catalog holds every entry in the end; also while the folder is pulled away from under them.

mod common;

use std::fs;
use std::process::Stdio;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant, SystemTime};

use common::{Sandbox, eventually, has_ended};
use rustix::process::{Signal, kill_process_group};

const WORKERS: usize = 64;
const CALLS: usize = 1000;

/// Does this for each of the numbers below `count`, by so many workers.
fn by_workers(workers: usize, count: usize, work: impl Fn(usize) + Sync) {
    let next = AtomicUsize::new(0);
    thread::scope(|scope| {
        for _ in 0..workers {
            scope.spawn(|| {
                loop {
                    let number = next.fetch_add(1, Ordering::Relaxed);
                    if number >= count {
                        return;
                    }
                    work(number);
                }
            });
        }
    });
}

#[test]
fn every_tag_that_a_hit_has_named_is_there() {
    let sandbox = Sandbox::new();
    sandbox.omoide(["--tag", "first", "echo", "x"]).run().prints("x\n");
    by_workers(16, 60, |number| {
        sandbox.omoide(["--tag", &format!("t{number}"), "echo", "x"]).run().prints("x\n");
    });
    let list = sandbox.json(["list", "--json"]);
    let entry = &list["entries"][0];
    assert_eq!(entry["tags"].as_array().expect("tags").len(), 61, "{entry}");
}

#[test]
fn a_thousand_different_commands_are_all_kept() {
    let sandbox = Sandbox::new();
    let counter = sandbox.counted("tell", "echo told $1");
    let call = |number: usize| sandbox.omoide(["--", "tell", &number.to_string()]).run();
    // Where the gate isn't free within a second, the answer is given without storing it, which is
    // said; whatever isn't said to have been left out must be there.
    let left_out = AtomicUsize::new(0);
    by_workers(WORKERS, CALLS, |number| {
        for _ in 0..20 {
            let ran = call(number);
            assert_eq!((ran.out_text(), ran.status.code()), (format!("told {number}\n"), Some(0)));
            if ran.err.is_empty() {
                return;
            }
            ran.warned_once();
            assert!(ran.err_text().contains("gate: another process holds it"), "{ran:?}");
            left_out.fetch_add(1, Ordering::Relaxed);
        }
        panic!("{number} is never stored");
    });
    let runs = CALLS + left_out.into_inner();
    counter.ran(runs as u64);
    by_workers(WORKERS, CALLS, |number| call(number).prints(format!("told {number}\n")));
    counter.ran(runs as u64);
    sandbox.omoide(["gc"]).run();
    assert_eq!(sandbox.stored("pending"), Vec::<std::path::PathBuf>::new());
    let stats = sandbox.omoide(["stats", "--json"]).run().json();
    for (name, value) in [("entries", CALLS), ("hits", CALLS), ("misses", runs), ("stores", CALLS)]
    {
        assert_eq!(stats[name], value, "{name}: {stats}");
    }
    let list = sandbox.omoide(["list", "--json"]).run().json();
    let mut words: Vec<usize> = list["entries"]
        .as_array()
        .expect("entries")
        .iter()
        .map(|entry| {
            assert_eq!(entry["hits"], 1, "{entry}");
            entry["command"][1].as_str().expect("a word").parse().expect("a number")
        })
        .collect();
    words.sort_unstable();
    assert!(words.into_iter().eq(0..CALLS));
}

#[test]
fn a_thousand_equal_commands_run_once() {
    let sandbox = Sandbox::new();
    let tick = sandbox.ticking("tick");
    by_workers(WORKERS, CALLS, |_| sandbox.omoide(["--", "tick"]).run().prints("run 1\n"));
    tick.ran(1);
    sandbox.omoide(["gc"]).run();
    let stats = sandbox.omoide(["stats", "--json"]).run().json();
    for (name, value) in [("entries", 1), ("hits", 999), ("misses", 1), ("stores", 1)] {
        assert_eq!(stats[name], value, "{name}: {stats}");
    }
    let list = sandbox.omoide(["list", "--json"]).run().json();
    assert_eq!(list["entries"][0]["hits"], 999, "{list}");
}

#[test]
fn the_very_first_calls_make_the_cache_folder_together() {
    for _ in 0..10 {
        let sandbox = Sandbox::new();
        let running: Vec<_> =
            (0..16).map(|n| sandbox.omoide(["echo", &n.to_string()]).start()).collect();
        for (number, call) in running.into_iter().enumerate() {
            call.finish().prints(format!("{number}\n"));
        }
        let entries = sandbox.stored("entries").len();
        assert_eq!(entries, 16);
    }
}

#[test]
fn a_large_output_is_whole_for_everybody_while_it_is_replaced() {
    let sandbox = Sandbox::new();
    // Every run says something else, but all of one run.
    sandbox.script("large", "yes $$ | head -n 20000");
    by_workers(8, 60, |number| {
        let options: &[&str] = if number % 3 == 0 { &["--force"] } else { &[] };
        let said = sandbox.omoide(options).args(["--", "large"]).run().out_text();
        let first = said.lines().next().expect("a line");
        assert_eq!(said.lines().count(), 20000);
        assert!(said.lines().all(|line| line == first));
    });
}

#[test]
fn calls_work_while_folders_of_the_store_are_removed() {
    let sandbox = Sandbox::new();
    let over = AtomicBool::new(false);
    let large = sandbox.bare(["seq", "20000"]).run().out;
    thread::scope(|scope| {
        scope.spawn(|| {
            let names =
                ["entries", "blobs", "hits", "pending", "locks", "tmp", "catalog", "quarantine"];
            for name in names.iter().cycle() {
                let _ = fs::remove_dir_all(sandbox.store(name));
                let _ = fs::remove_file(sandbox.store("salt"));
                if over.load(Ordering::Relaxed) {
                    return;
                }
            }
        });
        by_workers(4, 200, |number| {
            let word = (number % 5).to_string();
            let ran = sandbox.omoide(["echo", &word]).run();
            assert_eq!((ran.out_text(), ran.status.code()), (format!("{word}\n"), Some(0)));
            let ran = sandbox.omoide(["seq", "20000"]).run();
            assert!(ran.out == large && ran.status.success(), "{ran:?}");
        });
        over.store(true, Ordering::Relaxed);
    });
    sandbox.omoide(["echo", "after"]).run().prints("after\n");
    sandbox.omoide(["--cached-only", "echo", "after"]).run().prints("after\n");
}

#[test]
fn calls_work_while_everything_else_is_done_too() {
    let sandbox = Sandbox::new();
    by_workers(8, 160, |number| {
        let word = (number % 7).to_string();
        match number % 8 {
            0 => succeeds(&sandbox, &["forget", "--all"]),
            1 => succeeds(&sandbox, &["gc"]),
            // Where the catalog isn't free for seconds, it answers without and says so.
            2 => assert!(sandbox.omoide(["list", "--json"]).run().status.success()),
            3 => succeeds(&sandbox, &["forget", "--", "echo", &word]),
            4 => sandbox.omoide(["--force", "echo", &word]).run().prints(format!("{word}\n")),
            _ => sandbox.omoide(["echo", &word]).run().prints(format!("{word}\n")),
        }
    });
    sandbox.omoide(["gc"]).run();
    let doctor = sandbox.omoide(["doctor"]).run();
    assert!(doctor.status.success(), "{doctor:?}");
}

#[track_caller]
fn succeeds(sandbox: &Sandbox, words: &[&str]) {
    let ran = sandbox.omoide(words).run();
    assert!(ran.status.success() && ran.err.is_empty(), "{words:?} {ran:?}");
}

#[test]
fn a_forgotten_entry_does_not_come_back() {
    let sandbox = Sandbox::new();
    for number in 0..30 {
        let word = number.to_string();
        sandbox.omoide(["echo", &word]).run();
        let ingest_may_still_run = sandbox.omoide(["forget", "--", "echo", &word]).run();
        ingest_may_still_run.prints("removed 1 entry\n");
        assert!(!sandbox.is_cached(["echo", &word]));
    }
    sandbox.omoide(["gc"]).run();
    assert!(sandbox.stored("entries").is_empty());
    let list = sandbox.omoide(["list", "--json"]).run().json();
    assert_eq!(list["entries"].as_array().expect("entries").len(), 0);
}

/// Kills at moments spread over a call's life: where each falls is chance, and none may matter.
#[test]
fn killed_at_any_moment_nothing_is_left_that_needs_a_human() {
    let sandbox = Sandbox::new();
    let large = sandbox.bare(["seq", "20000"]).run().out;
    let started = Instant::now();
    sandbox.omoide(["--force", "seq", "20000"]).run();
    let life = started.elapsed();
    for round in 0..120_u32 {
        let started = Instant::now();
        let running = sandbox
            .omoide(["--force", "seq", "20000"])
            .writes(Stdio::null(), Stdio::null())
            .in_own_group()
            .start();
        while started.elapsed() < life * round / 100 {
            thread::yield_now();
        }
        let group = running.pid();
        let _ = kill_process_group(group, Signal::KILL);
        eventually("it is over", || has_ended(group));
        if round % 10 == 0 {
            let ran = sandbox.omoide(["seq", "20000"]).run();
            assert!(ran.out == large && ran.err.is_empty(), "{ran:?}");
        }
    }
    sandbox.omoide(["seq", "20000"]).run();
    // What is less than a minute old may belong to somebody who is about to lock it.
    let long_ago = SystemTime::now() - Duration::from_hours(1);
    for path in sandbox.stored("tmp") {
        fs::File::open(path).and_then(|file| file.set_modified(long_ago)).expect("to set its time");
    }
    let collected = sandbox.omoide(["gc"]).run();
    assert!(collected.status.success(), "{collected:?}");
    let doctor = sandbox.omoide(["doctor"]).run();
    assert!(doctor.status.success(), "{doctor:?}");
    assert_eq!(sandbox.stored("tmp"), Vec::<std::path::PathBuf>::new());
}
