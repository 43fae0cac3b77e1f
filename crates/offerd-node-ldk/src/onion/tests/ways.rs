//! Routes, connections on demand, and the paths that lead to us.

use bolt1::NodeRef;
use offerd_core::port::{Destination, Fronts, OnionTransport};

use super::net::{Node, nodes, nodes_with};
use crate::onion::{Dialling, MessageLimits};

fn dialled(node: &Node) -> usize {
    node.own.dialled.lock().unwrap().len()
}

#[tokio::test]
async fn a_request_opens_a_connection_when_there_is_no_route() {
    let (world, [us, mut shop]) = nodes();
    shop.announce(&["1.2.3.4:9735"]);
    us.ask(Destination::Node(shop.id), 0).await.unwrap();
    world.settle();
    assert_eq!((dialled(&us), shop.texts().len()), (1, 1));
    us.ask(Destination::Node(shop.id), 1).await.unwrap();
    assert_eq!(dialled(&us), 1);
}

#[tokio::test]
async fn replies_go_over_existing_connections_only() {
    let (_world, [us, stranger]) = nodes();
    stranger.announce(&["1.2.3.4:9735"]);
    assert!(us.tell(Destination::Node(stranger.id), b"invoice").await.is_err());
    assert_eq!(dialled(&us), 0);
}

#[tokio::test]
async fn private_addresses_are_dialled_in_closed_networks_only() {
    let (_world, [us, shop]) = nodes();
    shop.announce(&["192.168.0.1:9735"]);
    assert!(us.ask(Destination::Node(shop.id), 0).await.is_err());
    assert_eq!(dialled(&us), 0);

    let closed = Dialling { private_addresses: true, ..Dialling::default() };
    let (_world, [us, shop]) = nodes_with(&MessageLimits::default(), closed);
    shop.announce(&["192.168.0.1:9735"]);
    us.ask(Destination::Node(shop.id), 0).await.unwrap();
    assert_eq!(dialled(&us), 1);
}

#[tokio::test]
async fn without_route_and_address_the_error_says_so() {
    let (_world, [us, shop]) = nodes();
    let error = us.ask(Destination::Node(shop.id), 0).await.unwrap_err();
    let told = error.to_string();
    assert!(told.contains("no route") && told.contains("no address"), "{told}");
}

#[tokio::test]
async fn later_attempts_begin_with_other_peers_and_then_dial() {
    let (world, [us, left, right, mut shop]) = nodes();
    for (scid, relay) in [(1, &left), (2, &right)] {
        us.connect(relay);
        relay.connect(&shop);
        relay.announce(&[]);
        world.announce_channel(scid, relay, &shop);
    }
    shop.announce(&["1.2.3.4:9735"]);
    let mut from = Vec::new();
    for attempt in 0..3 {
        us.ask(Destination::Node(shop.id), attempt).await.unwrap();
        world.settle();
        from.push(shop.arrivals.try_recv().unwrap().from_peer);
    }
    from[..2].sort_by_key(|id| *id != left.id);
    assert_eq!(from, [left.id, right.id, us.id]);
}

// req OM-W6
#[tokio::test]
async fn an_announced_node_needs_no_paths_and_is_replied_to_directly() {
    let (world, [us, mut shop]) = nodes();
    us.announce(&["1.2.3.4:9735"]);
    us.connect(&shop);
    assert!(us.layer.is_announced().await);
    assert_eq!(us.layer.message_paths(b"offer", &Fronts::Usual).await.unwrap(), []);
    us.ask(Destination::Node(shop.id), 0).await.unwrap();
    world.settle();
    let path = shop.arrivals.try_recv().unwrap().reply_path.unwrap();
    assert_eq!((path.first_node_id, path.hops.len()), (NodeRef::Id(us.id), 1));
}

// req OW-11, BP-W1
#[tokio::test]
async fn paths_lead_over_announced_peers_those_with_a_channel_first() {
    let (_world, [us, hidden, passing, friend, other]) = nodes();
    us.open_channel(1, &hidden);
    us.connect(&passing);
    us.open_channel(2, &friend);
    us.open_channel(3, &other);
    for node in [&passing, &friend, &other] {
        node.announce(&[]);
    }
    let paths = us.layer.message_paths(b"offer", &Fronts::Usual).await.unwrap();
    let mut first: Vec<_> = paths.iter().map(|path| path.first_node_id).collect();
    first[..2].sort_by_key(|node| *node != NodeRef::Id(friend.id));
    assert_eq!(first, [friend.id, other.id, passing.id].map(NodeRef::Id));
    let lengths: Vec<_> =
        paths[0].hops.iter().map(|hop| hop.encrypted_recipient_data.len()).collect();
    assert_eq!(lengths[0], lengths[1]);
}

#[tokio::test]
async fn without_any_peer_the_path_is_ourselves_alone() {
    let (_world, [us]) = nodes();
    let paths = us.layer.message_paths(b"offer", &Fronts::Usual).await.unwrap();
    assert_eq!(paths.len(), 1);
    assert_eq!((paths[0].first_node_id, paths[0].hops.len()), (NodeRef::Id(us.id), 1));
}

#[tokio::test]
async fn a_direct_peer_is_told_to_answer_directly() {
    let (world, [us, mut peer]) = nodes();
    us.open_channel(1, &peer);
    us.ask(Destination::Node(peer.id), 0).await.unwrap();
    world.settle();
    let reply = peer.arrivals.try_recv().unwrap().reply_path.unwrap();
    assert_eq!(reply.first_node_id, NodeRef::Id(us.id));
}

#[tokio::test]
async fn a_channel_peer_introduces_us_before_the_news_of_it_has_come() {
    let (world, [us, peer, mut shop]) = nodes();
    us.open_channel(1, &peer);
    peer.open_channel(2, &shop);
    let paths = us.layer.message_paths(b"offer", &Fronts::Usual).await.unwrap();
    assert_eq!(paths.len(), 1);
    assert_eq!((paths[0].first_node_id, paths[0].hops.len()), (NodeRef::Id(peer.id), 2));
    let over_peer = shop.layer.message_paths(b"offer", &Fronts::Usual).await.unwrap();
    us.ask(Destination::Path(over_peer[0].clone()), 0).await.unwrap();
    world.settle();
    let reply = shop.arrivals.try_recv().unwrap().reply_path.unwrap();
    assert_eq!(reply.first_node_id, NodeRef::Id(peer.id));
}

// req OM-W4
#[tokio::test]
async fn each_attempt_has_another_reply_path() {
    let (world, [us, one, two, mut shop]) = nodes();
    for peer in [&one, &two] {
        us.open_channel(1, peer);
        peer.announce(&[]);
    }
    us.connect(&shop);
    let mut first = Vec::new();
    for attempt in 0..4 {
        us.ask(Destination::Node(shop.id), attempt).await.unwrap();
        world.settle();
        first.push(shop.arrivals.try_recv().unwrap().reply_path.unwrap().first_node_id);
    }
    first[..2].sort_by_key(|node| *node != NodeRef::Id(one.id));
    assert_eq!(first[..3], [one.id, two.id, us.id].map(NodeRef::Id));
    assert!(first[3] != NodeRef::Id(us.id));
}
