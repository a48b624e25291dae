//! For everyday commands, miss and hit say what the bare command says: the same bytes on the same
//! streams, in the same order where they are one, and the same exit status.

mod common;

use std::io::{BufRead, BufReader, Write};
use std::net::TcpListener;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use common::{Call, Ran, Sandbox};

/// How the caller has standard output and standard error.
#[derive(Clone, Copy)]
enum Taken {
    Apart,
    Merged,
}

const BOTH_WAYS: [Taken; 2] = [Taken::Apart, Taken::Merged];

impl Taken {
    fn name(self) -> &'static str {
        match self {
            Taken::Apart => "apart",
            Taken::Merged => "merged",
        }
    }
}

fn taking(call: Call, taken: Taken) -> Call {
    match taken {
        Taken::Apart => call,
        Taken::Merged => call.merged(),
    }
}

/// Options under which a failure is stored like anything else.
const STORED_EVEN_IF_IT_FAILS: [&str; 3] = ["--failure-ttl", "1h", "--"];

fn bare(sandbox: &Sandbox, words: &[&str], taken: Taken) -> Ran {
    taking(sandbox.bare(words), taken).run()
}

/// A call that finds nothing.
fn miss(sandbox: &Sandbox, words: &[&str], taken: Taken) -> Ran {
    let scope = ["--scope", taken.name()];
    taking(sandbox.omoide(scope).args(STORED_EVEN_IF_IT_FAILS).args(words), taken).run()
}

/// The same call once more, which mustn't run anything.
fn hit(sandbox: &Sandbox, words: &[&str], taken: Taken) -> Ran {
    let scope = ["--cached-only", "--scope", taken.name()];
    taking(sandbox.omoide(scope).args(STORED_EVEN_IF_IT_FAILS).args(words), taken).run()
}

/// Miss and hit are the bare command.
#[track_caller]
fn is_transparent(sandbox: &Sandbox, words: &[&str]) {
    for taken in BOTH_WAYS {
        let expected = bare(sandbox, words, taken);
        miss(sandbox, words, taken).same_as(&expected);
        hit(sandbox, words, taken).same_as(&expected);
    }
}

/// The hit is its miss: the command says something else each time.
#[track_caller]
fn is_repeated(sandbox: &Sandbox, words: &[&str]) {
    for taken in BOTH_WAYS {
        let expected = miss(sandbox, words, taken);
        assert!(!expected.out.is_empty(), "{expected:?}");
        hit(sandbox, words, taken).same_as(&expected);
    }
}

/// Tests of commands that say the same each time.
macro_rules! say_the_same {
    ($($name:ident: $words:expr;)+) => {$(
        #[test]
        fn $name() {
            is_transparent(&furnished(), &$words);
        }
    )+};
}

/// Tests of shell scripts that say the same each time.
macro_rules! scripts_say_the_same {
    ($($name:ident: $script:expr;)+) => {$(
        #[test]
        fn $name() {
            is_transparent(&furnished(), &["sh", "-c", $script]);
        }
    )+};
}

/// A working directory with something in it.
fn furnished() -> Sandbox {
    let sandbox = Sandbox::new();
    sandbox.write("readme.txt", "one two\nthree\nfour five six\n");
    sandbox.write("numbers", "3\n1\n2\n1\n");
    sandbox.write("src/main.c", "#include <stdio.h>\nint main(void) { puts(\"hi\"); }\n");
    sandbox.write("src/warns.c", "int f(void) { int unused; }\n");
    sandbox.write("src/wrong.c", "int main(void) { return x; }\n");
    sandbox.write("src/ümläut", "ä\n");
    sandbox.write("bytes", (0..=255).cycle().take(100_000).collect::<Vec<u8>>());
    sandbox.write(
        "both.py",
        "import sys\nfor i in range(50):\n  print('out', i, flush=True)\n  \
         print('err', i, file=sys.stderr, flush=True)\nsys.exit(7)\n",
    );
    sandbox
}

