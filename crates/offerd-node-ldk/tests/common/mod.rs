//! Real nodes in one process, on a chain of their own.
#![allow(dead_code, reason = "each test file uses a part")]
#![allow(clippy::unwrap_used, clippy::panic, reason = "in a test, what is not so ends it")]
#![allow(clippy::wildcard_enum_match_arm, reason = "tests look for one event among many")]

pub(crate) mod books;
pub(crate) mod closing;
pub(crate) mod opening;
mod port;
pub(crate) mod raw_peer;
pub(crate) mod raw_provider;
pub(crate) mod recovering;
pub(crate) mod seller;
mod store;

use std::collections::VecDeque;
use std::future::Future;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::{Arc, Mutex, Once};
use std::time::Duration;

use async_trait::async_trait;
use bitcoin::{Amount, Network};
use bolt1::{CltvDelta, Msat, Seconds, Timestamp};
use offerd_core::port::{
    Fronts, IncomingPayment, InvoiceIssuer, InvoicePayer, KeyValueStore, MintOrder, Minted,
    NodeEvent, NodeEvents, PayOrder, PayRefused, PaymentFailure, PortError,
};
use offerd_node_ldk::{
    AddressKind, BitcoindAuth, BitcoindConfig, ChannelView, FundedChannel, FundingOrder, Node,
    NodeConfig, NodeError,
};
use offerd_regtest::{Chain, RpcConfig, RpcServer};
use tokio::runtime::{Builder, Runtime};
use tokio::sync::watch;

use port::own_port;
pub(crate) use store::MemoryStore;

/// Longer than anything should take, even on a busy machine.
pub(crate) const PATIENCE: Duration = Duration::from_secs(90);

/// Waits for `what`, with patience.
pub(crate) async fn patiently<T>(what: &str, future: impl Future<Output = T>) -> T {
    match tokio::time::timeout(PATIENCE, future).await {
        Ok(value) => value,
        Err(_) => panic!("waited in vain for {what}"),
    }
}

/// Waits for something that nobody tells of, by looking again and again.
pub(crate) async fn eventually(what: &str, done: impl Fn() -> bool) {
    let mut looks = tokio::time::interval(Duration::from_millis(5));
    patiently(what, async {
        while !done() {
            looks.tick().await;
        }
    })
    .await;
}

/// A chain and its server.
pub(crate) struct World {
    pub(crate) chain: Arc<Chain>,
    pub(crate) server: RpcServer,
}

impl World {
    pub(crate) async fn new() -> Self {
        static LOG: Once = Once::new();
        LOG.call_once(|| {
            tracing_subscriber::fmt()
                .with_env_filter(tracing_subscriber::EnvFilter::from_default_env())
                .with_test_writer()
                .init();
        });
        let chain = Chain::new(None).unwrap();
        let config = RpcConfig::loopback().with_password("user", "password");
        let server = RpcServer::start(Arc::clone(&chain), config).await.unwrap();
        Self { chain, server }
    }

    pub(crate) fn config(&self) -> NodeConfig {
        let auth =
            BitcoindAuth::Password { user: "user".to_owned(), password: "password".to_owned() };
        let addr = self.server.addr();
        let bitcoind = BitcoindConfig { host: addr.ip().to_string(), port: addr.port(), auth };
        let listen = Some(SocketAddr::from(([127, 0, 0, 1], own_port())));
        NodeConfig { listen, ..NodeConfig::new(Network::Regtest, bitcoind) }
    }

    pub(crate) fn mine(&self, blocks: u32) {
        self.chain.mine(blocks, &self.chain.faucet_address().script_pubkey()).unwrap();
    }

    pub(crate) async fn node(&self) -> Member {
        Member::start(self.config()).await
    }

    /// Gives each node `coins` times `amount`, mined and seen.
    pub(crate) async fn fund(&self, nodes: &[&Member], coins: u32, amount: Amount) {
        for node in nodes {
            for _ in 0..coins {
                let address = node.new_address(AddressKind::Bech32).unwrap();
                self.chain.faucet(&address, amount).unwrap();
            }
        }
        self.mine(1);
        self.all_see_the_tip(nodes).await;
    }

    pub(crate) async fn all_see_the_tip(&self, nodes: &[&Member]) {
        for node in nodes {
            patiently("the tip", node.wait_for_height(self.chain.height())).await;
        }
    }

