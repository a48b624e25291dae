//! What omoide itself prints: listings on standard output, complaints on standard error.

use std::io::{self, IsTerminal, Write};

use anstyle::AnsiColor;
use rustix::termios::tcgetwinsize;

use crate::cli::context::Context;
use crate::model::escape;
use crate::sys::signal;

/// What a piece of text is, for colours.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Style {
    /// Nothing special.
    Plain,
    /// The head of a table.
    Head,
    /// An id.
    Id,
    /// As it should be.
    Good,
    /// Over, or to be noticed.
    Faded,
    /// Wrong.
    Bad,
}

impl Style {
    /// The text in this style, if colours are wanted.
    #[must_use]
    pub(crate) fn paint(self, text: &str, colors: bool) -> String {
        let style = match self {
            Style::Plain => return text.to_owned(),
            _ if !colors => return text.to_owned(),
            Style::Head => anstyle::Style::new().bold(),
            Style::Id => AnsiColor::Yellow.on_default(),
            Style::Good => AnsiColor::Green.on_default(),
            Style::Faded => anstyle::Style::new().dimmed(),
            Style::Bad => AnsiColor::Red.on_default(),
        };
        format!("{style}{text}{style:#}")
    }
}

/// Whether colours are wanted on standard output.
#[must_use]
pub(crate) fn colors(context: &Context) -> bool {
    context.colors(io::stdout().is_terminal())
}

/// The width of the terminal on standard output; none where it is none.
#[must_use]
pub(crate) fn width() -> Option<usize> {
    let stdout = io::stdout();
    if !stdout.is_terminal() {
        return None;
    }
    let columns = tcgetwinsize(&stdout).map_or(0, |size| usize::from(size.ws_col));
    Some(if columns == 0 { 80 } else { columns })
}

/// Prints to standard output. A reader that has gone away has seen enough.
///
/// # Errors
/// If it can't be written for any other reason.
pub(crate) fn print(text: &str) -> io::Result<()> {
    // Nothing is started behind a listing, so nobody inherits this.
    let _ = signal::ignore(libc::SIGPIPE);
    let mut stdout = io::stdout().lock();
    match stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush()) {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        printed => printed,
    }
}

/// Prints to standard error.
///
/// # Errors
/// If it can't be written.
pub(crate) fn print_error(text: &str) -> io::Result<()> {
    io::stderr().write_all(text.as_bytes())
}

/// Tells something on standard error, in one line. Where even that fails, nobody is there to
/// be told.
pub(crate) fn complain(message: &str) {
    // Whoever read it may have gone, which must not end us before the command has run; the
    // command gets back what we were given.
    let _ = signal::ignore(libc::SIGPIPE);
    let line = format!("omoide: {}\n", escape::bytes(message.trim_end().as_bytes()));
    let _ = io::stderr().write_all(line.as_bytes());
}
