//! The channels of the network, as its nodes tell of them.

use bitcoin::Amount;
use bolt1::{PublicKey, ShortChannelId};
use lightning::routing::gossip::{ChannelInfo, ChannelUpdateInfo, NodeId};

use crate::node::Node;

/// One direction of a public channel, on its source's terms (BOLT 7 `channel_update`).
#[derive(Clone, Debug)]
pub struct NetworkChannelView {
    /// The channel.
    pub short_channel_id: ShortChannelId,
    /// Who forwards over it.
    pub source: PublicKey,
    /// To whom.
    pub destination: PublicKey,
    /// 0 when the source's node id comes first, else 1.
    pub direction: u8,
    /// What is in the channel; unknown where the chain was not asked.
    pub capacity: Option<Amount>,
    /// Whether its source forwards over it now.
    pub enabled: bool,
    /// When its source said this, in seconds since 1970.
    pub last_update: u32,
    /// What its source takes for each payment, in msat.
    pub fee_base_msat: u32,
    /// What its source takes besides, in millionths of the amount.
    pub fee_proportional_millionths: u32,
    /// Blocks by which an HTLC must last longer before it.
    pub cltv_expiry_delta: u16,
    /// Least that an HTLC may carry, in msat.
    pub htlc_minimum_msat: u64,
    /// Most that one may, in msat.
    pub htlc_maximum_msat: u64,
}

impl Node {
    /// The directions of public channels whose terms are known and for which `wanted` is true, by short channel id.
    pub fn list_network_channels(
        &self,
        wanted: impl Fn(&NetworkChannelView) -> bool,
    ) -> Vec<NetworkChannelView> {
        let graph = self.graph.read_only();
        let channels = graph.channels().unordered_iter();
        let mut found: Vec<_> = channels
            .flat_map(|(scid, channel)| directions(ShortChannelId(*scid), channel))
            .flatten()
            .filter(wanted)
            .collect();
        found.sort_by_key(|view| (view.short_channel_id.0, view.direction));
        found
    }
}

fn directions(scid: ShortChannelId, channel: &ChannelInfo) -> [Option<NetworkChannelView>; 2] {
    let (one, two) = (&channel.node_one, &channel.node_two);
    let view = |direction, source: &NodeId, destination: &NodeId, terms: &ChannelUpdateInfo| {
        Some(NetworkChannelView {
            short_channel_id: scid,
            source: PublicKey::from_slice(source.as_slice()).ok()?,
            destination: PublicKey::from_slice(destination.as_slice()).ok()?,
            direction,
            capacity: channel.capacity_sats.map(Amount::from_sat),
            enabled: terms.enabled,
            last_update: terms.last_update,
            fee_base_msat: terms.fees.base_msat,
            fee_proportional_millionths: terms.fees.proportional_millionths,
            cltv_expiry_delta: terms.cltv_expiry_delta,
            htlc_minimum_msat: terms.htlc_minimum_msat,
            htlc_maximum_msat: terms.htlc_maximum_msat,
        })
    };
    [
        channel.one_to_two.as_ref().and_then(|terms| view(0, one, two, terms)),
        channel.two_to_one.as_ref().and_then(|terms| view(1, two, one, terms)),
    ]
}
