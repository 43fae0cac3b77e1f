//! The node as the RPC sees it.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use bitcoin::{Amount, Network};
use bolt1::{Msat, PublicKey, Timestamp};
use offerd_api::layout::DATABASE;
use offerd_api::liquidity::{OpeningView, OrderView};
use offerd_api::node::{
    ChannelView, CheckedText, ClosedChannel, Connected, FundedChannel, NetAddress, NetworkChannel,
    NodeInfo, OnionMessages, PeerView, SignedText, WalletOutput, Withdrawn,
};
use offerd_api::recovery::{BackupMade, RecoveringChannel};
use offerd_api::{ErrorObject, code};
use offerd_core::audit::{Forwarded, NodeBooks};
use offerd_core::liquidity::order::{ChannelOrder, OrderOptions};
use offerd_core::liquidity::{JustInTime, OpeningTerms};
use offerd_core::port::Page;
use offerd_node_ldk::{
    AddressKind, ChannelState, ConnectError, FundingOrder, MessageCounts, NetworkChannelView, Node,
    OutputStatus, TextSignature,
};
use offerd_store_sqlite::SqliteStore;

use crate::backup::{BackupError, back_up};
use crate::rpc::NodeControl;
use crate::rpc::liquidity::Provider;
use crate::rpc::node_control::{OpenChannel, PeerAddress, Vitals, WhichChannels, Withdrawal};

mod liquidity;
mod orders;
mod rescue;
mod spend;

/// Runs the node on the operator's behalf.
#[derive(Debug)]
pub struct LdkControl {
    /// The node.
    pub node: Arc<Node>,
    /// What it keeps.
    pub store: Arc<SqliteStore>,
    /// Its name, as announced.
    pub alias: String,
    /// Its network.
    pub network: Network,
    /// The data directory.
    pub dir: PathBuf,
    /// What it announces.
    pub announced: Vec<std::net::SocketAddr>,
}

fn net_address(address: std::net::SocketAddr) -> NetAddress {
    NetAddress {
        kind: if address.is_ipv4() { "ipv4" } else { "ipv6" }.to_owned(),
        address: address.ip().to_string(),
        port: address.port(),
    }
}

fn network_channel(channel: NetworkChannelView) -> NetworkChannel {
    NetworkChannel {
        source: channel.source.to_string(),
        destination: channel.destination.to_string(),
        short_channel_id: channel.short_channel_id.to_string(),
        direction: channel.direction,
        public: true,
        amount_msat: channel.capacity.map(|amount| amount.to_sat().saturating_mul(1000)),
        active: channel.enabled,
        last_update: channel.last_update,
        base_fee_millisatoshi: channel.fee_base_msat.into(),
        fee_per_millionth: channel.fee_proportional_millionths,
        delay: channel.cltv_expiry_delta,
        htlc_minimum_msat: channel.htlc_minimum_msat,
        htlc_maximum_msat: channel.htlc_maximum_msat,
    }
}

fn hex32(bytes: &[u8; 32]) -> String {
    hex::encode(bytes)
}

fn general(error: &dyn std::fmt::Display) -> ErrorObject {
    ErrorObject::new(code::GENERAL, error.to_string())
}

fn onion_messages(counts: &MessageCounts) -> OnionMessages {
    let dropped = counts.dropped.by_reason().into_iter().filter(|(_, count)| *count > 0);
    OnionMessages {
        received: counts.received,
        sent: counts.sent,
        forwarded: counts.forwarded,
        dropped: dropped.map(|(reason, count)| (reason.to_owned(), count)).collect(),
    }
}

/// `host:port`, as it is called.
fn host_and_port(PeerAddress { host, port }: &PeerAddress) -> String {
    if host.contains(':') { format!("[{host}]:{port}") } else { format!("{host}:{port}") }
}

fn connect_error(error: &ConnectError) -> ErrorObject {
    let code = match error {
        ConnectError::Ourselves => code::INVALID_PARAMS,
        ConnectError::NoAddress => code::CONNECT_NO_KNOWN_ADDRESS,
        ConnectError::Address { .. } | ConnectError::NoAnswer { .. } => {
            code::CONNECT_ALL_ADDRESSES_FAILED
        }
    };
    ErrorObject::new(code, error.to_string())
}

