//! Payments of ours.

use bolt1::{Msat, Seconds, Timestamp};
use offerd_core::payment::{
    FailedAttempt, Failure, FailureKind, OutgoingPayment, PaymentEnd, PaymentState, Purpose,
};
use offerd_core::payout::{Payout, PromiseState, Uses};
use offerd_core::port::{Page, Store};
use offerd_core::{Event, PaymentId, PayoutRow};

use super::{commit, conflicts, indexed, rejected};
use crate::sample::{self, NOW, claim, failed, order, paid, payout};

fn started(payment: &OutgoingPayment) -> Event {
    Event::PaymentStarted(payment.clone())
}

fn ended(payment: &OutgoingPayment, end: PaymentEnd) -> Event {
    Event::PaymentEnded { id: payment.id, end }
}

fn with_end(payment: &OutgoingPayment, end: PaymentEnd) -> OutgoingPayment {
    OutgoingPayment { state: PaymentState::Ended(end), ..payment.clone() }
}

fn labelled(payment: OutgoingPayment, label: Option<&str>) -> OutgoingPayment {
    let label = label.map(str::to_owned);
    OutgoingPayment {
        purpose: Purpose::Order { label, offer_id: None, trusts_payee: false },
        ..payment
    }
}

/// A payout that is on record.
fn open_payout(store: &dyn Store, row: u32) -> Payout {
    let payout = payout(row);
    commit(store, [Event::PayoutCreated(payout.clone())]);
    payout
}

fn promise_state(store: &dyn Store, payout: &Payout) -> PromiseState {
    store.payout(payout.row).expect("payout").expect("it is on record").state
}

pub fn a_payment_is_found_by_id_label_and_request(store: &dyn Store) {
    let wanted = order(2);
    commit(store, [started(&order(1)), started(&wanted)]);
    assert_eq!(store.payment(wanted.id).expect("payment"), Some(wanted.clone()));
    assert_eq!(store.payment_by_label("payment 2").expect("payment"), Some(wanted.clone()));
    assert_eq!(store.payments_by_request(&wanted.request_key).expect("payments"), [wanted]);
    assert_eq!(store.payment(PaymentId([0; 32])).expect("payment"), None);
    assert_eq!(store.payment_by_label("payment").expect("payment"), None);
    assert_eq!(store.payments_by_request(&[0; 32]).expect("payments"), []);
}

pub fn a_claim_is_found_by_its_payout(store: &dyn Store) {
    let (first, second) = (open_payout(store, 1), open_payout(store, 2));
    let mine = claim(1, &first);
    let silent = OutgoingPayment {
        purpose: Purpose::Claim { payout: second.row, reply_path: None },
        ..claim(2, &second)
    };
    commit(store, [started(&mine), started(&silent)]);
    assert_eq!(store.claims(first.row).expect("claims"), [mine]);
    assert_eq!(store.claims(second.row).expect("claims"), [silent]);
    assert_eq!(store.claims(PayoutRow(3)).expect("claims"), []);
}

pub fn a_second_payment_of_one_id_is_refused(store: &dyn Store) {
    let first = order(1);
    commit(store, [started(&first)]);
    let second = OutgoingPayment { id: first.id, ..order(2) };
    conflicts(store, started(&second));
    commit(store, [ended(&first, failed())]);
    conflicts(store, started(&second));
}

pub fn a_second_unfinished_claim_on_one_payout_is_refused(store: &dyn Store) {
    let payout = open_payout(store, 1);
    commit(store, [started(&claim(1, &payout))]);
    conflicts(store, started(&claim(2, &payout)));
}

pub fn a_claim_on_a_paid_payout_is_refused(store: &dyn Store) {
    let payout = open_payout(store, 1);
    let first = claim(1, &payout);
    commit(store, [started(&first), ended(&first, paid(1))]);
    conflicts(store, started(&claim(2, &payout)));
}

