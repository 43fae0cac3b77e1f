//! `listfunds`

use offerd_api::node::{ChannelFunds, ChannelView, Funds};

use super::Outcome;
use crate::rpc::call::Api;
use crate::rpc::params::Args;
use crate::rpc::view;

pub(super) async fn call(api: &Api, args: Args) -> Outcome {
    let outputs = api.node.wallet_outputs(args.need("spent")?).await?;
    let channels = api.node.channels().await?.into_iter().map(funds).collect();
    let recovering = api.node.recovering().await?;
    view::json(Funds { outputs, channels, recovering })
}

fn funds(channel: ChannelView) -> ChannelFunds {
    ChannelFunds {
        peer_id: channel.peer_id,
        connected: channel.peer_connected,
        state: channel.state,
        channel_id: channel.channel_id,
        short_channel_id: channel.short_channel_id,
        our_amount_msat: channel.to_us_msat,
        amount_msat: channel.total_msat,
        funding_txid: channel.funding_txid,
        funding_output: channel.funding_outnum,
    }
}
