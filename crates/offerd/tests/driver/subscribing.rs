//! Offers that we pay again and again by ourselves.

use std::time::Duration;

use bolt1::{Msat, Seconds, Timestamp};
use bolt12::{Offer, Paywindow, Recurrence, RecurrenceBase, TimeUnit};
use offerd::driver::{CallError, SeriesCall, Subscribed};
use offerd_core::amount::AmountSpec;
use offerd_core::fetch::{FetchArguments, Past};
use offerd_core::port::{Page, Store as _};
use offerd_core::subscriber::{Subscriber, SubscriberState};
use offerd_core::subscription::{Caps, SubscribeArguments, Subscription, SubscriptionState};
use offerd_core::{Event, Misuse};
use offerd_testkit::sample;

use crate::world::{Party, World, offer_request, pass, pay_call, sat, settle};

fn every(seconds: u32) -> Recurrence {
    Recurrence::every(seconds.try_into().unwrap(), TimeUnit::Seconds)
}

async fn recurring(shop: &Party, schedule: Recurrence) -> Offer {
    let mut request = offer_request(1_000);
    request.arguments.recurrence = Some(schedule);
    shop.driver.create_offer(request).await.unwrap().entry.newest().offer.clone()
}

fn arguments(offer: &Offer) -> SubscribeArguments {
    SubscribeArguments {
        offer: offer.clone(),
        label: "paper".into(),
        start: None,
        amount: None,
        quantity: None,
        payer_note: None,
        caps: Caps::default(),
        remind_before: Some(Seconds(10)),
    }
}

async fn subscribe(
    customer: &Party,
    arguments: SubscribeArguments,
) -> Result<Subscribed, CallError> {
    customer.driver.subscribe(arguments, Duration::from_secs(30)).await
}

fn known(customer: &Party) -> Subscription {
    customer.store.subscription_by_label("paper").unwrap().unwrap()
}

fn series(shop: &Party) -> Subscriber {
    let all = shop.store.subscribers(Page::ALL).unwrap();
    let [one] = <[_; 1]>::try_from(all).unwrap();
    one.row
}

fn kinds(customer: &Party) -> Vec<&'static str> {
    let told = customer.store.events();
    let changes = told.iter().filter_map(|event| {
        let Event::SubscriptionChanged { change, .. } = event else { return None };
        Some(change.kind())
    });
    changes.collect()
}

fn blamed<T: std::fmt::Debug>(result: Result<T, CallError>) -> (&'static str, String) {
    match result {
        Err(CallError::Misuse(Misuse::Parameter { parameter, expected })) => (parameter, expected),
        other => panic!("not refused: {other:?}"),
    }
}

fn paused_why(customer: &Party) -> String {
    let state = known(customer).state;
    let SubscriptionState::Paused { why, .. } = state else { panic!("not paused: {state:?}") };
    why
}

// req RCI-R5, RCI-R6
#[tokio::test(start_paused = true)]
async fn each_period_is_paid_when_it_begins_and_once() {
    let world = World::new();
    let (shop, customer) = (world.announced(), world.announced());
    let offer = recurring(&shop, every(60)).await;
    let made = subscribe(&customer, arguments(&offer)).await.unwrap();
    assert!(made.created);
    assert_eq!((made.subscription.next_counter, shop.gained()), (1, 1_000_000));
    let base = made.subscription.basetime.unwrap();
    for paid in 1..=4_u32 {
        assert_eq!(known(&customer).next_counter, paid);
        assert_eq!(known(&customer).next_times().unwrap().pay_at.0, base.0 + 60 * u64::from(paid));
        assert_eq!(series(&shop).next_counter, paid);
        pass(61).await;
    }
    assert_eq!((customer.payments().len(), shop.gained()), (5, 5_000_000));
    let again = subscribe(&customer, arguments(&offer)).await.unwrap();
    assert!(!again.created);
    assert_eq!(again.subscription, known(&customer));
    let other = SubscribeArguments { payer_note: Some("hello".into()), ..arguments(&offer) };
    let taken = subscribe(&customer, other).await;
    assert!(matches!(taken, Err(CallError::Misuse(Misuse::LabelTaken { .. }))), "{taken:?}");
}

