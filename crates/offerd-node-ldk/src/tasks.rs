//! What a node does by itself.

use std::collections::{BTreeSet, HashSet};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, RwLock, Weak};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use lightning::ln::channel_state::ChannelDetails;
use lightning::routing::gossip::NodeId;
use lightning_background_processor::{
    GossipSync, NO_LIQUIDITY_MANAGER, NO_ONION_MESSENGER, process_events_async_with_kv_store_sync,
};
use lightning_rapid_gossip_sync::RapidGossipSync;
use offerd_core::port::{InboundMessage, NodeEvent, NodeEvents};
use secp256k1::PublicKey;
use tokio::net::TcpListener;
use tokio::sync::{mpsc, watch};
use tokio::time::Instant;
use tracing::{debug, error};

use crate::broadcast::Broadcaster;
use crate::chain::{ChainSource, ChainView};
use crate::config::NodeConfig;
use crate::convert;
use crate::events::EventDesk;
use crate::fees::FeeTable;
use crate::logger::NodeLogger;
use crate::onion::OnionLayer;
use crate::peers::PeerWatch;
use crate::persist::Health;
use crate::repeats::Repeats;
use crate::socket;
use crate::types::{Channels, Gossip, Graph, Monitor, Peers, Scorer, Sweeper, SweeperIn};
use crate::wallet::OnchainWallet;
use crate::writer::StateWriter;

/// Pause before events that were not handled are offered again, while nothing else goes on.
const REPLAY_PAUSE: Duration = Duration::from_millis(200);
/// How often transactions of ours that are not mined are sent again.
const REBROADCAST_PAUSE: Duration = Duration::from_secs(600);
/// How often it is looked whether something can be swept, without a block.
const SWEEP_PAUSE: Duration = Duration::from_secs(30);
/// How often our announcement is repeated once everybody should have it.
const ANNOUNCE_PAUSE: Duration = Duration::from_secs(3_600);
/// When it is repeated before, for peers that learn of the channel a moment later than of us.
const FIRST_REPEATS: [Duration; 3] =
    [Duration::from_millis(250), Duration::from_secs(5), Duration::from_secs(60)];
/// What an announcement holds.
const MOST_ADDRESSES: usize = 100;
/// Our colour in graphs of the network.
const COLOUR: [u8; 3] = [0x0f, 0xfe, 0xed];

/// What the background processing works on.
pub(crate) struct Background {
    pub(crate) store: Arc<StateWriter>,
    pub(crate) desk: Arc<EventDesk>,
    pub(crate) monitor: Arc<Monitor>,
    pub(crate) channels: Arc<Channels>,
    pub(crate) gossip: Arc<Gossip>,
    pub(crate) peers: Arc<Peers>,
    pub(crate) scorer: Arc<RwLock<Scorer>>,
    pub(crate) health: Arc<Health>,
}

impl std::fmt::Debug for Background {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Background").finish_non_exhaustive()
    }
}

impl Background {
    /// Handles events, writes state, keeps time, until `stop`; then writes all state once more.
    pub(crate) async fn run(self, drained: watch::Sender<bool>, mut stop: watch::Receiver<bool>) {
        tokio::select! {
            () = self.drain() => {}
            () = stopped(&mut stop) => {}
        }
        drained.send_replace(true);
        let desk = self.desk;
        let books = Arc::clone(&desk.books);
        let outcome = process_events_async_with_kv_store_sync(
            self.store,
            move |event| {
                let desk = Arc::clone(&desk);
                async move { desk.take(event).await }
            },
            self.monitor,
            self.channels,
            NO_ONION_MESSENGER,
            GossipSync::<_, Arc<RapidGossipSync<Arc<Graph>, Arc<NodeLogger>>>, _, _, _>::P2P(
                self.gossip,
            ),
            self.peers,
            NO_LIQUIDITY_MANAGER,
            // We sweep with each block.
            None::<Arc<SweeperIn<StateWriter>>>,
            Arc::new(NodeLogger),
            Some(self.scorer),
            |pause| {
                // Asked for between events only.
                books.forwards.events_dropped();
                let mut stop = stop.clone();
                Box::pin(async move {
                    tokio::select! {
                        biased;
                        () = stopped(&mut stop) => true,
                        () = tokio::time::sleep(pause) => false,
                    }
                })
            },
            false,
            || SystemTime::now().duration_since(UNIX_EPOCH).ok(),
        )
        .await;
        // Whoever waits to write must not wait for ever.
        books.forwards.events_dropped();
        if let Err(error) = outcome {
            self.health.fail(&format!("background processing: {error}"));
        }
    }

