//! Payouts.

use bolt1::{Msat, Timestamp};
use bolt12::{InvreqId, OfferId};
use offerd_core::payout::{Payout, PayoutAmount, PromiseState, Refund};
use offerd_core::port::{OpenPayouts, Page, Store};
use offerd_core::{Event, PayoutRow, Way};

use super::{commit, conflicts, indexed};
use crate::sample::{self, payout};

fn created(payout: &Payout) -> Event {
    Event::PayoutCreated(payout.clone())
}

/// A payout that has nothing in common with those of other numbers, not even absent fields.
fn bare(row: u32) -> Payout {
    Payout {
        label: None,
        amount: PayoutAmount::UpTo(Msat::MAX),
        offer: None,
        invoice_request: None,
        invoice_request_signed: None,
        path_id: None,
        absolute_expiry: None,
        ..payout(row)
    }
}

pub fn a_payout_by_the_piece_is_kept(store: &dyn Store) {
    let amount = PayoutAmount::Each { amount: Msat::ZERO, at_most: Msat::MAX };
    let counted = Payout { amount, ..bare(1) };
    commit(store, [created(&counted)]);
    assert_eq!(store.payout(counted.row).expect("payout"), Some(counted));
}

pub fn open_payouts_are_summed_up_until_they_expire_or_are_withdrawn(store: &dyn Store) {
    let (now, sat) = (Timestamp(1_000), |sat| Msat::from_sat(sat).expect("amount"));
    let of = |count, at_most| OpenPayouts { count, at_most };
    let open = || store.open_payouts(now).expect("payouts");
    assert_eq!(open(), OpenPayouts::default());
    let amount = PayoutAmount::UpTo(sat(5));
    commit(store, [created(&Payout { amount, ..bare(1) })]);
    let piece = PayoutAmount::Each { amount: sat(1), at_most: sat(20) };
    let last = Payout { amount: piece, absolute_expiry: Some(now), ..bare(2) };
    commit(store, [created(&last)]);
    let late = Payout { amount, absolute_expiry: Some(Timestamp(999)), ..bare(3) };
    commit(store, [created(&late)]);
    assert_eq!(open(), of(2, sat(25)));
    commit(store, [Event::PayoutDisabled { row: PayoutRow(2), at: now }]);
    assert_eq!(open(), of(1, sat(5)));
    commit(store, [created(&bare(4)), created(&bare(5))]);
    assert_eq!(open(), of(3, Msat::MAX));
}

pub fn a_refund_is_kept_and_found_by_what_it_refunds(store: &dyn Store) {
    let refunds = [sample::refund(1, 9), sample::refund(2, 8), sample::refund(3, 9)];
    let limited = refunds[2].refund.expect("it is a refund");
    let free = Payout { refund: Some(Refund { at_most: None, ..limited }), ..refunds[2].clone() };
    commit(store, [created(&refunds[0]), created(&refunds[1]), created(&free)]);
    commit(store, [created(&sample::payout_of_many(4, 7))]);
    let found = store.refunds_of(limited.payment_hash).expect("payouts");
    assert_eq!(found, [refunds[0].clone(), free]);
    commit(store, [created(&sample::fiat_payout(5))]);
    let in_euros = store.payout(PayoutRow(5)).expect("payout");
    assert_eq!(in_euros, Some(sample::fiat_payout(5)));
    let many = store.payout(PayoutRow(4)).expect("payout");
    assert_eq!(many, Some(sample::payout_of_many(4, 7)));
}

pub fn a_payout_is_found_by_each_of_its_names(store: &dyn Store) {
    let wanted = payout(2);
    commit(store, [created(&payout(1)), created(&wanted), created(&payout(3))]);
    let offer_id = wanted.offer_id().expect("it has an offer");
    let invreq_id = wanted.invreq_id().expect("it has a request");
    let found = [
        store.payout(wanted.row),
        store.payout_by_nonce(&wanted.nonce),
        store.payout_by_offer_id(&offer_id),
        store.payout_by_invreq_id(&invreq_id),
        store.payout_by_label("payout 2"),
    ];
    for found in found {
        assert_eq!(found.expect("payout").as_ref(), Some(&wanted));
    }
    let way = store.payout_way(&wanted.nonce).expect("way");
    assert_eq!(way, Some(Way::new(wanted.path_id)));
    assert_eq!(store.payout_way(&[0; 16]).expect("way"), None);
    let absent = [
        store.payout(PayoutRow(4)),
        store.payout_by_nonce(&[0; 16]),
        store.payout_by_offer_id(&OfferId([0; 32])),
        store.payout_by_invreq_id(&InvreqId([0; 32])),
        store.payout_by_label("payout"),
    ];
    for absent in absent {
        assert_eq!(absent.expect("payout"), None);
    }
}

