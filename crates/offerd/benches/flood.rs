//! A thousand requests for invoices in each second, from ten peers, and an honest one beside them: how long that one waits,
//! and what the shop spends meanwhile. The shop is a process of its own, everybody else is in this one.
//!
//! `cargo bench -p offerd --bench flood`; for how many seconds is said in `FLOOD_SECONDS`.
#![allow(clippy::unwrap_used, clippy::panic, reason = "what cannot be set up cannot be measured")]

#[path = "../tests/shared/client.rs"]
mod client;
#[path = "../tests/shared/town.rs"]
mod town;
#[path = "../tests/shared/until.rs"]
mod until;

use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use async_trait::async_trait;
use bitcoin::{Amount, Network};
use bolt1::{Msat, PublicKey};
use bolt12::{InvoiceRequestBuilder, Offer};
use offerd::assemble::chain_hash;
use offerd_core::port::{
    Destination, MessageContent, NodeEvent, NodeEvents, OnionTransport as _, OutboundMessage,
    PortError,
};
use offerd_node_ldk::{
    AddressKind, BitcoindAuth, BitcoindConfig, FundingOrder, MessageRate, Node, NodeConfig,
};
use offerd_testkit::{MemoryStore, sample};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::sync::mpsc;
use town::{Daemon, Town};

const FLOODERS: u32 = 10;
/// Requests of each flooder in a second.
const EACH: u32 = 100;
/// So many times in a second, so many of them at once.
const TURNS: u32 = 10;
/// The honest one asks so often.
const PAUSE: Duration = Duration::from_secs(1);
/// Longer than anybody should wait.
const PATIENCE: Duration = Duration::from_secs(10);

/// Tells of messages that arrive.
struct Ear(mpsc::UnboundedSender<Instant>);

#[async_trait]
impl NodeEvents for Ear {
    async fn handle(&self, event: NodeEvent) -> Result<(), PortError> {
        if let NodeEvent::Message(_) = event {
            let _ = self.0.send(Instant::now());
        }
        Ok(())
    }
}

/// Somebody who asks.
struct Asker {
    node: Arc<Node>,
    heard: mpsc::UnboundedReceiver<Instant>,
    _dir: TempDir,
}

impl Asker {
    async fn start(mut config: NodeConfig) -> Self {
        // Nothing of what is said waits in our own queues.
        let interval = Duration::from_secs(1) / (2 * EACH);
        config.messages.outbound_per_peer = MessageRate { interval, burst: EACH };
        config.messages.own_queue = 10_000;
        config.messages.queue_bytes = 1 << 28;
        config.messages.total_bytes = 1 << 28;
        let dir = tempfile::tempdir().unwrap();
        let (ear, heard) = mpsc::unbounded_channel();
        let store = Arc::new(MemoryStore::new());
        let node = Node::start(config, dir.path(), store, Arc::new(Ear(ear))).await.unwrap();
        Self { node, heard, _dir: dir }
    }

    async fn ask(&self, shop: PublicKey, offer: &Offer, number: u32) {
        let bytes = request(offer, number);
        let to = Destination::Node(shop);
        let content = MessageContent { typ: 64, bytes };
        let message = OutboundMessage { to, content, reply_path_id: Some(vec![1; 32]), attempt: 0 };
        self.node.send(message).await.unwrap();
    }
}

/// Each number another payer's.
fn request(offer: &Offer, number: u32) -> Vec<u8> {
    let request = InvoiceRequestBuilder::for_offer(offer)
        .chain(chain_hash(Network::Regtest))
        .metadata(number.to_be_bytes())
        .sign(&sample::secp(), &sample::keypair(number));
    request.unwrap().bytes().to_vec()
}

/// What a process has taken.
#[derive(Clone, Copy, Debug)]
struct Taken {
    memory_kib: u64,
    written_bytes: u64,
    processor: Duration,
}

fn taken(process: &str) -> Taken {
    let file =
        |name: &str| fs::read_to_string(Path::new("/proc").join(process).join(name)).unwrap();
    let number = |text: &str, name: &str| -> u64 {
        let line = text.lines().find(|line| line.starts_with(name)).unwrap();
        line.split_whitespace().nth(1).unwrap().parse().unwrap()
    };
    let stat = file("stat");
    let ticks = stat.rsplit(')').next().unwrap().split_whitespace().skip(11).take(2);
    let ticks: u64 = ticks.map(|ticks| ticks.parse::<u64>().unwrap()).sum();
    Taken {
        memory_kib: number(&file("status"), "VmRSS:"),
        written_bytes: number(&file("io"), "write_bytes:"),
        processor: Duration::from_millis(ticks * 10),
    }
}

