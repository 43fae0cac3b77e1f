//! Our channels: the reserve they need, how they are set up, how others see them.

use std::fmt;
use std::sync::Arc;

use bitcoin::Amount;
use bitcoin::secp256k1::PublicKey;
use bolt1::{Msat, ShortChannelId};
use lightning::ln::channel_state::{ChannelDetails, ChannelShutdownState};
use lightning::ln::types::ChannelId;
use lightning::routing::gossip::NodeId;
use lightning::types::features::ChannelTypeFeatures;
use lightning::util::config::{ChannelHandshakeConfig, ChannelHandshakeLimits, UserConfig};

use crate::config::NodeConfig;
use crate::types::{Channels, Graph, Monitor};
use crate::undone::Unfunded;
use crate::views::{ChannelState, ChannelView};
use crate::wallet::OnchainWallet;

/// Two outputs of 330 sat, which the opener pays for.
const BOTH_ANCHORS_MSAT: u64 = 660_000;

/// How the crate is to handle channels.
pub(crate) fn user_config(config: &NodeConfig) -> UserConfig {
    let channel_handshake_config = ChannelHandshakeConfig {
        negotiate_anchors_zero_fee_htlc_tx: true,
        // All of a channel can arrive in one payment; the crate would allow a tenth.
        max_inbound_htlc_value_in_flight_percent_of_channel: 100,
        ..ChannelHandshakeConfig::default()
    };
    let channel_handshake_limits = ChannelHandshakeLimits {
        force_announced_channel_preference: false,
        ..ChannelHandshakeLimits::default()
    };
    UserConfig {
        channel_handshake_config,
        channel_handshake_limits,
        accept_forwards_to_priv_channels: config.forward_to_private_channels,
        // Payments over channels that are not there yet: who opens channels for them waits for them.
        accept_intercept_htlcs: config.lsp_service.is_some(),
        // Each inbound channel is looked at, see `Reserve`; channels with anchors could not be accepted otherwise.
        manually_accept_inbound_channels: true,
        ..UserConfig::default()
    }
}

/// On-chain coins that must be there to pay for the closing of channels with anchors.
pub(crate) struct Reserve {
    pub(crate) channels: Arc<Channels>,
    pub(crate) monitor: Arc<Monitor>,
    /// Closed channels of which nothing can come.
    pub(crate) unfunded: Arc<Unfunded>,
    pub(crate) per_channel: Amount,
}

impl fmt::Debug for Reserve {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Reserve").field("per_channel", &self.per_channel).finish_non_exhaustive()
    }
}

impl Reserve {
    /// What our channels need, and `more` besides.
    pub(crate) fn needed(&self, more: u64) -> Amount {
        let channels = self.channels.list_channels();
        let open = channels.iter().filter(|channel| has_anchors(channel));
        let is_open = |id: &ChannelId| channels.iter().any(|channel| channel.channel_id == *id);
        let closing = self.monitor.list_monitors().into_iter().filter(|id| {
            !is_open(id)
                && !self.unfunded.contains(id)
                && self
                    .monitor
                    .get_monitor(*id)
                    .is_ok_and(|monitor| !monitor.get_claimable_balances().is_empty())
        });
        let count = u64::try_from(open.count().saturating_add(closing.count())).unwrap_or(u64::MAX);
        self.per_channel.checked_mul(count.saturating_add(more)).unwrap_or(Amount::MAX)
    }

    /// Whether the wallet can stand for one more channel.
    pub(crate) fn covers_one_more(&self, wallet: &OnchainWallet) -> bool {
        self.needed(1) <= wallet.spendable()
    }
}

/// What others know about the other end of a channel.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Peer {
    pub(crate) connected: bool,
    /// It has no announced channel but those with us.
    pub(crate) dead_end: bool,
}

