//! The network in memory.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, Weak};
use std::time::Duration;

use async_trait::async_trait;
use bolt1::{PublicKey, ShortChannelId};
use lightning::ln::msgs::{BaseMessageHandler, Init, OnionMessageHandler, SocketAddress};
use lightning::sign::KeysManager;
use lightning::types::features::InitFeatures;
use offerd_core::port::{
    Destination, InboundMessage, MessageContent, OnionTransport, OutboundMessage, PortError,
};
use secp256k1::Secp256k1;
use tokio::sync::mpsc;

use crate::onion::graph::shortest;
use crate::onion::{
    Bounds, Clock, Dialling, Graph, Identity, MessageDrops, MessageLimits, OnionLayer, PathShape,
    PeerDirectory,
};

pub(super) const REQUEST: u64 = 64;

/// What all nodes share.
#[derive(Default)]
pub(super) struct World {
    now: Mutex<Duration>,
    layers: Mutex<HashMap<PublicKey, Weak<OnionLayer>>>,
    links: Mutex<Vec<(PublicKey, PublicKey)>>,
    announced: Mutex<HashMap<PublicKey, Vec<SocketAddress>>>,
    announced_channels: Mutex<Vec<(ShortChannelId, PublicKey, PublicKey)>>,
}

/// One node's view of itself.
pub(super) struct Own {
    id: PublicKey,
    world: Arc<World>,
    pub(super) announced: Mutex<bool>,
    pub(super) channels: Mutex<Vec<(ShortChannelId, PublicKey)>>,
    pub(super) dialled: Mutex<Vec<PublicKey>>,
    pub(super) kept: Mutex<Vec<PublicKey>>,
}

pub(super) struct Node {
    pub(super) id: PublicKey,
    pub(super) keys: Arc<KeysManager>,
    pub(super) layer: Arc<OnionLayer>,
    pub(super) own: Arc<Own>,
    pub(super) arrivals: mpsc::Receiver<InboundMessage>,
    world: Arc<World>,
}

impl Clock for World {
    fn now(&self) -> Duration {
        *self.now.lock().unwrap()
    }
}

impl Graph for World {
    fn forwards_messages(&self, node: &PublicKey) -> bool {
        self.announced.lock().unwrap().contains_key(node)
    }

    fn channel_ends(&self, scid: ShortChannelId) -> Option<[PublicKey; 2]> {
        let channels = self.announced_channels.lock().unwrap();
        let (_, one, two) = channels.iter().find(|(known, ..)| *known == scid)?;
        let mut ends = [*one, *two];
        ends.sort_by_key(PublicKey::serialize);
        Some(ends)
    }

    fn neighbours(&self, node: &PublicKey) -> Vec<PublicKey> {
        let channels = self.announced_channels.lock().unwrap();
        let ends = channels.iter().filter_map(|(_, one, two)| match (one == node, two == node) {
            (true, _) => Some(*two),
            (_, true) => Some(*one),
            _ => None,
        });
        ends.filter(|end| self.forwards_messages(end)).collect()
    }

    fn addresses(&self, node: &PublicKey) -> Vec<SocketAddress> {
        self.announced.lock().unwrap().get(node).cloned().unwrap_or_default()
    }

    fn route(&self, from: &[PublicKey], to: &PublicKey) -> Option<Vec<PublicKey>> {
        let channels = self.announced_channels.lock().unwrap();
        shortest(from, *to, |node| {
            let ends =
                channels.iter().filter_map(|(_, one, two)| match (one == node, two == node) {
                    (true, _) => Some(*two),
                    (_, true) => Some(*one),
                    _ => None,
                });
            ends.filter(|end| from.contains(end) || self.forwards_messages(end)).collect()
        })
    }
}

#[async_trait]
impl PeerDirectory for Own {
    fn is_announced(&self) -> bool {
        *self.announced.lock().unwrap()
    }

    fn has_channel(&self, peer: &PublicKey) -> bool {
        self.channels.lock().unwrap().iter().any(|(_, other)| other == peer)
    }

    fn channel_peer(&self, scid: ShortChannelId) -> Option<PublicKey> {
        let channels = self.channels.lock().unwrap();
        channels.iter().find(|(known, _)| *known == scid).map(|(_, peer)| *peer)
    }

    async fn connect(&self, node: PublicKey, _: Vec<SocketAddress>) -> Result<(), String> {
        self.dialled.lock().unwrap().push(node);
        if self.world.join(self.id, node) { Ok(()) } else { Err("nobody there".to_owned()) }
    }

    fn stay_connected(&self, nodes: Vec<PublicKey>) {
        *self.kept.lock().unwrap() = nodes;
    }
}

impl World {
    pub(super) fn layer(&self, id: &PublicKey) -> Option<Arc<OnionLayer>> {
        self.layers.lock().unwrap().get(id)?.upgrade()
    }

    /// Connects two nodes, if both exist.
    fn join(&self, one: PublicKey, two: PublicKey) -> bool {
        let (Some(first), Some(second)) = (self.layer(&one), self.layer(&two)) else {
            return false;
        };
        first.peer_connected(two, &init(true), false).unwrap();
        second.peer_connected(one, &init(true), true).unwrap();
        self.links.lock().unwrap().push((one, two));
        true
    }

