//! The limits on resources and the nice value, as they are passed on to a command.

use rustix::process::{Resource, Rlimit, getpriority_process, setpriority_process, setrlimit};

use crate::model::heritage::Limit;

/// Every one that Linux has, in the order in which they are kept.
const ALL: [Resource; 16] = [
    Resource::Cpu,
    Resource::Fsize,
    Resource::Data,
    Resource::Stack,
    Resource::Core,
    Resource::Rss,
    Resource::Nproc,
    Resource::Nofile,
    Resource::Memlock,
    Resource::As,
    Resource::Locks,
    Resource::Sigpending,
    Resource::Msgqueue,
    Resource::Nice,
    Resource::Rtprio,
    Resource::Rttime,
];

/// Those of this process; none where they can't be read.
pub(super) fn current() -> Vec<Limit> {
    ALL.iter().map(|&resource| read(resource)).collect::<Option<Vec<Limit>>>().unwrap_or_default()
}

/// Sets them in this process, each as far as the kernel lets it: nobody can give more than they
/// have. Safe between fork and exec: system calls only.
pub(super) fn set(limits: &[Limit]) {
    for (&resource, &wanted) in ALL.iter().zip(limits) {
        let there = read(resource);
        if there != Some(wanted)
            && setrlimit(resource, told(wanted)).is_err()
            && let Some(there) = there
        {
            let _ = setrlimit(resource, told(within(wanted, there.hard)));
        }
    }
}

/// The nice value of this process.
pub(super) fn nice() -> i32 {
    getpriority_process(None).unwrap_or(0)
}

/// Sets it, if the kernel allows it. Safe between fork and exec.
pub(super) fn set_nice(wanted: i32) {
    if nice() != wanted {
        let _ = setpriority_process(None, wanted);
    }
}

/// A limit of this process, unless the kernel doesn't tell it.
#[expect(unsafe_code, reason = "getrlimit, which rustix takes to be infallible")]
fn read(resource: Resource) -> Option<Limit> {
    let mut limit = libc::rlimit { rlim_cur: 0, rlim_max: 0 };
    // SAFETY: the kernel writes one limit.
    let done = unsafe { libc::getrlimit(resource as _, &raw mut limit) };
    let finite = |value: libc::rlim_t| (value != libc::RLIM_INFINITY).then_some(value);
    (done == 0).then(|| Limit { soft: finite(limit.rlim_cur), hard: finite(limit.rlim_max) })
}

fn told(limit: Limit) -> Rlimit {
    Rlimit { current: limit.soft, maximum: limit.hard }
}

/// The nearest to a limit that needn't raise the hard one.
fn within(wanted: Limit, hard: Option<u64>) -> Limit {
    let least = |limit: Option<u64>| [limit, hard].into_iter().flatten().min();
    Limit { soft: least(wanted.soft), hard: least(wanted.hard) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_can_not_be_raised_is_kept_within_what_there_is() {
        let limit = |soft, hard| Limit { soft, hard };
        for (wanted, hard, expected) in [
            (limit(None, None), Some(5), limit(Some(5), Some(5))),
            (limit(Some(3), None), Some(5), limit(Some(3), Some(5))),
            (limit(Some(3), Some(4)), Some(5), limit(Some(3), Some(4))),
            (limit(Some(8), Some(9)), Some(5), limit(Some(5), Some(5))),
            (limit(Some(8), None), None, limit(Some(8), None)),
        ] {
            assert_eq!(within(wanted, hard), expected, "{wanted:?} within {hard:?}");
        }
    }

    #[test]
    fn all_of_them_are_read() {
        assert_eq!(current().len(), ALL.len());
    }
}