#[async_trait]
impl NodeControl for LdkControl {
    async fn info(&self) -> Result<NodeInfo, ErrorObject> {
        let channels = self.node.list_peer_channels();
        let count = |wanted: &dyn Fn(&offerd_node_ldk::ChannelView) -> bool| {
            u64::try_from(channels.iter().filter(|channel| wanted(channel)).count())
                .unwrap_or(u64::MAX)
        };
        let opening = |state: ChannelState| {
            matches!(state, ChannelState::Opening | ChannelState::AwaitingLockin)
        };
        let id = self.node.node_id().to_string();
        Ok(NodeInfo {
            color: id.chars().take(6).collect(),
            id,
            alias: self.alias.clone(),
            num_peers: self.node.list_peers().iter().filter(|peer| peer.connected).count() as u64,
            num_pending_channels: count(&|channel| opening(channel.state)),
            num_active_channels: count(&|channel| channel.usable),
            num_inactive_channels: count(&|channel| !channel.usable && !opening(channel.state)),
            address: self.announced.iter().copied().map(net_address).collect(),
            binding: self.node.listen_address().into_iter().map(net_address).collect(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            blockheight: u64::from(self.node.block_height()),
            blocktime: self.node.tip_time().map(|time| time.0),
            network: core_lightning_name(self.network).to_owned(),
            lightning_dir: self.dir.display().to_string(),
            warning_bitcoind_sync: (!self.node.synced())
                .then(|| "the chain is not up to date yet".to_owned()),
            onion_messages: onion_messages(&self.node.message_counts()),
            missing: Vec::new(),
            recovery: self.node.rescue().as_ref().map(rescue::progress),
        })
    }

    async fn vitals(&self) -> Result<Vitals, ErrorObject> {
        let names = [DATABASE.to_owned(), format!("{DATABASE}-wal")];
        let sizes = names.iter().map(|name| std::fs::metadata(self.dir.join(name)));
        // Whichever is not there takes no place.
        let store_bytes = sizes.flatten().map(|file| file.len()).sum();
        Ok(Vitals { tip_time: self.node.tip_time(), store_bytes })
    }

    async fn new_address(&self) -> Result<String, ErrorObject> {
        let address = self.node.new_address(AddressKind::Bech32);
        address.map(|address| address.to_string()).map_err(|error| general(&error))
    }

    async fn wallet_outputs(&self, _spent: bool) -> Result<Vec<WalletOutput>, ErrorObject> {
        let outputs = self.node.list_funds().outputs.into_iter();
        Ok(outputs
            .map(|output| {
                let script = output.address.as_ref().map(|address| address.script_pubkey());
                let (status, blockheight) = match output.status {
                    OutputStatus::Unconfirmed => ("unconfirmed", None),
                    OutputStatus::Confirmed { height } => ("confirmed", Some(height)),
                };
                WalletOutput {
                    txid: output.outpoint.txid.to_string(),
                    output: output.outpoint.vout,
                    amount_msat: output.amount.to_sat().saturating_mul(1000),
                    scriptpubkey: script.map(|script| script.to_hex_string()).unwrap_or_default(),
                    address: output.address.map(|address| address.to_string()),
                    status: status.to_owned(),
                    blockheight,
                    reserved: output.reserved,
                }
            })
            .collect())
    }

    async fn books(&self) -> Result<NodeBooks, ErrorObject> {
        self.node.books().map_err(|error| general(&error))
    }

    async fn forwards(&self, page: Page) -> Result<Vec<Forwarded>, ErrorObject> {
        self.node.forwards(page).map_err(|error| general(&error))
    }

    async fn connect(
        &self,
        peer: PublicKey,
        address: Option<PeerAddress>,
    ) -> Result<Connected, ErrorObject> {
        let address = address.as_ref().map(host_and_port);
        let connected = self.node.connect(peer, address.as_deref()).await;
        connected.map_err(|error| connect_error(&error))?;
        let peers = self.node.list_peers();
        let found = peers.into_iter().find(|view| view.node_id == peer);
        Ok(Connected {
            id: peer.to_string(),
            features: None,
            direction: "out".to_owned(),
            address: found.and_then(|view| view.address).map(net_address),
        })
    }

    async fn peers(&self) -> Result<Vec<PeerView>, ErrorObject> {
        let peers = self.node.list_peers().into_iter();
        Ok(peers
            .map(|peer| PeerView {
                id: peer.node_id.to_string(),
                connected: peer.connected,
                num_channels: peer.channels as u64,
                netaddr: peer.address.map(|address| address.to_string()).into_iter().collect(),
            })
            .collect())
    }

    async fn channels(&self) -> Result<Vec<ChannelView>, ErrorObject> {
        let channels = self.node.list_peer_channels().into_iter();
        Ok(channels
            .map(|channel| ChannelView {
                peer_id: channel.peer.to_string(),
                peer_connected: channel.peer_connected,
                state: channel.state.to_string(),
                channel_id: hex32(&channel.channel_id),
                short_channel_id: channel.short_channel_id.map(|scid| scid.to_string()),
                private: !channel.announced,
                dead_end: channel.dead_end,
                opener: if channel.opened_by_us { "local" } else { "remote" }.to_owned(),
                total_msat: channel.capacity.to_sat().saturating_mul(1000),
                to_us_msat: channel.to_us.as_u64(),
                spendable_msat: channel.spendable.as_u64(),
                receivable_msat: channel.receivable.as_u64(),
                funding_txid: channel.funding.map(|funding| funding.txid.to_string()),
                funding_outnum: channel.funding.map(|funding| funding.vout),
            })
            .collect())
    }

    async fn network_channels(
        &self,
        which: WhichChannels,
    ) -> Result<Vec<NetworkChannel>, ErrorObject> {
        let WhichChannels { short_channel_id, source, destination } = which;
        let channels = self.node.list_network_channels(|channel| {
            short_channel_id
                .as_ref()
                .is_none_or(|scid| channel.short_channel_id.to_string() == *scid)
                && source.is_none_or(|source| channel.source == source)
                && destination.is_none_or(|destination| channel.destination == destination)
        });
        Ok(channels.into_iter().map(network_channel).collect())
    }

    async fn recovering(&self) -> Result<Vec<RecoveringChannel>, ErrorObject> {
        Ok(rescue::channels(&self.node))
    }

    async fn back_up(&self, folder: PathBuf) -> Result<BackupMade, ErrorObject> {
        let (store, node) = (Arc::clone(&self.store), Arc::clone(&self.node));
        let live = self.dir.join(DATABASE);
        let copying = tokio::task::spawn_blocking(move || back_up(&folder, &live, &store, &node));
        let copied = copying.await.map_err(|error| general(&error))?;
        copied.map_err(|error| match &error {
            BackupError::Relative => ErrorObject::new(code::INVALID_PARAMS, error.to_string()),
            BackupError::Folder(_)
            | BackupError::Database(_)
            | BackupError::Instance(_)
            | BackupError::Node(_)
            | BackupError::File(_) => general(&error),
        })
    }

    async fn open_channel(&self, channel: OpenChannel) -> Result<FundedChannel, ErrorObject> {
        let fee_rate = spend::fee_rate(&self.node, channel.fee);
        let amount = match channel.amount_sat {
            Some(sat) => Amount::from_sat(sat),
            None => self
                .node
                .largest_funding(Some(fee_rate))
                .map_err(|error| spend::wallet_error(&error))?,
        };
        let order = FundingOrder {
            peer: channel.peer,
            amount,
            push: channel.push,
            announce: channel.announce,
            fee_rate: Some(fee_rate),
        };
        let funded = self.node.fund_channel(order).await.map_err(|e| spend::channel_error(&e))?;
        Ok(FundedChannel {
            channel_id: hex32(&funded.channel_id),
            txid: Some(funded.txid.to_string()),
            outnum: Some(u32::from(funded.outnum)),
        })
    }

    async fn withdraw(&self, withdrawal: Withdrawal) -> Result<Withdrawn, ErrorObject> {
        spend::withdraw(&self.node, self.network, withdrawal).await
    }

    async fn close_channel(
        &self,
        channel_id: [u8; 32],
        unilateral_after: Option<Duration>,
    ) -> Result<ClosedChannel, ErrorObject> {
        spend::close(&self.node, channel_id, unilateral_after).await
    }

    async fn disconnect(&self, peer: PublicKey) -> Result<(), ErrorObject> {
        self.node.disconnect(peer);
        Ok(())
    }

    async fn opening_terms(&self, provider: &Provider) -> Result<Vec<OpeningTerms>, ErrorObject> {
        liquidity::terms(&self.node, provider).await
    }

    async fn buy_opening(
        &self,
        provider: &Provider,
        terms: &OpeningTerms,
        payment: Msat,
        fee: Msat,
    ) -> Result<JustInTime, ErrorObject> {
        liquidity::buy(&self.node, provider, terms, (payment, fee)).await
    }

    async fn openings(&self, now: Timestamp) -> Result<Vec<OpeningView>, ErrorObject> {
        liquidity::list(&self.node, now)
    }

    async fn order_options(&self, provider: &Provider) -> Result<OrderOptions, ErrorObject> {
        orders::options(&self.node, provider).await
    }

    async fn order_channel(
        &self,
        provider: &Provider,
        order: &ChannelOrder,
        max_fee: Msat,
    ) -> Result<OrderView, ErrorObject> {
        orders::make(&self.node, provider, order, max_fee).await
    }

    async fn orders(&self, now: Timestamp) -> Result<Vec<OrderView>, ErrorObject> {
        orders::list(&self.node, now)
    }

    async fn sign_message(&self, text: &str) -> Result<SignedText, ErrorObject> {
        let signed = self.node.sign_text(text).map_err(|error| general(&error))?;
        Ok(SignedText {
            signature: hex::encode(signed.compact),
            recid: hex::encode([signed.recovery_id]),
            zbase: signed.zbase,
        })
    }

    async fn check_message(
        &self,
        text: &str,
        zbase: &str,
        signer: Option<PublicKey>,
    ) -> Result<CheckedText, ErrorObject> {
        let bad = |error| ErrorObject::parameter("zbase", error);
        let found = TextSignature::read(zbase).and_then(|read| read.signer(text)).map_err(bad)?;
        if signer.is_none() && !self.node.knows(&found) {
            return Err(ErrorObject::new(
                code::SIGNMESSAGE_PUBKEY_NOT_FOUND,
                "pubkey not found in the graph",
            )
            .with_data(serde_json::json!({ "claimed_key": found.to_string() })));
        }
        let asked = signer.unwrap_or(found);
        Ok(CheckedText { pubkey: asked.to_string(), verified: asked == found })
    }
}

/// The name of a network in Core Lightning's spelling.
pub fn core_lightning_name(network: Network) -> &'static str {
    match network {
        Network::Bitcoin => "bitcoin",
        Network::Testnet | Network::Testnet4 => "testnet",
        Network::Signet => "signet",
        Network::Regtest => "regtest",
    }
}
