//! The node as its caller sees it.

use std::fmt;
use std::future::Future;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use bitcoin::{Address, Amount, FeeRate, Transaction};
use bolt1::{Msat, PublicKey};
use bolt4::BlindedPath;
use lightning::sign::EntropySource;
use offerd_core::port::{
    Bolt11Facts, Bolt11Minted, Bolt11Order, Bolt11Refused, Fronts, InvoiceIssuer, InvoicePayer,
    KeyValueStore, MintOrder, Minted, NodeEvents, OnionTransport, OutboundMessage, PayOrder,
    PayRefused, PortError,
};
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tracing::warn;

use crate::books::Books;
use crate::broadcast::Broadcaster;
use crate::chain::{self, ChainSource, ChainView};
use crate::channels;
use crate::config::NodeConfig;
use crate::error::{ChannelError, ConnectError, NodeError, WalletError};
use crate::fees::FeeTable;
use crate::funding::{FundedChannel, FundingOrder, Fundings};
use crate::issuer::Issuer;
use crate::keys::NodeSecretKey;
use crate::liquidity::{Liquidity, Orders};
use crate::locks::lock;
use crate::onion::{MessageCounts, OnionLayer};
use crate::payer::Payer;
use crate::peers::Connector;
use crate::persist::Health;
use crate::recovery::{Keeper, Recovery, RecoveryFile, RescueView};
use crate::repeats::Repeats;
use crate::types::{Channels, Graph, Keyring, Monitor, Peers};
use crate::views::{
    AddressKind, ChannelFunds, ChannelView, Funds, GraphSize, OutputStatus, OutputView, PeerView,
};
use crate::wallet::OnchainWallet;

/// How long a peer may take to agree to a channel.
const OPENING_TIMEOUT: Duration = Duration::from_secs(120);

/// A running Lightning node.
pub struct Node {
    pub(crate) config: NodeConfig,
    pub(crate) node_id: PublicKey,
    pub(crate) listen_address: Option<SocketAddr>,
    pub(crate) keyring: Arc<Keyring>,
    pub(crate) health: Arc<Health>,
    pub(crate) view: Arc<ChainView>,
    pub(crate) source: Arc<dyn ChainSource>,
    pub(crate) fees: Arc<FeeTable>,
    pub(crate) broadcaster: Arc<Broadcaster>,
    pub(crate) wallet: Arc<OnchainWallet>,
    pub(crate) graph: Arc<Graph>,
    pub(crate) channels: Arc<Channels>,
    pub(crate) monitor: Arc<Monitor>,
    pub(crate) peers: Arc<Peers>,
    pub(crate) repeats: Arc<Repeats>,
    pub(crate) connector: Arc<Connector>,
    pub(crate) liquidity: Arc<Liquidity>,
    pub(crate) orders: Arc<Orders>,
    pub(crate) fundings: Arc<Fundings>,
    pub(crate) books: Arc<Books>,
    pub(crate) onion: Arc<OnionLayer>,
    pub(crate) announced: Arc<AtomicBool>,
    pub(crate) payer: Payer,
    pub(crate) issuer: Issuer,
    pub(crate) keeper: Arc<Keeper>,
    pub(crate) recovery: Option<Arc<Recovery>>,
    pub(crate) channel_changes: Arc<watch::Sender<u64>>,
    pub(crate) stops: Stops,
    pub(crate) running: Mutex<Vec<JoinHandle<()>>>,
}

/// The two steps of stopping: first all that brings work, then what writes the state down.
#[derive(Debug)]
pub(crate) struct Stops {
    pub(crate) work: Arc<watch::Sender<bool>>,
    pub(crate) background: watch::Sender<bool>,
}

impl Stops {
    pub(crate) fn new() -> Self {
        Self { work: Arc::new(watch::Sender::new(false)), background: watch::Sender::new(false) }
    }
}

impl fmt::Debug for Node {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Node").field("node_id", &self.node_id).finish_non_exhaustive()
    }
}

impl Node {
    /// Starts a node whose seed is in `dir` (made at the first start) and whose state is in `values`. Events go to
    /// `caller`, those left from before a restart first. Returns when the node knows the best block.
    ///
    /// # Errors
    /// When seed, state or chain source cannot be read, or the address to listen at is taken.
    pub async fn start(
        config: NodeConfig,
        dir: &Path,
        values: Arc<dyn KeyValueStore>,
        caller: Arc<dyn NodeEvents>,
    ) -> Result<Arc<Self>, NodeError> {
        Box::pin(crate::start::start(config, dir, values, caller)).await
    }

