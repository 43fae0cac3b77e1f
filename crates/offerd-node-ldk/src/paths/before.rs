//! Who stands before our peer in a payment path, so that the path does not show who our peer is.

use bitcoin::secp256k1::PublicKey;
use lightning::blinded_path::payment::PaymentRelay;
use lightning::routing::gossip::{ChannelInfo, ChannelUpdateInfo, NodeId, ReadOnlyNetworkGraph};

/// A public channel on the way to us, as its near end forwards over it.
#[derive(Debug)]
pub(super) struct Step {
    /// Who forwards.
    pub(super) from: PublicKey,
    /// Over which channel.
    pub(super) scid: u64,
    /// For how much, and how long before it must be paid itself.
    pub(super) relay: PaymentRelay,
    /// The smallest HTLC it forwards, in msat.
    pub(super) htlc_minimum_msat: u64,
    /// The largest one, in msat.
    pub(super) htlc_maximum_msat: u64,
}

/// Up to `count` steps that end at `peer`, the first one first; fewer where the graph knows nobody who would forward
/// `amount_msat` in one part. Never over `us`, and over nobody twice. Of those who would, the one with the widest
/// channel: an issuer is then introduced by the same node each time, and payers who compare its invoices learn nothing.
pub(super) fn steps_to(
    peer: &PublicKey,
    us: &PublicKey,
    amount_msat: u64,
    count: usize,
    graph: &ReadOnlyNetworkGraph<'_>,
) -> Vec<Step> {
    let mut seen = vec![NodeId::from_pubkey(us), NodeId::from_pubkey(peer)];
    let mut steps = Vec::new();
    let mut target = NodeId::from_pubkey(peer);
    while steps.len() < count {
        let Some((from, step)) = widest_to(&target, &seen, amount_msat, graph) else { break };
        seen.push(from);
        steps.push(step);
        target = from;
    }
    steps.reverse();
    steps
}

fn widest_to(
    target: &NodeId,
    seen: &[NodeId],
    amount_msat: u64,
    graph: &ReadOnlyNetworkGraph<'_>,
) -> Option<(NodeId, Step)> {
    let channels = graph.node(target).map_or(&[][..], |node| &node.channels);
    let steps = channels.iter().filter_map(|scid| {
        let (from, terms) = towards(graph.channel(*scid)?, target)?;
        let fits = (terms.htlc_minimum_msat..=terms.htlc_maximum_msat).contains(&amount_msat);
        if seen.contains(&from) || !terms.enabled || !fits || !hides(graph, &from) {
            return None;
        }
        let step = Step {
            from: from.as_pubkey().ok()?,
            scid: *scid,
            relay: PaymentRelay {
                cltv_expiry_delta: terms.cltv_expiry_delta,
                fee_proportional_millionths: terms.fees.proportional_millionths,
                fee_base_msat: terms.fees.base_msat,
            },
            htlc_minimum_msat: terms.htlc_minimum_msat,
            htlc_maximum_msat: terms.htlc_maximum_msat,
        };
        Some((from, step))
    });
    steps.max_by_key(|(_, step)| (step.htlc_maximum_msat, step.scid))
}

/// Who is at the other end of the channel, and its terms for what it sends to `target`.
fn towards<'a>(
    channel: &'a ChannelInfo,
    target: &NodeId,
) -> Option<(NodeId, &'a ChannelUpdateInfo)> {
    if channel.node_two == *target {
        Some((channel.node_one, channel.one_to_two.as_ref()?))
    } else {
        Some((channel.node_two, channel.two_to_one.as_ref()?))
    }
}

/// Whether the node says that it forwards payments on blinded paths.
fn hides(graph: &ReadOnlyNetworkGraph<'_>, node: &NodeId) -> bool {
    let announced = graph.node(node).and_then(|node| node.announcement_info.as_ref());
    announced.is_some_and(|info| info.features().supports_route_blinding())
}