pub fn a_failed_claim_frees_its_payout(store: &dyn Store) {
    let payout = open_payout(store, 1);
    let (first, second) = (claim(1, &payout), claim(2, &payout));
    commit(store, [started(&first), ended(&first, failed())]);
    commit(store, [started(&second)]);
    let claims = store.claims(payout.row).expect("claims");
    assert_eq!(claims, [with_end(&first, failed()), second]);
}

pub fn a_claim_on_an_unknown_payout_is_refused(store: &dyn Store) {
    rejected(store, started(&claim(1, &payout(1))));
}

pub fn a_second_order_for_one_request_is_refused_while_the_first_is_unfinished_or_paid(
    store: &dyn Store,
) {
    let first = order(1);
    let again = OutgoingPayment { request_key: first.request_key, ..order(2) };
    commit(store, [started(&first)]);
    conflicts(store, started(&again));
    commit(store, [ended(&first, paid(1))]);
    conflicts(store, started(&again));
}

pub fn a_failed_order_frees_its_request_and_label(store: &dyn Store) {
    let first = labelled(order(1), Some("rent"));
    let again = OutgoingPayment { id: order(2).id, ..first.clone() };
    commit(store, [started(&first), ended(&first, failed()), started(&again)]);
    let both = store.payments_by_request(&first.request_key).expect("payments");
    assert_eq!(both, [with_end(&first, failed()), again]);
}

pub fn a_label_names_the_newest_order(store: &dyn Store) {
    let first = labelled(order(1), Some("rent"));
    let second = labelled(order(2), Some("rent"));
    commit(store, [started(&first)]);
    conflicts(store, started(&second));
    commit(store, [ended(&first, failed()), started(&second)]);
    assert_eq!(store.payment_by_label("rent").expect("payment"), Some(second.clone()));
    commit(store, [ended(&second, paid(2))]);
    conflicts(store, started(&labelled(order(3), Some("rent"))));
    commit(store, [started(&labelled(order(4), None)), started(&labelled(order(5), None))]);
}

/// What was begun on the payee's word stands beside what is unfinished, and beside nothing that has arrived.
pub fn an_order_that_trusts_the_payee_stands_beside_an_unfinished_one(store: &dyn Store) {
    let purpose = |trusts_payee| Purpose::Order {
        label: Some("rent".to_owned()),
        offer_id: None,
        trusts_payee,
    };
    let first = labelled(order(1), Some("rent"));
    let beside = |number, trusts_payee| OutgoingPayment {
        request_key: first.request_key,
        purpose: purpose(trusts_payee),
        ..order(number)
    };
    commit(store, [started(&first)]);
    conflicts(store, started(&beside(2, false)));
    commit(store, [started(&beside(2, true))]);
    let by_label = || store.payment_by_label("rent").expect("payment").map(|found| found.id);
    assert_eq!(store.payment(order(2).id).expect("payment"), Some(beside(2, true)));
    assert_eq!(by_label(), Some(order(2).id));
    commit(store, [ended(&beside(2, true), failed())]);
    assert_eq!(by_label(), Some(first.id), "the first may still arrive");
    commit(store, [started(&beside(3, true)), ended(&first, paid(1))]);
    assert_eq!(by_label(), Some(first.id), "what has arrived counts");
    conflicts(store, started(&beside(4, true)));
}

/// We may be payer and payee of the same promise; what counts for a claim is the payout.
pub fn a_claim_and_an_order_may_share_a_request(store: &dyn Store) {
    let payout = open_payout(store, 1);
    let claim = claim(1, &payout);
    let order = OutgoingPayment { request_key: claim.request_key, ..order(2) };
    commit(store, [started(&claim), started(&order)]);
    let both = store.payments_by_request(&claim.request_key).expect("payments");
    assert_eq!(both, [claim, order]);
}

pub fn a_paid_claim_spends_its_payout_in_the_same_commit(store: &dyn Store) {
    let (payout, other) = (open_payout(store, 1), open_payout(store, 2));
    let claim = claim(1, &payout);
    commit(store, [started(&claim)]);
    assert_eq!(promise_state(store, &payout), PromiseState::Open);
    commit(store, [ended(&claim, paid(1))]);
    assert_eq!(promise_state(store, &payout), PromiseState::Spent);
    assert_eq!(promise_state(store, &other), PromiseState::Open);
    assert_eq!(store.payment(claim.id).expect("payment"), Some(with_end(&claim, paid(1))));
    conflicts(store, Event::PayoutDisabled { row: payout.row, at: NOW });
}

