//! Keeps the folders observed that points need, whatever happens to them, and says whose points
//! have changed.
//!
//! A point that something structural has happened to is armed anew ([`arm`]), which is all that
//! ever has to be done.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::backend::Backend;
use super::debounce::{Debouncer, LONGEST};
use super::folders::{Folders, Interest, PointId};
use super::inbox::{Change, Changes};
use super::poll::Polled;
use crate::inputs::WatchPoint;

mod arm;

/// Who is told of a point's changes.
pub(super) trait Subscriber: Copy + Ord {}
impl<T: Copy + Ord> Subscriber for T {}

/// The points and what is observed for them.
pub(super) struct Engine<B, S> {
    folders: Folders<B>,
    points: BTreeMap<PointId, Point<S>>,
    by_place: HashMap<WatchPoint, PointId>,
    by_subscriber: BTreeMap<S, BTreeSet<PointId>>,
    /// To be armed, or armed anew.
    unarmed: BTreeSet<PointId>,
    polled: BTreeSet<PointId>,
    /// Points that have changed, until they are quiet.
    bursts: Debouncer<PointId>,
    /// Who has got a point that was observed already: it may have changed before.
    fresh: BTreeSet<S>,
    /// When to begin from nothing, because changes went unseen.
    start_over_at: Option<Duration>,
    may_start_over: Duration,
    last_id: PointId,
    revision: u64,
}

struct Point<S> {
    place: WatchPoint,
    subscribers: BTreeSet<S>,
    /// The names on the way, and the folder at its end unless it is a tree.
    way: BTreeSet<(PathBuf, Interest)>,
    /// The top of its tree.
    tree: Option<PathBuf>,
    /// Folders of the tree that are still to be taken on.
    ahead: Vec<PathBuf>,
    /// Folders of the tree that are observed by another path than the tree's.
    elsewhere: BTreeSet<PathBuf>,
    polled: Option<Polled>,
}

impl<B: Backend, S: Subscriber> Engine<B, S> {
    pub(super) fn new(backend: B) -> Self {
        Self {
            folders: Folders::new(backend),
            points: BTreeMap::new(),
            by_place: HashMap::new(),
            by_subscriber: BTreeMap::new(),
            unarmed: BTreeSet::new(),
            polled: BTreeSet::new(),
            bursts: Debouncer::new(),
            fresh: BTreeSet::new(),
            start_over_at: None,
            may_start_over: Duration::ZERO,
            last_id: 0,
            revision: 0,
        }
    }

    /// Makes these a subscriber's points, instead of those it had. It is told of a change once
    /// each that is new to it is armed.
    pub(super) fn watch(&mut self, subscriber: S, places: Vec<WatchPoint>) {
        self.revision += 1;
        let mut points = BTreeSet::new();
        for place in places {
            let id = self.point(place);
            if let Some(point) = self.points.get_mut(&id)
                && point.subscribers.insert(subscriber)
                && !self.unarmed.contains(&id)
            {
                self.fresh.insert(subscriber);
            }
            points.insert(id);
        }
        let old = self.by_subscriber.remove(&subscriber).unwrap_or_default();
        for id in old.difference(&points) {
            self.unsubscribe(*id, subscriber);
        }
        if !points.is_empty() {
            self.by_subscriber.insert(subscriber, points);
        }
    }

    pub(super) fn unwatch(&mut self, subscriber: S) {
        self.revision += 1;
        for id in self.by_subscriber.remove(&subscriber).unwrap_or_default() {
            self.unsubscribe(id, subscriber);
        }
        self.fresh.remove(&subscriber);
    }

    fn point(&mut self, place: WatchPoint) -> PointId {
        if let Some(&id) = self.by_place.get(&place) {
            return id;
        }
        self.last_id += 1;
        let id = self.last_id;
        self.by_place.insert(place.clone(), id);
        self.points.insert(id, Point::new(place));
        self.unarmed.insert(id);
        id
    }

    fn unsubscribe(&mut self, id: PointId, subscriber: S) {
        let Some(point) = self.points.get_mut(&id) else { return };
        point.subscribers.remove(&subscriber);
        if point.subscribers.is_empty() {
            self.release(id);
            self.unarmed.remove(&id);
            self.polled.remove(&id);
            self.bursts.forget(id);
            if let Some(point) = self.points.remove(&id) {
                self.by_place.remove(&point.place);
            }
        }
    }

