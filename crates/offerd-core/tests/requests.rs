//! What stands in a request for an invoice, and which payment of a series it is for.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod common;

use bolt1::{Seconds, Timestamp};
use bolt12::{
    Bip353Name, ChainHash, Invoice, InvoiceBuilder, Offer, OfferBuilder, Paywindow, Recurrence,
    RecurrenceBase, TimeUnit,
};
use offerd_core::fetch::{
    Fetch, FetchArguments, NextPeriod, Past, SeriesArguments, next_period, paid_once_key,
    period_key, prepare, repeat,
};
use offerd_core::port::Destination;
use offerd_core::{Misuse, Policy};
use offerd_testkit::sample;

use common::{keys, msat, policy};

const NOW: Timestamp = sample::NOW;
const HOUR: u64 = 3_600;
/// The issuer.
const SHOP: u32 = 1;

fn offer(recurrence: Option<Recurrence>) -> Offer {
    let builder = OfferBuilder::new().issuer_id(&sample::point(SHOP)).amount(msat(1_000));
    let builder = builder.description("paper");
    match recurrence {
        Some(recurrence) => builder.recurrence(recurrence).build().unwrap(),
        None => builder.build().unwrap(),
    }
}

/// An hour for each payment, the first of them when it is made.
fn hourly() -> Recurrence {
    Recurrence::every(3_600.try_into().unwrap(), TimeUnit::Seconds)
}

/// The same from [`NOW`] on.
fn from_now() -> Recurrence {
    Recurrence { base: Some(RecurrenceBase { basetime: NOW, proportional: false }), ..hourly() }
}

fn after(seconds: u64) -> Timestamp {
    NOW.plus(Seconds(seconds))
}

fn series(counter: u32, start: Option<u32>, past: Past) -> SeriesArguments {
    SeriesArguments { counter, start, cancel: false, metadata: [1; 32], past }
}

fn of(series: SeriesArguments) -> FetchArguments {
    FetchArguments { series: Some(series), ..FetchArguments::default() }
}

fn ask(offer: &Offer, arguments: &FetchArguments, now: Timestamp) -> Result<Fetch, Misuse> {
    prepare(offer, arguments, [7; 32], &keys(2), &policy(), now)
}

/// Why it is refused: the parameter to blame, and what is said of it.
fn refused(result: Result<Fetch, Misuse>) -> (&'static str, String) {
    match result {
        Err(Misuse::Parameter { parameter, expected }) => (parameter, expected),
        other => panic!("{other:?}"),
    }
}

/// The answer to a request, of a series that began at this time.
fn answer(fetch: &Fetch, basetime: Timestamp) -> Invoice {
    let builder = InvoiceBuilder::for_request(&fetch.request)
        .recurrence_basetime(basetime)
        .amount(msat(1_000))
        .created_at(NOW)
        .payment_hash([1; 32])
        .paths(vec![sample::payment_path(1)]);
    builder.sign(&sample::secp(), &sample::keypair(SHOP)).unwrap()
}

fn paid(invoice: &Invoice) -> Past {
    Past::Paid(Box::new(invoice.clone()))
}

// req RW-44
#[test]
fn a_request_says_what_its_caller_says_and_nothing_else() {
    let name = Bip353Name::new("alice", "example.com").unwrap();
    let arguments = FetchArguments {
        amount: Some(msat(1_500)),
        payer_note: Some("hello".into()),
        bip_353_name: Some(name.clone()),
        ..FetchArguments::default()
    };
    let request = ask(&offer(None), &arguments, NOW).unwrap().request;
    assert_eq!(request.amount(), Some(msat(1_500)));
    assert_eq!(request.payer_note().map(|note| note.as_str()), Some("hello"));
    assert_eq!(request.bip_353_name(), Some(&name));
    assert_eq!((request.quantity(), request.metadata()), (None, &[7; 32][..]));
    let bare = ask(&offer(None), &FetchArguments::default(), NOW).unwrap().request;
    assert_eq!((bare.amount(), bare.payer_note(), bare.bip_353_name()), (None, None, None));
}

// req RW-06
#[test]
fn only_a_chain_that_is_not_bitcoins_is_named() {
    let chain = ChainHash([7; 32]);
    let builder = OfferBuilder::new().issuer_id(&sample::point(SHOP)).amount(msat(1_000));
    let abroad = builder.chains(&[chain]).description("tea").build().unwrap();
    for (offer, chain, is_named) in
        [(offer(None), ChainHash::BITCOIN, false), (abroad, chain, true)]
    {
        let policy = Policy::for_chain(chain);
        let fetch = prepare(&offer, &FetchArguments::default(), [7; 32], &keys(2), &policy, NOW);
        let request = fetch.unwrap().request;
        assert_eq!(request.chain(), chain);
        assert_eq!(request.records().any(|record| record.typ == 80), is_named);
    }
}

