//! The exit statuses that are omoide's own.

/// The command ran into its timeout.
pub(super) const TIMED_OUT: u8 = 124;
/// Our own error, or bad usage of the memoizing form.
pub const OWN_ERROR: u8 = 125;
/// The command was found, but can't be executed.
pub(super) const NOT_EXECUTABLE: u8 = 126;
/// The command wasn't found.
pub(super) const NOT_FOUND: u8 = 127;
/// A subcommand's 'no' or failure.
pub(super) const NO: u8 = 1;
/// Bad usage of a subcommand.
pub(super) const USAGE: u8 = 2;
