//! Payments of ours: what is begun, what comes of it.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod common;

use std::slice::from_ref;

use bolt1::{CltvDelta, Seconds, Timestamp};
use bolt12::{Invoice, InvoiceBuilder, OfferBuilder, field};
use offerd_core::payment::{
    FailedAttempt, Failure, FailureKind, OrderTerms, Ordered, OutgoingPayment, PaymentEnd,
    PaymentState, Purpose, decide_bolt11_order, decide_label, decide_order, on_attempt_failed,
    on_failed, on_refused, on_sent, pay_order,
};
use offerd_core::port::{Bolt11Facts, PayRefused, PaymentFailure};
use offerd_core::{Batch, Effect, Event, Misuse, PaymentId, Policy};
use offerd_testkit::sample;
use proptest::prelude::*;
use secp256k1::Keypair;

use common::{keys, msat, policy, with_broken_signature};

const NOW: Timestamp = sample::NOW;

fn ended(payment: &OutgoingPayment, end: PaymentEnd) -> OutgoingPayment {
    OutgoingPayment { state: PaymentState::Ended(end), ..payment.clone() }
}

fn terms() -> OrderTerms {
    OrderTerms {
        priced: None,
        rate: None,
        label: None,
        offer_id: None,
        max_amount: None,
        max_fee: None,
        max_delay: None,
        retry_for: Seconds(60),
        trust_payee: false,
    }
}

fn decide(
    invoice: Invoice,
    terms: OrderTerms,
    history: &[OutgoingPayment],
    now: Timestamp,
) -> Result<Ordered, Misuse> {
    decide_order(invoice, terms, history, PaymentId([3; 32]), &keys(99), &policy(), now)
}

fn begun(ordered: Result<Ordered, Misuse>) -> OutgoingPayment {
    let Ok(Ordered::New(batch)) = ordered else { panic!("{ordered:?}") };
    let [Event::PaymentStarted(payment)] = batch.events.as_slice() else { panic!("{batch:?}") };
    assert_eq!(batch.effects, [Effect::Pay(payment.id)]);
    payment.clone()
}

/// A second invoice of the request that [`sample::invoice`] 1 answers.
fn second_invoice() -> Invoice {
    let request = sample::invoice_request(&sample::offer(1), 1);
    sample::invoice_for(&request, &sample::keypair(1), 2)
}

#[test]
fn one_request_is_paid_once_whatever_invoices_there_are_for_it() {
    let (first, second) = (sample::invoice(1), second_invoice());
    assert_eq!(first.request_key(), second.request_key());
    let pending = sample::order(1);
    let paid = ended(&pending, sample::paid(1));
    let failed = ended(&pending, sample::failed());
    for live in [&pending, &paid] {
        let history = [failed.clone(), live.clone()];
        let again = decide(first.clone(), terms(), &history, NOW);
        assert_eq!(again, Ok(Ordered::Same(Box::new(live.clone()))));
    }
    let other = |history: &[OutgoingPayment]| decide(second.clone(), terms(), history, NOW);
    assert_eq!(other(&[pending]), Err(Misuse::BeingPaid));
    assert_eq!(other(&[paid]), Err(Misuse::AlreadyPaid));
    assert_eq!(begun(other(&[failed])).invoice, second.into());
}

/// The same, in place of others, signed by [`sample::keypair`] `signer`, whose offer it must be, with the payment hash
/// of `hash` bytes.
fn in_place_of(replaced: &[[u8; 32]], hash: [u8; 32]) -> Invoice {
    let request = sample::invoice_request(&sample::offer(1), 1);
    InvoiceBuilder::for_request(&request)
        .amount(sample::invoice(1).amount())
        .paths(vec![sample::payment_path(1)])
        .created_at(NOW)
        .payment_hash(hash)
        .replaces(replaced)
        .sign(&sample::secp(), &sample::keypair(1))
        .unwrap()
}

