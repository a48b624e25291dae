//! A call with everything it is made of: by the command line, or by the recipe of an entry.

use std::ffi::OsStr;
use std::time::Duration;

use super::Call;
use crate::inputs::{Fingerprint, InputError};
use crate::model::entry::Taking;
use crate::model::key::{self, IdentifyBy, Identity, Key, Selection};
use crate::model::policy::{Limits, Policy, PolicyChange};
use crate::program::Program;
use crate::stdin::{Source, Stdin};

/// Everything of a call but how its caller takes the streams.
#[derive(Debug)]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of the command line")]
pub struct Plan<'a> {
    /// The command as it was typed, and its arguments.
    pub command: Vec<&'a OsStr>,
    /// The same as bytes.
    pub words: Vec<&'a [u8]>,
    /// The environment.
    pub environment: &'a [(&'a [u8], &'a [u8])],
    /// Whether that is the environment of this process.
    pub is_own_environment: bool,
    /// The working directory, which is that of this process.
    pub directory: Vec<u8>,
    /// The program.
    pub program: Program,
    /// How it is identified.
    pub identify_by: IdentifyBy,
    /// What it is identified as.
    pub identity: key::Program,
    /// Which variables count.
    pub selection: Selection,
    /// Whether the working directory doesn't count.
    pub any_dir: bool,
    /// The namespace.
    pub scope: Option<Vec<u8>>,
    /// The files that the result depends on, or why they can't be told.
    pub inputs: Result<Fingerprint, InputError>,
    /// What the command reads.
    pub stdin: Source,
    /// See [`Call::policy`].
    pub policy: Policy,
    /// See [`Call::explicit`].
    pub explicit: PolicyChange,
    /// See [`Call::tags`].
    pub tags: Vec<String>,
    /// See [`Call::limits`].
    pub limits: Limits,
    /// See [`Call::max_output`].
    pub max_output: u64,
    /// See [`Call::timeout`].
    pub timeout: Option<Duration>,
    /// See [`Call::force`].
    pub force: bool,
    /// See [`Call::cached_only`].
    pub cached_only: bool,
    /// See [`Call::no_store`].
    pub no_store: bool,
    /// See [`Call::is_past_shim`].
    pub is_past_shim: bool,
    /// See [`Call::umask`].
    pub umask: u32,
}

impl Plan<'_> {
    /// The call, as a caller makes it who takes the two streams like this.
    #[must_use]
    pub fn call(&self, streams: Taking) -> Call<'_> {
        let identity = self.identity();
        Call {
            key: identity.key(),
            identity,
            command: &self.command,
            program: &self.program,
            identify_by: self.identify_by,
            environment: (!self.is_own_environment).then_some(self.environment),
            directory: &self.directory,
            streams,
            policy: self.policy.clone(),
            explicit: self.explicit.clone(),
            tags: self.tags.clone(),
            limits: self.limits,
            max_output: self.max_output,
            timeout: self.timeout,
            time_left: self.timeout,
            is_past_shim: self.is_past_shim,
            stdin: self.stdin.whole(),
            inputs: self.inputs.as_ref().ok(),
            force: self.force,
            cached_only: self.cached_only,
            no_store: self.no_store,
            umask: self.umask,
        }
    }

    /// Whether the call can be told from others: it can't, and mustn't be looked up or stored,
    /// where an input can't be read, or standard input not to its end.
    ///
    /// # Errors
    /// If it can't, why.
    pub fn identified(&self) -> Result<(), String> {
        match (&self.inputs, &self.stdin) {
            (Err(error), _) => Err(error.to_string()),
            (_, Source::Open(unread)) => Err(unread.to_string()),
            _ => Ok(()),
        }
    }

    /// What it is stored under.
    #[must_use]
    pub fn key(&self) -> Key {
        self.identity().key()
    }

    /// Everything the key is made of.
    #[must_use]
    pub fn identity(&self) -> Identity<'_> {
        Identity {
            command: &self.words,
            program: &self.identity,
            directory: (!self.any_dir).then_some(self.directory.as_slice()),
            environment: self.environment,
            selection: &self.selection,
            scope: self.scope.as_deref(),
            input: self.stdin.whole().map(|stdin: &Stdin| stdin.digest),
            inputs: self.inputs.as_ref().map_or(&[], Fingerprint::parts),
        }
    }
}
