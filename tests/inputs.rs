//! `--input`, `--input-mtime` and `--input-args` through the program itself: what a change of a
//! file does to the next call.

mod common;

use std::ffi::OsStr;
use std::fs::{self, File, FileTimes};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::time::{Duration, SystemTime};

use common::{Counter, Sandbox};

/// A sandbox with a script that says which run it is.
fn ticking() -> (Sandbox, Counter) {
    let sandbox = Sandbox::new();
    let tick = sandbox.ticking("tick");
    (sandbox, tick)
}

/// Calls `tick` with these options, and says whether it was served.
#[track_caller]
fn is_hit(sandbox: &Sandbox, tick: &Counter, options: &[&str]) -> bool {
    let before = tick.runs();
    let ran = sandbox.omoide(options).args(["--", "tick"]).run();
    assert!(ran.status.success() && ran.err.is_empty(), "{ran:?}");
    tick.runs() == before
}

/// After `change`, a call with these options is a miss, and the one after it a hit.
#[track_caller]
fn misses(options: &[&str], prepare: impl Fn(&Sandbox), change: impl Fn(&Sandbox)) {
    let (sandbox, tick) = ticking();
    prepare(&sandbox);
    assert!(!is_hit(&sandbox, &tick, options), "the first call");
    assert!(is_hit(&sandbox, &tick, options), "before the change");
    change(&sandbox);
    assert!(!is_hit(&sandbox, &tick, options), "after the change");
    assert!(is_hit(&sandbox, &tick, options), "after the change, again");
}

/// After `change`, a call with these options is a hit.
#[track_caller]
fn still_hits(options: &[&str], prepare: impl Fn(&Sandbox), change: impl Fn(&Sandbox)) {
    let (sandbox, tick) = ticking();
    prepare(&sandbox);
    assert!(!is_hit(&sandbox, &tick, options), "the first call");
    change(&sandbox);
    assert!(is_hit(&sandbox, &tick, options), "after the change");
}

fn one_file(sandbox: &Sandbox) {
    sandbox.write("a", "one");
}

fn touch(sandbox: &Sandbox, name: &str) {
    let time = SystemTime::UNIX_EPOCH + Duration::from_secs(1_000_000_007);
    let file = File::open(sandbox.path(name)).expect("a file");
    file.set_times(FileTimes::new().set_modified(time)).expect("to touch it");
}

fn a_tree(sandbox: &Sandbox) {
    sandbox.write("src/main.c", "main");
    sandbox.write("src/lib/one.c", "one");
    sandbox.write("src/.gitignore", "*.o\n/out/\n");
    sandbox.write("src/main.o", "object");
}

mod content {
    use super::*;

    #[test]
    fn an_edit_misses_even_one_of_the_same_length_within_a_tick() {
        misses(&["--input", "a"], one_file, |sandbox| drop(sandbox.write("a", "two")));
    }

    #[test]
    fn the_old_content_is_served_again() {
        let (sandbox, tick) = ticking();
        for (content, expected) in [("one", "run 1\n"), ("two", "run 2\n"), ("one", "run 1\n")] {
            sandbox.write("a", content);
            sandbox.omoide(["--input", "a", "tick"]).run().prints(expected);
        }
        tick.ran(2);
    }

    #[test]
    fn an_edit_with_the_time_set_back_misses() {
        misses(
            &["--input", "a"],
            |sandbox| {
                sandbox.write("a", "one");
                touch(sandbox, "a");
            },
            |sandbox| {
                sandbox.write("a", "two");
                touch(sandbox, "a");
            },
        );
    }

    #[test]
    fn a_touch_hits() {
        still_hits(&["--input", "a"], one_file, |sandbox| touch(sandbox, "a"));
    }

    #[test]
    fn a_removed_file_misses() {
        misses(&["--input", "a"], one_file, |sandbox| common::remove(&sandbox.path("a")));
    }

    #[test]
    fn a_file_that_appears_misses() {
        misses(&["--input", "a"], |_| (), one_file);
    }