#[test]
fn a_second_invoice_is_paid_beside_the_first_only_on_the_payees_signed_word() {
    let first = sample::order(1);
    let other = OutgoingPayment { invoice: second_invoice().into(), ..sample::order(2) };
    let other = OutgoingPayment { request_key: first.request_key, ..other };
    let [one, two] = [&first, &other].map(|payment| payment.payment_hash().0);
    let trusting = || OrderTerms { trust_payee: true, ..terms() };
    let fit = in_place_of(&[one], [9; 32]);

    assert_eq!(decide(fit.clone(), terms(), from_ref(&first), NOW), Err(Misuse::BeingPaid));
    let begun_beside = begun(decide(fit.clone(), trusting(), from_ref(&first), NOW));
    assert!(matches!(begun_beside.purpose, Purpose::Order { trusts_payee: true, .. }));
    let begun_alone = begun(decide(fit.clone(), trusting(), &[], NOW));
    assert!(matches!(begun_alone.purpose, Purpose::Order { trusts_payee: false, .. }));

    let unfit = [
        (second_invoice(), "does not name the pending one in invoice_replaces"),
        (in_place_of(&[two], [9; 32]), "does not name the pending one in invoice_replaces"),
        (in_place_of(&[one], one), "has the payment hash of the pending one itself"),
    ];
    for (invoice, reason) in unfit {
        let refused = decide(invoice, trusting(), from_ref(&first), NOW);
        let Err(Misuse::NoEvidence { payment_hash, why }) = refused else { panic!("{refused:?}") };
        assert_eq!((payment_hash, why), (first.payment_hash(), reason));
    }
    let both = [first.clone(), other.clone()];
    let refused = decide(fit.clone(), trusting(), &both, NOW);
    assert!(
        matches!(refused, Err(Misuse::NoEvidence { payment_hash, .. }) if payment_hash.0 == two)
    );
    begun(decide(in_place_of(&[two, one], [9; 32]), trusting(), &both, NOW));

    let mut broken = fit.bytes().to_vec();
    let signature = fit.records().find(|record| record.typ == field::SIGNATURE).unwrap().value;
    let at = broken.windows(64).position(|bytes| bytes == signature).unwrap();
    broken[at] ^= 1;
    let broken = Invoice::decode(&broken).unwrap();
    let refused = decide(broken, trusting(), from_ref(&first), NOW);
    assert!(matches!(refused, Err(Misuse::WrongInvoice { field: "signature", .. })), "{refused:?}");
    let paid = [ended(&first, sample::paid(1)), other];
    assert_eq!(decide(fit, trusting(), &paid, NOW), Err(Misuse::AlreadyPaid));
}

#[test]
fn only_the_key_that_signed_the_first_invoice_can_replace_it() {
    // An offer without offer_issuer_id, whose invoices the end of any of its paths may sign.
    let ends = [sample::keypair(7), sample::keypair(8)];
    let paths = ends.map(|end| {
        let mut path = sample::message_path(1, None);
        path.hops.last_mut().unwrap().blinded_node_id = end.public_key();
        path
    });
    let offer = OfferBuilder::new().paths(&paths).amount(msat(1_000)).description("tea");
    let request = sample::invoice_request(&offer.build().unwrap(), 1);
    let pending_invoice = sample::invoice_for(&request, &ends[0], 1);
    let pending = OutgoingPayment {
        request_key: pending_invoice.request_key(),
        invoice: pending_invoice.clone().into(),
        ..sample::order(1)
    };
    let second = |key: &Keypair| {
        InvoiceBuilder::for_request(&request)
            .amount(msat(1_000))
            .paths(vec![sample::payment_path(1)])
            .created_at(NOW)
            .payment_hash([9; 32])
            .replaces(&[pending_invoice.payment_hash()])
            .sign(&sample::secp(), key)
            .unwrap()
    };
    let trusting = || OrderTerms { trust_payee: true, ..terms() };
    begun(decide(second(&ends[0]), trusting(), from_ref(&pending), NOW));
    let refused = decide(second(&ends[1]), trusting(), &[pending], NOW);
    let why = "is signed by another key than the pending one";
    assert!(matches!(refused, Err(Misuse::NoEvidence { why: told, .. }) if told == why));
}

