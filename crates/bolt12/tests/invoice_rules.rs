//! The rules for invoices, of readers and writers.

mod common;

use bolt12::field::*;
use bolt12::{
    BlindedPayInfo, Bolt12Error, BuildError, ChainHash, DecodeErrorKind, FallbackAddress,
    InvalidReason, Invoice, InvoiceBuilder, InvoiceFeatures, InvoiceKind, InvoiceRequest,
    InvoiceRequestBuilder, OfferBuilder, Seconds, SignatureError, Timestamp,
};
use common::*;

fn invalid(field: u64, reason: InvalidReason) -> Bolt12Error {
    Bolt12Error::invalid(field, reason)
}

fn undecodable(field: u64, kind: DecodeErrorKind) -> Bolt12Error {
    Bolt12Error::undecodable(field, kind)
}

fn invoice() -> Invoice {
    completed(InvoiceBuilder::for_request(&request_for(&offer())))
        .amount(msat(10_000))
        .sign(&secp(), &keypair(ISSUER))
        .expect("valid")
}

fn changed(typ: u64, value: Option<&[u8]>) -> Invoice {
    Invoice::decode(&with_record(invoice().bytes(), typ, value)).expect("accepted")
}

fn refusal(typ: u64, value: Option<&[u8]>) -> Bolt12Error {
    Invoice::decode(&with_record(invoice().bytes(), typ, value)).expect_err("must be refused")
}

fn encoded(info: &BlindedPayInfo) -> Vec<u8> {
    let mut writer = bolt1::Writer::new();
    info.encode(&mut writer);
    writer.into_bytes()
}

// req IR-01, IR-02, IR-03, IR-04, IR-08, IR-09
#[test]
fn an_invoice_needs_its_fields() {
    let needed = [
        INVREQ_METADATA,
        INVREQ_PAYER_ID,
        INVOICE_PATHS,
        INVOICE_BLINDEDPAY,
        INVOICE_CREATED_AT,
        INVOICE_PAYMENT_HASH,
        INVOICE_AMOUNT,
        INVOICE_NODE_ID,
        SIGNATURE,
    ];
    for field in needed {
        assert_eq!(refusal(field, None), invalid(field, InvalidReason::Missing));
    }
}

#[test]
fn types_outside_the_ranges_of_an_invoice_are_refused() {
    for typ in [1001, 999_999_999, 4_000_000_000] {
        assert_eq!(refusal(typ, Some(&[])), undecodable(typ, DecodeErrorKind::OutOfRange));
    }
    for typ in [78, 96, 178, 238, 244, 1000, 3_000_000_000, 3_999_999_998] {
        assert_eq!(refusal(typ, Some(&[])), undecodable(typ, DecodeErrorKind::UnknownEvenType));
    }
    for typ in [1, 95, 161, 239, 241, 1_000_000_001, 2_000_000_001, 3_999_999_999] {
        assert_eq!(changed(typ, Some(b"?")).unknown_records().count(), 1);
    }
}

// req IW-11, IW-12, IR-08, IR-09, IR-10
#[test]
fn each_path_has_one_payinfo_and_the_usable_ones_are_told() {
    let usable = encoded(&pay_info());
    let unusable = encoded(&BlindedPayInfo { features: vec![1], ..pay_info() });
    let optional = encoded(&BlindedPayInfo { features: vec![2], ..pay_info() });
    let refused = |value: &[u8]| refusal(INVOICE_BLINDEDPAY, Some(value));
    let twice = [usable.as_slice(), &usable].concat();
    assert_eq!(refused(&twice), invalid(INVOICE_BLINDEDPAY, InvalidReason::CountMismatch));
    assert_eq!(changed(INVOICE_BLINDEDPAY, Some(&unusable)).usable_paths().count(), 0);
    assert_eq!(refused(&[]), undecodable(INVOICE_BLINDEDPAY, DecodeErrorKind::InvalidValue));
    assert_eq!(refused(&usable[1..]), undecodable(162, DecodeErrorKind::Truncated));
    assert_eq!(refusal(INVOICE_PATHS, Some(&[])), undecodable(160, DecodeErrorKind::InvalidValue));
    assert_eq!(changed(INVOICE_BLINDEDPAY, Some(&optional)).usable_paths().count(), 1);

    let needy = BlindedPayInfo { features: vec![1], ..pay_info() };
    let paths = vec![(path(0x61), needy), (path(0x62), pay_info())];
    let mixed = completed(InvoiceBuilder::for_request(&request_for(&offer())))
        .amount(msat(10_000))
        .paths(paths)
        .sign(&secp(), &keypair(ISSUER))
        .expect("valid");
    assert_eq!(mixed.payment_paths().len(), 2);
    let usable: Vec<_> = mixed.usable_paths().map(|(path, _)| path.clone()).collect();
    assert_eq!(usable, [path(0x62)]);
}

