//! Results about liquidity bought from a provider (an LSP): `lsps-lsps2-getinfo`, `lsps-lsps2-invoice`,
//! `lsps-lsps2-list`.

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
