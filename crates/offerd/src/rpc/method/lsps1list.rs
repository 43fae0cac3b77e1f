//! `lsps-lsps1-list`

use offerd_api::liquidity::OrderList;

use super::Outcome;
use crate::rpc::call::Api;
use crate::rpc::params::Args;
use crate::rpc::view;

pub(super) async fn call(api: &Api, args: Args) -> Outcome {
    let wanted: Option<String> = args.get("order_id")?;
    let mut orders = api.node.orders(api.driver.now()).await?;
    orders.retain(|order| wanted.as_ref().is_none_or(|wanted| order.order_id == *wanted));
    view::json(OrderList { orders })
}
