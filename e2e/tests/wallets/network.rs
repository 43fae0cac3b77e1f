//! The network that all tests share.
//!
//! ```text
//!            neighbour
//!               ║              ═ public   ║ not announced      two channels each
//!            WALLET ═══ hub ═══ shop
//!                      ║   ║
//!                  PHONE   hidden
//! ```
//!
//! Capitals are wallets of other people. The shop's channels are public, but it tells nobody an address, so whoever
//! writes to it has to go through the hub. Each channel holds half on either side.

use std::path::Path;
use std::thread;

use serde_json::json;

use crate::chain::Chain;
use crate::daemon::Daemon;
use crate::until::until_true;
use crate::wallet::Wallet;

/// What is in each channel of a wallet.
const CHANNEL_SAT: u64 = 2_000_000;
/// What is in each channel between ours: more, so that what is large for a wallet passes.
const OUR_CHANNEL_SAT: u64 = 6_000_000;
/// Coins for each node.
const COINS: usize = 4;
/// What each is worth.
const COIN_BTC: f64 = 0.25;
/// Blocks until a channel is announced (BOLT 7).
const ANNOUNCE_DEPTH: u64 = 6;

/// Everybody, with channels that can be used.
pub(crate) struct Network {
    /// Forwards; known to all.
    pub(crate) hub: Daemon,
    /// Has public channels with the hub, and no address.
    pub(crate) shop: Daemon,
    /// Has channels with the hub that nobody else knows.
    pub(crate) hidden: Daemon,
    /// Has channels with the wallet that nobody else knows.
    pub(crate) neighbour: Daemon,
    /// Has public channels with the hub.
    pub(crate) wallet: Wallet,
    /// Has channels with the hub that nobody else knows.
    pub(crate) phone: Wallet,
    chain: Chain,
}

impl Network {
    /// Starts everything below `dir`.
    pub(crate) fn start(dir: &Path) -> Self {
        let chain = Chain::start(dir);
        let network = thread::scope(|scope| {
            let daemon = |name, announced| {
                let chain = &chain;
                scope.spawn(move || Daemon::start(name, announced, dir, chain))
            };
            let wallet = |name, announced| {
                let chain = &chain;
                scope.spawn(move || Wallet::start(name, announced, dir, chain))
            };
            let (hub, shop) = (daemon("hub", true), daemon("shop", false));
            let (hidden, neighbour) = (daemon("hidden", false), daemon("neighbour", false));
            let (wallet, phone) = (wallet("wallet", true), wallet("phone", false));
            (
                [hub, shop, hidden, neighbour].map(|daemon| daemon.join().unwrap()),
                [wallet, phone].map(|wallet| wallet.join().unwrap()),
            )
        });
        let ([hub, shop, hidden, neighbour], [wallet, phone]) = network;
        let network = Self { hub, shop, hidden, neighbour, wallet, phone, chain };
        network.fund();
        network.open_channels();
        network.settle();
        network
    }

    fn daemons(&self) -> [&Daemon; 4] {
        [&self.hub, &self.shop, &self.hidden, &self.neighbour]
    }

    /// Waits until the books of all nodes of ours add up.
    pub(crate) fn adds_up(&self) {
        self.daemons().iter().for_each(|daemon| daemon.adds_up());
    }

    fn wallets(&self) -> [&Wallet; 2] {
        [&self.wallet, &self.phone]
    }

    fn fund(&self) {
        let ours = self.daemons().map(Daemon::new_address);
        let theirs = self.wallets().map(Wallet::new_address);
        for address in ours.iter().chain(&theirs) {
            for _ in 0..COINS {
                self.chain.pay(address, COIN_BTC);
            }
        }
        self.chain.mine(1);
        self.daemons().iter().for_each(|daemon| daemon.wait_for_coins(COINS));
        self.wallets().iter().for_each(|wallet| wallet.wait_for_coins(self.chain.height()));
    }

    fn open_channels(&self) {
        let Self { hub, shop, hidden, neighbour, wallet, phone, .. } = self;
        shop.connect(&hub.id, hub.address);
        hidden.connect(&hub.id, hub.address);
        neighbour.connect(&wallet.id(), wallet.address);
        wallet.open_channel(hub, CHANNEL_SAT, true);
        phone.open_channel(hub, CHANNEL_SAT, false);
        shop.open_channel(&hub.id, OUR_CHANNEL_SAT, true);
        hidden.open_channel(&hub.id, OUR_CHANNEL_SAT, false);
        for _ in 0..2 {
            neighbour.open_channel(&wallet.id(), CHANNEL_SAT, false);
        }
        hub.open_channel(&wallet.id(), CHANNEL_SAT, true);
        hub.open_channel(&shop.id, OUR_CHANNEL_SAT, true);
        hub.open_channel(&hidden.id, OUR_CHANNEL_SAT, false);
        // `ldk-node` would fund a second channel with the same coin until it has seen the first transaction.
        self.wait_for_funding(hub, 7);
        phone.look_at_chain();
        phone.open_channel(hub, CHANNEL_SAT, false);
        self.wait_for_funding(hub, 8);
        self.wait_for_funding(neighbour, 2);
        self.chain.mine(ANNOUNCE_DEPTH);
    }

    /// Waits until the transactions of this many channels have come to the chain.
    fn wait_for_funding(&self, daemon: &Daemon, count: usize) {
        until_true("channels are funded", || {
            let channels = daemon.channels();
            let funded = channels.iter().filter_map(|channel| channel["funding_txid"].as_str());
            funded.filter(|txid| self.chain.knows(txid)).count() == count
        });
    }

    /// Waits until all channels can be used.
    pub(crate) fn wait_for_channels(&self) {
        let Self { hub, shop, hidden, neighbour, wallet, phone, .. } = self;
        for (daemon, count) in [(hub, 8), (shop, 2), (hidden, 2), (neighbour, 2)] {
            daemon.wait_for_channels(count);
        }
        for (wallet, count) in [(wallet, 4), (phone, 2)] {
            wallet.wait_for_channels(count);
        }
    }

    fn settle(&self) {
        let Self { hub, wallet, phone, .. } = self;
        self.wait_for_channels();
        for wallet in self.wallets() {
            wallet.wait_for_gossip(4);
            wallet.wait_for_announcement(&hub.id);
        }
        phone.wait_for_announcement(&wallet.id());
        // That our nodes know the ways as well shows in what they can ask for.
        for daemon in self.daemons() {
            for wallet in self.wallets() {
                let offer = wallet.bolt12().receive_variable_amount("are you there?", None);
                let offer = offer.unwrap().to_string();
                let params = json!({ "offer": offer, "amount_msat": 1000, "timeout": 2 });
                until_true("a node of ours knows the way to a wallet", || {
                    daemon.attempt("fetchinvoice", &params).unwrap().is_ok()
                });
            }
        }
    }
}
