//! The limits on resources and the nice value, as they are passed on to a command.

use rustix::process::{
    Resource, Rlimit, getpriority_process, getrlimit, setpriority_process, setrlimit,
};

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

/// Those of this process.
pub(super) fn current() -> Vec<Limit> {
    ALL.iter().map(|&resource| known(getrlimit(resource))).collect()
}

/// Sets them in this process, each as far as the kernel lets it: nobody can give more than they
/// have. Safe between fork and exec: system calls only.
pub(super) fn set(limits: &[Limit]) {
    for (&resource, &wanted) in ALL.iter().zip(limits) {
        let there = known(getrlimit(resource));
        if wanted != there && setrlimit(resource, told(wanted)).is_err() {
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

fn known(limit: Rlimit) -> Limit {
    Limit { soft: limit.current, hard: limit.maximum }
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
