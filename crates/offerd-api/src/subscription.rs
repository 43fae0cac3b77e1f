//! Results about payments that recur: `listsubscribers`, `cancelrecurringinvoice`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::schema::shape::{Hash32, RequestString};

/// Somebody who pays a recurring offer of ours.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct SubscriberView {
    /// Its place in the order of making, from 1.
    pub created_index: u64,
    /// The newest offer_id of what is paid for: 32 bytes, hexadecimal.
    #[schemars(with = "Hash32")]
    pub offer_id: String,
    /// The payer's key of the whole series: a 33-byte point, hexadecimal.
    pub invreq_payer_id: String,
    /// `active`: paid so far. `overdue`: the next payment did not come in time, and is no longer taken. `cancelled`:
    /// the payer has ended it. `ended`: the last period is over.
    #[schemars(extend("enum" = ["active", "overdue", "cancelled", "ended"]))]
    pub status: String,
    /// How many payments were made.
    pub periods_paid: u64,
    /// `invreq_recurrence_counter` of the next one.
    pub next_counter: u64,
    /// The period of the first payment, where the offer has a base.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub recurrence_start: Option<u64>,
    /// When period 0 started: seconds since 1970.
    pub basetime: u64,
    /// All payments together.
    pub amount_received_msat: u64,
    /// When the first payment was ours: seconds since 1970.
    pub started_at: u64,
    /// When the last payment was ours: seconds since 1970.
    pub last_paid_at: u64,
    /// The end of the last period that was paid: seconds since 1970.
    pub paid_until: u64,
    /// When it became overdue, was cancelled or ended: seconds since 1970.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ended_at: Option<u64>,
}

/// The result of `listsubscribers`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct SubscriberList {
    /// Oldest first.
    pub subscribers: Vec<SubscriberView>,
}

/// The result of `cancelrecurringinvoice`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct SeriesCancelled {
    /// The request that was sent, `lnr1…`.
    #[schemars(with = "RequestString")]
    pub bolt12: String,
}
