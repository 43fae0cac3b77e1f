//! Time and chance, as ports.

use std::time::{SystemTime, UNIX_EPOCH};

use bolt1::Timestamp;
use offerd_core::port::PortError;

/// Tells the time.
pub trait Clock: Send + Sync {
    /// Now, by the wall clock.
    fn now(&self) -> Timestamp;
}

/// Gives randomness.
pub trait Entropy: Send + Sync {
    /// Fills `bytes` with randomness fit for keys.
    ///
    /// # Errors
    /// When the system has none to give.
    fn fill(&self, bytes: &mut [u8]) -> Result<(), PortError>;
}

/// So many random bytes.
///
/// # Errors
/// When the system has none to give.
pub(super) fn random<const N: usize>(entropy: &dyn Entropy) -> Result<[u8; N], PortError> {
    let mut bytes = [0; N];
    entropy.fill(&mut bytes)?;
    Ok(bytes)
}

/// The system's clock.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> Timestamp {
        let since_1970 = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Timestamp(since_1970.as_secs())
    }
}

/// The system's randomness.
#[derive(Clone, Copy, Debug, Default)]
pub struct OsEntropy;

impl Entropy for OsEntropy {
    fn fill(&self, bytes: &mut [u8]) -> Result<(), PortError> {
        getrandom::fill(bytes)
            .map_err(|error| PortError::unavailable(format!("no randomness: {error}")))
    }
}
