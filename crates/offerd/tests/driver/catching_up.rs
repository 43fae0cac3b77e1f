//! Subscriptions of which the database was lost: they go on where their issuer is, and pay no period twice.

use std::time::Duration;

use bolt1::{Seconds, Timestamp};
use bolt12::{Offer, Recurrence, RecurrenceBase, TimeUnit};
use offerd::driver::Subscribed;
use offerd_core::Event;
use offerd_core::port::{Page, Store as _};
use offerd_core::subscriber::Subscriber;
use offerd_core::subscription::{
    Caps, SubscribeArguments, Subscription, SubscriptionChange, SubscriptionState,
};
use offerd_testkit::sample;

use crate::world::{Party, World, offer_request, pass, sat, settle};

fn every_minute() -> Recurrence {
    Recurrence::every(60.try_into().unwrap(), TimeUnit::Seconds)
}

async fn recurring(shop: &Party, schedule: Recurrence) -> Offer {
    let mut request = offer_request(1_000);
    request.arguments.recurrence = Some(schedule);
    shop.driver.create_offer(request).await.unwrap().entry.newest().offer.clone()
}

async fn subscribe(customer: &Party, offer: &Offer, caps: Caps) -> Subscribed {
    let arguments = SubscribeArguments {
        offer: offer.clone(),
        label: "paper".into(),
        start: None,
        amount: None,
        quantity: None,
        payer_note: None,
        caps,
        remind_before: Some(Seconds(10)),
    };
    customer.driver.subscribe(arguments, Duration::from_secs(30)).await.unwrap()
}

fn known(customer: &Party) -> Subscription {
    customer.store.subscription_by_label("paper").unwrap().unwrap()
}

fn series(shop: &Party) -> Subscriber {
    let [one] = <[_; 1]>::try_from(shop.store.subscribers(Page::ALL).unwrap()).unwrap();
    one.row
}

fn caught_up(customer: &Party) -> usize {
    let events = customer.store.events();
    let is = |event: &&Event| {
        matches!(event, Event::SubscriptionChanged { change: SubscriptionChange::CaughtUp, .. })
    };
    events.iter().filter(is).count()
}

#[tokio::test(start_paused = true)]
async fn a_subscription_made_again_without_its_database_goes_on_where_its_issuer_is() {
    let world = World::new();
    let (shop, customer) = (world.announced(), world.announced());
    let offer = recurring(&shop, every_minute()).await;
    subscribe(&customer, &offer, Caps::default()).await;
    pass(121).await;
    let (before, gained) = (known(&customer), shop.gained());
    assert_eq!((before.next_counter, gained), (3, 3_000_000));
    let customer = customer.restart_empty();
    let made = subscribe(&customer, &offer, Caps::default()).await;
    assert!(made.created);
    // The issuer takes a payment one period early.
    assert_eq!((made.subscription.next_counter, shop.gained()), (4, 4_000_000));
    assert_eq!(made.subscription.basetime, before.basetime);
    assert_eq!(made.subscription.paid, sat(4_000));
    assert_eq!(caught_up(&customer), 1);
    pass(60).await;
    assert_eq!((known(&customer).next_counter, shop.gained()), (4, 4_000_000));
    pass(60).await;
    assert_eq!((known(&customer).next_counter, shop.gained()), (5, 5_000_000));
    assert_eq!((series(&shop).next_counter, known(&customer).trouble), (5, None));
}

#[tokio::test(start_paused = true)]
async fn where_the_next_payment_is_not_due_it_is_asked_for_until_it_is() {
    let world = World::new();
    let (shop, customer) = (world.announced(), world.announced());
    let offer = recurring(&shop, every_minute()).await;
    subscribe(&customer, &offer, Caps::default()).await;
    pass(61).await;
    let customer = customer.restart_empty();
    subscribe(&customer, &offer, Caps::default()).await;
    assert_eq!(shop.gained(), 3_000_000);
    let customer = customer.restart_empty();
    let early = subscribe(&customer, &offer, Caps::default()).await.subscription;
    let trouble = early.trouble.clone().unwrap();
    assert!(trouble.why.contains("too early"), "{trouble:?}");
    assert_eq!((early.next_counter, early.next_times(), early.paid), (3, None, sat(3_000)));
    assert_eq!(shop.gained(), 3_000_000);
    let customer = customer.restart();
    pass(80).await;
    assert_eq!((known(&customer).next_counter, shop.gained()), (4, 4_000_000));
    assert_eq!((known(&customer).trouble, caught_up(&customer)), (None, 1));
}

#[tokio::test(start_paused = true)]
async fn in_a_calendar_the_issuer_says_with_which_period_the_series_began() {
    let world = World::new();
    let (shop, customer) = (world.announced(), world.announced());
    let basetime = Timestamp(sample::NOW.0 - 130);
    let base = Some(RecurrenceBase { basetime, proportional: false });
    let offer = recurring(&shop, Recurrence { base, ..every_minute() }).await;
    let first = subscribe(&customer, &offer, Caps::default()).await.subscription;
    assert_eq!((first.start, first.next_counter), (Some(2), 1));
    pass(120).await;
    assert_eq!((known(&customer).next_counter, shop.gained()), (3, 3_000_000));
    let customer = customer.restart_empty();
    let made = subscribe(&customer, &offer, Caps::default()).await.subscription;
    assert_eq!((made.start, made.next_counter, &made.trouble), (Some(2), 3, &None));
    assert_eq!((shop.gained(), made.is_active()), (3_000_000, true));
    pass(60).await;
    assert_eq!((known(&customer).next_counter, shop.gained()), (4, 4_000_000));
    assert_eq!((series(&shop).start, series(&shop).next_counter), (Some(2), 4));
}

#[tokio::test(start_paused = true)]
async fn what_only_the_issuer_knows_of_counts_against_the_limits() {
    let world = World::new();
    let (shop, customer) = (world.announced(), world.announced());
    let offer = recurring(&shop, every_minute()).await;
    subscribe(&customer, &offer, Caps::default()).await;
    pass(121).await;
    let total = Caps { max_total: Some(sat(3_999)), ..Caps::default() };
    let periods = Caps { max_periods: Some(3), ..Caps::default() };
    let customer = customer.restart_empty();
    let made = subscribe(&customer, &offer, total).await.subscription;
    let SubscriptionState::Paused { why, .. } = made.state else { panic!("{made:?}") };
    assert!(why.contains("max_total_msat leaves 999000"), "{why}");
    let customer = customer.restart_empty();
    let made = subscribe(&customer, &offer, periods).await.subscription;
    settle().await;
    assert!(matches!(known(&customer).state, SubscriptionState::Ended { .. }), "{made:?}");
    pass(200).await;
    assert_eq!(shop.gained(), 3_000_000);
}

#[tokio::test(start_paused = true)]
async fn a_subscription_that_has_caught_up_is_cancelled_with_its_issuer() {
    let world = World::new();
    let (shop, customer) = (world.announced(), world.announced());
    let offer = recurring(&shop, every_minute()).await;
    subscribe(&customer, &offer, Caps::default()).await;
    pass(61).await;
    subscribe(&customer, &offer, Caps::default()).await;
    let mut customer = customer;
    for _ in 0..2 {
        customer = customer.restart_empty();
        subscribe(&customer, &offer, Caps::default()).await;
    }
    assert!(known(&customer).is_unsure());
    customer.driver.cancel_subscription("paper").await.unwrap();
    settle().await;
    assert!(matches!(known(&customer).state, SubscriptionState::Cancelled { told: true, .. }));
    assert!(series(&shop).is_cancelled());
}
