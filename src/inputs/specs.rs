//! What was asked for, each once, in an order of its own: how it was typed in makes no difference.

use std::path::Path;

use rustix::fs::FileType;

use super::base::{Base, kind};
use super::spec::Spec;
use crate::model::inputs::Wanted;

/// Those whose content counts, the arguments that name files among them.
pub(super) fn of_content(wanted: &Wanted, arguments: &[&[u8]], base: &Base) -> Vec<Spec> {
    let mut specs: Vec<Spec> = wanted.content.iter().map(|path| Spec::typed(path)).collect();
    if wanted.arguments {
        let files = arguments.iter().filter(|word| is_file(base, word));
        specs.extend(files.map(|word| Spec::word(word)));
    }
    sorted(specs)
}

/// Those whose modification time and size count.
pub(super) fn of_mtime(wanted: &Wanted) -> Vec<Spec> {
    sorted(wanted.mtime.iter().map(|path| Spec::typed(path)).collect())
}

/// Whether a word is the path of a plain file, through links, seen from `directory`.
#[must_use]
pub fn names_a_file(word: &[u8], directory: &Path) -> bool {
    Base::open(directory).is_ok_and(|base| is_file(&base, word))
}

fn is_file(base: &Base, word: &[u8]) -> bool {
    let found = if word.is_empty() { Ok(None) } else { base.look_through(word) };
    matches!(found, Ok(Some(stat)) if kind(&stat) == FileType::RegularFile)
}

fn sorted(mut specs: Vec<Spec>) -> Vec<Spec> {
    specs.sort_unstable();
    specs.dedup();
    specs
}
