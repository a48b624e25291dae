//! The daemon as its users meet it: started, stopped, asked, killed, stopped short, replaced.
//!
//! Nothing here waits for time: only for what is to come about.

mod common;

use std::fs;
use std::io::{Read, Write};
use std::os::unix::fs::symlink;
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};

use common::{OMOIDE, Running, Sandbox, eventually, has_ended, is_stopped};
use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;

/// Ends the daemon of a sandbox, if there is one, before the sandbox itself goes.
struct Daemon<'s> {
    sandbox: &'s Sandbox,
}

impl<'s> Daemon<'s> {
    /// One that was started in the background.
    fn start(sandbox: &'s Sandbox) -> Daemon<'s> {
        Daemon::start_with(sandbox, &[])
    }

    fn start_with(sandbox: &'s Sandbox, words: &[&str]) -> Daemon<'s> {
        let daemon = Daemon { sandbox };
        let ran = sandbox.omoide(["daemon", "start"]).args(words).run();
        assert!(ran.status.success(), "{ran:?}");
        daemon
    }

    fn status(&self) -> Value {
        self.sandbox.json(["daemon", "status", "--json"])
    }

    fn pid(&self) -> Pid {
        let pid = self.status()["pid"].as_i64().expect("a process id");
        Pid::from_raw(i32::try_from(pid).expect("a process id")).expect("a process id")
    }

    fn signal(&self, signal: Signal) -> Pid {
        let pid = self.pid();
        kill_process(pid, signal).expect("to send a signal");
        pid
    }

    fn stop(self) {
        self.sandbox.omoide(["daemon", "stop"]).run();
    }
}

impl Drop for Daemon<'_> {
    fn drop(&mut self) {
        let stopped = self.sandbox.omoide(["daemon", "stop"]).run();
        if !stopped.status.success()
            && let Some(pid) = locked_by(self.sandbox)
        {
            let _ = kill_process(pid, Signal::KILL);
        }
    }
}

/// The process id in the lock's file; of a daemon that may be gone.
fn locked_by(sandbox: &Sandbox) -> Option<Pid> {
    let text = fs::read_to_string(sandbox.store("locks/daemon")).ok()?;
    Pid::from_raw(text.trim().parse().ok()?)
}

fn is_running(sandbox: &Sandbox) -> bool {
    let ran = sandbox.omoide(["daemon", "status", "--json"]).run();
    ran.json()["running"] == Value::Bool(true)
}

/// A daemon in the foreground, once it serves.
fn foreground(sandbox: &Sandbox, words: &[&str]) -> Running {
    let running = sandbox.omoide(["daemon", "run"]).args(words).start();
    eventually("it serves", || is_running(sandbox));
    running
}

mod life {
    use super::*;

    #[test]
    fn it_starts_once_and_stops_once() {
        let sandbox = Sandbox::new();
        sandbox.omoide(["daemon", "stop"]).run().prints("no daemon is running\n");
        sandbox.omoide(["daemon", "status"]).run().is("no daemon is running\n", "", 1);
        let daemon = Daemon::start(&sandbox);
        let pid = daemon.pid();
        let told = format!("running already (pid {})\n", pid.as_raw_nonzero());
        sandbox.omoide(["daemon", "start"]).run().prints(told);
        let stopped = format!("stopped (pid {})\n", pid.as_raw_nonzero());
        sandbox.omoide(["daemon", "stop"]).run().prints(stopped);
        // Its lock is free, which is what counts; the kernel may still be at its remains.
        eventually("it is gone", || has_ended(pid));
        assert!(!sandbox.store("daemon.sock").exists());
        sandbox.omoide(["daemon", "stop"]).run().prints("no daemon is running\n");
    }

    #[test]
    fn status_has_every_field_running_or_not() {
        let sandbox = Sandbox::new();
        let absent = sandbox.omoide(["daemon", "status", "--json"]).run();
        assert_eq!(absent.status.code(), Some(1));
        let daemon = Daemon::start(&sandbox);
        let running = daemon.status();
        for object in [absent.json(), running.clone()] {
            for field in [
                "schema",
                "running",
                "pid",
                "uptime_seconds",
                "scheduled",
                "watched_paths",
                "running_jobs",
                "refreshes",
                "refresh_failures",
                "next_refresh_at",
            ] {
                assert!(object.get(field).is_some(), "{field} in {object}");
            }
        }
        assert_eq!(absent.json()["running"], Value::Bool(false));
        assert_eq!(running["running"], Value::Bool(true));
        assert_eq!(running["scheduled"], 0);
    }

