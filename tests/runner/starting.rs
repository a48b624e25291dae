//! How a command is started.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use super::call::Call;

pub(crate) fn what_cannot_be_started_is_told_apart() {
    let table = [
        ("/nonexistent/program", "NotFound", 127),
        ("/bin", "NotExecutable", 126),
        ("/proc/version", "NotExecutable", 126),
        ("/proc/version/program", "NotExecutable", 126),
    ];
    for (program, ending, status) in table {
        let outcome = Call::program(program, &[program]).finish();
        assert_eq!(outcome.report.ending, ending, "{program}");
        assert_eq!(outcome.status.code(), Some(status), "{program}");
        let replaced = Call::program(program, &[program]).with(|script| script.replace = true);
        let status_replaced = replaced.start().actor.wait().expect("an end").code();
        assert_eq!(status_replaced, Some(status), "{program}");
    }
}

pub(crate) fn a_script_without_interpreter_is_run_by_sh() {
    for replace in [false, true] {
        let call = Call::program("", &["typed", "a b"]).with(|script| script.replace = replace);
        let path = call.path("script");
        fs::write(&path, "echo \"$1\" $#; exit 4\n").expect("a script");
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).expect("its mode");
        let mut running = call.with(|script| script.program = path).start();
        assert_eq!(running.read_line(), "a b 1", "replaced: {replace}");
        assert_eq!(running.actor.wait().expect("an end").code(), Some(4));
    }
}

pub(crate) fn the_name_is_the_one_that_was_typed() {
    let outcome = Call::program("/bin/sh", &["typed", "-c", "echo $0"]).finish();
    outcome.expect("Exited(0)", None);
    assert_eq!(outcome.out, b"typed\n");
}

pub(crate) fn input_is_null_or_a_file_from_its_offset() {
    let outcome = Call::sh("cat; echo end").finish();
    outcome.expect("Exited(0)", None);
    assert_eq!(outcome.out, b"end\n");

    let call = Call::sh("cat; echo end");
    let path = call.path("input");
    fs::write(&path, "0123456789").expect("an input");
    let outcome = call.with(|script| script.input = Some((path, 4))).finish();
    outcome.expect("Exited(0)", None);
    assert_eq!(outcome.out, b"456789end\n");
}
