//! Counts the instructions of a hit and of a miss with callgrind, and fails where there are more
//! than `benches/instructions.toml` says: a slower hit fails a build where time could not tell.
//!
//! ```sh
//! cargo test --bench instructions              # compares
//! cargo test --bench instructions -- --accept  # writes the file anew
//! ```
//!
//! What is counted begins with `main`, in a program that is optimized as the released one and
//! linked dynamically: the C library's start-up is none of ours, and a static one's never ends
//! under valgrind. Two figures are compared: instructions of the program itself, and all, those
//! of the C library for us included, which depend on its version and on the processor.

#![expect(clippy::print_stdout, clippy::print_stderr, reason = "it reports to whoever runs it")]

mod callgrind;
mod figures;
#[path = "../shared/place.rs"]
mod place;

use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use callgrind::Count;
use figures::{Compared, Figures};
use place::{Outcome, Place};

/// Of so many runs, the one with the fewest counts: others were disturbed.
const RUNS: usize = 3;
const RECORDED: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/benches/instructions.toml");

fn main() -> Outcome<ExitCode> {
    let accept = std::env::args().any(|word| word == "--accept");
    let now = Figures { rustc: rustc()?, figures: measure()? };
    if accept {
        std::fs::write(RECORDED, now.to_string())?;
        print!("{now}");
        return Ok(ExitCode::SUCCESS);
    }
    let before = Figures::parse(&std::fs::read_to_string(RECORDED)?)?;
    let Compared { lines, exceeded } = before.compare(&now);
    lines.iter().for_each(|line| println!("{line}"));
    if exceeded {
        eprintln!(
            "more instructions than {RECORDED} says; if that is worth it, say why in the commit \
             and renew the file with `just bench-accept`"
        );
        return Ok(ExitCode::FAILURE);
    }
    Ok(ExitCode::SUCCESS)
}

fn rustc() -> Outcome<String> {
    let output = Command::new("rustc").arg("--version").output()?;
    let said = String::from_utf8(output.stdout)?;
    Ok(said.split(' ').nth(1).unwrap_or_default().to_owned())
}

fn measure() -> Outcome<Vec<(String, Count)>> {
    let omoide = build()?;
    // Its path has the same length everywhere, and the file system is that of most tests.
    let place = Place::new(Path::new("/tmp"), "")?;
    let count = |words: &[&str]| callgrind::count(&place, &omoide, words);
    // What is made only once is there from now on.
    count(&["--", "true"])?;
    let mut misses = Vec::new();
    for number in 0..RUNS {
        misses.push(count(&["--", "echo", &number.to_string()])?);
    }
    let hit = ["--", "echo", "0"];
    // The first hit also makes the file that counts them.
    count(&hit)?;
    let hits = (0..RUNS).map(|_| count(&hit)).collect::<Outcome<Vec<_>>>()?;
    let fewest = |counts: Vec<Count>| counts.into_iter().reduce(Count::least).ok_or("no count");
    Ok(vec![("hit".to_owned(), fewest(hits)?), ("miss".to_owned(), fewest(misses)?)])
}

fn build() -> Outcome<PathBuf> {
    let package = Path::new(env!("CARGO_MANIFEST_DIR"));
    let target = package.join("target/instructions");
    let mut cargo = Command::new(env!("CARGO"));
    cargo
        .args(["build", "--locked", "--profile", "instructions", "--bin", "omoide"])
        .arg("--target-dir")
        .arg(&target)
        .env("OMOIDE_LINK", "dynamic")
        .current_dir(package);
    if !cargo.status()?.success() {
        return Err(format!("{cargo:?} failed").into());
    }
    Ok(target.join("instructions/omoide"))
}
