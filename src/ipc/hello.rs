//! The greeting: who is there, how new, and whether the other one is to leave.
//!
//! Its layout never changes, only grows at its end, so that builds of any age understand each
//! other that far:
//!
//! ```text
//! offset  bytes
//!      0     12  the package's version, three numbers
//!     12      8  when the program's file was modified, nanoseconds since 1970
//!     20      4  process id
//!     24      1  't' talk, 's' stop, 'r' make place for the program named behind this
//!     25         a path, for 'r'
//! ```

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use super::build::Build;
use super::frame;

/// The version of the messages. A change to any of their types changes it.
pub(super) const PROTOCOL: u16 = 2;

const FIXED: usize = 25;

/// What one side says first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hello {
    /// The version of the messages it understands.
    pub protocol: u16,
    /// What it runs.
    pub build: Build,
    /// Its process id, as it sees it.
    pub pid: u32,
    /// What it wants.
    pub intent: Intent,
}

/// What a client wants.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Intent {
    /// To talk. The daemon answers a greeting with this, too.
    Talk,
    /// That the daemon stops.
    Stop,
    /// That the daemon makes place for a newer program: its path.
    Replace(PathBuf),
}

impl Hello {
    /// That of this process.
    #[must_use]
    pub fn own(intent: Intent) -> Hello {
        Hello { protocol: PROTOCOL, build: Build::own(), pid: std::process::id(), intent }
    }

    /// Whether both understand the same messages.
    #[must_use]
    pub fn speaks_ours(&self) -> bool {
        self.protocol == PROTOCOL
    }

    /// Its frame.
    #[must_use]
    pub fn frame(&self) -> Vec<u8> {
        let mut content = Vec::with_capacity(FIXED);
        self.build.version.iter().for_each(|part| content.extend(part.to_le_bytes()));
        content.extend(self.build.modified.to_le_bytes());
        content.extend(self.pid.to_le_bytes());
        let (intent, path) = match &self.intent {
            Intent::Talk => (b't', Path::new("")),
            Intent::Stop => (b's', Path::new("")),
            Intent::Replace(path) => (b'r', path.as_path()),
        };
        content.push(intent);
        content.extend(path.as_os_str().as_bytes());
        frame::greeting(&content)
    }

    /// What a frame says; `None` if it is none.
    #[must_use]
    pub fn parse(protocol: u16, content: &[u8]) -> Option<Hello> {
        let (fixed, rest) = content.split_first_chunk::<FIXED>()?;
        let number = |at: usize| {
            fixed.get(at..at + 4).and_then(|bytes| bytes.try_into().ok()).map(u32::from_le_bytes)
        };
        let version = [number(0)?, number(4)?, number(8)?];
        let modified = i64::from_le_bytes(fixed[12..20].try_into().ok()?);
        let intent = match fixed[24] {
            b's' => Intent::Stop,
            b'r' => Intent::Replace(PathBuf::from(OsStr::from_bytes(rest))),
            _ => Intent::Talk,
        };
        Some(Hello { protocol, build: Build { version, modified }, pid: number(20)?, intent })
    }
}

#[cfg(test)]
mod tests {
    use super::super::frame::{Inbox, Incoming};
    use super::*;

    #[test]
    fn a_greeting_is_read_back() {
        for intent in [Intent::Talk, Intent::Stop, Intent::Replace(PathBuf::from("/bin/new"))] {
            let hello = Hello::own(intent);
            let mut inbox = Inbox::new(100);
            inbox.feed(&hello.frame());
            let Ok(Some(Incoming::Hello(protocol, content))) = inbox.take() else {
                panic!("no greeting")
            };
            assert_eq!(Hello::parse(protocol, &content), Some(hello));
        }
    }

    #[test]
    fn a_longer_one_is_understood_and_a_shorter_one_is_none() {
        let frame = Hello::own(Intent::Talk).frame();
        let content = &frame[12..];
        let longer = [content, b"what a later version adds"].concat();
        assert_eq!(Hello::parse(9, &longer).map(|hello| hello.intent), Some(Intent::Talk));
        assert_eq!(Hello::parse(PROTOCOL, &content[..content.len() - 1]), None);
    }
}
