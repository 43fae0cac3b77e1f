//! Promises that recur: each period is paid once, in its time, to whoever was paid first.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod common;

use bolt1::{Seconds, Timestamp};
use bolt12::{
    ChainHash, Invoice, InvoiceBuilder, Paywindow, Recurrence, RecurrenceBase, TimeUnit, field,
};
use offerd_core::amount::AmountSpec;
use offerd_core::payment::{OutgoingPayment, PaymentEnd, PaymentState};
use offerd_core::payout::{
    Arrival, ClaimTerms, MadePayout, Payout, PayoutArguments, PromiseState, Redemption, Uses,
    make_payout, recognise, redeem, redeem_window,
};
use offerd_core::{Event, PaymentId, PayoutRow, Refusal};
use offerd_testkit::sample;

use common::{keys, msat, policy};

const NOW: Timestamp = sample::NOW;
const PROMISED: u64 = 1_000_000;
const HOUR: u64 = 3_600;
/// Who redeems the first period, and who would like the next one.
const FIRST: u32 = 60;
const OTHER: u32 = 61;

/// Three hours from [`NOW`] on, each payable from ten minutes before it begins until twenty minutes after that.
fn schedule(paywindow: bool) -> Recurrence {
    let hour = Recurrence::every(3_600.try_into().unwrap(), TimeUnit::Seconds);
    let base = Some(RecurrenceBase { basetime: NOW, proportional: false });
    let window = Paywindow { seconds_before: 600, seconds_after: 1_200 };
    let limit = Some(2.try_into().unwrap());
    Recurrence { base, limit, paywindow: paywindow.then_some(window), ..hour }
}

fn stipend(schedule: Recurrence) -> Payout {
    let arguments = PayoutArguments {
        amount: AmountSpec::Msat(msat(PROMISED)),
        description: "stipend".into(),
        issuer: None,
        label: None,
        absolute_expiry: None,
        max_amount: None,
        quantity_max: None,
        uses: Uses::ONCE,
        refund_for: None,
        approve: false,
        recurrence: Some(schedule),
        with_offer: true,
    };
    let made = MadePayout {
        row: PayoutRow(1),
        nonce: [4; 16],
        paths: vec![],
        path_id: vec![5; 32],
        allowance: None,
        refund: None,
        rate: None,
        now: NOW,
    };
    make_payout(&arguments, made, &policy(), &keys(1)).unwrap()
}

/// An invoice for this period, made at this time by this redeemer.
fn invoice(payout: &Payout, period: u32, redeemer: u32, at: Timestamp) -> Invoice {
    let offer = payout.offer.as_ref().unwrap();
    let metadata = sample::bytes("payee's metadata", 10 * redeemer + period);
    let (path, mut info) = sample::payment_path(1);
    info.fee_base_msat = 0;
    let builder = InvoiceBuilder::for_payout_offer(offer, metadata, ChainHash::BITCOIN)
        .period(period)
        .amount(msat(PROMISED))
        .created_at(at)
        .payment_hash(sample::bytes("payment hash", 10 * redeemer + period))
        .paths(vec![(path, info)]);
    builder.sign(&sample::secp(), &sample::keypair(redeemer)).unwrap()
}

/// What becomes of such an invoice that arrives when it was made.
fn decided(
    payout: &Payout,
    (period, redeemer, at): (u32, u32, Timestamp),
    claims: &[OutgoingPayment],
) -> Result<OutgoingPayment, Refusal> {
    let invoice = invoice(payout, period, redeemer, at);
    let terms = ClaimTerms {
        rate: None,
        state: PromiseState::Open,
        claims,
        spendable: Some(msat(100 * PROMISED)),
        claimed_today: msat(0),
        refunded: msat(0),
        id: PaymentId(sample::bytes("id", period)),
        now: at,
    };
    let arrival = Arrival { invoice, path_id: None, reply_path: None };
    let recognised = recognise(payout, arrival).unwrap();
    let Redemption::Claim(batch) = redeem(recognised, &terms, &policy(), &keys(1))? else {
        panic!("nothing new")
    };
    let [Event::PaymentStarted(payment)] = batch.events.as_slice() else { panic!("{batch:?}") };
    Ok(payment.clone())
}

fn ended(claim: &OutgoingPayment, end: PaymentEnd) -> OutgoingPayment {
    OutgoingPayment { state: PaymentState::Ended(end), ..claim.clone() }
}

fn after(seconds: u64) -> Timestamp {
    NOW.plus(Seconds(seconds))
}

#[test]
fn a_period_is_redeemed_while_it_runs_or_in_its_pay_window_and_at_no_other_time() {
    let hours = stipend(schedule(false));
    let windows = stipend(schedule(true));
    let counter = schedule(true).numbering.counter_field();
    for (payout, opens, closes) in
        [(&hours, after(HOUR), after(2 * HOUR)), (&windows, after(HOUR - 600), after(HOUR + 1_200))]
    {
        let agreed = *payout.offer.as_ref().unwrap().recurrence().unwrap();
        let window = redeem_window(&agreed, 1).unwrap();
        assert_eq!((window.opens, window.closes), (opens, closes));
        let (early, last) = (Timestamp(opens.0 - 1), Timestamp(closes.0 - 1));
        let too_early = Refusal::TooEarly { field: counter, opens };
        assert_eq!(decided(payout, (1, FIRST, early), &[]), Err(too_early));
        decided(payout, (1, FIRST, opens), &[]).unwrap();
        decided(payout, (1, FIRST, last), &[]).unwrap();
        let too_late = Refusal::TooLate { field: counter, closed: closes };
        assert_eq!(decided(payout, (1, FIRST, closes), &[]), Err(too_late));
    }
    assert_eq!(redeem_window(&Recurrence { base: None, ..schedule(false) }, 0), None);
    assert_eq!(redeem_window(&Recurrence { base: None, ..schedule(true) }, 0), None);
}

#[test]
fn a_period_is_redeemed_once_and_is_free_again_when_its_payment_failed() {
    let payout = stipend(schedule(false));
    let first = decided(&payout, (0, FIRST, NOW), &[]).unwrap();
    // Another invoice of the same redeemer for the same period.
    let again = |claims: &[OutgoingPayment]| decided(&payout, (0, FIRST, after(9)), claims);
    assert_eq!(again(std::slice::from_ref(&first)), Err(Refusal::BeingRedeemed));
    let paid = ended(&first, sample::paid(1));
    assert_eq!(again(std::slice::from_ref(&paid)), Err(Refusal::AlreadyRedeemed));
    assert!(again(&[ended(&first, sample::failed())]).is_ok());
    // The next one is another payment, however the one before stands.
    for before in [first, paid] {
        assert!(decided(&payout, (1, FIRST, after(HOUR)), &[before]).is_ok());
    }
}

#[test]
fn who_redeems_one_period_redeems_them_all() {
    let payout = stipend(schedule(false));
    let first = decided(&payout, (0, FIRST, NOW), &[]).unwrap();
    let next = |redeemer, claims: &[OutgoingPayment]| {
        decided(&payout, (1, redeemer, after(HOUR)), claims).map(drop)
    };
    let stranger = Err(Refusal::FieldDiffers { field: field::INVOICE_NODE_ID });
    for first in [first.clone(), ended(&first, sample::paid(1))] {
        assert_eq!(next(OTHER, std::slice::from_ref(&first)), stranger);
        assert_eq!(next(FIRST, &[first]), Ok(()));
    }
    // Who was not paid has redeemed nothing.
    assert_eq!(next(OTHER, &[ended(&first, sample::failed())]), Ok(()));
}