    #[test]
    fn two_hundred_starts_at_once_make_one_daemon() {
        let sandbox = Sandbox::new();
        let starts: Vec<Running> =
            (0..200).map(|_| sandbox.omoide(["daemon", "start"]).start()).collect();
        let guard = Daemon { sandbox: &sandbox };
        let mut new = 0;
        for start in starts {
            let ran = start.finish();
            assert!(ran.status.success(), "{ran:?}");
            new += usize::from(ran.out.starts_with(b"started"));
        }
        assert_eq!(new, 1);
        let pid = guard.pid();
        let own = sandbox.store("locks/daemon");
        let holders: Vec<Pid> = processes_with_open(&own);
        assert_eq!(holders, [pid], "one has the lock's file open");
    }

    #[test]
    fn a_second_one_in_the_foreground_says_who_is_there() {
        let sandbox = Sandbox::new();
        let daemon = Daemon::start(&sandbox);
        let pid = daemon.pid().as_raw_nonzero();
        let told = format!("omoide: a daemon is running already (pid {pid})\n");
        sandbox.omoide(["daemon", "run"]).run().fails(1, told);
    }

    #[test]
    fn a_killed_one_leaves_nothing_that_needs_help() {
        let sandbox = Sandbox::new();
        let daemon = Daemon::start(&sandbox);
        let killed = daemon.signal(Signal::KILL);
        eventually("it is gone", || has_ended(killed));
        assert!(sandbox.store("daemon.sock").exists(), "what it leaves behind");
        sandbox.omoide(["echo", "a"]).run().prints("a\n");
        sandbox.omoide(["daemon", "status"]).run().is("no daemon is running\n", "", 1);
        let next = Daemon::start(&sandbox);
        assert_ne!(next.pid(), killed);
    }

    #[test]
    fn term_and_interrupt_end_it_well() {
        for signal in [Signal::TERM, Signal::INT] {
            let sandbox = Sandbox::new();
            let daemon = foreground(&sandbox, &[]);
            daemon.signal(signal);
            let ran = daemon.finish();
            assert!(ran.status.success(), "{ran:?}");
            assert!(ran.err_text().contains("stopped"), "{ran:?}");
            assert!(!sandbox.store("daemon.sock").exists());
        }
    }

    #[test]
    fn it_leaves_when_there_is_nothing_to_do() {
        let sandbox = Sandbox::new();
        let daemon = sandbox.omoide(["daemon", "run", "--idle-exit", "1ms"]).start();
        assert!(daemon.finish().status.success());
    }

    #[test]
    fn it_leaves_when_its_folder_is_removed_or_replaced() {
        let sandbox = Sandbox::new();
        let daemon = foreground(&sandbox, &[]);
        fs::rename(sandbox.cache(), sandbox.root().join("aside")).expect("moved");
        assert!(daemon.finish().status.success());
        let daemon = foreground(&sandbox, &[]);
        sandbox.remove_cache();
        assert!(daemon.finish().status.success());
    }

    #[test]
    fn nothing_of_its_starter_is_left_to_it() {
        let sandbox = Sandbox::new();
        let (reader, writer) = std::io::pipe().expect("a pipe");
        let extra = writer.try_clone().expect("a descriptor");
        rustix::io::fcntl_setfd(&extra, rustix::io::FdFlags::empty()).expect("inheritable");
        let daemon = Daemon::start(&sandbox);
        drop((writer, extra));
        // The test process isn't the only one that had the writing end; the daemon hasn't it.
        let mut rest = Vec::new();
        (&reader).read_to_end(&mut rest).expect("the end: nobody holds the other end");
        let process = PathBuf::from(format!("/proc/{}", daemon.pid().as_raw_nonzero()));
        assert_eq!(fs::read_link(process.join("cwd")).expect("a folder"), Path::new("/"));
        let own = fs::canonicalize(sandbox.cache()).expect("a folder");
        for descriptor in fs::read_dir(process.join("fd")).expect("descriptors").flatten() {
            let target = fs::read_link(descriptor.path()).unwrap_or_default();
            let shown = target.to_string_lossy();
            let is_its_own = ["anon_inode:", "socket:", "/dev/null"]
                .iter()
                .any(|known| shown.starts_with(known))
                || target.starts_with(&own);
            assert!(is_its_own, "{shown}");
        }
        let status = fs::read_to_string(process.join("status")).expect("a status");
        assert!(status.contains("Umask:\t0077"), "{status}");
    }

