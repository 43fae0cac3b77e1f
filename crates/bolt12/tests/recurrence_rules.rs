//! The rules for recurring offers, the requests that take them up, and the invoices that answer.

mod common;

use std::num::NonZeroU32;

use bolt12::recurrence::Period;
use bolt12::{
    BuildError, Invoice, InvoiceBuilder, InvoiceRequest, InvoiceRequestBuilder, Numbering, Offer,
    OfferBuilder, Paywindow, Recurrence, RecurrenceBase, RecurringRequest, TimeUnit, Timestamp,
    field,
};
use common::*;

const BOTH: [Numbering; 2] = [Numbering::Plain, Numbering::Experimental];

fn number(number: u32) -> NonZeroU32 {
    NonZeroU32::new(number).expect("not zero")
}

fn monthly(numbering: Numbering) -> Recurrence {
    Recurrence { numbering, ..Recurrence::every(number(1), TimeUnit::Months) }
}

fn with_base(numbering: Numbering) -> Recurrence {
    let base = RecurrenceBase { basetime: NOW, proportional: true };
    Recurrence { base: Some(base), limit: Some(number(11)), ..monthly(numbering) }
}

fn recurring(recurrence: Recurrence) -> Offer {
    offer_builder().recurrence(recurrence).build().expect("valid")
}

/// The number of the field 24 to 29, 92 to 94 or 177 in this numbering.
fn typ(plain: u64, numbering: Numbering) -> u64 {
    match (numbering, plain) {
        (Numbering::Plain, _) => plain,
        (Numbering::Experimental, 0..80) => plain + 1_000_000_000,
        (Numbering::Experimental, 80..160) => plain + 2_000_000_000,
        (Numbering::Experimental, _) => plain + 3_000_000_000,
    }
}

/// Why an offer with these fields besides the usual ones is refused.
fn offer_refusal(numbering: Numbering, fields: &[(u64, &[u8])]) -> String {
    let fields = fields.iter().map(|(plain, value)| (typ(*plain, numbering), *value));
    let bytes = fields.fold(offer().bytes().to_vec(), |bytes, (typ, value)| {
        with_record(&bytes, typ, Some(value))
    });
    told(&Offer::decode(&bytes).expect_err("must be refused"))
}

fn request(offer: &Offer, counter: u32, start: Option<u32>) -> Result<InvoiceRequest, BuildError> {
    let builder = InvoiceRequestBuilder::for_offer(offer).metadata([9; 16]);
    let builder = builder.recurrence_counter(counter);
    let builder = match start {
        Some(start) => builder.recurrence_start(start),
        None => builder,
    };
    builder.sign(&secp(), &keypair(PAYER))
}

/// What is wrong with a request for the offer with these fields, which no builder would make.
fn request_refusal(offer: &Offer, fields: &[(u64, &[u8])]) -> Option<String> {
    let mut bytes = with_record(offer.bytes(), 0, Some(&[9; 16]));
    bytes = with_record(&bytes, 88, Some(&pubkey(PAYER).serialize()));
    for (typ, value) in fields {
        bytes = with_record(&bytes, *typ, Some(value));
    }
    let request = InvoiceRequest::decode(&bytes).expect("judged later, so that it is answered");
    request.checked_recurrence().err().map(|error| told(&error))
}

fn invoice(request: &InvoiceRequest, basetime: Option<Timestamp>) -> Result<Invoice, BuildError> {
    let builder = completed(InvoiceBuilder::for_request(request)).amount(msat(10_000));
    let builder = match basetime {
        Some(basetime) => builder.recurrence_basetime(basetime),
        None => builder,
    };
    builder.sign(&secp(), &keypair(ISSUER))
}

#[test]
fn a_schedule_is_read_as_it_was_written_in_either_numbering() {
    let paywindow = Paywindow { seconds_before: 86_400, seconds_after: 3_600 };
    for numbering in BOTH {
        let optional = Recurrence { compulsory: false, ..monthly(numbering) };
        let days = Recurrence::every(number(u32::MAX), TimeUnit::Days);
        let days = Recurrence { paywindow: Some(paywindow), numbering, ..days };
        let seconds = Recurrence::every(number(1), TimeUnit::Seconds);
        let seconds = Recurrence { numbering, limit: Some(number(1)), ..seconds };
        for schedule in [monthly(numbering), with_base(numbering), optional, days, seconds] {
            let offer = recurring(schedule);
            assert_eq!(offer.recurrence(), Some(&schedule));
            assert_eq!(offer.to_string().parse::<Offer>().expect("valid"), offer);
            assert_eq!(offer.unknown_records().count(), 0);
        }
    }
    assert_eq!(offer().recurrence(), None);
}

