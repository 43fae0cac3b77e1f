//! News of the network, and of our own channels a moment before they are known.
//!
//! The peer at the other end of a new channel tells us its terms (`channel_update`) together with its part of the
//! announcement. The crate `lightning` takes channels of ours into its graph only afterwards, and drops the terms of
//! channels that are not there. Nobody behind us would learn them, until the peer changes them or a day has passed.
//! So they are kept until the channel is announced.
//!
//! While the crate takes a channel into its graph, after it was compared with the chain, there is a moment in which it
//! neither waits for it nor knows it: news of it would be dropped. So there is no news in that moment.
//!
//! After it, the crate passes news on at once, but the announcement itself only with its next messages. Peers drop what
//! they hear of a channel before they hear that there is one. So what is passed on in between is said once more, after
//! the announcement.

use std::collections::{HashMap, HashSet};
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use lightning::ln::msgs::{
    BaseMessageHandler, ChannelAnnouncement, ChannelUpdate, Init, LightningError, MessageSendEvent,
    NodeAnnouncement, QueryChannelRange, QueryShortChannelIds, ReplyChannelRange,
    ReplyShortChannelIdsEnd, RoutingMessageHandler,
};
use lightning::routing::gossip::NodeId;
use lightning::types::features::{InitFeatures, NodeFeatures};
use secp256k1::PublicKey;

use crate::locks::lock;
use crate::types::Gossip;

/// The short channel ids of our channels with a peer.
pub(crate) type ChannelsWith = dyn Fn(&PublicKey) -> Vec<u64> + Send + Sync;

/// Takes what the crate takes, and keeps what came too early.
pub(crate) struct PatientGossip {
    gossip: Arc<Gossip>,
    channels_with: Box<ChannelsWith>,
    /// The last one of each channel, by short channel id: not more than we have channels.
    early: Mutex<HashMap<u64, Early>>,
    /// Shared by those who bring news of what may be in the graph, held alone by who takes a channel into it.
    turn: RwLock<()>,
    outgoing: Mutex<Outgoing>,
}

/// What goes to all peers with the next messages, after the announcements of channels.
#[derive(Default)]
struct Outgoing {
    /// What they may have dropped, or do not know.
    again: Vec<MessageSendEvent>,
    /// Channels that were taken since messages were last sent, and their ends.
    taken: Taken,
    /// Those whose announcements are being sent.
    leaving: Taken,
}

#[derive(Default)]
struct Taken {
    channels: HashSet<u64>,
    nodes: HashSet<NodeId>,
}

impl Outgoing {
    fn is_new(&self, of: impl Fn(&Taken) -> bool) -> bool {
        of(&self.taken) || of(&self.leaving)
    }

    fn say(&mut self, msg: ChannelUpdate) {
        self.again.push(MessageSendEvent::BroadcastChannelUpdate { msg });
    }
}

/// What a peer said of a channel that was not in the graph.
struct Early {
    from: PublicKey,
    update: ChannelUpdate,
}

impl fmt::Debug for PatientGossip {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PatientGossip").finish_non_exhaustive()
    }
}

impl PatientGossip {
    /// What came too early is said when its time has come.
    pub(crate) fn new(gossip: Arc<Gossip>, channels_with: Box<ChannelsWith>) -> Self {
        Self {
            gossip,
            channels_with,
            early: Mutex::default(),
            turn: RwLock::default(),
            outgoing: Mutex::default(),
        }
    }

    /// Tells the crate what the chain says of an announcement, by `resolve`; what came before it is said if it was
    /// believed.
    pub(crate) fn take(&self, scid: u64, resolve: impl FnOnce()) {
        let alone = self.alone();
        resolve();
        self.on_taken(scid);
        drop(alone);
        self.on_checked(scid);
    }

    fn alone(&self) -> RwLockWriteGuard<'_, ()> {
        self.turn.write().unwrap_or_else(PoisonError::into_inner)
    }

    fn together(&self) -> RwLockReadGuard<'_, ()> {
        self.turn.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// Its announcement waits to be sent.
    fn on_taken(&self, scid: u64) {
        let graph = self.gossip.network_graph().read_only();
        let Some(channel) = graph.channel(scid) else { return };
        let mut outgoing = lock(&self.outgoing);
        outgoing.taken.channels.insert(scid);
        outgoing.taken.nodes.extend([channel.node_one, channel.node_two]);
    }

    fn on_checked(&self, scid: u64) {
        if self.gossip.network_graph().read_only().channel(scid).is_none() {
            return;
        }
        let early = lock(&self.early).remove(&scid);
        if let Some(early) = early {
            lock(&self.outgoing).say(early.update);
        }
    }

    fn keep(&self, from: PublicKey, update: &ChannelUpdate) {
        let scid = update.contents.short_channel_id;
        let ours = (self.channels_with)(&from);
        if !ours.contains(&scid) || self.gossip.network_graph().read_only().channel(scid).is_some()
        {
            return;
        }
        let mut early = lock(&self.early);
        early.retain(|scid, kept| kept.from != from || ours.contains(scid));
        early.insert(scid, Early { from, update: update.clone() });
    }
}

