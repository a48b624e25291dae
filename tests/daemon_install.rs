//! `omoide daemon install` and `uninstall`: what they write is what service managers understand,
//! and they touch nothing else.

mod common;

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::process::Command;

use common::{Call, Ran, Sandbox};

fn install(sandbox: &Sandbox, options: &[&str]) -> Call {
    sandbox.omoide(["daemon", "install"]).args(options)
}

fn uninstall(sandbox: &Sandbox, options: &[&str]) -> Call {
    sandbox.omoide(["daemon", "uninstall"]).args(options)
}

fn units(sandbox: &Sandbox) -> PathBuf {
    sandbox.home().join(".config/systemd/user")
}

/// Every file and link below the home.
fn files(sandbox: &Sandbox) -> BTreeSet<PathBuf> {
    fn collect(folder: &Path, found: &mut BTreeSet<PathBuf>) {
        for entry in fs::read_dir(folder).expect("a folder") {
            let entry = entry.expect("an entry");
            if entry.file_type().expect("a type").is_dir() {
                collect(&entry.path(), found);
            } else {
                found.insert(entry.path());
            }
        }
    }
    let mut found = BTreeSet::new();
    collect(&sandbox.home(), &mut found);
    found
}

fn assert_did_well(ran: &Ran) {
    assert!(ran.status.success() && ran.err.is_empty(), "{ran:?}");
}

/// Has systemd check the units in a folder; nothing where it isn't installed.
fn verify(folder: &Path) {
    let mut command = Command::new("systemd-analyze");
    command.args(["verify", "--user", "--man=no", "--recursive-errors=no"]);
    command.args(["omoide.service", "omoide.socket"].map(|name| folder.join(name)));
    // It wants a folder for what it would run; nothing is run.
    let runtime = tempfile::tempdir().expect("a folder");
    match command.env("XDG_RUNTIME_DIR", runtime.path()).output() {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
        Err(error) => panic!("systemd-analyze: {error}"),
        Ok(output) => {
            let said = String::from_utf8_lossy(&output.stderr);
            assert!(output.status.success() && said.is_empty(), "{said}");
        }
    }
}

#[test]
fn units_are_written_where_systemd_looks_and_it_takes_them() {
    let sandbox = Sandbox::new();
    let ran = install(&sandbox, &[]).run();
    assert_did_well(&ran);
    let folder = units(&sandbox);
    let expected = ["omoide.service", "omoide.socket"].map(|name| folder.join(name));
    assert_eq!(files(&sandbox), expected.into());
    let told = ran.out_text();
    assert!(told.contains("systemctl --user enable --now omoide.socket omoide.service"), "{told}");
    verify(&folder);
    let socket = fs::read_to_string(folder.join("omoide.socket")).expect("a unit");
    let line = format!("\nListenStream={}\n", sandbox.store("daemon.sock").display());
    assert!(socket.contains(&line) && socket.contains("\nSocketMode=0600\n"), "{socket}");
    assert_eq!(sandbox.cache().metadata().expect("the cache folder").mode() & 0o777, 0o700);
}

#[test]
fn names_that_units_would_read_differently_are_written_so_that_they_are_not() {
    let sandbox = Sandbox::new();
    let cache = sandbox.root().join("my $HOME %h \"cache\" \\x");
    let ran = install(&sandbox, &[]).env("OMOIDE_CACHE_DIR", &cache).run();
    assert_did_well(&ran);
    verify(&units(&sandbox));
    let service = fs::read_to_string(units(&sandbox).join("omoide.service")).expect("a unit");
    let word = "/my $$HOME %%h \\\"cache\\\" \\\\x\" \"daemon\" \"run\"\n";
    assert!(service.contains(word), "{service}");
}

#[test]
fn the_program_is_named_as_path_finds_it_so_that_an_upgrade_keeps_it() {
    let sandbox = Sandbox::new();
    let ran = install(&sandbox, &["--print"]).run();
    let line = format!("ExecStart=\"{}\" ", sandbox.bin().join("omoide").display());
    assert!(ran.out_text().contains(&line), "{ran:?}");
    let ran = install(&sandbox, &["--print"]).env("PATH", "/nowhere").run();
    let own = fs::canonicalize(common::OMOIDE).expect("the program");
    assert!(ran.out_text().contains(&format!("ExecStart=\"{}\" ", own.display())), "{ran:?}");
}

#[test]
fn a_configuration_that_was_named_is_passed_on() {
    let sandbox = Sandbox::new();
    let config = sandbox.write("my.toml", "");
    let ran = install(&sandbox, &["--print"]).env("OMOIDE_CONFIG", &config).run();
    let words = format!(" \"--config\" \"{}\" ", config.display());
    assert!(ran.out_text().contains(&words), "{ran:?}");
}

#[test]
fn print_shows_what_would_be_written_and_writes_nothing() {
    let sandbox = Sandbox::new();
    let ran = install(&sandbox, &["--print"]).run();
    assert_did_well(&ran);
    assert!(files(&sandbox).is_empty() && !sandbox.cache().exists());
    install(&sandbox, &[]).run();
    for path in files(&sandbox) {
        let content = fs::read_to_string(&path).expect("a unit");
        let shown = format!("# {}\n{content}", path.display());
        assert!(ran.out_text().contains(&shown), "{ran:?}");
    }
    let before = files(&sandbox);
    let ran = uninstall(&sandbox, &["--print"]).run();
    let paths: BTreeSet<PathBuf> = ran.out_text().lines().map(PathBuf::from).collect();
    assert_eq!((paths, files(&sandbox)), (before.clone(), before));
}

