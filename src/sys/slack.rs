//! How late the kernel may end a wait that has a time limit: a thread's timer slack. See
//! `prctl(2)`, `PR_SET_TIMERSLACK`.

#[cfg(target_os = "linux")]
use std::num::NonZeroU64;

/// Longer than any machine is awake; far from what the kernel's sums can't hold.
#[cfg(target_os = "linux")]
const ENDLESS: NonZeroU64 = NonZeroU64::new(1 << 60).unwrap();

/// Runs `work` with waits that have no time limit to speak of, in this thread while it lasts, and
/// for good in each thread that is started meanwhile: they have the slack of who starts them. Who
/// is woken by another thread is woken as before.
///
/// Where the kernel knows nothing of this it changes nothing.
pub fn without_limits<T>(work: impl FnOnce() -> T) -> T {
    let _restored = Restored::begin();
    work()
}

/// Gives the thread its slack back, also if `work` panics.
struct Restored {
    #[cfg(target_os = "linux")]
    before: Option<NonZeroU64>,
}

#[cfg(target_os = "linux")]
impl Restored {
    fn begin() -> Restored {
        let before = rustix::thread::current_timer_slack().ok().and_then(NonZeroU64::new);
        if before.is_some() {
            let _ = rustix::thread::set_current_timer_slack(Some(ENDLESS));
        }
        Restored { before }
    }
}

#[cfg(target_os = "linux")]
impl Drop for Restored {
    fn drop(&mut self) {
        if self.before.is_some() {
            let _ = rustix::thread::set_current_timer_slack(self.before);
        }
    }
}

#[cfg(not(target_os = "linux"))]
impl Restored {
    fn begin() -> Restored {
        Restored {}
    }
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    /// As `/proc` says it: what `prctl` returns is cut to 32 bits.
    fn slack() -> Option<u64> {
        let thread = rustix::thread::gettid().as_raw_pid();
        let said = std::fs::read_to_string(format!("/proc/{thread}/timerslack_ns"));
        said.ok()?.trim().parse().ok()
    }

    #[test]
    fn threads_that_start_meanwhile_keep_it_and_the_others_do_not() {
        let before = slack().expect("a slack");
        let (go, gone) = std::sync::mpsc::channel::<()>();
        let started = without_limits(|| {
            assert_eq!(slack(), Some(ENDLESS.get()));
            std::thread::spawn(move || {
                // Not before whoever started it has its own back.
                let _ = gone.recv();
                slack()
            })
        });
        assert_eq!(slack(), Some(before));
        drop(go);
        assert_eq!(started.join().expect("no panic"), Some(ENDLESS.get()));
        let panicked = std::panic::catch_unwind(|| without_limits(|| panic!("as sled may")));
        assert!(panicked.is_err());
        assert_eq!(slack(), Some(before));
    }
}
