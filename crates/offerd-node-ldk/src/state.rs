//! What a node has kept, read back and brought in step with the chain.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, RwLock};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use bitcoin::{Amount, BlockHash, Transaction};
use lightning::chain::channelmonitor::ChannelMonitor;
use lightning::chain::{BestBlock, Listen};
use lightning::ln::channelmanager::{ChainParameters, ChannelManagerReadArgs};
use lightning::onion_message::messenger::NullMessageRouter;
use lightning::routing::router::DefaultRouter;
use lightning::routing::scoring::{
    ProbabilisticScorer, ProbabilisticScoringDecayParameters, ProbabilisticScoringFeeParameters,
};
use lightning::sign::{InMemorySigner, NodeSigner};
use lightning::util::persist::{
    NETWORK_GRAPH_PERSISTENCE_KEY, NETWORK_GRAPH_PERSISTENCE_PRIMARY_NAMESPACE,
    NETWORK_GRAPH_PERSISTENCE_SECONDARY_NAMESPACE, OUTPUT_SWEEPER_PERSISTENCE_KEY,
    OUTPUT_SWEEPER_PERSISTENCE_PRIMARY_NAMESPACE, OUTPUT_SWEEPER_PERSISTENCE_SECONDARY_NAMESPACE,
    SCORER_PERSISTENCE_KEY, SCORER_PERSISTENCE_PRIMARY_NAMESPACE,
    SCORER_PERSISTENCE_SECONDARY_NAMESPACE,
};
use lightning::util::ser::ReadableArgs;
use offerd_core::port::KeyValueStore;
use tokio::sync::mpsc;
use tracing::warn;

use crate::books::Books;
use crate::broadcast::Broadcaster;
use crate::chain::{self, Behind, ChainSource, ChainView, Feed, probe_chain};
use crate::channel_keys::ChannelKeys;
use crate::channels::{Reserve, user_config};
use crate::config::NodeConfig;
use crate::error::NodeError;
use crate::fees::FeeTable;
use crate::keys::Keys;
use crate::logger::NodeLogger;
use crate::monitors::{MonitorQueue, load_monitors};
use crate::parts::Parts;
use crate::persist::{Health, Store};
use crate::recovery::{OldBehind, OldChannels, Recovery, Tools};
use crate::router::OneHopRouter;
use crate::types::{Channels, Graph, Keyring, Monitor, Scorer, Sweeper, TxFilter};
use crate::undone::Unfunded;
use crate::wallet::{Birth, OnchainWallet};
use crate::writer::StateWriter;

/// Addresses beyond the last one given out that the wallet looks for.
const AHEAD: u32 = 100;
/// The same when it is not known how many were given out.
const FAR_AHEAD: u32 = 1_000;

/// What everything else stands on.
pub(crate) struct Base {
    pub(crate) config: NodeConfig,
    pub(crate) store: Arc<Store>,
    pub(crate) values: Arc<dyn KeyValueStore>,
    pub(crate) dir: PathBuf,
    pub(crate) health: Arc<Health>,
    pub(crate) monitor_queue: Arc<MonitorQueue>,
    pub(crate) keyring: Arc<Keyring>,
    pub(crate) channel_keys: Arc<ChannelKeys>,
    pub(crate) source: Arc<dyn ChainSource>,
    pub(crate) view: Arc<ChainView>,
    pub(crate) fees: Arc<FeeTable>,
    pub(crate) broadcaster: Arc<Broadcaster>,
    pub(crate) wallet: Arc<OnchainWallet>,
    /// A recovery that is on its way or has ended.
    pub(crate) recovery: Option<Arc<Recovery>>,
    pub(crate) graph: Arc<Graph>,
    pub(crate) scorer: Arc<RwLock<Scorer>>,
    pub(crate) parts: Arc<Parts>,
}

