//! A configuration file that doesn't count is never ignored without a word: what it says, a `ttl`
//! above all, isn't in force.

mod common;

use std::fs::{self, Permissions};
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;

use common::{Sandbox, mounted};
use rustix::fs::{CWD, FileType, Mode, mknodat};
use rustix::process::geteuid;

const EXPIRES_AT_ONCE: &str = "[defaults]\nttl = \"1ns\"\n";

fn chmod(path: &Path, mode: u32) {
    fs::set_permissions(path, Permissions::from_mode(mode)).expect("a mode");
}

/// The line that says that the file in the working directory is ignored, and why.
fn ignored(sandbox: &Sandbox, why: &str) -> String {
    format!("omoide: {} is ignored: {why}\n", sandbox.path(".omoide.toml").display())
}

/// A file that everybody can write, and the line that says so.
fn open_to_everybody(sandbox: &Sandbox) -> String {
    chmod(&sandbox.write(".omoide.toml", EXPIRES_AT_ONCE), 0o666);
    ignored(sandbox, "others can write it (mode 0666); chmod go-w makes it count")
}

#[test]
fn each_call_says_that_it_is_ignored() {
    let sandbox = Sandbox::new();
    let tick = sandbox.ticking("tick");
    let line = open_to_everybody(&sandbox);
    for _ in ["miss", "hit"] {
        sandbox.omoide(["tick"]).run().is("run 1\n", &line, 0);
        sandbox.omoide(["run", "tick"]).run().is("run 1\n", &line, 0);
    }
    tick.ran(1);
    chmod(&sandbox.path(".omoide.toml"), 0o644);
    sandbox.omoide(["tick"]).run().prints("run 2\n");
}

#[test]
fn every_verb_says_it_once() {
    let sandbox = Sandbox::new();
    sandbox.ticking("tick");
    let line = open_to_everybody(&sandbox);
    let verbs = [
        "warm --wait -- tick",
        "check -- tick",
        "explain -- tick",
        "refresh -- tick",
        "list",
        "stats",
        "gc",
        "config show",
        "forget -- tick",
    ];
    for verb in verbs {
        let ran = sandbox.omoide(verb.split(' ')).run();
        assert_eq!((ran.err_text(), ran.status.code()), (line.clone(), Some(0)), "{verb}");
    }
    // The jobs that it starts read the configuration themselves.
    sandbox.omoide(["tick"]).run().is("run 3\n", &line, 0);
    let refreshed = sandbox.omoide(["refresh", "--all"]).run();
    assert_eq!(refreshed.err_text().lines().next(), line.lines().next(), "{refreshed:?}");
    assert_eq!(refreshed.err_text().matches("is ignored").count(), 1, "{refreshed:?}");
    let shown = sandbox.omoide(["config", "show"]).run().out_text();
    assert!(shown.starts_with(&format!("# {}", line.trim_start_matches("omoide: "))), "{shown}");
    sandbox.omoide(["config", "check"]).run().is("", &line, 1);
    let told = sandbox.omoide(["doctor"]).run();
    assert_eq!(told.status.code(), Some(1), "{told:?}");
    assert!(told.out_text().contains("is ignored: others can write it"), "{told:?}");
}

#[test]
fn whatever_it_is_the_line_says_why() {
    type Make = fn(&Path);
    let kinds: [(&str, Make); 4] = [
        ("it is a symbolic link", |path| symlink("/nowhere/at/all", path).expect("a link")),
        ("it is a symbolic link", |path| symlink("target", path).expect("a link")),
        ("it is not a regular file", |path| fs::create_dir(path).expect("a directory")),
        ("it is not a regular file", |path| {
            let mode = Mode::from_raw_mode(0o600);
            mknodat(CWD, path, FileType::Fifo, mode, 0).expect("a pipe");
        }),
    ];
    for (why, make) in kinds {
        let sandbox = Sandbox::new();
        sandbox.write("target", EXPIRES_AT_ONCE);
        make(&sandbox.path(".omoide.toml"));
        sandbox.omoide(["echo", "x"]).run().is("x\n", ignored(&sandbox, why), 0);
        sandbox.omoide(["config", "check"]).run().is("", ignored(&sandbox, why), 1);
    }
}

#[test]
fn one_above_a_directory_that_everybody_can_write_is_said_to_be_ignored() {
    let sandbox = Sandbox::new();
    sandbox.write(".omoide.toml", EXPIRES_AT_ONCE);
    let inner = sandbox.path("open/inner");
    fs::create_dir_all(&inner).expect("a directory");
    chmod(&sandbox.path("open"), 0o1777);
    let why = format!("everybody can write the directory {}", sandbox.path("open").display());
    let ran = sandbox.omoide(["echo", "x"]).within(&inner).run();
    ran.is("x\n", ignored(&sandbox, &why), 0);
}

