//! What tests of the store share: a store in a folder of its own, and entries to put into it.

use std::time::Duration;

use tempfile::TempDir;

use super::{Entry, FlightInfo, Joined, Outcome, Recording, Store, layout};
use crate::model::entry::{Detail, Nonce, Slot, Stream, Streams};
use crate::model::inputs::Wanted;
use crate::model::key::{Key, PartDigest};
use crate::model::policy::Policy;
use crate::model::time::Stamp;

pub(super) const PATIENCE: Duration = Duration::from_secs(5);
pub(super) const SECOND: i64 = 1_000_000_000;

/// So many seconds after an arbitrary moment.
pub(super) fn at(seconds: i64) -> Stamp {
    // A record of a hit has no room for the last bits of the boot clock.
    Stamp::new((1_700_000_000 + seconds) * SECOND, ((5000 + seconds) * SECOND) & !0xffff)
}

pub(super) fn key(number: u32) -> Key {
    Key(*blake3::hash(&number.to_le_bytes()).as_bytes())
}

/// An entry to be.
#[derive(Clone, Debug)]
pub(super) struct Spec {
    pub(super) key: Key,
    pub(super) created: Stamp,
    pub(super) code: u8,
    pub(super) ran: Duration,
    pub(super) policy: Policy,
    pub(super) tags: Vec<&'static str>,
    pub(super) program: &'static str,
    pub(super) output: Vec<u8>,
    pub(super) parts: Vec<PartDigest>,
    pub(super) inputs: Wanted,
}

pub(super) fn spec(number: u32) -> Spec {
    Spec {
        key: key(number),
        created: at(i64::from(number)),
        code: 0,
        ran: Duration::from_secs(2),
        policy: Policy::default(),
        tags: Vec::new(),
        program: "/usr/bin/tool",
        output: format!("output {number}").into_bytes(),
        parts: Vec::new(),
        inputs: Wanted::default(),
    }
}

pub(super) struct Kit {
    pub(super) store: Store,
    /// Removed with the kit.
    _folder: TempDir,
}

impl Kit {
    pub(super) fn new() -> Kit {
        let folder = tempfile::tempdir().expect("a folder");
        let store = Store::prepare(&folder.path().join("cache")).expect("a store");
        Kit { store, _folder: folder }
    }

    pub(super) fn publish(&self, spec: &Spec) -> Nonce {
        let detail = Detail {
            command: vec![spec.program.as_bytes().to_vec(), b"argument".to_vec()],
            program: spec.program.as_bytes().to_vec(),
            cwd: b"/".to_vec(),
            scope: None,
            tags: spec.tags.iter().map(ToString::to_string).collect(),
            inputs: spec.inputs.clone(),
            stdin: None,
            parts: spec.parts.clone(),
        };
        let entry = Entry {
            key: spec.key,
            created: spec.created,
            ran: spec.ran,
            code: spec.code,
            streams: Streams::Split,
            policy: spec.policy.clone(),
            detail,
            recipe: None,
            stdin: None,
        };
        let joined = self.store.join(&spec.key, &FlightInfo::default(), None).expect("a flight");
        let Joined::Lead(flight) = joined else { panic!("somebody else leads") };
        let mut recording = Recording::new(&self.store, u64::MAX);
        recording.record(Stream::Out, &spec.output).expect("recorded");
        let published = self.store.publish(
            flight,
            recording,
            entry,
            super::Durability::Relaxed,
            super::Condition::None,
        );
        match published.expect("published") {
            Outcome::Stored(nonce) => nonce,
            Outcome::Revoked | Outcome::HandedDown => panic!("revoked"),
        }
    }

    pub(super) fn hit(&self, key: &Key, times: usize, last: Stamp) {
        for _ in 0..times {
            self.store.append_hit(key, last);
        }
    }

    pub(super) fn entry_bytes(&self, key: &Key, slot: Slot) -> Option<Vec<u8>> {
        self.store.read(&layout::entry(key, slot)).ok()
    }

    pub(super) fn pending(&self) -> Vec<String> {
        self.store.names(layout::PENDING).expect("a folder")
    }

    /// The catalog's keys after an ingest, sorted.
    pub(super) fn recorded(&self) -> Vec<Key> {
        self.store.with_catalog(PATIENCE, |shelf| shelf.recorded()).expect("the catalog")
    }
}

impl super::Shelf<'_> {
    pub(super) fn recorded(&self) -> Result<Vec<Key>, super::StoreError> {
        let keys: Result<Vec<Key>, _> = self.catalog.keys(&[]).collect();
        Ok(keys?)
    }
}

pub(super) fn sorted<const N: usize>(numbers: [u32; N]) -> Vec<Key> {
    let mut keys: Vec<Key> = numbers.into_iter().map(key).collect();
    keys.sort_unstable();
    keys
}

impl Store {
    /// Opens the catalog, takes in what has changed, and does `work` with it.
    pub(super) fn with_catalog<T>(
        &self,
        patience: Duration,
        mut work: impl FnMut(&mut super::Shelf<'_>) -> Result<T, super::StoreError>,
    ) -> Result<T, super::StoreError> {
        super::Shelf::open(self, patience)?.work(|shelf| {
            shelf.ingest()?;
            work(shelf)
        })
    }

    /// A client that opens the catalog itself.
    pub(super) fn client(&self, patience: Duration) -> super::CatalogClient<'_> {
        super::CatalogClient::new(move |request, progress| self.answer(request, patience, progress))
    }
}
