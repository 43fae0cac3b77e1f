//! Putting a node together.
//!
//! The order matters: keys, then what was kept, then the chain up to now for each part that was kept, and only
//! then peers, so that nothing is promised to anybody on stale knowledge.

use std::collections::HashMap;
use std::path::Path;
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex, RwLock};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use bitcoin::{Amount, BlockHash, Transaction};
use lightning::chain::channelmonitor::ChannelMonitor;
use lightning::chain::{BestBlock, Listen};
use lightning::events::bump_transaction::sync::WalletSync;
use lightning::ln::channelmanager::{ChainParameters, ChannelManagerReadArgs};
use lightning::ln::peer_handler::MessageHandler;
use lightning::onion_message::messenger::NullMessageRouter;
use lightning::routing::router::DefaultRouter;
use lightning::routing::scoring::{
    ProbabilisticScorer, ProbabilisticScoringDecayParameters, ProbabilisticScoringFeeParameters,
};
use lightning::sign::{EntropySource, InMemorySigner, NodeSigner, Recipient};
use lightning::util::persist::{
    CHANNEL_MANAGER_PERSISTENCE_KEY, CHANNEL_MANAGER_PERSISTENCE_PRIMARY_NAMESPACE,
    CHANNEL_MANAGER_PERSISTENCE_SECONDARY_NAMESPACE, NETWORK_GRAPH_PERSISTENCE_KEY,
    NETWORK_GRAPH_PERSISTENCE_PRIMARY_NAMESPACE, NETWORK_GRAPH_PERSISTENCE_SECONDARY_NAMESPACE,
    OUTPUT_SWEEPER_PERSISTENCE_KEY, OUTPUT_SWEEPER_PERSISTENCE_PRIMARY_NAMESPACE,
    OUTPUT_SWEEPER_PERSISTENCE_SECONDARY_NAMESPACE, SCORER_PERSISTENCE_KEY,
    SCORER_PERSISTENCE_PRIMARY_NAMESPACE, SCORER_PERSISTENCE_SECONDARY_NAMESPACE,
};
use lightning::util::ser::ReadableArgs;
use offerd_core::port::{KeyValueStore, NodeEvents};
use tokio::sync::{mpsc, watch};
use tracing::{info, warn};

use crate::broadcast::{self, Broadcaster};
use crate::chain::{Behind, BitcoindSource, ChainSource, ChainView, Listeners};
use crate::channels::{Reserve, user_config};
use crate::claims::Claims;
use crate::config::NodeConfig;
use crate::error::NodeError;
use crate::events::EventDesk;
use crate::fees::FeeTable;
use crate::funding::Fundings;
use crate::issuer::Issuer;
use crate::keys::Keys;
use crate::logger::NodeLogger;
use crate::messages::OnionLayer;
use crate::node::{Node, Stops};
use crate::paths::PathMaker;
use crate::payer::Payer;
use crate::peers::{Connector, PeerBook, PeerWatch};
use crate::persist::{Health, MonitorStore, Store, load_monitors};
use crate::router::OneHopRouter;
use crate::tasks::{self, Background};
use crate::types::{
    Bumper, Channels, Gossip, Graph, Keyring, Monitor, Peers, Scorer, Sweeper,
};
use crate::wallet::OnchainWallet;

/// What everything else stands on.
struct Base {
    config: NodeConfig,
    store: Arc<Store>,
    health: Arc<Health>,
    keyring: Arc<Keyring>,
    source: Arc<dyn ChainSource>,
    view: Arc<ChainView>,
    fees: Arc<FeeTable>,
    broadcaster: Arc<Broadcaster>,
    wallet: Arc<OnchainWallet>,
    graph: Arc<Graph>,
    scorer: Arc<RwLock<Scorer>>,
}

/// The Lightning part, in step with the chain.
struct Core {
    monitor: Arc<Monitor>,
    channels: Arc<Channels>,
    sweeper: Arc<Sweeper>,
}

