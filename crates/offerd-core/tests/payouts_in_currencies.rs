//! Promises in a currency: what their redeemers may ask, by the rate of the day and never above the cap.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod common;

use bolt1::ChainHash;
use bolt12::{Currency, InvoiceBuilder};
use offerd_core::amount::AmountSpec;
use offerd_core::payout::{
    Arrival, ClaimTerms, MadePayout, Payout, PayoutAmount, PayoutArguments, PromiseState,
    Redemption, Uses, make_payout, recognise, redeem,
};
use offerd_core::rates::{PerBitcoin, Rate};
use offerd_core::{Event, Misuse, PaymentId, PayoutRow, Refusal};
use offerd_testkit::sample;

use common::{keys, msat, policy};

/// What five dollars come to when a bitcoin costs 100 000 of them.
const FIVE: u64 = 5_000_000;

fn rate(currency: &str, price: &str) -> Rate {
    let price = PerBitcoin::from_price(price.parse().unwrap()).unwrap();
    let currency = Currency::new(currency).unwrap();
    Rate { currency, price, sources: vec!["one".into()], as_of: sample::NOW }
}

/// Five dollars to whoever asks.
fn make(max_amount: Option<u64>, rate: Option<Rate>) -> Result<Payout, Misuse> {
    let arguments = PayoutArguments {
        amount: AmountSpec::Fiat { currency: "USD".into(), whole: 5, decimals: String::new() },
        description: "a gift".into(),
        issuer: None,
        label: None,
        absolute_expiry: None,
        max_amount: max_amount.map(msat),
        quantity_max: None,
        uses: Uses::ONCE,
        refund_for: None,
        approve: false,
        recurrence: None,
        with_offer: true,
    };
    let made = MadePayout {
        row: PayoutRow(1),
        nonce: [4; 16],
        paths: vec![],
        path_id: vec![5; 32],
        allowance: None,
        refund: None,
        rate,
        now: sample::NOW,
    };
    make_payout(&arguments, made, &policy(), &keys(1))
}

/// What a redeemer is paid that asks so much, at this rate, with the price noted on it.
fn asked(payout: &Payout, amount: u64, rate: Option<Rate>) -> Result<u64, Refusal> {
    let offer = payout.offer.clone().unwrap();
    let invoice = InvoiceBuilder::for_payout_offer(&offer, [8; 32], ChainHash::BITCOIN)
        .amount(msat(amount))
        .paths(vec![sample::payment_path(5)])
        .created_at(sample::NOW)
        .payment_hash([7; 32])
        .sign(&sample::secp(), &sample::keypair(5))
        .unwrap();
    let arrival = Arrival { invoice, path_id: None, reply_path: None };
    let terms = ClaimTerms {
        rate,
        state: PromiseState::Open,
        claims: &[],
        spendable: Some(msat(100 * FIVE)),
        claimed_today: msat(0),
        refunded: msat(0),
        id: PaymentId([9; 32]),
        now: sample::NOW,
    };
    let redemption = redeem(recognise(payout, arrival).unwrap(), &terms, &policy(), &keys(1))?;
    let Redemption::Claim(batch) = redemption else { panic!("{redemption:?}") };
    let [Event::PaymentStarted(payment)] = batch.events.as_slice() else { panic!("{batch:?}") };
    let noted = payment.priced.as_ref().map(|priced| priced.price);
    assert_eq!((noted.is_some(), noted), (true, payout.amount.fiat()));
    Ok(payment.amount.as_u64())
}

#[test]
fn a_redeemer_asks_at_most_what_the_promise_comes_to_now_and_never_more_than_the_cap() {
    let cap = FIVE + 1_000_000;
    let payout = make(Some(cap), Some(rate("USD", "100000"))).unwrap();
    for (price, most) in
        [("100000", FIVE), ("200000", FIVE / 2), ("80000", cap), ("83333.34", 5_999_999)]
    {
        let now = || Some(rate("USD", price));
        for amount in [1, most - 1, most] {
            assert_eq!(asked(&payout, amount, now()), Ok(amount), "{price}");
        }
        let refused = Err(Refusal::AmountAbovePrice { most: msat(most) });
        assert_eq!(asked(&payout, most + 1, now()), refused, "{price}");
    }
}

#[test]
fn without_a_rate_of_its_currency_a_promise_is_neither_made_nor_kept() {
    let payout = make(None, Some(rate("USD", "100000"))).unwrap();
    for missing in [None, Some(rate("EUR", "100000"))] {
        assert!(make(None, missing.clone()).is_err());
        let currency = Currency::new("USD").unwrap();
        assert_eq!(asked(&payout, 1, missing), Err(Refusal::NoRate { currency }));
    }
}

#[test]
fn the_cap_is_what_it_comes_to_now_and_a_margin_unless_another_is_said() {
    let at_most = |payout: Result<Payout, Misuse>| {
        let amount = payout.unwrap().amount;
        let PayoutAmount::Fiat { at_most, .. } = amount else { panic!("{amount:?}") };
        at_most.as_u64()
    };
    let now = || Some(rate("USD", "100000"));
    let margin = FIVE * u64::from(policy().payout_rate_margin_ppm) / 1_000_000;
    assert_eq!(at_most(make(None, now())), FIVE + margin);
    assert_eq!(at_most(make(Some(7), now())), 7);
    // Five bitcoins are more than any payout may be; the margin alone is cut off.
    assert!(make(None, Some(rate("USD", "1"))).is_err());
    let most = policy().payout_max;
    let whole = msat(500_000_000_000).as_u64() / most.as_u64();
    assert_eq!(at_most(make(None, Some(rate("USD", &whole.to_string())))), most.as_u64());
}