    /// Opens a channel and waits until both ends can use it.
    pub(crate) async fn channel(
        &self,
        from: &Member,
        to: &Member,
        order: FundingOrder,
    ) -> FundedChannel {
        from.connect_to(to).await;
        let announced = order.announce;
        let funded = patiently("funding", from.fund_channel(order)).await.unwrap();
        patiently("the funding transaction", self.chain.wait_for_tx(funded.txid)).await;
        self.mine(6);
        self.all_see_the_tip(&[from, to]).await;
        let ready = |channel: &ChannelView| {
            channel.funding.is_some_and(|funding| funding.txid == funded.txid)
                && channel.usable
                && channel.peer_forwards
                && channel.announced == announced
        };
        from.wait_for_channels("the channel", |channels| channels.iter().any(ready)).await;
        to.wait_for_channels("the channel", |channels| channels.iter().any(ready)).await;
        funded
    }
}

pub(crate) fn order(peer: &Member, sats: u64) -> FundingOrder {
    FundingOrder {
        peer: peer.node_id(),
        amount: Amount::from_sat(sats),
        push: Msat::ZERO,
        announce: false,
        fee_rate: None,
    }
}

pub(crate) fn msat(msat: u64) -> Msat {
    Msat::new(msat).unwrap()
}

/// What a node has told, and whether it is to be refused.
pub(crate) struct Inbox {
    events: Mutex<VecDeque<NodeEvent>>,
    count: watch::Sender<usize>,
    /// While set, no event is taken.
    pub(crate) refusing: watch::Sender<bool>,
    /// Events that were not taken.
    pub(crate) refused: watch::Sender<usize>,
}

impl Inbox {
    pub(crate) fn new() -> Arc<Self> {
        Arc::new(Self {
            events: Mutex::default(),
            count: watch::Sender::new(0),
            refusing: watch::Sender::new(false),
            refused: watch::Sender::new(0),
        })
    }

    /// Waits for an event, takes it out and returns what `pick` made of it.
    pub(crate) async fn next<T>(&self, what: &str, pick: impl Fn(&NodeEvent) -> Option<T>) -> T {
        let mut count = self.count.subscribe();
        patiently(what, async {
            loop {
                count.mark_unchanged();
                {
                    let mut events = self.events.lock().unwrap();
                    let found = events.iter().position(|event| pick(event).is_some());
                    if let Some(event) = found.and_then(|index| events.remove(index)) {
                        return pick(&event).unwrap();
                    }
                }
                count.changed().await.unwrap();
            }
        })
        .await
    }

    pub(crate) async fn claimable(&self) -> IncomingPayment {
        self.next("a payment to claim", |event| match event {
            NodeEvent::PaymentClaimable(payment) => Some(payment.clone()),
            _ => None,
        })
        .await
    }

    pub(crate) async fn claimed(&self) -> ([u8; 32], [u8; 32], Msat) {
        self.next("a claimed payment", |event| match event {
            NodeEvent::PaymentClaimed { payment_hash, payment_id, amount } => {
                Some((*payment_hash, *payment_id, *amount))
            }
            _ => None,
        })
        .await
    }

    /// The outcome of a payment of ours: preimage and fee, or why it failed.
    pub(crate) async fn outcome(
        &self,
        id: [u8; 32],
    ) -> Result<([u8; 32], Option<Msat>), PaymentFailure> {
        self.next("the outcome of a payment", |event| match event {
            NodeEvent::PaymentSent { payment_id, preimage, fee, .. } if *payment_id == id => {
                Some(Ok((*preimage, *fee)))
            }
            NodeEvent::PaymentFailed { payment_id, reason } if *payment_id == id => {
                Some(Err(reason.clone()))
            }
            _ => None,
        })
        .await
    }

    /// In how many parts a payment of ours has arrived.
    pub(crate) async fn arrived_in(&self, id: [u8; 32]) -> Option<u32> {
        self.next("a payment that arrives", |event| match event {
            NodeEvent::PaymentSent { payment_id, parts, .. } if *payment_id == id => Some(*parts),
            _ => None,
        })
        .await
    }

    /// Waits for whatever comes next.
    pub(crate) async fn any(&self) -> NodeEvent {
        self.next("any event", |event| Some(event.clone())).await
    }

    /// Whether such an event was told and not taken out yet.
    pub(crate) fn has(&self, such: impl Fn(&NodeEvent) -> bool) -> bool {
        self.events.lock().unwrap().iter().any(such)
    }

