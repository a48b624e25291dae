//! The cache never breaks the command: wherever the cache folder is and whatever became of what
//! is in it, the command runs, says what it says, and one line tells what is wrong.

mod common;

use std::fs::{self, Permissions};
use std::os::unix::fs::{FileExt, PermissionsExt, chown, symlink};
use std::path::{Path, PathBuf};

use common::{Call, Counter, ReadOnly, Sandbox, Tiny, remove};

/// Larger than what an entry holds itself.
const LARGE: [&str; 2] = ["seq", "100000"];

/// A command that says something on both streams and ends with a status of its own.
const TALKS: [&str; 3] = ["sh", "-c", "echo out; echo err >&2; exit 3"];

/// Bare, but for one line of ours on standard error.
#[track_caller]
fn runs_as_if_bare_with_one_warning(call: Call) {
    let ran = call.run();
    assert_eq!((ran.out_text().as_str(), ran.status.code()), ("out\n", Some(3)), "{ran:?}");
    let err = ran.err_text();
    let (ours, others): (Vec<_>, Vec<_>) =
        err.lines().partition(|line| line.starts_with("omoide: "));
    assert_eq!((ours.len(), others), (1, vec!["err"]), "{ran:?}");
}

fn sandbox_and_counter() -> (Sandbox, Counter) {
    let sandbox = Sandbox::new();
    let tick = sandbox.ticking("tick");
    (sandbox, tick)
}

mod unusable_places {
    use super::*;

    /// With a cache folder that was made like this, a call runs as if bare.
    #[track_caller]
    fn is_no_obstacle(make: impl FnOnce(&Path)) {
        let sandbox = Sandbox::new();
        make(&sandbox.cache());
        runs_as_if_bare_with_one_warning(sandbox.omoide(TALKS));
        runs_as_if_bare_with_one_warning(sandbox.omoide(TALKS));
    }

    #[test]
    fn a_file_in_its_place() {
        is_no_obstacle(|cache| fs::write(cache, "mine").expect("a file"));
    }

    #[test]
    fn a_file_above_it() {
        let sandbox = Sandbox::new();
        let below = sandbox.write("file", "mine").join("cache");
        runs_as_if_bare_with_one_warning(sandbox.omoide(TALKS).env("OMOIDE_CACHE_DIR", below));
    }

    #[test]
    fn a_link_to_a_folder() {
        is_no_obstacle(|cache| {
            let elsewhere = cache.with_file_name("elsewhere");
            fs::create_dir(&elsewhere).expect("a folder");
            symlink(elsewhere, cache).expect("a link");
        });
    }

    #[test]
    fn a_link_with_a_slash_behind_it() {
        let sandbox = Sandbox::new();
        fs::create_dir(sandbox.path("elsewhere")).expect("a folder");
        symlink("elsewhere", sandbox.path("link")).expect("a link");
        for spelled in ["link/", "link//", "./link/."] {
            runs_as_if_bare_with_one_warning(
                sandbox.omoide(TALKS).env("OMOIDE_CACHE_DIR", spelled),
            );
        }
        assert!(!sandbox.path("elsewhere/v2").exists());
    }

    #[test]
    fn a_link_to_nowhere() {
        is_no_obstacle(|cache| symlink("/no/such/folder", cache).expect("a link"));
    }

    #[test]
    fn a_link_inside_it() {
        is_no_obstacle(|cache| {
            fs::create_dir(cache).expect("a folder");
            symlink("/tmp", cache.join("v2")).expect("a link");
        });
    }

    #[test]
    fn somebody_elses_folder() {
        const NOBODY: u32 = 65534;
        if rustix::process::geteuid().is_root() {
            is_no_obstacle(|cache| {
                fs::create_dir(cache).expect("a folder");
                chown(cache, Some(NOBODY), Some(NOBODY)).expect("to give it away");
            });
        } else {
            let sandbox = Sandbox::new();
            runs_as_if_bare_with_one_warning(sandbox.omoide(TALKS).env("OMOIDE_CACHE_DIR", "/usr"));
        }
    }

    #[test]
    fn a_folder_that_others_can_write_to() {
        is_no_obstacle(|cache| {
            fs::create_dir_all(cache.join("v2")).expect("folders");
            fs::set_permissions(cache.join("v2"), Permissions::from_mode(0o777)).expect("a mode");
        });
    }