pub fn a_paid_claim_spends_a_disabled_payout_too(store: &dyn Store) {
    let payout = open_payout(store, 1);
    let claim = claim(1, &payout);
    let disabled = Event::PayoutDisabled { row: payout.row, at: NOW };
    commit(store, [started(&claim), disabled, ended(&claim, paid(1))]);
    assert_eq!(promise_state(store, &payout), PromiseState::Spent);
}

pub fn a_failed_claim_leaves_the_payout_as_it_was(store: &dyn Store) {
    let (open, disabled) = (open_payout(store, 1), open_payout(store, 2));
    let claims = [claim(1, &open), claim(2, &disabled)];
    let disable = Event::PayoutDisabled { row: disabled.row, at: NOW };
    commit(store, claims.iter().map(started).chain([disable]));
    commit(store, claims.iter().map(|claim| ended(claim, failed())));
    assert_eq!(promise_state(store, &open), PromiseState::Open);
    assert_eq!(promise_state(store, &disabled), PromiseState::Disabled);
}

pub fn a_payment_that_was_put_off_is_due_later(store: &dyn Store) {
    let payment = order(1);
    let next_at = NOW.plus(Seconds(64));
    let tried = sample::failed_attempt(1);
    let put_off = Event::PaymentPutOff { id: payment.id, attempts: 3, failed: tried, next_at };
    commit(store, [started(&payment), put_off.clone()]);
    let state = PaymentState::Pending { attempts: 3, next_at: Some(next_at) };
    let found = store.payment(payment.id).expect("payment");
    assert_eq!(found, Some(OutgoingPayment { state, ..payment.clone() }));
    commit(store, [ended(&payment, failed())]);
    conflicts(store, put_off);
}

pub fn what_attempts_came_to_is_kept_until_the_payment_ends(store: &dyn Store) {
    let (payment, other) = (order(1), order(2));
    let [first, second, third] = [1, 2, 3].map(sample::failed_attempt);
    let tried = |payment: &OutgoingPayment, failed: &FailedAttempt| Event::PaymentAttemptFailed {
        id: payment.id,
        failed: failed.clone(),
    };
    let (id, next_at) = (payment.id, NOW.plus(Seconds(64)));
    let put_off = Event::PaymentPutOff { id, attempts: 1, failed: second.clone(), next_at };
    commit(store, [started(&payment), started(&other)]);
    commit(store, [tried(&payment, &first), put_off, tried(&other, &third)]);
    let attempts = |payment: &OutgoingPayment| store.failed_attempts(payment.id).expect("list");
    assert_eq!(attempts(&payment), [first.clone(), second.clone()]);
    assert_eq!(attempts(&other).first(), Some(&third));
    commit(store, [ended(&payment, failed())]);
    conflicts(store, tried(&payment, &third));
    conflicts(store, tried(&order(3), &third));
    assert_eq!(attempts(&payment), [first, second]);
}

pub fn every_kind_of_failure_is_kept(store: &dyn Store) {
    let kinds = [
        FailureKind::RefusedByPayee,
        FailureKind::NoRoute,
        FailureKind::TooExpensive,
        FailureKind::InvoiceExpired,
        FailureKind::Abandoned,
        FailureKind::Other,
    ];
    for (number, kind) in (1..).zip(kinds) {
        let payment = order(number);
        let end = PaymentEnd::Failed { reason: Failure::new(kind, "why"), at: NOW };
        commit(store, [started(&payment), ended(&payment, end.clone())]);
        let found = store.payment(payment.id).expect("payment");
        assert_eq!(found, Some(with_end(&payment, end)));
    }
}