    /// Handles the events left from before the start, until none is left.
    async fn drain(&self) {
        loop {
            self.desk.put_back.store(false, Ordering::Relaxed);
            self.channels.process_pending_events_async(|event| self.desk.take(event)).await;
            self.desk.books.forwards.events_dropped();
            self.monitor.process_pending_events_async(|event| self.desk.take(event)).await;
            if !self.desk.put_back.load(Ordering::Relaxed) {
                return;
            }
            tokio::time::sleep(REPLAY_PAUSE).await;
        }
    }
}

/// Writes the channels' state as soon as a monitor has changed, and lets out what waited for that.
///
/// Updates that come while one write is on its way go together into the next.
pub(crate) async fn write_state(
    writer: Arc<StateWriter>,
    peers: Arc<Peers>,
    mut stop: watch::Receiver<bool>,
) {
    loop {
        tokio::select! {
            () = stopped(&mut stop) => return,
            () = writer.queue.filled() => {}
        }
        let writing = Arc::clone(&writer);
        match tokio::task::spawn_blocking(move || writing.write_waiting()).await {
            Ok(Ok(())) => peers.process_events(),
            // The store has told that the node must stop.
            Ok(Err(error)) => return error!(%error, "the channels could not be written"),
            Err(error) => return error!(%error, "writing the channels has ended"),
        }
    }
}

/// Waits for the word to stop.
pub(crate) async fn stopped(stop: &mut watch::Receiver<bool>) {
    // Without a sender left there is nobody to work for.
    let _ = stop.wait_for(|stop| *stop).await;
}

/// Sleeps; `false` when woken by the word to stop.
async fn pause(span: Duration, stop: &mut watch::Receiver<bool>) -> bool {
    tokio::select! {
        () = stopped(stop) => false,
        () = tokio::time::sleep(span) => true,
    }
}

/// Hands onion messages on, one after the other. What our caller cannot take is lost, as on the network: senders
/// ask again.
pub(crate) async fn deliver(
    mut arrivals: mpsc::Receiver<InboundMessage>,
    caller: Arc<dyn NodeEvents>,
    mut stop: watch::Receiver<bool>,
) {
    loop {
        let message = tokio::select! {
            () = stopped(&mut stop) => return,
            message = arrivals.recv() => message,
        };
        let Some(message) = message else { return };
        if let Err(error) = caller.handle(NodeEvent::Message(message)).await {
            debug!(%error, "an onion message was not taken");
        }
    }
}

/// Lets the crate ask the layer for messages whenever there may be some.
pub(crate) async fn send_messages(
    onion: Arc<OnionLayer>,
    peers: Arc<Peers>,
    mut stop: watch::Receiver<bool>,
) {
    tokio::select! {
        () = stopped(&mut stop) => {}
        () = onion.drive(|| peers.process_events()) => {}
    }
}

