use std::io::{Read as _, Seek as _, Write as _};
use std::os::fd::{AsFd as _, OwnedFd};
use std::thread;
use std::time::{Duration, SystemTime};

use rustix::fs::{OFlags, fcntl_setfl};
use rustix::pipe::{PipeFlags, pipe_with};

use super::*;

/// More than a pipe holds.
const MUCH: usize = 300_000;

fn pattern() -> Vec<u8> {
    (0..MUCH).map(|index| u8::try_from(index % 251).expect("a byte")).collect()
}

fn pipe() -> (File, OwnedFd) {
    let (reader, writer) = pipe_with(PipeFlags::CLOEXEC).expect("a pipe");
    (File::from(reader), writer)
}

/// What arrives at the other end of a non-blocking pipe.
fn through_a_pipe(send: impl FnOnce(BorrowedFd<'_>)) -> Vec<u8> {
    let (mut reader, writer) = pipe();
    fcntl_setfl(&writer, OFlags::NONBLOCK).expect("its flags");
    let reading = thread::spawn(move || {
        let mut read = Vec::new();
        reader.read_to_end(&mut read).expect("something to read");
        read
    });
    send(writer.as_fd());
    drop(writer);
    reading.join().expect("a reader")
}

#[test]
fn all_is_written_to_a_pipe_that_does_not_block() {
    let read = through_a_pipe(|to| write_all(to, &pattern()).expect("a reader"));
    assert!(read == pattern());
}

#[test]
fn part_of_a_file_is_sent_to_a_pipe_that_does_not_block() {
    let mut file = tempfile::tempfile().expect("a file");
    file.write_all(&pattern()).expect("room");
    let length = MUCH as u64 - 1000;
    let read = through_a_pipe(|to| send_file(&file, 700, length, to).expect("a reader"));
    assert!(read == pattern()[700..MUCH - 300]);
}

#[test]
fn part_of_a_file_is_sent_to_a_file_behind_what_it_holds() {
    let mut file = tempfile::tempfile().expect("a file");
    let large = usize::try_from(2 * SHARED).expect("a length") + 1;
    let content = pattern().repeat(large.div_ceil(MUCH) + 1);
    file.write_all(&content).expect("room");
    let is_sent = |to: &mut File, length: usize| {
        to.write_all(b"before").expect("room");
        send_file(&file, 5, length as u64, to.as_fd()).expect("room");
        to.write_all(b"behind").expect("room");
        let mut all = Vec::new();
        to.rewind().expect("a start");
        to.read_to_end(&mut all).expect("a file");
        assert!(all == [b"before", &content[5..length + 5], b"behind"].concat());
    };
    assert!(!is_on_disk(&file), "just written");
    for (length, is_old) in [(1000, false), (large, false), (large, true)] {
        if is_old {
            let before = SystemTime::now() - Duration::from_mins(2);
            file.set_modified(before).expect("a time");
        }
        assert_eq!(is_on_disk(&file), is_old);
        is_sent(&mut tempfile::tempfile().expect("a file"), length);
        is_sent(&mut tempfile::tempfile_in("/dev/shm").expect("another file system"), length);
        let folder = tempfile::tempdir().expect("a folder");
        let mut appending = File::options();
        appending.append(true).read(true).create(true);
        is_sent(&mut appending.open(folder.path().join("file")).expect("a file"), length);
    }
}

#[test]
fn a_file_that_is_too_short_is_told_from_a_reader_that_has_gone() {
    let mut file = tempfile::tempfile().expect("a file");
    file.write_all(b"short").expect("room");
    let (reader, writer) = pipe();
    let short = send_file(&file, 0, 6, writer.as_fd());
    assert!(matches!(short, Err(Undelivered::Read { .. })), "{short:?}");
    drop(reader);
    let sent = send_file(&file, 0, 5, writer.as_fd());
    assert!(matches!(sent, Err(Undelivered::ReaderGone)), "{sent:?}");
    let written = write_all(writer.as_fd(), b"x");
    assert!(matches!(written, Err(Undelivered::ReaderGone)), "{written:?}");
}

#[test]
fn a_full_device_is_an_error() {
    let full = File::options().write(true).open("/dev/full").expect("/dev/full");
    let written = write_all(full.as_fd(), b"x");
    assert!(matches!(written, Err(Undelivered::Write(_))), "{written:?}");
}

#[test]
fn one_file_twice_is_taken_together_and_a_device_is_shown() {
    let stat = |file: &File| fstat(file).expect("its status");
    let folder = tempfile::tempdir().expect("a folder");
    let one = File::create(folder.path().join("one")).expect("a file");
    let again = File::options().append(true).open(folder.path().join("one")).expect("a file");
    let other = File::create(folder.path().join("other")).expect("a file");
    let null = File::open("/dev/null").expect("/dev/null");
    let zero = File::open("/dev/zero").expect("/dev/zero");
    let of = |out: &File, err: &File| taking(&stat(out), &stat(err));
    assert_eq!(of(&one, &again), Taking::Together);
    assert_eq!(of(&one, &other), Taking::Apart);
    assert_eq!(of(&null, &null), Taking::Apart);
    assert_eq!(of(&zero, &zero), Taking::Shown);
    assert_eq!(of(&null, &zero), Taking::Apart);
}

#[test]
fn a_pipe_hangs_up_when_its_last_writer_goes_read_or_not() {
    let (reader, writer) = pipe();
    write_all(writer.as_fd(), b"unread").expect("a reader");
    assert!(!has_hung_up(reader.as_fd()));
    drop(writer);
    assert!(has_hung_up(reader.as_fd()));
}

#[test]
fn what_is_changed_is_written_out_of_files_and_of_nothing_else() {
    let mut file = tempfile::tempfile().expect("a file");
    file.write_all(b"changed").expect("to write it");
    write_out(file.as_fd()).expect("a file can be");
    let (reader, _writer) = pipe();
    let refused = write_out(reader.as_fd()).expect_err("a pipe can't be");
    assert_eq!(refused.raw_os_error(), Some(libc::ESPIPE));
}
