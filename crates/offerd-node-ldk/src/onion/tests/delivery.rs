//! Messages find their way.

use std::sync::Arc;
use std::time::Duration;

use bolt1::{Direction, NodeRef, PublicKey, ShortChannelId};
use bolt4::encrypted_data::{EncryptedData, NextHop};
use bolt4::{BlindedPath, blind};
use lightning::ln::msgs::BaseMessageHandler;
use offerd_core::port::{Destination, Fronts, OnionTransport};
use secp256k1::{Secp256k1, SecretKey};

use super::net::{Node, REQUEST, init, nodes, nodes_with};
use crate::onion::{Dialling, MessageCounts, MessageDrops, MessageLimits, MessageRate};

/// A path over `first` to `last`, on which `first` gets told where to go by `next`.
fn path(first: &Node, next: NextHop, last: &Node) -> BlindedPath {
    let hops = [
        (first.id, EncryptedData::forward(next)),
        (last.id, EncryptedData::receive(Some(b"path".to_vec()))),
    ];
    let key = SecretKey::from_slice(&[99; 32]).unwrap();
    blind(&Secp256k1::new(), key, NodeRef::Id(first.id), &hops).unwrap()
}

// req OM-R6, OM-R10
#[tokio::test]
async fn a_request_crosses_a_peer_and_its_answer_comes_back() {
    let (world, [mut payer, relay, mut shop]) = nodes();
    relay.announce(&[]);
    payer.open_channel(1, &relay);
    shop.open_channel(2, &relay);
    let paths = shop.layer.message_paths(b"offer", &Fronts::Usual).await.unwrap();
    assert_eq!(paths.len(), 1);
    assert_eq!(paths[0].first_node_id, NodeRef::Id(relay.id));

    payer.ask(Destination::Path(paths[0].clone()), 0).await.unwrap();
    world.settle();
    let request = shop.arrivals.try_recv().unwrap();
    assert_eq!(request.path_id.as_deref(), Some(&b"offer"[..]));
    assert_eq!(request.from_peer, relay.id);
    assert_eq!((request.content.typ, &request.content.bytes[..]), (REQUEST, &b"ask"[..]));

    let back = Destination::Path(request.reply_path.unwrap());
    shop.tell(back, b"answer").await.unwrap();
    world.settle();
    let answer = payer.arrivals.try_recv().unwrap();
    assert_eq!(answer.path_id.as_deref(), Some(&b"reply"[..]));
    assert_eq!(answer.content.bytes, b"answer");
    let counts = |received, sent, forwarded| MessageCounts {
        received,
        sent,
        forwarded,
        dropped: MessageDrops::default(),
    };
    assert_eq!(relay.layer.counts(), counts(0, 0, 2));
    for end in [&payer, &shop] {
        assert_eq!(end.layer.counts(), counts(1, 1, 0));
    }
}

// req BP-R1
#[tokio::test]
async fn a_node_behind_several_others_is_reached_over_the_graph() {
    let (world, [sender, first, second, mut end]) = nodes();
    first.announce(&[]);
    second.announce(&[]);
    sender.open_channel(1, &first);
    first.open_channel(2, &second);
    second.open_channel(3, &end);
    assert!(sender.tell(Destination::Node(end.id), b"too early").await.is_err());
    world.announce_channel(2, &first, &second);
    world.announce_channel(3, &second, &end);
    sender.tell(Destination::Node(end.id), b"hello").await.unwrap();
    world.settle();
    let message = end.arrivals.try_recv().unwrap();
    assert_eq!((message.from_peer, message.path_id), (second.id, None));
}

// req OM-R5
#[tokio::test]
async fn the_next_hop_may_be_named_by_a_channel_of_the_hop() {
    let (world, [sender, relay, mut end]) = nodes();
    sender.connect(&relay);
    relay.open_channel(7, &end);
    let by_channel = |scid| path(&relay, NextHop::ShortChannelId(ShortChannelId(scid)), &end);
    sender.tell(Destination::Path(by_channel(7)), b"by alias").await.unwrap();
    world.announce_channel(8, &relay, &end);
    sender.tell(Destination::Path(by_channel(8)), b"announced").await.unwrap();
    world.announce_channel(9, &sender, &end);
    sender.tell(Destination::Path(by_channel(9)), b"of others").await.unwrap();
    world.settle();
    assert_eq!(end.texts(), ["by alias", "announced"]);
    assert_eq!(relay.drops(), MessageDrops { unknown_next_hop: 1, ..MessageDrops::default() });
}

#[tokio::test]
async fn a_path_that_begins_at_ourselves_is_used_from_its_next_hop_on() {
    let (world, [us, middle, mut end]) = nodes();
    us.open_channel(1, &middle);
    middle.open_channel(2, &end);
    let hops = [
        (us.id, EncryptedData::forward(NextHop::ShortChannelId(ShortChannelId(1)))),
        (middle.id, EncryptedData::forward(NextHop::NodeId(end.id))),
        (end.id, EncryptedData::receive(None)),
    ];
    let key = SecretKey::from_slice(&[99; 32]).unwrap();
    let path = blind(&Secp256k1::new(), key, NodeRef::Id(us.id), &hops).unwrap();
    us.tell(Destination::Path(path), b"hello").await.unwrap();
    world.settle();
    assert_eq!(end.texts(), ["hello"]);
}

