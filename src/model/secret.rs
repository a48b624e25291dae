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
    "API_KEY",
    "ACCESS_KEY",
    "AUTH",
    "COOKIE",
    "SESSION_KEY",
    "SIGNING",
    "BEARER",
];

/// What a name may end with that tells a secret, in upper case.
const ENDINGS: [&str; 9] =
    ["_KEY", "_PASS", "_PWD", "_PAT", "_PSK", "_DSN", "_PIN", "_CERT", "_CONNECTION_STRING"];

/// Names that hold a telling word and no secret.
const HARMLESS: [&str; 4] = ["SSH_AUTH_SOCK", "XAUTHORITY", "GIT_AUTHOR_NAME", "GIT_AUTHOR_EMAIL"];

/// Whether a variable of this name may hold a secret. Errs towards yes: then the entry waits
/// after a restart of the daemon until its next call.
#[must_use]
pub fn looks_secret(name: &[u8], value: &[u8]) -> bool {
    let name = String::from_utf8_lossy(name).to_ascii_uppercase();
    if HARMLESS.contains(&name.as_str()) || name.starts_with("GIT_AUTHOR_") {
        return false;
    }
    TELLING.iter().any(|word| name.contains(word))
        || ENDINGS.iter().any(|ending| name.ends_with(ending))
        || name == "PGPASS"
        || holds_password(value)
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
        for name in
            ["PATH", "HOME", "KUBECONFIG", "TERM", "SSH_AUTH_SOCK", "KEYBOARD", "PWD", "LESSKEYIN"]
        {
            assert!(!looks_secret(name.as_bytes(), b"x"), "{name}");
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
