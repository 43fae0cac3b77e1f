//! A node with its driver, and in between somebody who notes when what is said.

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use async_trait::async_trait;
use bolt1::{Msat, PublicKey};
use bolt4::BlindedPath;
use offerd::assemble::chain_hash;
use offerd::driver::{Driver, OsEntropy, Ports, SystemClock};
use offerd_core::Policy;
use offerd_core::keys::Keys;
use offerd_core::port::{
    Bolt11Facts, Bolt11Minted, Bolt11Order, Bolt11Refused, Fronts, InvoiceIssuer, InvoicePayer,
    MintOrder, Minted, NodeEvent, NodeEvents, OnionTransport, OutboundMessage, PayOrder,
    PayRefused, PortError, Store as _,
};
use offerd_node_ldk::{Node, NodeConfig};
use offerd_store_sqlite::SqliteStore;
use offerd_testkit::FakeRates;
use tempfile::TempDir;
use tokio::task::JoinHandle;

use crate::clock::{Mark, Marks};

/// Between two looks at what nobody waits for.
const PAUSE: Duration = Duration::from_millis(2);

/// What stands between a driver and its node.
struct Between {
    marks: Marks,
    node: OnceLock<Arc<Node>>,
    driver: OnceLock<Arc<Driver>>,
}

impl Between {
    fn node(&self) -> &Node {
        self.node.get().unwrap()
    }

    fn note(&self, mark: Mark) {
        self.marks.stopwatch.note(mark);
    }
}

#[async_trait]
impl NodeEvents for Between {
    async fn handle(&self, event: NodeEvent) -> Result<(), PortError> {
        match event {
            NodeEvent::Message(_) => self.note(self.marks.heard),
            NodeEvent::PaymentClaimable(_) => self.note(Mark::Arrived),
            NodeEvent::PaymentSent { .. } => self.note(Mark::Proven),
            NodeEvent::PaymentClaimed { .. }
            | NodeEvent::AttemptFailed { .. }
            | NodeEvent::PaymentFailed { .. } => {}
        }
        match self.driver.get() {
            Some(driver) => driver.handle(event).await,
            None => Err(PortError::unavailable("the driver is not there yet")),
        }
    }
}

#[async_trait]
impl OnionTransport for Between {
    async fn send(&self, message: OutboundMessage) -> Result<(), PortError> {
        self.note(self.marks.said);
        self.node().send(message).await
    }

    async fn message_paths(
        &self,
        path_id: &[u8],
        fronts: &Fronts,
    ) -> Result<Vec<BlindedPath>, PortError> {
        self.node().message_paths(path_id, fronts).await
    }

    async fn stay_connected(&self, introductions: &[PublicKey]) {
        self.node().stay_connected(introductions).await;
    }

    async fn is_announced(&self) -> bool {
        self.node().is_announced().await
    }
}

#[async_trait]
impl InvoicePayer for Between {
    async fn pay(&self, order: PayOrder) -> Result<(), PayRefused> {
        self.note(Mark::Ordered);
        let begun = self.node().pay(order).await;
        self.note(Mark::Sent);
        begun
    }

    async fn read_bolt11(&self, string: &str) -> Result<Bolt11Facts, String> {
        self.node().read_bolt11(string).await
    }

    async fn known_payments(&self) -> Result<Vec<[u8; 32]>, PortError> {
        self.node().known_payments().await
    }

    async fn spendable(&self) -> Result<Msat, PortError> {
        self.node().spendable().await
    }
}

#[async_trait]
impl InvoiceIssuer for Between {
    async fn mint(&self, order: MintOrder) -> Result<Minted, PortError> {
        self.node().mint(order).await
    }

    async fn mint_bolt11(&self, order: Bolt11Order) -> Result<Bolt11Minted, Bolt11Refused> {
        self.node().mint_bolt11(order).await
    }

    async fn accept(&self, payment_hash: [u8; 32]) -> Result<(), PortError> {
        self.note(Mark::Accepting);
        let accepted = self.node().accept(payment_hash).await;
        self.note(Mark::Accepted);
        accepted
    }

    async fn is_lost(&self, payment_hash: [u8; 32]) -> Result<bool, PortError> {
        self.node().is_lost(payment_hash).await
    }

    async fn refuse(&self, payment_hash: [u8; 32]) -> Result<(), PortError> {
        self.node().refuse(payment_hash).await
    }
}

/// One side.
pub(crate) struct Party {
    pub(crate) node: Arc<Node>,
    pub(crate) driver: Arc<Driver>,
    store: Arc<SqliteStore>,
    outbox: JoinHandle<()>,
    _dir: TempDir,
}

impl Party {
    pub(crate) async fn start(config: NodeConfig, marks: Marks) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let store = Arc::new(SqliteStore::open(&dir.path().join("offerd.sqlite3")).unwrap());
        let policy = Policy::for_chain(chain_hash(config.network));
        let between = Arc::new(Between { marks, node: OnceLock::new(), driver: OnceLock::new() });
        let node = Node::start(config, dir.path(), store.clone(), between.clone()).await.unwrap();
        assert!(between.node.set(node.clone()).is_ok());
        let ports = Ports {
            store: store.clone(),
            onion: between.clone(),
            payer: between.clone(),
            issuer: between.clone(),
            rates: Arc::new(FakeRates::default()),
            clock: Arc::new(SystemClock),
            entropy: Arc::new(OsEntropy),
        };
        let driver = Driver::new(ports, Keys::new(&node.node_secret_key().expose()), policy);
        assert!(between.driver.set(driver.clone()).is_ok());
        let worker = driver.clone();
        let outbox = tokio::spawn(async move { worker.run_outbox().await });
        Self { node, driver, store, outbox, _dir: dir }
    }

    pub(crate) async fn has_a_channel(&self) {
        while !self.node.list_peer_channels().iter().any(|it| it.usable) {
            tokio::time::sleep(PAUSE).await;
        }
    }

    /// Nothing is on its way, and all that came is on record as ours.
    pub(crate) async fn is_at_rest(&self) {
        let waits = || !self.store.claiming_receipts().unwrap().is_empty();
        while waits() || self.node.list_peer_channels().iter().any(|it| it.htlcs > 0) {
            tokio::time::sleep(PAUSE).await;
        }
    }

    pub(crate) async fn stop(self) {
        self.outbox.abort();
        self.node.shutdown().await;
    }
}
