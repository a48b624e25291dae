//! The index, many of its keys in one item of the tree.
//!
//! sled keeps some 450 bytes in memory for each of its leaves from the moment it is opened, and a
//! leaf holds 8 to 16 items however short they are: an item for each index key took two thirds of
//! the memory of an open catalog. So the index is an ordered map of its own on top of sled's, in
//! **blocks** of up to [`MOST`] keys. A block is named by the letter `I` and the key it was cut
//! off at, and holds all keys from there up to the next block; the lowest has no key in its name.

use std::collections::BTreeMap;
use std::ops::{Bound, RangeBounds};

use serde::{Deserialize, Serialize};

use super::error::CatalogError;
use super::record;
use super::tree::{Direction, Pair, Tree, Write};

/// What the name of a block starts with.
const BLOCK: u8 = b'I';
/// A block with more keys is cut. Each change of a key writes its block anew, so that entries that
/// come in no order of time cost as many times more: blocks twice as long would save a twentieth of
/// the memory that is left.
const MOST: usize = 16;
/// A block that shrinks to so few is joined with the next.
const FEW: usize = 4;

/// A key and its value as they are written.
#[derive(Serialize, Deserialize)]
struct Packed {
    /// How many bytes of the key are those of the one before.
    shared: usize,
    rest: Vec<u8>,
    value: Vec<u8>,
}

/// A block that is being changed.
struct Block {
    name: Vec<u8>,
    items: Vec<Pair>,
    /// The highest key that was added.
    added: Option<Vec<u8>>,
    has_shrunk: bool,
}

/// The value of an index key.
pub(super) fn get(tree: &Tree, key: &[u8]) -> Result<Option<Vec<u8>>, CatalogError> {
    let block = Block::of(tree, key)?;
    let place = block.place(key);
    Ok(place.ok().map(|place| block.items[place].1.clone()))
}

/// The index keys between two bounds, in order; blocks are read as they are asked for.
pub(super) fn range(
    tree: &Tree,
    (from, to): (Bound<Vec<u8>>, Bound<Vec<u8>>),
    direction: Direction,
) -> impl Iterator<Item = Result<Pair, CatalogError>> + '_ {
    let (first, failed) = match &from {
        Bound::Unbounded => (vec![BLOCK], None),
        Bound::Included(key) | Bound::Excluded(key) => match Block::of(tree, key) {
            Ok(block) => (block.name, None),
            Err(error) => (vec![BLOCK], Some(error)),
        },
    };
    let last = match &to {
        Bound::Included(key) => Bound::Included(name(key)),
        Bound::Excluded(key) => Bound::Excluded(name(key)),
        Bound::Unbounded => Bound::Excluded(vec![BLOCK + 1]),
    };
    let is_sound = failed.is_none();
    let blocks = tree.range(Bound::Included(first), last, direction).take_while(move |_| is_sound);
    let pairs = blocks.flat_map(move |block| {
        let mut pairs = match block.and_then(|(_, value)| unpack(tree, &value)) {
            Ok(items) => items.into_iter().map(Ok).collect(),
            Err(error) => vec![Err(error)],
        };
        if direction == Direction::Down {
            pairs.reverse();
        }
        pairs
    });
    let bounds = (from, to);
    failed.map(Err).into_iter().chain(
        pairs.filter(move |pair| pair.as_ref().map_or(true, |(key, _)| bounds.contains(key))),
    )
}

/// What is to be written to the tree for these changes of index keys.
pub(super) fn changed(tree: &Tree, writes: Vec<Write>) -> Result<Vec<Write>, CatalogError> {
    let mut writes = BTreeMap::from_iter(writes).into_iter().peekable();
    let mut written = BTreeMap::new();
    while let Some((key, _)) = writes.peek() {
        let mut block = Block::of(tree, key)?;
        let mut next = after(tree, &block.name)?;
        loop {
            let is_in = |(key, _): &Write| next.as_ref().is_none_or(|(end, _)| name(key) < *end);
            while let Some((key, value)) = writes.next_if(is_in) {
                block.change(key, value);
            }
            let Some((gone, value)) = next.filter(|_| block.is_left_small()) else { break };
            block.items.extend(unpack(tree, &value)?);
            next = after(tree, &gone)?;
            written.insert(gone, None);
        }
        block.write(&mut written);
    }
    Ok(written.into_iter().collect())
}

