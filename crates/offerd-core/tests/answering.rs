//! Answering requests for invoices.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod common;

use bolt1::{BlockHeight, ChainHash, Seconds, Timestamp};
use bolt12::{
    Invoice, InvoiceRequest, InvoiceRequestBuilder, Offer, OfferBuilder, Price, QuantityMax,
};
use offerd_core::offer_book::{
    OfferArguments, OfferEncoding, OfferEntry, authenticate, make_offer, offer_arguments_key,
};
use offerd_core::port::{Fronts, Minted, PaymentPath};
use offerd_core::receipt::Sealed;
use offerd_core::{Ignored, Misuse, Refusal, amount::AmountSpec};
use offerd_testkit::sample;
use proptest::prelude::*;

use common::{keys, msat, policy, with_broken_signature};

const NOW: Timestamp = sample::NOW;

fn entry_of(offer: Offer) -> OfferEntry {
    let encoding = OfferEncoding { offer, path_id: None, created_at: NOW };
    OfferEntry { encodings: vec![encoding], ..sample::offer_entry(1) }
}

/// An offer of ours of 1 000 msat, changed.
fn entry(change: impl FnOnce(OfferBuilder) -> OfferBuilder) -> OfferEntry {
    let builder = OfferBuilder::new().issuer_id(&keys(1).node_id());
    entry_of(change(builder.amount(msat(1_000)).description("tea")).build().unwrap())
}

/// A request for the offer with these number fields, signed by hand: the builder refuses what the issuer would.
fn request(entry: &OfferEntry, fields: &[(u64, u64)]) -> InvoiceRequest {
    let offer = &entry.newest().offer;
    let mut records: Vec<(u64, Vec<u8>)> =
        offer.records().map(|record| (record.typ, record.value.to_vec())).collect();
    for (typ, value) in fields {
        let mut writer = bolt1::Writer::new();
        writer.write_tu64(*value);
        records.push((*typ, writer.into_bytes()));
    }
    let key = sample::keypair(50);
    records.push((0, vec![7; 16]));
    records.push((88, key.public_key().serialize().to_vec()));
    records.sort();
    let encode = |records: &[(u64, Vec<u8>)]| {
        let mut writer = bolt1::Writer::new();
        for (typ, value) in records {
            bolt1::tlv::write_record(&mut writer, *typ, value);
        }
        writer.into_bytes()
    };
    let root = bolt12::merkle::root(&encode(&records));
    let sighash = bolt12::signature::sighash("invoice_request", "signature", &root);
    let signature = bolt12::signature::sign(&sample::secp(), &key, sighash);
    records.push((240, signature.as_ref().to_vec()));
    records.sort();
    InvoiceRequest::decode(&encode(&records)).unwrap()
}

fn quote(entry: &OfferEntry, request: &InvoiceRequest, now: Timestamp) -> Result<u64, Refusal> {
    let authenticated = authenticate(entry, request, None, &policy()).unwrap();
    authenticated.quote(None, None, &keys(1), now).map(|quote| quote.amount().as_u64())
}

fn minted() -> Minted {
    let (path, pay_info) = sample::payment_path(3);
    Minted {
        payment_hash: [9; 32],
        paths: vec![PaymentPath { path, pay_info }],
        accepts_mpp: true,
        height: BlockHeight(800_000),
    }
}

fn invoice(entry: &OfferEntry, request: &InvoiceRequest, now: Timestamp) -> Invoice {
    let quote =
        authenticate(entry, request, None, &policy()).unwrap().quote(None, None, &keys(1), now);
    let draft = quote.unwrap().draft(&keys(1), &policy(), now);
    draft.finish(minted(), &keys(1)).unwrap()
}

