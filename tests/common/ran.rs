//! What a call said and how it ended, compared exactly.

use std::fmt;
use std::os::unix::process::ExitStatusExt;
use std::process::ExitStatus;

/// A call that has ended.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Ran {
    pub(crate) out: Vec<u8>,
    pub(crate) err: Vec<u8>,
    pub(crate) status: ExitStatus,
}

impl Ran {
    /// It said this on standard output, nothing on standard error, and ended well.
    #[track_caller]
    pub(crate) fn prints(&self, out: impl AsRef<[u8]>) {
        self.is(out, "", 0);
    }

    /// It said nothing on standard output, this on standard error, and ended with this status.
    #[track_caller]
    pub(crate) fn fails(&self, code: i32, err: impl AsRef<[u8]>) {
        self.is("", err, code);
    }

    #[track_caller]
    pub(crate) fn is(&self, out: impl AsRef<[u8]>, err: impl AsRef<[u8]>, code: i32) {
        let status = ExitStatus::from_raw(code << 8);
        self.same_as(&Ran { out: out.as_ref().to_vec(), err: err.as_ref().to_vec(), status });
    }

    /// It died of this signal, after it had said this on standard output.
    #[track_caller]
    pub(crate) fn died_of(&self, signal: i32, out: impl AsRef<[u8]>) {
        let status = ExitStatus::from_raw(signal);
        self.same_as(&Ran { out: out.as_ref().to_vec(), err: Vec::new(), status });
    }

    /// It died of this signal, whatever was said.
    #[track_caller]
    pub(crate) fn ended_by(&self, signal: i32) {
        assert_eq!(self.status.signal(), Some(signal), "{self:?}");
    }

    #[track_caller]
    pub(crate) fn same_as(&self, expected: &Ran) {
        assert!(self == expected, "\n   found {self:?}\nexpected {expected:?}");
    }

    pub(crate) fn out_text(&self) -> String {
        String::from_utf8_lossy(&self.out).into_owned()
    }

    pub(crate) fn err_text(&self) -> String {
        String::from_utf8_lossy(&self.err).into_owned()
    }

    /// One line, which begins with our name, is all that was said on standard error.
    #[track_caller]
    pub(crate) fn warned_once(&self) {
        let err = self.err_text();
        let is_one_line = err.ends_with('\n') && err.lines().count() == 1;
        assert!(is_one_line && err.starts_with("omoide: "), "one line: {self:?}");
    }

    /// Standard output as JSON.
    #[track_caller]
    pub(crate) fn json(&self) -> serde_json::Value {
        serde_json::from_slice(&self.out).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }
}

impl fmt::Debug for Ran {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Ran")
            .field("out", &Shown(&self.out))
            .field("err", &Shown(&self.err))
            .field("status", &self.status)
            .finish()
    }
}

/// Bytes as text; the middle of many is left out.
struct Shown<'a>(&'a [u8]);

impl fmt::Debug for Shown<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const MOST: usize = 1000;
        let (start, end) = match self.0.len() {
            0..MOST => (self.0, &[][..]),
            len => (&self.0[..MOST / 2], &self.0[len - MOST / 2..]),
        };
        write!(f, "{} bytes \"{}", self.0.len(), start.escape_ascii())?;
        if !end.is_empty() {
            write!(f, " … {}", end.escape_ascii())?;
        }
        f.write_str("\"")
    }
}
