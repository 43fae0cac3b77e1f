//! LDK's onion message and ours.

use bolt4::onion_message::OnionMessage;
use bolt4::sphinx::OnionPacket;
use lightning::ln::msgs;
use lightning::onion_message::packet::Packet;

/// `None` for a version or size that we do not know.
pub(super) fn from_ldk(message: &msgs::OnionMessage) -> Option<OnionMessage> {
    let packet = &message.onion_routing_packet;
    if packet.version != 0 {
        return None;
    }
    let packet =
        OnionPacket::from_parts(packet.public_key, packet.hop_data.clone(), packet.hmac).ok()?;
    Some(OnionMessage { path_key: message.blinding_point, packet })
}

pub(super) fn to_ldk(message: OnionMessage) -> msgs::OnionMessage {
    let (public_key, hop_data, hmac) = message.packet.into_parts();
    msgs::OnionMessage {
        blinding_point: message.path_key,
        onion_routing_packet: Packet { version: 0, public_key, hop_data, hmac },
    }
}
