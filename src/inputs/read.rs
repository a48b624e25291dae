//! Reading files for their digests.

use std::fs::File;
use std::io::Read;
use std::num::NonZero;
use std::os::fd::AsFd;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use rustix::fs::{FileType, Mode, OFlags, fstat, fstatfs, openat};
use rustix::io::Errno;

use super::base::{Base, Marks, kind, word};
use super::error::InputError;
use super::seen::Content;
use crate::sys::fd::write_out;
use crate::sys::{clock, fork};

/// A file that was changed this long before it was read may be changed once more without a new
/// time, in nanoseconds: the kernel's clock for files goes by its ticks, 10 ms at most.
const GRAIN: i64 = 20_000_000;
/// The same where the file system knows whole seconds.
const COARSE_GRAIN: i64 = 2_000_000_000;
/// As long as Linux keeps what was changed in memory only, and three times as long to be sure: 35 s
/// unless it is told otherwise.
const WRITTEN_OUT: i64 = 120_000_000_000;

/// Starting a thread takes about as long as reading so many bytes …
const WORTH_BYTES: u64 = 2 << 20;
/// … or so many small files.
const WORTH_FILES: usize = 64;
const MOST_THREADS: usize = 8;

/// Read in pieces of so many bytes.
const PIECE: usize = 128 << 10;

/// How often a file is read that changes while it is.
const ATTEMPTS: usize = 3;

/// Reads each of these files, links followed; `None` for one that isn't there any more.
pub(super) fn read_all(
    base: &Base,
    files: &[(&[u8], u64)],
) -> Result<Vec<Option<Content>>, InputError> {
    let bytes: u64 = files.iter().map(|(_, size)| size).sum();
    let worth = files.len() >= WORTH_FILES || bytes >= WORTH_BYTES;
    let threads = if worth && files.len() > 1 { threads().min(files.len()) } else { 1 };
    if threads == 1 {
        let mut piece = vec![0; PIECE];
        return files.iter().map(|(path, _)| read(base, path, &mut piece)).collect();
    }
    read_side_by_side(base, files, threads)
}

fn threads() -> usize {
    thread::available_parallelism().map_or(1, NonZero::get).min(MOST_THREADS)
}

/// Each thread takes the next file as it is done with one.
fn read_side_by_side(
    base: &Base,
    files: &[(&[u8], u64)],
    threads: usize,
) -> Result<Vec<Option<Content>>, InputError> {
    let next = AtomicUsize::new(0);
    let work = || {
        let mut piece = vec![0; PIECE];
        let mut done = Vec::new();
        loop {
            let at = next.fetch_add(1, Ordering::Relaxed);
            let Some((path, _)) = files.get(at) else { return Ok(done) };
            done.push((at, read(base, path, &mut piece)?));
        }
    };
    let mut found = vec![None; files.len()];
    let done: Result<Vec<_>, InputError> = fork::with_threads(|| {
        thread::scope(|scope| {
            // Where no thread can be had, this one does it all.
            let started =
                (1..threads).map_while(|_| thread::Builder::new().spawn_scoped(scope, work).ok());
            let started: Vec<_> = started.collect();
            let mut done = vec![work()];
            done.extend(started.into_iter().map(|thread| {
                thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
            }));
            done.into_iter().collect()
        })
    });
    for (at, content) in done?.into_iter().flatten() {
        found[at] = content;
    }
    Ok(found)
}

/// Reads a file whole, and anew if it changes meanwhile.
fn read(base: &Base, path: &[u8], piece: &mut [u8]) -> Result<Option<Content>, InputError> {
    let failed = |errno| InputError::unreadable("read", path, errno);
    // Never waits, whatever has taken the file's place.
    let flags = OFlags::RDONLY | OFlags::NONBLOCK | OFlags::NOCTTY | OFlags::CLOEXEC;
    let mut last = None;
    for _ in 0..ATTEMPTS {
        let started = clock::now().wall;
        let mut file = match openat(base.fd(), path, flags, Mode::empty()) {
            Ok(file) => File::from(file),
            Err(Errno::NOENT | Errno::NOTDIR | Errno::LOOP) => return Ok(None),
            Err(errno) => return Err(failed(errno)),
        };
        // Before its times are looked at: they tell of every later change then.
        let grain = grain_after_writing_out(&file);
        let before = fstat(&file).map_err(failed)?;
        let file_type = kind(&before);
        if file_type != FileType::RegularFile {
            return Err(InputError::special(path, word(file_type)));
        }
        let (digest, len) = hash(&mut file, piece)
            .map_err(|error| failed(Errno::from_io_error(&error).unwrap_or(Errno::IO)))?;
        let marks = Marks::of(&before);
        let after = Marks::of(&fstat(&file).map_err(failed)?);
        let is_whole = marks == after && len == marks.size;
        let settled = is_whole && grain.is_some_and(|grain| is_settled(&marks, started, grain));
        last = Some(Content { marks, digest: Some(digest), settled });
        if marks == after {
            break;
        }
    }
    Ok(last)
}

