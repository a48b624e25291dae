//! Values that must be text. clap refuses others without a word on which of the options it was.

use std::ffi::OsString;
use std::os::unix::ffi::OsStrExt;

use clap::builder::{OsStringValueParser, TypedValueParser};

use crate::model::escape;

/// Reads a value of an option.
pub(super) fn text() -> impl TypedValueParser<Value = String> {
    OsStringValueParser::new().try_map(read)
}

fn read(value: OsString) -> Result<String, String> {
    value
        .into_string()
        .map_err(|value| format!("'{}' is not UTF-8", escape::bytes(value.as_bytes())))
}
