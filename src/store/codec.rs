//! Bytes of persisted values; the only file that names bincode.
//!
//! Every value is encoded with bincode's standard configuration. The format version stands in
//! front of them, in the file or record that holds them, and changes with any of these types.

use bincode::config::{Configuration, standard};
use bincode::serde::{decode_from_slice, encode_to_vec};
use serde::Serialize;
use serde::de::DeserializeOwned;

const CONFIG: Configuration = standard();

/// Encodes a value.
///
/// # Panics
/// Never: all types of ours can be encoded.
#[must_use]
pub fn encode<T: Serialize>(value: &T) -> Vec<u8> {
    // Encoding into memory fails only for types that bincode can't represent, none of ours.
    encode_to_vec(value, CONFIG).expect("our types can be encoded")
}

/// Decodes a value that takes up all of `bytes`; `None` if they hold anything else.
///
/// The slice bounds what can be claimed: a length larger than what is left ends decoding.
#[must_use]
pub fn decode<T: DeserializeOwned>(bytes: &[u8]) -> Option<T> {
    match decode_from_slice(bytes, CONFIG) {
        Ok((value, used)) if used == bytes.len() => Some(value),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::model::entry::{Detail, Head};

    #[test]
    fn bytes_left_over_are_no_value() {
        assert_eq!(decode::<u8>(&[7]), Some(7));
        assert_eq!(decode::<u8>(&[7, 7]), None);
        assert_eq!(decode::<u8>(&[]), None);
    }

    proptest! {
        #[test]
        fn garbage_never_panics_or_exhausts_memory(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            let _ = decode::<Head>(&bytes);
            let _ = decode::<Detail>(&bytes);
        }
    }
}