// req RR-10, RR-11, RR-30, BP-D5
#[test]
fn whoever_came_another_way_or_for_something_else_is_ignored() {
    let ours = entry(|builder| builder);
    let mut over_a_path = ours.clone();
    over_a_path.encodings[0].path_id = Some(vec![5; 32]);
    let asked = request(&ours, &[]);
    let other_chain = InvoiceRequestBuilder::for_offer(
        &entry(|builder| builder.chains(&[ChainHash([8; 32])])).encodings[0].offer,
    );
    let other_chain = other_chain
        .metadata([7; 16])
        .chain(ChainHash([8; 32]))
        .sign(&sample::secp(), &sample::keypair(50))
        .unwrap();
    let abroad = entry(|builder| builder.chains(&[ChainHash([8; 32])]));
    let elsewhere = entry(|builder| builder.amount(msat(7)));
    let cases: [(&OfferEntry, &InvoiceRequest, Option<&[u8]>, Ignored); 6] = [
        (&ours, &asked, Some(&[5; 32]), Ignored::WrongPath),
        (&over_a_path, &asked, None, Ignored::WrongPath),
        (&over_a_path, &asked, Some(&[6; 32]), Ignored::WrongPath),
        (&over_a_path, &asked, Some(&[5; 31]), Ignored::WrongPath),
        (&elsewhere, &asked, None, Ignored::NotOurs),
        (&abroad, &other_chain, None, Ignored::OtherChain),
    ];
    for (number, (entry, request, path_id, ignored)) in cases.into_iter().enumerate() {
        let result = authenticate(entry, request, path_id, &policy());
        assert_eq!(result.map(drop).unwrap_err(), ignored, "case {number}");
    }
    assert!(authenticate(&ours, &asked, None, &policy()).is_ok());
    assert!(authenticate(&over_a_path, &asked, Some(&[5; 32]), &policy()).is_ok());
}

#[test]
fn a_wrong_way_is_ignored_even_where_all_else_is_wrong_too() {
    let mut closed = entry(|builder| builder.absolute_expiry(NOW));
    closed.active = false;
    let broken = with_broken_signature(request(&closed, &[]).bytes());
    let broken = InvoiceRequest::decode(&broken).unwrap();
    let result = authenticate(&closed, &broken, Some(&[1; 32]), &policy());
    assert_eq!(result.map(drop), Err(Ignored::WrongPath));
}

// req RR-04, RR-10
#[test]
fn what_is_wrong_is_told_in_this_order_signature_open_expiry_terms() {
    let late = NOW.plus(Seconds(1));
    let mut entry = entry(|builder| builder.absolute_expiry(NOW));
    let whole = request(&entry, &[(82, 1)]);
    let broken = InvoiceRequest::decode(&with_broken_signature(whole.bytes())).unwrap();
    entry.active = false;
    assert_eq!(quote(&entry, &broken, late), Err(Refusal::BadSignature));
    assert_eq!(quote(&entry, &whole, late), Err(Refusal::NoLongerAvailable));
    entry.active = true;
    assert_eq!(quote(&entry, &whole, late), Err(Refusal::Expired));
    assert_eq!(quote(&entry, &whole, NOW), Err(Refusal::AmountBelow { least: msat(1_000) }));
}

// req RR-12, RR-14, RR-15
#[test]
fn quantity_and_amount_are_priced_or_refused_with_the_field_to_blame() {
    let single = entry(|builder| builder);
    let dozen = entry(|builder| builder.quantity_max(QuantityMax::Bounded(12.try_into().unwrap())));
    let many = entry(|builder| builder.quantity_max(QuantityMax::Unbounded));
    let any = entry_of(OfferBuilder::new().issuer_id(&keys(1).node_id()).build().unwrap());
    let (amount, quantity) = (82, 86);
    let cases = [
        (&single, vec![], Ok(1_000)),
        (&single, vec![(amount, 1_000)], Ok(1_000)),
        (&single, vec![(amount, 5_004)], Ok(5_004)),
        (&single, vec![(amount, 999)], Err((Refusal::AmountBelow { least: msat(1_000) }, 82))),
        (
            &single,
            vec![(amount, 5_005)],
            Err((Refusal::AmountFarAbove { expected: msat(1_000) }, 82)),
        ),
        (&single, vec![(amount, 0)], Err((Refusal::FieldInvalid { field: 82 }, 82))),
        (&single, vec![(quantity, 1)], Err((Refusal::QuantityUnexpected, 86))),
        (&dozen, vec![], Err((Refusal::QuantityMissing, 86))),
        (&dozen, vec![(quantity, 0)], Err((Refusal::QuantityZero, 86))),
        (&dozen, vec![(quantity, 12)], Ok(12_000)),
        (&dozen, vec![(quantity, 13)], Err((Refusal::QuantityAbove { max: 12 }, 86))),
        (
            &dozen,
            vec![(amount, 11_999), (quantity, 12)],
            Err((Refusal::AmountBelow { least: msat(12_000) }, 82)),
        ),
        (&many, vec![(quantity, u64::MAX)], Err((Refusal::AmountOverflow, 0))),
        (&any, vec![], Err((Refusal::AmountMissing, 82))),
        (&any, vec![(amount, 123_456)], Ok(123_456)),
    ];
    for (number, (entry, fields, expected)) in cases.into_iter().enumerate() {
        let result = quote(entry, &request(entry, &fields), NOW);
        let result = result.map_err(|refusal| {
            let field = refusal.to_invoice_error().erroneous_field.unwrap_or(0);
            (refusal, field)
        });
        assert_eq!(result, expected, "case {number}");
    }
}