    #[test]
    fn a_long_path_is_no_obstacle() {
        let sandbox = Sandbox::new();
        let long = sandbox.root().join("x".repeat(200));
        let call = |words: &[&str]| sandbox.omoide(words).env("OMOIDE_CACHE_DIR", &long).run();
        assert!(call(&["daemon", "start"]).status.success());
        assert_eq!(call(&["daemon", "status", "--json"]).json()["running"], Value::Bool(true));
        assert!(call(&["daemon", "stop"]).status.success());
    }
}

/// Processes that have a file open.
fn processes_with_open(file: &Path) -> Vec<Pid> {
    let own = fs::canonicalize(file).expect("a file");
    let processes = fs::read_dir("/proc").expect("processes").flatten();
    let pids = processes.filter_map(|process| {
        let pid = Pid::from_raw(process.file_name().to_str()?.parse().ok()?)?;
        let mut open = fs::read_dir(process.path().join("fd")).ok()?.flatten();
        open.any(|fd| fs::read_link(fd.path()).is_ok_and(|target| target == own)).then_some(pid)
    });
    pids.collect()
}

mod trouble {
    use super::*;

    /// Hits and misses of the foreground are as they are without a daemon.
    #[track_caller]
    fn foreground_is_right(sandbox: &Sandbox) {
        let ticks = sandbox.ticking("tick");
        sandbox.omoide(["tick"]).run().prints("run 1\n");
        sandbox.omoide(["tick"]).run().prints("run 1\n");
        ticks.ran(1);
        let mut listed = sandbox.omoide(["list", "--json"]).run().json();
        let entries = listed["entries"].as_array_mut().expect("entries").len();
        assert_eq!(entries, 1);
    }

    #[test]
    fn a_stopped_daemon_holds_nobody_up() {
        let sandbox = Sandbox::new();
        let daemon = Daemon::start(&sandbox);
        let pid = daemon.signal(Signal::STOP);
        eventually("it is stopped", || is_stopped(pid));
        foreground_is_right(&sandbox);
        let status = sandbox.omoide(["daemon", "status"]).run();
        let told = format!("the daemon doesn't answer (pid {})\n", pid.as_raw_nonzero());
        status.is(told, "", 1);
        kill_process(pid, Signal::CONT).expect("to send a signal");
    }

    #[test]
    fn who_needs_the_catalog_of_a_stopped_daemon_is_told_whose_it_is() {
        let sandbox = Sandbox::new();
        sandbox.omoide(["true"]).run();
        let daemon = Daemon::start(&sandbox);
        let pid = daemon.signal(Signal::STOP);
        eventually("it is stopped", || is_stopped(pid));
        let ran = sandbox.omoide(["stats"]).run();
        assert_eq!(ran.status.code(), Some(1), "{ran:?}");
        let told = format!("the daemon (pid {}) has the catalog", pid.as_raw_nonzero());
        assert!(ran.err_text().contains(&told), "{ran:?}");
        kill_process(pid, Signal::CONT).expect("to go on");
        assert!(sandbox.omoide(["stats"]).run().status.success());
    }

    #[test]
    fn a_stopped_daemon_is_ended_as_is_advised() {
        let sandbox = Sandbox::new();
        sandbox.omoide(["echo", "kept"]).run();
        let daemon = Daemon::start(&sandbox);
        let pid = daemon.signal(Signal::STOP);
        eventually("it is stopped", || is_stopped(pid));
        let listed = sandbox.omoide(["list"]).run();
        assert!(listed.status.success() && listed.out_text().contains("echo kept"), "{listed:?}");
        listed.warned_once();
        assert!(listed.err_text().contains("'omoide daemon stop' ends it"), "{listed:?}");
        let stopped = sandbox.omoide(["daemon", "stop"]).run();
        stopped.prints(format!("stopped (pid {})\n", pid.as_raw_nonzero()));
        assert!(has_ended(pid));
        assert!(sandbox.omoide(["stats"]).run().err.is_empty());
    }

    /// Holds the daemon's lock as process `owner`, which is told by its file, and doesn't listen.
    fn pretender(sandbox: &Sandbox, owner: &str) -> Running {
        sandbox.omoide(["false"]).run();
        let gate = sandbox.gate("pretender");
        let lock = sandbox.store("locks/daemon");
        let script = format!(
            "trap '' TERM; exec 9<>'{}'; flock 9; echo {owner} >&9; {}; sleep 1000 9>&-",
            lock.display(),
            gate.announce(),
        );
        let running = sandbox.bare(["sh", "-c", &script]).start();
        gate.arrived();
        running
    }

    #[test]
    fn a_daemon_that_neither_answers_nor_leaves_is_killed() {
        let sandbox = Sandbox::new();
        let pretender = pretender(&sandbox, "$$");
        let pid = pretender.pid();
        let stopped = sandbox.omoide(["daemon", "stop"]).run();
        stopped.prints(format!("killed (pid {})\n", pid.as_raw_nonzero()));
        assert!(has_ended(pid));
    }

