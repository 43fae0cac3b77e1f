//! `withdraw`

use super::Outcome;
use crate::rpc::call::Api;
use crate::rpc::node_control::Withdrawal;
use crate::rpc::params::Args;
use crate::rpc::view;

pub(super) async fn call(api: &Api, args: Args) -> Outcome {
    let withdrawal = Withdrawal {
        destination: args.need("destination")?,
        amount_sat: args.need("satoshi")?,
        fee: args.get("feerate")?.unwrap_or_default(),
    };
    view::json(api.node.withdraw(withdrawal).await?)
}
