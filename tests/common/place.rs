//! Places to put a cache on that don't take it: in a mount namespace, which ends with the call.

use super::{Call, OMOIDE, Sandbox};

/// A file system of a few pages.
pub(crate) struct Tiny;

/// A folder that can't be written to, not even by root.
pub(crate) struct ReadOnly;

impl Tiny {
    /// A call whose cache folder is on a file system of so many KiB.
    pub(crate) fn omoide(sandbox: &Sandbox, kibibytes: u32, words: &[&str]) -> Call {
        let mount = format!("mount -t tmpfs -o size={kibibytes}k,mode=700 none \"$CACHE\"");
        mounted(sandbox, &mount, words)
    }
}

impl ReadOnly {
    /// A call whose cache folder can only be read.
    pub(crate) fn omoide(sandbox: &Sandbox, words: &[&str]) -> Call {
        let mount = "mount --bind \"$CACHE\" \"$CACHE\" && mount -o remount,ro,bind \"$CACHE\"";
        mounted(sandbox, mount, words)
    }
}

/// A call of the program under test, once a line of shell has mounted what it is to see, as a
/// user whom the kernel calls root. In that line `$CACHE` is the cache folder.
pub(crate) fn mounted(sandbox: &Sandbox, mount: &str, words: &[&str]) -> Call {
    std::fs::create_dir_all(sandbox.cache()).expect("a folder");
    let user: &[&str] = if rustix::process::geteuid().is_root() { &[] } else { &["-r"] };
    let script = format!("{mount} && unset CACHE && exec '{OMOIDE}' \"$@\"");
    sandbox
        .bare(["unshare", "-m"])
        .args(user)
        .args(["sh", "-c", &script, "sh"])
        .args(words)
        .env("CACHE", sandbox.cache())
}
