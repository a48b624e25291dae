//! Which environment variables look as if they held a secret: their values never reach the disk.

/// What a name may hold that tells a secret, in upper case, with or without signs between the
/// letters: `API_KEYS` holds `APIKEY`.
const TELLING: [&str; 21] = [
    "TOKEN",
    "SECRET",
    "PASSWORD",
    "PASSWD",
    "PASSPHRASE",
    "PASSCODE",
    "CREDENTIAL",
    "PRIVATE",
    "APIKEY",
    "ACCESSKEY",
    "MASTERKEY",
    "ENCRYPTIONKEY",
    "AUTH",
    "COOKIE",
    "SIGNING",
    "BEARER",
    "WEBHOOK",
    "MNEMONIC",
    "CONNECTIONSTRING",
    "CONNSTR",
    // Whoever has it is in the session. A `CLIENT_ID`, in contrast, is public by the rules of
    // OAuth, which tells it from the `CLIENT_SECRET`.
    "SESSIONID",
];

/// The words of a name that tell a secret, in upper case, without a number at their end.
const WORDS: [&str; 7] = ["PAT", "PSK", "PIN", "OTP", "TOTP", "JWT", "CREDS"];

/// What a word of a name may end with that tells a secret: `ENCRYPTIONKEY`, `DBPASS`.
const ENDINGS: [&str; 5] = ["KEY", "PASS", "PWD", "DSN", "SESSID"];

/// Words with such an ending that tell none.
const OTHER_WORDS: [&str; 14] = [
    "MONKEY",
    "DONKEY",
    "TURKEY",
    "HOCKEY",
    "JOCKEY",
    "WHISKEY",
    "HOTKEY",
    "LESSKEY",
    "PUBKEY",
    "PUBLICKEY",
    "COMPASS",
    "BYPASS",
    "ASKPASS",
    "OLDPWD",
];

/// Files that hold secrets: a variable of this name is a path, and harmless …
const FILES: [&str; 13] = [
    "KUBECONFIG",
    "NETRC",
    "NPMRC",
    "PYPIRC",
    "DOCKERCONFIG",
    "DOCKERCFG",
    "RCLONECONF",
    "KEYSTORE",
    "KEYTAB",
    "PKCS12",
    "PFX",
    "P12",
    "CERT",
];

/// … unless one of these words says that it is what the file holds.
const CONTENT: [&str; 9] =
    ["DATA", "CONTENT", "CONTENTS", "BASE64", "B64", "JSON", "YAML", "RAW", "INLINE"];

/// Names that hold a telling word and no secret: those of terminals, logins and desktops, which
/// most environments have, and a few settings that many have.
const HARMLESS: [&str; 22] = [
    "PWD",
    "SSH_AUTH_SOCK",
    "PGPASSFILE",
    "GOPRIVATE",
    "TOKENIZERS_PARALLELISM",
    "KITTY_PUBLIC_KEY",
    "STARSHIP_SESSION_KEY",
    "XDG_ACTIVATION_TOKEN",
    "XDG_SESSION_ID",
    "TERM_SESSION_ID",
    "ITERM_SESSION_ID",
    "SHELL_SESSION_ID",
    "SECURITYSESSIONID",
    "GNOME_DESKTOP_SESSION_ID",
    "MATE_DESKTOP_SESSION_ID",
    "DESKTOP_SESSION",
    "KDE_FULL_SESSION",
    "KONSOLE_DBUS_SESSION",
    "WT_SESSION",
    "ATUIN_SESSION",
    "__MISE_SESSION",
    "XRDP_SESSION",
];

/// What a value may hold that tells a secret, in lower case.
const TELLING_VALUES: [&str; 10] = [
    "password=",
    ";pwd=",
    "authorization: ",
    "accountkey=",
    "sharedaccesskey=",
    "sharedaccesssignature",
    "client-key-data",
    "\"auths\"",
    "private key-----",
    "private key block-----",
];

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
    tells_a_secret(&String::from_utf8_lossy(name).to_ascii_uppercase())
        || holds_password(value)
        || says_so(value)
}

/// Whether a name, in upper case, tells a secret.
fn tells_a_secret(name: &str) -> bool {
    if HARMLESS.contains(&name) {
        return false;
    }
    let letters = without_authors(&name.replace(|sign: char| !sign.is_ascii_alphanumeric(), ""));
    TELLING.iter().any(|telling| letters.contains(telling))
        || words(name).any(is_telling)
        || words(name).next_back() == Some("SESSION")
        || (FILES.iter().any(|file| letters.contains(file))
            && words_with_digits(name).any(|word| CONTENT.contains(&word)))
}

fn is_telling(word: &str) -> bool {
    WORDS.contains(&word)
        || (ENDINGS.iter().any(|ending| word.ends_with(ending)) && !OTHER_WORDS.contains(&word))
}

/// An author or an authority is no authorization.
fn without_authors(letters: &str) -> String {
    let kept = letters.replace("AUTHORIZ", "AUTH-").replace("AUTHORIS", "AUTH-");
    kept.replace("AUTHOR", "")
}