    pub(crate) fn spawn(&self, task: impl Future<Output = ()> + Send + 'static) {
        lock(&self.running).push(tokio::spawn(task));
    }

    /// Stops the node: connections are closed, all state is written. After [`Node::failed`] nothing is written:
    /// the process should end.
    pub async fn shutdown(&self) {
        self.stops.work.send_replace(true);
        if !self.health.is_good() {
            return;
        }
        self.peers.disconnect_all_peers();
        self.stops.background.send_replace(true);
        let running = std::mem::take(&mut *lock(&self.running));
        for task in running {
            if let Err(error) = task.await {
                warn!(%error, "a task of the node has failed");
            }
        }
        if let Err(error) = self.wallet.flush() {
            warn!(%error, "the wallet could not be written");
            return;
        }
        if self.health.is_good()
            && self.view.is_in_step()
            && let Err(error) = chain::asked::end(&self.keeper.store)
        {
            warn!(%error, "the chain's mark could not be taken away");
        }
    }

    /// Waits until the node cannot go on, because its state could not be written; returns the reason. The process
    /// should then end, and the node be started anew.
    pub async fn failed(&self) -> String {
        self.health.failed().await
    }

    /// Our id.
    pub fn node_id(&self) -> PublicKey {
        self.node_id
    }

    /// The secret key of our id, for whoever signs in the node's name.
    pub fn node_secret_key(&self) -> NodeSecretKey {
        NodeSecretKey::new(self.keyring.get_node_secret_key())
    }

    /// Where we listen, with the port the system has chosen.
    pub fn listen_address(&self) -> Option<SocketAddr> {
        self.listen_address
    }

    /// Height of the best block.
    pub fn block_height(&self) -> u32 {
        self.view.height()
    }

    /// Waits until the best block is at least `height` high.
    pub async fn wait_for_height(&self, height: u32) {
        let mut best = self.view.subscribe();
        // The sender lives as long as the node.
        let _ = best.wait_for(|best| best.height >= height).await;
    }

    /// Whether the last look at the chain source was answered.
    pub fn synced(&self) -> bool {
        self.view.is_reachable()
    }

    /// A new address to receive coins at.
    ///
    /// # Errors
    /// When the wallet has no such addresses, or its state cannot be written.
    pub fn new_address(&self, kind: AddressKind) -> Result<Address, WalletError> {
        match kind {
            AddressKind::Bech32 => self.wallet.new_address(),
            AddressKind::P2tr => Err(WalletError::AddressKind),
        }
    }

    /// Connects to a peer at `address` (`host:port`), or, without one, where it was last reached or is announced.
    ///
    /// # Errors
    /// When no address is known, or nobody answers there as that node.
    pub async fn connect(
        &self,
        node: PublicKey,
        address: Option<&str>,
    ) -> Result<(), ConnectError> {
        self.connector.connect(node, address).await
    }

    /// Closes the connection to a peer. One with a channel will be called again.
    pub fn disconnect(&self, node: PublicKey) {
        self.peers.disconnect_by_node_id(node);
    }

    /// Peers that are connected, and those we have channels with.
    pub fn list_peers(&self) -> Vec<PeerView> {
        let channels = self.channels.list_channels();
        let with = |node: &PublicKey| {
            channels.iter().filter(|channel| channel.counterparty.node_id == *node).count()
        };
        let mut peers: Vec<PeerView> = self
            .peers
            .list_peers()
            .into_iter()
            .map(|peer| PeerView {
                node_id: peer.counterparty_node_id,
                connected: true,
                address: peer.socket_address.and_then(|address| address.to_string().parse().ok()),
                channels: with(&peer.counterparty_node_id),
            })
            .collect();
        for channel in &channels {
            let node_id = channel.counterparty.node_id;
            if !peers.iter().any(|peer| peer.node_id == node_id) {
                let channels = with(&node_id);
                peers.push(PeerView { node_id, connected: false, address: None, channels });
            }
        }
        peers
    }