    #[test]
    fn a_folder_whose_own_folder_others_can_write_to() {
        for mode in [0o777, 0o1777, 0o770, 0o702] {
            let (sandbox, tick) = sandbox_and_counter();
            // Before anything is in it, and when something is.
            for made_by_us in [false, true] {
                if made_by_us {
                    sandbox.omoide(["tick"]).run();
                } else {
                    fs::create_dir(sandbox.cache()).expect("a folder");
                }
                let open = Permissions::from_mode(mode);
                fs::set_permissions(sandbox.cache(), open).expect("a mode");
                let ran = sandbox.omoide(["tick"]).run();
                ran.warned_once();
                assert!(ran.err_text().contains("can be written by other users"), "{ran:?}");
                tick.ran(if made_by_us { 3 } else { 1 });
                assert!(made_by_us || !sandbox.store("").exists(), "{mode:o}");
                fs::set_permissions(sandbox.cache(), Permissions::from_mode(0o755))
                    .expect("a mode");
            }
        }
    }

    #[test]
    fn a_folder_of_a_newer_format() {
        is_no_obstacle(|cache| {
            fs::create_dir_all(cache.join("v2")).expect("folders");
            fs::set_permissions(cache.join("v2"), Permissions::from_mode(0o700)).expect("a mode");
            fs::write(cache.join("v2/format"), "99\n").expect("a file");
        });
        is_no_obstacle(|cache| fs::create_dir_all(cache.join("v99")).expect("folders"));
    }

    #[test]
    fn a_folder_of_a_newer_format_is_left_alone() {
        let sandbox = Sandbox::new();
        fs::create_dir_all(sandbox.cache().join("v99")).expect("folders");
        sandbox.omoide(TALKS).run();
        let names: Vec<_> = fs::read_dir(sandbox.cache())
            .expect("a folder")
            .map(|entry| entry.expect("an entry").file_name())
            .collect();
        assert_eq!(names, ["v99"]);
    }

    #[test]
    fn a_folder_that_can_only_be_read() {
        let sandbox = Sandbox::new();
        runs_as_if_bare_with_one_warning(ReadOnly::omoide(&sandbox, &TALKS));
    }

    #[test]
    fn hits_are_served_from_a_folder_that_can_only_be_read() {
        let sandbox = Sandbox::new();
        for words in [&["echo", "kept"][..], &LARGE] {
            let expected = sandbox.omoide(words).without("OMOIDE_CACHE_DIR").run();
            sandbox.omoide(words).run().same_as(&expected);
            sandbox.settle();
            let cached = [&["--cached-only"], words].concat();
            ReadOnly::omoide(&sandbox, &cached).run().same_as(&expected);
        }
    }

    #[test]
    fn misses_beside_stored_entries_in_a_folder_that_can_only_be_read() {
        let sandbox = Sandbox::new();
        sandbox.omoide(["echo", "kept"]).run().prints("kept\n");
        sandbox.settle();
        runs_as_if_bare_with_one_warning(ReadOnly::omoide(&sandbox, &TALKS));
    }

    #[test]
    fn without_a_home() {
        for home in ["", "/no/such/home", "relative"] {
            let sandbox = Sandbox::new();
            let call = sandbox.omoide(TALKS).without("OMOIDE_CACHE_DIR").env("HOME", home);
            let ran = call.run();
            assert_eq!((ran.out_text().as_str(), ran.status.code()), ("out\n", Some(3)), "{ran:?}");
            let _ = fs::remove_dir_all("/no/such/home");
        }
    }

    #[test]
    fn with_home_unset_or_empty_there_is_one_warning() {
        let sandbox = Sandbox::new();
        let call = || sandbox.omoide(TALKS).without("OMOIDE_CACHE_DIR");
        runs_as_if_bare_with_one_warning(call().without("HOME"));
        runs_as_if_bare_with_one_warning(call().env("HOME", ""));
    }

    #[test]
    fn somebody_elses_home() {
        if !rustix::process::geteuid().is_root() {
            // Only root can give a folder away.
            return;
        }
        let sandbox = Sandbox::new();
        chown(sandbox.home(), Some(65534), Some(65534)).expect("to give it away");
        let call = sandbox.omoide(TALKS).without("OMOIDE_CACHE_DIR");
        runs_as_if_bare_with_one_warning(call);
        assert_eq!(fs::read_dir(sandbox.home()).expect("a folder").count(), 0);
    }

    #[test]
    fn the_usual_place_is_made_for_nobody_else() {
        let (sandbox, tick) = sandbox_and_counter();
        let call = || sandbox.shell("umask 000; omoide tick").without("OMOIDE_CACHE_DIR").run();
        call().prints("run 1\n");
        call().prints("run 1\n");
        tick.ran(1);
        let folder = sandbox.home().join(".cache/omoide");
        let mode = fs::metadata(folder).expect("a folder").permissions().mode();
        assert_eq!(mode & 0o777, 0o700);
    }

    #[test]
    fn the_option_goes_before_the_variable() {
        let sandbox = Sandbox::new();
        let named = sandbox.root().join("named");
        sandbox.omoide(["--cache-dir"]).arg(&named).args(["echo", "hi"]).run().prints("hi\n");
        assert!(named.join("v2").is_dir());
        assert!(!sandbox.cache().exists());
    }

