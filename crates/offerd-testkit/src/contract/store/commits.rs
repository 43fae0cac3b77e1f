//! Batches and the outbox.

use offerd_core::port::{PortErrorKind, Store};
use offerd_core::receipt::{ReceiptKey, Source};
use offerd_core::{Batch, Effect, Event, InvoiceRow, OfferRow, PaymentHash, PaymentId, PayoutRow};

use super::{Snapshot, commit, conflicts, fill, rejected};
use crate::sample;

pub fn all_events_and_effects_of_a_batch_are_there_afterwards(store: &dyn Store) {
    let (offer, payout) = (sample::offer_entry(1), sample::payout(1));
    let claim = sample::claim(1, &payout);
    let batch = Batch {
        events: vec![
            Event::OfferCreated(offer.clone()),
            Event::PayoutCreated(payout.clone()),
            Event::PaymentStarted(claim.clone()),
        ],
        effects: vec![Effect::Pay(claim.id)],
    };
    store.commit(&batch).expect("commit");
    assert_eq!(store.offer(offer.row).expect("offer"), Some(offer));
    assert_eq!(store.payout(payout.row).expect("payout"), Some(payout));
    assert_eq!(store.payment(claim.id).expect("payment"), Some(claim.clone()));
    let effects: Vec<_> =
        store.outbox().expect("outbox").into_iter().map(|entry| entry.effect).collect();
    assert_eq!(effects, [Effect::Pay(claim.id)]);
}

pub fn a_conflict_in_the_last_event_undoes_the_whole_batch(store: &dyn Store) {
    fill(store);
    let before = Snapshot::of(store);
    let payout = sample::payout(9);
    let claim = sample::claim(9, &payout);
    let batch = Batch {
        events: vec![
            Event::OfferCreated(sample::offer_entry(9)),
            Event::PayoutCreated(payout),
            Event::PaymentStarted(claim.clone()),
            Event::PaymentEnded { id: claim.id, end: sample::paid(9) },
            Event::OfferCreated(sample::offer_entry(1)),
        ],
        effects: vec![Effect::Pay(claim.id)],
    };
    let error = store.commit(&batch).expect_err("offer 1 exists");
    assert_eq!(error.kind, PortErrorKind::Conflict);
    assert_eq!(Snapshot::of(store), before);
    assert_eq!(store.next_offer_row().expect("next"), OfferRow(3));
}

pub fn an_event_about_a_row_that_does_not_exist_is_refused(store: &dyn Store) {
    let at = sample::NOW;
    let id = PaymentId([7; 32]);
    let key = ReceiptKey { source: Source::Offer(OfferRow(7)), request_mac: [7; 10] };
    let encoding = sample::offer_encoding(sample::offer(7));
    rejected(store, Event::OfferEncoded { row: OfferRow(7), encoding });
    conflicts(store, Event::OfferDisabled { row: OfferRow(7), at });
    conflicts(store, Event::PayoutDisabled { row: PayoutRow(7), at });
    conflicts(store, Event::PaymentApproved { id, at });
    let failed = sample::failed_attempt(7);
    conflicts(store, Event::PaymentAttemptFailed { id, failed: failed.clone() });
    conflicts(store, Event::PaymentPutOff { id, attempts: 1, failed, next_at: at });
    conflicts(store, Event::PaymentEnded { id, end: sample::paid(7) });
    conflicts(store, Event::PaymentEnded { id, end: sample::failed() });
    conflicts(store, Event::InvoiceRefused { row: InvoiceRow(7), at });
    let (payment_id, amount) = ([7; 32], sample::invoice(7).amount());
    conflicts(store, Event::ReceiptPaid { key, payment_id, amount, at });
    conflicts(store, Event::ReceiptLost { key, payment_id, at });
}

pub fn the_outbox_gives_what_is_owed_in_order_until_it_is_done(store: &dyn Store) {
    let owed = [
        Effect::Pay(PaymentId([9; 32])),
        Effect::Accept(PaymentHash([1; 32])),
        Effect::TellRedeemer(PaymentId([5; 32])),
    ];
    for effect in &owed {
        store.commit(&Batch::default().and_then(effect.clone())).expect("commit");
    }
    let outbox = store.outbox().expect("outbox");
    assert_eq!(outbox.iter().map(|entry| entry.effect.clone()).collect::<Vec<_>>(), owed);
    store.effect_done(outbox[1].id).expect("done");
    let left = store.outbox().expect("outbox");
    assert_eq!(left, [outbox[0].clone(), outbox[2].clone()]);
}

pub fn doing_an_effect_twice_is_harmless(store: &dyn Store) {
    let effect = Effect::Accept(PaymentHash([1; 32]));
    store.commit(&Batch::default().and_then(effect)).expect("commit");
    let id = store.outbox().expect("outbox")[0].id;
    store.effect_done(id).expect("done");
    store.effect_done(id).expect("done again");
    assert_eq!(store.outbox().expect("outbox"), []);
}

/// Or an effect that is reported as done late would take another one with it.
pub fn an_outbox_number_is_not_used_again(store: &dyn Store) {
    let effect = Effect::Accept(PaymentHash([1; 32]));
    store.commit(&Batch::default().and_then(effect.clone())).expect("commit");
    let first = store.outbox().expect("outbox")[0].id;
    store.effect_done(first).expect("done");
    store.commit(&Batch::default().and_then(effect)).expect("commit");
    assert!(store.outbox().expect("outbox")[0].id > first);
}

pub fn an_empty_batch_changes_nothing(store: &dyn Store) {
    fill(store);
    let before = Snapshot::of(store);
    commit(store, []);
    assert_eq!(Snapshot::of(store), before);
}
