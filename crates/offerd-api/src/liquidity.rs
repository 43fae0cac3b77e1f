//! Results about liquidity bought from a provider (an LSP): `lsps-lsps1-getinfo`, `lsps-lsps1-order`,
//! `lsps-lsps1-list`, `lsps-lsps2-getinfo`, `lsps-lsps2-invoice`, `lsps-lsps2-list`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::schema::shape::{Hash32, NodeId};

/// The result of `lsps-lsps2-getinfo`: `opening_fee_params_menu` of bLIP-52.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct OpeningMenu {
    /// The provider.
    #[schemars(with = "NodeId")]
    pub lsp_id: String,
    /// Its terms, of which it honours any.
    pub opening_fee_params_menu: Vec<OpeningParams>,
}

/// The terms on which a provider opens a channel when a payment comes: `opening_fee_params` of bLIP-52.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct OpeningParams {
    /// The least that it keeps of the payment.
    pub min_fee_msat: u64,
    /// What it keeps, in millionths of the payment, where that is more.
    pub proportional: u32,
    /// Until when it honours them, seconds since 1970.
    pub valid_until: u64,
    /// For so many blocks it promises not to close the channel.
    pub min_lifetime: u32,
    /// The most blocks that it bears with to wait for its coins.
    pub max_client_to_self_delay: u32,
    /// The least payment that it opens a channel for.
    pub min_payment_size_msat: u64,
    /// The largest payment that it opens a channel for.
    pub max_payment_size_msat: u64,
    /// By what it knows its own terms again. Peer text: escape it before it is shown.
    pub promise: String,
}

/// The result of `lsps-lsps2-invoice`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct OpeningInvoice {
    /// The string, for whoever is to pay.
    pub bolt11: String,
    /// 32 bytes, hexadecimal.
    #[schemars(with = "Hash32")]
    pub payment_hash: String,
    /// 32 bytes, hexadecimal: what the payer shows; it is in the string.
    #[schemars(with = "Hash32")]
    pub payment_secret: String,
    /// The end of its life, seconds since 1970.
    pub expires_at: u64,
    /// Its place in the order of making, from 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub created_index: Option<u64>,
    /// The provider that opens the channel.
    #[schemars(with = "NodeId")]
    pub lsp_id: String,
    /// What the payer pays.
    pub amount_msat: u64,
    /// What the provider keeps of it at most; a payment of which more was kept is sent back.
    pub opening_fee_msat: u64,
}

/// The result of `lsps-lsps2-list`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct OpeningList {
    /// What was agreed on, the last first.
    pub openings: Vec<OpeningView>,
}

/// A channel that was bought for a payment.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct OpeningView {
    /// 32 bytes, hexadecimal: the payment's hash, by which `listinvoices` has its invoice.
    #[schemars(with = "Hash32")]
    pub payment_hash: String,
    /// The provider.
    #[schemars(with = "NodeId")]
    pub lsp_id: String,
    /// `waiting` for the payment, `arrived` (a payment has come, and what was kept of it is within what was agreed), or
    /// `expired`.
    #[schemars(extend("enum" = ["waiting", "arrived", "expired"]))]
    pub status: String,
    /// What the payer was to pay.
    pub amount_msat: u64,
    /// What the provider may keep of it.
    pub opening_fee_msat: u64,
    /// What it has kept.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kept_msat: Option<u64>,
    /// The end of the agreement, seconds since 1970.
    pub valid_until: u64,
}