pub(crate) async fn start(
    config: NodeConfig,
    dir: &Path,
    values: Arc<dyn KeyValueStore>,
    caller: Arc<dyn NodeEvents>,
) -> Result<Arc<Node>, NodeError> {
    let (base, packages) = Base::new(config, dir, values).await?;
    let core = Core::new(&base).await?;
    let now = since_epoch();
    let gossip: Arc<Gossip> =
        Arc::new(Gossip::new(Arc::clone(&base.graph), None, Arc::new(NodeLogger)));
    let peer_watch = PeerWatch::new();
    let onion = Arc::new(OnionLayer {});
    let peers: Arc<Peers> = Arc::new(Peers::new(
        MessageHandler {
            chan_handler: Arc::clone(&core.channels),
            route_handler: Arc::clone(&gossip),
            onion_message_handler: onion,
            custom_message_handler: Arc::clone(&peer_watch),
            send_only_message_handler: Arc::clone(&core.monitor),
        },
        u32::try_from(now.as_secs()).unwrap_or(u32::MAX),
        &base.keyring.get_secure_random_bytes(),
        Arc::new(NodeLogger),
        Arc::clone(&base.keyring),
    ));
    let listener = match base.config.listen {
        None => None,
        Some(address) => Some(
            tokio::net::TcpListener::bind(address)
                .await
                .map_err(|source| NodeError::Listen { address, source })?,
        ),
    };
    let listen_address = listener.as_ref().and_then(|listener| listener.local_addr().ok());

    let fundings = Arc::new(Fundings {
        channels: Arc::clone(&core.channels),
        wallet: Arc::clone(&base.wallet),
        fees: Arc::clone(&base.fees),
        reserve: core.reserve(&base.config),
        store: Arc::clone(&base.store),
        waiting: Mutex::new(HashMap::new()),
    });
    let claims = Arc::new(Claims(Arc::clone(&base.store)));
    let desk = Arc::new(desk(&base, &core, &fundings, &claims, caller));
    let (drained_sender, drained) = watch::channel(false);
    let background = Background {
        store: Arc::clone(&base.store),
        desk,
        monitor: Arc::clone(&core.monitor),
        channels: Arc::clone(&core.channels),
        gossip,
        peers: Arc::clone(&peers),
        sweeper: Arc::clone(&core.sweeper),
        scorer: Arc::clone(&base.scorer),
        health: Arc::clone(&base.health),
    };
    let node = base.node(&core, peers, peer_watch, fundings, claims, drained, listen_address)?;
    node.run(base.source, core.listeners(&node), packages, listener, background, drained_sender);
    info!(node_id = %node.node_id(), height = node.block_height(), "the node runs");
    Ok(node)
}

impl Base {
    async fn new(
        config: NodeConfig,
        dir: &Path,
        values: Arc<dyn KeyValueStore>,
    ) -> Result<(Self, mpsc::UnboundedReceiver<Vec<Transaction>>), NodeError> {
        let network = config.network;
        let health = Health::new();
        let store = Arc::new(Store::new(values, Arc::clone(&health)));
        let keys = Keys::load_or_create(dir, network)?;
        let now = since_epoch();
        let keyring = Arc::new(Keyring::new(
            &keys.lightning,
            now.as_secs(),
            now.subsec_nanos(),
            true,
        ));
        let source: Arc<dyn ChainSource> =
            Arc::new(BitcoindSource::new(&config.bitcoind, network).map_err(unreachable)?);
        let tip = source.tip().await.map_err(unreachable)?;
        let fees = Arc::new(FeeTable::new(network));
        fees.refresh(&*source).await;
        let wallet =
            OnchainWallet::open(Arc::clone(&store), Arc::clone(&health), &keys, network, tip)?;
        let graph = Arc::new(load_graph(&store, network)?);
        let scorer = Arc::new(RwLock::new(load_scorer(&store, &graph)?));
        let (broadcaster, packages) = Broadcaster::new();
        let view = ChainView::new(tip);
        let base = Self {
            config,
            store,
            health,
            keyring,
            source,
            view,
            fees,
            broadcaster,
            wallet,
            graph,
            scorer,
        };
        Ok((base, packages))
    }

