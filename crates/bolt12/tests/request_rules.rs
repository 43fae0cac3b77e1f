//! The rules for invoice requests, of readers and writers.

mod common;

use std::num::NonZeroU64;

use bolt12::field::*;
use bolt12::invoice_request::ForOffer;
use bolt12::{
    Bip353Name, Bolt12Error, BuildError, ChainHash, Currency, DecodeErrorKind, InvalidReason,
    InvoiceRequest, InvoiceRequestBuilder, InvoiceRequestKind, Msat, Offer, OfferBuilder,
    QuantityMax, SignatureError,
};
use common::*;

fn invalid(field: u64, reason: InvalidReason) -> Bolt12Error {
    Bolt12Error::invalid(field, reason)
}

fn undecodable(field: u64, kind: DecodeErrorKind) -> Bolt12Error {
    Bolt12Error::undecodable(field, kind)
}

fn changed(request: &InvoiceRequest, typ: u64, value: Option<&[u8]>) -> InvoiceRequest {
    InvoiceRequest::decode(&with_record(request.bytes(), typ, value)).expect("accepted")
}

fn refusal(request: &InvoiceRequest, typ: u64, value: Option<&[u8]>) -> Bolt12Error {
    let bytes = with_record(request.bytes(), typ, value);
    InvoiceRequest::decode(&bytes).expect_err("must be refused")
}

/// A request for an offer of 10 000 msat an item, at most `max` (0: any number), with this raw quantity.
fn counted(max: u64, quantity: Option<&[u8]>) -> InvoiceRequest {
    let max = NonZeroU64::new(max).map_or(QuantityMax::Unbounded, QuantityMax::Bounded);
    let offer = offer_builder().quantity_max(max).build().expect("valid");
    let request = InvoiceRequestBuilder::for_offer(&offer)
        .metadata([9; 16])
        .quantity(1)
        .sign(&secp(), &keypair(PAYER))
        .expect("valid");
    changed(&request, INVREQ_QUANTITY, quantity)
}

// req RW-01
#[test]
fn a_request_mirrors_its_offer_byte_for_byte_unknown_fields_too() {
    let offer = offer_builder()
        .raw(33, *b"odd")
        .raw(1_000_000_033, *b"experimental")
        .build()
        .expect("valid");
    let request = request_for(&offer);
    assert_eq!(request.offer_bytes(), offer.bytes());
    assert_eq!(request.offer_id(), offer.id());
    assert_eq!(*request.offer_view(), *offer);
    assert_eq!(request.kind(), InvoiceRequestKind::ForOffer);
    assert!(request.is_for_offer());
    request.verify_signature(&secp()).expect("signed");
}

// req RW-41, RR-01
#[test]
fn a_request_needs_metadata_and_a_payer() {
    let request = request_for(&offer());
    for field in [INVREQ_METADATA, INVREQ_PAYER_ID] {
        assert_eq!(refusal(&request, field, None), invalid(field, InvalidReason::Missing));
    }
}

// req RW-40, RR-02
#[test]
fn types_outside_the_ranges_of_a_request_are_refused() {
    let request = request_for(&offer());
    for typ in [160, 161, 239, 1001, 999_999_999, 3_000_000_000] {
        assert_eq!(
            refusal(&request, typ, Some(&[])),
            undecodable(typ, DecodeErrorKind::OutOfRange)
        );
    }
    for typ in [78, 96, 158, 242, 1000, 1_000_000_002, 2_999_999_998] {
        let unknown = undecodable(typ, DecodeErrorKind::UnknownEvenType);
        assert_eq!(refusal(&request, typ, Some(&[])), unknown);
    }
    for typ in [1, 95, 159, 241, 999, 1_000_000_001, 2_999_999_999] {
        changed(&request, typ, Some(b"?"));
    }
}

// req SG-02, RR-04
#[test]
fn a_signature_covers_unknown_fields_and_ends_with_any_change() {
    let request = request_for(&offer());
    for (typ, value) in [(95, b"?".as_slice()), (2_999_999_999, b"?"), (INVREQ_PAYER_NOTE, b"hi")] {
        let other = changed(&request, typ, Some(value));
        assert_eq!(other.verify_signature(&secp()), Err(SignatureError::Wrong));
        assert_ne!(other.invreq_id(), request.invreq_id());
    }
    // Signature elements are not signed, and name nothing.
    let other = changed(&request, 241, Some(b"?"));
    assert_eq!(other.verify_signature(&secp()), Ok(()));
    assert_eq!(other.invreq_id(), request.invreq_id());
    let unsigned = changed(&request, SIGNATURE, None);
    assert!(!unsigned.has_signature());
    assert_eq!(unsigned.verify_signature(&secp()), Err(SignatureError::Missing));
    assert_eq!(unsigned.invreq_id(), request.invreq_id());
    assert_eq!(unsigned.request_key(), request.request_key());
}

