//! What the README shows, works: its demonstration is run, and every command line, script and
//! configuration in it is at least read by whoever would have to read it.

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use clap::CommandFactory;
use omoide::cli::args::Cli;

/// A fenced block of the README.
struct Block {
    /// What stands behind the opening fence.
    language: String,
    /// The line of the opening fence.
    line: usize,
    text: String,
    /// What a comment right above says of it.
    tested: Option<String>,
}

fn readme() -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md");
    fs::read_to_string(path).expect("the README")
}

fn blocks() -> Vec<Block> {
    let text = readme();
    let mut blocks = Vec::new();
    let mut open: Option<Block> = None;
    let mut tested = None;
    for (index, line) in text.lines().enumerate() {
        match (&mut open, line.strip_prefix("```")) {
            (None, Some(language)) => {
                let language = language.to_owned();
                let tested = Option::take(&mut tested);
                open = Some(Block { language, line: index + 1, text: String::new(), tested });
            }
            (Some(_), Some(_)) => blocks.extend(open.take()),
            (Some(block), None) => {
                block.text.push_str(line);
                block.text.push('\n');
            }
            (None, None) => {
                let note = line.strip_prefix("<!-- tested: ");
                tested = note.and_then(|note| note.strip_suffix(" -->")).map(str::to_owned);
            }
        }
    }
    assert!(open.is_none(), "an open block");
    blocks
}

/// The command lines in `text` that call omoide: each from its name to what ends it.
fn calls(text: &str) -> Vec<Vec<String>> {
    let text = text.replace("\\\n", " ");
    let mut calls = Vec::new();
    for (at, _) in text.match_indices("omoide ") {
        let before = text[..at].chars().next_back();
        if before.is_none_or(|char| " \n(`'".contains(char)) {
            let in_quotes = before == Some('\'');
            calls.extend(words(&text[at..], in_quotes));
        }
    }
    calls
}

/// Splits at blanks as a shell would, as far as the README needs it; ends where the command does.
/// None if it is prose.
fn words(text: &str, in_quotes: bool) -> Option<Vec<String>> {
    let mut words = vec![String::new()];
    let mut quote = None;
    let mut previous = ' ';
    for char in text.chars() {
        match (quote, char) {
            (Some(open), _) if char == open => quote = None,
            (None, '\'') if in_quotes => break,
            (None, '\'' | '"') => quote = Some(char),
            (None, '\n' | '|' | ';' | '&' | ')' | '`' | '<' | '>') => break,
            (None, '#') if previous == ' ' => break,
            (None, ' ') => words.push(String::new()),
            _ => words.last_mut()?.push(char),
        }
        previous = char;
    }
    // An empty word that was quoted is lost, but for the value of an option.
    let fill = |(index, word): (usize, &String)| {
        let wants_value = index > 0 && words[index - 1] == "--env";
        (!word.is_empty() || wants_value).then(|| word.clone())
    };
    Some(words.iter().enumerate().filter_map(fill).collect())
}

fn sh(script: &str) -> Command {
    let mut command = Command::new("bash");
    command.args(["--norc", "-c", script]);
    command
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

#[test]
fn the_demonstration_ends_with_a_hit() {
    let block = blocks()
        .into_iter()
        .find(|block| block.tested.as_deref() == Some("demonstration"))
        .expect("a block that is marked as the demonstration");
    let script = block.text.strip_prefix("cargo install --path . --locked &&\n");
    let script = script.expect("a demonstration that installs first");
    let home = tempfile::tempdir().expect("a folder");
    let program = Path::new(env!("CARGO_BIN_EXE_omoide"));
    let mut path = program.parent().expect("its folder").as_os_str().to_owned();
    path.push(":");
    path.push(std::env::var_os("PATH").unwrap_or_default());
    let output: Output = sh(script)
        .env("PATH", path)
        .env("OMOIDE_CACHE_DIR", home.path().join("cache"))
        .env("OMOIDE_CONFIG", "/dev/null")
        .current_dir(home.path())
        .output()
        .expect("to run it");
    let (told, said) = (text(&output.stdout), text(&output.stderr));
    assert!(output.status.success(), "{said}");
    let counts: Vec<&str> = told.lines().collect();
    assert_eq!(counts.len(), 2, "{told}");
    assert_eq!(counts[0], counts[1]);
    assert_ne!(counts[0].trim(), "0");
    let lines: Vec<&str> = said.lines().collect();
    assert_eq!(lines.len(), 2, "{said}");
    assert!(lines[0].starts_with("omoide: miss ") && lines[0].ends_with(", stored"), "{said}");
    assert!(lines[1].starts_with("omoide: hit "), "{said}");
}

#[test]
fn every_call_of_omoide_is_understood() {
    let calls = calls(&readme());
    assert!(calls.len() > 25, "only {} calls found: {calls:#?}", calls.len());
    for call in calls.iter().filter(|call| call.len() > 1) {
        let prose = !call.iter().any(|word| word.starts_with('-'))
            && !Cli::command().get_subcommands().any(|verb| verb.get_name() == call[1]);
        if prose {
            continue;
        }
        if let Err(error) = Cli::command().try_get_matches_from(call) {
            panic!("the README calls {call:?}, but: {error}");
        }
    }
}

#[test]
fn every_script_can_be_read_by_its_shell() {
    for block in blocks() {
        let (shell, option) = match block.language.as_str() {
            "sh" => ("bash", "-n"),
            "fish" => ("fish", "--no-execute"),
            _ => continue,
        };
        let file = tempfile::NamedTempFile::new().expect("a file");
        fs::write(file.path(), &block.text).expect("to write it");
        let Ok(output) = Command::new(shell).arg(option).arg(file.path()).output() else {
            assert!(std::env::var_os("CI").is_none(), "{shell} is missing; .ci/run installs it");
            continue;
        };
        let said = text(&output.stderr);
        assert!(output.status.success(), "README.md:{}: {said}", block.line);
    }
}

#[test]
fn every_configuration_is_valid() {
    let configurations = blocks().into_iter().filter(|block| block.language == "toml");
    let mut count = 0;
    for block in configurations {
        let file = tempfile::NamedTempFile::new().expect("a file");
        fs::write(file.path(), &block.text).expect("to write it");
        let output = Command::new(env!("CARGO_BIN_EXE_omoide"))
            .args(["config", "check", "--config"])
            .arg(file.path())
            .output()
            .expect("to run it");
        let said = text(&output.stderr);
        assert!(output.status.success(), "README.md:{}: {said}", block.line);
        count += 1;
    }
    assert!(count > 0, "no configuration found");
}

#[test]
fn command_lines_are_found_in_prose_aliases_and_substitutions() {
    let cases = [
        ("omoide --ttl 5m -- ls -la  # why\n", vec!["omoide", "--ttl", "5m", "--", "ls", "-la"]),
        ("x=$(omoide -v -- date | tail)", vec!["omoide", "-v", "--", "date"]),
        ("alias x='omoide -- \"a b\"'\nls", vec!["omoide", "--", "a b"]),
        ("see `omoide stats` there", vec!["omoide", "stats"]),
        ("omoide --env '' -- date", vec!["omoide", "--env", "", "--", "date"]),
    ];
    for (line, expected) in cases {
        assert_eq!(calls(line), [expected], "{line}");
    }
}
