//! The environment variables that are left out of every key: they differ from one terminal, login
//! or CI run to the next and don't shape output.
//!
//! `TERM`, `COLORTERM`, `COLUMNS`, `LINES`, `LANG`, `LC_*` and `TZ` do shape output: they stay in
//! the key and must never be listed here. A change of this table changes keys: raise
//! [`super::key::VERSION`] with it.

use super::glob;

/// A name, or a pattern with `*`, and why it is left out.
type Row = (&'static str, &'static str);

/// Whole names, sorted, so that those with the same first byte are side by side.
const NAMES: &[Row] = &[
    ("ALACRITTY_LOG", "log file of one terminal window"),
    ("ALACRITTY_SOCKET", "socket of one terminal window"),
    ("ALACRITTY_WINDOW_ID", "id of one terminal window"),
    ("ATUIN_HISTORY_ID", "id of one line of shell history"),
    ("ATUIN_SESSION", "id of one shell's history"),
    ("BASH_HISTORY", "history tool"),
    ("BUILDKITE_BUILD_ID", "id of one CI run"),
    ("BUILDKITE_BUILD_NUMBER", "number of one CI run"),
    ("BUILDKITE_BUILD_URL", "address of one CI run"),
    ("BUILDKITE_JOB_ID", "id of one CI job"),
    ("BUILDKITE_STEP_ID", "id of one CI step"),
    ("BUILD_ID", "id of one CI run (Jenkins)"),
    ("BUILD_NUMBER", "number of one CI run (Jenkins)"),
    ("BUILD_TAG", "name of one CI run (Jenkins)"),
    ("BUILD_URL", "address of one CI run (Jenkins)"),
    ("CI_CONCURRENT_ID", "slot of one CI job (GitLab)"),
    ("CI_CONCURRENT_PROJECT_ID", "slot of one CI job (GitLab)"),
    ("CI_JOB_ID", "id of one CI job (GitLab)"),
    ("CI_JOB_STARTED_AT", "time of one CI job (GitLab)"),
    ("CI_JOB_TIMEOUT", "bound of one CI job (GitLab)"),
    ("CI_JOB_TOKEN", "credential of one CI job (GitLab)"),
    ("CI_JOB_URL", "address of one CI job (GitLab)"),
    ("CI_PIPELINE_CREATED_AT", "time of one CI run (GitLab)"),
    ("CI_PIPELINE_ID", "id of one CI run (GitLab)"),
    ("CI_PIPELINE_IID", "number of one CI run (GitLab)"),
    ("CI_PIPELINE_URL", "address of one CI run (GitLab)"),
    ("CI_RUNNER_ID", "which machine took the CI job (GitLab)"),
    ("CI_RUNNER_SHORT_TOKEN", "which machine took the CI job (GitLab)"),
    ("COLORFGBG", "colours of one terminal window"),
    ("DBUS_SESSION_BUS_ADDRESS", "socket of one login"),
    ("DESKTOP_STARTUP_ID", "id of one program start"),
    ("DIRENV_DIFF", "state of direnv, changes with every folder"),
    ("DIRENV_WATCHES", "state of direnv, changes with every file it watches"),
    ("EXECUTOR_NUMBER", "slot of one CI job (Jenkins)"),
    ("FIG_TERM", "terminal helper"),
    ("GITHUB_ENV", "file of one CI step"),
    ("GITHUB_OUTPUT", "file of one CI step"),
    ("GITHUB_PATH", "file of one CI step"),
    ("GITHUB_STATE", "file of one CI step"),
    ("GITHUB_STEP_SUMMARY", "file of one CI step"),
    ("GNOME_TERMINAL_SCREEN", "id of one terminal window"),
    ("GNOME_TERMINAL_SERVICE", "id of one terminal server"),
    ("GPG_AGENT_INFO", "socket of one agent"),
    ("GPG_TTY", "name of one terminal"),
    ("HISTCMD", "number of one line of shell history"),
    ("INVOCATION_ID", "id of one start of a systemd unit"),
    ("JOURNAL_STREAM", "descriptor of one systemd unit"),
    ("KITTY_LISTEN_ON", "socket of one terminal"),
    ("KITTY_PID", "process of one terminal"),
    ("KITTY_PUBLIC_KEY", "key of one terminal"),
    ("KITTY_WINDOW_ID", "id of one terminal window"),
    ("KONSOLE_DBUS_SERVICE", "id of one terminal"),
    ("KONSOLE_DBUS_SESSION", "id of one terminal window"),
    ("KONSOLE_DBUS_WINDOW", "id of one terminal window"),
    ("MAINPID", "process of one systemd unit"),
    ("MANAGERPID", "process of one systemd instance"),
    ("MEMORY_PRESSURE_WATCH", "file of one systemd unit"),
    ("MEMORY_PRESSURE_WRITE", "setting of one systemd unit"),
    ("NOTIFY_SOCKET", "socket of one systemd unit"),
    ("NVIM", "socket of one editor"),
    ("NVIM_LISTEN_ADDRESS", "socket of one editor"),
    ("OLDPWD", "where the shell was before"),
    ("PWD", "the working directory, which is a part of its own"),
    ("RUNNER_TRACKING_ID", "id of one CI job (GitHub)"),
    ("SESSION_MANAGER", "socket of one login"),
    ("SHELL_SESSION_FILE", "file of one shell"),
    ("SHLVL", "how deep shells are nested"),
    ("SSH_AGENT_PID", "process of one agent"),
    ("SSH_AUTH_SOCK", "socket of one agent"),
    ("SSH_CLIENT", "address and port of one connection"),
    ("SSH_CONNECTION", "address and port of one connection"),
    ("SSH_TTY", "name of one terminal"),
    ("STARSHIP_SESSION_KEY", "id of one shell's prompt"),
    ("STY", "id of one screen session"),
    ("SYSTEMD_EXEC_PID", "process of one systemd unit"),
    ("TERMINATOR_UUID", "id of one terminal window"),
    ("TILIX_ID", "id of one terminal window"),
    ("VIM_TERMINAL", "editor's terminal"),
    ("VSCODE_GIT_IPC_HANDLE", "socket of one editor"),
    ("VSCODE_IPC_HOOK_CLI", "socket of one editor"),
    ("WATCHDOG_PID", "process of one systemd unit"),
    ("WATCHDOG_USEC", "setting of one systemd unit"),
    ("WEZTERM_PANE", "id of one terminal pane"),
    ("WEZTERM_UNIX_SOCKET", "socket of one terminal"),
    ("WINDOW", "number of one screen window"),
    ("WINDOWID", "id of one terminal window"),
    ("XDG_ACTIVATION_TOKEN", "id of one program start"),
    ("XDG_SEAT", "seat of one login"),
    ("XDG_VTNR", "console of one login"),
    ("_", "the last command of the shell"),
    ("__MISE_DIFF", "state of mise, changes with every folder"),
    ("__MISE_SESSION", "state of mise, changes with every folder"),
];

