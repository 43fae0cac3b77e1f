//! The connected peers, with what waits for each and what each may still send.

use std::collections::BTreeMap;
use std::time::Duration;

use bolt1::PublicKey;
use bolt4::onion_message::OnionMessage;

use super::MessageLimits;
use super::bucket::Bucket;
use super::drops::Dropped;
use super::queue::{Outbox, Source, Whose, size};

/// Why a message could not be queued.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Unqueued {
    /// The peer is not connected, or takes no onion messages.
    Away,
    /// Too much waits already.
    Full,
}

#[derive(Debug)]
pub(super) struct Peers {
    limits: MessageLimits,
    peers: BTreeMap<PublicKey, Peer>,
    strangers: Bucket,
    total: Bucket,
    /// For those who were quiet, when the one of all is empty.
    quiet: Bucket,
}

#[derive(Debug)]
struct Peer {
    takes_messages: bool,
    inbound: Bucket,
    outbox: Outbox,
}

impl Peers {
    pub(super) fn new(limits: MessageLimits) -> Self {
        let strangers = Bucket::new(limits.inbound_strangers);
        let total = Bucket::new(limits.inbound_total);
        let quiet = Bucket::new(limits.for_the_quiet());
        Self { limits, peers: BTreeMap::new(), strangers, total, quiet }
    }

    /// A peer is here; what it last sent as features says whether it takes onion messages.
    pub(super) fn insert(&mut self, id: PublicKey, takes_messages: bool) {
        let inbound = Bucket::new(self.limits.inbound_per_peer);
        let outbox = Outbox::new(&self.limits);
        self.peers.insert(id, Peer { takes_messages, inbound, outbox });
    }

    /// A peer is gone, with so many messages that waited for it.
    pub(super) fn remove(&mut self, id: &PublicKey) -> usize {
        self.peers.remove(id).map_or(0, |peer| peer.outbox.len())
    }

    pub(super) fn takes_messages(&self, id: &PublicKey) -> bool {
        self.peers.get(id).is_some_and(|peer| peer.takes_messages)
    }

    /// The peers that take onion messages, in order of their ids.
    pub(super) fn capable(&self) -> Vec<PublicKey> {
        let capable = self.peers.iter().filter(|(_, peer)| peer.takes_messages);
        capable.map(|(id, _)| *id).collect()
    }

    /// Whether a message from there may come in now.
    pub(super) fn admit(
        &mut self,
        from: &PublicKey,
        source: Source,
        now: Duration,
    ) -> Result<(), Dropped> {
        let (bucket, reason) = match (source, self.peers.get_mut(from)) {
            (Source::Peer(_), Some(peer)) => (&mut peer.inbound, Dropped::PeerLimit),
            (Source::Peer(_) | Source::Strangers, _) => {
                (&mut self.strangers, Dropped::StrangersLimit)
            }
        };
        let was_quiet = bucket.is_full(now);
        if !bucket.take(now) {
            return Err(reason);
        }
        let admitted = self.total.take(now) || was_quiet && self.quiet.take(now);
        if admitted { Ok(()) } else { Err(Dropped::TotalLimit) }
    }

    pub(super) fn push_own(
        &mut self,
        to: &PublicKey,
        message: OnionMessage,
    ) -> Result<(), Unqueued> {
        self.check_total(&message)?;
        let peer = self.peers.get_mut(to).filter(|peer| peer.takes_messages);
        let outbox = &mut peer.ok_or(Unqueued::Away)?.outbox;
        outbox.push_own(message, &self.limits).map_err(|_| Unqueued::Full)
    }

    /// Queues a forward; `Ok` has how many were dropped for want of room.
    pub(super) fn push_forward(
        &mut self,
        to: &PublicKey,
        source: Source,
        message: OnionMessage,
    ) -> Result<usize, Unqueued> {
        self.check_total(&message)?;
        let peer = self.peers.get_mut(to).filter(|peer| peer.takes_messages);
        let outbox = &mut peer.ok_or(Unqueued::Away)?.outbox;
        Ok(outbox.push_forward(source, message, &self.limits))
    }

    fn check_total(&self, message: &OnionMessage) -> Result<(), Unqueued> {
        let waiting: usize = self.peers.values().map(|peer| peer.outbox.bytes()).sum();
        let fits = waiting.saturating_add(size(message)) <= self.limits.total_bytes;
        if fits { Ok(()) } else { Err(Unqueued::Full) }
    }

    /// What may be handed to the peer now.
    pub(super) fn pop(&mut self, id: &PublicKey, now: Duration) -> Option<(Whose, OnionMessage)> {
        self.peers.get_mut(id)?.outbox.pop(now)
    }

    /// From when on there is something to hand out to somebody; `None` when nothing waits.
    pub(super) fn ready_at(&self) -> Option<Duration> {
        self.peers.values().filter_map(|peer| peer.outbox.ready_at()).min()
    }
}
