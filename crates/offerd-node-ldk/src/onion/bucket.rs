//! Pacing.

use std::time::Duration;

use super::MessageRate;

/// Lets messages pass at a [`MessageRate`]. All times are on the layer's clock.
#[derive(Clone, Debug)]
pub(super) struct Bucket {
    rate: MessageRate,
    /// When it will be full again. Each message moves it one interval into the future.
    full_at: Duration,
}

impl Bucket {
    /// A full one.
    pub(super) const fn new(rate: MessageRate) -> Self {
        Self { rate, full_at: Duration::ZERO }
    }

    /// Lets one message pass now, if it may.
    pub(super) fn take(&mut self, now: Duration) -> bool {
        if now < self.ready_at() {
            return false;
        }
        self.full_at = self.full_at.max(now).saturating_add(self.rate.interval);
        true
    }

    /// Whether nothing has passed for as long as it takes to fill.
    pub(super) fn is_full(&self, now: Duration) -> bool {
        self.full_at <= now
    }

    /// From when on the next message may pass.
    pub(super) fn ready_at(&self) -> Duration {
        let burst = self.rate.interval.saturating_mul(self.rate.burst.saturating_sub(1));
        self.full_at.saturating_sub(burst)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_burst_passes_at_once_and_then_one_in_each_interval() {
        let mut bucket =
            Bucket::new(MessageRate { interval: Duration::from_millis(250), burst: 3 });
        let start = Duration::from_secs(100);
        assert_eq!((0..10).filter(|_| bucket.take(start)).count(), 3);
        assert_eq!(bucket.ready_at(), start + Duration::from_millis(250));
        assert!(!bucket.take(start + Duration::from_millis(249)));
        assert!(bucket.take(start + Duration::from_millis(250)));
        assert!(!bucket.take(start + Duration::from_millis(250)));
        let later = start + Duration::from_secs(60);
        assert_eq!((0..10).filter(|_| bucket.take(later)).count(), 3);
    }
}