    /// Hands over all that may be handed over now; how many messages that was.
    pub(super) fn pump(&self) -> usize {
        let links = self.links.lock().unwrap().clone();
        let both = links.iter().flat_map(|(one, two)| [(*one, *two), (*two, *one)]);
        let mut moved = 0;
        for (from, to) in both {
            let (Some(sender), Some(receiver)) = (self.layer(&from), self.layer(&to)) else {
                continue;
            };
            while let Some(message) = sender.next_onion_message_for_peer(to) {
                receiver.handle_onion_message(from, &message);
                moved += 1;
            }
        }
        moved
    }

    pub(super) fn advance(&self, by: Duration) {
        *self.now.lock().unwrap() += by;
    }

    /// Lets time pass until nothing waits any more.
    pub(super) fn settle(&self) {
        loop {
            while self.pump() > 0 {}
            let layers = self.layers.lock().unwrap().clone();
            let waits = layers.values().filter_map(|layer| layer.upgrade()?.next_flush());
            let Some(wait) = waits.min() else { return };
            self.advance(wait.max(Duration::from_millis(1)));
        }
    }

    pub(super) fn announce_channel(&self, scid: u64, one: &Node, two: &Node) {
        let mut channels = self.announced_channels.lock().unwrap();
        channels.push((ShortChannelId(scid), one.id, two.id));
    }
}

pub(super) fn init(takes_messages: bool) -> Init {
    let mut features = InitFeatures::empty();
    if takes_messages {
        features.set_onion_messages_optional();
    }
    Init { features, networks: None, remote_network_address: None }
}

/// So many nodes without any connection, with default limits.
pub(super) fn nodes<const N: usize>() -> (Arc<World>, [Node; N]) {
    nodes_with(&MessageLimits::default(), Dialling::default())
}

pub(super) fn nodes_with<const N: usize>(
    limits: &MessageLimits,
    dialling: Dialling,
) -> (Arc<World>, [Node; N]) {
    let (limits, shape) = (limits.clone(), PathShape::default());
    nodes_within(&Bounds { limits, dialling, shape })
}

pub(super) fn nodes_within<const N: usize>(bounds: &Bounds) -> (Arc<World>, [Node; N]) {
    let world = Arc::new(World::default());
    // A clock that starts at zero would hide mistakes with times before its start.
    world.advance(Duration::from_secs(1000));
    let nodes =
        std::array::from_fn(|index| Node::new(u8::try_from(index).unwrap() + 1, &world, bounds));
    (world, nodes)
}

impl Node {
    pub(super) fn new(number: u8, world: &Arc<World>, bounds: &Bounds) -> Self {
        let keys = Arc::new(KeysManager::new(&[number; 32], 0, 0, true));
        let secret = keys.get_node_secret_key();
        let id = secret.public_key(&Secp256k1::new());
        let entropy = Arc::clone(&keys) as _;
        let own = Arc::new(Own {
            id,
            world: Arc::clone(world),
            announced: Mutex::default(),
            channels: Mutex::default(),
            dialled: Mutex::default(),
            kept: Mutex::default(),
        });
        let (layer, arrivals) = OnionLayer::new(
            Identity { secret, entropy },
            Arc::clone(&own) as _,
            Arc::clone(world) as _,
            bounds.clone(),
            Arc::clone(world) as _,
        );
        world.layers.lock().unwrap().insert(id, Arc::downgrade(&layer));
        Self { id, keys, layer, own, arrivals, world: Arc::clone(world) }
    }

    pub(super) fn connect(&self, other: &Self) {
        assert!(self.world.join(self.id, other.id));
    }

    /// A channel that only the two know of; connects them.
    pub(super) fn open_channel(&self, scid: u64, other: &Self) {
        self.own.channels.lock().unwrap().push((ShortChannelId(scid), other.id));
        other.own.channels.lock().unwrap().push((ShortChannelId(scid), self.id));
        self.connect(other);
    }

    /// Announces the node to the network.
    pub(super) fn announce(&self, addresses: &[&str]) {
        *self.own.announced.lock().unwrap() = true;
        let addresses = addresses.iter().map(|text| text.parse().unwrap()).collect();
        self.world.announced.lock().unwrap().insert(self.id, addresses);
    }

    /// Sends a request that wants an answer.
    pub(super) async fn ask(&self, to: Destination, attempt: u32) -> Result<(), PortError> {
        let reply_path_id = Some(b"reply".to_vec());
        self.layer
            .send(OutboundMessage { to, content: content(b"ask"), reply_path_id, attempt })
            .await
    }

    /// Sends something that wants none.
    pub(super) async fn tell(&self, to: Destination, text: &[u8]) -> Result<(), PortError> {
        let content = content(text);
        self.layer.send(OutboundMessage { to, content, reply_path_id: None, attempt: 0 }).await
    }

    /// What has arrived, by its text.
    pub(super) fn texts(&mut self) -> Vec<String> {
        let arrived = std::iter::from_fn(|| self.arrivals.try_recv().ok());
        arrived.map(|message| String::from_utf8(message.content.bytes).unwrap()).collect()
    }

    pub(super) fn drops(&self) -> MessageDrops {
        self.layer.counts().dropped
    }
}

pub(super) fn content(text: &[u8]) -> MessageContent {
    MessageContent { typ: REQUEST, bytes: text.to_vec() }
}
