//! Payments to us: which are taken.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod common;

use bolt1::{Seconds, Timestamp};
use offerd_core::offer_book::OfferEntry;
use offerd_core::port::{IncomingPayment, Store as _};
use offerd_core::receipt::{
    Arrived, Receipt, ReceiptKey, ReceiptState, Sealed, SentBack, Source, decide_arrival, on_lost,
    request_mac,
};
use offerd_core::{Batch, Effect, Event, InvoiceRow, OfferRow, PaymentHash, Preimage};
use offerd_testkit::{MemoryStore, sample};
use proptest::prelude::*;

use common::{keys, msat};

const NOW: Timestamp = sample::NOW;
const ASKED: u64 = 10_000;
const LIFE: Seconds = Seconds(7_200);

fn sealed(request: u8) -> Sealed {
    let key = ReceiptKey { source: Source::Offer(OfferRow(1)), request_mac: [request; 10] };
    Sealed { key, amount: msat(ASKED), created_at: NOW, expiry: LIFE, counter: 0 }
}

/// Payment `id` of an invoice for the request, in the node's words.
fn payment(sealed: &Sealed, hash: u8, id: u8, amount: u64) -> IncomingPayment {
    IncomingPayment {
        payment_hash: [hash; 32],
        payment_id: [id; 32],
        amount: msat(amount),
        opening_fee: msat(0),
        context: Some(sealed.seal().unwrap()),
        preimage: Preimage([hash.wrapping_add(1); 32]),
        payer_id: Some(sample::point(5)),
        quantity: Some(2),
        memo: Some("hello".into()),
    }
}

/// The payment as it arrives for an offer.
fn arrived<'a>(
    payment: &'a IncomingPayment,
    offer: &'a OfferEntry,
    receipts: &'a [Receipt],
) -> Arrived<'a> {
    let sealed = Sealed::open(&payment.context.unwrap()).unwrap();
    Arrived {
        payment,
        sealed,
        offer: Some(offer),
        series: None,
        own_invoice: None,
        receipts,
        invoice: None,
        priced: None,
        rate: None,
        price_tolerance_ppm: 10_000,
        now: NOW,
    }
}

fn taken(decision: Result<Batch, SentBack>) -> Receipt {
    let batch = decision.unwrap();
    let [Event::ReceiptClaiming(receipt)] = batch.events.as_slice() else { panic!("{batch:?}") };
    assert_eq!(batch.effects, [Effect::Accept(receipt.payment_hash)]);
    receipt.clone()
}

#[test]
fn a_payment_is_written_down_before_it_is_taken() {
    let (sealed, offer) = (sealed(1), sample::offer_entry(1));
    let payment = payment(&sealed, 2, 3, ASKED + 1);
    let receipt = taken(decide_arrival(arrived(&payment, &offer, &[])));
    assert_eq!(receipt.key, sealed.key);
    assert_eq!((receipt.payment_hash, receipt.payment_id), (PaymentHash([2; 32]), [3; 32]));
    assert_eq!(receipt.preimage, payment.preimage);
    assert_eq!((receipt.asked, receipt.amount), (msat(ASKED), msat(ASKED + 1)));
    assert_eq!((receipt.quantity, receipt.payer_note.as_deref()), (Some(2), Some("hello")));
    assert_eq!((receipt.invoice_created_at, receipt.arrived_at), (NOW, NOW));
    assert_eq!(receipt.state, ReceiptState::Claiming);
}

#[test]
fn the_same_payment_again_is_taken_again_and_another_is_sent_back() {
    let (sealed, offer) = (sealed(1), sample::offer_entry(1));
    let first = payment(&sealed, 2, 3, ASKED);
    let receipt = taken(decide_arrival(arrived(&first, &offer, &[])));
    let receipts = [receipt];
    // Whatever has become of the offer, and however late it is: the preimage may be out already.
    let closed = OfferEntry { active: false, single_use: true, used: true, ..offer.clone() };
    for offer in [&offer, &closed] {
        let now = NOW.plus(Seconds(1_000_000));
        let again = decide_arrival(Arrived { now, ..arrived(&first, offer, &receipts) });
        let accept = Effect::Accept(PaymentHash([2; 32]));
        assert_eq!(again, Ok(Batch::default().and_then(accept)));
    }
    for other in [payment(&sealed, 2, 4, ASKED), payment(&sealed, 9, 3, ASKED)] {
        let result = decide_arrival(arrived(&other, &offer, &receipts));
        assert_eq!(result, Err(SentBack::AlreadyPaid));
    }
}