// req RCO-W2, RCO-W3, RCO-W4, RCO-W5
#[test]
fn a_schedule_stands_on_the_wire_as_the_proposal_says() {
    for numbering in BOTH {
        let paywindow = Some(Paywindow { seconds_before: 256, seconds_after: 1 });
        let offer = recurring(Recurrence { paywindow, ..with_base(numbering) });
        let found: Vec<(u64, Vec<u8>)> = offer.records().map(|r| (r.typ, r.value.into())).collect();
        let expected = [
            (24, vec![2, 1]),
            (26, vec![1, 0x65, 0x53, 0xf1, 0x00]),
            (27, vec![0, 0, 1, 0, 1]),
            (29, vec![11]),
        ];
        for (plain, value) in expected {
            assert!(found.contains(&(typ(plain, numbering), value)), "{plain} in {found:?}");
        }
    }
}

#[test]
fn todays_nodes_are_spoken_to_in_their_numbering_unless_told_otherwise() {
    let offer = recurring(Recurrence::every(number(1), TimeUnit::Days));
    let types: Vec<u64> = offer.records().map(|record| record.typ).collect();
    assert!(types.contains(&1_000_000_024) && !types.contains(&24));
}

#[test]
fn the_last_schedule_set_is_the_one_that_counts() {
    let builder = offer_builder().recurrence(with_base(Numbering::Plain));
    let offer = builder.recurrence(monthly(Numbering::Experimental)).build().expect("valid");
    assert_eq!(offer, recurring(monthly(Numbering::Experimental)));
}

// req RCO-R1, RCO-R2, RCO-R3, RCO-R4, RCO-W6
#[test]
fn broken_schedules_are_refused() {
    for numbering in BOTH {
        let refusal = |fields: &[(u64, &[u8])]| offer_refusal(numbering, fields);
        let valid = (24, [2, 1].as_slice());
        assert_eq!(refusal(&[(24, &[3, 1])]), "offer_recurrence_compulsory: invalid value");
        assert_eq!(refusal(&[(25, &[255, 1])]), "offer_recurrence_optional: invalid value");
        assert_eq!(refusal(&[(24, &[])]), "offer_recurrence_compulsory: the input ends too early");
        assert_eq!(refusal(&[(24, &[2])]), "offer_recurrence_compulsory: must not be zero");
        assert_eq!(refusal(&[(25, &[0])]), "offer_recurrence_optional: must not be zero");
        assert_eq!(refusal(&[valid, (25, &[2, 1])]), "offer_recurrence_optional: not allowed here");
        assert_eq!(refusal(&[valid, (29, &[])]), "offer_recurrence_limit: must not be zero");
        assert_eq!(refusal(&[(26, &[0])]), "offer_recurrence_base: not allowed here");
        assert_eq!(refusal(&[(27, &[0; 4])]), "offer_recurrence_paywindow: not allowed here");
        assert_eq!(refusal(&[(29, &[1])]), "offer_recurrence_limit: not allowed here");
        let short = refusal(&[valid, (27, &[0; 3])]);
        assert_eq!(short, "offer_recurrence_paywindow: the input ends too early");
    }
}

#[test]
fn the_two_numberings_do_not_mix() {
    let mixed = recurring(monthly(Numbering::Plain));
    let bytes = with_record(mixed.bytes(), 1_000_000_025, Some(&[2, 1]));
    assert_eq!(Offer::decode(&bytes).expect_err("two schedules").field(), Some(1_000_000_025));
    let bytes = with_record(mixed.bytes(), 1_000_000_029, Some(&[1]));
    assert_eq!(Offer::decode(&bytes).expect_err("stray limit").field(), Some(1_000_000_029));
    for (ours, other) in [(BOTH[0], BOTH[1]), (BOTH[1], BOTH[0])] {
        let fields = [(typ(92, ours), [].as_slice()), (typ(94, other), &[])];
        let refusal = request_refusal(&recurring(monthly(ours)), &fields);
        assert_eq!(refusal.as_deref(), Some("invreq_recurrence_cancel: not allowed here"));
    }
}

// req RCO-W1
#[test]
fn a_base_is_not_written_for_payers_who_may_not_understand_it() {
    let schedule = Recurrence { compulsory: false, ..with_base(Numbering::Plain) };
    let error = offer_builder().recurrence(schedule).build().expect_err("must be refused");
    assert_eq!(told(&error), "offer_recurrence_base: not allowed here");
}

