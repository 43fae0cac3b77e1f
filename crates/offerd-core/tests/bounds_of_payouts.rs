//! Promises to pay that are bound to more than an amount: refunds, approval, several uses.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod common;

use bolt1::{Msat, Seconds, Timestamp};
use bolt12::{ChainHash, Invoice, InvoiceBuilder};
use offerd_core::amount::AmountSpec;
use offerd_core::invoice_book::{OwnContent, Promise, RedeemArguments, Redeeming};
use offerd_core::payment::{Failure, FailureKind, OutgoingPayment, PaymentEnd, PaymentState};
use offerd_core::payout::{
    Arrival, ClaimTerms, MOST_CANDIDATES, MadePayout, Payout, PayoutAmount, PayoutArguments,
    PromiseState, Redemption, Refund, RefundFor, RefundSoFar, Uses, approve, claimed_refunds,
    decide_refund, deny, drop_expired, make_payout, may_open_again, promised_refunds, recognise,
    redeem, turn_down_all, turn_down_the_rest,
};
use offerd_core::port::Minted;
use offerd_core::receipt::{Receipt, ReceiptState, Source};
use offerd_core::{
    Batch, Effect, Event, InvoiceRow, Misuse, OfferRow, PaymentHash, PaymentId, PayoutRow, Refusal,
};
use offerd_testkit::sample;

use common::{keys, msat, policy};

const NOW: Timestamp = sample::NOW;
const PROMISED: u64 = 1_000_000;
/// What routing one redemption may cost.
const FEE: u64 = 5_000;
/// Who paid what is refunded.
const PAYER: u32 = 70;

fn arguments() -> PayoutArguments {
    PayoutArguments {
        amount: AmountSpec::Msat(msat(PROMISED)),
        description: "refund".into(),
        issuer: None,
        label: None,
        absolute_expiry: None,
        max_amount: None,
        quantity_max: None,
        uses: Uses::ONCE,
        refund_for: None,
        approve: false,
        recurrence: None,
        with_offer: true,
    }
}

fn make(arguments: &PayoutArguments, refund: Option<(Refund, Msat)>) -> Result<Payout, Misuse> {
    let (row, nonce, path_id) = (PayoutRow(1), [4; 16], vec![5; 32]);
    let paths = vec![];
    let made =
        MadePayout { row, nonce, paths, path_id, allowance: None, refund, rate: None, now: NOW };
    make_payout(arguments, made, &policy(), &keys(1))
}

fn refund(at_most: Option<u64>) -> Refund {
    let payment_hash = PaymentHash([3; 32]);
    Refund { payment_hash, payer_id: sample::point(PAYER), at_most: at_most.map(msat) }
}

fn named(result: Result<Payout, Misuse>) -> &'static str {
    match result {
        Err(Misuse::Parameter { parameter, .. }) => parameter,
        other => panic!("{other:?}"),
    }
}

/// An invoice by redeemer `number`, for as long as invoices usually live.
fn builder(payout: &Payout, number: u32) -> InvoiceBuilder {
    let metadata = sample::bytes("payee's metadata", number);
    let (path, mut info) = sample::payment_path(number);
    info.fee_base_msat = 0;
    let builder = match &payout.offer {
        Some(offer) => InvoiceBuilder::for_payout_offer(offer, metadata, ChainHash::BITCOIN),
        None => InvoiceBuilder::for_request(payout.invoice_request.as_ref().unwrap()),
    };
    builder
        .amount(msat(PROMISED))
        .created_at(NOW)
        .payment_hash(sample::bytes("payment hash", number))
        .paths(vec![(path, info)])
}

fn signed(builder: InvoiceBuilder) -> Invoice {
    builder.sign(&sample::secp(), &sample::keypair(60)).unwrap()
}

