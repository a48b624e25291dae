//! A home of its own for what is measured, with what a real one has: sixty variables, a
//! configuration with twenty rules, a working directory in a project.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// Anything that goes wrong ends a benchmark: a figure that wasn't measured is none.
pub(crate) type Outcome<T = ()> = Result<T, Box<dyn std::error::Error>>;

/// As many as a desktop session has.
const VARIABLES: usize = 60;
/// As many as a configuration of somebody who uses it for everything.
const RULES: usize = 20;

/// Commands that people have rules for; none is measured.
const RULED: [&str; RULES] = [
    "kubectl get **",
    "kubectl config current-context",
    "aws sts get-caller-identity",
    "aws ec2 describe-* **",
    "gh pr list **",
    "gh api **",
    "git ls-remote **",
    "brew list **",
    "npm ls **",
    "pip list **",
    "cargo metadata **",
    "docker ps **",
    "docker images **",
    "terraform output **",
    "helm list **",
    "gcloud config list **",
    "az account show **",
    "curl -s https://*",
    "jira issue list **",
    "weather *",
];

/// Where things run. Removed when dropped.
pub(crate) struct Place {
    root: tempfile::TempDir,
    environment: Vec<(String, String)>,
}

impl Place {
    /// A place in this folder, of which the configuration begins with `settings`.
    pub(crate) fn new(folder: &Path, settings: &str) -> Outcome<Place> {
        let root = tempfile::Builder::new().prefix("place-").tempdir_in(folder)?;
        let path = |name: &str| root.path().join(name);
        for name in ["home/.config/omoide", "tmp", "work/project/src/module"] {
            fs::create_dir_all(path(name))?;
        }
        fs::write(path("home/.config/omoide/config.toml"), configuration(settings)?)?;
        let environment = environment(&path("home"), &path("tmp"));
        Ok(Place { root, environment })
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.root.path().join(name)
    }

    /// A program with this place's environment and working directory, reading and writing
    /// /dev/null.
    pub(crate) fn command(&self, program: &Path, words: &[&str]) -> Command {
        let cwd = self.path("work/project/src/module");
        let mut command = Command::new(program);
        command
            .args(words)
            .env_clear()
            .envs(self.environment.iter().map(|(name, value)| (name, value)))
            .env("PWD", &cwd)
            .current_dir(cwd)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        command
    }
}

fn configuration(settings: &str) -> Outcome<String> {
    let mut text = format!("{settings}\n[defaults]\nttl = \"1h\"\n");
    for (number, command) in RULED.iter().enumerate() {
        let minutes = number + 1;
        write!(text, "\n[[rule]]\ncommand = \"{command}\"\nttl = \"{minutes}m\"\n")?;
        match number % 3 {
            0 => writeln!(text, "env = [\"HOME\", \"KUBECONFIG\", \"AWS_*\"]")?,
            1 => writeln!(text, "tags = [\"network\"]\nany_dir = true")?,
            _ => writeln!(text, "stale = \"30s\"\nfailure_ttl = \"10s\"")?,
        }
    }
    Ok(text)
}

fn environment(home: &Path, tmp: &Path) -> Vec<(String, String)> {
    let home = home.display().to_string();
    let mut pairs: Vec<(String, String)> = [
        ("PATH", format!("{home}/.local/bin:{home}/.cargo/bin:/usr/local/bin:/usr/bin:/bin")),
        ("TMPDIR", tmp.display().to_string()),
        ("XDG_DATA_DIRS", "/usr/local/share:/usr/share:/var/lib/flatpak/exports/share".into()),
        ("LS_COLORS", ls_colors()),
        ("LESS_TERMCAP_mb", "\u{1b}[1;31m".into()),
        ("LESS_TERMCAP_md", "\u{1b}[1;36m".into()),
        ("DBUS_SESSION_BUS_ADDRESS", "unix:path=/run/user/1000/bus".into()),
        ("HOME", home),
    ]
    .map(|(name, value)| (name.to_owned(), value))
    .into();
    let plain = PLAIN.lines().filter_map(|line| line.split_once('='));
    pairs.extend(plain.map(|(name, value)| (name.to_owned(), value.to_owned())));
    // `PWD` comes with the command.
    assert_eq!(pairs.len() + 1, VARIABLES, "variables");
    pairs
}

/// About as long as that of `dircolors`.
fn ls_colors() -> String {
    let ends = ["tar", "tgz", "zip", "xz", "zst", "bz2", "deb", "rpm", "jpg", "png", "mp4", "ogg"];
    let one = |number: usize| format!("*.{}{number}=01;31:", ends[number % ends.len()]);
    (0..110).map(one).collect()
}

/// What a shell in a terminal in a desktop session has.
const PLAIN: &str = "\
USER=alice
LOGNAME=alice
SHELL=/usr/bin/zsh
LANG=en_GB.UTF-8
LANGUAGE=en_GB:en
LC_TIME=de_DE.UTF-8
LC_PAPER=de_DE.UTF-8
LC_NUMERIC=de_DE.UTF-8
LC_MONETARY=de_DE.UTF-8
LC_MEASUREMENT=de_DE.UTF-8
TERM=xterm-256color
COLORTERM=truecolor
TERM_PROGRAM=WezTerm
TERM_PROGRAM_VERSION=20240203
VTE_VERSION=7006
SHLVL=2
OLDPWD=/usr/share
EDITOR=nvim
VISUAL=nvim
PAGER=less
LESS=-FRX
MANPAGER=less
GREP_COLORS=mt=01;31
LS_OPTIONS=--color=auto
DISPLAY=:0
WAYLAND_DISPLAY=wayland-0
XAUTHORITY=/run/user/1000/xauthority
XDG_SESSION_ID=2
XDG_SESSION_TYPE=wayland
XDG_SESSION_CLASS=user
XDG_SESSION_DESKTOP=gnome
XDG_CURRENT_DESKTOP=GNOME
XDG_MENU_PREFIX=gnome-
XDG_RUNTIME_DIR=/run/user/1000
DESKTOP_SESSION=gnome
GDMSESSION=gnome
GNOME_SETUP_DISPLAY=:1
GTK_MODULES=gail:atk-bridge
QT_IM_MODULE=ibus
XMODIFIERS=@im=ibus
SSH_AUTH_SOCK=/run/user/1000/keyring/ssh
SSH_AGENT_LAUNCHER=gnome-keyring
GPG_TTY=/dev/pts/1
WINDOWPATH=2
SYSTEMD_EXEC_PID=2034
JOURNAL_STREAM=8:29771
GOPATH=/opt/go
NVM_DIR=/opt/nvm
PYENV_ROOT=/opt/pyenv
JAVA_HOME=/usr/lib/jvm/default
VIRTUAL_ENV=/opt/venv";
