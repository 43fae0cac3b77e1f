//! A node in this process that sells channels for money: it holds what is paid for one until it has opened it.

use std::net::SocketAddr;
use std::path::Path;
use std::str::FromStr as _;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use async_trait::async_trait;
use bitcoin::{Address, Amount, Network};
use offerd_core::port::{KeyValueStore, NodeEvent, NodeEvents, PortError};
use offerd_node_ldk::{AddressKind, BitcoindAuth, BitcoindConfig, Node, NodeConfig};
use offerd_store_sqlite::SqliteStore;
use tokio::runtime::Runtime;

use crate::seller::Seller;
use crate::town::Town;

/// Hands what comes in for a channel to the seller.
#[derive(Default)]
struct Till(OnceLock<Arc<Seller>>);

#[async_trait]
impl NodeEvents for Till {
    #[allow(clippy::wildcard_enum_match_arm, reason = "nothing else is for sale")]
    async fn handle(&self, event: NodeEvent) -> Result<(), PortError> {
        if let (NodeEvent::PaymentClaimable(payment), Some(seller)) = (event, self.0.get()) {
            let (seller, hash) = (Arc::clone(seller), payment.payment_hash);
            seller.hold(&hash);
            // The node waits for this to end before it goes on with opening channels.
            tokio::spawn(async move {
                let funding = seller.open_channel(&hash, 0).await.unwrap();
                seller.complete(hash, &funding).await;
            });
        }
        Ok(())
    }
}

/// The node.
pub(crate) struct SellerNode {
    pub(crate) node: Arc<Node>,
    pub(crate) seller: Arc<Seller>,
    runtime: Runtime,
}

impl SellerNode {
    /// Starts it with some coins.
    pub(crate) fn start(town: &Town) -> Self {
        let runtime = Runtime::new().unwrap();
        let folder = town.folder.path();
        let (node, seller) = runtime.block_on(Self::run(town, folder));
        for _ in 0..2 {
            let address = node.new_address(AddressKind::Bech32).unwrap().to_string();
            let address = Address::from_str(&address).unwrap();
            let address = address.require_network(Network::Regtest).unwrap();
            town.chain.faucet(&address, Amount::from_sat(3_000_000)).unwrap();
        }
        let seller = Self { node, seller, runtime };
        town.mine(1, &[]);
        seller.sees_the_tip(town);
        seller
    }

    async fn run(town: &Town, folder: &Path) -> (Arc<Node>, Arc<Seller>) {
        let (host, port) = town.bitcoind();
        let auth = BitcoindAuth::Cookie(folder.join(".cookie"));
        let chain = BitcoindConfig { host, port, auth };
        let listen = Some(SocketAddr::from(([127, 0, 0, 1], 0)));
        let config = NodeConfig { listen, ..NodeConfig::new(Network::Regtest, chain) };
        let dir = folder.join("seller");
        std::fs::create_dir_all(&dir).unwrap();
        let till = Arc::new(Till::default());
        let values: Arc<dyn KeyValueStore> = Arc::new(SqliteStore::open_in_memory().unwrap());
        let node = Node::start(config, &dir, values, Arc::clone(&till) as _).await.unwrap();
        let seller = Seller::open(&node);
        assert!(till.0.set(Arc::clone(&seller)).is_ok());
        (node, seller)
    }

    /// Opens a channel that was paid for otherwise than by this invoice, which it was offered beside.
    pub(crate) fn deliver(&self, payment_hash: [u8; 32], way: &str) {
        let funding = self.runtime.block_on(self.seller.open_channel(&payment_hash, 0)).unwrap();
        self.seller.say_completed(payment_hash, way, &funding);
    }

    /// Its node id and where it listens.
    pub(crate) fn uri(&self) -> (String, u16) {
        (self.node.node_id().to_string(), self.node.listen_address().unwrap().port())
    }

    pub(crate) fn sees_the_tip(&self, town: &Town) {
        let tip = self.node.wait_for_height(town.chain.height());
        let seen = async { tokio::time::timeout(Duration::from_secs(90), tip).await };
        self.runtime.block_on(seen).unwrap();
    }
}
