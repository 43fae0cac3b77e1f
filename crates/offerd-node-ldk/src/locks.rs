//! Taking a lock.

use std::sync::{Mutex, MutexGuard, PoisonError};

/// Locks `mutex`. What a panicking thread has left behind is used: each section under a lock here leaves its data
/// whole at every step.
pub(crate) fn lock<T: ?Sized>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
