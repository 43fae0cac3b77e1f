//! Payments to us that belong to a series, or are for a price in a currency: which are taken.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod common;

use bolt1::{Seconds, Timestamp};
use bolt12::{Currency, OfferBuilder, Recurrence, RecurrenceBase, TimeUnit};
use offerd_core::offer_book::OfferEntry;
use offerd_core::port::IncomingPayment;
use offerd_core::rates::{PerBitcoin, Rate};
use offerd_core::receipt::{
    Arrived, Receipt, ReceiptKey, Sealed, SentBack, Source, decide_arrival,
};
use offerd_core::subscriber::{Subscriber, SubscriberState, Turn};
use offerd_core::{Event, OfferRow, Preimage};
use offerd_testkit::sample;

use common::{keys, msat};

const NOW: Timestamp = sample::NOW;
const ASKED: u64 = 10_000_000;
/// What travels before the note of a payment of a series without a base.
const SERIES: &str = "+\n";

fn every_hour(base: Option<RecurrenceBase>) -> Recurrence {
    let hour = Recurrence::every(3_600.try_into().unwrap(), TimeUnit::Seconds);
    Recurrence { base, ..hour }
}

fn offer(recurrence: Option<Recurrence>, cents: Option<u64>) -> OfferEntry {
    let mut builder = OfferBuilder::new().issuer_id(&keys(1).node_id()).description("paper");
    builder = match cents {
        Some(cents) => builder.fiat(usd(), cents.try_into().unwrap()),
        None => builder.amount(msat(ASKED)),
    };
    if let Some(recurrence) = recurrence {
        builder = builder.recurrence(recurrence);
    }
    OfferEntry {
        encodings: vec![sample::offer_encoding(builder.build().unwrap())],
        ..sample::offer_entry(1)
    }
}

fn usd() -> Currency {
    Currency::new("USD").unwrap()
}

fn rate(currency: Currency, price: &str) -> Rate {
    let price = PerBitcoin::from_price(price.parse().unwrap()).unwrap();
    Rate { currency, price, sources: vec!["one".into()], as_of: NOW }
}

/// What is decided of a payment of this amount with this text, the `counter`-th of its series.
fn decided(
    offer: &OfferEntry,
    counter: u32,
    memo: &str,
    amount: u64,
    series: Option<&Subscriber>,
    rate: Option<Rate>,
) -> Result<Receipt, SentBack> {
    let key = ReceiptKey { source: Source::Offer(OfferRow(1)), request_mac: [1; 10] };
    let sealed =
        Sealed { key, amount: msat(amount), created_at: NOW, expiry: Seconds(7_200), counter };
    let payment = IncomingPayment {
        payment_hash: [2; 32],
        payment_id: [3; 32],
        amount: msat(amount),
        opening_fee: msat(0),
        context: Some(sealed.seal().unwrap()),
        preimage: Preimage([4; 32]),
        payer_id: Some(sample::point(5)),
        quantity: None,
        memo: Some(memo.to_owned()),
    };
    let arrived = Arrived {
        payment: &payment,
        sealed,
        offer: Some(offer),
        series,
        own_invoice: None,
        receipts: &[],
        invoice: None,
        priced: None,
        rate,
        price_tolerance_ppm: 10_000,
        now: NOW,
    };
    let batch = decide_arrival(arrived)?;
    let [Event::ReceiptClaiming(receipt)] = batch.events.as_slice() else { panic!("{batch:?}") };
    Ok(receipt.clone())
}

#[test]
fn a_payment_of_a_series_says_which_it_is_and_its_note_is_what_is_left() {
    let (recurs, once) = (offer(Some(every_hour(None)), None), offer(None, None));
    let taken = |offer, memo| decided(offer, 0, memo, ASKED, None, None).unwrap();
    let first = Turn { counter: 0, start: None };
    let of = |receipt: Receipt| (receipt.turn, receipt.payer_note);
    assert_eq!(of(taken(&recurs, "+\nhello")), (Some(first), Some("hello".into())));
    assert_eq!(of(taken(&recurs, SERIES)), (Some(first), None));
    assert_eq!(of(taken(&recurs, "-\nhello")), (None, Some("hello".into())));
    // Where nothing recurs the payer may write what he likes.
    assert_eq!(of(taken(&once, "+\nhello")), (None, Some("+\nhello".into())));
}

#[test]
fn only_the_next_payment_of_a_series_is_taken_and_none_of_one_that_was_cancelled() {
    let recurs = offer(Some(every_hour(None)), None);
    let known = Subscriber { start: None, next_counter: 1, ..sample::subscriber(1) };
    let cancelled = Subscriber { state: SubscriberState::Cancelled { at: NOW }, ..known.clone() };
    for (series, counter, expected) in [
        (None, 0, Ok(())),
        (None, 1, Err(SentBack::OutOfTurn)),
        (Some(&known), 0, Err(SentBack::OutOfTurn)),
        (Some(&known), 1, Ok(())),
        (Some(&known), 2, Err(SentBack::OutOfTurn)),
        (Some(&cancelled), 1, Err(SentBack::Cancelled)),
    ] {
        let result = decided(&recurs, counter, SERIES, ASKED, series, None);
        assert_eq!(result.map(drop), expected, "{counter} after {series:?}");
    }
    // Another start is another series.
    let result = decided(&recurs, 1, "+7\n", ASKED, Some(&known), None);
    assert_eq!(result.map(drop), Err(SentBack::OutOfTurn));
}

#[test]
fn a_price_is_judged_at_arrival_by_its_own_rate_within_what_is_tolerated() {
    // A dollar at 100 000 dollars a bitcoin is 1000 sat; a hundredth of that is tolerated.
    let dollar = offer(None, Some(100));
    let euro = Currency::new("EUR").unwrap();
    for (currency, amount, expected) in [
        (usd(), 1_000_000, Ok(())),
        (usd(), 990_000, Ok(())),
        (usd(), 989_999, Err(SentBack::PriceMoved)),
        (euro, 1, Ok(())),
    ] {
        let rate = Some(rate(currency, "100000"));
        let result = decided(&dollar, 0, "hello", amount, None, rate);
        assert_eq!(result.clone().map(drop), expected, "{amount} {currency}");
        if let Ok(receipt) = result {
            assert_eq!(receipt.payer_note.as_deref(), Some("hello"));
        }
    }
    let silent = decided(&dollar, 0, "", 1, None, None).unwrap();
    assert_eq!(silent.payer_note, None);
}

#[test]
fn whoever_comes_late_in_a_proportional_period_pays_for_the_rest_of_it() {
    let half_an_hour_ago = Timestamp(NOW.0 - 1_800);
    let of = |proportional| {
        let base = RecurrenceBase { basetime: half_an_hour_ago, proportional };
        offer(Some(every_hour(Some(base))), Some(100))
    };
    let of_half = |offer: &OfferEntry, amount| {
        let rate = Some(rate(usd(), "100000"));
        decided(offer, 0, "+0\n", amount, None, rate).map(drop)
    };
    assert_eq!(of_half(&of(true), 495_000), Ok(()));
    assert_eq!(of_half(&of(true), 494_999), Err(SentBack::PriceMoved));
    assert_eq!(of_half(&of(false), 495_000), Err(SentBack::PriceMoved));
}