pub fn an_end_is_written_once(store: &dyn Store) {
    let (arrived, lost) = (order(1), order(2));
    commit(store, [started(&arrived), started(&lost)]);
    let no_fee = PaymentEnd::Paid { preimage: [3; 32], fee: None, parts: None, at: NOW };
    commit(store, [ended(&arrived, no_fee.clone()), ended(&lost, failed())]);
    conflicts(store, ended(&arrived, failed()));
    conflicts(store, ended(&arrived, paid(1)));
    conflicts(store, ended(&lost, failed()));
    assert_eq!(store.payment(arrived.id).expect("payment"), Some(with_end(&arrived, no_fee)));
    assert_eq!(store.payment(lost.id).expect("payment"), Some(with_end(&lost, failed())));
}

pub fn a_proof_beats_a_recorded_failure(store: &dyn Store) {
    let payout = open_payout(store, 1);
    let claim = claim(1, &payout);
    commit(store, [started(&claim), ended(&claim, failed())]);
    commit(store, [ended(&claim, paid(1))]);
    assert_eq!(store.payment(claim.id).expect("payment"), Some(with_end(&claim, paid(1))));
    assert_eq!(promise_state(store, &payout), PromiseState::Spent);
}

pub fn a_proof_is_recorded_beside_the_claim_that_took_its_place(store: &dyn Store) {
    let payout = open_payout(store, 1);
    let (first, second) = (claim(1, &payout), claim(2, &payout));
    commit(store, [started(&first), ended(&first, failed()), started(&second)]);
    commit(store, [ended(&first, paid(1))]);
    assert_eq!(store.claims(payout.row).expect("claims"), [with_end(&first, paid(1)), second]);
    assert_eq!(promise_state(store, &payout), PromiseState::Spent);
}

pub fn a_late_proof_bars_further_claims(store: &dyn Store) {
    let payout = open_payout(store, 1);
    let (first, second) = (claim(1, &payout), claim(2, &payout));
    commit(store, [started(&first), ended(&first, failed()), started(&second)]);
    commit(store, [ended(&first, paid(1)), ended(&second, failed())]);
    conflicts(store, started(&claim(3, &payout)));
}

pub fn pending_payments_are_those_without_an_end(store: &dyn Store) {
    let orders: Vec<_> = (1..=4).map(order).collect();
    commit(store, orders.iter().map(started));
    commit(store, [ended(&orders[0], paid(1)), ended(&orders[2], failed())]);
    let pending = store.pending_payments().expect("payments");
    assert_eq!(pending, [orders[1].clone(), orders[3].clone()]);
}

pub fn candidates_wait_beside_each_other_until_one_is_approved(store: &dyn Store) {
    let payout = open_payout(store, 1);
    let [first, second, third] = [1, 2, 3].map(|number| sample::candidate(number, &payout));
    let at = NOW.plus(Seconds(9));
    let approved = |candidate: &OutgoingPayment| Event::PaymentApproved { id: candidate.id, at };
    commit(store, [started(&first), started(&second), started(&third)]);
    let waiting = [first.clone(), second.clone(), third.clone()];
    assert_eq!(store.awaiting_claims().expect("claims"), waiting);
    assert_eq!(store.pending_payments().expect("payments"), []);
    assert_eq!(store.claimed_since(NOW).expect("sum"), Msat::ZERO);
    commit(store, [approved(&second)]);
    let state = PaymentState::Pending { attempts: 0, next_at: None };
    let pending = OutgoingPayment { state, created_at: at, ..second.clone() };
    assert_eq!(store.pending_payments().expect("payments"), [pending]);
    conflicts(store, approved(&second));
    conflicts(store, approved(&first));
    conflicts(store, approved(&order(7)));
    commit(store, [ended(&third, failed()), ended(&second, failed()), approved(&first)]);
    assert_eq!(store.awaiting_claims().expect("claims"), []);
    assert_eq!(promise_state(store, &payout), PromiseState::Open);
}

