//! Whatever the kernel refuses, the command runs as if bare, and the next call is right.
//!
//! Each system call that the program makes in each of these situations fails once with each of
//! several errors, and the program is killed there once. What a situation consists of is learned
//! from a run that isn't disturbed.
//!
//! `OMOIDE_FAULTS` confines it: what a failure has it be, to that fault alone;
//! `all` tries each error with each call, where otherwise the errors take turns.

#![cfg(all(target_os = "linux", target_arch = "x86_64"))]

#[path = "../common/mod.rs"]
mod common;

mod calls;
mod scenario;
mod stage;
mod tracer;

use scenario::{Expect, Scenario};
use tracer::Whom;

/// A call of the memoized command.
fn call() -> Scenario {
    Scenario::new(&["--", "say"])
}

#[test]
fn a_hit() {
    call().stored().least(40).try_all();
}

#[test]
fn a_hit_of_a_blob() {
    call().large().stored().variant().least(45).try_all();
}

#[test]
fn a_miss() {
    call().least(100).try_all();
}

#[test]
fn a_miss_of_a_blob() {
    call().large().variant().least(100).try_all();
}

#[test]
fn a_first_miss() {
    call().without_store().variant().least(100).try_all();
}

#[test]
fn a_failure() {
    Scenario::new(&["--failure-ttl=1h", "--", "say"]).code(7).variant().least(100).try_all();
}

/// It asks which processes are above it, of which there are as many as there are.
#[test]
fn a_forced_miss() {
    let forced = Scenario::new(&["--force", "--", "say"]).stored().expect(Expect::Replaced);
    forced.threaded().least(100).try_all();
}

#[test]
fn a_stale_hit() {
    Scenario::new(&["--stale=1ms", "--", "say"]).stored().least(40).try_all();
}

#[test]
fn what_a_stale_hit_recomputes() {
    let stale = Scenario::new(&["--stale=1ms", "--", "say"]).stored();
    stale.whom(Whom::Background).expect(Expect::Refreshed).variant().least(100).try_all();
}

#[test]
fn a_job() {
    Scenario::job().stored().expect(Expect::Refreshed).variant().least(100).try_all();
}

#[test]
fn an_ingest() {
    call().whom(Whom::Background).threaded().least(100).try_all();
}

#[test]
fn a_forget() {
    Scenario::new(&["forget", "--", "say"])
        .stored()
        .expect(Expect::Gone)
        .threaded()
        .least(50)
        .try_all();
}

#[test]
fn a_forget_by_tag() {
    let forget = Scenario::new(&["forget", "--tag=t"]).stored();
    forget.expect(Expect::Gone).threaded().least(100).try_all();
}

#[test]
fn a_forget_of_all() {
    let forget = Scenario::new(&["forget", "--all"]).stored();
    forget.expect(Expect::Gone).threaded().least(100).try_all();
}

#[test]
fn a_collection() {
    let collection = Scenario::new(&["gc"]).stored();
    collection.expect(Expect::Collected).threaded().least(100).try_all();
}

#[test]
fn a_call_with_a_timeout() {
    Scenario::new(&["--timeout=60s", "--", "say"]).variant().least(100).try_all();
}

#[test]
fn a_call_that_reads() {
    Scenario::new(&["--stdin", "--", "say"]).variant().least(100).try_all();
}

#[test]
fn a_call_with_an_input() {
    Scenario::new(&["--input=input", "--", "say"]).variant().least(100).try_all();
}

mod refused {
    use super::{Expect, Scenario, call};

    #[test]
    fn to_a_hit() {
        call().stored().refuse_all();
    }

    #[test]
    fn to_a_miss() {
        call().refuse_all();
    }

    #[test]
    fn to_a_call_with_a_timeout() {
        Scenario::new(&["--timeout=60s", "--failure-ttl=1h", "--", "say"]).code(7).refuse_all();
    }

    #[test]
    fn to_a_call_that_reads() {
        Scenario::new(&["--stdin", "--failure-ttl=1h", "--", "say"]).code(7).refuse_all();
    }

    #[test]
    fn to_a_call_with_an_input() {
        Scenario::new(&["--input=input", "--", "say"]).refuse_all();
    }

    #[test]
    fn to_a_forget() {
        let forget = Scenario::new(&["forget", "--tag=t"]).stored().expect(Expect::Gone);
        forget.refuse_all();
    }

    #[test]
    fn to_a_collection() {
        let collection = Scenario::new(&["gc"]).stored().expect(Expect::Collected);
        collection.refuse_all();
    }

    #[test]
    fn to_a_call_without_a_cache() {
        call().disabled().code(7).refuse_all();
    }
}