/// Patterns; few, because each is tried on each variable.
const PATTERNS: &[Row] = &[
    ("OMOIDE_*", "omoide's own settings"),
    ("TMUX*", "ids and sockets of tmux"),
    ("ZELLIJ*", "ids of zellij"),
    ("*_SESSION_ID", "id of one terminal or login"),
    ("XDG_SESSION_*", "one login"),
    ("LISTEN_*", "descriptors of one systemd unit"),
    ("GITHUB_RUN_*", "one CI run"),
    ("POWERLEVEL9K_*", "prompt"),
    ("_P9K_*", "prompt"),
    ("P9K_*", "prompt"),
    ("STARSHIP_SHELL*", "prompt"),
];

/// For each first byte where the names that begin with it, or with a later one, start in [`NAMES`]:
/// each call asks for each variable, and with most bytes few names begin, or none.
const STARTS: [usize; 257] = {
    let mut starts = [NAMES.len(); 257];
    let mut index = NAMES.len();
    let mut byte = 256;
    while byte > 0 {
        byte -= 1;
        while index > 0 && NAMES[index - 1].0.as_bytes()[0] as usize >= byte {
            index -= 1;
        }
        starts[byte] = index;
    }
    starts
};

/// The bytes with which a pattern begins that begins with itself; and those with which one ends that
/// begins with anything.
const STARTS_PATTERN: [bool; 256] = pattern_bytes(false);
const ENDS_PATTERN: [bool; 256] = pattern_bytes(true);

const fn pattern_bytes(is_end: bool) -> [bool; 256] {
    let mut table = [false; 256];
    let mut index = 0;
    while index < PATTERNS.len() {
        let pattern = PATTERNS[index].0.as_bytes();
        if (pattern[0] == b'*') == is_end {
            table[pattern[if is_end { pattern.len() - 1 } else { 0 }] as usize] = true;
        }
        index += 1;
    }
    table
}