impl Block {
    /// The one that this key is in, or would be.
    fn of(tree: &Tree, key: &[u8]) -> Result<Block, CatalogError> {
        let (from, to) = (Bound::Included(vec![BLOCK]), Bound::Included(name(key)));
        let found = tree.range(from, to, Direction::Down).next().transpose()?;
        let (name, items) = match found {
            Some((name, value)) => (name, unpack(tree, &value)?),
            None => (vec![BLOCK], Vec::new()),
        };
        Ok(Block { name, items, added: None, has_shrunk: false })
    }

    fn place(&self, key: &[u8]) -> Result<usize, usize> {
        self.items.binary_search_by(|(known, _)| known.as_slice().cmp(key))
    }

    fn change(&mut self, key: Vec<u8>, value: Option<Vec<u8>>) {
        match (self.place(&key), value) {
            (Ok(place), Some(value)) => self.items[place].1 = value,
            (Ok(place), None) => {
                self.items.remove(place);
                self.has_shrunk = true;
            }
            (Err(place), Some(value)) => {
                self.added = Some(key.clone());
                self.items.insert(place, (key, value));
            }
            (Err(_), None) => {}
        }
    }

    /// Whether it is to be joined with the next, and cut again if that makes too many.
    fn is_left_small(&self) -> bool {
        self.has_shrunk && self.items.len() <= FEW
    }

    /// Cut behind what was added last, so that keys that come in order fill their blocks, but
    /// never so that less than half is left in front.
    fn write(self, written: &mut BTreeMap<Vec<u8>, Option<Vec<u8>>>) {
        let Block { name: own, items, added, .. } = self;
        let (low, high) = if items.len() > MOST {
            let behind = added.map_or(0, |added| items.partition_point(|(key, _)| *key <= added));
            items.split_at(behind.max(items.len() / 2))
        } else {
            (items.as_slice(), &[][..])
        };
        if items.is_empty() {
            written.insert(own.clone(), None);
        }
        for (number, part) in low.chunks(MOST).chain(high.chunks(MOST)).enumerate() {
            let name = if number == 0 { own.clone() } else { name(&part[0].0) };
            written.insert(name, Some(pack(part)));
        }
    }
}

/// Whether an item of the tree is a block.
#[cfg(test)]
pub(super) fn is_block(key: &[u8]) -> bool {
    key.first() == Some(&BLOCK)
}

/// The name of a block that starts at this key.
fn name(key: &[u8]) -> Vec<u8> {
    [&[BLOCK], key].concat()
}

/// The block behind the one of this name.
fn after(tree: &Tree, name: &[u8]) -> Result<Option<Pair>, CatalogError> {
    let (from, to) = (Bound::Excluded(name.to_vec()), Bound::Excluded(vec![BLOCK + 1]));
    tree.range(from, to, Direction::Up).next().transpose()
}

fn pack(items: &[Pair]) -> Vec<u8> {
    let mut before: &[u8] = &[];
    let packed: Vec<Packed> = items
        .iter()
        .map(|(key, value)| {
            let shared = before.iter().zip(key).take_while(|(a, b)| a == b).count();
            before = key;
            Packed { shared, rest: key[shared..].to_vec(), value: value.clone() }
        })
        .collect();
    record::encode(&packed)
}

