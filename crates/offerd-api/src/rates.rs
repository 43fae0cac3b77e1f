//! Results about currencies: `currencyconvert`, `currencyrate`, `listcurrencyrates`, `setrate`; and prices in other
//! results.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What something costs in a currency, and the rate of ours by which it was converted or judged.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct PricedView {
    /// The price of all items together, such as `4.50EUR`.
    pub price: String,
    /// What the price came to at our own rate, rounded up; absent where we had no rate.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expected_msat: Option<u64>,
    /// The price of a bitcoin at that time, a decimal number; absent where we had no rate.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rate: Option<String>,
    /// How old the rate was then.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rate_age_seconds: Option<u64>,
    /// The sources that it was the median of; empty where they are no longer known.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub rate_sources: Vec<String>,
}

/// The result of `currencyconvert`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Converted {
    /// What the amount comes to, in millisatoshi, rounded up.
    pub msat: u64,
}

/// The result of `currencyrate`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct CurrencyRate {
    /// The price of a bitcoin, rounded to three decimals.
    pub rate: f64,
}

/// The result of `listcurrencyrates`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct CurrencyRates {
    /// What each source has said last, by name.
    pub currencyrates: Vec<SourceRate>,
    /// The rate that counts now, as `currencyrate` gives it; absent where there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rate: Option<f64>,
    /// How old it is: the age of the oldest reading in it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rate_age_seconds: Option<u64>,
    /// The sources that it is the median of; `fixed` where it was set by hand.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub rate_sources: Vec<String>,
    /// Why there is no rate that counts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub no_rate: Option<String>,
    /// How each source does, those too that have said nothing so far.
    pub sources: Vec<SourceHealth>,
}

/// What one source has said.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct SourceRate {
    /// Its name.
    pub source: String,
    /// The price of a bitcoin, rounded to three decimals.
    pub amount: f64,
    /// How long ago it said so.
    pub age_seconds: u64,
}

/// How one source does.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct SourceHealth {
    /// Its name.
    pub source: String,
    /// `ok`; `stale`: what it said is too old; `left_out`: too far from what the others say; `failing`: it did not
    /// answer as it should when it was asked last; `unknown`: it was not asked so far.
    #[schemars(extend("enum" = ["ok", "stale", "left_out", "failing", "unknown"]))]
    pub health: String,
    /// What was wrong last time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
    /// When that was, seconds since 1970.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failed_at: Option<u64>,
    /// How often in a row it has failed.
    pub failures: u32,
}

/// The result of `setrate`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct RateSet {
    /// The currency.
    pub currency: String,
    /// The price of a bitcoin that counts from now on, a decimal number; absent where the sources count again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rate: Option<String>,
}
