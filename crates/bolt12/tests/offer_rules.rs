//! The reader's rules for offers, beyond the vectors.

mod common;

use std::num::NonZeroU64;

use bolt12::field::*;
use bolt12::{
    Bolt12Error, BuildError, ChainHash, Currency, DecodeErrorKind, InvalidReason, Msat, Offer,
    OfferBuilder, Price, Problem, QuantityMax, Timestamp,
};
use common::*;

/// Why the offer of the tests is refused once its field `typ` is `value`, or gone.
fn refusal(typ: u64, value: Option<&[u8]>) -> Bolt12Error {
    Offer::decode(&with_record(offer().bytes(), typ, value)).expect_err("must be refused")
}

fn invalid(field: u64, reason: InvalidReason) -> Bolt12Error {
    Bolt12Error::invalid(field, reason)
}

fn undecodable(field: u64, kind: DecodeErrorKind) -> Bolt12Error {
    Bolt12Error::undecodable(field, kind)
}

// req OW-01, OR-01
#[test]
fn types_outside_the_ranges_of_an_offer_are_refused_odd_or_even() {
    for typ in [0, 80, 81, 159, 160, 239, 240, 241, 1000, 1001, 999_999_999, 2_000_000_000] {
        assert_eq!(refusal(typ, Some(&[])), undecodable(typ, DecodeErrorKind::OutOfRange), "{typ}");
    }
    assert_eq!(refusal(u64::MAX, Some(&[])), undecodable(u64::MAX, DecodeErrorKind::OutOfRange));
}

// req TL-08, TL-09
#[test]
fn unknown_even_types_are_refused_and_odd_ones_kept() {
    for typ in [28, 30, 56, 78, 1_000_000_000, 1_000_000_002, 1_999_999_998] {
        assert_eq!(refusal(typ, Some(&[])), undecodable(typ, DecodeErrorKind::UnknownEvenType));
    }
    for typ in [1, 31, 79, 1_000_000_001, 1_999_999_999] {
        let bytes = with_record(offer().bytes(), typ, Some(b"?"));
        let read = Offer::decode(&bytes).expect("odd");
        assert_eq!(read.bytes(), bytes);
        assert_ne!(read.id(), offer().id());
        let unknown: Vec<_> = read.unknown_records().map(|r| (r.typ, r.value)).collect();
        assert_eq!(unknown, [(typ, b"?".as_slice())]);
    }
}

// req OW-03, OW-06, OW-07, OR-04, OR-05, OR-06
#[test]
fn amount_currency_and_description_go_together() {
    assert_eq!(refusal(OFFER_AMOUNT, Some(&[])), invalid(OFFER_AMOUNT, InvalidReason::Zero));
    assert_eq!(
        refusal(OFFER_DESCRIPTION, None),
        invalid(OFFER_DESCRIPTION, InvalidReason::Missing)
    );
    let without_amount = with_record(offer().bytes(), OFFER_AMOUNT, None);
    assert_eq!(Offer::decode(&without_amount).expect("valid").price(), Price::PayerDecides);
    let currency_alone = with_record(&without_amount, OFFER_CURRENCY, Some(b"USD"));
    assert_eq!(Offer::decode(&currency_alone), Err(invalid(OFFER_AMOUNT, InvalidReason::Missing)));
}

// req TL-11, OW-04
#[test]
fn amounts_end_at_all_the_bitcoin_there_is_but_not_in_other_currencies() {
    let most = Msat::MAX.as_u64();
    let price = |amount: u64, currency: Option<&[u8]>| {
        let bytes = with_record(offer().bytes(), OFFER_AMOUNT, Some(&amount.to_be_bytes()));
        Offer::decode(&with_record(&bytes, OFFER_CURRENCY, currency)).map(|offer| offer.price())
    };
    assert_eq!(price(most, None), Ok(Price::Msat(Msat::MAX)));
    assert_eq!(price(most + 1, None), Err(undecodable(OFFER_AMOUNT, DecodeErrorKind::TooLarge)));
    let currency = Currency::new("IRR").expect("three capitals");
    let minor_units = NonZeroU64::MAX;
    assert_eq!(price(u64::MAX, Some(b"IRR")), Ok(Price::Fiat { currency, minor_units }));
}

// req OW-05
#[test]
fn a_currency_is_three_capital_letters() {
    for wrong in [b"usd".as_slice(), b"US", b"USDT", b"U$D", b""] {
        assert_eq!(
            refusal(OFFER_CURRENCY, Some(wrong)),
            undecodable(OFFER_CURRENCY, DecodeErrorKind::InvalidValue)
        );
    }
    assert_eq!(Currency::new("eur"), None);
    assert_eq!(Currency::new("ÄB"), None);
}

