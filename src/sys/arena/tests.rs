use std::slice::{from_raw_parts, from_raw_parts_mut};
use std::thread;

use proptest::prelude::*;

use super::*;

fn layout(size: usize, align: usize) -> Layout {
    Layout::from_size_align(size, align).expect("a layout")
}

/// A piece that is filled with one byte of its own.
struct Piece {
    at: *mut u8,
    layout: Layout,
    mark: u8,
}

impl Piece {
    fn new(arena: &Arena, layout: Layout, mark: u8) -> Piece {
        // SAFETY: no size below is zero.
        let at = unsafe { arena.alloc(layout) };
        assert_eq!(at as usize % layout.align(), 0);
        let mut piece = Piece { at, layout, mark };
        piece.fill();
        piece
    }

    fn fill(&mut self) {
        // SAFETY: it is ours alone.
        unsafe { from_raw_parts_mut(self.at, self.layout.size()) }.fill(self.mark);
    }

    fn holds(&self, size: usize) {
        // SAFETY: all of it is filled.
        let bytes = unsafe { from_raw_parts(self.at, size) };
        assert!(bytes.iter().all(|byte| *byte == self.mark), "of {size}");
    }

    fn resize(&mut self, arena: &Arena, size: usize) {
        let kept = size.min(self.layout.size());
        // SAFETY: it came from there, with that layout.
        self.at = unsafe { arena.realloc(self.at, self.layout, size) };
        self.layout = layout(size, self.layout.align());
        self.holds(kept);
        self.fill();
    }

    fn free(self, arena: &Arena) {
        self.holds(self.layout.size());
        // SAFETY: it came from there, with that layout.
        unsafe { arena.dealloc(self.at, self.layout) };
    }
}

#[test]
fn the_last_piece_grows_in_place_and_is_given_back() {
    let arena = Box::new(Arena::new());
    let mut piece = Piece::new(&arena, layout(10, 1), 1);
    let at = piece.at;
    piece.resize(&arena, 1000);
    assert_eq!(piece.at, at);
    piece.free(&arena);
    assert_eq!(arena.free_from.load(Ordering::Relaxed), 0);
}

#[test]
fn memory_that_was_used_is_zeroed_where_that_is_asked_for() {
    let arena = Box::new(Arena::new());
    Piece::new(&arena, layout(100, 1), 7).free(&arena);
    // SAFETY: the size isn't zero.
    let at = unsafe { arena.alloc_zeroed(layout(100, 1)) };
    assert!(arena.place(at).is_some());
    Piece { at, layout: layout(100, 1), mark: 0 }.free(&arena);
}

#[test]
fn what_does_not_fit_comes_from_the_c_library() {
    let arena = Box::new(Arena::new());
    let large = Piece::new(&arena, layout(LARGEST + 1, 1), 1);
    assert_eq!(arena.place(large.at), None);
    let mut pieces: Vec<Piece> =
        (0..40).map(|mark| Piece::new(&arena, layout(4000, 16), mark)).collect();
    assert!(arena.place(pieces[0].at).is_some());
    assert_eq!(arena.place(pieces[39].at), None);
    pieces[0].resize(&arena, 5000);
    assert_eq!(arena.place(pieces[0].at), None);
    for piece in pieces.into_iter().chain([large]) {
        piece.free(&arena);
    }
}

#[test]
fn threads_get_pieces_of_their_own() {
    let arena = Box::new(Arena::new());
    thread::scope(|scope| {
        for mark in 0..4 {
            let arena = &arena;
            scope.spawn(move || {
                for size in 1..100 {
                    let kept = Piece::new(arena, layout(size, 8), mark);
                    let mut grown = Piece::new(arena, layout(3, 1), mark + 10);
                    grown.resize(arena, size);
                    grown.free(arena);
                    kept.free(arena);
                }
            });
        }
    });
}

proptest! {
    #[test]
    fn no_piece_changes_another(
        steps in prop::collection::vec((1_usize..5000, 0_u32..8, 0_usize..6, any::<u8>()), 1..200),
    ) {
        let arena = Box::new(Arena::new());
        let mut pieces: Vec<Piece> = Vec::new();
        for (size, align, what, mark) in steps {
            match what {
                0 if !pieces.is_empty() => {
                    let index = usize::from(mark) % pieces.len();
                    pieces.swap_remove(index).free(&arena);
                }
                1 => pieces.pop().into_iter().for_each(|piece| piece.free(&arena)),
                2 if !pieces.is_empty() => {
                    let index = usize::from(mark) % pieces.len();
                    pieces[index].resize(&arena, size);
                }
                _ => pieces.push(Piece::new(&arena, layout(size, 1 << align), mark)),
            }
        }
        for piece in pieces {
            piece.free(&arena);
        }
    }
}
