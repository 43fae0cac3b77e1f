//! Seats for connections: a fixed number, and a rule for who has to go.
//!
//! A newcomer in a full room gets the seat of whoever has been there longest without being held. So thousands of idle
//! connections cost no more than the seats there are, and do not keep out those who have something to ask.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::Notify;

/// The room.
#[derive(Debug)]
pub(super) struct Seats {
    most: usize,
    taken: Mutex<Taken>,
}

#[derive(Debug, Default)]
struct Taken {
    next: u64,
    /// In the order in which they came.
    seats: BTreeMap<u64, Seat>,
}

/// The seat of one connection; clones are the same seat. Each request carries it among its extensions.
#[derive(Clone, Debug, Default)]
pub struct Seat(Arc<State>);

#[derive(Debug, Default)]
struct State {
    holds: AtomicUsize,
    leave: Notify,
}

/// While it lives, its seat is not given to somebody else.
#[derive(Debug)]
pub struct Hold(Arc<State>);

impl Seat {
    /// Keeps the seat until what is returned is dropped. For those who were found to be who they should be.
    #[must_use]
    pub fn hold(&self) -> Hold {
        self.0.holds.fetch_add(1, Ordering::Relaxed);
        Hold(Arc::clone(&self.0))
    }

    fn is_held(&self) -> bool {
        self.0.holds.load(Ordering::Relaxed) > 0
    }

    /// Returns when the seat was given to somebody else.
    pub(super) async fn taken_away(&self) {
        self.0.leave.notified().await;
    }
}

impl Drop for Hold {
    fn drop(&mut self) {
        self.0.holds.fetch_sub(1, Ordering::Relaxed);
    }
}

/// A seat with its place in the room, which is free again when this is dropped.
#[derive(Debug)]
pub(super) struct Sitting {
    room: Arc<Seats>,
    number: u64,
    pub(super) seat: Seat,
}

impl Drop for Sitting {
    fn drop(&mut self) {
        self.room.lock().seats.remove(&self.number);
    }
}

impl Seats {
    pub(super) fn new(most: usize) -> Arc<Self> {
        Arc::new(Self { most, taken: Mutex::default() })
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Taken> {
        self.taken.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A seat for a newcomer; `None` when every seat is held.
    pub(super) fn take(self: &Arc<Self>) -> Option<Sitting> {
        let mut taken = self.lock();
        if taken.seats.len() >= self.most {
            let longest = taken.seats.iter().find(|(_, seat)| !seat.is_held());
            let number = longest.map(|(number, _)| *number)?;
            let gone = taken.seats.remove(&number)?;
            gone.0.leave.notify_one();
        }
        let number = taken.next;
        taken.next = taken.next.wrapping_add(1);
        let seat = Seat::default();
        taken.seats.insert(number, seat.clone());
        Some(Sitting { room: Arc::clone(self), number, seat })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_newcomer_in_a_full_room_gets_the_seat_that_was_idle_longest() {
        let room = Seats::new(2);
        let (first, second) = (room.take().unwrap(), room.take().unwrap());
        let hold = first.seat.hold();
        let third = room.take().unwrap();
        second.seat.taken_away().await;
        let held = [first.seat.hold(), third.seat.hold()];
        assert!(room.take().is_none(), "every seat is held");
        drop((hold, held));
        let fourth = room.take().unwrap();
        first.seat.taken_away().await;
        drop((first, second, third, fourth));
        assert!(room.lock().seats.is_empty());
    }
}
