//! Loading what is configured for a call: the user's file and the project's.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use rustix::io::Errno;

use super::file::{self, Links, open_at_once};
use super::parse::{Whose, parse};
use super::problem::{Fault, Problem};
use super::project::{self, Found, Skipped};
use super::schema::{DaemonSettings, Rules, Source};
use crate::model::policy::Limits;

/// Which file is the user's configuration.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UserFile<'a> {
    /// None: there is no home to look in.
    Nowhere,
    /// The usual one, which need not exist.
    Usual(&'a Path),
    /// One that was asked for by name, which must exist.
    Named(&'a Path),
}

/// Who calls, and from where.
#[derive(Clone, Copy, Debug)]
pub struct Caller<'a> {
    /// The working directory, absolute and without `.` or `..`; without it there is no project.
    pub cwd: Option<&'a Path>,
    /// The effective user id.
    pub uid: u32,
    /// The value of `HOME`.
    pub home: Option<&'a OsStr>,
}

/// What is configured for a call.
#[derive(Clone, Debug, Default)]
pub struct Config {
    /// The user's configuration, if there is one.
    pub user: Option<Source>,
    /// The project's file, if there is one and it counts.
    pub project: Option<Source>,
    /// A project's file that doesn't count.
    pub skipped: Option<Skipped>,
}

/// What was found, right and wrong.
#[derive(Clone, Debug, Default)]
pub struct Report {
    /// What the files say, as far as it is right.
    pub config: Config,
    /// All that is wrong: of the user's file first, each by line.
    pub problems: Vec<Problem>,
}

/// Loads the configuration, with the rules that are asked for.
///
/// # Errors
/// The first of what is wrong, be it in a rule that isn't asked for.
pub fn load(user: UserFile<'_>, caller: &Caller<'_>, rules: Rules<'_>) -> Result<Config, Problem> {
    let report = read(user, caller, rules);
    match report.problems.into_iter().next() {
        Some(problem) => Err(problem),
        None => Ok(report.config),
    }
}

/// Reads both files and reports all that is wrong with them.
#[must_use]
pub fn read(user: UserFile<'_>, caller: &Caller<'_>, rules: Rules<'_>) -> Report {
    let mut report = Report::default();
    match user_content(user) {
        Ok(None) => {}
        Ok(Some((path, content))) => {
            let whose = Whose::User { home: caller.home };
            report.config.user = Some(report.take(parse(path, &content, whose, rules)));
        }
        Err(problem) => report.problems.push(problem),
    }
    let found = caller.cwd.map(|cwd| project::find(cwd, caller.uid));
    match found.unwrap_or(Found::Nothing) {
        Found::Nothing => {}
        Found::Trusted(path, file) => match file::content(&file) {
            Ok(content) => {
                let parsed = parse(&path, &content, Whose::Project, rules);
                let mut project = report.take(parsed);
                project.anchor_inputs();
                report.config.project = Some(project);
            }
            Err(fault) => report.problems.push(whole(path, fault)),
        },
        Found::Skipped(skipped) => report.config.skipped = Some(skipped),
        Found::Unreadable(problem) => report.problems.push(problem),
    }
    report
}

impl Config {
    /// The limits of the store.
    #[must_use]
    pub fn limits(&self) -> Limits {
        let user = self.user.as_ref();
        user.map_or_else(Limits::default, |user| user.store.values.limits())
    }

    /// How the daemon is to work, as far as the user's configuration says.
    #[must_use]
    pub fn daemon(&self) -> DaemonSettings {
        self.user.as_ref().map(|user| user.daemon.values.clone()).unwrap_or_default()
    }

    /// The cache folder, if the user's configuration names one. Absolute.
    #[must_use]
    pub fn cache_dir(&self) -> Option<&Path> {
        self.user.as_ref()?.store.values.dir.as_deref()
    }
}

impl Report {
    fn take(&mut self, (source, problems): (Source, Vec<Problem>)) -> Source {
        self.problems.extend(problems);
        source
    }
}

fn user_content(user: UserFile<'_>) -> Result<Option<(&Path, Vec<u8>)>, Problem> {
    let (path, named) = match user {
        UserFile::Nowhere => return Ok(None),
        UserFile::Usual(path) => (path, false),
        UserFile::Named(path) => (path, true),
    };
    // Links are followed here: people keep their configuration elsewhere and link to it. One that
    // leads nowhere is a file that is missing, not one that nobody wants.
    let (opened, is_link) = match open_at_once(path, Links::Refuse) {
        Err(Errno::LOOP) => (open_at_once(path, Links::Follow), true),
        opened => (opened, false),
    };
    let content = match opened {
        Ok(file) => file::content(&file),
        Err(Errno::NOENT | Errno::NOTDIR) if is_link && !named => Err(Fault::Dangling),
        Err(Errno::NOENT | Errno::NOTDIR) if !named => return Ok(None),
        Err(Errno::NOENT) => Err(Fault::Missing),
        // What opening a socket comes to.
        Err(Errno::NXIO) => Err(Fault::NotAFile),
        Err(errno) => Err(Fault::Unreadable(errno)),
    };
    match content {
        Ok(content) => Ok(Some((path, content))),
        Err(fault) => Err(whole(path.to_owned(), fault)),
    }
}

fn whole(file: PathBuf, fault: Fault) -> Problem {
    Problem { file, line: None, fault }
}

#[cfg(test)]
mod tests;