#[tokio::test(start_paused = true)]
async fn its_owner_is_reminded_before_each_payment_but_the_first() {
    let world = World::new();
    let (shop, customer) = (world.announced(), world.announced());
    let offer = recurring(&shop, every(60)).await;
    subscribe(&customer, arguments(&offer)).await.unwrap();
    let first = ["subscription.created", "subscription.paying", "subscription.paid"];
    assert_eq!(kinds(&customer), first);
    pass(48).await;
    assert_eq!(kinds(&customer), first);
    pass(3).await;
    assert_eq!(kinds(&customer)[3..], ["subscription.reminder"]);
    pass(10).await;
    let second = ["subscription.reminder", "subscription.paying", "subscription.paid"];
    assert_eq!(kinds(&customer)[3..], second);
}

// req RCI-R7
#[tokio::test(start_paused = true)]
async fn a_cancelled_subscription_pays_no_more_and_its_issuer_is_told() {
    let world = World::new();
    let (shop, customer) = (world.announced(), world.announced());
    let offer = recurring(&shop, every(60)).await;
    subscribe(&customer, arguments(&offer)).await.unwrap();
    let cancelled = customer.driver.cancel_subscription("paper").await.unwrap();
    assert!(matches!(cancelled.state, SubscriptionState::Cancelled { told: false, .. }));
    settle().await;
    assert!(matches!(known(&customer).state, SubscriptionState::Cancelled { told: true, .. }));
    assert!(series(&shop).is_cancelled());
    customer.driver.cancel_subscription("paper").await.unwrap();
    pass(600).await;
    assert_eq!((customer.payments().len(), shop.gained()), (1, 1_000_000));
    assert_eq!(blamed(customer.driver.resume_subscription("paper").await).0, "label");
    let unknown = customer.driver.cancel_subscription("nobody's").await;
    assert!(matches!(unknown, Err(CallError::Misuse(Misuse::Unknown { .. }))), "{unknown:?}");
}

#[tokio::test(start_paused = true)]
async fn a_paused_subscription_pays_again_when_it_is_resumed_in_time() {
    let world = World::new();
    let (shop, customer) = (world.announced(), world.announced());
    let offer = recurring(&shop, every(60)).await;
    subscribe(&customer, arguments(&offer)).await.unwrap();
    customer.driver.pause_subscription("paper").await.unwrap();
    assert_eq!(paused_why(&customer), "asked to");
    pass(90).await;
    assert_eq!(shop.gained(), 1_000_000);
    customer.driver.resume_subscription("paper").await.unwrap();
    settle().await;
    assert_eq!((known(&customer).next_counter, shop.gained()), (2, 2_000_000));
    customer.driver.pause_subscription("paper").await.unwrap();
    pass(90).await;
    let (name, why) = blamed(customer.driver.resume_subscription("paper").await);
    assert_eq!(name, "label");
    assert!(why.starts_with("its next period could be paid until"), "{why}");
    assert_eq!(shop.gained(), 2_000_000);
}

#[tokio::test(start_paused = true)]
async fn what_comes_to_nothing_is_tried_again_as_long_as_there_is_time() {
    let world = World::new();
    let (shop, customer) = (world.announced(), world.announced());
    let offer = recurring(&shop, every(1_000)).await;
    subscribe(&customer, arguments(&offer)).await.unwrap();
    shop.watch.wish(|wishes| wishes.mint_fails = true);
    pass(1_100).await;
    let trouble = known(&customer).trouble.unwrap();
    assert!(trouble.count > 3 && trouble.count < 12, "{trouble:?}");
    assert!(trouble.why.starts_with("the issuer refuses: "), "{trouble:?}");
    shop.watch.wish(|wishes| wishes.mint_fails = false);
    pass(300).await;
    assert_eq!((known(&customer).next_counter, known(&customer).trouble), (2, None));
    shop.watch.wish(|wishes| wishes.mint_fails = true);
    pass(1_700).await;
    assert!(paused_why(&customer).starts_with("it could not be paid until"));
    shop.watch.wish(|wishes| wishes.mint_fails = false);
    pass(5_000).await;
    assert_eq!(shop.gained(), 2_000_000);
    assert!(matches!(series(&shop).state, SubscriberState::Overdue { .. }));
}

