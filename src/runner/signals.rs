//! What becomes of the signals that are sent to us while the command runs.
//!
//! The command is in our process group, so what the terminal sends reaches it by itself. The
//! signals that stop and continue (TSTP, TTIN, TTOU, CONT) keep their effect on us: we stop with
//! the group.

use rustix::process::Pid;

use crate::sys::process::{Group, group_of, own_group};
use crate::sys::signal::{Caught, Dispositions, Notice, Sender, is_ignored};

/// The signals that end a process and that people and programs send.
const CAUGHT: [i32; 6] =
    [libc::SIGTERM, libc::SIGHUP, libc::SIGUSR1, libc::SIGUSR2, libc::SIGINT, libc::SIGQUIT];

/// Those of the terminal's keys.
const KEYS: [i32; 2] = [libc::SIGINT, libc::SIGQUIT];

/// What to do about a signal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// The command gets it from us.
    Forward,
    /// The command has it already.
    Leave,
    /// It was sent from inside our process group, to us or to the whole of it (`kill 0`): that
    /// can't be told apart. The command gets it from us if it is still there a moment later.
    ForwardLater,
}

/// What is to be handed on, SIGCHLD too. What the caller has ignored stays ignored, by us and by the
/// command.
pub(super) fn handed_on() -> Vec<i32> {
    let heeded = CAUGHT.into_iter().filter(|&signal| !is_ignored(signal));
    heeded.chain([libc::SIGCHLD]).collect()
}

/// The signals, caught until this value is dropped.
pub(super) struct Signals {
    // Dropped first: a signal that arrives from then on has its usual effect. Where signals can't
    // be read, they have that all the time.
    pub(super) caught: Option<Caught>,
    _dispositions: Dispositions,
}

impl Signals {
    /// Catches what is to be handed on, SIGCHLD too; ignores what a write can cause.
    pub(super) fn catch() -> Self {
        let caught = handed_on();
        // A child can't be waited for while SIGCHLD is ignored.
        let dispositions = Dispositions::change(&[libc::SIGPIPE, libc::SIGXFSZ], &[libc::SIGCHLD]);
        Self { caught: Caught::catch(&caught).ok(), _dispositions: dispositions }
    }
}

/// What to do about a signal that has arrived.
pub(super) fn judge(notice: Notice) -> Verdict {
    judge_by(notice, own_group(), group_of)
}

fn judge_by(notice: Notice, ours: Group, group: impl Fn(Pid) -> Option<Group>) -> Verdict {
    if !KEYS.contains(&notice.signal) {
        return Verdict::Forward;
    }
    match notice.sender {
        Sender::Kernel => Verdict::Leave,
        // One that can't be seen or has gone is taken for an outsider.
        Sender::Process(Some(sender)) if group(sender) == Some(ours) => Verdict::ForwardLater,
        Sender::Process(_) => Verdict::Forward,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pid(raw: i32) -> Pid {
        Pid::from_raw(raw).expect("not zero")
    }

    #[test]
    fn who_sent_it_decides_for_the_keys_alone() {
        let outsider = Sender::Process(Some(pid(20)));
        let insider = Sender::Process(Some(pid(11)));
        let vanished = Sender::Process(Some(pid(30)));
        let unseen = Sender::Process(None);
        let table = [
            (libc::SIGINT, Sender::Kernel, Verdict::Leave),
            (libc::SIGQUIT, Sender::Kernel, Verdict::Leave),
            (libc::SIGINT, outsider, Verdict::Forward),
            (libc::SIGINT, vanished, Verdict::Forward),
            (libc::SIGINT, unseen, Verdict::Forward),
            (libc::SIGQUIT, insider, Verdict::ForwardLater),
            (libc::SIGHUP, Sender::Kernel, Verdict::Forward),
            (libc::SIGTERM, insider, Verdict::Forward),
            (libc::SIGUSR1, outsider, Verdict::Forward),
        ];
        let group = |sender: Pid| match sender.as_raw_nonzero().get() {
            10..20 => Some(Group(10)),
            20..30 => Some(Group(20)),
            _ => None,
        };
        for (signal, sender, verdict) in table {
            let notice = Notice { signal, sender };
            assert_eq!(judge_by(notice, Group(10), group), verdict, "{notice:?}");
        }
    }
}
