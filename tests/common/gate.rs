//! Gates: a script says that it has arrived, and waits until the test lets it go on.

use std::fs::File;
use std::io::{Read, Write};
use std::path::{Path, PathBuf};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fs::{CWD, FileType, Mode, mknodat};

/// Two fifos, both held open, so that neither side ever waits for the other to open one.
pub(crate) struct Gate {
    arrivals: (PathBuf, File),
    releases: (PathBuf, File),
}

impl Gate {
    pub(super) fn new(folder: &Path, name: &str) -> Gate {
        Gate {
            arrivals: fifo(folder.join(format!("{name}.arrivals"))),
            releases: fifo(folder.join(format!("{name}.releases"))),
        }
    }

    /// A line of shell that says it is here and waits to be released.
    pub(crate) fn pass(&self) -> String {
        format!("{}; {}", self.announce(), self.wait())
    }

    /// A line of shell that says it is here.
    pub(crate) fn announce(&self) -> String {
        format!("echo >'{}'", self.arrivals.0.display())
    }

    /// A line of shell that waits to be released.
    pub(crate) fn wait(&self) -> String {
        format!("read _ <'{}'", self.releases.0.display())
    }

    /// Waits until a script says that it is here.
    #[track_caller]
    pub(crate) fn arrived(&self) {
        const LONGEST: Timespec = Timespec { tv_sec: 60, tv_nsec: 0 };
        let mut arrivals = &self.arrivals.1;
        let mut polled = [PollFd::new(&arrivals, PollFlags::IN)];
        assert_eq!(poll(&mut polled, Some(&LONGEST)), Ok(1), "nobody arrives");
        arrivals.read_exact(&mut [0]).expect("to read it");
    }

    /// Whether a script has said that it is here since the last one.
    pub(crate) fn somebody_arrived(&self) -> bool {
        const AT_ONCE: Timespec = Timespec { tv_sec: 0, tv_nsec: 0 };
        let mut polled = [PollFd::new(&self.arrivals.1, PollFlags::IN)];
        poll(&mut polled, Some(&AT_ONCE)) == Ok(1)
    }

    /// Lets one script go on, now or when it comes.
    pub(crate) fn release(&self) {
        (&self.releases.1).write_all(b"\n").expect("to write it");
    }
}

fn fifo(path: PathBuf) -> (PathBuf, File) {
    // No process is started for it: one that comes while another test writes a program would hold
    // that open, and the kernel refuse to execute it.
    mknodat(CWD, &path, FileType::Fifo, Mode::RUSR | Mode::WUSR, 0).expect("a fifo");
    let file = File::options().read(true).write(true).open(&path).expect("a fifo");
    (path, file)
}
