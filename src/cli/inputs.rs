//! The inputs of a call: what the options and the configuration name, looked at.

use std::ffi::OsString;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use super::args::KeyArgs;
use super::context::Context;
use crate::config::Config;
use crate::config::schema::Settings;
use crate::inputs::{Fingerprint, InputError, fingerprint};
use crate::model::inputs::Wanted;
use crate::store::Store;

/// Takes the fingerprint of what is wanted for a command.
pub(super) fn look(
    context: &Context,
    config: &Config,
    args: &KeyArgs,
    settings: &Settings,
    command: &[&[u8]],
) -> Result<Fingerprint, InputError> {
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