    /// Takes in what has changed, goes on arming, looks at what is due, and says who is concerned
    /// by changes that have come to an end.
    pub(super) fn turn(&mut self, changes: Changes, now: Duration) -> BTreeSet<S> {
        if changes.is_incomplete {
            // Under a storm of changes, beginning anew each time would only add to it.
            self.start_over_at = Some(now.max(self.may_start_over));
        }
        if self.start_over_at.is_some_and(|at| at <= now) {
            self.start_over(now);
        }
        for (path, change) in changes.at {
            self.take_in(&path, change, now);
        }
        self.look(now);
        self.arm_some(now);
        let mut concerned = std::mem::take(&mut self.fresh);
        for id in self.bursts.take_due(now) {
            concerned.extend(self.points.get(&id).into_iter().flat_map(|point| &point.subscribers));
        }
        concerned
    }

    /// When to be called next, even if nothing changes by then.
    pub(super) fn next_turn(&self) -> Option<Duration> {
        if !self.unarmed.is_empty() || !self.fresh.is_empty() {
            return Some(Duration::ZERO);
        }
        let polled = self.polled.iter().filter_map(|id| self.points.get(id)?.polled);
        let next = polled.map(|polled| polled.next()).min();
        next.into_iter().chain(self.bursts.next_end()).chain(self.start_over_at).min()
    }

    /// How many points are observed and how many are looked at again and again, of those that
    /// anybody has to whom `counts` applies; and how many folders are observed for all.
    pub(super) fn counts(&self, counts: impl Fn(&S) -> bool) -> (usize, usize, usize) {
        let points = self.points.values().filter(|point| point.subscribers.iter().any(&counts));
        let (polled, watched): (Vec<_>, Vec<_>) = points.partition(|point| point.polled.is_some());
        (watched.len(), polled.len(), self.folders.len())
    }

    /// Goes up whenever [`Engine::counts`] may have changed.
    pub(super) fn revision(&self) -> u64 {
        self.revision
    }

    fn start_over(&mut self, now: Duration) {
        self.start_over_at = None;
        self.may_start_over = now + LONGEST;
        self.folders.start_over();
        for (&id, point) in &mut self.points {
            point.way.clear();
            point.tree = None;
            point.ahead.clear();
            point.elsewhere.clear();
            self.unarmed.insert(id);
            self.bursts.touch(id, now);
        }
    }

    fn take_in(&mut self, path: &Path, change: Change, now: Duration) {
        let mut touched = BTreeSet::new();
        if change.vanished || (change.appeared && self.folders.is_replaced(path)) {
            for id in self.folders.forget(path) {
                self.arm_anew(id, path);
                touched.insert(id);
            }
        }
        // The folder itself. Names in it are told of by their own paths.
        let its_own = self.folders.interests(path).iter();
        let is_whole = |interest: &Interest| !matches!(interest, Interest::Name(_));
        touched.extend(its_own.filter(|(_, interest)| is_whole(interest)).map(|&(id, _)| id));
        if let (Some(folder), Some(name)) = (path.parent(), path.file_name()) {
            for (id, interest) in self.folders.interests(folder) {
                if !interest.matters(name, change.is_structural()) {
                    continue;
                }
                touched.insert(*id);
                if !change.is_structural() {
                    continue;
                }
                if matches!(interest, Interest::Name(_)) {
                    self.unarmed.insert(*id);
                } else if interest.takes_in(name)
                    && let Some(point) = self.points.get_mut(id)
                {
                    point.ahead.push(path.to_owned());
                    self.unarmed.insert(*id);
                }
            }
        }
        for id in touched {
            self.bursts.touch(id, now);
        }
    }

    /// A folder isn't observed for a point any more.
    fn arm_anew(&mut self, id: PointId, path: &Path) {
        self.unarmed.insert(id);
        let elsewhere = self.points.get(&id).map(|point| &point.elsewhere);
        if elsewhere.is_some_and(|elsewhere| elsewhere.iter().any(|at| at.starts_with(path))) {
            // Where in the tree it was isn't known: through all of it again.
            self.release(id);
        }
    }

    fn look(&mut self, now: Duration) {
        for id in self.polled.clone() {
            let Some(point) = self.points.get_mut(&id) else { continue };
            let Some(polled) = &mut point.polled else { continue };
            if polled.look_at <= now && polled.look(&point.place, now) {
                self.bursts.touch(id, now);
            }
            if polled.retry_at <= now {
                self.unarmed.insert(id);
            }
        }
    }
}

impl<S: Subscriber> Point<S> {
    fn new(place: WatchPoint) -> Self {
        Self {
            place,
            subscribers: BTreeSet::new(),
            way: BTreeSet::new(),
            tree: None,
            ahead: Vec::new(),
            elsewhere: BTreeSet::new(),
            polled: None,
        }
    }
}

#[cfg(test)]
impl<B: Backend, S: Subscriber> Engine<B, S> {
    /// The folders that are observed.
    pub(super) fn observed(&self) -> impl Iterator<Item = &Path> {
        self.folders.paths()
    }
}

#[cfg(test)]
mod tests;
