//! `listchannels`

use bolt1::PublicKey;
use offerd_api::node::NetworkChannelList;

use super::Outcome;
use crate::rpc::call::Api;
use crate::rpc::node_control::WhichChannels;
use crate::rpc::params::Args;
use crate::rpc::view;

pub(super) async fn call(api: &Api, args: Args) -> Outcome {
    let which = WhichChannels {
        short_channel_id: args.get("short_channel_id")?,
        source: args.get::<PublicKey>("source")?,
        destination: args.get::<PublicKey>("destination")?,
    };
    view::json(NetworkChannelList { channels: api.node.network_channels(which).await? })
}