#[test]
fn uninstall_removes_what_install_wrote_and_its_links_and_nothing_else() {
    let sandbox = Sandbox::new();
    let folder = units(&sandbox);
    for name in ["default.target.wants", "sockets.target.wants"] {
        fs::create_dir_all(folder.join(name)).expect("a folder");
    }
    fs::write(folder.join("other.service"), "[Service]\n").expect("a file");
    symlink(folder.join("other.service"), folder.join("default.target.wants/other.service"))
        .expect("a link");
    let before = files(&sandbox);
    install(&sandbox, &[]).run();
    let link = |wants: &str, name: &str| {
        symlink(folder.join(name), folder.join(wants).join(name)).expect("a link");
    };
    link("default.target.wants", "omoide.service");
    link("sockets.target.wants", "omoide.socket");
    // Once more, as after an upgrade.
    assert_did_well(&install(&sandbox, &[]).run());
    assert_eq!(files(&sandbox).len(), before.len() + 4);
    let ran = uninstall(&sandbox, &[]).run();
    assert_did_well(&ran);
    assert_eq!(ran.out_text().matches("removed ").count(), 4, "{ran:?}");
    assert_eq!(files(&sandbox), before);
    uninstall(&sandbox, &[]).run().prints("nothing of omoide is installed\n");
}

#[test]
fn a_file_that_somebody_else_wrote_is_neither_overwritten_nor_removed() {
    let sandbox = Sandbox::new();
    let path = units(&sandbox).join("omoide.service");
    fs::create_dir_all(units(&sandbox)).expect("a folder");
    fs::write(&path, "mine").expect("a file");
    let error = format!("omoide: {} is not from omoide; move it away first\n", path.display());
    install(&sandbox, &[]).run().fails(1, error);
    uninstall(&sandbox, &[]).run().prints("nothing of omoide is installed\n");
    assert_eq!(fs::read(&path).expect("the file"), b"mine");
    assert_eq!(files(&sandbox), [path.clone()].into());
    fs::remove_file(&path).expect("removed");
    symlink("/dev/null", &path).expect("a masked unit");
    assert_eq!(install(&sandbox, &[]).run().status.code(), Some(1));
}

#[test]
fn a_socket_that_no_unit_can_name_is_left_out_and_that_is_said() {
    let sandbox = Sandbox::new();
    let cache = sandbox.root().join("x".repeat(120));
    let ran = install(&sandbox, &[]).env("OMOIDE_CACHE_DIR", cache).run();
    assert!(ran.status.success(), "{ran:?}");
    ran.warned_once();
    assert!(!ran.out_text().contains("omoide.socket"), "{ran:?}");
    assert_eq!(files(&sandbox), [units(&sandbox).join("omoide.service")].into());
}

#[test]
fn without_a_home_there_is_nothing_to_install_into() {
    let sandbox = Sandbox::new();
    let ran = install(&sandbox, &[]).without("HOME").run();
    ran.fails(1, "omoide: there is no home to install into; set HOME\n");
}

#[test]
fn a_folder_that_can_not_be_written_is_named() {
    let sandbox = Sandbox::new();
    fs::write(sandbox.home().join(".config"), "a file").expect("a file");
    let ran = install(&sandbox, &[]).run();
    assert_eq!(ran.status.code(), Some(1), "{ran:?}");
    ran.warned_once();
    assert!(ran.err_text().contains("systemd/user/omoide.service"), "{ran:?}");
}

#[test]
fn launchd_reads_its_property_list() {
    let sandbox = Sandbox::new();
    let cache = sandbox.root().join("a <cache> & more");
    let ran = install(&sandbox, &["--for", "launchd"]).env("OMOIDE_CACHE_DIR", &cache).run();
    assert_did_well(&ran);
    let path = sandbox.home().join("Library/LaunchAgents/omoide.daemon.plist");
    assert_eq!(files(&sandbox), [path.clone()].into());
    let script = "import json, plistlib, sys; \
                  print(json.dumps(plistlib.load(open(sys.argv[1], 'rb'))))";
    let read = Command::new("/usr/bin/python3").args(["-c", script]).arg(&path).output();
    let read = read.expect("to run python3");
    let list: serde_json::Value = serde_json::from_slice(&read.stdout).expect("a property list");
    let program = sandbox.bin().join("omoide");
    let words = ["--cache-dir", cache.to_str().expect("text"), "daemon", "run"];
    let expected: Vec<_> = [program.to_str().expect("text")].into_iter().chain(words).collect();
    assert_eq!(list["ProgramArguments"], serde_json::json!(expected));
    assert_eq!((&list["RunAtLoad"], &list["Umask"]), (&true.into(), &0o077.into()));
    let shown = install(&sandbox, &["--for", "launchd", "--print"]).env("OMOIDE_CACHE_DIR", &cache);
    shown.run().prints(fs::read(&path).expect("the list"));
    assert_did_well(&uninstall(&sandbox, &["--for", "launchd"]).run());
    assert!(files(&sandbox).is_empty());
}

#[test]
fn what_is_written_is_for_its_owner_alone() {
    let sandbox = Sandbox::new();
    install(&sandbox, &[]).run();
    for path in files(&sandbox) {
        let mode = path.metadata().expect("a file").permissions().mode();
        assert_eq!(mode & 0o077, 0, "{}", path.display());
    }
}
