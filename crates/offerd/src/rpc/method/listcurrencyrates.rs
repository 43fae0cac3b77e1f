//! `listcurrencyrates`

use bolt12::Currency;
use offerd_api::rates::{CurrencyRates, SourceHealth, SourceRate};
use offerd_core::port::SourceState;

use super::Outcome;
use super::currencyrate::rounded;
use crate::rpc::call::Api;
use crate::rpc::params::Args;
use crate::rpc::view;

pub(super) async fn call(api: &Api, args: Args) -> Outcome {
    let currency: Currency = args.need("currency")?;
    let rates = api.driver.rates();
    let rate = rates.ask(currency).await;
    let now = api.driver.now();
    let states = rates.sources(currency);
    let mut list = CurrencyRates::default();
    for state in &states {
        if let Some(reading) = state.reading {
            list.currencyrates.push(SourceRate {
                source: state.name.clone(),
                amount: rounded(reading.price),
                age_seconds: now.since(reading.at).0,
            });
        }
    }
    list.sources = states.iter().map(health).collect();
    list.currencyrates.sort_by(|one, other| one.source.cmp(&other.source));
    list.sources.sort_by(|one, other| one.source.cmp(&other.source));
    match rate {
        Ok(rate) => {
            list.rate = Some(rounded(rate.price));
            list.rate_age_seconds = Some(now.since(rate.as_of).0);
            list.rate_sources = rate.sources;
        }
        Err(why) => list.no_rate = Some(why.to_string()),
    }
    view::json(list)
}

/// How one source does.
pub(crate) fn health(state: &SourceState) -> SourceHealth {
    let health = match (&state.failure, state.reading) {
        (Some(_), _) => "failing",
        (None, None) => "unknown",
        (None, Some(_)) if state.is_left_out => "left_out",
        (None, Some(_)) if state.is_fresh => "ok",
        (None, Some(_)) => "stale",
    };
    SourceHealth {
        source: state.name.clone(),
        health: health.to_owned(),
        error: state.failure.as_ref().map(|(_, why)| why.clone()),
        failed_at: state.failure.as_ref().map(|(at, _)| at.0),
        failures: state.failures,
    }
}
