//! Payments to us.

use bolt1::Msat;
use offerd_core::port::{Page, Store};
use offerd_core::receipt::{Receipt, ReceiptKey, ReceiptState, Source};
use offerd_core::{Event, InvoiceRow, OfferRow};

use super::{commit, conflicts, indexed, rejected};
use crate::sample::{self, NOW, receipt};

const OFFER: Source = Source::Offer(OfferRow(1));
const INVOICE: Source = Source::Invoice(InvoiceRow(1));

fn claiming(receipt: &Receipt) -> Event {
    Event::ReceiptClaiming(receipt.clone())
}

fn paid(receipt: &Receipt, amount: Msat) -> Event {
    let (key, payment_id) = (receipt.key, receipt.payment_id);
    Event::ReceiptPaid { key, payment_id, amount, at: NOW.plus(bolt1::Seconds(2)) }
}

fn lost(receipt: &Receipt) -> Event {
    Event::ReceiptLost { key: receipt.key, payment_id: receipt.payment_id, at: NOW }
}

/// Two offers and an invoice to be paid.
fn set_up(store: &dyn Store) {
    commit(
        store,
        [
            Event::OfferCreated(sample::offer_entry(1)),
            Event::OfferCreated(sample::offer_entry(2)),
            Event::InvoiceMade(sample::own_invoice(1)),
        ],
    );
}

pub fn a_receipt_is_found_by_key_source_and_payment(store: &dyn Store) {
    set_up(store);
    let (first, second, third) = (receipt(1, OFFER), receipt(2, INVOICE), receipt(3, OFFER));
    commit(store, [claiming(&first), claiming(&second), claiming(&third)]);
    assert_eq!(store.receipt(&second.key).expect("receipt"), Some(second.clone()));
    assert_eq!(store.receipts_of(OFFER).expect("receipts"), [first.clone(), third.clone()]);
    assert_eq!(store.receipts_of(INVOICE).expect("receipts"), [second]);
    assert_eq!(store.receipts_of(Source::Offer(OfferRow(2))).expect("receipts"), []);
    let by_payment = |hash, id| store.receipt_by_payment(hash, id).expect("receipt");
    assert_eq!(by_payment(third.payment_hash, &third.payment_id), Some(third.clone()));
    assert_eq!(by_payment(third.payment_hash, &first.payment_id), None);
    let absent = ReceiptKey { source: INVOICE, ..first.key };
    assert_eq!(store.receipt(&absent).expect("receipt"), None);
}

pub fn a_receipt_without_options_is_kept(store: &dyn Store) {
    set_up(store);
    let bare = Receipt {
        quantity: None,
        payer_note: None,
        invoice: None,
        priced: None,
        worth: None,
        ..receipt(1, OFFER)
    };
    commit(store, [claiming(&bare)]);
    assert_eq!(store.receipt(&bare.key).expect("receipt"), Some(bare));
}

pub fn a_second_receipt_for_one_request_is_refused(store: &dyn Store) {
    set_up(store);
    for (number, source) in [(1, OFFER), (3, INVOICE)] {
        let first = receipt(number, source);
        commit(store, [claiming(&first)]);
        let second = Receipt { key: first.key, ..receipt(number + 1, source) };
        conflicts(store, claiming(&second));
        commit(store, [paid(&first, first.amount)]);
        conflicts(store, claiming(&second));
    }
}

pub fn requests_of_different_sources_do_not_collide(store: &dyn Store) {
    set_up(store);
    let first = receipt(1, OFFER);
    let of = |number, source| {
        let key = ReceiptKey { source, ..first.key };
        Receipt { key, ..receipt(number, source) }
    };
    let others = [of(2, INVOICE), of(3, Source::Offer(OfferRow(2)))];
    commit(store, [claiming(&first), claiming(&others[0]), claiming(&others[1])]);
    for receipt in [&first, &others[0], &others[1]] {
        assert_eq!(store.receipt(&receipt.key).expect("receipt").as_ref(), Some(receipt));
    }
}

pub fn a_second_receipt_of_one_payment_is_refused(store: &dyn Store) {
    set_up(store);
    let first = receipt(1, OFFER);
    commit(store, [claiming(&first)]);
    conflicts(store, claiming(&Receipt { key: receipt(2, OFFER).key, ..first }));
}

pub fn another_payment_of_the_same_hash_is_another_receipt(store: &dyn Store) {
    set_up(store);
    let first = receipt(1, OFFER);
    let second = Receipt { payment_hash: first.payment_hash, ..receipt(2, OFFER) };
    commit(store, [claiming(&first), claiming(&second)]);
    let found = store.receipt_by_payment(first.payment_hash, &second.payment_id);
    assert_eq!(found.expect("receipt"), Some(second));
}