// req RCR-R12
#[test]
fn a_series_is_not_begun_for_an_offer_that_does_not_recur() {
    let entry = entry(|builder| builder);
    for field in [92, 93, 94, 2_000_000_092, 2_000_000_093, 2_000_000_094] {
        let refusal = quote(&entry, &request(&entry, &[(field, 0)]), NOW);
        assert_eq!(refusal, Err(Refusal::FieldInvalid { field }));
    }
}

#[test]
fn a_single_use_offer_that_was_used_is_closed() {
    let mut once = OfferEntry { single_use: true, ..entry(|builder| builder) };
    assert!(once.is_open());
    once.used = true;
    assert_eq!(quote(&once, &request(&once, &[]), NOW), Err(Refusal::NoLongerAvailable));
    let many = OfferEntry { single_use: false, ..once };
    assert_eq!(quote(&many, &request(&many, &[]), NOW), Ok(1_000));
}

// req IW-01, IW-03, IW-06, IW-08
#[test]
fn the_invoice_mirrors_the_request_and_is_signed_by_the_issuer() {
    let entry = entry(|builder| builder);
    let asked = request(&entry, &[(82, 1_234)]);
    let invoice = invoice(&entry, &asked, NOW);
    assert_eq!(invoice.mirrors(&asked), Ok(()));
    assert_eq!(invoice.amount(), msat(1_234));
    assert_eq!(invoice.node_id(), keys(1).node_id());
    assert!(invoice.verify_signature(&sample::secp()).is_ok());
    assert_eq!(invoice.created_at(), NOW);
    assert_eq!(invoice.relative_expiry(), policy().invoice_expiry);
}

// req IW-09
#[test]
fn an_invoice_does_not_outlive_its_offer() {
    for left in [0, 1, 7_199, 7_200, 7_201, 90_000] {
        let entry = entry(|builder| builder.absolute_expiry(NOW.plus(Seconds(left))));
        let invoice = invoice(&entry, &request(&entry, &[]), NOW);
        assert_eq!(invoice.relative_expiry(), Seconds(left.min(7_200)), "{left}");
    }
}

#[test]
fn what_is_sealed_is_what_the_payment_is_judged_by() {
    let entry = entry(|builder| builder.absolute_expiry(NOW.plus(Seconds(60))));
    let asked = request(&entry, &[(82, 1_234)]);
    let quote =
        authenticate(&entry, &asked, None, &policy()).unwrap().quote(None, None, &keys(1), NOW);
    let quote = quote.unwrap();
    let key = quote.receipt_key(&keys(1));
    let order = quote.draft(&keys(1), &policy(), NOW).mint_order().unwrap();
    let sealed = Sealed::open(&order.context).unwrap();
    assert_eq!((sealed.key, sealed.amount), (key, msat(1_234)));
    assert_eq!((sealed.created_at, sealed.expiry), (NOW, Seconds(60)));
    assert_eq!((order.amount, order.expiry), (msat(1_234), Seconds(60)));
    assert_eq!(order.payer_id, asked.payer_id());
}

#[test]
fn one_request_has_one_key_and_every_other_has_another() {
    let (one, same) = (entry(|builder| builder), entry(|builder| builder));
    let other = OfferEntry { row: offerd_core::OfferRow(2), ..one.clone() };
    let key = |entry: &OfferEntry, fields: &[(u64, u64)]| {
        let asked = request(entry, fields);
        let quote = authenticate(entry, &asked, None, &policy()).unwrap();
        quote.quote(None, None, &keys(1), NOW).unwrap().receipt_key(&keys(1))
    };
    assert_eq!(key(&one, &[]), key(&same, &[]));
    assert_ne!(key(&one, &[]), key(&one, &[(82, 1_001)]));
    assert_ne!(key(&one, &[]), key(&other, &[]));
    // Signed anew it is the same request.
    let again = with_broken_signature(request(&one, &[]).bytes());
    let again = InvoiceRequest::decode(&again).unwrap();
    assert_eq!(again.request_key(), request(&one, &[]).request_key());
}

