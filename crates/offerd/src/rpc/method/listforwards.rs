//! `listforwards`

use bolt1::Msat;
use offerd_api::node::{ForwardList, ForwardView};
use offerd_core::audit::Forwarded;
use offerd_core::port::Page;

use super::Outcome;
use crate::rpc::call::Api;
use crate::rpc::params::Args;
use crate::rpc::view;

pub(super) async fn call(api: &Api, args: Args) -> Outcome {
    let limit: Option<u64> = args.get("limit")?;
    let page = Page { start: args.need("start")?, limit: limit.unwrap_or(u64::MAX) };
    let forwards = api.node.forwards(page).await?;
    view::json(ForwardList { forwards: forwards.iter().map(forward).collect() })
}

fn forward(forwarded: &Forwarded) -> ForwardView {
    let (out, fee) = (forwarded.amount, forwarded.fee);
    let came_in = out.zip(fee).and_then(|(out, fee)| out.plus(fee));
    ForwardView {
        created_index: forwarded.created_index,
        status: "settled".to_owned(),
        in_channel_id: forwarded.came_by.map(hex::encode),
        out_channel_id: forwarded.went_by.map(hex::encode),
        in_msat: came_in.map(Msat::as_u64),
        out_msat: out.map(Msat::as_u64),
        fee_msat: fee.map(Msat::as_u64),
        resolved_time: forwarded.at.0,
    }
}