    #[test]
    fn cached_only_says_that_nothing_is_cached() {
        let sandbox = Sandbox::new();
        fs::write(sandbox.cache(), "mine").expect("a file");
        let ran = sandbox.omoide(["--cached-only", "echo", "hi"]).run();
        assert_eq!((ran.out_text().as_str(), ran.status.code()), ("", Some(125)));
        ran.warned_once();
    }
}

mod full_places {
    use super::*;

    #[test]
    fn no_room_at_all() {
        let sandbox = Sandbox::new();
        runs_as_if_bare_with_one_warning(Tiny::omoide(&sandbox, 4, &TALKS));
    }

    #[test]
    fn no_room_for_the_output() {
        let sandbox = Sandbox::new();
        let expected = sandbox.bare(LARGE).run();
        let ran = Tiny::omoide(&sandbox, 128, &LARGE).run();
        assert_eq!(ran.status.code(), Some(0));
        assert!(ran.out == expected.out);
        ran.warned_once();
    }

    #[test]
    fn no_room_for_either_stream() {
        let sandbox = Sandbox::new();
        let script = ["sh", "-c", "seq 100000; seq 100000 >&2; exit 3"];
        let expected = sandbox.bare(script).merged().run();
        let ran = Tiny::omoide(&sandbox, 128, &script).merged().run();
        assert_eq!(ran.status.code(), Some(3));
        assert!(ran.out.starts_with(&expected.out), "{ran:?}");
    }

    #[test]
    fn no_room_for_what_is_withheld() {
        let sandbox = Sandbox::new();
        let script = "[ -e more ] && seq 100000; [ -e more ] || echo good; rm -f more";
        let call = "omoide --stale-if-error --ttl 1ns sh -c \"$S\"";
        let both = format!("{call}; touch more; {call}");
        // Both calls in one namespace, as the file system ends with it.
        let line =
            format!("mount -t tmpfs -o size=200k,mode=700 none \"$OMOIDE_CACHE_DIR\"; {both}");
        fs::create_dir(sandbox.cache()).expect("a folder");
        let expected = sandbox.shell("echo good; seq 100000").run();
        let call = sandbox.bare(["unshare", "-rm", "sh", "-c", &line]).env("S", script);
        let ran = call.run();
        assert!(ran.out == expected.out, "{ran:?}");
        assert!(ran.err_text().contains("omoide: "), "{ran:?}");
    }

    #[test]
    fn a_limit_on_the_size_of_files() {
        let sandbox = Sandbox::new();
        let expected = sandbox.bare(LARGE).run();
        // In blocks of 512 bytes.
        let ran = sandbox.shell("ulimit -f 100; omoide seq 100000").run();
        assert_eq!(ran.status.code(), Some(0), "{ran:?}");
        assert!(ran.out == expected.out);
        ran.warned_once();
        assert!(!sandbox.is_cached(LARGE));
    }

    #[test]
    fn hits_go_uncounted_past_a_limit_on_the_size_of_files() {
        let sandbox = Sandbox::new();
        for _ in ["miss", "first hit"] {
            sandbox.omoide(["echo", "hi"]).run().prints("hi\n");
        }
        let hits = sandbox.only_stored("hits");
        fs::write(&hits, [1; 1024]).expect("a file");
        sandbox.shell("ulimit -f 2; exec omoide echo hi").run().prints("hi\n");
        assert_eq!(fs::read(&hits).expect("a file"), [1; 1024]);
    }

    #[test]
    fn no_form_of_a_call_is_ended_where_nothing_can_be_written_to_a_file() {
        let sandbox = Sandbox::new();
        sandbox.write("input", "content");
        sandbox.omoide(["echo", "stored"]).run().prints("stored\n");
        let calls = [
            ("a hit", "echo stored", "stored\n"),
            ("a policy that is adopted", "--ttl 1h echo stored", "stored\n"),
            ("a miss", "echo new", "new\n"),
            ("a forced miss", "--force echo stored", "stored\n"),
            ("a large output", "sh -c 'seq 100000 | tail -n 1; seq 100000 >&2'", "100000\n"),
            ("a failure", "--failure-ttl 1h sh -c 'echo failed; exit 3'", "failed\n"),
            ("no rescue", "--stale-if-error echo rescued", "rescued\n"),
            ("an input", "--input input cat input", "content"),
            ("a timeout", "--timeout 1m echo new", "new\n"),
        ];
        for (what, words, out) in calls {
            let line = format!("ulimit -f 0; exec omoide {words}");
            let ran = sandbox.shell(&line).run();
            let status = if what == "a failure" { 3 } else { 0 };
            assert_eq!((ran.out_text().as_str(), ran.status.code()), (out, Some(status)), "{what}");
            let ours = ran.err_text().lines().filter(|line| line.starts_with("omoide: ")).count();
            assert!(ours <= 1, "{what}: {ran:?}");
        }
    }