#[test]
fn a_lost_payment_frees_its_request_and_is_never_taken_again() {
    let (sealed, offer) = (sealed(1), sample::offer_entry(1));
    let once = OfferEntry { single_use: true, ..offer.clone() };
    let first = payment(&sealed, 2, 3, ASKED);
    let claiming = taken(decide_arrival(arrived(&first, &offer, &[])));
    let batch = on_lost(&claiming, NOW);
    let (key, payment_id) = (claiming.key, claiming.payment_id);
    assert_eq!(batch, Batch::of(Event::ReceiptLost { key, payment_id, at: NOW }));
    let lost = Receipt { state: ReceiptState::Lost { at: NOW }, ..claiming.clone() };
    let paid = Receipt { state: ReceiptState::Paid { at: NOW }, ..claiming };
    assert_eq!(on_lost(&lost, NOW), Batch::default());
    assert_eq!(on_lost(&paid, NOW), Batch::default(), "what is ours is not lost");
    for offer in [&offer, &once] {
        let again = decide_arrival(arrived(&first, offer, std::slice::from_ref(&lost)));
        assert_eq!(again, Err(SentBack::GivenUp));
        let other = payment(&sealed, 4, 5, ASKED);
        let second = taken(decide_arrival(arrived(&other, offer, std::slice::from_ref(&lost))));
        let third = payment(&sealed, 6, 7, ASKED);
        let receipts = [lost.clone(), second];
        let result = decide_arrival(arrived(&third, offer, &receipts));
        assert_eq!(result, Err(SentBack::AlreadyPaid));
        let result = decide_arrival(arrived(&first, offer, &receipts));
        assert_eq!(result, Err(SentBack::GivenUp));
    }
}

#[test]
fn an_offer_that_is_closed_takes_nothing() {
    let open = sample::offer_entry(1);
    let payment = payment(&sealed(1), 2, 3, ASKED);
    let cases = [
        (OfferEntry { active: false, ..open.clone() }, Err(SentBack::Withdrawn)),
        (OfferEntry { single_use: true, used: true, ..open.clone() }, Err(SentBack::Withdrawn)),
        (OfferEntry { used: true, ..open.clone() }, Ok(())),
        (OfferEntry { single_use: true, ..open.clone() }, Ok(())),
    ];
    for (number, (offer, expected)) in cases.into_iter().enumerate() {
        let result = decide_arrival(arrived(&payment, &offer, &[])).map(drop);
        assert_eq!(result, expected, "case {number}");
    }
    let forgotten = Arrived { offer: None, ..arrived(&payment, &open, &[]) };
    assert_eq!(decide_arrival(forgotten), Err(SentBack::Unknown));
}

#[test]
fn a_single_use_offer_takes_one_payment_even_before_it_is_ours() {
    let once = sample::single_use_offer_entry(1);
    let first = payment(&sealed(1), 2, 3, ASKED);
    let receipts = [taken(decide_arrival(arrived(&first, &once, &[])))];
    let second = payment(&sealed(2), 4, 5, ASKED);
    assert_eq!(decide_arrival(arrived(&second, &once, &receipts)), Err(SentBack::AlreadyPaid));
}

#[test]
fn amount_and_time_are_judged_at_arrival_with_both_ends_inclusive() {
    let offer = sample::offer_entry(1);
    let end = NOW.plus(LIFE);
    let after = end.plus(Seconds(1));
    let cases = [
        (ASKED - 1, NOW, Err(SentBack::WrongAmount)),
        (ASKED, NOW, Ok(())),
        (2 * ASKED, NOW, Ok(())),
        (2 * ASKED + 1, NOW, Err(SentBack::WrongAmount)),
        (ASKED, end, Ok(())),
        (ASKED, after, Err(SentBack::Expired)),
        (ASKED - 1, after, Err(SentBack::Expired)),
    ];
    for (number, (amount, now, expected)) in cases.into_iter().enumerate() {
        let payment = payment(&sealed(1), 2, 3, amount);
        let result = decide_arrival(Arrived { now, ..arrived(&payment, &offer, &[]) });
        assert_eq!(result.map(drop), expected, "case {number}");
    }
}

#[test]
fn an_invoice_of_ours_takes_its_own_payment_until_it_was_refused() {
    let own = sample::own_invoice(4);
    let key = ReceiptKey { source: Source::Invoice(InvoiceRow(4)), request_mac: [1; 10] };
    let sealed = Sealed { key, ..sealed(1) };
    let hash = own.payment_hash();
    let mut payment = payment(&sealed, 0, 3, ASKED);
    payment.payment_hash = hash.0;
    let offer = sample::offer_entry(1);
    let refused = offerd_core::invoice_book::OwnInvoice { refused_at: Some(NOW), ..own.clone() };
    let other = sample::own_invoice(5);
    let cases = [
        (Some(&own), Ok(())),
        (Some(&refused), Err(SentBack::Withdrawn)),
        (Some(&other), Err(SentBack::Unknown)),
        (None, Err(SentBack::Unknown)),
    ];
    for (number, (own_invoice, expected)) in cases.into_iter().enumerate() {
        let arrived = Arrived { own_invoice, offer: None, ..arrived(&payment, &offer, &[]) };
        assert_eq!(decide_arrival(arrived).map(drop), expected, "case {number}");
    }
}

