//! `signmessage`

use super::Outcome;
use crate::rpc::call::Api;
use crate::rpc::params::Args;
use crate::rpc::view;

pub(super) async fn call(api: &Api, args: Args) -> Outcome {
    let text: String = args.need("message")?;
    view::json(api.node.sign_message(&text).await?)
}
