//! What was measured: kept as JSON, shown as Markdown.

use std::fmt::Write as _;
use std::fs;
use std::path::PathBuf;
use std::process::Command;

use serde::{Deserialize, Serialize};

use super::measure::Contender;
use super::peers::BKT_VERSION;
use super::{Outcome, plot};

/// The parts in the order in which they are shown.
const ORDER: [&str; 6] = ["hit", "miss", "large", "parallel", "many", "daemon"];

/// All parts, each as of its last run.
#[derive(Default, Serialize, Deserialize)]
pub(crate) struct Report {
    pub(crate) sections: Vec<Section>,
}

/// What one part found.
#[derive(Serialize, Deserialize)]
pub(crate) struct Section {
    name: String,
    title: String,
    intro: String,
    /// Where and when, in words.
    conditions: String,
    pub(crate) tables: Vec<Table>,
    pub(crate) targets: Vec<Target>,
    pub(crate) charts: Vec<Chart>,
}

#[derive(Serialize, Deserialize)]
pub(crate) struct Table {
    pub(crate) head: Vec<String>,
    pub(crate) rows: Vec<Vec<String>>,
}

/// What a figure is to be.
#[derive(Serialize, Deserialize)]
pub(crate) struct Target {
    what: String,
    figure: f64,
    bound: f64,
    at_most: bool,
}

/// Times to be drawn.
#[derive(Serialize, Deserialize)]
pub(crate) struct Chart {
    pub(crate) title: String,
    pub(crate) bars: Vec<Bar>,
}

/// All in seconds.
#[derive(Serialize, Deserialize)]
pub(crate) struct Bar {
    pub(crate) name: String,
    pub(crate) least: f64,
    pub(crate) median: f64,
    pub(crate) p99: f64,
}

impl Table {
    pub(crate) fn new(head: &[&str]) -> Table {
        Table { head: head.iter().map(ToString::to_string).collect(), rows: Vec::new() }
    }

    fn markdown(&self) -> String {
        let line = |cells: &[String]| format!("| {} |\n", cells.join(" | "));
        let rule: Vec<String> = self.head.iter().map(|_| "---".to_owned()).collect();
        let rows = self.rows.iter().map(|row| line(row));
        [line(&self.head), line(&rule)].into_iter().chain(rows).collect()
    }
}

impl Target {
    pub(crate) fn at_most(what: &str, figure: f64, bound: f64) -> Target {
        Target { what: what.to_owned(), figure, bound, at_most: true }
    }

    pub(crate) fn at_least(what: &str, figure: f64, bound: f64) -> Target {
        Target { what: what.to_owned(), figure, bound, at_most: false }
    }

    fn is_met(&self) -> bool {
        if self.at_most { self.figure <= self.bound } else { self.figure >= self.bound }
    }

    fn row(&self) -> Vec<String> {
        let sign = if self.at_most { "≤" } else { "≥" };
        vec![
            self.what.clone(),
            format!("{:.2}", self.figure),
            format!("{sign} {}", self.bound),
            if self.is_met() { "yes" } else { "**no**" }.to_owned(),
        ]
    }
}

impl Section {
    pub(crate) fn new(name: &str, title: &str, intro: &str) -> Section {
        Section {
            name: name.to_owned(),
            title: title.to_owned(),
            intro: intro.to_owned(),
            conditions: conditions(),
            tables: Vec::new(),
            targets: Vec::new(),
            charts: Vec::new(),
        }
    }

