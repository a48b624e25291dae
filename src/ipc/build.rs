//! Which build of the program a process runs, and which of two is newer.

use std::os::unix::fs::MetadataExt;

/// A build: the package's version, then when its file was made.
///
/// Two files of the same build may differ in age, as copies do; then the younger one counts as
/// newer, which costs a change of daemons and nothing else.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Build {
    /// Major, minor and patch.
    pub version: [u32; 3],
    /// When the program's file was last modified, nanoseconds since 1970; 0 if that can't be seen.
    pub modified: i64,
}

impl Build {
    /// That of this process, which needn't be the one that its file's path leads to by now.
    #[must_use]
    pub fn own() -> Build {
        let modified = std::fs::metadata("/proc/self/exe")
            .map_or(0, |file| file.mtime().saturating_mul(1_000_000_000) + file.mtime_nsec());
        Build { version: package_version(), modified }
    }
}

fn package_version() -> [u32; 3] {
    let mut parts = [
        env!("CARGO_PKG_VERSION_MAJOR"),
        env!("CARGO_PKG_VERSION_MINOR"),
        env!("CARGO_PKG_VERSION_PATCH"),
    ]
    .into_iter()
    .map(|part| part.parse().unwrap_or(0));
    std::array::from_fn(|_| parts.next().unwrap_or(0))
}

impl std::fmt::Display for Build {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let [major, minor, patch] = self.version;
        write!(f, "{major}.{minor}.{patch}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_version_counts_before_the_time() {
        let build = |version, modified| Build { version, modified };
        assert!(build([0, 2, 0], 1) > build([0, 1, 9], 2));
        assert!(build([0, 2, 0], 2) > build([0, 2, 0], 1));
        assert_eq!(build([1, 2, 3], 0).to_string(), "1.2.3");
    }

    #[test]
    fn our_own_has_a_time() {
        assert!(Build::own().modified > 0);
        assert_eq!(Build::own().to_string(), env!("CARGO_PKG_VERSION"));
    }
}
