//! Invoices for payout offers: our own extension.

mod common;

use bolt12::field::*;
use bolt12::{
    Bolt12Error, BuildError, ChainHash, DecodeErrorKind, InvalidReason, Invoice, InvoiceBuilder,
    InvoiceKind, Offer, OfferBuilder, SignatureError,
};
use common::*;

const OTHER_CHAIN: ChainHash = ChainHash([7; 32]);

fn invoice_for_payout(offer: &Offer, chain: ChainHash) -> Result<Invoice, BuildError> {
    completed(InvoiceBuilder::for_payout_offer(offer, [8; 32], chain))
        .sign(&secp(), &keypair(PAYEE))
}

/// The first field in which an invoice for the payout offers of the tests offends, once `typ` is changed.
fn offence(typ: u64, value: Option<&[u8]>) -> Result<(), u64> {
    let offer = payout_offer();
    let invoice = invoice_for_payout(&offer, ChainHash::BITCOIN).expect("valid");
    let bytes = with_record(invoice.bytes(), typ, value);
    Invoice::decode(&bytes).expect("accepted").mirrors_offer(&offer)
}

#[test]
fn an_invoice_for_a_payout_is_the_offer_and_three_fields() {
    let offer = offer_builder()
        .send_invoice()
        .raw(33, *b"odd")
        .raw(1_000_000_033, *b"odd")
        .build()
        .expect("valid");
    let invoice = invoice_for_payout(&offer, ChainHash::BITCOIN).expect("valid");
    assert_eq!(invoice.kind(), InvoiceKind::ForPayoutOffer);
    assert_eq!(invoice.mirrors_offer(&offer), Ok(()));
    assert_eq!(invoice.offer_id(), offer.id());
    assert_eq!(invoice.amount(), msat(10_000));
    assert_eq!(invoice.node_id(), pubkey(PAYEE));
    assert_eq!(invoice.request_view().metadata(), [8; 32]);
    assert_eq!(Some(invoice.request_view().payer_id()), offer.issuer_id());
    invoice.verify_signature(&secp()).expect("signed");
    let own: Vec<u64> =
        invoice.invreq_records().map(|record| record.typ).filter(|typ| !in_offer(*typ)).collect();
    assert_eq!(own, [INVREQ_METADATA, INVREQ_PAYER_ID]);
}

#[test]
fn the_offers_fields_must_be_mirrored_exactly() {
    assert_eq!(offence(33, None), Ok(()));
    assert_eq!(offence(OFFER_DESCRIPTION, Some(b"tea")), Err(OFFER_DESCRIPTION));
    assert_eq!(offence(OFFER_METADATA, None), Err(OFFER_METADATA));
    assert_eq!(offence(1, Some(&[])), Err(1));
    assert_eq!(offence(1_000_000_001, Some(&[])), Err(1_000_000_001));
}

#[test]
fn of_the_requests_fields_only_three_are_welcome() {
    assert_eq!(offence(INVREQ_METADATA, Some(&[8; 31])), Err(INVREQ_METADATA));
    assert_eq!(offence(INVREQ_CHAIN, Some(&ChainHash::BITCOIN.0)), Err(INVREQ_CHAIN));
    assert_eq!(offence(INVREQ_CHAIN, Some(&OTHER_CHAIN.0)), Err(INVREQ_CHAIN));
    assert_eq!(offence(INVREQ_PAYER_ID, Some(&pubkey(PAYEE).serialize())), Err(INVREQ_PAYER_ID));
    let unwelcome: [(u64, &[u8]); 5] = [
        (81, b"odd"),
        (INVREQ_AMOUNT, &[0x27, 0x10]),
        (INVREQ_QUANTITY, &[1]),
        (INVREQ_PAYER_NOTE, b"hello"),
        (159, b"odd"),
    ];
    for (typ, value) in unwelcome {
        assert_eq!(offence(typ, Some(value)), Err(typ));
    }
    for own in [161, 2_000_000_001, 3_000_000_001] {
        assert_eq!(offence(own, Some(b"the payee's own")), Ok(()));
    }
}

