//! The plot: for each contender a bar from nothing to its median, and a line from its minimum to
//! its p99.

use std::fmt::Write as _;

use super::Outcome;
use super::report::{Bar, Chart, Report};

/// All in pixels.
const WIDTH: f64 = 760.0;
const LABELS: f64 = 230.0;
const RIGHT: f64 = 90.0;
const ROW: f64 = 28.0;
const BAR: f64 = 16.0;
const TITLE: f64 = 40.0;
const BELOW: f64 = 24.0;

/// Readable on white and on black.
const STYLE: &str = "text{font:13px sans-serif;fill:#888}.t{font-weight:bold;font-size:15px}\
    .o{fill:#c2410c}.p{fill:#94a3b8}.w{stroke:#475569;stroke-width:1.5}.g{stroke:#888;stroke-opacity:.3}";

pub(crate) fn svg(report: &Report) -> Outcome<String> {
    let charts: Vec<&Chart> = report.sections.iter().flat_map(|s| &s.charts).collect();
    let height: f64 = charts.iter().map(|chart| height_of(chart)).sum::<f64>() + BELOW;
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {height}\" \
         width=\"{WIDTH}\" height=\"{height}\">\n<style>{STYLE}</style>\n"
    );
    let mut top = 0.0;
    for chart in charts {
        draw(&mut svg, chart, top)?;
        top += height_of(chart);
    }
    let said = "bars: median; lines: from minimum to p99 or the edge, in milliseconds";
    writeln!(svg, "<text x=\"{LABELS}\" y=\"{}\">{said}</text>\n</svg>", top + BELOW / 2.0)?;
    Ok(svg)
}

fn height_of(chart: &Chart) -> f64 {
    TITLE + ROW * chart.bars.len() as f64 + BELOW
}

fn draw(svg: &mut String, chart: &Chart, top: f64) -> Outcome {
    let largest = |of: fn(&Bar) -> f64| chart.bars.iter().map(of).fold(0.0, f64::max);
    // A p99 far out would leave no room for the rest: its line goes to the edge then.
    let most = largest(|bar| bar.p99).min(2.0 * largest(|bar| bar.median));
    let x = |seconds: f64| LABELS + (seconds / most).min(1.0) * (WIDTH - LABELS - RIGHT);
    let bottom = top + TITLE + ROW * chart.bars.len() as f64;
    let title = escaped(&chart.title);
    writeln!(svg, "<text class=\"t\" x=\"{LABELS}\" y=\"{}\">{title}</text>", top + 26.0)?;
    let step = step(most * 1e3);
    let mut mark = 0.0;
    while mark <= most * 1e3 {
        let at = x(mark / 1e3);
        writeln!(
            svg,
            "<line class=\"g\" x1=\"{at:.1}\" y1=\"{}\" x2=\"{at:.1}\" y2=\"{bottom}\"/>\
             <text x=\"{at:.1}\" y=\"{}\" text-anchor=\"middle\">{mark}</text>",
            top + TITLE - 4.0,
            bottom + 16.0,
        )?;
        mark = ((mark + step) * 100.0).round() / 100.0;
    }
    for (place, bar) in chart.bars.iter().enumerate() {
        let y = top + TITLE + ROW * place as f64;
        let (middle, name) = (y + BAR / 2.0, escaped(&bar.name));
        let class = if bar.name.starts_with("omoide") { "o" } else { "p" };
        writeln!(
            svg,
            "<text x=\"{}\" y=\"{}\" text-anchor=\"end\">{name}</text>\
             <rect class=\"{class}\" x=\"{LABELS}\" y=\"{y}\" width=\"{:.1}\" height=\"{BAR}\"/>\
             <line class=\"w\" x1=\"{:.1}\" y1=\"{middle}\" x2=\"{:.1}\" y2=\"{middle}\"/>\
             <text x=\"{:.1}\" y=\"{}\">{:.2}</text>",
            LABELS - 8.0,
            y + 13.0,
            x(bar.median) - LABELS,
            x(bar.least),
            x(bar.p99),
            x(bar.p99) + 8.0,
            y + 13.0,
            bar.median * 1e3,
        )?;
    }
    Ok(())
}

/// A round distance of marks, so that there are at most ten of them.
fn step(most: f64) -> f64 {
    [0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 20.0, 50.0]
        .into_iter()
        .find(|step| most / step <= 10.0)
        .unwrap_or(100.0)
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;")
}