fn terms<'a>(claims: &'a [OutgoingPayment], number: u32) -> ClaimTerms<'a> {
    ClaimTerms {
        rate: None,
        state: PromiseState::Open,
        claims,
        spendable: Some(msat(100 * PROMISED)),
        claimed_today: msat(0),
        refunded: msat(0),
        id: PaymentId(sample::bytes("id", number)),
        now: NOW,
    }
}

fn decide(
    payout: &Payout,
    invoice: Invoice,
    terms: &ClaimTerms<'_>,
) -> Result<Redemption, Refusal> {
    let arrival = Arrival { invoice, path_id: None, reply_path: Some(vec![1, 2, 3]) };
    redeem(recognise(payout, arrival).unwrap(), terms, &policy(), &keys(1))
}

/// The payment that a redemption begins, or lets wait.
fn begun(result: Result<Redemption, Refusal>) -> OutgoingPayment {
    let (Ok(Redemption::Claim(batch)) | Ok(Redemption::Await(batch))) = result else {
        panic!("{result:?}")
    };
    let Some(Event::PaymentStarted(payment)) = batch.events.last() else { panic!("{batch:?}") };
    payment.clone()
}

fn paid(claim: &OutgoingPayment, fee: Option<u64>) -> OutgoingPayment {
    let end = PaymentEnd::Paid { preimage: [1; 32], fee: fee.map(msat), parts: None, at: NOW };
    OutgoingPayment { state: PaymentState::Ended(end), ..claim.clone() }
}

#[test]
fn only_what_was_paid_to_us_can_be_refunded() {
    let receipt = sample::receipt(5, Source::Offer(OfferRow(1)));
    let paid = Receipt { state: ReceiptState::Paid { at: NOW }, ..receipt.clone() };
    let wanted = RefundFor {
        payment_hash: receipt.payment_hash,
        node_id: Some(keys(1).node_id()),
        allow_more: false,
    };
    let why = |wanted: &RefundFor, receipts: &[Receipt]| match decide_refund(
        wanted,
        receipts,
        &keys(1),
    ) {
        Err(Misuse::Parameter { parameter: "refund_for", expected }) => expected,
        other => panic!("{other:?}"),
    };
    assert!(why(&wanted, &[]).contains("no payment of it"));
    assert!(why(&wanted, &[receipt]).contains("not yet"));
    let elsewhere = RefundFor { node_id: Some(sample::point(9)), ..wanted.clone() };
    assert!(why(&elsewhere, std::slice::from_ref(&paid)).contains("of another"));
    let found = decide_refund(&wanted, std::slice::from_ref(&paid), &keys(1)).unwrap();
    let expected = Refund {
        payment_hash: paid.payment_hash,
        payer_id: paid.payer_id.unwrap(),
        at_most: Some(paid.amount),
    };
    assert_eq!(found, expected);
    let of_nobody = Receipt { payer_id: None, ..paid.clone() };
    assert!(why(&wanted, &[of_nobody]).contains("BOLT 12"));
    let free = RefundFor { allow_more: true, ..wanted };
    let found = decide_refund(&free, std::slice::from_ref(&paid), &keys(1)).unwrap();
    assert_eq!(found, Refund { at_most: None, ..expected });
}

#[test]
fn a_refund_is_within_what_is_left_of_what_was_paid() {
    let left = |left| Some((refund(Some(2 * PROMISED)), msat(left)));
    make(&arguments(), left(PROMISED)).unwrap();
    assert_eq!(named(make(&arguments(), left(PROMISED - 1))), "refund_for");
    make(&arguments(), Some((refund(None), msat(0)))).unwrap();
    let any = PayoutArguments { amount: AmountSpec::Any, ..arguments() };
    let payout = make(&any, left(77_000)).unwrap();
    assert_eq!(payout.amount, PayoutAmount::UpTo(msat(77_000)));
    assert_eq!(named(make(&any, left(0))), "max_amount_msat");
    let above = PayoutArguments { max_amount: Some(msat(77_001)), ..any };
    assert_eq!(named(make(&above, left(77_000))), "refund_for");
}