    #[test]
    fn a_file_moved_over_it_misses() {
        misses(&["--input", "a"], one_file, |sandbox| {
            let other = sandbox.write("other", "two");
            fs::rename(other, sandbox.path("a")).expect("to move it");
        });
    }

    #[test]
    fn a_link_that_leads_elsewhere_misses() {
        misses(
            &["--input", "link"],
            |sandbox| {
                sandbox.write("a", "the same");
                sandbox.write("b", "the same");
                symlink("a", sandbox.path("link")).expect("a link");
            },
            |sandbox| {
                common::remove(&sandbox.path("link"));
                symlink("b", sandbox.path("link")).expect("a link");
            },
        );
    }

    #[test]
    fn what_a_link_leads_to_counts() {
        misses(
            &["--input", "link"],
            |sandbox| {
                one_file(sandbox);
                symlink("a", sandbox.path("link")).expect("a link");
            },
            |sandbox| drop(sandbox.write("a", "two")),
        );
    }

    #[test]
    fn bytes_that_are_not_text_name_files_too() {
        let (sandbox, tick) = ticking();
        let name = OsStr::from_bytes(b"a\xff");
        let call = || sandbox.omoide(["--input"]).arg(name).args(["--", "tick"]).run();
        fs::write(sandbox.work().join(name), "one").expect("a file");
        call().prints("run 1\n");
        call().prints("run 1\n");
        fs::write(sandbox.work().join(name), "two").expect("a file");
        call().prints("run 2\n");
        let ran = sandbox.omoide(["--input", "a?", "--", "tick"]).run();
        ran.prints("run 3\n");
        fs::write(sandbox.work().join(name), "six").expect("a file");
        assert!(!is_hit(&sandbox, &tick, &["--input", "a?"]));
    }

    #[test]
    fn the_order_of_inputs_and_how_they_are_written_do_not_matter() {
        let (sandbox, tick) = ticking();
        one_file(&sandbox);
        assert!(!is_hit(&sandbox, &tick, &["--input", "a", "--input", "b"]));
        assert!(is_hit(&sandbox, &tick, &["--input", "./b", "--input", "a", "--input", "a"]));
    }
}

mod folders {
    use super::*;

    #[test]
    fn a_change_below_misses() {
        misses(&["--input", "src"], a_tree, |sandbox| drop(sandbox.write("src/lib/one.c", "1")));
    }

    #[test]
    fn a_new_file_misses_hidden_or_not() {
        for name in ["src/new", "src/lib/.hidden"] {
            misses(&["--input", "src"], a_tree, |sandbox| drop(sandbox.write(name, "")));
        }
    }

    #[test]
    fn a_file_moved_within_misses() {
        misses(&["--input", "src"], a_tree, |sandbox| {
            let from = sandbox.path("src/lib/one.c");
            fs::rename(from, sandbox.path("src/one.c")).expect("to move it");
        });
    }

    #[test]
    fn what_gitignore_leaves_out_hits() {
        still_hits(&["--input", "src"], a_tree, |sandbox| {
            sandbox.write("src/main.o", "another object");
            sandbox.write("src/lib/new.o", "");
            sandbox.write("src/out/anything", "");
            sandbox.write("src/.git/index", "");
        });
    }

    #[test]
    fn what_gitignore_leaves_out_counts_where_it_is_named() {
        for input in ["src/main.o", "src/*.o", "src/**"] {
            misses(&["--input", input], a_tree, |s| drop(s.write("src/main.o", "two")));
        }
    }

    #[test]
    fn many_files_are_followed_too() {
        let prepare = |sandbox: &Sandbox| {
            for number in 0..200 {
                sandbox.write(&format!("src/{number}"), "one");
            }
        };
        misses(&["--input", "src"], prepare, |sandbox| drop(sandbox.write("src/77", "two")));
    }

    /// A folder elsewhere, to which a link in `src` leads.
    fn a_linked_tree(sandbox: &Sandbox) {
        a_tree(sandbox);
        sandbox.write("out/deep/two.c", "two");
        symlink("../../out", sandbox.path("src/lib/link")).expect("a link");
    }

