//! The text of a plain file, piece by piece.

use super::super::value::{Scalar, Value};

/// A line that says something.
pub(super) enum Item<'r, 't> {
    /// `[name]` or `[[name]]`.
    Header { name: &'t str, is_array: bool },
    /// `key = value`, and the number of its line.
    Pair { key: &'t str, value: Value<'r, 't>, line: usize },
}

/// Where reading is.
pub(super) struct Reader<'t> {
    text: &'t str,
    at: usize,
    line: usize,
    /// What the array read last holds.
    items: Vec<Scalar<'t>>,
}

/// A text that isn't plain, or isn't TOML.
pub(super) struct NotPlain;

/// The bytes of bare keys.
const IN_KEY: [bool; 256] = {
    let mut table = [false; 256];
    let mut byte = 0_u8;
    while byte < 128 {
        table[byte as usize] = byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-';
        byte += 1;
    }
    table
};

impl<'t> Reader<'t> {
    /// Starts with the first line.
    pub(super) fn new(text: &'t str) -> Option<Reader<'t>> {
        let is_strange = |byte: u8| (byte < b' ' && byte != b'\n' && byte != b'\t') || byte == 0x7f;
        // All of it is looked at in any case: that way the compiler takes many bytes at once.
        let is_plain = !text.bytes().fold(false, |found, byte| found | is_strange(byte));
        (is_plain && !text.starts_with('\u{feff}')).then_some(Reader {
            text,
            at: 0,
            line: 1,
            items: Vec::new(),
        })
    }

    /// The next line that says something; `None` at the end.
    pub(super) fn next(&mut self) -> Result<Option<Item<'_, 't>>, NotPlain> {
        if !self.skip_lines() {
            return Ok(None);
        }
        self.item().map(Some).ok_or(NotPlain)
    }

    fn item(&mut self) -> Option<Item<'_, 't>> {
        if self.peek() == Some(b'[') {
            let (name, is_array) = self.header()?;
            self.end()?;
            return Some(Item::Header { name, is_array });
        }
        let (line, key) = (self.line, self.key()?);
        self.skip_blanks();
        self.take(b'=')?;
        self.skip_blanks();
        if self.peek() == Some(b'[') {
            self.array()?;
            self.end()?;
            return Some(Item::Pair { key, value: Value::List(&self.items), line });
        }
        let value = Value::One(self.scalar()?);
        self.end()?;
        Some(Item::Pair { key, value, line })
    }

    /// The end of a line that said something.
    fn end(&mut self) -> Option<()> {
        self.skip_rest();
        (self.at == self.text.len() || self.skip_line_end()).then_some(())
    }

    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn take(&mut self, expected: u8) -> Option<()> {
        (self.peek()? == expected).then(|| self.at += 1)
    }

    /// What follows as far as `belongs`, which tells no byte of a longer character from another.
    fn run(&mut self, belongs: impl Fn(u8) -> bool) -> &'t str {
        let (start, bytes) = (self.at, self.text.as_bytes());
        while self.at < bytes.len() && belongs(bytes[self.at]) {
            self.at += 1;
        }
        &self.text[start..self.at]
    }

    fn skip_blanks(&mut self) {
        self.run(|byte| byte == b' ' || byte == b'\t');
    }

    /// Skips blanks and a comment up to the end of the line.
    fn skip_rest(&mut self) {
        self.skip_blanks();
        if self.peek() == Some(b'#') {
            self.at += self.text[self.at..].find('\n').unwrap_or(self.text.len() - self.at);
        }
    }

    fn skip_line_end(&mut self) -> bool {
        let is_end = self.take(b'\n').is_some();
        self.line += usize::from(is_end);
        is_end
    }

    /// Skips lines without anything to be read; whether there is one with.
    fn skip_lines(&mut self) -> bool {
        loop {
            self.skip_rest();
            if !self.skip_line_end() {
                return self.at < self.text.len();
            }
        }
    }

    /// The name of a header, and whether it is that of an array.
    fn header(&mut self) -> Option<(&'t str, bool)> {
        self.take(b'[')?;
        let is_array = self.take(b'[').is_some();
        let name = self.key()?;
        self.take(b']')?;
        if is_array {
            self.take(b']')?;
        }
        Some((name, is_array))
    }

    fn key(&mut self) -> Option<&'t str> {
        let key = self.run(|byte| IN_KEY[usize::from(byte)]);
        (!key.is_empty()).then_some(key)
    }

    fn scalar(&mut self) -> Option<Scalar<'t>> {
        let value = match self.peek()? {
            quote @ (b'"' | b'\'') => Scalar::Text(self.string(quote)?),
            b'1'..=b'9' => Scalar::Number(self.run(|byte| byte.is_ascii_digit()), 10),
            _ => match self.run(|byte| byte.is_ascii_lowercase()) {
                "true" => Scalar::Flag(true),
                "false" => Scalar::Flag(false),
                _ => return None,
            },
        };
        // Anything that may belong to a value ends it: a date begins with digits.
        let ends = matches!(self.peek(), None | Some(b' ' | b'\t' | b'\n' | b',' | b']' | b'#'));
        ends.then_some(value)
    }

    /// A string on one line, without escapes.
    fn string(&mut self, quote: u8) -> Option<&'t str> {
        self.take(quote)?;
        let text = self.run(|byte| byte != quote && byte != b'\n' && byte != b'\\');
        self.take(quote)?;
        Some(text)
    }

    /// Reads an array into `items`.
    fn array(&mut self) -> Option<()> {
        self.take(b'[')?;
        self.items.clear();
        loop {
            self.skip_lines();
            if self.take(b']').is_some() {
                return Some(());
            }
            let item = self.scalar()?;
            self.items.push(item);
            self.skip_lines();
            if self.take(b',').is_none() {
                return self.take(b']');
            }
        }
    }
}