/// The Lightning part, in step with the chain.
pub(crate) struct Core {
    pub(crate) monitor: Arc<Monitor>,
    pub(crate) channels: Arc<Channels>,
    pub(crate) sweeper: Arc<Sweeper>,
    /// Closed channels of which nothing can come.
    pub(crate) unfunded: Arc<Unfunded>,
    pub(crate) books: Arc<Books>,
    /// What a recovery has put aside.
    pub(crate) old: Option<Arc<OldChannels>>,
}

impl Base {
    pub(crate) async fn new(
        config: NodeConfig,
        dir: &Path,
        values: Arc<dyn KeyValueStore>,
    ) -> Result<(Self, mpsc::UnboundedReceiver<Vec<Transaction>>), NodeError> {
        let network = config.network;
        let health = Health::new();
        let store = Arc::new(Store::new(Arc::clone(&values), Arc::clone(&health)));
        probe_chain(&config.chain, network).await?;
        let keys = Keys::load_or_create(dir, network)?;
        let now = since_epoch();
        let keyring =
            Arc::new(Keyring::new(&keys.lightning, now.as_secs(), now.subsec_nanos(), true));
        let source = chain::source(&config.chain, network).await.map_err(unreachable)?;
        let tip = source.tip().await.map_err(unreachable)?;
        let fees = Arc::new(FeeTable::new(network));
        fees.refresh(&*source).await;
        let recovery = Recovery::open(&store, &*values, &keys, &*source).await?;
        if recovery.as_ref().is_some_and(|recovery| recovery.is_new()) {
            // What the mark is about was set aside.
            chain::asked::end(&store)?;
        }
        chain::asked::begin(&store, &*source)?;
        let birth = birth(&keys, recovery.as_deref(), tip);
        let wallet =
            OnchainWallet::open(Arc::clone(&store), Arc::clone(&health), &keys, network, &birth)?;
        if let Some(recovery) = recovery.as_ref().filter(|recovery| recovery.is_new()) {
            wallet.forget_unconfirmed()?;
            recovery.begun()?;
        }
        let graph = Arc::new(load_graph(&store, network)?);
        let scorer = Arc::new(RwLock::new(load_scorer(&store, &graph)?));
        let (broadcaster, packages) = Broadcaster::new();
        let channel_keys =
            Arc::new(ChannelKeys { keyring: Arc::clone(&keyring), wallet: Arc::clone(&wallet) });
        let view = ChainView::new(tip);
        let base = Self {
            config,
            store,
            values,
            dir: dir.to_owned(),
            health,
            monitor_queue: Arc::default(),
            keyring,
            channel_keys,
            source,
            view,
            fees,
            broadcaster,
            wallet,
            recovery,
            graph,
            scorer,
            parts: Parts::new(),
        };
        Ok((base, packages))
    }
}

impl Base {
    /// What the source is to be told of transactions and outputs that matter, where it does not show everything.
    fn filter(&self) -> Option<TxFilter> {
        match self.source.feed() {
            Feed::Blocks(_) => None,
            Feed::Transactions(feed) => Some(feed.filter()),
        }
    }

    /// Whether there is a recovery that is not over.
    fn is_recovering(&self) -> bool {
        self.recovery.as_ref().is_some_and(|recovery| !recovery.is_done())
    }

    fn tools_for_old_channels(&self) -> Tools {
        Tools {
            store: Arc::clone(&self.store),
            keys: Arc::clone(&self.channel_keys),
            broadcaster: Arc::clone(&self.broadcaster),
            fees: Arc::clone(&self.fees),
        }
    }
}

impl std::fmt::Debug for Base {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Base").finish_non_exhaustive()
    }
}

impl std::fmt::Debug for Core {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Core").finish_non_exhaustive()
    }
}

