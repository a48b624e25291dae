//! Measures omoide against bkt, the bare command and the floors: in one run, in turns, so that all
//! have the same weather.
//!
//! ```sh
//! cargo bench --bench compare -- --help
//! ```
//!
//! What was measured is kept in `docs/benchmarks.json`, each part as of its last run; from that
//! `docs/benchmarks.md` and `docs/benchmarks.svg` are written.

#![expect(clippy::print_stdout, clippy::print_stderr, reason = "it reports to whoever runs it")]

mod daemon;
mod generate;
mod hit;
mod hyperfine;
mod large;
mod many;
mod measure;
mod miss;
mod parallel;
mod peers;
#[path = "../shared/place.rs"]
mod place;
mod plot;
mod report;

use std::path::PathBuf;

use clap::{Parser, ValueEnum};

use peers::Peers;
use place::Outcome;
use report::Report;

/// Measures omoide and what it is compared with.
#[derive(Parser)]
struct Args {
    /// What to measure; all but `many` and `daemon` if nothing is named.
    parts: Vec<Part>,
    /// How often each contender of `hit` and `miss` runs.
    #[arg(long, default_value_t = 500)]
    runs: usize,
    /// How often each contender of `large` runs.
    #[arg(long, default_value_t = 9)]
    large_runs: usize,
    /// How many bytes an output of `large` has.
    #[arg(long, default_value_t = 1 << 30)]
    large_bytes: u64,
    /// How many entries the larger store of `many` has.
    #[arg(long, default_value_t = 1_000_000)]
    entries: u64,
    /// On how many cores everything runs.
    #[arg(long, default_value_t = 2)]
    cores: usize,
    /// The omoide to measure, rather than the one that was built along.
    #[arg(long)]
    omoide: Option<PathBuf>,
    /// The bkt to compare with, rather than the one that is installed from the registry.
    #[arg(long)]
    bkt: Option<PathBuf>,
    /// Prints what was measured and leaves the files in docs/ as they are.
    #[arg(long)]
    dry: bool,
    /// Measures nothing: writes the table and the plot anew from what was measured before.
    #[arg(long)]
    redraw: bool,
    /// Fills the store in this folder up to `--entries` and does nothing else.
    #[arg(long, value_name = "FOLDER")]
    generate: Option<PathBuf>,
    /// Opens the catalog of the store in this folder, prints how many nanoseconds that took, and
    /// does nothing else.
    #[arg(long, value_name = "FOLDER", hide = true)]
    open: Option<PathBuf>,
    /// Given by `cargo bench`.
    #[arg(long, hide = true)]
    bench: bool,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Part {
    /// A small hit, and its floors.
    Hit,
    /// A miss around a command that does nothing.
    Miss,
    /// An output of a gibibyte.
    Large,
    /// Several processes at once.
    Parallel,
    /// A store with a million entries. Takes many minutes and gigabytes the first time.
    Many,
    /// The daemon with many entries, busy and idle. Takes three minutes.
    Daemon,
}

fn main() -> Outcome {
    let args = Args::parse();
    if let Some(folder) = &args.generate {
        return generate::fill(folder, args.entries);
    }
    if let Some(folder) = &args.open {
        return generate::open(folder);
    }
    if args.redraw {
        return Report::read()?.write();
    }
    measure::settle_on_cores(args.cores)?;
    let peers = Peers::find(args.omoide.as_deref(), args.bkt.as_deref())?;
    let mut report = Report::read()?;
    let parts = match args.parts.as_slice() {
        [] => &[Part::Hit, Part::Miss, Part::Large, Part::Parallel],
        parts => parts,
    };
    for part in parts {
        let section = match part {
            Part::Hit => hit::measure(&peers, args.runs)?,
            Part::Miss => miss::measure(&peers, args.runs)?,
            Part::Large => large::measure(&peers, args.large_runs, args.large_bytes)?,
            Part::Parallel => parallel::measure(&peers)?,
            Part::Many => many::measure(&peers, args.runs, args.entries)?,
            Part::Daemon => daemon::measure(&peers)?,
        };
        print!("{}", section.markdown());
        report.put(section);
    }
    if !args.dry {
        report.write()?;
    }
    Ok(())
}
