//! Text from files and paths, made fit to be shown: nothing in it can steer a terminal.

use std::fmt::Write;
use std::path::Path;

use crate::model::escape;

/// Longer excerpts are cut.
const EXCERPT: usize = 60;

/// `text` with its control and direction-changing characters as escapes.
pub(super) fn visible(text: &str) -> String {
    escape::bytes(text.as_bytes())
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
        match character {
            '"' | '\\' => shown.extend(['\\', character]),
            '\n' => shown.push_str("\\n"),
            '\t' => shown.push_str("\\t"),
            '\r' => shown.push_str("\\r"),
            _ if escape::is_hidden(character) => {
                // All are below U+10000. Writing to a string can't fail.
                let _ = write!(shown, "\\u{:04X}", u32::from(character));
            }
            _ => shown.push(character),
        }
    }
    shown.push('"');
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quoting_escapes_what_ends_a_string() {
        assert_eq!(quoted(r#"a "b" \c"#), r#""a \"b\" \\c""#);
        assert_eq!(quoted("\x1b\u{202e}\n"), r#""\u001B\u202E\n""#);
    }

    #[test]
    fn excerpts_are_cut() {
        assert_eq!(excerpt("short"), "short");
        assert_eq!(excerpt(&"é".repeat(100)), format!("{}…", "é".repeat(EXCERPT)));
    }
}