    #[test]
    fn a_process_that_does_not_hold_the_lock_is_not_ended() {
        let sandbox = Sandbox::new();
        let innocent = sandbox.bare(["sleep", "1000"]).start();
        let pid = innocent.pid();
        let pretender = pretender(&sandbox, &pid.as_raw_nonzero().to_string());
        let refused = sandbox.omoide(["daemon", "stop"]).run();
        assert_eq!(refused.status.code(), Some(1), "{refused:?}");
        refused.warned_once();
        assert!(!has_ended(pid) && !has_ended(pretender.pid()));
    }

    #[test]
    fn a_socket_that_nobody_listens_on_is_as_good_as_none() {
        let sandbox = Sandbox::new();
        sandbox.omoide(["false"]).run();
        drop(UnixListener::bind(sandbox.store("daemon.sock")).expect("a socket"));
        foreground_is_right(&sandbox);
        let daemon = Daemon::start(&sandbox);
        assert_eq!(daemon.status()["running"], Value::Bool(true));
    }

    #[test]
    fn a_file_in_the_place_of_the_socket_is_as_good_as_none() {
        let sandbox = Sandbox::new();
        sandbox.omoide(["false"]).run();
        fs::write(sandbox.store("daemon.sock"), "no socket").expect("written");
        foreground_is_right(&sandbox);
        let daemon = Daemon::start(&sandbox);
        assert_eq!(daemon.status()["running"], Value::Bool(true));
    }

    #[test]
    fn whoever_talks_nonsense_on_the_socket_is_left_alone() {
        let sandbox = Sandbox::new();
        sandbox.omoide(["false"]).run();
        let listener = UnixListener::bind(sandbox.store("daemon.sock")).expect("a socket");
        // Ends with the process, whatever becomes of the test.
        std::thread::spawn(move || {
            for mut stream in listener.incoming().flatten() {
                let _ = stream.read(&mut [0]);
                let _ = stream.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n");
            }
        });
        let ran = sandbox.omoide(["daemon", "status"]).run();
        assert_eq!(ran.status.code(), Some(1), "{ran:?}");
        foreground_is_right(&sandbox);
    }

    #[test]
    fn nonsense_and_half_frames_do_the_daemon_no_harm() {
        let sandbox = Sandbox::new();
        let daemon = Daemon::start(&sandbox);
        let knock = || UnixStream::connect(sandbox.store("daemon.sock")).expect("to connect");
        let mut foreign = knock();
        foreign.write_all(b"GET / HTTP/1.1\r\n\r\n").expect("written");
        assert_eq!(foreign.read(&mut [0]).expect("read"), 0, "it hangs up");
        let mut oversized = knock();
        oversized.write_all(b"omde\x02\0m\0\xff\xff\xff\xff").expect("written");
        assert_eq!(oversized.read(&mut [0]).expect("read"), 0, "it hangs up");
        let mut unasked = knock();
        unasked.write_all(b"omde\x02\0m\0\x01\0\0\0\0").expect("written");
        assert_eq!(unasked.read(&mut [0]).expect("read"), 0, "it hangs up");
        // Far more than it lets in, all of them waiting in the middle of a frame.
        let mut half: Vec<UnixStream> = Vec::new();
        for _ in 0..200 {
            let mut stream = knock();
            stream.write_all(b"omde\x01\0h").expect("written");
            half.push(stream);
            assert_eq!(daemon.status()["running"], Value::Bool(true));
        }
        let pid = daemon.pid();
        drop(half);
        assert_eq!(daemon.pid(), pid);
        daemon.stop();
    }
}

mod status {
    use super::*;

    #[test]
    fn knows_what_was_called_just_before() {
        let sandbox = Sandbox::new();
        sandbox.ticking("tick");
        let daemon = Daemon::start(&sandbox);
        for (number, refresh) in (1..).zip(["1h", "2h"]) {
            sandbox.omoide(["--any-dir", "--refresh", refresh, "tick"]).run();
            sandbox.omoide(["--refresh", refresh, "--scope", refresh, "tick"]).run();
            assert_eq!(daemon.status()["scheduled"], number + 1, "{}", daemon.status());
        }
    }
}

mod doctor {
    use super::*;

    fn says(sandbox: &Sandbox) -> (bool, String) {
        let checks = sandbox.omoide(["doctor", "--json"]).run().json();
        let checks = checks["checks"].as_array().expect("checks");
        let check = checks.iter().find(|check| check["name"] == "daemon").expect("the daemon's");
        let detail = check["detail"].as_str().expect("a detail");
        (check["ok"] == Value::Bool(true), detail.to_owned())
    }

    #[test]
    fn tells_whether_a_daemon_runs() {
        let sandbox = Sandbox::new();
        sandbox.omoide(["true"]).run();
        assert_eq!(says(&sandbox), (true, "none is running".to_owned()));
        let daemon = Daemon::start(&sandbox);
        let pid = daemon.pid();
        assert_eq!(says(&sandbox), (true, format!("running (pid {})", pid.as_raw_nonzero())));
    }
}

mod refreshing {
    use super::*;

