//! The offer book.

use bolt1::{Seconds, Timestamp};
use bolt12::OfferId;
use offerd_core::offer_book::{OfferEncoding, OfferEntry};
use offerd_core::port::{Page, Store};
use offerd_core::receipt::Source;
use offerd_core::{Event, OfferRow, Way};

use super::{commit, conflicts, indexed};
use crate::sample::{self, offer_encoding, offer_entry, single_use_offer_entry};

fn created(entry: &OfferEntry) -> Event {
    Event::OfferCreated(entry.clone())
}

pub fn an_offer_is_found_by_each_of_its_names(store: &dyn Store) {
    let (first, second) = (offer_entry(1), single_use_offer_entry(2));
    commit(store, [created(&first), created(&second)]);
    let key = first.arguments_key.expect("not single-use");
    assert_eq!(store.offer(first.row).expect("offer"), Some(first.clone()));
    assert_eq!(store.offer_by_id(&first.newest().offer_id()).expect("offer"), Some(first.clone()));
    assert_eq!(store.offer_by_arguments(&key).expect("offer"), Some(first));
    assert_eq!(store.offer(second.row).expect("offer"), Some(second.clone()));
    assert_eq!(store.single_use_offer_by_label("offer 2").expect("offer"), Some(second));
}

pub fn an_unknown_offer_is_absent(store: &dyn Store) {
    commit(store, [created(&offer_entry(1))]);
    assert_eq!(store.offer(OfferRow(2)).expect("offer"), None);
    assert_eq!(store.offer_by_id(&OfferId([2; 32])).expect("offer"), None);
    assert_eq!(store.offer_way(&OfferId([2; 32])).expect("way"), None);
    assert_eq!(store.offer_by_arguments(&[2; 32]).expect("offer"), None);
    // Offer 1 has the label, but may be paid again and again.
    assert_eq!(store.single_use_offer_by_label("offer 1").expect("offer"), None);
}

pub fn offers_are_numbered_from_one(store: &dyn Store) {
    assert_eq!(store.next_offer_row().expect("next"), OfferRow(1));
    commit(store, [created(&offer_entry(1)), created(&offer_entry(2))]);
    assert_eq!(store.next_offer_row().expect("next"), OfferRow(3));
}

pub fn a_second_offer_of_one_number_is_refused(store: &dyn Store) {
    commit(store, [created(&offer_entry(1))]);
    conflicts(store, created(&OfferEntry { row: OfferRow(1), ..offer_entry(2) }));
}

pub fn a_second_offer_of_the_same_arguments_is_refused(store: &dyn Store) {
    let first = offer_entry(1);
    commit(store, [created(&first)]);
    let second = OfferEntry { arguments_key: first.arguments_key, ..offer_entry(2) };
    conflicts(store, created(&second));
}

pub fn offers_without_arguments_key_do_not_collide(store: &dyn Store) {
    let bare = |row| OfferEntry { label: None, ..single_use_offer_entry(row) };
    commit(store, [created(&bare(1)), created(&bare(2))]);
    assert_eq!(store.offer(OfferRow(2)).expect("offer"), Some(bare(2)));
}

pub fn a_second_single_use_offer_of_one_label_is_refused(store: &dyn Store) {
    let first = single_use_offer_entry(1);
    commit(store, [created(&first)]);
    let second = OfferEntry { label: first.label, ..single_use_offer_entry(2) };
    conflicts(store, created(&second));
}

pub fn offers_that_are_not_single_use_may_share_a_label(store: &dyn Store) {
    let labelled = |entry| OfferEntry { label: Some("table 4".into()), ..entry };
    let single_use = labelled(single_use_offer_entry(3));
    commit(
        store,
        [
            created(&labelled(offer_entry(1))),
            created(&labelled(offer_entry(2))),
            created(&single_use),
        ],
    );
    assert_eq!(store.single_use_offer_by_label("table 4").expect("offer"), Some(single_use));
}

pub fn every_encoding_of_an_offer_finds_it(store: &dyn Store) {
    let mut entry = offer_entry(1);
    commit(store, [created(&entry)]);
    let created_at = sample::NOW.plus(Seconds(60));
    // The later one sorts before the earlier by offer_id or after it: both orders occur here.
    for number in 11..15 {
        let encoding =
            OfferEncoding { created_at, path_id: None, ..offer_encoding(sample::offer(number)) };
        entry.encodings.push(encoding.clone());
        commit(store, [Event::OfferEncoded { row: entry.row, encoding }]);
    }
    for encoding in entry.encodings.clone() {
        let way = store.offer_way(&encoding.offer_id()).expect("way");
        assert_eq!(way, Some(Way::new(encoding.path_id.clone())));
        let found = store.offer_by_id(&encoding.offer_id()).expect("offer");
        assert_eq!(found.as_ref(), Some(&entry));
    }
}

pub fn an_encoding_belongs_to_one_offer(store: &dyn Store) {
    let first = offer_entry(1);
    commit(store, [created(&first), created(&offer_entry(2))]);
    let encoding = first.newest().clone();
    conflicts(store, Event::OfferEncoded { row: OfferRow(2), encoding });
}

pub fn a_disabled_offer_is_inactive_and_cannot_be_disabled_again(store: &dyn Store) {
    let entry = offer_entry(1);
    let at = sample::NOW;
    commit(store, [created(&entry), Event::OfferDisabled { row: entry.row, at }]);
    let found = store.offer(entry.row).expect("offer");
    assert_eq!(found, Some(OfferEntry { active: false, ..entry.clone() }));
    conflicts(store, Event::OfferDisabled { row: entry.row, at: Timestamp(at.0 + 1) });
}

pub fn a_disabled_offer_can_be_enabled_once(store: &dyn Store) {
    let entry = offer_entry(1);
    let (row, at) = (entry.row, sample::NOW);
    commit(store, [created(&entry)]);
    conflicts(store, Event::OfferEnabled { row, at });
    commit(store, [Event::OfferDisabled { row, at }, Event::OfferEnabled { row, at }]);
    assert_eq!(store.offer(row).expect("offer"), Some(entry));
    conflicts(store, Event::OfferEnabled { row, at });
}

pub fn a_used_single_use_offer_cannot_be_enabled(store: &dyn Store) {
    let entry = single_use_offer_entry(1);
    let (row, at) = (entry.row, sample::NOW);
    let receipt = sample::receipt(1, Source::Offer(row));
    let (key, payment_id, amount) = (receipt.key, receipt.payment_id, receipt.amount);
    let paid = Event::ReceiptPaid { key, payment_id, amount, at };
    commit(store, [created(&entry), Event::ReceiptClaiming(receipt), paid]);
    commit(store, [Event::OfferDisabled { row, at }]);
    conflicts(store, Event::OfferEnabled { row, at });
}

pub fn offers_come_in_pages_oldest_first(store: &dyn Store) {
    let entries: Vec<_> = (1..=4).map(offer_entry).collect();
    commit(store, entries.iter().map(created));
    let page = |start, limit| store.offers(Page { start, limit }).expect("page");
    assert_eq!(store.offers(Page::ALL).expect("page"), indexed(1, entries.clone()));
    assert_eq!(page(2, 2), indexed(2, entries[1..3].to_vec()));
    assert_eq!(page(0, 1), indexed(1, entries[..1].to_vec()));
    assert_eq!(page(5, u64::MAX), []);
    assert_eq!(page(u64::MAX, u64::MAX), []);
    assert_eq!(page(1, 0), []);
}
