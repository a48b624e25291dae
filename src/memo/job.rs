//! Computes a stored entry anew, by what it says itself: the work of a job's own process.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::time::Duration;

use super::Plan;
use super::recompute::{Aim, recompute, remember_failure};
use crate::inputs::fingerprint;
use crate::model::entry::{Detail, Head};
use crate::model::escape;
use crate::model::job::{JobOrder, JobReport, Outcome};
use crate::model::key::{Difference, Kind, Selection, differences};
use crate::model::policy::{Limits, PolicyChange};
use crate::model::recipe::Recipe;
use crate::model::time::Stamp;
use crate::program::{self, Program};
use crate::stdin::{Source, Stdin};
use crate::store::{Condition, Store};
use crate::sys::{clock, inherited};

/// Carries out an order. Changes the working directory of this process, and what its command
/// inherits.
#[must_use]
pub fn perform(order: &JobOrder, limits: &Limits, timeout: Duration) -> JobReport {
    let mut report = JobReport { key: order.key, outcome: Outcome::Gone };
    report.outcome = carry_out(order, limits, timeout, &mut report).unwrap_or_else(|outcome| {
        remember(order, &outcome);
        outcome
    });
    report
}

/// Remembers the failure of a job that didn't come to run its command.
fn remember(order: &JobOrder, outcome: &Outcome) {
    let Outcome::Failed(why) = outcome else { return };
    let Ok(Some(store)) = Store::open(Path::new(OsStr::from_bytes(&order.folder))) else { return };
    if let Ok(Some(entry)) = store.computed(&order.key, order.nonce) {
        remember_failure(&store, &order.key, order.nonce, &entry.head.policy, why);
    }
}

/// An outcome that ends the job early is an error here.
fn carry_out(
    order: &JobOrder,
    limits: &Limits,
    timeout: Duration,
    report: &mut JobReport,
) -> Result<Outcome, Outcome> {
    let store = Store::open(Path::new(OsStr::from_bytes(&order.folder)))
        .map_err(failed)?
        .ok_or(Outcome::Gone)?;
    let entry = store.computed(&order.key, order.nonce).map_err(failed)?.ok_or(Outcome::Gone)?;
    let detail = entry.detail().ok_or(Outcome::Gone)?;
    let recipe = order.recipe.clone().or_else(|| entry.recipe());
    let recipe = recipe.ok_or_else(|| failed("how it was computed isn't stored with it"))?;
    let variables = recipe.environment_with(&order.secrets).map_err(Outcome::NeedsSecrets)?;
    let variables: Vec<(&[u8], &[u8])> =
        variables.iter().map(|(name, value)| (name.as_slice(), value.as_slice())).collect();
    std::env::set_current_dir(OsStr::from_bytes(&recipe.cwd))
        .map_err(|error| failed(format!("{}: {error}", escape::bytes(&recipe.cwd))))?;
    inherited::adopt(recipe.heritage.clone());
    let stored = Stored { head: &entry.head, detail: &detail, recipe: &recipe };
    let plan = stored.plan(&store, &variables, limits)?;
    let call = plan.call(entry.head.capture.streams.into());
    if call.key != order.key {
        let salt = store.salt().map_err(failed)?;
        let parts: Vec<_> = plan.identity().parts().iter().map(|part| part.digest(&salt)).collect();
        stored.check(&differences(&parts, &detail.parts))?;
    }
    report.key = call.key;
    if order.is_unasked && call.key == order.key && !entry.head.is_refresh_due(clock::now()) {
        return Ok(Outcome::Unchanged);
    }
    let aim = Aim {
        condition: Condition::Stored(order.key, order.nonce),
        force: order.force,
        wait: false,
        asked: last_asked(&store, order, &recipe),
        timeout,
    };
    recompute(&store, &call, &aim).map_err(failed)
}

/// What is stored of an entry.
struct Stored<'a> {
    head: &'a Head,
    detail: &'a Detail,
    recipe: &'a Recipe,
}

