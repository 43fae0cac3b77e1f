//! How the sources of rates do, for each currency that something of ours is or was priced in.

use bolt1::Timestamp;
use bolt12::Currency;
use offerd_api::ErrorObject;
use offerd_core::port::SourceState;

use crate::http::call::may;
use crate::rpc::{fault_object, source_health};
use crate::screen::Screen;
use crate::screen::visitor::Visitor;
use crate::web::words;

/// The method that a rune must allow to see them.
const METHOD: &str = "listcurrencyrates";

/// One currency.
pub(super) struct CurrencyHealth {
    pub(super) currency: String,
    /// The price of a bitcoin that counts now with its age, or why there is none.
    pub(super) rate: Result<String, String>,
    pub(super) sources: Vec<Source>,
}

/// One source of one currency.
pub(super) struct Source {
    pub(super) name: String,
    /// `ok`, `stale` and so on, as `listcurrencyrates` calls it.
    pub(super) health: String,
    pub(super) is_fine: bool,
    /// How long ago it has said something.
    pub(super) age: Option<String>,
}

/// How they do, by what is known: nobody is asked for it.
///
/// # Errors
/// Where the rune does not allow it, or the store cannot be read.
pub(super) fn health(
    screen: &Screen,
    visitor: &Visitor,
) -> Result<Vec<CurrencyHealth>, ErrorObject> {
    may(&screen.door, &visitor.session.rune, METHOD)?;
    let driver = &screen.door.driver;
    let now = driver.now();
    let currencies = driver.currencies().map_err(|error| fault_object(&error))?;
    let of_one = |currency: Currency| {
        let rate = driver.rates().rate(currency);
        let shown = rate.map(|rate| {
            let price = two_decimals(&rate.price.to_string());
            format!("{price}\u{202f}{currency}, {}", words::ago(now.since(rate.as_of)))
        });
        let states = driver.rates().sources(currency);
        CurrencyHealth {
            currency: currency.to_string(),
            rate: shown.map_err(|why| why.to_string()),
            sources: states.iter().map(|state| source(state, now)).collect(),
        }
    };
    Ok(currencies.into_iter().map(of_one).collect())
}

/// A decimal number without zeros at its end, but for two decimals: `61234.50`.
fn two_decimals(number: &str) -> String {
    let (whole, decimals) = number.split_once('.').unwrap_or((number, ""));
    format!("{whole}.{:0<2}", decimals.trim_end_matches('0'))
}

fn source(state: &SourceState, now: Timestamp) -> Source {
    let view = source_health(state);
    Source {
        is_fine: view.health == "ok",
        name: view.source,
        health: view.health.replace('_', " "),
        age: state.reading.map(|reading| words::ago(now.since(reading.at))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prices_have_two_decimals_or_as_many_as_there_are() {
        for (price, shown) in
            [("61234.560000", "61234.56"), ("5.5", "5.50"), ("7", "7.00"), ("0.000123", "0.000123")]
        {
            assert_eq!(two_decimals(price), shown);
        }
    }
}