#[test]
fn another_users_file_is_said_to_be_ignored() {
    let sandbox = Sandbox::new();
    let path = sandbox.write(".omoide.toml", EXPIRES_AT_ONCE);
    let (call, owner) = if geteuid().is_root() {
        rustix::fs::chown(&path, Some(rustix::fs::Uid::from_raw(1)), None)
            .expect("to give it away");
        (sandbox.omoide(["echo", "x"]), 1)
    } else {
        // Whoever isn't in the namespace is nobody there.
        (mounted(&sandbox, "mount --bind /etc/passwd .omoide.toml", &["echo", "x"]), 65534)
    };
    let why = format!("it belongs to another user (uid {owner})");
    call.run().is("x\n", ignored(&sandbox, &why), 0);
}

#[test]
fn a_directory_that_cannot_be_searched_may_hide_one() {
    let sandbox = Sandbox::new();
    let inner = sandbox.path("closed/inner");
    fs::create_dir_all(&inner).expect("a directory");
    let path = inner.join(".omoide.toml");
    let line = format!(
        "omoide: {} is ignored: it can't be looked at: Permission denied (os error 13)\n",
        path.display()
    );
    let script = "chmod 0 .. && exec \"$@\"";
    let call = sandbox.bare(["sh", "-c", script, "sh"]).within(&inner);
    // Root may look into every directory otherwise.
    let drop =
        ["setpriv", "--inh-caps", "-all", "--bounding-set", "-dac_override,-dac_read_search"];
    let call = if geteuid().is_root() { call.args(drop) } else { call };
    let ran = call.args([common::OMOIDE, "echo", "x"]).run();
    chmod(&sandbox.path("closed"), 0o755);
    ran.is("x\n", line, 0);
}

/// A call by a user whom these files know, with a project's file of mode 0664.
fn with_users(users: &str, groups: &str) -> (Sandbox, common::Ran) {
    let sandbox = Sandbox::new();
    chmod(&sandbox.write(".omoide.toml", EXPIRES_AT_ONCE), 0o664);
    sandbox.write("passwd", users);
    sandbox.write("group", groups);
    let mount = "mount --bind passwd /etc/passwd && mount --bind group /etc/group";
    let ran = mounted(&sandbox, mount, &["config", "check"]).run();
    (sandbox, ran)
}

#[test]
fn what_the_users_private_group_can_write_counts() {
    let users = "ann:x:0:0:Ann:/home/ann:/bin/sh\nbob:x:1001:1001::/home/bob:/bin/sh\n";
    for groups in ["ann:x:0:\nbob:x:1001:ann\n", "ann:x:0:ann"] {
        let (sandbox, ran) = with_users(users, groups);
        let told = format!("{}: nothing wrong\n", sandbox.path(".omoide.toml").display());
        ran.prints(told);
    }
}

#[test]
fn what_a_group_of_others_can_write_is_ignored() {
    let ann = "ann:x:0:0:Ann:/home/ann:/bin/sh\n";
    let eve = format!("{ann}eve:x:1002:0:Eve:/home/eve:/bin/sh\n");
    let cases = [
        ("another member", ann, "ann:x:0:bob\n"),
        ("another name", ann, "staff:x:0:\n"),
        ("another user's primary group", &eve, "ann:x:0:\n"),
        ("a user from elsewhere", "", "ann:x:0:\n"),
        ("a group from elsewhere", ann, ""),
    ];
    for (case, users, groups) in cases {
        let (sandbox, ran) = with_users(users, groups);
        let why = "its group (gid 0) can write it (mode 0664); chmod g-w makes it count";
        let line = ignored(&sandbox, why);
        assert_eq!((ran.err_text(), ran.status.code()), (line, Some(1)), "{case}");
    }
}

#[test]
fn without_a_home_the_usual_configuration_may_still_be_named() {
    let sandbox = Sandbox::new();
    sandbox.ticking("tick");
    sandbox.write("config/omoide/config.toml", EXPIRES_AT_ONCE);
    let call = |words: &[&str]| {
        sandbox.omoide(words).without("HOME").env("XDG_CONFIG_HOME", sandbox.path("config")).run()
    };
    call(&["tick"]).prints("run 1\n");
    call(&["tick"]).prints("run 2\n");
    let path = sandbox.path("config/omoide/config.toml");
    call(&["config", "path"]).prints(format!("{}\n", path.display()));
}

#[test]
fn a_usual_configuration_that_is_a_link_to_nothing_is_a_bad_one() {
    let sandbox = Sandbox::new();
    let folder = sandbox.home().join(".config/omoide");
    fs::create_dir_all(&folder).expect("a directory");
    symlink("/nowhere/at/all", folder.join("config.toml")).expect("a link");
    let ran = sandbox.omoide(["echo", "x"]).run();
    assert_eq!((ran.out_text().as_str(), ran.status.code()), ("x\n", Some(0)));
    ran.warned_once();
    assert!(ran.err_text().contains("a symbolic link that leads nowhere"), "{ran:?}");
}
