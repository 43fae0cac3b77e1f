//! News of the network, and of our own channels a moment before they are known.
//!
//! The peer at the other end of a new channel tells us its terms (`channel_update`) together with its part of the
//! announcement. The crate `lightning` takes channels of ours into its graph only afterwards, and drops the terms of
//! channels that are not there. Nobody behind us would learn them, until the peer changes them or a day has passed.
//! So they are kept until the channel is announced.
//!
//! While the crate takes a channel into its graph, after it was compared with the chain, there is a moment in which it
//! neither waits for it nor knows it: news of it would be dropped. So there is no news in that moment.

use std::collections::HashMap;
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

/// Says something to all peers, and takes it as said.
pub(crate) type Say = dyn Fn(ChannelUpdate) + Send + Sync;

/// Takes what the crate takes, and keeps what came too early.
pub(crate) struct PatientGossip {
    gossip: Arc<Gossip>,
    channels_with: Box<ChannelsWith>,
    say: Box<Say>,
    /// The last one of each channel, by short channel id: not more than we have channels.
    early: Mutex<HashMap<u64, Early>>,
    /// Shared by those who bring news of what may be in the graph, held alone by who takes a channel into it.
    turn: RwLock<()>,
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
    pub(crate) fn new(
        gossip: Arc<Gossip>,
        channels_with: Box<ChannelsWith>,
        say: Box<Say>,
    ) -> Self {
        Self { gossip, channels_with, say, early: Mutex::default(), turn: RwLock::default() }
    }

    /// Tells the crate what the chain says of an announcement, by `resolve`; what came before it is said if it was
    /// believed.
    pub(crate) fn take(&self, scid: u64, resolve: impl FnOnce()) {
        let alone = self.alone();
        resolve();
        drop(alone);
        self.on_checked(scid);
    }

    fn alone(&self) -> RwLockWriteGuard<'_, ()> {
        self.turn.write().unwrap_or_else(PoisonError::into_inner)
    }

    fn together(&self) -> RwLockReadGuard<'_, ()> {
        self.turn.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn on_checked(&self, scid: u64) {
        if self.gossip.network_graph().read_only().channel(scid).is_none() {
            return;
        }
        let early = lock(&self.early).remove(&scid);
        if let Some(early) = early {
            (self.say)(early.update);
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
        if let (Err(_), Some(from)) = (&taken, from) {
            self.keep(from, update);
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
        self.gossip.handle_node_announcement(from, announcement)
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
        self.gossip.get_and_clear_pending_msg_events()
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
