//! What was read is written as it was, and what nobody understands survives every step: from the offer into the
//! request, the invoice and the payer proof, under every signature.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod common;

use bitcoin_hashes::{Hash as _, sha256};
use bolt12::field::{self, REFUND_SIGNATURE, SIGNATURE};
use bolt12::{
    Invoice, InvoiceBuilder, InvoiceError, InvoiceRequest, InvoiceRequestBuilder, Offer,
    OfferBuilder, PayerProof, PayerProofBuilder, SignatureError,
};
use common::*;
use proptest::collection::{btree_map, vec};
use proptest::prelude::*;

type Fields = Vec<(u64, Vec<u8>)>;

/// Odd types that nobody knows, in the plain and the experimental range of one message.
fn unknown(plain: [u64; 3], experimental: u64) -> impl Strategy<Value = Fields> {
    let typ = prop_oneof![
        proptest::sample::select(plain.to_vec()),
        (0..400_000_000u64).prop_map(move |step| experimental + 1_000 + 2 * step + 1),
    ];
    btree_map(typ, vec(any::<u8>(), 0..300), 0..4).prop_map(|map| map.into_iter().collect())
}

#[derive(Clone, Debug)]
struct Chain {
    offer: Offer,
    request: InvoiceRequest,
    invoice: Invoice,
}

const PREIMAGE: [u8; 32] = [5; 32];

/// An offer, a request for it and the invoice, each with unknown fields of its own.
fn chain() -> impl Strategy<Value = Chain> {
    let offers = unknown([1, 33, 79], 1_000_000_000);
    let requests = unknown([81, 95, 159], 2_000_000_000);
    let invoices = unknown([161, 199, 239], 3_000_000_000);
    (offers, requests, invoices).prop_map(|(in_offer, in_request, in_invoice)| {
        let builder = OfferBuilder::new().description("x").issuer_id(&pubkey(ISSUER));
        let offer = in_offer.into_iter().fold(builder, |to, (typ, value)| to.raw(typ, value));
        let offer = offer.build().expect("valid");
        let builder = InvoiceRequestBuilder::for_offer(&offer).metadata([9; 16]).amount(msat(5));
        let request = in_request.into_iter().fold(builder, |to, (typ, value)| to.raw(typ, value));
        let request = request.sign(&secp(), &keypair(PAYER)).expect("valid");
        let builder = completed(InvoiceBuilder::for_request(&request))
            .payment_hash(sha256::Hash::hash(&PREIMAGE).to_byte_array());
        let invoice = in_invoice.into_iter().fold(builder, |to, (typ, value)| to.raw(typ, value));
        let invoice = invoice.sign(&secp(), &keypair(ISSUER)).expect("valid");
        Chain { offer, request, invoice }
    })
}

/// All records of a message, to be set one by one.
fn fields<'a>(records: impl Iterator<Item = bolt12::Record<'a>>) -> Fields {
    let unsigned = records.filter(|record| !field::is_signature(record.typ));
    unsigned.map(|record| (record.typ, record.value.to_vec())).collect()
}

