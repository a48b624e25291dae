//! What is stored with an entry so that the daemon can compute it again: how it was called, and
//! what its command read. Stored only where the policy asks for it.

use std::fs::File;
use std::os::unix::ffi::OsStrExt;

use super::Call;
use crate::model::recipe::{self, Recipe};
use crate::model::time::Stamp;
use crate::runner::Input;
use crate::store::StoreError;

/// The parts of an entry that the daemon needs; neither where it needs none.
pub(super) struct Refreshable {
    /// How the command was called.
    pub(super) recipe: Option<Recipe>,
    /// What it read.
    pub(super) stdin: Option<File>,
}

impl Refreshable {
    /// Of a call that is made, or asked for again, at `asked`.
    ///
    /// # Errors
    /// If what the command read can't be had again.
    pub(super) fn of(call: &Call<'_>, asked: Stamp) -> Result<Refreshable, StoreError> {
        if !call.policy.is_independent() {
            return Ok(Refreshable { recipe: None, stdin: None });
        }
        let stdin = match super::input(call) {
            Ok(Input::File(file)) => Some(file),
            Ok(Input::Null | Input::Own) => None,
            Err(error) => return Err(StoreError::new("keep", "standard input", error)),
        };
        Ok(Refreshable { recipe: Some(call.recipe(asked)), stdin })
    }
}

impl Call<'_> {
    /// How to make this call again, less the variables that look secret.
    #[must_use]
    pub fn recipe(&self, asked: Stamp) -> Recipe {
        let (environment, withheld) = recipe::part(self.identity.environment);
        Recipe {
            command: self.identity.command.iter().map(|word| word.to_vec()).collect(),
            program: self.program.path.as_os_str().as_bytes().to_vec(),
            cwd: self.directory.to_vec(),
            umask: self.umask,
            environment,
            withheld,
            identify_by: self.identify_by,
            selection: self.identity.selection.clone(),
            any_dir: self.identity.directory.is_none(),
            scope: self.identity.scope.map(<[u8]>::to_vec),
            inputs: self.inputs.map(|inputs| inputs.wanted().clone()).unwrap_or_default(),
            stdin: self.stdin.map(|stdin| stdin.digest),
            max_output: self.max_output,
            timeout: self.timeout,
            asked,
        }
    }
}