    #[allow(clippy::too_many_arguments, reason = "the one place where all parts meet")]
    fn node(
        &self,
        core: &Core,
        peers: Arc<Peers>,
        peer_watch: Arc<PeerWatch>,
        fundings: Arc<Fundings>,
        claims: Arc<Claims>,
        drained: watch::Receiver<bool>,
        listen_address: Option<std::net::SocketAddr>,
    ) -> Result<Arc<Node>, NodeError> {
        let node_id = self.keyring.get_node_id(Recipient::Node).map_err(|()| {
            NodeError::Corrupt { what: "the seed", why: "it gives no node id".to_owned() }
        })?;
        let connector = Arc::new(Connector {
            node_id,
            peers: Arc::clone(&peers),
            watch: peer_watch,
            book: PeerBook(Arc::clone(&self.store)),
            channels: Arc::clone(&core.channels),
            graph: Arc::clone(&self.graph),
            timing: self.config.timing,
        });
        let payer = Payer {
            node_id,
            channels: Arc::clone(&core.channels),
            keyring: Arc::clone(&self.keyring),
            graph: Arc::clone(&self.graph),
            peers: Arc::clone(&peers),
            drained,
        };
        let issuer = Issuer {
            channels: Arc::clone(&core.channels),
            paths: PathMaker {
                keyring: Arc::clone(&self.keyring),
                node_id,
                graph: Arc::clone(&self.graph),
            },
            claims,
            chain: Arc::clone(&self.view),
        };
        Ok(Arc::new(Node {
            config: self.config.clone(),
            node_id,
            listen_address,
            keyring: Arc::clone(&self.keyring),
            health: Arc::clone(&self.health),
            view: Arc::clone(&self.view),
            source: Arc::clone(&self.source),
            fees: Arc::clone(&self.fees),
            broadcaster: Arc::clone(&self.broadcaster),
            wallet: Arc::clone(&self.wallet),
            graph: Arc::clone(&self.graph),
            monitor: Arc::clone(&core.monitor),
            channels: Arc::clone(&core.channels),
            sweeper: Arc::clone(&core.sweeper),
            peers,
            connector,
            fundings,
            payer,
            issuer,
            channel_changes: Arc::new(watch::Sender::new(0)),
            stops: Stops::new(),
            running: Mutex::new(Vec::new()),
        }))
    }
}

impl Core {
    /// Reads what was kept, or begins anew, and brings all of it to the best block.
    async fn new(base: &Base) -> Result<Self, NodeError> {
        let monitor = Arc::new(Monitor::new(
            None,
            Arc::clone(&base.broadcaster),
            Arc::new(NodeLogger),
            Arc::clone(&base.fees),
            Arc::new(MonitorStore(Arc::clone(&base.store))),
            Arc::clone(&base.keyring),
            base.keyring.get_peer_storage_key(),
        ));
        let tip = base.source.tip().await.map_err(unreachable)?;
        let monitors = load_monitors(&base.store, &base.keyring)?;
        let (channels_at, channels) = load_channels(base, &monitor, &monitors, tip)?;
        let (sweeper_at, sweeper) = load_sweeper(base, tip)?;
        let core = Self { monitor, channels: Arc::new(channels), sweeper: Arc::new(sweeper) };
        core.catch_up(base, channels_at, sweeper_at, monitors).await?;
        Ok(core)
    }

    async fn catch_up(
        &self,
        base: &Base,
        channels_at: BlockHash,
        sweeper_at: BlockHash,
        monitors: Vec<(BlockHash, ChannelMonitor<InMemorySigner>)>,
    ) -> Result<(), NodeError> {
        let monitors: Vec<_> = monitors
            .into_iter()
            .map(|(at, monitor)| {
                let broadcaster = Arc::clone(&base.broadcaster);
                let fees = Arc::clone(&base.fees);
                (at, (monitor, broadcaster, fees, Arc::new(NodeLogger)))
            })
            .collect();
        let mut behind: Vec<Behind<'_>> = vec![
            (base.wallet.best_block(), &*base.wallet),
            (channels_at, &*self.channels),
            (sweeper_at, &*self.sweeper),
        ];
        behind.extend(
            monitors.iter().map(|(at, monitor)| (*at, monitor as &(dyn Listen + Send + Sync))),
        );
        base.source.catch_up(behind).await.map_err(unreachable)?;
        for (_, (monitor, ..)) in monitors {
            let id = monitor.channel_id();
            if self.monitor.load_existing_monitor(id, monitor).is_err() {
                let why = format!("channel {id} has two");
                return Err(NodeError::Corrupt { what: "the channel monitors", why });
            }
        }
        base.view.begin_at(self.channels.current_best_block());
        Ok(())
    }

    fn reserve(&self, config: &NodeConfig) -> Reserve {
        Reserve {
            channels: Arc::clone(&self.channels),
            monitor: Arc::clone(&self.monitor),
            per_channel: Amount::from_sat(config.anchor_reserve_sat),
        }
    }

    fn listeners(&self, node: &Node) -> Arc<Listeners> {
        Arc::new(Listeners {
            wallet: Arc::clone(&node.wallet),
            channels: Arc::clone(&self.channels),
            monitor: Arc::clone(&self.monitor),
            sweeper: Arc::clone(&self.sweeper),
        })
    }
}

