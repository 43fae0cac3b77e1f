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

/// Buckets for each peer and one for all of them together. Full buckets are forgotten, so memory is bounded by
/// the peers that were busy within the last seconds.
#[derive(Debug)]
pub struct Limits<P> {
    each: Rate,
    all: Rate,
    everybody: Bucket,
    peers: BTreeMap<P, Bucket>,
    most_peers: usize,
}

impl<P: Ord + Clone> Limits<P> {
    /// Limits `each` peer, and `all` of them together; at most `most_peers` buckets are kept.
    pub fn new(each: Rate, all: Rate, most_peers: usize) -> Self {
        let everybody = Bucket { tokens: all.burst, filled_at: Timestamp(0) };
        Self { each, all, everybody, peers: BTreeMap::new(), most_peers }
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
        bucket.take(self.each, now) && self.everybody.take(self.all, now)
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
