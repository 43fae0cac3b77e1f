//! A wallet of other people: the `ldk-node` crate, in this process.

use std::net::SocketAddr;
use std::path::Path;
use std::sync::Mutex;

use ldk_node::bitcoin::Network as BitcoinNetwork;
use ldk_node::bitcoin::secp256k1::PublicKey;
use ldk_node::lightning::events::PaymentFailureReason;
use ldk_node::lightning::ln::channelmanager::PaymentId;
use ldk_node::lightning::ln::msgs::SocketAddress;
use ldk_node::lightning::routing::gossip::NodeId;
use ldk_node::lightning_types::payment::PaymentHash;
use ldk_node::payment::{
    Bolt12Payment, PaymentDetails, PaymentDirection, PaymentKind, PaymentStatus,
};
use ldk_node::{Builder, ChannelDetails, Event, Node};

use crate::chain::Chain;
use crate::daemon::Daemon;
use crate::route::Purse;
use crate::until::{until, until_equal, until_true};

/// A running wallet.
pub(crate) struct Wallet {
    pub(crate) address: SocketAddr,
    node: Node,
    /// Payments that failed, with the reason.
    failures: Mutex<Vec<(PaymentId, Option<PaymentFailureReason>)>>,
}

impl Wallet {
    /// Starts a wallet with its files below `dir`. `announced`: whether it may have public channels.
    pub(crate) fn start(name: &'static str, announced: bool, dir: &Path, chain: &Chain) -> Self {
        let dir = dir.join(name);
        let free = std::net::TcpListener::bind((std::net::Ipv4Addr::LOCALHOST, 0)).unwrap();
        let address = free.local_addr().unwrap();
        drop(free);
        let (user, password) = chain.login();
        let mut builder = Builder::new();
        builder
            .set_network(BitcoinNetwork::Regtest)
            .set_chain_source_bitcoind_rpc("127.0.0.1".to_owned(), chain.port, user, password)
            .set_gossip_source_p2p()
            .set_storage_dir_path(dir.to_str().unwrap().to_owned())
            .set_filesystem_logger(None, None);
        if announced {
            builder.set_node_alias(name.to_owned()).unwrap();
            builder.set_listening_addresses(vec![SocketAddress::from(address)]).unwrap();
        }
        let node = builder.build().unwrap();
        node.start().unwrap();
        Self { address, node, failures: Mutex::default() }
    }

    /// Its node id.
    pub(crate) fn id(&self) -> String {
        self.node.node_id().to_string()
    }

    /// Offers, refunds and what is paid by them.
    pub(crate) fn bolt12(&self) -> Bolt12Payment {
        self.node.bolt12_payment()
    }

    /// A new address.
    pub(crate) fn new_address(&self) -> String {
        self.node.onchain_payment().new_address().unwrap().to_string()
    }

    /// Waits until it has seen this block, and has coins.
    pub(crate) fn wait_for_coins(&self, height: u64) {
        until_true("the coins of a wallet are seen", || {
            self.look_at_chain();
            let seen = self.node.status().current_best_block.height;
            u64::from(seen) >= height
                && self.node.list_balances().spendable_onchain_balance_sats > 0
        });
    }

    /// Looks for new blocks and transactions.
    pub(crate) fn look_at_chain(&self) {
        self.node.sync_wallets().unwrap();
    }

    /// Opens a channel, half of which is the node's at once.
    pub(crate) fn open_channel(&self, to: &Daemon, sat: u64, announce: bool) {
        let id: PublicKey = to.id.parse().unwrap();
        let (address, push) = (SocketAddress::from(to.address), Some(sat / 2 * 1000));
        let opened = if announce {
            self.node.open_announced_channel(id, address, sat, push, None)
        } else {
            self.node.open_channel(id, address, sat, push, None)
        };
        opened.unwrap();
    }

    /// Waits until this many channels can be used, and paths can be made over them.
    pub(crate) fn wait_for_channels(&self, count: usize) {
        until_true("the channels of a wallet can be used", || {
            self.look_at_chain();
            let channels = self.node.list_channels();
            let usable = channels.iter().filter(|channel| {
                channel.is_usable && channel.counterparty_forwarding_info_fee_base_msat.is_some()
            });
            usable.count() == count
        });
    }

