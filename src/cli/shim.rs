//! Scripts on PATH that call us by their own name, before the program of that name: what a call of
//! one brings is stored under the key of the program behind it.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;

use super::call::{find_program, with_program};
use super::context::Context;
use super::entries;
use super::error::Failure;
use crate::config::Config;
use crate::memo::Plan;
use crate::model::entry::Slot;
use crate::program::Program;
use crate::store::Lookup;

/// The program behind `program`, if that is such a script. Which script is one shows only when it
/// runs; one that names us is taken for one.
pub(super) fn behind(context: &Context, command: &OsStr, program: &Program) -> Option<Program> {
    const NAME: &[u8] = b"omoide";
    if command.as_bytes().contains(&b'/') || !program.is_script_with(NAME) {
        return None;
    }
    let next = find_program(context, command, Some(program.as_shim())).ok()?;
    (next.as_shim() != program.as_shim()).then_some(next)
}

/// The call of the program behind a script that ran and wasn't stored, if that call is: the script
/// has called us, as it was taken for.
///
/// # Errors
/// If the program can't be read where its content counts, or the store can't be.
pub(super) fn passed<'p>(
    context: &Context,
    config: &Config,
    plan: Plan<'p>,
    behind: Option<Program>,
) -> Result<Option<Plan<'p>>, Failure> {
    let (Some(behind), Some(store)) = (behind, entries::store(context, config)?) else {
        return Ok(None);
    };
    let plan = with_program(plan, behind)?;
    let found = store.find(&plan.key(), Slot::Good)?;
    Ok(matches!(found, Lookup::Found(_)).then_some(plan))
}
