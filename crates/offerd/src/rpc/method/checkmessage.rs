//! `checkmessage`

use super::Outcome;
use crate::rpc::call::Api;
use crate::rpc::params::Args;
use crate::rpc::view;

pub(super) async fn call(api: &Api, args: Args) -> Outcome {
    let (text, zbase): (String, String) = (args.need("message")?, args.need("zbase")?);
    view::json(api.node.check_message(&text, &zbase, args.get("pubkey")?).await?)
}
