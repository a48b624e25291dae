//! Where the catalog can't be had, nothing waits for it without end and nobody keeps it from
//! others: entries answer what they can, and the rest fails in a sentence.

mod common;

use std::fs::File;
use std::time::{Duration, Instant};

use common::{Call, OMOIDE, Ran, Sandbox, eventually};
use rustix::fs::{FlockOperation, flock};

/// Longer than anything here takes on a machine with a lot to do, and shorter than for ever.
const ENDLESS: Duration = Duration::from_secs(30);

/// Two entries, both in the catalog.
fn filled() -> Sandbox {
    let sandbox = Sandbox::new();
    sandbox.omoide(["--tag", "one", "echo", "first"]).run().prints("first\n");
    sandbox.omoide(["echo", "second"]).run().prints("second\n");
    assert!(sandbox.omoide(["gc"]).run().status.success());
    sandbox
}

/// What a call says; it doesn't take for ever.
#[track_caller]
fn soon(call: Call) -> Ran {
    let started = Instant::now();
    let ran = call.run();
    assert!(started.elapsed() < ENDLESS, "it took {:?}: {ran:?}", started.elapsed());
    ran
}

/// What `call` makes of the words of a verb where the catalog can't be had, for `why`.
#[track_caller]
fn goes_without(why: &str, call: impl Fn(&[&str]) -> Call) {
    let listed = soon(call(&["list"]));
    assert!(listed.status.success() && listed.out_text().contains("echo first"), "{listed:?}");
    let fails = ["gc", "stats"].map(|verb| soon(call(&[verb])));
    for failed in &fails {
        assert_eq!((failed.status.code(), failed.out_text().as_str()), (Some(1), ""));
    }
    let forgotten = soon(call(&["forget", "--tag", "one"]));
    assert!(forgotten.out_text().starts_with("removed 1 entry"), "{forgotten:?}");
    for ran in fails.iter().chain([&listed, &forgotten]) {
        ran.warned_once();
        assert!(ran.err_text().contains(why), "{ran:?}");
    }
}

/// Whether nobody holds the catalog's lock.
fn is_free(sandbox: &Sandbox) -> bool {
    let lock = File::open(sandbox.store("locks/catalog")).expect("the lock's file");
    flock(&lock, FlockOperation::NonBlockingLockShared).is_ok()
}

#[test]
fn where_no_thread_can_be_started() {
    // Not even one of ours; none for sled; by a sandbox that knows nothing of clone3.
    for refused in
        ["clone,clone3:error=EAGAIN", "clone,clone3:error=EAGAIN:when=2+", "clone3:error=EPERM"]
    {
        let sandbox = filled();
        let inject = format!("inject={refused}");
        goes_without("no thread can be started", |words| {
            let traced = ["strace", "-f", "-qq", "-o", "/dev/null", "-e", &inject, OMOIDE];
            sandbox.bare(traced).args(words)
        });
        eventually("nobody holds it", || is_free(&sandbox));
    }
}

#[test]
fn where_there_is_no_memory() {
    let sandbox = filled();
    goes_without("MiB of memory", |words| {
        sandbox.bare(["prlimit", "--as=41943040", OMOIDE]).args(words)
    });
}

#[test]
fn no_limit_on_memory_is_one_to_die_of() {
    let sandbox = filled();
    // The address space, in bytes: from too little for the catalog to more than it needs.
    for limit in (40..=240).step_by(10).map(|mebibytes: u64| mebibytes << 20) {
        let limit = format!("--as={limit}");
        let call = |verb| sandbox.bare(["prlimit", &limit, OMOIDE, verb]).run();
        let listed = call("list");
        assert!(listed.out_text().contains("echo first"), "{limit}: {listed:?}");
        let collected = call("gc");
        assert!(matches!(collected.status.code(), Some(0 | 1)), "{limit}: {collected:?}");
    }
}