    #[test]
    fn links_to_folders_are_followed() {
        for input in ["src", "s*", "src/lib/*", "src/**", "**/two.c"] {
            misses(&["--input", input], a_linked_tree, |s| drop(s.write("out/deep/two.c", "2")));
        }
        for input in ["src", "src/**"] {
            misses(&["--input", input], a_linked_tree, |s| drop(s.write("out/new", "")));
            misses(&["--input-mtime", input], a_linked_tree, |s| touch(s, "out/deep/two.c"));
            misses(&["--input", input], a_linked_tree, |s| common::remove(&s.path("out")));
        }
        still_hits(&["--input", "src"], a_linked_tree, |s| drop(s.write("elsewhere", "")));
    }

    #[test]
    fn links_that_lead_back_end() {
        let prepare = |sandbox: &Sandbox| {
            a_linked_tree(sandbox);
            symlink("..", sandbox.path("src/up")).expect("a link");
            symlink("../src", sandbox.path("out/back")).expect("a link");
            symlink("self", sandbox.path("src/self")).expect("a link");
        };
        for input in ["src", "src/**"] {
            misses(&["--input", input], prepare, |s| drop(s.write("out/deep/two.c", "2")));
            // The rest of the folder that holds it isn't part of it.
            still_hits(&["--input", input], prepare, |s| drop(s.write("beside", "")));
        }
    }

    #[test]
    fn which_of_two_like_folders_a_link_leads_to_counts() {
        let prepare = |sandbox: &Sandbox| {
            for folder in ["src/one", "src/two"] {
                sandbox.write(&format!("{folder}/file"), "the same");
            }
            // The last of the links leads into the tree itself: its own text stays as it is.
            symlink("../way", sandbox.path("src/link")).expect("a link");
            symlink("src/one", sandbox.path("way")).expect("a link");
        };
        for input in ["src", "src/**"] {
            misses(&["--input", input], prepare, |sandbox| {
                common::remove(&sandbox.path("way"));
                symlink("src/two", sandbox.path("way")).expect("a link");
            });
        }
    }

    #[test]
    fn checkouts_share_what_has_the_same_content() {
        let (sandbox, tick) = ticking();
        for checkout in ["x", "y"] {
            sandbox.write(&format!("{checkout}/src/a"), "one");
            let options = ["--any-dir", "--input", "src", "--", "tick"];
            let ran = sandbox.omoide(options).within(sandbox.path(checkout)).run();
            ran.prints("run 1\n");
        }
        tick.ran(1);
    }
}

mod patterns {
    use super::*;

    #[test]
    fn a_new_match_misses_and_another_file_hits() {
        misses(&["--input", "src/*.c"], a_tree, |sandbox| drop(sandbox.write("src/new.c", "")));
        misses(&["--input", "**/*.c"], a_tree, |sandbox| drop(sandbox.write("src/x/y.c", "")));
        still_hits(&["--input", "src/*.c"], a_tree, |s| drop(s.write("src/lib/two.c", "")));
    }

    #[test]
    fn one_without_a_match_gets_one() {
        misses(&["--input", "missing/*.c"], |_| (), |s| drop(s.write("missing/a.c", "")));
    }

    #[test]
    fn a_folder_that_matches_counts_with_all_below() {
        misses(&["--input", "s*"], a_tree, |s| drop(s.write("src/lib/one.c", "two")));
    }
}

mod times {
    use super::*;

    #[test]
    fn a_touch_misses() {
        misses(&["--input-mtime", "a"], one_file, |sandbox| touch(sandbox, "a"));
        misses(&["--input-mtime", "src"], a_tree, |sandbox| touch(sandbox, "src/lib/one.c"));
    }

    #[test]
    fn a_size_misses_whatever_the_time_says() {
        let write = |sandbox: &Sandbox, content: &str| {
            sandbox.write("a", content);
            touch(sandbox, "a");
        };
        misses(&["--input-mtime", "a"], |s| write(s, "one"), |s| write(s, "three"));
        still_hits(&["--input-mtime", "a"], |s| write(s, "one"), |s| write(s, "two"));
    }
}

