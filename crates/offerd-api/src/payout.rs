//! Results about payouts: `offerout`, `invoicerequest`, `listpayouts`, `waitpayout`, `approvepayout`, `denypayout`,
//! `listinvoicerequests`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::rates::PricedView;
use crate::schema::shape::{Hash32, OfferString, RequestString};

/// The result of `offerout`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct PayoutCreated {
    /// 32 bytes, hexadecimal.
    #[schemars(with = "Hash32")]
    pub offer_id: String,
    /// Whether it can be redeemed.
    pub active: bool,
    /// True, unless it recurs.
    pub single_use: bool,
    /// The string, `lno1…`. Whoever has it has the money.
    #[schemars(with = "OfferString")]
    pub bolt12: String,
    /// Whether it was redeemed.
    pub used: bool,
    /// Whether it is new: `false` when the same call was made before under this label.
    pub created: bool,
    /// The maker's own name for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub label: Option<String>,
    /// The most it pays, where the redeemer says how much.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_amount_msat: Option<u64>,
    /// What it pays the worth of, where it is in a currency, such as `20.00USD`; at most max_amount_msat.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub price: Option<String>,
    /// 32 bytes, hexadecimal: the name of the same promise as an invoice request.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<Hash32>")]
    pub invreq_id: Option<String>,
    /// The same promise as an unsigned `lnr1…`, for most wallets.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<RequestString>")]
    pub invoice_request: Option<String>,
    /// The same promise as a signed `lnr1…`, for Core Lightning.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<RequestString>")]
    pub invoice_request_signed: Option<String>,
    /// The address of its page, where pages are served. Whoever has it can redeem the payout.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub page_url: Option<String>,
    /// Present when there is no `lnr1…`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub warning_only_offerd: Option<String>,
    /// Present when nobody could reach us with an invoice now.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub warning_unreachable: Option<String>,
    /// Present when less could be sent now than is promised.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub warning_no_outbound: Option<String>,
}

/// The result of `invoicerequest`, and an entry of `listinvoicerequests`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct InvoiceRequestView {
    /// 32 bytes, hexadecimal.
    #[schemars(with = "Hash32")]
    pub invreq_id: String,
    /// Whether it can be redeemed.
    pub active: bool,
    /// Whether it can be redeemed once only.
    pub single_use: bool,
    /// The string, `lnr1…`, signed where there is a signed one. Whoever has it has the money.
    #[schemars(with = "RequestString")]
    pub bolt12: String,
    /// Whether it was redeemed.
    pub used: bool,
    /// Whether it is new; in the result of `invoicerequest` alone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub created: Option<bool>,
    /// The maker's own name for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub label: Option<String>,
    /// The unsigned spelling.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<RequestString>")]
    pub invoice_request: Option<String>,
    /// The signed spelling.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<RequestString>")]
    pub invoice_request_signed: Option<String>,
    /// Present when nobody could reach us with an invoice now.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub warning_unreachable: Option<String>,
    /// Present when less could be sent now than is promised.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub warning_no_outbound: Option<String>,
}

/// The result of `listinvoicerequests`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct InvoiceRequestList {
    /// Oldest first.
    pub invoicerequests: Vec<InvoiceRequestView>,
}

/// The result of `listpayouts`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct PayoutList {
    /// Oldest first.
    pub payouts: Vec<PayoutView>,
    /// What all payouts together that can be redeemed now may pay, whether they are in the list or not, fees not
    /// counted.
    pub open_payouts_msat: u64,
    /// What could be sent now over all channels together.
    pub spendable_msat: u64,
    /// Present when less could be sent now than is promised.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub warning_no_outbound: Option<String>,
}

/// A payout with its redemptions.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct PayoutView {
    /// `open`, `disabled` or `spent`.
    #[schemars(extend("enum" = ["open", "disabled", "spent"]))]
    pub state: String,
    /// Its place in the order of making, from 1.
    pub created_index: u64,
    /// Its place in the order of changes, from 1, once it was changed or redeemed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub updated_index: Option<u64>,
    /// Seconds since 1970.
    pub created_at: u64,
    /// Whether it has ended by itself.
    pub expired: bool,
    /// 32 bytes, hexadecimal.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<Hash32>")]
    pub offer_id: Option<String>,
    /// The string, `lno1…`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<OfferString>")]
    pub bolt12: Option<String>,
    /// 32 bytes, hexadecimal.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<Hash32>")]
    pub invreq_id: Option<String>,
    /// The unsigned `lnr1…`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<RequestString>")]
    pub invoice_request: Option<String>,
    /// The signed `lnr1…`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<RequestString>")]
    pub invoice_request_signed: Option<String>,
    /// The maker's own name for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub label: Option<String>,
    /// What it is for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// What it pays.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub amount_msat: Option<u64>,
    /// The most it pays, where the redeemer says how much.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_amount_msat: Option<u64>,
    /// Most items that `amount_msat` may be asked for, 0 for any number; absent where items are not counted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub quantity_max: Option<u64>,
    /// What it pays the worth of, where it is in a currency, such as `20.00USD`; at most max_amount_msat.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub price: Option<String>,
    /// When it ends by itself, seconds since 1970.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub absolute_expiry: Option<u64>,
    /// Whether it is kept once.
    pub single_use: bool,
    /// Most redemptions, where it is bounded so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_uses: Option<u32>,
    /// Most that all redemptions may cost, fees included, where it is bounded so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_total_msat: Option<u64>,
    /// 32 bytes, hexadecimal: the payment hash of the invoice that it refunds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<Hash32>")]
    pub refund_for: Option<String>,
    /// Whether each redemption waits for its maker's word.
    pub approve: bool,
    /// Its redemptions, oldest first.
    pub claims: Vec<ClaimView>,
}

/// One redemption of a payout.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ClaimView {
    /// `awaiting` (approval), `claimed` (outcome not known yet), `paid` or `failed`.
    #[schemars(extend("enum" = ["awaiting", "claimed", "paid", "failed"]))]
    pub state: String,
    /// 32 bytes, hexadecimal: the payee's.
    #[schemars(with = "Hash32")]
    pub payment_hash: String,
    /// The period, where the payout recurs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub recurrence_counter: Option<u64>,
    /// What the payee gets.
    pub amount_msat: u64,
    /// Seconds since 1970.
    pub created_at: u64,
    /// When it ended, seconds since 1970.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ended_at: Option<u64>,
    /// What it costs in a currency, where the payout says so, and the rate of ours that it was judged by.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub priced: Option<PricedView>,
    /// What amount_msat was worth when it was claimed, such as `4.50EUR`, where a rate was known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub worth: Option<String>,
    /// What routing cost.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fee_msat: Option<u64>,
    /// 32 bytes, hexadecimal: the proof of payment.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<Hash32>")]
    pub payment_preimage: Option<String>,
    /// Why it failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}
