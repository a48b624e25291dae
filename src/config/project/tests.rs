use std::fs::{self, Permissions};
use std::os::unix::fs::{PermissionsExt, symlink};
use std::os::unix::net::UnixListener;

use rustix::fs::{CWD, Mode, XattrFlags, mknodat, setxattr};
use rustix::process::geteuid;
use tempfile::TempDir;

use super::*;

/// A folder that nobody else can write, and its real path.
fn folder() -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().canonicalize().expect("its real path");
    (folder, path)
}

fn below(root: &Path, name: &str, mode: u32) -> PathBuf {
    let path = root.join(name);
    fs::create_dir_all(&path).expect("a folder");
    chmod(&path, mode);
    path
}

fn put(folder: &Path) -> PathBuf {
    let path = folder.join(PROJECT_FILE);
    fs::write(&path, "").expect("a file");
    chmod(&path, 0o644);
    path
}

fn chmod(path: &Path, mode: u32) {
    fs::set_permissions(path, Permissions::from_mode(mode)).expect("its permissions");
}

fn search(cwd: &Path) -> Found {
    find(cwd, geteuid().as_raw())
}

fn trusted(cwd: &Path) -> PathBuf {
    match search(cwd) {
        Found::Trusted(path, _) => path,
        other => panic!("{other:?}"),
    }
}

fn skipped(cwd: &Path) -> Skipped {
    match search(cwd) {
        Found::Skipped(skipped) => skipped,
        other => panic!("{other:?}"),
    }
}

#[test]
fn trust_depends_on_what_it_is_whose_it_is_and_who_can_write_it() {
    const ME: u32 = 1000;
    let cases = [
        (FileType::RegularFile, ME, 0o644, Ok(())),
        (FileType::RegularFile, ME, 0o600, Ok(())),
        (FileType::RegularFile, ME, 0o755, Ok(())),
        (FileType::RegularFile, ME, 0o000, Ok(())),
        (FileType::RegularFile, 0, 0o644, Err(Distrust::Owner(0))),
        (FileType::RegularFile, 1001, 0o666, Err(Distrust::Owner(1001))),
        (FileType::RegularFile, ME, 0o666, Err(Distrust::Writable(0o666))),
        (FileType::RegularFile, ME, 0o646, Err(Distrust::Writable(0o646))),
        (FileType::Symlink, ME, 0o777, Err(Distrust::Link)),
        (FileType::Directory, ME, 0o755, Err(Distrust::NotAFile)),
        (FileType::Fifo, ME, 0o600, Err(Distrust::NotAFile)),
        (FileType::Socket, ME, 0o600, Err(Distrust::NotAFile)),
        (FileType::CharacterDevice, ME, 0o600, Err(Distrust::NotAFile)),
        (FileType::BlockDevice, ME, 0o600, Err(Distrust::NotAFile)),
    ];
    for (kind, owner, mode, expected) in cases {
        let facts = FileFacts { kind, owner, group: 7, mode };
        let unasked = || panic!("who is in the group matters to nobody: {facts:?}");
        assert_eq!(trust(&facts, ME, unasked), expected, "{facts:?}");
    }
    let mine = FileFacts { kind: FileType::RegularFile, owner: ME, group: 7, mode: 0o644 };
    assert_eq!(trust(&mine, 0, || true), Err(Distrust::Owner(ME)));
}

#[test]
fn what_the_group_can_write_counts_where_the_user_is_alone_in_it() {
    for mode in [0o664, 0o660, 0o020] {
        let facts = FileFacts { kind: FileType::RegularFile, owner: 1000, group: 7, mode };
        assert_eq!(trust(&facts, 1000, || true), Ok(()));
        let shared = Err(Distrust::GroupWritable { mode, group: 7 });
        assert_eq!(trust(&facts, 1000, || false), shared);
        assert_eq!(trust(&facts, 1001, || true), Err(Distrust::Owner(1000)));
    }
}

#[test]
fn with_an_access_control_list_the_groups_bits_say_nothing_of_the_group() {
    let (_guard, root) = folder();
    let path = put(&root);
    chmod(&path, 0o664);
    let open = || open_at_once(&path, Links::Refuse).expect("to open it");
    assert!(has_plain_mode(&open()));
    // As `setfacl -m u:1:rw` makes it: the owner, user 1, the group, the mask, everybody else.
    let entries: [(u16, u16, u32); 5] =
        [(1, 6, u32::MAX), (2, 6, 1), (4, 4, u32::MAX), (16, 6, u32::MAX), (32, 4, u32::MAX)];
    let mut list = 2u32.to_le_bytes().to_vec();
    for (tag, permissions, id) in entries {
        list.extend(tag.to_le_bytes());
        list.extend(permissions.to_le_bytes());
        list.extend(id.to_le_bytes());
    }
    setxattr(&path, "system.posix_acl_access", &list, XattrFlags::empty()).expect("a list");
    assert!(!has_plain_mode(&open()));
    assert!(matches!(skipped(&root).why, Distrust::GroupWritable { mode: 0o664, .. }));
}

#[test]
fn what_cannot_be_looked_at_is_said() {
    let why = Distrust::Unseen(Errno::ACCESS);
    let path = PathBuf::from("/a/.omoide.toml");
    assert_eq!(
        Skipped { path, why }.to_string(),
        "/a/.omoide.toml is ignored: it can't be looked at: Permission denied (os error 13)"
    );
}

