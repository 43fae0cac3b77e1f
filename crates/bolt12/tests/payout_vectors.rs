//! Our own vectors for payout offers, which another implementation can be held to: read, judged, and written alike.

mod common;

use std::num::{NonZeroU32, NonZeroU64};

use bolt12::{
    ChainHash, Invoice, InvoiceBuilder, Offer, OfferBuilder, QuantityMax, Recurrence,
    RecurrenceBase, TimeUnit, field,
};
use common::*;
use serde_json::Value;

const FILE: &str = include_str!("../../../vectors/bolt12/payouts.json");

fn cases(key: &str) -> Vec<Value> {
    let file: Value = serde_json::from_str(FILE).expect("JSON");
    file[key].as_array().expect("a list").clone()
}

fn text<'a>(case: &'a Value, key: &str) -> &'a str {
    case[key].as_str().expect("a string")
}

/// The offers of the file, in its order, as this crate writes them.
fn offers() -> [Offer; 5] {
    let any = OfferBuilder::new().metadata([7; 16]).issuer_id(&pubkey(ISSUER)).send_invoice();
    let refund = offer_builder().metadata([7; 16]).send_invoice().refund_for([5; 32]);
    let five = QuantityMax::Bounded(NonZeroU64::new(5).expect("not zero"));
    let counted = offer_builder().metadata([7; 16]).send_invoice().quantity_max(five);
    [
        payout_offer(),
        any.build().expect("valid"),
        refund.build().expect("valid"),
        counted.build().expect("valid"),
        weekly(),
    ]
}

/// A payout of 10 000 msat in each of thirteen weeks.
fn weekly() -> Offer {
    let base = RecurrenceBase { basetime: NOW, proportional: false };
    let (seven, twelve) = (NonZeroU32::new(7).expect("not zero"), NonZeroU32::new(12));
    let every = Recurrence::every(seven, TimeUnit::Days);
    let recurrence = Recurrence { base: Some(base), limit: twelve, ..every };
    let weekly = offer_builder().metadata([7; 16]).send_invoice().recurrence(recurrence);
    weekly.build().expect("valid")
}

/// An invoice of 10 000 msat for one of them, or for three items, or for the period 3.
fn invoice(offer: &Offer) -> Invoice {
    let builder = InvoiceBuilder::for_payout_offer(offer, [8; 32], ChainHash::BITCOIN);
    let builder = completed(builder).amount(msat(10_000)).period(3);
    let builder = match offer.quantity_max() {
        Some(_) => builder.quantity(NonZeroU64::new(3).expect("not zero")),
        None => builder,
    };
    let builder = match offer.refund_for() {
        Some(_) => builder.refund_key(&keypair(PAYER)),
        None => builder,
    };
    builder.sign(&secp(), &keypair(PAYEE)).expect("valid")
}

#[test]
fn payouts_and_their_invoices_are_read_and_written_alike() {
    let cases = cases("accepted");
    assert_eq!(cases.len(), offers().len());
    for (case, ours) in cases.iter().zip(offers()) {
        let offer: Offer = text(case, "offer").parse().expect("valid");
        assert_eq!(offer, ours, "{case}");
        assert!(offer.is_send_invoice());
        assert_eq!(offer.id().to_string(), text(case, "offer_id"));
        let read: Invoice = text(case, "invoice").parse().expect("valid");
        assert_eq!(read, invoice(&offer), "{case}");
        assert_eq!(read.mirrors_offer(&offer), Ok(()));
        assert_eq!(read.verify_signature(&secp()), Ok(()));
        let refund = read.verify_refund_signature(&secp(), &pubkey(PAYER));
        assert_eq!(refund.is_ok(), offer.refund_for().is_some());
        let period = read.recurring_payment().map(|payment| payment.counter);
        assert_eq!(period, offer.recurrence().map(|_| 3));
    }
}

#[test]
fn offers_that_are_no_payouts_are_refused() {
    for case in cases("refused_offers") {
        let error = text(&case, "offer").parse::<Offer>().expect_err("must be refused");
        assert_eq!(told(&error), text(&case, "error"));
    }
}

#[test]
fn invoices_that_do_not_mirror_the_payout_are_refused() {
    for case in cases("refused_invoices") {
        let offer: Offer = text(&case, "offer").parse().expect("valid");
        let invoice: Invoice = text(&case, "invoice").parse().expect("valid by itself");
        let offending = invoice.mirrors_offer(&offer).expect_err("must differ");
        assert_eq!(field::Label(offending).to_string(), text(&case, "field"));
    }
}

#[test]
fn an_invoice_that_replaces_others_is_read_and_written_alike() {
    for case in cases("replacing") {
        let read: Invoice = text(&case, "invoice").parse().expect("valid");
        assert_eq!(read.verify_signature(&secp()), Ok(()));
        let named: Vec<String> = read.replaces().iter().map(hex::encode).collect();
        assert_eq!(serde_json::json!(named), case["replaces"]);
        let ours = completed(InvoiceBuilder::for_request(&request_for(&offer())))
            .amount(msat(10_000))
            .replaces(read.replaces())
            .sign(&secp(), &keypair(ISSUER));
        assert_eq!(read, ours.expect("valid"));
    }
}

#[test]
fn invoices_for_no_period_and_in_place_of_nothing_are_refused() {
    for case in [cases("refused_recurring"), cases("refused_replacing")].concat() {
        let error = text(&case, "invoice").parse::<Invoice>().expect_err("must be refused");
        assert_eq!(told(&error), text(&case, "error"));
    }
}