pub fn a_receipt_needs_its_offer_or_invoice(store: &dyn Store) {
    set_up(store);
    rejected(store, claiming(&receipt(1, Source::Offer(OfferRow(3)))));
    rejected(store, claiming(&receipt(1, Source::Invoice(InvoiceRow(2)))));
}

pub fn a_paid_receipt_has_its_amount_and_marks_the_offer_as_used(store: &dyn Store) {
    set_up(store);
    let (for_offer, for_invoice) = (receipt(1, OFFER), receipt(2, INVOICE));
    commit(store, [claiming(&for_offer), claiming(&for_invoice)]);
    let used = |row| store.offer(OfferRow(row)).expect("offer").map(|offer| offer.used);
    assert_eq!(used(1), Some(false));
    let more = for_offer.amount.plus(Msat::new(1).expect("little")).expect("little");
    commit(store, [paid(&for_offer, more), paid(&for_invoice, for_invoice.amount)]);
    assert_eq!((used(1), used(2)), (Some(true), Some(false)));
    let state = sample::arrived();
    let found = store.receipt(&for_offer.key).expect("receipt");
    assert_eq!(found, Some(Receipt { amount: more, state, ..for_offer }));
    let found = store.receipt(&for_invoice.key).expect("receipt");
    assert_eq!(found, Some(Receipt { state, ..for_invoice }));
}

pub fn a_receipt_is_paid_once(store: &dyn Store) {
    set_up(store);
    let first = receipt(1, OFFER);
    commit(store, [claiming(&first), paid(&first, first.amount)]);
    conflicts(store, paid(&first, first.amount));
}

pub fn a_lost_receipt_frees_its_request_and_is_lost_once(store: &dyn Store) {
    set_up(store);
    for (number, source) in [(1, OFFER), (4, INVOICE)] {
        let first = receipt(number, source);
        let second = Receipt { key: first.key, ..receipt(number + 1, source) };
        commit(store, [claiming(&first), lost(&first)]);
        assert_eq!(store.receipt(&first.key).expect("receipt"), None);
        let state = ReceiptState::Lost { at: NOW };
        let found = store.receipt_by_payment(first.payment_hash, &first.payment_id);
        assert_eq!(found.expect("receipt"), Some(Receipt { state, ..first.clone() }));
        conflicts(store, lost(&first));
        conflicts(store, claiming(&first));
        commit(store, [claiming(&second)]);
        assert_eq!(store.receipt(&first.key).expect("receipt"), Some(second.clone()));
        commit(store, [paid(&second, second.amount)]);
        conflicts(store, lost(&second));
        conflicts(store, claiming(&Receipt { key: first.key, ..receipt(number + 2, source) }));
    }
}

pub fn money_that_came_is_recorded_even_where_it_was_thought_lost(store: &dyn Store) {
    set_up(store);
    let first = receipt(1, OFFER);
    let second = Receipt { key: first.key, ..receipt(2, OFFER) };
    commit(store, [claiming(&first), lost(&first), claiming(&second), paid(&first, first.amount)]);
    let state = sample::arrived();
    let both = store.receipts_of(OFFER).expect("receipts");
    assert_eq!(both, [Receipt { state, ..first }, second]);
}

pub fn claiming_receipts_are_those_without_an_end(store: &dyn Store) {
    set_up(store);
    let receipts: Vec<_> = (1..=4).map(|number| receipt(number, OFFER)).collect();
    commit(store, receipts.iter().map(claiming));
    commit(store, [paid(&receipts[0], receipts[0].amount), lost(&receipts[2])]);
    let open = store.claiming_receipts().expect("receipts");
    assert_eq!(open, [receipts[1].clone(), receipts[3].clone()]);
}

pub fn receipts_are_found_by_their_hash(store: &dyn Store) {
    set_up(store);
    let first = receipt(1, OFFER);
    let again = Receipt { payment_hash: first.payment_hash, ..receipt(2, OFFER) };
    commit(store, [claiming(&first), claiming(&receipt(3, OFFER)), claiming(&again)]);
    let found = store.receipts_of_hash(first.payment_hash).expect("receipts");
    assert_eq!(found, [first, again]);
}

pub fn receipts_come_in_pages_oldest_first(store: &dyn Store) {
    set_up(store);
    let receipts: Vec<_> = (1..=3).map(|number| receipt(10 - number, OFFER)).collect();
    commit(store, receipts.iter().map(claiming));
    assert_eq!(store.receipts(Page::ALL).expect("page"), indexed(1, receipts.clone()));
    let page = store.receipts(Page { start: 2, limit: 1 }).expect("page");
    assert_eq!(page, indexed(2, receipts[1..2].to_vec()));
}
