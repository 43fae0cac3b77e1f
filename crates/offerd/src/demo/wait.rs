//! Waiting for what others do.

use std::time::{Duration, Instant};

use super::error::DemoError;

/// Between two looks.
const PAUSE: Duration = Duration::from_millis(50);
/// The longest that anything takes here, on a slow machine.
const PATIENCE: Duration = Duration::from_secs(60);

/// Looks again and again until there is something to see.
///
/// # Errors
/// [`DemoError::Timeout`] with `what` when it takes too long, or what `look` ends with.
pub(super) async fn until<T>(
    what: &str,
    mut look: impl AsyncFnMut() -> Result<Option<T>, DemoError>,
) -> Result<T, DemoError> {
    let begun = Instant::now();
    loop {
        if let Some(seen) = look().await? {
            return Ok(seen);
        }
        if begun.elapsed() > PATIENCE {
            return Err(DemoError::Timeout { what: what.to_owned(), seconds: PATIENCE.as_secs() });
        }
        tokio::time::sleep(PAUSE).await;
    }
}
