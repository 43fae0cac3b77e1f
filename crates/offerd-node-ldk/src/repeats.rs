//! Saying again what peers may have missed.
//!
//! When a channel is announced, our `channel_update` for it can reach the peer at its other end a moment before that
//! peer has taken the channel into its graph; it is then dropped, and nobody behind that peer can route over the
//! channel. So we repeat it.

use std::fmt;
use std::sync::{Arc, Mutex};

use lightning::ln::msgs::{
    BaseMessageHandler, ChannelUpdate, Init, MessageSendEvent, SendOnlyMessageHandler,
};
use lightning::types::features::{InitFeatures, NodeFeatures};
use secp256k1::PublicKey;

use crate::locks::lock;
use crate::types::Monitor;

/// What is sent without being asked for: the monitor's messages, and repeats.
pub(crate) struct Repeats {
    monitor: Arc<Monitor>,
    updates: Mutex<Vec<ChannelUpdate>>,
}

impl fmt::Debug for Repeats {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Repeats").finish_non_exhaustive()
    }
}

impl Repeats {
    /// Sends what the monitor has, and nothing else yet.
    pub(crate) fn new(monitor: Arc<Monitor>) -> Arc<Self> {
        Arc::new(Self { monitor, updates: Mutex::new(Vec::new()) })
    }

    /// Sends this to all peers the next time that messages are sent.
    pub(crate) fn push(&self, update: ChannelUpdate) {
        lock(&self.updates).push(update);
    }
}

impl SendOnlyMessageHandler for Repeats {}

impl BaseMessageHandler for Repeats {
    fn get_and_clear_pending_msg_events(&self) -> Vec<MessageSendEvent> {
        let mut events = self.monitor.get_and_clear_pending_msg_events();
        let updates = std::mem::take(&mut *lock(&self.updates)).into_iter();
        events.extend(updates.map(|msg| MessageSendEvent::BroadcastChannelUpdate { msg }));
        events
    }

    fn peer_connected(&self, peer: PublicKey, init: &Init, inbound: bool) -> Result<(), ()> {
        self.monitor.peer_connected(peer, init, inbound)
    }

    fn peer_disconnected(&self, peer: PublicKey) {
        self.monitor.peer_disconnected(peer);
    }

    fn provided_node_features(&self) -> NodeFeatures {
        self.monitor.provided_node_features()
    }

    fn provided_init_features(&self, peer: PublicKey) -> InitFeatures {
        self.monitor.provided_init_features(peer)
    }
}
