//! JSON: one object, its first field the version of its form.

use std::fmt::Write;
use std::io;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::Serialize;
use serde_json::{Map, Value};

use crate::model::escape;

/// The version of the fields' names and meanings.
const SCHEMA: u32 = 1;

/// Prints an object, `schema` first.
///
/// # Errors
/// If it can't be printed.
pub(crate) fn print(fields: &impl Serialize) -> io::Result<()> {
    let mut object = Map::new();
    object.insert("schema".to_owned(), SCHEMA.into());
    if let Value::Object(fields) = serde_json::to_value(fields)? {
        object.extend(fields);
    }
    let mut text = escape_hidden(&serde_json::to_string_pretty(&object)?);
    text.push('\n');
    super::out::print(&text)
}

/// JSON escapes the first 32 characters; others steer a terminal just as well.
fn escape_hidden(json: &str) -> String {
    let mut text = String::with_capacity(json.len() + 1);
    for char in json.chars() {
        if char != '\n' && escape::is_hidden(char) {
            // All are below U+10000. Writing to a string can't fail.
            let _ = write!(text, "\\u{:04x}", u32::from(char));
        } else {
            text.push(char);
        }
    }
    text
}

/// Adds bytes as text; what is not UTF-8 is shown lossily beside a `*_base64` field.
pub(crate) fn insert_bytes(object: &mut Map<String, Value>, name: &str, bytes: &[u8]) {
    object.insert(name.to_owned(), String::from_utf8_lossy(bytes).into());
    if std::str::from_utf8(bytes).is_err() {
        object.insert(format!("{name}_base64"), STANDARD.encode(bytes).into());
    }
}

/// The same for words.
pub(crate) fn insert_words(object: &mut Map<String, Value>, name: &str, words: &[Vec<u8>]) {
    let lossy: Vec<_> = words.iter().map(|word| String::from_utf8_lossy(word)).collect();
    object.insert(name.to_owned(), lossy.into_iter().collect::<Value>());
    if words.iter().any(|word| std::str::from_utf8(word).is_err()) {
        let encoded = words.iter().map(|word| STANDARD.encode(word));
        object.insert(format!("{name}_base64"), encoded.collect::<Value>());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_that_are_no_text_come_with_their_base64() {
        let mut object = Map::new();
        insert_bytes(&mut object, "cwd", b"/tmp");
        insert_bytes(&mut object, "scope", b"\xff");
        insert_words(&mut object, "command", &[b"echo".to_vec(), b"\xff".to_vec()]);
        let text = serde_json::to_string(&object).expect("JSON");
        assert_eq!(
            text,
            "{\"cwd\":\"/tmp\",\"scope\":\"\u{fffd}\",\"scope_base64\":\"/w==\",\
             \"command\":[\"echo\",\"\u{fffd}\"],\"command_base64\":[\"ZWNobw==\",\"/w==\"]}"
        );
    }
}
