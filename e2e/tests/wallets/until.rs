//! Waiting for what others do.

use std::fmt::Debug;
use std::thread;
use std::time::{Duration, Instant};

/// Longer than anything takes on a busy machine.
const PATIENCE: Duration = Duration::from_secs(150);
/// Between two looks.
const PAUSE: Duration = Duration::from_millis(20);

/// Looks until there is something to see.
pub(crate) fn until<T>(what: &str, mut look: impl FnMut() -> Option<T>) -> T {
    let begun = Instant::now();
    loop {
        if let Some(seen) = look() {
            return seen;
        }
        assert!(begun.elapsed() < PATIENCE, "waited in vain: {what}");
        thread::sleep(PAUSE);
    }
}

/// Looks until there are the same things to see.
pub(crate) fn until_equal<T: PartialEq + Debug>(
    what: &str,
    wanted: &T,
    mut look: impl FnMut() -> T,
) {
    let mut seen = look();
    let begun = Instant::now();
    while seen != *wanted {
        assert!(begun.elapsed() < PATIENCE, "waited in vain: {what}: {seen:?}, not {wanted:?}");
        thread::sleep(PAUSE);
        seen = look();
    }
}

/// Looks until it is so.
pub(crate) fn until_true(what: &str, mut is_so: impl FnMut() -> bool) {
    until(what, || is_so().then_some(()));
}