    /// Our channels.
    pub fn list_peer_channels(&self) -> Vec<ChannelView> {
        let channels = self.channels.list_channels();
        let peer = |node: &PublicKey| channels::Peer {
            connected: self.connector.watch.is_connected(node),
            dead_end: channels::is_dead_end(&self.graph, node, &self.node_id),
        };
        channels
            .iter()
            .map(|channel| channels::view(channel, peer(&channel.counterparty.node_id)))
            .collect()
    }

    /// What we have, on chain and in channels.
    pub fn list_funds(&self) -> Funds {
        let outputs = self.wallet.coins().into_iter().map(|coin| OutputView {
            outpoint: coin.outpoint,
            amount: coin.txout.value,
            address: Address::from_script(&coin.txout.script_pubkey, self.config.network).ok(),
            status: match coin.height {
                Some(height) => OutputStatus::Confirmed { height },
                None => OutputStatus::Unconfirmed,
            },
            reserved: coin.set_aside,
        });
        let channels = self.list_peer_channels().into_iter().filter_map(|channel| {
            Some(ChannelFunds {
                peer: channel.peer,
                connected: channel.peer_connected,
                state: channel.state,
                short_channel_id: channel.short_channel_id,
                ours: channel.to_us,
                capacity: channel.capacity,
                funding: channel.funding?,
            })
        });
        Funds { outputs: outputs.collect(), channels: channels.collect() }
    }

    /// A number that changes whenever a channel opens, closes, becomes usable or unusable, is announced, or its
    /// peer says at what price it forwards. For whoever waits for one of these.
    pub fn channel_changes(&self) -> watch::Receiver<u64> {
        self.channel_changes.subscribe()
    }

    /// Opens a channel. Returns when its funding transaction is in the mempool.
    ///
    /// # Errors
    /// When the peer is away or declines, or the wallet cannot pay. After [`ChannelError::Broadcast`] the channel
    /// exists, and the transaction will be sent again.
    pub async fn fund_channel(&self, order: FundingOrder) -> Result<FundedChannel, ChannelError> {
        if !self.connector.watch.is_connected(&order.peer) {
            return Err(ChannelError::PeerNotConnected);
        }
        self.require_coins(order.amount)?;
        let mut user = channels::user_config(&self.config);
        user.channel_handshake_config.announce_for_forwarding = order.announce;
        let key = self.random_key();
        let outcome = self.fundings.wait(key, order.fee_rate);
        self.channels
            .create_channel(
                order.peer,
                order.amount.to_sat(),
                order.push.as_u64(),
                key,
                None,
                Some(user),
            )
            .map_err(|error| {
                self.fundings.stop_waiting(key);
                ChannelError::Refused(format!("{error:?}"))
            })?;
        self.peers.process_events();
        let funded = tokio::time::timeout(OPENING_TIMEOUT, outcome)
            .await
            .map_err(|_| {
                self.fundings.stop_waiting(key);
                ChannelError::Timeout
            })?
            .map_err(|_| ChannelError::Closed("the node is stopping".to_owned()))??;
        // The crate has sent it; sending it once more tells whether it has arrived.
        self.source
            .broadcast(std::slice::from_ref(&funded.tx))
            .await
            .map_err(|error| ChannelError::Broadcast(error.to_string()))?;
        Ok(funded)
    }

    fn require_coins(&self, amount: Amount) -> Result<(), WalletError> {
        let available = self.wallet.spendable();
        let reserve = self.fundings.reserve.needed(1);
        if amount.checked_add(reserve).is_some_and(|sum| sum <= available) {
            return Ok(());
        }
        Err(WalletError::Insufficient { needed: amount, available, reserve })
    }

    fn random_key(&self) -> u128 {
        let bytes = self.keyring.get_secure_random_bytes();
        bytes.iter().take(16).fold(0, |key, byte| (key << 8) | u128::from(*byte))
    }

    /// Onion messages since the start: received, sent, forwarded, and dropped, by reason.
    pub fn message_counts(&self) -> MessageCounts {
        self.onion.counts()
    }

    /// Closes a channel: by agreement with the peer, or, with `force`, by ourselves. Returns when it has begun;
    /// what comes out of it arrives in the wallet by itself.
    ///
    /// # Errors
    /// When there is no such channel, or it cannot be closed that way now.
    pub fn close_channel(&self, channel_id: [u8; 32], force: bool) -> Result<(), ChannelError> {
        let channels = self.channels.list_channels();
        let channel = channels
            .iter()
            .find(|channel| channel.channel_id.0 == channel_id)
            .ok_or(ChannelError::Unknown)?;
        let (id, peer) = (&channel.channel_id, &channel.counterparty.node_id);
        let closed = if force {
            let why = "closed by its owner".to_owned();
            self.channels.force_close_broadcasting_latest_txn(id, peer, why)
        } else {
            self.channels.close_channel(id, peer)
        };
        self.peers.process_events();
        closed.map_err(|error| ChannelError::Refused(format!("{error:?}")))
    }

