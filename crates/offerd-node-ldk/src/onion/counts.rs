//! What went through, counted.

use std::sync::atomic::{AtomicU64, Ordering};

use super::MessageDrops;
use super::queue::Whose;

/// Onion messages since the start.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct MessageCounts {
    /// For us, and taken.
    pub received: u64,
    /// Our own, handed to a peer.
    pub sent: u64,
    /// Those of others, handed to the next peer.
    pub forwarded: u64,
    /// Those that went no further.
    pub dropped: MessageDrops,
}

/// The same while it is counted, but for what was dropped.
#[derive(Debug, Default)]
pub(super) struct Traffic {
    received: AtomicU64,
    sent: AtomicU64,
    forwarded: AtomicU64,
}

impl Traffic {
    pub(super) fn note_received(&self) {
        self.received.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn note_handed_out(&self, whose: Whose) {
        let count = match whose {
            Whose::Ours => &self.sent,
            Whose::Others => &self.forwarded,
        };
        count.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn counts(&self, dropped: MessageDrops) -> MessageCounts {
        MessageCounts {
            received: self.received.load(Ordering::Relaxed),
            sent: self.sent.load(Ordering::Relaxed),
            forwarded: self.forwarded.load(Ordering::Relaxed),
            dropped,
        }
    }
}
