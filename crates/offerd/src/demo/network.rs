//! The network of the demo: a chain in this process, three nodes in processes of their own, two channels.
//!
//! ```text
//! customer ──(not announced)── atm ──(announced)── shop
//! ```
//!
//! The customer and the shop are not connected: whatever goes between them, message or payment, is forwarded by the
//! ATM. Each channel holds half on either side, so that everybody can pay everybody.

use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

use bitcoin::address::NetworkUnchecked;
use bitcoin::{Address, Amount, Network as BitcoinNetwork, Txid};
use bolt12::offer::OfferBuilder;
use offerd_api::code::OFFER_TIMEOUT;
use offerd_api::node::{ChannelList, FundedChannel, Funds, NetworkChannelList, NodeInfo};
use offerd_regtest::{AutoMiner, Chain, RpcConfig, RpcServer};
use serde_json::{Value, json};

use super::call::Call;
use super::error::{DemoError, ensure};
use super::folder::Folder;
use super::node::{ChainAccess, Node};
use super::report::Report;
use super::wait::until;
use crate::assemble::chain_hash;
use crate::shutdown::Shutdown;

/// What each node gets on chain, twice: while one coin funds a channel, the other is the reserve that a node must have
/// to accept one.
const COIN: Amount = Amount::from_sat(15_000_000);
/// What is put into each channel.
const CHANNEL_SAT: u64 = 10_000_000;
/// How much of it is the other side's at once.
const PUSH_MSAT: u64 = CHANNEL_SAT / 2 * 1000;
/// What every pair can pay each other at least, in either direction.
const LEAST_MSAT: u64 = 1_000_000_000;
/// Blocks until a channel is announced (BOLT 7).
const ANNOUNCE_DEPTH: u32 = 6;
/// From a transaction's arrival in the mempool to its block, once the network stands.
const BLOCK_DELAY: Duration = Duration::from_millis(500);
/// How long the last hold on the chain may take to be given up.
const END_PATIENCE: Duration = Duration::from_secs(5);
/// How Core Lightning calls a channel that can be used.
const USABLE: &str = "CHANNELD_NORMAL";

/// Chain and nodes, up and connected.
#[derive(Debug)]
pub(super) struct Network {
    /// Sells things; announced.
    pub(super) shop: Node,
    /// Pays out, and forwards between the others; announced.
    pub(super) atm: Node,
    /// Has no announced channel: nobody else knows it.
    pub(super) customer: Node,
    chain: Arc<Chain>,
    server: RpcServer,
    miner: AutoMiner,
}

impl Network {
    /// Starts everything, and returns when everybody can pay everybody.
    pub(super) async fn start(folder: &Folder, report: &Report) -> Result<Self, DemoError> {
        let (chain, server, access) =
            report.work("starting a regtest chain", start_chain(folder)).await?;
        let text = "starting three nodes: shop, atm and customer";
        let [shop, atm, customer] = report.work(text, start_nodes(folder, &access)).await?;
        for node in [&shop, &atm, &customer] {
            let text = format!("{} is {}", node.name(), node.id());
            report.tell("node", &text, node_facts(node));
        }
        let all = [&shop, &atm, &customer];
        report.work("giving each some coins of the chain", fund(&chain, all)).await?;
        let text = "opening channels: customer to atm (not announced), atm to shop (announced)";
        report.work(text, open_channels(&chain, all)).await?;
        report.work("letting the news of the channels spread", settle(&chain, all)).await?;
        let miner = AutoMiner::start_on_demand(Arc::clone(&chain), BLOCK_DELAY);
        Ok(Self { shop, atm, customer, chain, server, miner })
    }

    /// All nodes.
    pub(super) fn nodes(&self) -> [&Node; 3] {
        [&self.shop, &self.atm, &self.customer]
    }

    /// What a program needs to know of it.
    pub(super) fn facts(&self) -> Value {
        json!({
            "nodes": self.nodes().map(node_facts),
            "bitcoind_rpc": self.server.addr().to_string(),
            "height": self.chain.height(),
        })
    }