#[tokio::test(start_paused = true)]
async fn a_restart_changes_nothing_and_a_long_absence_pauses() {
    let world = World::new();
    let (shop, customer) = (world.announced(), world.announced());
    let offer = recurring(&shop, every(60)).await;
    subscribe(&customer, arguments(&offer)).await.unwrap();
    let customer = customer.restart();
    pass(59).await;
    let customer = customer.restart();
    pass(2).await;
    assert_eq!((known(&customer).next_counter, shop.gained()), (2, 2_000_000));
    customer.watch.wish(|wishes| wishes.seconds_ahead = 10_000);
    let customer = customer.restart();
    settle().await;
    assert!(paused_why(&customer).contains("this node was not there"));
    customer.watch.wish(|wishes| wishes.seconds_ahead = 0);
    customer.driver.resume_subscription("paper").await.unwrap();
    pass(60).await;
    assert_eq!((known(&customer).next_counter, shop.gained()), (3, 3_000_000));
}

#[tokio::test(start_paused = true)]
async fn a_clock_that_goes_back_pays_no_period_again() {
    let world = World::new();
    let (shop, customer) = (world.announced(), world.announced());
    let offer = recurring(&shop, every(60)).await;
    subscribe(&customer, arguments(&offer)).await.unwrap();
    pass(61).await;
    customer.watch.wish(|wishes| wishes.seconds_ahead = -50_000);
    let customer = customer.restart();
    pass(700).await;
    assert_eq!((known(&customer).next_counter, shop.gained()), (2, 2_000_000));
    assert!(known(&customer).is_active());
}

#[tokio::test(start_paused = true)]
async fn a_payment_whose_outcome_is_unknown_is_waited_for() {
    let world = World::new();
    let (shop, customer) = (world.announced(), world.announced());
    let offer = recurring(&shop, every(60)).await;
    shop.watch.wish(|wishes| wishes.accept_fails = true);
    let made = subscribe(&customer, arguments(&offer)).await.unwrap();
    assert_eq!(made.subscription.next_counter, 0);
    assert!(made.subscription.paying.is_some());
    let customer = customer.restart();
    pass(20).await;
    assert_eq!(customer.payments().len(), 1);
    assert_eq!(customer.watch.orders().len(), 1);
    shop.watch.wish(|wishes| wishes.accept_fails = false);
    pass(10).await;
    assert_eq!((known(&customer).next_counter, shop.gained()), (1, 1_000_000));
}

#[tokio::test(start_paused = true)]
async fn a_period_that_was_paid_by_hand_is_not_paid_again() {
    let world = World::new();
    let (shop, customer) = (world.announced(), world.announced());
    let offer = recurring(&shop, every(60)).await;
    subscribe(&customer, arguments(&offer)).await.unwrap();
    let call = SeriesCall { label: "paper".into(), counter: 1, start: None, cancel: false };
    let series = customer.driver.series(&offer, &call).unwrap();
    assert!(matches!(series.past, Past::Paid(_)));
    let asked = FetchArguments { series: Some(series), ..FetchArguments::default() };
    let within = Duration::from_secs(10);
    let invoice = customer.driver.fetch_invoice(&offer, &asked, within).await.unwrap();
    customer.driver.pay(pay_call(&invoice.fetched.invoice.to_string())).await.unwrap();
    settle().await;
    assert_eq!(known(&customer).next_counter, 2);
    pass(61).await;
    assert_eq!((customer.payments().len(), shop.gained()), (2, 2_000_000));
}

#[tokio::test(start_paused = true)]
async fn it_ends_with_the_periods_the_total_or_the_offer() {
    let world = World::new();
    let (shop, customer) = (world.announced(), world.announced());
    let limited = Recurrence { limit: Some(1.try_into().unwrap()), ..every(30) };
    let offers = [recurring(&shop, every(60)).await, recurring(&shop, limited).await];
    let capped = |label: &str, offer: usize, caps: Caps| SubscribeArguments {
        label: label.into(),
        caps,
        ..arguments(&offers[offer])
    };
    let periods = Caps { max_periods: Some(2), ..Caps::default() };
    let total = Caps { max_total: Some(sat(2_000)), ..Caps::default() };
    for (label, offer, caps) in [("a", 0, periods), ("b", 0, total), ("c", 1, Caps::default())] {
        subscribe(&customer, capped(label, offer, caps)).await.unwrap();
    }
    pass(500).await;
    for label in ["a", "b", "c"] {
        let known = customer.store.subscription_by_label(label).unwrap().unwrap();
        assert_eq!(known.next_counter, 2, "{label}");
        assert!(matches!(known.state, SubscriptionState::Ended { .. }), "{label}");
        assert_eq!(blamed(customer.driver.cancel_subscription(label).await).0, "label");
    }
    assert_eq!(shop.gained(), 6_000_000);
}

