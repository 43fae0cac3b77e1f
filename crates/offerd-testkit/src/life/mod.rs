//! Processes that die: every call between the decisions of a daemon and its store or node is a place where the
//! power may go, and after that nothing it does has any effect.
//!
//! A [`Life`] counts those places and ends at a chosen one. [`MortalNode`] puts a [`FakeNode`] under it,
//! [`GuardedStore`] any store; what happens is noted in a [`Trace`], so that two runs can be compared.

mod node;
mod store;
mod trace;

use std::fmt;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use offerd_core::port::PortError;

pub use node::{MortalNode, NodeBug};
pub use store::{GuardedStore, StoreGuard};
pub use trace::Trace;

use crate::FakeNode;

/// The life of one process, from its start to its death. Copies are the same life.
#[derive(Clone)]
pub struct Life {
    state: Arc<State>,
}

struct State {
    name: String,
    node: FakeNode,
    trace: Trace,
    /// Places that it still passes.
    left: AtomicU64,
    is_over: AtomicBool,
    died_at: Mutex<Option<String>>,
}

impl Life {
    /// One that goes on until it is told otherwise. The node dies with it.
    pub fn new(name: &str, node: FakeNode, trace: Trace) -> Self {
        let state = State {
            name: name.to_owned(),
            node,
            trace,
            left: AtomicU64::new(u64::MAX),
            is_over: AtomicBool::new(false),
            died_at: Mutex::new(None),
        };
        Self { state: Arc::new(state) }
    }

    /// It ends at the `count`th place from now, counted from 1.
    pub fn ends_in(&self, count: u64) {
        self.state.left.store(count.saturating_sub(1), Ordering::Relaxed);
    }

    /// It ends here.
    pub fn end(&self) {
        self.state.is_over.store(true, Ordering::Relaxed);
        self.state.node.crash();
    }

    /// Whether it has ended.
    pub fn is_over(&self) -> bool {
        self.state.is_over.load(Ordering::Relaxed)
    }

    /// The place at which it ended by itself.
    pub fn died_at(&self) -> Option<String> {
        self.state.died_at.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// A place where it may end.
    ///
    /// # Errors
    /// When it has ended, now or before.
    pub fn pass(&self, place: &dyn fmt::Display) -> Result<(), PortError> {
        let state = &*self.state;
        if self.is_over() {
            return Err(is_over());
        }
        let left = state.left.load(Ordering::Relaxed);
        if left == 0 {
            state.trace.note(format_args!("{} dies {place}", state.name));
            let mut died_at = state.died_at.lock().unwrap_or_else(PoisonError::into_inner);
            *died_at = Some(place.to_string());
            self.end();
            return Err(is_over());
        }
        if left != u64::MAX {
            state.left.store(left - 1, Ordering::Relaxed);
        }
        state.trace.note(format_args!("{} {place}", state.name));
        Ok(())
    }

    /// Gives nothing to the dead.
    ///
    /// # Errors
    /// When it has ended.
    pub fn check(&self) -> Result<(), PortError> {
        if self.is_over() { Err(is_over()) } else { Ok(()) }
    }
}

impl fmt::Debug for Life {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Life")
            .field("name", &self.state.name)
            .field("is_over", &self.is_over())
            .finish_non_exhaustive()
    }
}

fn is_over() -> PortError {
    PortError::unavailable("the process is dead")
}