fn desk(
    base: &Base,
    core: &Core,
    fundings: &Arc<Fundings>,
    claims: &Arc<Claims>,
    caller: Arc<dyn NodeEvents>,
) -> EventDesk {
    let wallet_source =
        Arc::new(WalletSync::new(Arc::clone(&base.wallet), Arc::new(NodeLogger)));
    EventDesk {
        channels: Arc::clone(&core.channels),
        wallet: Arc::clone(&base.wallet),
        sweeper: Arc::clone(&core.sweeper),
        bumper: Bumper::new(
            Arc::clone(&base.broadcaster),
            wallet_source,
            Arc::clone(&base.keyring),
            Arc::new(NodeLogger),
        ),
        fundings: Arc::clone(fundings),
        claims: Arc::clone(claims),
        reserve: core.reserve(&base.config),
        inbound_without_reserve: base.config.inbound_without_reserve,
        caller,
        put_back: AtomicBool::new(false),
    }
}

fn load_channels(
    base: &Base,
    monitor: &Arc<Monitor>,
    monitors: &[(BlockHash, ChannelMonitor<InMemorySigner>)],
    tip: BestBlock,
) -> Result<(BlockHash, Channels), NodeError> {
    let router = Arc::new(OneHopRouter(DefaultRouter::new(
        Arc::clone(&base.graph),
        Arc::new(NodeLogger),
        Arc::clone(&base.keyring),
        Arc::clone(&base.scorer),
        ProbabilisticScoringFeeParameters::default(),
    )));
    let keyring = || Arc::clone(&base.keyring);
    let user = user_config(&base.config);
    let space = (
        CHANNEL_MANAGER_PERSISTENCE_PRIMARY_NAMESPACE,
        CHANNEL_MANAGER_PERSISTENCE_SECONDARY_NAMESPACE,
    );
    let Some(bytes) = base.store.read(space, CHANNEL_MANAGER_PERSISTENCE_KEY)? else {
        if !monitors.is_empty() {
            let why = "it is missing, although there are channels".to_owned();
            return Err(NodeError::Corrupt { what: "the channel manager", why });
        }
        let channels = Channels::new(
            Arc::clone(&base.fees),
            Arc::clone(monitor),
            Arc::clone(&base.broadcaster),
            router,
            Arc::new(NullMessageRouter {}),
            Arc::new(NodeLogger),
            keyring(),
            keyring(),
            keyring(),
            user,
            ChainParameters { network: base.config.network, best_block: tip },
            u32::try_from(since_epoch().as_secs()).unwrap_or(u32::MAX),
        );
        return Ok((tip.block_hash, channels));
    };
    let args = ChannelManagerReadArgs::new(
        keyring(),
        keyring(),
        keyring(),
        Arc::clone(&base.fees),
        Arc::clone(monitor),
        Arc::clone(&base.broadcaster),
        router,
        Arc::new(NullMessageRouter {}),
        Arc::new(NodeLogger),
        user,
        monitors.iter().map(|(_, monitor)| monitor).collect(),
    );
    <(BlockHash, Channels)>::read(&mut &bytes[..], args)
        .map_err(|error| NodeError::Corrupt { what: "the channel manager", why: error.to_string() })
}

fn load_sweeper(base: &Base, tip: BestBlock) -> Result<(BlockHash, Sweeper), NodeError> {
    let space = (
        OUTPUT_SWEEPER_PERSISTENCE_PRIMARY_NAMESPACE,
        OUTPUT_SWEEPER_PERSISTENCE_SECONDARY_NAMESPACE,
    );
    let Some(bytes) = base.store.read(space, OUTPUT_SWEEPER_PERSISTENCE_KEY)? else {
        let sweeper = Sweeper::new(
            tip,
            Arc::clone(&base.broadcaster),
            Arc::clone(&base.fees),
            None,
            Arc::clone(&base.keyring),
            Arc::clone(&base.wallet),
            Arc::clone(&base.store),
            Arc::new(NodeLogger),
        );
        return Ok((tip.block_hash, sweeper));
    };
    let args = (
        Arc::clone(&base.broadcaster),
        Arc::clone(&base.fees),
        None,
        Arc::clone(&base.keyring),
        Arc::clone(&base.wallet),
        Arc::clone(&base.store),
        Arc::new(NodeLogger),
    );
    let (best, sweeper) = <(BestBlock, Sweeper)>::read(&mut &bytes[..], args)
        .map_err(|error| NodeError::Corrupt { what: "the sweeper", why: error.to_string() })?;
    Ok((best.block_hash, sweeper))
}

