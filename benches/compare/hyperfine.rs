//! The same by somebody else's clock, where it is installed.

use std::process::Command;

use serde_json::Value;

use super::Outcome;
use super::measure::{let_rest, succeeded};
use super::place::Place;
use super::report::{Table, milliseconds};

/// One command after the other; nothing where there is no hyperfine.
pub(crate) fn table(
    place: &Place,
    commands: &[(&str, Command)],
    runs: usize,
) -> Outcome<Option<Table>> {
    if Command::new("hyperfine").arg("--version").output().is_err() {
        return Ok(None);
    }
    let results = place.path("hyperfine.json");
    let runs = runs.to_string();
    let words = ["--shell=none", "--warmup=20", "--style=none", "--runs", &runs, "--export-json"];
    let mut hyperfine = place.command("hyperfine".as_ref(), &words);
    hyperfine.arg(&results);
    for (_, command) in commands {
        let program = command.get_program().to_string_lossy();
        let words = command.get_args().map(|word| word.to_string_lossy());
        let line: Vec<_> = std::iter::once(program).chain(words).collect();
        hyperfine.arg(line.join(" "));
    }
    let status = hyperfine.status()?;
    succeeded(&hyperfine, status)?;
    let_rest()?;
    let results: Value = serde_json::from_slice(&std::fs::read(results)?)?;
    let mut table = Table::new(&["by hyperfine, one after the other", "minimum", "median", "mean"]);
    for (index, (name, _)) in commands.iter().enumerate() {
        let figure = |field: &str| results["results"][index][field].as_f64().map(milliseconds);
        let figures = ["min", "median", "mean"].map(|field| figure(field).unwrap_or_default());
        table.rows.push([&[(*name).to_owned()], &figures[..]].concat());
    }
    Ok(Some(table))
}