// req IW-08, IR-06
#[test]
fn features_16_and_17_are_known_and_other_even_ones_refused() {
    let mpp = |value: &[u8]| {
        let invoice = changed(INVOICE_FEATURES, Some(value));
        (invoice.supports_mpp(), invoice.requires_mpp())
    };
    assert_eq!((invoice().supports_mpp(), invoice().requires_mpp()), (false, false));
    assert_eq!(mpp(&[2, 0, 0]), (true, false));
    assert_eq!(mpp(&[1, 0, 0]), (true, true));
    assert_eq!(mpp(&[2, 0, 0, 0, 0, 0, 0, 0]), (false, false), "bit 57 is odd");
    let unknown = |bit| invalid(INVOICE_FEATURES, InvalidReason::UnknownFeature { bit });
    assert_eq!(refusal(INVOICE_FEATURES, Some(&[1, 0, 0, 0, 0, 0, 0, 0])), unknown(56));
    assert_eq!(refusal(INVOICE_FEATURES, Some(&[4, 0, 0])), unknown(18));
    assert_eq!(InvoiceFeatures::basic_mpp().as_bytes(), [2, 0, 0]);
}

// req IW-02, IW-04, IR-16
#[test]
fn the_amount_is_the_one_that_was_asked_for() {
    let request = InvoiceRequestBuilder::for_offer(&offer())
        .metadata([9; 16])
        .amount(msat(12_000))
        .sign(&secp(), &keypair(PAYER))
        .expect("valid");
    let invoice = invoice_for(&request, ISSUER);
    assert_eq!(invoice.amount(), msat(12_000));
    let other = with_record(invoice.bytes(), INVOICE_AMOUNT, Some(&[1]));
    let mismatch = invalid(INVOICE_AMOUNT, InvalidReason::Mismatch);
    assert_eq!(Invoice::decode(&other), Err(mismatch));
    let built = completed(InvoiceBuilder::for_request(&request)).amount(msat(12_001));
    assert_eq!(built.sign(&secp(), &keypair(ISSUER)), Err(BuildError::Invalid(mismatch)));
}

// req IW-06, IR-12
#[test]
fn the_issuer_signs_or_the_end_of_one_of_its_paths() {
    let mismatch = Err(BuildError::Invalid(invalid(INVOICE_NODE_ID, InvalidReason::Mismatch)));
    let by = |request: &InvoiceRequest, signer| {
        let builder = completed(InvoiceBuilder::for_request(request)).amount(msat(10_000));
        builder.sign(&secp(), &keypair(signer)).map(|invoice| invoice.node_id())
    };
    let named = request_for(&offer());
    assert_eq!(by(&named, ISSUER), Ok(pubkey(ISSUER)));
    assert_eq!(by(&named, PAYEE), mismatch);
    let both = offer_builder().paths(&[path(PAYEE)]).build().expect("valid");
    assert_eq!(by(&request_for(&both), PAYEE), mismatch, "the issuer's id goes first");
    let unnamed = OfferBuilder::new().description("x").amount(msat(10_000));
    let unnamed = unnamed.paths(&[path(0x61), path(0x62)]).build().expect("valid");
    assert_eq!(by(&request_for(&unnamed), 0x62), Ok(pubkey(0x62)));
    assert_eq!(by(&request_for(&unnamed), 0x53), mismatch, "a hop on the way");
    assert_eq!(by(&payout_request(), PAYEE), Ok(pubkey(PAYEE)));
}

// req IW-09, IR-07
#[test]
fn an_invoice_lives_two_hours_unless_it_says_otherwise() {
    let expiry = |invoice: Invoice| invoice.expires_at();
    assert_eq!(invoice().relative_expiry(), Seconds(7200));
    assert_eq!(expiry(changed(INVOICE_RELATIVE_EXPIRY, Some(&[60]))), NOW.plus(Seconds(60)));
    assert_eq!(expiry(changed(INVOICE_RELATIVE_EXPIRY, Some(&[]))), NOW);
    assert!(!invoice().is_expired_at(NOW.plus(Seconds(7200))));
    assert!(invoice().is_expired_at(NOW.plus(Seconds(7201))));
    let late = changed(INVOICE_CREATED_AT, Some(&[0xff; 8]));
    assert!(!late.is_expired_at(Timestamp(u64::MAX)));
    assert_eq!(
        refusal(INVOICE_RELATIVE_EXPIRY, Some(&[1; 5])),
        undecodable(INVOICE_RELATIVE_EXPIRY, DecodeErrorKind::TrailingBytes)
    );
    let builder = completed(InvoiceBuilder::for_request(&payout_request()));
    let default = builder.clone().relative_expiry(Seconds(7200));
    let default = default.sign(&secp(), &keypair(PAYEE)).expect("valid");
    assert!(default.records().all(|record| record.typ != INVOICE_RELATIVE_EXPIRY));
    let endless = builder.relative_expiry(Seconds(u64::MAX)).sign(&secp(), &keypair(PAYEE));
    assert_eq!(endless.expect("valid").relative_expiry(), Seconds(u64::from(u32::MAX)));
}

