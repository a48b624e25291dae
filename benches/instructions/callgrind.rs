//! Runs a program under callgrind and adds up what it counted.

use std::fs;
use std::path::Path;

use super::place::{Outcome, Place};

/// Instructions from `main` on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Count {
    /// Of the program's own object, the standard library included.
    pub(crate) own: u64,
    /// Of all objects.
    pub(crate) all: u64,
}

impl Count {
    pub(crate) fn least(self, other: Count) -> Count {
        Count { own: self.own.min(other.own), all: self.all.min(other.all) }
    }
}

/// The instructions of one call that succeeds; not those of processes that it starts.
pub(crate) fn count(place: &Place, program: &Path, words: &[&str]) -> Outcome<Count> {
    let pattern = place.path("callgrind.%p");
    let mut valgrind = place.command(
        "/usr/bin/valgrind".as_ref(),
        &["--tool=callgrind", "--toggle-collect=main", "--quiet"],
    );
    valgrind.arg(format!("--callgrind-out-file={}", pattern.display())).arg(program).args(words);
    let mut child = valgrind.spawn().map_err(|error| format!("valgrind: {error}"))?;
    let file = place.path(&format!("callgrind.{}", child.id()));
    let status = child.wait()?;
    if !status.success() {
        return Err(format!("{valgrind:?}: {status}").into());
    }
    let text = fs::read_to_string(file)?;
    let count = parse(&text, &program.to_string_lossy())?;
    let total = text.lines().find_map(|line| line.strip_prefix("totals: "));
    if total != Some(count.all.to_string().as_str()) {
        return Err(format!("added up {count:?}, but callgrind counted {total:?}").into());
    }
    if count.own == 0 {
        return Err(format!("{valgrind:?} counted nothing in main").into());
    }
    Ok(count)
}

/// Adds up the lines of callgrind's own format, version 1
/// (<https://valgrind.org/docs/manual/cl-format.html>): a number of a line, then a cost, below the
/// object (`ob=`) that it belongs to. The line behind `calls=` has the cost of the callee, which
/// is listed on its own.
fn parse(text: &str, program: &str) -> Outcome<Count> {
    let mut count = Count { own: 0, all: 0 };
    let mut own_number = "";
    let mut is_own = false;
    let mut is_of_callee = false;
    for line in text.lines() {
        if let Some(object) = line.strip_prefix("ob=").or_else(|| line.strip_prefix("cob=")) {
            // `(3) /a/path` where it is named first, `(3)` from then on.
            let (number, name) = object.split_once(' ').unwrap_or((object, ""));
            if name == program {
                own_number = number;
            }
            if line.starts_with("ob=") {
                is_own = number == own_number;
            }
        } else if line.starts_with("calls=") {
            is_of_callee = true;
        } else if line.starts_with(|start: char| start.is_ascii_digit() || "+-*".contains(start)) {
            if std::mem::take(&mut is_of_callee) {
                continue;
            }
            let cost: u64 = line.split(' ').nth(1).unwrap_or("0").parse()?;
            count.all += cost;
            count.own += if is_own { cost } else { 0 };
        }
    }
    Ok(count)
}
