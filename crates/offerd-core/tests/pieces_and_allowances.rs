//! Promises by the piece, and promises by a caller who is not the owner of the node.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod common;

use bolt1::{ChainHash, Timestamp};
use bolt12::field::{INVREQ_CHAIN, INVREQ_PATHS, OFFER_CHAINS, OFFER_PATHS};
use bolt12::{Invoice, InvoiceBuilder, Recurrence, RecurrenceBase, TimeUnit};
use offerd_core::amount::AmountSpec;
use offerd_core::payment::OutgoingPayment;
use offerd_core::payout::{
    Allowance, Arrival, ClaimTerms, MadePayout, Payout, PayoutAmount, PayoutArguments,
    PromiseState, Redemption, Uses, make_payout, recognise, redeem,
};
use offerd_core::{Event, Misuse, PaymentId, PayoutRow, Policy, Refusal};
use offerd_testkit::sample;

use common::{keys, msat, policy};

const NOW: Timestamp = sample::NOW;
const PROMISED: u64 = 1_000_000;

fn arguments() -> PayoutArguments {
    PayoutArguments {
        amount: AmountSpec::Msat(msat(PROMISED)),
        description: "tickets".into(),
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

fn make(arguments: &PayoutArguments, allowance: Option<Allowance>) -> Result<Payout, Misuse> {
    let (row, nonce, path_id) = (PayoutRow(1), [4; 16], vec![5; 32]);
    let made = MadePayout {
        row,
        nonce,
        paths: vec![],
        path_id,
        allowance,
        refund: None,
        rate: None,
        now: NOW,
    };
    make_payout(arguments, made, &policy(), &keys(1))
}

fn named(result: Result<Payout, Misuse>) -> &'static str {
    match result {
        Err(Misuse::Parameter { parameter, .. }) => parameter,
        other => panic!("{other:?}"),
    }
}

fn redeemed(payout: &Payout, invoice: Invoice) -> Result<Redemption, Refusal> {
    let arrival = Arrival { invoice, path_id: None, reply_path: None };
    let terms = ClaimTerms {
        rate: None,
        state: PromiseState::Open,
        claims: &[],
        spendable: Some(msat(100 * PROMISED)),
        claimed_today: msat(0),
        refunded: msat(0),
        id: PaymentId([9; 32]),
        now: NOW,
    };
    redeem(recognise(payout, arrival).unwrap(), &terms, &policy(), &keys(1))
}

fn claimed(result: Result<Redemption, Refusal>) -> OutgoingPayment {
    let Ok(Redemption::Claim(batch)) = result else { panic!("{result:?}") };
    let [Event::PaymentStarted(payment)] = batch.events.as_slice() else { panic!("{batch:?}") };
    payment.clone()
}

#[test]
fn a_caller_promises_no_more_than_its_allowance_in_a_call_and_in_a_day() {
    let of = |arguments: &PayoutArguments, per_call, per_day, promised_today| {
        let [per_call, per_day, promised_today] = [per_call, per_day, promised_today].map(msat);
        make(arguments, Some(Allowance { per_call, per_day, promised_today }))
    };
    let three = Uses { most: Some(3), total: None };
    let three = PayoutArguments { uses: three, with_offer: false, ..arguments() };
    for (all, arguments) in [(PROMISED, arguments()), (3 * PROMISED, three)] {
        assert!(of(&arguments, all, all, 0).is_ok());
        for (per_call, per_day, today) in
            [(all - 1, all, 0), (all, all, 1), (all, 2 * all, all + 1), (all, all, 3 * all)]
        {
            assert_eq!(named(of(&arguments, per_call, per_day, today)), "amount");
        }
    }
}

/// A payout of `PROMISED` for each of at most `most` items.
fn counted(most: u64, max_amount: Option<u64>) -> Result<Payout, Misuse> {
    let max_amount = max_amount.map(msat);
    make(&PayoutArguments { quantity_max: Some(most), max_amount, ..arguments() }, None)
}

#[test]
fn a_payout_by_the_piece_pays_for_what_its_redeemer_counts() {
    let payout = counted(3, None).unwrap();
    let (amount, at_most) = (msat(PROMISED), msat(3 * PROMISED));
    assert_eq!(payout.amount, PayoutAmount::Each { amount, at_most });
    assert_eq!(payout.invoice_request, None, "an invoice_request counts nothing");
    let offer = payout.offer.clone().unwrap();
    let invoice = |items: u64, asked: u64| {
        let builder = InvoiceBuilder::for_payout_offer(&offer, [8; 32], ChainHash::BITCOIN);
        let built = builder
            .quantity(items.try_into().unwrap())
            .amount(msat(asked))
            .paths(vec![sample::payment_path(5)])
            .created_at(NOW)
            .payment_hash([7; 32])
            .sign(&sample::secp(), &sample::keypair(5));
        built.unwrap()
    };
    for items in 1..=3 {
        let paid = claimed(redeemed(&payout, invoice(items, items * PROMISED)));
        assert_eq!(paid.amount, msat(items * PROMISED));
        for asked in [items * PROMISED - 1, items * PROMISED + 1] {
            let refused = redeemed(&payout, invoice(items, asked));
            assert_eq!(refused, Err(Refusal::AmountNotPromised), "{items}");
        }
    }
    let capped = counted(0, Some(2 * PROMISED)).unwrap();
    assert_eq!(capped.amount.at_most(), msat(2 * PROMISED));
}

#[test]
fn a_payout_by_the_piece_is_within_the_limits_with_all_its_pieces() {
    let most = policy().payout_max.as_u64() / PROMISED;
    assert!(counted(most, None).is_ok());
    assert_eq!(named(counted(most + 1, None)), "quantity_max");
    assert_eq!(named(counted(u64::MAX, None)), "quantity_max");
    assert_eq!(named(counted(2, Some(PROMISED - 1))), "max_amount_msat");
    let any = PayoutArguments { amount: AmountSpec::Any, quantity_max: Some(2), ..arguments() };
    assert_eq!(named(make(&any, None)), "quantity_max");
    let dollars = AmountSpec::Fiat { currency: "USD".into(), whole: 5, decimals: String::new() };
    let in_dollars = PayoutArguments { amount: dollars, quantity_max: Some(2), ..arguments() };
    let refused = make(&in_dollars, None).unwrap_err().to_string();
    assert_eq!(refused, "quantity_max: goes with an amount of bitcoin");
    assert_eq!(counted(0, None).unwrap().amount.at_most(), policy().payout_any_max);
    // A cap of one item is one.
    assert_eq!(counted(2, Some(PROMISED)).unwrap().amount.at_most(), msat(PROMISED));
}

#[test]
fn a_payout_that_recurs_begins_now_and_is_kept_once_in_each_period() {
    let hour = Recurrence::every(3_600.try_into().unwrap(), TimeUnit::Seconds);
    let limit = Some(2.try_into().unwrap());
    let schedule = Recurrence { compulsory: false, limit, ..hour };
    let arguments = PayoutArguments { recurrence: Some(schedule), ..arguments() };
    let payout = make(&arguments, None).unwrap();
    assert_eq!(payout.uses, Uses { most: Some(3), total: None });
    let base = Some(RecurrenceBase { basetime: NOW, proportional: false });
    let said = payout.offer.unwrap().recurrence().copied();
    assert_eq!(said, Some(Recurrence { base, compulsory: true, ..schedule }));
}

#[test]
fn a_total_that_one_redemption_fits_in_is_enough() {
    let of = |total| {
        let uses = Uses { most: None, total: Some(msat(total)) };
        make(&PayoutArguments { uses, with_offer: false, ..arguments() }, None)
    };
    assert!(of(PROMISED).is_ok());
    assert_eq!(named(of(PROMISED - 1)), "max_total_msat");
}

#[test]
fn both_strings_of_a_payout_name_its_chain_and_its_paths() {
    let ways = vec![sample::message_path(6, Some(vec![5; 32]))];
    for (chain, is_named) in [(ChainHash::BITCOIN, false), (ChainHash([7; 32]), true)] {
        for paths in [vec![], ways.clone()] {
            let made = MadePayout {
                row: PayoutRow(1),
                nonce: [4; 16],
                paths: paths.clone(),
                path_id: vec![5; 32],
                allowance: None,
                refund: None,
                rate: None,
                now: NOW,
            };
            let policy = Policy::for_chain(chain);
            let payout = make_payout(&arguments(), made, &policy, &keys(1)).unwrap();
            let (offer, request) = (payout.offer.unwrap(), payout.invoice_request.unwrap());
            // What is bitcoin's goes without saying, and what nobody need go through is not there at all.
            assert_eq!(offer.records().any(|it| it.typ == OFFER_CHAINS), is_named);
            assert_eq!(request.records().any(|it| it.typ == INVREQ_CHAIN), is_named);
            assert_eq!(offer.records().any(|it| it.typ == OFFER_PATHS), !paths.is_empty());
            assert_eq!(request.records().any(|it| it.typ == INVREQ_PATHS), !paths.is_empty());
            assert_eq!((offer.chains(), request.chain()), (vec![chain], chain));
            assert_eq!((offer.paths(), request.paths()), (&paths[..], &paths[..]));
        }
    }
}