#[test]
fn unknown_fields_set_by_the_writer_are_signed() {
    let request = InvoiceRequestBuilder::for_offer(&offer())
        .metadata([9; 16])
        .raw(95, *b"odd")
        .raw(2_000_001_729, [1; 32])
        .sign(&secp(), &keypair(PAYER))
        .expect("valid");
    assert_eq!(request.unknown_records().map(|r| r.typ).collect::<Vec<_>>(), [95, 2_000_001_729]);
    request.verify_signature(&secp()).expect("signed");
    let copy: InvoiceRequest = request.to_string().parse().expect("valid");
    assert_eq!(copy, request);
}

// req OR-04
#[test]
fn mirrored_fields_obey_the_rules_of_offers() {
    let request = request_for(&offer());
    assert_eq!(
        refusal(&request, OFFER_DESCRIPTION, None),
        invalid(OFFER_DESCRIPTION, InvalidReason::Missing)
    );
    assert_eq!(
        refusal(&request, OFFER_FEATURES, Some(&[1])),
        invalid(OFFER_FEATURES, InvalidReason::UnknownFeature { bit: 0 })
    );
}

// req RR-03
#[test]
fn compulsory_features_are_refused() {
    let request = request_for(&offer());
    assert_eq!(
        refusal(&request, INVREQ_FEATURES, Some(&[0x10])),
        invalid(INVREQ_FEATURES, InvalidReason::UnknownFeature { bit: 4 })
    );
    changed(&request, INVREQ_FEATURES, Some(&[0x20]));
}

#[test]
fn nobody_requests_an_invoice_for_a_payout() {
    let built = InvoiceRequestBuilder::for_offer(&payout_offer())
        .metadata([9; 16])
        .sign(&secp(), &keypair(PAYER));
    let not_allowed = invalid(OFFER_SEND_INVOICE, InvalidReason::NotAllowed);
    assert_eq!(built, Err(BuildError::Invalid(not_allowed)));
    let payout = payout_request();
    assert_eq!(refusal(&payout, OFFER_SEND_INVOICE, Some(&[])), not_allowed);
    assert_eq!(
        refusal(&payout, OFFER_REFUND_FOR, Some(&[1; 32])),
        invalid(OFFER_REFUND_FOR, InvalidReason::NotAllowed)
    );
}

// req RR-05
#[test]
fn paths_without_hops_are_refused() {
    let mut writer = bolt1::Writer::new();
    path(PAYER).encode(&mut writer);
    let mut hopless = writer.into_bytes();
    hopless.truncate(66);
    hopless.push(0);
    let refused = refusal(&payout_request(), INVREQ_PATHS, Some(&hopless));
    assert_eq!(refused, undecodable(INVREQ_PATHS, DecodeErrorKind::InvalidValue));
    assert_eq!(refused.requirement(), Some("RR-05"));
}

// req RW-44
#[test]
fn a_request_names_the_name_that_its_offer_was_found_under() {
    let name = Bip353Name::new("bob", "example.com").expect("plain");
    let request = InvoiceRequestBuilder::for_offer(&offer())
        .metadata([9; 16])
        .bip_353_name(&name)
        .sign(&secp(), &keypair(PAYER))
        .expect("valid");
    assert_eq!(request.bip_353_name(), Some(&name));
    let record = request.records().find(|record| record.typ == INVREQ_BIP_353_NAME);
    assert_eq!(record.map(|record| record.value), Some(b"\x03bob\x0bexample.com".as_slice()));
}

// req RR-31
#[test]
fn bip_353_names_have_a_small_alphabet() {
    let request = request_for(&offer());
    let refused = |value: &[u8], kind| {
        let expected = undecodable(INVREQ_BIP_353_NAME, kind);
        assert_eq!(refusal(&request, INVREQ_BIP_353_NAME, Some(value)), expected);
    };
    refused(b"\x03a b\x01c", DecodeErrorKind::InvalidValue);
    refused(b"\x01a\x02c@", DecodeErrorKind::InvalidValue);
    refused(b"\x01a\x02c", DecodeErrorKind::Truncated);
    refused(b"\x01a", DecodeErrorKind::Truncated);
    refused(b"\x01a\x01cd", DecodeErrorKind::TrailingBytes);
    let name = changed(&request, INVREQ_BIP_353_NAME, Some(b"\x03A_1\x05b-.cd"));
    let name = name.bip_353_name().expect("set").clone();
    assert_eq!(name.to_string(), "₿A_1@b-.cd");
    assert_eq!(Bip353Name::new("A_1", "b-.cd"), Some(name));
    assert_eq!(Bip353Name::new("ä", "b"), None);
    assert_eq!(Bip353Name::new(&"a".repeat(256), "b"), None);
}

