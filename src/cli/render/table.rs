//! Aligned tables that fit the terminal: the last column takes what is left.

use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

use super::out::Style;

/// How a column is set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Align {
    /// Text.
    Left,
    /// Numbers.
    Right,
}

/// A cell: its text, already escaped, and its style.
#[derive(Clone, Debug)]
pub(crate) struct Cell {
    text: String,
    style: Style,
}

/// A table with a head.
#[derive(Debug)]
pub(crate) struct Table {
    columns: Vec<(&'static str, Align)>,
    rows: Vec<Vec<Cell>>,
}

/// What lies between two columns.
const GAP: &str = "  ";
/// However narrow the terminal, the last column keeps so much.
const LEAST: usize = 12;

impl From<String> for Cell {
    fn from(text: String) -> Self {
        Cell { text, style: Style::Plain }
    }
}

impl Cell {
    /// A cell in a style.
    #[must_use]
    pub(crate) fn styled(text: impl Into<String>, style: Style) -> Cell {
        Cell { text: text.into(), style }
    }
}

impl Table {
    /// A table with these columns; the last one is cut where the terminal ends.
    #[must_use]
    pub(crate) fn new(columns: &[(&'static str, Align)]) -> Table {
        Table { columns: columns.to_vec(), rows: Vec::new() }
    }

    /// Adds a row, of as many cells as there are columns.
    pub(crate) fn push(&mut self, row: Vec<Cell>) {
        debug_assert_eq!(row.len(), self.columns.len());
        self.rows.push(row);
    }

    /// The lines of the table; `width` in columns of the terminal, unbounded where it is none.
    #[must_use]
    pub(crate) fn render(&self, width: Option<usize>, colors: bool) -> String {
        let widths = self.widths(width);
        let head = self.columns.iter().map(|&(name, _)| Cell::styled(name, Style::Head));
        let mut text = String::new();
        self.line(&mut text, &head.collect::<Vec<_>>(), &widths, colors);
        for row in &self.rows {
            self.line(&mut text, row, &widths, colors);
        }
        text
    }

    fn widths(&self, width: Option<usize>) -> Vec<usize> {
        let mut widths: Vec<usize> = (0..self.columns.len())
            .map(|column| {
                let cells = self.rows.iter().map(|row| row[column].text.width());
                cells.chain([self.columns[column].0.width()]).max().unwrap_or(0)
            })
            .collect();
        if let (Some(width), Some((last, others))) = (width, widths.split_last_mut()) {
            let taken: usize = others.iter().map(|width| width + GAP.len()).sum();
            *last = (*last).min(width.saturating_sub(taken).max(LEAST));
        }
        widths
    }

    fn line(&self, text: &mut String, row: &[Cell], widths: &[usize], colors: bool) {
        let last = row.len() - 1;
        for (index, (cell, &width)) in row.iter().zip(widths).enumerate() {
            let shown = cut(&cell.text, width);
            let padding = " ".repeat(width - shown.width());
            let shown = cell.style.paint(&shown, colors);
            match self.columns[index].1 {
                Align::Right => text.extend([padding.as_str(), &shown]),
                Align::Left if index == last => text.push_str(&shown),
                Align::Left => text.extend([shown.as_str(), &padding]),
            }
            text.push_str(if index == last { "\n" } else { GAP });
        }
    }
}

/// The beginning of a text that fits, with an ellipsis where it was cut.
fn cut(text: &str, width: usize) -> String {
    if text.width() <= width {
        return text.to_owned();
    }
    let mut taken = 0;
    let fits = |char: &char| {
        taken += char.width().unwrap_or(0);
        taken < width
    };
    let mut shown: String = text.chars().take_while(fits).collect();
    shown.push('…');
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table(commands: &[&str]) -> Table {
        let mut table = Table::new(&[("AGE", Align::Right), ("COMMAND", Align::Left)]);
        for command in commands {
            table.push(vec!["3m".to_owned().into(), (*command).to_owned().into()]);
        }
        table
    }

    #[test]
    fn columns_are_aligned_and_nothing_trails() {
        let text = table(&["ls", "kubectl get pods"]).render(None, false);
        assert_eq!(text, "AGE  COMMAND\n 3m  ls\n 3m  kubectl get pods\n");
    }

    #[test]
    fn the_last_column_is_cut_where_the_terminal_ends() {
        let text = table(&["kubectl get pods -A -o wide"]).render(Some(20), false);
        assert_eq!(text, "AGE  COMMAND\n 3m  kubectl get po…\n");
        assert!(text.lines().all(|line| line.width() <= 20));
    }

    #[test]
    fn wide_characters_are_counted_as_they_are_shown() {
        let text = table(&["思い出思い出思い出思い出"]).render(Some(18), false);
        assert_eq!(text, "AGE  COMMAND\n 3m  思い出思い出…\n");
    }

    #[test]
    fn however_narrow_the_terminal_something_is_shown() {
        let text = table(&["kubectl get pods -A"]).render(Some(3), false);
        assert_eq!(text, "AGE  COMMAND\n 3m  kubectl get…\n");
    }
}