impl RoutingMessageHandler for PatientGossip {
    fn handle_channel_update(
        &self,
        from: Option<PublicKey>,
        update: &ChannelUpdate,
    ) -> Result<bool, LightningError> {
        let _together = self.together();
        let taken = self.gossip.handle_channel_update(from, update);
        match (&taken, from) {
            (Err(_), Some(from)) => self.keep(from, update),
            (Err(_), None) => {}
            (Ok(_), _) => {
                let scid = update.contents.short_channel_id;
                let mut outgoing = lock(&self.outgoing);
                if outgoing.is_new(|taken| taken.channels.contains(&scid)) {
                    outgoing.say(update.clone());
                }
            }
        }
        taken
    }

    fn handle_channel_announcement(
        &self,
        from: Option<PublicKey>,
        announcement: &ChannelAnnouncement,
    ) -> Result<bool, LightningError> {
        let alone = self.alone();
        // An error may mean that it is still compared with the chain.
        let taken = self.gossip.handle_channel_announcement(from, announcement)?;
        drop(alone);
        self.on_checked(announcement.contents.short_channel_id);
        Ok(taken)
    }

    fn handle_node_announcement(
        &self,
        from: Option<PublicKey>,
        announcement: &NodeAnnouncement,
    ) -> Result<bool, LightningError> {
        let _together = self.together();
        let known = self.gossip.handle_node_announcement(from, announcement)?;
        let mut outgoing = lock(&self.outgoing);
        if outgoing.is_new(|taken| taken.nodes.contains(&announcement.contents.node_id)) {
            let msg = announcement.clone();
            outgoing.again.push(MessageSendEvent::BroadcastNodeAnnouncement { msg });
        }
        Ok(known)
    }

    fn get_next_channel_announcement(
        &self,
        starting_point: u64,
    ) -> Option<(ChannelAnnouncement, Option<ChannelUpdate>, Option<ChannelUpdate>)> {
        self.gossip.get_next_channel_announcement(starting_point)
    }

    fn get_next_node_announcement(
        &self,
        starting_point: Option<&NodeId>,
    ) -> Option<NodeAnnouncement> {
        self.gossip.get_next_node_announcement(starting_point)
    }

    fn handle_reply_channel_range(
        &self,
        from: PublicKey,
        reply: ReplyChannelRange,
    ) -> Result<(), LightningError> {
        self.gossip.handle_reply_channel_range(from, reply)
    }

    fn handle_reply_short_channel_ids_end(
        &self,
        from: PublicKey,
        reply: ReplyShortChannelIdsEnd,
    ) -> Result<(), LightningError> {
        self.gossip.handle_reply_short_channel_ids_end(from, reply)
    }

    fn handle_query_channel_range(
        &self,
        from: PublicKey,
        query: QueryChannelRange,
    ) -> Result<(), LightningError> {
        self.gossip.handle_query_channel_range(from, query)
    }

    fn handle_query_short_channel_ids(
        &self,
        from: PublicKey,
        query: QueryShortChannelIds,
    ) -> Result<(), LightningError> {
        self.gossip.handle_query_short_channel_ids(from, query)
    }

    fn processing_queue_high(&self) -> bool {
        self.gossip.processing_queue_high()
    }
}

impl BaseMessageHandler for PatientGossip {
    fn get_and_clear_pending_msg_events(&self) -> Vec<MessageSendEvent> {
        // In this order: the announcement of what is said again was put into the crate's queue before.
        let again = {
            let mut outgoing = lock(&self.outgoing);
            // What was handed out last time is sent by now.
            outgoing.leaving = std::mem::take(&mut outgoing.taken);
            std::mem::take(&mut outgoing.again)
        };
        let mut events = self.gossip.get_and_clear_pending_msg_events();
        events.extend(again);
        events
    }

    fn peer_connected(&self, peer: PublicKey, init: &Init, inbound: bool) -> Result<(), ()> {
        self.gossip.peer_connected(peer, init, inbound)
    }

    fn peer_disconnected(&self, peer: PublicKey) {
        self.gossip.peer_disconnected(peer);
    }

    fn provided_node_features(&self) -> NodeFeatures {
        self.gossip.provided_node_features()
    }

    fn provided_init_features(&self, peer: PublicKey) -> InitFeatures {
        self.gossip.provided_init_features(peer)
    }
}

#[cfg(test)]
#[path = "gossip_tests.rs"]
mod tests;