// req RR-12
#[test]
fn quantity_must_be_what_the_offer_allows() {
    let quantity = |request: InvoiceRequest| request.checked_quantity().map(NonZeroU64::get);
    let refused = |reason| Err(invalid(INVREQ_QUANTITY, reason));
    assert_eq!(quantity(counted(5, Some(&[5]))), Ok(5));
    assert_eq!(quantity(counted(5, Some(&[6]))), refused(InvalidReason::Above { max: 5 }));
    assert_eq!(quantity(counted(5, Some(&[]))), refused(InvalidReason::Zero));
    assert_eq!(quantity(counted(5, None)), refused(InvalidReason::Missing));
    assert_eq!(quantity(counted(0, Some(&[0xff; 8]))), Ok(u64::MAX));
    assert_eq!(quantity(counted(0, Some(&[]))), refused(InvalidReason::Zero));
    let uncounted = request_for(&offer());
    assert_eq!(quantity(uncounted.clone()), Ok(1));
    let counted = changed(&uncounted, INVREQ_QUANTITY, Some(&[1]));
    assert_eq!(quantity(counted), refused(InvalidReason::NotAllowed));
}

// req RR-13, RR-14
#[test]
fn amount_must_reach_the_price_of_all_items() {
    let due = |request: &InvoiceRequest, amount: Option<&[u8]>| {
        changed(request, INVREQ_AMOUNT, amount).amount_due(None)
    };
    let three = counted(5, Some(&[3]));
    assert_eq!(due(&three, None), Ok(msat(30_000)));
    assert_eq!(due(&three, Some(&[0x75, 0x30])), Ok(msat(30_000)));
    assert_eq!(due(&three, Some(&[0x75, 0x31])), Ok(msat(30_001)));
    let below = invalid(INVREQ_AMOUNT, InvalidReason::Below { min: 30_000 });
    assert_eq!(due(&three, Some(&[0x75, 0x2f])), Err(below));
    let many = counted(0, Some(&[0xff; 8]));
    assert_eq!(due(&many, None), Err(undecodable(INVREQ_QUANTITY, DecodeErrorKind::TooLarge)));
}

// req RW-04, RR-15
#[test]
fn a_payer_who_decides_must_decide() {
    let tip = OfferBuilder::new().issuer_id(&pubkey(ISSUER)).build().expect("valid");
    let builder = InvoiceRequestBuilder::for_offer(&tip).metadata([9; 16]);
    let missing = invalid(INVREQ_AMOUNT, InvalidReason::Missing);
    let undecided = builder.clone().sign(&secp(), &keypair(PAYER));
    assert_eq!(undecided, Err(BuildError::Invalid(missing)));
    let request = builder.amount(msat(777)).sign(&secp(), &keypair(PAYER)).expect("valid");
    assert_eq!(request.amount_due(None), Ok(msat(777)));
    assert_eq!(changed(&request, INVREQ_AMOUNT, None).amount_due(None), Err(missing));
    let nothing = changed(&request, INVREQ_AMOUNT, Some(&[]));
    assert_eq!(nothing.amount_due(None), Err(invalid(INVREQ_AMOUNT, InvalidReason::Zero)));
}

// req RR-13
#[test]
fn a_price_in_another_currency_needs_a_rate() {
    let usd = Currency::new("USD").expect("three capitals");
    let offer = offer_builder().fiat(usd, NonZeroU64::MIN).build().expect("valid");
    let request = request_for(&offer);
    let no_rate = invalid(OFFER_CURRENCY, InvalidReason::NoRate);
    assert_eq!(request.amount_due(None), Err(no_rate));
    assert_eq!(request.amount_due(Some(msat(20_000))), Ok(msat(20_000)));
    let low = changed(&request, INVREQ_AMOUNT, Some(&[1]));
    let below = invalid(INVREQ_AMOUNT, InvalidReason::Below { min: 20_000 });
    assert_eq!(low.amount_due(Some(msat(20_000))), Err(below));
}