/// Whether `peer` has no announced channel but those with `ours`.
pub(crate) fn is_dead_end(graph: &Graph, peer: &PublicKey, ours: &PublicKey) -> bool {
    let graph = graph.read_only();
    let ours = NodeId::from_pubkey(ours);
    let Some(node) = graph.node(&NodeId::from_pubkey(peer)) else { return true };
    let mut channels = node.channels.iter().filter_map(|scid| graph.channel(*scid));
    channels.all(|channel| channel.node_one == ours || channel.node_two == ours)
}

/// The channel as our caller sees it.
pub(crate) fn view(channel: &ChannelDetails, peer: Peer) -> ChannelView {
    let capacity = Amount::from_sat(channel.channel_value_satoshis);
    ChannelView {
        channel_id: channel.channel_id.0,
        peer: channel.counterparty.node_id,
        peer_connected: peer.connected,
        state: state(channel),
        usable: channel.is_usable,
        capacity,
        to_us: to_us(channel),
        spendable: msat(channel.next_outbound_htlc_limit_msat),
        receivable: msat(channel.inbound_capacity_msat),
        short_channel_id: channel.short_channel_id.map(ShortChannelId),
        funding: channel.funding_txo.map(|outpoint| outpoint.into_bitcoin_outpoint()),
        announced: channel.is_announced,
        opened_by_us: channel.is_outbound,
        peer_forwards: channel.counterparty.forwarding_info.is_some(),
        dead_end: peer.dead_end,
        htlcs: channel
            .pending_inbound_htlcs
            .len()
            .saturating_add(channel.pending_outbound_htlcs.len()),
    }
}

/// A channel whose type is not agreed on yet counts as one.
fn has_anchors(channel: &ChannelDetails) -> bool {
    channel.channel_type.as_ref().is_none_or(ChannelTypeFeatures::supports_anchors_zero_fee_htlc_tx)
}

/// Our side of the balance. The crate tells for both sides what can be sent, which is nothing as long as a side has
/// no more than its reserve; so where we cannot send, ours is what is not the peer's.
pub(crate) fn to_us(channel: &ChannelDetails) -> Msat {
    let capacity = channel.channel_value_satoshis.saturating_mul(1_000);
    let anchors = if has_anchors(channel) { BOTH_ANCHORS_MSAT } else { 0 };
    let side = |sendable: u64, reserve_sat: u64, in_htlcs: u64, opener: bool| {
        let parts = [sendable, reserve_sat.saturating_mul(1_000), in_htlcs];
        let sum = parts.into_iter().fold(0, u64::saturating_add);
        sum.saturating_add(if opener { anchors } else { 0 }).min(capacity)
    };
    if channel.outbound_capacity_msat > 0 {
        let reserve = channel.unspendable_punishment_reserve.unwrap_or(0);
        let outgoing = channel.pending_outbound_htlcs.iter().map(|htlc| htlc.amount_msat).sum();
        return msat(side(channel.outbound_capacity_msat, reserve, outgoing, channel.is_outbound));
    }
    let reserve = channel.counterparty.unspendable_punishment_reserve;
    let incoming = channel.pending_inbound_htlcs.iter().map(|htlc| htlc.amount_msat).sum();
    let theirs = side(channel.inbound_capacity_msat, reserve, incoming, !channel.is_outbound);
    msat(capacity.saturating_sub(theirs))
}

fn msat(msat: u64) -> Msat {
    Msat::new(msat).unwrap_or(Msat::MAX)
}

fn state(channel: &ChannelDetails) -> ChannelState {
    match channel.channel_shutdown_state {
        Some(ChannelShutdownState::ShutdownInitiated | ChannelShutdownState::ResolvingHTLCs) => {
            ChannelState::ShuttingDown
        }
        Some(ChannelShutdownState::NegotiatingClosingFee) => ChannelState::SigningClose,
        Some(ChannelShutdownState::ShutdownComplete) => ChannelState::CloseComplete,
        Some(ChannelShutdownState::NotShuttingDown) | None => {
            if channel.is_channel_ready {
                ChannelState::Normal
            } else if channel.funding_txo.is_some() {
                ChannelState::AwaitingLockin
            } else {
                ChannelState::Opening
            }
        }
    }
}