#[test]
fn an_invoice_is_checked_before_it_is_paid_whoever_gave_it() {
    let invoice = sample::invoice(1);
    let price = invoice.amount();
    let broken = Invoice::decode(&with_broken_signature(invoice.bytes())).unwrap();
    let wrong = |result: Result<Ordered, Misuse>| match result {
        Err(Misuse::WrongInvoice { field, .. }) => field,
        other => panic!("{other:?}"),
    };
    assert_eq!(wrong(decide(broken, terms(), &[], NOW)), "signature");
    let elsewhere = Policy { chain: bolt1::ChainHash([7; 32]), ..policy() };
    let id = PaymentId([3; 32]);
    let result = decide_order(invoice.clone(), terms(), &[], id, &keys(99), &elsewhere, NOW);
    assert_eq!(wrong(result), "invreq_chain");
    let result = decide_order(invoice.clone(), terms(), &[], id, &keys(1), &policy(), NOW);
    assert_eq!(result, Err(Misuse::PaysOurselves));
    let end = invoice.expires_at();
    begun(decide(invoice.clone(), terms(), &[], end));
    let late = decide(invoice.clone(), terms(), &[], end.plus(Seconds(1)));
    assert_eq!(late, Err(Misuse::InvoiceExpired));
    let up_to = |most| OrderTerms { max_amount: Some(most), ..terms() };
    begun(decide(invoice.clone(), up_to(price), &[], NOW));
    let allowed = price.minus(msat(1)).unwrap();
    let dear = decide(invoice, up_to(allowed), &[], NOW);
    assert_eq!(dear, Err(Misuse::TooExpensive { asked: price, allowed }));
}

#[test]
fn what_redeems_a_payout_of_ours_is_not_paid_by_hand_as_well() {
    let by_offer =
        sample::invoice_for_payout_offer(&sample::payout_offer(1), &sample::keypair(5), 5);
    let by_request = sample::invoice_for(&sample::payout_request(1), &sample::keypair(5), 5);
    for invoice in [by_offer, by_request] {
        let pay = |number| {
            let id = PaymentId([3; 32]);
            decide_order(invoice.clone(), terms(), &[], id, &keys(number), &policy(), NOW)
        };
        assert!(matches!(pay(1), Err(Misuse::WrongString(_))));
        begun(pay(2));
    }
}

// req RCI-R4
#[test]
fn the_limits_are_the_callers_or_the_policys() {
    let invoice = sample::invoice(1);
    let payment = begun(decide(invoice.clone(), terms(), &[], NOW));
    // 1 000 sat and a little: one per cent is more than 5 sat.
    assert_eq!(payment.max_fee, invoice.amount().ppm(10_000));
    assert_eq!(payment.max_delay, CltvDelta(2016));
    let own = OrderTerms {
        max_fee: Some(msat(7)),
        max_delay: Some(CltvDelta(8)),
        label: Some("mine".into()),
        ..terms()
    };
    let payment = begun(decide(invoice, own, &[], NOW));
    assert_eq!((payment.max_fee, payment.max_delay), (msat(7), CltvDelta(8)));
    let order = pay_order(&payment);
    assert_eq!((order.max_fee, order.max_delay), (msat(7), CltvDelta(8)));
    assert_eq!(order.payment_id, payment.id.0);
    assert_eq!(order.expires_at, payment.invoice.expires_at());
}

// req IR-10, IR-14
#[test]
fn only_paths_that_may_be_used_are_handed_on() {
    let (path, info) = sample::payment_path(1);
    let odd = bolt12::BlindedPayInfo { features: vec![1], ..info.clone() };
    let request = sample::invoice_request(&sample::offer(1), 1);
    let invoice = InvoiceBuilder::for_request(&request)
        .amount(msat(1_000_001))
        .created_at(NOW)
        .payment_hash([1; 32])
        .paths(vec![(path.clone(), odd.clone()), (path.clone(), info.clone())]);
    let signed =
        |builder: InvoiceBuilder| builder.sign(&sample::secp(), &sample::keypair(1)).unwrap();
    let order = pay_order(&begun(decide(signed(invoice.clone()), terms(), &[], NOW)));
    let infos: Vec<_> = order.paths.into_iter().map(|path| path.pay_info).collect();
    assert_eq!(infos, [info]);
    let none = decide(signed(invoice.paths(vec![(path, odd)])), terms(), &[], NOW);
    let said = "incorrect invoice_blindedpay in the invoice: no usable payment path";
    assert_eq!(none.unwrap_err().to_string(), said);
}

