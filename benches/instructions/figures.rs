//! The file of figures, and what is too much more.

use std::fmt;

use super::callgrind::Count;
use super::place::Outcome;

/// In hundredths: what the program itself may take more.
const OWN_TOLERANCE: f64 = 3.0;
/// What all may: another C library has other ways to copy and to allocate.
const ALL_TOLERANCE: f64 = 10.0;
/// What either may where another compiler made it.
const OTHER_COMPILER: f64 = 15.0;

/// What was counted, and what had compiled it.
pub(crate) struct Figures {
    pub(crate) rustc: String,
    pub(crate) figures: Vec<(String, Count)>,
}

/// What a comparison says.
pub(crate) struct Compared {
    pub(crate) lines: Vec<String>,
    pub(crate) exceeded: bool,
}

impl Figures {
    pub(crate) fn parse(text: &str) -> Outcome<Figures> {
        let table: toml::Table = text.parse()?;
        let rustc = table.get("rustc").and_then(toml::Value::as_str).ok_or("no rustc")?;
        let mut figures = Vec::new();
        for (name, value) in &table {
            let Some(counts) = value.as_table() else { continue };
            let number = |field: &str| -> Outcome<u64> {
                let number = counts.get(field).and_then(toml::Value::as_integer);
                Ok(u64::try_from(number.ok_or_else(|| format!("no {field} in {name}"))?)?)
            };
            figures.push((name.clone(), Count { own: number("own")?, all: number("all")? }));
        }
        Ok(Figures { rustc: rustc.to_owned(), figures })
    }

    /// What has become of these figures.
    pub(crate) fn compare(&self, now: &Figures) -> Compared {
        let same_compiler = self.rustc == now.rustc;
        let tolerance = |usual: f64| if same_compiler { usual } else { OTHER_COMPILER };
        let mut compared = Compared { lines: Vec::new(), exceeded: false };
        if !same_compiler {
            compared.lines.push(format!(
                "counted with rustc {}, recorded with {}: {OTHER_COMPILER} % more is tolerated; \
                 `just bench-accept` renews the record",
                now.rustc, self.rustc
            ));
        }
        for (name, now) in &now.figures {
            let Some((_, before)) = self.figures.iter().find(|(other, _)| other == name) else {
                compared.lines.push(format!("{name}: isn't recorded"));
                compared.exceeded = true;
                continue;
            };
            for (what, now, before, tolerance) in [
                ("own", now.own, before.own, tolerance(OWN_TOLERANCE)),
                ("all", now.all, before.all, tolerance(ALL_TOLERANCE)),
            ] {
                let change = (now as f64 / before as f64 - 1.0) * 100.0;
                let verdict = if change > tolerance {
                    compared.exceeded = true;
                    "too many"
                } else if change < -tolerance {
                    "fewer: renew the record, so that it holds"
                } else {
                    "ok"
                };
                compared.lines.push(format!(
                    "{name}: {now} instructions ({what}), recorded {before}: {change:+.2} % of at \
                     most {tolerance} %: {verdict}"
                ));
            }
        }
        compared
    }
}

impl fmt::Display for Figures {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "# Instructions of a hit and of a miss, from `main` on: of the program itself,"
        )?;
        writeln!(f, "# and with what the C library does for it. Written by `just bench-accept`,")?;
        writeln!(f, "# compared by CI (benches/instructions/).")?;
        writeln!(f, "rustc = \"{}\"", self.rustc)?;
        for (name, Count { own, all }) in &self.figures {
            writeln!(f, "\n[{name}]\nown = {own}\nall = {all}")?;
        }
        Ok(())
    }
}