/// Why the variable `name` is left out of keys; `None` if it is part of them.
#[must_use]
pub fn reason(name: &[u8]) -> Option<&'static str> {
    let first = usize::from(*name.first()?);
    let alike = &NAMES[STARTS[first]..STARTS[first + 1]];
    if let Some((_, reason)) = alike.iter().find(|(listed, _)| listed.as_bytes() == name) {
        return Some(reason);
    }
    if !STARTS_PATTERN[first] && !ENDS_PATTERN[usize::from(*name.last()?)] {
        return None;
    }
    let mut rows = PATTERNS.iter().map(|(pattern, reason)| (pattern.as_bytes(), reason));
    rows.find(|(pattern, _)| ends_alike(pattern, name) && glob::matches(pattern, name))
        .map(|(_, reason)| *reason)
}

/// Whether a pattern of the table and a name begin and end alike, which few do: asked first,
/// because each call asks for each variable.
fn ends_alike(pattern: &[u8], name: &[u8]) -> bool {
    let is_alike = |of: Option<&u8>, in_name: Option<&u8>| of == Some(&b'*') || of == in_name;
    is_alike(pattern.first(), name.first()) && is_alike(pattern.last(), name.last())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_names_are_sorted_and_have_reasons() {
        assert!(
            NAMES.is_sorted_by(|(a, _), (b, _)| a < b),
            "those of one first byte are looked for together"
        );
        assert!(NAMES.iter().chain(PATTERNS).all(|(_, reason)| !reason.is_empty()));
        let is_simple = |pattern: &str| !pattern.contains(['?', '[', ']', '\\']);
        assert!(PATTERNS.iter().all(|(pattern, _)| is_simple(pattern)), "ends are compared");
    }

    #[test]
    fn every_name_and_no_other_is_found() {
        for (name, why) in NAMES {
            assert_eq!(reason(name.as_bytes()), Some(*why), "{name}");
        }
        for byte in 0..=u8::MAX {
            assert_eq!(reason(&[byte]).is_some(), byte == b'_', "{byte}");
        }
    }

    #[test]
    fn every_pattern_finds_what_it_matches() {
        for (pattern, why) in PATTERNS {
            assert!(!(pattern.starts_with('*') && pattern.ends_with('*')), "{pattern}");
            let name = pattern.replace('*', "%");
            assert_eq!(reason(name.as_bytes()), Some(*why), "{name}");
        }
    }

    #[test]
    fn what_differs_by_terminal_login_or_run_is_left_out() {
        let names = [
            "_",
            "SHLVL",
            "PWD",
            "OLDPWD",
            "OMOIDE_TTL",
            "WINDOWID",
            "TERM_SESSION_ID",
            "TMUX",
            "TMUX_PANE",
            "STY",
            "ZELLIJ",
            "ZELLIJ_PANE_ID",
            "SSH_CLIENT",
            "SSH_CONNECTION",
            "SSH_TTY",
            "SSH_AUTH_SOCK",
            "SSH_AGENT_PID",
            "GPG_TTY",
            "DBUS_SESSION_BUS_ADDRESS",
            "XDG_SESSION_TYPE",
            "XDG_VTNR",
            "INVOCATION_ID",
            "JOURNAL_STREAM",
            "LISTEN_FDS",
            "NOTIFY_SOCKET",
            "GITHUB_RUN_ID",
            "GITHUB_ENV",
            "GITHUB_OUTPUT",
            "GITHUB_PATH",
            "GITHUB_STATE",
            "GITHUB_STEP_SUMMARY",
            "CI_JOB_ID",
            "CI_PIPELINE_ID",
            "BUILD_ID",
            "BUILD_NUMBER",
        ];
        for name in names {
            assert!(reason(name.as_bytes()).is_some(), "{name}");
        }
    }

    #[test]
    fn what_shapes_output_stays_in() {
        let names = [
            "TERM",
            "COLORTERM",
            "COLUMNS",
            "LINES",
            "LANG",
            "LC_ALL",
            "LC_TIME",
            "TZ",
            "PATH",
            "HOME",
            "USER",
            "KUBECONFIG",
            "NO_COLOR",
            "",
            "PWD2",
            "_X",
            "GITHUB_SHA",
        ];
        for name in names {
            assert_eq!(reason(name.as_bytes()), None, "{name}");
        }
    }
}