#[test]
fn a_request_that_is_repeated_is_the_same_to_the_byte() {
    let arguments = FetchArguments {
        amount: Some(msat(1_500)),
        payer_note: Some("hello".into()),
        ..FetchArguments::default()
    };
    let first = ask(&offer(None), &arguments, NOW).unwrap();
    let builder = InvoiceBuilder::for_request(&first.request)
        .created_at(NOW)
        .payment_hash([1; 32])
        .paths(vec![sample::payment_path(1)]);
    let invoice = builder.sign(&sample::secp(), &sample::keypair(SHOP)).unwrap();
    let again = repeat(&first.offer, &invoice, &keys(2)).unwrap();
    assert_eq!(again.request.bytes(), first.request.bytes());
    assert_eq!(again.destinations, [Destination::Node(sample::point(SHOP))]);
    // Nobody repeats what others have asked.
    assert!(matches!(repeat(&first.offer, &invoice, &keys(3)), Err(Misuse::WrongString(_))));
}

// req RCO-R5
#[test]
fn an_offer_that_has_ended_begins_no_series_and_goes_on_with_those_that_it_has() {
    let builder = OfferBuilder::new().issuer_id(&sample::point(SHOP)).amount(msat(1_000));
    let builder = builder.description("paper").recurrence(hourly());
    let ended = builder.absolute_expiry(NOW).build().unwrap();
    let late = after(1);
    let at = |counter| ask(&ended, &of(series(counter, None, Past::Unknown)), late);
    assert_eq!(at(0).map(drop), Err(Misuse::OfferExpired));
    assert_eq!(at(1).map(drop), Ok(()));
}

// req RCR-W1, RCR-W9
#[test]
fn the_end_of_a_series_is_said_at_any_time_and_of_no_amount() {
    let ending =
        |counter| SeriesArguments { cancel: true, ..series(counter, Some(0), Past::Unknown) };
    let based = offer(Some(from_now()));
    // Far too early, and without the amount that a payment would have to name.
    let cancel = ask(&based, &of(ending(5)), NOW).unwrap().request;
    let said = cancel.checked_recurrence().unwrap().unwrap();
    assert_eq!((said.counter, said.start, said.cancel), (5, Some(0), true));
    let (name, why) = refused(ask(&based, &of(ending(0)), NOW));
    assert_eq!((name, why.starts_with("must be non-zero")), ("recurrence_counter", true), "{why}");
    let dozen = OfferBuilder::new().issuer_id(&sample::point(SHOP)).description("paper");
    let dozen = dozen.recurrence(from_now()).build().unwrap();
    assert!(ask(&dozen, &of(ending(1)), NOW).is_ok());
    let (name, _) = refused(ask(&dozen, &of(series(0, Some(0), Past::Unknown)), NOW));
    assert_eq!(name, "amount_msat");
}

// req RCR-W5, RCR-W6, RCR-W7
#[test]
fn a_payment_of_a_series_is_asked_for_in_its_window_both_ends_told() {
    let paywindow = Some(Paywindow { seconds_before: 600, seconds_after: 1_200 });
    let windowed = Recurrence { paywindow, ..from_now() };
    for (schedule, opens, closes) in [
        // Without a window: from the beginning of the period before on, to the end of its own.
        (from_now(), after(HOUR), after(3 * HOUR)),
        (windowed, after(2 * HOUR - 600), after(2 * HOUR + 1_200)),
    ] {
        let offer = offer(Some(schedule));
        let at = |now| ask(&offer, &of(series(2, Some(0), Past::Unknown)), now);
        let (name, why) = refused(at(Timestamp(opens.0 - 1)));
        assert_eq!((name, why.contains(&opens.to_string())), ("recurrence_counter", true));
        assert!(why.starts_with("too early"), "{why}");
        assert_eq!(at(opens).unwrap().basetime, Some(NOW));
        at(Timestamp(closes.0 - 1)).unwrap();
        let (name, why) = refused(at(closes));
        assert_eq!((name, why.contains(&closes.to_string())), ("recurrence_counter", true));
        assert!(why.starts_with("too late"), "{why}");
    }
    // Of a series that nobody knows the beginning of, the issuer says when it can be paid.
    let unknown = ask(&offer(Some(hourly())), &of(series(7, None, Past::Unknown)), NOW).unwrap();
    assert_eq!(unknown.basetime, None);
}

