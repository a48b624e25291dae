//! Which valid name may have been meant by an invalid one.

/// The name nearest to `typed`, if one is so near that it may have been meant: one slip for
/// short names, one in three letters for longer ones.
pub(super) fn nearest(
    typed: &str,
    names: impl Iterator<Item = &'static str>,
) -> Option<&'static str> {
    const LONGEST: usize = 40;
    if typed.len() > LONGEST {
        return None;
    }
    let typed = typed.to_lowercase().replace('-', "_");
    names
        .map(|name| (strsim::osa_distance(&typed, name), name))
        .filter(|(slips, name)| *slips <= (name.len() / 3).max(1))
        .min()
        .map(|(_, name)| name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slips_are_recognized_and_other_words_are_not() {
        let names = ["ttl", "tags", "stale_if_error", "env", "env_exclude", "scope"];
        let cases = [
            ("tll", Some("ttl")),
            ("tl", Some("ttl")),
            ("TTL", Some("ttl")),
            ("env-exclude", Some("env_exclude")),
            ("stale_on_error", Some("stale_if_error")),
            ("stale", None),
            ("refresh", None),
            ("x", None),
            ("", None),
        ];
        for (typed, expected) in cases {
            assert_eq!(nearest(typed, names.into_iter()), expected, "{typed}");
        }
        assert_eq!(nearest(&"t".repeat(1000), names.into_iter()), None);
    }
}
