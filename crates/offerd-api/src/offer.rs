//! Results about offers: `offer`, `listoffers`, `disableoffer`, `fetchinvoice`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::rates::PricedView;
use crate::schema::shape::{Hash32, InvoiceString, OfferString};

/// An offer, or the `lno1…` side of a payout.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct OfferView {
    /// 32 bytes, hexadecimal.
    #[schemars(with = "Hash32")]
    pub offer_id: String,
    /// Whether it is still answered.
    pub active: bool,
    /// Whether it can be paid (a payout: redeemed) once only.
    pub single_use: bool,
    /// Whether nodes in front were asked for by name.
    pub force_paths: bool,
    /// The string, `lno1…`.
    #[schemars(with = "OfferString")]
    pub bolt12: String,
    /// What is paid for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// Whether it was ever paid.
    pub used: bool,
    /// The maker's own name for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub label: Option<String>,
    /// `in`: we are paid; `out`: we pay.
    #[schemars(extend("enum" = ["in", "out"]))]
    pub direction: String,
    /// Its place in the order of making, from 1; offers and payouts count apart.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub created_index: Option<u64>,
    /// When it was made, seconds since 1970.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub created_at: Option<u64>,
    /// The shop's order number or the like.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub external_id: Option<String>,
    /// Words to find it by.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tags: Vec<String>,
}

/// The result of `offer`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct OfferCreated {
    /// 32 bytes, hexadecimal.
    #[schemars(with = "Hash32")]
    pub offer_id: String,
    /// Always true.
    pub active: bool,
    /// Whether it can be paid once only.
    pub single_use: bool,
    /// The string, `lno1…`.
    #[schemars(with = "OfferString")]
    pub bolt12: String,
    /// Whether it was ever paid.
    pub used: bool,
    /// Whether nodes in front were asked for by name.
    pub force_paths: bool,
    /// Whether it is new: `false` when the same call was made before.
    pub created: bool,
    /// The maker's own name for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub label: Option<String>,
    /// The shop's order number or the like.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub external_id: Option<String>,
    /// Words to find it by.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tags: Vec<String>,
    /// The address of its page, where pages are served.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub page_url: Option<String>,
    /// Present when nobody could reach us for an invoice now.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub warning_unreachable: Option<String>,
    /// Present when no payment at all could arrive now.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub warning_no_inbound: Option<String>,
    /// Present when payments could arrive, but not one of this amount.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub warning_capacity: Option<String>,
    /// Present when a payment could arrive if peers that are away were here.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub warning_offline: Option<String>,
}

/// The result of `checkout`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct CheckoutCreated {
    /// 32 bytes, hexadecimal.
    #[schemars(with = "Hash32")]
    pub offer_id: String,
    /// The string, `lno1…`.
    #[schemars(with = "OfferString")]
    pub bolt12: String,
    /// Whether it is new: `false` when the same call was made before under this label.
    pub created: bool,
    /// Until when it can be paid, seconds since 1970.
    pub expires_at: u64,
    /// Where to send the customer, where pages are served. Whoever has this address sees the order.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub checkout_url: Option<String>,
    /// Where your program may ask how the order stands, where pages are served.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status_url: Option<String>,
    /// The maker's own name for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub label: Option<String>,
    /// The shop's order number or the like.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub external_id: Option<String>,
    /// Where its page sends the customer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub return_url: Option<String>,
    /// Present when no pages are served.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub warning_no_pages: Option<String>,
    /// Present when nobody could reach us for an invoice now.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub warning_unreachable: Option<String>,
    /// Present when no payment at all could arrive now.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub warning_no_inbound: Option<String>,
    /// Present when payments could arrive, but not one of this amount.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub warning_capacity: Option<String>,
    /// Present when a payment could arrive if peers that are away were here.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub warning_offline: Option<String>,
}

/// The result of `listoffers`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct OfferList {
    /// Oldest first.
    pub offers: Vec<OfferView>,
}

/// The result of `fetchinvoice`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct FetchedInvoice {
    /// The string, `lni1…`.
    #[schemars(with = "InvoiceString")]
    pub invoice: String,
    /// What comes next of a series, where it goes on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_period: Option<NextPeriodView>,
    /// What the invoice says differently from the offer.
    pub changes: InvoiceChanges,
    /// What it costs in a currency, where the offer says so, and what it should come to by our own rate.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub priced: Option<PricedView>,
}

/// The next payment of a series. All times are seconds since 1970.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct NextPeriodView {
    /// Its recurrence_counter.
    pub counter: u64,
    /// The first second of the period.
    pub starttime: u64,
    /// The last second of the period.
    pub endtime: u64,
    /// From when on it can be paid.
    pub paywindow_start: u64,
    /// Until when it can be paid.
    pub paywindow_end: u64,
}

/// What an invoice says differently from its offer.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct InvoiceChanges {
    /// The amount, where it is not the offer's price times the quantity.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub amount_msat: Option<u64>,
}
