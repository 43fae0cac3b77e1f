//! How much is let in and kept.

use std::time::Duration;

use bolt1::PublicKey;

/// A pace: one message in each `interval`, `burst` of them at once after a pause.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MessageRate {
    /// Time that one message costs.
    pub interval: Duration,
    /// Messages that may pass at once; 0 counts as 1.
    pub burst: u32,
}

/// The bounds on onion messages.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MessageLimits {
    /// In from each peer with which we have a channel.
    pub inbound_per_peer: MessageRate,
    /// In from all peers without a channel together.
    pub inbound_strangers: MessageRate,
    /// In from everybody together; a quarter of it besides from those who have not said anything for so long that what they
    /// may send at once is whole again, so that many loud peers do not silence a quiet one.
    pub inbound_total: MessageRate,
    /// Messages for us that wait to be taken.
    pub inbox: usize,
    /// Out to each peer. Core Lightning takes one in 250 ms and four at once, and drops the rest without a word;
    /// the default leaves it a margin for the jitter of the way.
    pub outbound_per_peer: MessageRate,
    /// Messages of our own that wait for one peer.
    pub own_queue: usize,
    /// Forwards that wait for one peer.
    pub forward_queue: usize,
    /// Forwards that wait for one peer and came from one and the same place.
    pub forwards_per_source: usize,
    /// Bytes that wait for one peer, forwards and our own each.
    pub queue_bytes: usize,
    /// Bytes that wait for all peers together.
    pub total_bytes: usize,
    /// Paths to us that are handed out at once.
    pub message_paths: usize,
}

/// How the paths look that we hand out, for onion messages and for payments.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PathShape {
    /// The peers that introduce us, one path for each, whether or not we need any; empty: those that suit best, where we
    /// need any.
    pub fronts: Vec<PublicKey>,
    /// Nodes that are to stand before us in a path for messages: 1 is our peer alone. With more, the peer is not seen in
    /// the path, as far as the network graph knows somebody to stand before it.
    pub hops: usize,
    /// The same for payments, where a node that stands there has a channel that can carry the payment.
    pub payment_hops: usize,
    /// Hops behind us in a path for messages that are ourselves again, so that its length does not tell how far away we are.
    pub dummy_hops: usize,
}

impl PathShape {
    /// Most nodes that may be asked to stand before us.
    pub const MOST_HOPS: usize = 3;
    /// Most hops that may be ourselves.
    pub const MOST_DUMMY_HOPS: usize = 7;
}

impl Default for PathShape {
    /// Our best peer, and we.
    fn default() -> Self {
        Self { fronts: Vec::new(), hops: 1, payment_hops: 1, dummy_hops: 0 }
    }
}

/// For whom we open connections to pass an onion message on our own behalf. Forwards never cause one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Dialling {
    /// For requests of our own, to addresses that the network graph has.
    pub for_requests: bool,
    /// For replies too. The paths of those were chosen by strangers, who would thereby choose whom we connect
    /// to.
    pub for_replies: bool,
    /// Even to addresses that are not on the public internet. For closed networks and regtest.
    pub private_addresses: bool,
}

impl MessageLimits {
    /// The pace of those who were quiet, when the one of all is used up.
    pub(super) fn for_the_quiet(&self) -> MessageRate {
        let MessageRate { interval, burst } = self.inbound_total;
        MessageRate {
            interval: interval.saturating_mul(QUIET_SHARE),
            burst: burst.div_ceil(QUIET_SHARE),
        }
    }
}

/// The part of the pace of all that is kept for the quiet, besides: one in so many.
const QUIET_SHARE: u32 = 4;

impl Default for Dialling {
    /// For requests, on the public internet.
    fn default() -> Self {
        Self { for_requests: true, for_replies: false, private_addresses: false }
    }
}

impl Default for MessageLimits {
    fn default() -> Self {
        Self {
            inbound_per_peer: MessageRate { interval: Duration::from_millis(50), burst: 40 },
            inbound_strangers: MessageRate { interval: Duration::from_millis(100), burst: 20 },
            inbound_total: MessageRate { interval: Duration::from_millis(5), burst: 400 },
            inbox: 512,
            outbound_per_peer: MessageRate { interval: Duration::from_millis(255), burst: 3 },
            own_queue: 128,
            forward_queue: 64,
            forwards_per_source: 16,
            queue_bytes: 1 << 20,
            total_bytes: 64 << 20,
            message_paths: 3,
        }
    }
}
