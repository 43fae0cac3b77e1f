//! Results about invoices of ours: `invoice`, `listinvoices`, `sendinvoice`, `waitinvoice` and its kin.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::rates::PricedView;
use crate::schema::shape::{Hash32, InvoiceString};

/// An invoice of ours.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct InvoiceView {
    /// The caller's name for it; for an invoice that answers an offer, a name made of the offer's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub label: Option<String>,
    /// What is paid for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// 32 bytes, hexadecimal.
    #[schemars(with = "Hash32")]
    pub payment_hash: String,
    /// `unpaid`, `paid` or `expired`.
    #[schemars(extend("enum" = ["unpaid", "paid", "expired"]))]
    pub status: String,
    /// When it was made, seconds since 1970.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub created_at: Option<u64>,
    /// The end of its life, seconds since 1970.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<u64>,
    /// What it asks for; absent where its payer chooses.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub amount_msat: Option<u64>,
    /// The string, where it is an invoice of BOLT 11.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bolt11: Option<String>,
    /// The string, `lni1…`, while we still have it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<InvoiceString>")]
    pub bolt12: Option<String>,
    /// 32 bytes, hexadecimal: the offer it is for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<Hash32>")]
    pub local_offer_id: Option<String>,
    /// The shop's order number or the like, where the offer it is for has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub external_id: Option<String>,
    /// Words to find it by, where the offer it is for has any.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tags: Vec<String>,
    /// The payer's note. Peer text: escape it before it is shown.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub invreq_payer_note: Option<String>,
    /// How many items.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub quantity: Option<u64>,
    /// Its place in the order of making, from 1; absent while nothing is written down.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub created_index: Option<u64>,
    /// Its place in the order of changes, from 1, once it was changed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub updated_index: Option<u64>,
    /// Its place in the order of payments, from 1, once it is paid.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pay_index: Option<u64>,
    /// What arrived.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub amount_received_msat: Option<u64>,
    /// What it costs in a currency, where the offer says so, and the rate that the invoice was made by.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub priced: Option<PricedView>,
    /// What arrived was worth this at that time, such as `4.50EUR`: in the currency of the price, else in the configured
    /// bkpr-currency, where its rate was known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub worth: Option<String>,
    /// When, seconds since 1970.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub paid_at: Option<u64>,
    /// 32 bytes, hexadecimal: what its payer has as the proof of payment, once it is paid.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<Hash32>")]
    pub payment_preimage: Option<String>,
}

/// The result of `listinvoices`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct InvoiceList {
    /// Oldest first.
    pub invoices: Vec<InvoiceView>,
}

/// The result of `invoice`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct InvoiceCreated {
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
    /// Present when all channels together cannot receive so much, even with every peer here.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub warning_capacity: Option<String>,
    /// Present when they could, but peers of channels are away.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub warning_offline: Option<String>,
    /// Present when they could, but for peers that nobody else has a public channel with.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub warning_deadends: Option<String>,
    /// Present when only channels could receive so much that the invoice does not show.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub warning_private_unused: Option<String>,
    /// Present when no single channel could receive so much: it has to come in parts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub warning_mpp: Option<String>,
}