    #[test]
    fn what_goes_on_in_the_background_is_not_ended_by_a_limit_on_the_size_of_files() {
        let sandbox = Sandbox::new();
        let gate = sandbox.gate("running");
        sandbox.script("says", &format!("{}; echo said", gate.announce()));
        let call = |line: &str| sandbox.shell(line).run().prints("said\n");
        call("omoide --stale 1ns says");
        gate.arrived();
        call("ulimit -f 0; exec omoide --stale 1ns says");
        gate.arrived();
        // What couldn't be stored is left for later.
        call("omoide --force says");
        gate.arrived();
        sandbox.shell("ulimit -f 0; exec omoide warm --force says").run().prints("");
        gate.arrived();
    }

    #[test]
    fn verbs_that_cannot_write_say_so() {
        let sandbox = Sandbox::new();
        sandbox.omoide(["echo", "hi"]).run().prints("hi\n");
        sandbox.settle();
        let entries = sandbox.json(["list", "--json"]);
        let show = format!("show {}", entries["entries"][0]["id"].as_str().expect("an id"));
        let verbs = [
            "list",
            "list --json",
            "stats",
            "gc",
            "doctor",
            "config show",
            &show,
            "check echo hi",
            "explain echo hi",
            "completions bash",
            "man",
            "--help",
            "daemon status",
            "forget --all",
        ];
        for verb in verbs {
            let line = format!("(ulimit -f 0; exec omoide {verb} >listing)");
            let ran = sandbox.shell(&line).run();
            assert_eq!(ran.status.code(), Some(if verb == "--help" { 125 } else { 1 }), "{verb}");
            // Where the catalog can't be written either, a line says what was done without it.
            let err = ran.err_text();
            let lines: Vec<&str> = err.lines().collect();
            let [before @ .., last] = lines.as_slice() else { panic!("{verb}: {ran:?}") };
            assert!(last.starts_with("omoide: ") && last.contains("File too large"), "{ran:?}");
            assert!(
                before.len() < 2 && before.iter().all(|line| line.contains("catalog")),
                "{ran:?}"
            );
        }
    }

    #[test]
    fn the_limit_still_holds_for_the_command() {
        let sandbox = Sandbox::new();
        let line = "ulimit -f 1; omoide sh -c 'seq 100000 >file'; echo $?";
        let bare = "ulimit -f 1; sh -c 'seq 100000 >file'; echo $?";
        let expected = sandbox.shell(bare).run();
        assert!(!expected.out.starts_with(b"0"), "{expected:?}");
        assert_eq!(sandbox.shell(line).run().out, expected.out);
    }
}

mod few_descriptors {
    use super::*;

    /// A call of a program with at most so many descriptors.
    fn limited(sandbox: &Sandbox, limit: u32, words: &[&str]) -> Call {
        let limit = format!("--nofile={limit}");
        sandbox.bare(["prlimit", &limit].iter().chain(words))
    }

    /// The command runs as it does bare wherever it does with that limit.
    #[track_caller]
    fn run_as_bare(sandbox: &Sandbox, limit: u32, options: &[&str], command: &[&str]) {
        let reads = if options.contains(&"--stdin") { "input" } else { "" };
        let expected = limited(sandbox, limit, command).stdin(reads).run();
        let words = [&[common::OMOIDE], options, &["--"], command].concat();
        let ran = limited(sandbox, limit, &words).stdin("input").run();
        let said = ran.err_text();
        let (ours, others): (Vec<_>, Vec<_>) =
            said.lines().partition(|line| line.starts_with("omoide: "));
        let what = format!("{limit} descriptors, {options:?}: {ran:?}");
        assert!((&ran.out, ran.status) == (&expected.out, expected.status), "{what}");
        assert_eq!(others, expected.err_text().lines().collect::<Vec<_>>(), "{what}");
        assert!(ours.len() <= 1, "{what}");
    }

    #[test]
    fn keep_no_command_from_running() {
        let sandbox = Sandbox::new();
        sandbox.write("input", "content");
        let all: [&[&str]; 7] = [
            &[],
            &["--force"],
            &["--stdin"],
            &["--input", "input"],
            &["--timeout", "1m"],
            &["--stdin", "--timeout", "1m"],
            &["--stale", "1ns", "--tag", "new"],
        ];
        let commands: [&[&str]; 2] = [&["cat"], &LARGE];
        for limit in (3..=12).chain([16, 20, 24]) {
            for is_stored in [false, true] {
                for (options, command) in all.iter().flat_map(|o| commands.map(|c| (*o, c))) {
                    if is_stored {
                        sandbox.omoide([options, &["--"], command].concat()).stdin("input").run();
                    }
                    run_as_bare(&sandbox, limit, options, command);
                }
                run_as_bare(&sandbox, limit, &[], &TALKS);
                sandbox.settle();
            }
            sandbox.remove_cache();
        }
    }