#[tokio::test]
async fn a_message_to_ourselves_arrives() {
    let (_world, [mut us]) = nodes();
    let own = us.layer.message_paths(b"offer", &Fronts::Usual).await.unwrap();
    us.ask(Destination::Path(own[0].clone()), 0).await.unwrap();
    us.tell(Destination::Node(us.id), b"hello").await.unwrap();
    let request = us.arrivals.try_recv().unwrap();
    assert_eq!((request.from_peer, request.path_id), (us.id, Some(b"offer".to_vec())));
    us.tell(Destination::Path(request.reply_path.unwrap()), b"answer").await.unwrap();
    assert_eq!(us.texts(), ["hello", "answer"]);
}

#[tokio::test]
async fn an_introduction_node_named_by_a_channel_is_found() {
    let (world, [sender, relay, mut end]) = nodes();
    sender.open_channel(5, &relay);
    relay.open_channel(6, &end);
    let direction = |node: &PublicKey, other: &PublicKey| {
        if node.serialize() < other.serialize() { Direction::Zero } else { Direction::One }
    };
    let mut path = path(&relay, NextHop::NodeId(end.id), &end);
    let scid = ShortChannelId(5);
    path.first_node_id = NodeRef::ChannelEnd { scid, direction: direction(&relay.id, &sender.id) };
    sender.tell(Destination::Path(path.clone()), b"own channel").await.unwrap();

    world.announce_channel(6, &relay, &end);
    let scid = ShortChannelId(6);
    path.first_node_id = NodeRef::ChannelEnd { scid, direction: direction(&relay.id, &end.id) };
    sender.tell(Destination::Path(path.clone()), b"announced").await.unwrap();
    world.settle();
    assert_eq!(end.texts(), ["own channel", "announced"]);

    let scid = ShortChannelId(77);
    path.first_node_id = NodeRef::ChannelEnd { scid, direction: Direction::Zero };
    assert!(sender.tell(Destination::Path(path), b"nowhere").await.is_err());
}

#[tokio::test]
async fn hops_to_self_are_taken_locally_up_to_a_number() {
    let (world, [sender, mut end]) = nodes();
    sender.connect(&end);
    let to_self = (end.id, EncryptedData::forward(NextHop::NodeId(end.id)));
    for (dummies, arrives) in [(0, true), (9, true), (10, false)] {
        let mut hops = vec![to_self.clone(); dummies];
        hops.push((end.id, EncryptedData::receive(None)));
        let key = SecretKey::from_slice(&[99; 32]).unwrap();
        let path = blind(&Secp256k1::new(), key, NodeRef::Id(end.id), &hops).unwrap();
        sender.tell(Destination::Path(path), b"hello").await.unwrap();
        world.settle();
        assert_eq!(end.texts().len(), usize::from(arrives), "{dummies}");
    }
    assert_eq!(end.drops(), MessageDrops { looping: 1, ..MessageDrops::default() });
}

#[tokio::test]
async fn peers_that_take_no_onion_messages_get_none() {
    let (world, [sender, relay, plain]) = nodes();
    sender.connect(&relay);
    relay.layer.peer_connected(plain.id, &init(false), true).unwrap();
    assert!(relay.tell(Destination::Node(plain.id), b"no").await.is_err());
    let path = path(&relay, NextHop::NodeId(plain.id), &plain);
    sender.tell(Destination::Path(path), b"no").await.unwrap();
    world.settle();
    assert_eq!(relay.drops(), MessageDrops { next_hop_away: 1, ..MessageDrops::default() });
}

#[tokio::test]
async fn what_waits_for_a_peer_that_leaves_is_dropped_and_counted() {
    let (_world, [us, peer]) = nodes();
    us.connect(&peer);
    us.tell(Destination::Node(peer.id), b"one").await.unwrap();
    us.tell(Destination::Node(peer.id), b"two").await.unwrap();
    us.layer.peer_disconnected(peer.id);
    assert_eq!(us.drops(), MessageDrops { peer_left: 2, ..MessageDrops::default() });
    assert_eq!(us.layer.next_flush(), None);
    assert!(us.tell(Destination::Node(peer.id), b"three").await.is_err());
}

#[tokio::test]
async fn driving_flushes_at_once_and_again_when_the_pace_allows() {
    let pace = MessageRate { interval: Duration::from_millis(1), burst: 1 };
    let limits = MessageLimits { outbound_per_peer: pace, ..MessageLimits::default() };
    let (world, [us, mut peer]) = nodes_with(&limits, Dialling::default());
    us.connect(&peer);
    let layer = Arc::clone(&us.layer);
    let driving = tokio::spawn(async move {
        layer
            .drive(move || {
                world.pump();
                world.advance(Duration::from_millis(1));
            })
            .await;
    });
    for _ in 0..3 {
        us.tell(Destination::Node(peer.id), b"hello").await.unwrap();
    }
    for _ in 0..3 {
        peer.arrivals.recv().await.unwrap();
    }
    driving.abort();
}
