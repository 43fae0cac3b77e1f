//! From the string of an offer to the preimage, between two of our nodes with a direct channel, over TCP on this
//! machine: how long a payment takes, and where the time goes.
//!
//! `cargo bench -p offerd --bench latency`; `PAYMENTS` says how many are measured, after some that are not. Two whole
//! nodes, drivers and SQLite files are in this process; what goes between a driver and its node is noted with its time.
//! Measured twice: with HTLCs handled at once, as in a network of one's own, and with those of the `lightning` crate's
//! own batches, as among strangers, where they hide who forwards for whom.
#![allow(clippy::unwrap_used, clippy::panic, reason = "what cannot be set up cannot be measured")]

#[path = "../tests/shared/client.rs"]
mod client;
#[path = "latency/clock.rs"]
mod clock;
#[path = "../tests/shared/offer_request.rs"]
mod offer_request;
#[path = "latency/party.rs"]
mod party;
#[path = "../tests/shared/town.rs"]
mod town;
#[path = "../tests/shared/until.rs"]
mod until;

use std::time::{Duration, Instant};

use bitcoin::{Amount, Network};
use bolt1::Msat;
use clock::{Mark, Stopwatch};
use offer_request::offer_request;
use offerd::driver::PayCall;
use offerd_node_ldk::{
    AddressKind, BitcoindAuth, BitcoindConfig, FundingOrder, MessageRate, NodeConfig,
};
use party::Party;
use town::Town;

/// Payments that are made before any is measured.
const WARM_UP: usize = 20;
const PRICE_SAT: u64 = 100;

fn main() {
    if std::env::args().any(|argument| argument == "--test" || argument == "--list") {
        return;
    }
    let payments = std::env::var("PAYMENTS").ok().and_then(|text| text.parse().ok());
    let town = Town::new();
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let eager = config(&town);
    let mut batched = eager.clone();
    batched.timing.htlc_forwarding = None;
    for (how, config) in [("HTLCs at once", eager), ("HTLCs in batches", batched)] {
        let taken = runtime.block_on(measure(&town, config, payments.unwrap_or(1_000)));
        print(how, &taken);
    }
}

fn config(town: &Town) -> NodeConfig {
    let auth = BitcoindAuth::Cookie(town.folder.path().join(".cookie"));
    let (host, port) = town.bitcoind();
    let mut config = NodeConfig::new(Network::Regtest, BitcoindConfig { host, port, auth });
    // One payment comes after the other here: nothing of what is said waits for its turn.
    config.messages.outbound_per_peer =
        MessageRate { interval: Duration::from_millis(1), burst: 100 };
    config.listen = Some("127.0.0.1:0".parse().unwrap());
    config
}

/// When each of the payments came to each mark, counted from the call.
async fn measure(
    town: &Town,
    config: NodeConfig,
    payments: usize,
) -> Vec<[Duration; Mark::ALL.len()]> {
    let stopwatch = Stopwatch::default();
    let payer = Party::start(config.clone(), stopwatch.as_payer()).await;
    let payee = Party::start(config, stopwatch.as_payee()).await;
    open(town, &payer, &payee).await;
    let offer = payee.driver.create_offer(offer_request(PRICE_SAT)).await.unwrap();
    let offer = offer.entry.newest().offer.to_string();
    let mut taken = Vec::new();
    for number in 0..WARM_UP + payments {
        let began = Instant::now();
        stopwatch.begin();
        payer.driver.pay(call(&offer)).await.unwrap();
        stopwatch.note(Mark::Returned);
        // The payee's own commit is not waited for by the payer, and is not to disturb the next payment either.
        payee.is_at_rest().await;
        if number >= WARM_UP {
            taken.push(stopwatch.since(began));
        }
    }
    payer.stop().await;
    payee.stop().await;
    taken
}

fn call(offer: &str) -> PayCall {
    PayCall {
        string: offer.to_owned(),
        amount: None,
        quantity: None,
        payer_note: None,
        label: None,
        max_amount: None,
        max_rate_drift_ppm: None,
        max_fee: None,
        max_delay: None,
        retry_for: Duration::from_secs(30),
        trust_payee: false,
    }
}

async fn open(town: &Town, payer: &Party, payee: &Party) {
    for party in [payer, payee] {
        let own = party.node.new_address(AddressKind::Bech32).unwrap();
        town.chain.faucet(&own, Amount::from_sat(2_000_000)).unwrap();
    }
    town.mine(1, &[]);
    for party in [payer, payee] {
        party.node.wait_for_height(town.chain.height()).await;
    }
    let address = payee.node.listen_address().unwrap().to_string();
    payer.node.connect(payee.node.node_id(), Some(&address)).await.unwrap();
    let order = FundingOrder {
        peer: payee.node.node_id(),
        amount: Amount::from_sat(1_000_000),
        push: Msat::ZERO,
        announce: false,
        fee_rate: None,
    };
    let funded = payer.node.fund_channel(order).await.unwrap();
    town.chain.wait_for_tx(funded.txid).await;
    town.mine(6, &[]);
    for party in [payer, payee] {
        party.has_a_channel().await;
    }
}

fn print(how: &str, taken: &[[Duration; Mark::ALL.len()]]) {
    println!("{how}, {} payments:", taken.len());
    let stages = Mark::ALL.iter().enumerate().map(|(at, mark)| {
        let stage = |row: &[Duration; Mark::ALL.len()]| {
            row[at].saturating_sub(at.checked_sub(1).map_or(Duration::ZERO, |before| row[before]))
        };
        (mark.stage(), taken.iter().map(stage).collect::<Vec<_>>())
    });
    for (stage, times) in stages {
        row(stage, times);
    }
    row("all", taken.iter().map(|row| row[Mark::ALL.len() - 1]).collect());
}

fn row(stage: &str, mut times: Vec<Duration>) {
    times.sort_unstable();
    let at = |percent: usize| times[(times.len() * percent / 100).min(times.len() - 1)];
    println!("  {stage:<60} p50 {:>10.2?}  p99 {:>10.2?}", at(50), at(99));
}