    /// Waits until it knows this many public channels, in both directions.
    pub(crate) fn wait_for_gossip(&self, count: usize) {
        until_equal("the directions of channels that a wallet knows", &vec![2; count], || {
            let graph = self.node.network_graph();
            let channels = graph.list_channels().into_iter().filter_map(|id| graph.channel(id));
            let known = channels.map(|channel| [channel.one_to_two, channel.two_to_one]);
            known.map(|directions| directions.iter().flatten().count()).collect()
        });
    }

    /// Waits until it knows how a node wants to be known.
    pub(crate) fn wait_for_announcement(&self, of: &str) {
        let id = NodeId::from_pubkey(&of.parse().unwrap());
        until_true("the announcement of a node has come to a wallet", || {
            let known = self.node.network_graph().node(&id);
            known.is_some_and(|node| node.announcement_info.is_some())
        });
    }

    /// What it can send over its channels, together, in msat.
    pub(crate) fn balance(&self) -> u64 {
        self.node.list_channels().iter().map(|channel| channel.outbound_capacity_msat).sum()
    }

    /// Its channels with this node.
    pub(crate) fn purses_to(&self, node: &str) -> Vec<Purse> {
        let mut channels = self.node.list_channels();
        channels.retain(|channel| channel.counterparty_node_id.to_string() == node);
        channels.sort_by_key(|channel| channel.channel_id.0);
        let purse = |channel: &ChannelDetails| Purse {
            can_carry: channel.next_outbound_htlc_limit_msat,
            holds: channel.outbound_capacity_msat,
        };
        channels.iter().map(purse).collect()
    }

    /// Waits for the end of a payment it sends: its record, or why it failed.
    pub(crate) fn sent(
        &self,
        id: PaymentId,
    ) -> Result<PaymentDetails, Option<PaymentFailureReason>> {
        until("a wallet knows the end of its payment", || {
            self.handle_events();
            let failures = self.failures.lock().unwrap();
            if let Some((_, reason)) = failures.iter().find(|(failed, _)| *failed == id) {
                return Some(Err(*reason));
            }
            let payment = self.node.payment(&id)?;
            (payment.status == PaymentStatus::Succeeded).then_some(Ok(payment))
        })
    }

    /// Waits for a payment to it: its record, the only one.
    pub(crate) fn received(&self, hash: PaymentHash) -> PaymentDetails {
        let payment = until("a wallet has received a payment", || {
            self.handle_events();
            let payments = self.payments_of(hash);
            assert!(payments.len() <= 1, "{payments:?}");
            payments.into_iter().find(|payment| payment.status == PaymentStatus::Succeeded)
        });
        assert_eq!(payment.direction, PaymentDirection::Inbound);
        payment
    }

    /// Its records of this hash.
    pub(crate) fn payments_of(&self, wanted: PaymentHash) -> Vec<PaymentDetails> {
        self.node.list_payments_with_filter(|payment| hash_of(payment) == Some(wanted))
    }

    fn handle_events(&self) {
        while let Some(event) = self.node.next_event() {
            if let Event::PaymentFailed { payment_id: Some(id), reason, .. } = event {
                self.failures.lock().unwrap().push((id, reason));
            }
            self.node.event_handled().unwrap();
        }
    }

    /// Goes offline.
    pub(crate) fn stop(&self) {
        self.node.stop().unwrap();
    }

    /// Comes back.
    pub(crate) fn start_again(&self) {
        self.node.start().unwrap();
    }
}

/// The hash of a payment of BOLT 12, once it is known.
pub(crate) fn hash_of(payment: &PaymentDetails) -> Option<PaymentHash> {
    match payment.kind {
        PaymentKind::Bolt12Offer { hash, .. } | PaymentKind::Bolt12Refund { hash, .. } => hash,
        PaymentKind::Onchain { .. }
        | PaymentKind::Bolt11 { .. }
        | PaymentKind::Bolt11Jit { .. }
        | PaymentKind::Spontaneous { .. } => None,
    }
}