// req RW-01, RW-02, RW-04, RW-07, RW-08
#[test]
fn a_writer_keeps_to_the_offer() {
    let sign = |builder: InvoiceRequestBuilder<ForOffer>| {
        builder.metadata([9; 16]).sign(&secp(), &keypair(PAYER)).map(|_| ())
    };
    let start = || InvoiceRequestBuilder::for_offer(&OFFER);
    static OFFER: std::sync::LazyLock<Offer> = std::sync::LazyLock::new(offer);
    let refused = |field, reason| Err(BuildError::Invalid(invalid(field, reason)));
    assert_eq!(sign(start()), Ok(()));
    assert_eq!(sign(start().quantity(1)), refused(INVREQ_QUANTITY, InvalidReason::NotAllowed));
    let below = InvalidReason::Below { min: 10_000 };
    assert_eq!(sign(start().amount(msat(9_999))), refused(INVREQ_AMOUNT, below));
    assert_eq!(
        sign(start().chain(ChainHash([7; 32]))),
        refused(INVREQ_CHAIN, InvalidReason::Mismatch)
    );
    assert_eq!(
        sign(start().raw(OFFER_DESCRIPTION, *b"tea")),
        refused(OFFER_DESCRIPTION, InvalidReason::Mismatch)
    );
    assert_eq!(
        sign(start().payer_id(&pubkey(PAYEE))),
        Err(BuildError::WrongKey { field: INVREQ_PAYER_ID })
    );
}

// req RW-21, RW-22, RW-23, RR-04
#[test]
fn a_payout_request_is_the_same_signed_and_unsigned() {
    let builder = InvoiceRequestBuilder::payout()
        .metadata([9; 16])
        .description("withdrawal")
        .issuer("atm")
        .absolute_expiry(NOW)
        .amount(msat(10_000))
        .paths(&[path(PAYER)])
        .payer_note("here you are")
        .payer_id(&pubkey(PAYER));
    let unsigned = builder.clone().build_unsigned().expect("valid");
    let signed = builder.sign(&secp(), &keypair(PAYER)).expect("valid");
    assert_eq!(unsigned.kind(), InvoiceRequestKind::Payout);
    assert_eq!(unsigned.invreq_id(), signed.invreq_id());
    assert_eq!(unsigned.request_key(), signed.request_key());
    assert_eq!(unsigned.verify_signature(&secp()), Err(SignatureError::Missing));
    assert_eq!(signed.verify_signature(&secp()), Ok(()));
    assert_eq!(signed.amount_due(None), Ok(msat(10_000)));
    assert_eq!(signed.paths(), [path(PAYER)]);
    assert_eq!(signed.payer_note().map(|note| note.as_str()), Some("here you are"));
}

// req RW-26, RR-20, RR-21
#[test]
fn a_payout_request_has_an_amount_and_nothing_that_counts() {
    let payout = payout_request();
    assert_eq!(refusal(&payout, INVREQ_AMOUNT, None), invalid(82, InvalidReason::Missing));
    let forbidden: [(u64, &[u8]); 3] =
        [(OFFER_CHAINS, &[7; 32]), (OFFER_FEATURES, &[2]), (OFFER_QUANTITY_MAX, &[2])];
    for (field, value) in forbidden {
        let not_allowed = invalid(field, InvalidReason::NotAllowed);
        assert_eq!(refusal(&payout, field, Some(value)), not_allowed);
    }
    // An amount in the offer's fields is for information.
    let informed = changed(&payout, OFFER_AMOUNT, Some(&[1]));
    assert_eq!(informed.amount_due(None), Ok(msat(10_000)));
}

// req RW-20, RW-24
#[test]
fn a_payout_request_says_what_it_is_for() {
    let builder = || InvoiceRequestBuilder::payout().metadata([9]).payer_id(&pubkey(PAYER));
    let built = builder().amount(msat(1)).build_unsigned();
    let missing = invalid(OFFER_DESCRIPTION, InvalidReason::Missing);
    assert_eq!(built, Err(BuildError::Invalid(missing)));
    let not_a_writers = builder().amount(msat(1)).description("x").raw(OFFER_METADATA, [1]);
    let not_allowed = invalid(OFFER_METADATA, InvalidReason::NotAllowed);
    assert_eq!(not_a_writers.build_unsigned(), Err(BuildError::Invalid(not_allowed)));
}

// req RW-25, RW-42
#[test]
fn chain_defaults_to_bitcoin() {
    let payout = payout_request();
    assert_eq!(payout.chain(), ChainHash::BITCOIN);
    let other = changed(&payout, INVREQ_CHAIN, Some(&[7; 32]));
    assert_eq!(other.chain(), ChainHash([7; 32]));
    let too_much = changed(&payout, INVREQ_AMOUNT, Some(&Msat::MAX.as_u64().to_be_bytes()));
    assert_eq!(too_much.amount(), Some(Msat::MAX));
    let above = (Msat::MAX.as_u64() + 1).to_be_bytes();
    let refused = refusal(&payout, INVREQ_AMOUNT, Some(&above));
    assert_eq!(refused, undecodable(INVREQ_AMOUNT, DecodeErrorKind::TooLarge));
}