mod arguments {
    use super::*;

    /// A script that is called with these arguments.
    #[track_caller]
    fn runs_again_after_an_edit(arguments: &[&str], expected: bool) {
        let (sandbox, tick) = ticking();
        sandbox.write("script", "one");
        let call = || sandbox.omoide(["--input-args", "tick"]).args(arguments).run();
        call();
        sandbox.write("script", "two");
        call();
        tick.ran(if expected { 2 } else { 1 });
    }

    #[test]
    fn those_that_name_files_count() {
        runs_again_after_an_edit(&["script"], true);
        runs_again_after_an_edit(&["-x", "./script", "missing"], true);
        runs_again_after_an_edit(&["missing", ".", "--file=script", ""], false);
    }

    #[test]
    fn a_wildcard_in_one_is_no_pattern() {
        runs_again_after_an_edit(&["scrip*"], false);
    }
}

mod while_it_runs {
    use super::*;

    /// A call that is held up while the test does something to its inputs; whether it was stored.
    fn is_stored_after(change: impl Fn(&Sandbox)) -> bool {
        let sandbox = Sandbox::new();
        a_tree(&sandbox);
        let gate = sandbox.gate("gate");
        sandbox.script("slow", &format!("{}; echo done", gate.pass()));
        let options = ["--input", "src", "--input", "missing", "--", "slow"];
        let call = sandbox.omoide(["-v"]).args(options).start();
        gate.arrived();
        change(&sandbox);
        gate.release();
        let ran = call.finish();
        let said = String::from_utf8_lossy(&ran.err).into_owned();
        assert_eq!(ran.out, b"done\n", "{ran:?}");
        assert!(ran.status.success(), "{ran:?}");
        let stored = said.ends_with(", stored\n");
        assert!(stored || said.ends_with("not stored: an input changed while it ran\n"), "{said}");
        stored
    }

    #[test]
    fn a_change_is_answered_and_not_stored() {
        assert!(!is_stored_after(|s| drop(s.write("src/main.c", "name"))));
        assert!(!is_stored_after(|s| drop(s.write("src/new.c", ""))));
        assert!(!is_stored_after(|s| drop(s.write("missing", ""))));
        assert!(!is_stored_after(|s| common::remove(&s.path("src/lib"))));
        assert!(!is_stored_after(|s| {
            let time = fs::metadata(s.path("src/main.c")).and_then(|found| found.modified());
            let path = s.write("src/main.c", "name");
            let times = FileTimes::new().set_modified(time.expect("a time"));
            File::open(path).and_then(|file| file.set_times(times)).expect("to set it back");
        }));
    }

    #[test]
    fn what_does_not_count_does_not_hinder() {
        assert!(is_stored_after(|_| ()));
        assert!(is_stored_after(|s| drop(s.write("src/main.o", "another object"))));
        assert!(is_stored_after(|s| {
            let mode = fs::Permissions::from_mode(0o600);
            fs::set_permissions(s.path("src/main.c"), mode).expect("a mode");
        }));
    }
}

mod mapped {
    use super::*;

    /// Keeps a file mapped, and writes twice to the same page: a call after each, and one between.
    const WRITER: &str = r#"
import mmap, subprocess, sys, time
path = sys.argv[1]
with open(path, "wb") as file:
    file.write(b"0" * 4096)
def call():
    subprocess.run(["omoide", "--input", path, "tick"])
with open(path, "r+b") as file, mmap.mmap(file.fileno(), 4096) as mapped:
    mapped[0:1] = b"1"
    time.sleep(0.05)  # The grain of file times: what is read from now on may be known later.
    call()
    call()
    mapped[0:1] = b"2"
    call()
"#;

