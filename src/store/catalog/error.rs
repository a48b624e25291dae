//! What can go wrong with the catalog.

use std::io;

use super::super::error::StoreError;
use super::super::layout;

/// Why the catalog doesn't answer.
#[derive(Debug, thiserror::Error)]
pub(in crate::store) enum CatalogError {
    /// It is proven to be damaged: it is rebuilt from the entries.
    #[error("it is damaged: {0}")]
    Corrupt(String),
    /// Another process has it open.
    #[error("another process has it open")]
    Busy,
    /// A later version of omoide wrote it: it is left alone.
    #[error("a newer omoide wrote it")]
    Newer,
    /// There is no thread or no memory for it; nothing has begun.
    #[error("{0}")]
    Starved(String),
    /// It doesn't come to an end with what it has begun: see [`Worker`](super::worker::Worker).
    #[error("it takes too long; no thread can be started, or the disk doesn't answer")]
    Stuck,
    /// The kernel refused something: nothing is known about its content.
    #[error("{0}")]
    Io(#[from] io::Error),
}

impl From<CatalogError> for StoreError {
    fn from(error: CatalogError) -> StoreError {
        let text = error.to_string();
        let source = match error {
            CatalogError::Newer => return StoreError::newer(layout::CATALOG, &text),
            CatalogError::Starved(_) => return StoreError::starved(layout::CATALOG, &text),
            CatalogError::Stuck => return StoreError::stuck(layout::CATALOG, &text),
            CatalogError::Io(source) => source,
            CatalogError::Busy => io::Error::new(io::ErrorKind::WouldBlock, text),
            CatalogError::Corrupt(_) => io::Error::other(text),
        };
        StoreError::new("use", layout::CATALOG, source)
    }
}