proptest! {
    #[test]
    fn of_a_note_at_most_128_bytes_travel_and_no_character_is_cut(note in "\\PC{0,200}") {
        let entry = entry(|builder| builder);
        let builder = InvoiceRequestBuilder::for_offer(&entry.newest().offer).metadata([7; 16]);
        let asked = builder.payer_note(&note).sign(&sample::secp(), &sample::keypair(50)).unwrap();
        let quote = authenticate(&entry, &asked, None, &policy()).unwrap().quote(None, None, &keys(1), NOW);
        let order = quote.unwrap().draft(&keys(1), &policy(), NOW).mint_order().unwrap();
        let kept = order.memo.unwrap();
        prop_assert!(kept.len() <= 128);
        prop_assert!(note.starts_with(&kept));
        let next = note[kept.len()..].chars().next();
        prop_assert!(next.is_none_or(|next| kept.len() + next.len_utf8() > 128));
    }
}

fn arguments() -> OfferArguments {
    OfferArguments {
        amount: AmountSpec::Msat(msat(1_000)),
        description: Some("tea".into()),
        issuer: Some("shop".into()),
        quantity_max: Some(3),
        absolute_expiry: Some(NOW.plus(Seconds(60))),
        single_use: false,
        recurrence: None,
        fronts: Fronts::Usual,
    }
}

#[test]
fn every_argument_of_an_offer_makes_another_one() {
    let base = arguments();
    let others = [
        OfferArguments { amount: AmountSpec::Any, ..base.clone() },
        OfferArguments { amount: AmountSpec::Msat(msat(1_001)), ..base.clone() },
        OfferArguments { description: Some("te".into()), ..base.clone() },
        OfferArguments { description: None, ..base.clone() },
        OfferArguments { description: Some(String::new()), ..base.clone() },
        OfferArguments { issuer: Some("Shop".into()), ..base.clone() },
        OfferArguments { issuer: None, ..base.clone() },
        OfferArguments { quantity_max: Some(0), ..base.clone() },
        OfferArguments { quantity_max: None, ..base.clone() },
        OfferArguments { absolute_expiry: Some(NOW.plus(Seconds(61))), ..base.clone() },
        OfferArguments { absolute_expiry: None, ..base.clone() },
        OfferArguments { fronts: Fronts::Only(Vec::new()), ..base.clone() },
        OfferArguments { fronts: Fronts::Only(vec![sample::point(1)]), ..base.clone() },
        base,
    ];
    let mut keys: Vec<_> = others.iter().map(offer_arguments_key).collect();
    assert_eq!(keys, others.iter().map(offer_arguments_key).collect::<Vec<_>>());
    keys.sort_unstable();
    keys.dedup();
    assert_eq!(keys.len(), others.len());
}

#[test]
fn arguments_that_make_no_offer_name_the_parameter() {
    let make = |arguments: &OfferArguments| {
        make_offer(arguments, vec![], [1; 16], &policy(), &keys(1), NOW)
    };
    let fiat = |text: &str| OfferArguments { amount: text.parse().unwrap(), ..arguments() };
    let cases = [
        (fiat("5ZZZ"), "amount"),
        (fiat("5.0EUR"), "amount"),
        (fiat("0EUR"), "amount"),
        (fiat("18446744073709551615EUR"), "amount"),
        (OfferArguments { description: None, ..fiat("5EUR") }, "description"),
        (OfferArguments { amount: AmountSpec::Msat(msat(0)), ..arguments() }, "amount"),
        (OfferArguments { description: None, ..arguments() }, "description"),
        (OfferArguments { absolute_expiry: Some(NOW), ..arguments() }, "absolute_expiry"),
    ];
    for (arguments, named) in cases {
        let result = make(&arguments);
        let Err(Misuse::Parameter { parameter, .. }) = result else { panic!("{result:?}") };
        assert_eq!(parameter, named);
    }
    let euros = AmountSpec::Fiat { currency: "EUR".into(), whole: 4, decimals: "50".into() };
    let in_euros = make(&OfferArguments { amount: euros, ..arguments() }).unwrap();
    let Price::Fiat { currency, minor_units } = in_euros.price() else { panic!("{in_euros:?}") };
    assert_eq!((currency.as_str(), minor_units.get()), ("EUR", 450));
    let any = OfferArguments { amount: AmountSpec::Any, description: None, ..arguments() };
    assert!(make(&any).is_ok());
}
