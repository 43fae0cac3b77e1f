//! Offers that are paid again and again, one payment at a time.

use std::time::Duration;

use bolt1::{Seconds, Timestamp};
use bolt12::recurrence::Numbering;
use bolt12::{Invoice, Offer, Paywindow, Recurrence, RecurrenceBase, TimeUnit};
use offerd::driver::{CallError, PayOutcome, SeriesCall};
use offerd_core::Misuse;
use offerd_core::fetch::{FetchArguments, Past, SeriesArguments, next_period};
use offerd_core::port::{Page, Store as _};
use offerd_core::subscriber::{Subscriber, SubscriberState};
use offerd_testkit::sample;

use crate::world::{Party, World, offer_request, pass, pay_call, refusal, sat, settle};

fn every_minute() -> Recurrence {
    Recurrence::every(60.try_into().unwrap(), TimeUnit::Seconds)
}

async fn recurring(shop: &Party, schedule: Recurrence) -> Offer {
    let mut request = offer_request(1_000);
    request.arguments.recurrence = Some(schedule);
    let made = shop.driver.create_offer(request).await.unwrap();
    made.entry.newest().offer.clone()
}

fn call(label: &str, counter: u32) -> SeriesCall {
    SeriesCall { label: label.into(), counter, start: None, cancel: false }
}

/// Fetches as if nothing were known of the payments before.
async fn fetch_blind(
    customer: &Party,
    offer: &Offer,
    call: &SeriesCall,
) -> Result<Invoice, CallError> {
    let mut series = customer.driver.series(offer, call)?;
    series.past = Past::Unknown;
    ask(customer, offer, series).await
}

async fn fetch(customer: &Party, offer: &Offer, call: &SeriesCall) -> Result<Invoice, CallError> {
    let series = customer.driver.series(offer, call)?;
    ask(customer, offer, series).await
}

async fn ask(
    customer: &Party,
    offer: &Offer,
    series: SeriesArguments,
) -> Result<Invoice, CallError> {
    let arguments = FetchArguments { series: Some(series), ..FetchArguments::default() };
    let within = Duration::from_secs(10);
    let fetched = customer.driver.fetch_invoice(offer, &arguments, within).await?;
    Ok(fetched.fetched.invoice)
}

async fn pay(customer: &Party, invoice: &Invoice) -> Result<PayOutcome, CallError> {
    let paid = customer.driver.pay(pay_call(&invoice.to_string())).await;
    settle().await;
    paid
}

fn series(shop: &Party) -> Vec<Subscriber> {
    let all = shop.store.subscribers(Page::ALL).unwrap();
    all.into_iter().map(|indexed| indexed.row).collect()
}

fn blamed<T: std::fmt::Debug>(result: Result<T, CallError>) -> (&'static str, String) {
    match result {
        Err(CallError::Misuse(Misuse::Parameter { parameter, expected })) => (parameter, expected),
        other => panic!("not refused: {other:?}"),
    }
}

// req RCI-R3, RCI-W1
#[tokio::test(start_paused = true)]
async fn periods_are_paid_one_after_another_and_each_once() {
    let world = World::new();
    let (shop, customer) = (world.announced(), world.announced());
    let offer = recurring(&shop, every_minute()).await;
    let mut basetime = None;
    for counter in 0..3 {
        let invoice = fetch(&customer, &offer, &call("paper", counter)).await.unwrap();
        let next = next_period(&invoice).unwrap();
        assert_eq!(next.counter, counter + 1);
        assert_eq!(next.end, next.start.plus(Seconds(59)));
        let base = *basetime.get_or_insert(invoice.created_at());
        assert_eq!(invoice.recurrence_basetime(), Some(base));
        pay(&customer, &invoice).await.unwrap();
        let [known] = series(&shop).try_into().unwrap();
        assert_eq!((known.next_counter, known.state), (counter + 1, SubscriberState::Active));
        assert_eq!(known.paid_until, base.plus(Seconds(60 * u64::from(counter + 1))));
        assert_eq!(known.received, sat(1_000 * u64::from(counter + 1)));
        pass(60).await;
    }
    assert_eq!(shop.gained(), 3_000_000);
    let again = fetch(&customer, &offer, &call("paper", 1)).await;
    assert!(matches!(again, Err(CallError::Misuse(Misuse::AlreadyPaid))), "{again:?}");
    assert_eq!(customer.payments().len(), 3);
}