fn hash(file: &mut File, piece: &mut [u8]) -> std::io::Result<([u8; 32], u64)> {
    let mut hasher = blake3::Hasher::new();
    let mut len = 0;
    loop {
        match file.read(piece) {
            Ok(0) => return Ok((*hasher.finalize().as_bytes(), len)),
            Ok(read) => {
                hasher.update(&piece[..read]);
                len += read as u64;
            }
            Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
}

/// Whether a change after `started` leaves other times than these, where those of its file are no
/// finer than `grain`.
fn is_settled(marks: &Marks, started: i64, grain: i64) -> bool {
    let in_seconds = |time: i64| time % 1_000_000_000 == 0;
    let is_coarse = in_seconds(marks.modified) && in_seconds(marks.changed);
    let grain = if is_coarse { grain.max(COARSE_GRAIN) } else { grain };
    marks.modified.max(marks.changed) < started.saturating_sub(grain)
}

/// How long after a change of its times a file may be changed once more without new ones. `None`:
/// for ever.
///
/// Whoever has it mapped changes it without a word while a page is waiting to be written out. So it
/// is written out; where that can't be done, what is that old has been.
fn grain_after_writing_out(file: impl AsFd) -> Option<i64> {
    match fstatfs(&file).ok()?.f_type {
        OVERLAY => Some(WRITTEN_OUT),
        found if LOCAL.contains(&found) => match write_out(file.as_fd()) {
            Ok(()) => Some(GRAIN),
            Err(_) => Some(WRITTEN_OUT),
        },
        _ => None,
    }
}

/// File systems on which a file's times follow its content. Not those of the kernel (`/proc` and
/// the like); nor where another machine's clock sets them or what is seen of them may be old; nor
/// tmpfs and ramfs, which write nothing out, so that stores to a mapped file never show.
///
/// From the kernel's `linux/magic.h`, and for those without a name there their own sources.
const LOCAL: [i64; 9] = [
    0xEF53,      // ext2, ext3, ext4
    0x5846_5342, // xfs
    0x9123_683E, // btrfs
    0xF2F5_2010, // f2fs
    0x2FC1_2FC1, // zfs
    0xCA45_1A4E, // bcachefs
    0x7371_7368, // squashfs
    0xE0F5_E1E2, // erofs
    0xF15F,      // ecryptfs
];

/// overlayfs, as under containers: mapped pages are those of a file below, which can't be reached
/// from here.
const OVERLAY: i64 = 0x794C_7630;

/// Whether a file's digest may be kept as soon as it is older than a tick.
#[cfg(test)]
pub(super) fn shows_changes_at_once(path: &std::path::Path) -> bool {
    grain_after_writing_out(File::open(path).expect("a file")) == Some(GRAIN)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_settled_when_a_change_would_show() {
        const SECOND: i64 = 1_000_000_000;
        let marks = |modified, changed| Marks { device: 1, inode: 2, size: 3, modified, changed };
        let long_ago = 100 * SECOND + 1;
        let cases = [
            (marks(long_ago, long_ago), long_ago + 2 * GRAIN, true),
            (marks(long_ago, long_ago), long_ago + GRAIN, false),
            (marks(long_ago, long_ago), long_ago - 1, false),
            (marks(1, long_ago), long_ago + GRAIN, false),
            (marks(long_ago, 1), long_ago + GRAIN, false),
            (marks(SECOND, SECOND), SECOND + 2 * GRAIN, false),
            (marks(SECOND, SECOND), SECOND + COARSE_GRAIN + 1, true),
            (marks(SECOND, SECOND + 1), SECOND + 2 * GRAIN, true),
        ];
        for (marks, started, expected) in cases {
            assert_eq!(is_settled(&marks, started, GRAIN), expected, "{marks:?} {started}");
        }
        let late = marks(long_ago, SECOND);
        assert!(!is_settled(&late, long_ago + WRITTEN_OUT, WRITTEN_OUT));
        assert!(is_settled(&late, long_ago + WRITTEN_OUT + 1, WRITTEN_OUT));
    }

    #[test]
    fn files_of_the_kernel_are_never_settled() {
        let base = Base::open(std::path::Path::new("/proc/self")).expect("a folder");
        let read = read_all(&base, &[(b"stat", 0)]).expect("to read it");
        let content = read[0].expect("a file");
        assert!(!content.settled);
    }

    #[test]
    fn many_files_are_read_as_one_by_one() {
        let folder = tempfile::tempdir().expect("a folder");
        let names: Vec<String> = (0..200).map(|number| number.to_string()).collect();
        for name in &names {
            std::fs::write(folder.path().join(name), name.repeat(1000)).expect("a file");
        }
        let base = Base::open(folder.path()).expect("a folder");
        let mut files: Vec<(&[u8], u64)> =
            names.iter().map(|name| (name.as_bytes(), 3000)).collect();
        files.push((b"missing", 0));
        let together = read_side_by_side(&base, &files, 4).expect("to read them");
        for (name, content) in names.iter().zip(&together) {
            let expected = *blake3::hash(name.repeat(1000).as_bytes()).as_bytes();
            assert_eq!(content.and_then(|content| content.digest), Some(expected));
        }
        assert_eq!(together.last(), Some(&None));
        let unreadable: Vec<(&[u8], u64)> = vec![(b".", 0), (b"1", 0)];
        assert!(read_side_by_side(&base, &unreadable, 2).is_err());
    }
}
