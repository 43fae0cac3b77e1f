//! What was dropped, counted by reason.

use std::sync::atomic::{AtomicU64, Ordering};

/// Why a message was dropped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Dropped {
    PeerLimit,
    StrangersLimit,
    TotalLimit,
    Unreadable,
    NoContent,
    InboxFull,
    UnknownNextHop,
    NextHopAway,
    Loop,
    ForwardQueueFull,
    PeerLeft,
}

/// Messages dropped since the start, by reason.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct MessageDrops {
    /// A peer with a channel sent more than its share.
    pub peer_limit: u64,
    /// The peers without a channel together sent more than theirs.
    pub strangers_limit: u64,
    /// All peers together sent more than we take.
    pub total_limit: u64,
    /// Not an onion for us, or against a rule of BOLT 4.
    pub unreadable: u64,
    /// For us, but with nothing inside.
    pub no_content: u64,
    /// For us, but nobody took them from the channel in time.
    pub inbox_full: u64,
    /// To forward over a channel that is not ours.
    pub unknown_next_hop: u64,
    /// To forward to a node that is not connected, or takes no onion messages.
    pub next_hop_away: u64,
    /// Forwarded to ourselves too often.
    pub looping: u64,
    /// To forward to a peer for which too many wait already.
    pub forward_queue_full: u64,
    /// Lost in the queue of a peer that disconnected.
    pub peer_left: u64,
}

impl MessageDrops {
    /// Each reason by its name, with how many were dropped for it.
    pub fn by_reason(&self) -> [(&'static str, u64); 11] {
        [
            ("peer_limit", self.peer_limit),
            ("strangers_limit", self.strangers_limit),
            ("total_limit", self.total_limit),
            ("unreadable", self.unreadable),
            ("no_content", self.no_content),
            ("inbox_full", self.inbox_full),
            ("unknown_next_hop", self.unknown_next_hop),
            ("next_hop_away", self.next_hop_away),
            ("looping", self.looping),
            ("forward_queue_full", self.forward_queue_full),
            ("peer_left", self.peer_left),
        ]
    }
}

#[derive(Debug, Default)]
pub(super) struct Drops([AtomicU64; 11]);

impl Drops {
    pub(super) fn count(&self, reason: Dropped) {
        self.add(reason, 1);
    }

    pub(super) fn add(&self, reason: Dropped, messages: usize) {
        let messages = u64::try_from(messages).unwrap_or(u64::MAX);
        self.of(reason).fetch_add(messages, Ordering::Relaxed);
    }

    pub(super) fn counts(&self) -> MessageDrops {
        let read = |reason| self.of(reason).load(Ordering::Relaxed);
        MessageDrops {
            peer_limit: read(Dropped::PeerLimit),
            strangers_limit: read(Dropped::StrangersLimit),
            total_limit: read(Dropped::TotalLimit),
            unreadable: read(Dropped::Unreadable),
            no_content: read(Dropped::NoContent),
            inbox_full: read(Dropped::InboxFull),
            unknown_next_hop: read(Dropped::UnknownNextHop),
            next_hop_away: read(Dropped::NextHopAway),
            looping: read(Dropped::Loop),
            forward_queue_full: read(Dropped::ForwardQueueFull),
            peer_left: read(Dropped::PeerLeft),
        }
    }

    const fn of(&self, reason: Dropped) -> &AtomicU64 {
        let Self(
            [peer, strangers, total, unreadable, empty, inbox, unknown, away, looping, full, left],
        ) = self;
        match reason {
            Dropped::PeerLimit => peer,
            Dropped::StrangersLimit => strangers,
            Dropped::TotalLimit => total,
            Dropped::Unreadable => unreadable,
            Dropped::NoContent => empty,
            Dropped::InboxFull => inbox,
            Dropped::UnknownNextHop => unknown,
            Dropped::NextHopAway => away,
            Dropped::Loop => looping,
            Dropped::ForwardQueueFull => full,
            Dropped::PeerLeft => left,
        }
    }
}