#[test]
fn payouts_recur_by_a_calendar_in_experimental_fields_alone() {
    let whole = |numbering| {
        let schedule = with_base(numbering);
        let base = schedule.base.map(|base| RecurrenceBase { proportional: false, ..base });
        Recurrence { base, ..schedule }
    };
    let build = |schedule| offer_builder().send_invoice().recurrence(schedule).build();
    let offer = build(whole(Numbering::Experimental)).unwrap();
    assert!(offer.is_send_invoice() && offer.recurrence().is_some());
    for schedule in [whole(Numbering::Plain), with_base(Numbering::Experimental)] {
        let error = build(schedule).expect_err("must be refused");
        assert_eq!(told(&error), "offer_recurrence_compulsory: not allowed here");
    }
    for numbering in BOTH {
        let offer = offer_builder().send_invoice().recurrence(monthly(numbering)).build();
        let error = offer.expect_err("must be refused");
        assert_eq!(told(&error), "offer_recurrence_compulsory: not allowed here");
        for (plain, value) in [(25, [2, 1].as_slice()), (92, &[]), (93, &[]), (94, &[])] {
            let typ = typ(plain, numbering);
            let bytes = with_record(payout_request().bytes(), typ, Some(value));
            let error = InvoiceRequest::decode(&bytes).expect_err("must be refused");
            assert_eq!(told(&error), format!("{}: not allowed here", field::Label(typ)));
        }
    }
}

// req RCR-W2, RCR-R5
#[test]
fn a_request_says_which_payment_it_asks_for() {
    for numbering in BOTH {
        let payment = |schedule, counter, start| {
            let request = request(&recurring(schedule), counter, start).expect("valid");
            let read = InvoiceRequest::decode(request.bytes()).expect("valid");
            assert_eq!(read.unknown_records().count(), 0);
            read.checked_recurrence().expect("valid").expect("recurring")
        };
        let first = RecurringRequest { counter: 0, start: None, index: 0, cancel: false };
        assert_eq!(payment(monthly(numbering), 0, None), first);
        assert!(first.is_initial());
        let later = RecurringRequest { counter: 5, start: Some(6), index: 11, cancel: false };
        assert_eq!(payment(with_base(numbering), 5, Some(6)), later);
        assert!(!later.is_initial());
    }
    assert_eq!(request_for(&offer()).checked_recurrence(), Ok(None));
}

// req RCR-R5, RCR-R6, RCR-R8, RCR-R12
#[test]
fn requests_that_do_not_fit_the_schedule_are_refused() {
    for numbering in BOTH {
        let (free, based) = (recurring(monthly(numbering)), recurring(with_base(numbering)));
        let [counter, start, cancel] = [92, 93, 94].map(|plain| typ(plain, numbering));
        let refusal = |offer: &Offer, fields: &[(u64, &[u8])]| {
            request_refusal(offer, fields).expect("must be refused")
        };
        assert_eq!(refusal(&free, &[]), "invreq_recurrence_counter: missing");
        let none = [(counter, [].as_slice())];
        assert_eq!(refusal(&based, &none), "invreq_recurrence_start: missing");
        let started = [(counter, [].as_slice()), (start, &[1])];
        assert_eq!(refusal(&free, &started), "invreq_recurrence_start: not allowed here");
        let above = [(counter, [6].as_slice()), (start, &[6])];
        assert_eq!(refusal(&based, &above), "invreq_recurrence_counter: must be at most 5");
        let far = [(counter, [].as_slice()), (start, &[12])];
        assert_eq!(refusal(&based, &far), "invreq_recurrence_start: must be at most 11");
        let overflow = [(counter, [255; 4].as_slice()), (start, &[1])];
        assert_eq!(refusal(&based, &overflow), "invreq_recurrence_counter: too large");
        let at_once = [(counter, [].as_slice()), (cancel, &[])];
        assert_eq!(refusal(&free, &at_once), "invreq_recurrence_cancel: not allowed here");
        assert_eq!(request_refusal(&free, &[(counter, &[1]), (cancel, &[])]), None);
        for typ in [counter, start, cancel] {
            let expected = format!("{}: not allowed here", field::Label(typ));
            assert_eq!(refusal(&offer(), &[(typ, &[])]), expected);
        }
    }
}

// req RCR-W1, RCR-W3, RCR-W4, RCR-W9
#[test]
fn a_builder_does_not_make_what_the_issuer_would_refuse() {
    let offer = recurring(with_base(Numbering::Experimental));
    assert!(request(&offer, 0, None).is_err());
    assert!(request(&offer, 12, Some(0)).is_err());
    assert!(request(&offer, 11, Some(0)).is_ok());
    assert!(request(&self::offer(), 0, None).is_err());
}