// req IW-10, IR-17
#[test]
fn implausible_fallbacks_are_kept_but_not_shown() {
    let address = |version, len| FallbackAddress { version, address: vec![1; len] };
    let all = [address(0, 20), address(17, 20), address(1, 1), address(1, 41), address(16, 40)];
    let invoice = completed(InvoiceBuilder::for_request(&payout_request()))
        .fallbacks(&all)
        .sign(&secp(), &keypair(PAYEE))
        .expect("valid");
    let shown: Vec<_> = invoice.fallbacks().cloned().collect();
    assert_eq!(shown, [address(0, 20), address(16, 40)]);
    assert_eq!(
        refusal(INVOICE_FALLBACKS, Some(&[0, 0, 2, 1])),
        undecodable(INVOICE_FALLBACKS, DecodeErrorKind::Truncated)
    );
}

// req IW-03, IR-11
#[test]
fn an_invoice_mirrors_its_request_and_nothing_else() {
    let offer = offer_builder().raw(1_000_000_033, *b"x").build().expect("valid");
    let request = InvoiceRequestBuilder::for_offer(&offer)
        .metadata([9; 16])
        .payer_note("thanks")
        .amount(msat(10_000))
        .raw(95, *b"odd")
        .raw(2_000_000_095, *b"odd")
        .sign(&secp(), &keypair(PAYER))
        .expect("valid");
    let invoice = invoice_for(&request, ISSUER);
    assert_eq!(invoice.mirrors(&request), Ok(()));
    assert_eq!(invoice.request_key(), request.request_key());
    assert_eq!(invoice.invreq_id(), request.invreq_id());
    assert_eq!(invoice.offer_id(), offer.id());
    assert_eq!(*invoice.request_view(), *request);
    assert_eq!(*invoice.offer_view(), *offer);
    assert_eq!(invoice.kind(), InvoiceKind::ForOffer);
    let mirrored = invoice.invreq_records().flat_map(|record| record.bytes).copied();
    let unsigned = with_record(request.bytes(), SIGNATURE, None);
    assert_eq!(mirrored.collect::<Vec<u8>>(), unsigned);

    let differs_in = |typ: u64, value: Option<&[u8]>| {
        let bytes = with_record(invoice.bytes(), typ, value);
        Invoice::decode(&bytes).expect("accepted").mirrors(&request)
    };
    let mirrored = [INVREQ_METADATA, INVREQ_PAYER_NOTE, 95, 1_000_000_033, 2_000_000_095];
    for typ in mirrored {
        assert_eq!(differs_in(typ, Some(b"other")), Err(typ), "changed");
        if typ != INVREQ_METADATA {
            assert_eq!(differs_in(typ, None), Err(typ), "left out");
        }
    }
    for typ in [1, 97, 1_000_000_035, 2_999_999_999] {
        assert_eq!(differs_in(typ, Some(b"more")), Err(typ), "added");
    }
    for typ in [161, 239, 241, 3_000_000_001] {
        assert_eq!(differs_in(typ, Some(b"more")), Ok(()), "the invoice's own");
    }
}

// req IW-07, IR-13
#[test]
fn a_signature_ends_with_any_change() {
    let invoice = invoice();
    assert_eq!(invoice.verify_signature(&secp()), Ok(()));
    for typ in [33, 239, 2_000_000_001, 3_999_999_999] {
        let other = changed(typ, Some(b"?"));
        assert_eq!(other.verify_signature(&secp()), Err(SignatureError::Wrong));
    }
    assert_eq!(changed(241, Some(b"?")).verify_signature(&secp()), Ok(()));
    assert_eq!(invoice.to_string().parse::<Invoice>(), Ok(invoice));
}

#[test]
fn a_writer_cannot_change_what_it_answers() {
    let builder = || completed(InvoiceBuilder::for_request(&payout_request()));
    let refused = |field, reason| Err(BuildError::Invalid(invalid(field, reason)));
    let note = builder().raw(INVREQ_PAYER_NOTE, *b"forged").sign(&secp(), &keypair(PAYEE));
    assert_eq!(note, refused(INVREQ_PAYER_NOTE, InvalidReason::Mismatch));
    let key = builder().node_id(&pubkey(ISSUER)).sign(&secp(), &keypair(PAYEE));
    assert_eq!(key, Err(BuildError::WrongKey { field: INVOICE_NODE_ID }));
    let pathless = builder().paths(Vec::new()).sign(&secp(), &keypair(PAYEE));
    assert_eq!(pathless, refused(INVOICE_PATHS, InvalidReason::Missing));
}

#[test]
fn a_signed_and_an_unsigned_payout_request_get_the_same_invoice() {
    let unsigned = payout_request();
    let signed = InvoiceRequestBuilder::payout()
        .metadata([9; 16])
        .description("withdrawal")
        .amount(msat(10_000))
        .sign(&secp(), &keypair(PAYER))
        .expect("valid");
    let invoice = invoice_for(&signed, PAYEE);
    assert_eq!(invoice, invoice_for(&unsigned, PAYEE));
    assert_eq!(invoice.mirrors(&unsigned), Ok(()));
    assert_eq!(invoice.kind(), InvoiceKind::ForPayoutRequest);
    assert_eq!(invoice.request_view().chain(), ChainHash::BITCOIN);
}
