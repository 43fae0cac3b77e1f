//! What waits to be handed to one peer.

use std::collections::VecDeque;
use std::time::Duration;

use bolt1::PublicKey;
use bolt4::onion_message::OnionMessage;

use super::MessageLimits;
use super::bucket::Bucket;

/// Where a message to forward came from, as far as fairness is concerned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Source {
    /// A peer with a channel.
    Peer(PublicKey),
    /// Any peer without one: opening connections costs nothing, so all of them share one turn.
    Strangers,
}

/// Who has made a message that is handed out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Whose {
    Ours,
    Others,
}

/// There was no room.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Full;

/// The queues for one peer: our own messages, and a lane of forwards for each source.
#[derive(Debug)]
pub(super) struct Outbox {
    pace: Bucket,
    own: Lane,
    /// In order of whose turn it is. No lane is empty.
    forwards: VecDeque<(Source, Lane)>,
}

#[derive(Debug, Default)]
struct Lane {
    messages: VecDeque<OnionMessage>,
    bytes: usize,
}

impl Outbox {
    pub(super) fn new(limits: &MessageLimits) -> Self {
        let pace = Bucket::new(limits.outbound_per_peer);
        Self { pace, own: Lane::default(), forwards: VecDeque::new() }
    }

    /// Queues a message of our own.
    pub(super) fn push_own(
        &mut self,
        message: OnionMessage,
        limits: &MessageLimits,
    ) -> Result<(), Full> {
        if self.own.messages.len() >= limits.own_queue
            || self.own.bytes.saturating_add(size(&message)) > limits.queue_bytes
        {
            return Err(Full);
        }
        self.own.push(message);
        Ok(())
    }

    /// Queues a message to forward, and says how many were dropped for want of room: this one, or ones of the
    /// source with the longest lane.
    pub(super) fn push_forward(
        &mut self,
        source: Source,
        message: OnionMessage,
        limits: &MessageLimits,
    ) -> usize {
        let waiting = self.lane(source).map_or(0, |lane| lane.messages.len());
        if waiting >= limits.forwards_per_source {
            return 1;
        }
        let mut dropped = 0_usize;
        while self.forwards_lack_room(size(&message), limits) {
            dropped = dropped.saturating_add(1);
            if !self.shorten_longest(waiting) {
                return dropped;
            }
        }
        if let Some(lane) = self.lane(source) {
            lane.push(message);
        } else {
            let mut lane = Lane::default();
            lane.push(message);
            self.forwards.push_back((source, lane));
        }
        dropped
    }

    fn lane(&mut self, source: Source) -> Option<&mut Lane> {
        self.forwards.iter_mut().find(|(lane, _)| *lane == source).map(|(_, lane)| lane)
    }

    fn forwards_lack_room(&self, bytes: usize, limits: &MessageLimits) -> bool {
        let messages: usize = self.forwards.iter().map(|(_, lane)| lane.messages.len()).sum();
        let waiting: usize = self.forwards.iter().map(|(_, lane)| lane.bytes).sum();
        messages >= limits.forward_queue || waiting.saturating_add(bytes) > limits.queue_bytes
    }

    /// Drops the last message of the longest lane, if that stays longer than one of `waiting` messages.
    fn shorten_longest(&mut self, waiting: usize) -> bool {
        let longest = self.forwards.iter_mut().max_by_key(|(_, lane)| lane.messages.len());
        let Some((_, lane)) = longest else { return false };
        if lane.messages.len() <= waiting.saturating_add(1) {
            return false;
        }
        if let Some(message) = lane.messages.pop_back() {
            lane.bytes = lane.bytes.saturating_sub(size(&message));
        }
        true
    }

    /// The next message, if one waits and the pace allows it.
    pub(super) fn pop(&mut self, now: Duration) -> Option<(Whose, OnionMessage)> {
        if self.is_empty() || !self.pace.take(now) {
            return None;
        }
        if let Some(message) = self.own.pop() {
            return Some((Whose::Ours, message));
        }
        let (source, mut lane) = self.forwards.pop_front()?;
        let message = lane.pop()?;
        if !lane.messages.is_empty() {
            self.forwards.push_back((source, lane));
        }
        Some((Whose::Others, message))
    }

    /// From when on [`Outbox::pop`] yields something; `None` when nothing waits.
    pub(super) fn ready_at(&self) -> Option<Duration> {
        (!self.is_empty()).then(|| self.pace.ready_at())
    }

    pub(super) fn is_empty(&self) -> bool {
        self.own.messages.is_empty() && self.forwards.is_empty()
    }

    pub(super) fn len(&self) -> usize {
        self.lanes().map(|lane| lane.messages.len()).sum()
    }

    pub(super) fn bytes(&self) -> usize {
        self.lanes().map(|lane| lane.bytes).sum()
    }

    fn lanes(&self) -> impl Iterator<Item = &Lane> {
        std::iter::once(&self.own).chain(self.forwards.iter().map(|(_, lane)| lane))
    }
}

impl Lane {
    fn push(&mut self, message: OnionMessage) {
        self.bytes = self.bytes.saturating_add(size(&message));
        self.messages.push_back(message);
    }

    fn pop(&mut self) -> Option<OnionMessage> {
        let message = self.messages.pop_front()?;
        self.bytes = self.bytes.saturating_sub(size(&message));
        Some(message)
    }
}

/// What a message takes, near enough.
pub(super) fn size(message: &OnionMessage) -> usize {
    usize::from(message.packet.encoded_len())
}
