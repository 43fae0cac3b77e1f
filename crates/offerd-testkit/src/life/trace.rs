//! What happened, in order.

use std::fmt;
use std::hash::{DefaultHasher, Hasher as _};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Notes what happens: as a digest always, as lines when they are wanted. Copies are the same trace.
#[derive(Clone, Debug)]
pub struct Trace {
    state: Arc<Mutex<State>>,
    prints: bool,
}

#[derive(Debug, Default)]
struct State {
    digest: DefaultHasher,
    lines: u64,
    /// Goes before each line: the time, for instance.
    stamp: String,
}

impl Trace {
    /// An empty one; with `prints` each line goes to the standard error too.
    pub fn new(prints: bool) -> Self {
        Self { state: Arc::default(), prints }
    }

    /// From now on this stands before each line.
    pub fn stamp(&self, stamp: fmt::Arguments<'_>) {
        let mut state = self.lock();
        state.stamp.clear();
        // Writing into a string does not fail.
        let _ = fmt::write(&mut state.stamp, stamp);
    }

    /// Adds a line.
    pub fn note(&self, line: fmt::Arguments<'_>) {
        let mut state = self.lock();
        let line = format!("{} {line}", state.stamp);
        state.digest.write(line.as_bytes());
        state.digest.write_u8(0);
        state.lines += 1;
        if self.prints {
            eprintln!("{line}");
        }
    }

    /// The number of lines, and a digest of them: alike for like runs of one program.
    pub fn digest(&self) -> (u64, u64) {
        let state = self.lock();
        (state.lines, state.digest.finish())
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