#[test]
fn a_refund_has_one_string_that_says_what_it_refunds() {
    let payout = make(&arguments(), Some((refund(None), msat(0)))).unwrap();
    assert_eq!(payout.offer.unwrap().refund_for(), Some([3; 32]));
    assert_eq!((payout.invoice_request, payout.invoice_request_signed), (None, None));
}

#[test]
fn a_refund_is_for_whoever_paid() {
    let payout = make(&arguments(), Some((refund(None), msat(0)))).unwrap();
    let by = |number| signed(builder(&payout, 1).refund_key(&sample::keypair(number)));
    let none = decide(&payout, signed(builder(&payout, 1)), &terms(&[], 1));
    assert_eq!(none, Err(Refusal::NotThePayer));
    assert_eq!(decide(&payout, by(PAYER + 1), &terms(&[], 1)), Err(Refusal::NotThePayer));
    assert_eq!(Refusal::NotThePayer.erroneous_field(), Some(242));
    assert!(begun(decide(&payout, by(PAYER), &terms(&[], 1))).is_pending());
}

#[test]
fn all_refunds_of_an_invoice_together_are_what_was_paid() {
    let payout =
        make(&arguments(), Some((refund(Some(2 * PROMISED)), msat(2 * PROMISED)))).unwrap();
    let invoice = || signed(builder(&payout, 1).refund_key(&sample::keypair(PAYER)));
    let others = |refunded| ClaimTerms { refunded: msat(refunded), ..terms(&[], 1) };
    begun(decide(&payout, invoice(), &others(PROMISED)));
    let above = decide(&payout, invoice(), &others(PROMISED + 1));
    assert_eq!(above, Err(Refusal::NoLongerAvailable));

    let claim = begun(decide(&payout, invoice(), &others(0)));
    let failed = OutgoingPayment { state: PaymentState::Ended(sample::failed()), ..claim.clone() };
    let so_far = |row, state, claims: &[OutgoingPayment]| {
        let payout = Payout { row: PayoutRow(row), state, ..payout.clone() };
        RefundSoFar { payout, claims: claims.to_vec() }
    };
    let cases = [
        (so_far(2, PromiseState::Open, &[]), PROMISED, 0),
        (so_far(2, PromiseState::Disabled, &[]), 0, 0),
        (so_far(2, PromiseState::Open, std::slice::from_ref(&failed)), PROMISED, 0),
        (so_far(2, PromiseState::Disabled, std::slice::from_ref(&claim)), PROMISED, PROMISED),
        (so_far(2, PromiseState::Spent, &[failed, paid(&claim, None)]), PROMISED, PROMISED),
    ];
    for (number, (refund, promised, claimed)) in cases.into_iter().enumerate() {
        let refunds = [refund];
        assert_eq!(promised_refunds(&refunds, NOW), msat(promised), "case {number}");
        assert_eq!(claimed_refunds(&refunds, &payout), msat(claimed), "case {number}");
        assert_eq!(claimed_refunds(&refunds, &refunds[0].payout), msat(0), "case {number}");
    }
    // A withdrawn one is promised again only where there is room for it.
    let withdrawn = so_far(2, PromiseState::Disabled, &[]);
    let full = [
        withdrawn.clone(),
        so_far(3, PromiseState::Open, &[]),
        so_far(4, PromiseState::Spent, &[paid(&claim, None)]),
    ];
    assert!(may_open_again(&withdrawn.payout, &full[..2], NOW).is_ok());
    assert!(may_open_again(&withdrawn.payout, &full, NOW).is_err());
    let free = Payout { refund: Some(refund(None)), ..withdrawn.payout };
    assert!(may_open_again(&free, &full, NOW).is_ok());
    let expired = Payout { absolute_expiry: Some(NOW), ..payout };
    let refunds = [RefundSoFar { payout: expired, claims: vec![] }];
    assert_eq!(promised_refunds(&refunds, NOW.plus(Seconds(1))), msat(0));
}