#[test]
fn the_first_of_several_differences_is_named() {
    let offer = payout_offer();
    let invoice = invoice_for_payout(&offer, ChainHash::BITCOIN).expect("valid");
    let bytes = with_record(invoice.bytes(), INVREQ_PAYER_NOTE, Some(b"x"));
    let bytes = with_record(&bytes, 1_000_000_001, Some(b"x"));
    let read = Invoice::decode(&bytes).expect("accepted");
    assert_eq!(read.mirrors_offer(&offer), Err(INVREQ_PAYER_NOTE));
    let bytes = with_record(&bytes, OFFER_ISSUER, Some(b"x"));
    let read = Invoice::decode(&bytes).expect("accepted");
    assert_eq!(read.mirrors_offer(&offer), Err(OFFER_ISSUER));
    let bytes = with_record(&bytes, INVREQ_METADATA, Some(b"x"));
    let read = Invoice::decode(&bytes).expect("accepted");
    assert_eq!(read.mirrors_offer(&offer), Err(INVREQ_METADATA));
}

#[test]
fn the_chain_is_one_of_the_offers() {
    let elsewhere = offer_builder().send_invoice().chains(&[OTHER_CHAIN]).build().expect("valid");
    let invoice = invoice_for_payout(&elsewhere, OTHER_CHAIN).expect("valid");
    assert_eq!(invoice.request_view().chain(), OTHER_CHAIN);
    let reason = InvalidReason::Mismatch;
    let mismatch = Err(BuildError::Invalid(Bolt12Error::invalid(INVREQ_CHAIN, reason)));
    assert_eq!(invoice_for_payout(&elsewhere, ChainHash::BITCOIN), mismatch);
    assert_eq!(invoice_for_payout(&payout_offer(), OTHER_CHAIN), mismatch);
}

#[test]
fn an_ordinary_offer_is_no_payout() {
    let ordinary = offer();
    let payout = invoice_for_payout(&payout_offer(), ChainHash::BITCOIN).expect("valid");
    assert_eq!(payout.mirrors_offer(&ordinary), Err(OFFER_SEND_INVOICE));
    assert!(invoice_for_payout(&ordinary, ChainHash::BITCOIN).is_err());
}

#[test]
fn a_payout_of_any_amount_pays_what_the_invoice_asks() {
    let any = OfferBuilder::new().issuer_id(&pubkey(ISSUER)).send_invoice().build();
    let any = any.expect("valid");
    let builder = completed(InvoiceBuilder::for_payout_offer(&any, [8; 32], ChainHash::BITCOIN));
    let invoice = builder.amount(msat(5)).sign(&secp(), &keypair(PAYEE)).expect("valid");
    assert_eq!(invoice.amount(), msat(5));
    assert_eq!(invoice.mirrors_offer(&any), Ok(()));
}

#[test]
fn a_refund_is_signed_by_whoever_paid_as_well() {
    let refund = offer_builder().send_invoice().refund_for([5; 32]).build().expect("valid");
    let invoice = completed(InvoiceBuilder::for_payout_offer(&refund, [8; 32], ChainHash::BITCOIN))
        .refund_key(&keypair(PAYER))
        .sign(&secp(), &keypair(PAYEE))
        .expect("valid");
    assert!(invoice.refund_signature().is_some());
    assert_eq!(invoice.verify_signature(&secp()), Ok(()));
    assert_eq!(invoice.verify_refund_signature(&secp(), &pubkey(PAYER)), Ok(()));
    let wrong = Err(SignatureError::Wrong);
    assert_eq!(invoice.verify_refund_signature(&secp(), &pubkey(PAYEE)), wrong);
    let plain = Invoice::decode(&with_record(invoice.bytes(), REFUND_SIGNATURE, None));
    let missing = plain.expect("valid").verify_refund_signature(&secp(), &pubkey(PAYER));
    assert_eq!(missing, Err(SignatureError::Missing));
    let short = Invoice::decode(&with_record(invoice.bytes(), REFUND_SIGNATURE, Some(&[0; 63])));
    let error = short.expect_err("63 bytes");
    assert_eq!(told(&error), format!("refund_signature: {}", DecodeErrorKind::Truncated));
}
