//! Which environment variables look as if they held a secret: their values never reach the disk.

/// What a name may hold that tells a secret, in upper case.
const TELLING: [&str; 15] = [
    "TOKEN",
    "SECRET",
    "PASSWORD",
    "PASSWD",
    "PASSPHRASE",
    "CREDENTIAL",
    "PRIVATE",
    "APIKEY",
    "ACCESSKEY",
    "MASTERKEY",
    "AUTH",
    "COOKIE",
    "SIGNING",
    "BEARER",
    "WEBHOOK",
];

/// The words of a name that tell a secret, in upper case, without a number at their end.
const WORDS: [&str; 9] = ["KEY", "PASS", "PWD", "PAT", "PSK", "DSN", "PIN", "OTP", "JWT"];

/// What a name may end with that tells a secret, in upper case.
const ENDING: &str = "_CONNECTION_STRING";

/// Names that hold a telling word and no secret.
const HARMLESS: [&str; 8] = [
    "PWD",
    "SSH_AUTH_SOCK",
    "XAUTHORITY",
    "AUTHOR",
    "GIT_AUTHOR_NAME",
    "GIT_AUTHOR_EMAIL",
    "GIT_AUTHOR_DATE",
    "PGPASSFILE",
];

/// What a value may hold that tells a secret, in lower case.
const TELLING_VALUES: [&str; 4] =
    ["password=", "authorization: ", "accountkey=", "private key-----"];

/// What a value may begin with that tells a secret: the marks of those who hand them out.
const MARKS: [&str; 10] = [
    "ghp_",
    "gho_",
    "ghs_",
    "github_pat_",
    "glpat-",
    "xoxb-",
    "xoxp-",
    "sk_live_",
    "Bearer ",
    "Basic ",
];

/// Whether a variable of this name may hold a secret. Errs towards yes: then the entry waits
/// after a restart of the daemon until its next call.
#[must_use]
pub fn looks_secret(name: &[u8], value: &[u8]) -> bool {
    let name = String::from_utf8_lossy(name).to_ascii_uppercase();
    let by_name = !HARMLESS.contains(&name.as_str())
        && (TELLING.iter().any(|telling| name.contains(telling))
            || name.ends_with(ENDING)
            || name == "PGPASS"
            || words(&name).any(|word| WORDS.contains(&word)));
    by_name || holds_password(value) || says_so(value)
}

fn words(name: &str) -> impl Iterator<Item = &str> {
    let words = name.split(|letter: char| !letter.is_ascii_alphanumeric());
    words.map(|word| word.trim_end_matches(|letter: char| letter.is_ascii_digit()))
}

/// Whether a value says itself that it is, or holds, a secret.
fn says_so(value: &[u8]) -> bool {
    let begins = |mark: &&str| value.starts_with(mark.as_bytes());
    let value = value.to_ascii_lowercase();
    let holds =
        |telling: &&str| value.windows(telling.len()).any(|window| window == telling.as_bytes());
    MARKS.iter().any(begins) || TELLING_VALUES.iter().any(holds)
}

/// Whether a value is a URL with a password in it: `scheme://user:password@host`.
fn holds_password(value: &[u8]) -> bool {
    let Some(start) = value.windows(3).position(|window| window == b"://") else { return false };
    let rest = &value[start + 3..];
    let authority = rest.split(|byte| matches!(byte, b'/' | b'?' | b'#' | b' ')).next();
    let Some(at) = authority.and_then(|authority| authority.iter().rposition(|&b| b == b'@'))
    else {
        return false;
    };
    rest[..at].iter().position(|&byte| byte == b':').is_some_and(|colon| colon + 1 < at)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_tell_a_secret() {
        for name in [
            "GITHUB_TOKEN",
            "github_token",
            "AWS_SECRET_ACCESS_KEY",
            "AWS_ACCESS_KEY_ID",
            "DB_PASSWORD",
            "MYSQL_PWD",
            "OPENAI_API_KEY",
            "STRIPE_KEY",
            "SENTRY_DSN",
            "GOOGLE_APPLICATION_CREDENTIALS",
            "NPM_AUTH",
            "GITLAB_PAT",
        ] {
            assert!(looks_secret(name.as_bytes(), b"x"), "{name}");
        }
        for name in [
            "PATH",
            "HOME",
            "KUBECONFIG",
            "SSH_AUTH_SOCK",
            "KEYBOARD",
            "PWD",
            "LESSKEYIN",
            "PIP_CERT",
        ] {
            assert!(!looks_secret(name.as_bytes(), b"x"), "{name}");
        }
    }

    #[test]
    fn the_telling_word_may_stand_anywhere_in_the_name() {
        for name in [
            "KEY",
            "PASS",
            "MASTERKEY",
            "AZURE_STORAGE_KEY2",
            "ENCRYPTION_KEY_BASE64",
            "DB_PASS_PROD",
            "JWT",
            "OTP",
            "SLACK_WEBHOOK_URL",
            "GIT_AUTHOR_TOKEN",
            "api-key",
        ] {
            assert!(looks_secret(name.as_bytes(), b"x"), "{name}");
        }
        for name in ["OLDPWD", "KEYMAP", "XKB_KEYS", "PASSIVE", "PATH", "SPIN", "MONKEY", "AUTHOR"]
        {
            assert!(!looks_secret(name.as_bytes(), b"x"), "{name}");
        }
    }

    #[test]
    fn a_value_that_says_that_it_is_a_secret_is_one_whatever_the_name() {
        for value in [
            "Server=db;User=me;Password=geheim;",
            "http.extraheader=Authorization: Basic Zm9v",
            "Bearer eyJhbGciOi",
            "-----BEGIN OPENSSH PRIVATE KEY-----\nb3Bl",
            "ghp_16C7e42F292c6912E7710c838347Ae178B4a",
            "xoxb-1234-geheim",
        ] {
            assert!(looks_secret(b"PLAIN", value.as_bytes()), "{value}");
        }
        for value in ["", "--password-file=x", "a bearer of news", "/etc/ssl/private"] {
            assert!(!looks_secret(b"PLAIN", value.as_bytes()), "{value}");
        }
    }

    #[test]
    fn a_password_in_a_url_is_a_secret_whatever_the_name() {
        let secret = |value: &str| looks_secret(b"DATABASE", value.as_bytes());
        assert!(secret("postgres://me:geheim@host/db"));
        assert!(secret("https://me:a@b@host"));
        assert!(!secret("https://host:80/path@home"));
        assert!(!secret("https://me@host:80/"));
        assert!(!secret("https://me:@host"));
        assert!(!secret("no url: at@all"));
    }
}