#[test]
fn whoever_paid_signs_for_the_refund_by_the_key_of_that_request() {
    let payer = keys(2).payer(b"metadata of the request");
    let refund = bolt12::OfferBuilder::new()
        .metadata([7; 16])
        .amount(msat(PROMISED))
        .description("refund")
        .issuer_id(&sample::point(1))
        .send_invoice()
        .refund_for([3; 32])
        .build()
        .unwrap();
    let promise = Promise::read(&refund.to_string()).unwrap();
    assert_eq!(promise.refund_for(), Some(PaymentHash([3; 32])));
    let arguments = RedeemArguments {
        string: refund.to_string(),
        label: "mine".into(),
        amount: None,
        quantity: None,
        period: None,
        timeout: Seconds(90),
    };
    let prepare = |paid: &[OutgoingPayment]| {
        let names = (InvoiceRow(1), [6; 32]);
        let (promise, arguments) = (promise.clone(), arguments.clone());
        Redeeming::prepare(promise, arguments, names, paid, &keys(2), &policy(), NOW)
    };
    let request = bolt12::InvoiceRequestBuilder::for_offer(&sample::offer(1))
        .metadata(b"metadata of the request".as_slice())
        .sign(&sample::secp(), &payer)
        .unwrap();
    let invoice = sample::invoice_for(&request, &sample::keypair(1), 1);
    let order = OutgoingPayment { invoice: invoice.into(), ..sample::order(1) };
    let not_mine = paid(&sample::order(2), None);
    for history in [vec![], vec![order.clone()], vec![not_mine.clone()]] {
        let refused = prepare(&history).map(drop);
        assert!(matches!(refused, Err(Misuse::Parameter { parameter: "invreq", .. })));
    }
    let minted = Minted {
        payment_hash: [1; 32],
        paths: vec![],
        accepts_mpp: true,
        height: bolt1::BlockHeight(1),
    };
    let (path, pay_info) = sample::payment_path(1);
    let paths = vec![offerd_core::port::PaymentPath { path, pay_info }];
    let redeeming = prepare(&[not_mine, paid(&order, None)]).unwrap();
    let own = redeeming.finish(Minted { paths, ..minted }, &keys(2), &policy()).unwrap();
    let OwnContent::Redemption { invoice, .. } = own.content else { panic!("{own:?}") };
    let signed = invoice.verify_refund_signature(&sample::secp(), &payer.public_key());
    assert_eq!(signed, Ok(()));
}

#[test]
fn a_redemption_waits_for_approval_and_is_judged_again_then() {
    let payout = make(&PayoutArguments { approve: true, ..arguments() }, None).unwrap();
    let invoice = signed(builder(&payout, 1));
    let candidate = begun(decide(&payout, invoice.clone(), &terms(&[], 1)));
    assert!(candidate.is_awaiting() && !candidate.is_live());
    let claims = [candidate.clone()];
    assert_eq!(decide(&payout, invoice, &terms(&claims, 2)), Ok(Redemption::Repeated));
    begun(decide(&payout, signed(builder(&payout, 2)), &terms(&claims, 2)));

    let judge = |terms: &ClaimTerms<'_>| approve(&payout, &candidate, terms, &policy(), &keys(1));
    let (id, at) = (candidate.id, NOW);
    let approved = Batch::of(Event::PaymentApproved { id, at }).and_then(Effect::Pay(id));
    assert_eq!(judge(&terms(&claims, 3)), Ok(approved));
    let why = |result| match result {
        Err(Misuse::CannotApprove { why }) => why,
        other => panic!("{other:?}"),
    };
    let late = candidate.invoice.expires_at().plus(Seconds(1));
    assert_eq!(why(judge(&ClaimTerms { now: late, ..terms(&claims, 3) })), "invoice expired");
    let gone = ClaimTerms { state: PromiseState::Disabled, ..terms(&claims, 3) };
    assert_eq!(why(judge(&gone)), "offer no longer available");
    let pending = PaymentState::Pending { attempts: 0, next_at: None };
    let other = OutgoingPayment { state: pending, ..sample::claim(9, &payout) };
    assert_eq!(
        why(judge(&terms(&[candidate.clone(), other.clone()], 3))),
        "already being redeemed"
    );
    let not_waiting = approve(&payout, &other, &terms(&[], 3), &policy(), &keys(1));
    assert!(matches!(not_waiting, Err(Misuse::Unknown { .. })));

    let denied = deny(&candidate, NOW).unwrap();
    assert_eq!(denied.effects, [Effect::TellRedeemer(id)]);
    assert!(matches!(deny(&other, NOW), Err(Misuse::Unknown { .. })));
}

