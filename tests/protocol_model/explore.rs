//! Breadth-first search over every interleaving and every kill, so that the first violation found
//! comes with a shortest trace.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};

use crate::edit::Protocol;
use crate::machine::step;
use crate::process::Who;
use crate::property::{Property, broken, broken_at_end};
use crate::scenario::{KILLS, Scenario};
use crate::trace::{Violation, tell};
use crate::world::World;

/// What one process does next, or has done to it.
#[derive(Clone, Copy)]
pub(crate) enum Move {
    Step(Who),
    Kill(Who),
}

/// All that was found, up to the first violation.
pub(crate) struct Exploration {
    pub(crate) states: Vec<World>,
    /// In how many of them everybody has ended.
    pub(crate) ends: usize,
    pub(crate) violation: Option<Violation>,
}

/// A way from one state to another.
#[derive(Clone, Copy)]
struct Edge {
    from: usize,
    to: usize,
    made: Move,
}

pub(crate) fn explore(scenario: &Scenario, protocol: &Protocol) -> Exploration {
    let mut search = Search {
        scenario,
        protocol,
        numbers: HashMap::default(),
        states: Vec::new(),
        first: Vec::new(),
        steps: Vec::new(),
        ends: 0,
    };
    search.number(scenario.beginning(), None);
    let violation = search.run();
    Exploration { states: search.states, ends: search.ends, violation }
}

struct Search<'a> {
    scenario: &'a Scenario,
    protocol: &'a Protocol,
    numbers: HashMap<World, usize, BuildHasherDefault<Mixer>>,
    states: Vec<World>,
    /// How each state was reached first.
    first: Vec<Option<(usize, Move)>>,
    /// Every step, kills left out, in the order of the states they start from.
    steps: Vec<Edge>,
    ends: usize,
}

impl Search<'_> {
    fn run(&mut self) -> Option<Violation> {
        let mut current = 0;
        while let Some(&world) = self.states.get(current) {
            let moved = self.expand(current, &world);
            if let Some(property) = self.broken(&world, moved) {
                return Some(self.violation(property, current, &[]));
            }
            current += 1;
        }
        let circle = circle(self.states.len(), &self.steps)?;
        let moves: Vec<_> = circle.iter().map(|step| step.made).collect();
        Some(self.violation(Property::NoLivelock, circle[0].from, &moves))
    }

    /// Follows everybody's next step, and every kill; was there a step?
    fn expand(&mut self, from: usize, world: &World) -> bool {
        let known = self.steps.len();
        for who in self.scenario.actors() {
            let mut after = *world;
            if step(&mut after, who, self.scenario, self.protocol).is_some() {
                let made = Move::Step(who);
                let to = self.number(after, Some((from, made)));
                self.steps.push(Edge { from, to, made });
            }
            if let Some(after) = killed(world, who) {
                self.number(after, Some((from, Move::Kill(who))));
            }
        }
        self.steps.len() > known
    }

    /// The number of a state, a new one if it was never seen.
    fn number(&mut self, world: World, reached: Option<(usize, Move)>) -> usize {
        *self.numbers.entry(world).or_insert_with(|| {
            self.states.push(world);
            self.first.push(reached);
            self.states.len() - 1
        })
    }

    fn broken(&mut self, world: &World, moved: bool) -> Option<Property> {
        let broken = broken(world, self.scenario, self.protocol);
        if moved || broken.is_some() {
            return broken;
        }
        if world.processes.iter().any(|process| process.next.is_some()) {
            return Some(Property::NoDeadlock);
        }
        self.ends += 1;
        broken_at_end(world, self.scenario, self.protocol)
    }

    /// Makes the moves that lead to a state once more, to tell them, and those that follow.
    fn violation(&self, property: Property, state: usize, then: &[Move]) -> Violation {
        let mut moves = Vec::new();
        let mut current = state;
        while let Some((before, made)) = self.first[current] {
            moves.push(made);
            current = before;
        }
        let mut world = self.states[current];
        let mut tell = |made| tell(&mut world, made, self.scenario, self.protocol);
        let trace = moves.into_iter().rev().map(&mut tell).collect();
        let circle = then.iter().copied().map(tell).collect();
        Violation { property, trace, circle }
    }
}

pub(crate) fn killed(world: &World, who: Who) -> Option<World> {
    let alive = world.processes[usize::from(who)].next.is_some();
    if !alive || world.ghost.kills == KILLS {
        return None;
    }
    let mut after = *world;
    after.ghost.kills += 1;
    after.bury(who);
    Some(after)
}

/// Steps that lead back to where they began.
fn circle(states: usize, steps: &[Edge]) -> Option<Vec<Edge>> {
    let on_or_behind = on_or_behind_circles(states, steps);
    // Each of these states is reached from another one of them: walk back until one comes up again.
    let mut before: Vec<Option<Edge>> = vec![None; states];
    for &step in steps.iter().filter(|step| on_or_behind[step.from]) {
        before[step.to] = Some(step);
    }
    let mut current = on_or_behind.iter().position(|left| *left)?;
    let mut seen = vec![false; states];
    while !seen[current] {
        seen[current] = true;
        current = before[current]?.from;
    }
    let mut circle = vec![before[current]?];
    while circle[circle.len() - 1].from != current {
        circle.push(before[circle[circle.len() - 1].from]?);
    }
    circle.reverse();
    let nearest = (0..circle.len()).min_by_key(|&at| circle[at].from)?;
    circle.rotate_left(nearest);
    Some(circle)
}

/// What is left when the states that no step leads to are taken away, again and again.
fn on_or_behind_circles(states: usize, steps: &[Edge]) -> Vec<bool> {
    let mut incoming = vec![0_u32; states];
    for step in steps {
        incoming[step.to] += 1;
    }
    let mut free: Vec<_> = (0..states).filter(|&state| incoming[state] == 0).collect();
    while let Some(state) = free.pop() {
        let first = steps.partition_point(|step| step.from < state);
        for step in steps[first..].iter().take_while(|step| step.from == state) {
            incoming[step.to] -= 1;
            if incoming[step.to] == 0 {
                free.push(step.to);
            }
        }
    }
    incoming.into_iter().map(|steps| steps > 0).collect()
}

/// A cheap hash: the default one is most of the time of a build without optimisation.
#[derive(Default)]
struct Mixer(u64);

impl Hasher for Mixer {
    fn finish(&self) -> u64 {
        self.0 ^ (self.0 >> 32)
    }

    fn write(&mut self, bytes: &[u8]) {
        for &byte in bytes {
            self.write_u8(byte);
        }
    }

    fn write_u8(&mut self, byte: u8) {
        self.0 = (self.0 ^ u64::from(byte)).wrapping_mul(0x517c_c1b7_2722_0a95);
    }

    fn write_u16(&mut self, number: u16) {
        self.0 = (self.0 ^ u64::from(number)).wrapping_mul(0x517c_c1b7_2722_0a95);
    }

    /// The discriminants of enums.
    fn write_isize(&mut self, number: isize) {
        self.write_u8(number.to_le_bytes()[0]);
    }
}
