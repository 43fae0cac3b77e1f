//! `lsps-lsps1-getinfo`

use offerd_api::liquidity::OrderOptions;

use super::Outcome;
use crate::rpc::call::Api;
use crate::rpc::params::Args;
use crate::rpc::view;

pub(super) async fn call(api: &Api, args: Args) -> Outcome {
    let provider = api.providers.meant(&args)?;
    let options = api.node.order_options(&provider).await?;
    view::json(OrderOptions {
        lsp_id: provider.node.to_string(),
        min_initial_lsp_balance_msat: options.lsp_balance.least.as_u64(),
        max_initial_lsp_balance_msat: options.lsp_balance.most.as_u64(),
        min_initial_client_balance_msat: options.client_balance.least.as_u64(),
        max_initial_client_balance_msat: options.client_balance.most.as_u64(),
        min_channel_balance_msat: options.channel_balance.least.as_u64(),
        max_channel_balance_msat: options.channel_balance.most.as_u64(),
        max_channel_expiry_blocks: options.max_expiry_blocks,
        min_required_channel_confirmations: options.min_confirmations,
        min_funding_confirms_within_blocks: options.min_confirms_within,
        supports_zero_channel_reserve: options.supports_zero_reserve,
    })
}
