//! The result of `wait`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::schema::shape::{Hash32, InvoiceString};

/// What has happened. One of the three indexes is there, and one of the records unless the call has waited for nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Waited {
    /// `invoices`, `sendpays`, `offers`, `payouts`, `subscribers` or `subscriptions`.
    #[schemars(extend("enum" = ["invoices", "sendpays", "offers", "payouts", "subscribers", "subscriptions"]))]
    pub subsystem: String,
    /// The place in the order of making.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub created: Option<u64>,
    /// The place in the order of changes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub updated: Option<u64>,
    /// Always 0: nothing is ever deleted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deleted: Option<u64>,
    /// The invoice.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub invoices: Option<WaitedInvoice>,
    /// The payment of ours.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sendpays: Option<WaitedPayment>,
    /// The offer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub offers: Option<WaitedOffer>,
    /// The payout.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub payouts: Option<WaitedPayout>,
    /// The series that pays an offer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subscribers: Option<WaitedSubscriber>,
    /// The offer that we pay again and again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subscriptions: Option<WaitedSubscription>,
}

/// An offer that we pay again and again, as it stands now.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct WaitedSubscription {
    /// `active`, `paused`, `cancelled` or `ended`.
    #[schemars(extend("enum" = ["active", "paused", "cancelled", "ended"]))]
    pub status: String,
    /// Its name.
    pub label: String,
    /// How many payments have arrived.
    pub periods_paid: u64,
    /// What the last try of the next payment came to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_failure: Option<String>,
}

/// A series that pays an offer of ours, as it stands now.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct WaitedSubscriber {
    /// `active`, `overdue`, `cancelled` or `ended`.
    #[schemars(extend("enum" = ["active", "overdue", "cancelled", "ended"]))]
    pub status: String,
    /// The payer's key of the whole series: a 33-byte point, hexadecimal.
    pub invreq_payer_id: String,
    /// The counter of the next payment.
    pub next_counter: u64,
    /// The end of the last period that was paid: seconds since 1970.
    pub paid_until: u64,
}

/// An invoice, as it stands now.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct WaitedInvoice {
    /// `unpaid`, `paid` or `expired`.
    #[schemars(extend("enum" = ["unpaid", "paid", "expired"]))]
    pub status: String,
    /// Its label.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub label: Option<String>,
    /// What is paid for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// The string of BOLT 11.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bolt11: Option<String>,
    /// The string, `lni1…`, while we still have it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<InvoiceString>")]
    pub bolt12: Option<String>,
}

/// A payment of ours, as it stands now.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct WaitedPayment {
    /// `pending`, `complete` or `failed`.
    #[schemars(extend("enum" = ["pending", "complete", "failed"]))]
    pub status: String,
    /// 32 bytes, hexadecimal.
    #[schemars(with = "Hash32")]
    pub payment_hash: String,
    /// The caller's name for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub label: Option<String>,
}

/// An offer, as it stands now.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct WaitedOffer {
    /// 32 bytes, hexadecimal.
    #[schemars(with = "Hash32")]
    pub offer_id: String,
    /// Whether it is still answered.
    pub active: bool,
    /// Whether it was ever paid.
    pub used: bool,
    /// The maker's own name for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub label: Option<String>,
}

/// A payout, as it stands now; its codes and redemptions are in `listpayouts`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct WaitedPayout {
    /// `open`, `disabled` or `spent`.
    #[schemars(extend("enum" = ["open", "disabled", "spent"]))]
    pub state: String,
    /// 32 bytes, hexadecimal.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<Hash32>")]
    pub offer_id: Option<String>,
    /// 32 bytes, hexadecimal.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<Hash32>")]
    pub invreq_id: Option<String>,
    /// The maker's own name for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub label: Option<String>,
}