    /// A store to a page that is dirty already moves no time by itself.
    #[track_caller]
    fn is_noticed(mount: &str, file: &str) {
        let (sandbox, tick) = ticking();
        let line = format!("{mount} exec /usr/bin/python3 -c \"$WRITER\" {file}");
        let user: &[&str] = if rustix::process::geteuid().is_root() { &[] } else { &["-r"] };
        let call = sandbox.bare(["unshare", "-m"]).args(user).args(["sh", "-ec", &line]);
        let call = call.env("WRITER", WRITER).env("OMOIDE_CACHE_DIR", sandbox.cache());
        call.run().prints("run 1\nrun 1\nrun 2\n");
        tick.ran(2);
    }

    #[test]
    fn a_store_to_a_dirty_page_misses() {
        is_noticed("", "a");
    }

    #[test]
    fn a_store_to_a_dirty_page_misses_where_no_store_moves_a_time() {
        is_noticed("mkdir m; mount -t tmpfs none m;", "m/a");
    }

    #[test]
    fn a_store_to_a_dirty_page_misses_where_the_page_belongs_to_a_file_below() {
        // Not every file system can be below.
        let below = "mkdir below m; mount -t tmpfs none below; cd below; mkdir l u w; cd ..;";
        let options = "lowerdir=below/l,upperdir=below/u,workdir=below/w";
        is_noticed(&format!("{below} mount -t overlay -o {options} none m;"), "m/a");
    }
}

mod what_cannot_be_read {
    use super::*;

    #[test]
    fn a_pipe_does_not_hang_the_call() {
        let (sandbox, tick) = ticking();
        let made = std::process::Command::new("mkfifo").arg(sandbox.path("pipe")).status();
        assert!(made.expect("mkfifo").success());
        let told = "omoide: running without the cache: the input pipe is a pipe; \
            an input is a file, a folder or a pattern\n";
        for run in 1..=2 {
            let ran = sandbox.omoide(["--input", "pipe", "tick"]).run();
            ran.is(format!("run {run}\n"), told, 0);
        }
        let refused = told.replace("running without the cache", "not cached");
        sandbox.omoide(["--cached-only", "--input", "pipe", "tick"]).run().fails(125, refused);
        tick.ran(2);
        // In a folder it is known by what it is.
        assert!(!is_hit(&sandbox, &tick, &["--input", "."]));
        assert!(is_hit(&sandbox, &tick, &["--input", "."]));
    }

    #[test]
    fn a_file_that_cannot_be_read_means_no_cache() {
        let (sandbox, _) = ticking();
        // Not even by root.
        let input = "/proc/self/mem";
        let told = "omoide: running without the cache: \
            failed to read the input /proc/self/mem: Input/output error (os error 5)\n";
        sandbox.omoide(["--input", input, "tick"]).run().is("run 1\n", told, 0);
        let told = told.replace("running without the cache: ", "");
        let call = |verb| sandbox.omoide([verb, "--input", input, "--", "tick"]).run();
        call("warm").fails(1, &told);
        call("forget").fails(1, &told);
        call("check").is(told.replace("omoide: ", "absent, "), "", 1);
        call("explain").is(told.replace("omoide: ", "state    absent, "), "", 1);
    }

    #[test]
    fn without_a_cache_folder_it_works_all_the_same() {
        let (sandbox, tick) = ticking();
        one_file(&sandbox);
        fs::write(sandbox.cache(), "no folder").expect("a file");
        let ran = sandbox.omoide(["--input", "a", "tick"]).run();
        assert_eq!(ran.out, b"run 1\n", "{ran:?}");
        tick.ran(1);
    }
}

mod explained {
    use super::*;

    #[test]
    fn the_file_that_changed_is_named() {
        let (sandbox, _) = ticking();
        a_tree(&sandbox);
        let options = ["--input", "src", "--", "tick"];
        sandbox.omoide(options).run().prints("run 1\n");
        sandbox.write("src/lib/one.c", "two");
        let told = sandbox.json(["explain", "--json"].iter().chain(&options));
        let differs = &told["nearest"]["differs"];
        let expected = serde_json::json!([
            { "kind": "input", "name": "src/lib/one.c", "how": "changed" }
        ]);
        assert_eq!(*differs, expected, "{told}");
    }

