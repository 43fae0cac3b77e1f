//! Ordering channels.

use bolt1::{Msat, Timestamp};
use offerd_api::liquidity::{OrderPayment, OrderView, OrderWay, OrderedChannel};
use offerd_api::{ErrorObject, code};
use offerd_core::liquidity::order::{
    ChannelOrder, OrderOptions, OrderRefused, OrderStatus, PaymentState, Way, WayKind,
};
use offerd_node_ldk::{self as node, Node, OrderError};

use super::liquidity::error;
use super::{general, host_and_port};
use crate::rpc::liquidity::Provider;

pub(super) async fn options(node: &Node, provider: &Provider) -> Result<OrderOptions, ErrorObject> {
    let address = provider.address.as_ref().map(host_and_port);
    node.order_options(provider.node, address.as_deref()).await.map_err(error)
}

pub(super) async fn make(
    node: &Node,
    provider: &Provider,
    order: &ChannelOrder,
    max_fee: Msat,
) -> Result<OrderView, ErrorObject> {
    let token = provider.token.as_deref();
    let made = node.order_channel(provider.node, order, token, max_fee).await;
    let made = made.map_err(refused)?;
    let mut shown = view(&made.order, made.order.ordered_at);
    if !made.left_out.is_empty() {
        let named = made.left_out.iter().map(|(kind, unsound)| format!("{kind} {unsound}"));
        shown.warning_payment = Some(named.collect::<Vec<_>>().join("; "));
    }
    Ok(shown)
}

pub(super) fn list(node: &Node, now: Timestamp) -> Result<Vec<OrderView>, ErrorObject> {
    let mut all = node.orders().map_err(|error| general(&error))?;
    all.sort_by(|one, other| {
        let name = |it: &node::OrderView| (std::cmp::Reverse(it.ordered_at), it.order_id.clone());
        name(one).cmp(&name(other))
    });
    Ok(all.iter().map(|it| view(it, now)).collect())
}

fn view(it: &node::OrderView, now: Timestamp) -> OrderView {
    let of = |kind| it.ways.iter().find(|way| way.kind == kind).map(shown);
    let cheapest = it.ways.iter().min_by_key(|way| way.fee);
    let can_be_paid = |way: &&Way| it.status == OrderStatus::Created && now <= way.expires_at;
    OrderView {
        order_id: it.order_id.clone(),
        lsp_id: it.provider.to_string(),
        status: it.status.name().to_owned(),
        lsp_balance_msat: it.order.lsp_balance.as_u64(),
        client_balance_msat: it.order.client_balance.as_u64(),
        channel_expiry_blocks: it.order.expiry_blocks,
        announce_channel: it.order.announce,
        created_at: it.ordered_at.0,
        heard_at: it.heard_at.0,
        expires_at: it.expires_at().0,
        fee_msat: cheapest.map_or(0, |way| way.fee.as_u64()),
        order_total_msat: cheapest.map_or(0, |way| way.total.as_u64()),
        pay_with: it.ways.iter().filter(can_be_paid).map(call).collect(),
        payment: OrderPayment {
            bolt11: of(WayKind::Bolt11),
            bolt12: of(WayKind::Bolt12),
            onchain: of(WayKind::Onchain),
        },
        channel: it.channel.as_ref().map(|channel| OrderedChannel {
            funding_outpoint: channel.funding.clone(),
            funded_at: channel.funded_at.0,
            expires_at: channel.expires_at.0,
        }),
        warning_payment: None,
    }
}

/// The call that pays by this way.
fn call(way: &Way) -> String {
    match way.kind {
        WayKind::Bolt11 | WayKind::Bolt12 => format!("pay {}", way.code),
        WayKind::Onchain => format!("withdraw {} {}", way.code, way.total.as_sat_floor()),
    }
}

fn shown(way: &Way) -> OrderWay {
    let code = |kind| (way.kind == kind).then(|| way.code.clone());
    OrderWay {
        invoice: code(WayKind::Bolt11),
        offer: code(WayKind::Bolt12),
        address: code(WayKind::Onchain),
        status: match way.state {
            PaymentState::Expected => "expected",
            PaymentState::Held => "held",
            PaymentState::Paid => "paid",
            PaymentState::Refunded => "refunded",
        }
        .to_owned(),
        fee_msat: way.fee.as_u64(),
        order_total_msat: way.total.as_u64(),
        expires_at: way.expires_at.0,
        min_confirmations: way.min_confirmations,
    }
}

fn refused(refused: OrderError) -> ErrorObject {
    let text = refused.to_string();
    match refused {
        OrderError::Provider(provider) => error(provider),
        OrderError::Refused(OrderRefused::TooExpensive { .. }) => {
            ErrorObject::new(code::PAY_TOO_EXPENSIVE, text)
        }
        OrderError::Refused(
            OrderRefused::Another { .. } | OrderRefused::NotNew | OrderRefused::NoWay(_),
        )
        | OrderError::TooMany
        | OrderError::Wallet(_)
        | OrderError::Store(_) => ErrorObject::new(code::GENERAL, text),
    }
}
