//! Scripts on PATH that call us by their own name, before the program of that name: what a call of
//! one brings is stored under the key of the program behind it.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;

use super::call::find_program;
use super::context::Context;
use crate::program::Program;

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
