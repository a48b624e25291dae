//! What a hit asks of the kernel, as strace sees it: no catalog, no lock, no thread, no child, no
//! flushing, and few calls altogether.

mod common;

use std::fs;

use common::Sandbox;

/// System calls of a hit from the program's first own one (the dynamic loader's come before) to
/// its end, with the usual variables, a config folder without a file, and a short PATH.
/// ARCHITECTURE.md says the same.
const MOST_CALLS: usize = 51;

/// The system calls of a hit, one a line, each behind the id of its process.
fn trace_of_a_hit(words: &[&str]) -> Vec<String> {
    trace_with(&[], words)
}

/// The same with options.
fn trace_with(options: &[&str], words: &[&str]) -> Vec<String> {
    let sandbox = Sandbox::new();
    // The first hit of an entry also makes the file that counts them.
    for _ in ["miss", "first hit"] {
        sandbox.omoide(options).arg("--").args(words).run();
    }
    let trace = sandbox.path("trace");
    let traced = sandbox
        .bare(["strace", "-f", "-qq", "-o", "trace", common::OMOIDE, "--cached-only"])
        .args(options)
        .arg("--")
        .args(words);
    let ran = traced.run();
    assert_eq!(ran.status.code(), Some(0), "{ran:?}");
    let trace = fs::read_to_string(trace).expect("a trace: strace must be installed");
    trace.lines().map(str::to_owned).collect()
}

const SMALL: [&str; 3] = ["sh", "-c", "echo out; echo err >&2"];
const LARGE: [&str; 2] = ["seq", "100000"];

/// None of the calls of a hit has any of these names.
#[track_caller]
fn makes_no(names: &[&str]) {
    for words in [&SMALL[..], &LARGE] {
        for line in trace_of_a_hit(words) {
            let call = line.split_once(' ').map_or("", |(_, call)| call.trim_start());
            let name = call.split('(').next().unwrap_or("");
            assert!(!names.contains(&name), "{line}");
        }
    }
}

#[test]
fn it_takes_no_lock() {
    makes_no(&["flock"]);
    for line in trace_of_a_hit(&SMALL) {
        assert!(!line.contains("SETLK"), "{line}");
    }
}

#[test]
fn it_starts_no_process_and_no_thread() {
    makes_no(&["clone", "clone3", "fork", "vfork"]);
}

#[test]
fn it_flushes_nothing() {
    makes_no(&["fsync", "fdatasync", "sync", "syncfs", "sync_file_range", "msync"]);
}

#[test]
fn it_neither_renames_nor_removes() {
    makes_no(&["rename", "renameat", "renameat2", "unlink", "unlinkat", "link", "linkat"]);
}

#[test]
fn it_connects_to_nobody() {
    makes_no(&["socket", "connect"]);
}

#[test]
fn it_never_waits() {
    makes_no(&["poll", "ppoll", "select", "epoll_wait", "nanosleep", "clock_nanosleep", "futex"]);
}

#[test]
fn it_opens_neither_catalog_nor_locks_nor_markers() {
    for line in trace_of_a_hit(&SMALL) {
        for folder in ["catalog", "locks", "pending", "tmp/", "salt"] {
            assert!(!line.contains(&format!("\"{folder}")), "{line}");
        }
    }
}

#[test]
fn it_opens_two_files_of_the_store() {
    let opened = |words: &[&str]| {
        let trace = trace_of_a_hit(words);
        let of_store = |line: &&String| {
            let folders = ["\"entries/", "\"hits/", "\"blobs/"];
            line.contains("openat(") && folders.iter().any(|folder| line.contains(folder))
        };
        trace.iter().filter(of_store).count()
    };
    assert_eq!(opened(&SMALL), 2, "the entry and its hits");
    assert_eq!(opened(&LARGE), 3, "and the blob");
}

#[test]
fn it_asks_which_boot_it_is_only_where_it_matters_when_it_was_served() {
    let asks = |options: &[&str]| {
        let trace = trace_with(options, &["true"]);
        trace.iter().any(|line| line.contains("boot_id"))
    };
    for options in [&[][..], &["--ttl", "1h"], &["--stale", "1h"]] {
        assert!(!asks(options), "{options:?}");
    }
    assert!(asks(&["--idle", "1h"]));
    assert!(asks(&["--refresh", "1h"]));
}

#[test]
fn it_makes_few_system_calls() {
    let trace = trace_of_a_hit(&SMALL);
    // The program's own first act is to look whether it has standard descriptors.
    let start = trace.iter().position(|line| line.contains("fcntl(0, F_GETFD")).expect("a start");
    let calls = trace.len() - start;
    assert!(calls <= MOST_CALLS, "{calls} calls:\n{}", trace[start..].join("\n"));
}

#[test]
fn it_costs_the_same_among_many_entries() {
    let sandbox = Sandbox::new();
    // Where the kernel puts the heap differs from run to run, and with it how often it grows.
    let count = |name: &str| {
        let call = ["strace", "-f", "-qq", "-o", name, common::OMOIDE, "echo", "hit"];
        sandbox.bare(call).run().prints("hit\n");
        let trace = fs::read_to_string(sandbox.path(name)).expect("a trace");
        trace.lines().filter(|line| !line.contains(" brk(")).count()
    };
    for _ in ["miss", "first hit"] {
        sandbox.omoide(["echo", "hit"]).run().prints("hit\n");
    }
    let alone = count("alone");
    for other in 0..100 {
        sandbox.omoide(["echo", &other.to_string()]).run();
    }
    assert_eq!(count("among"), alone);
}
