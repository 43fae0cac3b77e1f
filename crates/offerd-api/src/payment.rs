//! Results about payments of ours: `pay`, `xpay`, `listpays`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::rates::PricedView;
use crate::schema::shape::{Hash32, InvoiceString, NodeId};

/// One thing that a call tried.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct AttemptView {
    /// Seconds since 1970; of a payment, when it was known to have failed.
    pub at: u64,
    /// `ask` (for an invoice), `send` (an invoice of ours) or `pay`.
    #[schemars(extend("enum" = ["ask", "send", "pay"]))]
    pub step: String,
    /// Where it went, in words.
    pub to: String,
    /// What became of it, in words.
    pub outcome: String,
}

/// The result of `pay`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct PayResult {
    /// 32 bytes, hexadecimal: the proof of payment, once it is complete.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<Hash32>")]
    pub payment_preimage: Option<String>,
    /// The key that signed the invoice.
    #[schemars(with = "NodeId")]
    pub destination: String,
    /// 32 bytes, hexadecimal.
    #[schemars(with = "Hash32")]
    pub payment_hash: String,
    /// Seconds since 1970.
    pub created_at: u64,
    /// Ways that were tried: those that failed, and those that led there, one at least while that is not known.
    pub parts: u64,
    /// What the payee gets.
    pub amount_msat: u64,
    /// The same with fees, as far as they are known.
    pub amount_sent_msat: u64,
    /// `complete`, or `pending` while the outcome is not known.
    #[schemars(extend("enum" = ["complete", "pending"]))]
    pub status: String,
    /// The invoice that was paid, `lni1…`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<InvoiceString>")]
    pub bolt12: Option<String>,
    /// The invoice of BOLT 11 that was paid.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bolt11: Option<String>,
    /// The caller's name for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub label: Option<String>,
    /// What this call tried, fetching the invoice included, in the order of time.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub attempts: Vec<AttemptView>,
    /// What it costs in a currency, where the offer says so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub priced: Option<PricedView>,
}

/// The result of `xpay`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct XpayResult {
    /// 32 bytes, hexadecimal: the proof of payment, once it is complete.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<Hash32>")]
    pub payment_preimage: Option<String>,
    /// Ways that were tried and came to nothing.
    pub failed_parts: u64,
    /// In how many parts it arrived, 1 where a restart on the way has lost the number; 0 while it is not complete.
    pub successful_parts: u64,
    /// What the payee gets.
    pub amount_msat: u64,
    /// The same with fees, as far as they are known.
    pub amount_sent_msat: u64,
    /// 32 bytes, hexadecimal.
    #[schemars(with = "Hash32")]
    pub payment_hash: String,
    /// `complete`, or `pending` while the outcome is not known.
    #[schemars(extend("enum" = ["complete", "pending"]))]
    pub status: String,
    /// What this call tried, fetching the invoice included, in the order of time.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub attempts: Vec<AttemptView>,
    /// What it costs in a currency, where the offer says so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub priced: Option<PricedView>,
}

/// The result of `listpays`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct PaymentList {
    /// Oldest first.
    pub pays: Vec<PaymentView>,
}

/// A payment of ours.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct PaymentView {
    /// 32 bytes, hexadecimal.
    #[schemars(with = "Hash32")]
    pub payment_hash: String,
    /// `pending`, `complete` or `failed`.
    #[schemars(extend("enum" = ["pending", "complete", "failed"]))]
    pub status: String,
    /// The key that signed the invoice.
    #[schemars(with = "NodeId")]
    pub destination: String,
    /// Seconds since 1970.
    pub created_at: u64,
    /// Seconds since 1970.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub completed_at: Option<u64>,
    /// The caller's name for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub label: Option<String>,
    /// The invoice, `lni1…`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<InvoiceString>")]
    pub bolt12: Option<String>,
    /// The invoice of BOLT 11.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bolt11: Option<String>,
    /// What is paid for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// 32 bytes, hexadecimal: the proof of payment.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<Hash32>")]
    pub preimage: Option<String>,
    /// What the payee gets.
    pub amount_msat: u64,
    /// The same with fees.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub amount_sent_msat: Option<u64>,
    /// In how many parts it arrived, if more than one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub number_of_parts: Option<u64>,
    /// Its place in the order of making, from 1.
    pub created_index: u64,
    /// Its place in the order of changes, from 1, once it has ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub updated_index: Option<u64>,
    /// 32 bytes, hexadecimal: the offer that was paid.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<Hash32>")]
    pub offer_id: Option<String>,
    /// 32 bytes, hexadecimal: the payout of ours that this redeems.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<Hash32>")]
    pub payout_offer_id: Option<String>,
    /// The maker's own name for that payout.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub payout_label: Option<String>,
    /// What it costs in a currency, where the offer or payout says so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub priced: Option<PricedView>,
    /// What the payee's amount was worth when the payment was decided, such as `4.50EUR`: in the currency of the
    /// price, else in the configured bkpr-currency, where its rate was known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub worth: Option<String>,
    /// Why it failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}