impl Core {
    /// Reads what was kept, or begins anew, and brings all of it to the best block.
    pub(crate) async fn new(base: &Base) -> Result<Self, NodeError> {
        let monitor = Arc::new(Monitor::new(
            base.filter(),
            Arc::clone(&base.broadcaster),
            Arc::new(NodeLogger),
            Arc::clone(&base.fees),
            Arc::clone(&base.monitor_queue),
            Arc::clone(&base.keyring),
            base.keyring.get_peer_storage_key(),
        ));
        let tip = base.source.tip().await.map_err(unreachable)?;
        let monitors = load_monitors(&base.store, &base.channel_keys)?;
        let (channels_at, channels) = load_channels(base, &monitor, &monitors, tip)?;
        let (sweeper_at, sweeper) = load_sweeper(base, tip)?;
        let (channels, sweeper) = (Arc::new(channels), Arc::new(sweeper));
        let unfunded = Arc::new(Unfunded::default());
        let books = Arc::new(Books::open(Arc::clone(&base.store), &channels)?);
        let mut core = Self { monitor, channels, sweeper, unfunded, books, old: None };
        let tools = base.tools_for_old_channels();
        let old = if base.is_recovering() { tools.load()? } else { Vec::new() };
        core.catch_up(base, channels_at, sweeper_at, monitors, &old).await?;
        if !old.is_empty() {
            let monitors = old.into_iter().map(|(_, behind)| behind).collect();
            core.old = Some(Arc::new(tools.watch(monitors)?));
        }
        Ok(core)
    }

    async fn catch_up(
        &self,
        base: &Base,
        channels_at: BlockHash,
        sweeper_at: BlockHash,
        monitors: Vec<(BlockHash, ChannelMonitor<InMemorySigner>)>,
        old: &[(BlockHash, OldBehind)],
    ) -> Result<(), NodeError> {
        match base.source.feed() {
            Feed::Blocks(feed) => {
                let monitors = with_tools(base, monitors);
                let mut behind: Vec<Behind<'_>> = vec![
                    (base.wallet.best_block(), &*base.wallet),
                    (channels_at, &*self.channels),
                    (sweeper_at, &*self.sweeper),
                ];
                if let Some(recovery) = base.recovery.as_ref().filter(|_| base.is_recovering())
                    && let Some(at) = recovery.best_block()
                {
                    behind.push((at, &**recovery));
                }
                behind.extend(monitors.iter().map(|(at, monitor)| (*at, monitor as &Listener)));
                behind.extend(old.iter().map(|(at, old)| (*at, old as &Listener)));
                feed.catch_up(behind).await.map_err(unreachable)?;
                self.watch(monitors.into_iter().map(|(_, (monitor, ..))| monitor))?;
            }
            // What is watched is what the source is asked about: so first watch, then ask.
            Feed::Transactions(feed) => {
                self.watch(monitors.into_iter().map(|(_, monitor)| monitor))?;
                let parts = chain::Parts {
                    wallet: Arc::clone(&base.wallet),
                    channels: Arc::clone(&self.channels),
                    monitor: Arc::clone(&self.monitor),
                    sweeper: Arc::clone(&self.sweeper),
                };
                parts.catch_up(feed).await.map_err(unreachable)?;
            }
        }
        base.view.begin_at(self.channels.current_best_block());
        Ok(())
    }

    /// Watches over the channels of these monitors from now on.
    fn watch(
        &self,
        monitors: impl Iterator<Item = ChannelMonitor<InMemorySigner>>,
    ) -> Result<(), NodeError> {
        for monitor in monitors {
            let id = monitor.channel_id();
            if self.monitor.load_existing_monitor(id, monitor).is_err() {
                let why = format!("channel {id} has two");
                return Err(NodeError::Corrupt { what: "the channel monitors", why });
            }
        }
        Ok(())
    }

    /// What writes it down.
    pub(crate) fn writer(&self, base: &Base) -> Arc<StateWriter> {
        Arc::new(StateWriter {
            store: Arc::clone(&base.store),
            channels: Arc::clone(&self.channels),
            monitor: Arc::clone(&self.monitor),
            queue: Arc::clone(&base.monitor_queue),
            books: Arc::clone(&self.books),
            writing: Mutex::new(()),
        })
    }

    /// The reserve that our channels need.
    pub(crate) fn reserve(&self, config: &NodeConfig) -> Reserve {
        Reserve {
            channels: Arc::clone(&self.channels),
            monitor: Arc::clone(&self.monitor),
            unfunded: Arc::clone(&self.unfunded),
            per_channel: Amount::from_sat(config.anchor_reserve_sat),
        }
    }
}