    /// Whether the outcome of a payment of ours was told and not taken out yet.
    pub(crate) fn has_outcome(&self, id: [u8; 32]) -> bool {
        self.has(|event| match event {
            NodeEvent::PaymentSent { payment_id, .. }
            | NodeEvent::PaymentFailed { payment_id, .. } => *payment_id == id,
            _ => false,
        })
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.events.lock().unwrap().is_empty()
    }
}

#[async_trait]
impl NodeEvents for Inbox {
    async fn handle(&self, event: NodeEvent) -> Result<(), PortError> {
        if *self.refusing.borrow() {
            self.refused.send_modify(|count| *count += 1);
            return Err(PortError::unavailable("not now"));
        }
        self.events.lock().unwrap().push_back(event);
        self.count.send_modify(|count| *count += 1);
        Ok(())
    }
}

/// A node with its folder, its store and what it told. It has threads of its own, so that it can be killed.
pub(crate) struct Member {
    node: Option<Arc<Node>>,
    runtime: Option<Runtime>,
    pub(crate) inbox: Arc<Inbox>,
    pub(crate) store: Arc<MemoryStore>,
    dir: tempfile::TempDir,
    config: NodeConfig,
}

impl std::ops::Deref for Member {
    type Target = Arc<Node>;

    fn deref(&self) -> &Arc<Node> {
        self.node.as_ref().expect("the node runs")
    }
}

impl Member {
    pub(crate) async fn start(config: NodeConfig) -> Self {
        Self::prepared(config, MemoryStore::default(), |_, _| ()).await
    }

    /// Starts a node in a new folder, on a store with something in it, after `prepare` has had both.
    pub(crate) async fn prepared(
        config: NodeConfig,
        store: MemoryStore,
        prepare: impl FnOnce(&Path, &MemoryStore),
    ) -> Self {
        let dir = tempfile::tempdir().unwrap();
        prepare(dir.path(), &store);
        let (store, inbox) = (Arc::new(store), Inbox::new());
        let (runtime, node) = run(&config, dir.path(), &store, &inbox).await;
        Self { node: Some(node), runtime: Some(runtime), inbox, store, dir, config }
    }

    /// The folder with the seed.
    pub(crate) fn folder(&self) -> &Path {
        self.dir.path()
    }

    /// Stops the node and starts it from what it has kept.
    pub(crate) async fn restart(&mut self) {
        self.stop().await;
        self.resume().await;
    }

    /// Kills the node and starts it from what it has kept.
    pub(crate) async fn crash(&mut self) {
        self.kill().await;
        self.resume().await;
    }

    pub(crate) async fn stop(&self) {
        patiently("the end", self.shutdown()).await;
    }

    pub(crate) async fn resume(&mut self) {
        self.resume_with(Inbox::new()).await;
    }

    /// Ends it without giving it time for anything, as the end of its process would.
    pub(crate) async fn kill(&mut self) {
        // All of it goes, so that its connections end.
        self.node = None;
        let runtime = self.runtime.take().unwrap();
        tokio::task::spawn_blocking(move || runtime.shutdown_timeout(PATIENCE)).await.unwrap();
    }

    /// Starts it beside nothing, to see whether it would.
    pub(crate) async fn try_to_start(&self) -> Result<(), NodeError> {
        let values: Arc<dyn KeyValueStore> = Arc::clone(&self.store) as _;
        let started =
            Node::start(self.config.clone(), self.dir.path(), values, Inbox::new() as _).await;
        started.map(drop)
    }

    async fn resume_with(&mut self, inbox: Arc<Inbox>) {
        if self.runtime.is_some() {
            self.kill().await;
        }
        self.inbox = inbox;
        let (runtime, node) = run(&self.config, self.dir.path(), &self.store, &self.inbox).await;
        (self.runtime, self.node) = (Some(runtime), Some(node));
    }

    /// Changes its configuration, from the next start on.
    pub(crate) fn reconfigure(&mut self, change: impl FnOnce(&mut NodeConfig)) {
        change(&mut self.config);
    }

    /// The same, with everything told before kept in the way of what comes.
    pub(crate) async fn resume_refusing(&mut self) {
        let inbox = Inbox::new();
        inbox.refusing.send_replace(true);
        self.resume_with(inbox).await;
    }