// req RCI-R4
#[tokio::test(start_paused = true)]
async fn an_invoice_above_what_was_allowed_pauses_it_unpaid() {
    let world = World::new();
    let (shop, customer) = (world.announced(), world.announced());
    let mut request = offer_request(1_000);
    request.arguments.amount = AmountSpec::Any;
    request.arguments.recurrence = Some(every(60));
    let any = shop.driver.create_offer(request).await.unwrap().entry.newest().offer.clone();
    assert_eq!(blamed(subscribe(&customer, arguments(&any)).await).0, "amount_msat");
    let (amount, total) = (Some(sat(700)), Some(sat(1_500)));
    let caps = Caps { max_total: total, ..Caps::default() };
    subscribe(&customer, SubscribeArguments { amount, caps, ..arguments(&any) }).await.unwrap();
    pass(130).await;
    let why = paused_why(&customer);
    assert!(why.contains("max_total_msat leaves 100000"), "{why}");
    assert_eq!((known(&customer).paid, shop.gained()), (sat(1_400), 1_400_000));
}

#[tokio::test(start_paused = true)]
async fn what_cannot_be_subscribed_to_is_refused_by_name_and_leaves_nothing() {
    let world = World::new();
    let (shop, customer) = (world.announced(), world.announced());
    let plain: Offer = shop.offer(1_000).await.parse().unwrap();
    let offer = recurring(&shop, every(60)).await;
    let base = |basetime| Some(RecurrenceBase { basetime, proportional: false });
    let past = Timestamp(sample::NOW.0 - 1_000);
    let last = Some(1.try_into().unwrap());
    let over = recurring(&shop, Recurrence { base: base(past), limit: last, ..every(60) }).await;
    let fixed = recurring(&shop, Recurrence { base: base(past), ..every(60) }).await;
    let cap = |caps| SubscribeArguments { caps, ..arguments(&offer) };
    let little = Some(Msat::new(999_999).unwrap());
    let cases = [
        (arguments(&plain), "offer"),
        (SubscribeArguments { start: Some(0), ..arguments(&offer) }, "start"),
        (SubscribeArguments { quantity: Some(2), ..arguments(&offer) }, "quantity"),
        (SubscribeArguments { amount: Some(sat(999)), ..arguments(&offer) }, "amount_msat"),
        (cap(Caps { max_periods: Some(0), ..Caps::default() }), "max_periods"),
        (cap(Caps { max_total: little, ..Caps::default() }), "max_total_msat"),
        (cap(Caps { max_per_period: little, ..Caps::default() }), "max_per_period_msat"),
        (cap(Caps { max_rate_drift_ppm: Some(1), ..Caps::default() }), "max_rate_drift_ppm"),
        (arguments(&over), "start"),
        (SubscribeArguments { start: Some(1), ..arguments(&fixed) }, "start"),
        (SubscribeArguments { start: Some(u32::MAX), ..arguments(&fixed) }, "start"),
    ];
    for (arguments, name) in cases {
        let told = format!("{arguments:?}");
        assert_eq!(blamed(subscribe(&customer, arguments).await).0, name, "{told}");
    }
    let own = recurring(&customer, every(60)).await;
    let ourselves = subscribe(&customer, arguments(&own)).await;
    assert!(matches!(ourselves, Err(CallError::Misuse(Misuse::PaysOurselves))), "{ourselves:?}");
    assert_eq!(customer.store.subscriptions(Page::ALL).unwrap(), []);
}

