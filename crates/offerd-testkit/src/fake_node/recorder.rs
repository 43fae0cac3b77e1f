//! Writing down what a node tells.

use std::sync::{Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use offerd_core::port::{NodeEvent, NodeEvents, PortError};

/// Takes events and keeps them.
#[derive(Debug, Default)]
pub struct Recorder {
    notes: Mutex<Notes>,
}

#[derive(Debug, Default)]
struct Notes {
    events: Vec<NodeEvent>,
    failing: u32,
}

impl Recorder {
    /// One without notes.
    pub fn new() -> Self {
        Self::default()
    }

    /// The events since the last call, oldest first.
    pub fn take(&self) -> Vec<NodeEvent> {
        std::mem::take(&mut self.notes().events)
    }

    /// The next `count` events are not handled.
    pub fn fail(&self, count: u32) {
        self.notes().failing = count;
    }

    fn notes(&self) -> MutexGuard<'_, Notes> {
        self.notes.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl NodeEvents for Recorder {
    async fn handle(&self, event: NodeEvent) -> Result<(), PortError> {
        let mut notes = self.notes();
        if let Some(left) = notes.failing.checked_sub(1) {
            notes.failing = left;
            return Err(PortError::unavailable("not handled, as the test wished"));
        }
        notes.events.push(event);
        Ok(())
    }
}
