//! What a command says reaches the caller and the tape.

use std::io::Write as _;

use omoide::model::entry::Stream;

use super::call::Call;

pub(crate) fn both_streams_arrive_and_are_recorded() {
    let outcome = Call::sh("echo out; echo err >&2; printf more; exit 3").finish();
    outcome.expect("Exited(3)", None);
    assert_eq!(outcome.out, b"out\nmore");
    assert_eq!(outcome.err, b"err\n");
    assert_eq!(outcome.recorded(Stream::Out), outcome.out);
    assert_eq!(outcome.recorded(Stream::Err), outcome.err);
    assert_eq!(outcome.status.code(), Some(3));
}

pub(crate) fn merged_streams_keep_their_order() {
    let script = "for i in 1 2 3 4 5; do echo out $i; echo err $i >&2; done";
    let outcome = Call::sh(script).with(|script| script.merged = true).finish();
    outcome.expect("Exited(0)", None);
    let expected = "out 1\nerr 1\nout 2\nerr 2\nout 3\nerr 3\nout 4\nerr 4\nout 5\nerr 5\n";
    assert_eq!(String::from_utf8_lossy(&outcome.out), expected);
    assert_eq!(outcome.recorded(Stream::Out), expected.as_bytes());
    assert_eq!(outcome.err, b"");
}

pub(crate) fn what_is_withheld_is_recorded_only() {
    let outcome = Call::sh("echo out; echo err >&2").with(|script| script.withheld = true).finish();
    outcome.expect("Exited(0)", None);
    assert_eq!((&outcome.out[..], &outcome.err[..]), (&b""[..], &b""[..]));
    assert_eq!(outcome.recorded(Stream::Out), b"out\n");
    assert_eq!(outcome.recorded(Stream::Err), b"err\n");
}

pub(crate) fn what_a_tape_cannot_hold_is_delivered() {
    let change = |script: &mut super::actor::Script| {
        script.withheld = true;
        script.capacity = Some(100_000);
    };
    let outcome = Call::sh("seq 1 100000").with(change).finish();
    outcome.expect("Exited(0)", None);
    assert_eq!(outcome.out, numbers(100_000));
    assert!(outcome.tape.len() <= 100_000);
}

pub(crate) fn memory_stays_constant() {
    let outcome = Call::sh("head -c 100000000 /dev/zero").finish();
    outcome.expect("Exited(0)", None);
    assert_eq!(outcome.out.len(), 100_000_000);
    assert_eq!(outcome.tape.len(), 100_000_000);
    let memory_kib = outcome.report.memory_kib;
    assert!(memory_kib < 16 * 1024, "{memory_kib} KiB");
}

pub(crate) fn bytes_of_all_values_pass() {
    let script = r#"for a in 0 1 2 3; do for b in 0 1 2 3 4 5 6 7; do
        for c in 0 1 2 3 4 5 6 7; do printf "\\$a$b$c"; done; done; done"#;
    let outcome = Call::sh(script).finish();
    outcome.expect("Exited(0)", None);
    let all: Vec<u8> = (0..=255).collect();
    assert_eq!(outcome.out, all);
    assert_eq!(outcome.tape, all);
}

/// What `seq 1 LAST` prints.
pub(crate) fn numbers(last: u32) -> Vec<u8> {
    let mut numbers = Vec::new();
    for number in 1..=last {
        writeln!(numbers, "{number}").expect("memory");
    }
    numbers
}