    /// Waits until the demo is to end, and says so when a node ends before.
    ///
    /// # Errors
    /// When a process cannot be watched.
    pub(super) async fn watch(
        &mut self,
        report: &Report,
        shutdown: &Shutdown,
    ) -> Result<(), DemoError> {
        loop {
            let (index, status) = tokio::select! {
                () = shutdown.requested() => return Ok(()),
                status = self.shop.end() => (0, status?),
                status = self.atm.end() => (1, status?),
                status = self.customer.end() => (2, status?),
            };
            if let Some(node) = self.nodes().get(index) {
                report.ended(node, &status.to_string());
            }
        }
    }

    /// Ends the nodes, then the chain.
    ///
    /// # Errors
    /// When one did not end well; all are ended all the same.
    pub(super) async fn stop(self) -> Result<(), DemoError> {
        let stopped = tokio::join!(self.customer.stop(), self.shop.stop(), self.atm.stop());
        self.server.shutdown().await;
        drop(self.miner);
        // The miner's task lets go of the chain a moment later. The chain's files must be gone before their folder is.
        let alone = async {
            while Arc::strong_count(&self.chain) > 1 {
                tokio::task::yield_now().await;
            }
        };
        let _ = tokio::time::timeout(END_PATIENCE, alone).await;
        stopped.0.and(stopped.1).and(stopped.2)
    }
}

fn node_facts(node: &Node) -> Value {
    json!({
        "name": node.name(),
        "id": node.id(),
        "dir": node.dir(),
        "address": node.address().to_string(),
        "pid": node.pid(),
    })
}

async fn start_chain(folder: &Folder) -> Result<(Arc<Chain>, RpcServer, ChainAccess), DemoError> {
    let dir = folder.subfolder("chain")?;
    // The nodes read it wherever they are started from.
    let cookie = std::path::absolute(dir.join(".cookie")).map_err(DemoError::file(&dir))?;
    let making = tokio::task::spawn_blocking(move || Chain::new(Some(&dir)));
    let chain = making.await.map_err(|error| DemoError::Story(error.to_string()))??;
    let config = RpcConfig::loopback().with_cookie(&cookie);
    let server = RpcServer::start(Arc::clone(&chain), config).await?;
    let access = ChainAccess { address: server.addr(), cookie };
    Ok((chain, server, access))
}

async fn start_nodes(folder: &Folder, chain: &ChainAccess) -> Result<[Node; 3], DemoError> {
    let [shop_address, atm_address, customer_address] = free_addresses()?;
    let (shop, atm, customer) = tokio::try_join!(
        Node::start("shop", folder.subfolder("shop")?, shop_address, chain),
        Node::start("atm", folder.subfolder("atm")?, atm_address, chain),
        Node::start("customer", folder.subfolder("customer")?, customer_address, chain),
    )?;
    Ok([shop, atm, customer])
}

/// Addresses nobody listens at now. They stay the nodes' own over restarts, so that their peers find them again.
fn free_addresses() -> Result<[SocketAddr; 3], DemoError> {
    let listen = || TcpListener::bind((Ipv4Addr::LOCALHOST, 0));
    let address = |listener: std::io::Result<TcpListener>| listener?.local_addr();
    // All three are bound before the first is let go, so that no two are the same.
    let listeners = [listen(), listen(), listen()].map(address);
    let [shop, atm, customer] = listeners;
    let found = || Ok([shop?, atm?, customer?]);
    found().map_err(DemoError::system("finding free ports"))
}

async fn fund(chain: &Arc<Chain>, nodes: [&Node; 3]) -> Result<(), DemoError> {
    for node in nodes {
        let address = node.new_address().await?;
        let address = Address::<NetworkUnchecked>::from_str(&address)
            .and_then(|address| address.require_network(BitcoinNetwork::Regtest))
            .map_err(|error| DemoError::Story(format!("{}: {error}", node.name())))?;
        chain.faucet(&address, COIN)?;
        chain.faucet(&address, COIN)?;
    }
    mine(chain, 1).await?;
    for node in nodes {
        until(&format!("{} sees its coins", node.name()), async || {
            let funds: Funds = node.rpc().call(&Call::new("listfunds")).await?;
            let confirmed = funds.outputs.iter().filter(|output| output.status == "confirmed");
            Ok((confirmed.count() == 2).then_some(()))
        })
        .await?;
    }
    Ok(())
}

