//! The inputs of a call: what the options and the configuration name, looked at.

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use super::args::KeyArgs;
use super::context::Context;
use super::error::Failure;
use crate::config::Config;
use crate::config::schema::Settings;
use crate::inputs::{Fingerprint, InputError, fingerprint, names_a_descriptor, names_a_file};
use crate::memo::Plan;
use crate::model::escape;
use crate::model::inputs::Wanted;
use crate::model::key::Selection;
use crate::store::Store;

/// Takes the fingerprint of what is wanted for a command.
pub(super) fn look(
    context: &Context,
    config: &Config,
    args: &KeyArgs,
    settings: &Settings,
    command: &[&[u8]],
    selection: &Selection,
) -> Result<Fingerprint, InputError> {
    refuse_descriptors(context, command, selection)?;
    let directory = context.directory.as_deref().unwrap_or(Path::new(""));
    let wanted = wanted(args, settings, directory);
    if wanted.is_empty() {
        return Ok(Fingerprint::default());
    }
    // Without a cache folder every file is read.
    let folder: Option<PathBuf> = context.cache_dir(config).ok();
    let store = folder.and_then(|folder| Store::open(&folder).ok().flatten());
    fingerprint(&wanted, command.get(1..).unwrap_or_default(), directory, store.as_ref())
}

/// Refuses words, and variables that count, whose meaning is what a descriptor holds: `<(…)`.
fn refuse_descriptors(
    context: &Context,
    command: &[&[u8]],
    selection: &Selection,
) -> Result<(), InputError> {
    if let Some(word) = command.iter().find(|word| names_a_descriptor(word)) {
        return Err(InputError::descriptor_argument(word));
    }
    let mut variables = context.variables.iter();
    let named = variables.find(|(name, value)| {
        // All of the value is a path: nearly every value is dismissed by its first bytes.
        let is_path = value.starts_with(b"/dev/fd/") || value.starts_with(b"/proc/");
        is_path && names_a_descriptor(value) && selection.takes(name)
    });
    named.map_or(Ok(()), |(name, _)| Err(InputError::descriptor_variable(name)))
}

/// Programs that take a script as an argument, less version numbers at the end of their names.
const INTERPRETERS: [&str; 22] = [
    "Rscript", "awk", "bash", "bun", "dash", "deno", "fish", "gawk", "julia", "ksh", "lua",
    "luajit", "node", "nodejs", "perl", "php", "pwsh", "python", "ruby", "sh", "tclsh", "zsh",
];

/// For a script whose changes go unseen because only its interpreter is in the key.
pub(super) fn hint(plan: &Plan<'_>) -> Option<String> {
    let (program, arguments) = plan.words.split_first()?;
    let name = program.rsplit(|&byte| byte == b'/').next()?;
    let digits = name.iter().rev().take_while(|byte| matches!(byte, b'0'..=b'9' | b'.')).count();
    let bare = &name[..name.len() - digits];
    if !INTERPRETERS.iter().any(|interpreter| interpreter.as_bytes() == bare) {
        return None;
    }
    let inputs = plan.inputs.as_ref().ok()?;
    let directory = Path::new(OsStr::from_bytes(&plan.directory));
    let script = arguments.iter().find(|word| names_a_file(word, directory))?;
    (!inputs.has(script)).then(|| {
        let (name, script) = (escape::bytes(name), escape::bytes(script));
        format!("{name} reads {script}, which is no input: --input-args makes it one")
    })
}

/// An empty path overrides what is configured, as none. Where nothing is, or beside others, it comes
/// of a variable that isn't set.
///
/// # Errors
/// If there is such a one.
pub(super) fn check(args: &KeyArgs, settings: &Settings) -> Result<(), Failure> {
    let options = [
        ("--input", &args.input, &settings.input),
        ("--input-mtime", &args.input_mtime, &settings.input_mtime),
    ];
    for (name, typed, configured) in options {
        let is_override = typed.len() == 1 && configured.is_some();
        if typed.iter().any(|path| path.is_empty()) && !is_override {
            return Err(Failure::usage(format!(
                "{name} is empty: name a file, a folder or a pattern"
            )));
        }
    }
    Ok(())
}

/// What is typed, else what is configured; an empty path is none.
pub(super) fn wanted(args: &KeyArgs, settings: &Settings, directory: &Path) -> Wanted {
    let named = |typed: &[OsString], configured: &Option<Vec<PathBuf>>| {
        let paths: Vec<Vec<u8>> = if typed.is_empty() {
            configured.iter().flatten().map(|path| from_here(path, directory)).collect()
        } else {
            typed.iter().map(|path| path.as_bytes().to_vec()).collect()
        };
        paths.into_iter().filter(|path| !path.is_empty()).collect()
    };
    Wanted {
        content: named(&args.input, &settings.input),
        mtime: named(&args.input_mtime, &settings.input_mtime),
        arguments: args.input_args || settings.input_args == Some(true),
    }
}

/// A configured path as it would be typed here, so that checkouts can share entries.
fn from_here(path: &Path, directory: &Path) -> Vec<u8> {
    let below = path.strip_prefix(directory).ok();
    let below = below.filter(|_| directory.is_absolute()).map(|path| path.as_os_str().as_bytes());
    match below {
        Some([]) => b".".to_vec(),
        Some(below) => below.to_vec(),
        None => path.as_os_str().as_bytes().to_vec(),
    }
}
