//! Memory stays constant however large the output is: under 16 MiB are resident while a gibibyte
//! passes.
//!
//! The reader stops shortly before the end. What /proc says then is the peak of the process under
//! test alone; what wait4 would say includes what the test itself had when it forked.

mod common;

use std::process::Stdio;

use common::{Call, Reader, Running, Sandbox, peak_memory};

const MOST: u64 = 16 << 20;
const GIBIBYTE: u64 = 1 << 30;
/// More than pipes and buffers hold, so that the process can't be through while this is left.
const HELD_BACK: u64 = 4 << 20;

/// All but the end passes; how much memory was resident by then is checked; then the end passes.
#[track_caller]
fn stays_small(start: impl FnOnce(std::io::PipeWriter) -> Running, total: u64) {
    let (mut reader, writer) = Reader::new();
    let running = start(writer);
    reader.skip(total - HELD_BACK);
    let peak = peak_memory(running.pid());
    reader.skip(HELD_BACK);
    assert_eq!(reader.rest(), b"");
    running.finish().prints("");
    assert!(peak < MOST, "{} KiB", peak / 1024);
}

fn apart(call: Call) -> impl FnOnce(std::io::PipeWriter) -> Running {
    |writer| call.writes(writer, Stdio::null()).start()
}

fn merged(call: Call) -> impl FnOnce(std::io::PipeWriter) -> Running {
    |writer| {
        let other = writer.try_clone().expect("a descriptor");
        call.writes(writer, other).start()
    }
}

#[test]
fn while_a_gibibyte_passes_on_a_miss_and_on_a_hit() {
    let sandbox = Sandbox::new();
    let length = GIBIBYTE.to_string();
    let words = ["--max-output", "2GiB", "--", "head", "-c", &length, "/dev/zero"];
    stays_small(apart(sandbox.omoide(words)), GIBIBYTE);
    assert_eq!(sandbox.stored("blobs").len(), 1);
    stays_small(apart(sandbox.omoide(["--cached-only"]).args(words)), GIBIBYTE);
}

#[test]
fn while_a_gibibyte_passes_through_merged_streams() {
    let sandbox = Sandbox::new();
    let half = (GIBIBYTE / 2).to_string();
    let script = "head -c $1 /dev/zero; head -c $1 /dev/zero >&2";
    let words = ["--max-output", "2GiB", "--", "sh", "-c", script, "sh", &half];
    stays_small(merged(sandbox.omoide(words)), GIBIBYTE);
    stays_small(merged(sandbox.omoide(["--cached-only"]).args(words)), GIBIBYTE);
}

#[test]
fn while_more_passes_than_is_stored() {
    let sandbox = Sandbox::new();
    let length = (64 << 20).to_string();
    let words = ["--max-output", "1MiB", "--", "head", "-c", &length, "/dev/zero"];
    stays_small(apart(sandbox.omoide(words)), 64 << 20);
    assert!(sandbox.stored("blobs").is_empty());
}

#[test]
fn while_output_is_withheld() {
    let sandbox = Sandbox::new();
    let length = (128 << 20).to_string();
    let words = ["--ttl", "1ns", "--stale-if-error", "--", "head", "-c", &length, "/dev/zero"];
    stays_small(apart(sandbox.omoide(words)), 128 << 20);
    stays_small(apart(sandbox.omoide(words)), 128 << 20);
}

/// Two streams of a terminal's caller, where every byte is a frame of its own.
#[test]
fn while_two_streams_take_turns_at_every_byte() {
    const BYTES: u64 = 2_000_000;
    let sandbox = Sandbox::new();
    let script = format!(
        "import os\nfor i in range({BYTES} // 2):\n  os.write(1, b'o')\n  os.write(2, b'e')\n"
    );
    let script = sandbox.write("turns.py", script);
    let words = ["--", "/usr/bin/python3", script.to_str().expect("text")];
    sandbox.omoide(words).writes(Stdio::null(), Stdio::null()).run().prints("");
    let (mut out, writer) = Reader::new();
    let (err, err_writer) = Reader::new();
    let running = sandbox.omoide(["--cached-only"]).args(words).writes(writer, err_writer).start();
    let other = std::thread::spawn(move || err.rest().len() as u64);
    out.skip(BYTES / 2 - 100_000);
    let peak = peak_memory(running.pid());
    out.skip(100_000);
    assert_eq!(other.join().expect("a number"), BYTES / 2);
    running.finish().prints("");
    assert!(peak < MOST, "{} KiB", peak / 1024);
}

#[test]
fn while_large_input_is_read() {
    let sandbox = Sandbox::new();
    let length = (128 << 20).to_string();
    let feeder = sandbox.bare(["head", "-c", &length, "/dev/zero"]);
    let (source, writer) = std::io::pipe().expect("a pipe");
    let feeder = feeder.writes(writer, Stdio::null()).start();
    let call = sandbox.omoide(["--stdin", "--", "cat"]).reads(source);
    stays_small(apart(call), 128 << 20);
    feeder.finish().prints("");
}