// req RCR-R1
#[tokio::test(start_paused = true)]
async fn a_period_asked_for_again_has_the_same_invoice_until_it_is_paid() {
    let world = World::new();
    let (shop, customer) = (world.announced(), world.announced());
    let offer = recurring(&shop, every_minute()).await;
    let first = fetch(&customer, &offer, &call("paper", 0)).await.unwrap();
    assert_eq!(fetch(&customer, &offer, &call("paper", 0)).await.unwrap(), first);
    let mut other = customer.driver.series(&offer, &call("paper", 0)).unwrap();
    other.past = Past::Unknown;
    let arguments = FetchArguments {
        amount: Some(sat(1_200)),
        series: Some(other),
        ..FetchArguments::default()
    };
    let within = Duration::from_secs(10);
    let tip = customer.driver.fetch_invoice(&offer, &arguments, within).await.unwrap();
    let tip = tip.fetched.invoice;
    assert_eq!(tip.amount(), sat(1_200));
    assert!(tip.replaces().contains(&first.payment_hash()));
    pay(&customer, &first).await.unwrap();
    let twice = customer.driver.pay(pay_call(&tip.to_string())).await;
    assert!(matches!(twice, Err(CallError::Misuse(Misuse::AlreadyPaid))), "{twice:?}");
    assert_eq!(shop.gained(), 1_000_000);
}

#[tokio::test(start_paused = true)]
async fn an_expired_invoice_of_a_period_is_replaced_by_a_fresh_one() {
    let world = World::new();
    let (shop, customer) = (world.announced(), world.announced());
    let hourly = Recurrence::every(1.try_into().unwrap(), TimeUnit::Days);
    let offer = recurring(&shop, hourly).await;
    let first = fetch(&customer, &offer, &call("paper", 0)).await.unwrap();
    pass(7_300).await;
    let second = fetch(&customer, &offer, &call("paper", 0)).await.unwrap();
    assert_ne!(first.payment_hash(), second.payment_hash());
    pay(&customer, &second).await.unwrap();
    assert_eq!(series(&shop)[0].basetime, second.created_at());
}

// req RCR-R7, RCR-R9, RCR-R10
#[tokio::test(start_paused = true)]
async fn what_is_out_of_turn_is_refused_and_changes_nothing() {
    let world = World::new();
    let (shop, customer, thief) = (world.announced(), world.announced(), world.announced());
    let schedule = Recurrence { limit: Some(5.try_into().unwrap()), ..every_minute() };
    let offer = recurring(&shop, schedule).await;
    let counter_field = Some(2_000_000_092);
    let unpaid = fetch_blind(&customer, &offer, &call("paper", 1)).await;
    let said = "the previous period has not been paid: the next counter is 0";
    assert_eq!(refusal(unpaid), (said.into(), counter_field));
    for counter in 0..2 {
        let invoice = fetch(&customer, &offer, &call("paper", counter)).await.unwrap();
        pay(&customer, &invoice).await.unwrap();
    }
    let before = series(&shop);
    let gap = fetch_blind(&customer, &offer, &call("paper", 3)).await;
    let said = "the previous period has not been paid: the next counter is 2";
    assert_eq!(refusal(gap), (said.into(), counter_field));
    let gap = fetch(&customer, &offer, &call("paper", 3)).await;
    let last = "previous invoice has not been paid (last was 1)".to_owned();
    assert_eq!(blamed(gap), ("recurrence_counter", last));
    let early = fetch_blind(&customer, &offer, &call("paper", 2)).await;
    let (said, field) = refusal(early);
    assert!(said.starts_with("too early"), "{said}");
    assert_eq!(field, counter_field);
    let beyond = fetch(&customer, &offer, &call("paper", 6)).await;
    assert_eq!(blamed(beyond).0, "recurrence_counter");
    let other_key = fetch_blind(&thief, &offer, &call("paper", 2)).await;
    let said = "the previous period has not been paid: the next counter is 0";
    assert_eq!(refusal(other_key), (said.into(), counter_field));
    let start = SeriesCall { start: Some(1), ..call("paper", 2) };
    assert_eq!(blamed(fetch(&customer, &offer, &start).await).0, "recurrence_start");
    thief.driver.cancel_recurring(&offer, &call("paper", 2), None).await.unwrap();
    settle().await;
    assert_eq!(series(&shop), before);
    pass(60).await;
    let invoice = fetch(&customer, &offer, &call("paper", 2)).await.unwrap();
    pay(&customer, &invoice).await.unwrap();
    assert_eq!(shop.gained(), 3_000_000);
}