pub fn a_payout_without_strings_and_options_is_kept(store: &dyn Store) {
    commit(store, [created(&bare(1))]);
    assert_eq!(store.payout(PayoutRow(1)).expect("payout"), Some(bare(1)));
}

pub fn payouts_are_numbered_from_one(store: &dyn Store) {
    assert_eq!(store.next_payout_row().expect("next"), PayoutRow(1));
    commit(store, [created(&payout(1)), created(&payout(2))]);
    assert_eq!(store.next_payout_row().expect("next"), PayoutRow(3));
}

pub fn a_second_payout_of_one_number_is_refused(store: &dyn Store) {
    commit(store, [created(&payout(1))]);
    conflicts(store, created(&Payout { row: PayoutRow(1), ..payout(2) }));
}

pub fn a_second_payout_of_one_label_is_refused_in_any_state(store: &dyn Store) {
    let (first, second) = (payout(1), payout(2));
    let again = |label: &Option<String>| Payout { label: label.clone(), ..payout(3) };
    let disabled = Event::PayoutDisabled { row: first.row, at: sample::NOW };
    let claim = sample::claim(2, &second);
    let spent = Event::PaymentEnded { id: claim.id, end: sample::paid(2) };
    commit(store, [created(&first), created(&second)]);
    conflicts(store, created(&again(&first.label)));
    commit(store, [disabled, Event::PaymentStarted(claim), spent]);
    conflicts(store, created(&again(&first.label)));
    conflicts(store, created(&again(&second.label)));
}

pub fn a_second_payout_of_one_nonce_is_refused(store: &dyn Store) {
    commit(store, [created(&payout(1))]);
    conflicts(store, created(&Payout { nonce: payout(1).nonce, ..payout(2) }));
}

pub fn a_second_payout_of_one_string_is_refused(store: &dyn Store) {
    let first = payout(1);
    commit(store, [created(&first)]);
    let offer = first.offer.clone();
    conflicts(store, created(&Payout { offer, ..bare(2) }));
    let invoice_request = first.invoice_request.clone();
    conflicts(store, created(&Payout { invoice_request, ..bare(2) }));
}

pub fn payouts_without_label_do_not_collide(store: &dyn Store) {
    commit(store, [created(&bare(1)), created(&bare(2))]);
    assert_eq!(store.payout(PayoutRow(2)).expect("payout"), Some(bare(2)));
}

pub fn a_disabled_payout_cannot_be_disabled_again(store: &dyn Store) {
    let wanted = payout(1);
    let disabled = Event::PayoutDisabled { row: wanted.row, at: sample::NOW };
    commit(store, [created(&wanted), disabled.clone()]);
    let found = store.payout(wanted.row).expect("payout");
    assert_eq!(found, Some(Payout { state: PromiseState::Disabled, ..wanted }));
    conflicts(store, disabled);
}

pub fn payouts_come_in_pages_oldest_first(store: &dyn Store) {
    let payouts: Vec<_> = (1..=3).map(payout).collect();
    commit(store, payouts.iter().map(created));
    assert_eq!(store.payouts(Page::ALL).expect("page"), indexed(1, payouts.clone()));
    let page = store.payouts(Page { start: 2, limit: 1 }).expect("page");
    assert_eq!(page, indexed(2, payouts[1..2].to_vec()));
}

pub fn a_disabled_payout_can_be_enabled_and_a_spent_one_cannot(store: &dyn Store) {
    let payout = payout(1);
    let (row, at) = (payout.row, sample::NOW);
    commit(store, [Event::PayoutCreated(payout.clone())]);
    conflicts(store, Event::PayoutEnabled { row, at });
    commit(store, [Event::PayoutDisabled { row, at }, Event::PayoutEnabled { row, at }]);
    assert_eq!(store.payout(row).expect("payout"), Some(payout.clone()));
    let claim = sample::claim(1, &payout);
    let id = claim.id;
    let end = sample::paid(1);
    commit(store, [Event::PaymentStarted(claim), Event::PaymentEnded { id, end }]);
    conflicts(store, Event::PayoutEnabled { row, at });
}