    #[test]
    fn an_entry_is_computed_again_and_again_though_nobody_asks() {
        let sandbox = Sandbox::new();
        let ticks = sandbox.ticking("tick");
        let daemon = Daemon::start(&sandbox);
        sandbox.omoide(["--refresh", "1ms", "tick"]).run().prints("run 1\n");
        eventually("it runs", || ticks.runs() >= 5);
        let status = daemon.status();
        assert_eq!(status["scheduled"], 1, "{status}");
        assert!(status["refreshes"].as_u64() >= Some(3), "{status}");
        assert_eq!(status["entries"][0]["command"], "tick");
        daemon.stop();
        // The last run may have been ended with the daemon.
        let last = ticks.runs();
        let ran = sandbox.omoide(["--cached-only", "tick"]).run();
        let possible = [last, last - 1].map(|run| format!("run {run}\n").into_bytes());
        assert!(possible.contains(&ran.out), "{ran:?} after {last}");
    }

    #[test]
    fn what_is_overdue_is_said_to_be_while_no_daemon_runs() {
        let sandbox = Sandbox::new();
        sandbox.ticking("tick");
        let check = || sandbox.omoide(["check", "--", "tick"]).run().out_text();
        let told = "its refresh is overdue: no daemon runs";
        sandbox.omoide(["--refresh", "1h", "tick"]).run();
        assert!(!check().contains(told), "{}", check());
        sandbox.omoide(["--force", "--refresh", "1ns", "tick"]).run();
        assert!(check().starts_with("fresh, ") && check().contains(told), "{}", check());
        let _daemon = Daemon::start(&sandbox);
        assert!(!check().contains(told), "{}", check());
    }

    #[test]
    fn what_is_stored_before_the_daemon_starts_is_refreshed_too() {
        let sandbox = Sandbox::new();
        let ticks = sandbox.ticking("tick");
        sandbox.omoide(["--refresh", "1ms", "tick"]).run();
        let _daemon = Daemon::start(&sandbox);
        eventually("it runs", || ticks.runs() >= 3);
    }

    #[test]
    fn a_failure_keeps_what_there_is_and_is_told() {
        let sandbox = Sandbox::new();
        sandbox.script("good-once", "test -e seen && exit 3; touch seen; echo good");
        let daemon = Daemon::start(&sandbox);
        sandbox.omoide(["--refresh", "1ms", "good-once"]).run().prints("good\n");
        eventually("it fails", || daemon.status()["refresh_failures"] != 0);
        let status = daemon.status();
        assert_eq!(status["entries"][0]["failures"], 1, "{status}");
        sandbox.omoide(["--cached-only", "good-once"]).run().prints("good\n");
    }

    #[test]
    fn a_failure_before_the_command_is_run_is_told_by_list() {
        let sandbox = Sandbox::new();
        sandbox.script("good", "echo good");
        let _daemon = Daemon::start(&sandbox);
        sandbox.omoide(["--refresh", "1ms", "good"]).run().prints("good\n");
        fs::remove_file(sandbox.bin().join("good")).expect("to remove the program");
        eventually("it fails", || {
            let listed = sandbox.json(["list", "--json"]);
            listed["entries"][0]["refresh_failures"].as_u64().is_some_and(|times| times > 0)
        });
    }

    #[test]
    fn what_is_forgotten_is_not_refreshed() {
        let sandbox = Sandbox::new();
        sandbox.ticking("tick");
        let daemon = Daemon::start(&sandbox);
        sandbox.omoide(["--refresh", "1h", "tick"]).run();
        eventually("it is scheduled", || daemon.status()["scheduled"] == 1);
        assert!(sandbox.omoide(["forget", "--", "tick"]).run().status.success());
        eventually("it is not", || daemon.status()["scheduled"] == 0);
    }

    #[test]
    fn a_job_under_way_is_ended_with_the_daemon() {
        let sandbox = Sandbox::new();
        let gate = sandbox.gate("gate");
        let held = format!("test -e seen && {{ {}; }}; touch seen; echo done", gate.pass());
        sandbox.script("held", &held);
        let daemon = foreground(&sandbox, &[]);
        sandbox.omoide(["--refresh", "1ms", "held"]).run().prints("done\n");
        gate.arrived();
        let jobs = common::descendants_of(daemon.pid());
        assert!(!jobs.is_empty());
        daemon.signal(Signal::TERM);
        assert!(daemon.finish().status.success());
        for job in jobs {
            eventually("it has ended", || has_ended(job));
        }
        sandbox.omoide(["--cached-only", "held"]).run().prints("done\n");
        assert_eq!(sandbox.stored("retry"), Vec::<PathBuf>::new(), "it was no failure");
    }

