//! Ways to us over channels that are not announced, as an invoice of BOLT 11 shows them.

use bolt1::{Msat, PublicKey, ShortChannelId};
use lightning::ln::channel_state::ChannelDetails;
use lightning::routing::router::{RouteHint, RouteHintHop};
use lightning::types::routing::RoutingFees;
use offerd_core::liquidity::{JustInTime, LONGEST_DELAY};
use offerd_core::port::{Bolt11Refused, Hints};

/// Channels shown at most, unless the caller names more: a string should fit into a QR code.
const MOST: usize = 3;

/// The hints for an invoice of this amount, the best first: where nodes in front were configured, unless the caller says
/// something else, over the channels with those, be they announced.
pub(super) fn choose(
    channels: &[ChannelDetails],
    wanted: &Hints,
    amount: Option<Msat>,
    fronts: &[PublicKey],
) -> Result<Vec<RouteHint>, Bolt11Refused> {
    match wanted {
        Hints::Never => Ok(Vec::new()),
        Hints::Automatic if !fronts.is_empty() => {
            let theirs = |channel: &&ChannelDetails| fronts.contains(&channel.counterparty.node_id);
            Ok(best(channels.iter().filter(theirs).collect(), amount))
        }
        Hints::Automatic if channels.iter().any(|channel| channel.is_announced) => Ok(Vec::new()),
        Hints::Automatic | Hints::Always => {
            Ok(best(channels.iter().filter(|channel| !channel.is_announced).collect(), amount))
        }
        Hints::JustInTime(channel) => just_in_time(channel).map(|hint| vec![hint]),
        Hints::Only(named) => named.iter().map(|scid| by_name(channels, *scid)).collect(),
    }
}

/// Those that can carry the amount first, then those that can carry most.
fn best(mut channels: Vec<&ChannelDetails>, amount: Option<Msat>) -> Vec<RouteHint> {
    let needed = amount.map_or(0, Msat::as_u64);
    channels.sort_by_key(|channel| {
        let room = channel.inbound_capacity_msat;
        std::cmp::Reverse((room >= needed, room))
    });
    channels.into_iter().filter_map(hint).take(MOST).collect()
}

fn by_name(channels: &[ChannelDetails], scid: ShortChannelId) -> Result<RouteHint, Bolt11Refused> {
    let is_it = |channel: &&ChannelDetails| {
        let names =
            [channel.short_channel_id, channel.inbound_scid_alias, channel.outbound_scid_alias];
        names.contains(&Some(scid.0))
    };
    channels.iter().find(is_it).and_then(hint).ok_or_else(|| {
        Bolt11Refused::Channel(format!(
            "{scid} is no channel of ours whose peer is connected and has said what it asks"
        ))
    })
}

/// A channel that its provider opens when the payment comes. What it costs is kept of the payment, not paid by the payer.
fn just_in_time(channel: &JustInTime) -> Result<RouteHint, Bolt11Refused> {
    let delay = u16::try_from(channel.delay.0).ok().filter(|_| channel.delay <= LONGEST_DELAY);
    let refused = || {
        let most = LONGEST_DELAY.0;
        Bolt11Refused::Channel(format!("the provider asks for a delay of more than {most} blocks"))
    };
    Ok(RouteHint(vec![RouteHintHop {
        src_node_id: channel.provider,
        short_channel_id: channel.scid.0,
        fees: RoutingFees { base_msat: 0, proportional_millionths: 0 },
        cltv_expiry_delta: delay.ok_or_else(refused)?,
        htlc_minimum_msat: None,
        htlc_maximum_msat: None,
    }]))
}

/// `None` while the peer has not said what it asks for forwarding to us.
fn hint(channel: &ChannelDetails) -> Option<RouteHint> {
    let terms = channel.counterparty.forwarding_info.as_ref()?;
    Some(RouteHint(vec![RouteHintHop {
        src_node_id: channel.counterparty.node_id,
        short_channel_id: channel.get_inbound_payment_scid()?,
        fees: RoutingFees {
            base_msat: terms.fee_base_msat,
            proportional_millionths: terms.fee_proportional_millionths,
        },
        cltv_expiry_delta: terms.cltv_expiry_delta,
        htlc_minimum_msat: channel.inbound_htlc_minimum_msat,
        htlc_maximum_msat: channel.inbound_htlc_maximum_msat,
    }]))
}
