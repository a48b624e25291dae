//! One component of a path pattern against one file name: bytes, no slashes.
//!
//! The rules are those of git's wildmatch and of `fnmatch`: `*` for any run of bytes, `?` for one
//! character, `[a-z]`, `[!a-z]` and `[[:digit:]]` for one of a set of bytes, `\` before what is
//! meant as it is. A leading dot is nothing special.

/// A component, sorted out so that the usual ones cost one comparison.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Component {
    /// `**`: any number of components.
    AnyDepth,
    /// No wildcard.
    Literal(Vec<u8>),
    /// `*` and a literal: `*.rs`.
    Ending(Vec<u8>),
    /// Anything else.
    Wild(Vec<u8>),
}

impl Component {
    pub(super) fn new(pattern: &[u8]) -> Component {
        if pattern == b"**" {
            return Component::AnyDepth;
        }
        if !has_wildcard(pattern) {
            return Component::Literal(pattern.to_vec());
        }
        match pattern {
            [b'*', rest @ ..] if !has_wildcard(rest) => Component::Ending(rest.to_vec()),
            _ => Component::Wild(pattern.to_vec()),
        }
    }

    /// Whether `name` as a whole matches.
    pub(super) fn matches(&self, name: &[u8]) -> bool {
        match self {
            Component::AnyDepth => true,
            Component::Literal(literal) => literal == name,
            Component::Ending(ending) => name.ends_with(ending),
            Component::Wild(pattern) => matches(pattern, name),
        }
    }
}

/// The components of a pattern. `**` at the end stands for what is below, at any depth, so a `*`
/// follows it.
pub(super) fn split(pattern: &[u8]) -> Vec<Component> {
    let mut components: Vec<Component> =
        pattern.split(|&byte| byte == b'/').map(Component::new).collect();
    components.dedup_by(|next, last| *next == Component::AnyDepth && next == last);
    if components.last() == Some(&Component::AnyDepth) {
        components.push(Component::new(b"*"));
    }
    components
}

/// Whether components match a path as a whole; the greedy match of [`matches()`] over again.
pub(super) fn match_path(components: &[Component], parts: &[&[u8]]) -> bool {
    let (mut c, mut p) = (0, 0);
    let mut fall_back: Option<(usize, usize)> = None;
    loop {
        if components.get(c) == Some(&Component::AnyDepth) {
            c += 1;
            fall_back = Some((c, p));
            continue;
        }
        if p == parts.len() {
            return c == components.len();
        }
        if components.get(c).is_some_and(|component| component.matches(parts[p])) {
            c += 1;
            p += 1;
            continue;
        }
        let Some((after, taken)) = &mut fall_back else { return false };
        *taken += 1;
        (c, p) = (*after, *taken);
    }
}

/// Whether a byte of it means something other than itself.
pub(super) fn has_wildcard(pattern: &[u8]) -> bool {
    pattern.iter().any(|byte| matches!(byte, b'*' | b'?' | b'[' | b'\\'))
}

/// The greedy match with one point to fall back to; never exponential.
fn matches(pattern: &[u8], name: &[u8]) -> bool {
    let (mut p, mut n) = (0, 0);
    let mut fall_back: Option<(usize, usize)> = None;
    loop {
        if pattern.get(p) == Some(&b'*') {
            p += 1;
            fall_back = Some((p, n));
            continue;
        }
        if n == name.len() && p == pattern.len() {
            return true;
        }
        let step = if n < name.len() { one(&pattern[p..], &name[n..]) } else { None };
        match (step, &mut fall_back) {
            (Some((in_pattern, in_name)), _) => {
                p += in_pattern;
                n += in_name;
            }
            (None, Some((after_star, taken))) if *taken < name.len() => {
                *taken += 1;
                p = *after_star;
                n = *taken;
            }
            _ => return false,
        }
    }
}

/// How much of the pattern and of the name one step takes; `None` if they don't match.
fn one(pattern: &[u8], name: &[u8]) -> Option<(usize, usize)> {
    match pattern {
        [] => None,
        [b'?', ..] => Some((1, character(name))),
        [b'[', rest @ ..] => match set(rest, name[0]) {
            Some((len, true)) => Some((1 + len, 1)),
            Some((_, false)) => None,
            // Never closed: a bracket as it is.
            None => (name[0] == b'[').then_some((1, 1)),
        },
        [b'\\', escaped, ..] => (*escaped == name[0]).then_some((2, 1)),
        [byte, ..] => (*byte == name[0]).then_some((1, 1)),
    }
}

/// How many bytes the first character of a name has: one that isn't UTF-8 has one.
fn character(name: &[u8]) -> usize {
    let len = match name[0] {
        0xC2..=0xDF => 2,
        0xE0..=0xEF => 3,
        0xF0..=0xF4 => 4,
        _ => 1,
    };
    let is_one = name.get(..len).is_some_and(|bytes| std::str::from_utf8(bytes).is_ok());
    if is_one { len } else { 1 }
}