// req RCR-R9, RCR-R11
#[tokio::test(start_paused = true)]
async fn a_cancelled_series_takes_no_more() {
    let world = World::new();
    let (shop, customer) = (world.announced(), world.announced());
    let offer = recurring(&shop, every_minute()).await;
    let none = customer.driver.cancel_recurring(&offer, &call("paper", 0), None).await;
    assert_eq!(blamed(none).0, "recurrence_counter");
    let invoice = fetch(&customer, &offer, &call("paper", 0)).await.unwrap();
    pay(&customer, &invoice).await.unwrap();
    let unpaid = fetch(&customer, &offer, &call("paper", 1)).await.unwrap();
    customer.driver.cancel_recurring(&offer, &call("paper", 1), None).await.unwrap();
    settle().await;
    let [cancelled] = series(&shop).try_into().unwrap();
    assert!(cancelled.is_cancelled(), "{cancelled:?}");
    let late = fetch(&customer, &offer, &call("paper", 1)).await;
    assert_eq!(refusal(late), ("this series was cancelled".into(), Some(2_000_000_094)));
    let sent_back = pay(&customer, &unpaid).await;
    assert!(matches!(sent_back, Err(CallError::PaymentFailed { .. })), "{sent_back:?}");
    customer.driver.cancel_recurring(&offer, &call("paper", 1), None).await.unwrap();
    settle().await;
    assert_eq!(series(&shop), [cancelled]);
    assert_eq!(shop.gained(), 1_000_000);
}

#[tokio::test(start_paused = true)]
async fn a_series_that_is_not_paid_in_time_is_overdue_and_one_at_its_limit_ends() {
    let world = World::new();
    let (shop, late, good) = (world.announced(), world.announced(), world.announced());
    let schedule = Recurrence { limit: Some(1.try_into().unwrap()), ..every_minute() };
    let offer = recurring(&shop, schedule).await;
    for customer in [&late, &good] {
        let invoice = fetch(customer, &offer, &call("paper", 0)).await.unwrap();
        pay(customer, &invoice).await.unwrap();
    }
    let invoice = fetch(&good, &offer, &call("paper", 1)).await.unwrap();
    pay(&good, &invoice).await.unwrap();
    pass(119).await;
    assert!(series(&shop).iter().all(|series| series.state == SubscriberState::Active));
    pass(2).await;
    let states: Vec<_> = series(&shop).into_iter().map(|series| series.state).collect();
    assert!(matches!(states[0], SubscriberState::Overdue { .. }), "{states:?}");
    assert!(matches!(states[1], SubscriberState::Ended { .. }), "{states:?}");
    let (said, _) = refusal(fetch_blind(&late, &offer, &call("paper", 1)).await);
    assert!(said.starts_with("too late"), "{said}");
    let shop = shop.restart();
    assert_eq!(series(&shop).len(), 2);
}

#[tokio::test(start_paused = true)]
async fn whoever_comes_late_in_a_period_of_a_calendar_pays_for_the_rest() {
    let world = World::new();
    let (shop, customer) = (world.announced(), world.announced());
    let basetime = Timestamp(sample::NOW.0 - 1_000);
    let base = Some(RecurrenceBase { basetime, proportional: true });
    let schedule = Recurrence {
        base,
        paywindow: Some(Paywindow { seconds_before: 100, seconds_after: 900 }),
        ..Recurrence::every(1_000.try_into().unwrap(), TimeUnit::Seconds)
    };
    let offer = recurring(&shop, schedule).await;
    let at = |start, counter| SeriesCall { start: Some(start), ..call("gym", counter) };
    assert_eq!(blamed(fetch(&customer, &offer, &call("gym", 0)).await).0, "recurrence_start");
    assert_eq!(blamed(fetch(&customer, &offer, &at(0, 0)).await).0, "recurrence_counter");
    assert_eq!(blamed(fetch(&customer, &offer, &at(2, 0)).await).0, "recurrence_counter");
    pass(250).await;
    let invoice = fetch(&customer, &offer, &at(1, 0)).await.unwrap();
    assert_eq!(invoice.amount().as_u64(), 750_000);
    assert_eq!(invoice.recurrence_basetime(), Some(basetime));
    pay(&customer, &invoice).await.unwrap();
    let [known] = series(&shop).try_into().unwrap();
    assert_eq!((known.start, known.basetime), (Some(1), basetime));
    assert_eq!(known.paid_until, Timestamp(sample::NOW.0 + 1_000));
    let other_start = fetch_blind(&customer, &offer, &at(0, 1)).await;
    let said = "invreq_recurrence_start was 1 before".to_owned();
    assert_eq!(refusal(other_start), (said, Some(2_000_000_093)));
    pass(690).await;
    assert_eq!(blamed(fetch(&customer, &offer, &at(0, 1)).await).0, "recurrence_start");
    let invoice = fetch(&customer, &offer, &at(1, 1)).await.unwrap();
    assert_eq!(invoice.amount(), sat(1_000));
    let shop = shop.restart();
    pay(&customer, &invoice).await.unwrap();
    assert_eq!(series(&shop)[0].next_counter, 2);
}