    #[test]
    fn keep_no_subcommand_from_ending() {
        let sandbox = Sandbox::new();
        sandbox.omoide(["echo", "hi"]).run().prints("hi\n");
        let verbs: [&[&str]; 6] = [
            &["list"],
            &["stats"],
            &["gc"],
            &["check", "echo", "hi"],
            &["doctor"],
            &["forget", "--all"],
        ];
        for limit in 3..=12 {
            for verb in verbs {
                let words = [&[common::OMOIDE], verb].concat();
                let ran = limited(&sandbox, limit, &words).run();
                assert!(matches!(ran.status.code(), Some(0 | 1)), "{limit}, {verb:?}: {ran:?}");
                assert!(ran.err_text().lines().count() <= 1, "{limit}, {verb:?}: {ran:?}");
            }
        }
    }

    #[test]
    fn leave_a_timeout_in_force() {
        let sandbox = Sandbox::new();
        // With four, the program has one for itself.
        for limit in 4..=10 {
            let call = ["--timeout", "200ms", "--", "sleep", "1000"];
            let words = [&[common::OMOIDE][..], &call].concat();
            let ran = limited(&sandbox, limit, &words).run();
            assert_eq!(ran.status.code(), Some(124), "{limit}: {ran:?}");
        }
    }

    #[test]
    fn leave_signals_to_the_command() {
        let sandbox = Sandbox::new();
        let script = "trap 'echo heard; exit 7' TERM; echo ready; while :; do sleep 0.1; done";
        let words = [common::OMOIDE, "--timeout", "1m", "--", "sh", "-c", script];
        let (mut said, writer) = common::Reader::new();
        let running = limited(&sandbox, 5, &words).writes(writer, std::process::Stdio::null());
        let running = running.start();
        assert_eq!(said.take(6), b"ready\n");
        running.signal(rustix::process::Signal::TERM);
        assert_eq!(running.finish().status.code(), Some(7));
        assert_eq!(said.rest(), b"heard\n");
    }
}

mod damage {
    use super::*;

    /// What happens to a file.
    type Harm = fn(&Path);

    const HARMS: [(&str, Harm); 9] = [
        ("emptied", |path| fs::write(path, "").expect("to write")),
        ("cut by a byte", |path| cut(path, |len| len - 1)),
        ("cut in half", |path| cut(path, |len| len / 2)),
        ("cut to a few bytes", |path| cut(path, |_| 7)),
        ("garbage", |path| fs::write(path, [0xa5; 4096]).expect("to write")),
        ("longer", |path| change(path, |bytes| bytes.push(0))),
        ("a bit flipped at the start", |path| change(path, |bytes| bytes[0] ^= 1)),
        ("a bit flipped in the middle", |path| {
            change(path, |bytes| {
                let middle = bytes.len() / 2;
                bytes[middle] ^= 0x10;
            });
        }),
        ("a bit flipped at the end", |path| {
            change(path, |bytes| *bytes.last_mut().expect("a byte") ^= 0x80);
        }),
    ];

    fn cut(path: &Path, to: impl Fn(u64) -> u64) {
        let file = fs::File::options().write(true).open(path).expect("a file");
        let len = file.metadata().expect("metadata").len();
        file.set_len(to(len)).expect("to cut it");
    }

    fn change(path: &Path, change: impl Fn(&mut Vec<u8>)) {
        let mut bytes = fs::read(path).expect("a file");
        change(&mut bytes);
        fs::write(path, bytes).expect("to write");
    }

    /// Whatever harm is done to the only file of a folder, the next call runs the command and
    /// stores its result anew.
    #[track_caller]
    fn is_made_good(folder: &str, body: &str) {
        for (what, harm) in HARMS {
            let sandbox = Sandbox::new();
            let counter = sandbox.counted("says", body);
            let expected = sandbox.omoide(["says"]).run();
            sandbox.settle();
            harm(&sandbox.only_stored(folder));
            let after = sandbox.omoide(["says"]).run();
            assert!(after == expected, "{what}: {after:?}");
            assert_eq!(counter.runs(), 2, "{what}");
            sandbox.omoide(["--cached-only", "says"]).run().same_as(&expected);
        }
    }

    #[test]
    fn of_an_entry_is_made_good() {
        is_made_good("entries", "echo said; echo told >&2");
    }

    #[test]
    fn of_an_entry_with_a_blob_is_made_good() {
        is_made_good("entries", "seq 20000");
    }

    #[test]
    fn of_a_blob_is_made_good() {
        is_made_good("blobs", "seq 20000; seq 9 >&2");
    }