// req RCR-W2, RCR-W4
#[test]
fn a_payment_of_a_series_goes_on_where_the_last_one_was() {
    let free = offer(Some(hourly()));
    let first = ask(&free, &of(series(0, None, Past::Unknown)), NOW).unwrap();
    let last = answer(&first, NOW);
    let next = |now| ask(&free, &of(series(1, None, paid(&last))), now);
    // The second period begins an hour after the first payment, and ends another hour later.
    assert_eq!(next(after(2 * HOUR - 1)).unwrap().basetime, Some(NOW));
    let (_, why) = refused(next(after(2 * HOUR)));
    assert!(why.starts_with("too late"), "{why}");
    let unpaid = refused(ask(&free, &of(series(2, None, Past::Unpaid { last: 4 })), NOW));
    let expected = "previous invoice has not been paid (last was 4)".to_owned();
    assert_eq!(unpaid, ("recurrence_counter", expected));

    let based = offer(Some(from_now()));
    let first = ask(&based, &of(series(0, Some(1), Past::Unknown)), NOW).unwrap();
    let last = answer(&first, NOW);
    let next = |start| ask(&based, &of(series(1, Some(start), paid(&last))), after(2 * HOUR));
    assert!(next(1).is_ok());
    assert_eq!(refused(next(2)), ("recurrence_start", "was 1 before".to_owned()));

    let three = offer(Some(Recurrence { limit: Some(2.try_into().unwrap()), ..from_now() }));
    let at = |counter, start| {
        ask(&three, &of(series(counter, Some(start), Past::Unknown)), after(2 * HOUR))
    };
    assert!(at(2, 0).is_ok());
    assert!(at(1, 1).is_ok());
    let beyond = ("recurrence_counter", "the last period of this offer is 2".to_owned());
    assert_eq!(refused(at(2, 1)), beyond);
    assert_eq!(refused(at(3, 0)), beyond);
}

#[test]
fn what_is_paid_once_is_a_request_or_a_payment_of_a_series() {
    let plain = sample::invoice(1);
    assert_eq!(paid_once_key(&plain), plain.request_key());
    let based = offer(Some(from_now()));
    let invoice = |note: &str| {
        let series = Some(series(0, Some(0), Past::Unknown));
        let payer_note = Some(note.to_owned());
        let arguments = FetchArguments { series, payer_note, ..FetchArguments::default() };
        answer(&ask(&based, &arguments, NOW).unwrap(), NOW)
    };
    let (one, other) = (invoice("one"), invoice("other"));
    assert_ne!(one.request_key(), other.request_key());
    let payer_id = one.request_view().payer_id();
    let key = period_key(&based.id(), &payer_id, 0);
    assert_eq!([&one, &other].map(paid_once_key), [key; 2]);
    for differs in [
        period_key(&based.id(), &payer_id, 1),
        period_key(&offer(None).id(), &payer_id, 0),
        period_key(&based.id(), &sample::point(9), 0),
    ] {
        assert_ne!(differs, key);
    }
}

#[test]
fn what_comes_next_in_a_series_is_told_with_its_times() {
    let limit = Some(2.try_into().unwrap());
    let of_three = Recurrence { limit, ..from_now() };
    let paywindow = Some(Paywindow { seconds_before: 600, seconds_after: 1_200 });
    let paid = |schedule, counter, start, now| {
        let series = of(series(counter, Some(start), Past::Unknown));
        next_period(&answer(&ask(&offer(Some(schedule)), &series, now).unwrap(), NOW))
    };
    let end = after(3 * HOUR - 1);
    let second = NextPeriod {
        counter: 1,
        start: after(2 * HOUR),
        end,
        paywindow_start: after(HOUR),
        paywindow_end: end,
    };
    assert_eq!(paid(of_three, 0, 1, after(HOUR)), Some(second));
    let (paywindow_start, paywindow_end) = (after(2 * HOUR - 600), after(2 * HOUR + 1_200));
    let windowed = Recurrence { paywindow, ..of_three };
    let in_window = NextPeriod { paywindow_start, paywindow_end, ..second };
    assert_eq!(paid(windowed, 0, 1, after(HOUR)), Some(in_window));
    // The last one is the one that the limit names.
    assert_eq!(paid(of_three, 2, 0, after(2 * HOUR)), None);
    assert_eq!(paid(of_three, 1, 1, after(2 * HOUR)), None);
    assert!(paid(from_now(), 2, 0, after(2 * HOUR)).is_some());
    assert_eq!(next_period(&sample::invoice(1)), None);
}
