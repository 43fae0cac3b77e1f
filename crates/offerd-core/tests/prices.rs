//! Prices in currencies: what is asked, what is allowed, what is taken.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod common;

use bolt1::Msat;
use bolt12::{Currency, Offer, OfferBuilder, QuantityMax};
use offerd_core::fetch::{FetchArguments, Limits, allowance};
use offerd_core::rates::{FiatAmount, NoRate, PerBitcoin, Rate, Rounding};
use offerd_core::{Misuse, Refusal};
use offerd_testkit::sample;
use proptest::prelude::*;

use common::{keys, msat, policy};

fn usd() -> Currency {
    Currency::new("USD").unwrap()
}

fn rate(price: &str) -> Rate {
    let price = PerBitcoin::from_price(price.parse().unwrap()).unwrap();
    Rate { currency: usd(), price, sources: vec!["one".into()], as_of: sample::NOW }
}

fn offer(minor_units: u64) -> Offer {
    let builder = OfferBuilder::new().issuer_id(&keys(1).node_id()).description("coffee");
    let builder = builder.fiat(usd(), minor_units.try_into().unwrap());
    builder.quantity_max(QuantityMax::Unbounded).build().unwrap()
}

fn arguments(quantity: u64, amount: Option<u64>) -> FetchArguments {
    FetchArguments {
        quantity: Some(quantity),
        amount: amount.map(msat),
        ..FetchArguments::default()
    }
}

fn limits(most: Option<u64>, drift: Option<u32>) -> Limits {
    Limits { max_amount: most.map(msat), max_rate_drift_ppm: drift }
}

/// What two coffees of 5 dollars may cost at 50 000 dollars a bitcoin, or without a rate.
fn allowed(limits: Limits, amount: Option<u64>, has_rate: bool) -> Result<u64, Misuse> {
    let own = if has_rate { Ok(rate("50000")) } else { Err(NoRate::Unknown(usd())) };
    let arguments = arguments(2, amount);
    let allowance = allowance(&offer(500), &arguments, limits, Some(&own), &policy())?.to_pay()?;
    Ok(allowance.at_most.map(Msat::as_u64).unwrap())
}

#[test]
fn the_strictest_of_what_the_caller_says_counts() {
    let cases = [
        (limits(None, None), None, 21_000_000),
        (limits(None, None), Some(30_000_000), 30_000_000),
        (limits(None, Some(0)), None, 20_000_000),
        (limits(None, Some(10_000)), Some(30_000_000), 20_200_000),
        (limits(Some(7), None), None, 7),
        (limits(Some(7), None), Some(30_000_000), 7),
        (limits(Some(7), Some(10_000)), None, 7),
        (limits(Some(99_000_000), Some(10_000)), None, 20_200_000),
    ];
    for (limits, amount, most) in cases {
        assert_eq!(allowed(limits, amount, true), Ok(most), "{limits:?}");
    }
}

#[test]
fn without_a_rate_a_maximum_or_an_amount_is_needed_and_a_drift_has_no_meaning() {
    assert_eq!(allowed(limits(Some(7), None), None, false), Ok(7));
    assert_eq!(allowed(limits(None, None), Some(8), false), Ok(8));
    for limits in [limits(None, None), limits(None, Some(5)), limits(Some(7), Some(5))] {
        let Err(Misuse::Parameter { parameter, expected }) = allowed(limits, None, false) else {
            panic!("{limits:?}");
        };
        assert_eq!(parameter, "max_amount_msat");
        assert!(expected.contains("10.00USD"), "{expected}");
    }
}

#[test]
fn a_drift_goes_with_prices_in_currencies_alone() {
    let plain = sample::offer(1);
    let wanted = limits(None, Some(5));
    let refused = allowance(&plain, &FetchArguments::default(), wanted, None, &policy());
    assert!(matches!(refused, Err(Misuse::Parameter { parameter: "max_rate_drift_ppm", .. })));
}

#[test]
fn a_price_that_quantity_makes_too_large_is_refused_by_name() {
    let own = Ok(rate("50000"));
    let many = arguments(u64::MAX, None);
    let refused = allowance(&offer(500), &many, Limits::default(), Some(&own), &policy());
    assert!(matches!(refused, Err(Misuse::Parameter { parameter: "quantity", .. })));
}

#[test]
fn a_refusal_for_want_of_a_rate_blames_the_currency_and_one_for_too_much_says_what_would_do() {
    let error = Refusal::NoRate { currency: usd() }.to_invoice_error();
    assert_eq!((error.erroneous_field, error.suggested_value), (Some(6), None));
    let error = Refusal::AmountAbovePrice { most: msat(300) }.to_invoice_error();
    assert_eq!((error.erroneous_field, error.suggested_value), (Some(170), Some(vec![1, 44])));
}

proptest! {
    #[test]
    fn nobody_is_asked_for_less_than_the_price_nor_for_a_msat_too_much(
        micros in 1_000_000_u64..1_000_000_000_000, minor in 1_u64..10_000_000, quantity in 1_u64..1_000,
    ) {
        let per_bitcoin = PerBitcoin::from_micros(micros.try_into().unwrap());
        let each = FiatAmount::new(usd(), minor.try_into().unwrap()).unwrap();
        let all = each.times(quantity.try_into().unwrap()).unwrap();
        if let Some(due) = per_bitcoin.to_msat(all, Rounding::Up) {
            // due / 10^11 bitcoin × micros / 10^6 dollars ≥ all / 10^2 dollars, and a msat less is below it.
            let worth = |msat: u64| u128::from(msat) * u128::from(micros);
            let price = u128::from(all.minor_units().get()) * 1_000_000_000_000_000;
            prop_assert!(worth(due.as_u64()) >= price);
            prop_assert!(worth(due.as_u64() - 1) < price);
        }
    }

    #[test]
    fn what_is_allowed_is_never_above_a_limit_that_was_said(
        micros in 1_000_000_u64.., minor in 1_u64..1_000_000, most in 1_u64..1_000_000_000_000,
        drift in proptest::option::of(0_u32..2_000_000),
    ) {
        let own = Ok(Rate { price: PerBitcoin::from_micros(micros.try_into().unwrap()), ..rate("1") });
        let limits = Limits { max_amount: Some(msat(most)), max_rate_drift_ppm: drift };
        let one = arguments(1, None);
        if let Ok(found) = allowance(&offer(minor), &one, limits, Some(&own), &policy()) {
            prop_assert!(found.at_most.is_some_and(|at_most| at_most <= msat(most)));
        }
    }
}
