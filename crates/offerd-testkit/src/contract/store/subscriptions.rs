//! Offers that we pay again and again.

use bolt1::{Msat, Seconds};
use offerd_core::port::{Page, Store};
use offerd_core::subscription::{Subscription, SubscriptionChange, SubscriptionState, Trouble};
use offerd_core::{Event, PaymentId, SubscriptionRow};

use super::{commit, conflicts, indexed, rejected};
use crate::sample::{self, NOW, subscription};

fn happened(change: SubscriptionChange, record: &Subscription) -> Event {
    Event::SubscriptionChanged { change, record: Box::new(record.clone()) }
}

fn made(record: &Subscription) -> Event {
    happened(SubscriptionChange::Created, record)
}

pub fn a_subscription_is_found_by_number_and_label(store: &dyn Store) {
    let (one, two) = (subscription(1), subscription(2));
    commit(store, [made(&one), made(&two)]);
    assert_eq!(store.subscription(one.row).expect("subscription"), Some(one.clone()));
    assert_eq!(store.subscription_by_label(&two.label).expect("subscription"), Some(two));
    assert_eq!(store.subscription_by_label("nobody's").expect("subscription"), None);
    assert_eq!(store.subscription(SubscriptionRow(3)).expect("subscription"), None);
}

pub fn subscriptions_are_numbered_from_one(store: &dyn Store) {
    assert_eq!(store.next_subscription_row().expect("row"), SubscriptionRow(1));
    commit(store, [made(&subscription(1))]);
    assert_eq!(store.next_subscription_row().expect("row"), SubscriptionRow(2));
}

pub fn a_label_is_one_subscription_in_any_state(store: &dyn Store) {
    let one = subscription(1);
    commit(store, [made(&one)]);
    conflicts(store, made(&one));
    let state = SubscriptionState::Ended { at: NOW };
    let ended = Subscription { state, ..one.clone() };
    commit(store, [happened(SubscriptionChange::Ended, &ended)]);
    conflicts(store, made(&Subscription { row: SubscriptionRow(2), ..one }));
}

pub fn a_subscription_goes_on_and_never_back(store: &dyn Store) {
    let one = subscription(1);
    conflicts(store, happened(SubscriptionChange::Paid, &one));
    commit(store, [made(&one)]);
    let on = Subscription {
        basetime: Some(NOW),
        next_counter: 5,
        paid: Msat::new(105_000).expect("little"),
        paid_at: Some(NOW.plus(Seconds(9))),
        reminded: true,
        trouble: Some(Trouble { count: 3, at: NOW, why: "nobody is there".into() }),
        ..one.clone()
    };
    commit(store, [happened(SubscriptionChange::Paid, &on)]);
    assert_eq!(store.subscription(one.row).expect("subscription"), Some(on.clone()));
    conflicts(store, happened(SubscriptionChange::Paid, &one));
    let states = [
        SubscriptionState::Paused { at: NOW, why: "too dear".into() },
        SubscriptionState::Cancelled { at: NOW, told: false },
        SubscriptionState::Cancelled { at: NOW, told: true },
        SubscriptionState::Ended { at: NOW },
        SubscriptionState::Active,
    ];
    for state in states {
        let changed = Subscription { state, trouble: None, ..on.clone() };
        commit(store, [happened(SubscriptionChange::Paused, &changed)]);
        assert_eq!(store.subscription(one.row).expect("subscription"), Some(changed));
    }
}

pub fn a_payment_is_of_one_subscription(store: &dyn Store) {
    let order = sample::order(1);
    let (one, two) = (subscription(1), subscription(2));
    commit(store, [made(&one), made(&two), Event::PaymentStarted(order.clone())]);
    let paying = |record: Subscription| Subscription { paying: Some(order.id), ..record };
    commit(store, [happened(SubscriptionChange::Begun, &paying(one.clone()))]);
    let found = store.subscription_by_payment(order.id).expect("subscription");
    assert_eq!(found, Some(paying(one.clone())));
    conflicts(store, happened(SubscriptionChange::Begun, &paying(two.clone())));
    let unknown = Subscription { paying: Some(PaymentId([9; 32])), ..two };
    rejected(store, happened(SubscriptionChange::Begun, &unknown));
    commit(store, [happened(SubscriptionChange::Failed, &one)]);
    assert_eq!(store.subscription_by_payment(order.id).expect("subscription"), None);
}

pub fn live_subscriptions_are_those_to_which_something_may_happen(store: &dyn Store) {
    let order = sample::order(1);
    commit(store, [Event::PaymentStarted(order.clone())]);
    let in_state = |row, state| Subscription { state, ..subscription(row) };
    let at = NOW;
    let active = subscription(1);
    let paused = in_state(2, SubscriptionState::Paused { at, why: "asked to".into() });
    let untold = in_state(3, SubscriptionState::Cancelled { at, told: false });
    let told = in_state(4, SubscriptionState::Cancelled { at, told: true });
    let ended = in_state(5, SubscriptionState::Ended { at });
    let paying = Subscription {
        paying: Some(order.id),
        ..in_state(6, SubscriptionState::Cancelled { at, told: true })
    };
    let all = [&active, &paused, &untold, &told, &ended, &paying];
    commit(store, all.map(made));
    assert_eq!(store.live_subscriptions().expect("subscriptions"), [active, untold, paying]);
}

pub fn subscriptions_come_in_pages_oldest_first(store: &dyn Store) {
    let all: Vec<_> = (1..=4).map(subscription).collect();
    commit(store, all.iter().map(made));
    assert_eq!(store.subscriptions(Page::ALL).expect("page"), indexed(1, all.clone()));
    let page = store.subscriptions(Page { start: 2, limit: 2 }).expect("page");
    assert_eq!(page, indexed(2, all[1..3].to_vec()));
}