say_the_same! {
    ls: ["ls", "-la"];
    ls_of_what_is_not_there: ["ls", "/no/such/file"];
    find: ["find", ".", "-type", "f"];
    grep: ["grep", "-rn", "t", "."];
    grep_without_a_match: ["grep", "-q", "nothing like it", "readme.txt"];
    du: ["du", "-a", "src"];
    env: ["env"];
    printenv_of_an_absent_variable: ["printenv", "ABSENT"];
    a_date_that_is_given: ["date", "-u", "-d", "@0", "+%c"];
    python: ["/usr/bin/python3", "both.py"];
    a_compiler: ["cc", "-S", "-o", "-", "src/main.c"];
    a_compiler_that_warns: ["cc", "-Wall", "-c", "src/warns.c", "-o", "/dev/null"];
    a_compiler_that_fails: ["cc", "-c", "src/wrong.c", "-o", "/dev/null"];
    a_million_lines: ["seq", "1000000"];
    binary_output: ["cat", "bytes"];
    the_head_of_a_file: ["head", "-c", "70000", "bytes"];
    awk: ["awk", "{ print NF, $1 }", "readme.txt"];
    sort: ["sort", "-n", "-u", "numbers"];
    sed: ["sed", "-e", "s/o/0/g", "-n", "-e", "2,$p", "readme.txt"];
    wc: ["wc", "readme.txt", "numbers"];
    diff_of_two_files: ["diff", "readme.txt", "numbers"];
    tar: ["tar", "-cf", "-", "src"];
    tar_that_speaks_on_standard_error: ["tar", "-cvf", "-", "src"];
    gzip: ["gzip", "-c", "bytes"];
    sha256sum: ["sha256sum", "bytes", "missing", "readme.txt"];
    od: ["od", "-An", "-tx1", "bytes"];
    make_without_a_makefile: ["make"];
    stat: ["stat", "-c", "%n %s %Y", "bytes"];
    nothing_at_all: ["true"];
    a_plain_failure: ["false"];
    an_empty_argument: ["printf", "[%s]", ""];
    no_newline_at_the_end: ["printf", "no newline"];
    arguments_that_look_like_options: ["printf", "%s\n", "--ttl", "5m", "--", "list"];
    a_single_nul: ["printf", "\\0"];
}

scripts_say_the_same! {
    a_pipeline: "sort numbers | uniq -c | sort -rn | head -2";
    standard_error_only: "echo only >&2";
    both_streams: "echo out; echo err >&2";
    interleaved_lines: "for i in $(seq 300); do echo out $i; echo err $i >&2; done";
    pieces_of_one_line: "printf a; printf b >&2; printf c; printf d >&2; exit 3";
    large_standard_error: "seq 300000 >&2";
    two_large_streams: "seq 200000; seq 200000 >&2; seq 10";
    exit_status_1: "exit 1";
    exit_status_2_after_output: "echo out; echo err >&2; exit 2";
    exit_status_77: "exit 77";
    exit_status_124: "exit 124";
    exit_status_125: "exit 125";
    exit_status_126: "exit 126";
    exit_status_127: "exit 127";
    exit_status_128: "exit 128";
    exit_status_255: "exit 255";
    standard_input_is_empty: "cat; echo end";
    as_much_as_a_pipe_holds: "head -c 65536 bytes";
}

/// Around what fits into an entry, into a pipe, and into a buffer.
#[test]
fn outputs_of_sizes_where_something_changes() {
    let sandbox = furnished();
    for boundary in [4096, 8192, 32_768, 65_536] {
        for size in [boundary - 1, boundary, boundary + 1] {
            is_transparent(&sandbox, &["head", "-c", &size.to_string(), "bytes"]);
        }
    }
}

#[test]
fn git_log() {
    let sandbox = furnished();
    let commit =
        "git init -q . && git add . && git -c user.name=A -c user.email=a@b commit -q -m m";
    sandbox.shell(commit).env("GIT_AUTHOR_DATE", "@0 +0000").run().prints("");
    is_transparent(&sandbox, &["git", "log", "--stat"]);
    is_transparent(&sandbox, &["git", "status", "--short", "--branch"]);
}

#[test]
fn ps_is_repeated() {
    is_repeated(&furnished(), &["ps", "-ef"]);
}

#[test]
fn the_time_is_repeated() {
    is_repeated(&furnished(), &["date", "+%s.%N"]);
}

#[test]
fn random_bytes_are_repeated() {
    is_repeated(&furnished(), &["head", "-c", "100000", "/dev/urandom"]);
}

