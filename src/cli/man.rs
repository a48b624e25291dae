//! `omoide man`: the manual pages, one a subcommand.

use std::fs;
use std::io::{self, IsTerminal};
use std::path::Path;

use clap::{Command, CommandFactory};
use clap_mangen::Man;

use super::args::{Cli, ManArgs};
use super::error::{Exit, Failure};
use super::render::out;

/// What the main page says beside the options.
const SECTIONS: &str = include_str!("man_sections.roff");

pub(super) fn run(args: &ManArgs) -> Result<Exit, Failure> {
    let pages = pages()?;
    match &args.dir {
        Some(folder) => write(folder, &pages)?,
        None => out::print(&pages[0].1)?,
    }
    Ok(Exit::OK)
}

/// All pages, each with the name of its file, the main one first; as they are checked in under
/// `man/`.
///
/// # Errors
/// If a page can't be rendered, which only a bug could cause.
pub(super) fn pages() -> io::Result<Vec<(String, String)>> {
    let mut command = Cli::command().disable_help_subcommand(true);
    command.build();
    let mut pages = Vec::new();
    render(&command, "omoide", &mut pages)?;
    Ok(pages)
}

fn render(command: &Command, name: &str, pages: &mut Vec<(String, String)>) -> io::Result<()> {
    let mut text = Vec::new();
    let page = command.clone().display_name(name).bin_name(name.replace('-', " "));
    Man::new(page)
        .title(name.to_uppercase())
        .section("1")
        // No date, so that a page changes only if what it says does. An empty one would be left
        // out, and what follows it taken for the date.
        .date(" ")
        .source(concat!("omoide ", env!("CARGO_PKG_VERSION")))
        .manual("omoide")
        .render(&mut text)?;
    pages.push((format!("{name}.1"), finish(&String::from_utf8_lossy(&text))));
    let shown = |verb: &&Command| verb.get_name() != "help" && !verb.is_hide_set();
    for verb in command.get_subcommands().filter(shown) {
        render(verb, &format!("{name}-{}", verb.get_name()), pages)?;
    }
    Ok(())
}

/// Headings as manual pages have them, and on the main page what no option tells.
fn finish(text: &str) -> String {
    text.replace(".SH Subcommands\n", ".SH SUBCOMMANDS\n")
        .replace(".SH EXTRA\nExample: ", ".SH EXAMPLES\n")
        .replace(".SH VERSION\n", &format!("{SECTIONS}.SH VERSION\n"))
}

fn write(folder: &Path, pages: &[(String, String)]) -> Result<(), Failure> {
    let failed = |path: &Path, error: io::Error| {
        Failure::new(format!("failed to write {}: {error}", path.display()))
    };
    fs::create_dir_all(folder).map_err(|error| failed(folder, error))?;
    for (name, text) in pages {
        let path = folder.join(name);
        fs::write(&path, text).map_err(|error| failed(&path, error))?;
    }
    if io::stdout().is_terminal() {
        out::print(&format!("{} pages in {}\n", pages.len(), folder.display()))?;
    }
    Ok(())
}
