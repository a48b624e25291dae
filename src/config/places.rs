//! Where the user's files are by convention; the only file that names `directories`.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use directories::BaseDirs;

/// The places that nobody named.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Places {
    /// The user's home.
    pub home: PathBuf,
    /// The folder of all programs' configuration.
    pub config_dir: PathBuf,
    /// The user's configuration; it need not exist.
    pub config_file: PathBuf,
    /// The cache folder; it need not exist.
    pub cache_dir: PathBuf,
}

/// The usual places, given the value of `HOME`; none without an absolute one.
///
/// Where `HOME` is unset or empty, `directories` asks the user database instead, and in a
/// statically linked program that look-up crashes: so it isn't called then. For the rest it reads
/// the environment itself (`HOME`, `XDG_CONFIG_HOME`, `XDG_CACHE_HOME`).
#[must_use]
pub fn default_places(home: Option<&OsStr>) -> Option<Places> {
    if !home.is_some_and(|home| Path::new(home).is_absolute()) {
        return None;
    }
    let dirs = BaseDirs::new()?;
    Some(Places {
        home: dirs.home_dir().to_owned(),
        config_dir: dirs.config_dir().to_owned(),
        config_file: dirs.config_dir().join("omoide").join("config.toml"),
        cache_dir: dirs.cache_dir().join("omoide"),
    })
}

/// The user's configuration where there is no home, given the value of `XDG_CONFIG_HOME`.
#[must_use]
pub fn config_file_without_home(config_dir: Option<&OsStr>) -> Option<PathBuf> {
    let dir = config_dir.map(Path::new).filter(|dir| dir.is_absolute())?;
    Some(dir.join("omoide").join("config.toml"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_are_no_places_without_a_home() {
        for home in [None, Some(""), Some("relative"), Some("./x")] {
            assert_eq!(default_places(home.map(OsStr::new)), None, "{home:?}");
        }
    }

    #[test]
    fn without_a_home_only_an_absolute_folder_is_looked_in() {
        let file = |dir: &str| config_file_without_home(Some(OsStr::new(dir)));
        assert_eq!(file("/c"), Some(PathBuf::from("/c/omoide/config.toml")));
        assert_eq!((file("relative"), file("")), (None, None));
        assert_eq!(config_file_without_home(None), None);
    }

    #[test]
    fn the_places_are_named_for_the_program() {
        let home = std::env::var_os("HOME").filter(|home| Path::new(home).is_absolute());
        let Some(places) = default_places(home.as_deref()) else {
            assert_eq!(home, None);
            return;
        };
        assert!(places.config_file.is_absolute());
        assert!(places.config_file.ends_with("omoide/config.toml"));
        assert!(places.cache_dir.is_absolute());
        assert!(places.cache_dir.ends_with("omoide"));
    }
}
