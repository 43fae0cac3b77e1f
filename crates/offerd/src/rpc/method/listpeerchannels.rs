//! `listpeerchannels`

use bolt1::PublicKey;
use offerd_api::node::ChannelList;

use super::Outcome;
use crate::rpc::call::Api;
use crate::rpc::params::Args;
use crate::rpc::view;

pub(super) async fn call(api: &Api, args: Args) -> Outcome {
    let peer = args.get::<PublicKey>("id")?.map(|id| id.to_string());
    let scid: Option<String> = args.get("short_channel_id")?;
    let mut channels = api.node.channels().await?;
    channels.retain(|channel| {
        peer.as_ref().is_none_or(|peer| channel.peer_id == *peer)
            && (scid.is_none() || channel.short_channel_id == scid)
    });
    view::json(ChannelList { channels })
}
