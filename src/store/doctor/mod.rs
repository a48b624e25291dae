//! What is wrong with a cache folder, in words, and how it is put right.
//!
//! Examining changes nothing but what opening the catalog does. Each check names what was found
//! even where that is nothing to worry about: markers not yet taken in, what was set aside, what
//! somebody killed has left behind.

mod catalog;
mod entries;
mod folders;
mod leftovers;
mod odd;
mod repair;

use std::path::Path;

pub(super) use catalog::{Records, records};
pub use repair::repair;

use super::folder::Store;
use super::request::CatalogClient;
use crate::model::time::Stamp;

/// One thing that was looked at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Check {
    /// What.
    pub name: &'static str,
    /// Whether it is as it should be.
    pub ok: bool,
    /// What was found.
    pub detail: String,
}

impl Check {
    /// What is right unless something is wrong with it.
    fn new(name: &'static str, fine: String, wrong: &[String]) -> Check {
        let ok = wrong.is_empty();
        Check { name, ok, detail: if ok { fine } else { wrong.join("; ") } }
    }

    fn failed(name: &'static str, error: &dyn std::error::Error) -> Check {
        Check { name, ok: false, detail: error.to_string() }
    }
}

/// How to ask whoever has the catalog of a store open.
pub type Connect<'a> = &'a dyn for<'s> Fn(&'s Store) -> CatalogClient<'s>;

/// Looks at everything in the cache folder at `path`, the content of every blob included.
#[must_use]
pub fn examine(path: &Path, connect: Connect<'_>, now: Stamp) -> Vec<Check> {
    let mut checks = vec![folders::permissions(path)];
    let store = match Store::open_known(path) {
        Ok(Some(store)) => store,
        Ok(None) => return checks,
        Err(error) => {
            checks.push(Check::failed("store", &error));
            return checks;
        }
    };
    checks.push(folders::file_system(&store));
    checks.push(folders::format(&store));
    checks.push(folders::folders(&store));
    checks.push(odd::check(&store));
    match entries::survey(&store) {
        Ok(survey) => {
            checks.push(survey.check());
            checks.push(entries::blobs(&store, &survey));
            checks.push(catalog::check(&store, &survey, &connect(&store)));
        }
        Err(error) => checks.push(Check::failed("entries", &error)),
    }
    checks.extend([
        leftovers::pending(&store),
        leftovers::hits(&store),
        leftovers::left_behind(&store, now),
        leftovers::quarantine(&store),
    ]);
    checks
}

/// `1 entry`, `2 entries`.
fn count(number: usize, one: &str, many: &str) -> String {
    format!("{number} {}", if number == 1 { one } else { many })
}

#[cfg(test)]
mod tests;
