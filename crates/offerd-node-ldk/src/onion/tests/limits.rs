//! Nobody gets more than their share.

use std::time::Duration;

use bolt1::NodeRef;
use bolt4::blind;
use bolt4::encrypted_data::{EncryptedData, NextHop};
use bolt4::onion_message::{self, OnionMessage, create};
use lightning::ln::msgs::OnionMessageHandler;
use offerd_core::port::{Destination, OnionTransport, OutboundMessage};
use secp256k1::{Secp256k1, SecretKey};

use super::net::{Node, REQUEST, content, nodes, nodes_with};
use crate::onion::convert::to_ldk;
use crate::onion::{Dialling, MessageDrops, MessageLimits};

/// A message for `to`, to be forwarded by `over` when it is another node.
fn message(over: &Node, to: &Node, text: &[u8]) -> OnionMessage {
    let secp = Secp256k1::new();
    let key = SecretKey::from_slice(&[98; 32]).unwrap();
    let end = (to.id, EncryptedData::receive(None));
    let first = (over.id, EncryptedData::forward(NextHop::NodeId(to.id)));
    let hops = if over.id == to.id { vec![end] } else { vec![first, end] };
    let path = blind(&secp, key, NodeRef::Id(over.id), &hops).unwrap();
    let to = onion_message::Destination::Path(path);
    create(&secp, key, &[], &to, (REQUEST, text.to_vec()), None).unwrap().1
}

/// Hands it over without regard to any pace.
fn hand(from: &Node, to: &Node, message: &OnionMessage) {
    to.layer.handle_onion_message(from.id, &to_ldk(message.clone()));
}

#[tokio::test]
async fn a_flood_of_one_peer_takes_nothing_from_another() {
    let (_world, [flooder, honest, mut us]) = nodes();
    us.open_channel(1, &flooder);
    us.open_channel(2, &honest);
    let (flood, hello) = (message(&us, &us, b"flood"), message(&us, &us, b"hello"));
    for _ in 0..500 {
        hand(&flooder, &us, &flood);
    }
    hand(&honest, &us, &hello);
    let texts = us.texts();
    assert_eq!(texts.iter().filter(|text| *text == "flood").count(), 40);
    assert_eq!(texts.last().map(String::as_str), Some("hello"));
    assert_eq!(us.drops(), MessageDrops { peer_limit: 460, ..MessageDrops::default() });
}

#[tokio::test]
async fn a_flood_of_many_peers_takes_nothing_from_a_quiet_one() {
    let (world, nodes) = nodes::<13>();
    let [flooders @ .., honest, mut us] = nodes;
    for (scid, peer) in (1..).zip(flooders.iter().chain([&honest])) {
        us.open_channel(scid, peer);
    }
    let (flood, hello) = (message(&us, &us, b"flood"), message(&us, &us, b"hello"));
    let mut taken = 0;
    for _ in 0..5 {
        for flooder in &flooders {
            (0..100).for_each(|_| hand(flooder, &us, &flood));
        }
        hand(&honest, &us, &hello);
        let texts = us.texts();
        assert_eq!(texts.iter().filter(|text| *text == "hello").count(), 1);
        taken += texts.len() - 1;
        world.advance(Duration::from_secs(1));
    }
    // A burst, and two hundred in each second after it, as good as; the rest is dropped and counted by why.
    assert!((1_195..=1_205).contains(&taken), "{taken}");
    let drops = us.drops();
    let dropped = usize::try_from(drops.peer_limit + drops.total_limit).unwrap();
    assert_eq!(dropped, 11 * 500 - taken);
    assert!(drops.total_limit > 0, "{drops:?}");
}

// req OM-R1
#[tokio::test]
async fn peers_without_a_channel_share_one_bucket() {
    let (world, [one, two, friend, mut us]) = nodes();
    us.connect(&one);
    us.connect(&two);
    us.open_channel(1, &friend);
    let hello = message(&us, &us, b"hello");
    for _ in 0..20 {
        hand(&one, &us, &hello);
    }
    hand(&two, &us, &hello);
    hand(&friend, &us, &hello);
    assert_eq!(us.texts().len(), 21);
    assert_eq!(us.drops(), MessageDrops { strangers_limit: 1, ..MessageDrops::default() });
    world.advance(Duration::from_millis(100));
    hand(&two, &us, &hello);
    assert_eq!(us.texts().len(), 1);
}

