//! The effective configuration as text: one user's file that would say the same.
//!
//! A file has one `[defaults]`, and the project's come before the user's rules; so the project's
//! are shown as what they amount to, a rule for every command behind the project's other rules.

use std::fmt::Write;
use std::sync::Arc;

use super::keys::{COMMAND_KEY, DAEMON, Key, SETTINGS, STORE};
use super::load::Config;
use super::resolve::Origin;
use super::schema::{Section, Source, StoreSettings};
use super::text;
use super::value::COMMAND;
use crate::model::policy::Limits;

impl Config {
    /// The effective configuration as TOML, strongest rule first, ending in a line feed. With
    /// `origins`, each value is followed by a comment that says where it comes from.
    #[must_use]
    pub fn show(&self, origins: bool) -> String {
        let mut page = Page { text: String::new(), origins };
        if let Some(skipped) = &self.skipped {
            page.line(&format!("# {skipped}\n"));
        }
        page.line("[store]");
        page.store(self.user.as_ref());
        if let Some(user) = &self.user
            && !user.daemon.lines.is_empty()
        {
            page.line("\n[daemon]");
            page.section(DAEMON, user, &user.daemon);
        }
        if let Some(user) = &self.user
            && !user.defaults.lines.is_empty()
        {
            page.line("\n[defaults]");
            page.section(SETTINGS, user, &user.defaults);
        }
        if let Some(project) = &self.project {
            page.rules(project);
            page.project_defaults(project);
        }
        if let Some(user) = &self.user {
            page.rules(user);
        }
        page.text
    }
}

struct Page {
    text: String,
    origins: bool,
}

impl Page {
    fn line(&mut self, line: &str) {
        self.text.push_str(line);
        self.text.push('\n');
    }

    fn value(&mut self, key: &str, value: &str, origin: &str) {
        // Writing to a string can't fail.
        let _ = write!(self.text, "{key} = {value}");
        if self.origins {
            let _ = write!(self.text, " # {origin}");
        }
        self.text.push('\n');
    }

    fn store(&mut self, user: Option<&Source>) {
        let usual = usual_store();
        for key in STORE {
            let named = user.and_then(|user| {
                let value = (key.show)(&user.store.values)?;
                Some((value, user.origin(&user.store, key.name).to_string()))
            });
            let usual = || Some(((key.show)(&usual)?, "default".to_owned()));
            if let Some((value, origin)) = named.or_else(usual) {
                self.value(key.name, &value, &origin);
            }
        }
    }

    fn rules(&mut self, source: &Source) {
        for rule in &source.rules {
            let origin = Origin { file: Arc::clone(&source.path), line: rule.line };
            self.line("\n[[rule]]");
            self.value(COMMAND_KEY, &(COMMAND.show)(&rule.command), &origin.to_string());
            self.section(SETTINGS, source, &rule.section);
        }
    }

    fn project_defaults(&mut self, project: &Source) {
        if project.defaults.lines.is_empty() {
            return;
        }
        let origin = format!("[defaults] of {}", text::visible_path(&project.path));
        self.line("\n[[rule]]");
        self.value(COMMAND_KEY, "\"**\"", &origin);
        self.section(SETTINGS, project, &project.defaults);
    }

    fn section<S>(&mut self, keys: &[Key<S>], source: &Source, section: &Section<S>) {
        for key in keys {
            if let Some(value) = (key.show)(&section.values) {
                let origin = source.origin(section, key.name).to_string();
                self.value(key.name, &value, &origin);
            }
        }
    }
}

fn usual_store() -> StoreSettings {
    let Limits { max_size, max_entries, evict, keep_expired } = Limits::default();
    StoreSettings {
        max_size: Some(max_size),
        max_entries: Some(max_entries),
        evict: Some(evict),
        keep_expired: Some(keep_expired),
        dir: None,
    }
}

#[cfg(test)]
mod tests;
