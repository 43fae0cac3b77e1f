//! How a recovery is shown.

use bitcoin::Amount;
use bolt1::PublicKey;
use offerd_api::recovery::{RecoveringChannel, RecoveryProgress};
use offerd_node_ldk::{Node, RescueState, RescueView, RescuedChannel};

/// The channels of a recovery that is not over.
pub(super) fn channels(node: &Node) -> Vec<RecoveringChannel> {
    let Some(rescue) = node.rescue().filter(|rescue| !rescue.done) else { return Vec::new() };
    let peers = node.list_peers();
    let connected = |id: PublicKey| peers.iter().any(|peer| peer.node_id == id && peer.connected);
    let channels = rescue.channels.iter();
    channels.map(|channel| recovering(channel, connected(channel.entry.peer))).collect()
}

fn msat(amount: Amount) -> u64 {
    amount.to_sat().saturating_mul(1000)
}

/// How far a recovery has come.
pub(super) fn progress(rescue: &RescueView) -> RecoveryProgress {
    let count = |wanted: &dyn Fn(&RescuedChannel) -> bool| {
        rescue.channels.iter().filter(|channel| wanted(channel)).count() as u64
    };
    let waits = |channel: &RescuedChannel| channel.state == RescueState::AwaitingClose;
    let status = if rescue.done {
        "done"
    } else if count(&waits) > 0 {
        "waiting"
    } else if rescue.knows_channels {
        "sweeping"
    } else {
        "listening"
    };
    RecoveryProgress {
        status: status.to_owned(),
        num_channels: count(&|_| true),
        num_closed: count(&|channel| !waits(channel)),
        pending_msat: msat(rescue.pending),
        recovered_msat: msat(rescue.recovered),
        scanned_height: u64::from(rescue.scanned_height),
        num_unknown_payments: rescue.unknown_payments as u64,
    }
}

fn recovering(channel: &RescuedChannel, connected: bool) -> RecoveringChannel {
    let status = match channel.state {
        RescueState::AwaitingClose => "awaiting_close",
        RescueState::Sweeping => "sweeping",
        RescueState::Recovered => "recovered",
        RescueState::NotWorthIt => "not_worth_it",
        RescueState::NothingOurs => "nothing_ours",
    };
    RecoveringChannel {
        peer_id: channel.entry.peer.to_string(),
        connected,
        channel_id: channel.entry.channel_id.clone(),
        funding_txid: channel.entry.funding_txid.to_string(),
        funding_output: channel.entry.funding_output,
        amount_msat: channel.entry.capacity_sat.saturating_mul(1000),
        status: status.to_owned(),
        closing_txid: channel.closing_txid.map(|txid| txid.to_string()),
        our_amount_msat: channel.ours.map(msat),
    }
}