#[test]
fn what_is_sealed_stands_where_its_table_says() {
    let last = (1 << 31) - 1;
    let sealed = |source| Sealed {
        key: ReceiptKey { source, request_mac: [0xab; 10] },
        amount: msat(0x01_0203_0405_0607),
        created_at: Timestamp(0x0809_0a0b),
        expiry: Seconds(0x0c_0d0e),
        counter: 0x0f10_1112,
    };
    let behind_the_row: Vec<u8> = [0xab; 10].into_iter().chain(1..=0x12).collect();
    for (source, row) in [
        (Source::Offer(OfferRow(0x0102_0304)), [1, 2, 3, 4]),
        (Source::Invoice(InvoiceRow(0x0102_0304)), [0x81, 2, 3, 4]),
        (Source::Offer(OfferRow(last)), [0x7f, 0xff, 0xff, 0xff]),
        (Source::Invoice(InvoiceRow(last)), [0xff; 4]),
    ] {
        let bytes = sealed(source).seal().unwrap();
        assert_eq!((&bytes[..4], &bytes[4..]), (&row[..], behind_the_row.as_slice()));
        assert_eq!(Sealed::open(&bytes), Some(sealed(source)));
    }
    for source in [Source::Offer(OfferRow(last + 1)), Source::Invoice(InvoiceRow(last + 1))] {
        assert_eq!(sealed(source).seal(), None, "{source:?}");
    }
}

#[test]
fn what_was_sealed_into_an_invoice_can_be_told_from_its_receipt() {
    let source = Source::Offer(OfferRow(1));
    let receipt = Receipt { asked: msat(ASKED), ..sample::receipt(2, source) };
    let expected = Sealed {
        key: receipt.key,
        amount: msat(ASKED),
        created_at: receipt.invoice_created_at,
        expiry: Seconds(0),
        counter: 2,
    };
    assert_eq!(Sealed::of_receipt(&receipt), expected);
    let of_no_series = Receipt { turn: None, ..receipt };
    assert_eq!(Sealed::of_receipt(&of_no_series), Sealed { counter: 0, ..expected });
}

#[test]
fn the_mac_of_a_request_depends_on_the_secret_the_source_and_the_request() {
    let mac = |number, source, request| request_mac(&keys(number), source, &[request; 32]);
    let offer = |row| Source::Offer(OfferRow(row));
    let macs = [
        mac(1, offer(1), 1),
        mac(2, offer(1), 1),
        mac(1, offer(2), 1),
        mac(1, Source::Invoice(InvoiceRow(1)), 1),
        mac(1, offer(1), 2),
    ];
    for (index, mac) in macs.iter().enumerate() {
        assert!(macs[index + 1..].iter().all(|other| other != mac));
    }
}

proptest! {
    #[test]
    fn what_is_sealed_is_opened(
        row in 0..1u32 << 31, of_offer: bool, request_mac: [u8; 10], amount in 0..1u64 << 56,
        created_at: u32, expiry in 0..1u64 << 24, counter: u32,
    ) {
        let source = match of_offer {
            true => Source::Offer(OfferRow(row)),
            false => Source::Invoice(InvoiceRow(row)),
        };
        let sealed = Sealed {
            key: ReceiptKey { source, request_mac },
            amount: msat(amount),
            created_at: Timestamp(created_at.into()),
            expiry: Seconds(expiry),
            counter,
        };
        prop_assert_eq!(Sealed::open(&sealed.seal().unwrap()), Some(sealed));
    }

    #[test]
    fn any_32_bytes_are_opened_without_a_panic(context: [u8; 32]) {
        if let Some(sealed) = Sealed::open(&context) {
            prop_assert_eq!(sealed.seal(), Some(context));
        }
    }

    /// Payments (request, hash, id) in any order and any number, each perhaps seen again after a crash.
    #[test]
    fn of_one_request_one_payment_is_ever_taken(
        single_use: bool,
        arrivals in prop::collection::vec((0..3u8, 0..2u8, 0..2u8, any::<bool>()), 1..40),
    ) {
        let store = MemoryStore::new();
        let entry = match single_use {
            true => sample::single_use_offer_entry(1),
            false => sample::offer_entry(1),
        };
        store.commit(&Batch::of(Event::OfferCreated(entry))).unwrap();
        for (request, hash, id, becomes_ours) in arrivals {
            let sealed = sealed(request);
            let hash = request * 10 + hash;
            let payment = payment(&sealed, hash, hash * 10 + id, ASKED);
            let offer = store.offer(OfferRow(1)).unwrap().unwrap();
            let receipts = store.receipts_of(sealed.key.source).unwrap();
            if let Ok(batch) = decide_arrival(arrived(&payment, &offer, &receipts)) {
                store.commit(&batch).unwrap();
                let receipt = store.receipt(&sealed.key).unwrap().unwrap();
                prop_assert_eq!(receipt.payment_id, payment.payment_id);
                prop_assert_eq!(receipt.payment_hash.0, payment.payment_hash);
                if becomes_ours && receipt.state == ReceiptState::Claiming {
                    let Receipt { key, payment_id, amount, .. } = receipt;
                    let paid = Event::ReceiptPaid { key, payment_id, amount, at: NOW };
                    store.commit(&Batch::of(paid)).unwrap();
                }
            }
        }
        let receipts = store.receipts_of(Source::Offer(OfferRow(1))).unwrap();
        prop_assert!(!single_use || receipts.len() == 1);
        prop_assert!(receipts.len() <= 3);
    }
}
