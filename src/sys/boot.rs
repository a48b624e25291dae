//! Which boot of the machine this is.

/// The random id that the kernel gives each boot; all zero where it can't be read, which makes
/// whoever compares it careful rather than wrong.
#[must_use]
pub fn id() -> [u8; 16] {
    let text = std::fs::read_to_string("/proc/sys/kernel/random/boot_id").unwrap_or_default();
    parse(&text).unwrap_or_default()
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