    #[test]
    fn no_job_is_left_unburied() {
        let sandbox = Sandbox::new();
        let daemon = foreground(&sandbox, &["--log", "off", "--jobs", "4"]);
        for word in ["a", "b", "c", "d"] {
            sandbox.omoide(["--refresh", "1ms", "--", "true", word]).run();
        }
        let refreshes = || {
            let ran = sandbox.omoide(["daemon", "status", "--json"]).run();
            ran.json()["refreshes"].as_u64().expect("a number")
        };
        for hundred in 1..=10 {
            eventually("a hundred more have run", || refreshes() >= hundred * 100);
        }
        let path = format!("/proc/{0}/task/{0}/children", daemon.pid().as_raw_nonzero());
        let children = fs::read_to_string(path).expect("children");
        assert!(children.split_whitespace().count() <= 4, "{children}");
        let descriptors = format!("/proc/{}/fd", daemon.pid().as_raw_nonzero());
        let open = fs::read_dir(descriptors).expect("descriptors").count();
        assert!(open < 40, "{open} descriptors");
        daemon.signal(Signal::TERM);
        daemon.finish();
    }
}

mod handed_over {
    use super::*;

    const SECRET: &str = "correct-horse-battery-staple";

    /// A script whose output tells which run it is and that it knows the secret, without telling it.
    fn secretive(sandbox: &Sandbox) -> common::Counter {
        let log = sandbox.root().join("tell.runs");
        let body = format!(
            "test \"$MY_TOKEN\" = {SECRET} || exit 5; echo run $(wc -c <'{}')",
            log.display()
        );
        sandbox.counted("tell", &body)
    }

    fn call(sandbox: &Sandbox) -> common::Ran {
        sandbox.omoide(["--refresh", "1ms", "tell"]).env("MY_TOKEN", SECRET).run()
    }

    fn is_on_disk(sandbox: &Sandbox) -> bool {
        let mut folders = vec![sandbox.cache()];
        while let Some(folder) = folders.pop() {
            for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
                let path = entry.path();
                let bytes = fs::read(&path).unwrap_or_default();
                if bytes.windows(SECRET.len()).any(|window| window == SECRET.as_bytes()) {
                    return true;
                }
                folders.push(path);
            }
        }
        false
    }

    #[test]
    fn secrets_reach_the_daemon_and_never_the_disk() {
        let sandbox = Sandbox::new();
        let runs = secretive(&sandbox);
        let daemon = Daemon::start(&sandbox);
        call(&sandbox).prints("run 1\n");
        eventually("it is refreshed", || runs.runs() > 3);
        assert!(!is_on_disk(&sandbox));
        assert_eq!(daemon.status()["refresh_failures"], 0);
        assert!(!daemon.status().to_string().contains(SECRET));
    }

    #[test]
    fn after_a_restart_the_next_call_brings_them() {
        let sandbox = Sandbox::new();
        let runs = secretive(&sandbox);
        call(&sandbox).prints("run 1\n");
        let daemon = Daemon::start(&sandbox);
        eventually("it is told", || daemon.status()["entries"][0]["state"] == "needs secrets");
        let status = sandbox.omoide(["daemon", "status"]).run().out_text();
        assert!(status.contains("needs MY_TOKEN"), "{status}");
        runs.ran(1);
        call(&sandbox).prints("run 1\n");
        eventually("it is refreshed", || runs.runs() > 3);
        assert!(!is_on_disk(&sandbox));
    }

    #[test]
    fn what_is_stale_is_recomputed_by_the_daemon() {
        let sandbox = Sandbox::new();
        let gate = sandbox.gate("gate");
        let log = sandbox.root().join("held.runs");
        let counted = format!("n=$(wc -c <'{}')", log.display());
        let body =
            format!("{counted}; [ $n = 1 ] || {{ {}; }}; echo run $n in $(pwd)", gate.pass());
        let runs = sandbox.counted("held", &body);
        let folder = sandbox.work().display().to_string();
        let first = format!("run 1 in {folder}\n");
        sandbox.omoide(["held"]).run().prints(&first);
        let daemon = Daemon::start(&sandbox);
        for _ in 0..10 {
            sandbox.omoide(["--stale", "1ns", "held"]).run().prints(&first);
        }
        gate.arrived();
        assert_eq!(daemon.status()["running_jobs"], 1, "{}", daemon.status());
        gate.release();
        eventually("it is new", || {
            let ran = sandbox.omoide(["--cached-only", "held"]).run();
            ran.out == format!("run 2 in {folder}\n").as_bytes()
        });
        assert!(!gate.somebody_arrived());
        runs.ran(2);
    }