    pub(crate) async fn connect_to(&self, other: &Self) {
        let address = other.listen_address().unwrap().to_string();
        let (node, peer) = (Arc::clone(self), other.node_id());
        let runtime = self.runtime.as_ref().expect("the node runs");
        // On the node's own threads, so that the connection ends with them.
        let connected = runtime.spawn(async move { node.connect(peer, Some(&address)).await });
        patiently("a connection", connected).await.unwrap().unwrap();
    }

    pub(crate) async fn wait_for_channels(
        &self,
        what: &str,
        ready: impl Fn(&[ChannelView]) -> bool,
    ) {
        let mut changes = self.channel_changes();
        patiently(what, async {
            loop {
                changes.mark_unchanged();
                if ready(&self.list_peer_channels()) {
                    return;
                }
                changes.changed().await.unwrap();
            }
        })
        .await;
    }

    /// The only channel.
    pub(crate) fn channel(&self) -> ChannelView {
        let mut channels = self.list_peer_channels();
        assert_eq!(channels.len(), 1, "one channel, and still there");
        channels.remove(0)
    }

    pub(crate) async fn all_channels_usable(&self) {
        self.wait_for_channels("usable channels", |channels| {
            !channels.is_empty() && channels.iter().all(|channel| channel.usable)
        })
        .await;
    }

    /// Waits until the node could route over that many channels of the network, in both directions.
    pub(crate) async fn knows_network(&self, channels: usize) {
        eventually("gossip", || self.graph_size().priced >= 2 * channels).await;
    }

    pub(crate) async fn invoice(&self, amount: Msat) -> Minted {
        self.mint(mint_order(self, amount)).await.unwrap()
    }

    /// Pays what `minted` asks for and says under which id.
    pub(crate) async fn pay_minted(&self, minted: &Minted, amount: Msat) -> [u8; 32] {
        let order = pay_order(minted, amount);
        let id = order.payment_id;
        self.pay(order).await.unwrap();
        id
    }

    /// Begins to pay an invoice of BOLT 11 under this id, and says which payment hash it has.
    pub(crate) async fn pay_bolt11(&self, id: u8, invoice: &str) -> [u8; 32] {
        let facts = self.read_bolt11(invoice).await.unwrap();
        let order = PayOrder {
            payment_id: [id; 32],
            payment_hash: facts.payment_hash,
            amount: facts.amount.unwrap(),
            bolt11: Some(facts.string.clone()),
            paths: Vec::new(),
            features: Vec::new(),
            expires_at: facts.expires_at,
            max_fee: msat(50_000),
            max_delay: CltvDelta(1_008),
            retry_for: Seconds(5),
        };
        self.pay(order).await.unwrap();
        facts.payment_hash
    }

    pub(crate) async fn try_to_pay(&self, minted: &Minted, amount: Msat) -> Result<(), PayRefused> {
        self.pay(pay_order(minted, amount)).await
    }
}

async fn run(
    config: &NodeConfig,
    dir: &Path,
    store: &Arc<MemoryStore>,
    inbox: &Arc<Inbox>,
) -> (Runtime, Arc<Node>) {
    let runtime = Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let values: Arc<dyn KeyValueStore> = Arc::clone(store) as _;
    let events: Arc<dyn NodeEvents> = Arc::clone(inbox) as _;
    let (config, dir) = (config.clone(), dir.to_owned());
    let node =
        runtime.spawn(async move { Node::start(config, &dir, values, events).await.unwrap() });
    let node = patiently("a node", node).await.unwrap();
    (runtime, node)
}

impl Drop for Member {
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

pub(crate) const CONTEXT: [u8; 32] = *b"sealed by us, opened by us: fine";

pub(crate) fn mint_order(payee: &Member, amount: Msat) -> MintOrder {
    MintOrder {
        amount,
        expiry: Seconds(3_600),
        context: CONTEXT,
        payer_id: payee.node_id(),
        quantity: Some(3),
        memo: Some("a note".to_owned()),
        fronts: Fronts::Usual,
    }
}

pub(crate) fn pay_order(minted: &Minted, amount: Msat) -> PayOrder {
    let mut payment_id = [0; 32];
    getrandom::fill(&mut payment_id).unwrap();
    PayOrder {
        bolt11: None,
        payment_id,
        payment_hash: minted.payment_hash,
        amount,
        paths: minted.paths.clone(),
        features: if minted.accepts_mpp { vec![2, 0, 0] } else { Vec::new() },
        expires_at: Timestamp(u64::from(u32::MAX)),
        max_fee: amount,
        max_delay: CltvDelta(1_008),
        retry_for: Seconds(20),
    }
}