/// A set behind its `[`: how long it is, the `]` included, and whether `byte` is in it.
fn set(pattern: &[u8], byte: u8) -> Option<(usize, bool)> {
    let negated = matches!(pattern.first(), Some(b'!' | b'^'));
    let mut at = usize::from(negated);
    let first = at;
    let mut found = false;
    loop {
        match *pattern.get(at)? {
            b']' if at > first => return Some((at + 1, found != negated)),
            b'[' if pattern.get(at + 1) == Some(&b':') => {
                let len = pattern[at + 2..].windows(2).position(|end| end == b":]")?;
                found |= class(&pattern[at + 2..at + 2 + len], byte);
                at += len + 4;
            }
            _ => {
                let (low, next) = member(pattern, at)?;
                let is_range =
                    pattern.get(next) == Some(&b'-') && pattern.get(next + 1) != Some(&b']');
                let (high, next) = if is_range { member(pattern, next + 1)? } else { (low, next) };
                found |= (low..=high).contains(&byte);
                at = next;
            }
        }
    }
}

/// A member of a set, and where the next one begins.
fn member(pattern: &[u8], at: usize) -> Option<(u8, usize)> {
    match *pattern.get(at)? {
        b'\\' => Some((*pattern.get(at + 1)?, at + 2)),
        byte => Some((byte, at + 1)),
    }
}

fn class(name: &[u8], byte: u8) -> bool {
    match name {
        b"alnum" => byte.is_ascii_alphanumeric(),
        b"alpha" => byte.is_ascii_alphabetic(),
        b"blank" => matches!(byte, b' ' | b'\t'),
        b"cntrl" => byte.is_ascii_control(),
        b"digit" => byte.is_ascii_digit(),
        b"graph" => byte.is_ascii_graphic(),
        b"lower" => byte.is_ascii_lowercase(),
        b"print" => byte.is_ascii_graphic() || byte == b' ',
        b"punct" => byte.is_ascii_punctuation(),
        b"space" => byte.is_ascii_whitespace() || byte == 0x0b,
        b"upper" => byte.is_ascii_uppercase(),
        b"xdigit" => byte.is_ascii_hexdigit(),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_matches_as_a_whole() {
        let cases: [(&str, &str, bool); 36] = [
            ("a", "a", true),
            ("a", "ab", false),
            ("", "", true),
            ("*", "", true),
            ("*", ".hidden", true),
            ("*.rs", "main.rs", true),
            ("*.rs", ".rs", true),
            ("*.rs", "main.rsx", false),
            ("a*c", "abbbc", true),
            ("a*c", "abbb", false),
            ("*a*b*", "xxaxxbxx", true),
            ("*a*b*", "xxbxxaxx", false),
            ("a**b", "axxb", true),
            ("?", "ä", true),
            ("??", "ä", false),
            ("a?c", "abc", true),
            ("[ab]x", "bx", true),
            ("[!ab]x", "bx", false),
            ("[^ab]x", "cx", true),
            ("[a-c]", "b", true),
            ("[a-c]", "d", false),
            ("[]]", "]", true),
            ("[!]]", "]", false),
            ("[a-]", "-", true),
            ("[\\]]", "]", true),
            ("[[:digit:]]x", "7x", true),
            ("[[:digit:]x]", "x", true),
            ("[[:digit:]]", "a", false),
            ("[ab", "[ab", true),
            ("*[ab", "x[ab", true),
            ("\\*", "*", true),
            ("\\*", "a", false),
            ("a\\?", "a?", true),
            ("*.[ch]", "x.h", true),
            ("*.[ch]", "x.o", false),
            ("x*y*z", "xyyzyz", true),
        ];
        for (pattern, name, expected) in cases {
            let component = Component::new(pattern.as_bytes());
            assert_eq!(component.matches(name.as_bytes()), expected, "{pattern} {name}");
        }
    }

    #[test]
    fn bytes_that_are_not_text_match_too() {
        assert!(Component::new(b"a\xff*").matches(b"a\xff\xfe"));
        assert!(Component::new(b"??").matches(b"\xff\xfe"));
        assert!(!Component::new(b"a\xff").matches("a\u{fffd}".as_bytes()));
    }

    #[test]
    fn components_match_a_path_as_a_whole() {
        let cases = [
            ("a/b", "a/b", true),
            ("a/b", "a/b/c", false),
            ("**/x", "x", true),
            ("**/x", "a/b/x", true),
            ("**/x/**/y", "a/x/x/b/y", true),
            ("**/x/**/y", "a/y/x", false),
            ("a/**", "a", false),
            ("a/**", "a/b/c", true),
            ("**", "a", true),
            ("a/**/**/b", "a/b", true),
        ];
        for (pattern, path, expected) in cases {
            let parts: Vec<&[u8]> = path.as_bytes().split(|&byte| byte == b'/').collect();
            assert_eq!(
                match_path(&split(pattern.as_bytes()), &parts),
                expected,
                "{pattern} {path}"
            );
        }
    }

    #[test]
    fn many_stars_take_no_time() {
        let pattern = b"*a".repeat(40);
        assert!(!matches(&pattern, &b"a".repeat(39)));
        assert!(matches(&pattern, &b"a".repeat(400)));
    }
}