    #[test]
    fn a_daemon_that_hangs_leaves_it_to_the_caller() {
        let sandbox = Sandbox::new();
        let ticks = sandbox.ticking("tick");
        sandbox.omoide(["tick"]).run().prints("run 1\n");
        let daemon = Daemon::start(&sandbox);
        let pid = daemon.signal(Signal::STOP);
        eventually("it is stopped", || is_stopped(pid));
        sandbox.omoide(["--stale", "1ns", "tick"]).run().prints("run 1\n");
        eventually("it is recomputed", || ticks.runs() == 2);
        kill_process(pid, Signal::CONT).expect("to go on");
    }
}

mod catalog {
    use super::*;

    #[test]
    fn verbs_answer_with_a_daemon_as_without() {
        let sandbox = Sandbox::swept();
        for word in ["a", "b", "c"] {
            sandbox.omoide(["--tag", word, "--ttl", "1h", "--", "echo", word]).run();
        }
        sandbox.omoide(["--", "echo", "a"]).run();
        let say = || {
            let list = sandbox.json(["list", "--json", "--sort", "command"]);
            let words: Vec<Value> = list["entries"]
                .as_array()
                .expect("entries")
                .iter()
                .map(|e| e["id"].clone())
                .collect();
            let stats = sandbox.json(["stats", "--json"]);
            (words, stats["entries"].clone(), stats["hits"].clone(), stats["stores"].clone())
        };
        let without = say();
        let daemon = Daemon::start(&sandbox);
        assert_eq!(say(), without);
        let removed = sandbox.omoide(["forget", "--tag", "b"]).run();
        removed.prints("removed 1 entry\n");
        let with = say();
        assert_eq!(with.0.len(), 2);
        let collected = sandbox.json(["gc", "--json"]);
        assert_eq!(collected["expired"], 0, "{collected}");
        assert_eq!(daemon.status()["running"], Value::Bool(true));
        daemon.stop();
        assert_eq!(say(), with);
    }

    #[test]
    fn a_verb_is_answered_while_the_daemon_comes_and_goes() {
        let sandbox = Sandbox::new();
        sandbox.omoide(["echo", "a"]).run();
        let guard = Daemon { sandbox: &sandbox };
        for _ in 0..5 {
            let start = sandbox.omoide(["daemon", "start"]).start();
            let ran = sandbox.omoide(["stats", "--json"]).run();
            assert_eq!(ran.json()["entries"], 1, "{ran:?}");
            assert!(start.finish().status.success());
            let stop = sandbox.omoide(["daemon", "stop"]).start();
            let ran = sandbox.omoide(["stats", "--json"]).run();
            assert_eq!(ran.json()["entries"], 1, "{ran:?}");
            assert!(stop.finish().status.success());
        }
        drop(guard);
    }

    #[test]
    fn what_expires_is_dropped_though_nobody_calls() {
        let sandbox = Sandbox::swept();
        let _daemon = Daemon::start(&sandbox);
        sandbox.omoide(["--ttl", "1ms", "--", "echo", "a"]).run();
        eventually("it is gone", || sandbox.stored("entries").is_empty());
    }
}

mod watching {
    use super::*;

    #[test]
    fn a_changed_input_is_computed_before_anybody_asks() {
        let sandbox = Sandbox::new();
        sandbox.write("input", "one");
        let daemon = Daemon::start(&sandbox);
        let call = ["--watch", "--input", "input", "--", "cat", "input"];
        sandbox.omoide(call).run().prints("one");
        eventually("it is watched", || {
            daemon.status()["watched_paths"].as_u64().is_some_and(|paths| paths > 0)
        });
        sandbox.write("input", "two");
        eventually("the new content is stored", || sandbox.is_cached(call));
        sandbox.omoide(call).run().prints("two");
        sandbox.write("input", "three");
        eventually("the next one, too", || sandbox.is_cached(call));
    }

    #[test]
    fn a_change_behind_a_link_is_one_of_the_input() {
        let sandbox = Sandbox::new();
        sandbox.write("elsewhere/input", "one");
        fs::create_dir(sandbox.path("folder")).expect("a folder");
        symlink("../elsewhere", sandbox.path("folder/link")).expect("a link");
        let daemon = Daemon::start(&sandbox);
        let call = ["--watch", "--input", "folder", "--", "cat", "folder/link/input"];
        sandbox.omoide(call).run().prints("one");
        eventually("it is watched", || {
            daemon.status()["watched_paths"].as_u64().is_some_and(|paths| paths > 2)
        });
        sandbox.write("elsewhere/input", "two");
        eventually("the new content is stored", || sandbox.is_cached(call));
        sandbox.omoide(call).run().prints("two");
    }

