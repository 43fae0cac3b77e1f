//! `currencyrate`

use bolt12::Currency;
use offerd_api::rates::CurrencyRate;
use offerd_api::{ErrorObject, code};
use offerd_core::rates::{PerBitcoin, Rate};

use super::Outcome;
use crate::rpc::call::Api;
use crate::rpc::params::Args;
use crate::rpc::view;

pub(super) async fn call(api: &Api, args: Args) -> Outcome {
    let currency: Currency = args.need("currency")?;
    let Some(source) = args.get::<String>("source")? else {
        return view::json(CurrencyRate { rate: rounded(rate(api, currency).await?.price) });
    };
    // Asks them all; what the others say is of no interest here.
    let _ = api.driver.rates().ask(currency).await;
    let sources = api.driver.rates().sources(currency);
    let Some(state) = sources.iter().find(|state| state.name == source) else {
        let names: Vec<&str> = sources.iter().map(|state| state.name.as_str()).collect();
        let expected =
            format!("Unknown source `{source}`. Available sources: {}", names.join(", "));
        return Err(ErrorObject::parameter("source", expected));
    };
    match (state.reading, &state.failure) {
        (Some(reading), _) => view::json(CurrencyRate { rate: rounded(reading.price) }),
        (None, failure) => {
            let why = failure.as_ref().map_or("it was not asked yet", |(_, why)| why.as_str());
            Err(ErrorObject::new(
                code::GENERAL,
                format!("no rate of {currency} from {source}: {why}"),
            ))
        }
    }
}

/// The rate that counts now.
pub(super) async fn rate(api: &Api, currency: Currency) -> Result<Rate, ErrorObject> {
    let rate = api.driver.rates().ask(currency).await;
    rate.map_err(|why| ErrorObject::new(code::GENERAL, why.to_string()))
}

/// As Core Lightning shows it: at most three decimals. For people: nothing is converted by it.
pub(super) fn rounded(price: PerBitcoin) -> f64 {
    let thousandths = price.as_micros().get().saturating_add(500) / 1_000;
    #[expect(clippy::cast_precision_loss, reason = "to be read by people")]
    let thousandths = thousandths as f64;
    thousandths / 1_000.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rates_are_shown_with_three_decimals() {
        for (price, shown) in [("50000.0124", 50_000.012), ("0.0005", 0.001), ("7", 7.0)] {
            let price = PerBitcoin::from_price(price.parse().unwrap()).unwrap();
            assert!((rounded(price) - shown).abs() < 1e-9, "{shown}");
        }
    }
}
