//! The messages of bLIP-51 as JSON: what is asked, and what is answered, read.
//!
//! They are read here and not by the crate, which knows neither the state `HOLD`, nor an address without
//! `min_fee_for_0conf`, nor errors with an object in `data`, and listens no more to whom it does not understand.

use std::collections::HashMap;
use std::str::FromStr as _;

use bitcoin::constants::ChainHash;
use bitcoin::{Address, Network, OutPoint};
use bolt1::{Msat, Timestamp};
use bolt12::{Offer, Price};
use lightning_liquidity::lsps0::ser::LSPSDateTime;
use offerd_core::liquidity::order::{
    ChannelOrder, CodeFacts, LONGEST_CODE, LONGEST_ID, OrderAnswer, OrderOptions, OrderState,
    OrderedChannel, PaymentState, Range, Way, WayAnswer, WayKind, WayUnsound,
};
use serde::de::{Deserializer, Error as _};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::bolt11;

/// The parameters of `lsps1.create_order`.
#[derive(Serialize)]
pub(super) struct CreateOrder<'a> {
    lsp_balance_sat: String,
    client_balance_sat: String,
    required_channel_confirmations: u16,
    funding_confirms_within_blocks: u16,
    channel_expiry_blocks: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    token: Option<&'a str>,
    refund_onchain_address: &'a str,
    announce_channel: bool,
}

impl<'a> CreateOrder<'a> {
    pub(super) fn new(order: &ChannelOrder, token: Option<&'a str>, refund_to: &'a str) -> Self {
        Self {
            lsp_balance_sat: order.lsp_balance.as_sat_floor().to_string(),
            client_balance_sat: order.client_balance.as_sat_floor().to_string(),
            required_channel_confirmations: order.confirmations,
            funding_confirms_within_blocks: order.confirms_within,
            channel_expiry_blocks: order.expiry_blocks,
            token,
            refund_onchain_address: refund_to,
            announce_channel: order.announce,
        }
    }
}

/// The result of `lsps1.get_info`.
#[derive(Deserialize)]
struct WireOptions {
    min_required_channel_confirmations: u16,
    min_funding_confirms_within_blocks: u16,
    supports_zero_channel_reserve: bool,
    max_channel_expiry_blocks: u32,
    #[serde(deserialize_with = "sat")]
    min_initial_client_balance_sat: Msat,
    #[serde(deserialize_with = "sat")]
    max_initial_client_balance_sat: Msat,
    #[serde(deserialize_with = "sat")]
    min_initial_lsp_balance_sat: Msat,
    #[serde(deserialize_with = "sat")]
    max_initial_lsp_balance_sat: Msat,
    #[serde(deserialize_with = "sat")]
    min_channel_balance_sat: Msat,
    #[serde(deserialize_with = "sat")]
    max_channel_balance_sat: Msat,
}

/// The result of `lsps1.create_order` and `lsps1.get_order`.
#[derive(Deserialize)]
struct WireOrder {
    order_id: String,
    #[serde(deserialize_with = "sat")]
    lsp_balance_sat: Msat,
    #[serde(deserialize_with = "sat")]
    client_balance_sat: Msat,
    required_channel_confirmations: u16,
    funding_confirms_within_blocks: u16,
    channel_expiry_blocks: u32,
    announce_channel: bool,
    order_state: WireOrderState,
    payment: HashMap<String, Value>,
    #[serde(default)]
    channel: Option<WireChannel>,
}

#[derive(Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
enum WireOrderState {
    Created,
    Completed,
    Failed,
}

#[derive(Deserialize)]
struct WireWay {
    state: WirePaymentState,
    #[serde(deserialize_with = "time")]
    expires_at: Timestamp,
    #[serde(deserialize_with = "sat")]
    fee_total_sat: Msat,
    #[serde(deserialize_with = "sat")]
    order_total_sat: Msat,
    #[serde(default)]
    invoice: String,
    #[serde(default)]
    offer: String,
    #[serde(default)]
    address: String,
    #[serde(default)]
    min_onchain_payment_confirmations: Option<u16>,
}

#[derive(Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
enum WirePaymentState {
    ExpectPayment,
    Hold,
    Paid,
    #[serde(alias = "CANCELLED")]
    Refunded,
}

#[derive(Deserialize)]
struct WireChannel {
    #[serde(deserialize_with = "time")]
    funded_at: Timestamp,
    funding_outpoint: OutPoint,
    #[serde(deserialize_with = "time")]
    expires_at: Timestamp,
}

/// An amount as a string of decimal digits.
fn sat<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Msat, D::Error> {
    let text = String::deserialize(deserializer)?;
    let is_number = text.bytes().all(|byte| byte.is_ascii_digit());
    let amount = if is_number { text.parse().ok().and_then(Msat::from_sat) } else { None };
    amount.ok_or_else(|| D::Error::custom("no amount in satoshi"))
}

/// A moment as in RFC 3339, after 1970.
fn time<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Timestamp, D::Error> {
    let text = String::deserialize(deserializer)?;
    let read = LSPSDateTime::from_str(&text).ok();
    let seconds = read.and_then(|it| u64::try_from(it.0.timestamp()).ok());
    seconds.map(Timestamp).ok_or_else(|| D::Error::custom("no time"))
}