/// Channels of everybody with the shop, announced, so that the shop is found by its node id.
async fn connect(town: &Town, shop: &Daemon, info: &Value, askers: &[&Asker]) -> PublicKey {
    let id: PublicKey = info["id"].as_str().unwrap().parse().unwrap();
    let address = format!("127.0.0.1:{}", info["binding"][0]["port"]);
    for asker in askers {
        let own = asker.node.new_address(AddressKind::Bech32).unwrap();
        town.chain.faucet(&own, Amount::from_sat(2_000_000)).unwrap();
    }
    town.mine(1, &[shop]);
    for asker in askers {
        asker.node.wait_for_height(town.chain.height()).await;
        asker.node.connect(id, Some(&address)).await.unwrap();
        let order = FundingOrder {
            peer: id,
            amount: Amount::from_sat(500_000),
            push: Msat::ZERO,
            announce: true,
            fee_rate: None,
        };
        let funded = asker.node.fund_channel(order).await.unwrap();
        town.chain.wait_for_tx(funded.txid).await;
    }
    town.mine(6, &[shop]);
    let wanted = u64::try_from(askers.len()).unwrap();
    until::until("all channels", || (shop.usable() >= wanted).then_some(()));
    id
}

fn main() {
    if std::env::args().any(|argument| argument == "--test" || argument == "--list") {
        return;
    }
    let seconds = std::env::var("FLOOD_SECONDS").ok().and_then(|text| text.parse().ok());
    let town = Town::new();
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(measure(&town, seconds.unwrap_or(30)));
}

async fn measure(town: &Town, seconds: u32) {
    let dir = town.prepare("shop");
    let port = fs::read_to_string(dir.join("offerd.toml")).unwrap();
    let listen = port.split("127.0.0.1:").nth(1).and_then(|rest| rest.split('"').next()).unwrap();
    let shop = Daemon::start(&dir, &["--announce", &format!("127.0.0.1:{listen}")]);
    town.fund(&shop, 3_000_000);
    let auth = BitcoindAuth::Cookie(town.folder.path().join(".cookie"));
    let (host, port) = town.bitcoind();
    let config = NodeConfig::new(Network::Regtest, BitcoindConfig { host, port, auth });
    let mut askers = Vec::new();
    for _ in 0..=FLOODERS {
        askers.push(Asker::start(config.clone()).await);
    }
    let info = shop.call("getinfo", json!({}));
    let id = connect(town, &shop, &info, &askers.iter().collect::<Vec<_>>()).await;
    let offer: Offer = until::until("an offer without paths", || {
        let made = shop.call("offer", json!({ "amount": "1sat", "description": "tea" }));
        let offer: Offer = made["bolt12"].as_str().unwrap().parse().unwrap();
        offer.paths().is_empty().then_some(offer)
    });
    let mut honest = askers.pop().unwrap();

    let alone = listen_to(&mut honest, id, &offer, 0, 10).await;
    let before = taken(&shop.pid());
    for (at, flooder) in (1..).zip(askers) {
        let offer = offer.clone();
        tokio::spawn(async move {
            let mut turns = tokio::time::interval(Duration::from_secs(1) / TURNS);
            // Longer than anybody listens: it must live until all is said.
            for turn in 0..600 * TURNS {
                turns.tick().await;
                for number in 0..EACH / TURNS {
                    flooder.ask(id, &offer, at * 1_000_000 + turn * EACH / TURNS + number).await;
                }
            }
        });
    }
    let half = listen_to(&mut honest, id, &offer, 100, seconds / 2).await;
    let middle = taken(&shop.pid());
    let rest = listen_to(&mut honest, id, &offer, 200, seconds.div_ceil(2)).await;
    let after = taken(&shop.pid());

    let info = shop.call("getinfo", json!({}));
    let messages = &info["onion_messages"];
    println!("honest requests, alone: {}", told(&alone));
    println!("honest requests, beside the flood: {}", told(&[half, rest].concat()));
    println!(
        "memory, KiB: {} before, {} in the middle, {} after",
        before.memory_kib, middle.memory_kib, after.memory_kib
    );
    println!("written to disk, bytes: {}", after.written_bytes - before.written_bytes);
    let processor = after.processor.saturating_sub(before.processor);
    println!("processor: {processor:?} in {seconds} s");
    println!("onion messages: {messages}");
    let invoices = shop.call("listinvoices", json!({}))["invoices"].as_array().unwrap().len();
    println!("invoices in the window: {invoices}");
}

/// Asks again and again, and says how long each answer took; nothing where none came.
async fn listen_to(
    honest: &mut Asker,
    shop: PublicKey,
    offer: &Offer,
    first: u32,
    times: u32,
) -> Vec<Option<Duration>> {
    let mut waits = Vec::new();
    for number in first..first + times {
        let began = Instant::now();
        honest.ask(shop, offer, number).await;
        let answer = tokio::time::timeout(PATIENCE, honest.heard.recv()).await;
        waits.push(answer.ok().flatten().map(|at| at.duration_since(began)));
        tokio::time::sleep(PAUSE.saturating_sub(began.elapsed())).await;
    }
    waits
}

fn told(waits: &[Option<Duration>]) -> String {
    let mut answered: Vec<Duration> = waits.iter().copied().flatten().collect();
    answered.sort_unstable();
    let middle = answered.get(answered.len() / 2).copied().unwrap_or_default();
    let longest = answered.last().copied().unwrap_or_default();
    format!(
        "{} of {} answered, median {middle:?}, longest {longest:?}",
        answered.len(),
        waits.len()
    )
}