/// Takes connections from others.
pub(crate) async fn listen(
    listener: TcpListener,
    peers: Arc<Peers>,
    mut stop: watch::Receiver<bool>,
) {
    loop {
        let accepted = tokio::select! {
            () = stopped(&mut stop) => return,
            accepted = listener.accept() => accepted,
        };
        match accepted.and_then(|(stream, _)| socket::prepare(stream)) {
            Ok(stream) => {
                tokio::spawn(lightning_net_tokio::setup_inbound(Arc::clone(&peers), stream));
            }
            Err(error) => {
                // Out of file descriptors, most likely: pause, or this loop would spin.
                error!(%error, "a connection was not taken");
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
        }
    }
}

/// Keeps fee rates fresh.
pub(crate) async fn watch_fees(
    fees: Arc<FeeTable>,
    source: Arc<dyn ChainSource>,
    span: Duration,
    mut stop: watch::Receiver<bool>,
) {
    while pause(span, &mut stop).await {
        fees.refresh(&*source).await;
    }
}

/// Forwards HTLCs at once instead of in batches.
pub(crate) async fn forward_eagerly(
    channels: Arc<Channels>,
    peers: Arc<Peers>,
    span: Duration,
    mut stop: watch::Receiver<bool>,
) {
    while pause(span, &mut stop).await {
        if channels.needs_pending_htlc_processing() {
            channels.process_pending_htlc_forwards();
            peers.process_events();
        }
    }
}

/// Sends transactions of the wallet that are not mined: now, and then every now and then.
pub(crate) async fn rebroadcast(
    wallet: Arc<OnchainWallet>,
    broadcaster: Arc<Broadcaster>,
    mut stop: watch::Receiver<bool>,
) {
    loop {
        for tx in wallet.unconfirmed() {
            broadcaster.send(vec![tx]);
        }
        if !pause(REBROADCAST_PAUSE, &mut stop).await {
            return;
        }
    }
}

/// Looks with each block, and now and then, whether something can be swept.
pub(crate) async fn sweep_with_blocks(
    sweeper: Arc<Sweeper>,
    view: Arc<ChainView>,
    mut stop: watch::Receiver<bool>,
) {
    let mut blocks = view.subscribe();
    loop {
        tokio::select! {
            () = stopped(&mut stop) => return,
            changed = blocks.changed() => if changed.is_err() { return },
            () = tokio::time::sleep(SWEEP_PAUSE) => {}
        }
        if sweeper.regenerate_and_broadcast_spend_if_necessary().is_err() {
            debug!("nothing could be swept");
        }
    }
}

/// What others wait for in a channel: whether it can be used, whether we know its peer's price, whether it is
/// announced.
type ChannelSign = ([u8; 32], bool, bool, bool, Option<u64>);

/// What others wait for in all channels, and how many connections there were until then: who looked while a channel
/// was away must hear that it is back, even where it was there at both of our own looks.
#[derive(Default, PartialEq, Eq)]
struct ChannelSigns {
    connections: u64,
    channels: BTreeSet<ChannelSign>,
}

/// Whether the world was told of a channel. That it is meant to be (`is_announced`) is not enough: an announcement of
/// ours that comes before the channel's is ignored by everybody.
fn is_public(channel: &ChannelDetails, graph: &Graph) -> bool {
    let known = |scid| graph.read_only().channel(scid).is_some();
    channel.is_announced && channel.short_channel_id.is_some_and(known)
}

fn channel_signs(channels: &Channels, graph: &Graph, peers: &PeerWatch) -> ChannelSigns {
    // First the number: a connection that is made meanwhile is told of at the next look.
    let connections = peers.connections_made();
    let channels = channels.list_channels().into_iter().map(|channel| {
        (
            channel.channel_id.0,
            channel.is_usable,
            channel.counterparty.forwarding_info.is_some(),
            is_public(&channel, graph),
            channel.short_channel_id,
        )
    });
    ChannelSigns { connections, channels: channels.collect() }
}

/// Counts `changes` up whenever something about a channel has changed that others wait for.
pub(crate) async fn watch_channels(
    channels: Arc<Channels>,
    graph: Arc<Graph>,
    connections: Arc<PeerWatch>,
    changes: Arc<watch::Sender<u64>>,
    span: Duration,
    mut stop: watch::Receiver<bool>,
) {
    let mut known = ChannelSigns::default();
    while pause(span, &mut stop).await {
        let signs = channel_signs(&channels, &graph, &connections);
        if signs != known {
            known = signs;
            changes.send_modify(|count| *count = count.wrapping_add(1));
        }
    }
}

/// What our announcement is made of.
pub(crate) struct Voice {
    pub(crate) config: NodeConfig,
    pub(crate) channels: Arc<Channels>,
    pub(crate) graph: Arc<Graph>,
    pub(crate) peers: Arc<Peers>,
    pub(crate) repeats: Arc<Repeats>,
    /// Set once others can find us by our node id.
    pub(crate) findable: Arc<AtomicBool>,
}

impl std::fmt::Debug for Voice {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Voice").finish_non_exhaustive()
    }
}