fn failed(claim: &OutgoingPayment, kind: FailureKind) -> OutgoingPayment {
    let end = PaymentEnd::Failed { reason: Failure::new(kind, "said so"), at: NOW };
    OutgoingPayment { state: PaymentState::Ended(end), ..claim.clone() }
}

#[test]
fn a_redemption_that_was_denied_is_refused_when_it_comes_again() {
    let payout = make(&PayoutArguments { approve: true, ..arguments() }, None).unwrap();
    let invoice = signed(builder(&payout, 1));
    let candidate = begun(decide(&payout, invoice.clone(), &terms(&[], 1)));
    let again = |kind| decide(&payout, invoice.clone(), &terms(&[failed(&candidate, kind)], 2));
    assert_eq!(again(FailureKind::Denied), Err(Refusal::NotApproved));
    assert!(begun(again(FailureKind::NoRoute)).is_awaiting());
    // Another invoice may be denied or not: it waits.
    let denied = [failed(&candidate, FailureKind::Denied)];
    assert!(begun(decide(&payout, signed(builder(&payout, 2)), &terms(&denied, 2))).is_awaiting());
}

#[test]
fn of_those_who_wait_all_are_turned_down_and_told() {
    let payout = make(&PayoutArguments { approve: true, ..arguments() }, None).unwrap();
    let one = begun(decide(&payout, signed(builder(&payout, 1)), &terms(&[], 1)));
    let two = begun(decide(&payout, signed(builder(&payout, 2)), &terms(&[], 2)));
    let pending = PaymentState::Pending { attempts: 0, next_at: None };
    let paying = OutgoingPayment { state: pending, ..sample::claim(9, &payout) };
    let claims = [one.clone(), paying, two.clone()];
    for (batch, expected) in [
        (turn_down_the_rest(&claims, NOW), FailureKind::TakenByAnother),
        (turn_down_all(&claims, NOW), FailureKind::Withdrawn),
    ] {
        let ended = batch.events.iter().map(|event| {
            let Event::PaymentEnded { id, end: PaymentEnd::Failed { reason, at: NOW } } = event
            else {
                panic!("{event:?}")
            };
            (*id, reason.kind)
        });
        assert_eq!(ended.collect::<Vec<_>>(), [(one.id, expected), (two.id, expected)]);
        assert_eq!(batch.effects, [Effect::TellRedeemer(one.id), Effect::TellRedeemer(two.id)]);
    }
}