/// What a provider sells; `None` for what is none.
pub(super) fn options(result: Value) -> Option<OrderOptions> {
    let it: WireOptions = serde_json::from_value(result).ok()?;
    let range = |least, most| Range { least, most };
    Some(OrderOptions {
        min_confirmations: it.min_required_channel_confirmations,
        min_confirms_within: it.min_funding_confirms_within_blocks,
        supports_zero_reserve: it.supports_zero_channel_reserve,
        max_expiry_blocks: it.max_channel_expiry_blocks,
        client_balance: range(it.min_initial_client_balance_sat, it.max_initial_client_balance_sat),
        lsp_balance: range(it.min_initial_lsp_balance_sat, it.max_initial_lsp_balance_sat),
        channel_balance: range(it.min_channel_balance_sat, it.max_channel_balance_sat),
    })
}

/// What a provider says of an order; `None` for what is none.
pub(super) fn order(result: Value, network: Network) -> Option<OrderAnswer> {
    let mut it: WireOrder = serde_json::from_value(result).ok()?;
    let is_id = it.order_id.bytes().all(|byte| byte.is_ascii_graphic());
    if !is_id || it.order_id.is_empty() || it.order_id.len() > LONGEST_ID {
        return None;
    }
    let mut ways = Vec::new();
    for kind in WayKind::ALL {
        let offered = it.payment.remove(kind.name()).filter(|offered| !offered.is_null());
        ways.extend(offered.map(|offered| (kind, way(kind, offered, network))));
    }
    Some(OrderAnswer {
        order_id: it.order_id,
        order: ChannelOrder {
            lsp_balance: it.lsp_balance_sat,
            client_balance: it.client_balance_sat,
            confirmations: it.required_channel_confirmations,
            confirms_within: it.funding_confirms_within_blocks,
            expiry_blocks: it.channel_expiry_blocks,
            announce: it.announce_channel,
        },
        state: match it.order_state {
            WireOrderState::Created => OrderState::Created,
            WireOrderState::Completed => OrderState::Completed,
            WireOrderState::Failed => OrderState::Failed,
        },
        ways,
        channel: it.channel.map(|channel| OrderedChannel {
            funding: channel.funding_outpoint.to_string(),
            funded_at: channel.funded_at,
            expires_at: channel.expires_at,
        }),
    })
}

/// Reads an invoice, an offer or an address.
type Read = fn(&str, Network) -> Result<CodeFacts, String>;

fn way(kind: WayKind, offered: Value, network: Network) -> Result<WayAnswer, WayUnsound> {
    let it: WireWay = serde_json::from_value(offered).map_err(|_| WayUnsound::Unreadable)?;
    let (text, read): (String, Read) = match kind {
        WayKind::Bolt11 => (it.invoice, invoice),
        WayKind::Bolt12 => (it.offer, offer),
        WayKind::Onchain => (it.address, address),
    };
    let code = if text.len() > LONGEST_CODE {
        Err(format!("is longer than {LONGEST_CODE} bytes"))
    } else {
        read(&text, network)
    };
    let way = Way {
        kind,
        state: match it.state {
            WirePaymentState::ExpectPayment => PaymentState::Expected,
            WirePaymentState::Hold => PaymentState::Held,
            WirePaymentState::Paid => PaymentState::Paid,
            WirePaymentState::Refunded => PaymentState::Refunded,
        },
        expires_at: it.expires_at,
        fee: it.fee_total_sat,
        total: it.order_total_sat,
        code: text,
        min_confirmations: it.min_onchain_payment_confirmations,
    };
    Ok(WayAnswer { way, code })
}

fn invoice(text: &str, network: Network) -> Result<CodeFacts, String> {
    let facts = bolt11::read(text, network)?;
    Ok(CodeFacts { asks: facts.amount, expires_at: Some(facts.expires_at) })
}

fn offer(text: &str, network: Network) -> Result<CodeFacts, String> {
    let offer = Offer::from_str(text).map_err(|error| format!("is no offer: {error}"))?;
    let chain = ChainHash::using_genesis_block(network).to_bytes();
    if !offer.supports_chain(bolt1::ChainHash(chain)) {
        return Err("is for another chain".to_owned());
    }
    if offer.recurrence().is_some() || offer.quantity_max().is_some() {
        return Err("is no offer of one thing for one payment".to_owned());
    }
    let asks = match offer.price() {
        Price::Msat(amount) => Some(amount),
        Price::PayerDecides => None,
        Price::Fiat { .. } => return Err("is not in bitcoin".to_owned()),
    };
    Ok(CodeFacts { asks, expires_at: offer.absolute_expiry() })
}

fn address(text: &str, network: Network) -> Result<CodeFacts, String> {
    // What it was read from is not repeated: it may be anything.
    let read = Address::from_str(text).ok().and_then(|it| it.require_network(network).ok());
    read.map(|_| CodeFacts::default()).ok_or_else(|| "is no address of this chain".to_owned())
}

#[cfg(test)]
mod tests;
