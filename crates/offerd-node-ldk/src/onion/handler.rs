//! What LDK's `PeerManager` calls.

use bolt1::PublicKey;
use lightning::ln::msgs::{
    BaseMessageHandler, Init, MessageSendEvent, OnionMessage, OnionMessageHandler,
};
use lightning::types::features::{InitFeatures, NodeFeatures};

use super::OnionLayer;
use super::convert::{from_ldk, to_ldk};
use super::drops::Dropped;

impl BaseMessageHandler for OnionLayer {
    /// None: onion messages go through [`OnionMessageHandler::next_onion_message_for_peer`].
    fn get_and_clear_pending_msg_events(&self) -> Vec<MessageSendEvent> {
        Vec::new()
    }

    fn peer_connected(&self, peer: PublicKey, init: &Init, _inbound: bool) -> Result<(), ()> {
        self.peers().insert(peer, init.features.supports_onion_messages());
        Ok(())
    }

    fn peer_disconnected(&self, peer: PublicKey) {
        let lost = self.peers().remove(&peer);
        self.drops.add(Dropped::PeerLeft, lost);
    }

    fn provided_node_features(&self) -> NodeFeatures {
        let mut features = NodeFeatures::empty();
        features.set_onion_messages_optional();
        features
    }

    fn provided_init_features(&self, _peer: PublicKey) -> InitFeatures {
        let mut features = InitFeatures::empty();
        features.set_onion_messages_optional();
        features
    }
}

impl OnionMessageHandler for OnionLayer {
    fn handle_onion_message(&self, peer: PublicKey, message: &OnionMessage) {
        match from_ldk(message) {
            Some(message) => self.on_message(peer, message),
            None => self.note_drop(Dropped::Unreadable),
        }
    }

    fn next_onion_message_for_peer(&self, peer: PublicKey) -> Option<OnionMessage> {
        let (whose, message) = self.peers().pop(&peer, self.clock.now())?;
        self.traffic.note_handed_out(whose);
        Some(to_ldk(message))
    }

    /// Nothing: the paces follow the clock, and [`OnionLayer::drive`] follows the paces.
    fn timer_tick_occurred(&self) {}
}
