//! Onion messages between running nodes, through the port.
#![allow(clippy::unwrap_used, clippy::panic, reason = "in a test, what is not so ends it")]
#![allow(clippy::wildcard_enum_match_arm, reason = "tests look for one event among many")]

mod common;

use bitcoin::Amount;
use offerd_core::port::{
    Destination, Fronts, InboundMessage, MessageContent, NodeEvent, OnionTransport, OutboundMessage,
};
use offerd_node_ldk::FundingOrder;

use common::{Member, World, order};

async fn arrived(node: &Member) -> InboundMessage {
    node.inbox
        .next("an onion message", |event| match event {
            NodeEvent::Message(message) => Some(message.clone()),
            _ => None,
        })
        .await
}

fn message(to: Destination, typ: u64, reply_path_id: Option<&[u8]>) -> OutboundMessage {
    let content = MessageContent { typ, bytes: vec![1, 2, 3] };
    OutboundMessage { to, content, reply_path_id: reply_path_id.map(<[u8]>::to_vec), attempt: 0 }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_request_crosses_a_third_node_and_is_answered() {
    let world = World::new().await;
    let (asker, hub, answerer) = (world.node().await, world.node().await, world.node().await);
    world.fund(&[&asker, &hub, &answerer], 2, Amount::from_sat(2_000_000)).await;
    let announced = FundingOrder { announce: true, ..order(&hub, 1_000_000) };
    world.channel(&asker, &hub, announced).await;
    world.channel(&hub, &answerer, order(&answerer, 1_000_000)).await;
    answerer.knows_network(1).await;
    let paths = answerer.message_paths(b"offer", &Fronts::Usual).await.unwrap();
    let path = paths.first().expect("a path over the hub").clone();
    asker.send(message(Destination::Path(path), 64, Some(b"reply"))).await.unwrap();
    let request = arrived(&answerer).await;
    assert_eq!(request.path_id.as_deref(), Some(&b"offer"[..]));
    assert_eq!(request.content, MessageContent { typ: 64, bytes: vec![1, 2, 3] });
    let reply = request.reply_path.expect("a way back");
    answerer.send(message(Destination::Path(reply), 66, None)).await.unwrap();
    let answer = arrived(&asker).await;
    assert_eq!(answer.path_id.as_deref(), Some(&b"reply"[..]));
    assert_eq!(answer.content.typ, 66);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_peer_without_a_channel_that_introduces_us_is_called_again() {
    let world = World::new().await;
    let (shop, relay) = (world.node().await, world.node().await);
    shop.connect_to(&relay).await;
    let connected = || shop.list_peers().iter().any(|peer| peer.node_id == relay.node_id());
    common::eventually("the connection", connected).await;
    shop.stay_connected(&[relay.node_id()]).await;
    shop.disconnect(relay.node_id());
    common::eventually("another connection", connected).await;
    shop.stay_connected(&[]).await;
    shop.disconnect(relay.node_id());
    common::eventually("the end of it", || !connected()).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_node_with_announced_addresses_says_that_it_can_be_found() {
    let world = World::new().await;
    let mut config = world.config();
    config.announce_addresses = vec!["127.0.0.1:9735".parse().unwrap()];
    config.alias = "the shop of many words, more than fit".to_owned();
    let (shop, peer) = (Member::start(config).await, world.node().await);
    world.fund(&[&shop, &peer], 1, Amount::from_sat(2_000_000)).await;
    assert!(!shop.is_announced().await);
    let announced = FundingOrder { announce: true, ..order(&peer, 1_000_000) };
    world.channel(&shop, &peer, announced).await;
    // Told by the same signs that the announcement waits for.
    common::patiently("the announcement", async {
        while !shop.is_announced().await {
            tokio::task::yield_now().await;
        }
    })
    .await;
    assert!(!peer.is_announced().await);
}
