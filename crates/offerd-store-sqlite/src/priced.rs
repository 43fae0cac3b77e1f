//! Columns `price`, `rate`, `rate_as_of_unix`, `rate_sources` and `worth`: amounts of currencies, as text.

use offerd_core::port::PortError;
use offerd_core::rates::{FiatAmount, PerBitcoin, Priced, RateStamp};

use crate::convert::opt_unix;
use crate::record::Record;

/// A price and its rate, as columns.
#[derive(Default)]
pub(crate) struct PricedColumns {
    pub(crate) price: Option<String>,
    pub(crate) rate: Option<String>,
    pub(crate) rate_as_of_unix: Option<i64>,
    pub(crate) rate_sources: Option<String>,
}

impl PricedColumns {
    pub(crate) fn of(priced: Option<&Priced>) -> Result<Self, PortError> {
        let rate = priced.and_then(|priced| priced.rate.as_ref());
        Ok(Self {
            price: priced.map(|priced| priced.price.to_string()),
            rate: rate.map(|rate| rate.price.to_string()),
            rate_as_of_unix: opt_unix(rate.map(|rate| rate.as_of))?,
            rate_sources: rate.map(|rate| serde_json::json!(rate.sources).to_string()),
        })
    }
}

pub(crate) fn read(record: &Record<'_>) -> Result<Option<Priced>, PortError> {
    let Some(price) = opt_fiat(record, "price")? else { return Ok(None) };
    let Some(rate) = record.get::<Option<String>>("rate")? else {
        return Ok(Some(Priced { price, rate: None }));
    };
    let per_bitcoin = rate.parse().ok().and_then(|rate| PerBitcoin::from_price(rate).ok());
    let sources: String = record.get("rate_sources")?;
    let sources = serde_json::from_str(&sources)
        .map_err(|error| record.corrupt("rate_sources", error.to_string()))?;
    let rate = RateStamp {
        price: per_bitcoin.ok_or_else(|| record.corrupt("rate", "not a price of a bitcoin"))?,
        as_of: record.unix("rate_as_of_unix")?,
        sources,
    };
    Ok(Some(Priced { price, rate: Some(rate) }))
}

/// An amount of a currency, or nothing.
pub(crate) fn opt_fiat(record: &Record<'_>, column: &str) -> Result<Option<FiatAmount>, PortError> {
    let text: Option<String> = record.get(column)?;
    let read =
        |text: String| text.parse().map_err(|error| record.corrupt(column, format!("{error}")));
    text.map(read).transpose()
}
