//! The `lightning` crate's types with our parts filled in.

use std::sync::{Arc, RwLock};

use lightning::chain::Filter;
use lightning::chain::chainmonitor::ChainMonitor;
use lightning::events::bump_transaction::sync::{BumpTransactionEventHandlerSync, WalletSync};
use lightning::ln::channelmanager::ChannelManager;
use lightning::ln::peer_handler::PeerManager;
use lightning::onion_message::messenger::NullMessageRouter;
use lightning::routing::gossip::{NetworkGraph, P2PGossipSync};
use lightning::routing::router::DefaultRouter;
use lightning::routing::scoring::{ProbabilisticScorer, ProbabilisticScoringFeeParameters};
use lightning::routing::utxo::UtxoLookup;
use lightning::sign::{InMemorySigner, KeysManager};
use lightning::util::sweep::OutputSweeperSync;
use lightning_liquidity::LiquidityManagerSync;
use lightning_liquidity::utils::time::DefaultTimeProvider;
use lightning_net_tokio::SocketDescriptor;

use crate::broadcast::Broadcaster;
use crate::channel_keys::ChannelKeys;
use crate::fees::FeeTable;
use crate::gossip::PatientGossip;
use crate::liquidity::Liquidity;
use crate::logger::NodeLogger;
use crate::monitors::MonitorQueue;
use crate::onion::OnionLayer;
use crate::persist::Store;
use crate::repeats::Repeats;
use crate::router::OneHopRouter;
use crate::wallet::OnchainWallet;

pub(crate) type Keyring = KeysManager;
pub(crate) type TxFilter = Arc<dyn Filter + Send + Sync>;
pub(crate) type Monitor = ChainMonitor<
    InMemorySigner,
    TxFilter,
    Arc<Broadcaster>,
    Arc<FeeTable>,
    Arc<NodeLogger>,
    Arc<MonitorQueue>,
    Arc<Keyring>,
>;
pub(crate) type Graph = NetworkGraph<Arc<NodeLogger>>;
pub(crate) type Scorer = ProbabilisticScorer<Arc<Graph>, Arc<NodeLogger>>;
pub(crate) type InnerRouter = DefaultRouter<
    Arc<Graph>,
    Arc<NodeLogger>,
    Arc<Keyring>,
    Arc<RwLock<Scorer>>,
    ProbabilisticScoringFeeParameters,
    Scorer,
>;
pub(crate) type Channels = ChannelManager<
    Arc<Monitor>,
    Arc<Broadcaster>,
    Arc<Keyring>,
    Arc<Keyring>,
    Arc<ChannelKeys>,
    Arc<FeeTable>,
    Arc<OneHopRouter>,
    Arc<NullMessageRouter>,
    Arc<NodeLogger>,
>;
pub(crate) type Gossip =
    P2PGossipSync<Arc<Graph>, Arc<dyn UtxoLookup + Send + Sync>, Arc<NodeLogger>>;
pub(crate) type Peers = PeerManager<
    SocketDescriptor,
    Arc<Channels>,
    Arc<PatientGossip>,
    Arc<OnionLayer>,
    Arc<NodeLogger>,
    Arc<Liquidity>,
    Arc<Keyring>,
    Arc<Repeats>,
>;
pub(crate) type Lsps = LiquidityManagerSync<
    Arc<Keyring>,
    Arc<Keyring>,
    Arc<Channels>,
    TxFilter,
    Arc<Store>,
    DefaultTimeProvider,
    Arc<Broadcaster>,
>;
pub(crate) type Sweeper = SweeperIn<Store>;
/// A sweeper that keeps its state in a `K`.
pub(crate) type SweeperIn<K> = OutputSweeperSync<
    Arc<Broadcaster>,
    Arc<OnchainWallet>,
    Arc<FeeTable>,
    TxFilter,
    Arc<K>,
    Arc<NodeLogger>,
    Arc<Keyring>,
>;
pub(crate) type Bumper = BumpTransactionEventHandlerSync<
    Arc<Broadcaster>,
    Arc<WalletSync<Arc<OnchainWallet>, Arc<NodeLogger>>>,
    Arc<ChannelKeys>,
    Arc<NodeLogger>,
>;
