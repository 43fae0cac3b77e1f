//! How much is let in and kept.

use std::time::Duration;

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
    /// In from everybody together.
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