    #[test]
    fn of_a_blob_that_keeps_its_time_is_made_good() {
        let sandbox = Sandbox::new();
        let counter = sandbox.counted("says", "seq 20000");
        let expected = sandbox.omoide(["says"]).run();
        let blob = sandbox.only_stored("blobs");
        let copy = blob.with_extension("copy");
        let time = fs::metadata(&blob).and_then(|metadata| metadata.modified()).expect("a time");
        fs::copy(&blob, &copy).expect("a copy");
        change(&copy, |bytes| bytes[100] ^= 1);
        fs::File::open(&copy).and_then(|file| file.set_modified(time)).expect("to set its time");
        fs::rename(&copy, &blob).expect("to replace it");
        sandbox.omoide(["says"]).run().same_as(&expected);
        counter.ran(2);
    }

    #[test]
    fn of_a_blobs_frame_table_that_shows_in_no_time_is_made_good() {
        for harm in [0xff, 0x00, 0x80, 0x03] {
            let sandbox = Sandbox::new();
            let counter = sandbox.counted("says", "seq 20000; seq 9 >&2");
            let expected = sandbox.omoide(["says"]).run();
            let blob = sandbox.only_stored("blobs");
            let time =
                fs::metadata(&blob).and_then(|metadata| metadata.modified()).expect("a time");
            let file = fs::File::options().write(true).open(&blob).expect("a file");
            let end = file.metadata().expect("metadata").len();
            file.write_all_at(&[harm], end - 1).expect("to write");
            file.set_modified(time).expect("to set its time");
            sandbox.omoide(["says"]).run().same_as(&expected);
            counter.ran(2);
            sandbox.omoide(["--cached-only", "says"]).run().same_as(&expected);
        }
    }

    /// A stored call, made again while these system calls of omoide's fail.
    fn with_failing(sandbox: &Sandbox, calls: &[&str], words: &[&str]) -> common::Ran {
        let mut line = vec!["strace".to_owned(), "-qq".to_owned(), "-o/dev/null".to_owned()];
        line.extend(calls.iter().map(|call| format!("--inject={call}")));
        let traced = line.iter().map(String::as_str).chain([common::OMOIDE]);
        sandbox.bare(traced.chain(words.iter().copied())).run()
    }

    #[test]
    fn of_the_disk_below_what_is_stored_is_made_good_before_the_first_byte() {
        let blob = "seq 20000; seq 9 >&2";
        let read = ["sendfile,copy_file_range:error=EIO", "pread64:error=EIO:when=2+"];
        let cases: [(&str, &[&str]); 2] = [(blob, &["pread64:error=EIO"]), (blob, &read)];
        for (body, fails) in cases {
            let sandbox = Sandbox::new();
            let counter = sandbox.counted("says", body);
            let expected = sandbox.omoide(["says"]).run();
            let ran = with_failing(&sandbox, fails, &["says"]);
            assert!(ran == expected, "{fails:?}: {ran:?}");
            counter.ran(2);
            sandbox.omoide(["--cached-only", "says"]).run().same_as(&expected);
        }
    }

    #[test]
    fn of_the_disk_below_an_entry_is_made_good() {
        let sandbox = Sandbox::new();
        let counter = sandbox.counted("says", "echo said");
        sandbox.omoide(["says"]).run().prints("said\n");
        let entry = sandbox.only_stored("entries");
        let strace = ["strace", "-qq", "-o/dev/null", "--inject=read:error=EIO", "-P"];
        let traced = sandbox.bare(strace).arg(&entry).args([common::OMOIDE, "says"]);
        traced.run().prints("said\n");
        counter.ran(2);
        sandbox.omoide(["--cached-only", "says"]).run().prints("said\n");
    }

    #[test]
    fn of_the_disk_that_shows_once_costs_no_entry() {
        let sandbox = Sandbox::new();
        let counter = sandbox.counted("says", "echo said");
        sandbox.omoide(["says"]).run().prints("said\n");
        with_failing(&sandbox, &["read:error=EIO:when=1"], &["says"]).prints("said\n");
        counter.ran(1);
    }

    #[test]
    fn of_the_disk_below_a_blob_that_shows_too_late_is_told_and_made_good_by_the_next_call() {
        let sandbox = Sandbox::new();
        let counter = sandbox.counted("says", "seq 20000; seq 9 >&2");
        let expected = sandbox.omoide(["says"]).run();
        let fails = ["sendfile,copy_file_range:error=EIO:when=2+", "pread64:error=EIO:when=2+"];
        let ran = with_failing(&sandbox, &fails, &["says"]);
        assert!(!ran.out.is_empty() && expected.out.starts_with(&ran.out), "{ran:?}");
        assert_eq!(ran.status.code(), Some(125), "{ran:?}");
        ran.warned_once();
        counter.ran(1);
        sandbox.omoide(["says"]).run().same_as(&expected);
        counter.ran(2);
    }

