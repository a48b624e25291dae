use std::fs::{self, Permissions};
use std::os::unix::fs::{PermissionsExt, symlink};
use std::time::Duration;

use rustix::fs::{CWD, FileType, Mode, mknodat};
use rustix::process::geteuid;
use tempfile::TempDir;

use super::super::project::PROJECT_FILE;
use super::*;

fn folder() -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().canonicalize().expect("its real path");
    (folder, path)
}

fn write(path: &Path, content: impl AsRef<[u8]>) {
    fs::write(path, content).expect("a file");
    fs::set_permissions(path, Permissions::from_mode(0o644)).expect("its permissions");
}

fn caller(cwd: Option<&Path>) -> Caller<'_> {
    Caller { cwd, uid: geteuid().as_raw(), home: Some(OsStr::new("/home/u")) }
}

fn load_user(user: UserFile<'_>) -> Result<Config, String> {
    load(user, &caller(None), Rules::All).map_err(|problem| problem.to_string())
}

#[test]
fn without_files_nothing_is_configured() {
    let (_guard, root) = folder();
    let inner = root.join("inner");
    fs::create_dir(&inner).expect("a folder");
    let absent = root.join("config.toml");
    for user in [UserFile::Nowhere, UserFile::Usual(&absent)] {
        let config = load(user, &caller(Some(&inner)), Rules::All).expect("a configuration");
        assert!(config.user.is_none() && config.project.is_none());
        assert_eq!(config.limits(), Limits::default());
        assert_eq!(config.cache_dir(), None);
    }
}

#[test]
fn the_usual_file_may_be_absent_and_a_named_one_may_not() {
    let (_guard, root) = folder();
    let file = root.join("file");
    write(&file, "");
    let absent = root.join("absent");
    let below = file.join("config.toml");
    for path in [&absent, &below] {
        let config = load_user(UserFile::Usual(path)).expect("a configuration");
        assert!(config.user.is_none());
    }
    assert_eq!(
        load_user(UserFile::Named(&absent)).expect_err("absent"),
        format!("{}: no such file", absent.display())
    );
    assert_eq!(
        load_user(UserFile::Named(&below)).expect_err("absent"),
        format!("{}: can't be read: Not a directory (os error 20)", below.display())
    );
}

#[test]
fn a_usual_file_that_is_a_link_to_nothing_is_wrong() {
    let (_guard, root) = folder();
    let file = root.join("file");
    write(&file, "");
    let link = root.join("config.toml");
    for target in [root.join("nowhere"), file.join("below")] {
        symlink(target, &link).expect("a link");
        assert_eq!(
            load_user(UserFile::Usual(&link)).expect_err("a link to nothing"),
            format!("{}: a symbolic link that leads nowhere", link.display())
        );
        fs::remove_file(&link).expect("to remove it");
    }
}

#[test]
fn the_users_file_is_read_through_links_and_whoever_can_write_it() {
    let (_guard, root) = folder();
    let (file, link) = (root.join("file"), root.join("config.toml"));
    write(&file, "[store]\nmax_entries = 7\ndir = \"~/c\"\n");
    fs::set_permissions(&file, Permissions::from_mode(0o664)).expect("its permissions");
    symlink(&file, &link).expect("a link");
    for user in [UserFile::Usual(&link), UserFile::Named(&link)] {
        let config = load_user(user).expect("a configuration");
        assert_eq!(config.limits().max_entries, 7);
        assert_eq!(config.cache_dir(), Some(Path::new("/home/u/c")));
    }
}

#[test]
fn what_is_no_file_is_refused_at_once_but_dev_null_is_empty() {
    let (_guard, root) = folder();
    let fifo = root.join("fifo");
    let mode = Mode::from_raw_mode(0o600);
    mknodat(CWD, &fifo, FileType::Fifo, mode, 0).expect("a pipe");
    for path in [fifo.as_path(), &root, Path::new("/dev/zero")] {
        for user in [UserFile::Usual(path), UserFile::Named(path)] {
            let expected = format!("{}: not a regular file", path.display());
            assert_eq!(load_user(user).expect_err("no file"), expected);
        }
    }
    let config = load_user(UserFile::Named(Path::new("/dev/null"))).expect("nothing");
    assert_eq!(config.limits(), Limits::default());
}

#[test]
fn a_mebibyte_is_enough() {
    let (_guard, root) = folder();
    let path = root.join("config.toml");
    write(&path, vec![b'\n'; 1 << 20]);
    assert!(load_user(UserFile::Usual(&path)).is_ok());
    write(&path, vec![b'\n'; (1 << 20) + 1]);
    assert_eq!(
        load_user(UserFile::Usual(&path)).expect_err("too large"),
        format!("{}: larger than 1.0 MiB", path.display())
    );
}

#[test]
fn a_file_that_cannot_be_read_is_named() {
    let (_guard, root) = folder();
    let path = root.join(PROJECT_FILE);
    write(&path, "");
    fs::set_permissions(&path, Permissions::from_mode(0o000)).expect("its permissions");
    if fs::File::open(&path).is_ok() {
        // Root reads everything; the message is tested without the file.
        let problem = whole(path, Fault::Unreadable(Errno::ACCESS));
        assert!(
            problem
                .to_string()
                .ends_with(".omoide.toml: can't be read: Permission denied (os error 13)")
        );
        return;
    }
    let expected = format!("{}: can't be read: Permission denied (os error 13)", path.display());
    assert_eq!(load_user(UserFile::Usual(&path)).expect_err("unreadable"), expected);
    let of_project = load(UserFile::Nowhere, &caller(Some(&root)), Rules::All);
    assert_eq!(of_project.expect_err("unreadable").to_string(), expected);
}

#[test]
fn all_problems_of_both_files_are_reported_and_the_first_is_the_error() {
    let (_guard, root) = folder();
    let (user, project) = (root.join("config.toml"), root.join(PROJECT_FILE));
    write(&user, "[defaults]\ntll = \"1h\"\nidle = \"1m\"\n[x]\n");
    write(&project, "[store]\n");
    let caller = caller(Some(&root));
    let report = read(UserFile::Usual(&user), &caller, Rules::All);
    let problems: Vec<String> = report.problems.iter().map(Problem::to_string).collect();
    assert_eq!(
        problems,
        [
            format!("{}:2: unknown key `tll` in [defaults]; did you mean `ttl`?", user.display()),
            format!("{}:4: unknown section [x]", user.display()),
            format!(
                "{}:1: [store] can't stand in a project's file; it belongs in your own config.toml",
                project.display()
            ),
        ]
    );
    let kept = report.config.user.expect("the rest").defaults.values.policy;
    assert_eq!(kept.idle, Some(Duration::from_mins(1)));
    let first = load(UserFile::Usual(&user), &caller, Rules::All).expect_err("problems");
    assert_eq!(first, report.problems[0]);
}

#[test]
fn a_project_that_does_not_count_is_noted_and_not_read() {
    let (_guard, root) = folder();
    let project = root.join(PROJECT_FILE);
    write(&project, "this is not TOML");
    fs::set_permissions(&project, Permissions::from_mode(0o666)).expect("its permissions");
    let config =
        load(UserFile::Nowhere, &caller(Some(&root)), Rules::All).expect("a configuration");
    assert!(config.project.is_none());
    assert_eq!(config.skipped.expect("a note").path, project);
}