#[test]
fn the_proof_of_a_payment_is_not_shown_by_accident() {
    let end = PaymentEnd::Paid { preimage: [0xaa; 32], fee: None, parts: None, at: NOW };
    let paid = ended(&sample::order(1), end);
    assert!(!format!("{paid:?}").contains("170, 170"));
}

#[test]
fn a_label_stands_for_what_is_being_paid_or_was() {
    let pending = sample::order(1);
    let paid = ended(&pending, sample::paid(1));
    let failed = ended(&pending, sample::failed());
    for live in [pending, paid] {
        assert_eq!(decide_label(Some(live.clone()), |_| true), Ok(Some(live.clone())));
        assert_eq!(decide_label(Some(live), |_| false), Err(Misuse::PaymentLabelTaken));
    }
    assert_eq!(decide_label(Some(failed), |_| false), Ok(None));
    assert_eq!(decide_label(None, |_| true), Ok(None));
}

#[test]
fn what_is_not_known_to_have_failed_stays_pending() {
    let claim = sample::claim(1, &sample::payout(1));
    for payment in [claim, sample::order(1)] {
        for refused in [PayRefused::AlreadyKnown, PayRefused::Unknown("?".into())] {
            assert_eq!(on_refused(&payment, &refused, &policy(), NOW), Batch::default());
        }
    }
}

#[test]
fn an_order_fails_at_once_and_a_claim_is_tried_again_where_that_may_help() {
    let (claim, order) = (sample::claim(1, &sample::payout(1)), sample::order(1));
    let failures = [
        (PaymentFailure::RefusedByPayee, FailureKind::RefusedByPayee, false),
        (PaymentFailure::InvoiceExpired, FailureKind::InvoiceExpired, false),
        (PaymentFailure::Abandoned, FailureKind::Abandoned, false),
        (PaymentFailure::NoRoute, FailureKind::NoRoute, true),
        (PaymentFailure::Other("?".into()), FailureKind::Other, true),
    ];
    for (failure, kind, again) in failures {
        let of_order = on_failed(&order, &failure, &policy(), NOW);
        assert_eq!((failed(&of_order), of_order.effects.len()), (Some(kind), 0), "{failure:?}");
        let batch = on_failed(&claim, &failure, &policy(), NOW);
        check_claim(&claim, &batch, kind, again);
    }
    let refusals = [
        (PayRefused::NoRoute("?".into()), FailureKind::NoRoute, true),
        (PayRefused::TooExpensive("?".into()), FailureKind::TooExpensive, true),
        (PayRefused::InvoiceExpired, FailureKind::InvoiceExpired, false),
        (PayRefused::Impossible("no path".into()), FailureKind::NoRoute, false),
    ];
    for (refused, kind, again) in refusals {
        assert_eq!(failed(&on_refused(&order, &refused, &policy(), NOW)), Some(kind));
        check_claim(&claim, &on_refused(&claim, &refused, &policy(), NOW), kind, again);
    }
}

/// A claim is tried again, with the reason written down, or has failed for that reason.
fn check_claim(claim: &OutgoingPayment, batch: &Batch, kind: FailureKind, again: bool) {
    match batch.events.as_slice() {
        [Event::PaymentPutOff { failed, .. }] => {
            assert_eq!((failed.failure.kind, again), (kind, true))
        }
        _ => assert_eq!((failed(batch), again), (Some(kind), false)),
    }
    let owed = if again { Effect::Pay(claim.id) } else { Effect::TellRedeemer(claim.id) };
    assert_eq!(batch.effects, [owed]);
}

fn failed(batch: &Batch) -> Option<FailureKind> {
    match batch.events.as_slice() {
        [Event::PaymentEnded { end: PaymentEnd::Failed { reason, .. }, .. }] => Some(reason.kind),
        _ => None,
    }
}