/// The graph comes back from peers, so one that cannot be read is only a loss of time.
fn load_graph(store: &Arc<Store>, network: bitcoin::Network) -> Result<Graph, NodeError> {
    let space = (
        NETWORK_GRAPH_PERSISTENCE_PRIMARY_NAMESPACE,
        NETWORK_GRAPH_PERSISTENCE_SECONDARY_NAMESPACE,
    );
    if let Some(bytes) = store.read(space, NETWORK_GRAPH_PERSISTENCE_KEY)? {
        match Graph::read(&mut &bytes[..], Arc::new(NodeLogger)) {
            Ok(graph) => return Ok(graph),
            Err(error) => warn!(%error, "the network graph cannot be read; it begins anew"),
        }
    }
    Ok(Graph::new(network, Arc::new(NodeLogger)))
}

/// So is the scorer: what it knows of channels it learns again.
fn load_scorer(store: &Arc<Store>, graph: &Arc<Graph>) -> Result<Scorer, NodeError> {
    let space =
        (SCORER_PERSISTENCE_PRIMARY_NAMESPACE, SCORER_PERSISTENCE_SECONDARY_NAMESPACE);
    let decay = ProbabilisticScoringDecayParameters::default();
    if let Some(bytes) = store.read(space, SCORER_PERSISTENCE_KEY)? {
        let args = (decay, Arc::clone(graph), Arc::new(NodeLogger));
        match Scorer::read(&mut &bytes[..], args) {
            Ok(scorer) => return Ok(scorer),
            Err(error) => warn!(%error, "the scorer cannot be read; it begins anew"),
        }
    }
    Ok(ProbabilisticScorer::new(decay, Arc::clone(graph), Arc::new(NodeLogger)))
}

impl Node {
    /// Starts all that runs by itself.
    fn run(
        &self,
        source: Arc<dyn ChainSource>,
        listeners: Arc<Listeners>,
        packages: mpsc::UnboundedReceiver<Vec<Transaction>>,
        listener: Option<tokio::net::TcpListener>,
        background: Background,
        drained: watch::Sender<bool>,
    ) {
        let timing = self.config.timing;
        let stop = || self.stops.work.subscribe();
        let view = Arc::clone(&self.view);
        let follow = Arc::clone(&source);
        let (follow_view, follow_stop) = (Arc::clone(&view), stop());
        self.spawn(async move {
            follow.follow(listeners, follow_view, timing.chain_poll, follow_stop).await;
        });
        self.spawn(broadcast::run(packages, Arc::clone(&source), view, stop()));
        self.spawn(tasks::watch_fees(
            Arc::clone(&self.fees),
            source,
            timing.fee_refresh,
            stop(),
        ));
        let (wallet, broadcaster) = (Arc::clone(&self.wallet), Arc::clone(&self.broadcaster));
        self.spawn(tasks::rebroadcast(wallet, broadcaster, stop()));
        let channels = || Arc::clone(&self.channels);
        let peers = || Arc::clone(&self.peers);
        let changes = Arc::clone(&self.channel_changes);
        self.spawn(tasks::watch_channels(channels(), changes, timing.channel_watch, stop()));
        let changes = self.channel_changes.subscribe();
        self.spawn(tasks::announce(self.config.clone(), channels(), peers(), changes, stop()));
        if let Some(pause) = timing.htlc_forwarding {
            self.spawn(tasks::forward_eagerly(channels(), peers(), pause, stop()));
        }
        if let Some(listener) = listener {
            self.spawn(tasks::listen(listener, peers(), stop()));
        }
        self.spawn(Arc::clone(&self.connector).keep_connected(stop()));
        let (health, work) = (Arc::clone(&self.health), Arc::clone(&self.stops.work));
        self.spawn(tasks::guard(health, peers(), work, stop()));
        self.spawn(background.run(drained, self.stops.background.subscribe()));
    }
}

fn since_epoch() -> Duration {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default()
}

fn unreachable(error: impl std::fmt::Display) -> NodeError {
    NodeError::Chain(error.to_string())
}
