//! All that is needed to make a call again: what the daemon recomputes an entry by.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::heritage::Heritage;
use super::inputs::Wanted;
use super::key::{IdentifyBy, Selection};
use super::secret::looks_secret;
use super::time::Stamp;

/// A variable's name and value.
pub type Variable = (Vec<u8>, Vec<u8>);

/// How an entry's command was called.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Recipe {
    /// The command as it was typed, and its arguments.
    pub command: Vec<Vec<u8>>,
    /// The program's file, as it was found; searched for on PATH again where it is gone.
    pub program: Vec<u8>,
    /// The working directory, as the caller had it.
    pub cwd: Vec<u8>,
    /// The caller's umask.
    pub umask: u32,
    /// What else the caller passed on.
    pub heritage: Heritage,
    /// The caller's whole environment, less what is withheld.
    pub environment: Vec<Variable>,
    /// Names of variables that look secret, each with its place in the environment.
    pub withheld: Vec<(u32, Vec<u8>)>,
    /// How the program is identified.
    pub identify_by: IdentifyBy,
    /// Which variables count.
    pub selection: Selection,
    /// Whether the working directory doesn't count.
    pub any_dir: bool,
    /// The namespace.
    pub scope: Option<Vec<u8>>,
    /// The files that the result depends on.
    pub inputs: Wanted,
    /// The blob that standard input was kept in, if it is part of the call.
    pub stdin: Option<[u8; 32]>,
    /// Larger outputs aren't stored, in bytes.
    pub max_output: u64,
    /// Ends the command.
    pub timeout: Option<Duration>,
    /// When somebody last asked for it who had to wait, or changed its policy. Hits count beside.
    pub asked: Stamp,
}

/// Parts an environment into what may be kept on the disk and what must not.
#[must_use]
pub fn part(environment: &[(&[u8], &[u8])]) -> (Vec<Variable>, Vec<(u32, Vec<u8>)>) {
    let mut kept = Vec::with_capacity(environment.len());
    let mut withheld = Vec::new();
    for (place, (name, value)) in (0..).zip(environment) {
        if looks_secret(name, value) {
            withheld.push((place, name.to_vec()));
        } else {
            kept.push((name.to_vec(), value.to_vec()));
        }
    }
    (kept, withheld)
}

impl Recipe {
    /// The environment with the withheld variables in their places again; the names that
    /// `secrets` lacks if there are any.
    ///
    /// # Errors
    /// The names of the variables that are missing.
    pub fn environment_with(&self, secrets: &[Variable]) -> Result<Vec<Variable>, Vec<Vec<u8>>> {
        let mut environment = self.environment.clone();
        let mut missing = Vec::new();
        for (place, name) in &self.withheld {
            match secrets.iter().find(|(known, _)| known == name) {
                Some(secret) => {
                    let place = usize::try_from(*place).unwrap_or(usize::MAX);
                    environment.insert(place.min(environment.len()), secret.clone());
                }
                None => missing.push(name.clone()),
            }
        }
        if missing.is_empty() { Ok(environment) } else { Err(missing) }
    }

    /// Those variables of `environment` that were withheld from this recipe.
    #[must_use]
    pub fn secrets_of(&self, environment: &[(&[u8], &[u8])]) -> Vec<Variable> {
        let is_withheld = |name: &[u8]| self.withheld.iter().any(|(_, known)| known == name);
        let secrets = environment.iter().filter(|(name, _)| is_withheld(name));
        secrets.map(|(name, value)| (name.to_vec(), value.to_vec())).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn recipe(environment: &[(&[u8], &[u8])]) -> Recipe {
        let (kept, withheld) = part(environment);
        Recipe {
            command: vec![b"true".to_vec()],
            program: b"/bin/true".to_vec(),
            cwd: b"/".to_vec(),
            umask: 0o022,
            heritage: Heritage::default(),
            environment: kept,
            withheld,
            identify_by: IdentifyBy::Stat,
            selection: Selection::default(),
            any_dir: false,
            scope: None,
            inputs: Wanted::default(),
            stdin: None,
            max_output: 1,
            timeout: None,
            asked: Stamp::new(0, 0),
        }
    }

    const ENVIRONMENT: [(&[u8], &[u8]); 4] = [
        (b"MY_TOKEN", b"geheim"),
        (b"PATH", b"/bin"),
        (b"DB_PASSWORD", b"auch geheim"),
        (b"LANG", b"C"),
    ];

    #[test]
    fn secrets_are_withheld_and_go_back_to_their_places() {
        let recipe = recipe(&ENVIRONMENT);
        assert!(recipe.environment.iter().all(|(_, value)| !value.ends_with(b"geheim")));
        let secrets = recipe.secrets_of(&ENVIRONMENT);
        let whole = recipe.environment_with(&secrets).expect("nothing is missing");
        let expected: Vec<Variable> =
            ENVIRONMENT.iter().map(|(name, value)| (name.to_vec(), value.to_vec())).collect();
        assert_eq!(whole, expected);
    }

    #[test]
    fn what_is_missing_is_named() {
        let recipe = recipe(&ENVIRONMENT);
        let one = [(b"MY_TOKEN".to_vec(), b"geheim".to_vec())];
        assert_eq!(recipe.environment_with(&one), Err(vec![b"DB_PASSWORD".to_vec()]));
    }
}