// req RCR-R2, RCR-W8, RCR-R11
#[test]
fn who_cancels_need_not_say_how_much_or_how_many() {
    let any = OfferBuilder::new().issuer_id(&pubkey(ISSUER)).recurrence(monthly(BOTH[1]));
    let any = any.quantity_max(bolt12::QuantityMax::Unbounded).build().expect("valid");
    let builder = InvoiceRequestBuilder::for_offer(&any).metadata([9; 16]).recurrence_counter(3);
    assert!(builder.clone().sign(&secp(), &keypair(PAYER)).is_err());
    let cancel = builder.recurrence_cancel().sign(&secp(), &keypair(PAYER)).expect("valid");
    let payment = cancel.checked_recurrence().expect("valid").expect("recurring");
    assert!(payment.cancel);
    assert_eq!(cancel.checked_quantity().map(u64::from), Ok(1));
    let error = invoice(&cancel, Some(NOW)).expect_err("no invoice for nothing");
    assert_eq!(told(&error), "invreq_recurrence_cancel: not allowed here");
}

// req RCI-W1, RCI-R1, RCI-R2
#[test]
fn an_invoice_says_when_period_0_starts() {
    for numbering in BOTH {
        let first = request(&recurring(monthly(numbering)), 0, None).expect("valid");
        let error = invoice(&first, None).expect_err("must be refused");
        assert_eq!(told(&error), "invoice_recurrence_basetime: missing");
        let error = invoice(&first, Some(Timestamp(NOW.0 - 1))).expect_err("must be refused");
        assert_eq!(told(&error), "invoice_recurrence_basetime: does not match");
        let read = invoice(&first, Some(NOW)).expect("valid");
        assert_eq!(read.recurrence_basetime(), Some(NOW));
        assert_eq!(read.recurring_payment(), first.checked_recurrence().expect("valid"));
        assert_eq!(read.unknown_records().count(), 0);

        let later = request(&recurring(monthly(numbering)), 3, None).expect("valid");
        let earlier = Timestamp(NOW.0 - 8_000_000);
        let read = invoice(&later, Some(earlier)).expect("only the payer knows");
        assert_eq!(read.recurrence_basetime(), Some(earlier));

        let based = request(&recurring(with_base(numbering)), 3, Some(0)).expect("valid");
        assert!(invoice(&based, Some(NOW)).is_ok());
        assert!(invoice(&based, Some(earlier)).is_err());
    }
}

// req RCI-W3
#[test]
fn an_invoice_that_does_not_recur_says_nothing_of_it() {
    let invoice = invoice(&request_for(&offer()), None).expect("valid");
    assert_eq!(invoice.recurring_payment(), None);
    assert_eq!(invoice.recurrence_basetime(), None);
    for typ in [92, 94, 2_000_000_092, 2_000_000_094] {
        let error = Invoice::decode(&with_record(invoice.bytes(), typ, Some(&[])));
        assert_eq!(error.expect_err("must be refused").field(), Some(typ));
    }
}

// req RCR-R3
#[test]
fn who_comes_late_pays_for_the_rest() {
    let minute = Period { start: NOW, end: Timestamp(NOW.0 + 60) };
    let at = |seconds| Timestamp(NOW.0 + seconds);
    let due = |request: &InvoiceRequest, now| request.amount_due_in(&minute, now, None);
    let offer = recurring(with_base(Numbering::Experimental));
    let proportional = request(&offer, 0, Some(0)).expect("valid");
    assert_eq!(due(&proportional, Timestamp(0)), Ok(msat(10_000)));
    assert_eq!(due(&proportional, at(0)), Ok(msat(10_000)));
    assert_eq!(due(&proportional, at(6)), Ok(msat(9_000)));
    assert_eq!(due(&proportional, at(20)), Ok(msat(6_666)));
    assert_eq!(due(&proportional, at(60)), Ok(msat(1)));
    assert_eq!(due(&proportional, at(1_000)), Ok(msat(1)));

    let builder = InvoiceRequestBuilder::for_offer(&offer).metadata([9; 16]).recurrence_counter(0);
    let builder = builder.recurrence_start(0).amount(msat(6_666));
    let less = builder.sign(&secp(), &keypair(PAYER)).expect("the issuer knows the time");
    assert_eq!(due(&less, at(20)), Ok(msat(6_666)));
    assert_eq!(due(&less, at(19)).map_err(|error| error.field()), Err(Some(82)));

    let whole = request(&recurring(monthly(Numbering::Plain)), 0, None).expect("valid");
    assert_eq!(due(&whole, at(20)), Ok(msat(10_000)));
}