/// Damage that comes to light here is noted.
fn unpack(tree: &Tree, block: &[u8]) -> Result<Vec<Pair>, CatalogError> {
    let unpacked = record::decode(block).and_then(|packed: Vec<Packed>| {
        let mut before: Vec<u8> = Vec::new();
        let unpacked = packed.into_iter().map(|Packed { shared, rest, value }| {
            let shared = before.get(..shared);
            let shared = shared.ok_or_else(|| CatalogError::Corrupt("a block".to_owned()))?;
            before = [shared, &rest].concat();
            Ok((before.clone(), value))
        });
        unpacked.collect()
    });
    if matches!(unpacked, Err(CatalogError::Corrupt(_))) {
        tree.found_broken();
    }
    unpacked
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use proptest::prelude::*;

    use super::*;

    fn tree() -> (tempfile::TempDir, Tree) {
        let folder = tempfile::tempdir().expect("a folder");
        let soon = Instant::now() + Duration::from_secs(5);
        let tree = Tree::open(&folder.path().join("t"), soon).expect("a tree");
        (folder, tree)
    }

    fn put(tree: &Tree, writes: Vec<Write>) {
        let writes = changed(tree, writes).expect("readable");
        tree.commit(writes, 1).expect("written");
    }

    /// How many keys each block holds, in order.
    fn sizes(tree: &Tree) -> Vec<usize> {
        let all = tree.range(Bound::Unbounded, Bound::Unbounded, Direction::Up);
        let values = all.map(|pair| pair.expect("readable").1);
        values.map(|value| unpack(tree, &value).expect("a block").len()).collect()
    }

    fn number(number: u16) -> Vec<u8> {
        [b"C".as_slice(), &number.to_be_bytes(), &[7; 33]].concat()
    }

    fn all(tree: &Tree, direction: Direction) -> Vec<Vec<u8>> {
        let pairs = range(tree, (Bound::Unbounded, Bound::Unbounded), direction);
        pairs.map(|pair| pair.expect("readable").0).collect()
    }

    fn bound(key: Option<(Vec<u8>, bool)>) -> Bound<Vec<u8>> {
        match key {
            None => Bound::Unbounded,
            Some((key, true)) => Bound::Included(key),
            Some((key, false)) => Bound::Excluded(key),
        }
    }

    /// Few different keys, some the beginning of others, that batches meet again and again.
    fn key() -> impl Strategy<Value = Vec<u8>> {
        prop::collection::vec(0u8..5, 1..5)
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 40, ..ProptestConfig::default() })]
        #[test]
        fn blocks_hold_what_an_ordered_map_would(
            batches in prop::collection::vec(
                prop::collection::vec((key(), prop::option::weighted(0.6, any::<u8>())), 1..150),
                1..12,
            ),
            from in prop::option::of((key(), any::<bool>())),
            to in prop::option::of((key(), any::<bool>())),
        ) {
            let (_folder, tree) = tree();
            let mut model = BTreeMap::new();
            for batch in batches {
                for (key, value) in &batch {
                    match value {
                        Some(value) => drop(model.insert(key.clone(), vec![*value])),
                        None => drop(model.remove(key)),
                    }
                }
                let batch = batch.into_iter().map(|(key, value)| (key, value.map(|v| vec![v])));
                put(&tree, batch.collect());
                prop_assert!(sizes(&tree).iter().all(|size| (1..=MOST).contains(size)));
            }
            let bounds = (bound(from), bound(to));
            let expected: Vec<Pair> = model.clone().into_iter()
                .filter(|(key, _)| bounds.contains(key)).collect();
            for direction in [Direction::Up, Direction::Down] {
                let pairs: Result<Vec<Pair>, _> = range(&tree, bounds.clone(), direction).collect();
                let mut pairs = pairs.expect("readable");
                if direction == Direction::Down {
                    pairs.reverse();
                }
                prop_assert_eq!(&pairs, &expected);
            }
            for key in model.keys() {
                let found = get(&tree, key).expect("readable");
                prop_assert_eq!(found.as_ref(), model.get(key));
            }
        }
    }

    #[test]
    fn what_comes_in_order_fills_its_blocks() {
        let (_folder, tree) = tree();
        // Something lies behind, as another order's keys do.
        put(&tree, (900..920).map(|n| (number(n), Some(vec![]))).collect());
        for n in 0..300 {
            put(&tree, vec![(number(n), Some(vec![]))]);
        }
        assert!(sizes(&tree).len() <= 320 / MOST + 2, "{:?}", sizes(&tree));
    }

    #[test]
    fn what_is_taken_away_leaves_no_small_blocks() {
        let (_folder, tree) = tree();
        put(&tree, (0..640).map(|n| (number(n), Some(vec![]))).collect());
        for n in (0..640).filter(|n| n % 16 != 0) {
            put(&tree, vec![(number(n), None)]);
        }
        assert_eq!(all(&tree, Direction::Up), (0..640).step_by(16).map(number).collect::<Vec<_>>());
        assert!(sizes(&tree).len() <= 40 / FEW, "{:?}", sizes(&tree));
    }

    #[test]
    fn a_block_that_cannot_be_read_is_damage() {
        let (_folder, tree) = tree();
        let packed = vec![Packed { shared: 1, rest: vec![1], value: vec![] }];
        tree.commit(vec![(vec![BLOCK], Some(record::encode(&packed)))], 1).expect("written");
        assert!(matches!(get(&tree, b"C"), Err(CatalogError::Corrupt(_))));
        let bounds = (Bound::Included(b"C".to_vec()), Bound::Unbounded);
        let found: Vec<_> = range(&tree, bounds, Direction::Up).collect();
        assert!(matches!(found.as_slice(), [Err(CatalogError::Corrupt(_))]));
        assert!(tree.is_broken());
    }
}
