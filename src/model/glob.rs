//! Patterns over bytes: `*` for any run of bytes, `?` for one; and over words: `**` for the rest.

/// Whether `text` as a whole matches `pattern`, in which `*` stands for any run of bytes and `?`
/// for one byte.
///
/// The usual greedy match with one point to fall back to; linear in practice and never
/// exponential.
#[must_use]
pub fn matches(pattern: &[u8], text: &[u8]) -> bool {
    let (mut p, mut t) = (0, 0);
    let mut fall_back: Option<(usize, usize)> = None;
    while t < text.len() {
        match pattern.get(p) {
            Some(b'*') => {
                fall_back = Some((p + 1, t));
                p += 1;
            }
            Some(&byte) if byte == b'?' || byte == text[t] => {
                p += 1;
                t += 1;
            }
            _ => match fall_back {
                Some((after_star, matched)) => {
                    p = after_star;
                    t = matched + 1;
                    fall_back = Some((after_star, t));
                }
                None => return false,
            },
        }
    }
    pattern[p..].iter().all(|&byte| byte == b'*')
}

/// Whether a command's words match a rule's words: each word by [`matches()`], and a last `**` for
/// any number of further words, none included.
///
/// The command's first word also matches by its file name, so that a rule for `kubectl` finds
/// `/usr/bin/kubectl`.
#[must_use]
pub fn matches_words<P: AsRef<str>, W: AsRef<[u8]>>(pattern: &[P], words: &[W]) -> bool {
    let (fixed, open) = match pattern.split_last() {
        Some((last, fixed)) if last.as_ref() == "**" => (fixed, true),
        _ => (pattern, false),
    };
    if words.len() < fixed.len() || (!open && words.len() > fixed.len()) {
        return false;
    }
    fixed.iter().zip(words).enumerate().all(|(index, (pattern, word))| {
        let (pattern, word) = (pattern.as_ref().as_bytes(), word.as_ref());
        matches(pattern, word) || (index == 0 && matches(pattern, file_name(word)))
    })
}

fn file_name(path: &[u8]) -> &[u8] {
    path.rsplit(|&byte| byte == b'/').next().unwrap_or(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pattern_matches_the_whole_text() {
        let cases = [
            ("", "", true),
            ("", "a", false),
            ("*", "", true),
            ("*", "anything", true),
            ("AWS_*", "AWS_REGION", true),
            ("AWS_*", "MY_AWS_REGION", false),
            ("*_SESSION_ID", "TERM_SESSION_ID", true),
            ("*_SESSION_ID", "SESSION_ID", false),
            ("a*b*c", "a-b-b-c", true),
            ("a*b*c", "a-c-b", false),
            ("?", "", false),
            ("?x", "ax", true),
            ("**", "x", true),
        ];
        for (pattern, text, expected) in cases {
            assert_eq!(matches(pattern.as_bytes(), text.as_bytes()), expected, "{pattern} {text}");
        }
    }

    #[test]
    fn bytes_that_are_no_text_match_too() {
        assert!(matches(b"A*", b"A\xff\xfe"));
    }

    #[test]
    fn rules_match_words() {
        let cases = [
            ("kubectl get **", "kubectl get pods -A", true),
            ("kubectl get **", "kubectl get", true),
            ("kubectl get **", "kubectl delete pod", false),
            ("kubectl * pods", "kubectl get pods", true),
            ("kubectl * pods", "kubectl get all pods", false),
            ("kubectl", "/usr/bin/kubectl", true),
            ("/opt/kubectl", "/usr/bin/kubectl", false),
            ("kube* version", "kubectl version", true),
            ("**", "anything at all", true),
        ];
        for (pattern, command, expected) in cases {
            let pattern: Vec<String> = pattern.split(' ').map(str::to_owned).collect();
            let words: Vec<&str> = command.split(' ').collect();
            assert_eq!(matches_words(&pattern, &words), expected, "{pattern:?} {command}");
        }
    }
}
