//! How an entry was called that doesn't say it itself: from what it says to people, and from the
//! environment of who asks. That it is the same call shows when its key comes out again.

use crate::model::entry::Detail;
use crate::model::heritage::Heritage;
use crate::model::key::{IdentifyBy, Kind, PartDigest, Selection, environment_mode};
use crate::model::recipe::Recipe;
use crate::model::time::Stamp;

/// The recipe of an entry as far as it can be had; nothing if its command read standard input,
/// which isn't kept.
#[must_use]
pub fn reconstruct(
    detail: &Detail,
    salt: &[u8; 32],
    environment: &[(&[u8], &[u8])],
    umask: u32,
    heritage: Heritage,
    max_output: u64,
    now: Stamp,
) -> Option<Recipe> {
    let has = |kind: Kind| detail.parts.iter().any(|part| part.kind == kind);
    if has(Kind::Input) {
        return None;
    }
    Some(Recipe {
        command: detail.command.clone(),
        program: detail.program.clone(),
        cwd: detail.cwd.clone(),
        umask,
        heritage,
        environment: environment.iter().map(|(n, v)| (n.to_vec(), v.to_vec())).collect(),
        withheld: Vec::new(),
        identify_by: identified_by(&detail.parts),
        selection: selection(&detail.parts, salt),
        any_dir: !has(Kind::Directory),
        scope: detail.scope.clone(),
        inputs: detail.inputs.clone(),
        stdin: None,
        max_output,
        timeout: None,
        asked: now,
    })
}

fn identified_by(parts: &[PartDigest]) -> IdentifyBy {
    let named =
        |name: &[u8]| parts.iter().any(|part| part.kind == Kind::Program && part.name == name);
    if named(b"content") {
        IdentifyBy::Content
    } else if named(b"path alone") {
        IdentifyBy::Path
    } else {
        IdentifyBy::Stat
    }
}

/// Which variables counted: all, less the excluded ones; or those that are named.
fn selection(parts: &[PartDigest], salt: &[u8; 32]) -> Selection {
    let names = |kind: Kind| {
        let parts = parts.iter().filter(move |part| part.kind == kind);
        parts.map(|part| String::from_utf8_lossy(&part.name).into_owned()).collect::<Vec<_>>()
    };
    let whole = environment_mode(false).digest(salt);
    let only = (!parts.contains(&whole)).then(|| names(Kind::Variable));
    Selection { only, exclude: names(Kind::Excluded) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::inputs::Wanted;
    use crate::model::key::{Identity, Program};

    const SALT: [u8; 32] = [7; 32];

    fn identity<'a>(
        program: &'a Program,
        selection: &'a Selection,
        environment: &'a [(&'a [u8], &'a [u8])],
    ) -> Identity<'a> {
        Identity {
            command: &[b"x", b"y"],
            program,
            directory: None,
            environment,
            selection,
            scope: Some(b"s"),
            input: None,
            inputs: &[],
        }
    }

    #[test]
    fn what_a_key_was_made_of_comes_out_again() {
        let environment: [(&[u8], &[u8]); 3] =
            [(b"A", b"1"), (b"B", b"2"), (b"MY_TOKEN", b"geheim")];
        let selections = [
            Selection::default(),
            Selection { only: None, exclude: vec!["B*".to_owned()] },
            Selection { only: Some(vec!["A*".to_owned(), "C".to_owned()]), exclude: vec![] },
            Selection { only: Some(vec![]), exclude: vec![] },
        ];
        let programs = [Program::Content([1; 32]), Program::Path(b"/x".to_vec())];
        for (program, by) in programs.iter().zip([IdentifyBy::Content, IdentifyBy::Path]) {
            for chosen in &selections {
                let before = identity(program, chosen, &environment);
                let detail = Detail {
                    command: vec![b"x".to_vec(), b"y".to_vec()],
                    program: b"/x".to_vec(),
                    cwd: b"/".to_vec(),
                    scope: Some(b"s".to_vec()),
                    tags: vec![],
                    stdin: None,
                    inputs: Wanted { arguments: true, ..Wanted::default() },
                    parts: before.parts().iter().map(|part| part.digest(&SALT)).collect(),
                };
                let now = Stamp::new(1, 1);
                let recipe =
                    reconstruct(&detail, &SALT, &environment, 0o022, Heritage::default(), 1, now);
                let recipe = recipe.expect("a recipe");
                assert_eq!(recipe.inputs, detail.inputs);
                assert_eq!((recipe.identify_by, recipe.any_dir), (by, true));
                let after = identity(program, &recipe.selection, &environment);
                assert_eq!(after.key(), before.key(), "{chosen:?}");
            }
        }
    }
}
