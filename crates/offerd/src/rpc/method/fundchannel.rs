//! `fundchannel`

use bolt1::Msat;

use super::Outcome;
use crate::rpc::call::Api;
use crate::rpc::node_control::OpenChannel;
use crate::rpc::params::Args;
use crate::rpc::view;

pub(super) async fn call(api: &Api, args: Args) -> Outcome {
    let channel = OpenChannel {
        peer: args.need("id")?,
        amount_sat: args.need("amount")?,
        announce: args.need("announce")?,
        push: args.get("push_msat")?.unwrap_or(Msat::ZERO),
        fee: args.get("feerate")?.unwrap_or_default(),
    };
    view::json(api.node.open_channel(channel).await?)
}
