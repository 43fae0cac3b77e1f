//! The order of changes.

use offerd_core::change::{ChangeKind, Subject, Subsystem};
use offerd_core::port::Store;
use offerd_core::receipt::Source;
use offerd_core::{Event, InvoiceRow, OfferRow};

use super::{commit, conflicts, fill};
use crate::sample;

/// All subjects of an order, read place by place.
pub(super) fn order(store: &dyn Store, subsystem: Subsystem, kind: ChangeKind) -> Vec<Subject> {
    let last = store.last_place(subsystem, kind).expect("last");
    let at = |place| store.subject_at(subsystem, kind, place).expect("subject");
    assert_eq!((at(0), at(last + 1), at(u64::MAX)), (None, None, None));
    (1..=last).map(|place| at(place).expect("no gaps")).collect()
}

pub fn an_empty_store_has_no_places(store: &dyn Store) {
    let lists = [
        Subsystem::Invoices,
        Subsystem::Offers,
        Subsystem::Payments,
        Subsystem::Payouts,
        Subsystem::Subscribers,
    ];
    for subsystem in lists {
        for kind in [ChangeKind::Created, ChangeKind::Updated, ChangeKind::Paid] {
            assert_eq!(order(store, subsystem, kind), []);
        }
    }
    assert_eq!(
        store.place_of(&Subject::Offer(OfferRow(1)), ChangeKind::Created).expect("place"),
        None
    );
}

pub fn records_have_places_in_the_order_of_what_happened_to_them(store: &dyn Store) {
    fill(store);
    let receipt = sample::receipt(1, Source::Offer(OfferRow(1)));
    let (one, two) = (Subject::Invoice(InvoiceRow(1)), Subject::Invoice(InvoiceRow(2)));
    let taken = Subject::of_receipt(&receipt.key);
    let (created, updated, paid) = (ChangeKind::Created, ChangeKind::Updated, ChangeKind::Paid);
    assert_eq!(order(store, Subsystem::Invoices, created), [one, two, taken]);
    assert_eq!(order(store, Subsystem::Invoices, updated), [two, taken]);
    assert_eq!(order(store, Subsystem::Invoices, paid), [taken]);
    let offers = [1, 2].map(|row| Subject::Offer(OfferRow(row)));
    assert_eq!(order(store, Subsystem::Offers, created), offers);
    assert_eq!(order(store, Subsystem::Offers, updated), [offers[1], offers[0]]);
    assert_eq!(order(store, Subsystem::Payments, created).len(), 3);
    assert_eq!(order(store, Subsystem::Payments, updated).len(), 2);
    assert_eq!(store.place_of(&taken, created).expect("place"), Some(3));
    assert_eq!(store.place_of(&taken, paid).expect("place"), Some(1));
    assert_eq!(store.place_of(&one, updated).expect("place"), None);
}

pub fn a_record_has_its_newest_place(store: &dyn Store) {
    let entry = sample::offer_entry(1);
    let (row, at) = (entry.row, sample::NOW);
    commit(store, [Event::OfferCreated(entry)]);
    commit(store, [Event::OfferDisabled { row, at }, Event::OfferEnabled { row, at }]);
    let place = store.place_of(&Subject::Offer(row), ChangeKind::Updated).expect("place");
    assert_eq!(place, Some(2));
}

pub fn a_refused_event_takes_no_place(store: &dyn Store) {
    let entry = sample::offer_entry(1);
    commit(store, [Event::OfferCreated(entry.clone())]);
    conflicts(store, Event::OfferCreated(entry));
    assert_eq!(store.last_place(Subsystem::Offers, ChangeKind::Created).expect("last"), 1);
}

pub fn a_payout_has_a_place_for_each_turn_of_its_redemptions(store: &dyn Store) {
    let (payout, at) = (sample::payout_of_many(1, 5), sample::NOW);
    let (paid, waits) = (sample::claim(1, &payout), sample::candidate(2, &payout));
    let row = payout.row;
    commit(store, [Event::PayoutCreated(payout)]);
    let places = || order(store, Subsystem::Payouts, ChangeKind::Updated).len();
    let ended = |id| Event::PaymentEnded { id, end: sample::failed() };
    for (event, expected) in [
        (Event::PaymentStarted(paid.clone()), 1),
        (ended(paid.id), 2),
        (Event::PaymentStarted(waits.clone()), 3),
        (Event::PaymentApproved { id: waits.id, at }, 4),
        (ended(waits.id), 5),
        (Event::PayoutDisabled { row, at }, 6),
        (Event::PayoutEnabled { row, at }, 7),
    ] {
        commit(store, [event]);
        assert_eq!(places(), expected);
    }
    assert_eq!(order(store, Subsystem::Payouts, ChangeKind::Created), [Subject::Payout(row)]);
    let order_of_ours = sample::order(3);
    let id = order_of_ours.id;
    commit(store, [Event::PaymentStarted(order_of_ours)]);
    commit(store, [ended(id)]);
    assert_eq!(places(), 7);
}

pub fn the_log_is_told_from_any_place_on(store: &dyn Store) {
    assert_eq!(store.last_logged().expect("last"), 0);
    fill(store);
    let all = store.log_after(0, usize::MAX).expect("log");
    let last = store.last_logged().expect("last");
    assert_eq!(all.last().map(|line| line.id), Some(last));
    assert!(all.is_sorted_by(|one, next| one.id < next.id), "{all:?}");
    assert_eq!((all[0].kind.as_str(), all[0].subject.as_str()), ("offer_created", "offer/1"));
    for line in &all {
        assert!(line.subject.contains('/') && !line.kind.is_empty(), "{line:?}");
        let rest = store.log_after(line.id, 2).expect("log");
        let expected: Vec<_> = all.iter().filter(|other| other.id > line.id).take(2).collect();
        assert_eq!(rest.iter().collect::<Vec<_>>(), expected);
    }
    assert_eq!(store.log_after(u64::MAX, 1).expect("log"), []);
}