#[test]
fn a_hundred_failed_attempts_of_a_pending_payment_are_written_down() {
    let order = sample::order(1);
    let tried = |payment: &OutgoingPayment, so_far| {
        on_attempt_failed(payment, &PaymentFailure::NoRoute, "channel 7 is down", so_far, NOW)
    };
    let failure = Failure::new(FailureKind::NoRoute, "channel 7 is down");
    let failed = FailedAttempt { at: NOW, failure };
    let noted = Batch::of(Event::PaymentAttemptFailed { id: order.id, failed });
    assert_eq!((tried(&order, 0), tried(&order, 99)), (noted.clone(), noted));
    assert_eq!(tried(&order, 100), Batch::default());
    assert_eq!(tried(&ended(&order, sample::failed()), 0), Batch::default());
}

#[test]
fn a_redeemer_who_left_no_way_back_is_not_told() {
    let mut claim = sample::claim(1, &sample::payout(1));
    claim.purpose = Purpose::Claim { payout: claim.payout().unwrap(), reply_path: None };
    let batch = on_failed(&claim, &PaymentFailure::RefusedByPayee, &policy(), NOW);
    assert_eq!((failed(&batch).is_some(), batch.effects.len()), (true, 0));
}

#[test]
fn a_proof_counts_even_after_a_failure_and_once() {
    let pending = sample::order(1);
    let proof = |payment: &OutgoingPayment| on_sent(payment, [5; 32], Some(msat(1)), None, NOW);
    let given_up = ended(&pending, sample::failed());
    for payment in [&pending, &given_up] {
        let end = PaymentEnd::Paid { preimage: [5; 32], fee: Some(msat(1)), parts: None, at: NOW };
        assert_eq!(proof(payment), Batch::of(Event::PaymentEnded { id: payment.id, end }));
    }
    let paid = ended(&pending, sample::paid(1));
    assert_eq!(proof(&paid), Batch::default());
    for over in [paid, given_up] {
        for failure in [PaymentFailure::RefusedByPayee, PaymentFailure::NoRoute] {
            assert_eq!(on_failed(&over, &failure, &policy(), NOW), Batch::default());
        }
    }
}

proptest! {
    #[test]
    fn a_claim_is_tried_twenty_times_at_most_later_and_later_within_its_invoice(
        delays in prop::collection::vec(0..600u64, 40),
        attempts_allowed in 1..30u32,
    ) {
        let policy = Policy { claim_attempts: attempts_allowed, ..policy() };
        let mut claim = sample::claim(1, &sample::payout(1));
        let (mut now, mut last_wait, mut tried) = (NOW, 0, 0);
        for delay in delays {
            let PaymentState::Pending { attempts, .. } = claim.state else { break };
            prop_assert_eq!(attempts, tried);
            tried += 1;
            let batch = on_failed(&claim, &PaymentFailure::NoRoute, &policy, now);
            match batch.events.as_slice() {
                [Event::PaymentPutOff { attempts, next_at, .. }] => {
                    let wait = next_at.since(now).0;
                    prop_assert!((2..=64).contains(&wait) && wait >= last_wait);
                    prop_assert!(!claim.invoice.is_expired_at(*next_at));
                    last_wait = wait;
                    claim.state =
                        PaymentState::Pending { attempts: *attempts, next_at: Some(*next_at) };
                    now = next_at.plus(Seconds(delay));
                }
                [Event::PaymentEnded { end, .. }] => claim.state = PaymentState::Ended(end.clone()),
                other => prop_assert!(false, "{other:?}"),
            }
        }
        prop_assert!(!claim.is_pending());
        prop_assert!(tried <= attempts_allowed);
    }
}

/// What the invoice of [`sample::bolt11_order`] 1 says, or one that asks for something else.
fn facts(amount: Option<u64>) -> Bolt11Facts {
    let invoice = sample::bolt11_order(1).invoice.bolt11().cloned().unwrap();
    Bolt11Facts {
        string: invoice.string,
        payment_hash: invoice.payment_hash.0,
        payee: invoice.payee,
        amount: amount.map(msat),
        description: invoice.description,
        expires_at: invoice.expires_at,
    }
}