// req TL-07, TL-10
#[test]
fn integers_must_be_minimal_and_fit() {
    for typ in [OFFER_AMOUNT, OFFER_ABSOLUTE_EXPIRY, OFFER_QUANTITY_MAX] {
        assert_eq!(refusal(typ, Some(&[0, 1])), undecodable(typ, DecodeErrorKind::NotMinimal));
        assert_eq!(refusal(typ, Some(&[1; 9])), undecodable(typ, DecodeErrorKind::TrailingBytes));
    }
}

// req OW-12, OR-07
#[test]
fn somebody_must_be_there_to_answer() {
    assert_eq!(refusal(OFFER_ISSUER_ID, None), invalid(OFFER_ISSUER_ID, InvalidReason::Missing));
    let by_path = OfferBuilder::new().paths(&[path(ISSUER)]).build().expect("paths will do");
    assert_eq!(by_path.issuer_id(), None);
    assert_eq!(by_path.paths(), [path(ISSUER)]);
}

// req OR-08
#[test]
fn malformed_paths_are_refused() {
    let path = {
        let mut writer = bolt1::Writer::new();
        path(ISSUER).encode(&mut writer);
        writer.into_bytes()
    };
    let hops_at = 33 + 33;
    let refused_as = |bytes: &[u8]| {
        let Problem::Decode(error) = refusal(OFFER_PATHS, Some(bytes)).problem() else {
            panic!("a rule of the wire format")
        };
        assert_eq!(error.field, Some(OFFER_PATHS));
        error.kind
    };
    let changed = |at: usize, byte: u8| {
        let mut bytes = path.clone();
        bytes[at] = byte;
        bytes
    };
    assert!(Offer::decode(&with_record(offer().bytes(), OFFER_PATHS, Some(&path))).is_ok());
    assert_eq!(refused_as(&[]), DecodeErrorKind::InvalidValue, "no path");
    assert_eq!(refused_as(&path[..hops_at]), DecodeErrorKind::Truncated, "no num_hops");
    assert_eq!(refused_as(&path[..path.len() - 1]), DecodeErrorKind::Truncated, "short data");
    assert_eq!(refused_as(&[&path[..hops_at], &[0]].concat()), DecodeErrorKind::InvalidValue);
    assert_eq!(refused_as(&changed(0, 4)), DecodeErrorKind::InvalidPoint, "first_node_id");
    assert_eq!(refused_as(&changed(33, 0)), DecodeErrorKind::InvalidPoint, "first_path_key");
    assert_eq!(refused_as(&changed(67, 0)), DecodeErrorKind::InvalidPoint, "blinded_node_id");
    let second_empty = [path.as_slice(), &path[..hops_at], &[0]].concat();
    assert_eq!(refused_as(&second_empty), DecodeErrorKind::InvalidValue, "second path");
}

// req OR-02
#[test]
fn compulsory_features_are_refused_and_optional_ones_ignored() {
    let unknown = |bit| invalid(OFFER_FEATURES, InvalidReason::UnknownFeature { bit });
    assert_eq!(refusal(OFFER_FEATURES, Some(&[1])), unknown(0));
    assert_eq!(refusal(OFFER_FEATURES, Some(&[0x04, 0x0a, 0])), unknown(18));
    let optional = offer_builder().features([0xaa, 0xaa]).build().expect("odd bits only");
    assert_eq!(optional.features(), [0xaa, 0xaa]);
}

// req OW-02, OR-03
#[test]
fn chains_default_to_bitcoin_and_may_not_be_none() {
    let testnet = ChainHash([7; 32]);
    assert_eq!(offer().chains(), [ChainHash::BITCOIN]);
    assert!(offer().supports_chain(ChainHash::BITCOIN));
    assert!(!offer().supports_chain(testnet));
    let other = offer_builder().chains(&[testnet]).build().expect("valid");
    assert!(!other.supports_chain(ChainHash::BITCOIN));
    assert_eq!(other.chains(), [testnet]);
    let redundant = offer_builder().chains(&[ChainHash::BITCOIN]).build().expect("valid");
    assert_eq!(redundant, offer());
    assert_eq!(
        offer_builder().chains(&[]).build(),
        Err(BuildError::Invalid(undecodable(OFFER_CHAINS, DecodeErrorKind::InvalidValue)))
    );
    assert_eq!(
        refusal(OFFER_CHAINS, Some(&[0; 33])),
        undecodable(OFFER_CHAINS, DecodeErrorKind::Truncated)
    );
}

// req OW-10, OR-10, RCO-R5, RCR-R4
#[test]
fn an_offer_is_good_in_its_last_second() {
    let offer = offer_builder().absolute_expiry(Timestamp(1000)).build().expect("valid");
    assert!(!offer.is_expired_at(Timestamp(999)));
    assert!(!offer.is_expired_at(Timestamp(1000)));
    assert!(offer.is_expired_at(Timestamp(1001)));
    assert!(!common::offer().is_expired_at(Timestamp(u64::MAX)));
}