    #[test]
    fn what_the_inputs_held_before_is_followed_no_more() {
        let sandbox = Sandbox::new();
        sandbox.write("input", "0");
        let daemon = Daemon::start(&sandbox);
        let call = ["--watch", "--input", "input", "--", "cat", "input"];
        sandbox.omoide(call).run().prints("0");
        eventually("it is watched", || daemon.status()["watched_paths"] == 1);
        for content in ["1", "2", "0", "3"] {
            sandbox.write("input", content);
            eventually("the new content is stored", || sandbox.is_cached(call));
            eventually("it alone is followed", || {
                let status = daemon.status();
                let rows = status["entries"].as_array().expect("entries");
                status["scheduled"] == 1 && rows.len() == 1 && rows[0]["state"] == "watching"
            });
        }
        // Each call once, however many results of it are kept.
        let refreshed = sandbox.omoide(["refresh", "--all"]).run();
        refreshed.is("refreshed 1 entry\n", "", 0);
        daemon.stop();
        let daemon = Daemon::start(&sandbox);
        assert_eq!(daemon.status()["scheduled"], 1, "{}", daemon.status());
    }

    #[test]
    fn what_changes_beside_an_input_starts_no_command() {
        let sandbox = Sandbox::new();
        sandbox.write("input", "one");
        // It writes into the folder of its input, as many commands do.
        let ticks = sandbox.ticking("tick");
        let daemon = Daemon::start(&sandbox);
        let call = ["--watch", "--refresh", "1h", "--input", "input", "--", "tick"];
        sandbox.omoide(call).run().prints("run 1\n");
        let last = || daemon.status()["entries"][0]["last"].as_str().map(str::to_owned);
        eventually("it has been looked at", || last().is_some());
        sandbox.write("beside", "two");
        assert_eq!(last().as_deref(), Some("what is stored is fresh"));
        ticks.ran(1);
    }
}

#[test]
fn a_newer_program_takes_the_place_of_an_older_daemon() {
    let sandbox = Sandbox::new();
    let old = sandbox.root().join("old");
    fs::copy(OMOIDE, &old).expect("a copy");
    let long_ago = std::time::SystemTime::UNIX_EPOCH + std::time::Duration::from_secs(1_000_000);
    fs::File::open(&old).and_then(|file| file.set_modified(long_ago)).expect("an old file");
    let started = sandbox
        .bare([old.as_os_str(), "daemon".as_ref(), "start".as_ref(), "--idle-exit=1h".as_ref()])
        .run();
    assert!(started.status.success(), "{started:?}");
    let guard = Daemon { sandbox: &sandbox };
    let pid = locked_by(&sandbox).expect("a daemon");
    let program = || fs::read_link(format!("/proc/{}/exe", pid.as_raw_nonzero())).ok();
    assert_eq!(program(), Some(old.clone()));
    // The older one is asked to leave by whoever is newer, whatever it wants of it.
    eventually("the newer one answers", || is_running(&sandbox));
    assert_eq!(guard.pid(), pid, "in the same process");
    assert_eq!(program(), Some(fs::canonicalize(OMOIDE).expect("a path")));
    let words = fs::read(format!("/proc/{}/cmdline", pid.as_raw_nonzero())).expect("words");
    assert!(String::from_utf8_lossy(&words).contains("--idle-exit=1h"));
    // An older client changes nothing.
    let asked = sandbox.bare([old.as_os_str(), "daemon".as_ref(), "status".as_ref()]).run();
    assert!(asked.status.success(), "{asked:?}");
    assert_eq!(program(), Some(fs::canonicalize(OMOIDE).expect("a path")));
}

/// As systemd does: the socket that it listens on is the third descriptor.
const ACTIVATE: &str = "
import os, socket, sys
listener = socket.socket(socket.AF_UNIX)
listener.bind(sys.argv[1])
listener.listen()
os.dup2(listener.fileno(), 3)
environment = dict(os.environ, LISTEN_FDS='1', LISTEN_PID=str(os.getpid()))
os.execve(sys.argv[2], sys.argv[2:], environment)
";

#[test]
fn a_socket_of_another_place_is_not_taken_for_its_own() {
    let sandbox = Sandbox::new();
    sandbox.omoide(["echo", "x"]).run().prints("x\n");
    let python = ["/usr/bin/python3", "-c", ACTIVATE].map(std::ffi::OsStr::new);
    let call = sandbox.bare(python).arg(sandbox.root().join("elsewhere.sock"));
    let daemon = call.args([common::OMOIDE, "daemon", "run"]).start();
    common::eventually("it serves", || {
        sandbox.omoide(["daemon", "status"]).run().out_text().contains("uptime")
    });
    assert!(sandbox.store("daemon.sock").exists());
    daemon.signal(rustix::process::Signal::TERM);
    assert!(daemon.finish().status.success());
}
