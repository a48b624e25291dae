//! Which boot of the machine this is.

use std::fs::File;
use std::io::Read;
use std::sync::OnceLock;

use crate::model::time::BootId;

/// The random id that the kernel gives each boot; all zero where it can't be read, which makes
/// whoever compares it careful rather than wrong.
#[must_use]
pub fn id() -> [u8; 16] {
    static ID: OnceLock<[u8; 16]> = OnceLock::new();
    *ID.get_or_init(|| read().unwrap_or_default())
}

/// What stamps hold of it.
#[must_use]
pub fn short_id() -> BootId {
    let [first, second, ..] = id();
    BootId(u16::from_be_bytes([first, second]))
}

fn read() -> Option<[u8; 16]> {
    // In one piece: 36 characters and a newline.
    let mut text = [0; 64];
    let read = File::open("/proc/sys/kernel/random/boot_id").ok()?.read(&mut text).ok()?;
    parse(str::from_utf8(&text[..read]).ok()?)
}

fn parse(text: &str) -> Option<[u8; 16]> {
    let hex: String = text.trim().chars().filter(|&char| char != '-').collect();
    u128::from_str_radix(&hex, 16).ok().map(u128::to_be_bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_read_and_garbage_is_not() {
        let id = parse("01020304-0506-0708-090a-0b0c0d0e0f10\n").expect("an id");
        assert_eq!(id[..3], [1, 2, 3]);
        assert_eq!(parse(""), None);
        assert_eq!(parse("nonsense"), None);
    }
}
