//! Waits for the end of a burst of changes. Pure: all times come in.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

/// How long nothing may change until a burst is over.
pub(super) const QUIET: Duration = Duration::from_millis(50);
/// How long a burst is waited for while it goes on.
pub(super) const LONGEST: Duration = Duration::from_secs(1);

/// Bursts that aren't over, one for each of `K`. Times are readings of one clock.
#[derive(Debug)]
pub(super) struct Debouncer<K> {
    bursts: BTreeMap<K, Burst>,
    ends: BTreeSet<(Duration, K)>,
}

#[derive(Clone, Copy, Debug)]
struct Burst {
    began: Duration,
    ends: Duration,
}

impl<K: Copy + Ord> Debouncer<K> {
    pub(super) fn new() -> Self {
        Self { bursts: BTreeMap::new(), ends: BTreeSet::new() }
    }

    /// Something has changed: begins a burst or goes on with it.
    pub(super) fn touch(&mut self, what: K, now: Duration) {
        let began = self.bursts.get(&what).map_or(now, |burst| burst.began);
        self.forget(what);
        let ends = (now + QUIET).min(began + LONGEST);
        self.bursts.insert(what, Burst { began, ends });
        self.ends.insert((ends, what));
    }

    pub(super) fn forget(&mut self, what: K) {
        if let Some(burst) = self.bursts.remove(&what) {
            self.ends.remove(&(burst.ends, what));
        }
    }

    /// Takes what has come to its end, the earliest first.
    pub(super) fn take_due(&mut self, now: Duration) -> Vec<K> {
        let mut due = Vec::new();
        while let Some(&(ends, what)) = self.ends.first()
            && ends <= now
        {
            self.forget(what);
            due.push(what);
        }
        due
    }

    /// When the next one ends.
    pub(super) fn next_end(&self) -> Option<Duration> {
        self.ends.first().map(|&(ends, _)| ends)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn ms(ms: u64) -> Duration {
        Duration::from_millis(ms)
    }

    /// When what has been touched at each of `touched` is given out, looked at every millisecond.
    fn given_out(touched: &[u64]) -> Vec<u64> {
        let mut debouncer = Debouncer::new();
        let mut given = Vec::new();
        for now in 0..=touched.iter().max().unwrap_or(&0) + 2_000 {
            for _ in touched.iter().filter(|&&at| at == now) {
                debouncer.touch('x', ms(now));
            }
            given.extend(debouncer.take_due(ms(now)).iter().map(|_| now));
        }
        assert_eq!(debouncer.next_end(), None, "nothing stays behind");
        given
    }

    #[test]
    fn a_burst_is_given_out_once_it_is_quiet_and_after_a_second_at_the_latest() {
        let steady: Vec<u64> = (0..=1_500).step_by(40).collect();
        let cases: [(&[u64], &[u64]); 7] = [
            (&[], &[]),
            (&[0], &[50]),
            (&[0, 49], &[99]),
            (&[0, 0, 0], &[50]),
            (&[0, 60], &[50, 110]),
            (&[0, 30, 60, 90], &[140]),
            // The change at 1,000 still belongs to the first burst, the one at 1,040 to the next.
            (&steady, &[1_000, 1_530]),
        ];
        for (touched, expected) in cases {
            assert_eq!(given_out(touched), expected, "{touched:?}");
        }
    }

    #[test]
    fn each_has_its_own_burst() {
        let mut debouncer = Debouncer::new();
        debouncer.touch('a', ms(0));
        debouncer.touch('b', ms(20));
        debouncer.touch('c', ms(20));
        debouncer.forget('c');
        assert_eq!(debouncer.next_end(), Some(ms(50)));
        assert_eq!(debouncer.take_due(ms(49)), []);
        assert_eq!(debouncer.take_due(ms(50)), ['a']);
        assert_eq!(debouncer.next_end(), Some(ms(70)));
        assert_eq!(debouncer.take_due(ms(500)), ['b']);
        assert_eq!(debouncer.next_end(), None);
    }

    proptest! {
        #[test]
        fn no_change_waits_for_longer_than_a_second_or_goes_unseen(
            touched in prop::collection::vec(0_u64..4_000, 1..60),
        ) {
            let given = given_out(&touched);
            for &at in &touched {
                let next = given.iter().find(|&&given| given >= at);
                prop_assert!(next.is_some_and(|&given| given <= at + 1_000), "{at}: {given:?}");
            }
            prop_assert!(given.len() <= touched.len());
        }
    }
}