pub fn a_payout_of_many_uses_is_claimed_as_often_and_then_spent(store: &dyn Store) {
    let payout = sample::payout_of_many(1, 2);
    commit(store, [Event::PayoutCreated(payout.clone())]);
    let claims: Vec<_> = (1..=3).map(|number| claim(number, &payout)).collect();
    commit(store, [started(&claims[0]), started(&claims[1])]);
    conflicts(store, started(&claims[2]));
    commit(store, [ended(&claims[0], paid(1))]);
    assert_eq!(promise_state(store, &payout), PromiseState::Open);
    commit(store, [ended(&claims[1], failed()), started(&claims[2])]);
    commit(store, [ended(&claims[2], paid(3))]);
    assert_eq!(promise_state(store, &payout), PromiseState::Spent);
    let unbounded = Uses { most: None, total: Msat::new(1) };
    let payout = Payout { uses: unbounded, ..sample::payout(2) };
    commit(store, [Event::PayoutCreated(payout.clone())]);
    for number in 4..=9 {
        let claim = claim(number, &payout);
        commit(store, [started(&claim), ended(&claim, paid(number))]);
    }
    assert_eq!(promise_state(store, &payout), PromiseState::Open);
}

pub fn payments_are_found_by_their_hash(store: &dyn Store) {
    let payout = open_payout(store, 1);
    let (first, other) = (claim(1, &payout), order(2));
    let again = OutgoingPayment { id: order(3).id, ..order(1) };
    assert_eq!(first.payment_hash(), again.payment_hash());
    commit(store, [started(&first), started(&other), started(&again)]);
    let of_hash = store.payments_of_hash(first.payment_hash()).expect("payments");
    assert_eq!(of_hash, [first, again]);
}

pub fn claims_count_with_their_fees_from_a_moment_on(store: &dyn Store) {
    let at = |seconds, payment| OutgoingPayment { created_at: Timestamp(seconds), ..payment };
    let claims: Vec<_> =
        (1..=4).map(|n| at(1_000 + u64::from(n), claim(n, &open_payout(store, n)))).collect();
    commit(store, claims.iter().map(started).chain([started(&at(1_009, order(9)))]));
    commit(store, [ended(&claims[1], paid(2)), ended(&claims[2], failed())]);
    let cost = |claim: &OutgoingPayment| claim.amount.plus(claim.max_fee).expect("little");
    let sum = |a, b| Msat::plus(a, b).expect("little");
    let since = |seconds| store.claimed_since(Timestamp(seconds)).expect("sum");
    assert_eq!(since(1_005), Msat::ZERO);
    assert_eq!(since(1_004), cost(&claims[3]));
    assert_eq!(since(1_003), cost(&claims[3]));
    assert_eq!(since(1_002), sum(cost(&claims[1]), cost(&claims[3])));
    assert_eq!(since(0), sum(cost(&claims[0]), since(1_002)));
    assert_eq!(since(u64::MAX), Msat::ZERO);
}

pub fn claims_beyond_all_bitcoin_count_as_all_of_it(store: &dyn Store) {
    for number in 1..=5 {
        let claim = claim(number, &open_payout(store, number));
        let claim = OutgoingPayment { amount: Msat::MAX, max_fee: Msat::MAX, ..claim };
        commit(store, [started(&claim)]);
    }
    assert_eq!(store.claimed_since(NOW).expect("sum"), Msat::MAX);
}

pub fn payments_come_in_pages_oldest_first(store: &dyn Store) {
    let payments: Vec<_> = (1..=3).map(|number| order(10 - number)).collect();
    commit(store, payments.iter().map(started));
    assert_eq!(store.payments(Page::ALL).expect("page"), indexed(1, payments.clone()));
    let page = store.payments(Page { start: 2, limit: 1 }).expect("page");
    assert_eq!(page, indexed(2, payments[1..2].to_vec()));
    let page = store.payments(Page { start: 3, limit: 9 }).expect("page");
    assert_eq!(page, indexed(3, payments[2..].to_vec()));
}

pub fn a_payment_of_a_bolt11_invoice_is_kept(store: &dyn Store) {
    for number in [1, 2] {
        let payment = sample::bolt11_order(number);
        commit(store, [Event::PaymentStarted(payment.clone())]);
        assert_eq!(store.payment(payment.id).expect("payment"), Some(payment));
    }
}
