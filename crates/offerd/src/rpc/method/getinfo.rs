//! `getinfo`

use super::Outcome;
use crate::rpc::call::Api;
use crate::rpc::outlook::missing;
use crate::rpc::view;

pub(super) async fn call(api: &Api) -> Outcome {
    let mut info = api.node.info().await?;
    let (channels, coins) = (api.node.channels().await?, api.node.wallet_outputs(false).await?);
    // What cannot be told now is not there now.
    let reachable = api.driver.is_reachable().await.unwrap_or(false);
    info.missing = missing(&info, &channels, &coins, reachable);
    view::json(info)
}