    #[test]
    fn a_script_that_is_no_input_is_hinted_at() {
        let sandbox = Sandbox::new();
        sandbox.write("x.sh", "echo");
        let hint = |options: &[&str]| {
            let words = ["explain", "--json"].iter().chain(options).chain(&["sh", "-e", "x.sh"]);
            sandbox.json(words)["hint"].clone()
        };
        let expected = "sh reads x.sh, which is no input: --input-args makes it one";
        assert_eq!(hint(&[]), expected);
        assert_eq!(hint(&["--input-args"]), serde_json::Value::Null);
        assert_eq!(hint(&["--input", "*"]), serde_json::Value::Null);
        let text = sandbox.omoide(["explain", "sh", "-e", "x.sh"]).run();
        let text = String::from_utf8_lossy(&text.out).into_owned();
        assert!(text.contains(&format!("\nhint     {expected}\n")), "{text}");
        assert!(sandbox.json(["explain", "--json", "cat", "x.sh"])["hint"].is_null());
    }
}

mod configured {
    use super::*;

    #[test]
    fn a_projects_inputs_start_from_its_folder() {
        let (sandbox, tick) = ticking();
        let config = "[defaults]\ninput = [\"data/*.txt\", \"a\"]\ninput_args = true\n";
        let path = sandbox.write(".omoide.toml", config);
        fs::set_permissions(path, fs::Permissions::from_mode(0o600)).expect("a mode");
        sandbox.write("deep/er/x", "");
        let hits = |folder: &str| {
            let before = tick.runs();
            sandbox.omoide(["tick"]).within(sandbox.path(folder)).run();
            tick.runs() == before
        };
        for folder in ["", "deep/er"] {
            assert!(!hits(folder));
            assert!(hits(folder));
            sandbox.write("a", folder);
            assert!(!hits(folder));
            sandbox.write(&format!("data/{}.txt", folder.len()), "");
            assert!(!hits(folder));
            assert!(hits(folder));
        }
        // What is typed takes the place of what is configured.
        assert!(!is_hit(&sandbox, &tick, &["--input", ""]));
        sandbox.write("a", "two");
        assert!(is_hit(&sandbox, &tick, &["--input", ""]));
    }
}

#[test]
fn forget_finds_a_call_by_its_inputs() {
    let (sandbox, tick) = ticking();
    one_file(&sandbox);
    assert!(!is_hit(&sandbox, &tick, &["--input", "a"]));
    let removed = sandbox.json(["forget", "--json", "--", "tick"]);
    assert_eq!(removed["removed"], 0);
    let removed = sandbox.json(["forget", "--json", "--input", "a", "--", "tick"]);
    assert_eq!(removed["removed"], 1);
    assert!(!is_hit(&sandbox, &tick, &["--input", "a"]));
}

#[test]
fn a_refresh_takes_the_inputs_as_they_are_now() {
    let (sandbox, tick) = ticking();
    for options in [&["--input", "a"][..], &["--input", "a", "--refresh", "1h"]] {
        sandbox.remove_cache();
        one_file(&sandbox);
        let before = tick.runs();
        let call = || sandbox.omoide(options).args(["--", "tick"]).run();
        call();
        sandbox.write("a", "two");
        let ran = sandbox.omoide(["refresh", "--all"]).run();
        assert!(ran.status.success(), "{ran:?}");
        tick.ran(before + 2);
        call().prints(format!("run {}\n", before + 2));
        one_file(&sandbox);
        call().prints(format!("run {}\n", before + 1));
    }
}

#[test]
fn an_empty_path_is_an_error_where_it_overrides_nothing() {
    let sandbox = Sandbox::new();
    for (name, words) in [
        ("--input", &["--input", "", "true"][..]),
        ("--input", &["--input=", "--", "true"]),
        ("--input", &["--input", "a", "--input", "", "true"]),
        ("--input-mtime", &["--input-mtime", "", "true"]),
    ] {
        let told = format!("omoide: {name} is empty: name a file, a folder or a pattern\n");
        sandbox.omoide(words).run().fails(125, told);
    }
}