    /// Pays `amount` from the wallet to `address`, keeping the reserve of our channels. Returns when the
    /// transaction is in the mempool.
    ///
    /// # Errors
    /// When the wallet cannot pay, or the transaction is not taken; then nothing has happened.
    pub async fn withdraw(
        &self,
        address: &Address,
        amount: Amount,
        fee_rate: Option<FeeRate>,
    ) -> Result<Transaction, WalletError> {
        let least = address.script_pubkey().minimal_non_dust();
        if amount < least {
            return Err(WalletError::Dust { amount, least });
        }
        let fee_rate = fee_rate.unwrap_or_else(|| self.fees.funding());
        let reserve = self.fundings.reserve.needed(0);
        let tx = self.wallet.build(address.script_pubkey(), amount, fee_rate, reserve)?;
        self.send_kept(tx).await
    }

    /// What the recovery file should say now. It has the seed in it.
    ///
    /// # Errors
    /// When the seed cannot be read.
    pub fn recovery_file(&self) -> Result<RecoveryFile, NodeError> {
        self.keeper.content()
    }

    /// How far the recovery has come, if there was one.
    pub fn rescue(&self) -> Option<RescueView> {
        self.recovery.as_ref().map(|recovery| recovery.view())
    }

    /// How much of the network is known.
    pub fn graph_size(&self) -> GraphSize {
        let graph = self.graph.read_only();
        let priced = graph.channels().unordered_iter().map(|(_, channel)| {
            usize::from(channel.one_to_two.is_some()) + usize::from(channel.two_to_one.is_some())
        });
        let nodes = graph.nodes().unordered_iter();
        let announced = nodes.filter(|(_, node)| node.announcement_info.is_some());
        GraphSize {
            nodes: graph.nodes().len(),
            announced: announced.count(),
            channels: graph.channels().len(),
            priced: priced.sum(),
        }
    }
}

#[async_trait]
impl OnionTransport for Node {
    async fn send(&self, message: OutboundMessage) -> Result<(), PortError> {
        self.onion.send(message).await
    }

    async fn message_paths(
        &self,
        path_id: &[u8],
        fronts: &Fronts,
    ) -> Result<Vec<BlindedPath>, PortError> {
        self.onion.message_paths(path_id, fronts).await
    }

    async fn stay_connected(&self, introductions: &[PublicKey]) {
        self.onion.stay_connected(introductions).await;
    }

    async fn is_announced(&self) -> bool {
        self.onion.is_announced().await
    }
}

#[async_trait]
impl InvoicePayer for Node {
    async fn pay(&self, order: PayOrder) -> Result<(), PayRefused> {
        self.payer.pay(order).await
    }

    async fn read_bolt11(&self, string: &str) -> Result<Bolt11Facts, String> {
        self.payer.read_bolt11(string).await
    }

    async fn known_payments(&self) -> Result<Vec<[u8; 32]>, PortError> {
        self.payer.known_payments().await
    }

    async fn spendable(&self) -> Result<Msat, PortError> {
        self.payer.spendable().await
    }
}

#[async_trait]
impl InvoiceIssuer for Node {
    async fn mint(&self, order: MintOrder) -> Result<Minted, PortError> {
        self.issuer.mint(order).await
    }

    async fn mint_bolt11(&self, order: Bolt11Order) -> Result<Bolt11Minted, Bolt11Refused> {
        self.issuer.mint_bolt11(order).await
    }

    async fn accept(&self, payment_hash: [u8; 32]) -> Result<(), PortError> {
        self.issuer.accept(payment_hash).await
    }

    async fn is_lost(&self, payment_hash: [u8; 32]) -> Result<bool, PortError> {
        self.issuer.is_lost(payment_hash).await
    }

    async fn refuse(&self, payment_hash: [u8; 32]) -> Result<(), PortError> {
        self.issuer.refuse(payment_hash).await
    }
}
