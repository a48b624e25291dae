//! The first few of many in an order, without keeping the others.

use std::collections::BinaryHeap;

/// Keeps the first in the order of their places.
pub(super) struct Best<P, T> {
    most: usize,
    /// The last of those kept on top.
    kept: BinaryHeap<Placed<P, T>>,
}

struct Placed<P, T> {
    place: P,
    value: T,
}

impl<P: Ord, T> Best<P, T> {
    /// Keeps so many at most.
    pub(super) fn new(most: usize) -> Best<P, T> {
        Best { most, kept: BinaryHeap::new() }
    }

    /// Whether something in this place would be kept.
    pub(super) fn wants(&self, place: &P) -> bool {
        self.kept.len() < self.most || self.kept.peek().is_some_and(|last| *place < last.place)
    }

    /// Keeps it, if it is among the first.
    pub(super) fn put(&mut self, place: P, value: T) {
        if self.wants(&place) {
            if self.kept.len() == self.most {
                self.kept.pop();
            }
            self.kept.push(Placed { place, value });
        }
    }

    /// What was kept, in order.
    pub(super) fn in_order(self) -> impl Iterator<Item = T> {
        self.kept.into_sorted_vec().into_iter().map(|placed| placed.value)
    }
}

impl<P: Ord, T> Ord for Placed<P, T> {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.place.cmp(&other.place)
    }
}

impl<P: Ord, T> PartialOrd for Placed<P, T> {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl<P: Ord, T> PartialEq for Placed<P, T> {
    fn eq(&self, other: &Self) -> bool {
        self.place == other.place
    }
}

impl<P: Ord, T> Eq for Placed<P, T> {}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn it_keeps_what_sorting_all_would_put_first(
            places in prop::collection::vec(any::<u8>(), 0..50),
            most in 0usize..20,
        ) {
            let mut best = Best::new(most);
            for &place in &places {
                best.put(place, u32::from(place) * 2);
                prop_assert!(best.kept.len() <= most);
            }
            let mut sorted = places;
            sorted.sort_unstable();
            sorted.truncate(most);
            let expected: Vec<u32> = sorted.into_iter().map(|place| u32::from(place) * 2).collect();
            prop_assert_eq!(best.in_order().collect::<Vec<_>>(), expected);
        }
    }
}