#[test]
fn where_somebody_else_holds_it() {
    let sandbox = filled();
    let lock = File::open(sandbox.store("locks/catalog")).expect("the lock's file");
    flock(&lock, FlockOperation::LockExclusive).expect("the lock");
    let first = sandbox.json(["check", "--json", "--", "echo", "first"]);
    let id = first["id"].as_str().expect("an id");
    let shown = soon(sandbox.omoide(["show", id, "--stdout"]));
    shown.warned_once();
    assert_eq!(shown.out_text(), "first\n", "{shown:?}");
    let forgotten = soon(sandbox.omoide(["forget", id]));
    assert!(forgotten.out_text().starts_with("removed 1 entry"), "{forgotten:?}");
    let forgotten = soon(sandbox.omoide(["forget", "--program", "echo"]));
    assert!(forgotten.out_text().starts_with("removed 1 entry"), "{forgotten:?}");
}

/// A store whose catalog takes for ever to open, as where sled waits for a thread.
struct Stuck {
    sandbox: Sandbox,
    /// Has a lease on a file of sled's: who opens it waits until the lease is given back, which the
    /// kernel demands after 45 seconds. It can be looked at all the same.
    _holder: common::Running,
}

const LEASE: &str = "
import fcntl, signal, sys, time
signal.signal(signal.SIGIO, signal.SIG_IGN)
file = open(sys.argv[1], 'r+b')
while True:
    try:
        fcntl.fcntl(file, fcntl.F_SETLEASE, fcntl.F_WRLCK)
        break
    except BlockingIOError:
        time.sleep(0.01)
open(sys.argv[2], 'w')
signal.pause()
";

fn stuck() -> Stuck {
    let sandbox = filled();
    sandbox.settle();
    let python = ["/usr/bin/python3", "-c", LEASE].map(std::ffi::OsStr::new);
    let (file, held) = (sandbox.store("catalog/conf"), sandbox.path("held"));
    let holder = sandbox.bare(python).args([&file, &held]).start();
    eventually("it is held", || held.exists());
    Stuck { sandbox, _holder: holder }
}

#[test]
fn where_it_takes_for_ever_to_open() {
    let Stuck { sandbox, _holder } = stuck();
    goes_without("it takes too long", |words| sandbox.omoide(words));
    eventually("nobody holds it", || is_free(&sandbox));
}

#[test]
fn a_background_process_that_gets_stuck_lets_go_of_it() {
    let Stuck { sandbox, _holder } = stuck();
    sandbox.omoide(["echo", "third"]).run().prints("third\n");
    eventually("it is begun", || !is_free(&sandbox));
    eventually("it is given up", || is_free(&sandbox));
    sandbox.omoide(["echo", "third"]).run().prints("third\n");
}

#[test]
fn a_daemon_that_gets_stuck_ends() {
    let Stuck { sandbox, _holder } = stuck();
    let started = soon(sandbox.omoide(["daemon", "start"]));
    assert_eq!(started.status.code(), Some(1), "{started:?}");
    assert!(started.err_text().contains("it takes too long"), "{started:?}");
    eventually("it has gone", || is_free(&sandbox));
    sandbox.omoide(["daemon", "status"]).run().is("no daemon is running\n", "", 1);
}

#[test]
fn limits_hold_where_processes_end_with_the_caller() {
    let sandbox = Sandbox::new();
    let config = sandbox.write("config.toml", "[store]\nmax_entries = 20\n");
    let user: &[&str] = if rustix::process::geteuid().is_root() { &[] } else { &["-r"] };
    for number in 0..60 {
        let word = number.to_string();
        let call = sandbox.bare(["unshare", "-pf"]).args(user);
        let ran = call.args([OMOIDE, "--", "echo", &word]).env("OMOIDE_CONFIG", &config).run();
        ran.prints(format!("{word}\n"));
    }
    let entries = sandbox.stored("entries").len();
    assert!((20..30).contains(&entries), "{entries} entries");
}
