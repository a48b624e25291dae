//! Text from outside made safe to look at: no control character reaches a terminal.

use std::fmt::Write;

/// Bytes as text: what is hidden or not UTF-8 as `\x1b` or `\u202e`, the usual ones as `\n`.
#[must_use]
pub fn bytes(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len());
    for chunk in bytes.utf8_chunks() {
        chunk.valid().chars().for_each(|char| push(&mut text, char));
        for byte in chunk.invalid() {
            let _ = write!(text, "\\x{byte:02x}");
        }
    }
    text
}

/// A command line as a shell would take it: words with blanks or anything else that a shell
/// would read otherwise are quoted; what can't be shown is escaped in `$'…'`.
#[must_use]
pub fn command<W: AsRef<[u8]>>(words: &[W]) -> String {
    words.iter().map(|word| shell_word(word.as_ref())).collect::<Vec<_>>().join(" ")
}

/// Whether a character changes how what follows is shown, or isn't shown itself: controls, line
/// and paragraph separators, zero-width and bidirectional marks.
#[must_use]
pub fn is_hidden(char: char) -> bool {
    char.is_control()
        || matches!(
            char,
            '\u{061c}'
                | '\u{200b}'..='\u{200f}'
                | '\u{2028}'..='\u{202e}'
                | '\u{2060}'..='\u{206f}'
                | '\u{feff}'
                | '\u{fff9}'..='\u{fffb}'
        )
}

fn shell_word(word: &[u8]) -> String {
    let plain = |byte: &u8| byte.is_ascii_alphanumeric() || b"-_./:=,+@%^".contains(byte);
    if !word.is_empty() && word.iter().all(plain) {
        return bytes(word);
    }
    match std::str::from_utf8(word) {
        Ok(text) if !text.chars().any(is_hidden) => format!("'{}'", text.replace('\'', r"'\''")),
        _ => {
            // Pieces between backslashes, so that one of the word is told from one of ours.
            let pieces: Vec<String> = word.split(|&byte| byte == b'\\').map(bytes).collect();
            format!("$'{}'", pieces.join(r"\\").replace('\'', r"\'"))
        }
    }
}

fn push(text: &mut String, char: char) {
    match char {
        '\n' => text.push_str("\\n"),
        '\t' => text.push_str("\\t"),
        '\r' => text.push_str("\\r"),
        char if is_hidden(char) => {
            // Writing to a string can't fail.
            let _ = match u32::from(char) {
                code @ 0..=0x7f => write!(text, "\\x{code:02x}"),
                code => write!(text, "\\u{code:04x}"),
            };
        }
        char => text.push(char),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_that_steers_a_terminal_passes() {
        let cases: [(&[u8], &str); 6] = [
            (b"plain", "plain"),
            (b"\x1b]0;title\x07", "\\x1b]0;title\\x07"),
            (b"a\nb\tc", "a\\nb\\tc"),
            (b"\xff\xfe", "\\xff\\xfe"),
            ("\u{9b}31m\u{202e}".as_bytes(), "\\u009b31m\\u202e"),
            ("å 思い出".as_bytes(), "å 思い出"),
        ];
        for (raw, shown) in cases {
            assert_eq!(bytes(raw), shown);
        }
    }

    #[test]
    fn a_command_is_shown_as_a_shell_would_take_it() {
        let cases: [(&[&[u8]], &str); 6] = [
            (&[b"ls", b"-la", b"/tmp"], "ls -la /tmp"),
            (&[b"echo", b"a b", b""], "echo 'a b' ''"),
            (&[b"echo", b"it's"], r"echo 'it'\''s'"),
            (&[b"echo", b"\xff'"], r"echo $'\xff\''"),
            (&[b"echo", b"a\\b\n"], r"echo $'a\\b\n'"),
            (&[b"sh", b"-c", b"a; b\nc"], r"sh -c $'a; b\nc'"),
        ];
        for (words, shown) in cases {
            assert_eq!(command(words), shown);
        }
    }
}
