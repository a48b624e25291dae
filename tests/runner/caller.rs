//! The caller's descriptors: what they are, how slowly they take, and when they stop taking.

use std::fs::File;
use std::io::{Read as _, Write as _};
use std::os::unix::net::UnixStream;

use omoide::model::entry::Stream;
use rustix::fs::{OFlags, fcntl_setfl};
use rustix::pipe::{PipeFlags, pipe_with};

use super::call::{Call, read_all};
use super::output::numbers;

pub(crate) fn a_reader_that_went_early_gets_nothing_and_the_recording_is_whole() {
    let (reader, writer) = pipe_with(PipeFlags::CLOEXEC).expect("a pipe");
    drop(reader);
    let outcome = Call::sh("seq 1 50000; echo err >&2; exit 5").out(writer).finish();
    outcome.expect("Exited(5)", None);
    assert_eq!(outcome.recorded(Stream::Out), numbers(50_000));
    assert_eq!(outcome.err, b"err\n");
    assert_eq!(outcome.report.undelivered, None);
}

pub(crate) fn a_reader_that_goes_ends_an_endless_command() {
    let call = Call::sh("exec yes").with(|script| script.unread_bytes = Some(1 << 20));
    let mut running = call.start();
    assert_eq!(running.read_line(), "y");
    drop(running.actor.stdout.take());
    let outcome = running.finish();
    outcome.expect("Signaled(13)", Some("ReaderGone"));
    assert!(outcome.tape.len() > 1 << 20, "only {} bytes were recorded", outcome.tape.len());
    assert_eq!(outcome.err, b"");
}

pub(crate) fn a_reader_that_goes_is_followed_after_a_while() {
    // It ends when it can't write, and only then.
    let script = "trap '' PIPE; while echo x; do :; done 2>/dev/null; exit 5";
    let change = |script: &mut super::actor::Script| {
        script.unread_bytes = Some(u64::MAX);
        script.unread_for = Some(30);
    };
    let mut running = Call::sh(script).with(change).start();
    assert_eq!(running.read_line(), "x");
    drop(running.actor.stdout.take());
    running.finish().expect("Exited(5)", Some("ReaderGone"));
}

pub(crate) fn a_recording_that_is_not_whole_is_not_continued_for_nobody() {
    let change = |script: &mut super::actor::Script| {
        script.unread_bytes = Some(u64::MAX);
        script.unread_for = Some(3_600_000);
        script.capacity = Some(1);
    };
    let mut running = Call::sh("exec yes").with(change).start();
    assert_eq!(running.read_line(), "y");
    drop(running.actor.stdout.take());
    running.finish().expect("Signaled(13)", Some("ReaderGone"));
}

pub(crate) fn a_reader_that_stalls_is_reported_and_gets_everything() {
    let call = Call::sh("seq 1 1000000").with(|script| script.stalled = Some(10));
    let mut running = call.start();
    assert_eq!(running.next_event(), "stalled");
    let out = read_all(running.actor.stdout.take().expect("a pipe"));
    assert_eq!(out, numbers(1_000_000));
    let (status, report) = running.wait();
    assert!(status.success());
    assert_eq!(report.spoiled, None);
    let events = running.last_events();
    assert!(events.starts_with("moving\n"), "{events}");
    assert!(events.ends_with("moving\n"), "{events}");
}

pub(crate) fn a_full_device_is_reported() {
    let full = File::options().write(true).open("/dev/full").expect("/dev/full");
    let outcome = Call::sh("echo out; exit 6").out(full).finish();
    outcome.expect("Exited(6)", None);
    assert_eq!(outcome.report.undelivered, Some(libc::ENOSPC));
    assert_eq!(outcome.tape, b"out\n");
}

pub(crate) fn a_non_blocking_pipe_gets_everything() {
    let (reader, writer) = pipe_with(PipeFlags::CLOEXEC).expect("a pipe");
    fcntl_setfl(&writer, OFlags::NONBLOCK).expect("its flags");
    let call = Call::sh("seq 1 300000").with(|script| script.stalled = Some(10)).out(writer);
    let mut running = call.start();
    assert_eq!(running.next_event(), "stalled");
    assert_eq!(read_all(File::from(reader)), numbers(300_000));
    running.finish().expect("Exited(0)", None);
}

pub(crate) fn a_pipe_of_the_callers_is_left_blocking() {
    let outcome = Call::sh("seq 1 300000").finish();
    outcome.expect("Exited(0)", None);
    assert!(!outcome.report.stdout_is_non_blocking);
}

pub(crate) fn a_socket_gets_everything() {
    let (mut reader, writer) = UnixStream::pair().expect("sockets");
    let call = Call::sh("seq 1 300000").with(|script| script.stalled = Some(10));
    let mut running = call.out(std::os::fd::OwnedFd::from(writer)).start();
    assert_eq!(running.next_event(), "stalled");
    let mut out = Vec::new();
    reader.read_to_end(&mut out).expect("output");
    assert_eq!(out, numbers(300_000));
    let outcome = running.finish();
    outcome.expect("Exited(0)", None);
    assert!(!outcome.report.stdout_is_non_blocking);
}

pub(crate) fn a_file_is_appended_to() {
    let call = Call::sh("seq 1 300000; echo err >&2");
    let path = call.path("file");
    let mut file = File::options().create(true).append(true).open(&path).expect("a file");
    file.write_all(b"before\n").expect("room");
    let mut written = File::open(&path).expect("a file");
    let outcome = call.out(file.try_clone().expect("a copy")).err(file).finish();
    outcome.expect("Exited(0)", None);
    let content = read_all(&mut written);
    let expected = [b"before\n", &numbers(300_000)[..], b"err\n"].concat();
    assert_eq!(content.len(), expected.len());
    assert!(content.starts_with(b"before\n1\n2\n"));
}

pub(crate) fn one_reader_may_wait_for_the_other() {
    // More than pipes and buffers hold, on the stream that is read last.
    let call = Call::sh("seq 1 1000000; seq 1 1000000 >&2");
    let mut running = call.start();
    let err = running.actor.stderr.take().expect("a pipe");
    let out = running.actor.stdout.take().expect("a pipe");
    let mut first = [0; 1];
    let mut out = File::from(std::os::fd::OwnedFd::from(out));
    out.read_exact(&mut first).expect("a byte");
    let reading = std::thread::spawn(move || read_all(out));
    assert_eq!(read_all(err), numbers(1_000_000));
    assert_eq!([&first[..], &reading.join().expect("a reader")].concat(), numbers(1_000_000));
    running.finish().expect("Exited(0)", None);
}