// req OW-14
#[test]
fn quantity_zero_means_any_number() {
    let max = |value: &[u8]| {
        let bytes = with_record(offer().bytes(), OFFER_QUANTITY_MAX, Some(value));
        Offer::decode(&bytes).expect("valid").quantity_max()
    };
    assert_eq!(offer().quantity_max(), None);
    assert_eq!(max(&[]), Some(QuantityMax::Unbounded));
    assert_eq!(max(&[5]), Some(QuantityMax::Bounded(NonZeroU64::new(5).expect("not zero"))));
    let unbounded = offer_builder().quantity_max(QuantityMax::Unbounded).build().expect("valid");
    assert_eq!(unbounded.quantity_max(), Some(QuantityMax::Unbounded));
}

#[test]
fn a_payout_needs_the_key_that_pays() {
    let payout = payout_offer();
    assert!(payout.is_send_invoice());
    let by_path = OfferBuilder::new().paths(&[path(ISSUER)]).send_invoice().build();
    let missing = invalid(OFFER_ISSUER_ID, InvalidReason::Missing);
    assert_eq!(by_path, Err(BuildError::Invalid(missing)));
    assert_eq!(
        refusal(OFFER_SEND_INVOICE, Some(&[1])),
        undecodable(OFFER_SEND_INVOICE, DecodeErrorKind::TrailingBytes)
    );
}

#[test]
fn a_refund_is_a_payout_that_names_32_bytes() {
    let refund = offer_builder().send_invoice().refund_for([5; 32]).build().expect("valid");
    assert_eq!(refund.refund_for(), Some([5; 32]));
    assert_eq!(
        refusal(OFFER_REFUND_FOR, Some(&[5; 32])),
        invalid(OFFER_SEND_INVOICE, InvalidReason::Missing)
    );
    for (len, kind) in [(31, DecodeErrorKind::Truncated), (33, DecodeErrorKind::TrailingBytes)] {
        assert_eq!(refusal(OFFER_REFUND_FOR, Some(&vec![5; len])), undecodable(34, kind));
    }
}

// req TL-01, OW-10, OW-14
#[test]
fn a_builder_sets_every_field() {
    let fiat = Currency::new("USD").expect("three capitals");
    let five = NonZeroU64::new(500).expect("not zero");
    let offer = OfferBuilder::new()
        .chains(&[ChainHash([7; 32]), ChainHash::BITCOIN])
        .metadata([1, 2, 3])
        .amount(msat(1))
        .fiat(fiat, five)
        .description("five dollars' worth")
        .features([2])
        .absolute_expiry(NOW)
        .paths(&[path(ISSUER), path(PAYEE)])
        .issuer("shop@example.com")
        .quantity_max(QuantityMax::Bounded(five))
        .issuer_id(&pubkey(ISSUER))
        .raw(77, *b"extra")
        .build()
        .expect("valid");
    assert_eq!(offer.metadata(), Some([1, 2, 3].as_slice()));
    assert_eq!(offer.price(), Price::Fiat { currency: fiat, minor_units: five });
    assert_eq!(offer.description().map(|text| text.as_str()), Some("five dollars' worth"));
    assert_eq!(offer.absolute_expiry(), Some(NOW));
    assert_eq!(offer.paths().len(), 2);
    assert_eq!(offer.issuer().map(|text| text.as_str()), Some("shop@example.com"));
    assert_eq!(offer.issuer_id(), Some(pubkey(ISSUER)));
    assert_eq!(offer.records().count(), 12);
    assert_eq!(offer.to_string().parse::<Offer>(), Ok(offer));
}

#[test]
fn errors_name_the_field() {
    let shown = |error: Bolt12Error| error.to_string();
    assert_eq!(
        shown(refusal(OFFER_ISSUER_ID, None)),
        "offer_issuer_id: missing (offer, field 22, at byte 12; OR-07)"
    );
    let unknown = "field 78: unknown even TLV type (offer, field 78, at byte 47; TL-08)";
    assert_eq!(shown(refusal(78, Some(&[]))), unknown);
    assert_eq!(refusal(78, Some(&[])).field(), Some(78));
    assert_eq!(
        shown(refusal(OFFER_FEATURES, Some(&[1]))),
        "offer_features: unknown compulsory feature 0 (offer, field 12, at byte 12; OR-02)"
    );
}

#[test]
fn debug_output_does_not_give_a_payout_away() {
    let payout = payout_offer();
    let shown = format!("{payout:?} {:?}", payout_request());
    assert!(!shown.contains("lno1") && !shown.contains("coffee") && !shown.contains("7, 7, 7"));
    assert!(shown.contains(&payout.id().to_string()));
}
