//! A recomputation in the background: the order for it and the report of it.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::entry::Nonce;
use super::escape;
use super::key::Key;
use super::recipe::{Recipe, Variable};

/// Asks for one entry to be recomputed.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct JobOrder {
    /// The cache folder, absolute.
    pub folder: Vec<u8>,
    /// The entry.
    pub key: Key,
    /// The computation that is to be replaced; if it isn't there any more, nothing is.
    pub nonce: Nonce,
    /// How to compute it, where the entry itself doesn't say.
    pub recipe: Option<Recipe>,
    /// What was withheld from the recipe.
    pub secrets: Vec<Variable>,
    /// Compute it even if an entry that is as new is stored under the key that it has now.
    pub force: bool,
}

impl fmt::Debug for JobOrder {
    /// Without a value of any variable.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("JobOrder")
            .field("key", &self.key)
            .field("nonce", &self.nonce)
            .finish_non_exhaustive()
    }
}

/// What became of a recomputation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct JobReport {
    /// What the call is stored under now: another key than before if its program or an input
    /// has changed.
    pub key: Key,
    /// What happened.
    pub outcome: Outcome,
}

/// How a recomputation ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Outcome {
    /// The result is stored.
    Stored(Nonce),
    /// The key that the call has now holds an entry already, and nothing asked for a newer one.
    Unchanged,
    /// Somebody else computes it just now.
    Busy,
    /// The entry was forgotten or replaced meanwhile, or before.
    Gone,
    /// Somebody ended it before it was done; that says nothing of the command.
    Interrupted,
    /// The command failed, or its result couldn't be stored; why, for people.
    Failed(String),
    /// These variables were withheld from the recipe, and nobody brought them.
    NeedsSecrets(Vec<Vec<u8>>),
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Outcome::Stored(_) => f.write_str("it is stored"),
            Outcome::Unchanged => f.write_str("what is stored is fresh"),
            Outcome::Busy => f.write_str("another process computes it just now"),
            Outcome::Interrupted => f.write_str("it was interrupted"),
            Outcome::Gone => f.write_str("it was forgotten or replaced meanwhile"),
            Outcome::Failed(why) => f.write_str(why),
            Outcome::NeedsSecrets(names) => {
                let names: Vec<String> = names.iter().map(|name| escape::bytes(name)).collect();
                write!(f, "the values of {} are not known", names.join(", "))
            }
        }
    }
}