    #[test]
    fn a_rescue_that_can_not_be_read_leaves_the_failure_as_it_is() {
        let sandbox = Sandbox::new();
        let script = "[ -e bad ] && { echo bad; exit 3; }; seq 20000";
        sandbox.script("says", script);
        sandbox.omoide(["says"]).run();
        sandbox.write("bad", "");
        let fails = ["sendfile,copy_file_range:error=EIO", "pread64:error=EIO:when=2+"];
        let words = ["--force", "--stale-if-error", "says"];
        let ran = with_failing(&sandbox, &fails, &words);
        assert_eq!((ran.out_text().as_str(), ran.status.code()), ("bad\n", Some(3)), "{ran:?}");
    }

    #[test]
    fn a_restored_copy_of_a_blob_serves() {
        let sandbox = Sandbox::new();
        let counter = sandbox.counted("says", "seq 20000");
        let expected = sandbox.omoide(["says"]).run();
        let blob = sandbox.only_stored("blobs");
        let content = fs::read(&blob).expect("a file");
        fs::remove_file(&blob).expect("to remove it");
        fs::write(&blob, content).expect("a file");
        sandbox.omoide(["says"]).run().same_as(&expected);
        counter.ran(1);
    }

    #[test]
    fn what_is_damaged_is_set_aside() {
        let sandbox = Sandbox::new();
        sandbox.omoide(["echo", "hi"]).run();
        sandbox.settle();
        cut(&sandbox.only_stored("entries"), |len| len / 2);
        sandbox.omoide(["echo", "hi"]).run().prints("hi\n");
        assert_eq!(sandbox.stored("quarantine").len(), 1);
    }

    #[test]
    fn an_entry_under_another_ones_name_is_not_served() {
        let sandbox = Sandbox::new();
        sandbox.omoide(["echo", "one"]).run();
        let one = sandbox.only_stored("entries");
        sandbox.omoide(["echo", "two"]).run();
        let both = sandbox.stored("entries");
        let two = both.iter().find(|path| **path != one).expect("another one");
        fs::copy(&one, two).expect("a copy");
        sandbox.omoide(["echo", "two"]).run().prints("two\n");
    }

    #[test]
    fn an_entry_of_another_version_is_left_alone() {
        let sandbox = Sandbox::new();
        let counter = sandbox.ticking("tick");
        sandbox.omoide(["tick"]).run();
        let entry = sandbox.only_stored("entries");
        change(&entry, |bytes| bytes[6] = 99);
        let content = fs::read(&entry).expect("a file");
        let ran = sandbox.omoide(["--no-store", "tick"]).run();
        assert_eq!(ran.out_text(), "run 2\n");
        assert_eq!(fs::read(&entry).expect("a file"), content);
        assert!(sandbox.stored("quarantine").is_empty());
        counter.ran(2);
    }

    #[test]
    fn an_entry_of_somebody_elses_is_a_miss() {
        if !rustix::process::geteuid().is_root() {
            return;
        }
        let sandbox = Sandbox::new();
        let tick = sandbox.ticking("tick");
        sandbox.omoide(["tick"]).run().prints("run 1\n");
        chown(sandbox.only_stored("entries"), Some(65534), None).expect("to give it away");
        sandbox.omoide(["tick"]).run().prints("run 2\n");
        sandbox.omoide(["tick"]).run().prints("run 2\n");
        tick.ran(2);
    }

    #[test]
    fn something_odd_in_the_place_of_an_entry_is_no_obstacle() {
        let odd: [(&str, Harm); 3] = [
            ("a folder", |path| fs::create_dir(path).expect("a folder")),
            ("a link", |path| symlink("/etc/passwd", path).expect("a link")),
            ("a fifo", |path| {
                let made = std::process::Command::new("mkfifo").arg(path).status();
                assert!(made.expect("mkfifo").success());
            }),
        ];
        for (what, make) in odd {
            let sandbox = Sandbox::new();
            sandbox.omoide(["echo", "hi"]).run();
            sandbox.settle();
            let entry = sandbox.only_stored("entries");
            fs::remove_file(&entry).expect("to remove it");
            make(&entry);
            let ran = sandbox.omoide(["echo", "hi"]).run();
            assert_eq!((ran.out_text().as_str(), ran.status.code()), ("hi\n", Some(0)), "{what}");
        }
    }

    #[test]
    fn hits_joined_by_a_deduplicating_tool_are_counted_apart() {
        let sandbox = Sandbox::new();
        for word in ["one", "two"] {
            sandbox.omoide(["echo", word]).run();
            sandbox.omoide(["echo", word]).run();
        }
        let hits = sandbox.stored("hits");
        fs::remove_file(&hits[1]).expect("to remove it");
        fs::hard_link(&hits[0], &hits[1]).expect("a link");
        sandbox.omoide(["echo", "one"]).run();
        let lengths: Vec<u64> =
            hits.iter().map(|path| fs::metadata(path).expect("a file").len()).collect();
        assert_eq!(lengths.iter().sum::<u64>(), 3 * 16, "{lengths:?}");
    }
}