#[test]
fn the_nearest_file_upward_is_found() {
    let (_guard, root) = folder();
    let deep = below(&root, "a/b/c", 0o755);
    let outer = put(&root);
    assert_eq!(trusted(&deep), outer);
    assert_eq!(trusted(&root), outer);
    let inner = put(&root.join("a/b"));
    assert_eq!(trusted(&deep), inner);
    assert_eq!(trusted(&root.join("a")), outer);
}

#[test]
fn a_file_that_others_can_write_ends_the_search() {
    let (_guard, root) = folder();
    let inner = below(&root, "inner", 0o755);
    put(&root);
    let path = put(&inner);
    chmod(&path, 0o666);
    let found = skipped(&inner);
    assert_eq!(
        found.to_string(),
        format!(
            "{} is ignored: others can write it (mode 0666); chmod go-w makes it count",
            path.display()
        )
    );
    assert_eq!(found.why, Distrust::Writable(0o666));
}

#[test]
fn another_users_file_ends_the_search() {
    let (_guard, root) = folder();
    let inner = below(&root, "inner", 0o755);
    put(&root);
    let path = put(&inner);
    let me = geteuid().as_raw();
    let Found::Skipped(found) = find(&inner, me + 1) else {
        panic!("trusted");
    };
    assert_eq!((found.path, found.why), (path.clone(), Distrust::Owner(me)));
    // Nor is it an error that such a file can't be read.
    chmod(&path, 0o000);
    assert!(matches!(find(&inner, me + 1), Found::Skipped(_)));
}

#[test]
fn the_search_stops_at_a_folder_that_everybody_can_write() {
    let (_guard, root) = folder();
    let open = below(&root, "open", 0o777);
    let inner = below(&open, "inner", 0o755);
    // Its own file doesn't count, nor does one above it; one below does.
    let outer = put(&root);
    assert_eq!(skipped(&inner), Skipped { path: outer, why: Distrust::OpenFolder(open.clone()) });
    let own = put(&open);
    for sticky in [0o1777, 0o777, 0o702] {
        chmod(&open, sticky);
        for cwd in [&inner, &open] {
            let found = skipped(cwd);
            assert_eq!(found.path, own);
            assert_eq!(found.why, Distrust::OpenFolder(open.clone()));
        }
    }
    let innermost = put(&inner);
    assert_eq!(trusted(&inner), innermost);
    chmod(&open, 0o770);
    fs::remove_file(innermost).expect("to remove it");
    assert_eq!(trusted(&inner), own);
}

#[test]
fn links_do_not_count_wherever_they_point() {
    let (_guard, root) = folder();
    let target = root.join("target");
    fs::write(&target, "").expect("a file");
    for (name, target) in [("a", target.as_path()), ("b", Path::new("/dev/null/nowhere"))] {
        let inner = below(&root, name, 0o755);
        symlink(target, inner.join(PROJECT_FILE)).expect("a link");
        assert_eq!(skipped(&inner).why, Distrust::Link);
    }
}

#[test]
fn what_is_no_file_neither_hangs_nor_counts() {
    let (_guard, root) = folder();
    let fifo = below(&root, "fifo", 0o755);
    let mode = Mode::from_raw_mode(0o600);
    mknodat(CWD, fifo.join(PROJECT_FILE), FileType::Fifo, mode, 0).expect("a pipe");
    let socket = below(&root, "socket", 0o755);
    let _listener = UnixListener::bind(socket.join(PROJECT_FILE)).expect("a socket");
    let directory = below(&root, "directory", 0o755);
    below(&directory, PROJECT_FILE, 0o755);
    for cwd in [fifo, socket, directory] {
        assert_eq!(skipped(&cwd).why, Distrust::NotAFile, "{cwd:?}");
    }
}

#[test]
fn a_folder_that_is_gone_is_no_obstacle() {
    let (_guard, root) = folder();
    let outer = put(&root);
    assert_eq!(trusted(&root.join("gone/too")), outer);
    let file = root.join("file");
    fs::write(&file, "").expect("a file");
    assert_eq!(trusted(&file.join("x")), outer);
}

#[test]
fn a_folder_too_deep_to_name_a_file_in_is_no_obstacle() {
    const PATH_MAX: usize = 4096;
    let (_guard, root) = folder();
    let outer = put(&root);
    let mut deep = root;
    while deep.as_os_str().len() + 100 < PATH_MAX {
        deep.push("x".repeat(90));
    }
    deep.push("y".repeat(PATH_MAX - 5 - deep.as_os_str().len()));
    fs::create_dir_all(&deep).expect("a deep folder");
    assert_eq!(trusted(&deep), outer);
}

#[test]
fn names_are_shown_without_control_characters() {
    let skipped = Skipped {
        path: PathBuf::from("/a\x1b[2J/.omoide.toml"),
        why: Distrust::OpenFolder(PathBuf::from("/a\n")),
    };
    assert_eq!(
        skipped.to_string(),
        "/a\\x1b[2J/.omoide.toml is ignored: everybody can write the directory /a\\n"
    );
}