#[tokio::test(start_paused = true)]
async fn a_calendar_is_entered_at_its_running_period_and_paid_inside_the_window() {
    let world = World::new();
    let (shop, customer) = (world.announced(), world.announced());
    let basetime = Timestamp(sample::NOW.0 - 2_500);
    let schedule = Recurrence {
        base: Some(RecurrenceBase { basetime, proportional: true }),
        paywindow: Some(Paywindow { seconds_before: 100, seconds_after: 900 }),
        ..every(1_000)
    };
    let offer = recurring(&shop, schedule).await;
    let made = subscribe(&customer, arguments(&offer)).await.unwrap().subscription;
    assert_eq!((made.start, made.next_counter), (Some(2), 1));
    assert_eq!(shop.gained(), 500_000);
    pass(502).await;
    assert_eq!((known(&customer).next_counter, shop.gained()), (2, 1_500_000));
    let before = Paywindow { seconds_before: 100, seconds_after: 0 };
    let early = recurring(&shop, Recurrence { paywindow: Some(before), ..schedule }).await;
    let arguments = SubscribeArguments { label: "early".into(), ..arguments(&early) };
    let waits = subscribe(&customer, arguments).await.unwrap().subscription;
    let start = basetime.0 + 4_000;
    assert_eq!((waits.start, waits.next_counter), (Some(4), 0));
    assert_eq!(waits.next_times().unwrap().pay_at.0, start - 50);
    pass(start - 48 - (sample::NOW.0 + 502)).await;
    let paid = customer.store.subscription_by_label("early").unwrap().unwrap();
    assert_eq!(paid.next_counter, 1);
}

#[tokio::test(start_paused = true)]
async fn a_price_in_a_currency_is_fixed_for_each_period_by_the_rates_of_then() {
    let world = World::new();
    let (shop, customer) = (world.announced(), world.announced());
    let rates = |dollars: &str| [&shop, &customer].map(|side| side.rates.say("USD", dollars));
    rates("50000");
    let mut request = offer_request(1);
    request.arguments.amount = "5USD".parse().unwrap();
    request.arguments.recurrence = Some(every(60));
    let offer = shop.driver.create_offer(request).await.unwrap().entry.newest().offer.clone();
    let caps = Caps { max_per_period: Some(sat(21_000)), ..Caps::default() };
    let (drift, silent) = (Some(10_000), SubscribeArguments { caps, ..arguments(&offer) });
    let drifting = SubscribeArguments {
        label: "drifting".into(),
        caps: Caps { max_rate_drift_ppm: drift, ..Caps::default() },
        ..arguments(&offer)
    };
    subscribe(&customer, silent).await.unwrap();
    subscribe(&customer, drifting).await.unwrap();
    let paid = |label: &str| {
        let known = customer.store.subscription_by_label(label).unwrap().unwrap();
        (known.paid, known.state)
    };
    assert_eq!(paid("paper"), (sat(10_000), SubscriptionState::Active));
    rates("25000");
    pass(61).await;
    assert_eq!(paid("paper"), (sat(30_000), SubscriptionState::Active));
    assert_eq!(paid("drifting"), (sat(30_000), SubscriptionState::Active));
    customer.rates.say("USD", "26000");
    pass(61).await;
    assert_eq!(paid("paper"), (sat(50_000), SubscriptionState::Active));
    let (_, state) = paid("drifting");
    let SubscriptionState::Paused { why, .. } = state else { panic!("not paused: {state:?}") };
    assert!(why.contains("more than the") && why.contains("that were allowed"), "{why}");
    rates("20000");
    pass(61).await;
    let why = paused_why(&customer);
    assert!(why.contains("more than the max_per_period_msat of 21000000"), "{why}");
    assert_eq!(shop.gained(), 80_000_000);
}

#[tokio::test(start_paused = true)]
async fn without_a_rate_nothing_in_a_currency_is_paid_on_a_guess() {
    let world = World::new();
    let (shop, customer) = (world.announced(), world.announced());
    shop.rates.say("EUR", "40000");
    let mut request = offer_request(1);
    request.arguments.amount = "2EUR".parse().unwrap();
    request.arguments.recurrence = Some(every(600));
    let offer = shop.driver.create_offer(request).await.unwrap().entry.newest().offer.clone();
    let made = subscribe(&customer, arguments(&offer)).await.unwrap().subscription;
    let why = made.trouble.unwrap().why;
    assert!(why.contains("max_amount_msat") && why.contains("no rate of its own"), "{why}");
    customer.rates.say("EUR", "40000");
    pass(100).await;
    assert_eq!((known(&customer).paid, shop.gained()), (sat(5_000), 5_000_000));
    shop.rates.fall_silent("EUR");
    pass(1_200).await;
    assert!(paused_why(&customer).contains("the issuer refuses"));
}