#[tokio::test(start_paused = true)]
async fn an_optional_series_may_be_one_payment() {
    let world = World::new();
    let (shop, customer) = (world.announced(), world.announced());
    let once = recurring(&shop, Recurrence { compulsory: false, ..every_minute() }).await;
    customer.pay(&once.to_string()).await.unwrap();
    customer.pay(&once.to_string()).await.unwrap();
    assert_eq!(shop.gained(), 2_000_000);
    let compulsory = recurring(&shop, every_minute()).await;
    let refused = customer.pay(&compulsory.to_string()).await;
    assert!(matches!(refused, Err(CallError::Misuse(Misuse::WrongString(_)))), "{refused:?}");
}

#[tokio::test(start_paused = true)]
async fn a_series_goes_on_without_its_database() {
    let world = World::new();
    let (shop, customer) = (world.announced(), world.announced());
    let offer = recurring(&shop, every_minute()).await;
    let invoice = fetch(&customer, &offer, &call("paper", 0)).await.unwrap();
    pay(&customer, &invoice).await.unwrap();
    let customer = customer.restart_empty();
    let known = fetch(&customer, &offer, &call("paper", 0)).await;
    let Err(CallError::Refused(error)) = known else { panic!("{known:?}") };
    assert_eq!(error.suggested_value, Some(vec![1]));
    let invoice = fetch(&customer, &offer, &call("paper", 1)).await.unwrap();
    pay(&customer, &invoice).await.unwrap();
    assert_eq!(series(&shop)[0].next_counter, 2);
}

// req RCR-R1, RCR-R7
#[tokio::test(start_paused = true)]
async fn invoices_of_a_period_from_before_and_after_a_restart_are_paid_once_between_them() {
    let world = World::new();
    let (shop, customer) = (world.announced(), world.announced());
    let offer = recurring(&shop, every_minute()).await;
    let first = fetch(&customer, &offer, &call("paper", 0)).await.unwrap();
    let shop = shop.restart();
    let second = fetch(&customer, &offer, &call("paper", 0)).await.unwrap();
    assert_ne!(first.payment_hash(), second.payment_hash());
    pay(&customer, &first).await.unwrap();
    let twice = pay(&customer, &second).await;
    assert!(matches!(twice, Err(CallError::Misuse(Misuse::AlreadyPaid))), "{twice:?}");
    let customer = customer.restart_empty();
    let forgotten = pay(&customer, &second).await;
    assert!(matches!(forgotten, Err(CallError::PaymentFailed { .. })), "{forgotten:?}");
    let (said, field) = refusal(fetch_blind(&customer, &offer, &call("paper", 0)).await);
    assert_eq!(said, "this period has been paid: the next counter is 1");
    assert_eq!(field, Some(2_000_000_092));
    assert_eq!((series(&shop)[0].next_counter, shop.gained()), (1, 1_000_000));
}

/// As nodes speak that follow the proposal and not Core Lightning.
#[tokio::test(start_paused = true)]
async fn an_offer_in_the_plain_numbers_of_the_proposal_is_paid_in_periods_too() {
    let world = World::new();
    let (shop, customer) = (world.announced(), world.announced());
    let plain = Recurrence { numbering: Numbering::Plain, ..every_minute() };
    let offer = recurring(&shop, plain).await;
    assert_eq!(offer.recurrence().map(|schedule| schedule.numbering), Some(Numbering::Plain));
    for counter in 0..2 {
        let invoice = fetch(&customer, &offer, &call("paper", counter)).await.unwrap();
        pay(&customer, &invoice).await.unwrap();
    }
    let customer = customer.restart_empty();
    let (said, field) = refusal(fetch_blind(&customer, &offer, &call("paper", 0)).await);
    assert_eq!(
        (said.as_str(), field),
        ("this period has been paid: the next counter is 2", Some(92))
    );
    assert_eq!((series(&shop)[0].next_counter, shop.gained()), (2, 2_000_000));
}