#[tokio::test]
async fn a_flood_of_forwards_leaves_room_for_those_of_another_source() {
    let (world, [flooder, honest, relay, mut end]) = nodes();
    relay.open_channel(1, &flooder);
    relay.open_channel(2, &honest);
    relay.open_channel(3, &end);
    let flood = message(&relay, &end, b"flood");
    for _ in 0..40 {
        hand(&flooder, &relay, &flood);
    }
    hand(&honest, &relay, &message(&relay, &end, b"hello"));
    assert_eq!(relay.drops(), MessageDrops { forward_queue_full: 24, ..MessageDrops::default() });
    world.pump();
    assert_eq!(end.texts(), ["flood", "hello", "flood"]);
}

#[tokio::test]
async fn our_own_messages_go_before_forwards() {
    let (world, [peer, us, mut end]) = nodes();
    us.open_channel(1, &peer);
    us.open_channel(2, &end);
    for _ in 0..5 {
        hand(&peer, &us, &message(&us, &end, b"forward"));
    }
    us.tell(Destination::Node(end.id), b"own").await.unwrap();
    world.pump();
    assert_eq!(end.texts(), ["own", "forward", "forward"]);
}

#[tokio::test]
async fn a_peer_gets_three_at_once_and_then_less_than_four_a_second() {
    let (world, [us, mut peer]) = nodes();
    us.connect(&peer);
    for _ in 0..30 {
        us.tell(Destination::Node(peer.id), b"hello").await.unwrap();
    }
    world.pump();
    assert_eq!(peer.texts().len(), 3);
    for _ in 0..5 {
        world.advance(Duration::from_millis(250));
        world.pump();
    }
    assert_eq!(peer.texts().len(), 4);
    assert_eq!(us.layer.next_flush(), Some(Duration::from_millis(25)));
    world.settle();
    assert_eq!(peer.texts().len(), 23);
}

#[tokio::test]
async fn a_full_queue_of_our_own_is_an_error() {
    let limits = MessageLimits { own_queue: 2, ..MessageLimits::default() };
    let (_world, [us, peer]) = nodes_with(&limits, Dialling::default());
    us.connect(&peer);
    for _ in 0..2 {
        us.tell(Destination::Node(peer.id), b"hello").await.unwrap();
    }
    assert!(us.tell(Destination::Node(peer.id), b"hello").await.is_err());
}

#[tokio::test]
async fn all_queues_together_are_bounded() {
    let limits = MessageLimits { total_bytes: 3000, ..MessageLimits::default() };
    let (_world, [us, one, two, sender]) = nodes_with(&limits, Dialling::default());
    us.connect(&one);
    us.connect(&two);
    us.connect(&sender);
    us.tell(Destination::Node(one.id), b"hello").await.unwrap();
    us.tell(Destination::Node(two.id), b"hello").await.unwrap();
    assert!(us.tell(Destination::Node(two.id), b"hello").await.is_err());
    hand(&sender, &us, &message(&us, &one, b"hello"));
    assert_eq!(us.drops(), MessageDrops { forward_queue_full: 1, ..MessageDrops::default() });
}

#[tokio::test]
async fn an_inbox_that_nobody_empties_overflows_and_is_counted() {
    let limits = MessageLimits { inbox: 2, ..MessageLimits::default() };
    let (_world, [peer, mut us]) = nodes_with(&limits, Dialling::default());
    us.connect(&peer);
    let hello = message(&us, &us, b"hello");
    for _ in 0..3 {
        hand(&peer, &us, &hello);
    }
    assert_eq!(us.texts().len(), 2);
    assert_eq!(us.drops(), MessageDrops { inbox_full: 1, ..MessageDrops::default() });
}

#[tokio::test]
async fn what_is_not_for_us_is_dropped_and_counted() {
    let (_world, [peer, mut us]) = nodes();
    us.connect(&peer);
    hand(&peer, &us, &message(&peer, &peer, b"for the peer"));
    let mut other_version = to_ldk(message(&us, &us, b"hello"));
    other_version.onion_routing_packet.version = 1;
    us.layer.handle_onion_message(peer.id, &other_version);
    assert_eq!(us.texts(), [""; 0]);
    assert_eq!(us.drops(), MessageDrops { unreadable: 2, ..MessageDrops::default() });
}

#[tokio::test]
async fn content_beyond_the_largest_packet_is_refused() {
    let (_world, [us, peer]) = nodes();
    us.connect(&peer);
    let send = |len| {
        let content = content(&vec![0; len]);
        let to = Destination::Node(peer.id);
        us.layer.send(OutboundMessage { to, content, reply_path_id: None, attempt: 0 })
    };
    send(32_000).await.unwrap();
    assert!(send(33_000).await.is_err());
}
