//! The world around a call, read once: environment, descriptors, folders, configuration.

use std::borrow::Cow;
use std::cell::{Cell, OnceCell};
use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use rustix::fs::{AtFlags, CWD, Stat, statat};

use super::args::{ColorWhen, GlobalArgs};
use super::error::Failure;
use super::render::out;
use crate::config::places::{Places, config_file_without_home, default_places};
use crate::config::{self, Caller, Config, Fault, Report, Rules, UserFile};
use crate::sys::auxiliary;
use crate::sys::environment::{self, Variable};

/// What a process is given besides its arguments.
#[derive(Debug)]
pub struct Context {
    /// The environment, as it is.
    pub variables: Vec<Variable>,
    /// The working directory; `$PWD` if it names it.
    pub directory: Option<PathBuf>,
    /// The umask we were started with.
    pub umask: u32,
    global: GlobalArgs,
    /// Found when first asked for; two of them are on the way of each hit.
    places: OnceCell<Option<Places>>,
    /// Whether it was said that the project's file is ignored.
    has_said_ignored: Cell<bool>,
}

impl Context {
    /// Looks around; takes our own umask.
    #[must_use]
    pub fn new() -> Context {
        let variables = environment::variables();
        let directory = directory(environment::value(&variables, "PWD"));
        // Files of ours are for nobody else; the command gets the caller's umask back.
        let umask = rustix::process::umask(rustix::fs::Mode::from_raw_mode(0o077)).as_raw_mode();
        Context {
            variables,
            directory,
            umask,
            global: GlobalArgs::default(),
            places: OnceCell::new(),
            has_said_ignored: Cell::new(false),
        }
    }

    /// The same with the options that go with every form.
    #[must_use]
    pub(super) fn with(self, global: GlobalArgs) -> Context {
        Context { global, ..self }
    }

