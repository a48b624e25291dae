//! The program's allocator: the first pieces come from a fixed arena, one behind the other.
//!
//! A hit takes some hundred small pieces and is over before it would need any of them back, so
//! keeping lists of free ones costs it more than all else it does with memory. What doesn't fit
//! any more comes from the C library, which is all that longer lives notice.

#![expect(unsafe_code, reason = "an allocator hands out raw memory")]

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::UnsafeCell;
use std::ptr::{copy_nonoverlapping, null_mut};
use std::sync::atomic::{AtomicUsize, Ordering};

/// Bytes. A hit with sixty variables and twenty rules takes about half of it; the kernel gives
/// only what is touched.
const SIZE: usize = 64 * 1024;

/// Larger pieces are few, and growing ones would use the arena up.
const LARGEST: usize = SIZE / 4;

/// Alignment of the whole. What wants more is rare.
const ALIGN: usize = 16;

#[repr(align(16))]
struct Memory(UnsafeCell<[u8; SIZE]>);

const _: () = assert!(align_of::<Memory>() == ALIGN, "what pieces rely on");

/// The allocator.
// In this order the count is in the page of the first pieces, which is touched in any case.
#[repr(C)]
pub struct Arena {
    /// Where the unused part begins.
    free_from: AtomicUsize,
    memory: Memory,
}

// SAFETY: the memory is reached through pieces only, and no byte is in two of them: `free_from`
// is moved by compare-and-exchange alone.
unsafe impl Sync for Arena {}

impl Arena {
    /// An arena with nothing taken from it.
    #[must_use]
    #[expect(clippy::new_without_default, reason = "it has to be const")]
    #[expect(clippy::large_stack_arrays, reason = "it becomes a static")]
    pub const fn new() -> Arena {
        let memory = Memory(UnsafeCell::new([0; SIZE]));
        Arena { free_from: AtomicUsize::new(0), memory }
    }

    fn start(&self) -> *mut u8 {
        self.memory.0.get().cast()
    }

    /// Where in the arena a piece lies, if it does.
    fn place(&self, piece: *mut u8) -> Option<usize> {
        let place = (piece as usize).wrapping_sub(self.start() as usize);
        (place < SIZE).then_some(place)
    }

    fn take(&self, layout: Layout) -> Option<*mut u8> {
        if layout.size() > LARGEST || layout.align() > ALIGN {
            return None;
        }
        let mut free_from = self.free_from.load(Ordering::Acquire);
        loop {
            let place = free_from.next_multiple_of(layout.align());
            let end = place + layout.size();
            if end > SIZE {
                return None;
            }
            match self.move_to(free_from, end) {
                // SAFETY: not beyond the arena's end.
                Ok(()) => return Some(unsafe { self.start().add(place) }),
                Err(now) => free_from = now,
            }
        }
    }

    /// Changes the size of the piece that was taken last, at `place`, if it is that and fits.
    /// Nobody else can have taken anything and given it back below its end: it is in use.
    fn resize_last(&self, place: usize, old: usize, new: usize) -> bool {
        new <= LARGEST && place + new <= SIZE && self.move_to(place + old, place + new).is_ok()
    }

    fn move_to(&self, from: usize, to: usize) -> Result<(), usize> {
        self.free_from.compare_exchange(from, to, Ordering::AcqRel, Ordering::Acquire).map(|_| ())
    }
}

// SAFETY: pieces of the arena are as large and aligned as they were asked for, and are disjoint;
// all others are the C library's, to which they are given back.
unsafe impl GlobalAlloc for Arena {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        // SAFETY: the caller's promises are the same.
        self.take(layout).unwrap_or_else(|| unsafe { System.alloc(layout) })
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        let Some(piece) = self.take(layout) else {
            // SAFETY: the caller's promises are the same.
            return unsafe { System.alloc_zeroed(layout) };
        };
        // SAFETY: the piece has that size. It may have been used before.
        unsafe { piece.write_bytes(0, layout.size()) };
        piece
    }

    unsafe fn dealloc(&self, piece: *mut u8, layout: Layout) {
        match self.place(piece) {
            // One that isn't the last stays taken for good.
            Some(place) => drop(self.resize_last(place, layout.size(), 0)),
            // SAFETY: it came from there, with that layout.
            None => unsafe { System.dealloc(piece, layout) },
        }
    }

    unsafe fn realloc(&self, piece: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        let Some(place) = self.place(piece) else {
            // SAFETY: it came from there, with that layout.
            return unsafe { System.realloc(piece, layout, size) };
        };
        if self.resize_last(place, layout.size(), size) {
            return piece;
        }
        let Ok(wanted) = Layout::from_size_align(size, layout.align()) else { return null_mut() };
        // SAFETY: the size isn't zero, as the caller promises.
        let moved = unsafe { self.alloc(wanted) };
        if !moved.is_null() {
            // SAFETY: both hold that many bytes, and pieces are disjoint.
            unsafe { copy_nonoverlapping(piece, moved, layout.size().min(size)) };
            // SAFETY: it is ours, with that layout.
            unsafe { self.dealloc(piece, layout) };
        }
        moved
    }
}

#[cfg(test)]
mod tests;
