//! Every key there is: its name, its kind and the field it fills, each in one line.
//!
//! Reading, resolving, showing, suggesting and the tests all work from these tables.

use super::nearest::nearest;
use super::problem::{Hint, Place};
use super::schema::{DaemonSettings, Settings, StoreSettings};
use super::value::{
    COUNT, DURATION, EVICT, FLAG, FOLDER, NAME, NAMES, ON_EXPIRED, PATHS, PATTERNS, PROGRAM,
    Refused, SIZE, STORE_SIZE, Value,
};

/// A key that fills a field of `S`.
pub(super) struct Key<S> {
    /// Its name.
    pub name: &'static str,
    /// What its value is, with the article.
    pub what: &'static str,
    /// How a value is written.
    pub example: &'static str,
    /// Reads a value into its field.
    pub read: fn(&mut S, Value<'_, '_>) -> Result<(), Refused>,
    /// Whether a value would be read.
    pub takes: fn(Value<'_, '_>) -> bool,
    /// Takes the field over from weaker settings, if it is named there and not yet here; whether
    /// it did.
    pub fill: fn(&mut S, &S) -> bool,
    /// The field as TOML, if it is named.
    pub show: fn(&S) -> Option<String>,
}

macro_rules! key {
    ($name:expr, $kind:ident, $($field:ident).+) => {
        Key {
            name: $name,
            what: $kind.what,
            example: $kind.example,
            read: |into, value| {
                into.$($field).+ = Some(($kind.read)(value)?);
                Ok(())
            },
            takes: |value| ($kind.read)(value).is_ok(),
            fill: |into, weaker| fill(&mut into.$($field).+, weaker.$($field).+.as_ref()),
            show: |from| from.$($field).+.as_ref().map($kind.show),
        }
    };
}

/// The keys of `[defaults]` and, beside [`COMMAND_KEY`], of `[[rule]]`.
pub(super) const SETTINGS: &[Key<Settings>] = &[
    key!("ttl", DURATION, policy.ttl),
    key!("idle", DURATION, policy.idle),
    key!("on_expired", ON_EXPIRED, policy.on_expired),
    key!("failure_ttl", DURATION, policy.failure_ttl),
    key!("stale_if_error", FLAG, policy.stale_if_error),
    key!("stale", DURATION, policy.stale),
    key!("refresh", DURATION, policy.refresh),
    key!("watch", FLAG, policy.watch),
    key!("tags", NAMES, tags),
    key!("max_output", SIZE, max_output),
    key!("max_stdin", SIZE, max_stdin),
    key!("timeout", DURATION, timeout),
    key!("env", PATTERNS, env),
    key!("env_exclude", PATTERNS, env_exclude),
    key!("any_dir", FLAG, any_dir),
    key!("input", PATHS, input),
    key!("input_mtime", PATHS, input_mtime),
    key!("input_args", FLAG, input_args),
    key!("program", PROGRAM, program),
    key!("scope", NAME, scope),
];

/// The keys of `[store]`.
pub(super) const STORE: &[Key<StoreSettings>] = &[
    key!("max_size", STORE_SIZE, max_size),
    key!("max_entries", COUNT, max_entries),
    key!("evict", EVICT, evict),
    key!("keep_expired", DURATION, keep_expired),
    key!(DIR_KEY, FOLDER, dir),
];

/// The keys of `[daemon]`.
pub(super) const DAEMON: &[Key<DaemonSettings>] = &[
    key!("jobs", COUNT, jobs),
    key!(TIMEOUT_KEY, DURATION, timeout),
    key!("refresh_unused_for", DURATION, refresh_unused_for),
];

/// A key of two sections.
const TIMEOUT_KEY: &str = "timeout";

/// The key that every `[[rule]]` has.
pub(super) const COMMAND_KEY: &str = "command";

/// The key of the cache folder.
pub(super) const DIR_KEY: &str = "dir";

/// The sections, by name, and how each is written.
pub(super) const SECTIONS: &[(&str, &str)] = &[
    ("store", "[store]"),
    ("daemon", "[daemon]"),
    ("defaults", "[defaults]"),
    ("rule", "[[rule]]"),
];

/// What may have been meant by a key that doesn't exist in `place`.
pub(super) fn key_hint(key: &str, place: Place) -> Hint {
    let belongs = if STORE.iter().any(|known| known.name == key) {
        Some("[store]")
    } else if key != TIMEOUT_KEY && DAEMON.iter().any(|known| known.name == key) {
        Some("[daemon]")
    } else if key == COMMAND_KEY {
        Some("[[rule]]")
    } else if SETTINGS.iter().any(|known| known.name == key) {
        Some("[defaults] or [[rule]]")
    } else {
        None
    };
    if let Some(place) = belongs {
        return Hint::Belongs(place);
    }
    let settings = SETTINGS.iter().map(|key| key.name);
    let store = STORE.iter().map(|key| key.name);
    let daemon = DAEMON.iter().map(|key| key.name);
    let near = match place {
        Place::Top => nearest(key, SECTIONS.iter().map(|(name, _)| *name)),
        Place::Store => nearest(key, store),
        Place::Daemon => nearest(key, daemon),
        Place::Defaults => nearest(key, settings),
        Place::Rule => nearest(key, settings.chain([COMMAND_KEY])),
    };
    near.map_or(Hint::None, |name| Hint::Nearest(format!("`{name}`")))
}

/// What may have been meant by a section that doesn't exist.
pub(super) fn section_hint(name: &str) -> Hint {
    let near = nearest(name, SECTIONS.iter().map(|(name, _)| *name));
    let written = SECTIONS.iter().find(|(name, _)| Some(*name) == near);
    written.map_or(Hint::None, |(_, written)| Hint::Nearest((*written).to_owned()))
}

fn fill<T: Clone>(field: &mut Option<T>, weaker: Option<&T>) -> bool {
    let fills = field.is_none() && weaker.is_some();
    if fills {
        *field = weaker.cloned();
    }
    fills
}
