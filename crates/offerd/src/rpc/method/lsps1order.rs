//! `lsps-lsps1-order`

use offerd_api::{ErrorObject, code};
use offerd_core::liquidity::order::{OrderWish, WishRefused};

use super::Outcome;
use crate::rpc::call::Api;
use crate::rpc::params::Args;
use crate::rpc::view;

pub(super) async fn call(api: &Api, args: Args) -> Outcome {
    let (provider, max_fee) = (api.providers.meant(&args)?, api.providers.max_fee(&args)?);
    let wish = OrderWish {
        lsp_balance: args.need("lsp_balance")?,
        client_balance: args.need("client_balance")?,
        expiry_blocks: args.get("channel_expiry_blocks")?,
        announce: args.need("announce")?,
    };
    // What the provider does not sell is said before it is asked for.
    let options = api.node.order_options(&provider).await?;
    let order = options.order(&wish).map_err(refused)?;
    view::json(api.node.order_channel(&provider, &order, max_fee).await?)
}

fn refused(refused: WishRefused) -> ErrorObject {
    let text = refused.to_string();
    match refused.field() {
        Some(field) => ErrorObject::parameter(field, text),
        None => ErrorObject::new(code::GENERAL, text),
    }
}
