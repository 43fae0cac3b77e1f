//! What a peer may hand us as an onion message: each is met with silence, is counted by its reason, and changes nothing.

use std::time::Duration;

use bolt1::{NodeRef, PublicKey, ShortChannelId, Writer, tlv};
use bolt4::encrypted_data::{EncryptedData, NextHop};
use bolt4::onion_message::{Destination, OnionMessage, create};
use bolt4::{blind, blind_encoded, sphinx};
use lightning::ln::msgs;
use lightning::ln::msgs::{BaseMessageHandler, OnionMessageHandler};
use secp256k1::{Secp256k1, SecretKey};

use super::net::{Node, REQUEST, init, nodes};
use crate::onion::MessageCounts;
use crate::onion::convert::to_ldk;

/// What a packet of the usual size holds.
const ROOM: usize = 1_300;

/// One message and the reason that it must be dropped for.
struct Case {
    name: &'static str,
    message: msgs::OnionMessage,
    reason: &'static str,
}

fn case(name: &'static str, message: msgs::OnionMessage, reason: &'static str) -> Case {
    Case { name, message, reason }
}

fn secret() -> SecretKey {
    SecretKey::from_slice(&[98; 32]).unwrap()
}

fn stranger() -> PublicKey {
    SecretKey::from_slice(&[97; 32]).unwrap().public_key(&Secp256k1::new())
}

/// A message over these hops, all of which are us, with this text for the last of them.
fn over(us: &Node, data: &[EncryptedData]) -> msgs::OnionMessage {
    let secp = Secp256k1::new();
    let hops: Vec<_> = data.iter().map(|data| (us.id, data.clone())).collect();
    let path = blind(&secp, secret(), NodeRef::Id(us.id), &hops).unwrap();
    let to = Destination::Path(path);
    to_ldk(create(&secp, secret(), &[], &to, (REQUEST, b"hello".to_vec()), None).unwrap().1)
}

/// A payload with these encrypted data for us, and other fields around it.
fn payload(us: &Node, data: &[u8], before: &[(u64, &[u8])], after: &[(u64, &[u8])]) -> Vec<u8> {
    let hops = [(us.id, data.to_vec())];
    let path = blind_encoded(&Secp256k1::new(), secret(), NodeRef::Id(us.id), &hops).unwrap();
    let sealed = (4, path.hops[0].encrypted_recipient_data.as_slice());
    let mut writer = Writer::new();
    for (typ, value) in before.iter().chain([&sealed]).chain(after) {
        tlv::write_record(&mut writer, *typ, value);
    }
    writer.into_bytes()
}

/// A packet that only we can open, with these payloads, the first of them ours.
fn packed(us: &Node, payloads: &[Vec<u8>]) -> msgs::OnionMessage {
    let secp = Secp256k1::new();
    let hops: Vec<_> = payloads.iter().map(|_| (us.id, vec![])).collect();
    let path = blind_encoded(&secp, secret(), NodeRef::Id(us.id), &hops).unwrap();
    let ids = path.hops.iter().map(|hop| hop.blinded_node_id);
    let hops: Vec<_> = ids.zip(payloads.iter().cloned()).collect();
    let packet = sphinx::wrap(&secp, &secret(), &hops, ROOM, &[]).unwrap();
    to_ldk(OnionMessage { path_key: path.first_path_key, packet })
}

/// The good message, with something changed on its way.
fn tampered(us: &Node, change: impl FnOnce(&mut msgs::OnionMessage)) -> msgs::OnionMessage {
    let mut message = over(us, &[EncryptedData::receive(None)]);
    change(&mut message);
    message
}

/// Packets that are not for us, or that somebody has tampered with.
fn foreign(us: &Node, peer: &Node) -> Vec<Case> {
    let packet =
        |name, change: fn(&mut msgs::OnionMessage)| case(name, tampered(us, change), "unreadable");
    vec![
        case("for another", over(peer, &[EncryptedData::receive(None)]), "unreadable"),
        packet("another version", |it| it.onion_routing_packet.version = 1),
        packet("another hmac", |it| it.onion_routing_packet.hmac[0] ^= 1),
        packet("another payload", |it| it.onion_routing_packet.hop_data[0] ^= 1),
        packet("another end", |it| *it.onion_routing_packet.hop_data.last_mut().unwrap() ^= 1),
        packet("a byte too few", |it| it.onion_routing_packet.hop_data.truncate(ROOM - 1)),
        packet("a byte too many", |it| it.onion_routing_packet.hop_data.push(0)),
        packet("nothing inside", |it| it.onion_routing_packet.hop_data.clear()),
        packet("another path key", |it| it.blinding_point = stranger()),
        packet("another session key", |it| it.onion_routing_packet.public_key = stranger()),
    ]
}