proptest! {
    // req TL-09, RW-01, IW-03, SG-02
    #[test]
    fn unknown_fields_survive_from_the_offer_to_the_invoice(chain in chain()) {
        let Chain { offer, request, invoice } = chain;
        let mirrored = |from: Fields, of: fn(u64) -> bool| -> Fields {
            from.into_iter().filter(|(typ, _)| of(*typ)).collect()
        };
        prop_assert_eq!(mirrored(fields(request.records()), field::in_offer), fields(offer.records()));
        prop_assert_eq!(
            mirrored(fields(invoice.records()), field::in_invoice_request),
            fields(request.records())
        );
        prop_assert_eq!(request.offer_id(), offer.id());
        prop_assert_eq!(invoice.invreq_id(), request.invreq_id());
    }

    // req IW-07, SG-01, SG-02
    #[test]
    fn each_unknown_field_is_signed(chain in chain()) {
        for record in chain.request.unknown_records() {
            let bytes = with_record(chain.request.bytes(), record.typ, None);
            let without = InvoiceRequest::decode(&bytes).expect("still valid");
            prop_assert_eq!(without.verify_signature(&secp()), Err(SignatureError::Wrong));
        }
        for record in chain.invoice.unknown_records() {
            let bytes = with_record(chain.invoice.bytes(), record.typ, None);
            let without = Invoice::decode(&bytes).expect("still valid");
            prop_assert_eq!(without.verify_signature(&secp()), Err(SignatureError::Wrong));
        }
    }

    // req PPW-04, PPW-07
    #[test]
    fn unknown_fields_can_be_shown_in_a_proof_or_hidden(chain in chain(), mask in any::<u64>()) {
        let shown = |at: usize| mask & (1 << (at % 64)) != 0;
        let unknown: Fields = fields(chain.invoice.unknown_records());
        let asked = unknown.iter().enumerate().filter(|(at, _)| shown(*at));
        let builder = asked.fold(PayerProofBuilder::for_invoice(&chain.invoice), |to, (_, (typ, _))| {
            to.disclose(*typ)
        });
        let proof = builder.sign(&secp(), &keypair(PAYER), PREIMAGE).expect("valid");
        prop_assert_eq!(proof.verify(&secp()), Ok(()));
        for (at, (typ, value)) in unknown.iter().enumerate() {
            let there = proof.disclosed_records().find(|record| record.typ == *typ);
            let there = there.map(|record| record.value.to_vec());
            prop_assert_eq!(there, shown(at).then(|| value.clone()));
        }
        prop_assert_eq!(proof.invoice_root(), bolt12::merkle::root(chain.invoice.bytes()));
    }

    #[test]
    fn every_message_is_written_again_as_it_was_read(chain in chain()) {
        let Chain { offer, request, invoice } = chain;
        prop_assert_eq!(Offer::decode(offer.bytes()).unwrap(), offer.clone());
        prop_assert_eq!(InvoiceRequest::decode(request.bytes()).unwrap(), request.clone());
        prop_assert_eq!(Invoice::decode(invoice.bytes()).unwrap(), invoice.clone());

        let again = fields(offer.records()).into_iter();
        let again = again.fold(OfferBuilder::new(), |to, (typ, value)| to.raw(typ, value));
        prop_assert_eq!(again.build().unwrap(), offer.clone());
        let again = fields(request.records()).into_iter();
        let builder = InvoiceRequestBuilder::for_offer(&offer);
        let again = again.fold(builder, |to, (typ, value)| to.raw(typ, value));
        prop_assert_eq!(again.sign(&secp(), &keypair(PAYER)).unwrap(), request.clone());
        let again = fields(invoice.records()).into_iter();
        let builder = InvoiceBuilder::for_request(&request);
        let again = again.fold(builder, |to, (typ, value)| to.raw(typ, value));
        prop_assert_eq!(again.sign(&secp(), &keypair(ISSUER)).unwrap(), invoice.clone());

        let read: Invoice = invoice.to_string().parse().unwrap();
        prop_assert_eq!(read.bytes(), invoice.bytes());
        let proof = PayerProofBuilder::for_invoice(&invoice).disclose_all();
        let proof = proof.sign(&secp(), &keypair(PAYER), PREIMAGE).unwrap();
        let read: PayerProof = proof.to_string().parse().unwrap();
        prop_assert_eq!(read.bytes(), proof.bytes());
    }

    #[test]
    fn signature_elements_are_kept_and_not_signed(chain in chain(), value in vec(any::<u8>(), 0..80)) {
        for typ in [SIGNATURE + 1, 243, 999] {
            let bytes = with_record(chain.invoice.bytes(), typ, Some(&value));
            let read = Invoice::decode(&bytes).expect("odd");
            prop_assert_eq!(read.bytes(), bytes.as_slice());
            prop_assert_eq!(read.verify_signature(&secp()), Ok(()));
        }
        prop_assert!(Invoice::decode(&with_record(chain.invoice.bytes(), REFUND_SIGNATURE, Some(&[1]))).is_err());
    }

    // req ER-01, ER-03, TL-09
    #[test]
    fn refusals_are_written_again_as_they_were_read(
        blamed in prop::option::of((any::<u64>(), prop::option::of(vec(any::<u8>(), 0..20)))),
        text in "\\PC{0,30}",
        odd in unknown([7, 9, 77], 1_000_000_000),
    ) {
        let mut error = InvoiceError::new(text);
        if let Some((field, value)) = blamed {
            error = match value {
                Some(value) => error.with_suggestion(field, value),
                None => error.with_field(field),
            };
        }
        let bytes = odd.iter().fold(error.encode(), |to, (typ, value)| with_record(&to, *typ, Some(value)));
        let read = InvoiceError::decode(&bytes).unwrap();
        prop_assert_eq!(read.encode(), bytes);
        prop_assert_eq!((&read.error, read.erroneous_field), (&error.error, error.erroneous_field));
        prop_assert_eq!(read.suggested_value, error.suggested_value);
    }
}

/// req ER-01, ER-03
#[test]
fn errors_are_written_as_they_were_read() {
    let streams: [&[u8]; 6] = [
        &[],
        &[5, 0],
        &[3, 1, 7],
        &[1, 1, 82, 3, 1, 7],
        &[1, 1, 82, 3, 1, 7, 5, 2, b'n', b'o'],
        &[3, 1, 7, 5, 2, b'n', b'o', 7, 1, 1],
    ];
    for stream in streams {
        let read = InvoiceError::decode(stream).expect("accepted");
        assert_eq!(read.encode(), stream);
    }
    let orphan = InvoiceError::decode(&[3, 1, 7]).expect("accepted");
    assert_eq!(orphan.suggested_value, None, "a value of no field is no suggestion");
}
