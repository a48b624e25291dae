//! One line on the terminal that says how far something long has got, gone when it is over.

use std::io::{self, IsTerminal, Write};
use std::time::{Duration, Instant};

use crate::store::Stage;

/// What is over sooner needs no line.
const SOON: Duration = Duration::from_millis(500);

/// The line; nothing is ever written where standard error is no terminal.
pub(in crate::cli) struct Progress {
    since: Instant,
    line: Option<Line<io::Stderr>>,
}

impl Progress {
    /// Begins to count the time.
    #[must_use]
    pub(in crate::cli) fn new() -> Progress {
        let stderr = io::stderr();
        let line = stderr.is_terminal().then(|| Line { to: stderr, shown: None });
        Progress { since: Instant::now(), line }
    }

    /// Shows what is being done.
    pub(in crate::cli) fn show(&mut self, stage: Stage) {
        if let Some(line) = &mut self.line {
            line.show(self.since.elapsed(), stage);
        }
    }
}

struct Line<W: Write> {
    to: W,
    shown: Option<Stage>,
}

impl<W: Write> Line<W> {
    fn show(&mut self, elapsed: Duration, stage: Stage) {
        if elapsed < SOON || self.shown == Some(stage) {
            return;
        }
        // Nobody misses a line that can't be written.
        let _ = write!(self.to, "\r\x1b[Komoide: {}", words(stage));
        let _ = self.to.flush();
        self.shown = Some(stage);
    }
}

impl<W: Write> Drop for Line<W> {
    fn drop(&mut self) {
        if self.shown.is_some() {
            let _ = write!(self.to, "\r\x1b[K");
            let _ = self.to.flush();
        }
    }
}

fn words(stage: Stage) -> &'static str {
    match stage {
        Stage::Ingest => "taking in what has changed",
        Stage::Expire => "removing what has expired",
        Stage::Sweep => "removing what was left behind",
        Stage::Evict => "keeping to the limits",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(steps: &[(u64, Stage)]) -> String {
        let mut written = Vec::new();
        let mut line = Line { to: &mut written, shown: None };
        for &(millis, stage) in steps {
            line.show(Duration::from_millis(millis), stage);
        }
        drop(line);
        String::from_utf8(written).expect("text")
    }

    #[test]
    fn what_is_over_soon_shows_nothing() {
        assert_eq!(shown(&[(0, Stage::Ingest), (499, Stage::Evict)]), "");
    }

    #[test]
    fn each_stage_is_shown_once_and_the_line_is_taken_away() {
        let steps = [(10, Stage::Ingest), (600, Stage::Ingest), (700, Stage::Ingest)];
        assert_eq!(shown(&steps), "\r\x1b[Komoide: taking in what has changed\r\x1b[K");
        let steps = [(600, Stage::Expire), (601, Stage::Evict)];
        assert_eq!(
            shown(&steps),
            "\r\x1b[Komoide: removing what has expired\r\x1b[Komoide: keeping to the limits\r\x1b[K"
        );
    }
}
