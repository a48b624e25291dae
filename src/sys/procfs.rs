//! What /proc tells of other processes.

/// Whether `pid` is this process' parent, its parent's parent, and so on.
#[must_use]
pub fn is_ancestor(pid: u32) -> bool {
    ancestors().any(|ancestor| ancestor == pid)
}

/// Whether a process above this one runs the same file with the same arguments in the same
/// folder: a script on PATH that calls us by its own name, over and over.
#[must_use]
pub fn repeats_an_ancestor() -> bool {
    let of = |pid: &str| {
        let arguments = std::fs::read(format!("/proc/{pid}/cmdline")).ok()?;
        let links = ["exe", "cwd"].map(|name| std::fs::read_link(format!("/proc/{pid}/{name}")));
        let [Ok(file), Ok(folder)] = links else { return None };
        Some((arguments, file, folder))
    };
    let Some(ours) = of("self") else { return false };
    ancestors().any(|pid| of(&pid.to_string()).is_some_and(|theirs| theirs == ours))
}

/// The processes above this one, its parent first.
fn ancestors() -> impl Iterator<Item = u32> {
    let parent = |pid: &u32| stat(*pid).map(|stat| stat.parent).filter(|&parent| parent > 0);
    // Bounded: a chain that changes while it is read could otherwise lead in circles.
    std::iter::successors(Some(std::process::id()), parent).skip(1).take(1024)
}

/// Whether the process is stopped, by Ctrl-Z or a debugger.
#[must_use]
pub fn is_stopped(pid: u32) -> bool {
    stat(pid).is_some_and(|stat| matches!(stat.state, b'T' | b't'))
}

/// Whether a process has a file open, which is named by its device and its inode.
#[must_use]
pub fn has_open(pid: u32, file: (u64, u64)) -> bool {
    use std::os::unix::fs::MetadataExt;
    let Ok(descriptors) = std::fs::read_dir(format!("/proc/{pid}/fd")) else { return false };
    // Followed, a link there leads to the open file itself, whatever it is called by now.
    let mut found = descriptors.flatten().filter_map(|fd| std::fs::metadata(fd.path()).ok());
    found.any(|found| (found.dev(), found.ino()) == file)
}

struct Stat {
    state: u8,
    parent: u32,
}

/// Reads `/proc/<pid>/stat`: the command's name, in parentheses, may hold anything, so what
/// follows is found from the last one.
fn stat(pid: u32) -> Option<Stat> {
    parse(&std::fs::read(format!("/proc/{pid}/stat")).ok()?)
}

fn parse(line: &[u8]) -> Option<Stat> {
    let after_name = line.iter().rposition(|&byte| byte == b')')? + 1;
    let mut fields = std::str::from_utf8(&line[after_name..]).ok()?.split_ascii_whitespace();
    let state = *fields.next()?.as_bytes().first()?;
    let parent = fields.next()?.parse().ok()?;
    Some(Stat { state, parent })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_with_parentheses_and_blanks_is_no_obstacle() {
        let stat = parse(b"42 (evil) T 1 (x) S 7 0 0").expect("a line");
        assert_eq!((stat.state, stat.parent), (b'S', 7));
        assert!(parse(b"").is_none());
        assert!(parse(b"42 (name) R").is_none());
    }

    #[test]
    fn a_file_is_open_as_long_as_it_is() {
        use std::os::unix::fs::MetadataExt;
        let file = tempfile::tempfile().expect("a file");
        let found = file.metadata().expect("metadata");
        let named = (found.dev(), found.ino());
        assert!(has_open(std::process::id(), named));
        drop(file);
        assert!(!has_open(std::process::id(), named));
    }

    #[test]
    fn our_parent_is_an_ancestor_and_we_are_not() {
        assert!(is_ancestor(std::os::unix::process::parent_id()));
        assert!(!is_ancestor(std::process::id()));
        assert!(!is_stopped(std::process::id()));
        assert!(!repeats_an_ancestor());
    }
}
