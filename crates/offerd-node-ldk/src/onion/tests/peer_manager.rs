//! The layer under LDK's own `PeerManager`, over sockets.

use std::sync::Arc;
use std::time::Duration;

use lightning::ln::peer_handler::{
    ErroringMessageHandler, IgnoringMessageHandler, MessageHandler, PeerManager,
};
use lightning::sign::KeysManager;
use lightning::util::logger::{Logger, Record};
use lightning_net_tokio::{SocketDescriptor, setup_inbound, setup_outbound};
use offerd_core::port::{Destination, Fronts, InboundMessage, OnionTransport};
use tokio::net::{TcpListener, TcpStream};

use super::net::{Node, nodes};
use crate::onion::OnionLayer;

struct Quiet;

impl Logger for Quiet {
    fn log(&self, _record: Record<'_>) {}
}

type Manager = PeerManager<
    SocketDescriptor,
    Arc<ErroringMessageHandler>,
    Arc<IgnoringMessageHandler>,
    Arc<OnionLayer>,
    Arc<Quiet>,
    Arc<IgnoringMessageHandler>,
    Arc<KeysManager>,
    Arc<IgnoringMessageHandler>,
>;

/// A manager for the node, which flushes when its layer says so.
fn manage(node: &Node) -> Arc<Manager> {
    let ignore = Arc::new(IgnoringMessageHandler {});
    let handlers = MessageHandler {
        chan_handler: Arc::new(ErroringMessageHandler::new()),
        route_handler: Arc::clone(&ignore),
        onion_message_handler: Arc::clone(&node.layer),
        custom_message_handler: Arc::clone(&ignore),
        send_only_message_handler: ignore,
    };
    let keys = Arc::clone(&node.keys);
    let manager = Arc::new(PeerManager::new(handlers, 0, &[7; 32], Arc::new(Quiet), keys));
    let (layer, flushed) = (Arc::clone(&node.layer), Arc::clone(&manager));
    tokio::spawn(async move { layer.drive(|| flushed.process_events()).await });
    manager
}

/// Connects the two and waits until both layers know.
async fn connect(one: (&Node, &Arc<Manager>), two: (&Node, &Arc<Manager>)) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let outbound = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
    let (inbound, _) = listener.accept().await.unwrap();
    let [inbound, outbound] = [inbound, outbound].map(|stream| stream.into_std().unwrap());
    tokio::spawn(setup_inbound(Arc::clone(two.1), inbound));
    tokio::spawn(setup_outbound(Arc::clone(one.1), two.0.id, outbound));
    let knows = |a: &Node, b: &Node| a.layer.capable_peers().contains(&b.id);
    let both = async {
        while !(knows(one.0, two.0) && knows(two.0, one.0)) {
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), both).await.unwrap();
}

async fn arrival(node: &mut Node) -> InboundMessage {
    let arrival = node.arrivals.recv();
    tokio::time::timeout(Duration::from_secs(20), arrival).await.unwrap().unwrap()
}

#[tokio::test]
async fn a_request_and_its_answer_cross_real_connections() {
    let (_world, [mut payer, relay, mut shop]) = nodes();
    relay.announce(&[]);
    let managers = [&payer, &relay, &shop].map(manage);
    connect((&payer, &managers[0]), (&relay, &managers[1])).await;
    connect((&shop, &managers[2]), (&relay, &managers[1])).await;

    let paths = shop.layer.message_paths(b"offer", &Fronts::Usual).await.unwrap();
    payer.ask(Destination::Path(paths[0].clone()), 0).await.unwrap();
    let request = arrival(&mut shop).await;
    assert_eq!(request.path_id.as_deref(), Some(&b"offer"[..]));
    shop.tell(Destination::Path(request.reply_path.unwrap()), &[b'x'; 20_000]).await.unwrap();
    let answer = arrival(&mut payer).await;
    assert_eq!((answer.from_peer, answer.content.bytes.len()), (relay.id, 20_000));
    assert_eq!(answer.path_id.as_deref(), Some(&b"reply"[..]));

    managers[1].disconnect_by_node_id(payer.id);
    let gone = async {
        while !payer.layer.capable_peers().is_empty() {
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), gone).await.unwrap();
    assert!(payer.ask(Destination::Path(paths[0].clone()), 0).await.is_err());
}
