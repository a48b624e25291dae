//! Text from files and paths, made fit to be shown: nothing in it can steer a terminal.

use std::fmt::Write;
use std::path::Path;

/// Longer excerpts are cut.
const EXCERPT: usize = 60;

/// `text` with its control and direction-changing characters as escapes.
pub(super) fn visible(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for character in text.chars() {
        push(&mut shown, character);
    }
    shown
}

/// A path for people; bytes that are no UTF-8 are replaced.
pub(super) fn visible_path(path: &Path) -> String {
    visible(&path.to_string_lossy())
}

/// The beginning of `text`, made visible, for an error message.
pub(super) fn excerpt(text: &str) -> String {
    match text.char_indices().nth(EXCERPT) {
        Some((end, _)) => format!("{}…", visible(&text[..end])),
        None => visible(text),
    }
}

/// `text` as a TOML string that reads back as `text`.
pub(super) fn quoted(text: &str) -> String {
    let mut shown = String::with_capacity(text.len() + 2);
    shown.push('"');
    for character in text.chars() {
        if matches!(character, '"' | '\\') {
            shown.push('\\');
            shown.push(character);
        } else {
            push(&mut shown, character);
        }
    }
    shown.push('"');
    shown
}

fn push(shown: &mut String, character: char) {
    match character {
        '\n' => shown.push_str("\\n"),
        '\t' => shown.push_str("\\t"),
        '\r' => shown.push_str("\\r"),
        _ if steers(character) => {
            // Writing to a string can't fail.
            let _ = write!(shown, "\\u{:04X}", u32::from(character));
        }
        _ => shown.push(character),
    }
}

/// Whether the character changes how what follows is shown: controls, line and paragraph
/// separators, zero-width and bidirectional marks. All are below U+10000.
fn steers(character: char) -> bool {
    character.is_control()
        || matches!(
            character,
            '\u{061c}'
                | '\u{200b}'..='\u{200f}'
                | '\u{2028}'..='\u{202e}'
                | '\u{2060}'..='\u{206f}'
                | '\u{feff}'
                | '\u{fff9}'..='\u{fffb}'
        )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_steers_the_terminal() {
        let cases = [
            ("plain ärger 記憶", "plain ärger 記憶"),
            ("a\x1b[31mb", "a\\u001B[31mb"),
            ("a\u{9b}31m", "a\\u009B31m"),
            ("two\nlines\tand\r", "two\\nlines\\tand\\r"),
            ("\u{202e}evil\u{feff}", "\\u202Eevil\\uFEFF"),
            ("\0\u{7f}", "\\u0000\\u007F"),
        ];
        for (text, expected) in cases {
            assert_eq!(visible(text), expected);
        }
    }

    #[test]
    fn quoting_escapes_what_ends_a_string() {
        assert_eq!(quoted(r#"a "b" \c"#), r#""a \"b\" \\c""#);
    }

    #[test]
    fn excerpts_are_cut() {
        assert_eq!(excerpt("short"), "short");
        assert_eq!(excerpt(&"é".repeat(100)), format!("{}…", "é".repeat(EXCERPT)));
    }
}
