//! Words that name a descriptor, as a shell's `<(…)` does: the same words, another input each time.

use std::path::Path;

use crate::sys::fd::is_inherited;

/// The directories of descriptors that a word may name, each as far as the number that may stand in
/// it.
const OWN: [&[u8]; 3] = [b"/dev/fd/", b"/proc/self/fd/", b"/proc/thread-self/fd/"];
const PROC: &[u8] = b"/proc/";
const FD: &[u8] = b"/fd/";

/// Whether a word names, anywhere in it, a descriptor above 2 that COMMAND gets from this process, or
/// any open one of a process that is named by its id.
///
/// A descriptor that isn't open here COMMAND opens itself (`sh -c 'exec 3<file; cat /dev/fd/3'`):
/// what it reads from that is told by its words.
#[must_use]
pub fn names_a_descriptor(word: &[u8]) -> bool {
    let mut rest = word;
    while let Some(at) = find(rest, FD) {
        let (before, after) = (&rest[..at + FD.len()], &rest[at + FD.len()..]);
        if let Some(number) = leading_number(after) {
            let is_own = OWN.iter().any(|directory| before.ends_with(directory));
            if is_own && number > 2 && i32::try_from(number).is_ok_and(is_inherited) {
                return true;
            }
            if of_process(before).is_some_and(|id| is_open(id, number)) {
                return true;
            }
        }
        rest = after;
    }
    false
}

/// The process whose descriptors are in the directory that `path` ends with: `/proc/7/fd/`.
fn of_process(path: &[u8]) -> Option<u32> {
    let path = path.strip_suffix(FD)?;
    let digits = path.iter().rev().take_while(|byte| byte.is_ascii_digit()).count();
    let (before, id) = path.split_at(path.len() - digits);
    if before.ends_with(PROC) { leading_number(id) } else { None }
}

fn is_open(process: u32, number: u32) -> bool {
    Path::new(&format!("/proc/{process}/fd/{number}")).symlink_metadata().is_ok()
}

fn leading_number(text: &[u8]) -> Option<u32> {
    let digits = text.iter().take_while(|byte| byte.is_ascii_digit()).count();
    std::str::from_utf8(&text[..digits]).ok()?.parse().ok()
}

fn find(text: &[u8], wanted: &[u8]) -> Option<usize> {
    text.windows(wanted.len()).position(|found| found == wanted)
}

#[cfg(test)]
mod tests {
    use std::fs::File;
    use std::os::fd::AsRawFd;

    use super::*;

    #[test]
    fn descriptors_that_are_inherited_are_told_wherever_they_stand() {
        let file = File::open("/dev/null").expect("a file");
        rustix::io::fcntl_setfd(&file, rustix::io::FdFlags::empty()).expect("to let it through");
        let (number, process) = (file.as_raw_fd(), std::process::id());
        let closed = 1_000_000;
        let cases = [
            (format!("/dev/fd/{number}"), true),
            (format!("/proc/self/fd/{number}"), true),
            (format!("/proc/thread-self/fd/{number}"), true),
            (format!("--file=/dev/fd/{number}"), true),
            (format!("@/dev/fd/{number}"), true),
            (format!("/dev/fd/{closed},/dev/fd/{number}:ro"), true),
            (format!("/proc/{process}/fd/{number}"), true),
            (format!("-f/proc/{process}/fd/0"), true),
            (format!("/dev/fd/{closed}"), false),
            (format!("/proc/{process}/fd/{closed}"), false),
            (format!("/proc/4294967295/fd/{number}"), false),
            (format!("/proc//fd/{number}"), false),
            (format!("/fd/{number}"), false),
            (format!("/dev/fd{number}"), false),
            ("/dev/fd/".to_owned(), false),
            ("/dev/fd/99999999999999999999".to_owned(), false),
            ("/dev/fd/0".to_owned(), false),
            ("/dev/fd/2".to_owned(), false),
            ("/dev/stdin".to_owned(), false),
            ("-".to_owned(), false),
            (String::new(), false),
        ];
        for (word, expected) in cases {
            assert_eq!(names_a_descriptor(word.as_bytes()), expected, "{word}");
        }
    }

    #[test]
    fn what_the_command_does_not_get_is_none_of_its_inputs() {
        // The standard library's files are closed when a program is executed.
        let file = File::open("/dev/null").expect("a file");
        assert!(!names_a_descriptor(format!("/dev/fd/{}", file.as_raw_fd()).as_bytes()));
    }
}