impl<'a> Stored<'a> {
    /// The same call again, with program and inputs as they are now.
    fn plan(
        &self,
        store: &Store,
        variables: &'a [(&'a [u8], &'a [u8])],
        limits: &Limits,
    ) -> Result<Plan<'a>, Outcome> {
        let recipe = self.recipe;
        let program = find_program(recipe, variables)?;
        let words: Vec<&[u8]> = recipe.command.iter().map(Vec::as_slice).collect();
        let directory = Path::new(OsStr::from_bytes(&recipe.cwd));
        let arguments = words.get(1..).unwrap_or_default();
        let inputs = fingerprint(&recipe.inputs, arguments, directory, Some(store));
        Ok(Plan {
            command: recipe.command.iter().map(|word| OsStr::from_bytes(word)).collect(),
            words,
            environment: variables,
            is_own_environment: false,
            directory: recipe.cwd.clone(),
            identity: program.identity(recipe.identify_by).map_err(failed)?,
            program,
            identify_by: recipe.identify_by,
            selection: Selection::clone(&recipe.selection),
            any_dir: recipe.any_dir,
            scope: recipe.scope.clone(),
            inputs: Ok(inputs.map_err(failed)?),
            stdin: match recipe.stdin {
                Some(digest) => Source::Whole(read_stdin(store, &digest, self.detail)?),
                None => Source::Null,
            },
            policy: self.head.policy.clone(),
            explicit: PolicyChange::default(),
            tags: self.detail.tags.clone(),
            limits: *limits,
            max_output: recipe.max_output,
            timeout: recipe.timeout,
            force: false,
            cached_only: false,
            no_store: false,
            is_past_shim: false,
            umask: recipe.umask,
        })
    }

    /// A call has another key now than it had. That is as it should be where its program or an
    /// input has changed; else it isn't the same call any more.
    fn check(&self, differences: &[Difference]) -> Result<(), Outcome> {
        let is_the_callers = |difference: &&Difference| {
            !matches!(difference.kind, Kind::Program | Kind::File | Kind::FileTime)
        };
        let Some(difference) = differences.iter().find(is_the_callers) else { return Ok(()) };
        let name = &difference.name;
        if difference.kind == Kind::Variable
            && self.recipe.withheld.iter().any(|(_, withheld)| withheld == name)
        {
            return Err(Outcome::NeedsSecrets(vec![name.clone()]));
        }
        let (kind, name, how) =
            (difference.kind.name(), escape::bytes(name), difference.how.word());
        Err(failed(format!("it would be another call: {kind} {name} {how}")))
    }
}

/// The program's file, where it was; else what a search on PATH finds now.
fn find_program(recipe: &Recipe, variables: &[(&[u8], &[u8])]) -> Result<Program, Outcome> {
    if let Ok(program) = program::at(Path::new(OsStr::from_bytes(&recipe.program))) {
        return Ok(program);
    }
    let path = variables.iter().find(|(name, _)| *name == b"PATH").map(|&(_, value)| value);
    let name = recipe.command.first().map_or(OsStr::new(""), |name| OsStr::from_bytes(name));
    program::find(name, path, None).map_err(failed)
}

fn read_stdin(store: &Store, digest: &[u8; 32], detail: &Detail) -> Result<Stdin, Outcome> {
    let file = store.open_stdin(digest, detail).map_err(failed)?;
    let stdin = Stdin::read(file, u64::MAX).map_err(failed)?;
    if stdin.digest == *digest {
        Ok(stdin)
    } else {
        Err(failed("what its command read was damaged in the store"))
    }
}

/// When somebody last asked for it: at its last hit, or when it was first computed.
fn last_asked(store: &Store, order: &JobOrder, recipe: &Recipe) -> Stamp {
    let hit = store.accesses(&order.key).last;
    hit.filter(|hit| hit.wall > recipe.asked.wall).unwrap_or(recipe.asked)
}

#[expect(clippy::needless_pass_by_value, reason = "what goes wrong is handed over")]
fn failed(why: impl ToString) -> Outcome {
    Outcome::Failed(why.to_string())
}
