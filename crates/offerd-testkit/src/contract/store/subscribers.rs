//! Series that pay offers of ours.

use bolt1::Seconds;
use offerd_core::port::{Page, Store};
use offerd_core::subscriber::{Subscriber, SubscriberChange, SubscriberState};
use offerd_core::{Event, OfferRow, SubscriberRow};

use super::{commit, conflicts, indexed, rejected};
use crate::sample::{self, NOW, point, subscriber};

fn happened(change: SubscriberChange, record: &Subscriber) -> Event {
    Event::SubscriberChanged { change, record: record.clone() }
}

fn started(record: &Subscriber) -> Event {
    happened(SubscriberChange::Started, record)
}

fn set_up(store: &dyn Store) {
    commit(store, (1..=2).map(|row| Event::OfferCreated(sample::offer_entry(row))));
}

pub fn a_series_is_found_by_number_and_by_offer_and_payer(store: &dyn Store) {
    set_up(store);
    let (one, two) = (subscriber(1), subscriber(2));
    commit(store, [started(&one), started(&two)]);
    assert_eq!(store.subscriber(one.row).expect("series"), Some(one.clone()));
    assert_eq!(store.series(two.offer, &two.payer_id).expect("series"), Some(two));
    assert_eq!(store.series(OfferRow(2), &one.payer_id).expect("series"), None);
    assert_eq!(store.series(one.offer, &point(9)).expect("series"), None);
    assert_eq!(store.subscriber(SubscriberRow(3)).expect("series"), None);
}

pub fn series_are_numbered_from_one(store: &dyn Store) {
    set_up(store);
    assert_eq!(store.next_subscriber_row().expect("row"), SubscriberRow(1));
    commit(store, [started(&subscriber(1))]);
    assert_eq!(store.next_subscriber_row().expect("row"), SubscriberRow(2));
}

pub fn a_payer_has_one_series_of_an_offer(store: &dyn Store) {
    set_up(store);
    let one = subscriber(1);
    commit(store, [started(&one)]);
    conflicts(store, started(&one));
    conflicts(store, started(&Subscriber { row: SubscriberRow(2), ..one.clone() }));
    let elsewhere = Subscriber { row: SubscriberRow(2), offer: OfferRow(2), ..one.clone() };
    commit(store, [started(&elsewhere)]);
    rejected(store, started(&Subscriber { offer: OfferRow(9), ..subscriber(3) }));
}

pub fn a_series_goes_on_and_never_back(store: &dyn Store) {
    set_up(store);
    let one = subscriber(1);
    conflicts(store, happened(SubscriberChange::Paid, &one));
    commit(store, [started(&one)]);
    let on = Subscriber { next_counter: 5, due_at: Some(NOW), ..one.clone() };
    commit(store, [happened(SubscriberChange::Paid, &on)]);
    assert_eq!(store.subscriber(one.row).expect("series"), Some(on.clone()));
    conflicts(store, happened(SubscriberChange::Paid, &one));
    for state in [
        SubscriberState::Overdue { at: NOW },
        SubscriberState::Cancelled { at: NOW },
        SubscriberState::Ended { at: NOW },
    ] {
        let ended = Subscriber { state, due_at: None, ..on.clone() };
        commit(store, [happened(SubscriberChange::Ended, &ended)]);
        assert_eq!(store.subscriber(one.row).expect("series"), Some(ended));
    }
}

pub fn series_are_due_in_the_order_of_time(store: &dyn Store) {
    set_up(store);
    let due = |row, at: Option<u64>| Subscriber {
        due_at: at.map(|at| NOW.plus(Seconds(at))),
        ..subscriber(row)
    };
    let (late, never, soon) = (due(1, Some(30)), due(2, None), due(3, Some(10)));
    commit(store, [started(&late), started(&never), started(&soon)]);
    assert_eq!(store.subscribers_by_due(9).expect("series"), [soon.clone(), late]);
    assert_eq!(store.subscribers_by_due(1).expect("series"), [soon]);
}

pub fn series_come_in_pages_oldest_first(store: &dyn Store) {
    set_up(store);
    let all: Vec<_> = (1..=4).map(subscriber).collect();
    commit(store, all.iter().map(started));
    assert_eq!(store.subscribers(Page::ALL).expect("page"), indexed(1, all.clone()));
    let page = store.subscribers(Page { start: 2, limit: 2 }).expect("page");
    assert_eq!(page, indexed(2, all[1..3].to_vec()));
}
