//! An entry on a machine with a longer uptime than the one that stored it: the boot clock counts
//! only within the boot that it was read in.

mod common;

use common::{Call, OMOIDE, Sandbox};
use rustix::process::geteuid;

/// By how much the uptime there is longer: over a week.
const LONGER: &str = "1000000";

/// A call on a machine that has been up for much longer, in a boot of this id; or in this one, as if
/// the wall clock had been set back since.
fn up_for_longer(sandbox: &Sandbox, boot_id: Option<&str>, words: &[&str]) -> Call {
    let file = "/proc/sys/kernel/random/boot_id";
    let mount = boot_id.map_or(String::new(), |id| {
        sandbox.write("boot_id", format!("{id}\n"));
        format!("mount --bind boot_id {file} && ")
    });
    let script = format!("{mount}exec '{OMOIDE}' \"$@\"");
    let user: &[&str] = if geteuid().is_root() { &[] } else { &["-r"] };
    sandbox
        .bare(["unshare", "-m", "-T", "--boottime", LONGER])
        .args(user)
        .args(["sh", "-c", &script, "sh"])
        .args(words)
}

const ANOTHER: Option<&str> = Some("fffffffe-0000-4000-8000-000000000000");

/// What limits an entry's time by its age.
const LIMITS: [&str; 3] = ["--ttl", "--stale", "--idle"];

#[test]
fn there_an_entry_is_as_old_as_the_wall_clock_says() {
    for limit in LIMITS {
        let sandbox = Sandbox::new();
        let tick = sandbox.ticking("tick");
        let there = |words: &[&str]| up_for_longer(&sandbox, ANOTHER, words).run();
        for _ in ["miss", "hit"] {
            sandbox.omoide([limit, "1h", "tick"]).run().prints("run 1\n");
        }
        there(&["--cached-only", limit, "1h", "tick"]).prints("run 1\n");
        let checked = there(&["check", "--json", limit, "1h", "tick"]).json();
        assert_eq!(checked["state"], "fresh", "{checked}");
        let told = there(&["-v", limit, "1h", "tick"]).err_text();
        assert!(told.starts_with("omoide: hit ") && !told.contains("days"), "{told}");
        tick.ran(1);
    }
}

#[test]
fn here_the_boot_clock_tells_how_old_an_entry_is_when_the_wall_clock_was_set_back() {
    for limit in LIMITS {
        let sandbox = Sandbox::new();
        sandbox.ticking("tick");
        for _ in ["miss", "hit"] {
            sandbox.omoide([limit, "1h", "tick"]).run().prints("run 1\n");
        }
        let checked = ["check", "--json", limit, "1h", "tick"];
        let checked = up_for_longer(&sandbox, None, &checked).run().json();
        assert_ne!(checked["state"], "fresh", "{limit}: {checked}");
    }
    let sandbox = Sandbox::new();
    sandbox.ticking("tick");
    sandbox.omoide(["tick"]).run().prints("run 1\n");
    up_for_longer(&sandbox, None, &["--ttl", "1h", "tick"]).run().prints("run 2\n");
}

#[test]
fn where_the_boot_has_no_id_the_boot_clock_counts() {
    let sandbox = Sandbox::new();
    sandbox.ticking("tick");
    sandbox.omoide(["tick"]).run().prints("run 1\n");
    let call = ["--ttl", "1h", "tick"];
    up_for_longer(&sandbox, Some("nonsense"), &call).run().prints("run 2\n");
}