fn decide_bolt11(
    facts: (Bolt11Facts, Option<u64>),
    terms: OrderTerms,
    history: &[OutgoingPayment],
    now: Timestamp,
) -> Result<Ordered, Misuse> {
    let (facts, given) = (facts.0, facts.1.map(msat));
    let id = PaymentId([3; 32]);
    decide_bolt11_order((facts, given), terms, history, id, &keys(99), &policy(), now)
}

#[test]
fn the_amount_of_a_bolt_11_order_is_the_invoices_or_where_it_has_none_the_callers() {
    let exactly =
        || Misuse::parameter("amount_msat", format!("the invoice asks exactly {}", msat(5)));
    let missing =
        || Misuse::parameter("amount_msat", "is required: the invoice leaves it to the payer");
    for (asked, given, paid) in [
        (Some(5), None, Ok(5)),
        (Some(5), Some(5), Ok(5)),
        (Some(5), Some(4), Err(exactly())),
        (Some(5), Some(6), Err(exactly())),
        (Some(5), Some(0), Err(exactly())),
        (None, Some(7), Ok(7)),
        (None, Some(0), Err(missing())),
        (None, None, Err(missing())),
    ] {
        let ordered = decide_bolt11((facts(asked), given), terms(), &[], NOW);
        match paid {
            Ok(amount) => assert_eq!(begun(ordered).amount, msat(amount), "{asked:?} {given:?}"),
            Err(misuse) => assert_eq!(ordered, Err(misuse), "{asked:?} {given:?}"),
        }
    }
}

#[test]
fn a_bolt_11_invoice_is_paid_once_whatever_is_asked_of_it_again() {
    let pending = begun(decide_bolt11((facts(None), Some(5)), terms(), &[], NOW));
    let paid = ended(&pending, sample::paid(1));
    let failed = ended(&pending, sample::failed());
    let again = |given, history: &[OutgoingPayment]| {
        decide_bolt11((facts(None), Some(given)), terms(), history, NOW)
    };
    for live in [&pending, &paid] {
        let history = [failed.clone(), live.clone()];
        assert_eq!(again(5, &history), Ok(Ordered::Same(Box::new(live.clone()))));
    }
    assert_eq!(again(6, &[pending]), Err(Misuse::BeingPaid));
    assert_eq!(again(6, &[paid]), Err(Misuse::AlreadyPaid));
    assert_eq!(begun(again(6, &[failed])).amount, msat(6));
}

#[test]
fn a_bolt_11_order_is_held_to_time_payee_and_limits() {
    let order = |terms, now| decide_bolt11((facts(Some(1_000)), None), terms, &[], now);
    let end = facts(None).expires_at;
    let limit = |most| OrderTerms { max_amount: Some(msat(most)), ..terms() };
    for (terms, now, refused) in [
        (terms(), end, None),
        (terms(), end.plus(Seconds(1)), Some(Misuse::InvoiceExpired)),
        (limit(1_000), NOW, None),
        (limit(999), NOW, Some(Misuse::TooExpensive { asked: msat(1_000), allowed: msat(999) })),
    ] {
        assert_eq!(order(terms, now).err(), refused);
    }
    let ours = Bolt11Facts { payee: keys(99).node_id(), ..facts(Some(1)) };
    let refused = decide_bolt11((ours, None), terms(), &[], NOW);
    assert_eq!(refused, Err(Misuse::PaysOurselves));
    let chosen = OrderTerms {
        label: Some("rent".to_owned()),
        max_fee: Some(msat(3)),
        max_delay: Some(CltvDelta(40)),
        ..terms()
    };
    let payment = begun(order(chosen, NOW));
    assert_eq!((payment.max_fee, payment.max_delay), (msat(3), CltvDelta(40)));
    let label = Some("rent".to_owned());
    assert_eq!(payment.purpose, Purpose::Order { label, offer_id: None, trusts_payee: false });
    let payment = begun(order(terms(), NOW));
    let expected = (policy().pay_fee(msat(1_000)), policy().pay_max_delay);
    assert_eq!((payment.max_fee, payment.max_delay), expected);
}