fn words(name: &str) -> impl DoubleEndedIterator<Item = &str> {
    words_with_digits(name)
        .map(|word| word.trim_end_matches(|letter: char| letter.is_ascii_digit()))
}

fn words_with_digits(name: &str) -> impl DoubleEndedIterator<Item = &str> {
    name.split(|letter: char| !letter.is_ascii_alphanumeric())
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

    #[track_caller]
    fn all(names: &[&str], expected: bool) {
        for name in names {
            assert_eq!(looks_secret(name.as_bytes(), b"x"), expected, "{name}");
        }
    }

    #[test]
    fn names_that_tell_a_secret() {
        all(
            &[
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
                "CLIENT_SECRET",
                "HTTP_AUTHORIZATION",
            ],
            true,
        );
        all(
            &["PATH", "HOME", "KUBECONFIG", "SSH_AUTH_SOCK", "KEYBOARD", "PWD", "LESSKEYIN"],
            false,
        );
    }

    #[test]
    fn the_telling_word_may_stand_anywhere_in_the_name() {
        all(
            &[
                "KEY",
                "PASS",
                "PGPASS",
                "MASTERKEY",
                "AZURE_STORAGE_KEY2",
                "ENCRYPTION_KEY_BASE64",
                "DB_PASS_PROD",
                "JWT",
                "OTP",
                "SLACK_WEBHOOK_URL",
                "GIT_AUTHOR_TOKEN",
                "api-key",
            ],
            true,
        );
        all(
            &["OLDPWD", "KEYMAP", "XKB_KEYS", "PASSIVE", "PASSTHROUGH", "SPIN", "MONKEY", "AUTHOR"],
            false,
        );
    }

    #[test]
    fn words_may_be_written_as_one_or_apart() {
        all(
            &[
                "ENCRYPTIONKEY",
                "ENCRYPTION_KEYS",
                "API_KEYS",
                "SIGNINGKEY",
                "MY_PRIVATEKEY",
                "DEPLOYKEY2",
                "DBPASS",
                "DBPWD",
                "PASS_WORD",
                "PGDSN",
                "SQL_CONN_STR",
                "SQLCONNSTR_MAIN",
                "ConnectionStrings__Default",
                "DATABASE_CONNECTION_STRING",
            ],
            true,
        );
        all(
            &["HOTKEY", "MY_HOTKEY", "SSH_ASKPASS", "GIT_ASKPASS", "COMPASS", "LESSKEY", "PUBKEY"],
            false,
        );
    }

    #[test]
    fn a_session_is_its_bearers_and_a_client_is_public() {
        all(
            &["SESSION_ID", "SESSIONID", "APP_SESSION_ID", "PHPSESSID", "AOC_SESSION", "SESSION"],
            true,
        );
        all(&["CLIENT_ID", "AZURE_CLIENT_ID", "SESSION_MANAGER", "XDG_SESSION_TYPE"], false);
        all(&["XDG_SESSION_ID", "TERM_SESSION_ID", "DESKTOP_SESSION", "WT_SESSION"], false);
        all(&["GDMSESSION", "DBUS_SESSION_BUS_ADDRESS", "ZELLIJ_SESSION_NAME"], false);
    }

    #[test]
    fn a_file_with_secrets_is_harmless_by_its_path_and_not_by_its_content() {
        all(
            &[
                "KUBECONFIG_DATA",
                "KUBE_CONFIG_DATA",
                "KUBECONFIG_B64",
                "KUBECONFIG_BASE64",
                "NETRC_CONTENT",
                "DOCKER_CONFIG_JSON",
                "DOCKER_AUTH_CONFIG",
                "GOOGLE_APPLICATION_CREDENTIALS_JSON",
                "ANDROID_KEYSTORE_BASE64",
                "P12_BASE64",
                "BUILD_CERTIFICATE_BASE64",
            ],
            true,
        );
        all(&["KUBECONFIG", "KUBE_CONFIG_PATH", "NETRC", "DOCKER_CONFIG", "PIP_CERT"], false);
        all(&["SSL_CERT_FILE", "SSL_CERT_DIR", "NODE_EXTRA_CA_CERTS", "DATA", "JSON"], false);
    }

    /// They are in most environments: an entry would wait after each restart of the daemon.
    #[test]
    fn what_terminals_logins_and_tools_set_is_harmless() {
        all(
            &[
                "XAUTHORITY",
                "GIT_AUTHOR_NAME",
                "CARGO_PKG_AUTHORS",
                "KITTY_PUBLIC_KEY",
                "STARSHIP_SESSION_KEY",
                "XDG_ACTIVATION_TOKEN",
                "GOPRIVATE",
                "TOKENIZERS_PARALLELISM",
                "GNOME_KEYRING_CONTROL",
                "KEYTIMEOUT",
                "SSH_AGENT_PID",
                "AUTOJUMP_SOURCED",
                "GPG_AGENT_INFO",
                "SHELL_SESSION_FILE",
            ],
            false,
        );
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
            "-----BEGIN PGP PRIVATE KEY BLOCK-----\n\nlQ",
            "Server=db;Uid=me;Pwd=geheim",
            "users:\n- user:\n    client-key-data: LS0t",
            r#"{"auths":{"registry.example":{}}}"#,
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