/// The result of `lsps-lsps1-getinfo`: what a provider sells, as bLIP-51 has it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct OrderOptions {
    /// The provider.
    #[schemars(with = "NodeId")]
    pub lsp_id: String,
    /// The least that it puts into a channel: what can be received over it.
    pub min_initial_lsp_balance_msat: u64,
    /// The most that it puts into a channel.
    pub max_initial_lsp_balance_msat: u64,
    /// The least that is to be ours in a channel.
    pub min_initial_client_balance_msat: u64,
    /// The most that may be ours in a channel.
    pub max_initial_client_balance_msat: u64,
    /// The smallest channel.
    pub min_channel_balance_msat: u64,
    /// The largest channel.
    pub max_channel_balance_msat: u64,
    /// For so many blocks at most it leaves a channel open.
    pub max_channel_expiry_blocks: u32,
    /// After so many confirmations, at the soonest, it uses a channel.
    pub min_required_channel_confirmations: u16,
    /// Within so many blocks, at the soonest, it gets the funding mined.
    pub min_funding_confirms_within_blocks: u16,
    /// Whether it lets us use all that is ours in a channel.
    pub supports_zero_channel_reserve: bool,
}

/// The result of `lsps-lsps1-list`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct OrderList {
    /// The orders, the last first.
    pub orders: Vec<OrderView>,
}

/// An order for a channel; the result of `lsps-lsps1-order`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct OrderView {
    /// Its name at the provider, at most 64 characters.
    pub order_id: String,
    /// The provider.
    #[schemars(with = "NodeId")]
    pub lsp_id: String,
    /// `created` (it can be paid), `held` (a payment has come, and is not taken yet), `paid` (the channel is to come),
    /// `completed` (it was opened), `failed`, `refunded` (it has failed, and the provider says that it has given the money
    /// back) or `expired`.
    #[schemars(extend("enum" = [
        "created", "held", "paid", "completed", "failed", "refunded", "expired"
    ]))]
    pub status: String,
    /// What the provider puts in: what can be received over the channel.
    pub lsp_balance_msat: u64,
    /// What is ours in it at once. It is paid for with the order.
    pub client_balance_msat: u64,
    /// For so many blocks the provider leaves it open.
    pub channel_expiry_blocks: u32,
    /// Whether the world is told of it.
    pub announce_channel: bool,
    /// When it was made, seconds since 1970.
    pub created_at: u64,
    /// When the provider last said how it stands, seconds since 1970.
    pub heard_at: u64,
    /// Until when it can be paid, seconds since 1970.
    pub expires_at: u64,
    /// The price, by the cheapest way to pay.
    pub fee_msat: u64,
    /// What is to be paid by that way: the price, and what is ours in the channel.
    pub order_total_msat: u64,
    /// While it can be paid: the calls that pay it, as they are typed. One of them, once.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub pay_with: Vec<String>,
    /// The ways to pay it.
    pub payment: OrderPayment,
    /// What was opened for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub channel: Option<OrderedChannel>,
    /// Ways to pay that the provider offers and that are not shown, with what is wrong with them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub warning_payment: Option<String>,
}

/// The ways to pay for an order that the provider offers and that are sound.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct OrderPayment {
    /// An invoice of BOLT 11, for `pay`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bolt11: Option<OrderWay>,
    /// An offer of BOLT 12, for `pay`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bolt12: Option<OrderWay>,
    /// An address, for `withdraw`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub onchain: Option<OrderWay>,
}

/// A way to pay for an order.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct OrderWay {
    /// The invoice, of `bolt11`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub invoice: Option<String>,
    /// The offer, of `bolt12`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub offer: Option<String>,
    /// The address, of `onchain`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub address: Option<String>,
    /// What the provider last said of a payment by it: `expected`, `held`, `paid` or `refunded`.
    #[schemars(extend("enum" = ["expected", "held", "paid", "refunded"]))]
    pub status: String,
    /// The price.
    pub fee_msat: u64,
    /// What is to be paid: the price, and what is ours in the channel.
    pub order_total_msat: u64,
    /// Until when, seconds since 1970.
    pub expires_at: u64,
    /// After so many confirmations the provider takes a payment to its address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub min_confirmations: Option<u16>,
}

/// A channel that was opened for an order.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct OrderedChannel {
    /// The output that holds it, as `txid:index`.
    pub funding_outpoint: String,
    /// When its funding was published, seconds since 1970.
    pub funded_at: u64,
    /// Until when the provider leaves it open, seconds since 1970.
    pub expires_at: u64,
}