async fn open_channels(chain: &Arc<Chain>, nodes: [&Node; 3]) -> Result<(), DemoError> {
    let [shop, atm, customer] = nodes;
    customer.connect(atm).await?;
    atm.connect(shop).await?;
    let opened = tokio::try_join!(open(customer, atm, false), open(atm, shop, true))?;
    for txid in [opened.0, opened.1] {
        let arrival = tokio::time::timeout(Duration::from_secs(30), chain.wait_for_tx(txid));
        ensure(arrival.await.is_ok(), || format!("funding transaction {txid} never came"))?;
    }
    mine(chain, ANNOUNCE_DEPTH).await?;
    for (node, count) in [(shop, 1), (atm, 2), (customer, 1)] {
        until(&format!("{} can use its channels", node.name()), async || {
            let list: ChannelList = node.rpc().call(&Call::new("listpeerchannels")).await?;
            let able = list.channels.iter().filter(|channel| {
                channel.state == USABLE
                    && channel.peer_connected
                    && channel.spendable_msat > LEAST_MSAT
                    && channel.receivable_msat > LEAST_MSAT
            });
            Ok((able.count() == count).then_some(()))
        })
        .await?;
    }
    Ok(())
}

async fn open(from: &Node, to: &Node, announce: bool) -> Result<Txid, DemoError> {
    let call = Call::new("fundchannel")
        .with("id", to.id())
        .with("amount", CHANNEL_SAT)
        .with("announce", announce)
        .with("push_msat", PUSH_MSAT);
    let channel: FundedChannel = from.rpc().call(&call).await?;
    channel
        .txid
        .as_deref()
        .and_then(|txid| txid.parse().ok())
        .ok_or_else(|| DemoError::Story(format!("{} made no funding transaction", from.name())))
}

/// Waits until all have the latest block, and the customer knows the way to the shop.
async fn settle(chain: &Arc<Chain>, nodes: [&Node; 3]) -> Result<(), DemoError> {
    for node in nodes {
        until(&format!("{} has the latest block", node.name()), async || {
            let info: NodeInfo = node.rpc().call(&Call::new("getinfo")).await?;
            Ok((info.blockheight >= u64::from(chain.height())).then_some(()))
        })
        .await?;
    }
    let [shop, _, customer] = nodes;
    until("the customer knows a way to the shop", async || knows_way(customer, shop).await).await
}

/// Whether messages find their way to `to`, and payments too: a node is known with its first channel, the terms of
/// that a moment later.
async fn knows_way(from: &Node, to: &Node) -> Result<Option<()>, DemoError> {
    let call = Call::new("listchannels").with("destination", to.id());
    let list: NetworkChannelList = from.rpc().call(&call).await?;
    if !list.channels.iter().any(|channel| channel.active) {
        return Ok(None);
    }
    is_reached(from, to).await
}

/// Asks for an invoice for an offer that `to` never made. It will not answer; but the error tells whether the
/// question could be sent.
async fn is_reached(from: &Node, to: &Node) -> Result<Option<()>, DemoError> {
    let unknown = |error: String| DemoError::Story(format!("{}: {error}", to.name()));
    let id = to.id().parse().map_err(|_| unknown("no node id".to_owned()))?;
    let offer = OfferBuilder::new()
        .chains(&[chain_hash(BitcoinNetwork::Regtest)])
        .description("is there a way?")
        .issuer_id(&id)
        .build()
        .map_err(|error| unknown(error.to_string()))?;
    let call = Call::new("fetchinvoice")
        .with("offer", offer.to_string())
        .with("amount_msat", 1000)
        .with("timeout", 1);
    let refusal = from.rpc().refusal(&call).await?;
    Ok((refusal.code == OFFER_TIMEOUT.number).then_some(()))
}

async fn mine(chain: &Arc<Chain>, count: u32) -> Result<(), DemoError> {
    let chain = Arc::clone(chain);
    let mining = tokio::task::spawn_blocking(move || {
        chain.mine(count, &chain.faucet_address().script_pubkey())
    });
    mining.await.map_err(|error| DemoError::Story(error.to_string()))??;
    Ok(())
}
