//! Results about payments that recur: `subscribe`, `listsubscriptions`, `listsubscribers`, `cancelrecurringinvoice`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::schema::shape::{Hash32, OfferString, RequestString};

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

/// An offer that we pay again and again. The result of `pausesubscription`, `resumesubscription`, `cancelsubscription`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct SubscriptionView {
    /// Its place in the order of making, from 1.
    pub created_index: u64,
    /// Its name.
    pub label: String,
    /// 32 bytes, hexadecimal.
    #[schemars(with = "Hash32")]
    pub offer_id: String,
    /// What is paid for, `lno1…`.
    #[schemars(with = "OfferString")]
    pub bolt12: String,
    /// What the offer says that it is for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// The payer's key of the whole series: a 33-byte point, hexadecimal.
    pub invreq_payer_id: String,
    /// `active`: each period is paid when its time has come. `paused`: nothing is paid until it is resumed.
    /// `cancelled`: its owner has ended it. `ended`: there is nothing more to be paid.
    #[schemars(extend("enum" = ["active", "paused", "cancelled", "ended"]))]
    pub status: String,
    /// When it was paused, cancelled or ended: seconds since 1970.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status_since: Option<u64>,
    /// Why it is paused.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub paused_why: Option<String>,
    /// Of a cancelled one: whether the issuer was told, or need not be.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub issuer_told: Option<bool>,
    /// How many payments have arrived, by our records or, where they are lost, by the issuer's.
    pub periods_paid: u64,
    /// The sum of them, fees not counted; of those that only the issuer knows of, what one came to when it told us.
    pub amount_paid_msat: u64,
    /// When the last one was known to have arrived: seconds since 1970.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_paid_at: Option<u64>,
    /// Whether the next payment was begun and its outcome is not known yet.
    pub paying: bool,
    /// `invreq_recurrence_counter` of the next payment.
    pub next_counter: u64,
    /// Of an active one: when the next payment is made, seconds since 1970.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_payment_at: Option<u64>,
    /// Of an active or paused one: from when on it is too late for the next payment, seconds since 1970.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_payment_until: Option<u64>,
    /// Tries of the next payment that came to nothing.
    pub failed_tries: u64,
    /// What the last of them came to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_failure: Option<String>,
    /// The period of the first payment, where the offer has a base.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub recurrence_start: Option<u64>,
    /// When period 0 started, where that is known: seconds since 1970.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub basetime: Option<u64>,
    /// What each payment is, where its owner said so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub amount_msat: Option<u64>,
    /// How many items.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub quantity: Option<u64>,
    /// The note for the issuer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub payer_note: Option<String>,
    /// The most that one payment may be, where its owner said so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_per_period_msat: Option<u64>,
    /// The most that all of them may be.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_total_msat: Option<u64>,
    /// The most payments.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_periods: Option<u64>,
    /// By how many millionths an invoice may ask more than by our own rate.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_rate_drift_ppm: Option<u64>,
    /// How many seconds before each payment the reminder comes.
    pub remind_before: u64,
    /// When it was made: seconds since 1970.
    pub created_at: u64,
}

/// The result of `subscribe`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct SubscriptionMade {
    /// Whether this call made it.
    pub created: bool,
    /// The subscription.
    #[serde(flatten)]
    pub subscription: SubscriptionView,
}

/// The result of `listsubscriptions`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct SubscriptionList {
    /// Oldest first.
    pub subscriptions: Vec<SubscriptionView>,
}

/// The result of `cancelrecurringinvoice`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct SeriesCancelled {
    /// The request that was sent, `lnr1…`.
    #[schemars(with = "RequestString")]
    pub bolt12: String,
}
