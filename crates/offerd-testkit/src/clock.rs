//! A clock that stands still until it is told otherwise.

use std::sync::{Arc, Mutex, PoisonError};

use bolt1::{Seconds, Timestamp};

/// A clock for tests. Copies show the same time.
#[derive(Clone, Debug)]
pub struct FakeClock {
    now: Arc<Mutex<Timestamp>>,
}

impl FakeClock {
    /// A clock that shows `now`.
    pub fn at(now: Timestamp) -> Self {
        Self { now: Arc::new(Mutex::new(now)) }
    }

    /// What it shows.
    pub fn now(&self) -> Timestamp {
        *self.now.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Puts it forward.
    pub fn advance(&self, span: Seconds) {
        let mut now = self.now.lock().unwrap_or_else(PoisonError::into_inner);
        *now = now.plus(span);
    }

    /// Sets it, backwards too: wall clocks do that.
    pub fn set(&self, now: Timestamp) {
        *self.now.lock().unwrap_or_else(PoisonError::into_inner) = now;
    }
}