mod removal {
    use super::*;

    fn everything_in(folder: &Path) -> Vec<PathBuf> {
        let entries = fs::read_dir(folder).expect("a folder");
        let mut paths: Vec<_> = entries.map(|entry| entry.expect("an entry").path()).collect();
        paths.sort();
        paths
    }

    #[test]
    fn of_anything_in_the_store_is_no_obstacle_to_the_next_call() {
        let filled = |sandbox: &Sandbox| {
            for words in [&["echo", "hi"][..], &LARGE] {
                sandbox.omoide(words).run();
                sandbox.omoide(words).run();
            }
            sandbox.settle();
        };
        let sandbox = Sandbox::new();
        let expected = sandbox.bare(LARGE).run();
        filled(&sandbox);
        let names: Vec<_> = everything_in(&sandbox.store(""))
            .iter()
            .map(|path| path.file_name().expect("a name").to_owned())
            .collect();
        assert!(names.len() > 5, "{names:?}");
        for name in names {
            filled(&sandbox);
            remove(&sandbox.store("").join(&name));
            sandbox.omoide(["echo", "hi"]).run().prints("hi\n");
            sandbox.omoide(LARGE).run().same_as(&expected);
            sandbox.omoide(["echo", "new"]).run().prints("new\n");
            assert!(sandbox.is_cached(["echo", "hi"]), "{}", name.display());
            assert!(sandbox.is_cached(LARGE), "{}", name.display());
            sandbox.remove_cache();
        }
    }

    #[test]
    fn of_the_whole_cache_is_no_obstacle() {
        let (sandbox, _) = sandbox_and_counter();
        sandbox.omoide(["tick"]).run().prints("run 1\n");
        sandbox.remove_cache();
        sandbox.omoide(["tick"]).run().prints("run 2\n");
        sandbox.omoide(["tick"]).run().prints("run 2\n");
    }

    #[test]
    fn of_the_whole_cache_while_a_command_runs_is_no_obstacle() {
        let sandbox = Sandbox::new();
        let gate = sandbox.gate("running");
        for body in ["echo done", "seq 100000"] {
            let expected = sandbox.shell(body).run();
            let log = sandbox.counted("slow", &format!("{}; {body}", gate.pass()));
            let before = log.runs();
            let running = sandbox.omoide(["slow"]).start();
            gate.arrived();
            sandbox.remove_cache();
            gate.release();
            let ran = running.finish();
            assert_eq!((&ran.out, ran.status), (&expected.out, expected.status));
            assert_eq!(log.runs() - before, 1);
        }
    }

    #[test]
    fn of_a_folder_while_a_command_runs_is_no_obstacle() {
        for folder in ["entries", "blobs", "locks", "pending", "tmp", "hits"] {
            let sandbox = Sandbox::new();
            let gate = sandbox.gate("running");
            sandbox.script("slow", &format!("{}; seq 100000", gate.pass()));
            let running = sandbox.omoide(["slow"]).start();
            gate.arrived();
            remove(&sandbox.store(folder));
            gate.release();
            running.finish().same_as(&sandbox.bare(LARGE).run());
        }
    }
}

mod without_the_cache {
    use super::*;

    /// Without the cache, for want of a configuration that can be read.
    const BAD: [&str; 2] = ["--config", "/dev/zero"];

    #[test]
    fn a_command_with_a_timeout_whose_output_can_not_be_written_has_failed() {
        let sandbox = Sandbox::new();
        let line = format!("omoide {} {} --timeout 60s -- echo hi >/dev/full", BAD[0], BAD[1]);
        let ran = sandbox.shell(&line).run();
        assert_eq!(ran.status.code(), Some(125), "{ran:?}");
        assert!(ran.err_text().contains("No space left on device"), "{ran:?}");
    }

    #[test]
    fn a_folder_on_path_that_is_broken_is_passed_over() {
        let sandbox = Sandbox::new();
        let broken = sandbox.root().join("broken");
        fs::create_dir(&broken).expect("made");
        let program = broken.join("echo");
        for error in ["EIO", "ENOTCONN"] {
            let inject = format!("--inject=openat,openat2,newfstatat:error={error}");
            let path = format!("{}:/usr/bin:/bin", broken.display());
            let strace = ["strace", "-qq", "-o/dev/null", &inject, "-P"];
            let traced = sandbox.bare(strace).arg(&program).args([common::OMOIDE, "echo", "hi"]);
            traced.env("PATH", path).run().prints("hi\n");
        }
    }
}
