//! What was dropped, counted by reason.

use std::sync::atomic::{AtomicU64, Ordering};

/// Why a message was dropped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Drop {
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
pub struct DropCounts {
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

#[derive(Debug, Default)]
pub(super) struct Drops([AtomicU64; 11]);

impl Drops {
    pub(super) fn count(&self, drop: Drop) {
        self.add(drop, 1);
    }

    pub(super) fn add(&self, drop: Drop, messages: usize) {
        let messages = u64::try_from(messages).unwrap_or(u64::MAX);
        self.of(drop).fetch_add(messages, Ordering::Relaxed);
    }

    pub(super) fn counts(&self) -> DropCounts {
        let read = |drop| self.of(drop).load(Ordering::Relaxed);
        DropCounts {
            peer_limit: read(Drop::PeerLimit),
            strangers_limit: read(Drop::StrangersLimit),
            total_limit: read(Drop::TotalLimit),
            unreadable: read(Drop::Unreadable),
            no_content: read(Drop::NoContent),
            inbox_full: read(Drop::InboxFull),
            unknown_next_hop: read(Drop::UnknownNextHop),
            next_hop_away: read(Drop::NextHopAway),
            looping: read(Drop::Loop),
            forward_queue_full: read(Drop::ForwardQueueFull),
            peer_left: read(Drop::PeerLeft),
        }
    }

    const fn of(&self, drop: Drop) -> &AtomicU64 {
        let Self(
            [peer, strangers, total, unreadable, empty, inbox, unknown, away, looping, full, left],
        ) = self;
        match drop {
            Drop::PeerLimit => peer,
            Drop::StrangersLimit => strangers,
            Drop::TotalLimit => total,
            Drop::Unreadable => unreadable,
            Drop::NoContent => empty,
            Drop::InboxFull => inbox,
            Drop::UnknownNextHop => unknown,
            Drop::NextHopAway => away,
            Drop::Loop => looping,
            Drop::ForwardQueueFull => full,
            Drop::PeerLeft => left,
        }
    }
}