#[test]
fn a_server_is_asked_once() {
    let (address, asked) = serve_numbers();
    let sandbox = Sandbox::new();
    let fetch = ["curl", "-s", "-S", "--noproxy", "*", &address];
    is_repeated(&sandbox, &fetch);
    assert_eq!(asked.load(Ordering::SeqCst), 2, "once for each way to take the streams");
}

/// A server that answers with a number, another one each time.
fn serve_numbers() -> (String, Arc<AtomicU64>) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = format!("http://{}/", listener.local_addr().expect("an address"));
    let asked = Arc::new(AtomicU64::new(0));
    let count = Arc::clone(&asked);
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.expect("a connection");
            let lines = BufReader::new(&stream).lines();
            lines.map_while(Result::ok).take_while(|line| !line.is_empty()).for_each(drop);
            let body = format!("number {}\n", count.fetch_add(1, Ordering::SeqCst));
            let head = format!("HTTP/1.0 200 OK\r\nContent-Length: {}\r\n\r\n", body.len());
            stream.write_all((head + &body).as_bytes()).expect("to answer");
        }
    });
    (address, asked)
}

#[test]
fn arguments_that_are_no_text() {
    let sandbox = Sandbox::new();
    let word = std::os::unix::ffi::OsStrExt::from_bytes(b"\xff\xfe \xc3\x28\n");
    let word: &std::ffi::OsStr = word;
    let expected = sandbox.bare(["printf", "%s|"]).arg(word).run();
    expected.prints(b"\xff\xfe \xc3\x28\n|");
    sandbox.omoide(["--", "printf", "%s|"]).arg(word).run().same_as(&expected);
    sandbox.omoide(["--cached-only", "--", "printf", "%s|"]).arg(word).run().same_as(&expected);
}

#[test]
fn variables_and_folders_that_are_no_text() {
    let sandbox = Sandbox::new();
    let name: &std::ffi::OsStr = std::os::unix::ffi::OsStrExt::from_bytes(b"\xffdir");
    let folder = sandbox.work().join(name);
    std::fs::create_dir(&folder).expect("a folder");
    let script = ["sh", "-c", "pwd; echo $X"];
    let in_there = |call: Call| call.within(&folder).env("X", name);
    let expected = in_there(sandbox.bare(script)).run();
    assert!(expected.out.ends_with(b"/\xffdir\n\xffdir\n"), "{expected:?}");
    in_there(sandbox.omoide(["--"]).args(script)).run().same_as(&expected);
    in_there(sandbox.omoide(["--cached-only", "--"]).args(script)).run().same_as(&expected);
}

#[test]
fn a_command_that_a_signal_ends_is_never_stored_but_transparent() {
    let sandbox = Sandbox::new();
    for signal in [1, 2, 3, 6, 9, 11, 13, 14, 15] {
        let script = format!("echo partial; kill -{signal} $$; sleep 100");
        let words = ["sh", "-c", script.as_str()];
        for taken in BOTH_WAYS {
            let expected = bare(&sandbox, &words, taken);
            expected.died_of(signal, "partial\n");
            miss(&sandbox, &words, taken).same_as(&expected);
            miss(&sandbox, &words, taken).same_as(&expected);
        }
    }
    assert!(sandbox.stored("entries").is_empty());
}

#[test]
fn output_arrives_while_the_command_runs() {
    let sandbox = Sandbox::new();
    let gate = sandbox.gate("middle");
    sandbox.script("slow", &format!("printf early; {}; echo late", gate.wait()));
    let (mut out, writer) = common::Reader::new();
    let running = sandbox.omoide(["slow"]).writes(writer, std::process::Stdio::null()).start();
    assert_eq!(out.take(5), b"early");
    gate.release();
    assert_eq!(out.rest(), b"late\n");
    running.finish().prints("");
}

#[test]
fn streams_to_the_null_device_count_as_kept_apart() {
    let sandbox = Sandbox::new();
    let tick = sandbox.ticking("tick");
    let null = std::process::Stdio::null;
    sandbox.omoide(["tick"]).writes(null(), null()).run();
    sandbox.omoide(["tick"]).run().prints("run 1\n");
    tick.ran(1);
}
