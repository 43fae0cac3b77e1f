//! A store in memory.

mod kv;
mod log;
mod port;
mod state;

use std::sync::{Mutex, MutexGuard, PoisonError};

use offerd_core::Event;

use state::State;

/// The store ports in memory, with the same rules as those on disk. For tests of what stands above the ports.
#[derive(Debug, Default)]
pub struct MemoryStore {
    state: Mutex<State>,
}

impl MemoryStore {
    /// An empty store.
    pub fn new() -> Self {
        Self::default()
    }

    /// All that was committed, in order.
    pub fn events(&self) -> Vec<Event> {
        self.state().events.clone()
    }

    /// Lets the next `count` commits fail as if the disk were full.
    pub fn fail_commits(&self, count: u32) {
        self.state().failing_commits = count;
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
