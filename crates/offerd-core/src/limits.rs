//! How often strangers may make us work.

use std::collections::BTreeMap;

use bolt1::Timestamp;

/// A bucket that holds up to `burst` tokens and gains `per_second` of them each second.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rate {
    /// Most tokens.
    pub burst: u32,
    /// Tokens gained each second.
    pub per_second: u32,
}

#[derive(Clone, Copy, Debug)]
struct Bucket {
    tokens: u32,
    filled_at: Timestamp,
}

impl Bucket {
    /// Whether nothing was taken for as long as it takes to fill.
    fn is_full(&self, rate: Rate, now: Timestamp) -> bool {
        let elapsed = u32::try_from(now.since(self.filled_at).0).unwrap_or(u32::MAX);
        self.tokens.saturating_add(elapsed.saturating_mul(rate.per_second)) >= rate.burst
    }

    fn take(&mut self, rate: Rate, now: Timestamp) -> bool {
        let elapsed = u32::try_from(now.since(self.filled_at).0).unwrap_or(u32::MAX);
        let gained = elapsed.saturating_mul(rate.per_second);
        self.tokens = self.tokens.saturating_add(gained).min(rate.burst);
        // Also when the clock was set back: else nothing would be gained until it is where it was.
        self.filled_at = now;
        match self.tokens.checked_sub(1) {
            Some(left) => {
                self.tokens = left;
                true
            }
            None => false,
        }
    }
}

/// The part of what all may do that is kept for the quiet, besides: one in so many.
const QUIET_SHARE: u32 = 4;

/// Buckets for each peer and one for all of them together, and a small one besides for those who were quiet: enough loud
/// peers together empty the one of all, and whoever asks for something once must not suffer for it. Full buckets are
/// forgotten, so memory is bounded by the peers that were busy within the last seconds.
#[derive(Debug)]
pub struct Limits<P> {
    each: Rate,
    all: Rate,
    everybody: Bucket,
    for_the_quiet: Rate,
    quiet: Bucket,
    peers: BTreeMap<P, Bucket>,
    most_peers: usize,
}

impl<P: Ord + Clone> Limits<P> {
    /// Limits `each` peer, and `all` of them together; a quarter of `all` besides is for those whose own bucket was full. At
    /// most `most_peers` buckets are kept.
    pub fn new(each: Rate, all: Rate, most_peers: usize) -> Self {
        let full = |rate: Rate| Bucket { tokens: rate.burst, filled_at: Timestamp(0) };
        let for_the_quiet = Rate {
            burst: all.burst.div_ceil(QUIET_SHARE),
            per_second: all.per_second.div_ceil(QUIET_SHARE),
        };
        let (everybody, quiet) = (full(all), full(for_the_quiet));
        Self { each, all, everybody, for_the_quiet, quiet, peers: BTreeMap::new(), most_peers }
    }

    /// Whether one more piece of work for `peer` is within the limits; counts it if so.
    pub fn allow(&mut self, peer: &P, now: Timestamp) -> bool {
        if !self.peers.contains_key(peer) {
            if self.peers.len() >= self.most_peers {
                self.peers.retain(|_, bucket| bucket.filled_at == now);
            }
            if self.peers.len() >= self.most_peers {
                return false;
            }
        }
        let fresh = Bucket { tokens: self.each.burst, filled_at: now };
        let bucket = self.peers.entry(peer.clone()).or_insert(fresh);
        let was_quiet = bucket.is_full(self.each, now);
        bucket.take(self.each, now)
            && (self.everybody.take(self.all, now)
                || was_quiet && self.quiet.take(self.for_the_quiet, now))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_loud_peer_does_not_silence_another() {
        let each = Rate { burst: 3, per_second: 1 };
        let mut limits = Limits::new(each, Rate { burst: 100, per_second: 100 }, 8);
        let now = Timestamp(1000);
        let allowed = (0..50).filter(|_| limits.allow(&1, now)).count();
        assert_eq!(allowed, 3);
        assert!(limits.allow(&2, now));
        assert!(limits.allow(&1, Timestamp(1001)));
        assert!(!limits.allow(&1, Timestamp(1001)));
    }

    #[test]
    fn many_loud_peers_do_not_silence_a_quiet_one() {
        let (each, all) = (Rate { burst: 4, per_second: 2 }, Rate { burst: 16, per_second: 8 });
        let mut limits = Limits::new(each, all, 100);
        for second in 1_000..1_060 {
            let now = Timestamp(second);
            for peer in (0..20).cycle().take(400) {
                limits.allow(&peer, now);
            }
            if second % 3 == 0 {
                assert!(limits.allow(&99, now), "{second}");
            }
        }
        // Who has said something is not quiet before his own bucket is full again.
        assert!(!limits.allow(&99, Timestamp(1_059)));
    }

    #[test]
    fn even_the_quiet_are_limited() {
        let (each, all) = (Rate { burst: 4, per_second: 2 }, Rate { burst: 16, per_second: 8 });
        let mut limits = Limits::new(each, all, 1_000);
        let now = Timestamp(1_000);
        assert_eq!((0..500).filter(|peer| limits.allow(peer, now)).count(), 16 + 4);
        let later = Timestamp(1_100);
        assert_eq!((500..900).filter(|peer| limits.allow(peer, later)).count(), 16 + 4);
    }

    #[test]
    fn a_clock_that_is_set_back_starves_nobody() {
        let each = Rate { burst: 1, per_second: 1 };
        let mut limits = Limits::new(each, Rate { burst: 2, per_second: 1 }, 8);
        assert!(limits.allow(&1, Timestamp(10_000)));
        assert!(!limits.allow(&1, Timestamp(1_000)));
        assert!(limits.allow(&1, Timestamp(1_001)));
    }

    #[test]
    fn all_together_are_limited_and_the_table_stays_small() {
        let each = Rate { burst: 10, per_second: 1 };
        let mut limits = Limits::new(each, Rate { burst: 20, per_second: 1 }, 5);
        let allowed = (0..1000).filter(|peer| limits.allow(peer, Timestamp(7))).count();
        assert!(allowed <= 5, "{allowed}");
        assert!(limits.peers.len() <= 5);
    }
}