impl Voice {
    /// Tells the network our name and addresses, once a channel of ours is announced, soon again, and then every
    /// hour.
    pub(crate) async fn announce(
        self,
        mut changes: watch::Receiver<u64>,
        mut stop: watch::Receiver<bool>,
    ) {
        let mut told = BTreeSet::new();
        let mut pauses = FIRST_REPEATS.into_iter();
        let mut due = Instant::now();
        loop {
            changes.mark_unchanged();
            let announced = self.announced_channels();
            if announced != told {
                told = announced;
                pauses = FIRST_REPEATS.into_iter();
                due = Instant::now();
            }
            if due <= Instant::now() {
                self.speak(&told);
                due = Instant::now() + pauses.next().unwrap_or(ANNOUNCE_PAUSE);
            }
            tokio::select! {
                () = stopped(&mut stop) => return,
                changed = changes.changed() => if changed.is_err() { return },
                () = tokio::time::sleep_until(due) => {}
            }
        }
    }

    fn announced_channels(&self) -> BTreeSet<u64> {
        let channels = self.channels.list_channels();
        let announced = channels.iter().filter(|channel| is_public(channel, &self.graph));
        announced.filter_map(|channel| channel.short_channel_id).collect()
    }

    fn speak(&self, announced: &BTreeSet<u64>) {
        if announced.is_empty() {
            return;
        }
        for scid in announced {
            self.repeat_update(*scid);
        }
        let addresses = self.config.announce_addresses.iter().map(|address| (*address).into());
        let addresses = addresses.take(MOST_ADDRESSES).collect();
        self.peers.broadcast_node_announcement(COLOUR, alias(&self.config.alias), addresses);
        self.peers.process_events();
        self.findable.store(!self.config.announce_addresses.is_empty(), Ordering::Relaxed);
        debug!("announced");
    }

    /// What we last said of our direction of a channel, once more.
    fn repeat_update(&self, scid: u64) {
        let graph = self.graph.read_only();
        let Some(channel) = graph.channel(scid) else { return };
        let ours = NodeId::from_pubkey(&self.channels.get_our_node_id());
        let direction =
            if channel.node_one == ours { &channel.one_to_two } else { &channel.two_to_one };
        let update = direction.as_ref().and_then(|direction| direction.last_update_message.clone());
        if let Some(update) = update {
            self.repeats.push(update);
        }
    }
}

fn alias(name: &str) -> [u8; 32] {
    let mut alias = [0; 32];
    let name = convert::truncated(name, alias.len());
    for (to, from) in alias.iter_mut().zip(name.bytes()) {
        *to = from;
    }
    alias
}

/// Ends all work, and hangs up on everybody, when the node must not go on; also on those who were just about to be
/// connected, as long as there is a node.
pub(crate) async fn guard(
    health: Arc<Health>,
    peers: Weak<Peers>,
    mut connected: watch::Receiver<HashSet<PublicKey>>,
    stop: Arc<watch::Sender<bool>>,
    mut told: watch::Receiver<bool>,
) {
    tokio::select! {
        _ = health.failed() => {}
        () = stopped(&mut told) => return,
    }
    stop.send_replace(true);
    while let Some(peers) = peers.upgrade() {
        connected.borrow_and_update();
        peers.disconnect_all_peers();
        drop(peers);
        if connected.changed().await.is_err() {
            return;
        }
    }
}