#[test]
fn ten_redemptions_wait_at_most_and_expired_ones_make_room() {
    let payout = make(&PayoutArguments { approve: true, ..arguments() }, None).unwrap();
    let mut claims = Vec::new();
    for number in 1..=10 {
        claims.push(begun(decide(
            &payout,
            signed(builder(&payout, number)),
            &terms(&claims, number),
        )));
    }
    assert_eq!(claims.len(), MOST_CANDIDATES);
    let eleventh = decide(&payout, signed(builder(&payout, 11)), &terms(&claims, 11));
    assert_eq!(eleventh, Err(Refusal::TooManyWaiting));
    assert_eq!(drop_expired(&claims, NOW), Batch::default());
    let later = NOW.plus(Seconds(7_201));
    let fresh = signed(builder(&payout, 12).created_at(later));
    let terms = ClaimTerms { now: later, ..terms(&claims, 12) };
    let Ok(Redemption::Await(batch)) = decide(&payout, fresh, &terms) else { panic!() };
    assert_eq!((batch.events.len(), batch.effects.len()), (11, 0));
    let dropped = |event: &&Event| matches!(event, Event::PaymentEnded { .. });
    assert_eq!(batch.events.iter().filter(dropped).count(), 10);
}

#[test]
fn a_promise_of_many_uses_is_kept_as_often_within_its_total() {
    let uses = |most, total: Option<u64>| Uses { most, total: total.map(msat) };
    assert!(Uses::ONCE.is_once() && uses(Some(1), Some(7)).is_once());
    assert!(!uses(Some(2), None).is_once() && !uses(None, Some(7)).is_once());
    let of = |uses| PayoutArguments { uses, with_offer: false, ..arguments() };
    let each = PROMISED + FEE;
    assert_eq!(named(make(&of(uses(None, None)), None)), "single_use");
    assert_eq!(named(make(&of(uses(Some(0), None)), None)), "max_uses");
    assert_eq!(named(make(&of(uses(Some(10_001), None)), None)), "max_uses");
    assert_eq!(named(make(&of(uses(None, Some(PROMISED - 1))), None)), "max_total_msat");
    assert_eq!(named(make(&of(uses(None, Some(u64::MAX >> 11))), None)), "max_total_msat");
    let cases = [
        (uses(Some(3), None), 3, Refusal::BeingRedeemed, Refusal::AlreadyRedeemed),
        (uses(None, Some(2 * each)), 2, Refusal::NoLongerAvailable, Refusal::NoLongerAvailable),
        (uses(Some(3), Some(2 * each)), 2, Refusal::NoLongerAvailable, Refusal::NoLongerAvailable),
    ];
    for (number, (uses, times, while_pending, when_paid)) in cases.into_iter().enumerate() {
        let payout = make(&of(uses), None).unwrap();
        let mut claims = Vec::new();
        for redeemer in 1..=times {
            let invoice = signed(builder(&payout, redeemer));
            claims.push(begun(decide(&payout, invoice, &terms(&claims, redeemer))));
        }
        let one_more = |claims: &[OutgoingPayment]| {
            decide(&payout, signed(builder(&payout, 9)), &terms(claims, 9))
        };
        assert_eq!(one_more(&claims), Err(while_pending), "case {number}");
        let all: Vec<_> = claims.iter().map(|claim| paid(claim, None)).collect();
        assert_eq!(one_more(&all), Err(when_paid), "case {number}");
        // Only what is paid spends, and one short of all is not all.
        assert!(!payout.is_spent_by_one_more(&claims), "case {number}");
        assert_eq!(payout.is_spent_by_one_more(&all[1..]), uses.most == Some(times));
        assert!(!payout.is_spent_by_one_more(&all[..1]), "case {number}");
        let last = claims.len() - 1;
        claims[last].state = PaymentState::Ended(sample::failed());
        begun(one_more(&claims));
    }
    // What routing really cost counts once it is known.
    let payout = make(&of(uses(None, Some(2 * each - 1))), None).unwrap();
    let first = begun(decide(&payout, signed(builder(&payout, 1)), &terms(&[], 1)));
    let second = |claims: &[OutgoingPayment]| {
        decide(&payout, signed(builder(&payout, 2)), &terms(claims, 2))
    };
    assert_eq!(second(std::slice::from_ref(&first)), Err(Refusal::NoLongerAvailable));
    begun(second(&[paid(&first, Some(FEE - 1))]));
}