    /// The value of a variable; one that is empty counts as absent.
    #[must_use]
    pub fn variable(&self, name: &str) -> Option<&'static OsStr> {
        environment::value(&self.variables, name)
            .filter(|value| !value.is_empty())
            .map(OsStr::from_bytes)
    }

    /// A variable that says yes or no.
    ///
    /// # Errors
    /// If it says anything else.
    pub fn flag(&self, name: &'static str) -> Result<bool, Failure> {
        let Some(value) = self.variable(name) else { return Ok(false) };
        match value.as_bytes() {
            b"1" | b"true" | b"yes" | b"on" => Ok(true),
            b"0" | b"false" | b"no" | b"off" => Ok(false),
            _ => Err(Failure::variable(name, value, "write 1 for yes or 0 for no")),
        }
    }

    /// A variable that is read like an option.
    ///
    /// # Errors
    /// If it can't be.
    pub fn parsed<T>(
        &self,
        name: &'static str,
        parse: fn(&str) -> Result<T, String>,
    ) -> Result<Option<T>, Failure> {
        let Some(value) = self.variable(name) else { return Ok(None) };
        let text = value.to_str().ok_or_else(|| Failure::variable(name, value, "it isn't text"))?;
        parse(text).map(Some).map_err(|why| Failure::variable(name, value, &why))
    }

    /// The places that nobody named.
    #[must_use]
    pub fn places(&self) -> Option<&Places> {
        self.places.get_or_init(|| default_places(self.variable("HOME"))).as_ref()
    }

    /// Both configuration files, and all that is wrong with them.
    #[must_use]
    pub fn read_config(&self) -> Report {
        self.with_user_file(|file| config::read(file, &self.caller(), Rules::All))
    }

    /// The configuration, with all its rules.
    ///
    /// # Errors
    /// The first of what is wrong with it, in one line.
    pub fn config(&self) -> Result<Config, Failure> {
        self.load_config(Rules::All)
    }

    /// The configuration as far as it concerns a command.
    ///
    /// # Errors
    /// The first of what is wrong with any of it, in one line.
    pub fn config_of(&self, command: &[OsString]) -> Result<Config, Failure> {
        let words: Vec<&[u8]> = command.iter().map(|word| word.as_bytes()).collect();
        self.load_config(Rules::Of(&words))
    }

    /// The user's configuration file, whether it exists or not.
    #[must_use]
    pub fn config_file(&self) -> Option<PathBuf> {
        match self.named_config() {
            Some(named) => Some(named.to_owned()),
            None => self.usual_config().map(Cow::into_owned),
        }
    }

    /// The cache folder: named by option, variable, configuration, or the usual one.
    ///
    /// # Errors
    /// If there is none.
    pub fn cache_dir(&self, config: &Config) -> Result<PathBuf, Failure> {
        if auxiliary::real_user() != auxiliary::effective_user() {
            return Err(Failure::new("the real and the effective user differ".to_owned()));
        }
        let variable = || self.variable("OMOIDE_CACHE_DIR").map(Path::new);
        if let Some(named) = self.global.cache_dir.as_deref().or_else(variable) {
            return Ok(named.to_owned());
        }
        if let Some(configured) = config.cache_dir() {
            return Ok(configured.to_owned());
        }
        self.places().map(|places| places.cache_dir.clone()).ok_or_else(|| {
            Failure::new(
                "there is no home to keep a cache in; set HOME or OMOIDE_CACHE_DIR".to_owned(),
            )
        })
    }

    /// Whether what is printed to a stream, a terminal or not, is to be coloured.
    #[must_use]
    pub fn colors(&self, is_terminal: bool) -> bool {
        match self.global.color.unwrap_or_default() {
            ColorWhen::Always => true,
            ColorWhen::Never => false,
            ColorWhen::Auto => {
                is_terminal
                    && self.variable("NO_COLOR").is_none()
                    && self.variable("TERM") != Some(OsStr::new("dumb"))
            }
        }
    }

    /// The working directory as bytes; empty where it has been deleted.
    #[must_use]
    pub fn directory_bytes(&self) -> Cow<'_, [u8]> {
        match &self.directory {
            Some(directory) => Cow::Borrowed(directory.as_os_str().as_bytes()),
            None => Cow::Borrowed(b""),
        }
    }

    /// The configuration file that was asked for by name.
    pub(super) fn named_config(&self) -> Option<&Path> {
        let variable = || self.variable("OMOIDE_CONFIG").map(Path::new);
        self.global.config.as_deref().or_else(variable)
    }

    fn load_config(&self, rules: Rules<'_>) -> Result<Config, Failure> {
        let load = |file: UserFile<'_>| config::load(file, &self.caller(), rules);
        let config = self.with_user_file(load).map_err(|problem| {
            match problem.fault {
                // Only a file that was asked for by name is ever missing.
                Fault::Missing => Failure::usage(problem.to_string()),
                _ => Failure::new(problem.to_string()),
            }
        })?;
        // Whoever counts on what it says, a `ttl` above all, must hear that it isn't in force.
        if let Some(skipped) = &config.skipped
            && !self.has_said_ignored.replace(true)
        {
            out::complain(&skipped.to_string());
        }
        Ok(config)
    }

    fn with_user_file<T>(&self, read: impl FnOnce(UserFile<'_>) -> T) -> T {
        if let Some(named) = self.named_config() {
            return read(UserFile::Named(named));
        }
        match self.usual_config() {
            Some(file) => read(UserFile::Usual(&file)),
            None => read(UserFile::Nowhere),
        }
    }

    /// The configuration file that nobody named.
    fn usual_config(&self) -> Option<Cow<'_, Path>> {
        match self.places() {
            Some(places) => Some(Cow::Borrowed(&places.config_file)),
            None => config_file_without_home(self.variable("XDG_CONFIG_HOME")).map(Cow::Owned),
        }
    }

    fn caller(&self) -> Caller<'_> {
        Caller {
            cwd: self.directory.as_deref(),
            uid: auxiliary::effective_user(),
            home: self.variable("HOME"),
        }
    }
}

impl Default for Context {
    fn default() -> Self {
        Context::new()
    }
}

/// The working directory: `$PWD` if it names it, so that a path through links is told apart.
fn directory(pwd: Option<&'static [u8]>) -> Option<PathBuf> {
    let here = statat(CWD, ".", AtFlags::empty()).ok();
    let named = pwd.map(|pwd| Path::new(OsStr::from_bytes(pwd))).filter(|pwd| is_plain(pwd));
    if let (Some(named), Some(here)) = (named, &here)
        && statat(CWD, named, AtFlags::empty()).is_ok_and(|there| is_same(&there, here))
    {
        return Some(named.to_owned());
    }
    std::env::current_dir().ok()
}

/// Absolute, and without `.` or `..`, as POSIX wants `PWD` to be.
fn is_plain(path: &Path) -> bool {
    path.is_absolute()
        && !path
            .as_os_str()
            .as_bytes()
            .split(|&byte| byte == b'/')
            .any(|part| matches!(part, b"." | b".."))
}

fn is_same(a: &Stat, b: &Stat) -> bool {
    (a.st_dev, a.st_ino) == (b.st_dev, b.st_ino)
}