    /// Adds a table of times; one of the same shape before it goes on.
    pub(crate) fn times(&mut self, contenders: &[Contender<'_>]) {
        const HEAD: [&str; 4] = ["", "minimum", "median", "p99"];
        let rows = contenders.iter().map(|Contender { name, times, .. }| {
            let figures = [times.least(), times.median(), times.p99()].map(milliseconds);
            [&[name.clone()], &figures[..]].concat()
        });
        match self.tables.last_mut().filter(|table| table.head == HEAD) {
            Some(table) => table.rows.extend(rows),
            None => {
                let mut table = Table::new(&HEAD);
                table.rows.extend(rows);
                self.tables.push(table);
            }
        }
    }

    pub(crate) fn chart(&mut self, title: &str, contenders: &[Contender<'_>]) {
        let bars = contenders.iter().map(|Contender { name, times, .. }| Bar {
            name: name.replace('`', ""),
            least: times.least(),
            median: times.median(),
            p99: times.p99(),
        });
        self.charts.push(Chart { title: title.to_owned(), bars: bars.collect() });
    }

    pub(crate) fn markdown(&self) -> String {
        let mut text = format!("\n## {}\n\n{}\n\n{}\n", self.title, self.intro, self.conditions);
        for table in &self.tables {
            let _ = write!(text, "\n{}", table.markdown());
        }
        if !self.targets.is_empty() {
            let mut table = Table::new(&["target", "figure", "is to be", "met"]);
            table.rows = self.targets.iter().map(Target::row).collect();
            let _ = write!(text, "\n{}", table.markdown());
        }
        text
    }
}

impl Report {
    pub(crate) fn read() -> Outcome<Report> {
        let path = document("json");
        if !path.exists() {
            return Ok(Report::default());
        }
        Ok(serde_json::from_slice(&fs::read(path)?)?)
    }

    /// Takes a part in, in place of its last run.
    pub(crate) fn put(&mut self, section: Section) {
        self.sections.retain(|other| other.name != section.name);
        self.sections.push(section);
        self.sections.sort_by_key(|section| ORDER.iter().position(|name| *name == section.name));
    }

    pub(crate) fn write(&self) -> Outcome {
        let mut json = serde_json::to_string_pretty(self)?;
        json.push('\n');
        fs::write(document("json"), json)?;
        fs::write(document("md"), self.markdown())?;
        fs::write(document("svg"), plot::svg(self)?)?;
        Ok(())
    }

    fn markdown(&self) -> String {
        let mut text = format!(
            "# Benchmarks\n\n\
             Written by `just bench` (`benches/compare/`) from `docs/benchmarks.json`; not to be \
             edited. Compared with bkt {BKT_VERSION}. All contenders of a table ran in turns, so \
             that they had the same weather: the ratios are what counts, the times are those of \
             one machine.\n\n\
             ![Minimum, median and p99 of a hit and of a miss](benchmarks.svg)\n"
        );
        self.sections.iter().for_each(|section| text.push_str(&section.markdown()));
        text
    }
}

fn document(end: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("docs/benchmarks").with_extension(end)
}

pub(crate) fn milliseconds(seconds: f64) -> String {
    format!("{:.2} ms", seconds * 1e3)
}

pub(crate) fn seconds(seconds: f64) -> String {
    format!("{seconds:.2} s")
}

/// What the figures depend on, as far as it can be told.
fn conditions() -> String {
    let cores = std::thread::available_parallelism().map_or(0, usize::from);
    let kernel = fs::read_to_string("/proc/sys/kernel/osrelease").unwrap_or_default();
    let processor = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = processor
        .lines()
        .find_map(|line| line.strip_prefix("model name"))
        .map_or("an unnamed processor", |rest| rest.trim_start_matches(['\t', ' ', ':']));
    let load = fs::read_to_string("/proc/loadavg").unwrap_or_default();
    let load = load.split(' ').next().unwrap_or_default().to_owned();
    format!(
        "{}, {cores} cores of {model}, Linux {}, {}; load {load} before it began.",
        said_by("date", &["-u", "+%F"]),
        kernel.trim(),
        said_by("rustc", &["--version"]),
    )
}

fn said_by(program: &str, words: &[&str]) -> String {
    let said = Command::new(program).args(words).output().map(|output| output.stdout);
    String::from_utf8_lossy(&said.unwrap_or_default()).trim().to_owned()
}