type Listener = dyn Listen + Send + Sync;
/// A monitor with what it needs to act on a block.
type Acting = (ChannelMonitor<InMemorySigner>, Arc<Broadcaster>, Arc<FeeTable>, Arc<NodeLogger>);

fn with_tools(
    base: &Base,
    monitors: Vec<(BlockHash, ChannelMonitor<InMemorySigner>)>,
) -> Vec<(BlockHash, Acting)> {
    let acting = monitors.into_iter().map(|(at, monitor)| {
        let (broadcaster, fees) = (Arc::clone(&base.broadcaster), Arc::clone(&base.fees));
        (at, (monitor, broadcaster, fees, Arc::new(NodeLogger)))
    });
    acting.collect()
}

/// What finds routes. There may be several: they share all that they know.
pub(crate) fn router(base: &Base) -> Arc<OneHopRouter> {
    Arc::new(OneHopRouter(
        DefaultRouter::new(
            Arc::clone(&base.graph),
            Arc::new(NodeLogger),
            Arc::clone(&base.keyring),
            Arc::clone(&base.scorer),
            ProbabilisticScoringFeeParameters::default(),
        ),
        Arc::clone(&base.parts),
    ))
}

fn load_channels(
    base: &Base,
    monitor: &Arc<Monitor>,
    monitors: &[(BlockHash, ChannelMonitor<InMemorySigner>)],
    tip: BestBlock,
) -> Result<(BlockHash, Channels), NodeError> {
    let router = router(base);
    let keyring = || Arc::clone(&base.keyring);
    let user = user_config(&base.config);
    let Some(bytes) = StateWriter::read_manager(&base.store)? else {
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
            Arc::clone(&base.channel_keys),
            user,
            ChainParameters { network: base.config.network, best_block: tip },
            u32::try_from(since_epoch().as_secs()).unwrap_or(u32::MAX),
        );
        return Ok((tip.block_hash, channels));
    };
    let args = ChannelManagerReadArgs::new(
        keyring(),
        keyring(),
        Arc::clone(&base.channel_keys),
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
            base.filter(),
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
        base.filter(),
        Arc::clone(&base.keyring),
        Arc::clone(&base.wallet),
        Arc::clone(&base.store),
        Arc::new(NodeLogger),
    );
    let (best, sweeper) = <(BestBlock, Sweeper)>::read(&mut &bytes[..], args)
        .map_err(|error| NodeError::Corrupt { what: "the sweeper", why: error.to_string() })?;
    Ok((best.block_hash, sweeper))
}

/// Where a wallet without state begins: with a fresh seed at the best block, since no coin of its can be older.
fn birth(keys: &Keys, recovery: Option<&Recovery>, tip: BestBlock) -> Birth {
    let addresses = recovery.and_then(Recovery::addresses);
    Birth {
        block: if keys.fresh { Some(tip) } else { recovery.and_then(Recovery::birth) },
        addresses: addresses.unwrap_or_default(),
        lookahead: match recovery {
            // Who does not know how many addresses there were looks far ahead.
            Some(recovery) if addresses.is_none() && !recovery.is_done() => FAR_AHEAD,
            Some(_) | None => AHEAD,
        },
    }
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
    let space = (SCORER_PERSISTENCE_PRIMARY_NAMESPACE, SCORER_PERSISTENCE_SECONDARY_NAMESPACE);
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

pub(crate) fn since_epoch() -> Duration {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default()
}

pub(crate) fn unreachable(error: impl std::fmt::Display) -> NodeError {
    NodeError::Chain(error.to_string())
}