// req OM-R2, OM-R3, OM-R9
/// Packets that only we can open, with something in them that is not for the last hop.
fn for_the_last_hop(us: &Node) -> Vec<Case> {
    let data = EncryptedData::receive(None).encode();
    let unread = |name, payload| case(name, packed(us, &[payload]), "unreadable");
    let around =
        |before: &[(u64, &[u8])], after: &[(u64, &[u8])]| payload(us, &data, before, after);
    let demands = EncryptedData { allowed_features: Some(vec![2]), ..EncryptedData::default() };
    let mut other = around(&[], &[(REQUEST, b"hello")]);
    other[3] ^= 1;
    vec![
        unread("no payload", vec![]),
        unread("a payload of one zero", vec![0]),
        unread("a length beyond the end", vec![4, 200, 1]),
        unread("a byte behind the last field", [around(&[], &[]), vec![1]].concat()),
        unread("no encrypted data", vec![64, 1, 9]),
        unread("encrypted data for another", other),
        unread("encrypted data that are none", payload(us, &[8, 1, 1], &[], &[])),
        unread("a feature that we do not know", payload(us, &demands.encode(), &[], &[])),
        unread("an unknown even field", around(&[], &[(6, &[])])),
        unread("a reply path that is none", around(&[(2, &[9])], &[(REQUEST, b"hello")])),
        unread("two contents", around(&[], &[(REQUEST, b"hello"), (66, b"hello")])),
        unread("fields backwards", around(&[(REQUEST, b"hello")], &[])),
        case("no content", packed(us, &[around(&[], &[])]), "no_content"),
    ]
}

// req OM-R4, OM-R5, OM-R6, OM-P3
/// Packets that we are to forward, and do not.
fn to_forward(us: &Node, away: &Node, deaf: &Node) -> Vec<Case> {
    let to = |node: &Node| EncryptedData::forward(NextHop::NodeId(node.id));
    let scid = EncryptedData::forward(NextHop::ShortChannelId(ShortChannelId(77)));
    let end = EncryptedData::receive(None);
    let with_id = EncryptedData { path_id: Some(vec![1]), ..to(deaf) };
    let demands = EncryptedData { allowed_features: Some(vec![2]), ..to(deaf) };
    let and_more =
        |name, payload: Vec<u8>| case(name, packed(us, &[payload, vec![0; 40]]), "unreadable");
    let loops: Vec<_> = std::iter::repeat_n(to(us), 10).chain([end.clone()]).collect();
    vec![
        case("to nobody whom we know", over(us, &[to(away), end.clone()]), "next_hop_away"),
        case("to who takes none", over(us, &[to(deaf), end.clone()]), "next_hop_away"),
        case("over a channel of nobody", over(us, &[scid, end]), "unknown_next_hop"),
        case("round and round", over(us, &loops), "looping"),
        and_more("with a path_id", payload(us, &with_id.encode(), &[], &[])),
        and_more("with a feature", payload(us, &demands.encode(), &[], &[])),
        and_more("without a next hop", payload(us, &[], &[], &[])),
        and_more("with a content", payload(us, &to(deaf).encode(), &[], &[(REQUEST, b"hello")])),
        and_more("with a reply path", payload(us, &to(deaf).encode(), &[(2, &[9])], &[])),
        and_more("with an odd field", payload(us, &to(deaf).encode(), &[(1, &[])], &[])),
    ]
}

/// The reasons for which more was dropped than before, and how much more.
fn dropped(before: &MessageCounts, after: &MessageCounts) -> Vec<(&'static str, u64)> {
    let pairs = before.dropped.by_reason().into_iter().zip(after.dropped.by_reason());
    let more = pairs.map(|((reason, before), (_, after))| (reason, after - before));
    more.filter(|(_, more)| *more > 0).collect()
}

#[tokio::test]
async fn hostile_onion_messages_are_dropped_by_their_reason_and_change_nothing() {
    let (world, [peer, mut us, away, deaf]) = nodes();
    us.open_channel(1, &peer);
    us.layer.peer_connected(deaf.id, &init(false), true).unwrap();
    let mut cases = foreign(&us, &peer);
    cases.extend(for_the_last_hop(&us));
    cases.extend(to_forward(&us, &away, &deaf));
    let (mut seen, mut expected) = (Vec::new(), Vec::new());
    for Case { name, message, reason } in cases {
        let before = us.layer.counts();
        us.layer.handle_onion_message(peer.id, &message);
        let after = us.layer.counts();
        seen.push((name, dropped(&before, &after)));
        expected.push((name, vec![(reason, 1)]));
        assert_eq!(MessageCounts { dropped: before.dropped, ..after }, before, "{name}");
        assert!(us.arrivals.try_recv().is_err(), "{name}");
        for node in [&peer, &away, &deaf] {
            assert!(us.layer.next_onion_message_for_peer(node.id).is_none(), "{name}");
        }
        assert_eq!(us.layer.next_flush(), None, "{name}");
        world.advance(Duration::from_secs(1));
    }
    assert_eq!(seen, expected);
    // The same peer is heard when it says something that can be read.
    us.layer.handle_onion_message(peer.id, &over(&us, &[EncryptedData::receive(None)]));
    assert_eq!(us.texts(), ["hello"]);
}
