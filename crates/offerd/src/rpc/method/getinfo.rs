//! `getinfo`

use super::Outcome;
use crate::rpc::call::Api;
use crate::rpc::view;

pub(super) async fn call(api: &Api) -> Outcome {
    view::json(api.node.info().await?)
}
